"""How often the bounds of a paired comparison hold, and how wide they are beside those of two evaluations.

    python -m benchmarks.paired [--runs 200] [--write docs/paired.md]

Two groups of people are compared within each group by an old and a new matcher. The scores of a trial of subjects i and
j are z = sqrt(h/2) (a_i + a_j) + sqrt(1 - h) e and z' alike, with an identity share h of 0.2; a and a', e and e' have a
correlation of 0, 0.5 or 0.9. In the second group scores are higher, with the new matcher more so than with the old, so
that the true ratio and its change are known at every threshold. Of every hundred people 1.5, drawn at random, are
wolves: each raises the scores of its trials by 1.5 standard deviations, in both matchers, in the new one alone, in
either for itself, or in the new one and the second group alone. Thresholds are chosen from the scores, at equal pooled
false match rates; the truth is that at the thresholds at which these are the true rates.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr

from harness.statistics.clustering import carried, small_sample
from harness.statistics.intervals import Interval, one_sided, ratio_interval
from harness.statistics.paired import PairedErrors, between_groups, paired_design_effect, widening

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
Wolves: TypeAlias = Literal["none", "of both", "of the new", "of either", "of the new, second group"]

RATES = np.array([3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4])
"""Pooled false match rates."""
CONFIDENCE = 0.95
TOLERANCE = 1.25
IDENTITY_SHARE = 0.2
WOLVES, RAISED = 0.015, 1.5
PROBES_OF_A_SUBJECT = 100
WORLDS: dict[str, tuple[float, float]] = {
    "widened": (0.2, 0.33),
    "unchanged": (0.2, 0.2),
    "equal": (0.0, 0.0),
    "edge": (0.0, 0.082),
}
"""How much higher the second group's scores are, with the old matcher and with the new."""


@dataclass(frozen=True)
class Setting:
    """One pair of matchers, and two groups to try them on.

    Attributes
    ----------
    correlation : float
        Of the scores of the two matchers, and of what a person has in common in them.
    wolves : Wolves
    subjects : tuple of int
        In the first group and in the second.
    world : str
        A key of `WORLDS`.
    columns : int
        Of subjects: two (all pairs), or one (each probe against a hundred others; mated trials are alike).
    """

    correlation: float
    wolves: Wolves = "none"
    subjects: tuple[int, int] = (200, 200)
    world: str = "widened"
    columns: int = 2

    def trials(self, group: int) -> int:
        """Count the trials of a group."""
        m = self.subjects[group]
        return m * (m - 1) // 2 if self.columns == 2 else m * PROBES_OF_A_SUBJECT

    def has_wolves(self, matcher: int, group: int) -> bool:
        """Whether there are any with the old (0) or the new matcher (1)."""
        if self.wolves in ("of the new", "of the new, second group"):
            return matcher == 1 and (self.wolves == "of the new" or group == 1)
        return self.wolves != "none"

    def rate(self, threshold: FloatArray, matcher: int, group: int) -> FloatArray:
        """Return the true false match rate of a group, shape of the thresholds."""
        shift = WORLDS[self.world][matcher] if group == 1 else 0.0
        if not self.has_wolves(matcher, group):
            return np.asarray(ndtr(shift - threshold))
        sides = self.columns
        share = (
            [(1 - WOLVES) ** 2, 2 * WOLVES * (1 - WOLVES), WOLVES**2] if sides == 2 else [1 - WOLVES, WOLVES]
        )
        return sum(
            (part * ndtr(shift + RAISED * of - threshold) for of, part in enumerate(share)),
            start=np.zeros_like(threshold),
        )

    def truth(self) -> tuple[FloatArray, FloatArray]:
        """Return the ratio of the second group to the first at equal pooled rates, with the old and the new matcher."""
        n = np.array([self.trials(group) for group in (0, 1)])

        def excess(threshold: float, rate: float, matcher: int) -> float:
            rates = [float(self.rate(np.array(threshold), matcher, group)) for group in (0, 1)]
            return float(n @ rates / n.sum()) - rate

        ratios = []
        for matcher in (0, 1):
            at = np.array([brentq(excess, -2.0, 12.0, args=(rate, matcher)) for rate in RATES])
            ratios.append(self.rate(at, matcher, 1) / self.rate(at, matcher, 0))
        return ratios[0], ratios[1]

    def draw(self, rng: np.random.Generator, group: int) -> tuple[list[IntArray], FloatArray, FloatArray]:
        """Draw the trials of a group: the subjects that each touches, and its two scores."""
        m, share = self.subjects[group], IDENTITY_SHARE
        of_probes = [np.repeat(np.arange(m), PROBES_OF_A_SUBJECT)]
        touched: list[IntArray] = list(np.triu_indices(m, k=1)) if self.columns == 2 else of_probes
        own, noise = self._two(rng, m), self._two(rng, len(touched[0]))
        shared = rng.random(m) < WOLVES
        scores = []
        for matcher in (0, 1):
            wolf = rng.random(m) < WOLVES if self.wolves == "of either" else shared
            raised = RAISED * wolf * self.has_wolves(matcher, group)
            of_subject = np.sqrt(share / self.columns) * own[matcher] + raised
            z = np.sqrt(1 - share) * noise[matcher] + (WORLDS[self.world][matcher] if group == 1 else 0.0)
            for side in touched:
                z += of_subject[side]
            scores.append(z)
        return touched, scores[0], scores[1]

    def _two(self, rng: np.random.Generator, size: int) -> tuple[FloatArray, FloatArray]:
        one, other = rng.standard_normal((2, size))
        return one, self.correlation * one + np.sqrt(1 - self.correlation**2) * other


