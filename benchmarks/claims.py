"""How often a claim of parity is wrong, and how often a true one is found, by simulation.

    python -m benchmarks.claims [--runs 200] [--write docs/claims.md]

Every run draws a synthetic world, whose true rates are known at every threshold, and evaluates it as a user
would: three ethnicities, clustering by both subjects, a policy that tolerates a ratio of 2, and one that tolerates a
gap of 0.002.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.engines import choose_engine, open_with
from harness.evaluation import Evaluation
from harness.evaluation.counted import count_for
from harness.evaluation.run import conclude
from harness.study import load_policy, load_study
from harness.synthetic import Curve, World, world
from harness.verdict_rule import DISPARITIES

FloatArray: TypeAlias = npt.NDArray[np.float64]

THRESHOLDS = np.arange(500, 701, 2) / 1000
"""At which a disparity is looked for."""

TRUTH = np.arange(2000, 7001) / 10_000
"""At which the truth of a claimed range is looked up; at its ends too."""

MAX_RATIO = 2.0
MAX_GAP = 0.002
STUDY = {
    "matcher": {"name": "synthetic", "version": "1"},
    "subjects": ["probe_subject", "reference_subject"],
    "groups": {"ethnicity": ["probe_ethnicity", "reference_ethnicity"]},
}
AXIS = "ethnicity"
POLICIES: dict[str, dict[str, object]] = {"ratio": {"max_ratio": MAX_RATIO}, "gap": {"max_gap": MAX_GAP}}


def edge() -> World:
    """Return a world whose worst ratio is a little over the tolerance at every threshold from 0.40."""
    shared = [(0.40, 0.2), (0.50, 0.06), (0.58, 0.012), (0.60, 0.005), (0.65, 2e-4), (0.70, 5e-6)]
    over = 1.05 * MAX_RATIO
    return _with_black("edge", Curve(((0.20, 1.0), *((at, over * rate) for at, rate in shared))))


def band() -> World:
    """Return a world whose groups are alike but between 0.58 and 0.65, where the ratio rises to 2.3."""
    knots = [
        (0.40, 0.2),
        (0.50, 0.06),
        (0.58, 0.012),
        (0.60, 0.0115),
        (0.61, 0.006),
        (0.65, 2e-4),
        (0.70, 5e-6),
    ]
    return _with_black("band", Curve(((0.20, 1.0), *knots)))


def _with_black(name: str, curve: Curve) -> World:
    equal = world("equal")
    curves = {**equal.fmr_curves, "Black": curve}
    return replace(equal, name=name, description=f"Synthetic: {name}.", fmr_curves=curves)


WORLDS = {
    "vanishing": lambda: world("vanishing"),
    "persisting": lambda: world("persisting"),
    "equal": lambda: world("equal"),
    "edge": edge,
    "band": band,
}


@dataclass(frozen=True, eq=False)
class Claim:
    """What one run claims.

    Attributes
    ----------
    parity : tuple of float, or None
        The range of thresholds over which parity is shown.
    not_detected_from : float or None
    disparity : ndarray of bool, shape (T,)
        Where a disparity is shown.
    """

    parity: tuple[float, float] | None
    not_detected_from: float | None
    disparity: npt.NDArray[np.bool_]


def claims(name: str, seed: int, subjects: int) -> dict[str, Claim]:
    """Draw a world, count it once, and evaluate it under each of the tolerances."""
    scores, study = WORLDS[name]().draw(seed, subjects), load_study(STUDY)
    with open_with(scores, study, choose_engine("local")) as comparisons:
        counted = count_for(comparisons, load_policy(None), THRESHOLDS)
    return {
        tolerated: _claim(conclude(counted, load_policy(policy))) for tolerated, policy in POLICIES.items()
    }


def _claim(found: Evaluation) -> Claim:
    verdict = found.axes[AXIS].verdict
    start, stop = (found.threshold_at(p) for p in (verdict.parity_shown_from, verdict.parity_shown_to))
    return Claim(
        None if start is None or stop is None else (start, stop),
        found.threshold_at(verdict.not_detected_from),
        np.array([verdict.verdicts[found.index_of(at)] in DISPARITIES for at in THRESHOLDS.tolist()]),
    )


@dataclass(frozen=True)
class Tally:
    """What the runs of one world say.

    Attributes
    ----------
    runs : int
    wrong : float
        Share of runs whose claimed range holds a threshold where the truth is over the tolerance.
    claimed : float
        Share of runs that claim any range.
    close : float or None
        Share whose claimed range starts within 0.02 of where the truth comes within the tolerance for good;
        None where it never does.
    disparity : float
        Largest share of runs, over thresholds at which the groups are truly alike, that show a disparity.
    detected_to : float
        Median of the thresholds from which nothing is detected.
    """

    runs: int
    wrong: float
    claimed: float
    close: float | None
    disparity: float
    detected_to: float


def is_broken(name: str, tolerated: str, at: FloatArray = TRUTH) -> npt.NDArray[np.bool_]:
    """Return at which thresholds a world's truth is over the tolerance, shape (T,)."""
    truth = WORLDS[name]()
    if tolerated == "ratio":
        return np.asarray(truth.worst_ratio(AXIS, at)) > MAX_RATIO * (1 + 1e-9)
    rates = np.array([truth.fmr({AXIS: label}, at) for label in truth.fmr_curves])
    return rates.max(axis=0) - rates.min(axis=0) > MAX_GAP * (1 + 1e-9)


