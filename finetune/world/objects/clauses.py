# ruff: noqa: E501  (a template reads best on one line)
"""What is known of the defects that look alike on every object: one `DefectType` each, worded for the object at hand.

No wording here uses a word that names another defect of any object family.
"""

from __future__ import annotations

from ..family import DefectType


def scratch(surface: str) -> DefectType:
    """A scratch on `surface` (`{head|shank}`)."""
    return DefectType(
        "scratch",
        "altered",
        (
            f"a {{thin|fine|narrow|slender}} {{bright|light|dark|sharp}} {{line|stroke|groove}} {{runs|goes|extends}} {{across|over|along}} the {surface}",
            f"{{something hard|a hard edge}} {{drew|cut|left}} a {{straight|long|nearly straight}} {{line|furrow|groove}} {{on|in|across}} the {surface}",
            f"the {surface} {{shows|has|bears}} {{a shallow|a thin, shallow|an open}} {{furrow|groove|score mark}} {{that is not in the reference|that was not there before|with smooth sides|}}",
        ),
        (
            "it {spoils|mars|ruins} the {finish|surface|look} {and lets corrosion or dirt in|and may start further damage|}",
            "it {cuts through|removes|breaks} the {protective|outer} {layer|finish|coating}",
        ),
        (
            "{rough|careless|wrong} handling",
            "{a hard|a sharp|a loose} {particle|edge|tool} {rubbing|sliding|dragged} over the part",
            "{parts|pieces} {rubbing|sliding} against {each other|a guide|the conveyor}",
        ),
        ("score mark", "scrape"),
    )


def stain(surface: str) -> DefectType:
    """A stain on `surface`."""
    return DefectType(
        "stain",
        "altered",
        (
            f"a {{soft-edged|blurred|flat|faint}} {{patch|blotch|area}} of {{another|a different|a strange}} {{colour|tone|shade}} {{lies|spreads|sits}} on the {surface}",
            f"part of the {surface} is {{discoloured|darkened or bleached|of another tone}} {{while its form is unchanged|but its shape is intact|without any relief}}",
            f"{{liquid|oil|a fluid}} {{dried|left a patch|soaked in}} on the {surface} {{and changed its tone|and discoloured it|}}",
        ),
        (
            "it {changes|spoils} the {look|colour} {and may point to a leak or to corrosion|}",
            "it {may|can} {attack|weaken} the {finish|coating|material} {in time|}",
        ),
        (
            "{spilt|dripping|dried} {oil|fluid|coolant|water}",
            "{corrosion|oxidation|a cleaning agent} {acting on|drying on} the part",
        ),
        ("discolouration", "blotch"),
    )


def crack(body: str) -> DefectType:
    """A crack in `body`."""
    return DefectType(
        "crack",
        "altered",
        (
            f"a {{jagged|zigzag|branching|crooked}} {{dark |thin |}}{{line|fissure|split}} {{runs|spreads|grows}} {{through|into|across}} the {body}",
            f"the {body} {{has split|is split|has come apart}} along {{a jagged|an irregular|a branching}} line {{that starts at the edge|that tapers off|}}",
            f"{{an irregular|a forked|a jagged}} {{fissure|fracture}} {{opens|is open}} in the {body}",
        ),
        (
            "it {weakens|threatens|destroys} the {strength|integrity} of the part {and grows under load|}",
            "it {lets|may let} the part {break|fail|fall apart} {in use|under load|}",
        ),
        ("{overload|impact|a fall|a blow}", "{fatigue|internal stress|thermal shock|brittle material}"),
        ("fissure", "fracture"),
    )


def dent(body: str) -> DefectType:
    """A dent in `body`."""
    return DefectType(
        "dent",
        "altered",
        (
            f"{{a shallow|a smooth|a rounded}} {{hollow|depression}} {{with a dark and a light side|shaded on one side and bright on the other}} {{lies|is pressed}} in the {body}",
            f"the {body} is {{pressed in|pushed in|sunken}} {{at one spot|in one place|locally}} {{while its skin stays closed|without being opened|}}",
            f"{{light and shade|the shading}} {{show|shows}} {{an indentation|a pressed-in spot|a hollow}} in the {body}",
        ),
        (
            "it {changes|spoils} the {shape|fit|form} {of the part|}",
            "it {may|can} {keep the part from seating|weaken the wall|jam in a feeder}",
        ),
        (
            "{a blow|an impact|pressure|squeezing}",
            "{a part|something} {dropped|falling} {on it|on the line|}",
            "{too much|excessive} {force|pressure} {of a gripper|in packing|}",
        ),
        ("indentation",),
    )


