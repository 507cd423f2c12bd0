"""Error rates of every group at every threshold, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.counting import MATED, NON_MATED, Counts
from harness.statistics.intervals import clopper_pearson

__all__ = ["Rates", "false_match_rates", "false_non_match_rates"]


NAMES = {"verification": ("FMR", "FNMR"), "identification": ("FPIR", "FNIR")}


@dataclass(frozen=True, eq=False)
class Rates:
    """One error rate of G groups at T thresholds.

    Attributes
    ----------
    name : str
        FMR or FNMR of comparisons; FPIR or FNIR of searches.
    groups : tuple of str, length G
    trials : ndarray of int64, shape (G,)
    errors : ndarray of int64, shape (G, T)
    design_effect : ndarray of float64, shape (G, T)
        Variance over that of as many independent trials, at least 1.
    estimate, lower, upper : ndarray of float64, shape (G, T)
        NaN where there are no trials. The interval is two-sided, on effective counts.
    confidence : float
    """

    name: str
    groups: tuple[str, ...]
    trials: IntArray
    errors: IntArray
    design_effect: FloatArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    confidence: float

    @property
    def pooled(self) -> FloatArray:
        """Errors of all groups over their trials, shape (T,); NaN without trials."""
        trials = int(self.trials.sum())
        return self.errors.sum(axis=0) / trials if trials else np.full(self.errors.shape[1], np.nan)

    @property
    def effective_errors(self) -> FloatArray:
        """Errors over the design effect, shape (G, T)."""
        return self.errors / self.design_effect

    @property
    def effective_trials(self) -> FloatArray:
        """Trials over the design effect, shape (G, T)."""
        return self.trials[:, None] / self.design_effect


def false_match_rates(
    counts: Counts, *, task: str, confidence: float, design_effect: FloatArray | None = None
) -> Rates:
    """Return the share of non-mated trials that match: FMR, or FPIR of searches.

    Parameters
    ----------
    counts : Counts
        Its cells are groups, or pairs of groups.
    task : {"verification", "identification"}
    confidence : float
        Of the two-sided interval.
    design_effect : ndarray, shape (G, T), optional
        1 without it: independent trials.

    References
    ----------
    ISO/IEC 19795-1:2021, clauses on FMR and FPIR; ISO/IEC 2382-37:2022, 37.09.

    Examples
    --------
    >>> from harness.counting import Counts
    >>> bins = np.array([[[9_980, 15, 5], [4, 6, 90]]])
    >>> counts = Counts(("sex",), np.array([0.5, 0.6]), (("female",),), bins, np.zeros((1, 2), np.int64))
    >>> false_match_rates(counts, task="verification", confidence=0.95).estimate
    array([[0.002 , 0.0005]])
    """
    errors = counts.matches[:, NON_MATED]
    return _rates(NAMES[task][0], counts, counts.trials[:, NON_MATED], errors, confidence, design_effect)


def false_non_match_rates(
    counts: Counts, *, task: str, confidence: float, design_effect: FloatArray | None = None
) -> Rates:
    """Return the share of mated trials that do not match: FNMR, or FNIR of searches.

    Parameters and references are those of `false_match_rates`.

    Examples
    --------
    >>> from harness.counting import Counts
    >>> bins = np.array([[[9_980, 15, 5], [4, 6, 90]]])
    >>> counts = Counts(("sex",), np.array([0.5, 0.6]), (("female",),), bins, np.zeros((1, 2), np.int64))
    >>> false_non_match_rates(counts, task="verification", confidence=0.95).estimate
    array([[0.04, 0.1 ]])
    """
    trials = counts.trials[:, MATED]
    errors = trials[:, None] - counts.matches[:, MATED]
    return _rates(NAMES[task][1], counts, trials, errors, confidence, design_effect)


def _rates(
    name: str,
    counts: Counts,
    trials: IntArray,
    errors: IntArray,
    confidence: float,
    design_effect: FloatArray | None,
) -> Rates:
    effect = np.ones(errors.shape) if design_effect is None else design_effect
    interval = clopper_pearson(errors / effect, trials[:, None] / effect, confidence)
    with np.errstate(invalid="ignore"):
        estimate = errors / trials[:, None]
    groups = tuple(" → ".join(str(label) for label in cell) for cell in counts.cells)
    return Rates(name, groups, trials, errors, effect, estimate, interval.lower, interval.upper, confidence)
