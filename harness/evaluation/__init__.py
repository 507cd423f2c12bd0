"""The whole way from scores to an answer, and the answer itself."""

from harness.evaluation.confirmation import Confirmation, Outcome
from harness.evaluation.counted import Counted, count_for
from harness.evaluation.document import content_at, from_json, load, to_json
from harness.evaluation.result import AxisEvaluation, Evaluation, Reading
from harness.evaluation.run import PolicyLike, StudyLike, conclude, evaluate
from harness.evaluation.summary import answer, html_summary, unreliable

__all__ = [
    "AxisEvaluation",
    "Confirmation",
    "Counted",
    "Evaluation",
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
    "load",
    "to_json",
    "unreliable",
]
