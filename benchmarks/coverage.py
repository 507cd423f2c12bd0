"""How often the intervals and verdicts hold, by simulation, beside those of common practice.

    python -m benchmarks.coverage [--runs 1000] [--write docs/coverage.md]

Scores of one group depend as in a Gaussian copula: of subjects i and j, z = sqrt(h/2) (a_i + a_j) + noise, with
identity share h; with one column of subjects, z = sqrt(h) a_i + noise. A comparison matches at a false match
rate of p where z is above the normal quantile of 1 - p, so every true rate is known. Beside the harness's
intervals stand Clopper-Pearson's, which takes comparisons as independent; a percentile bootstrap over subjects;
and Clopper-Pearson's with the true design effect, which nobody knows outside a simulation, as the best there is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from harness.counting import SubjectTally
from harness.statistics.clustering import carried, design_effect, small_sample
from harness.statistics.intervals import Interval, clopper_pearson, one_sided, ratio_interval

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

RATES = np.array([1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
"""The false match rates that are reported."""
LADDER = np.sort(np.outer([1, 2, 3, 5, 7], 10.0 ** -np.arange(1, 6)).ravel())[::-1]
"""The false match rates at which design effects are measured, falling."""
REPORTED = np.array([int(np.argmin(np.abs(LADDER - rate))) for rate in RATES])
CONFIDENCE = 0.95
COMPARISONS_OF_A_PROBE = 100
PAIR_SHARE = 0.15
RESAMPLES = 200


@dataclass(frozen=True)
class Setting:
    """One population to draw a group from.

    Attributes
    ----------
    subjects : int
    identity_share : float
        Of the variance of z.
    columns : int
        Of subjects: one (each probe against a hundred others) or two (all pairs).
    captures : int
        Every third subject's pairs are compared with this many captures, which share 15 % of the variance.
    """

    subjects: int
    identity_share: float
    columns: int
    captures: int

    def draw(self, rng: np.random.Generator) -> tuple[FloatArray, list[npt.NDArray[np.int32]]]:
        """Draw the comparisons of a group: z, and the subjects that each touches."""
        own = rng.standard_normal(self.subjects)
        share = self.identity_share
        if self.columns == 1:
            i = np.repeat(np.arange(self.subjects, dtype=np.int32), COMPARISONS_OF_A_PROBE)
            return np.sqrt(share) * own[i] + np.sqrt(1 - share) * rng.standard_normal(len(i)), [i]
        i, j = (side.astype(np.int32) for side in np.triu_indices(self.subjects, k=1))
        trial = np.repeat(np.arange(len(i)), np.where(i % 3 == 0, self.captures, 1))
        of_pair = PAIR_SHARE if self.captures > 1 else 0.0
        z = np.sqrt(share / 2) * (own[i] + own[j]) + np.sqrt(of_pair) * rng.standard_normal(len(i))
        z = z[trial] + np.sqrt(1 - share - of_pair) * rng.standard_normal(len(trial))
        return z, [i[trial], j[trial]]


@dataclass(frozen=True, eq=False)
class Draws:
    """Groups drawn from one setting, R of them, at the rates of the ladder, L.

    Attributes
    ----------
    setting : Setting
    trials : int
    errors : ndarray of int64, shape (R, L)
    effect : ndarray of float64, shape (R, L)
        The design effect as the harness takes it.
    bootstrap : Interval of shape (B, 5)
        Of the first B, at the reported rates.
    """

    setting: Setting
    trials: int
    errors: IntArray
    effect: FloatArray
    bootstrap: Interval

    @property
    def true_effect(self) -> FloatArray:
        """The design effect that the draws themselves show, shape (L,)."""
        return np.maximum(1.0, self.errors.var(axis=0) / (self.trials * LADDER * (1 - LADDER)))


def draws(setting: Setting, runs: int, resampled: int) -> Draws:
    """Draw groups, and measure each as the harness does; bootstrap only the first so many."""
    rng = np.random.default_rng([2382, setting.subjects, int(100 * setting.identity_share), setting.columns])
    errors, effects, bootstraps = [], [], []
    for run in range(runs):
        z, touched = setting.draw(rng)
        counted, effect = measured(z, touched, setting.subjects)
        errors.append(counted)
        effects.append(effect)
        if run < resampled:
            bootstraps.append(subject_bootstrap(z, touched, setting.subjects, rng))
    bounds = np.array(bootstraps).reshape(-1, 2, len(RATES))
    return Draws(setting, len(z), np.array(errors), np.array(effects), Interval(bounds[:, 0], bounds[:, 1]))


def measured(
    z: FloatArray, touched: list[npt.NDArray[np.int32]], subjects: int
) -> tuple[IntArray, FloatArray]:
    """Count the errors at every rate of the ladder and take their design effects."""
    tally = SubjectTally(-ndtri(LADDER), subjects, count_missing=False)
    tally.add(z, np.zeros(len(z), np.int32), touched)
    sums = tally.counts(lambda _: ("group",)).sums(lambda cell: cell, ("group",), mated=False)
    errors = len(z) - np.searchsorted(np.sort(z), -ndtri(LADDER))
    effect = design_effect(errors, len(z), sums, touch_two=len(touched) == 2)
    return errors, carried(effect * small_sample(sums.effective_subjects), errors)


def subject_bootstrap(
    z: FloatArray, touched: list[npt.NDArray[np.int32]], subjects: int, rng: np.random.Generator
) -> FloatArray:
    """Resample subjects with replacement; return the percentile limits of the reported rates, shape (2, 5)."""
    weights = rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=RESAMPLES).astype(np.float64)
    top = np.argsort(-z)[: int(np.sum(z >= -ndtri(RATES[0])))]
    reached = np.searchsorted(-z[top], ndtri(RATES), side="right")
    rates = np.empty((RESAMPLES, len(RATES)))
    for i, weight in enumerate(weights):
        of_each = weight[touched[0]]
        for side in touched[1:]:
            of_each *= weight[side]
        of_top, all_trials = of_each[top], of_each.sum()
        rates[i] = np.concatenate([[0.0], np.cumsum(of_top)])[reached] / all_trials
    return np.quantile(rates, [0.025, 0.975], axis=0)


def covers(interval: Interval, rates: FloatArray) -> FloatArray:
    """Return how often the true rate is inside, by rate."""
    return np.mean((interval.lower <= rates) & (interval.upper >= rates), axis=0)


def log_width(interval: Interval) -> FloatArray:
    """Return the logarithms of upper over lower, NaN where the lower bound is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.log(interval.upper / interval.lower)
    return np.where(np.isfinite(width), width, np.nan)


