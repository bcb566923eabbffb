# ruff: noqa: E501  (a template reads best on one line)
"""What is known of textured surfaces: their defects, their normal look, what they are."""

from __future__ import annotations

from dataclasses import replace

from ..family import DefectType

SCRATCH = DefectType(
    name="scratch",
    change="altered",
    looks=(
        "{a|one} {thin|fine|narrow|sharp}, {almost straight|long} line {crosses|runs over|runs across} the {surface|finish}",
        "{a|one} {narrow|thin|hair-thin} {furrow|score line|groove} {was|is} {drawn|cut} {across|over} the {surface|finish}",
        "the {surface|finish} {is scored|is marked} {by|along} {a|one} {thin|slender} {line|streak} that the {golden image|reference} {lacks|does not have}",
    ),
    effects=("it {spoils|mars} the {finish|appearance}", "it {opens|breaks} the {protective|outer} {layer|skin|finish}"),
    causes=("{a sharp tool|a hard edge|grit} {dragged|drawn} over the {surface|part}", "{careless|rough} {handling|transport|stacking}"),
    synonyms=("score mark", "scrape"),
)  # fmt: skip
STAIN = DefectType(
    name="stain",
    change="altered",
    looks=(
        "{a|one} {discoloured|tinted|differently coloured} {patch|area|blot} {with a soft edge|with a blurred outline} {lies on|covers part of} the {surface|pattern}",
        "the {colour|tone|shade} {changes|is off} in {a|one} {blot|rounded patch|flat area}, while the {texture|pattern} {below|underneath} {is whole|can still be seen}",
        "{something spilt|a liquid|a residue} has {left|made} a {blot|discoloured patch|tinted area} that the {golden image|reference} {lacks|does not have}",
    ),
    effects=("it {spoils|mars} the {look|appearance} {of the surface|}", "it {may|can} {keep coatings from holding|attack the material with time}"),
    causes=("{oil|grease|a spilt liquid|a cleaning agent}", "{a dirty|an unclean} {roller|glove|cloth|tray}"),
    synonyms=("discolouration", "blotch"),
)  # fmt: skip
CRACK = DefectType(
    name="crack",
    change="altered",
    looks=(
        "{a|one} {dark|thin dark}, {jagged|zigzag|branching} line {runs|goes} through the {material|surface}",
        "the {material|surface} {has come apart|has parted|is parted} along {a jagged|a zigzag|an uneven|an irregular} {dark|} {line|fissure}",
        "{a jagged|a zigzag|an irregular|one jagged} {fissure|break line} {opens|can be seen} where the {golden image|reference} is {whole|closed}",
    ),
    effects=("it {weakens|has weakened} the part and {may|can} grow", "it lets {water|dirt|moisture} {in|into the material}"),
    causes=("{stress|tension|a blow|an impact}", "{drying|cooling} {too fast|unevenly}"),
    synonyms=("fissure", "fracture"),
)  # fmt: skip
DENT = DefectType(
    name="dent",
    change="altered",
    looks=(
        "the {surface|metal} is {pushed in|pressed in|sunk}: {one side of a round patch is lighter, the other darker|light and shadow lie side by side}",
        "{a|one} {smooth|shallow|rounded} {hollow|depression} {catches the light|shows by light and shadow}",
        "{a|one} {shallow|smooth} {hollow|depression} with a {lit|bright} and a {shaded|dark} side, where the {golden image|reference} is {flat|level}",
    ),
    effects=("the {part|surface} no longer {lies flat|seats well|fits closely}", "it {spoils|mars} the {flat surface|appearance}"),
    causes=("{a blow|an impact|a knock}", "{a dropped tool|pressure from a hard object|a bump in handling}"),
    synonyms=("indentation",),
)  # fmt: skip
HOLE = DefectType(
    name="hole",
    change="missing",
    looks=(
        "{a piece of|some of} the {material|surface} is {gone|missing}: {an opening|an empty opening} with a {sharp|clear} {edge|rim} {can be seen|is left}",
        "{an|one} {open|empty}, {sharply bounded|clearly edged} {spot|place} {goes|leads} {into|through} the {material|surface}",
        "the {pattern|surface} {stops|breaks off} at the {rim|edge} of {an opening|a gap} that the {golden image|reference} {lacks|does not have}",
    ),
    effects=("the {material|part} is {weak|open} {there|at this place}", "{dirt|air|water} {gets|can pass} through"),
    causes=("{something sharp|a foreign body} {went|was pushed} through", "{material|a piece} {fell|was torn|was knocked} out"),
    synonyms=("opening",),
)  # fmt: skip
RUST = DefectType(
    name="rust",
    change="added",
    looks=(
        "{a|one} {rough|grainy|crumbly} {brown|orange-brown|reddish} {patch|crust} {has formed on|covers part of} the metal",
        "the metal {has corroded|is corroded}: {a ragged|an uneven} patch of {many small|brown|grainy} {specks|crumbs|flecks} {can be seen|shows}",
        "{ragged|grainy} {brown|reddish|dark} {specks|flecks} {cluster|lie thick} where the {golden image|reference} is {bright|clean}",
    ),
    effects=("it {eats|goes on eating} into the metal", "{paint|coating} will not {hold|stick} there"),
    causes=("{moisture|damp storage|humid air|salt}", "{a missing|a damaged|worn-off} {oil film|protective layer}"),
    synonyms=("corrosion",),
)  # fmt: skip
PIT = DefectType(
    name="pit",
    change="missing",
    looks=(
        "{small|tiny|point-like} dark {cavities|craters} {are sunk into|mark} the surface, each with a bright rim",
        "{one or more|some} {small|tiny} {round|} {craters|cavities} with {bright|lit} {rims|edges} {can be seen|show} in the metal",
        "the surface is {pocked|eaten into} by {small|tiny} dark {points|craters}, where the {golden image|reference} is {smooth|even}",
    ),
    effects=("it {starts|can start} {cracking|leaks|wear}", "the surface no longer {seals|runs smoothly}"),
    causes=("{gas|bubbles} {in the cast|in the melt}", "{chemical attack|aggressive cleaning|local attack by chlorides}"),
    synonyms=("pitting",),
)  # fmt: skip
PULLED = DefectType(
    name="pulled thread",
    change="altered",
    looks=(
        "{one|a single} {yarn|strand} {has been drawn out|stands out of the weave|is snagged}: {a straight line with a loose loop|a line in the weave and a loop beside it} {can be seen|shows}",
        "{a|one} {loop of yarn|loose strand|yarn loop} {lies|stands} {on the cloth|above the cloth} and the weave is {drawn together|puckered|thinned} along {one|a} {straight|} line",
        "{along|in} {one|a} row of the weave a {yarn|strand} {is out of place|is drawn out}, {which the golden image does not show|unlike the reference}",
    ),
    effects=("the weave {may|can} {run|come undone} from there", "it {catches|snags} {on everything|easily} and {spoils|mars} the look"),
    causes=("{a rough roller|a burr|a needle point} {caught|snagged} the yarn", "{catching|snagging} on {a sharp edge|the machine}"),
    synonyms=("snag", "snagged thread"),
)  # fmt: skip
FOLD = DefectType(
    name="fold",
    change="altered",
    looks=(
        "{a|one} {soft|broad} ridge {runs|lies} across the {cloth|fabric}, {bright on one side and dark on the other|with light and shadow beside it}",
        "the {cloth|fabric} is {not flat|pushed up|pressed into a ridge}: {a straight band of light and shadow|a ridge} {crosses|runs over} the weave",
        "{a|one} {straight|long}, {shaded|soft} ridge {changes the light|shows} while the {yarns|pattern} {stay whole|are unbroken}",
    ),
    effects=("the {cloth|fabric} will not {lie flat|cut true}", "{prints and coatings|layers} {miss|do not reach} the {covered|hidden} {part|side}"),
    causes=("{uneven tension|slack} {on the roll|in winding}", "{careless|tight} {packing|winding|rolling}"),
    synonyms=("crease", "wrinkle"),
)  # fmt: skip
CHIP = DefectType(
    name="chip",
    change="missing",
    looks=(
        "{a piece|a flake|a splinter} has {broken off|come off} {at the edge|at the rim}: {the raw body shows|a bare, faceted area with sharp edges is left}",
        "{at its|along its} {edge|rim} {the part|a tile} {lacks a flake|has lost a piece}, and the {unglazed|raw|differently coloured} {inside|body} {shows|can be seen}",
        "the {edge|outline} is {broken away|bitten off} in {an angular|a shell-like} {shape|area}, where the {golden image|reference} has a {straight|whole} edge",
    ),
    effects=("the {edge|rim} is {sharp|open to dirt}", "it {spoils|mars} the {edge|joint} and {may|can} {grow|spread}"),
    causes=("{a knock|a blow} {against the edge|in transport|when stacking}", "{a blunt|a worn} {cutting wheel|cutter|tool}"),
    synonyms=("chipped edge",),
)  # fmt: skip
GROUT = DefectType(
    name="missing grout",
    change="missing",
    looks=(
        "{part|a stretch} of the {joint|line between the tiles} is {empty|not filled}: {a dark channel|a dark, deep groove} {is left|can be seen}",
        "the {filler|filling} between {two|the} tiles {is gone|has fallen out} {along a stretch|for some length}, {which leaves a dark gap|and the joint is dark}",
        "{one|a} joint is {dark and deep|hollow} {along part of its length|in part}, while the {golden image|reference} has it filled",
    ),
    effects=("{water|damp} {gets|can run} {behind|under} the tiles", "the tiles {can|may} {work loose|shift}"),
    causes=("{the filler|it} was {mixed too dry|washed out|not pressed in}", "{a joint|a stretch} was {left out|forgotten} {in grouting|when filling}"),
    synonyms=("empty joint", "open joint"),
)  # fmt: skip
GLUE = DefectType(
    name="glue strip",
    change="added",
    looks=(
        "{a|one} {straight-sided|long}, {glossy|shiny} band {lies on|sticks to} the {tiles|surface}, {with bright edges|raised and bright at its sides}",
        "{a|one} {strip|band} of {adhesive|something sticky} {runs|lies} over the tiles and {veils|blurs|coats} {what is below|the glaze}",
        "{a|one} {shiny|translucent}, {ribbon-like|even} band {covers|crosses} the {glaze|surface}, {absent from|not present in} the {golden image|reference}",
    ),
    effects=("dirt {sticks|clings} to it", "{sealer|polish} {does not|will not} {hold|take} there"),
    causes=("{adhesive|tape} {was not|has not been} {wiped off|removed}", "{a dripping|a leaking} {nozzle|tube} {in laying|at the line}"),
    synonyms=("adhesive strip", "glue residue"),
)  # fmt: skip
KNOT_HOLE = replace(
    HOLE,
    looks=(*HOLE.looks, "a knot {has fallen out|is gone}: {a dark opening|an empty, dark place} ringed by {brown|darker} wood {is left|can be seen}"),
    causes=("{a loose|a dead} knot {fell|dropped} out {in drying|in planing}", *HOLE.causes),
    synonyms=("knot hole", "knothole"),
)  # fmt: skip
SPLIT = replace(
    CRACK,
    looks=(*CRACK.looks, "the {wood|board} has {come apart|opened} {along the grain|between its fibres} in {a|one} {thin dark|dark, pointed} line"),
    causes=("the {wood|board} {dried|was dried} {too fast|unevenly}", "{stress|tension|a blow|a nail} {across|against} the grain"),
    synonyms=("split", *CRACK.synonyms),
)  # fmt: skip
BURN = DefectType(
    name="burn mark",
    change="altered",
    looks=(
        "{the surface|a place} is {scorched|charred|singed}: {a black or brown core fades outward|a dark centre with a brown halo}",
        "{a|one} {blackened|charred|scorched} {patch|place} with a {brown|fading} {halo|fringe} {lies on|darkens} the surface",
        "heat has {blackened|darkened} {a patch|part} of the surface, {darkest in the middle|black at its centre}, where the {golden image|reference} is clean",
    ),
    effects=("it {spoils|mars} the {look|surface} and {varnish|a coating} will not hold on it", "what is charred is {brittle|weak} and {may|can} {crumble|fail}"),
    causes=("{heat|sparks|a hot tool} {on the surface|left lying on it}", "{too much|local} {heat|overheating}"),
    synonyms=("scorch mark",),
)  # fmt: skip
GOUGE = DefectType(
    name="gouge",
    change="missing",
    looks=(
        "{a|one} {wide|broad}, {deep|torn} {groove|trough} {is dug|was dug} into the {surface|material}, {pale and torn inside|lit on one side and in shadow on the other}",
        "{a sliver|some material} {is|was} {torn|dug} out: {a short, broad trough|a broad furrow} with {torn|rough} {edges|sides} {is left|can be seen}",
        "the {surface|material} {is dug out|is torn up} in {a|one} {broad|spindle-shaped} {trough|furrow}, where the {golden image|reference} is {smooth|level}",
    ),
    effects=("the {piece|part} is {thinner|weaker} {there|at this place}", "its {sharp|torn} {edges|sides} {catch|hurt the hand}"),
    causes=("{a slipped|a wrongly set} {chisel|tool|cutter}", "{a sharp corner|a fork|a chain} {struck|was pushed into} it"),
    synonyms=("dug-out groove",),
)  # fmt: skip

