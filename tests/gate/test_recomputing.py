"""What is found at once for a whole array is what would be found rate by rate."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import ValidationError

from harness.gate.evaluation_file import DifferentialShape, Number, RatesShape, numbers
from harness.gate.evidence import (
    DisagreementError,
    _agree_to_the_last_bit,
    _is_ratio_to_the_last_bit,
    _require_differential,
    _require_gap,
    _require_rate,
    _require_ratio,
)

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


@given(rates, rates, rates, st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
@example(2.0, 2.0, 2.0, 0.5, 0.25)
@example(2.0, 1.5, math.inf, 0.5, 0.25)
def test_a_ratio_that_agrees_at_once_is_not_refused(
    ratio: float, lower: float, upper: float, one: float, other: float
) -> None:
    place = (ratio, lower, upper, max(one, other), min(one, other))
    if _is_ratio_to_the_last_bit(*place):
        _require_ratio(*place)


def test_a_ratio_agrees_at_once_only_to_the_last_bit_and_within_its_bounds() -> None:
    assert _is_ratio_to_the_last_bit(2.0, 1.5, 3.0, 0.5, 0.25)
    for place in [
        (2.0 + 1e-12, 1.5, 3.0, 0.5, 0.25),
        (2.0, 2.5, 3.0, 0.5, 0.25),
        (2.0, 1.5, 1.9, 0.5, 0.25),
        (2.0, -0.1, 3.0, 0.5, 0.25),
        (2.0, NAN, 3.0, 0.5, 0.25),
        (NAN, 1.5, 3.0, 0.5, 0.0),
    ]:
        assert not _is_ratio_to_the_last_bit(*place)


COLUMNS = ("worst", "best", "ratio", "ratio_lower", "ratio_upper", "gap", "gap_upper")
ESTIMATES = ([0.5, 0.25, 0.0], [0.25, 0.25, 0.0], [0.125, 0.5, 0.0])
AGREEING: list[tuple[Number, ...]] = [
    (0, 2, 4.0, 3.0, 5.0, 0.375, 0.4),
    (2, 1, 2.0, 1.0, "inf", 0.25, 0.25),
    (1, 0, None, 0.0, "inf", 0.0, 0.1),
]


SHOWN = [(0, 2), (2, 1), (1, 0)]


def rates_of_three_groups() -> RatesShape:
    unused = {"trials": 8, "errors": [], "design_effect": [], "lower": [], "upper": []}
    groups = [{"group": name, "estimate": e, **unused} for name, e in zip("abc", ESTIMATES, strict=True)]
    return RatesShape.model_validate({"name": "FMR", "confidence": 0.95, "groups": groups})


def differential(rows: list[tuple[Number, ...]]) -> DifferentialShape:
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    unused = {
        "p_value": [1.0] * 3,
        "pairs_that_differ": [0] * 3,
        "detectable_ratio": [1.0] * 3,
        "gap_lower": [0.0] * 3,
    }
    unused |= {"shown_more": [more for more, _ in SHOWN], "shown_fewer": [fewer for _, fewer in SHOWN]}
    return DifferentialShape.model_validate({**columns, **unused, "confidence": 0.95})


def place_by_place(rows: list[tuple[Number, ...]]) -> bool:
    """The second implementation: every condition at every threshold by itself."""
    for (worst, best, *others), (more, fewer), *estimates in zip(rows, SHOWN, *ESTIMATES, strict=True):
        ratio, lower, upper, gap, gap_upper = numbers(others)
        if not (worst in range(3) and best in range(3)):
            return False
        if (estimates[int(worst)], estimates[int(best)]) != (max(estimates), min(estimates)):  # type: ignore[arg-type]
            return False
        if lower > 1 and not estimates[more] * (1 + 1e-9) >= lower * estimates[fewer]:
            return False
        try:
            _require_ratio(ratio, lower, upper, max(estimates), min(estimates))
            _require_gap(gap, gap_upper, max(estimates) - min(estimates))
        except DisagreementError:
            return False
    return True


def test_a_differential_that_agrees_is_taken() -> None:
    assert place_by_place(AGREEING)
    _require_differential(differential(AGREEING), rates_of_three_groups(), 0.95)


@given(
    st.integers(0, 2),
    st.integers(0, len(COLUMNS) - 1),
    st.sampled_from([-1, 0, 1, 2, 3]),
    st.sampled_from(
        [None, "inf", -1.0, 0.0, 0.1, 0.25, 0.25 + 1e-12, 0.25 + 1e-6, 1.0, 2.0, 4.0 + 1e-12, 5.0]
    ),
)
def test_a_differential_with_one_value_changed_is_taken_only_where_it_agrees_place_by_place(
    place: int, column: int, group: int, value: Number
) -> None:
    rows = [list(row) for row in AGREEING]
    rows[place][column] = group if column < 2 else value
    changed = [tuple(row) for row in rows]
    try:
        _require_differential(differential(changed), rates_of_three_groups(), 0.95)
    except (DisagreementError, ValidationError):  # the latter where it has not even the shape
        taken = False
    else:
        taken = True
    assert taken is place_by_place(changed)