@dataclass(frozen=True, eq=False)
class Run:
    """What one draw gives at the six rates; every array of shape (6,).

    Attributes
    ----------
    change, separate : Interval
        Of the ratio of ratios: paired, and from the bounds of two evaluations taken as independent.
    widening, tolerated : Interval
        Of how many times as far apart the groups are, two-sided at 95 % and at 90 %.
    errors : ndarray of int64
        False matches of the group and matcher with the fewest.
    """

    change: Interval
    separate: Interval
    widening: Interval
    tolerated: Interval
    errors: IntArray


def run(setting: Setting, rng: np.random.Generator) -> Run:
    """Draw once, choose thresholds, and bound as the harness does."""
    drawn = [setting.draw(rng, group) for group in (0, 1)]
    at = [_thresholds(np.concatenate([of[1 + matcher] for of in drawn])) for matcher in (0, 1)]
    counted = [_counted(setting, group, of, at) for group, of in enumerate(drawn)]
    errors = PairedErrors(*(np.array(part) for part in zip(*(own for own, _ in counted), strict=True)))
    effects = np.array([of for _, of in counted])  # group, matcher, rate
    n = np.array([[setting.trials(group)] for group in (0, 1)])
    second, first = np.array([1]), np.array([0])

    def bounds(confidence: float) -> tuple[Interval, Interval, Interval]:
        change = errors.changes(second, first, confidence)
        of_each = [
            ratio_interval(
                k[1] / effects[1, matcher],
                n[1] / effects[1, matcher],
                k[0] / effects[0, matcher],
                n[0] / effects[0, matcher],
                confidence,
            )
            for matcher, k in enumerate((errors.old, errors.new))
        ]
        return Interval(change.lower[0], change.upper[0]), *of_each

    change, old, new = bounds(CONFIDENCE)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = errors.old / n, errors.new / n
        separate = between_groups(rates[1][1] / rates[1][0], new, rates[0][1] / rates[0][0], old)
    return Run(
        change,
        separate,
        widening(change, old, new),
        widening(*bounds(one_sided(CONFIDENCE))),
        np.minimum(errors.old, errors.new).min(axis=0),
    )


def _thresholds(z: FloatArray) -> FloatArray:
    most = np.maximum(np.floor(RATES * len(z)).astype(np.int64), 1)
    return np.sort(np.partition(z, -most[0])[-most[0] :])[::-1][most - 1]


