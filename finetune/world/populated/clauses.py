# ruff: noqa: E501  (a template reads best on one line)
"""What is known of assembled boards: their defects, their normal look, what they are."""

from __future__ import annotations

from ..family import DefectType

MISSING = DefectType(
    name="missing component",
    change="missing",
    looks=(
        "{a|one} {place|position} is {empty|not populated}: {only the bare pads are there|the two pads and the outline are left|nothing sits on its pads}",
        "{bare|empty} {pads|lands} {show|can be seen} where the {golden image|reference} {has|shows} a {part|mounted part}",
        "{a|one} {part|device} {has not been mounted|was left out|has fallen off}, {and its footprint is empty|so that its pads lie bare}",
    ),
    effects=("the circuit {is incomplete|is not closed there} and {will not work|fails}", "{a|one} function {is lost|fails}"),
    causes=("{an empty feeder|a blocked nozzle} in {placement|the placing machine}", "the part was {lost|knocked off} before {soldering|reflow}"),
    synonyms=("absent component", "unpopulated position"),
    logical=True,
)  # fmt: skip
WRONG = DefectType(
    name="wrong component",
    change="altered",
    looks=(
        "{another|a different} part {sits|is mounted} {on these pads|in this place}: its {colour, size or print|body} {differs|is not the same} from {the golden image|the reference}",
        "the part {here|in this place} {has a different|is of another} {kind, colour or size|type, value or size} than {in the golden image|the reference shows}",
        "{the pads are filled|a part is there}, but {with another one|it is not the one that belongs there}: {body and print|size, colour or print} {do not match|differ}",
    ),
    effects=("the {value|rating} is {not what the circuit needs|off}, so that {it|the circuit} {fails|works badly|overheats}",),
    causes=("{a wrong reel|the wrong reel} in the feeder", "{mixed-up|confused} {part numbers|reels|trays}"),
    synonyms=("swapped component", "incorrect component"),
    logical=True,
)  # fmt: skip
ROTATED = DefectType(
    name="rotated component",
    change="altered",
    looks=(
        "the part {is turned|sits turned|stands askew}: {its ends or its mark point elsewhere than in|its direction differs from that in} the {golden image|reference}",
        "{a|one} part {lies at another angle|is turned about its centre} and its {ends|leads} {miss|do not meet} {their|the} pads, or its {polarity mark|pin-one mark} is {at the other end|on the other side}",
        "the {right|proper} part {is there|is mounted}, but {turned|at a wrong angle} {against|compared with} the {golden image|reference}",
    ),
    effects=("the {polarity is reversed|contacts are open} and the {circuit|part} {may|can} {fail|burn}",),
    causes=("it was {picked up|placed} {askew|at a wrong angle}", "{the reel|the tray} was {loaded the wrong way round|inserted turned}", "it {swam|floated} on the {molten|liquid} solder"),
    synonyms=("turned component", "reversed component"),
    logical=True,
)  # fmt: skip
BRIDGE = DefectType(
    name="solder bridge",
    change="added",
    looks=(
        "{a shiny blob|bright metal|a silvery drop} {joins|connects} two {neighbouring|adjacent} {leads|pins}",
        "between two {leads|pins} {the gap is filled with solder|lies solder that does not belong there}",
        "{a blob of solder|a silvery patch} {spans|closes} the gap between {neighbouring|two} {leads|pins}, which is {open|clear} in the {golden image|reference}",
    ),
    effects=("two {nets|signals} are {connected|shorted} that {must|should} be {apart|separate}",),
    causes=("{too much|excess} solder paste", "{a smeared|a misaligned} {stencil|print}", "leads {too close|pressed down too far}"),
    synonyms=("solder short",),
)  # fmt: skip
LIFTED = DefectType(
    name="lifted lead",
    change="altered",
    looks=(
        "{one|a} {pin|leg} {is bent|stands off} and {does not touch|has left} its pad, {which lies bare|which can be seen bare}",
        "{one|a} {pin|leg} {points askew|sticks out at an angle} and {throws|casts} a shadow, while the others lie {flat|straight} on their pads",
        "{one|a} {pin|leg} of the {chip|part} is {bent up and sideways|out of line}, and {its pad is empty|its pad holds no solder joint}",
    ),
    effects=("that {connection|contact} is {open|broken} or {intermittent|unreliable}",),
    causes=("the {legs|pins} were {bent|knocked} {in handling|before placing}", "{uneven|poor} {coplanarity|flatness} of the {legs|pins}"),
    synonyms=("lifted pin", "bent lead"),
)  # fmt: skip

POPULATED_NORMAL = (
    "{every|each} position is {filled|populated} with {the right part|the part that belongs there}, {straight on its pads|in the right direction}",
    "all {parts|devices} are {in place|mounted} and {straight|well aligned}, and {no solder lies between the pins|the gaps between the pins are clear}",
)
POPULATED_ABOUT = (
    "{it|the board} {carries|holds} {soldered parts|resistors, capacitors, diodes and chips} on {a printed board|pads of copper}",
    "{each|every} part has {a value, a place and a direction|its place and direction}, {marked by|shown by} the {print|white print} on the board",
)
