"""The sections of a report that only searches have."""

from __future__ import annotations

from functools import cache

import pytest

from harness.evaluation import Evaluation
from harness.report import render_figures, report_on, report_page, report_pdf
from harness.report.model import Report, Section, Table
from tests.evaluation.searched_world import evaluated
from tests.report.report_worlds import searches

DIGEST = "0" * 64
HEADINGS = ("What a passer-by faces", "What is found and missed", "Who on the list draws alerts")
POLICY = {"operating": [0.5], "crowd": {"group": {"A": 0.7, "B": 0.3}}, "prevalence": 0.01}


@cache
def found() -> Evaluation:
    return evaluated(POLICY)


@cache
def report() -> Report:
    return report_on(found(), digest=DIGEST)


def section(heading: str) -> Section:
    return next(part for part in report().sections if part.heading == heading)


def tables(heading: str) -> list[Table]:
    return [block for block in section(heading).blocks if isinstance(block, Table)]


def test_come_first_and_in_order() -> None:
    assert tuple(part.heading for part in report().sections[:3]) == HEADINGS
    assert tuple(part.heading for part in report().in_short[:3]) == HEADINGS


def test_are_not_there_where_nothing_is_known_of_searches() -> None:
    bare = report_on(searches(), digest=DIGEST)
    assert not {part.heading for part in bare.sections} & set(HEADINGS)


def test_passers_by_are_told_of_the_crowd_and_of_every_group() -> None:
    (table,) = tables("What a passer-by faces")
    assert [row[0] for row in table.rows] == ["the crowd", "A", "B"]
    (met,) = found().passers_by
    assert met.crowd is not None
    false = float(met.crowd.false.estimate)
    assert float(table.rows[0][1].split(" (")[0].replace(",", "")) == pytest.approx(false, rel=0.05)


def test_misses_are_told_by_cause() -> None:
    (table,) = tables("What is found and missed")
    axis, index = found().axes["group"], found().index_of(0.5)
    assert axis.searches is not None
    for row, cells in enumerate(table.rows):
        numbers = [int(cell.replace(",", "")) for cell in cells[1:7]]
        assert numbers[0] == numbers[1] + sum(numbers[2:5])
        assert numbers[2] == axis.searches.below[row, index]
        assert numbers[3] == axis.searches.outranked[row, index]
        assert numbers[5] == axis.searches.wrong.errors[row, index]


def test_who_on_the_list_is_told_in_numbers() -> None:
    (table,) = tables("Who on the list draws alerts")
    listed = found().searches
    assert listed is not None and listed.listed is not None  # noqa: PT018
    at = found().index_of(0.5) - listed.listed.first
    assert table.rows[0][1] == f"{listed.listed.alerts[at]:,}"
    assert table.rows[0][5] == f"{listed.listed.beyond_chance[at]:,}"


def test_the_page_and_the_file_for_print_have_them() -> None:
    text = report_page(report())
    assert all(heading in text for heading in HEADINGS)
    assert "They are for watchlists like this one" in text
    assert report_pdf(report(), render_figures(found()), digest=DIGEST).startswith(b"%PDF")
