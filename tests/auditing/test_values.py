"""Counts, estimates and durations as they are printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.auditing.reading import false_alerts_of_rate
from harness.auditing.records import Rate
from harness.auditing.values import count_from, estimate_from, hours_from


@pytest.mark.parametrize(
    "text", ["1\u00a0234\u00a0567", "1\u202f234\u202f567", "1\u2009234\u2009567", "1234567"]
)
def test_spaces_at_which_no_line_breaks_separate_thousands(text: str) -> None:
    assert count_from(text, None) == count_from(text, ",") == 1_234_567


@pytest.mark.parametrize("text", ["1\u202f234\u00a0567", "12\u202f34", "1,234\u202f567", "\u202f123"])
def test_and_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        count_from(text, ",")


@pytest.mark.parametrize(
    "text",
    [
        "c. 9780",
        "c.9780",
        "c 9,780",
        "ca. 9780",
        "circa 9780",
        "approx 9780",
        "Approx. 9,780",
        "approximately 9780",
        "about 9780",
        "~9780",
        "est. 9780",
        "9780 approx.",
        "9,780 (est.)",
        "9780 (estimated)",
        "c.\u00a09\u202f780",
    ],
)
def test_an_estimate_is_read_and_noted(text: str) -> None:
    assert estimate_from(text, ",") == (9780, True)


@pytest.mark.parametrize(
    "text", ["c. ", "9780 or so", "c. 9780 faces", "9-10", "c. c. 9780", "9780 approx approx"]
)
def test_what_is_no_estimate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        estimate_from(text, ",")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5h03m", 303),
        ("5h 18m", 318),
        ("5h40", 340),
        ("8h0m", 480),
        ("0h33m", 33),
        ("5h", 300),
        ("5 hrs 3 mins", 303),
        ("5 hours and 3 minutes", 303),
        ("2.5 hours", 150),
        ("05:03", 303),
        ("5:03:30", 303.5),
        ("303", 303),
        ("303 min", 303),
        ("1205-1253", 48),
        ("12:05 to 12:53", 48),
        ("23:45–00:15", 30),
    ],
)
def test_a_duration_by_hand(text: str, minutes: float) -> None:
    assert hours_from(text) * 60 == pytest.approx(minutes)


def test_a_number_alone_may_be_hours() -> None:
    assert (hours_from("5.5", "hours"), hours_from("330")) == (5.5, 5.5)


@pytest.mark.parametrize("text", ["3 days covering 10 sailings", "5h75m7", "5:75", "-5h", "", "noon to 3"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not how long a deployment took; write 5h03m"):
        hours_from(text)


@pytest.mark.parametrize("text", ["0h0m", "0", "12:00-12:00", "9999h"])
def test_a_duration_is_above_nothing_and_below_a_year(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration above 0"):
        hours_from(text)


@given(st.integers(1, 200_000), st.integers(0, 40), st.integers(1, 5))
def test_counts_of_a_stated_rate_are_all_that_round_to_it(
    faces: int, false_alerts: int, decimals: int
) -> None:
    """By trying every number of false alerts."""
    false_alerts = min(false_alerts, faces)
    step = 10.0**-decimals
    stated = round(false_alerts / faces / step) * step
    found = false_alerts_of_rate(Rate(stated, step), {"faces": faces})
    half = step / 2 * (1 + 1e-9)
    near = range(max(0, false_alerts - 60), min(faces, false_alerts + 60) + 1)
    rounding = [n for n in near if abs(n / faces - stated) <= half]
    assert found is not None
    assert found[0] <= false_alerts <= found[1]
    assert [n for n in near if found[0] <= n <= found[1]] == rounding


def test_what_is_left_of_all_alerts_is_the_count_where_it_rounds_to_the_rate() -> None:
    rate = Rate(0.001, 0.001)
    known = {"faces": 4_000, "alerts": 9, "true_alerts": 5, "unconfirmed_alerts": 0}
    assert false_alerts_of_rate(rate, known) == (4, 4)
    assert false_alerts_of_rate(rate, known | {"unconfirmed_alerts": None}) == (2, 4)
    assert false_alerts_of_rate(rate, known | {"alerts": 5, "true_alerts": None}) == (2, 5)
    assert false_alerts_of_rate(rate, known | {"alerts": 6}) is None
    assert false_alerts_of_rate(Rate(0.0005, 1e-4), {"faces": 100}) is None
