"""What a report says is what the evaluation found: every number in prose, every cell of every table."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from harness.config import StrictModel
from harness.evaluation import Evaluation, answer, evaluate
from harness.numbers import about, number
from harness.report import report_on
from harness.report.model import Facts, Paragraph, Report, Table
from harness.report.tables import zones_of
from harness.report.wording import POLICY_KEYS, STUDY_KEYS
from harness.study import Policy, Study
from tests.report.report_worlds import LONG, small, world

DIGEST = "0" * 64
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def say(evaluation: Evaluation, title: str | None = None) -> Report:
    return report_on(evaluation, digest=DIGEST, title=title)


def known_numbers(evaluation: Evaluation) -> set[float]:
    """Every number of an evaluation, of its policy and study, and how many there are of what it lists."""
    found = [*evaluation.thresholds, *evaluation.comparisons, len(evaluation.thresholds)]
    policy = evaluation.policy
    limits = [policy.max_ratio, policy.max_gap, evaluation.false_match_limit.limit, policy.max_fnmr_gap]
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
        pooled = axis.false_matches.pooled
        found += [*(100 * pooled), *(1 / pooled[pooled > 0])]
        found += [*axis.false_match_differential.detectable_ratio, *axis.verdict.growth_needed]
        for differential in (axis.false_match_differential, axis.false_non_match_differential):
            for name in ("ratio", "ratio_lower", "ratio_upper", "gap_upper"):
                found += getattr(differential, name).tolist()
        for verdicts in (axis.verdict.verdicts, axis.verdicts_on_misses):
            found.append(sum("disparity" in verdict for verdict in verdicts))
        growth = axis.verdict.growth_needed[np.isfinite(axis.verdict.growth_needed)]
        found += (growth * axis.false_matches.trials.min()).tolist()
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


def told(errors: int, trials: int, *, rare: bool) -> str:
    """A rate as the answer tells it, from the counts alone."""
    if not errors:
        return f"none in {trials:,}"
    if not rare or errors / trials >= 0.1:
        return f"{100 * errors / trials:.2f} %"
    return f"1 in {float(f'{trials / errors:.3g}'):,.0f}"


def test_errors_and_cost_are_told_of_the_very_threshold_that_is_called_safe(evaluation: Evaluation) -> None:
    index, axis = evaluation.safe.index, evaluation.judged_axes[0]
    lead = dict(say(evaluation).lead.entries)
    if index is None:
        assert lead["Safe threshold"].startswith("None: ")
        return
    for text, rates, rare in (
        (lead["Safe threshold"], axis.false_matches, True),
        (lead["Who is missed"], axis.false_non_matches, False),
    ):
        errors, trials = rates.errors[:, index].tolist(), rates.trials.tolist()
        each = [told(n, of, rare=rare) for n, of in zip(errors, trials, strict=True)]
        if len(rates.groups) <= 6:
            assert (
                ", ".join(f"{group} {rate}" for group, rate in zip(rates.groups, each, strict=True)) in text
            )
        else:
            assert f"{each[int(np.argmax(rates.estimate[:, index]))]}" in text


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
    assert unsafe.headline.startswith("By group, ")


def test_not_detected_is_never_told_as_alike(three: Evaluation) -> None:
    report = say(three)
    assert "alike" not in report.headline
    assert "no proof of likeness" in dict(report.lead.entries)["Safe threshold"]


def test_an_axis_that_is_not_judged_is_named_with_its_verdict(alike: Evaluation) -> None:
    said = dict(say(alike).lead.entries)["Not part of it"]
    assert said.startswith("By age, a disparity is shown ")
    assert said.endswith("; the answer does not rest on it.")


def test_many_groups_are_told_by_the_lowest_and_the_highest() -> None:
    lead = dict(say(world("eight")).lead.entries)
    assert lead["Safe threshold"].count(LONG[:20]) == 2


def test_no_false_match_is_told_as_so_many_trials_and_not_as_a_rate() -> None:
    found = world("eight")
    rates = found.axes["group"].false_matches
    lowest = int(rates.estimate[:, found.safe.index].argmin())
    assert rates.errors[lowest, found.safe.index] == 0
    told = f"FMR there by group: from none in {rates.trials[lowest]:,} ({rates.groups[lowest]}) to "
    assert told in dict(answer(found))["Safe threshold"]


def test_groups_that_cannot_be_decided_are_told_why() -> None:
    said = dict(say(world("one group")).lead.entries)["What stays open"]
    assert said == "Nothing can be decided on group: there is only one group, G1: nothing to compare it with."


def test_no_number_in_prose_is_written_with_a_power_of_ten(evaluation: Evaluation) -> None:
    assert not [text for text in prose(say(evaluation)) if re.search(r"\de[+-]?\d", text)]


@pytest.mark.parametrize(
    ("value", "written"),
    [(107.4, "110"), (240_000.0, "240,000"), (7.26, "7.3"), (1.0, "1"), (0.0000446, "0.000045"), (0.0, "0")],
)
def test_a_number_is_told_to_two_digits_in_full(value: float, written: str) -> None:
    assert about(value) == written


def tables(report: Report, axis: int, place: int) -> dict[str, Table]:
    return {table.caption: table for table in report.axes[axis].tables_at(place)}


def cells(table: Table, row: int) -> dict[str, str]:
    return dict(zip((column.heading for column in table.columns), table.rows[row], strict=True))


@pytest.mark.parametrize("rate", [0, 1], ids=["non-mated", "mated"])
def test_the_tables_hold_the_rates_of_the_evaluation_at_every_threshold(
    evaluation: Evaluation, rate: int
) -> None:
    report = say(evaluation)
    for number_of_axis, axis in enumerate(evaluation.axes.values()):
        rates = (axis.false_matches, axis.false_non_matches)[rate]
        for place in range(0, len(evaluation.thresholds), 7):
            table = tables(report, number_of_axis, place)[f"{rates.name} of every group of {axis.name}"]
            assert [row[0] for row in table.rows] == list(rates.groups)
            for i, row in enumerate(table.rows):
                said = cells(table, i)
                assert f"{rates.errors[i, place]:,}" in row
                named = {"Lower bound": rates.lower, "Upper bound": rates.upper, rates.name: rates.estimate}
                for heading, values in named.items():
                    value = float(values[i, place])
                    expected = number(value) if rates.trials[i] else "undefined: no trials"
                    assert said[heading] == expected


def test_every_two_groups_have_their_ratio_at_every_threshold(evaluation: Evaluation) -> None:
    report = say(evaluation)
    for place in range(0, len(evaluation.thresholds), 17):
        for i, axis in enumerate(evaluation.axes):
            wanted = [
                row
                for row in evaluation.pairs_at([float(evaluation.thresholds[place])]).to_pylist()
                if row["axis"] == axis
            ]
            found = [
                table for caption, table in tables(report, i, place).items() if "every two groups" in caption
            ]
            assert len(found) == bool(wanted)
            for place_of_row, row in enumerate(wanted):
                said = cells(found[0], place_of_row)
                assert said["Pair"] == f"{row['group']} over {row['other_group']}"
                for heading, name in (("Ratio", "ratio"), ("Lower bound", "lower"), ("Upper bound", "upper")):
                    value = row[name]
                    told = (
                        "undefined"
                        if value is None
                        else "no upper bound"
                        if math.isinf(value)
                        else number(value)
                    )
                    assert said[heading] == told


def test_too_many_pairs_are_not_listed_and_the_reader_is_told_where_they_are(many_groups: Evaluation) -> None:
    further = {part.heading: part for part in say(many_groups).axes[0].further}
    assert further["Every two groups"].tabulation is None
    assert further["Every two groups"].text.startswith("435 pairs of groups are too many")


def test_under_pairing_cross_the_rates_across_groups_are_told_at_every_threshold() -> None:
    found = world("cross")
    (axis,) = found.axes.values()
    assert axis.across is not None
    for place in range(0, len(found.thresholds), 9):
        table = tables(say(found), 0, place)[
            "FMR of probes of each group of group against references of each"
        ]
        assert [row[0] for row in table.rows] == list(axis.across.groups)
        assert "G1 → G2" in axis.across.groups
        for i in range(len(table.rows)):
            said = cells(table, i)
            assert said["Non-mated comparisons"] == f"{axis.across.trials[i]:,}"
            assert said["False matches"] == f"{axis.across.errors[i, place]:,}"
            assert said["FMR"] == number(float(axis.across.estimate[i, place]))
            assert said["Upper bound"] == number(float(axis.across.upper[i, place]))


def test_without_pairing_cross_there_are_no_rates_across_groups(three: Evaluation) -> None:
    assert "Probe and reference" not in [part.heading for part in say(three).axes[0].further]


def test_a_policy_that_tolerates_a_gap_has_its_figure_and_table() -> None:
    found = world("gap")
    kinds = [panel.figure.kind for panel in say(found).axes[0].panels]
    assert kinds == ["false_matches", "worst_ratio", "gap", "false_non_matches"]
    figure = say(found).axes[0].panels[2].figure
    assert figure.limits == ((0.01, "tolerance of the policy, 0.01"),)
    differential = found.axes["group"].false_match_differential
    for place in range(0, len(found.thresholds), 7):
        said = cells(tables(say(found), 0, place)["Largest gap of FMR between groups of group"], 0)
        assert said["Estimate"] == number(float(differential.gap[place]))
        assert said["Upper bound"] == number(float(differential.gap_upper[place]))
    assert "gap" not in [panel.figure.kind for panel in say(world("three")).axes[0].panels]


def test_what_is_undefined_says_why() -> None:
    report = say(world("without events"))
    ratio = cells(tables(report, 0, 0)["Worst ratio and gap of FMR between groups of group"], 0)
    assert ratio["Estimate"] == "undefined: no false match in any group"
    assert ratio["Upper bound"] == "no upper bound: no false match in a group"
    assert ratio["Highest group"] == "all alike"
    measures = {row[0]: row[1] for row in tables(report, 0, 0)["Summary measures of group"].rows}
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
    names = {mark.index: mark.names for mark in report.marks}
    assert "safe threshold" in names[alike.safe.index]
    last = alike.axes["group"].verdict.parity_shown_to
    assert any(name.startswith("range of parity up to here on group") for name in names[last])


def test_thresholds_that_six_digits_do_not_tell_apart_are_written_in_full() -> None:
    found = small(thresholds="0.5,0.5000000001,0.6")
    assert say(found).thresholds == ("0.5", "0.5000000001", "0.6")


def test_searches_have_the_words_of_identification() -> None:
    report = say(world("searches"))
    said = " ".join(prose(report))
    assert "FPIR" in said
    assert "FMR" not in said.replace("FMR,", "")
    assert "watchlist of 100" in report.subtitle
    assert "comparisons" not in dict(report.findings.entries)["Evidence"]


def test_provenance_names_the_digests_the_policy_and_the_versions(three: Evaluation) -> None:
    section = next(section for section in say(three).sections if section.key == "provenance")
    said = repr(section)
    assert DIGEST in said
    assert all(name in said and version in said for name, version in three.versions.items())
    assert "('Criterion', 'not_detected')" in said


def test_dependence_is_told_as_it_was_dealt_with(three: Evaluation, many_groups: Evaluation) -> None:
    def dependence(found: Evaluation) -> str:
        methods = next(section for section in say(found).sections if section.key == "methods")
        return next(repr(block) for block in methods.blocks if "Dependence" in repr(block))

    assert "taken as independent" in dependence(three)
    assert "Fogliato" in dependence(many_groups)


def test_every_note_of_the_evaluation_is_among_the_limits(three: Evaluation) -> None:
    noted = replace(three, notes=("One.", "Two."))
    limits = next(section for section in say(noted).sections if section.key == "limits")
    assert [block.text for block in limits.blocks if isinstance(block, Paragraph)] == ["One.", "Two."]


def test_a_title_can_be_given(three: Evaluation) -> None:
    assert say(three, "For the board").title == "For the board"


@pytest.mark.parametrize(("model", "names"), [(Study, STUDY_KEYS), (Policy, POLICY_KEYS)])
def test_every_setting_is_told(model: type[StrictModel], names: dict[str, str]) -> None:
    """Rows that a study leaves out, or labels that it maps, are not to be found elsewhere in the report."""
    keys = {field.alias or key for key, field in model.model_fields.items()}
    assert keys == set(names)


def test_rows_kept_and_labels_mapped_stand_in_the_provenance() -> None:
    scores = {
        "score": [0.2, 0.9, 0.3, 0.8] * 2,
        "mated": [0, 1] * 4,
        "sex": ["f", "F", "m", "m"] * 2,
        "run": ["a"] * 4 + ["b"] * 4,
    }
    study = {"groups": {"sex": "sex"}, "rows": {"run": "a"}, "labels": {"sex": {"F": "f"}}}
    report = say(evaluate(scores, study=study))
    tables = [block for section in report.sections for block in section.blocks if isinstance(block, Table)]
    rows = {row[0]: row[1] for table in tables for row in table.rows}
    assert rows["Rows kept"] == "run: a"
    assert rows["Labels mapped"] == "sex: {F: f}"
