"""What a report says is what the evaluation found: every number in prose, every cell of every table."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from report_worlds import LONG, small, world

from harness.evaluation import Evaluation, answer, evaluate
from harness.report.content import report_on
from harness.report.content.model import Facts, Paragraph, Report
from harness.report.content.numerals import number
from harness.report.content.zones import zones_of

DIGEST = "0" * 64
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def say(evaluation: Evaluation, title: str | None = None) -> Report:
    return report_on(evaluation, digest=DIGEST, title=title)


def known_numbers(evaluation: Evaluation) -> set[float]:
    """Every number of an evaluation, of its policy and study, and how many there are of what it lists."""
    found = [*evaluation.thresholds, *evaluation.comparisons, len(evaluation.thresholds)]
    policy = evaluation.policy
    limits = [policy.max_ratio, policy.max_gap, policy.max_fmr, policy.max_fnmr_gap]
    found += [limit for limit in limits if limit is not None]
    found += [100 * policy.confidence, policy.min_subjects, policy.min_trials, 2, 1]
    found += [100 * 0.8, 0]  # the power of the detectable ratio; none
    found += [evaluation.study.watchlist_size or 0]
    for axis in evaluation.axes.values():
        inconclusive = sum(
            zone.last - zone.first + 1 for zone in zones_of(axis.verdict) if zone.verdict == "inconclusive"
        )
        found += [len(axis.false_matches.groups), inconclusive, *axis.left_out]
        for rates in (axis.false_matches, axis.false_non_matches):
            found += [*rates.trials, *rates.estimate.ravel(), *(100 * rates.estimate).ravel()]
            found += (1 / rates.estimate[rates.estimate > 0]).tolist()
        found += [*axis.false_match_differential.detectable_ratio, *axis.verdict.growth_needed]
        found += (axis.verdict.growth_needed * axis.false_matches.trials.min()).tolist()
    return {float(value) for value in found if math.isfinite(value)}


def is_known(text: str, known: set[float]) -> bool:
    """Whether a number in prose is one of those known, written to as many digits as it is."""
    plain = text.replace(",", "")
    decimals = len(plain.partition(".")[2])
    significant = max(len(plain.replace(".", "").lstrip("0").rstrip("0")), 1)
    return any(
        f"{value:.{decimals}f}" == plain
        or ("." not in plain and float(f"{value:.{significant}g}") == float(plain))
        for value in known
    )


def prose(report: Report) -> Iterator[str]:
    yield report.headline
    yield report.safe_threshold
    for facts in (report.lead, report.findings):
        for _, text in facts.entries:
            yield text
    for zone in report.zones:
        yield zone.table.caption
    limits = next(section for section in report.sections if section.key == "limits")
    for block in limits.blocks:
        if isinstance(block, Facts):
            yield from (text for _, text in block.entries)


def named(evaluation: Evaluation) -> list[str]:
    """Words that hold digits and are no numbers."""
    groups = [group for axis in evaluation.axes.values() for group in axis.false_matches.groups]
    return sorted([*groups, f"version {evaluation.study.matcher.version}"], key=len, reverse=True)


def test_every_number_in_prose_comes_from_the_evaluation(evaluation: Evaluation) -> None:
    known = known_numbers(evaluation)
    for sentence in prose(say(evaluation)):
        plain = sentence
        for name in named(evaluation):
            plain = plain.replace(name, "")
        strange = [
            text
            for text in NUMBER.findall(plain.replace("-", ""))
            if not is_known(text, known | {-v for v in known})
        ]
        assert not strange, sentence


def test_a_number_that_is_not_the_evaluations_would_be_noticed(three: Evaluation) -> None:
    known = known_numbers(three)
    assert is_known(f"{three.safe_threshold:.6g}", known)
    assert not is_known("0.51234", known)
    assert not is_known("987,654", known)


def test_the_answer_is_told_in_the_words_of_the_command(evaluation: Evaluation) -> None:
    assert say(evaluation).findings.entries == answer(evaluation)


def test_the_status_says_how_strong_the_answer_is() -> None:
    assert say(world("alike")).status == "shown"
    assert say(world("three")).status == "not_detected"
    unsafe = say(world("unsafe"))
    assert (unsafe.status, unsafe.safe_threshold) == ("none", "none")
    assert unsafe.headline == "No threshold can be called safe on this evidence."


def test_not_detected_is_never_told_as_alike(three: Evaluation) -> None:
    report = say(three)
    assert report.headline.endswith("that they are alike is not shown.")
    assert "no proof of likeness" in dict(report.lead.entries)["What was found"]


def test_an_axis_that_is_not_judged_is_named_with_its_verdict(alike: Evaluation) -> None:
    assert alike.axes["age"].verdict.verdicts[alike.safe.place] == "disparity shown"
    assert dict(say(alike).lead.entries)["Not part of it"] == (
        "The answer does not rest on age (disparity shown there), which the policy does not judge."
    )


def test_many_groups_are_told_by_the_lowest_and_the_highest() -> None:
    lead = dict(say(world("eight")).lead.entries)
    assert lead["False matches there"].count(LONG[:20]) == 2
    assert lead["What it costs"].endswith("these do not match: none in any group.")
    assert dict(answer(world("eight")))["Cost"].count("0.00 % in every group") == 2


def test_groups_that_cannot_be_decided_are_told_why() -> None:
    said = dict(say(world("one group")).lead.entries)["What stays open"]
    assert said == "Nothing can be decided on group: there is only one group, G1: nothing to compare it with."


def test_so_many_false_matches_that_parity_is_of_no_use_are_called_many() -> None:
    columns = {
        "score": np.tile([0.1, 0.9], 6000),
        "mated": np.zeros(12000, bool),
        "group": np.repeat(["a", "b"], 6000),
    }
    columns["mated"][:4] = columns["mated"][-4:] = True
    study = {"matcher": {"name": "m", "version": "1"}, "groups": {"group": "group"}}
    found = evaluate(columns, study=study, policy={"max_ratio": 2.0}, thresholds="0,0.5,1")
    assert found.safe_threshold == 0
    assert "That is many" in dict(say(found).lead.entries)["False matches there"]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_the_tables_hold_the_numbers_of_the_evaluation_at_every_threshold(
    evaluation: Evaluation, kind: int
) -> None:
    report = say(evaluation)
    for reading, axis in zip(report.axes, evaluation.axes.values(), strict=True):
        for place in range(0, len(evaluation.thresholds), 7):
            tables = reading.tables_at(place)
            if kind == 1:
                continue
            rates = axis.false_matches if kind == 0 else axis.false_non_matches
            table = tables[0] if kind == 0 else tables[3]
            headings = [column.heading for column in table.columns]
            for i, row in enumerate(table.rows):
                cells = dict(zip(headings, row, strict=True))
                assert row[0] == rates.groups[i]
                assert f"{rates.errors[i, place]:,}" in row
                assert cells["Lower bound"] == number(float(rates.lower[i, place]))
                assert cells["Upper bound"] == number(float(rates.upper[i, place]))
                assert cells[rates.name] == number(float(rates.estimate[i, place]))


def test_what_is_undefined_says_why() -> None:
    report = say(world("without events"))
    differential = report.axes[0].tables_at(0)[2]
    ratio = dict(zip([c.heading for c in differential.columns], differential.rows[0], strict=True))
    assert ratio["Estimate"] == "undefined: no false match in any group"
    assert ratio["Upper bound"] == "no upper bound: no false match in a group"
    assert ratio["Highest group"] == "all alike"
    measures = {row[0]: row[1] for row in report.axes[0].tables_at(0)[4].rows}
    assert measures["FMR max/min"] == "undefined: FMR is zero in every group"
    assert measures["FMR gap"] == "0"


def test_the_zones_hold_every_threshold_once(evaluation: Evaluation) -> None:
    for axis in evaluation.axes.values():
        zones = zones_of(axis.verdict)
        places = [place for zone in zones for place in range(zone.first, zone.last + 1)]
        assert places == list(range(len(evaluation.thresholds)))
        assert all(
            axis.verdict.verdicts[place] == zone.verdict
            for zone in zones
            for place in (zone.first, zone.last)
        )


def test_every_threshold_of_the_answer_is_marked_with_what_it_is(alike: Evaluation) -> None:
    report = say(alike)
    assert [float(mark.label) for mark in report.marks] == list(alike.answer_thresholds)
    names = {mark.place: mark.names for mark in report.marks}
    assert "safe threshold" in names[alike.safe.place]
    last = alike.axes["group"].verdict.parity_shown_to
    assert any(name.startswith("parity shown up to here on group") for name in names[last])


def test_thresholds_that_six_digits_do_not_tell_apart_are_written_in_full() -> None:
    found = small(thresholds="0.5,0.5000000001,0.6")
    assert say(found).thresholds == ("0.5", "0.5000000001", "0.6")


def test_searches_have_the_words_of_identification() -> None:
    report = say(world("searches"))
    said = " ".join(prose(report))
    assert "FPIR" in said
    assert "FMR" not in said.replace("FMR,", "")
    assert "watchlist of 100" in report.subtitle


def test_provenance_names_the_digests_the_policy_and_the_versions(three: Evaluation) -> None:
    section = next(section for section in say(three).sections if section.key == "provenance")
    said = repr(section)
    assert DIGEST in said
    assert all(name in said and version in said for name, version in three.versions.items())
    assert "('Criterion', 'not_detected')" in said


def test_dependence_is_told_as_it_was_dealt_with(three: Evaluation, thirty: Evaluation) -> None:
    def dependence(found: Evaluation) -> str:
        methods = next(section for section in say(found).sections if section.key == "methods")
        return next(repr(block) for block in methods.blocks if "Dependence" in repr(block))

    assert "taken as independent" in dependence(three)
    assert "Fogliato" in dependence(thirty)


def test_every_note_of_the_evaluation_is_among_the_limits(three: Evaluation) -> None:
    noted = replace(three, notes=("One.", "Two."))
    limits = next(section for section in say(noted).sections if section.key == "limits")
    assert [block.text for block in limits.blocks if isinstance(block, Paragraph)] == ["One.", "Two."]


def test_a_title_can_be_given(three: Evaluation) -> None:
    assert say(three, "For the board").title == "For the board"
