"""A sentence read by rule: whom it speaks of, whether it asserts or denies a defect, how surely, of which type, where.

Order of the rules; the first that fits decides the polarity:

1. a plan or a question states nothing;
2. "absent from the references", "unique to the query": a defect (of the inspected image), "not unique": none;
3. "also in the references", "a normal variation", "refuted", "not a defect": none;
4. a denial ("no cracks, chips or dents are visible"): none; "no other defect" denies nothing;
5. a sentence about the references alone states nothing;
6. a defect or a difference that is asserted;
7. soundness ("intact", "consistent with the references"): none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .place import read_box, read_place
from .sentences import sentences
from .statement import Statement, Subject
from .vocabulary import DEVIATION, DIFFERENCES, GENERIC, HEDGE, SOUND, WEAK, word_type

_PLAN = re.compile(
    r"\b(?:I(?:'ll| will| need to| must| should| want to| am going to| can| have to| now need)\b|let(?:'s| me| us)\b"
    r"|(?:need(?:s|ed)?|have|has|remains?|going|required?|order|next step is) to (?:be )?(?:\w+ )?"
    r"(?:check|verif|confirm|compar|inspect|scan|determin"
    r"|establish|re-?evaluat|rule|look|see|assess|investigat|refut)\w*|will (?:now )?(?:check|use|compare|verify|call)"
    r"|(?:checking|looking|scanning|searching) for\b|retrying\b|to (?:verify|check|confirm|determine) (?:if|whether))"
    r"|^\s*(?:checking|check|verify|compare|whether)\b|\?\s*$|\btool call (?:failed|returned)",
    re.IGNORECASE,
)  # fmt: skip
_REFERENCES = r"(?:the |any |all |any of |all of |both |these |those |of |four |five |three |two |\d+ |provided |given |normal |clean |good |golden |sample |corresponding |other |intact |undamaged |healthy |first |second |same |only )*(?:reference|ref|normal (?:sample|state|condition|baseline|case)|golden|baseline)\w*"  # noqa: E501
_HERE = r"(?:query|test|inspected|input|target)\b(?: \w+)?"
_SEEN = r"(?:present|visible|found|seen|observed|exist\w*|appear\w*|shown|evident|noticeable|detected|there)"
_NOT_THERE = re.compile(
    rf"\b(?:absent (?:in|from|on|across)|missing (?:in|from)|lacking in) (?:\w+ ){{0,2}}?{_REFERENCES}"
    rf"|\b(?:not|n't|never|nowhere|neither) (?:\w+ ){{0,2}}?{_SEEN} (?:\w+ )?(?:in|on|among|across|by) {_REFERENCES}"
    rf"|\b(?:none|neither) of {_REFERENCES}|\bno (?:such|comparable|similar|corresponding) (?:\w+ ){{0,3}}"
    rf"|{_REFERENCES}[^.;]*\b(?:do(?:es)? not|don't|lack)\b[^.;]*\b(?:this|these|such|the same|that)\b"
    rf"|\bnone (?:exhibit|show|display|have|contain)\w*|\bnot (?:present|found|seen) (?:elsewhere|there)"
    rf"|(?<!not )(?<!no )\b(?:unique to|only (?:present |visible |found |seen )?in) (?:the |this )?{_HERE}"
    rf"|\b(?:remains?|is|are) (?:unrefuted|not refuted)|\bnot refuted\b"
    rf"|\b(?:is|are) missing (?:the|one|two|an?|from|its)\b|\bloss of (?:the )?normal\b"
    rf"|\bwithout the\b|\bsurviv\w+ (?:the )?refut",
    re.IGNORECASE,
)
_ALSO_THERE = re.compile(
    rf"\b(?:is|are|was|were|be|being|been|features?|also) (?:(?!not\b|never\b)\w+ ){{0,2}}?(?:{_SEEN}|common) "
    rf"(?:\w+ ){{0,2}}?(?:in|on|across|among) {_REFERENCES}"
    rf"|\b(?:exists?|appears?|occurs?|also) (?:\w+ )?(?:in|on|across|among) {_REFERENCES}"
    rf"|\bnot (?:necessarily )?(?:unique|exclusive)"
    rf"|\b(?:an?|as|be|is|are|just|only|simply|likely|represents?|due to) (?:\w+ )?normal (?:\w+ ){{0,2}}"
    rf"(?:variation|variant|feature|artifact|anatom\w+|structure)s?"
    rf"|\b(?:is|are|was|were|been|being) (?:therefore |thus |now )?(?:refuted|ruled out)|\brefuted as\b|, refuting\b"
    rf"|\b(?:not|n't|never|rather than|instead of)(?: (?!present|visible|found|seen)\w+){{0,3}} "
    rf"(?:an? |any |the |true |real |genuine |actual |unique )*"
    rf"(?:defects?|anomal(?:y|ies|ous)|abnormal\w*|faults?|flaws?|damage)",
    re.IGNORECASE,
)
_ALL_THE_SAME = re.compile(
    r"\bbut [^.;]*\b(?:undamaged|intact|unharmed|consistent with|no defects?|not defective)\b", re.I
)
_DENIED = re.compile(
    r"\b(?:no|without(?: any)?|free (?:of|from)|absence of|lack of|lacks"
    r"|not (?:show|have|contain|exhibit|display|reveal)"
    r"(?: any)?|nor|zero|neither)\b(?! other| further| additional| longer| question| doubt| reference| single)([^.;]*)",
    re.IGNORECASE,
)
_REFERENCE_FIRST = re.compile(
    rf"^\W*(?:\w+[, ]+){{0,4}}?{_REFERENCES}\b(?!'s)[^.;,]{{0,40}}?\b(?:show|display|depict|contain|are|have|exhibit"
    rf"|indicate|illustrate|feature|is|look|provide)\w*|^\W*{_REFERENCES}",
    re.IGNORECASE,
)
_IN_REFERENCE = re.compile(
    rf"[,;]?\s*\b(?:whereas|compared (?:to|with)) [^.;]*?{_REFERENCES}[^.;]*"
    rf"|(?<=s), which (?:only |all )?(?:show|display|depict|exhibit)\w* [^.;]*"
    r"|[,;]?\s*\b(?:whereas|while|unlike|compared (?:to|with)|in contrast (?:to|with)"
    rf"|versus|vs\.?|but|from|than) {_REFERENCES}[^.;]*",
    re.IGNORECASE,
)
_CONTRASTED = re.compile(
    rf"\b(?:while|whereas|but|in contrast,?) (?:in )?(?:the |this )?{_HERE}(?! (?:also|is consistent|matches))"
    rf"|\bcontrast(?:s|ing)? (?:\w+ )?(?:with|to)",
    re.IGNORECASE,
)
_DOUBTED = re.compile(r"\b(?:suspected|suspicion|potential|candidate|possible|initial(?:ly)?|seeming)\b", re.IGNORECASE)
_CONCLUDES = re.compile(
    rf"\b(?:{_HERE}|image|item|object|sample|part|it|scene|this|slice)\b[^.;]{{0,30}}?\b(?:is|as|was|appears|seems|looks)"
    r" (?:\w+ ){0,2}?(normal|anomalous|defective|abnormal|faulty|sound)\b",
    re.IGNORECASE,
)
_CONTAINED = re.compile(
    r"\b(?:contains?|shows?|displays?|exhibits?|has|have|presents?|presence of|confirms?|features?|there (?:is|are)) "
    r"(?:the |an? |one |two |several |multiple |distinct )((?:[\w'-]+,? ){0,6}?[\w'-]+)"
    r"(?=,? (?:that|which|in|on|at|with|near|along|of|is|are|not|running|across|around|leaning|under)\b|[.;:(]|$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z-]+")
LONGEST = 800
"""Characters; also keeps the time a hostile text can take small."""
_VAGUE = ("abnormality", "irregularity", "damage")
_NAMELESS = frozenset(("image", "query", "view", "feature", "region", "area", "difference", "comparison", "object",
                       "anomaly", "defect", "reference", "item", "part", "slice", "sign", "evidence"))  # fmt: skip


@lru_cache(maxsize=65_536)
def read_statement(text: str) -> Statement:
    """Read one sentence (see the module for the rules); what is longer than `LONGEST` is no sentence and unread."""
    if len(text) > LONGEST:
        return Statement(text)
    subject, defect, spoken = _polarity(text)
    kind = _type(spoken, text) if defect else _only_type(spoken) if defect is False else None
    return Statement(
        text, subject, defect, hedged=defect is not None and is_hedged(text, defect), type=kind,
        place=read_place(_IN_REFERENCE.sub(" ", text)) if subject == "image" else "", box=read_box(text),
    )  # fmt: skip


def concluded(text: str) -> bool | None:
    """Whether the last concluding sentence of `text` ("the part is defective") says anomalous; None without one."""
    said: bool | None = None
    for sentence in sentences(text):
        statement = read_statement(sentence)
        if _CONCLUDES.search(sentence) and statement.defect is not None and not statement.hedged:
            said = statement.defect
    return said


def is_hedged(text: str, defect: bool | None = None) -> bool:
    """True where a sentence is said with doubt; what stands in brackets is an aside and does not count."""
    for match in HEDGE.finditer(re.sub(r"\([^()]*\)", " ", text)):
        word = match.group().lower()
        if word == "obvious" and defect is not False:
            continue
        if word in ("suspected", "potential", "potentially", "suspicious") and defect is False:
            continue  # the suspicion is what is denied
        return True
    return False


def _polarity(text: str) -> tuple[Subject, bool | None, str]:
    """Subject, polarity, and the part of the sentence that speaks of the inspected image."""
    spoken = _IN_REFERENCE.sub(" ", text)
    if _PLAN.search(text):
        return "process", None, spoken
    denied = _denied(spoken)
    if not denied and _NOT_THERE.search(text):
        return "image", True, spoken
    concluded = _CONCLUDES.search(text)
    if (
        concluded
        and not denied
        and not re.search(r"\b(?:if|whether|not|n't)\b", text[: concluded.end()], re.IGNORECASE)
    ):
        return "image", concluded.group(1).lower() not in ("normal", "sound"), spoken
    if _ALSO_THERE.search(spoken) or _ALL_THE_SAME.search(text):
        return "image", False, spoken
    if _REFERENCE_FIRST.search(text):
        return ("image", True, spoken) if _CONTRASTED.search(text) else ("reference", None, spoken)
    if denied:
        return "image", False, spoken
    if _asserted(spoken, text):
        return "image", True, spoken
    if SOUND.search(text):
        return "image", False, spoken
    return "image", None, spoken


def _denied(text: str) -> bool:
    for match in _DENIED.finditer(text):
        words = match.group(1)
        if GENERIC.search(words) or any(word_type(w) for w in _WORD.findall(words)) or re.search(r"\bsigns?\b", words):
            return True
    return False


def _asserted(spoken: str, text: str) -> bool:
    if DEVIATION.search(text) or _CONTRASTED.search(text) or re.search(r"\bwhereas\b|, unlike\b", text, re.I):
        return True
    sound = SOUND.search(spoken)
    strong = [w for w in _WORD.findall(spoken) if word_type(w) and w.lower().removesuffix("s") not in WEAK]
    if sound or _DOUBTED.search(spoken):
        return False
    return bool(strong or GENERIC.search(spoken))


def _type(spoken: str, text: str) -> str | None:
    """The type asserted: a known word, else what the image is said to contain, else what is said to differ."""
    known = [(w, t) for w in _WORD.findall(spoken) if (t := word_type(w))]
    strong = [
        t
        for w, t in known
        if w.lower().removesuffix("s") not in WEAK and t not in ("abnormality", "irregularity", "damage")
    ]
    if strong:
        return strong[0]
    if known:
        return known[0][1]
    match = _CONTAINED.search(spoken)
    if match:
        head = _WORD.findall(match.group(1))
        if head and head[-1].lower() not in _NAMELESS and head[-1].lower().removesuffix("s") not in _NAMELESS:
            return head[-1].lower()
    if DEVIATION.search(text):
        return next((DIFFERENCES[w.lower()] for w in _WORD.findall(spoken) if w.lower() in DIFFERENCES), None)
    return None


def _only_type(spoken: str) -> str | None:
    """The type denied, where it is one only."""
    kinds = {t for w in _WORD.findall(spoken) if (t := word_type(w)) and t not in WEAK}
    return kinds.pop() if len(kinds) == 1 else None
