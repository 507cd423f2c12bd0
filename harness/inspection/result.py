"""What an inspection found: plain values and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from harness.comparisons.trials import Repeats
from harness.evaluation import Evaluation

__all__ = ["Inspection", "Step", "SuspiciousSubject", "SuspiciousTrial"]


@dataclass(frozen=True)
class SuspiciousTrial:
    """One of the comparisons that look most like those of the other truth.

    Attributes
    ----------
    file : str
        Or the name of what is in memory.
    row : int
        From 1, the header of a CSV not counted.
    score : float
        As the study states scores.
    mated : bool
        As it is labelled.
    subjects, labels : tuple of str
        The values of the study's columns of subjects, and of groups.
    group : str
        The finest group it belongs to.
    less_typical : float
        Share of the scores of the other truth that are less typical of it than this one: of the mated scores
        that are lower, for a non-mated trial; of the non-mated that are higher, for a mated one.
    as_extreme, as_extreme_in_group : int
        Comparisons of its own truth, of all and of its group, that are as far out, itself among them.
    expected_in_group : float or None
        How many of its group would be as far out, going by the bulk of the group's tail; None where the group
        is too small to say.
    suspicious : bool
        Whether it is flagged.
    reason : str
        Why; empty where it is not.
    """

    file: str
    row: int
    score: float
    mated: bool
    subjects: tuple[str, ...]
    labels: tuple[str, ...]
    group: str
    less_typical: float
    as_extreme: int
    as_extreme_in_group: int
    expected_in_group: float | None
    suspicious: bool
    reason: str


@dataclass(frozen=True)
class SuspiciousSubject:
    """A subject, or a pair of them, in several suspicious trials.

    Attributes
    ----------
    subjects : tuple of str
        One, or the two of a pair.
    mated : bool
        Whether the trials are labelled mated.
    suspicious_trials : int
    people : int
        With how many others.
    trials : int or None
        All trials of that truth that touch the subject; None for a pair.
    reading : str
        What may be behind it.
    """

    subjects: tuple[str, ...]
    mated: bool
    suspicious_trials: int
    people: int
    trials: int | None
    reading: str


@dataclass(frozen=True, eq=False)
class Step:
    """The evaluation without the worst non-mated trials.

    Attributes
    ----------
    without : int
        How many of them.
    evaluation : Evaluation
    """

    without: int
    evaluation: Evaluation

    def to_dict(self) -> dict[str, Any]:
        """Return its answer as plain values."""
        found = self.evaluation
        at = found.threshold_at
        return {
            "without": self.without,
            "safe_threshold": found.safe_threshold,
            "reason": found.safe.reason,
            "not_detected_from": found.not_detected_from,
            "axes": {
                axis.name: {
                    "not_detected_from": at(axis.verdict.not_detected_from),
                    "parity_shown_from": at(axis.verdict.parity_shown_from),
                    "parity_shown_to": at(axis.verdict.parity_shown_to),
                }
                for axis in found.axes.values()
            },
        }


@dataclass(frozen=True, eq=False)
class Inspection:
    """What looks wrong among the comparisons, and what the answer owes to it.

    Attributes
    ----------
    non_mated, mated : tuple of SuspiciousTrial
        The worst of either label, most extreme first, suspicious or not.
    flagged_non_mated, flagged_mated : int
        How many were flagged among the ``looked_at`` most extreme of either label.
    looked_at : int
    subjects : tuple of SuspiciousSubject
        Those of most suspicious trials first.
    repeated_rows : int or None
        Rows that repeat another: same truth, subjects and score; None where the study does not name two
        columns of subjects, without which they cannot be told.
    repeats : tuple of Repeats
        Which, those of most times first; scores as the study states them.
    steps : tuple of Step
        The evaluation of everything, then without the 1, 2, 5, ... worst non-mated trials.
    """

    non_mated: tuple[SuspiciousTrial, ...]
    mated: tuple[SuspiciousTrial, ...]
    flagged_non_mated: int
    flagged_mated: int
    looked_at: int
    subjects: tuple[SuspiciousSubject, ...]
    repeated_rows: int | None
    repeats: tuple[Repeats, ...]
    steps: tuple[Step, ...]

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation of all comparisons."""
        return self.steps[0].evaluation

    @cached_property
    def trials(self) -> pa.Table:
        """The worst non-mated and then mated trials, a row each; subjects and groups by the study's columns."""
        return _table(
            [self._row(trial, i) for some in (self.non_mated, self.mated) for i, trial in _ranked(some)]
        )

    def _row(self, trial: SuspiciousTrial, rank: int) -> Mapping[str, Any]:
        names = self.evaluation.study.columns[2:]
        return {
            "labelled": "mated" if trial.mated else "non-mated",
            "rank": rank,
            "file": trial.file,
            "row": trial.row,
            "score": trial.score,
            **{f"value of {name}": v for name, v in zip(names, trial.subjects + trial.labels, strict=True)},
            "group": trial.group,
            "less_typical": trial.less_typical,
            "as_extreme": trial.as_extreme,
            "as_extreme_in_group": trial.as_extreme_in_group,
            "expected_in_group": trial.expected_in_group,
            "suspicious": trial.suspicious,
            "reason": trial.reason,
        }

    @cached_property
    def suspicious_subjects(self) -> pa.Table:
        """Subjects and pairs of subjects, a row each."""
        schema = pa.schema(
            {
                "subject": pa.string(),
                "other_subject": pa.string(),
                "labelled": pa.string(),
                "suspicious_trials": pa.int64(),
                "people": pa.int64(),
                "trials": pa.int64(),
                "reading": pa.string(),
            }
        )
        rows = [
            {
                "subject": found.subjects[0],
                "other_subject": found.subjects[1] if len(found.subjects) > 1 else None,
                "labelled": "mated" if found.mated else "non-mated",
                "suspicious_trials": found.suspicious_trials,
                "people": found.people,
                "trials": found.trials,
                "reading": found.reading,
            }
            for found in self.subjects
        ]
        return pa.Table.from_pylist(rows, schema)

    @cached_property
    def sensitivity(self) -> pa.Table:
        """The thresholds without the worst trials, a row for each step and axis."""
        rows = []
        for step in self.steps:
            answer = step.to_dict()
            axes = answer.pop("axes")
            rows += [
                {
                    "without": step.without,
                    "safe_threshold": answer["safe_threshold"],
                    "axis": name,
                    **thresholds,
                }
                for name, thresholds in axes.items()
            ]
        return _table(rows)


def _ranked(trials: tuple[SuspiciousTrial, ...]) -> list[tuple[int, SuspiciousTrial]]:
    return list(enumerate(trials, 1))


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    table = pa.Table.from_pylist(rows)
    nothing = [i for i, field in enumerate(table.schema) if pa.types.is_null(field.type)]
    for i in nothing:
        table = table.set_column(i, table.schema[i].name, table.column(i).cast(pa.float64()))
    return table
