"""The field's words for what an evaluation counted: comparisons, or searches of a watchlist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.evaluation import Evaluation

__all__ = ["Wording", "listed", "percent", "ranged", "tolerance", "wording_of"]


@dataclass(frozen=True)
class Wording:
    """What trials, errors and rates are called.

    Attributes
    ----------
    rate, cost : str
        FMR and FNMR, or FPIR and FNIR.
    rate_in_full, cost_in_full : str
    trials, non_mated, mated : str
        Plural.
    error, errors : str
        What ``rate`` is a rate of, singular and plural.
    misses : str
        What ``cost`` is a rate of.
    hit, miss : str
        What becomes of trials that are errors, non-mated and mated.
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
)


def wording_of(evaluation: Evaluation) -> Wording:
    """Return the words for the task of an evaluation."""
    return IDENTIFICATION if evaluation.study.task == "identification" else VERIFICATION


def listed(items: Sequence[str]) -> str:
    """Join words: ``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def percent(confidence: float) -> str:
    """Write a confidence such as 0.95 as 95 %."""
    return f"{100 * confidence:g} %"


def tolerance(evaluation: Evaluation) -> str:
    """Say within what the policy calls groups alike; empty where it does not say."""
    policy = evaluation.policy
    limits = []
    if policy.max_ratio is not None:
        limits.append(f"a ratio of {policy.max_ratio:g}")
    if policy.max_gap is not None:
        limits.append(f"a difference of {policy.max_gap:g}")
    return " or ".join(limits)


def ranged(first: str, last: str) -> str:
    """Write a range of thresholds; one alone as itself."""
    return first if first == last else f"{first} to {last}"
