"""Gates on scores for pipelines: `--fail-under logic=3.5`, told on stderr; a gate without a figure stays shut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..errors import BadInput


def read_gates(told: Iterable[str]) -> dict[str, float]:
    """Gates of `NAME=NUMBER` words.

    Raises:
        BadInput: another form, or a number that is none.
    """
    gates: dict[str, float] = {}
    for one in told:
        name, equals, value = one.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not equals or not name.strip() or number != number:
            raise BadInput(f"--fail-under {one}", "this is no gate", "write NAME=NUMBER, e.g. logic=3.5")
        gates[name.strip()] = number
    return gates


def known_gates(gates: Mapping[str, float], names: Sequence[str]) -> None:
    """Refuse gates on what is never measured, before any work is done.

    Raises:
        BadInput: a gate's name is none of `names`.
    """
    for name in gates:
        if name not in names:
            raise BadInput(f"--fail-under {name}", "there is no such figure", f"there are: {', '.join(names)}")


def shut(gates: Mapping[str, float], figures: Mapping[str, float | None]) -> list[str]:
    """One line for every gate that is not passed, in their order; none: all are."""
    lines = []
    for name, least in gates.items():
        value = figures.get(name)
        if value is None:
            lines.append(f"gate {name}: unscored, and {least:g} is needed")
        elif value < least:
            lines.append(f"gate {name}: {value:.4g} is below {least:g}")
    return lines
