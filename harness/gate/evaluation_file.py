"""The one description of ``evaluation.json``, and its strict reading, for the gate and for every other command.

It lies with the gate, which may import neither numpy nor what computes an evaluation; `harness.evaluation` writes and
loads the file by the same description. Nothing is coerced: every key is there, and none besides. What is read is whole:
every value has its type, lies in its range, and there are as many as there are thresholds. Whether the answer also
follows from the arrays is a second question; see `harness.gate.evidence`.

Schema 1 lacks what schema 2 says of the thresholds between those evaluated.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal, TypeVar, get_type_hints

from pydantic import ConfigDict, Field
from pydantic_core import ValidationError

from harness.config import ListOf, MappingOf, StrictModel, document_from, dotted, shown, validate
from harness.errors import InputError
from harness.gate.strict_json import plain_json
from harness.study import Policy, Study

__all__ = [
    "SCHEMAS",
    "AxisShape",
    "ConfirmationShape",
    "CountsShape",
    "DifferentialShape",
    "EvaluationShape",
    "GroupShape",
    "MeasureShape",
    "MeasuresShape",
    "Number",
    "RatesShape",
    "Stated",
    "VerdictShape",
    "arrays_of",
    "numbers",
    "parity_to_next",
    "read_evaluation",
]

SCHEMAS = ("harness/evaluation/1", "harness/evaluation/2")

Number = float | Literal["inf"] | None
"""An undefined number is null, and one without bound is the text ``inf``."""

_T = TypeVar("_T")
_ONE_A_THRESHOLD = "one value for each threshold"
_Array = Annotated[ListOf[_T], _ONE_A_THRESHOLD]
_LARGEST = 2**53  # up to which every reader of JSON has whole numbers exactly
_Count = Annotated[int, Field(ge=0, le=_LARGEST)]
_Index = Annotated[int, Field(ge=0)]
_GroupIndex = Annotated[int, Field(ge=-1)]
_Share = Annotated[float, Field(ge=0, le=1)] | None
_Confidence = Annotated[float, Field(gt=0, lt=1)]
_Multiple = Annotated[float, Field(ge=0)] | Literal["inf"] | None
_DesignEffect = Annotated[float, Field(ge=1)] | Literal["inf"] | None


class CountsShape(StrictModel):
    """A number of non-mated and one of mated comparisons."""

    non_mated: _Count
    mated: _Count


class GroupShape(StrictModel):
    """One group's errors and rates, a value a threshold."""

    group: str
    trials: _Count
    errors: _Array[_Count]
    design_effect: _Array[_DesignEffect]
    estimate: _Array[_Share]
    lower: _Array[_Share]
    upper: _Array[_Share]


class RatesShape(StrictModel):
    """Error rates by group and threshold."""

    name: str
    confidence: _Confidence
    groups: Annotated[ListOf[GroupShape], Field(min_length=1)]


class DifferentialShape(StrictModel):
    """How far the groups differ at every threshold."""

    worst: _Array[_GroupIndex]
    best: _Array[_GroupIndex]
    ratio: _Array[_Multiple]
    ratio_lower: _Array[_Multiple]
    ratio_upper: _Array[_Multiple]
    gap: _Array[_Share]
    gap_upper: _Array[_Multiple]
    p_value: _Array[_Share]
    pairs_that_differ: _Array[_Count]
    detectable_ratio: _Array[_Multiple]
    confidence: _Confidence


class MeasureShape(StrictModel):
    """One summary measure, and which of the reasons each null among its estimates has, in order."""

    measure: str
    estimate: _Array[_Multiple]
    lower: _Array[_Multiple]
    upper: _Array[_Multiple]
    undefined_because: ListOf[_Count]


class MeasuresShape(StrictModel):
    """Summary measures of one axis."""

    alpha: Annotated[float, Field(ge=0, le=1)]
    confidence: _Confidence
    reasons: ListOf[str]
    measures: ListOf[MeasureShape]


class VerdictShape(StrictModel):
    """The verdict on an axis at every threshold."""

    verdicts: _Array[Literal["disparity shown", "parity shown", "inconclusive"]]
    not_detected_from: _Index | None
    parity_shown_from: _Index | None
    parity_shown_to: _Index | None
    growth_needed: _Array[_Multiple]
    parity_to_next: ListOf[bool] | None = None
    obstacles: ListOf[str]


class AxisShape(StrictModel):
    """One axis."""

    judged: bool
    left_out: CountsShape
    subjects: MappingOf[str, CountsShape] | None
    false_matches: RatesShape
    false_non_matches: RatesShape
    across: RatesShape | None
    false_match_differential: DifferentialShape
    false_non_match_differential: DifferentialShape
    measures: MeasuresShape
    verdict: VerdictShape
    excluded: MappingOf[str, CountsShape] | None = None


class ConfirmationShape(StrictModel):
    """Whether a threshold chosen on half of the subjects holds on the other half."""

    chosen: float | None
    outcome: Literal["holds", "does not hold", "undecided", "nothing to confirm"]
    reason: str
    comparisons: Annotated[ListOf[CountsShape], Field(min_length=2, max_length=2)]
    left_out: CountsShape
    ratio_upper: MappingOf[str, Number]