def _counted(
    setting: Setting, group: int, drawn: tuple[list[IntArray], FloatArray, FloatArray], at: list[FloatArray]
) -> tuple[tuple[IntArray, IntArray, IntArray, FloatArray], FloatArray]:
    """Count a group's errors and measure design effects: paired, and of either matcher."""
    touched, *scores = drawn
    top = (scores[0] >= at[0][0]) | (scores[1] >= at[1][0])
    hit = [score[top, None] >= thresholds for score, thresholds in zip(scores, at, strict=True)]
    m, trials = setting.subjects[group], setting.trials(group)
    of_subject = [_by_subject([side[top] for side in touched], of, m) for of in hit]
    old, new, both = (np.count_nonzero(of, axis=0) for of in (*hit, hit[0] & hit[1]))
    touch_two = setting.columns == 2
    paired = carried_by(
        paired_design_effect(of_subject[0], of_subject[1], both, touch_two=touch_two), old + new - 2 * both
    )
    single = []
    for k, of in zip((old, new), of_subject, strict=True):
        deviation = of - k * setting.columns / m
        squared, fourth = np.square(deviation).sum(axis=0), (deviation**4).sum(axis=0)
        independent = np.maximum(k * (1 - k / trials), 1e-9)
        effect = (squared - (independent if touch_two else 0.0)) / independent * m / (m - 1)
        uneven = np.where(fourth > 0, squared**2 / np.where(fourth > 0, fourth, 1.0), m)
        single.append(carried(np.maximum(np.where(k > 0, effect, 1.0), 1.0) * small_sample(uneven), k))
    return (old, new, both, paired), np.array(single)


def carried_by(effect: FloatArray, discordant: IntArray) -> FloatArray:
    """Carry design effects from rates with many discordant trials to those with few."""
    order = np.argsort(-discordant, kind="stable")
    found = np.empty_like(effect)
    found[order] = carried(effect[order], discordant[order])
    return found


def _by_subject(touched: list[IntArray], hit: npt.NDArray[np.bool_], subjects: int) -> IntArray:
    return np.stack(
        [sum(np.bincount(side[at], minlength=subjects) for side in touched) for at in hit.T], axis=1
    )


@dataclass(frozen=True, eq=False)
class Found:
    """What the runs of a setting say, by pooled rate, shape (6,).

    Attributes
    ----------
    coverage, of_two, of_widening : ndarray
        Shares of runs in which the 95 % bounds held the truth: paired, from two evaluations, of the widening.
    width : ndarray
        Mean log-width of the paired bounds over that of those from two evaluations, where both are finite; NaN where
        none is.
    wider, not_worse : ndarray
        Shares of runs that say so, at a tolerance of 1.25.
    errors : ndarray
        Mean false matches of the group and matcher with the fewest.
    truth : ndarray
        The widening.
    """

    coverage: FloatArray
    of_two: FloatArray
    of_widening: FloatArray
    width: FloatArray
    wider: FloatArray
    not_worse: FloatArray
    errors: FloatArray
    truth: FloatArray


def found(setting: Setting, runs: int) -> Found:
    """Draw a setting many times and hold the bounds against the truth."""
    rng = np.random.default_rng([19795, *setting.subjects, int(10 * setting.correlation)])
    drawn = [run(setting, rng) for _ in range(runs)]
    old, new = setting.truth()
    widened = np.exp(np.abs(np.log(new)) - np.abs(np.log(old)))

    def holds(of: list[Interval], true: FloatArray) -> FloatArray:
        return np.mean([(true >= one.lower) & (true <= one.upper) for one in of], axis=0)

    widths = np.array([[_log_width(one.change), _log_width(one.separate)] for one in drawn])
    kept = np.isfinite(widths).all(axis=1)
    paired, separate = (np.where(kept, widths[:, i], 0.0).sum(axis=0) for i in (0, 1))
    return Found(
        coverage=holds([one.change for one in drawn], new / old),
        of_two=holds([one.separate for one in drawn], new / old),
        of_widening=holds([one.widening for one in drawn], widened),
        width=np.where(separate > 0, paired / np.where(separate > 0, separate, 1.0), np.nan),
        wider=np.mean([one.widening.lower > 1 for one in drawn], axis=0),
        not_worse=np.mean([one.tolerated.upper <= TOLERANCE for one in drawn], axis=0),
        errors=np.mean([one.errors for one in drawn], axis=0),
        truth=widened,
    )


def _log_width(interval: Interval) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(interval.upper) - np.log(interval.lower)


CORRELATIONS = (0.0, 0.5, 0.9)


def settings() -> Iterator[Setting]:
    """All settings of the study."""
    every: tuple[Wolves, ...] = ("none", "of both", "of the new", "of either")
    for wolves, correlation in product(every, CORRELATIONS):
        yield Setting(correlation, wolves)
    for subjects, columns in (((60, 400), 2), ((50, 50), 2), ((200, 200), 1)):
        yield Setting(0.5, "of both", subjects, columns=columns)
    for world, correlation in product(("unchanged", "edge"), (0.5, 0.9)):
        yield Setting(correlation, "of both", world=world)
    yield Setting(0.5, "of both", world="equal")
    for people in (50, 100, 200):
        yield Setting(0.9, "of the new, second group", (people, people), "unchanged")


