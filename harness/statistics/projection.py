"""FPIR at other watchlists than the one that was tested, from who on that list every search matches.

A list of N_h subjects, drawn at random from the R_h of each group h of the tested list, holds none of the m_h subjects
whom a search matches with chance C(R_h - m_h, N_h) / C(R_h, N_h). So the mean over searches of

    v = 1 - product over h of C(R_h - m_h, N_h) / C(R_h, N_h)

is the mean FPIR of all such lists, exactly: rarefaction, as ecologists call it (Hurlbert 1971, Ecology 52, 577-586).
The target of the inference is that mean for people and lists like these. Two sums estimate its variance:

    sum over probe subjects of (sum of v - theta)² / n²,     sum over h of c_h sum over j in h of (D_j - mean D)² / n²,

for n searches. D_j is how much less the searches that match subject j of the list would alert on the list without j; v
with one match and one subject fewer follows from m_h, so that leaving out each subject in turn, the jackknife of a U
statistic (Arvesen 1969, Annals of Mathematical Statistics 40, 2076-2100), is a sum over matches. c_h is 1 - 1 / R_h;
a list of all R_h has R_h - 1 without j, and c_h is R_h / (R_h - 1), which errs on the wide side (Efron, Stein 1981,
Annals of Statistics 9, 586-596). What a probe subject and a subject of the list have to themselves is in both sums,
which is wider still. Effective counts and intervals follow as in `harness.statistics.clustering`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.counting import ListMatches
from harness.statistics.clustering import carried, small_sample
from harness.statistics.differentials import pairs
from harness.statistics.intervals import clopper_pearson
from harness.statistics.rates import Rates

__all__ = ["Grouped", "Rarefied", "alert_chances", "list_influences", "matches_at", "rarefied"]

FEWEST_DEGREES_OF_FREEDOM = 3
"""Degrees of freedom at the least: fewer than for rates, since few wolves on a list may be all that deviates."""


@dataclass(frozen=True, eq=False)
class Grouped:
    """Which group of an axis the searches of each row of probes belong to.

    Attributes
    ----------
    names : tuple of str, length G
    of : ndarray of int64, shape (P,)
        Index of the group; -1 where there is none.
    """

    names: tuple[str, ...]
    of: IntArray


def alert_chances(matches: IntArray, listed: IntArray, wanted: IntArray) -> FloatArray:
    """Return the chance that a random part of the tested list holds somebody whom a search matches.

    Parameters
    ----------
    matches : ndarray of int64, shape (S, H)
        Subjects of each group of the list that each search matches.
    listed, wanted : ndarray of int64, shape (H,)
        Subjects of each group on the tested list, and on the part of it.

    Returns
    -------
    ndarray of float64, shape (S,)

    References
    ----------
    Hurlbert, S. H. (1971). The nonconcept of species diversity. Ecology 52, 577-586.

    Examples
    --------
    >>> alert_chances(np.array([[1, 0], [1, 2]]), np.array([4, 2]), np.array([1, 1])).round(4)
    array([0.25, 1.  ])
    """
    log_none = np.zeros(len(matches))
    for group, (size, part) in enumerate(zip(listed.tolist(), wanted.tolist(), strict=True)):
        log_none += _log_none(size, part, matches[:, group])
    chances: FloatArray = -np.expm1(log_none)
    return chances


def _log_none(listed: int, wanted: int, matches: IntArray) -> FloatArray:
    """Return log of C(R - m, N) / C(R, N), a product of m factors 1 - N / (R - i)."""
    remaining = listed - np.arange(matches.max(initial=0), dtype=np.float64)
    with np.errstate(divide="ignore"):
        steps = np.log1p(-np.minimum(wanted / np.maximum(remaining, 1.0), 1.0))
    return np.concatenate([[0.0], np.cumsum(steps)])[matches]


def list_influences(
    matches: IntArray, listed: IntArray, wanted: IntArray, search: IntArray, group: IntArray
) -> FloatArray:
    """Return by how much a search would alert less without a subject of the list whom it matches.

    That is its chance of an alert without a subject of the same group whom it does not match, less that without the
    one whom it does: C(R_h - 1 - m_h, N_h - 1) / C(R_h - 1, N_h) times the chance of no match in the other groups. Of a
    group of which the list holds all R_h, there are R_h - 1 without either.

    Parameters
    ----------
    matches, listed, wanted
        As for `alert_chances`.
    search, group : ndarray of int64, shape (M,)
        Of each match: the index of its search, and the group of the list's subject.

    Returns
    -------
    ndarray of float64, shape (M,)

    Examples
    --------
    >>> one = np.array([0])
    >>> list_influences(np.array([[1]]), np.array([10]), np.array([10]), one, one)
    array([1.])
    """
    found = np.zeros(len(search))
    log_none = np.stack(
        [
            _log_none(int(r), int(n), matches[:, h])
            for h, (r, n) in enumerate(zip(listed, wanted, strict=True))
        ]
    )
    for h, (size, part) in enumerate(zip(listed.tolist(), wanted.tolist(), strict=True)):
        own = np.flatnonzero(group == h)
        if not part or not len(own):
            continue
        others = np.delete(log_none, h, axis=0).sum(axis=0)[search[own]]
        left = min(part, size - 1)
        if left:
            others = others + _log_none(size - 1, left - 1, matches[:, h])[search[own]]
            others += np.log(left / (size - left))
        found[own] = np.exp(others)
    return found


@dataclass(frozen=True, eq=False)
class _Matched:
    """The searches that match somebody at one threshold: S searches, M matches."""

    probe: IntArray  # (S,)
    search: IntArray  # (M,), index into the S
    reference: IntArray  # (M,)
    group: IntArray  # (M,), of the list's subject
    matches: IntArray  # (S, H)


def matches_at(
    found: ListMatches, list_group: IntArray, groups: int, thresholds: FloatArray
) -> Iterator[tuple[int, _Matched]]:
    """Give the searches that match somebody, at each threshold at which any does, with the index of the threshold.

    Parameters
    ----------
    found : ListMatches
    list_group : ndarray of int64, shape (R,)
        The group of each subject on the list.
    groups : int
        How many groups the list has.
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending.
    """
    score, search, probe, reference = found.score, found.search, found.probe, found.reference
    for index, threshold in enumerate(thresholds.tolist()):
        kept = score >= threshold
        score, search, probe, reference = score[kept], search[kept], probe[kept], reference[kept]
        if not len(score):
            return
        first = np.concatenate([[True], search[1:] != search[:-1]])
        of_match = np.cumsum(first) - 1
        group = list_group[reference]
        searches = int(of_match[-1]) + 1
        counted = np.bincount(of_match * groups + group, minlength=searches * groups)
        yield index, _Matched(probe[first], of_match, reference, group, counted.reshape(searches, groups))


@dataclass(frozen=True, eq=False)
class Rarefied:
    """FPIR of G groups of probes at one list, a random part of the tested one, at T thresholds.

    Attributes
    ----------
    groups : tuple of str, length G
    searches : ndarray of int64, shape (G,)
    subjects : ndarray of int64, shape (G,)
        Probe subjects.
    matched : ndarray of int64, shape (G, T)
        Searches that match somebody whom the list may hold.
    estimate : ndarray of float64, shape (G, T)
        NaN without searches.
    independent, by_probe : ndarray of float64, shape (G, T)
        Variance of the estimate were all searches independent, and clustered by probe subject.
    probes_deviating : ndarray of float64, shape (G, T)
        How many probe subjects, all deviating alike, would be as uneven.
    by_list : ndarray of float64, shape (T, G, G)
        Covariance that groups have through the subjects of the list.
    list_fourth : ndarray of float64, shape (2, T, G, G)
        Sums over subjects of the list of what they add to two groups g and g', to the powers 2 and 2, and 3 and 1.
    """

    groups: tuple[str, ...]
    searches: IntArray
    subjects: IntArray
    matched: IntArray
    estimate: FloatArray
    independent: FloatArray
    by_probe: FloatArray
    probes_deviating: FloatArray
    by_list: FloatArray
    list_fourth: FloatArray

    @cached_property
    def design_effect(self) -> FloatArray:
        """The variance over that of as many independent searches of which a share alerts, shape (G, T).

        Unlike that of counts it may be below 1, for a mean over parts of a list varies less than the searches of one
        part. With few matches it is carried towards 1: the next search to match may match many, and then alerts on
        any part of the list.
        """
        of_list, fourth = (np.einsum("tgg->gt", of) for of in (self.by_list, self.list_fourth[0]))
        of_probes = np.maximum(self.by_probe, self.independent)
        variance = _widened([of_probes, of_list], [self.probes_deviating, _deviating(of_list, fourth)])
        with np.errstate(invalid="ignore", divide="ignore"):
            effect = variance * self.searches[:, None] / (self.estimate * (1 - self.estimate))
        return _carried(effect, self.matched)

    @cached_property
    def joint_effect(self) -> FloatArray:
        """The factor on counts by which the ratio of any two groups has at most its joint variance, shape (T,).

        Groups that share the list share its wolves, which leaves their ratio better known than from each by itself. It
        is the larger of two: at the ratio that was found, and were the rates equal. Wolves of one list group alone
        leave a ratio, once found, as good as certain; were the rates equal they would be what drives them apart. With
        one group, its design effect.
        """
        first, second = pairs(len(self.groups))
        if not len(first):
            alone: FloatArray = self.design_effect[0]
            return alone
        with np.errstate(invalid="ignore", divide="ignore"):
            a, b = self.estimate[first], self.estimate[second]
            n_a, n_b = self.searches[first, None], self.searches[second, None]
            equal = (n_a * a + n_b * b) / (n_a + n_b)
            effect = np.fmax(*(self._effect_of_ratios(first, second, *at) for at in ((a, b), (equal, equal))))
        fewest = np.minimum(self.matched[first], self.matched[second])
        largest: FloatArray = _carried(effect, fewest).max(axis=0)
        return largest

    def _effect_of_ratios(
        self, first: IntArray, second: IntArray, rate: FloatArray, other: FloatArray
    ) -> FloatArray:
        """Return the variance of log ratios over that of counts, were these the rates, shape (pairs, T)."""
        of_probes = np.maximum(self.by_probe, self.independent)
        of_list, fourth = self._of_list(first, second, rate / other)
        scaled = [of_probes[first] / rate**2, of_probes[second] / other**2, of_list / rate**2]
        deviating = [self.probes_deviating[first], self.probes_deviating[second], _deviating(of_list, fourth)]
        inverse = 1 / (self.searches[first, None] * rate) + 1 / (self.searches[second, None] * other)
        return _widened(scaled, deviating) / inverse

    def _of_list(self, first: IntArray, second: IntArray, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return sums over list subjects of the 2nd and 4th power of x - r y, x and y what each adds to two groups."""

        def of(sums: FloatArray, one: IntArray, other: IntArray) -> FloatArray:
            return sums[:, one, other].T

        squares, (fours, threes) = self.by_list, self.list_fourth
        second_power = (
            of(squares, first, first)
            - 2 * ratio * of(squares, first, second)
            + ratio**2 * of(squares, second, second)
        )
        fourth_power = (
            of(fours, first, first)
            - 4 * ratio * of(threes, first, second)
            + 6 * ratio**2 * of(fours, first, second)
            - 4 * ratio**3 * of(threes, second, first)
            + ratio**4 * of(fours, second, second)
        )
        return np.maximum(second_power, 0.0), np.maximum(fourth_power, 0.0)

    def rates(self, confidence: float, design_effect: FloatArray | None = None) -> Rates:
        """Return the rates with Clopper-Pearson intervals on effective counts.

        Parameters
        ----------
        confidence : float
            Of the two-sided interval.
        design_effect : ndarray, broadcast to (G, T), optional
            `design_effect` by default.

        Returns
        -------
        Rates
            Its errors are those to be expected at the list, and no whole numbers.
        """
        own = self.design_effect if design_effect is None else design_effect
        effect = np.broadcast_to(own, self.estimate.shape)
        errors = np.nan_to_num(self.estimate) * self.searches[:, None]
        interval = clopper_pearson(errors / effect, self.searches[:, None] / effect, confidence)
        return Rates(
            "FPIR",
            self.groups,
            self.searches,
            errors,  # type: ignore[arg-type]
            effect,
            self.estimate,
            interval.lower,
            interval.upper,
            confidence,
        )


