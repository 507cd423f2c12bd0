"""Drawing the searches of a live world, their candidates and the watchlist, so that every stated rate holds exactly.

Of hundreds of millions of comparisons only those are drawn that reach the floor. Those of one kind of passers-by with
one kind of listed subjects are independent trials of one chance, so the gaps between those that reach it are
geometric. Two passes of one person are alike: of every pair of people, half of the passes show the pair's
own resemblance and half a fresh one, of the same distribution.

Below the floor the highest score of a search is drawn from its distribution given that nobody reaches the floor.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from scipy import special

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.errors import InputError
from harness.synthetic.curves import Curve
from harness.synthetic.live import (
    CONFUSED_FACTORS,
    CONFUSED_SHARE,
    DARKER,
    DAY,
    FAILING,
    FLOOR,
    FNMR_CURVES,
    LIGHT_FACTORS,
    LIGHTS,
    NIGHT,
    LiveWorld,
)
from harness.synthetic.trials import ETHNICITIES
from harness.synthetic.worlds import GRID

__all__ = ["LiveData", "draw_live"]

PAIR_SHARE = 0.5
"""How often a pass shows the pair's own resemblance."""
SUBJECT_SHARE = 0.4
"""Of the variance of mated scores, what is the subject's."""


class LiveData(NamedTuple):
    """What is drawn.

    Attributes
    ----------
    searches : pyarrow.Table
        search, mated, score (the highest of the search; null where no face was acquired), subject, ethnicity, light.
    candidates : pyarrow.Table
        search, rank, candidate, score: all that reach the floor.
    watchlist : pyarrow.Table
        subject, ethnicity.
    """

    searches: pa.Table
    candidates: pa.Table
    watchlist: pa.Table


@dataclass(frozen=True)
class _Passes:
    """Passes of one ethnicity, those of one person next to each other.

    Attributes
    ----------
    label : str
    person : ndarray of int64, shape (S,)
        Number within the ethnicity, among passers-by or among listed subjects.
    confused : ndarray of bool, shape (S,)
        Whether the person resembles many.
    night : ndarray of bool, shape (S,)
    first : int
        The number of the first search.
    mated : bool
    """

    label: str
    person: IntArray
    confused: BoolArray
    night: BoolArray
    first: int
    mated: bool

    @property
    def factors(self) -> FloatArray:
        """Of each pass: the person's and that of the light."""
        light = np.where(self.night, LIGHT_FACTORS[NIGHT], LIGHT_FACTORS[DAY])
        return np.asarray(np.where(self.confused, *CONFUSED_FACTORS[::-1]) * light, dtype=np.float64)


class _Matches(NamedTuple):
    """Comparisons that reach the floor, by search: numbers of searches and of listed subjects, and scores."""

    search: IntArray
    listed: IntArray
    score: FloatArray

    def where(self, kept: BoolArray) -> _Matches:
        return _Matches(self.search[kept], self.listed[kept], self.score[kept])


def _joined(parts: Sequence[_Matches]) -> _Matches:
    return _Matches(
        np.concatenate([part.search for part in parts]),
        np.concatenate([part.listed for part in parts]),
        np.concatenate([part.score for part in parts]),
    )


def draw_live(world: LiveWorld, seed: int) -> LiveData:
    """Draw one data set of a live world.

    Parameters
    ----------
    world : LiveWorld
    seed : int
        At least 0. The same seed and world give the same tables.

    Raises
    ------
    InputError
        When the seed is negative.
    """
    if seed < 0:
        raise InputError(f"a seed must be 0 or more, got {seed}")
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(b"live")]))
    groups = list(_planned(world, rng))
    drawn = [_search(world, passes, rng) for passes in groups]
    scores = np.concatenate([top for top, _ in drawn])
    matches = _joined([found for _, found in drawn])
    return LiveData(_searches(world, groups, scores), _candidates(world, matches), _watchlist(world))


def _planned(world: LiveWorld, rng: np.random.Generator) -> Iterator[_Passes]:
    """Plan who passes and when; only who resembles many is drawn."""
    first = 1
    for mated in (True, False):
        for label in ETHNICITIES:
            each = np.full(world.volunteers[label], world.passes) if mated else world.passes_of(label)
            person = np.repeat(np.arange(len(each)), each)
            confused = (rng.random(len(each)) < CONFUSED_SHARE)[person]
            yield _Passes(label, person, confused, world.night_of(label, len(person)), first, mated)
            first += len(person)


