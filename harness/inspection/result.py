"""The result of an inspection: plain values, tables, a few lines that a person can act on, and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from harness.comparisons.repeats import Repeats
from harness.evaluation.result import Evaluation
from harness.inspection.suspicion import POSSIBLE, TYPICAL, UNEXPECTED, SuspiciousSubject, SuspiciousTrial
from harness.numbers import threshold_text

__all__ = ["SCHEMA", "Inspection", "Step", "findings", "to_json"]


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
    """Comparisons that look wrong, and what the answer owes to them.

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


SHOWN = 3


def findings(inspection: Inspection) -> tuple[tuple[str, str], ...]:
    """Return pairs of a heading and a sentence, generated from the results."""
    return (
        ("Non-mated", _trials(inspection, inspection.non_mated, inspection.flagged_non_mated, mated=False)),
        ("Mated", _trials(inspection, inspection.mated, inspection.flagged_mated, mated=True)),
        ("Subjects", _subjects(inspection)),
        ("Repeated", _repeats(inspection)),
        ("Safe threshold", _sensitivity(inspection)),
        ("Removed", "nothing; look at what is listed, fix the scores if need be, and evaluate again"),
    )


def _trials(inspection: Inspection, trials: tuple[SuspiciousTrial, ...], flagged: int, *, mated: bool) -> str:
    total = inspection.evaluation.comparisons[int(mated)]
    more = " or more" if flagged == inspection.looked_at < total else ""
    looks = "non-mated" if mated else "mated"
    count = f"{flagged:,}{more} of {total:,} look {looks}" if flagged else f"none of {total:,} looks {looks}"
    shown = [_trial(inspection, trial) for trial in trials if trial.suspicious][:SHOWN]
    return "; ".join([count, *shown])


def _trial(inspection: Inspection, trial: SuspiciousTrial) -> str:
    who = f" ({' and '.join(dict.fromkeys(trial.subjects))})" if trial.subjects else ""
    lower = (inspection.evaluation.study.sign > 0) != trial.mated
    other = "non-mated" if trial.mated else "mated"
    share = f"{100 * trial.less_typical:.0f} % of {other} scores are {'lower' if lower else 'higher'}"
    group = f"{trial.as_extreme_in_group} of {trial.group} as far out"
    return f"{trial.file} row {trial.row}, score {threshold_text(trial.score)}{who}: {share}, {group}"


def _subjects(inspection: Inspection) -> str:
    if not inspection.evaluation.study.subjects:
        return "not looked for, since the study names no subjects"
    if not inspection.subjects:
        return "nobody is in two suspicious trials"
    shown = "; ".join(_subject(found) for found in inspection.subjects[:SHOWN])
    more = len(inspection.subjects) - SHOWN
    return shown + (f"; and {more} more" if more > 0 else "")


def _subject(found: SuspiciousSubject) -> str:
    who = " and ".join(found.subjects)
    label = "mated" if found.mated else "non-mated"
    people = f" with {found.people} people" if found.people > 1 else ""
    total = "" if found.trials is None else f" of {found.trials:,}"
    return f"{who}, {found.suspicious_trials}{total} {label} trials{people}: {found.reading}"


def _repeats(inspection: Inspection) -> str:
    if inspection.repeated_rows is None:
        return "not looked for, since the study does not name two columns of subjects"
    if not inspection.repeats:
        return "no row repeats another (same truth, subjects and score)"
    most = inspection.repeats[0]
    who = " and ".join(dict.fromkeys(most.subjects))
    return (
        f"{inspection.repeated_rows:,} rows repeat another (same truth, subjects and score), most often "
        f"{who} with {threshold_text(most.score)}, {most.times} times"
    )


def _sensitivity(inspection: Inspection) -> str:
    first, *others = inspection.steps
    if others and {_safe(step) for step in others} == {_safe(first)}:
        return f"{_safe(first)}, with all and without the {', '.join(str(step.without) for step in others)} worst"
    return "; ".join(
        [f"{_safe(first)} with all", *(f"without the {step.without} worst {_safe(step)}" for step in others)]
    )


def _safe(step: Step) -> str:
    safe = step.evaluation.safe_threshold
    return "none" if safe is None else threshold_text(safe)


SCHEMA = "harness/inspection/1"


def to_json(inspection: Inspection) -> str:
    """Write an inspection as a JSON document; equal inspections give equal text."""
    evaluation = inspection.evaluation
    document = {
        "schema": SCHEMA,
        "versions": dict(evaluation.versions),
        "study": evaluation.study.to_dict(),
        "policy": evaluation.policy.to_dict(),
        "inputs": [asdict(item) for item in evaluation.inputs],
        "removed": 0,
        "rule": {"typical": TYPICAL, "possible": POSSIBLE, "expected_below": UNEXPECTED},
        "looked_at": inspection.looked_at,
        "flagged": {"non_mated": inspection.flagged_non_mated, "mated": inspection.flagged_mated},
        "trials": {
            "non_mated": [asdict(trial) for trial in inspection.non_mated],
            "mated": [asdict(trial) for trial in inspection.mated],
        },
        "subjects": [asdict(subject) for subject in inspection.subjects],
        "repeated_rows": inspection.repeated_rows,
        "repeats": [asdict(repeat) for repeat in inspection.repeats],
        "sensitivity": [step.to_dict() for step in inspection.steps],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
