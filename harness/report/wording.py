"""The field's words for an evaluation: for what it counted, its thresholds, and the settings of study and policy."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.figures import reference
from harness.numbers import limit_text, threshold_text
from harness.report.model import Mark

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.study import Study

__all__ = [
    "POLICY_KEYS",
    "STUDY_KEYS",
    "Wording",
    "axis_marks",
    "in_order",
    "index_of_answer",
    "index_of_not_detected",
    "listed",
    "marks_of",
    "names_on",
    "ranged",
    "reference_said",
    "setting",
    "settings_of",
    "settings_of_policy",
    "threshold_labels",
    "tolerance",
    "verdicts_said",
    "wording_of",
]

SAFE = "safe threshold"
NAMED_BY_POLICY = "named by the policy"
REFERENCE = "reference point"
MEANINGS = {
    "not_detected_from": "no disparity detected from here",
    "parity_shown_from": "range of parity from here",
    "parity_shown_to": "range of parity up to here",
}

VERDICTS = {
    "disparity beyond tolerance": "some two groups are shown to differ by more than the tolerance of the policy",
    "disparity shown": "at least two groups differ beyond chance",
    "inconclusive": "the evidence is too short to tell",
    "parity shown": "all groups are alike within the tolerance",
    "saturated": "nearly everyone matches, so that the threshold is of no use",
}

LEFT_TO_RIGHT = "\u200e"
NEUTRAL = " ,.;:()–-%<>&\u00a0\n"
"""The signs that may be between a name and the next word or number."""


@dataclass(frozen=True)
class Wording:
    """The names of trials, errors and rates.

    Attributes
    ----------
    rate, cost : str
        FMR and FNMR, or FPIR and FNIR.
    rate_in_full, cost_in_full : str
    trials, non_mated, mated : str
        Plural.
    error, errors : str
        Counted by ``rate``, singular and plural.
    misses : str
        Counted by ``cost``.
    hit, miss : str
        The outcome of trials that are errors, non-mated and mated.
    people_hit, people_missed : str
        What happens to people in such trials.
    """

    rate: str
    cost: str
    rate_in_full: str
    cost_in_full: str
    trials: str
    non_mated: str
    mated: str
    error: str
    errors: str
    misses: str
    hit: str
    miss: str
    people_hit: str
    people_missed: str


VERIFICATION = Wording(
    rate="FMR",
    cost="FNMR",
    rate_in_full="false match rate",
    cost_in_full="false non-match rate",
    trials="comparisons",
    non_mated="comparisons of two different people",
    mated="comparisons of one person with themselves",
    error="false match",
    errors="false matches",
    misses="false non-matches",
    hit="these match by mistake",
    miss="these do not match",
    people_hit="Falsely matched",
    people_missed="Missed",
)
IDENTIFICATION = Wording(
    rate="FPIR",
    cost="FNIR",
    rate_in_full="false positive identification rate",
    cost_in_full="false negative identification rate",
    trials="searches",
    non_mated="searches for people who are not on the watchlist",
    mated="searches for people who are on the watchlist",
    error="false positive",
    errors="false positives",
    misses="false negatives",
    hit="these raise an alert",
    miss="these find nobody",
    people_hit="Alerted falsely",
    people_missed="Missed",
)


def wording_of(evaluation: Evaluation) -> Wording:
    """Return the words for the task of an evaluation."""
    return IDENTIFICATION if evaluation.study.task == "identification" else VERIFICATION


def listed(items: Sequence[str]) -> str:
    """Join words: ``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def tolerance(evaluation: Evaluation) -> str:
    """Say within what the policy calls groups alike; empty where it does not say."""
    policy = evaluation.policy
    limits = []
    if policy.max_ratio is not None:
        limits.append(f"a ratio of {limit_text(policy.max_ratio)}")
    if policy.max_gap is not None:
        limits.append(f"a difference of {limit_text(policy.max_gap)}")
    return " or ".join(limits)


