"""Who on a watchlist draws false alerts: how unevenly they fall on its subjects, as numbers and never as names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from harness.arrays import FloatArray, IntArray
from harness.counting import ListMatches

__all__ = ["ListSubjects", "beyond_chance", "list_subjects"]

TOP = 0.01
"""Which share of the list is looked at by itself."""


@dataclass(frozen=True, eq=False)
class ListSubjects:
    """How false alerts fall on the subjects of a watchlist, at T thresholds.

    An alert is a non-mated search that somebody on the list matches. It is drawn by everybody who does.

    Attributes
    ----------
    listed : int
        Subjects on the list.
    top : int
        How many are 1 % of them, at least one.
    searches : int
        Non-mated searches.
    first : int
        Index of the first threshold at which all matches are known; the arrays begin there.
    alerts : ndarray of int64
        Searches that somebody matches.
    drawn : ndarray of int64
        Sum over the subjects of the alerts that each draws.
    drawing : ndarray of int64
        Subjects who draw any.
    most : ndarray of int64
        Alerts of the subject who draws most.
    top_share : ndarray of float64
        Share of ``drawn`` that falls on the ``top`` subjects who draw most; NaN where there is none.
    beyond_chance : ndarray of int64
        Subjects whom more people match than is chance, were all subjects matched alike.
    """

    listed: int
    top: int
    searches: int
    first: int
    alerts: IntArray
    drawn: IntArray
    drawing: IntArray
    most: IntArray
    top_share: FloatArray
    beyond_chance: IntArray


def list_subjects(found: ListMatches, thresholds: FloatArray, confidence: float) -> ListSubjects:
    """Count whom on the list false alerts fall on, at every threshold.

    Parameters
    ----------
    found : ListMatches
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending.
    confidence : float
        Of the tests of who is matched beyond chance, all together.

    References
    ----------
    That few subjects of a gallery may cause most false matches: Doddington, G., Liggett, W., Martin, A., Przybocki,
    M., Reynolds, D. (1998). Sheep, goats, lambs and wolves. ICSLP; Yager, N., Dunstone, T. (2010). The biometric
    menagerie. IEEE T-PAMI 32, 220-230.

    Examples
    --------
    >>> one = np.array([1])
    >>> at = np.array([0, 1]), np.array([0, 1]), np.array([1, 1]), np.array([0.9, 0.7])
    >>> matches = ListMatches(("sex",), 0.5, (("F",),) * 2, np.arange(2), np.array([1, 1]), (("M",),) * 4, *at)
    >>> counted = list_subjects(matches, np.array([0.6, 0.8]), 0.95)
    >>> counted.alerts, counted.most, counted.top_share
    (array([2, 1]), array([2, 1]), array([1., 1.]))
    """
    first = int(np.searchsorted(thresholds, found.floor))
    known, listed = thresholds[first:], found.size
    top = max(1, int(np.ceil(TOP * listed)))
    reached = np.searchsorted(known, found.score, side="right")
    people = np.unique(found.probe_subjects, return_inverse=True)[1]  # any whole numbers, from 0 on
    pairs, bins_of_pairs = _highest(people[found.probe] * max(listed, 1) + found.reference, reached)
    _, bins_of_searches = _highest(found.search, reached)
    people_of_pairs = pairs % max(listed, 1)
    by_match, by_pair = np.argsort(-reached, kind="stable"), np.argsort(-bins_of_pairs, kind="stable")
    ends = [
        np.searchsorted(-bins[order], -np.arange(len(known)), side="left")
        for bins, order in ((reached, by_match), (bins_of_pairs, by_pair))
    ]
    rows: list[tuple[int, int, int, float, int]] = []
    drawn, matched = np.zeros((2, listed), np.int64)
    done = [0, 0]
    for index in reversed(range(len(known))):
        for which, (counts, subjects, order) in enumerate(
            ((drawn, found.reference, by_match), (matched, people_of_pairs, by_pair))
        ):
            new = subjects[order[done[which] : ends[which][index]]]
            counts += np.bincount(new, minlength=listed)
            done[which] = int(ends[which][index])
        rows.append(_told(drawn, matched, top, confidence))
    told = np.array(rows[::-1], np.float64).reshape(-1, 5)
    alerts = np.cumsum(np.bincount(bins_of_searches, minlength=len(known) + 1)[:0:-1])[::-1]
    drawn_by_all, drawing, most, named = told[:, [0, 1, 2, 4]].astype(np.int64).T
    return ListSubjects(
        listed=listed,
        top=top,
        searches=found.searches,
        first=first,
        alerts=alerts.astype(np.int64),
        drawn=drawn_by_all,
        drawing=drawing,
        most=most,
        top_share=told[:, 3],
        beyond_chance=named,
    )


def _told(
    drawn: IntArray, matched: IntArray, top: int, confidence: float
) -> tuple[int, int, int, float, int]:
    total = int(drawn.sum())
    if not total:
        return 0, 0, 0, np.nan, 0
    of_top = int(np.partition(drawn, len(drawn) - top)[len(drawn) - top :].sum())
    return (
        total,
        int(np.count_nonzero(drawn)),
        int(drawn.max()),
        of_top / total,
        beyond_chance(matched, confidence),
    )


def _highest(keys: IntArray, values: IntArray) -> tuple[IntArray, IntArray]:
    """Return each key once, with the highest value that it has."""
    order = np.lexsort((values, keys))
    last = np.flatnonzero(np.diff(keys[order], append=-1)) if len(keys) else order
    return keys[order[last]], values[order[last]]


def beyond_chance(matched: IntArray, confidence: float) -> int:
    """Count the subjects of a list whom more people match than is chance, were all matched alike.

    Given the number of all pairs of a person and a subject who match, a subject's share of them is binomial with a
    probability of one over the subjects on the list. A person is counted once for each subject, however often they were
    searched for, since searches for one person are not independent.

    Parameters
    ----------
    matched : ndarray of int64, shape (R,)
        By subject on the list, the people who match.
    confidence : float
        One less the chance that any subject is named where all are alike.

    References
    ----------
    The exact binomial test, one-sided: Clopper, Pearson (1934), Biometrika 26, 404-413; Holm, S. (1979), Scandinavian
    Journal of Statistics 6, 65-70. A person who matches several subjects matches each of them once, which makes shares
    more even than the binomial has them, so the test errs towards naming nobody.

    Examples
    --------
    >>> beyond_chance(np.array([12, 1, 0, 2, 1, 0, 0, 1, 0, 1]), 0.95)
    1
    """
    total = int(matched.sum())
    values, subjects = np.unique(matched, return_counts=True)
    values, subjects = values[::-1], subjects[::-1]  # the most matched have the smallest p-values
    p_value = np.where(values > 0, special.bdtrc(values - 1.0, total, 1 / len(matched)), 1.0)
    tested_before = np.cumsum(subjects) - subjects
    named = 0
    for p, before, alike in zip(p_value.tolist(), tested_before.tolist(), subjects.tolist(), strict=True):
        # Of subjects alike the first is held to the smallest level; Holm's procedure stops where one fails.
        if p * (len(matched) - before) > 1 - confidence:
            break
        named += alike
    return named