@dataclass(frozen=True, eq=False)
class Coverage:
    """What a setting's draws say, at the rates of the ladder.

    Attributes
    ----------
    rate, naive : ndarray of float64, shape (L,)
        Coverage of two-sided 95 % intervals of a rate: the harness's, Clopper-Pearson's.
    bootstrap : ndarray of float64, shape (5,)
        That of the bootstrap's, at the reported rates.
    ratio, naive_ratio : ndarray of float64, shape (L,)
        Coverage of one-sided 95 % bounds of the ratio of two groups whose rates are equal.
    width : ndarray of float64, shape (L,)
        Mean log-width over that with the true design effect, of groups with an error; NaN where none has.
    """

    rate: FloatArray
    naive: FloatArray
    bootstrap: FloatArray
    ratio: FloatArray
    naive_ratio: FloatArray
    width: FloatArray


def coverage(own: Draws, other: Draws | None = None) -> Coverage:
    """Compare the intervals of a setting with the truth; ratios are to other groups, of the same by default."""
    k, n, deff = own.errors, own.trials, own.effect
    interval = clopper_pearson(k / deff, n / deff, CONFIDENCE)
    best = clopper_pearson(k / own.true_effect, n / own.true_effect, CONFIDENCE)
    width, best_width = log_width(interval), log_width(best)
    with np.errstate(invalid="ignore"):
        widths = np.nansum(width, axis=0) / np.nansum(best_width, axis=0)
    return Coverage(
        rate=covers(interval, LADDER),
        naive=covers(clopper_pearson(k, n, CONFIDENCE), LADDER),
        bootstrap=covers(own.bootstrap, RATES),
        ratio=_ratio_coverage(own, other, clustered=True),
        naive_ratio=_ratio_coverage(own, other, clustered=False),
        width=np.where(np.nansum(best_width, axis=0) > 0, widths, np.nan),
    )


def _ratio_coverage(own: Draws, other: Draws | None, *, clustered: bool) -> FloatArray:
    of = Draws(
        own.setting,
        own.trials,
        *(np.roll(part, 1, axis=0) for part in (own.errors, own.effect)),
        own.bootstrap,
    )
    other = of if other is None else other
    sides = []
    for side in (own, other):
        deff = side.effect if clustered else np.ones_like(side.effect)
        sides += [side.errors / deff, side.trials / deff]
    bounds = ratio_interval(*sides, one_sided(CONFIDENCE))
    return np.minimum(np.mean(bounds.upper >= 1, axis=0), np.mean(bounds.lower <= 1, axis=0))


