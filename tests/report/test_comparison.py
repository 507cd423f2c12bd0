"""Two evaluations side by side."""

import pytest

from harness.errors import InputError
from harness.evaluation import Evaluation
from harness.numbers import number
from harness.report import comparison_of, comparison_page
from harness.report.model import Comparison, Facts, Paragraph, Section, Table
from tests.report.report_worlds import small, world

DIGESTS = ("a" * 64, "b" * 64)


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    return comparison_of(first, second, digests=DIGESTS)


def part(comparison: Comparison, key: str) -> Section:
    return next(section for section in comparison.sections if section.key == key)


def tables(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table)]


def other_version() -> Evaluation:
    return small(
        matcher={"name": "made up", "version": "3.0"}, policy={"max_ratio": 2.0, "criterion": "not_detected"}
    )


def test_what_changed_is_named(three: Evaluation) -> None:
    section = part(compare(three, other_version()), "changes")
    said = next(block.text for block in section.blocks if isinstance(block, Paragraph))
    assert said == "Not the same: Study: matcher; SHA-256 of evaluation.json."
    changed = {row[0]: row[1:] for row in tables(section)[0].rows}
    assert changed["Study: matcher"] == (
        "name: made up; version: 2.1",
        "name: made up; version: 3.0",
        "changed",
    )
    assert changed["Policy: criterion"] == ("not_detected", "not_detected", "same")


def test_each_is_read_at_its_own_threshold(three: Evaluation) -> None:
    unsafe = world("unsafe")
    section = part(compare(three, unsafe), "own")
    said = next(dict(block.entries) for block in section.blocks if isinstance(block, Facts))
    assert said["made up 2.1 (first)"] == f"At {three.safe_threshold:.6g}, its safe threshold."
    assert said["made up 2.1 (second)"] == (
        f"At {unsafe.not_detected_from:.6g}, from which nothing is detected; it has no safe threshold."
    )
    rates = three.axes["group"].false_matches
    row = tables(section)[0].rows[2]
    assert row[:4] == (
        "G3",
        *(number(float(v[2, three.safe.index])) for v in (rates.estimate, rates.lower, rates.upper)),
    )


def test_without_a_threshold_to_read_there_is_no_table(three: Evaluation) -> None:
    section = part(compare(three, world("one group")), "own")
    assert not tables(section)
    assert "One of the two has no threshold" in repr(section)


def test_thresholds_of_two_matchers_are_not_set_side_by_side(three: Evaluation) -> None:
    other = small(matcher={"name": "another", "version": "2.1"})
    section = part(compare(three, other), "common")
    assert [block.text for block in section.blocks] == [
        "Scores of different matchers are not on one scale, so a threshold of one means nothing to the other."
    ]


def test_thresholds_of_one_matcher_are_set_side_by_side_where_both_were_evaluated(three: Evaluation) -> None:
    alike = world("alike")
    own = f"{alike.safe_threshold:.6g}"
    found = tables(part(compare(three, alike), "common"))
    assert [table.caption for table in found] == [
        f"{rate} of every group of group: made up 2.1 (first) at {own} and made up 2.1 (second) at {own}"
        for rate in ("FMR", "FNMR")
    ]
    already = part(compare(three, other_version()), "common")
    assert not tables(already)
    assert "Both are read at the same threshold above." in repr(already)


def test_at_the_same_overall_rate_each_is_at_its_most_lenient_threshold_that_keeps_it(
    three: Evaluation,
) -> None:
    table = tables(part(compare(three, world("distances")), "equal"))[0]
    rows = {row[0]: row for row in table.rows}
    for name, found in (("made up 2.1 (first)", three), ("made up 2.1 (second)", world("distances"))):
        row = rows[f"0.01, {name}"]
        rates = found.axes["group"].false_matches
        overall = rates.errors.sum(axis=0) / rates.trials.sum()
        place = [f"{value:.6g}" for value in found.thresholds].index(row[2])
        assert overall[place] <= 0.01 < overall[place - 1]
        assert row[3] == number(float(overall[place]))
    assert rows["0.0001, made up 2.1 (first)"][1] == "not reached with an error"


def test_searches_and_comparisons_are_not_compared(three: Evaluation) -> None:
    with pytest.raises(InputError, match="verification and identification have no rate in common"):
        compare(three, world("searches"))


def test_its_page_has_no_script_and_is_the_same_again(three: Evaluation) -> None:
    page = comparison_page(compare(three, other_version()))
    assert page == comparison_page(compare(three, other_version()))
    assert "<script" not in page
    assert "script-src" not in page
    assert "Whether the two differ beyond chance is not tested." in page
