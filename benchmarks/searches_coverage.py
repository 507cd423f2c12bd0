"""How often intervals of FPIR hold for watchlists like the one that was searched, by simulation.

    python -m benchmarks.searches_coverage [--runs 200] [--write docs/searches_coverage.md]

Two groups of people are searched against one list, half of it of either group. Scores are z = sqrt(h) (a_i + b_j) +
noise for probe i and list subject j, with identity share h on either side; a share of the list's subjects, the wolves,
are raised by so much against everybody, and pairs of two groups are less alike than pairs of one. Every run draws new
people and a new list, so the rate that is to be covered is that of lists alike, known by quadrature. The groups' rates
are equal, so every detected disparity is wrong. Beside the harness's intervals, clustered by probe and by list subject,
stand those clustered by probe alone, which are for the very list that was searched.
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
from scipy.special import ndtr

from harness.counting import ListMatches, SubjectTally
from harness.statistics.clustering import carried, design_effect, small_sample
from harness.statistics.intervals import clopper_pearson, ratio_p_value
from harness.statistics.list_clusters import list_excess, only_matches

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

THRESHOLDS = np.array([3.25, 3.5, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0])
CONFIDENCE = 0.95
IDENTITY_SHARE = 0.2
OTHER_GROUP = 1.0
"""How much less alike pairs of two groups are, in standard deviations."""
NODES = 61


@dataclass(frozen=True)
class Setting:
    """A list and those who are searched for.

    Attributes
    ----------
    listed, people, searches : int
        Subjects on the list; people of each group; searches of each of them.
    wolves : float
        Share of the list's subjects who resemble everybody.
    raised : float
        By how many standard deviations.
    """

    listed: int
    people: int
    searches: int
    wolves: float
    raised: float

    def rates(self) -> FloatArray:
        """Return the FPIR of either group over all lists alike, at every threshold."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        of_people = np.sqrt(IDENTITY_SHARE) * nodes[:, None, None]
        apart = np.array([0.0, OTHER_GROUP])[None, :, None]
        spread = np.sqrt(1 - IDENTITY_SHARE)
        alike, wolf = (
            ndtr(-(THRESHOLDS - of_people + apart - raised) / spread) for raised in (0.0, self.raised)
        )
        no_match = (1 - (1 - self.wolves) * alike - self.wolves * wolf) ** (self.listed / 2)
        rates: FloatArray = weights / weights.sum() @ (1 - no_match.prod(axis=1))
        return rates

    def draw(self, rng: np.random.Generator) -> Iterator[ListMatches]:
        """Draw a list, and the matches of the searches of one group after the other."""
        subjects = np.sqrt(IDENTITY_SHARE) * rng.standard_normal(self.listed)
        subjects += self.raised * (rng.random(self.listed) < self.wolves)
        noise = np.float32(np.sqrt(1 - 2 * IDENTITY_SHARE))
        for group in (0, 1):
            people = np.sqrt(IDENTITY_SHARE) * rng.standard_normal(self.people)
            apart = OTHER_GROUP * (np.arange(self.listed) % 2 != group)
            mean = (people[:, None] + subjects - apart).astype(np.float32)
            shape = (self.people, self.searches, self.listed)
            z = mean[:, None] + noise * rng.standard_normal(shape, dtype=np.float32)
            person, search, subject = np.nonzero(z >= THRESHOLDS[0])
            yield ListMatches(
                columns=("group",),
                floor=float(THRESHOLDS[0]),
                probe_cells=(("group",),) * self.people,
                probe_subjects=np.arange(self.people),
                probe_searches=np.full(self.people, self.searches),
                list_labels=(("group",),) * self.listed,
                search=person * self.searches + search,
                probe=person,
                reference=subject,
                score=z[person, search, subject].astype(np.float64),
            )


@dataclass(frozen=True, eq=False)
class Measured:
    """One group as the harness measures it: alerts, searches, and the design effects for lists alike and for this one.

    Arrays are of shape (T,).
    """

    alerts: IntArray
    searches: int
    lists_alike: FloatArray
    this_list: FloatArray


def measured(found: ListMatches) -> Measured:
    """Count alerts and take their design effects as an evaluation does."""
    best = np.full(found.searches, -np.inf)
    np.maximum.at(best, found.search, found.score)
    person = np.repeat(np.arange(len(found.probe_searches), dtype=np.int32), found.probe_searches)
    tally = SubjectTally(THRESHOLDS, len(found.probe_searches), count_missing=False)
    tally.add(best, np.zeros(len(best), np.int32), [person])
    sums = tally.counts(lambda _: ("group",)).sums(lambda cell: cell, ("group",), mated=False)
    alerts = len(best) - np.searchsorted(np.sort(best), THRESHOLDS)
    by_probe = design_effect(alerts, len(best), sums, touch_two=False) * small_sample(sums.effective_subjects)
    everybody = np.ones(len(found.probe_searches), np.bool_)
    by_list = list_excess(only_matches(found, THRESHOLDS), everybody, alerts, len(best))
    return Measured(alerts, len(best), carried(by_probe + by_list, alerts), carried(by_probe, alerts))


