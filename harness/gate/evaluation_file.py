"""The one description of ``evaluation.json``, for the gate and for every other command.

It lies with the gate, which may import neither numpy nor what computes an evaluation; `harness.evaluation` writes and
loads the file by the same description. Nothing is coerced: every key is there, but those of searches where nothing is
known of them, and none besides. What a reader refuses beyond that is in `harness.gate.evaluation_reading`.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Literal, TypeVar, get_type_hints

from pydantic import ConfigDict, Field

from harness.config import ListOf, MappingOf, StrictModel

__all__ = [
    "SCHEMA",
    "AnswerShape",
    "AxisAnswerShape",
    "AxisReferenceShape",
    "AxisSearchesShape",
    "AxisShape",
    "BoundedShape",
    "ComparedShape",
    "ConfirmationShape",
    "CostShape",
    "CountsShape",
    "DifferentialShape",
    "EvaluationShape",
    "GroupShape",
    "LimitShape",
    "ListMatchesShape",
    "ListSubjectsShape",
    "MeasureShape",
    "MeasuresShape",
    "MetShape",
    "MissesShape",
    "Number",
    "PassingShape",
    "RatesShape",
    "ReferenceShape",
    "SearchesShape",
    "VerdictShape",
    "VerdictText",
    "arrays_of",
    "numbers",
]

SCHEMA = "harness/evaluation/3"

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
VerdictText = Literal[
    "disparity beyond tolerance", "disparity shown", "parity shown", "inconclusive", "saturated"
]
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
    shown_more: _Array[_GroupIndex]
    shown_fewer: _Array[_GroupIndex]
    gap: _Array[_Share]
    gap_lower: _Array[_Share]
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

    verdicts: _Array[VerdictText]
    not_detected_from: _Index | None
    parity_shown_from: _Index | None
    parity_shown_to: _Index | None
    growth_needed: _Array[_Multiple]
    parity_to_next: ListOf[bool]
    obstacles: ListOf[str]


class MissesShape(StrictModel):
    """The misses of one group by their cause, a value a threshold but for searches that failed."""

    group: str
    failed: _Count
    below: _Array[_Count]
    outranked: _Array[_Count]


class AxisSearchesShape(StrictModel):
    """What becomes of the mated searches of the groups of an axis, beyond hit and miss."""

    wrong: RatesShape
    misses: Annotated[ListOf[MissesShape], Field(min_length=1)]


class ListSubjectsShape(StrictModel):
    """How false alerts fall on the subjects of the list, from the first threshold at which all matches are known."""

    listed: _Count
    top: _Count
    searches: _Count
    first: _Index
    alerts: ListOf[_Count]
    drawn: ListOf[_Count]
    drawing: ListOf[_Count]
    most: ListOf[_Count]
    top_share: ListOf[_Share]
    beyond_chance: ListOf[_Count]


class SearchesShape(StrictModel):
    """What is known of searches besides their rates; it is left out where that is nothing."""

    returned_known: bool
    population: Literal["lists like this", "this list"]
    listed: ListSubjectsShape | None = None


class BoundedShape(StrictModel):
    """A number and its bounds."""

    estimate: Number
    lower: Number
    upper: Number


class MetShape(StrictModel):
    """What 10,000 passers-by meet; only false alerts where it is not known how many of them are on the list."""

    false: BoundedShape
    true: BoundedShape | None = None
    missed: BoundedShape | None = None
    share_false: BoundedShape | None = None


class PassingShape(StrictModel):
    """What passers-by meet at a threshold at which the answer is told: those of the crowd, and those of each group."""

    axis: str
    threshold: float
    crowd: MetShape | None = None
    groups: MappingOf[str, MetShape]


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
    verdicts_on_misses: _Array[VerdictText]
    excluded: MappingOf[str, CountsShape] | None
    searches: AxisSearchesShape | None = None


class ConfirmationShape(StrictModel):
    """Whether a threshold chosen on half of the subjects holds on the other half."""

    chosen: float | None
    outcome: Literal["holds", "does not hold", "undecided", "nothing to confirm"]
    reason: str
    comparisons: Annotated[ListOf[CountsShape], Field(min_length=2, max_length=2)]
    left_out: CountsShape
    ratio_upper: MappingOf[str, Number]


class CostShape(StrictModel):
    """False non-match rates by group, at each threshold that sums an axis up."""

    not_detected_from: MappingOf[str, float | None] | None
    parity_shown_from: MappingOf[str, float | None] | None
    parity_shown_to: MappingOf[str, float | None] | None


class AxisAnswerShape(StrictModel):
    """The thresholds that sum an axis up, and what they cost."""

    not_detected_from: float | None
    parity_shown_from: float | None
    parity_shown_to: float | None
    cost: CostShape


class LimitShape(StrictModel):
    """The limit on every group's false match rate, and whether it holds by default."""

    name: Literal["max_fmr", "max_fpir"]
    limit: float
    is_default: bool


class ComparedShape(StrictModel):
    """How two groups of an axis compare at a threshold, of false matches or of misses: those shown best to differ."""

    verdict: VerdictText
    more: str | None
    fewer: str | None
    ratio: _Multiple
    ratio_lower: _Multiple
    ratio_upper: _Multiple


class AxisReferenceShape(StrictModel):
    """One axis at a threshold at which the answer is told."""

    false_matches: ComparedShape
    misses: ComparedShape


class ReferenceShape(StrictModel):
    """The judged axes at a threshold at which the answer is told."""

    threshold: float
    axes: MappingOf[str, AxisReferenceShape]


class AnswerShape(StrictModel):
    """The answer; all of it but the reason follows from the arrays."""

    reference: ListOf[ReferenceShape]
    false_match_limit: LimitShape
    criterion: str
    safe_threshold: float | None
    reason: str
    not_detected_from: float | None
    axes: MappingOf[str, AxisAnswerShape]


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


class ListMatchesShape(StrictModel):
    """The file beside the document that says who on the watchlist the searches match."""

    file: Annotated[str, Field(pattern=r"^[^/\\]+\.npz$")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class EvaluationShape(StrictModel):
    """The whole document; study and policy are read by their own models.

    `list_matches` is left out where there is none.
    """

    schema_: Annotated[Literal["harness/evaluation/3"], Field(alias="schema")]
    versions: _Versions
    study: dict[str, object]
    policy: dict[str, object]
    inputs: Annotated[ListOf[_Input], Field(min_length=1)]
    score_type: Literal["float64", "float32"]
    comparisons: CountsShape
    missing: CountsShape
    notes: ListOf[str]
    warnings: ListOf[str]
    answer: AnswerShape
    confirmation: ConfirmationShape | None
    index_of_safe_threshold: _Index | None
    thresholds: Annotated[ListOf[float], Field(min_length=1)]
    asked_for: ListOf[float] | None
    axes: Annotated[MappingOf[str, AxisShape], Field(min_length=1)]
    list_matches: ListMatchesShape | None = None
    searches: SearchesShape | None = None
    passers_by: ListOf[PassingShape] = Field(default_factory=list)


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