def chip(edge: str) -> DefectType:
    """A chip out of `edge`."""
    return DefectType(
        "chip",
        "missing",
        (
            f"{{a piece|a small piece|a bit of material}} {{is broken|has broken|is knocked}} {{off|out of}} the {edge}",
            f"the {edge} {{shows|has}} {{an irregular|a rough|a ragged}} {{notch|bite|gap}} {{where material is gone|with a broken face|}}",
            f"the {edge} is {{interrupted|broken}} by {{a rough|an uneven|a ragged}} {{recess|notch}} {{that the reference lacks|}}",
        ),
        (
            "it {leaves|makes} a {weak|sharp|rough} edge {that wears or cuts|}",
            "it {reduces|lowers} the {bearing|contact} {area|surface} {of the part|}",
        ),
        (
            "{a knock|a blow|an impact} {on the edge|in transport|against a hard stop|}",
            "{brittle|hard} material {hit|loaded} {at its edge|}",
        ),
        ("broken edge",),
    )


def burr(edge: str) -> DefectType:
    """A burr on `edge`."""
    return DefectType(
        "burr",
        "added",
        (
            f"{{sharp|ragged|small pointed}} {{splinters|slivers|spikes}} of metal {{stand out|stick out|protrude}} from the {edge}",
            f"the {edge} is {{ragged|fringed|jagged}} with {{extra|unwanted|leftover}} metal {{that sticks out|beyond its outline|}}",
            f"{{a ragged|a sharp|a toothed}} {{fringe|rim}} of {{extra|excess}} metal {{hangs|stands}} on the {edge}",
        ),
        (
            "it {cuts|injures} {fingers|hands|seals} {and breaks off in use|}",
            "it {keeps|prevents} the part from {seating|meshing|fitting} {properly|flat|}",
        ),
        ("{a worn|a blunt|a badly set} {cutter|punch|tool}", "{missing|skipped|poor} {deburring|finishing}"),
        ("metal fringe",),
    )


def contamination(place: str) -> DefectType:
    """Foreign matter on or in `place`."""
    return DefectType(
        "contamination",
        "added",
        (
            f"{{foreign|strange|loose}} {{specks|particles|matter}} {{lie|lies|sits}} {{on|in}} the {place}",
            f"{{a crumb|a fibre|a swarm of specks|a lump}} that {{does not belong there|is foreign to it}} {{is seen|lies}} {{on|in}} the {place}",
            f"{{dirt|debris|grit|foreign material}} {{is found|has got|is present}} {{on|in}} the {place}",
        ),
        (
            "it {makes|renders} the {product|part} {unclean|unsafe|unfit for use}",
            "it {may|can} {come loose|spread|block a passage}",
        ),
        (
            "{dust|fibres|particles} {in the air|from the line|from packing}",
            "{poor|missing} {cleaning|rinsing|filtering}",
        ),
        ("foreign matter",),
    )


def flash(body: str) -> DefectType:
    """Flash at the edge of `body`."""
    return DefectType(
        "flash",
        "added",
        (
            f"a {{thin|wavy|translucent|flat}} {{film|lip|skin|web}} of {{extra|excess|surplus}} {{plastic|material}} {{stands|sticks}} out along the {body}'s {{edge|seam|parting line}}",
            f"the {{outline|edge|seam}} of the {body} has {{a thin|an irregular|a wavy}} {{fin|lip}} of {{squeezed-out|surplus|excess}} {{plastic|material}}",
            f"{{plastic|material}} {{was squeezed|has leaked|flowed}} out {{at the seam|between the mould halves|at the parting line}} of the {body}",
        ),
        (
            "it {spoils|disturbs} the {outline|fit} {and has to be trimmed|}",
            "it {leaves|makes} {a sharp|an unpleasant} {rim|seam}",
        ),
        (
            "{a worn|a badly closed|a misaligned} mould",
            "{too much|excessive} {injection|moulding} pressure",
            "{low|too little} clamping force",
        ),
        ("moulding fin",),
    )


def swapped_part(what: str) -> DefectType:
    """A part of another colour or shape than the golden sample's."""
    return DefectType(
        "swapped part",
        "altered",
        (
            f"{{the|one}} {what} is {{not the one|another one than|different from the one}} {{in the reference|of the golden sample}}: its {{colour|make|kind}} {{differs|is another}}",
            f"{{a wrong|another|a different}} {what} {{is fitted|sits there|was mounted}} {{in place of the right one|instead|where the right one belongs}}",
            f"the {what} {{has|shows}} {{another|the wrong|a different}} {{colour|variant|version}} {{than it should|than ordered|}}",
        ),
        ("it {makes|turns} the {product|set} into {the wrong|another|a mixed} variant", "it {does not match|breaks with} the {order|specification|drawing}"),
        ("{mixed-up|confused|mixed} {parts|stock|bins}", "{a wrong|another} part {in the feeder|picked by the operator}"),
        ("wrong part",),
        logical=True,
    )  # fmt: skip