def table(results: dict[Setting, Found]) -> str:
    """Write the results as a Markdown table."""
    lines = [
        "| wolves | correlation | subjects | subject columns | world | pooled FMR | fewest errors | true widening "
        "| coverage | of two | widening | width | wider | not worse |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for s, r in results.items():
        for i, rate in enumerate(RATES):
            width = "" if np.isnan(r.width[i]) else f"{r.width[i]:.2f}"
            lines.append(
                f"| {s.wolves} | {s.correlation:g} | {s.subjects[0]} and {s.subjects[1]} | {s.columns} | {s.world} "
                f"| {rate:g} | {r.errors[i]:.1f} | {r.truth[i]:.2f} | {r.coverage[i]:.3f} | {r.of_two[i]:.3f} "
                f"| {r.of_widening[i]:.3f} | {width} | {r.wider[i]:.3f} | {r.not_worse[i]:.3f} |"
            )
    return "\n".join(lines) + "\n"


def summary(results: dict[Setting, Found]) -> str:
    """Say in a few lines how the table reads."""
    usual = {s: r for s, r in results.items() if s.wolves != "of the new, second group"}
    lines = [
        "| wolves | correlation | coverage, mean | lowest | of two evaluations, mean | width beside two evaluations |",
        "|---|---|---|---|---|---|",
    ]
    for wolves, correlation in product(dict.fromkeys(s.wolves for s in usual), CORRELATIONS):
        own = [r for s, r in usual.items() if (s.wolves, s.correlation) == (wolves, correlation)]
        widths = np.concatenate([r.width for r in own])
        lines.append(
            f"| {wolves} | {correlation:g} | {np.mean([r.coverage for r in own]):.3f} "
            f"| {min(r.coverage.min() for r in own):.3f} | {np.mean([r.of_two for r in own]):.3f} "
            f"| {np.nanmin(widths):.2f} to {np.nanmax(widths):.2f} |"
        )
    alike = [r for s, r in usual.items() if s.world in ("unchanged", "equal")]
    edge = [r for s, r in usual.items() if s.world == "edge"]
    unseen = {s.subjects[0]: r for s, r in results.items() if s.wolves == "of the new, second group"}
    wrong = "; ".join(f"{subjects} subjects {r.not_worse.max():.3f}" for subjects, r in unseen.items())
    beyond = max(np.where(r.truth > TOLERANCE, r.not_worse, 0.0).max() for r in edge)
    said = (
        f"Where nothing changed, *wider* is said in at most {max(r.wider.max() for r in alike):.3f} of the runs, and "
        f"where the groups are driven apart by a little more than {TOLERANCE:g} times, *not worse* in at most "
        f"{beyond:.3f}. Where the new matcher has wolves in one group alone, *not worse* is wrong; it is said, at the "
        f"rate where it is said most often, with so many people in each group: {wrong}.\n"
    )
    return "\n".join(lines) + f"\n\n{said}"


def _found(work: tuple[Setting, int]) -> Found:
    return found(*work)


def main() -> None:
    """Run the study and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, help="processes; one a processor by default")
    parser.add_argument("--write", type=Path, help="write the tables to this Markdown file")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.workers) as pool:
        every = list(settings())
        results = dict(zip(every, pool.map(_found, [(one, options.runs) for one in every]), strict=True))
    text = (
        f"# Paired comparisons by simulation\n\nMade by `python -m benchmarks.paired --runs {options.runs}`; the "
        f"standard error of a coverage of 0.95 is {np.sqrt(0.05 * 0.95 / options.runs):.3f}. Two matchers on the same "
        "trials, at equal pooled false match rates; 1.5 % of the people are wolves. *Coverage*: the 95 % bounds of the "
        "change hold the truth. *Of two*: those from two separate evaluations, taken as independent. *Width*: mean "
        "log-width of the former over that of the latter. *Wider* and *not worse*: how often a verdict says so, at a "
        f"tolerance of {TOLERANCE:g}.\n\n{summary(results)}\n## All settings\n\n{table(results)}"
    )
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
