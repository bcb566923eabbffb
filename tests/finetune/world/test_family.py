"""A family finds its types by name."""

from __future__ import annotations

import pytest

from sage_inspect.finetune.world.families import families


@pytest.mark.parametrize("one", families(), ids=lambda f: f.name)
def test_types_by_name(one):
    assert [one.type(kind.name) for kind in one.types] == list(one.types)
    with pytest.raises(KeyError, match=f"{one.name} has no defect 'rain'"):
        one.type("rain")
