"""Words that tell what a sentence of an inspection claims: defects, differences, soundness, doubt.

Written from the field's ordinary vocabulary (surface inspection, assembly, medical images, scenes), not from one data
set; a type outside these lists is still read where the sentence says that it is there and elsewhere is not.
"""

from __future__ import annotations

import re

_NOUNS = """
crack scratch dent chip hole void cavity pore pit tear cut gouge groove dig nick notch burr spur short open pinhole
mousebite break fracture split fissure spall flake peel wrinkle crease fold bump bulge dimple warp bend twist
stain smudge spot speck speckle blotch streak mark line discoloration blemish rust corrosion oxidation burn scorch
contamination residue debris particle dirt dust foreign_object fiber thread bubble blister drip leak spill
deformation distortion misalignment displacement fragment fragmentation separation gap detachment delamination
lesion mass tumor polyp ulcer ulceration erosion nodule cyst edema hemorrhage bleeding inflammation patch plaque
abscess metastasis growth swelling asymmetry hyperintensity hypointensity infarct calcification atrophy erythema
band bruise rot mold decay obstacle intruder animal misprint irregularity abnormality damage breakage
""".split()  # noqa: SIM905
_ADJECTIVES = {
    "cracked": "crack", "scratched": "scratch", "dented": "dent", "chipped": "chip", "torn": "tear", "broken": "break",
    "fractured": "fracture", "bent": "bend", "warped": "warp", "twisted": "twist", "stained": "stain",
    "discolored": "discoloration", "discoloured": "discoloration", "discolouration": "discoloration",
    "corroded": "corrosion", "rusty": "rust", "rusted": "rust", "burnt": "burn", "burned": "burn",
    "deformed": "deformation", "misshapen": "deformation", "distorted": "distortion", "crushed": "deformation",
    "crumpled": "deformation", "squashed": "deformation", "misaligned": "misalignment", "displaced": "displacement",
    "misplaced": "displacement", "fragmented": "fragment", "detached": "fragment", "separated": "separation",
    "damaged": "damage", "contaminated": "contamination", "peeling": "peel", "missing": "missing", "extra": "extra",
    "additional": "extra", "swapped": "swap", "tumour": "tumor", "fibre": "fiber", "haemorrhage": "hemorrhage",
    "ulcerated": "ulcer", "inflamed": "inflammation", "swollen": "swelling", "asymmetric": "asymmetry",
    "asymmetrical": "asymmetry", "hyperintense": "hyperintensity", "hypointense": "hypointensity", "jagged": "damage",
    "bruised": "bruise", "rotten": "rot", "moldy": "mold", "mouldy": "mold", "leaking": "leak",
}  # fmt: skip
WEAK = frozenset(("line", "mark", "spot", "fold", "open", "short", "cut", "thread", "growth", "animal", "band", "gap",
                  "hyperintensity", "hypointensity", "separation", "bend", "twist", "speckle", "pore", "patch",
                  "fiber", "texture", "groove", "separated", "hyperintense", "hypointense"))  # fmt: skip
"""Words that name a defect only where the sentence says so in other ways too."""

TYPES: dict[str, str] = {n: n.replace("_", " ") for n in _NOUNS} | _ADJECTIVES
"""Word -> type."""

DIFFERENCES = {
    "shape": "shape", "color": "colour", "colour": "colour", "texture": "texture", "orientation": "orientation",
    "configuration": "configuration", "context": "context", "position": "position", "size": "size",
    "structure": "structure", "arrangement": "arrangement", "count": "count",
}  # fmt: skip
"""What can differ -> the type of a plain difference."""

GENERIC = re.compile(
    r"\b(?:defect(?:s|ive)?|anomal(?:y|ies|ous)|abnormal(?:ity|ities)?|fault(?:s|y)?|flaws?|pathological|pathology"
    r"|suspicious|irregular(?:ity|ities)?|out of place|wrong)\b",
    re.IGNORECASE,
)
"""A defect without a type."""

DEVIATION = re.compile(
    r"\b(?:differ(?:s|ent|ing)? (?:\w+ )?(?:from|in|compared|than|shape|colou?r)|(?:significantly|fundamentally|clearly"
    r"|completely|entirely|very|distinctly) different|deviat(?:es?|ion|ing)|mismatch(?:ed)?|inconsisten(?:t|cy) with"
    r"|(?:does|do) not match|chang(?:e|es|ed) (?:in|from|to)|distinct from|unlike the"
    r"|(?:has|have|been|was|were) (?:\w+ )?(?:replaced|removed|added|altered|changed|reduced|constructed|built"
    r"|moved|shifted|cleared|decreased|increased|expanded|developed|filled)"
    r"|different (?:[\w-]+ ){1,3}(?:compared|from|than)|(?:has|have) (?:appeared|changed)"
    r"|new (?:[\w-]+ ){1,3}(?:has|have) been"
    r"|(?:alterations?|(?:is|are) (?:\w+ )?different|different (?:\w+ ){0,2}(?:pattern|design|arrangement|shape)"
    r"|(?:significant|structural|noticeable|clear|major) (?:\w+ )?(?:changes?|differences?|alterations?))"
    r"|changes? compared|incorrect(?:ly)?)\b",
    re.IGNORECASE,
)
"""The test image is said to differ."""

SOUND = re.compile(
    r"\b(?:normal(?! (?:reference|ref|sample|case|image|baseline|brain|liver|driving|road|mucosa|tissue)s?\b)|intact"
    r"|undamaged|healthy|unblemished|flawless|pristine|defect-free|in good condition|typical|as expected"
    r"|consistent with(?! (?:an?|active|acute|some)\b)|identical|match(?:es|ing)? (?:the|those|that|all|both|in|with)"
    r"|(?:the|exactly the) same"
    r"|similar to|no different from|within (?:the |this |that )?(?:\w+ )?(?:normal|natural|expected|allowed|typical)"
    r"|natural variation|(?:allowed|permitted|acceptable) variation|benign|(?:is|are|was|were|been) refuted"
    r"|(?:is|are|was|were) ruled out|refuted as|fits?)\b",
    re.IGNORECASE,
)
"""The test image is said to be sound, or what was seen in it is explained away."""

HEDGE = re.compile(
    r"\b(?:may|might|could|can be|possibl[ey]|potential(?:ly)?|likely|appears?|seems?|suggest(?:s|ing|ed)?|probabl[ey]"
    r"|perhaps|presumably|unclear|ambiguous|inconclusive|borderline|uncertain|suspicious|suspected|somewhat"
    r"|obvious|immediately (?:visible|apparent|clear)|at first glance|not (?:entirely |quite )?(?:clear|sure|certain)"
    r"|looks? (?:like|as if)|if any)\b",
    re.IGNORECASE,
)
"""Doubt about what is said. `obvious` counts in a denial only (no obvious crack: perhaps one that is not obvious)."""


def word_type(word: str) -> str | None:
    """The type that a word names, singular or plural; None where it names none."""
    word = word.lower()
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)):
        if form in TYPES:
            return TYPES[form]
    return None
