"""Two evaluations side by side: matcher against matcher, or a version against the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import InputError
from harness.evaluation.answer import answer
from harness.numbers import confidence_text, limit_text, number
from harness.report.answer import headline, warnings
from harness.report.model import Block, Column, Comparison, Facts, Paragraph, Section, Table
from harness.report.tables import ratio_text, span_text
from harness.report.wording import (
    POLICY_KEYS,
    STUDY_KEYS,
    Wording,
    index_of_answer,
    ranged,
    setting,
    settings_of,
    settings_of_policy,
    threshold_labels,
    wording_of,
)

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.statistics.rates import Rates

__all__ = ["comparison_of"]


OVERALL = (0.01, 0.001, 0.0001)
"""Overall rates at which two matchers whose scores mean different things are set side by side."""


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two evaluations, with what it is called here."""

    evaluation: Evaluation
    name: str

    def label(self, index: int) -> str:
        return threshold_labels(self.evaluation)[index]


def comparison_of(
    first: Evaluation, second: Evaluation, *, digests: tuple[str, str], title: str | None = None
) -> Comparison:
    """Set two evaluations side by side; whether they differ beyond chance is not tested.

    Parameters
    ----------
    first, second : Evaluation
    digests : tuple of str
        SHA-256 of either ``evaluation.json``.
    title : str, optional

    Raises
    ------
    InputError
        Where one is of comparisons and the other of searches, whose rates mean different things.
    """
    if first.study.task != second.study.task:
        raise InputError(
            f"{first.study.task} and {second.study.task} have no rate in common; compare two of the same task"
        )
    names = _names(first, second)
    sides = (_Side(first, names[0]), _Side(second, names[1]))
    return Comparison(
        title=title or f"{names[0]} and {names[1]}",
        subtitle=f"Demographic differentials; {first.study.task}",
        warnings=tuple(f"{side.name}: {told}" for side in sides for told in warnings(side.evaluation)),
        sections=(
            _answers(sides),
            changes((first, second), names, digests),
            _at_own(sides),
            _at_common(sides),
            _at_equal_rate(sides),
            _limits(sides),
        ),
    )


def _matcher(evaluation: Evaluation) -> str | None:
    matcher = evaluation.study.matcher
    return None if matcher is None else matcher.name


def _names(first: Evaluation, second: Evaluation) -> tuple[str, str]:
    one, other = (e.study.matcher_name for e in (first, second))
    return (one, other) if one != other else (f"{one} (first)", f"{other} (second)")


def _answers(sides: tuple[_Side, _Side]) -> Section:
    lines = [dict(answer(side.evaluation)) for side in sides]
    headings = dict.fromkeys([*lines[0], *lines[1]])
    rows = tuple((heading, *(line.get(heading, "not asked for") for line in lines)) for heading in headings)
    table = Table(
        "Both answers, line by line",
        "Each by its own policy and at its own thresholds.",
        tuple(Column(heading, numeric=False) for heading in ("What", *(side.name for side in sides))),
        rows,
    )
    return Section(
        "answers",
        "Both answers",
        (Facts(tuple((side.name, headline(side.evaluation)) for side in sides)), table),
    )


def _at_own(sides: tuple[_Side, _Side]) -> Section:
    """Each at its safe threshold; without one, where nothing is detected."""
    indices = [index_of_answer(side.evaluation) for side in sides]
    said = Facts(tuple((side.name, _own(side, index)) for side, index in zip(sides, indices, strict=True)))
    first, second = indices
    if first is None or second is None:
        missing = Paragraph(
            "One of the two has no threshold to be read at, so that there is nothing to set beside the other."
        )
        return Section("own", "Each at its own threshold", (said, missing))
    return Section("own", "Each at its own threshold", (said, *_tables(sides, (first, second))))


def _own(side: _Side, index: int | None) -> str:
    if index is None:
        return "It has no safe threshold, and a disparity is detected up to the strictest one."
    if side.evaluation.safe.index is not None:
        return f"At {side.label(index)}, its safe threshold."
    return f"At {side.label(index)}, from which nothing is detected; it has no safe threshold."


