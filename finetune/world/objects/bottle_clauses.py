# ruff: noqa: E501  (a template reads best on one line)
"""What is known of bottles: their own defects, their normal look, what they are."""

from __future__ import annotations

from ..family import DefectType

CROOKED = DefectType(
    "crooked label",
    "altered",
    (
        "the {label|printed label} {sits|hangs|is stuck on} {askew|at an angle|tilted} {instead of straight|to the bottle's axis|}",
        "the {edges|borders|lines} of the label {run|are} {oblique|tilted|slanted} to the {bottle|axis of the bottle}",
        "the label is {rotated|turned|tilted} {by some degrees|against the reference|}",
    ),
    ("it {spoils|harms} the {look|impression} {of the brand|on the shelf|}", "it {may|can} {keep the code from being scanned|jam in packing}"),
    ("{a misaligned|a badly set|a slipping} {labeller|label feed}", "{a bottle|the bottle} that {turned|slipped} {while it was labelled|in the labeller}"),
    ("tilted label", "skewed label"),
)  # fmt: skip
TORN = DefectType(
    "torn label",
    "missing",
    (
        "{a corner|a piece|a strip} of the label is {ripped off|gone|torn away} {and leaves a ragged white rim|with a ragged rim|}",
        "the label {ends|is cut short} in {a ragged|a fibrous|an irregular} {paper edge|rim} {where a piece is gone|}",
        "the label is {ripped|damaged} and {the bottle shows through|part of its print is lost}",
    ),
    ("{part of the|some} {print|information} {cannot be read|is lost} {with it|}", "it {makes|renders} the bottle {unsaleable|look damaged}"),
    ("{rubbing|catching|snagging} on {a guide rail|another bottle|the conveyor}", "{too little|dry|old} {glue|adhesive} {and a jerk|}"),
    ("ripped label", "damaged label"),
)  # fmt: skip
MISSING_LABEL = DefectType(
    "missing label",
    "missing",
    (
        "{no label is|there is no label} on the bottle {at all|}",
        "the {bottle|front of the bottle} is {bare|blank} where {the label|its label} {belongs|should be}",
        "the {label|printed sheet} {is lacking|has not been applied|was never applied} {and the plain wall is seen|}",
    ),
    ("it {leaves|makes} the {content|product} {unidentified|impossible to identify}", "it {breaks|violates} the {rules on|duty of} {labelling|declaration}"),
    ("{an empty|a jammed|a stopped} {label roll|labeller}", "{a bottle|the bottle} that {passed|skipped} the labeller"),
    ("absent label", "no label"),
    logical=True,
)  # fmt: skip
MISSING_CAP = DefectType(
    "missing cap",
    "missing",
    (
        "{no cap is|there is no cap} on the {neck|mouth|bottle} {and the thread lies bare|}",
        "the {mouth|neck} of the bottle is {open|not closed} {and shows its thread|}",
        "the {cap|closure} {is absent|was not screwed on|has come off}",
    ),
    ("it {lets|allows} the {content|liquid} {run out|spill|spoil}", "it {leaves|makes} the {product|content} {open to germs|unsealed}"),
    ("{an empty|a jammed} {cap feeder|capping head}", "{too little|insufficient} {torque|grip} {in capping|of the capper}"),
    ("absent cap", "open bottle"),
    logical=True,
)  # fmt: skip
LOW = DefectType(
    "low fill",
    "altered",
    (
        "the {liquid|level} {stands|ends|lies} {lower|deeper} than {in the reference|it should|the nominal mark}",
        "the {surface|level} of the liquid is {too low|below its mark}",
        "the bottle is {not full|underfilled|filled short} {and more of it is empty|}",
    ),
    ("{the customer gets|it gives the customer} {too little|less than declared}", "it {breaks|violates} the {declared|nominal} {volume|quantity}"),
    ("{a dripping|a clogged|a badly set} {filling valve|filler}", "{too short|an interrupted} {a filling|} {time|stroke}"),
    ("underfill", "low level"),
)  # fmt: skip
NORMAL = (
    "the label {sits|is} {straight|level} and {whole|complete} {on the bottle|}",
    "the {cap|closure} {sits|is} {tight|fully down} on the {neck|mouth}",
    "the {liquid|level} {reaches|stands at} {the neck|the shoulder|its mark} and {is clear|the glass is clean}",
)
ABOUT = (
    "{a bottle|the bottle} {holds|stores} {a liquid|its content} and {a label|its label} {says|declares} what it is",
    "{a bottle|the bottle} {consists of|has} a {body|vessel}, a {neck|mouth} with a {cap|closure} and a {printed label|label}",
)
