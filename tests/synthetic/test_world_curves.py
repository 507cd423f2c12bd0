"""The curves of false match and false non-match rates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.synthetic import Curve

FMR = Curve(((0.20, 1.0), (0.40, 0.1), (0.60, 0.005), (0.70, 5e-6)))
FNMR = Curve(((0.60, 0.1), (0.66, 0.4)), link="probit")


@given(st.floats(0.21, 1.0))
def test_inverts_thresholds(threshold: float) -> None:
    assert float(FMR.threshold(FMR.rate(threshold))) == pytest.approx(threshold, abs=1e-12)


@given(st.floats(1e-12, 1.0))
def test_inverts_false_match_rates(rate: float) -> None:
    assert float(FMR.rate(FMR.threshold(rate))) == pytest.approx(rate, rel=1e-9)


@given(st.floats(1e-12, 1 - 1e-6))
def test_inverts_false_non_match_rates(rate: float) -> None:
    assert float(FNMR.rate(FNMR.threshold(rate))) == pytest.approx(rate, rel=1e-9)


@pytest.mark.parametrize("curve", [FMR, FNMR])
def test_passes_through_its_knots_and_is_monotone(curve: Curve) -> None:
    thresholds, rates = np.array(curve.knots).T
    np.testing.assert_allclose(curve.rate(thresholds), rates, rtol=1e-13)
    np.testing.assert_allclose(curve.threshold(rates), thresholds, atol=1e-13)
    steps = np.diff(curve.rate(np.linspace(0.3, 0.9, 1000)))
    assert np.all(steps < 0 if curve is FMR else steps > 0)


def test_goes_on_beyond_its_last_knot_and_stops_at_one() -> None:
    assert float(FMR.rate(0.80)) == pytest.approx(5e-9)
    assert float(FMR.rate(0.0)) == 1.0
    assert FMR.rate([[0.5, 0.6]]).shape == (1, 2)


@pytest.mark.parametrize(
    ("knots", "link"),
    [
        (((0.5, 0.1),), "log10"),
        (((0.5, 0.1), (0.5, 0.01)), "log10"),
        (((0.5, 0.1), (0.6, 0.1)), "log10"),
        (((0.5, 0.1), (0.6, 0.2)), "log10"),
        (((0.5, 0.1), (0.6, 0.0)), "log10"),
        (((0.5, 0.1), (float("nan"), 0.01)), "log10"),
        (((0.5, 0.2), (0.6, 0.1)), "probit"),
        (((0.5, 0.2), (0.6, 1.0)), "probit"),
    ],
)
def test_refuses_knots_without_an_inverse(knots: tuple[tuple[float, float], ...], link: str) -> None:
    with pytest.raises(InputError, match="curve"):
        Curve(knots, link=link)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, float("nan")])
def test_refuses_to_invert_what_is_no_rate(rate: float) -> None:
    with pytest.raises(InputError, match="must lie above 0"):
        FMR.threshold([0.5, rate])
