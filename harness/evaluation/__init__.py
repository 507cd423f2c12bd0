"""The whole way from scores to an answer, and the answer itself."""

from harness.evaluation.document import from_json, load, to_json
from harness.evaluation.result import AxisEvaluation, Evaluation, Reading
from harness.evaluation.run import evaluate
from harness.evaluation.summary import answer, html_summary

__all__ = [
    "AxisEvaluation",
    "Evaluation",
    "Reading",
    "answer",
    "evaluate",
    "from_json",
    "html_summary",
    "load",
    "to_json",
]