def tally(name: str, tolerated: str, claims: list[Claim]) -> Tally:
    """Hold the claims of a world's runs against its truth."""
    broken = is_broken(name, tolerated)
    ranges = [c.parity for c in claims if c.parity is not None]
    wrong = [
        bool(broken[(start <= TRUTH) & (stop >= TRUTH)].any())
        or bool(is_broken(name, tolerated, np.array([start, stop])).any())
        for start, stop in ranges
    ]
    kept = np.flatnonzero(broken)
    after = int(kept[-1]) + 1 if len(kept) else 0
    earliest = TRUTH[after] if len(kept) and after < len(TRUTH) else None
    close = (
        None if earliest is None else sum(abs(start - earliest) <= 0.02 for start, _ in ranges) / len(claims)
    )
    alike = np.abs(np.asarray(WORLDS[name]().worst_ratio(AXIS, THRESHOLDS)) - 1) < 1e-9
    shown = np.mean([c.disparity for c in claims], axis=0)
    levels = [c.not_detected_from if c.not_detected_from is not None else np.inf for c in claims]
    return Tally(
        len(claims),
        sum(wrong) / len(claims),
        len(ranges) / len(claims),
        close,
        float(shown[alike].max(initial=0.0)),
        float(np.median(levels)),
    )


def _claims(work: tuple[str, int, int]) -> dict[str, Claim]:
    return claims(*work)


def study(runs: int, sizes: tuple[int, ...]) -> dict[tuple[str, str, int], Tally]:
    """Run all worlds at all sizes, under both tolerances."""
    made = {}
    with ProcessPoolExecutor() as pool:
        for name, subjects in product(WORLDS, sizes):
            work = [(name, seed, subjects) for seed in range(runs)]
            made[name, subjects] = list(pool.map(_claims, work, chunksize=4))
    return {
        (tolerated, name, subjects): tally(name, tolerated, [run[tolerated] for run in runs_made])
        for tolerated in POLICIES
        for (name, subjects), runs_made in made.items()
    }


def table(found: dict[tuple[str, str, int], Tally]) -> str:
    """Write the tallies as a Markdown table."""
    lines = [
        "| tolerated | world | subjects a cell | runs | wrong parity | parity claimed | within 0.02 "
        "| disparity shown where alike | median not detected from |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (tolerated, name, subjects), t in found.items():
        close = "" if t.close is None else f"{t.close:.3f}"
        lines.append(
            f"| {tolerated} | {name} | {subjects} | {t.runs} | {t.wrong:.3f} | {t.claimed:.3f} | {close} "
            f"| {t.disparity:.3f} | {t.detected_to:.3f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--subjects", type=int, nargs="+", default=[100, 226])
    parser.add_argument("--write", type=Path, help="write the table to this Markdown file")
    options = parser.parse_args()
    found = study(options.runs, tuple(options.subjects))
    text = (
        f"# Claims of parity by simulation\n\nMade by `python -m benchmarks.claims --runs {options.runs}`. A ratio "
        f"of {MAX_RATIO:g}, or a gap of {MAX_GAP:g}, is tolerated, at 95 % confidence. *Wrong parity*: the claimed "
        "range holds a threshold where the true one is larger. 226 subjects a cell of ethnicity and sex give the "
        "trials that `harness plan` asks for to find the threshold of *vanishing*. The standard error of a share "
        f"of 0.05 is {np.sqrt(0.05 * 0.95 / options.runs):.3f}.\n\n{table(found)}"
    )
    print(text)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