METAL_NORMAL = (
    "the {brushed finish|brushing|fine grain} {runs|goes on} {evenly|without a break} over the {whole|entire} {plate|surface}",
    "the {metal|plate|surface} is {flat|level}, {clean|bright} and {even|uniform}, {as in the golden image|like the reference}",
)
METAL_ABOUT = (
    "{it|the plate} is {a sheet of|} {steel, aluminium, brass or copper|bare metal} whose {fine lines|brush marks} are {wanted|part of the finish}",
    "{brushed plates|such plates} {serve as|are used for} {panels, covers and fronts|visible covers}",
)
FABRIC_NORMAL = (
    "the {weave|pattern|cloth} {repeats|runs on} {evenly|without a break} over the {whole|entire} {piece|picture}",
    "all yarns are {whole|in place}, the {colour|tone} is {even|uniform} and the cloth lies {flat|level}",
)
FABRIC_ABOUT = (
    "{it|the fabric} is {made|built} of {yarns|threads} that {cross|pass over and under each other} in a {repeating|regular} pattern",
    "{such fabric|the cloth} is {cut and sewn|made up} into {clothing, covers and linings|seats and clothing}",
)
TILE_NORMAL = (
    "the tiles are {whole|sound} and {clean|bare}, and {every|each} joint is {filled|full} {along its whole length|throughout}",
    "the {glaze|surface} is {unbroken|clean}, {the edges are straight|all edges are whole} and the joints {are filled|are even}",
)
TILE_ABOUT = (
    "{it|the surface} is {laid|made} of {ceramic|glazed|stone} tiles, {with grout in the joints|whose joints are filled with grout}",
    "{such tiles|the tiles} {line|cover} {floors and walls|wet rooms and kitchens}",
)
WOOD_NORMAL = (
    "the grain {runs|flows} {unbroken|without a break} and the {surface|wood} is {whole|sound} and {smooth|planed}",
    "{growth rings and fibres|rings and fibres} {run|go} {evenly|steadily} {through the picture|over the board}, {as in the golden image|like the reference}",
)
WOOD_ABOUT = (
    "{it|the board} is {planed|sawn} {wood|timber} whose {rings, fibres and pores|grain} {differ|vary} {naturally|by nature}",
    "{such boards|the boards} {become|are made into} {floors, furniture and panels|furniture and floors}",
)