def ranged(first: str, last: str) -> str:
    """Write a range of thresholds; one alone as itself."""
    return first if first == last else f"{first} to {last}"


def threshold_labels(evaluation: Evaluation) -> tuple[str, ...]:
    """Write every threshold: to six digits where that tells them apart, else in full."""
    short = tuple(map(threshold_text, evaluation.thresholds))
    if len(set(short)) == len(short):
        return short
    return tuple(repr(float(value)) for value in evaluation.thresholds)


def marks_of(evaluation: Evaluation) -> tuple[Mark, ...]:
    """Return the marked thresholds, from the most lenient to the strictest."""
    labels = threshold_labels(evaluation)
    indices = {index for axis in evaluation.axes.values() for index in axis_marks(evaluation, axis)}
    return tuple(Mark(index, labels[index], _names(evaluation, index)) for index in sorted(indices))


def names_on(evaluation: Evaluation, axis: AxisEvaluation, index: int) -> tuple[str, ...]:
    """Say what a threshold is to an axis."""
    return (
        *_names_for_all(evaluation, index),
        *(MEANINGS[name] for name, at in axis.verdict.indices.items() if at == index),
    )


def _names(evaluation: Evaluation, index: int) -> tuple[str, ...]:
    """Say what a threshold is, with the axes to which it is that."""
    of_axes = {
        meaning: [axis.name for axis in evaluation.axes.values() if axis.verdict.indices[name] == index]
        for name, meaning in MEANINGS.items()
    }
    own = (f"{meaning} on {listed(axes)}" for meaning, axes in of_axes.items() if axes)
    return (*_names_for_all(evaluation, index), *own)


def _names_for_all(evaluation: Evaluation, index: int) -> tuple[str, ...]:
    safe = (SAFE,) if evaluation.safe.index == index else ()
    if index not in evaluation.reference_indices:
        return safe
    return (*safe, NAMED_BY_POLICY if index in _operating(evaluation) else REFERENCE)


def _operating(evaluation: Evaluation) -> list[int]:
    indices: list[int] = np.flatnonzero(np.isin(evaluation.thresholds, evaluation.policy.operating)).tolist()
    return indices