def settings() -> Iterator[Setting]:
    """All settings of the study."""
    for (columns, captures), subjects, share in product(
        [(2, 1), (2, 2), (1, 1)], [50, 100, 200, 400], [0.0, 0.2, 0.5]
    ):
        yield Setting(subjects, share, columns, captures)


def _draws(arguments: tuple[Setting, int, int]) -> Draws:
    return draws(*arguments)


def table(found: dict[Setting, Draws]) -> str:
    """Write the coverages of all settings as a Markdown table."""
    lines = [
        "| subject columns | captures | subjects | identity share | FMR | rate | ratio | log-width | naive rate "
        "| naive ratio | bootstrap |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for setting, own in found.items():
        result = coverage(own)
        for place, bootstrap in zip(REPORTED, result.bootstrap, strict=True):
            width = "" if np.isnan(result.width[place]) else f"{result.width[place]:.2f}"
            lines.append(
                f"| {setting.columns} | {setting.captures} | {setting.subjects} | {setting.identity_share} "
                f"| {LADDER[place]:g} | {result.rate[place]:.3f} | {result.ratio[place]:.3f} | {width} "
                f"| {result.naive[place]:.3f} | {result.naive_ratio[place]:.3f} | {bootstrap:.3f} |"
            )
    return "\n".join(lines) + "\n"


def unequal_coverages(found: dict[Setting, Draws]) -> dict[tuple[int, float], Coverage]:
    """Compare a small group with a large one, by columns of subjects and identity share."""
    return {
        (columns, share): coverage(*(found[Setting(subjects, share, columns, 1)] for subjects in (50, 400)))
        for columns, share in product([1, 2], [0.0, 0.2, 0.5])
    }


def unequal(found: dict[Setting, Draws]) -> str:
    """Write the coverage of ratios between a small group and a large one."""
    lines = ["| subject columns | identity share | subjects | FMR | ratio |", "|---|---|---|---|---|"]
    for (columns, share), result in unequal_coverages(found).items():
        lines += [
            f"| {columns} | {share} | 50 and 400 | {LADDER[place]:g} | {result.ratio[place]:.3f} |"
            for place in REPORTED
        ]
    return "\n".join(lines) + "\n"


def summary(found: dict[Setting, Draws]) -> str:
    """Say in a few lines how the table reads."""
    results = {setting: coverage(own) for setting, own in found.items()}
    concentrated = {s for s in results if s.subjects < 60 and s.identity_share == 0.5}
    rates = {s: r.rate[REPORTED].min() for s, r in results.items()}
    widths = np.array([r.width[REPORTED] for r in results.values()])
    between_unequal = min(r.ratio[REPORTED].min() for r in unequal_coverages(found).values())
    return (
        f"Over {len(results)} settings and {len(RATES)} false match rates, two-sided 95 % intervals of rates cover "
        f"at least {min(v for s, v in rates.items() if s not in concentrated):.3f} "
        f"({min(rates[s] for s in concentrated):.3f} with 50 subjects and half the variance between them), "
        f"one-sided bounds of ratios at least {min(r.ratio[REPORTED].min() for r in results.values()):.3f} "
        f"({between_unequal:.3f} between groups of 50 and 400 subjects); "
        f"intervals that take comparisons as independent as little as "
        f"{min(r.naive[REPORTED].min() for r in results.values()):.3f}, and a bootstrap over subjects "
        f"{min(r.bootstrap.min() for r in results.values()):.3f}. The mean log-width is "
        f"{np.nanmean(widths):.2f} times that with the true design effect, in single settings up to "
        f"{np.nanmax(widths):.1f} times.\n"
    )


def main() -> None:
    """Run the study and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--resampled", type=int, default=200, help="runs that are bootstrapped too")
    parser.add_argument("--write", type=Path, help="write the tables to this Markdown file")
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        work = [(setting, options.runs, options.resampled) for setting in settings()]
        found = {own.setting: own for own in pool.map(_draws, work)}
    text = (
        f"# Coverage by simulation\n\nMade by `python -m benchmarks.coverage --runs {options.runs} "
        f"--resampled {options.resampled}`; the standard "
        f"error of a coverage of 0.95 is {np.sqrt(0.05 * 0.95 / options.runs):.3f}.\n\n{summary(found)}\n"
        f"## Groups of one size\n\n{table(found)}\n## Groups of unequal size\n\n{unequal(found)}"
    )
    print(text)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
