"""The whole way from scores to an answer, and the answer itself."""

from harness.evaluation.document import from_json, load, to_json
from harness.evaluation.result import AxisEvaluation, Evaluation, Reading
from harness.evaluation.run import Counted, PolicyLike, StudyLike, conclude, count_for, evaluate
from harness.evaluation.summary import answer, html_summary

__all__ = [
    "AxisEvaluation",
    "Counted",
    "Evaluation",
    "PolicyLike",
    "Reading",
    "StudyLike",
    "answer",
    "conclude",
    "count_for",
    "evaluate",
    "from_json",
    "html_summary",
    "load",
    "to_json",
]
