import pytest

from sage_inspect.tools.scoring import conformal_p, saturate, thin


def test_saturate_is_zero_at_zero_half_at_half_and_monotone():
    assert saturate(0.0, 3.0) == 0.0
    assert saturate(3.0, 3.0) == pytest.approx(0.5)
    values = [saturate(d / 10, 3.0) for d in range(200)]
    assert values == sorted(values) and values[-1] < 1.0


def test_conformal_by_hand():
    assert conformal_p(2.0, []) is None
    assert conformal_p(2.0, [1.0]) is None
    assert conformal_p(2.0, [1.0, 1.5, 3.0]) == pytest.approx(2 / 4)
    assert conformal_p(9.0, [1.0, 1.5, 3.0]) == pytest.approx(1 / 4)
    assert conformal_p(0.0, [0.0, 0.0]) == pytest.approx(1.0)


def test_thin_keeps_the_first_and_spreads():
    assert thin(5) == [0, 1, 2, 3, 4]
    picked = thin(400, 40)
    assert len(picked) == 40 and picked[0] == 0 and picked[-1] == 399
