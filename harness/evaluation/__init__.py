"""The whole way from scores to an answer, and the answer itself."""

from harness.evaluation.axis import AxisEvaluation, Confirmation, MatedCounts, Outcome
from harness.evaluation.counted import Counted, count_for
from harness.evaluation.document import content_at, from_json, load
from harness.evaluation.result import (
    Evaluation,
    Reading,
    answer,
    html_summary,
    html_table,
    to_json,
    unreliable,
)
from harness.evaluation.run import PolicyLike, StudyLike, conclude, evaluate

__all__ = [
    "AxisEvaluation",
    "Confirmation",
    "Counted",
    "Evaluation",
    "MatedCounts",
    "Outcome",
    "PolicyLike",
    "Reading",
    "StudyLike",
    "answer",
    "conclude",
    "content_at",
    "count_for",
    "evaluate",
    "from_json",
    "html_summary",
    "html_table",
    "load",
    "to_json",
    "unreliable",
]
