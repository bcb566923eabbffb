"""Words of the field that people use for nearly one thing: who asks about a trace means what a fact calls a track.

Terms of printed boards follow IPC-T-50 and IPC-A-600, those of surfaces ISO 8785, beside the words of the shop floor.
They are near-synonyms only, and some stand for several things (a void is a pore, or a pin-hole), so they never replace
a word: lexical.py adds them to a question, at a fraction of the weight of the words that were asked.
"""

from __future__ import annotations

from functools import lru_cache

from .words import tokens

_GROUPS = """
track trace conductor line wire path wiring conductive
open break broken interruption interrupted discontinuity disconnected cut severed gap
short bridge bridging connected joined touching
mousebite nick notch bite nibbled indentation
spur protrusion projection spike protruding burr sharp pointed
spurious excess extra residual residue leftover unwanted remains remnant
pinhole void hole pore pit porosity cavity
copper metal metallic
pad land
insulation isolation dielectric clearance spacing gap distance
island isolated lonely alone patch blob
current voltage electric electrical signal
dead interrupted fail
spark arc arcing flashover
component part mounted
etching bath chemical
reach touch join
conduct carry
loose detach fall
remain left standing
tip end point
reject scrap return
crack fissure fracture split rupture
scratch scrape abrasion scuff
dent indentation depression impression
chip chipped nick notch spall
burr flash fin flap
bubble blister bump bulge swelling
stain spot speck mark blot dot fleck smudge
contamination dirt debris foreign particle dust grain grit
deformation warped distorted bent crooked twisted pinched squeezed crushed flattened
missing absent lacking empty without incomplete
edge rim border boundary
rust corrosion oxidation
discoloration faded stained yellowed
tear rip torn
tilted skewed misaligned crooked inclined
swapped mixed interchanged exchanged
print printing printed letter text lettering imprint
seal gasket
sheath jacket
cap lid closure
core wire strand
mould mold tool die
seam joint line
fuse merge join joined
stiff hard hardened brittle rigid
leak escape creep
hot overheat heat burn
remove clean wipe
opened tampered
danger risk hazard harm dangerous risky
cause origin reason source
production manufacturing process manufacture
large big size long deep wide
small tiny little
round circular
width thickness breadth
same identical equal
normal standard proper
"""


def related(token: str) -> frozenset[str]:
    """Tokens (`words.tokens`) that mean nearly the same as `token`, without itself; mostly none."""
    return _related().get(token, frozenset())


@lru_cache(maxsize=1)
def _related() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _GROUPS.strip().splitlines():
        group = set(tokens(line))
        for token in group:
            found.setdefault(token, set()).update(group - {token})
    return {token: frozenset(others) for token, others in found.items()}