def _at_common(sides: tuple[_Side, _Side]) -> Section:
    heading = "Both at the same threshold"
    first, second = (side.evaluation for side in sides)
    if _matcher(first) != _matcher(second) or first.study.score.better != second.study.score.better:
        text = "Scores of different matchers are not on one scale, so a threshold of one means nothing to the other."
        return Section("common", heading, (Paragraph(text),))
    named = sorted({value for side in sides for value in _named(side.evaluation)})
    common = [value for value in named if value in first.thresholds and value in second.thresholds]
    if not common:
        text = "No threshold of either answer was evaluated for both; evaluate both with the same thresholds."
        return Section("common", heading, (Paragraph(text),))
    caution = Paragraph(
        "If a new version scores on another scale, the same threshold is not the same strictness."
    )
    indices = [(first.index_of(value), second.index_of(value)) for value in common]
    own = tuple(index_of_answer(side.evaluation) for side in sides)
    tables = tuple(table for both in indices if both != own for table in _tables(sides, both))
    shown = () if own not in indices else (Paragraph("Both are read at the same threshold above."),)
    return Section("common", heading, (caution, *shown, *tables))


def _named(evaluation: Evaluation) -> tuple[float, ...]:
    """The thresholds that an evaluation is read at and those that its policy names."""
    own = evaluation.threshold_at(index_of_answer(evaluation))
    return evaluation.policy.operating if own is None else (own, *evaluation.policy.operating)


def _at_equal_rate(sides: tuple[_Side, _Side]) -> Section:
    words = wording_of(sides[0].evaluation)
    said = Paragraph(
        f"Each at its most lenient threshold at which the {words.rate} over all groups of an axis is no more than "
        "the overall rate named; so that both are as strict, whatever their scores mean."
    )
    tables = tuple(_equal_rates(sides, name, words) for name in _common_axes(sides))
    return Section("equal", f"Both at the same overall {words.rate}", (said, *tables))


def _equal_rates(sides: tuple[_Side, _Side], axis: str, words: Wording) -> Table:
    rows = tuple(
        _equal_rate_row(side, side.evaluation.axes[axis], level) for level in OVERALL for side in sides
    )
    headings = (
        "Threshold",
        f"{words.rate} there",
        "Ratio",
        "Lower bound",
        "Upper bound",
        f"{words.cost}, lowest to highest",
    )
    return Table(
        f"{axis}: both at the same overall {words.rate}",
        f"Ratio: the highest {words.rate} of a group over the lowest, with {_confidences(sides)} bounds.",
        (
            Column("Overall rate and matcher", numeric=False),
            Column("Verdict", numeric=False),
            *(Column(heading) for heading in headings),
        ),
        rows,
    )


def _equal_rate_row(side: _Side, axis: AxisEvaluation, level: float) -> tuple[str, ...]:
    pooled, found = axis.false_matches.pooled, axis.false_match_differential
    reached = np.flatnonzero((pooled <= level) & (pooled > 0))
    name = f"{limit_text(level)}, {side.name}"
    if not len(reached):
        return (name, "not reached with an error", *["not reached"] * 6)
    index = int(reached[0])
    return (
        name,
        str(axis.verdict.verdicts[index]),
        side.label(index),
        number(float(pooled[index])),
        *(ratio_text(float(values[index])) for values in (found.ratio, found.ratio_lower, found.ratio_upper)),
        span_text(axis.false_non_matches, index),
    )


def _tables(sides: tuple[_Side, _Side], indices: tuple[int, int]) -> tuple[Block, ...]:
    """Return the rates of both, axis by axis, at a threshold of each."""
    return tuple(
        _rates(sides, indices, axis, cost=cost) for axis in _common_axes(sides) for cost in (False, True)
    )


