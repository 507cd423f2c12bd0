"""Live recognition whose truth is known: passers-by searched against a watchlist, with the candidates of each search.

A comparison of a passer-by of group g with a listed subject of group h reaches threshold t with probability

    f w l FMR_gh(t),

f being the passer-by's factor, w the listed subject's and l that of the light. One passer-by in 20 resembles many and
one listed subject in 50 (a wolf) is resembled by many; the means of f and of w are 1. Given the factors, the
comparisons of one search are independent, so the chance that nobody on a list reaches t is a product over its groups
and kinds, and every rate below follows by adding up: nothing is simulated.

The right person's own score follows FNMR_g(t), shifted at night. The search hits at t when that score reaches t
and nobody else's reaches it: a tie with another person counts against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from harness.arrays import FloatArray, IntArray
from harness.errors import InputError
from harness.synthetic.curves import Curve
from harness.synthetic.trials import ETHNICITIES
from harness.synthetic.worlds import GRID

__all__ = [
    "CROWD",
    "DAY",
    "LIGHTS",
    "LISTS",
    "NIGHT",
    "PREVALENCE",
    "Listed",
    "LiveWorld",
    "MatedRates",
    "live_truth",
]

DAY, NIGHT = LIGHTS = ("day", "night")

LISTS: Mapping[str, Mapping[str, int]] = {
    "as tested": {"Asian": 1800, "Black": 2000, "White": 2200},
    "half": {"Asian": 900, "Black": 1000, "White": 1100},
    "one sixth": {"Asian": 300, "Black": 333, "White": 367},
    "nearly all of one group": {"Asian": 40, "Black": 2000, "White": 40},
    "twice as long": {"Asian": 3600, "Black": 4000, "White": 4400},
}
"""Lists by name, each by ethnicity; the first is that of the searches."""

CROWD: Mapping[str, float] = {"Asian": 0.2, "Black": 0.2, "White": 0.6}
PREVALENCE = 0.001
"""Shares of the passers-by of a deployment, and how many of these are on the list."""


class Listed(NamedTuple):
    """Subjects of a list who are alike.

    Attributes
    ----------
    label : str
        Their ethnicity.
    factor : float
        Theirs, of the chance of a false match.
    subjects : int
    """

    label: str
    factor: float
    subjects: int


class MatedRates(NamedTuple):
    """What becomes of the mated searches of a group, as shares of all of them, at each threshold.

    Attributes
    ----------
    hit : ndarray of float64
        The right person is returned first, at the threshold or above: TPIR.
    below : ndarray of float64
        The right person's score is below the threshold.
    outranked : ndarray of float64
        It is not, but another's is as high.
    failed : ndarray of float64
        No face was acquired; these three add up to FNIR.
    wrong : ndarray of float64
        Another person's score reaches the threshold, hit or not.
    """

    hit: FloatArray
    below: FloatArray
    outranked: FloatArray
    failed: FloatArray
    wrong: FloatArray


def _curve(factor: float) -> Curve:
    differing = ((0.50, 1e-4 * factor), (0.58, 1.5e-5 * factor))
    return Curve(((0.20, 1.0), *differing, (0.60, 1e-5), (0.64, 1.5e-6), (0.70, 3e-8)))


def _fnmr(at_060: float) -> Curve:
    return Curve(((0.60, at_060), (0.66, float(special.ndtr(special.ndtri(at_060) + 1)))), link="probit")


PEOPLE = {"Asian": 7500, "Black": 7500, "White": 15000}
NIGHTS = {"Asian": 3, "Black": 5, "White": 3}

FACTORS = {"Asian": 2.5, "Black": 4.0, "White": 1.0}
FNMR_AT_060 = {"Asian": 0.10, "Black": 0.12, "White": 0.09}

FMR_CURVES: Mapping[str, Curve] = {label: _curve(factor) for label, factor in FACTORS.items()}
FNMR_CURVES: Mapping[str, Curve] = {label: _fnmr(rate) for label, rate in FNMR_AT_060.items()}

CROSSED = 1 / 20
"""FMR between two ethnicities, as a share of the lowest within one."""
CROSS_FMR = Curve(tuple((t, rate if t == 0.2 else CROSSED * rate) for t, rate in FMR_CURVES["White"].knots))

# A share of people has the second factor; the first makes the mean 1.
CONFUSED_SHARE, CONFUSED_FACTORS = 1 / 20, (0.5, 10.5)
WOLVES_ONE_IN, WOLF_FACTORS = 50, (0.8, 10.8)
LIGHT_FACTORS = {DAY: 1.0, NIGHT: 2.0}

DARKER = {DAY: 0.0, NIGHT: 0.03}
"""How much lower a mated score is."""
FAILING = {DAY: 0.01, NIGHT: 0.04}
"""How often no face is acquired of somebody who is on the list."""
FLOOR = 0.5
"""The score from which candidates are listed."""


@dataclass(frozen=True, kw_only=True)
class LiveWorld:
    """A crowd, a watchlist and a matcher, all made up.

    Parameters
    ----------
    composition : mapping of str to int
        Subjects on the watchlist, by ethnicity.
    people : mapping of str to int
        Passers-by who are not on it. The one with number i passes 1 + i mod 3 times.
    volunteers : mapping of str to int
        Of those on the list, the first of each ethnicity, who pass `passes` times each.
    passes : int
    nights : mapping of str to int
        Of ten passes of an ethnicity, how many are by night.

    Examples
    --------
    >>> world = LiveWorld()
    >>> [round(float(world.fpir(label, 0.6)), 4) for label in ("Asian", "Black", "White")]
    [0.0241, 0.0299, 0.0283]
    """

    composition: Mapping[str, int] = field(default_factory=lambda: LISTS["as tested"])
    people: Mapping[str, int] = field(default_factory=lambda: PEOPLE)
    volunteers: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(ETHNICITIES, 200))
    passes: int = 4
    nights: Mapping[str, int] = field(default_factory=lambda: NIGHTS)

    def __post_init__(self) -> None:
        for label in ETHNICITIES:
            if not 1 <= self.volunteers[label] <= self.composition[label]:
                problem = f"{self.volunteers[label]} of {self.composition[label]} listed subjects"
                raise InputError(f"volunteers are some of those on the list, got {problem} of group {label}")

    def fmr(self, probe: str, reference: str) -> Curve:
        """Give the curve of comparisons of two ethnicities, by day and before all factors."""
        return FMR_CURVES[probe] if probe == reference else CROSS_FMR

    def factor_of(self, subjects: IntArray) -> FloatArray:
        """Give the factors of listed subjects by their numbers within their ethnicity: every 50th is a wolf."""
        return np.asarray(np.where(subjects % WOLVES_ONE_IN, *WOLF_FACTORS), dtype=np.float64)

    def night_of(self, label: str, passes: int) -> npt.NDArray[np.bool_]:
        """Say of each of the first passes of an ethnicity whether it is by night."""
        return np.arange(passes) % 10 < self.nights[label]

    def passes_of(self, label: str) -> IntArray:
        """Count how often each passer-by of an ethnicity passes."""
        return 1 + np.arange(self.people[label]) % 3

    @property
    def tested_list(self) -> tuple[Listed, ...]:
        """The list of the searches, by ethnicity and kind."""
        kinds = []
        for label, size in self.composition.items():
            factors, subjects = np.unique(self.factor_of(np.arange(size)), return_counts=True)
            kinds += [Listed(label, float(f), int(n)) for f, n in zip(factors, subjects, strict=True)]
        return tuple(kinds)

    def fpir(
        self,
        label: str,
        threshold: npt.ArrayLike,
        light: str | None = None,
        composition: Mapping[str, int] | None = None,
    ) -> FloatArray:
        """Give the true FPIR of passers-by of an ethnicity at each threshold.

        Parameters
        ----------
        label : str
        threshold : array_like
        light : {"day", "night"}, optional
            By default both, as often as they are among the searches.
        composition : mapping of str to int, optional
            Of another list, whose subjects are drawn at random from all people of their ethnicity; by default the
            rate is that of the very list that was searched, whose wolves are known.
        """
        at = np.asarray(threshold, dtype=np.float64)
        searched = None if composition is None else _drawn_at_random(composition)
        passes = int(self.passes_of(label).sum())
        rates = [
            share * kind * -np.expm1(self.log_none(label, factor, of, at, searched))
            for of, share in self._lights(label, passes, light)
            for kind, factor in self.kinds_of_people
        ]
        return np.asarray(np.sum(rates, axis=0), dtype=np.float64)

    def mated(self, label: str, threshold: npt.ArrayLike, light: str | None = None) -> MatedRates:
        """Give what truly becomes of the mated searches of an ethnicity, at thresholds on the grid of scores."""
        at = np.asarray(threshold, dtype=np.float64)
        passes = self.volunteers[label] * self.passes
        parts = [
            [share * rate for rate in self._mated_by(label, of, at)]
            for of, share in self._lights(label, passes, light)
        ]
        return MatedRates(*(np.asarray(np.sum(part, axis=0)) for part in zip(*parts, strict=True)))

    @property
    def kinds_of_people(self) -> tuple[tuple[float, float], ...]:
        """Share and factor of every kind of passers-by."""
        usual, confused = CONFUSED_FACTORS
        return ((1 - CONFUSED_SHARE, usual), (CONFUSED_SHARE, confused))

    def log_none(
        self,
        label: str,
        factor: float,
        light: str,
        at: FloatArray,
        searched: Sequence[Listed] | None = None,
    ) -> FloatArray:
        """Give the logarithm of the chance that nobody reaches each threshold.

        Parameters
        ----------
        label, factor, light
            Of the passer-by.
        at : ndarray
            Thresholds.
        searched : sequence of Listed, optional
            Those who are searched; by default all of the list.
        """
        logs = np.zeros(at.shape)
        with np.errstate(divide="ignore"):  # where a chance is 1 somebody does
            for reference, of, subjects in self.tested_list if searched is None else searched:
                rate = self.fmr(label, reference).rate(at)
                logs += subjects * np.log1p(-np.minimum(factor * of * LIGHT_FACTORS[light] * rate, 1.0))
        return logs

    def _lights(self, label: str, passes: int, light: str | None) -> Iterator[tuple[str, float]]:
        if light is not None:
            yield light, 1.0
            return
        night = float(self.night_of(label, passes).mean())
        yield from ((DAY, 1 - night), (NIGHT, night))

    def _mated_by(self, label: str, light: str, at: FloatArray) -> MatedRates:
        scores = np.arange(GRID + 1) / GRID
        below = FNMR_CURVES[label].rate(scores + DARKER[light])
        own = np.diff(below, append=1.0)  # the highest score of the grid takes what is beyond
        others = self._nobody_else(label, light, scores)
        hits = np.cumsum((own * others)[::-1])[::-1]
        seen = 1 - FAILING[light]
        index = np.round(at * GRID).astype(np.int64)
        hit, reached = hits[index], 1 - below[index]
        return MatedRates(
            seen * hit,
            seen * below[index],
            seen * (reached - hit),
            np.full(at.shape, 1 - seen),
            seen * (1 - others[index]),
        )

    def _nobody_else(self, label: str, light: str, at: FloatArray) -> FloatArray:
        """Give the chance that nobody but the right person reaches each threshold, over all volunteers."""
        factors, volunteers = np.unique(self.factor_of(np.arange(self.volunteers[label])), return_counts=True)
        chance = np.zeros(at.shape)
        for kind, factor in self.kinds_of_people:
            for of, number in zip(factors.tolist(), volunteers.tolist(), strict=True):
                others = [
                    who._replace(subjects=who.subjects - (who.label == label and who.factor == of))
                    for who in self.tested_list
                ]
                share = kind * number / self.volunteers[label]
                chance += share * np.exp(self.log_none(label, factor, light, at, others))
        return chance


def _drawn_at_random(composition: Mapping[str, int]) -> tuple[Listed, ...]:
    """Give a list of subjects who are wolves by chance: the mean of their factors is 1, and they are independent."""
    return tuple(Listed(label, 1.0, size) for label, size in composition.items())


def live_truth(world: LiveWorld, thresholds: Sequence[float]) -> dict[str, Any]:
    """Give what is true of a live world as plain values, ready for JSON, rates to 12 digits.

    Parameters
    ----------
    world : LiveWorld
    thresholds : sequence of float
        On the grid of scores: whole numbers of ten-thousandths.
    """
    at = np.array(thresholds)
    return {
        "description": (
            "Synthetic. Searches of a watchlist of 6,000, with the candidates of each. Within an ethnicity the FMR of "
            "Black people is 4 times and of Asian people 2.5 times that of White people up to 0.58, and equal from "
            "0.60; between two it is a twentieth of the lowest. What FPIR differs from there is the list's mix "
            "and the light. One listed subject in 50 is matched 10.8 times as often as the mean, one passer-by in 20 "
            "matches 10.5 times as often."
        ),
        "watchlist": dict(world.composition),
        "floor": FLOOR,
        "fmr_curves": {
            **{label: curve.to_dict() for label, curve in FMR_CURVES.items()},
            "between ethnicities": CROSS_FMR.to_dict(),
        },
        "fnmr_curves": {label: curve.to_dict() for label, curve in FNMR_CURVES.items()},
        "thresholds": [float(t) for t in thresholds],
        "groups": {label: _truth_of(world, label, at) for label in ETHNICITIES},
        "lists": {name: _truth_on(world, composition, at) for name, composition in LISTS.items()},
        "deployment": _truth_of_deployment(world, at),
    }


def _truth_of(world: LiveWorld, label: str, at: FloatArray) -> dict[str, Any]:
    rates = world.mated(label, at)
    return {
        "fpir": _plain(world.fpir(label, at)),
        "fpir_by_light": {light: _plain(world.fpir(label, at, light)) for light in LIGHTS},
        "tpir": _plain(rates.hit),
        "tpir_by_light": {light: _plain(world.mated(label, at, light).hit) for light in LIGHTS},
        **{name: _plain(getattr(rates, name)) for name in ("below", "outranked", "failed", "wrong")},
    }


def _truth_on(world: LiveWorld, composition: Mapping[str, int], at: FloatArray) -> dict[str, Any]:
    rates = {label: world.fpir(label, at, composition=composition) for label in ETHNICITIES}
    all_rates = np.stack(list(rates.values()))
    return {
        "size": sum(composition.values()),
        "composition": dict(composition),
        "fpir": {label: _plain(rate) for label, rate in rates.items()},
        "worst_fpir_ratio": _plain(all_rates.max(axis=0) / all_rates.min(axis=0)),
    }


def _truth_of_deployment(world: LiveWorld, at: FloatArray) -> dict[str, Any]:
    """Give what 10,000 passers-by face, of the crowd and on the list that was searched."""
    false, true, missed = np.zeros(at.shape), np.zeros(at.shape), np.zeros(at.shape)
    for label, share in CROWD.items():
        passing, listed = 1e4 * share * (1 - PREVALENCE), 1e4 * share * PREVALENCE
        rates = world.mated(label, at)
        false += passing * world.fpir(label, at) + listed * rates.wrong
        true += listed * rates.hit
        missed += listed * (1 - rates.hit)
    return {
        "crowd": dict(CROWD),
        "prevalence": PREVALENCE,
        "false_per_10000": _plain(false),
        "true_per_10000": _plain(true),
        "missed_per_10000": _plain(missed),
        "share_false": _plain(false / (false + true)),
    }


def _plain(rates: FloatArray) -> list[float]:
    return [float(f"{rate:.12g}") for rate in rates]