def _search(world: LiveWorld, passes: _Passes, rng: np.random.Generator) -> tuple[FloatArray, _Matches]:
    """Return the highest score of every pass (NaN where it failed), and all matches that reach the floor."""
    found = _others(world, passes, rng)
    top = _below_floor(world, passes, rng)
    if passes.mated:
        own = _own_scores(passes, rng)
        acquired = rng.random(len(own)) >= np.where(passes.night, FAILING[NIGHT], FAILING[DAY])
        listed = np.flatnonzero(own >= FLOOR)
        first = _first_listed(world)[passes.label]
        right = _Matches(listed, first + passes.person[listed], own[listed])
        found = _joined([found, right])
        found = found.where(acquired[found.search])
        top = np.where(acquired, np.maximum(top, own), np.nan)
    np.maximum.at(top, found.search, found.score)
    return top, found._replace(search=found.search + passes.first)


def _own_scores(passes: _Passes, rng: np.random.Generator) -> FloatArray:
    subject = rng.standard_normal(int(passes.person[-1]) + 1)[passes.person]
    chance = rng.standard_normal(len(passes.person))
    z = np.sqrt(SUBJECT_SHARE) * subject + np.sqrt(1 - SUBJECT_SHARE) * chance
    score = FNMR_CURVES[passes.label].threshold(special.ndtr(z))
    darker = np.where(passes.night, DARKER[NIGHT], DARKER[DAY])
    return np.minimum(_floored(score - darker), 1.0)


def _others(world: LiveWorld, passes: _Passes, rng: np.random.Generator) -> _Matches:
    """Draw the comparisons with others than the right person that reach the floor."""
    parts: list[_Matches] = []
    first = _first_listed(world)
    for reference, size in world.composition.items():
        curve = world.fmr(passes.label, reference)
        subject_factors = world.factor_of(np.arange(size))
        for of in np.unique(subject_factors).tolist():
            listed = np.flatnonzero(subject_factors == of)
            for confused in (False, True):
                here = np.flatnonzero(passes.confused == confused)
                search, column, u = _reaching(
                    passes, here, len(listed), _highest(passes, here, of, curve), rng
                )
                if passes.mated and reference == passes.label:
                    other = listed[column] != passes.person[search]
                    search, column, u = search[other], column[other], u[other]
                score = _floored(curve.threshold(np.minimum(u / (passes.factors[search] * of), 1.0)))
                kept = score >= FLOOR
                parts.append(_Matches(search[kept], first[reference] + listed[column[kept]], score[kept]))
    return _joined(parts)


def _highest(passes: _Passes, here: IntArray, of: float, curve: Curve) -> float:
    """Return a chance that no comparison of these passes exceeds."""
    factor = float(passes.factors[here].max(initial=0.0))
    return min(factor * of * float(curve.rate(FLOOR)), 1.0)


def _reaching(
    passes: _Passes, here: IntArray, listed: int, chance: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray, FloatArray]:
    """Draw which comparisons of passes with listed subjects have u below a chance: pass, column of the list, u.

    Each u is uniform on (0, 1). A pass takes that of the pair of people, or a fresh one.
    """
    _, start, often = np.unique(passes.person[here], return_index=True, return_counts=True)
    person, column = np.divmod(_successes(len(start) * listed, chance, rng), listed)
    times = often[person]
    nth = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    of_pairs = (np.repeat(start[person], times) + nth) * listed + np.repeat(column, times)
    u_of_pairs = np.repeat(chance * rng.random(len(person)), times)
    as_pair = rng.random(len(of_pairs)) < PAIR_SHARE

    fresh = _successes(len(here) * listed, chance, rng)
    u_fresh = chance * rng.random(len(fresh))
    # Where the pair's own u is below the chance too, it was settled above which of the two counts.
    settled = np.isin(fresh, of_pairs)
    counts = np.where(settled, ~np.isin(fresh, of_pairs[as_pair]), rng.random(len(fresh)) >= PAIR_SHARE)

    search, columns = np.divmod(np.concatenate([of_pairs[as_pair], fresh[counts]]), listed)
    return here[search], columns, np.concatenate([u_of_pairs[as_pair], u_fresh[counts]])