class _Cost(StrictModel):
    not_detected_from: MappingOf[str, float | None] | None
    parity_shown_from: MappingOf[str, float | None] | None
    parity_shown_to: MappingOf[str, float | None] | None


class _AnswerOfAxis(StrictModel):
    not_detected_from: float | None
    parity_shown_from: float | None
    parity_shown_to: float | None
    cost: _Cost


class _Answer(StrictModel):
    criterion: str
    safe_threshold: float | None
    reason: str
    not_detected_from: float | None
    axes: MappingOf[str, _AnswerOfAxis]


class _Input(StrictModel):
    name: str
    bytes: _Count | None
    sha256: str | None


class _Versions(StrictModel):
    model_config = ConfigDict(extra="allow")

    harness: str
    python: str
    numpy: str
    scipy: str
    duckdb: str
    pyarrow: str


class EvaluationShape(StrictModel):
    """The whole document; study and policy are read by their own models."""

    schema_: Annotated[Literal["harness/evaluation/1", "harness/evaluation/2"], Field(alias="schema")]
    versions: _Versions
    study: dict[str, object]
    policy: dict[str, object]
    inputs: Annotated[ListOf[_Input], Field(min_length=1)]
    score_type: Literal["float64", "float32"]
    comparisons: CountsShape
    missing: CountsShape
    notes: ListOf[str]
    warnings: ListOf[str] | None = None
    answer: _Answer
    confirmation: ConfirmationShape | None
    place_of_safe_threshold: _Index | None
    thresholds: Annotated[ListOf[float], Field(min_length=1)]
    asked_for: ListOf[float] | None = None
    axes: Annotated[MappingOf[str, AxisShape], Field(min_length=1)]


def parity_to_next(verdict: VerdictShape) -> Sequence[bool]:
    """Return between which thresholds and the next parity is shown; at none in schema 1, which does not say."""
    known = verdict.parity_to_next
    return [False] * (len(verdict.verdicts) - 1) if known is None else known


def arrays_of(part: type) -> tuple[str, ...]:
    """Return the names of the fields that hold one value for each threshold.

    Examples
    --------
    >>> arrays_of(GroupShape)
    ('errors', 'design_effect', 'estimate', 'lower', 'upper')
    """
    return _arrays_of(part)


@cache
def _arrays_of(part: type) -> tuple[str, ...]:
    hints = get_type_hints(part, include_extras=True).items()
    return tuple(name for name, hint in hints if _ONE_A_THRESHOLD in getattr(hint, "__metadata__", ()))


def numbers(values: Sequence[Number]) -> Sequence[float]:
    """Return numbers as the document writes them: NaN where undefined.

    Examples
    --------
    >>> numbers([0.5, None, "inf"])
    [0.5, nan, inf]
    """
    if set(map(type, values)) == {float}:
        return values  # type: ignore[return-value]
    return [math.nan if value is None else float(value) for value in values]


@dataclass(frozen=True)
class Stated:
    """A file as read, whether or not its answer follows from its arrays.

    Parameters
    ----------
    shape : EvaluationShape
    study : Study
    policy : Policy
    """

    shape: EvaluationShape
    study: Study
    policy: Policy


class _DamageError(ValueError):
    """Where an evaluation is not whole, and why."""


def read_evaluation(content: bytes, source: str) -> Stated:
    """Read the content of an ``evaluation.json``.

    Parameters
    ----------
    content : bytes
    source : str
        Its name in errors.

    Raises
    ------
    InputError
        It is not of the known schema, or is not whole.
    """
    try:
        plain = plain_json(content)
        document = plain if isinstance(plain, dict) else {}
        known = document.get("schema")
        if known not in SCHEMAS:
            raise InputError(
                f"schema is {shown(known)}, not {shown(SCHEMAS[-1])}; evaluate again with this version"
            )
        shape = EvaluationShape.model_validate(plain)
        for key in ("asked_for", "warnings"):
            _require(
                (key in document) == (known != SCHEMAS[0]), f"{key}: is there in schema 2, and only there"
            )
        return _stated(shape)
    except InputError as error:
        raise InputError(error.problem, source=source) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _not_whole(f"{dotted(first['loc'])}: {first['msg']}", source) from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise _not_whole(str(error), source) from error


def _not_whole(problem: str, source: str) -> InputError:
    return InputError(f"is not a whole evaluation ({problem}); evaluate again", source=source)


