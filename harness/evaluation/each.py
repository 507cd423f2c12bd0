"""Several evaluations of one source, one for each value of a column, such as the matcher."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from harness.comparisons.distinct import distinct_values
from harness.comparisons.resolving import resolve_study
from harness.comparisons.sources import Scores
from harness.comparisons.standard_input import is_standard_input
from harness.errors import InputError
from harness.evaluation.axis import AxisEvaluation
from harness.evaluation.result import Evaluation
from harness.evaluation.run import StudyLike, evaluate
from harness.study import Study, load_study

__all__ = ["evaluate_each", "side_by_side", "study_of_value"]

OVERALL = (0.01, 0.001, 0.0001)
"""Overall rates at which evaluations whose scores mean different things are set side by side."""


def evaluate_each(scores: Scores, column: str, *, study: StudyLike, **options: Any) -> dict[str, Evaluation]:
    """Evaluate the rows of each value of a column by themselves.

    Parameters
    ----------
    scores : Scores
        As for `harness.evaluate`, but standard input, which can be read only once.
    column : str
        Such as the matcher, or a run.
    study : Study, mapping or path
        In the name and the version of its matcher ``{column}``, the column in braces, stands for the value; where it
        stands in neither, the value is added to the name, since evidence on one matcher is none on another.
    **options
        As for `harness.evaluate`.

    Returns
    -------
    dict of str to Evaluation
        By value, in order.

    Raises
    ------
    InputError
        Where there is no such column, or one of the evaluations cannot be made.

    Examples
    --------
    >>> study = {"matcher": {"name": "{matcher}", "version": "1"}, "groups": {"sex": "sex"}}
    >>> scores = {"score": [0.2, 0.9, 0.3, 0.8] * 2, "mated": [0, 1] * 4, "sex": ["f", "f", "m", "m"] * 2}
    >>> scores["matcher"] = ["A"] * 4 + ["B"] * 4
    >>> for evaluation in evaluate_each(scores, "matcher", study=study).values():
    ...     print(evaluation)
    <Evaluation of A 1: safe threshold None, axes sex, 73 thresholds>
    <Evaluation of B 1: safe threshold None, axes sex, 73 thresholds>
    """
    if is_standard_input(scores):
        raise InputError(
            f"standard input is read once, and each {column} once more; write it to a file, and name that"
        )
    resolved = resolve_study(scores, study)
    if column in resolved.rows:
        raise InputError(
            f"rows: {column} keeps some values, and each is to be evaluated; leave one of them out"
        )
    values = distinct_values(scores, resolved, column)
    return {
        value: evaluate(scores, study=study_of_value(resolved, column, value), **options) for value in values
    }


def study_of_value(study: Study, column: str, value: str) -> Study:
    """Return the study of the rows that have a value in a column, which its matcher is called after.

    Parameters
    ----------
    study : Study
        As `evaluate_each` takes it.
    column, value : str

    Examples
    --------
    >>> study = load_study({"matcher": {"name": "A", "version": "{run}"}, "groups": {"sex": "sex"}})
    >>> study_of_value(study, "run", "7").matcher_name
    'A 7'
    """
    plain = study.to_dict()
    if study.matcher is not None:
        given = {"name": study.matcher.name, "version": study.matcher.version}
        named = {key: text.replace(f"{{{column}}}", value) for key, text in given.items()}
        if named == given:
            named["name"] = f"{study.matcher.name} ({value})"
        plain["matcher"] = named
    return load_study({**plain, "rows": {**study.rows, column: [value]}})


def side_by_side(evaluations: Mapping[str, Evaluation]) -> pa.Table:
    """Set evaluations side by side at the thresholds of their answers and at the same overall rates, a row each.

    Whether they differ beyond chance is not tested.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation

    Returns
    -------
    Table
        ``overall_rate`` is null at the thresholds of an answer; a threshold that there is not is null, and so is all
        beside it. Rates are those of all groups of the axis together; ``ratio`` is that of the highest to the lowest.
    """
    rows = [
        row
        for name, evaluation in evaluations.items()
        for axis in evaluation.axes.values()
        for row in _rows(name, evaluation, axis)
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("evaluation", "axis", "at")),
        *((name, pa.float64()) for name in ("overall_rate", "threshold", "false_match_rate")),
        ("verdict", pa.string()),
        *((name, pa.float64()) for name in ("ratio", "ratio_lower", "ratio_upper", "false_non_match_rate")),
    ]
)


def _rows(name: str, evaluation: Evaluation, axis: AxisEvaluation) -> Iterator[dict[str, object]]:
    pooled = axis.false_matches.pooled
    named = {
        "safe threshold": evaluation.safe.index,
        "not detected from": axis.verdict.not_detected_from,
        **{f"threshold {at:g}": evaluation.index_of(at) for at in evaluation.policy.operating},
    }
    reached = {
        level: next(iter(np.flatnonzero((pooled <= level) & (pooled > 0)).tolist()), None)
        for level in OVERALL
    }
    for at, index in named.items():
        yield {"evaluation": name, "axis": axis.name, "at": at, **_read(evaluation, axis, index)}
    for level, index in reached.items():
        found = _read(evaluation, axis, index)
        yield {"evaluation": name, "axis": axis.name, "at": "overall rate", "overall_rate": level, **found}


def _read(evaluation: Evaluation, axis: AxisEvaluation, index: int | None) -> dict[str, object]:
    if index is None:
        return {}
    found = axis.false_match_differential
    ratios = {"ratio": found.ratio, "ratio_lower": found.ratio_lower, "ratio_upper": found.ratio_upper}
    return {
        "threshold": evaluation.threshold_at(index),
        "false_match_rate": _known(axis.false_matches.pooled[index]),
        "verdict": str(axis.verdict.verdicts[index]),
        **{key: _known(values[index]) for key, values in ratios.items()},
        "false_non_match_rate": _known(axis.false_non_matches.pooled[index]),
    }


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
