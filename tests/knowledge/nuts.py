"""Facts about metal nuts, which the tests of the store keep and recall."""

from __future__ import annotations

from sage_inspect.knowledge.facts import make_fact

NUT = "metal nut"


def nut(text: str, kind: str = "defect", **more: object):
    return make_fact(text, NUT, kind, **more)  # type: ignore[arg-type]


def texts(recalled) -> list[str]:
    return [r.fact.text for r in recalled]