def _successes(trials: int, chance: float, rng: np.random.Generator) -> IntArray:
    """Draw which of independent trials of one chance succeed: the gaps between them are geometric."""
    found, last = [np.zeros(0, np.int64)], -1
    while last < trials and trials and chance > 0:
        wanted = int((trials - last) * chance * 1.1) + 16
        with np.errstate(divide="ignore"):  # a chance of 1 leaves no gap
            gaps = np.floor(np.log(1.0 - rng.random(wanted)) / np.log1p(-chance))
        found.append(last + np.cumsum(np.minimum(gaps, trials).astype(np.int64) + 1))
        last = int(found[-1][-1])
    positions = np.concatenate(found)
    return np.asarray(positions[positions < trials])


def _below_floor(world: LiveWorld, passes: _Passes, rng: np.random.Generator) -> FloatArray:
    """Draw the highest score of each pass below the floor, given that nobody reaches it.

    Of mated passes too it is over the whole list: that the right person is one in thousands changes nothing above the
    floor, and their own score is drawn apart.
    """
    grid = np.arange(int(0.2 * GRID), int(FLOOR * GRID) + 1)
    top, u = np.empty(len(passes.person)), rng.random(len(passes.person))
    for light, by_night in zip(LIGHTS, (False, True), strict=True):
        for confused, factor in zip((False, True), CONFUSED_FACTORS, strict=True):
            here = (passes.night == by_night) & (passes.confused == confused)
            below = np.exp(world.log_none(passes.label, factor, light, grid / GRID))
            index = np.searchsorted(below, u[here] * below[-1], side="right") - 1
            top[here] = grid[np.clip(index, 0, len(grid) - 2)] / GRID
    return top


def _floored(score: FloatArray) -> FloatArray:
    return np.asarray(np.floor(score * GRID) / GRID, dtype=np.float64)


def _first_listed(world: LiveWorld) -> dict[str, int]:
    """Return the number, from 0, of the first listed subject of each ethnicity."""
    sizes = list(world.composition.values())
    return dict(zip(world.composition, accumulate(sizes[:-1], initial=0), strict=True))


def _listed_ids(world: LiveWorld) -> pa.Array:
    return pa.array([f"L-{number:04d}" for number in range(1, sum(world.composition.values()) + 1)])


def _searches(world: LiveWorld, groups: list[_Passes], scores: FloatArray) -> pa.Table:
    first, listed, subjects, before = _first_listed(world), _listed_ids(world), [], 0
    for passes in groups:
        if passes.mated:
            subjects.append(listed.take(pa.array(first[passes.label] + passes.person)))
        else:
            subjects.append(pa.array([f"C-{number:05d}" for number in (before + passes.person + 1).tolist()]))
            before += world.people[passes.label]
    sizes = [len(passes.person) for passes in groups]
    night = np.concatenate([passes.night for passes in groups])
    return pa.table(
        {
            "search": pa.array(np.arange(1, len(scores) + 1)),
            "mated": pa.array(np.repeat([passes.mated for passes in groups], sizes)),
            "score": pa.array(scores, mask=np.isnan(scores)),
            "subject": pa.chunked_array(subjects).combine_chunks(),
            "ethnicity": pa.array(np.repeat([passes.label for passes in groups], sizes).tolist()),
            "light": pa.array(np.where(night, NIGHT, DAY).tolist()),
        }
    )


def _candidates(world: LiveWorld, matches: _Matches) -> pa.Table:
    order = np.lexsort((matches.listed, -matches.score, matches.search))
    search = matches.search[order]
    starts = np.flatnonzero(np.diff(search, prepend=-1))
    rank = np.arange(len(search)) - np.repeat(starts, np.diff(starts, append=len(search))) + 1
    return pa.table(
        {
            "search": pa.array(search),
            "rank": pa.array(rank),
            "candidate": _listed_ids(world).take(pa.array(matches.listed[order])),
            "score": pa.array(matches.score[order]),
        }
    )


def _watchlist(world: LiveWorld) -> pa.Table:
    labels = np.repeat(list(world.composition), list(world.composition.values()))
    return pa.table({"subject": _listed_ids(world), "ethnicity": pa.array(labels.tolist())})
