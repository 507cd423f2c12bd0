"""The rates where few of all trials are errors, and what is told at the reference point: against the counts."""

from __future__ import annotations

import pytest

from harness.evaluation import Evaluation
from harness.numbers import number
from harness.report import report_on
from harness.report.model import Facts, Paragraph, Report, Table
from tests.report.report_worlds import NOT_DETECTED, small, world


def say(evaluation: Evaluation) -> Report:
    return report_on(evaluation, digest="0" * 64)


def test_groups_are_set_beside_each_other_where_one_in_a_hundred_of_all_trials_match(
    three: Evaluation,
) -> None:
    axis = three.axes["group"]
    matches = axis.false_matches.errors.sum(axis=0)
    trials = int(axis.false_matches.trials.sum())
    place = next(place for place, count in enumerate(matches) if 100 * count <= trials)
    table = next(block for block in say(three).axes[0].operating if isinstance(block, Table))
    assert table.caption == "group: rates of every group where FMR over all groups is 1 in 100 at most"
    assert table.scope.startswith(
        f"At threshold {three.thresholds[place]:.6g}, where {matches[place]:,} of all {trials:,} non-mated comparisons"
    )
    for i, row in enumerate(table.rows):
        told = [
            number(float(values[i, place]))
            for rates in (axis.false_matches, axis.false_non_matches)
            for values in (rates.estimate, rates.lower, rates.upper)
        ]
        assert row == (axis.false_matches.groups[i], *told)


def test_a_rate_of_too_few_errors_is_said_to_be_out_of_reach(three: Evaluation) -> None:
    assert three.axes["group"].false_matches.trials.sum() == 4500
    said = [block.text for block in say(three).axes[0].operating if isinstance(block, Paragraph)]
    assert said == [
        "The data do not reach FMR over all groups of 1 in 1,000 (10⁻³): of 4,500 non-mated comparisons that is 4.5 "
        "false matches, fewer than the 10 that a rate takes to be told.",
        "The data do not reach FMR over all groups of 1 in 10,000 (10⁻⁴): of 4,500 non-mated comparisons that is 0.45 "
        "false matches, fewer than the 10 that a rate takes to be told.",
    ]


def test_a_rate_below_that_at_the_strictest_threshold_is_said_to_be_out_of_reach() -> None:
    lenient = small(thresholds="0.2,0.25")
    (first, *_) = say(lenient).axes[0].operating
    assert isinstance(first, Paragraph)
    assert first.text == "No threshold evaluated is strict enough for FMR over all groups of 1 in 100 (10⁻²)."


def test_thresholds_that_the_policy_names_have_a_table_each() -> None:
    named = small(policy={**NOT_DETECTED, "operating": [0.3, 0.6]})
    tables = [block for block in say(named).axes[0].operating if isinstance(block, Table)]
    at = [table.scope.split(",")[0] for table in tables if table.caption.endswith("that the policy names")]
    assert at == ["At threshold 0.3", "At threshold 0.6"]


def test_searches_are_told_of_in_their_own_words() -> None:
    report = say(world("searches"))
    headings = [column.heading for column in report.reference.table.columns]
    assert headings == ["Group", "Alerted falsely", "Missed"]
    table = next(block for block in report.axes[0].operating if isinstance(block, Table))
    assert "FPIR" in table.caption
    assert [column.heading for column in table.columns][4] == "FNIR"


def test_of_many_groups_the_first_page_tells_of_a_few_and_says_of_which(many_groups: Evaluation) -> None:
    table = say(many_groups).reference.table
    assert 5 <= len(table.rows) <= 6
    assert f"{len(table.rows)} of 30 groups: those falsely matched most and least often" in table.scope


@pytest.mark.parametrize(
    "term",
    [
        "GARBE",
        "FDR",
        "INEQ",
        "Gini",
        "Holm",
        "Disparity beyond tolerance",
        "Saturated",
        "Reference point",
        "Misses",
    ],
)
def test_the_glossary_explains_what_the_report_names(three: Evaluation, term: str) -> None:
    glossary = next(section for section in say(three).sections if section.key == "glossary")
    entries = dict(next(block for block in glossary.blocks if isinstance(block, Facts)).entries)
    assert term in entries
    assert (
        term not in ("GARBE", "FDR", "INEQ", "Gini", "Holm")
        or "(20" in entries[term]
        or "(1979)" in entries[term]
    )
