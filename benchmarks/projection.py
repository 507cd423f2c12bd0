"""How often intervals of FPIR projected to other watchlists hold the truth, with wolves on the list.

    python -m benchmarks.projection [--runs 200] [--write docs/projection.md]

Probes of two groups are searched against a list of both. The score of probe i and subject j of the list is
z = sqrt(h/2) (a_i + b_j) + sqrt(1 - h) e, with an identity share h of 0.2, and higher by 0.5 within a group. Of every
hundred subjects of the list two, drawn at random, are wolves: each raises the scores of all who are compared with it.
What follows for a random list of any size and mix is known by integration. All comparisons are computed; those at or
above a floor are kept, as candidate lists keep them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr

from harness.counting import ListMatches
from harness.statistics.differentials import differentials
from harness.statistics.projection import Grouped, Rarefied, rarefied

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

FPIRS = np.array([0.3, 0.1, 0.03, 0.01, 0.003])
"""True FPIR of the first group at the tested list, at the thresholds that are evaluated."""
CONFIDENCE = 0.95
IDENTITY_SHARE = 0.2
WITHIN = 0.5
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@dataclass(frozen=True)
class World:
    """Who is searched against whom.

    Attributes
    ----------
    probes, listed : tuple of int
        Subjects of either group who are searched for, and on the list.
    searches : int
        Of each probe subject.
    wolves, raised : float
        Their share of the list, and by how many standard deviations they raise scores.
    of_second : float
        How much higher scores of the second group's probes are.
    """

    probes: tuple[int, int] = (500, 500)
    listed: tuple[int, int] = (300, 300)
    searches: int = 1
    wolves: float = 0.02
    raised: float = 1.5
    of_second: float = 0.0

    def log_no_match(self, threshold: float, probe: int) -> FloatArray:
        """Return the log of the chance that a random subject of each list group does not match, shape (2, nodes)."""
        own = np.sqrt(IDENTITY_SHARE / 2) * NODES
        spread = np.sqrt(1 - IDENTITY_SHARE / 2)
        shifts = [WITHIN * (probe == group) + self.of_second * (probe == 1) for group in (0, 1)]
        plain, wolf = (
            np.array([ndtr((shift + raised + own - threshold) / spread) for shift in shifts])
            for raised in (0.0, self.raised)
        )
        return np.log1p(-((1 - self.wolves) * plain + self.wolves * wolf))

    def truth(self, threshold: float, wanted: IntArray) -> FloatArray:
        """Return the FPIR of either group at random lists, shape (2,)."""
        return np.array([-np.expm1(wanted @ self.log_no_match(threshold, g)) @ WEIGHTS for g in (0, 1)])

    def thresholds(self) -> FloatArray:
        """Return those at which the first group has the wanted FPIR at the tested list, ascending."""
        tested = np.array(self.listed)
        return np.array(
            [brentq(lambda t, r=rate: self.truth(t, tested)[0] - r, -2.0, 12.0) for rate in FPIRS]
        )

    def draw(self, rng: np.random.Generator, floor: float) -> ListMatches:
        """Draw people, compare all, and keep what reaches the floor."""
        subjects, people = sum(self.probes), sum(self.listed)
        of_probe, of_list = np.repeat([0, 1], self.probes), np.repeat([0, 1], self.listed)
        share = np.sqrt(IDENTITY_SHARE / 2)
        wolf = self.raised * (rng.random(people) < self.wolves)
        list_part = share * rng.standard_normal(people) + wolf
        probe_part = share * rng.standard_normal(subjects) + self.of_second * of_probe
        kept: list[tuple[IntArray, IntArray, FloatArray]] = []
        for search in range(self.searches):
            z = np.sqrt(1 - IDENTITY_SHARE) * rng.standard_normal((subjects, people))
            z += probe_part[:, None] + list_part + WITHIN * (of_probe[:, None] == of_list)
            at = np.nonzero(z >= floor)
            kept.append((at[0] * self.searches + search, at[1], z[at]))
        search, reference, score = (np.concatenate(part) for part in zip(*kept, strict=True))
        order = np.argsort(search, kind="stable")
        return ListMatches(
            ("group",),
            floor,
            tuple((str(g),) for g in of_probe),
            np.arange(subjects),
            np.full(subjects, self.searches),
            tuple((str(g),) for g in of_list),
            search[order],
            search[order] // self.searches,
            reference[order],
            score[order],
        )


@dataclass(frozen=True)
class Setting:
    """A world, and another list to project to, as shares of either group of the tested one."""

    world: World
    shares: tuple[float, float]

    @property
    def wanted(self) -> IntArray:
        """How many of each group the list holds."""
        return np.round(np.array(self.world.listed) * self.shares).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Found:
    """What the runs of a setting say, by threshold, shape (5,).

    Attributes
    ----------
    truth : ndarray, shape (2, 5)
        FPIR of either group at the list.
    coverage : ndarray, shape (2, 5)
        Shares of runs in which the 95 % interval held it.
    naive : ndarray, shape (2, 5)
        The same for intervals clustered by the probe alone.
    ratio_misses : ndarray
        Shares in which the one-sided bound of the ratio was below the true one.
    wrong : ndarray
        Shares in which a disparity was detected; wrong where there is none.
    wrong_naive : ndarray
        The same from the probe alone.
    width : ndarray, shape (2, 5)
        Mean log-width of the interval over that of the probe alone, where both are finite.
    """

    truth: FloatArray
    coverage: FloatArray
    naive: FloatArray
    ratio_misses: FloatArray
    wrong: FloatArray
    wrong_naive: FloatArray
    width: FloatArray


def project(world: World, lists: list[IntArray], rng: np.random.Generator, at: FloatArray) -> list[Rarefied]:
    """Draw once and project to some lists."""
    drawn = world.draw(rng, float(at[0]))
    axis = Grouped(("0", "1"), np.repeat([0, 1], world.probes))
    list_group = np.repeat([0, 1], world.listed)
    return [found for (found,) in rarefied(drawn, [axis], list_group, lists, at)]


def found(world: World, shares: tuple[tuple[float, float], ...], runs: int) -> list[Found]:
    """Draw a world many times, project to lists, and hold the bounds against the truth."""
    rng = np.random.default_rng([19795, *world.probes, *world.listed, world.searches, int(10 * world.raised)])
    at = world.thresholds()
    lists = [Setting(world, share).wanted for share in shares]
    drawn = [project(world, lists, rng, at) for _ in range(runs)]
    return [
        _held(np.array([world.truth(t, wanted) for t in at.tolist()]).T, [one[i] for one in drawn])
        for i, wanted in enumerate(lists)
    ]


def _held(truth: FloatArray, drawn: list[Rarefied]) -> Found:
    covered, naive, missed, wrong, wrong_naive, widths = [], [], [], [], [], []
    for one in drawn:
        rates = one.rates(CONFIDENCE)
        probe_alone = one.rates(CONFIDENCE, _of_probes(one))
        covered.append((rates.lower <= truth) & (truth <= rates.upper))
        naive.append((probe_alone.lower <= truth) & (truth <= probe_alone.upper))
        joint = differentials(one.rates(CONFIDENCE, one.joint_effect), CONFIDENCE)
        missed.append(np.maximum(truth[0] / truth[1], truth[1] / truth[0]) > joint.ratio_upper)
        wrong.append(joint.ratio_lower > 1)
        wrong_naive.append(differentials(probe_alone, CONFIDENCE).ratio_lower > 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.log(rates.upper / rates.lower) / np.log(probe_alone.upper / probe_alone.lower)
        widths.append(np.where(np.isfinite(width), width, np.nan))
    with np.errstate(invalid="ignore"):
        known = np.isfinite(widths)
        mean = np.nansum(widths, axis=0) / np.maximum(known.sum(axis=0), 1)
    return Found(
        truth,
        np.mean(covered, axis=0),
        np.mean(naive, axis=0),
        np.mean(missed, axis=0),
        np.mean(wrong, axis=0),
        np.mean(wrong_naive, axis=0),
        mean,
    )


def _of_probes(one: Rarefied) -> FloatArray:
    """Return the design effect of clusters of probes alone."""
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.maximum(one.by_probe, one.independent)
        effect = variance * one.searches[:, None] / (one.estimate * (1 - one.estimate))
    return np.where(np.isfinite(effect) & (effect > 0), effect, 1.0)


SHARES = ((1.0, 1.0), (0.3, 0.3), (1.0, 0.1), (0.1, 1.0))
"""Of either group of the tested list, on the lists projected to: alike, a smaller one, and two other mixes."""


def worlds() -> Iterator[World]:
    """All worlds of the study."""
    yield World(wolves=0.0)
    yield World()
    yield World(raised=2.5)
    yield World(wolves=0.01, raised=2.5)
    yield World(listed=(100, 500))
    yield World(probes=(100, 900))
    yield World(probes=(60, 60), searches=10)
    yield World(of_second=0.4)


def table(results: dict[World, list[Found]]) -> str:
    """Write the results as a Markdown table."""
    lines = [
        "| wolves | raised by | probes | searches of each | tested list | list | FPIR | of the second group | coverage "
        "| clusters of probes alone | ratio below its bound | detected | by probes alone | width |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for world, of_lists in results.items():
        for share, r in zip(SHARES, of_lists, strict=True):
            wanted = Setting(world, share).wanted
            lines += [
                f"| {world.wolves:g} | {world.raised:g} | {world.probes[0]} and {world.probes[1]} "
                f"| {world.searches} | {world.listed[0]} and {world.listed[1]} | {wanted[0]} and {wanted[1]} "
                f"| {r.truth[0, i]:.2g} | {r.truth[1, i]:.2g} | {r.coverage[:, i].min():.3f} "
                f"| {r.naive[:, i].min():.3f} | {1 - r.ratio_misses[i]:.3f} | {r.wrong[i]:.3f} "
                f"| {r.wrong_naive[i]:.3f} | {r.width[:, i].mean():.1f} |"
                for i in range(len(FPIRS))
            ]
    return "\n".join(lines) + "\n"


def summary(results: dict[World, list[Found]]) -> str:
    """Say in a few lines how the table reads."""
    with_wolves = {w: r for w, r in results.items() if w.wolves and not w.of_second}
    lines = [
        "| lists | coverage, mean | lowest | of probes alone, lowest |",
        "|---|---|---|---|",
    ]
    for name, indices in (("lists alike", (0, 1)), ("other mixes", (2, 3))):
        coverage, naive = (
            np.array([getattr(r[i], which) for r in with_wolves.values() for i in indices])
            for which in ("coverage", "naive")
        )
        lines.append(f"| {name} | {coverage.mean():.3f} | {coverage.min():.3f} | {naive.min():.3f} |")
    equal = [
        r[i]
        for w, r in results.items()
        if w.wolves and not w.of_second and w.listed[0] == w.listed[1]
        for i in (0, 1)
    ]
    wrong, naive = (np.max([getattr(one, which) for one in equal]) for which in ("wrong", "wrong_naive"))
    missed = np.max([one.ratio_misses for r in results.values() for one in r])
    return (
        "\n".join(lines)
        + f"\n\nWhere the groups are alike, a disparity is detected in at most {wrong:.3f} of the runs at any "
        f"threshold (by clusters of probes alone in up to {naive:.3f}). The one-sided bound of the ratio is below the "
        f"true ratio in at most {missed:.3f}.\n"
    )


def page(results: dict[World, list[Found]], runs: int) -> str:
    """Write the page of the documentation."""
    return (
        "# Other watchlists by simulation\n\n"
        f"Made by `python -m benchmarks.projection --runs {runs}`; the standard error of a coverage of 0.95 is "
        f"{np.sqrt(0.05 * 0.95 / runs):.3f}. Of the subjects on the list, 1 or 2 % are wolves: they raise the scores "
        "of all who are compared with them by 1.5 or 2.5 standard deviations. *Coverage*: the 95 % interval of the "
        "FPIR projected to a list holds the mean FPIR of random lists of that size and mix, drawn from all people; the "
        "lower of the two groups. *Clusters of probes alone*: the same without the subjects of the list. *Ratio below "
        "its bound*: how often it is. *Detected*: how often a disparity between the two groups is shown; wrong where "
        "their FPIR is equal. *Width*: log-width of the interval over that of probes alone.\n\n"
        f"{summary(results)}\n## All settings\n\n{table(results)}"
    )


def _of_world(world: World, runs: int) -> list[Found]:
    return found(world, SHARES, runs)


def main() -> None:
    """Run the study, print its summary, and write the page if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    every = list(worlds())
    with ProcessPoolExecutor() as pool:
        results = dict(zip(every, pool.map(_of_world, every, [options.runs] * len(every)), strict=True))
    print(summary(results))
    if options.write is not None:
        options.write.write_text(page(results, options.runs), encoding="utf-8")


if __name__ == "__main__":
    main()
