# ruff: noqa: E501  (a template reads best on one line)
"""Bare boards as a family of the world: layout.py draws them, defects.py plants the six DeepPCB types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..family import DefectType, Family, Mask, Rgb, Scene
from .defects import Sites, plant
from .layout import draw_layout
from .picture import Look, Nuisance, colour, draw_look, draw_nuisance, picture

LEAST = 224
"""Boards are drawn at least this wide and shrunk where a smaller picture is asked for: tracks need their pixels."""
_GAP = 24
Copper = NDArray[np.uint8]


def draw(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    """A bare board as `Family.draw` has it: both pictures in the same light, ragged edges drawn anew."""
    golden, test, defects = _copper(rng, max(size, LEAST), types)
    look = draw_look(rng)
    own = Nuisance(threshold=float(np.clip(rng.normal(0.5, 0.06), 0.35, 0.65)))
    return _scene(golden, test, defects, look, own, own, size, rng)


def photograph(rng: np.random.Generator, size: int, types: Sequence[str]) -> Scene:
    """The same with the nuisance of scanned boards (picture.py): mostly black and white, the golden one moved.

    Masks are those of the test picture, which is not moved.
    """
    golden, test, defects = _copper(rng, max(size, LEAST), types)
    look = draw_look(rng)
    # As in crops.py: +-2.5 pixels where a window of 96 is looked at.
    moved = draw_nuisance(rng)
    still = draw_nuisance(rng, 0, 0)
    still = Nuisance(threshold=still.threshold, light=still.light, gain=still.gain, jpeg=still.jpeg)
    return _scene(golden, test, defects, look, moved, still, size, rng)


def _copper(
    rng: np.random.Generator, size: int, types: Sequence[str]
) -> tuple[Copper, Copper, list[tuple[str, Copper]]]:
    """The copper of a golden and a test board, and the change of each defect, all `uint8[size, size]` of 0 and 1."""
    while True:
        golden = draw_layout(rng, size)
        if 0.06 < golden.mean() < 0.94:
            break
    test, taken = golden, np.zeros_like(golden)
    defects: list[tuple[str, Copper]] = []
    sites = Sites(golden) if types else None
    for kind in types:
        for _ in range(4):
            made = plant(kind, sites, rng, test) if sites is not None else None
            if made is None:
                break
            b = made.box
            if taken[max(0, b.y1 - _GAP) : b.y2 + _GAP, max(0, b.x1 - _GAP) : b.x2 + _GAP].any():
                continue
            change = test ^ made.mask
            taken |= change
            test = made.mask
            defects.append((kind, change))
            break
    return golden, test, defects


def _scene(
    golden: Copper,
    test: Copper,
    defects: list[tuple[str, Copper]],
    look: Look,
    own_golden: Nuisance,
    own_test: Nuisance,
    size: int,
    rng: np.random.Generator,
) -> Scene:
    # The two pictures are equally ragged, each in its own places, as two scans are; hardly so where light is shared.
    if own_golden is own_test:
        look = replace(look, rough=look.rough * 0.4, noise=0.0)
    pictures = [colour(picture(m, look, own, rng), look) for m, own in ((golden, own_golden), (test, own_test))]
    near = np.ones((3, 3), np.uint8)
    # Blur and threshold spread a change by about a pixel.
    masks = [(kind, _shrink(cv2.dilate(change, near), size) > 0) for kind, change in defects]
    return Scene(_shrink(pictures[0], size), _shrink(pictures[1], size), tuple((k, m) for k, m in masks if m.any()))


def _shrink(image: Rgb | Copper | Mask, size: int) -> NDArray[np.uint8]:
    if image.shape[0] == size:
        return np.asarray(image, np.uint8)
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


TYPES = (
    DefectType(
        "open",
        "missing",
        looks=(
            "{the track is cut through|a gap separates the track|copper is missing across the track|the conductor is broken}",
            "{a break|a full gap} {interrupts|divides} the {conductor|track}",
            "the {track|conductor} ends and goes on {beyond|after} a gap",
            "{the copper line is in two pieces|two ends face each other where one track should run}",
        ),
        effects=(
            "{no current|no signal} can pass {it|the gap}",
            "the {net|part} behind {it|the gap} stays dead",
            "it {interrupts|breaks} the circuit",
        ),
        causes=(
            "{over-etching|etching too long|a lifted resist}",
            "{a scratch|damage in handling} before {plating|etching}",
            "{dirt|a fibre} on the film {across|over} the track",
        ),
        synonyms=("open circuit", "broken track"),
    ),
    DefectType(
        "short",
        "added",
        looks=(
            "{extra copper joins two conductors|a bridge of copper joins two tracks|two conductors are connected}",
            "copper {fills|crosses|spans} the gap between two {tracks|conductors}",
            "{a strip|a thread} of copper {links|connects} {neighbouring tracks|two nets}",
        ),
        effects=(
            "two nets {carry the same voltage|are tied together}",
            "current {flows|passes} where it {must|should} not and the board {overheats|fails}",
            "it {connects|joins} circuits that must be apart",
        ),
        causes=(
            "{incomplete etching|etching too briefly} between close {conductors|tracks}",
            "{a scratch in the resist|residue of resist} over the gap",
        ),
        synonyms=("short circuit", "copper bridge"),
    ),
    DefectType(
        "mousebite",
        "missing",
        looks=(
            "{a bite is missing from the edge of the copper|the edge of the track is notched|the track is narrowed from its edge}",
            "copper is missing {at|from} the edge of the {track|copper}",
            "{a notch|a nick|a rounded bite} {eats into|reaches into} the side of the {track|conductor|pad}",
        ),
        effects=(
            "it {narrows|thins} the conductor, so that it carries less current",
            "the {track|conductor} may {burn|give way} under load",
        ),
        causes=(
            "{an air bubble|a speck of dirt} at the edge of the resist",
            "{under-cutting by the etch|uneven etching} along {an edge|the edge}",
        ),
        synonyms=("mouse bite", "edge notch"),
    ),
    DefectType(
        "spur",
        "added",
        looks=(
            "{extra copper sticks out from an edge|a tip of copper protrudes from the edge|a spike grows from the track}",
            "copper {sticks out|protrudes} into the gap and joins nothing",
            "{a tongue|a thorn|a point} of copper {stands off|leaves} the edge of the {track|conductor|pad}",
        ),
        effects=(
            "it {reduces|lessens} the insulation distance",
            "{sparks|leakage currents} {become more likely|may cross} at its tip",
        ),
        causes=(
            "{residue|a crumb} of resist at the edge",
            "{a flaw in the film|a rough film edge}",
        ),
        synonyms=("spike", "copper spur"),
    ),
    DefectType(
        "spurious copper",
        "added",
        looks=(
            "{an island of copper lies free|a patch of extra copper touches no track|isolated copper lies in the gap}",
            "extra copper {stands alone|lies free} between the conductors",
            "{a dot|a crumb|a patch} of copper {lies|sits} where {bare laminate|nothing} should be",
        ),
        effects=(
            "it can come loose {later|in use}",
            "it {reduces|lessens} the insulation between two nets",
        ),
        causes=(
            "{residue the etching bath did not remove|etching that stopped too early}",
            "{a splash of resist|dirt under the film} on bare laminate",
        ),
        synonyms=("copper island", "copper residue"),
    ),
    DefectType(
        "pin-hole",
        "missing",
        looks=(
            "{a small hole lies inside the copper|copper is missing inside the copper area|a bare spot is enclosed by copper}",
            "a hole {enclosed|surrounded} by copper",
            "{a light dot|a bare point} shows {within|inside} the {pad|track|copper area}",
        ),
        effects=(
            "{solder|plating} {joins|holds} less well there",
            "{resistance rises a little|the pad loses area}",
        ),
        causes=(
            "{dust|a bubble} {in|under} the resist {layer|}",
            "{a pore|a void} in the plating",
        ),
        synonyms=("pinhole", "pin hole"),
    ),
)

FAMILIES: tuple[Family, ...] = (
    Family(
        name="bare board",
        object="printed circuit board",
        types=TYPES,
        normal=(
            "the copper {agrees with|matches|equals} the golden {image|board}",
            "{tracks|conductors} run {whole|without a break} and the gaps between them hold no copper",
            "{shapes and gaps are|the copper is} as on the golden board",
            "pads and {holes|vias} are round and complete, and edges are {smooth|even}",
        ),
        about=(
            "it carries copper {tracks|conductors} on {an insulating|a flat} {panel|plate|laminate}",
            "it is {inspected|checked} before {assembly|components are soldered on}",
            "its {tracks|conductors} {connect|link} the parts of a circuit",
        ),
        draw=draw,
    ),
)
