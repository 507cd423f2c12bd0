"""The shape of ``evaluation.json``, read without coercion: every key, and none besides.

Schema 1 lacks what schema 2 says of the thresholds between those evaluated. `harness.gate.reading` asks for what a type
cannot say, such as arrays of one length.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from harness.config import ListOf, MappingOf, StrictModel

__all__ = [
    "SCHEMAS",
    "AxisShape",
    "ByTruth",
    "ConfirmationShape",
    "DifferentialShape",
    "EvaluationShape",
    "GroupShape",
    "MeasuresShape",
    "Number",
    "RatesShape",
    "VerdictShape",
    "parity_to_next",
]

SCHEMAS = ("harness/evaluation/1", "harness/evaluation/2")

Number = float | Literal["inf"] | None
"""An undefined number is null, and one without bound is the text ``inf``."""

_LARGEST = 2**53  # up to which every reader of JSON has whole numbers exactly
_Count = Annotated[int, Field(ge=0, le=_LARGEST)]
_Place = Annotated[int, Field(ge=0)]
_GroupIndex = Annotated[int, Field(ge=-1)]
_Share = Annotated[float, Field(ge=0, le=1)] | None
_Confidence = Annotated[float, Field(gt=0, lt=1)]
_Multiple = Annotated[float, Field(ge=0)] | Literal["inf"] | None
_DesignEffect = Annotated[float, Field(ge=1)] | Literal["inf"] | None


class ByTruth(StrictModel):
    """A number of non-mated and one of mated comparisons."""

    non_mated: _Count
    mated: _Count


class GroupShape(StrictModel):
    """One group's errors and rates, a value a threshold."""

    group: str
    trials: _Count
    errors: ListOf[_Count]
    design_effect: ListOf[_DesignEffect]
    estimate: ListOf[_Share]
    lower: ListOf[_Share]
    upper: ListOf[_Share]


class RatesShape(StrictModel):
    """Error rates by group and threshold."""

    name: str
    confidence: _Confidence
    groups: Annotated[ListOf[GroupShape], Field(min_length=1)]


class DifferentialShape(StrictModel):
    """How far the groups differ at every threshold."""

    worst: ListOf[_GroupIndex]
    best: ListOf[_GroupIndex]
    ratio: ListOf[_Multiple]
    ratio_lower: ListOf[_Multiple]
    ratio_upper: ListOf[_Multiple]
    gap: ListOf[_Share]
    gap_upper: ListOf[_Multiple]
    p_value: ListOf[_Share]
    pairs_that_differ: ListOf[_Count]
    detectable_ratio: ListOf[_Multiple]
    confidence: _Confidence


class _Measure(StrictModel):
    measure: str
    estimate: ListOf[_Multiple]
    lower: ListOf[_Multiple]
    upper: ListOf[_Multiple]
    undefined_because: ListOf[_Count]


class MeasuresShape(StrictModel):
    """Summary measures of one axis."""

    alpha: Annotated[float, Field(ge=0, le=1)]
    confidence: _Confidence
    reasons: ListOf[str]
    measures: ListOf[_Measure]


class VerdictShape(StrictModel):
    """What an axis was found to be at every threshold."""

    verdicts: ListOf[Literal["disparity shown", "parity shown", "inconclusive"]]
    not_detected_from: _Place | None
    parity_shown_from: _Place | None
    parity_shown_to: _Place | None
    growth_needed: ListOf[_Multiple]
    parity_to_next: ListOf[bool] | None = None
    obstacles: ListOf[str]


class AxisShape(StrictModel):
    """One axis."""

    judged: bool
    left_out: ByTruth
    subjects: MappingOf[str, ByTruth] | None
    false_matches: RatesShape
    false_non_matches: RatesShape
    across: RatesShape | None
    false_match_differential: DifferentialShape
    false_non_match_differential: DifferentialShape
    measures: MeasuresShape
    verdict: VerdictShape


class ConfirmationShape(StrictModel):
    """Whether a threshold chosen on half of the subjects holds on the other half."""

    chosen: float | None
    outcome: Literal["holds", "does not hold", "undecided", "nothing to confirm"]
    reason: str
    comparisons: Annotated[ListOf[ByTruth], Field(min_length=2, max_length=2)]
    left_out: ByTruth
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
    comparisons: ByTruth
    missing: ByTruth
    notes: ListOf[str]
    warnings: ListOf[str] | None = None
    answer: _Answer
    confirmation: ConfirmationShape | None
    place_of_safe_threshold: _Place | None
    thresholds: Annotated[ListOf[float], Field(min_length=1)]
    asked_for: ListOf[float] | None = None
    axes: Annotated[MappingOf[str, AxisShape], Field(min_length=1)]


def parity_to_next(verdict: VerdictShape) -> Sequence[bool]:
    """Return between which thresholds and the next parity is shown; at none in schema 1, which does not say."""
    known = verdict.parity_to_next
    return [False] * (len(verdict.verdicts) - 1) if known is None else known