def axis_marks(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[int, ...]:
    """Return the indices of the marked thresholds that matter to one axis, ascending."""
    named = {evaluation.safe.index, *axis.verdict.indices.values(), *evaluation.reference_indices}
    return tuple(sorted(index for index in named if index is not None))


def index_of_not_detected(evaluation: Evaluation) -> int | None:
    """Return the index from which nothing is detected on any judged axis; None where there is no such threshold."""
    threshold = evaluation.not_detected_from
    return None if threshold is None else evaluation.index_of(threshold)


def index_of_answer(evaluation: Evaluation) -> int | None:
    """Return the index of the safe threshold; without one, that from which nothing is detected, if any."""
    return index_of_not_detected(evaluation) if evaluation.safe.index is None else evaluation.safe.index


def reference_said(evaluation: Evaluation) -> str:
    """Say what makes a threshold the reference point."""
    words, index, limit = (
        wording_of(evaluation),
        evaluation.reference_indices[0],
        evaluation.false_match_limit,
    )
    if index in _operating(evaluation):
        return "The reference point: the threshold that the policy names."
    over_all = f"{words.rate} over all groups"
    most = f"{limit_text(limit.limit)}{' (the default limit)' if limit.is_default else ''}"
    if evaluation.judged_axes[0].false_matches.pooled[index] <= limit.limit:
        return f"The reference point: the most lenient threshold evaluated at which {over_all} is at most {most}."
    return f"The reference point: the strictest threshold evaluated; {over_all} is above {most} there."


def verdicts_said(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """Return the verdicts that an evaluation has on any axis at a threshold of use, each with its meaning."""
    start = reference.first_of_use(evaluation)
    found = {str(verdict) for axis in evaluation.axes.values() for verdict in axis.verdict.verdicts[start:]}
    return tuple((verdict, meaning) for verdict, meaning in VERDICTS.items() if verdict in found)


def in_order(text: str) -> str:
    """Put a mark without width after letters that are read from right to left, before a number or other letters.

    Without it the Unicode bidirectional algorithm moves the number that follows a name to the name's other side.
    """
    if not any(unicodedata.bidirectional(character) in ("R", "AL") for character in set(text)):
        return text
    marked, turned = "", ""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if turned and direction in ("L", "EN"):
            end = len(turned.rstrip(NEUTRAL))
            marked, turned = f"{marked}{turned[:end]}{LEFT_TO_RIGHT}{turned[end:]}", ""
        if turned or direction in ("R", "AL"):
            turned += character
        else:
            marked += character
    return marked + turned


STUDY_KEYS = {
    "matcher": "Matcher",
    "task": "Task",
    "columns": "Columns of files without a header",
    "pairs": "Lists of pairs",
    "matrix": "People of a matrix",
    "rows": "Rows kept",
    "from_path": "Columns out of paths",
    "from_value": "Columns out of values",
    "key": "Key",
    "people": "People",
    "score": "Score",
    "mated": "Ground truth",
    "subjects": "Columns of subjects",
    "identities": "Identities of the two columns",
    "groups": "Columns of groups",
    "axes": "Axes",
    "labels_of": "Labels are of",
    "labels": "Labels mapped",
    "bins": "Numbers in groups",
    "exclude": "Labels excluded",
    "pairing": "Pairing",
    "missing_scores": "Missing scores",
    "search": "Column of searches",
    "top_candidate": "Column of who was returned",
    "own_score": "Column of the right person's score",
    "own_rank": "Column of the right person's rank",
    "candidates": "Candidate lists",
    "watchlist": "Watchlist",
    "list_size": "Column of list sizes",
    "hit": "What is a hit",
    "population": "Watchlists that rates are of",
    "conditions": "Columns of conditions",
    "watchlist_size": "Watchlist size",
    "watchlist_composition": "Watchlist composition",
}
POLICY_KEYS = {
    "criterion": "Criterion",
    "confidence": "Confidence",
    "max_ratio": "Largest tolerated ratio",
    "max_gap": "Largest tolerated gap",
    "max_fmr": "Largest false match rate (FMR)",
    "max_fpir": "Largest false positive identification rate (FPIR)",
    "max_fnmr_ratio": "Largest ratio of false non-match rates",
    "max_fnmr_gap": "Largest gap of false non-match rates",
    "min_subjects": "Fewest subjects a group",
    "min_trials": "Fewest non-mated trials a group",
    "axes": "Axes judged",
    "operating": "Operating thresholds",
    "crowd": "Shares of the crowd",
    "prevalence": "Share of passers-by on the list",
}


def settings_of(study: Study) -> dict[str, object]:
    """Return a study's settings, the default too that its file leaves out."""
    return {"labels_of": "person", **study.to_dict()}


def settings_of_policy(evaluation: Evaluation) -> dict[str, object]:
    """Return a policy's settings, with the limit on false matches that holds where the policy states none."""
    settings, limit = evaluation.policy.to_dict(), evaluation.false_match_limit
    return {**settings, limit.name: f"{limit_text(limit.limit)} (default)"} if limit.is_default else settings


def setting(value: object) -> str:
    """Write the value of a setting as a study or policy file would."""
    if value is None:
        return "not set"
    if isinstance(value, list):
        return ", ".join(map(_item, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_within(part)}" for key, part in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _within(value: object) -> str:
    return f"{{{setting(value)}}}" if isinstance(value, dict) else setting(value)


def _item(value: object) -> str:
    return " × ".join(map(str, value)) if isinstance(value, list) else str(value)
