"""Bounds of FPIR at lists larger than the tested one, from false match rates of single comparisons.

Probes of group g match a random subject of list group h with chance FMR_gh. Were the comparisons of a search
independent, FPIR at N_h subjects of each group would be 1 - product over h of (1 - FMR_gh)^N_h. Probes differ, and a
list has wolves; then the alerts of a probe that matches many count once, and FPIR is lower: the formula at upper limits
of FMR_gh is an upper bound, itself at most the sum of N_h FMR_gh. That is so by Jensen's inequality for one group, and
for several where probes that match more of one group match more of another, too.
"""

from __future__ import annotations

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.counting import ListMatches, SubjectSums
from harness.statistics.clustering import carried, design_effect, small_sample
from harness.statistics.intervals import clopper_pearson
from harness.statistics.projection import Grouped, matches_at
from harness.statistics.rates import Rates
from harness.statistics.watchlist import false_alert_rate

__all__ = ["alert_rate_by_formula", "comparison_rates"]


def alert_rate_by_formula(false_match_rates: FloatArray, wanted: IntArray) -> FloatArray:
    """Return the FPIR at a list were the comparisons of a search independent.

    Parameters
    ----------
    false_match_rates : ndarray of float64, shape (H, ...)
        Against each group of the list; NaN where it is not known.
    wanted : ndarray of int64, shape (H,)
        Subjects of each group on the list.

    Returns
    -------
    ndarray of float64, of the shape of the rates without the first axis
        NaN where the rate of a group on the list is not known.

    References
    ----------
    Grother, P., Phillips, P. J. (2004), as for `harness.statistics.watchlist.false_alert_rate`.

    Examples
    --------
    >>> alert_rate_by_formula(np.array([1e-6, 4e-6]), np.array([9_000, 1_000])).round(5)
    np.float64(0.01292)
    """
    log_none = np.zeros(false_match_rates.shape[1:])
    for rates, size in zip(false_match_rates, wanted.tolist(), strict=True):
        if size:
            unknown = np.isnan(rates)
            with np.errstate(divide="ignore"):
                log_none += np.log1p(-false_alert_rate(np.where(unknown, 0.0, rates), size))
            log_none = np.where(unknown, np.nan, log_none)
    return np.asarray(0.0 - np.expm1(log_none))


def comparison_rates(
    found: ListMatches,
    axis: Grouped,
    list_group: IntArray,
    list_groups: tuple[str, ...],
    thresholds: FloatArray,
    confidence: float,
) -> Rates:
    """Return the FMR of probes of each group against subjects of each group on the list.

    Each is clustered by probe subjects and by those on the list, as `harness.statistics.clustering` clusters by both
    subjects of a pair.

    Parameters
    ----------
    found : ListMatches
    axis : Grouped
        Groups of the rows of probes.
    list_group : ndarray of int64, shape (R,)
        The group of each subject on the list.
    list_groups : tuple of str, length H
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending, none below ``found.floor``.
    confidence : float
        Of the two-sided interval.

    Returns
    -------
    Rates
        A group of probes times one of the list each, by group of probes: ``F → M``.
    """
    probes, listed = len(axis.names), len(list_groups)
    cells = probes * listed
    person = np.unique(found.probe_subjects, return_inverse=True)[1].astype(np.int64)
    tried, searches_of = _searches(found, axis, person)
    size = np.bincount(list_group, minlength=listed)
    trials = (tried[:, None] * size).ravel()
    matches, squared, fourth, by_trials = np.zeros((4, cells, len(thresholds)))
    for index, matched in matches_at(found, list_group, listed, thresholds):
        row = matched.probe[matched.search]
        kept = axis.of[row] >= 0
        row = row[kept]
        cell: IntArray = axis.of[row] * listed + matched.group[kept]
        matches[:, index] = np.bincount(cell, minlength=cells)
        touching = searches_of[row] * size[matched.group[kept]] + tried[axis.of[row]]
        by_trials[:, index] = np.bincount(cell, touching, cells)
        for subject in (person[row], matched.reference[kept]):
            of, n = np.unique(subject * cells + cell, return_counts=True)
            squared[:, index] += np.bincount(of % cells, n.astype(np.float64) ** 2, cells)
            fourth[:, index] += np.bincount(of % cells, n.astype(np.float64) ** 4, cells)
    own_squared, subjects = _squared_searches(axis, person, searches_of)
    effects = np.ones(matches.shape)
    for number, own in enumerate(matches.astype(np.int64)):
        probe, group = divmod(number, listed)
        second, uneven = squared[number], fourth[number] > 0
        sums = SubjectSums(
            int(subjects[probe] + size[group]),
            second,
            by_trials[number],
            int(own_squared[probe]) * int(size[group]) ** 2 + int(size[group]) * int(tried[probe]) ** 2,
            np.where(uneven, second**2 / np.where(uneven, fourth[number], 1.0), np.inf),
        )
        measured = design_effect(own, int(trials[number]), sums, touch_two=True)
        effects[number] = carried(measured * small_sample(sums.effective_subjects), own)
    interval = clopper_pearson(matches / effects, trials[:, None] / effects, confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = matches / trials[:, None]
    names = tuple(f"{probe} → {group}" for probe in axis.names for group in list_groups)
    counted = matches.astype(np.int64)
    return Rates("FMR", names, trials, counted, effects, estimate, interval.lower, interval.upper, confidence)


def _searches(found: ListMatches, axis: Grouped, person: IntArray) -> tuple[IntArray, IntArray]:
    """Return the searches of each group, and of the subject of each row within its group."""
    of = axis.of >= 0
    tried = np.bincount(axis.of[of], found.probe_searches[of], len(axis.names)).astype(np.int64)
    _, own = np.unique(person * (len(axis.names) + 1) + axis.of, return_inverse=True)
    return tried, np.bincount(own, found.probe_searches).astype(np.int64)[own]


def _squared_searches(axis: Grouped, person: IntArray, searches_of: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the sum over probe subjects of squared searches, and how many subjects there are, by group."""
    _, first = np.unique(person * (len(axis.names) + 1) + axis.of, return_index=True)
    first = first[axis.of[first] >= 0]
    groups, sizes = len(axis.names), searches_of[first].astype(np.float64)
    squared: FloatArray = np.bincount(axis.of[first], sizes**2, groups).astype(np.float64)
    return squared, np.bincount(axis.of[first], minlength=groups)