def _stated(shape: EvaluationShape) -> Stated:
    study = validate(Study, document_from(shape.study, "study"))
    policy = validate(Policy, document_from(shape.policy, "policy"))
    _require(list(shape.axes) == [axis.name for axis in study.axes], "axes: are not those of the study")
    judged = {axis.name for axis in policy.axes_of(study)}
    ordered = all(study.sign * a < study.sign * b for a, b in pairwise(shape.thresholds))
    _require(ordered, "thresholds: do not go from the most lenient to the strictest")
    _require(
        set(shape.asked_for or ()) <= set(shape.thresholds), "asked_for: names one that was not evaluated"
    )
    count = len(shape.thresholds)
    attributes_of = {axis.name: axis.attributes for axis in study.axes}
    _require_index(shape.place_of_safe_threshold, count, "place_of_safe_threshold")
    for name, axis in shape.axes.items():
        where = f"axes.{shown(name)}"
        _require(axis.judged == (name in judged), f"{where}.judged: is not as in the policy")
        _require(
            (axis.subjects is None) == (not study.subjects), f"{where}.subjects: are not as in the study"
        )
        _require_axis(axis, study.task, count, where)
        excludes = any(attribute in study.exclude for attribute in attributes_of[name])
        _require((axis.excluded is not None) == excludes, f"{where}.excluded: is not as in the study")
        _require_parity_to_next(axis.verdict, shape.schema_, count, f"{where}.verdict.parity_to_next")
    if shape.confirmation is not None:
        named = shape.confirmation.ratio_upper
        _require(set(named) <= set(shape.axes), "confirmation.ratio_upper: names an axis that is not there")
    return Stated(shape, study, policy)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise _DamageError(problem)


def _require_index(index: int | None, count: int, where: str) -> None:
    _require(index is None or index < count, f"{where}: is not among the {count} thresholds")


def _require_lengths(part: StrictModel, count: int, where: str) -> None:
    for name in arrays_of(type(part)):
        values = len(getattr(part, name))
        _require(values == count, f"{where}.{name}: has {values} values for {count} thresholds")


def _require_axis(axis: AxisShape, task: str, count: int, where: str) -> None:
    names = ("FMR", "FNMR") if task == "verification" else ("FPIR", "FNIR")
    kinds = ("false_matches", "false_non_matches")
    groups = [group.group for group in axis.false_matches.groups]
    _require(len(set(groups)) == len(groups), f"{where}: a group is repeated")
    _require(
        axis.subjects is None or set(axis.subjects) == set(groups), f"{where}.subjects: are not of the groups"
    )
    for kind, name in zip(kinds, names, strict=True):
        rates: RatesShape = getattr(axis, kind)
        _require(rates.name == name, f"{where}.{kind}.name: is {shown(rates.name)}, not {shown(name)}")
        _require([group.group for group in rates.groups] == groups, f"{where}: groups differ between rates")
        _require_rates(rates, count, f"{where}.{kind}")
    if axis.across is not None:
        _require_rates(axis.across, count, f"{where}.across")
    _require_differential(
        axis.false_match_differential, len(groups), count, f"{where}.false_match_differential"
    )
    _require_differential(
        axis.false_non_match_differential, len(groups), count, f"{where}.false_non_match_differential"
    )
    _require_measures(axis.measures, count, f"{where}.measures")
    _require_verdict(axis.verdict, count, f"{where}.verdict")


def _require_rates(rates: RatesShape, count: int, where: str) -> None:
    for group in rates.groups:
        of_group = f"{where}.{shown(group.group)}"
        _require_lengths(group, count, of_group)
        _require(max(group.errors) <= group.trials, f"{of_group}.errors: are more than its trials")
        both = zip(group.errors, group.estimate, strict=True)
        fit = all((rate or 0) * group.trials > 0.5 if number else not rate for number, rate in both)
        _require(
            fit,
            f"{of_group}.estimate: is zero just where there are no errors, or else at least one in its trials",
        )
        undefined = group.estimate.count(None)
        as_tried = undefined == (0 if group.trials else count)
        _require(as_tried, f"{of_group}.estimate: must be null without trials, and only then")


def _require_differential(found: DifferentialShape, groups: int, count: int, where: str) -> None:
    _require_lengths(found, count, where)
    named = max(max(found.worst), max(found.best))
    _require(named < groups, f"{where}: names group {named} of {groups}")


def _require_measures(found: MeasuresShape, count: int, where: str) -> None:
    named = [measure.measure for measure in found.measures]
    _require(len(set(named)) == len(named), f"{where}: a measure is repeated")
    for measure in found.measures:
        of_measure = f"{where}.{shown(measure.measure)}"
        _require_lengths(measure, count, of_measure)
        reasons = measure.undefined_because
        _require(
            len(reasons) == measure.estimate.count(None), f"{of_measure}: an undefined measure has no reason"
        )
        known = all(reason < len(found.reasons) for reason in reasons)
        _require(known, f"{of_measure}.undefined_because: names a reason that is not there")


def _require_verdict(verdict: VerdictShape, count: int, where: str) -> None:
    _require_lengths(verdict, count, where)
    for name in ("not_detected_from", "parity_shown_from", "parity_shown_to"):
        _require_index(getattr(verdict, name), count, f"{where}.{name}")
    one_end = (verdict.parity_shown_from is None) != (verdict.parity_shown_to is None)
    _require(not one_end, f"{where}: the range of shown parity has one end")


def _require_parity_to_next(verdict: VerdictShape, schema: str, count: int, where: str) -> None:
    stated = verdict.parity_to_next
    _require((stated is None) == (schema == SCHEMAS[0]), f"{where}: is there in schema 2, and only there")
    _require(stated is None or len(stated) == count - 1, f"{where}: is not one value shorter than thresholds")
