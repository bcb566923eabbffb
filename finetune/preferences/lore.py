# ruff: noqa: E501  (a template reads best on one line)
"""What is known of the defects of a labelled set, so that answers have reasons and facts exist.

A set whose object or types are those of a family of the synthetic world gets that family's words; any other type gets
words by what its name says (`bent_lead`: deformed), or, where it says nothing, that it differs from the golden image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...eval.answer_text import plain
from ..world.family import DefectType

UNNAMED = "defect"
"""The type of a defect whose set does not name it."""

_ROUGH: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        r"scratch|scuff|abrasion|score", "altered",
        ("a {thin|narrow} {bright|dark} {line|groove} crosses the surface", "the surface {bears|shows} a {shallow|fine} groove"),
        ("the {coating|surface} no longer protects", "corrosion {starts|sets in} at the groove"),
        ("{rough handling|a sharp edge|a loose chip} rubbing over the part",),
    ),
    (
        r"crack|fracture|split|fissure", "altered",
        ("a {jagged|branching} {dark|fine} line runs through the {body|material}", "the material {has parted|is parted} along an {irregular|uneven} line"),
        ("it {grows|spreads} under load until the part {fails|gives way}", "the part {loses its strength|no longer bears its load}"),
        ("{overload|a hard blow|thermal stress}", "{fatigue|shrinking during cooling}"),
    ),
    (
        r"hole|puncture|pit|blow|poro|void|poke", "missing",
        ("a {small|round} {opening|cavity} {goes into|opens in} the surface", "material is {gone|missing} in a {small|round} spot"),
        ("{liquid|air|dirt} {gets in|enters} through it", "the wall is thinner there than it has to be"),
        ("{gas trapped|bubbles} in the melt", "{a pointed tool|a hard particle}"),
    ),
    (
        r"missing|cut|lack|lost|incomplete", "missing",
        ("a part that the golden image has is {gone|not there}", "{a piece|something} is {absent|gone} where the golden image shows it"),
        ("the {part|product} cannot {work|do its work} without it", "it is incomplete and cannot be {used|sold}"),
        ("{a skipped step|a feeder that ran empty} in assembly", "{a piece torn off|careless removal} in handling"),
    ),
    (
        r"bent|bend|deform|dent|squeeze|warp|crush|fold", "altered",
        ("the {outline|shape} {departs|deviates} from that of the golden image", "the {form|contour} is {pressed|pushed} out of its place"),
        ("it no longer {fits|sits} in its {seat|place}", "{forces|loads} no longer {pass|spread} evenly"),
        ("{a fall|a blow|too much pressure} in {transport|handling}",),
    ),
    (
        r"colou?r|stain|contamin|ink|dirt|print|paint|oil|spot|glue|rust|pitting", "altered",
        ("a {patch|spot} of another {tone|shade} lies on the surface", "part of the surface has {another|a strange} tone"),
        ("the {look|finish} is spoilt", "{adhesive|coating} does not hold on it"),
        ("{spilt|dripping} {liquid|lubricant}", "{a dirty gripper|a worn nozzle}"),
    ),
    (
        r"broken|chip|break|damage|tooth", "missing",
        ("a piece {has broken|is broken} off at the edge", "the edge {ends|stops} {roughly|unevenly} where the golden image goes on"),
        ("{sharp|loose} pieces {may|can} {hurt|jam} something", "the edge no longer {holds|seals}"),
        ("{a collision|a fall} {in|during} {handling|transport}",),
    ),
    (
        r"fray|thread|tear|torn|loose|fabric", "altered",
        ("{fibres|ends} {stick out|stand off} from the {surface|edge}", "the {weave|edge} has come {apart|undone}"),
        ("it {ravels|opens} further in use",),
        ("{a worn blade|a snag} {in|during} cutting",),
    ),
    (
        r"swap|flip|misplac|wrong|rotat|orient|position", "altered",
        ("a part {sits|lies} {otherwise|in another way} than in the golden image", "the arrangement is {not that|another than that} of the golden image"),
        ("it cannot be {joined|connected} as intended",),
        ("{a mistake|a mix-up} in assembly",),
    ),
    (
        r"extra|foreign|additional|burr|spur", "added",
        ("something is there that the golden image {lacks|does not have}", "{material|a thing} {lies|sits} where the golden image is empty"),
        ("it {gets in the way of|blocks} what must {move|pass}",),
        ("{a leftover|residue} of {an earlier step|machining}",),
    ),
)  # fmt: skip
_PLAIN = (
    "the {part|surface} differs from the golden image",
    "the {test image|surface} is not as the golden image shows it",
)
_NORMAL = (
    "{shape and surface are|everything is} as on the golden image",
    "only {light and position differ|the light differs}",
)


@dataclass(frozen=True)
class Lore:
    """What is known of a kind of object.

    Attributes:
        object: as prompts call it.
        types: by name, as the set names them.
        normal: clauses on its normal look; about: clauses on what it is and does (`it ...`), may be empty.
        names: other names of types -> type.
        own: types whose words are a family's own; its names are countable nouns.
    """

    object: str
    types: dict[str, DefectType]
    normal: tuple[str, ...] = _NORMAL
    about: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()


def lore_of(object: str, types: Iterable[str]) -> Lore:
    """What is known of an object and its defect types (names as the set has them); `UNNAMED` is always there."""
    from ..world.families import families

    wanted = {plain(t): t for t in types}
    named = [f for f in families() if plain(object) in (plain(f.object), plain(f.name))]
    whole = [f for f in families() if len(wanted) > 1 and wanted.keys() <= {plain(t.name) for t in f.types}]
    known = {}
    chosen = next(iter(named + whole), None)
    if chosen is not None:
        known = {plain(n): t for t in chosen.types for n in (*t.synonyms, t.name)}
    found = {t: known.get(key) or rough(t) for key, t in wanted.items()}
    # What the set never shows can be asked about, unless the set has names of its own: `bent` may be the family's dent.
    if chosen is not None and wanted.keys() <= known.keys():
        found |= {t.name: t for t in chosen.types if plain(t.name) not in wanted}
    names = {s: name for name, t in found.items() for s in t.synonyms}
    if chosen is None:
        return Lore(object, found | {UNNAMED: rough(UNNAMED)}, names=names)
    own = frozenset(t for t in found if plain(t) in known)
    return Lore(chosen.object, found | {UNNAMED: rough(UNNAMED)}, chosen.normal, chosen.about, names, own)


def rough(name: str) -> DefectType:
    """A defect type by its name alone."""
    for pattern, change, looks, effects, causes in _ROUGH:
        if re.search(pattern, name.lower()):
            return DefectType(name, change, looks, effects, causes)  # type: ignore[arg-type]
    return DefectType(
        name, "altered", _PLAIN, ("its {use|function} is in doubt",), ("{an error|a fault} in production",)
    )
