"""The shape of ``evaluation.json``, read without coercion: every key, and none besides.

Schema 1 lacks what schema 2 says of the thresholds between those evaluated.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from harness.documents import Key, Limits, Part

__all__ = ["SCHEMAS", "AxisShape", "DifferentialShape", "EvaluationShape", "Number", "RatesShape"]

SCHEMAS = ("harness/evaluation/1", "harness/evaluation/2")

Number = float | Literal["inf"] | None
"""An undefined number is null, and one without bound is the text ``inf``."""

_Count = Annotated[int, Limits(ge=0)]
_Place = Annotated[int, Limits(ge=0)]


class _ByTruth(Part):
    non_mated: _Count
    mated: _Count


class _Group(Part):
    group: str
    trials: _Count
    errors: list[_Count]
    design_effect: list[Number]
    estimate: list[Number]
    lower: list[Number]
    upper: list[Number]


class RatesShape(Part):
    """Error rates by group and threshold."""

    name: str
    confidence: float
    groups: Annotated[list[_Group], Limits(min_length=1)]


class DifferentialShape(Part):
    """How far the groups differ at every threshold."""

    worst: list[int]
    best: list[int]
    ratio: list[Number]
    ratio_lower: list[Number]
    ratio_upper: list[Number]
    gap: list[Number]
    gap_upper: list[Number]
    p_value: list[Number]
    pairs_that_differ: list[_Count]
    detectable_ratio: list[Number]
    confidence: float


class _Measure(Part):
    measure: str
    estimate: list[Number]
    lower: list[Number]
    upper: list[Number]
    undefined_because: list[_Count]


class _Measures(Part):
    alpha: float
    confidence: float
    reasons: list[str]
    measures: list[_Measure]


class _Verdict(Part):
    verdicts: list[Literal["disparity shown", "parity shown", "inconclusive"]]
    not_detected_from: _Place | None
    parity_shown_from: _Place | None
    parity_shown_to: _Place | None
    growth_needed: list[Number]
    parity_to_next: list[bool] | None = None
    obstacles: list[str]


class AxisShape(Part):
    """One axis."""

    judged: bool
    left_out: _ByTruth
    subjects: Mapping[str, _ByTruth] | None
    false_matches: RatesShape
    false_non_matches: RatesShape
    across: RatesShape | None
    false_match_differential: DifferentialShape
    false_non_match_differential: DifferentialShape
    measures: _Measures
    verdict: _Verdict


class _Confirmation(Part):
    chosen: float | None
    outcome: Literal["holds", "does not hold", "undecided", "nothing to confirm"]
    reason: str
    comparisons: Annotated[list[_ByTruth], Limits(min_length=2, max_length=2)]
    left_out: _ByTruth
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
    comparisons: _ByTruth
    missing: _ByTruth
    notes: list[str]
    warnings: list[str] | None = None
    answer: _Answer
    confirmation: _Confirmation | None
    place_of_safe_threshold: _Place | None
    thresholds: Annotated[list[float], Limits(min_length=1)]
    asked_for: list[float] | None = None
    axes: Annotated[Mapping[str, AxisShape], Limits(min_length=1)]