def _carried(effect: FloatArray, matched: IntArray) -> FloatArray:
    """Carry design effects, 1 where there is none, from thresholds with many matches to those with few, row by row."""
    known = np.where(np.isnan(effect), 1.0, effect)
    return np.array([carried(*of) for of in zip(known, matched, strict=True)])


def _deviating(second: FloatArray, fourth: FloatArray) -> FloatArray:
    """Return how many subjects, all deviating alike, would be as uneven as those with these sums of powers."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(fourth > 0, second**2 / fourth, np.inf)


def _widened(variances: Sequence[FloatArray], deviating: Sequence[FloatArray]) -> FloatArray:
    """Add variances, and widen their sum for the degrees of freedom that it has.

    References
    ----------
    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components. Biometrics 2, 110-114.
    """
    total: FloatArray = np.sum(variances, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.sum([own**2 / of for own, of in zip(variances, deviating, strict=True)], axis=0)
        degrees = np.where(squares > 0, total**2 / squares, np.inf)
    return total * small_sample(degrees, fewest=FEWEST_DEGREES_OF_FREEDOM)


def rarefied(
    found: ListMatches,
    axes: Sequence[Grouped],
    list_group: IntArray,
    lists: Sequence[IntArray],
    thresholds: FloatArray,
) -> list[tuple[Rarefied, ...]]:
    """Return the FPIR of every group of some axes at lists that are random parts of the tested one.

    Parameters
    ----------
    found : ListMatches
    axes : sequence of Grouped
        Groups of the rows of probes.
    list_group : ndarray of int64, shape (R,)
        The group of each subject on the tested list, 0 to H - 1.
    lists : sequence of ndarray of int64, shape (H,)
        Of each list, how many subjects of each group it holds; at most as many as the tested one.
    thresholds : ndarray of float64, shape (T,)
        Canonical, ascending, none below ``found.floor``.

    Returns
    -------
    list of tuple of Rarefied
        By list, by axis.

    References
    ----------
    See the module.

    Examples
    --------
    >>> one = np.array([1, 1])
    >>> both = np.array([0, 1]), np.array([0, 1]), np.array([0, 1])
    >>> cells = (("F",), ("F",))
    >>> matches = ListMatches(("sex",), 0.5, cells, np.arange(2), one, cells, *both, np.array([0.9, 0.8]))
    >>> axis = Grouped(("F",), np.array([0, 0]))
    >>> [(at,)] = rarefied(matches, [axis], np.array([0, 0]), [np.array([1])], np.array([0.7, 0.85]))
    >>> at.estimate
    array([[0.5 , 0.25]])
    """
    groups = len(lists[0]) if lists else 1
    listed = np.bincount(list_group, minlength=groups)
    people = [_People.of_axis(found, axis) for axis in axes]
    sums = [[_Sums(of, list_group, listed, wanted, len(thresholds)) for of in people] for wanted in lists]
    for index, matched in matches_at(found, list_group, groups, thresholds):
        parts = [_Part.of(matched, of) for of in people]
        for wanted, of_axes in zip(lists, sums, strict=True):
            chances = alert_chances(matched.matches, listed, wanted)
            lost = list_influences(matched.matches, listed, wanted, matched.search, matched.group)
            for part, own in zip(parts, of_axes, strict=True):
                own.add(index, part, matched, chances, lost)
    return [tuple(own.result() for own in of_axes) for of_axes in sums]


@dataclass(frozen=True, eq=False)
class _People:
    """The probe subjects of an axis, each within a group."""

    axis: Grouped
    of: IntArray  # (P,), of each row of probes: its subject's number
    group: IntArray  # of each subject, -1 where there is none
    searches: IntArray  # of each subject

    @classmethod
    def of_axis(cls, found: ListMatches, axis: Grouped) -> _People:
        person = np.unique(found.probe_subjects, return_inverse=True)[1].astype(np.int64)
        own, of = np.unique(person * (len(axis.names) + 1) + axis.of + 1, return_inverse=True)
        searches = np.bincount(of, found.probe_searches, len(own)).astype(np.int64)
        return cls(axis, of.astype(np.int64), own % (len(axis.names) + 1) - 1, searches)


@dataclass(frozen=True, eq=False)
class _Part:
    """What the searches with a match are of an axis, at one threshold, whatever the list."""

    group: IntArray  # (S,), -1 where there is none
    cluster: IntArray  # (S,), probe subject in a group, numbered among those with a match
    cluster_group: IntArray
    cluster_searches: IntArray  # all searches of each, with a match or without
    reference: IntArray  # (M,), subject of the list, numbered likewise
    of_list: IntArray  # the subject of the list with each number

    @classmethod
    def of(cls, matched: _Matched, people: _People) -> _Part:
        clusters, cluster = np.unique(people.of[matched.probe], return_inverse=True)
        of_list, reference = np.unique(matched.reference, return_inverse=True)
        group = people.axis.of[matched.probe]
        return cls(group, cluster, people.group[clusters], people.searches[clusters], reference, of_list)


class _Sums:
    """Sums over the searches of each group of an axis at one list, threshold by threshold."""

    def __init__(
        self, people: _People, list_group: IntArray, listed: IntArray, wanted: IntArray, thresholds: int
    ) -> None:
        groups = len(people.axis.names)
        self._axis, self._list_group, self._listed, self._wanted = people.axis, list_group, listed, wanted
        of = (people.group >= 0) & (people.searches > 0)
        group, sizes = people.group[of], people.searches[of].astype(np.float64)
        self._searches = np.bincount(group, sizes, groups).astype(np.int64)
        self._subjects = np.bincount(group, minlength=groups)
        self._squared = np.bincount(group, sizes**2, groups)
        self._fourth = np.bincount(group, sizes**4, groups)
        self._matched = np.zeros((groups, thresholds), np.int64)
        self._mean, self._independent, self._by_probe = np.zeros((3, groups, thresholds))
        self._probes_deviating = np.full((groups, thresholds), np.inf)
        self._by_list, self._fours, self._threes = np.zeros((3, thresholds, groups, groups))

    def add(self, index: int, part: _Part, matched: _Matched, chances: FloatArray, lost: FloatArray) -> None:
        """Add the searches with a match at a threshold."""
        groups, n = len(self._axis.names), self._searches
        of = part.group >= 0
        group, v = part.group[of], chances[of]
        mean = np.bincount(group, v, groups) / np.maximum(n, 1)
        self._matched[:, index] = np.bincount(group[v > 0], minlength=groups)
        self._mean[:, index] = mean
        spread = np.bincount(group, v**2, groups) - n * mean**2
        self._independent[:, index] = np.maximum(spread, 0.0) / np.maximum(n, 1) ** 2
        of_subjects = np.bincount(part.cluster, chances).astype(np.float64)
        self._by_probe[:, index], self._probes_deviating[:, index] = self._probes(part, of_subjects, mean)
        self._add_list(index, part, matched, lost)

    def _probes(self, part: _Part, v: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the variance clustered by probe subject, and how many of them deviate."""
        groups, of, m = len(self._axis.names), part.cluster_group >= 0, self._subjects
        group, sizes = part.cluster_group[of], part.cluster_searches[of].astype(np.float64)
        expected = sizes * mean[group]
        squared = (v[of] - expected) ** 2
        second, fourth = np.bincount(group, squared, groups), np.bincount(group, squared**2, groups)
        without = self._squared - np.bincount(group, sizes**2, groups)
        second = second + mean**2 * without
        fourth = fourth + mean**4 * (self._fourth - np.bincount(group, sizes**4, groups))
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = second / np.maximum(self._searches, 1) ** 2 * (m / (m - 1))
            return np.where(second > 0, variance, 0.0), np.where(fourth > 0, second**2 / fourth, np.inf)

    def _add_list(self, index: int, part: _Part, matched: _Matched, lost: FloatArray) -> None:
        """Add what the subjects of the list add to the groups of probes, apart from its mean in each list group."""
        groups, people = len(self._axis.names), len(part.of_list)
        group = part.group[matched.search]
        of = group >= 0
        summed = np.bincount(group[of] * people + part.reference[of], lost[of], groups * people)
        influence = summed.reshape(groups, people) / np.maximum(self._searches, 1)[:, None]
        list_group = self._list_group[part.of_list]
        for h, (size, wanted) in enumerate(zip(self._listed.tolist(), self._wanted.tolist(), strict=True)):
            own = influence[:, list_group == h]
            if not wanted or not own.shape[1]:
                continue
            mean = own.sum(axis=1, keepdims=True) / size if size > 1 else np.zeros((groups, 1))
            off, absent = own - mean, size - own.shape[1]
            scale = 1.0 if size == 1 else size / (size - 1) if wanted == size else (size - 1) / size
            self._by_list[index] += scale * (off @ off.T + absent * mean @ mean.T)
            self._fours[index] += scale**2 * (off**2 @ (off**2).T + absent * mean**2 @ (mean**2).T)
            self._threes[index] += scale**2 * (off**3 @ off.T + absent * mean**3 @ mean.T)

    def result(self) -> Rarefied:
        """Return what was added up."""
        none = self._searches == 0
        return Rarefied(
            self._axis.names,
            self._searches,
            self._subjects,
            self._matched,
            np.where(none[:, None], np.nan, self._mean),
            self._independent,
            self._by_probe,
            self._probes_deviating,
            self._by_list,
            np.stack([self._fours, self._threes]),
        )
