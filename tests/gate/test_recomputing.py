"""What is found at once for a whole array is what would be found rate by rate."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.gate.recomputing import DisagreementError, _agree_to_the_last_bit, _require_rate

NAN = math.nan
rates = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, -0.5, NAN, math.inf, 0.25 + 1e-12, 0.25 + 1e-6])
rows = st.lists(st.tuples(rates, rates, rates, rates), min_size=1, max_size=4)


def is_refused(row: tuple[float, float, float, float]) -> bool:
    try:
        _require_rate("FMR", *row)
    except DisagreementError:
        return True
    return False


@given(rows)
@example([(0.25, 0.25, NAN, 0.5), (0.25, 0.25, 0.1, 0.5)])
@example([(0.25, 0.25, 0.1, 0.5), (0.25, 0.25, 0.1, NAN)])
@example([(NAN, NAN, 0.1, 0.5)])
@example([(0.25, 0.25, -0.1, 0.5)])
@example([(0.25, 0.25, 0.1, 1.5)])
@example([(0.25, 0.5, 0.1, 1.0)])
def test_an_array_that_agrees_at_once_has_no_rate_that_is_refused(
    rows: list[tuple[float, float, float, float]],
) -> None:
    if _agree_to_the_last_bit(*map(list, zip(*rows, strict=True))):
        assert not any(map(is_refused, rows))


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ((0.25, 0.25, 0.2, 0.3), False),
        ((0.25, 0.25 + 1e-12, 0.25, 0.3), False),
        ((0.25, 0.25, 0.25 + 1e-12, 0.3), False),
        ((0.25, 0.25 + 1e-6, 0.2, 0.3), True),
        ((0.25, 0.25, 0.26, 0.3), True),
        ((0.25, 0.25, 0.2, 0.24), True),
        ((0.25, 0.25, -0.1, 0.3), True),
        ((0.25, 0.25, 0.2, 1.1), True),
        ((0.25, 0.25, NAN, 0.3), True),
        ((0.25, NAN, 0.2, 0.3), True),
    ],
)
def test_a_rate_is_refused_beyond_rounding(row: tuple[float, float, float, float], refused: bool) -> None:
    assert is_refused(row) is refused


def test_rounding_alone_is_looked_at_rate_by_rate() -> None:
    assert _agree_to_the_last_bit([0.25], [0.25], [0.2], [0.3])
    assert not _agree_to_the_last_bit([0.25], [0.25 + 1e-12], [0.2], [0.3])
