"""From who on a watchlist is matched to the design effect of FPIR for lists alike, not for this very list alone.

Searches of one list rise and fall together: a subject on it who resembles many draws alerts from them all. The rate is
clustered by probe subject a and by list subject j. With Y the alerts of a person less their share of all, and u the
searches of a person in which j is the only match,

    variance = (sum over a of Y² + sum over j of (u_j - ū)² - sum over a and j of (u_aj - ū)²) / n²

for n searches; u_j is the sum of u_aj over a, and each ū is a mean. It is the variance of two-way clusters (Cameron,
Gelbach, Miller 2011, JBES 29, 238-249, equation 2.5). What a subject of the list adds to the rate is its leave-one-out
influence: without j the alerts of those searches are gone in which nobody else matches (the jackknife: Efron, Stein
1981, Annals of Statistics 9, 586-596). The top candidates of all alerts would give those who share a search too much.

A search has one only match from its second highest score, not included, up to its highest. So two numbers of each
search, and sums over their differences, give the sums at every threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.counting import ListMatches
from harness.statistics.clustering import small_sample

__all__ = ["OnlyMatches", "list_excess", "only_matches"]

CELLS_AT_ONCE = 1 << 22

FEWEST_OF_LIST = 3
"""Degrees of freedom at the least: half a dozen subjects who are matched often may make most of the variance."""


@dataclass(frozen=True, eq=False)
class OnlyMatches:
    """Between which thresholds a search has one only match, and of whom: S searches with a match, T thresholds.

    Attributes
    ----------
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending.
    first : int
        Index of the first threshold from which all matches are known.
    listed : int
        Subjects on the list.
    people : ndarray of int64, shape (P,)
        Who each probe of `harness.counting.ListMatches` is, numbered from 0.
    probe, reference : ndarray of int64, shape (S,)
        Index of the probe, and of the subject of the list who is the best match.
    start, end : ndarray of int64, shape (S,)
        That subject is the only match at the thresholds with indices from start up to end, which is not included.
    """

    thresholds: FloatArray
    first: int
    listed: int
    people: IntArray
    probe: IntArray
    reference: IntArray
    start: IntArray
    end: IntArray


def only_matches(found: ListMatches, thresholds: FloatArray) -> OnlyMatches:
    """Find who is the only match of each search, and at which thresholds.

    Parameters
    ----------
    found : ListMatches
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending.

    Examples
    --------
    >>> one, score = np.array([1]), np.array([0.9, 0.7])
    >>> both = np.array([0, 0]), np.array([0, 0]), np.array([0, 1])
    >>> matches = ListMatches(("sex",), 0.5, (("F",),), one, one, (("F",), ("M",)), *both, score)
    >>> found = only_matches(matches, np.array([0.6, 0.7, 0.8, 0.9]))
    >>> found.start, found.end, found.reference
    (array([2]), array([4]), array([0]))
    """
    starts = np.flatnonzero(np.diff(found.search, prepend=-1)) if len(found.search) else found.search
    search = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(found.search)))
    if not len(starts):
        best = second = np.zeros(0)
        at = starts
    else:
        best = np.maximum.reduceat(found.score, starts)
        is_best = np.flatnonzero(found.score == best[search])
        _, first_of_search = np.unique(search[is_best], return_index=True)
        at = is_best[first_of_search]
        others = found.score.copy()
        others[at] = -np.inf
        second = np.maximum.reduceat(others, starts)
    return OnlyMatches(
        thresholds,
        int(np.searchsorted(thresholds, found.floor)),
        found.size,
        np.unique(found.probe_subjects, return_inverse=True)[1],
        found.probe[at],
        found.reference[at],
        np.searchsorted(thresholds, second, side="right"),
        np.searchsorted(thresholds, best, side="right"),
    )


def list_excess(of_list: OnlyMatches, probes: BoolArray, matches: IntArray, trials: int) -> FloatArray:
    """Return by how much the variance between list subjects adds to the design effect of a group's FPIR.

    It allows for its being estimated from few subjects, as `harness.statistics.clustering.small_sample` does.

    Parameters
    ----------
    of_list : OnlyMatches
        At T thresholds.
    probes : ndarray of bool, shape (P,)
        Which probes are of the group.
    matches : ndarray of int64, shape (T,)
        Searches of the group with an alert.
    trials : int
        Searches of the group.

    Returns
    -------
    ndarray of float64, shape (T,)
        At least 0. Where not all matches are known, it is that of the first threshold at which they are; inf for a
        list of one subject, which tells nothing of others.

    References
    ----------
    See the module.
    """
    if of_list.first >= len(of_list.thresholds) or not trials:
        return np.zeros(len(of_list.thresholds))
    if of_list.listed < 2:
        return np.where(matches > 0, np.inf, 0.0)
    of_group = probes[of_list.probe]
    spans = of_list.start[of_group], of_list.end[of_group], len(of_list.thresholds)
    reference, person = of_list.reference[of_group], of_list.people[of_list.probe[of_group]]
    of_subjects = _power_sums(reference, *spans)
    of_pairs = _power_sums(person * of_list.listed + reference, *spans)
    pairs = of_list.listed * len(np.unique(of_list.people[probes]))
    between, effective = _between(of_subjects, of_list.listed)
    within = of_pairs[1] - of_pairs[0] ** 2 / pairs
    independent = matches * ((trials - matches) / trials)
    degrees = small_sample(effective, fewest=FEWEST_OF_LIST)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(independent > 0, (between * degrees - within) / independent, 0.0)
    excess[: of_list.first] = excess[of_list.first]
    return np.maximum(excess, 0.0)


def _between(sums: FloatArray, subjects: int) -> tuple[FloatArray, FloatArray]:
    """Return the sum of squared deviations of subjects from their mean, corrected for it, and how many deviate."""
    first, second, third, fourth = sums
    mean = first / subjects
    squared = second - first * mean
    fourths = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**3 * first
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(fourths > 0, squared**2 / fourths, float(subjects))
    return squared * subjects / (subjects - 1), np.minimum(effective, subjects)


def _power_sums(keys: IntArray, start: IntArray, end: IntArray, thresholds: int) -> FloatArray:
    """Add up the first four powers of how many intervals of each key hold each threshold, shape (4, T)."""
    order = np.argsort(keys, kind="stable")
    _, index, number = np.unique(keys[order], return_inverse=True, return_counts=True)
    start, end = start[order], end[order]
    alone = number[index] == 1
    sums = np.zeros((4, thresholds))
    steps = np.bincount(start[alone], minlength=thresholds + 1) - np.bincount(
        end[alone], minlength=thresholds + 1
    )
    sums += np.cumsum(steps)[:thresholds]
    several = np.flatnonzero(number > 1)
    index = np.searchsorted(several, index[~alone])
    start, end = start[~alone], end[~alone]
    at_once = max(1, CELLS_AT_ONCE // (thresholds + 1))
    for first in range(0, len(several), at_once):
        rows = slice(*np.searchsorted(index, [first, first + at_once]))
        keys_here = min(at_once, len(several) - first)
        changes = np.zeros((keys_here, thresholds + 1))
        np.add.at(changes, (index[rows] - first, start[rows]), 1.0)
        np.add.at(changes, (index[rows] - first, end[rows]), -1.0)
        held = np.cumsum(changes, axis=1)[:, :thresholds]
        squared = held**2
        sums += np.stack(
            [held.sum(axis=0), squared.sum(axis=0), (squared * held).sum(axis=0), (squared**2).sum(axis=0)]
        )
    return sums
