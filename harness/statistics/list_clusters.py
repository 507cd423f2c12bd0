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

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.counting import ListMatches
from harness.statistics.clustering import small_sample

__all__ = ["OnlyMatches", "list_excess", "only_matches", "two_way_effect"]

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
    people, searches : ndarray of int64, shape (P,)
        Who each probe of `harness.counting.ListMatches` is, numbered from 0; and how many searches it has.
    probe, reference : ndarray of int64, shape (S,)
        Index of the probe, and of the subject of the list who is the best match.
    start, end : ndarray of int64, shape (S,)
        That subject is the only match at the thresholds with indices from start up to end, which is not included; below
        start there are others too.
    """

    thresholds: FloatArray
    first: int
    listed: int
    people: IntArray
    searches: IntArray
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
        found.probe_searches,
        found.probe[at],
        found.reference[at],
        np.searchsorted(thresholds, second, side="right"),
        np.searchsorted(thresholds, best, side="right"),
    )


def two_way_effect(of_list: OnlyMatches, probes: BoolArray, matches: IntArray, trials: int) -> FloatArray:
    """Return the design effect of a group's FPIR for lists alike, clustered by probe subject and by list subject.

    It allows for its being estimated from few subjects of either kind, as `harness.statistics.clustering.small_sample`
    does. Parameters are those of `list_excess`.

    Returns
    -------
    ndarray of float64, shape (T,)
        At least 1. Where not all matches are known, it is that of the first threshold at which they are, NaN if they
        are at none; inf for one person, or a list of one subject.

    References
    ----------
    See the module.
    """
    first = of_list.first
    if first >= len(of_list.thresholds) or not trials:
        return np.full(len(of_list.thresholds), 1.0 if not trials else np.nan)
    searches = np.bincount(of_list.people[probes], weights=of_list.searches[probes])
    of_group = probes[of_list.probe]
    person, end = of_list.people[of_list.probe[of_group]], of_list.end[of_group]
    rate = matches / trials
    rest = searches.copy()
    rest[person] = 0.0  # those who draw no alert at any threshold
    second, fourth = (rest**2).sum() * rate**2, (rest**4).sum() * rate**4
    for people, alerts in _by_key(person, np.zeros_like(end), end, len(rate)):
        squared = (alerts - searches[people, None] * rate) ** 2
        second += squared.sum(axis=0)
        fourth += (squared**2).sum(axis=0)
    number = np.count_nonzero(searches)
    independent = matches * ((trials - matches) / trials)
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(fourth > 0, second**2 / fourth, float(number))
        effect = np.where(independent > 0, second / independent * number / (number - 1.0), 1.0)
    if number == 1:
        effect = np.where(independent > 0, np.inf, 1.0)
    by_probe = np.maximum(effect, 1.0) * small_sample(effective)
    by_probe[:first] = by_probe[first]
    return by_probe + list_excess(of_list, probes, matches, trials)


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
    _, index, number = np.unique(keys, return_inverse=True, return_counts=True)
    alone = number[index] == 1
    starts, ends = (np.bincount(edge[alone], minlength=thresholds + 1) for edge in (start, end))
    sums = np.zeros((4, thresholds)) + np.cumsum(starts - ends)[:thresholds]
    for _, held in _by_key(keys[~alone], start[~alone], end[~alone], thresholds):
        squared = held**2
        powers = (held, squared, squared * held, squared**2)
        sums += np.stack([power.sum(axis=0) for power in powers])
    return sums


def _by_key(
    keys: IntArray, start: IntArray, end: IntArray, thresholds: int
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Give some keys, and how many intervals of each hold each threshold, shape (K, T): as many as fit in memory."""
    order = np.argsort(keys, kind="stable")
    own, index = np.unique(keys[order], return_inverse=True)
    at_once = max(1, CELLS_AT_ONCE // (thresholds + 1))
    for first in range(0, len(own), at_once):
        rows = slice(*np.searchsorted(index, [first, first + at_once]))
        of_block = own[first : first + at_once]
        changes = np.zeros((len(of_block), thresholds + 1))
        np.add.at(changes, (index[rows] - first, start[order[rows]]), 1.0)
        np.add.at(changes, (index[rows] - first, end[order[rows]]), -1.0)
        yield of_block, np.cumsum(changes, axis=1)[:, :thresholds]