def _rates(sides: tuple[_Side, _Side], indices: tuple[int, int], axis: str, *, cost: bool) -> Table:
    rates = [
        side.evaluation.axes[axis].false_non_matches if cost else side.evaluation.axes[axis].false_matches
        for side in sides
    ]
    groups = dict.fromkeys([*rates[0].groups, *rates[1].groups])
    rows = tuple(
        (
            group,
            *(text for own, index in zip(rates, indices, strict=True) for text in _cells(own, group, index)),
        )
        for group in groups
    )
    columns = tuple(
        Column(f"{side.name}: {heading}")
        for side in sides
        for heading in (rates[0].name, "lower bound", "upper bound")
    )
    at = " and ".join(
        f"{side.name} at {side.label(index)}" for side, index in zip(sides, indices, strict=True)
    )
    return Table(
        f"{rates[0].name} of every group of {axis}: {at}",
        f"Two-sided {_confidences(sides)} intervals, each group by itself.",
        (Column("Group", numeric=False), *columns),
        rows,
    )


def _cells(rates: Rates, group: str, index: int) -> Sequence[str]:
    if group not in rates.groups:
        return ["not a group"] * 3
    i = rates.groups.index(group)
    if not rates.trials[i]:
        return ["undefined: no trials"] * 3
    found = [float(values[i, index]) for values in (rates.estimate, rates.lower, rates.upper)]
    return ["undefined" if np.isnan(value) else number(value) for value in found]


def _common_axes(sides: tuple[_Side, _Side]) -> list[str]:
    return [name for name in sides[0].evaluation.axes if name in sides[1].evaluation.axes]


def _confidences(sides: tuple[_Side, _Side]) -> str:
    return ranged(*(confidence_text(side.evaluation.policy.confidence) for side in sides))


def _limits(sides: tuple[_Side, _Side]) -> Section:
    return Section(
        "limits",
        "Limits of the comparison",
        (
            Paragraph(
                "Whether the two differ beyond chance is not tested. Intervals that overlap do not show that they "
                "are alike, and where both were tested on the same people their errors go together."
            ),
            *(Facts(tuple((side.name, note) for note in side.evaluation.notes)) for side in sides),
        ),
    )


def changes(
    evaluations: tuple[Evaluation, Evaluation], names: tuple[str, str], digests: tuple[str, str]
) -> Section:
    """Return a table of every setting, input and version of both, and whether it is the same."""
    described = tuple(
        _described(evaluation, digest) for evaluation, digest in zip(evaluations, digests, strict=True)
    )
    keys = dict.fromkeys([*described[0], *described[1]])
    rows = tuple(
        (key, first, second, "same" if first == second else "changed")
        for key in keys
        for first, second in [(described[0].get(key, "none"), described[1].get(key, "none"))]
    )
    changed = [row[0] for row in rows if row[1] != row[2]]
    said = Paragraph(
        f"Not the same: {'; '.join(changed)}." if changed else "Nothing: both are the same evaluation."
    )
    columns = tuple(Column(heading, numeric=False) for heading in ("What", *names, "Same or changed"))
    table = Table("What changed", "Everything that the two evaluations were made from.", columns, rows)
    return Section("changes", "What changed", (said, table))


def _described(evaluation: Evaluation, digest: str) -> dict[str, str]:
    study, policy = settings_of(evaluation.study), settings_of_policy(evaluation)
    non_mated, mated = evaluation.comparisons
    inputs = {
        f"Input {number}": f"{item.name}, {item.sha256 or 'not a file'}"
        for number, item in enumerate(evaluation.inputs, 1)
    }
    return {
        **{f"Study: {name.lower()}": setting(study[key]) for key, name in STUDY_KEYS.items() if key in study},
        **{
            f"Policy: {name.lower()}": setting(policy[key])
            for key, name in POLICY_KEYS.items()
            if key in policy
        },
        **inputs,
        "Non-mated trials": f"{non_mated:,}",
        "Mated trials": f"{mated:,}",
        "Thresholds evaluated": f"{len(evaluation.thresholds):,}",
        **{f"Version of {name}": version for name, version in evaluation.versions.items()},
        "SHA-256 of evaluation.json": digest,
    }
