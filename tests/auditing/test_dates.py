"""Dates of one day and of several, in the forms in which forces print them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.auditing.dates import date_reader, days_reader


@pytest.mark.parametrize(
    ("pattern", "text", "day"),
    [
        ("DD/MM/YY", "05/03/23", date(2023, 3, 5)),
        ("DD/MM/YYYY", "05/03/23", date(2023, 3, 5)),
        ("DD/MM/YY", "05/03/99", date(2099, 3, 5)),
        ("D MMMM YYYY", "4th March 2026", date(2026, 3, 4)),
        ("D MMMM YYYY", "1st Sept 2026", date(2026, 9, 1)),
        ("D MMM YY", "2nd Sept. 26", date(2026, 9, 2)),
        ("DD MMM YYYY", "22nd August 2026", date(2026, 8, 22)),
        ("D MMM YYYY", "3rd\u00a0Feb\u202f2026", date(2026, 2, 3)),
        ("MMMM D, YYYY", "May 7, 2026", date(2026, 5, 7)),
        ("YYYYMMDD", "20260304", date(2026, 3, 4)),
    ],
)
def test_a_day_by_hand(pattern: str, text: str, day: date) -> None:
    assert date_reader(pattern)(text) == day


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("YYYY/MM/DD", "06/04/23"),  # the year is last there, and 2006-04-23 would be a lie
        ("YYYYMMDD", "260304"),
        ("DD/MM/YY", "05/03/2023"),
        ("DD/MM/YYYY", "5/3/2023"),
        ("DD/MM/YYYY", "05/03/202"),
        ("D MMMM YYYY", "4th Marchy 2026"),
        ("DD/MM/YYYY", "30/02/2026"),
    ],
)
def test_another_form_is_no_date(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not a date as"):
        date_reader(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text", "first", "last"),
    [
        ("DD/MM/YYYY", "14-16/02/2026", "2026-02-14", "2026-02-16"),
        ("DD/MM/YY", "14 - 16/02/26", "2026-02-14", "2026-02-16"),
        ("DD/MM/YYYY", "10/11/25- 12/11/25", "2025-11-10", "2025-11-12"),
        ("DD/MM/YYYY", "28/02 to 02/03/2026", "2026-02-28", "2026-03-02"),
        ("DD/MM/YYYY", "30/12/2025 – 02/01/2026", "2025-12-30", "2026-01-02"),
        ("D MMMM YYYY", "14 & 15 February 2026", "2026-02-14", "2026-02-15"),
        ("D MMMM YYYY", "28th February until 2nd March 2026", "2026-02-28", "2026-03-02"),
        ("DD-MM-YYYY", "14-16-02-2026", "2026-02-14", "2026-02-16"),
        ("YYYY-MM-DD", "2026-02-14 - 16", "2026-02-14", "2026-02-16"),
        ("YYYY-MM-DD", "2026-02-14 to 03-02", "2026-02-14", "2026-03-02"),
        ("DD/MM/YYYY", "14/02/2026", "2026-02-14", "2026-02-14"),
    ],
)
def test_days_of_a_deployment_that_lasts_several(pattern: str, text: str, first: str, last: str) -> None:
    assert days_reader([pattern])(text) == (date.fromisoformat(first), date.fromisoformat(last))


def test_several_patterns_are_tried_in_their_order() -> None:
    read = days_reader(["DD/MM/YYYY", "MM/DD/YYYY", "D MMM YYYY"])
    assert read("03/04/2026").first == date(2026, 4, 3)
    assert read("04/30/2026").first == date(2026, 4, 30)
    assert read("3 Apr 2026").first == date(2026, 4, 3)
    with pytest.raises(ValueError, match="is not a date as DD/MM/YYYY or MM/DD/YYYY or D MMM YYYY"):
        read("Easter")


def test_days_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        days_reader(["DD/MM/YYYY"])("16-14/02/2026")


@given(st.dates(date(2000, 1, 1), date(2098, 1, 1)), st.integers(0, 400))
def test_whole_dates_joined_by_any_sign_are_read_back(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    for form, pattern in (
        ("%d/%m/%Y", "DD/MM/YYYY"),
        ("%Y-%m-%d", "YYYY-MM-DD"),
        ("%d %B %Y", "DD MMMM YYYY"),
    ):
        for sign in ("-", " – ", " to "):
            text = f"{first:{form}}{sign}{last:{form}}"
            assert days_reader([pattern])(text) == (first, last)
