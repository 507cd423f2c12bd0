"""The shape of ``evaluation.json``, read without coercion: every key, and none besides.

Schema 1 lacks what schema 2 says of the thresholds between those evaluated. `harness.gate.reading` asks for what a type
cannot say, such as arrays of one length.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from harness.config import Key, Limits, Part

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
_Count = Annotated[int, Limits(ge=0, le=_LARGEST)]
_Place = Annotated[int, Limits(ge=0)]
_GroupIndex = Annotated[int, Limits(ge=-1)]
_Share = Annotated[float, Limits(ge=0, le=1)] | None
_Confidence = Annotated[float, Limits(gt=0, lt=1)]
_Multiple = Annotated[float, Limits(ge=0)] | Literal["inf"] | None
_DesignEffect = Annotated[float, Limits(ge=1)] | Literal["inf"] | None


class ByTruth(Part):
    """A number of non-mated and one of mated comparisons."""

    non_mated: _Count
    mated: _Count


class GroupShape(Part):
    """One group's errors and rates, a value a threshold."""

    group: str
    trials: _Count
    errors: list[_Count]
    design_effect: list[_DesignEffect]
    estimate: list[_Share]
    lower: list[_Share]
    upper: list[_Share]


class RatesShape(Part):
    """Error rates by group and threshold."""

    name: str
    confidence: _Confidence
    groups: Annotated[list[GroupShape], Limits(min_length=1)]


class DifferentialShape(Part):
    """How far the groups differ at every threshold."""

    worst: list[_GroupIndex]
    best: list[_GroupIndex]
    ratio: list[_Multiple]
    ratio_lower: list[_Multiple]
    ratio_upper: list[_Multiple]
    gap: list[_Share]
    gap_upper: list[_Multiple]
    p_value: list[_Share]
    pairs_that_differ: list[_Count]
    detectable_ratio: list[_Multiple]
    confidence: _Confidence


class _Measure(Part):
    measure: str
    estimate: list[_Multiple]
    lower: list[_Multiple]
    upper: list[_Multiple]
    undefined_because: list[_Count]


class MeasuresShape(Part):
    """Summary measures of one axis."""

    alpha: Annotated[float, Limits(ge=0, le=1)]
    confidence: _Confidence
    reasons: list[str]
    measures: list[_Measure]


class VerdictShape(Part):
    """What an axis was found to be at every threshold."""

    verdicts: list[Literal["disparity shown", "parity shown", "inconclusive"]]
    not_detected_from: _Place | None
    parity_shown_from: _Place | None
    parity_shown_to: _Place | None
    growth_needed: list[_Multiple]
    parity_to_next: list[bool] | None = None
    obstacles: list[str]


class AxisShape(Part):
    """One axis."""

    judged: bool
    left_out: ByTruth
    subjects: Mapping[str, ByTruth] | None
    false_matches: RatesShape
    false_non_matches: RatesShape
    across: RatesShape | None
    false_match_differential: DifferentialShape
    false_non_match_differential: DifferentialShape
    measures: MeasuresShape
    verdict: VerdictShape


class ConfirmationShape(Part):
    """Whether a threshold chosen on half of the subjects holds on the other half."""

    chosen: float | None
    outcome: Literal["holds", "does not hold", "undecided", "nothing to confirm"]
    reason: str
    comparisons: Annotated[list[ByTruth], Limits(min_length=2, max_length=2)]
    left_out: ByTruth
    ratio_upper: Mapping[str, Number]


class _Cost(Part):
    not_detected_from: Mapping[str, float | None] | None
    parity_shown_from: Mapping[str, float | None] | None
    parity_shown_to: Mapping[str, float | None] | None


class _AnswerOfAxis(Part):
    not_detected_from: float | None
    parity_shown_from: float | None
    parity_shown_to: float | None
    cost: _Cost


class _Answer(Part):
    criterion: str
    safe_threshold: float | None
    reason: str
    not_detected_from: float | None
    axes: Mapping[str, _AnswerOfAxis]


class _Input(Part):
    name: str
    bytes: _Count | None
    sha256: str | None


class _Versions(Part):
    unknown_keys = "allow"

    harness: str
    python: str
    numpy: str
    scipy: str
    duckdb: str
    pyarrow: str


class EvaluationShape(Part):
    """The whole document; study and policy are read by their own models."""

    schema_: Annotated[Literal["harness/evaluation/1", "harness/evaluation/2"], Key("schema")]
    versions: _Versions
    study: dict[str, object]
    policy: dict[str, object]
    inputs: Annotated[list[_Input], Limits(min_length=1)]
    score_type: Literal["float64", "float32"]
    comparisons: ByTruth
    missing: ByTruth
    notes: list[str]
    warnings: list[str] | None = None
    answer: _Answer
    confirmation: ConfirmationShape | None
    place_of_safe_threshold: _Place | None
    thresholds: Annotated[list[float], Limits(min_length=1)]
    asked_for: list[float] | None = None
    axes: Annotated[Mapping[str, AxisShape], Limits(min_length=1)]


def parity_to_next(verdict: VerdictShape) -> Sequence[bool]:
    """Return between which thresholds and the next parity is shown; at none in schema 1, which does not say."""
    known = verdict.parity_to_next
    return [False] * (len(verdict.verdicts) - 1) if known is None else known
