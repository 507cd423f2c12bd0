"""The whole way from scores to an answer, and the answer itself."""

from harness.evaluation.answer import (
    answer,
    findings,
    html_summary,
    html_table,
    rates_there,
    trials_word,
    unreliable,
)
from harness.evaluation.axis import AxisEvaluation, Confirmation, MatedCounts, Outcome
from harness.evaluation.counted import Counted, count_for
from harness.evaluation.document import content_at, from_json, load
from harness.evaluation.each import evaluate_each, side_by_side, study_of_value
from harness.evaluation.list_matches_file import LIST_MATCHES
from harness.evaluation.result import Evaluation, Reading, to_json
from harness.evaluation.run import PolicyLike, StudyLike, conclude, evaluate

__all__ = [
    "LIST_MATCHES",
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
    "evaluate_each",
    "findings",
    "from_json",
    "html_summary",
    "html_table",
    "load",
    "rates_there",
    "side_by_side",
    "study_of_value",
    "to_json",
    "trials_word",
    "unreliable",
]