@dataclass(frozen=True, eq=False)
class Found:
    """What the runs of a setting show, by threshold; of two rows the first is for lists alike, the other by probe.

    Attributes
    ----------
    rates : ndarray of float64, shape (T,)
        True.
    covered, detected : ndarray of float64, shape (2, T)
        How often intervals cover the true rate, and how often the groups, whose rates are equal, are found to differ.
    detected_anywhere : ndarray of float64, shape (2,)
        How often they are at any threshold.
    """

    rates: FloatArray
    covered: FloatArray
    detected: FloatArray
    detected_anywhere: FloatArray


def run(setting: Setting, runs: int) -> Found:
    """Draw lists and people, and see what the intervals say of them."""
    rng = np.random.default_rng([19795, setting.listed, setting.people, int(1000 * setting.wolves)])
    rates = setting.rates()
    covered, detected, anywhere = [], [], []
    for _ in range(runs):
        groups = [measured(found) for found in setting.draw(rng)]
        effects = np.array(
            [[group.lists_alike, group.this_list] for group in groups]
        )  # group, kind, threshold
        alerts = np.array([group.alerts for group in groups])[:, None] / effects
        trials = np.array([group.searches for group in groups])[:, None, None] / effects
        bounds = clopper_pearson(alerts, trials, CONFIDENCE)
        covered.append(np.mean((bounds.lower <= rates) & (rates <= bounds.upper), axis=0))
        differ = ratio_p_value(alerts[0], trials[0], alerts[1], trials[1]) <= 1 - CONFIDENCE
        detected.append(differ)
        anywhere.append(differ.any(axis=1))
    return Found(rates, *(np.mean(part, axis=0) for part in (covered, detected, anywhere)))


def settings() -> Iterator[Setting]:
    """All settings of the study."""
    yield Setting(listed=600, people=300, searches=1, wolves=0.0, raised=0.0)
    yield Setting(listed=600, people=300, searches=1, wolves=0.02, raised=2.0)
    yield Setting(listed=1000, people=150, searches=2, wolves=0.01, raised=2.0)
    yield Setting(listed=1000, people=200, searches=1, wolves=0.02, raised=2.5)
    yield Setting(listed=200, people=300, searches=2, wolves=0.02, raised=2.0)


def _run(arguments: tuple[Setting, int]) -> Found:
    return run(*arguments)


def table(found: dict[Setting, Found]) -> str:
    """Write what was found as a Markdown table."""
    lines = [
        "| listed | people a group | searches each | wolves | raised | FPIR | coverage | by probe | wrong detection "
        "| by probe |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for setting, result in found.items():
        head = f"| {setting.listed} | {setting.people} | {setting.searches} | {setting.wolves:g} | {setting.raised:g} "
        for index, rate in enumerate(result.rates):
            covered, detected = result.covered[:, index], result.detected[:, index]
            lines.append(
                f"{head}| {rate:.3g} | {covered[0]:.3f} | {covered[1]:.3f} | {detected[0]:.3f} | {detected[1]:.3f} |"
            )
        both = result.detected_anywhere
        lines.append(f"{head}| at any threshold | | | {both[0]:.3f} | {both[1]:.3f} |")
    return "\n".join(lines) + "\n"


def summary(found: dict[Setting, Found]) -> str:
    """Say how the table reads."""
    few = {setting for setting in found if setting.wolves * setting.listed / 2 < 3 and setting.wolves}
    most = [result for setting, result in found.items() if setting not in few]
    lowest = {kind: min(float(result.covered[kind].min()) for result in most) for kind in (0, 1)}
    of_few = min((float(found[setting].covered[0].min()) for setting in few), default=1.0)
    worst = [max(float(result.detected[kind].max()) for result in found.values()) for kind in (0, 1)]
    anywhere = [max(float(result.detected_anywhere[kind]) for result in found.values()) for kind in (0, 1)]
    return (
        f"Two-sided 95 % intervals for lists alike cover at least {lowest[0]:.3f} ({of_few:.3f} where about two wolves "
        f"of a group are on the list, and many lists have none of them); those clustered by probe alone as little as "
        f"{lowest[1]:.3f}. "
        f"Groups whose rates are equal are found to differ at a threshold in at most {worst[0]:.3f} of runs "
        f"({worst[1]:.3f} by probe alone), at any of {len(THRESHOLDS)} thresholds in at most {anywhere[0]:.3f} "
        f"({anywhere[1]:.3f}).\n"
    )


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--write", type=Path, help="write the page to this Markdown file")
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        work = [(setting, options.runs) for setting in settings()]
        found = dict(zip(settings(), pool.map(_run, work), strict=True))
    text = (
        "# Intervals for watchlists alike, by simulation\n\nMade by `python -m benchmarks.searches_coverage --runs "
        f"{options.runs}`; the standard error of a coverage of 0.95 is {np.sqrt(0.05 * 0.95 / options.runs):.3f}. "
        "[What is measured](explanation/watchlists.md).\n\n"
        f"{summary(found)}\n{table(found)}"
    )
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
