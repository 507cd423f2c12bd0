"""How often monitoring raises an alarm without cause, and how soon with cause.

    python -m benchmarks.monitoring [--runs 4000] [--write docs/monitoring.md]

Each run is 200 deployments, looked at after every one. *Rate*: false alerts are Poisson, with a mean of some times the
allowed number; at deployments alike, at uneven ones (the allowed numbers a lognormal's quantiles, with a standard
deviation of their logarithm of 1), and, to break it, where the rate of a day is the mean times a gamma number, as where
one person who matches is seen again and again. *Share*: 200 false alerts fall on three groups, who are 20, 20 and 60 %
of those who pass by; the second is falsely matched some times as often as the others.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.statistics.monitoring import allowed_share, bar_of_alarm, rate_evidence, share_evidence

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CONFIDENCE = 0.95
BAR = bar_of_alarm(CONFIDENCE)
DEPLOYMENTS = 200
FALSE_ALERTS = 200
SHARES = np.array([0.2, 0.2, 0.6])


@dataclass(frozen=True)
class Setting:
    """Deployments, and how often people are falsely alerted to there.

    Attributes
    ----------
    allowed : float
        False alerts at a deployment, on average.
    times : float
        How many times the allowed rate the true one is.
    uneven : bool
        Whether more are allowed at some deployments than at others.
    shape : float or None
        Of the gamma number by which the rate of a day is multiplied, of mean 1; None for no such number.
    """

    allowed: float
    times: float = 1.0
    uneven: bool = False
    shape: float | None = None

    def steps(self) -> FloatArray:
        """Return what is allowed at each deployment."""
        if not self.uneven:
            return np.full(DEPLOYMENTS, self.allowed)
        at = (np.arange(DEPLOYMENTS) * 0.618034) % 1  # the quantiles in an order of no meaning
        drawn = np.exp(stats.norm.ppf(np.clip(at, 0.5 / DEPLOYMENTS, 1 - 0.5 / DEPLOYMENTS)))
        return np.asarray(self.allowed * drawn / drawn.mean())

    def draw(self, rng: np.random.Generator, runs: int) -> IntArray:
        """Draw false alerts, shape (runs, deployments)."""
        means = np.broadcast_to(self.times * self.steps(), (runs, DEPLOYMENTS))
        if self.shape is not None:
            means = means * rng.gamma(self.shape, 1 / self.shape, means.shape)
        return rng.poisson(means)


def fewest_that_alarm(steps: FloatArray) -> IntArray:
    """Return the number of false alerts at which an alarm is raised after each deployment."""
    found, count = [], 0
    for allowed in np.cumsum(steps):
        while rate_evidence(count, allowed) < BAR:
            count += 1
        found.append(count)
    return np.array(found)


def first_alarms(setting: Setting, runs: int) -> FloatArray:
    """Return after how many deployments each run raises an alarm on the rate; inf for none."""
    rng = np.random.default_rng([2382, round(1000 * setting.allowed), round(10 * setting.times)])
    total = setting.draw(rng, runs).cumsum(axis=1)
    return _first(total >= fewest_that_alarm(setting.steps()))


def first_share_alarms(ratio: float, allowed_ratio: float, runs: int) -> FloatArray:
    """Return after how many false alerts each run raises an alarm on the share; inf for none.

    Parameters
    ----------
    ratio : float
        How many times as often as others the second group is falsely matched.
    allowed_ratio : float
    runs : int
    """
    rng = np.random.default_rng([2382, round(10 * ratio), round(10 * allowed_ratio)])
    own = float(allowed_share(SHARES[1], ratio))
    rest = SHARES[[0, 2]] / SHARES[[0, 2]].sum() * (1 - own)
    chances = np.array([rest[0], own, rest[1]])
    drawn = rng.choice(3, (runs, FALSE_ALERTS), p=chances)
    numbers = np.arange(1, FALSE_ALERTS + 1)
    evidence = np.stack(
        [
            _by_count(share, allowed_ratio)[numbers, (drawn == group).cumsum(axis=1)]
            for group, share in enumerate(SHARES)
        ]
    )
    return _first(np.logaddexp.reduce(evidence, axis=0) - np.log(len(SHARES)) >= BAR)


def _by_count(share: float, ratio: float) -> FloatArray:
    """Return the evidence of every number of false alerts of a group among every number of all."""
    total, own = np.indices((FALSE_ALERTS + 1, FALSE_ALERTS + 1))
    possible = own <= total
    found = np.full(possible.shape, -np.inf)
    found[possible] = share_evidence(own[possible], (total - own)[possible], share, ratio)
    return found


def _first(alarms: npt.NDArray[np.bool_]) -> FloatArray:
    return np.where(alarms.any(axis=1), alarms.argmax(axis=1) + 1.0, np.inf)


ALLOWED = (0.03, 0.3, 3.0)
TIMES = (1.0, 1.5, 2.0, 5.0)


def settings() -> list[Setting]:
    """All settings of the rate."""
    alike = [Setting(allowed, times) for allowed in ALLOWED for times in TIMES]
    uneven = [Setting(0.3, times, uneven=True) for times in (1.0, 2.0)]
    clumped = [Setting(allowed, shape=shape) for allowed in (0.3, 3.0) for shape in (4.0, 1.0)]
    return alike + uneven + clumped


def table(results: dict[Setting, FloatArray]) -> str:
    """Write the alarms on the rate as a Markdown table."""
    lines = [
        "| allowed a deployment | times the allowed rate | deployments | days | alarms in 200 deployments | median |",
        "|---|---|---|---|---|---|",
    ]
    for s, first in results.items():
        days = "alike" if s.shape is None else f"gamma, shape {s.shape:g}"
        lines.append(
            f"| {s.allowed:g} | {s.times:g} | {'uneven' if s.uneven else 'alike'} | {days} "
            f"| {np.isfinite(first).mean():.4f} | {_median(first)} |"
        )
    return "\n".join(lines) + "\n"


RATIOS = ((1.0, 1.0), (2.0, 1.0), (4.0, 1.0), (2.0, 2.0), (4.0, 2.0), (8.0, 2.0))


def share_table(runs: int) -> str:
    """Draw, and write the alarms on the share as a Markdown table."""
    lines = [
        "| true ratio | allowed ratio | alarms in 200 false alerts | median of false alerts |",
        "|---|---|---|---|",
    ]
    for ratio, allowed in RATIOS:
        first = first_share_alarms(ratio, allowed, runs)
        lines.append(f"| {ratio:g} | {allowed:g} | {np.isfinite(first).mean():.4f} | {_median(first)} |")
    return "\n".join(lines) + "\n"


def _median(first: FloatArray) -> str:
    found = np.sort(first)[len(first) // 2]
    return f"{found:.0f}" if np.isfinite(found) else "none"


def page(runs: int) -> str:
    """Run the study and write its page."""
    results = {setting: first_alarms(setting, runs) for setting in settings()}
    without = [np.isfinite(first).mean() for s, first in results.items() if s.times == 1 and s.shape is None]
    clumped = [np.isfinite(first).mean() for s, first in results.items() if s.shape is not None]
    twice = _median(results[Setting(0.3, 2.0)])
    return (
        f"# Monitoring by simulation\n\nMade by `python -m benchmarks.monitoring --runs {runs}`; the standard error of "
        f"0.05 is {np.sqrt(0.05 * 0.95 / runs):.4f}. Alarms are raised at an evidence of 20, looked at after every "
        "deployment or false alert. Without cause an alarm may come in at most 5 % of the runs.\n\n"
        f"Where the rate is the allowed one, an alarm comes in at most {100 * max(without):.1f} % of the runs. At "
        f"twice the allowed rate, with 0.3 false alerts allowed a deployment, it comes after {twice} deployments "
        "(median). *Where a claim ends*: false alerts that clump, as where one person who matches is seen again and "
        f"again, are not Poisson; where the rate of each day is the mean times a gamma number, an alarm comes without "
        f"cause in up to {100 * max(clumped):.1f} % of the runs.\n\n"
        f"## Rate\n\n{table(results)}\n## Share\n\nThree groups of 20, 20 and 60 %; the second is falsely matched "
        f"more often than the others.\n\n{share_table(runs)}"
    )


def main() -> None:
    """Run the study and print its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    parser.add_argument("--write", type=Path, help="write the page to this Markdown file")
    options = parser.parse_args()
    text = page(options.runs)
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
