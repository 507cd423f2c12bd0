"""Axes and confirmations as the plain values of ``evaluation.json``, and back.

Both ways follow the description of the file, `harness.gate.evaluation_file`. Numbers are written so that reading them
gives the same bits. An undefined number is ``null``; one without bound is the text ``"inf"``, for JSON has neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.config import StrictModel, model_in
from harness.evaluation.axis import AxisEvaluation, Confirmation, MatedCounts, Outcome
from harness.evaluation.searches import AxisSearches, Searches
from harness.gate.evaluation_file import (
    AxisSearchesShape,
    AxisShape,
    ConfirmationShape,
    CountsShape,
    DifferentialShape,
    GroupShape,
    ListSubjectsShape,
    MeasureShape,
    MeasuresShape,
    MissesShape,
    RatesShape,
    SearchesShape,
    VerdictShape,
    arrays_of,
    numbers,
)
from harness.statistics.differentials import Differentials
from harness.statistics.list_subjects import ListSubjects
from harness.statistics.measures import SummaryMeasures
from harness.statistics.passers_by import Bounded, PassersBy
from harness.statistics.rates import Rates
from harness.statistics.verdicts import AxisVerdict, Verdict
from harness.study import Study

__all__ = ["axis_from", "confirmation_from", "counts_from", "number_or_none", "searches_from", "written"]


def written(part: type[StrictModel], value: object) -> dict[str, Any]:
    """Write a value as a part of the file, key by key.

    Parameters
    ----------
    part : type of StrictModel
        Of `harness.gate.evaluation_file`.
    value : object
        It has the fields of the part, by name.

    Examples
    --------
    >>> written(CountsShape, MatedCounts(1000, 15))
    {'non_mated': 1000, 'mated': 15}
    """
    shaped = _by_item(value)
    return {
        field.alias or name: _plain(model_in(field.annotation), getattr(shaped, name))
        for name, field in part.model_fields.items()
        if field.is_required() or getattr(shaped, name) is not None
    }


def _by_item(value: object) -> object:
    """Turn matrices of groups, or of measures, into a row for each, as the file has them."""
    if isinstance(value, Rates):
        groups = [
            SimpleNamespace(group=group, trials=int(value.trials[i]), **_row(GroupShape, value, i))
            for i, group in enumerate(value.groups)
        ]
        return SimpleNamespace(name=value.name, confidence=value.confidence, groups=groups)
    if isinstance(value, AxisSearches):
        misses = [
            SimpleNamespace(group=group, failed=int(value.failed[i]), **_row(MissesShape, value, i))
            for i, group in enumerate(value.wrong.groups)
        ]
        return SimpleNamespace(wrong=value.wrong, misses=misses)
    if isinstance(value, PassersBy):
        return SimpleNamespace(**{name: _floats(part) for name, part in vars(value).items()})
    if isinstance(value, SummaryMeasures):
        reasons = [row[row >= 0] for row in value.undefined]  # a reason for each null, in order
        measures = [
            SimpleNamespace(measure=name, undefined_because=reasons[i], **_row(MeasureShape, value, i))
            for i, name in enumerate(value.names)
        ]
        known = {name: getattr(value, name) for name in ("alpha", "confidence", "reasons")}
        return SimpleNamespace(**known, measures=measures)
    return value


def _floats(value: Bounded) -> SimpleNamespace:
    return SimpleNamespace(**{end: float(number) for end, number in value._asdict().items()})


def _row(part: type[StrictModel], value: object, index: int) -> dict[str, npt.NDArray[Any]]:
    return {name: getattr(value, name)[index] for name in arrays_of(part)}


def _plain(part: type[StrictModel] | None, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part, item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return [number_or_none(v) for v in value.tolist()] if value.dtype.kind == "f" else value.tolist()
    if isinstance(value, list | tuple) and not isinstance(value, MatedCounts):
        return [_plain(part, item) for item in value]
    if part is not None and value is not None:
        return written(part, value)
    return (
        str(value)
        if isinstance(value, StrEnum)
        else number_or_none(value)
        if isinstance(value, float)
        else value
    )


def number_or_none(value: float) -> float | str | None:
    """Write a number as JSON can hold it: ``null`` where undefined, the text ``inf`` where without bound."""
    return None if math.isnan(value) else "inf" if math.isinf(value) else value


def axis_from(name: str, shape: AxisShape) -> AxisEvaluation:
    """Read an axis that was found whole."""
    subjects = shape.subjects
    return AxisEvaluation(
        name=name,
        judged=shape.judged,
        left_out=counts_from(shape.left_out),
        subjects=None if subjects is None else {group: counts_from(n) for group, n in subjects.items()},
        false_matches=_rates(shape.false_matches),
        false_non_matches=_rates(shape.false_non_matches),
        across=None if shape.across is None else _rates(shape.across),
        false_match_differential=_differentials(shape.false_match_differential),
        false_non_match_differential=_differentials(shape.false_non_match_differential),
        measures=_measures(shape.measures),
        verdict=_verdict(shape.verdict),
        verdicts_on_misses=tuple(map(Verdict, shape.verdicts_on_misses)),
        excluded=(
            None if shape.excluded is None else {group: counts_from(n) for group, n in shape.excluded.items()}
        ),
        searches=None if shape.searches is None else _axis_searches(shape.searches),
    )


def searches_from(shape: SearchesShape | None, study: Study) -> Searches | None:
    """Read what is known of searches; None of comparisons 1:1."""
    if study.task != "identification":
        return None
    if shape is None:
        return Searches.not_told(study)
    return Searches(
        shape.returned_known, shape.population, None if shape.listed is None else _list_subjects(shape.listed)
    )


def _list_subjects(shape: ListSubjectsShape) -> ListSubjects:
    given = {name: getattr(shape, name) for name in ListSubjectsShape.model_fields}
    arrays = {
        name: np.array(numbers(values), np.float64) if name == "top_share" else np.array(values, np.int64)
        for name, values in given.items()
        if isinstance(values, tuple | list)
    }
    return ListSubjects(**{**given, **arrays})


def _axis_searches(shape: AxisSearchesShape) -> AxisSearches:
    matrices = _matrices(shape.misses)
    failed = np.array([of_group.failed for of_group in shape.misses], np.int64)
    return AxisSearches(_rates(shape.wrong), failed, matrices["below"], matrices["outranked"])


def confirmation_from(shape: ConfirmationShape) -> Confirmation:
    """Read a confirmation."""
    first, second = map(counts_from, shape.comparisons)
    upper = shape.ratio_upper
    return Confirmation(
        chosen=shape.chosen,
        outcome=Outcome(shape.outcome),
        reason=shape.reason,
        comparisons=(first, second),
        left_out=counts_from(shape.left_out),
        ratio_upper=dict(zip(upper, numbers(list(upper.values())), strict=True)),
    )


def counts_from(shape: CountsShape) -> MatedCounts:
    """Read a number of non-mated and one of mated comparisons."""
    return MatedCounts(shape.non_mated, shape.mated)


def _rates(shape: RatesShape) -> Rates:
    return Rates(
        name=shape.name,
        groups=tuple(group.group for group in shape.groups),
        trials=np.array([group.trials for group in shape.groups], np.int64),
        confidence=shape.confidence,
        **_matrices(shape.groups),
    )


def _differentials(shape: DifferentialShape) -> Differentials:
    arrays = {name: _array(getattr(shape, name)) for name in arrays_of(DifferentialShape)}
    return Differentials(**arrays, confidence=shape.confidence)


def _measures(shape: MeasuresShape) -> SummaryMeasures:
    matrices = _matrices(shape.measures)
    undefined = np.full(matrices["estimate"].shape, -1, np.int64)
    undefined[np.isnan(matrices["estimate"])] = [
        reason for measure in shape.measures for reason in measure.undefined_because
    ]
    return SummaryMeasures(
        names=tuple(measure.measure for measure in shape.measures),
        undefined=undefined,
        reasons=tuple(shape.reasons),
        alpha=shape.alpha,
        confidence=shape.confidence,
        **matrices,
    )


def _verdict(shape: VerdictShape) -> AxisVerdict:
    return AxisVerdict(
        verdicts=tuple(Verdict(text) for text in shape.verdicts),
        not_detected_from=shape.not_detected_from,
        parity_shown_from=shape.parity_shown_from,
        parity_shown_to=shape.parity_shown_to,
        growth_needed=_array(shape.growth_needed),
        parity_to_next=np.array(shape.parity_to_next, np.bool_),
        obstacles=tuple(shape.obstacles),
    )


def _matrices(rows: Sequence[StrictModel]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of groups, or of measures, each as a matrix with a row for each of them."""
    names = arrays_of(type(rows[0]))
    return {name: np.array([_array(getattr(row, name)) for row in rows]) for name in names}


def _array(values: Sequence[Any]) -> npt.NDArray[Any]:
    whole = set(map(type, values)) == {int}
    return np.array(values, np.int64) if whole else np.array(numbers(values), np.float64)
