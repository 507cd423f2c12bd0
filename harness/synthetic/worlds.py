"""Worlds: chosen error rates for every group, dependent scores that follow them exactly, and three calibrations.

Scores depend on each other by a Gaussian copula. A non-mated comparison d of subjects i and j draws

    z_d = sqrt(rho / 2) (a_i + a_j) + sqrt(pi) c_ij + sqrt(1 - rho - pi) e_d

and a mated comparison of subject i draws

    z_d = sqrt(rho) g_i + sqrt(1 - rho) e_d,

all of a, c, e and g standard normal and independent. Each z is then standard normal itself (i and j differ),
while comparisons that share a subject, or the pair of subjects, are correlated.

With Phi the normal distribution function, a non-mated score is FMR^-1(1 - Phi(z)) and a mated one FNMR^-1(Phi(z)), by
the curves of the trial's group. Hence P(score >= t) = FMR(t) for non-mated and P(score < t) = FNMR(t) for mated
trials, at every threshold t.

Scores are floored to k / 10000, k whole. A floored score reaches a threshold on that grid exactly when the
score did, so the truth there is the curve itself; between two grid points it is the curve at the upper one.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.synthetic.curves import Curve
from harness.synthetic.trials import (
    AXES,
    CELLS,
    ETHNICITIES,
    LABELS,
    SEXES,
    Trials,
    across_cells,
    captures,
    cells_of,
    groups_of,
    subject_ids,
    within_cell,
)

__all__ = ["GRID", "WORLDS", "World", "mated_normals", "non_mated_normals", "world"]

GRID = 10_000
"""Steps of a score between 0 and 1."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Error rates by group, and how scores that follow them depend on each other.

    Parameters
    ----------
    name, description : str
        What the world is called, and what is true in it.
    fmr_curves : mapping of str to Curve
        FMR by ethnicity, for comparisons whose two sides share it, whatever their sexes. The sexes therefore
        have equal FMR in every world.
    cross_fmr : Curve
        FMR of comparisons between two ethnicities.
    fnmr_curves : mapping of (str, str) to Curve
        FNMR by ethnicity and sex.
    subjects : int
        Subjects in each of the six cells (ethnicity and sex).
    identity_share, pair_share : float
        Shares of a non-mated comparison's variance: of its two subjects (rho), of the pair (pi).
    mated_identity_share : float
        The same for the subject of a mated comparison.
    crossed_share : float
        Share of every other cell that a subject is compared with.

    Raises
    ------
    InputError
        When `subjects` is below 2 or the shares are not shares.
    """

    name: str
    description: str
    fmr_curves: Mapping[str, Curve]
    cross_fmr: Curve
    fnmr_curves: Mapping[tuple[str, str], Curve]
    subjects: int = 300
    identity_share: float = 0.15
    pair_share: float = 0.15
    mated_identity_share: float = 0.4
    crossed_share: float = 0.25

    def __post_init__(self) -> None:
        if self.subjects < 2:
            raise InputError(f"a synthetic world needs at least 2 subjects in a cell, got {self.subjects}")
        shares = (self.identity_share, self.pair_share, self.mated_identity_share, self.crossed_share)
        if any(not 0 <= share <= 1 for share in shares) or self.identity_share + self.pair_share > 1:
            raise InputError(f"shares must lie between 0 and 1, identity and pair together too, got {shares}")

    def sized(self, subjects: int | None) -> World:
        """Give the same world with another number of subjects in a cell; None leaves it as it is."""
        return self if subjects is None else replace(self, subjects=subjects)

    def trials(self, group: Mapping[str, str]) -> dict[str, int]:
        """Count a group's mated trials, and its non-mated trials with both sides in the group.

        Parameters
        ----------
        group : mapping
            A label for each column of an axis: ``{"ethnicity": "Black"}``, ``{"sex": "female"}``,
            ``{"ethnicity": "Black", "sex": "female"}``; ``{}`` is everybody.

        Raises
        ------
        InputError
            When a column or label is unknown. This holds for `fmr` and `fnmr` also.
        """
        mated = len(cells_of(group)) * int(captures(self.subjects).sum())
        return {"mated": mated, "non_mated": sum(self._fmr_weights(group).values())}

    def fmr(self, group: Mapping[str, str], threshold: npt.ArrayLike) -> FloatArray:
        """Give the true FMR of a group at each threshold, over trials with both sides in the group.

        Where curves differ in the group it is their mean weighted by the planned trials of each. For an
        ethnicity, with or without a sex, one curve holds for every trial. For a sex the curves of the three
        ethnicities mix with the one between ethnicities, alike for both sexes; the weights depend a little
        on `subjects`, so ask `sized` for the truth of a draw of another size.
        """
        return _mix(self._fmr_weights(group), _on_grid(threshold))

    def fnmr(self, group: Mapping[str, str], threshold: npt.ArrayLike) -> FloatArray:
        """Give the true FNMR of a group at each threshold; its cells have equally many mated trials."""
        weights: dict[Curve, int] = {}
        for cell in cells_of(group):
            curve = self.fnmr_curves[CELLS[cell]]
            weights[curve] = weights.get(curve, 0) + 1
        return _mix(weights, _on_grid(threshold))

    def worst_ratio(self, axis: str, threshold: npt.ArrayLike) -> FloatArray:
        """Give the true largest over smallest FMR of an axis (a key of `AXES`) at each threshold."""
        rates = np.stack([self.fmr(group, threshold) for group in groups_of(axis)])
        return np.asarray(rates.max(axis=0) / rates.min(axis=0), dtype=np.float64)

    def parity_from(self, axis: str, max_ratio: float = 1.0) -> float | None:
        """Give the lowest threshold from 0 at and above which the worst ratio is at most `max_ratio`.

        Looked up at every threshold of the grid up to 1, so exact for the floored scores; None when there is
        no such threshold. The tolerance of 1e-9 is for rounding in the curves' arithmetic.
        """
        grid = np.arange(GRID + 1) / GRID
        beyond = np.flatnonzero(self.worst_ratio(axis, grid) > max_ratio * (1 + 1e-9))
        first = int(beyond[-1]) + 1 if len(beyond) else 0
        return float(grid[first]) if first <= GRID else None

    def draw(self, seed: int, subjects: int | None = None) -> pa.Table:
        """Draw one data set: mated trials first, then non-mated, by cell.

        Parameters
        ----------
        seed : int
            At least 0. The same seed and world give the same table.
        subjects : int, optional
            Subjects in a cell instead of the world's own number.

        Returns
        -------
        pyarrow.Table
            score (double), mated (bool) and, as text, probe_subject, reference_subject, probe_ethnicity,
            reference_ethnicity, probe_sex, reference_sex.

        Raises
        ------
        InputError
            When the seed is negative or the subjects are too few.
        """
        if seed < 0:
            raise InputError(f"a seed must be 0 or more, got {seed}")
        here = self.sized(subjects)
        # Worlds drawn with one seed must not share their random numbers.
        rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(self.name.encode())]))
        mated = Trials.mated(here.subjects)
        non_mated = Trials.non_mated(here.subjects, here.crossed_share)
        scores = np.concatenate([here._mated_scores(mated, rng), here._non_mated_scores(non_mated, rng)])
        is_mated = np.arange(len(scores)) < len(mated)
        probe = np.concatenate([mated.probe, non_mated.probe])
        reference = np.concatenate([mated.reference, non_mated.reference])
        return _table(np.floor(scores * GRID) / GRID, is_mated, probe, reference, here.subjects)

    def truth(self, thresholds: Sequence[float]) -> dict[str, Any]:
        """Give what is true in this world as plain values, ready for JSON, rates to 12 digits.

        Raises
        ------
        InputError
            When a threshold is not a finite number.
        """
        if not all(math.isfinite(t) for t in thresholds):
            raise InputError("thresholds must be finite numbers")
        curves: dict[str, Any] = {label: curve.to_dict() for label, curve in self.fmr_curves.items()}
        curves["between ethnicities"] = self.cross_fmr.to_dict()
        return {
            "description": self.description,
            "subjects_per_cell": self.subjects,
            "identity_share": self.identity_share,
            "pair_share": self.pair_share,
            "mated_identity_share": self.mated_identity_share,
            "fmr_curves": curves,
            "fnmr_curves": {"×".join(cell): curve.to_dict() for cell, curve in self.fnmr_curves.items()},
            "thresholds": [float(t) for t in thresholds],
            "axes": {axis: self._axis_truth(axis, thresholds) for axis in AXES},
        }

    def _axis_truth(self, axis: str, thresholds: Sequence[float]) -> dict[str, Any]:
        return {
            "parity_from": self.parity_from(axis),
            "ratio_at_most_2_from": self.parity_from(axis, 2.0),
            "worst_fmr_ratio": _plain(self.worst_ratio(axis, thresholds)),
            "groups": {
                "×".join(group.values()): {
                    "trials": self.trials(group),
                    "fmr": _plain(self.fmr(group, thresholds)),
                    "fnmr": _plain(self.fnmr(group, thresholds)),
                }
                for group in groups_of(axis)
            },
        }

    def _fmr_weights(self, group: Mapping[str, str]) -> dict[Curve, int]:
        cells = cells_of(group)
        inside = len(within_cell(self.subjects)[0])
        between = len(across_cells(self.subjects, self.crossed_share)[0])
        weights: dict[Curve, int] = {}
        for one, other in [*zip(cells, cells, strict=True), *combinations(cells, 2)]:
            (ethnicity, _), (second, _) = CELLS[one], CELLS[other]
            curve = self.fmr_curves[ethnicity] if ethnicity == second else self.cross_fmr
            weights[curve] = weights.get(curve, 0) + (inside if one == other else between)
        return weights

    def _mated_scores(self, trials: Trials, rng: np.random.Generator) -> FloatArray:
        u = special.ndtr(mated_normals(trials, self.mated_identity_share, rng))
        scores, cells = np.empty(len(trials)), trials.probe // self.subjects
        for number, cell in enumerate(CELLS):
            here = cells == number
            scores[here] = self.fnmr_curves[cell].threshold(u[here])
        return scores

    def _non_mated_scores(self, trials: Trials, rng: np.random.Generator) -> FloatArray:
        # Phi(-z) and not 1 - Phi(z): the difference would lose the tail, which is what is studied.
        u = special.ndtr(-non_mated_normals(trials, self.identity_share, self.pair_share, rng))
        people = self.subjects * len(SEXES)  # the subjects of an ethnicity have consecutive numbers
        probe, reference = trials.probe // people, trials.reference // people
        scores = np.empty(len(trials))
        for number, ethnicity in enumerate(ETHNICITIES):
            here = (probe == number) & (reference == number)
            scores[here] = self.fmr_curves[ethnicity].threshold(u[here])
        crossed = probe != reference
        scores[crossed] = self.cross_fmr.threshold(u[crossed])
        return scores


def _mix(weights: Mapping[Curve, int], threshold: FloatArray) -> FloatArray:
    if len(weights) == 1:  # no arithmetic, so that groups with one curve agree to the last bit
        return next(iter(weights)).rate(threshold)
    rates = [weight * curve.rate(threshold) for curve, weight in weights.items()]
    return np.asarray(np.sum(rates, axis=0) / sum(weights.values()), dtype=np.float64)


def _on_grid(threshold: npt.ArrayLike) -> FloatArray:
    """Raise each threshold to the lowest score at or above it."""
    wanted = np.asarray(threshold, dtype=np.float64)
    nearest = np.round(wanted * GRID)
    return np.asarray((nearest + (nearest / GRID < wanted)) / GRID, dtype=np.float64)


def _plain(rates: FloatArray) -> list[float]:
    return [float(f"{rate:.12g}") for rate in rates]


def _table(
    score: FloatArray,
    mated: npt.NDArray[np.bool_],
    probe: npt.NDArray[np.int64],
    reference: npt.NDArray[np.int64],
    subjects: int,
) -> pa.Table:
    def text(codes: npt.NDArray[np.int64], labels: Sequence[str]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(codes.astype(np.int32), pa.array(labels)).cast(pa.string())

    ids, sides = subject_ids(subjects), {"probe": probe, "reference": reference}
    columns: dict[str, pa.Array] = {"score": pa.array(score), "mated": pa.array(mated)}
    columns |= {f"{side}_subject": text(codes, ids) for side, codes in sides.items()}
    for number, column in enumerate(LABELS):
        labels = [cell[number] for cell in CELLS]
        columns |= {f"{side}_{column}": text(codes // subjects, labels) for side, codes in sides.items()}
    return pa.table(columns)


def mated_normals(trials: Trials, rho: float, rng: np.random.Generator) -> FloatArray:
    """Draw z for mated trials; `rho` is the subject's share of the variance."""
    subject = rng.standard_normal(int(trials.probe.max()) + 1)
    return math.sqrt(rho) * subject[trials.probe] + math.sqrt(1 - rho) * rng.standard_normal(len(trials))


def non_mated_normals(trials: Trials, rho: float, pi: float, rng: np.random.Generator) -> FloatArray:
    """Draw z for non-mated trials; `rho` and `pi` are the shares of the two subjects and of the pair."""
    subject = rng.standard_normal(int(max(trials.probe.max(), trials.reference.max())) + 1)
    pair = rng.standard_normal(int(trials.pair[-1]) + 1)
    z = math.sqrt(rho / 2) * (subject[trials.probe] + subject[trials.reference])
    z += math.sqrt(pi) * pair[trials.pair]
    z += math.sqrt(max(0.0, 1 - rho - pi)) * rng.standard_normal(len(trials))
    return z


# FNMR at 0.60 by ethnicity and sex, and by how much it grows: a score's standard deviation is 0.06.
FNMR_AT_060 = dict(zip(CELLS, (0.105, 0.095, 0.125, 0.11, 0.095, 0.085), strict=True))
FNMR_SPREAD = 0.06
# Comparisons between ethnicities match falsely a fifth as often as the best ethnicity does.
CROSSED = 0.2


def world(name: str) -> World:
    """Give one of the synthetic worlds.

    Parameters
    ----------
    name : str
        One of `WORLDS`.

    Raises
    ------
    InputError
        When there is no such world; the message lists those there are.

    Examples
    --------
    >>> world("vanishing").parity_from("ethnicity")
    0.6
    """
    if name not in _MAKERS:
        raise InputError(f"unknown synthetic world {name!r}; there are {', '.join(_MAKERS)}")
    return _MAKERS[name]()


def _vanishing() -> World:
    white = ((0.40, 0.12), (0.50, 0.04), (0.58, 0.008))
    shared = ((0.60, 0.005), (0.65, 2e-4), (0.70, 5e-6))
    factors = {"Asian": 2.5, "Black": 4.0, "White": 1.0}
    return World(
        name="vanishing",
        description=(
            "Synthetic. The FMR of Black subjects is 4 times and of Asian subjects 2.5 times that of White "
            "subjects from 0.40 to 0.58; the ratios fall to 1 at 0.60 and are exactly 1 from there on. "
            "The sexes have equal FMR. FNMR differs mildly between groups."
        ),
        fmr_curves={label: _fmr(_times(white, factor), shared) for label, factor in factors.items()},
        cross_fmr=_fmr(_times(white, CROSSED), _times(shared, CROSSED)),
        fnmr_curves={cell: _fnmr(rate) for cell, rate in FNMR_AT_060.items()},
    )


def _persisting() -> World:
    white = ((0.40, 0.15), (0.50, 0.01), (0.56, 4e-4), (0.60, 1e-5), (0.70, 1e-9))
    factors = {"Asian": 3**0.5, "Black": 3.0, "White": 1.0}
    return World(
        name="persisting",
        description=(
            "Synthetic. The FMR of Black subjects is 3 times and of Asian subjects 1.73 times that of White "
            "subjects at every threshold from 0.40 up, without end; within ethnicities about 8 false "
            "matches in all are left at 0.60 and one at 0.62, so the difference is no longer detected. "
            "The sexes have equal FMR. FNMR differs mildly between groups."
        ),
        fmr_curves={label: _fmr(_times(white, factor)) for label, factor in factors.items()},
        cross_fmr=_fmr(_times(white, CROSSED)),
        fnmr_curves={cell: _fnmr(rate) for cell, rate in FNMR_AT_060.items()},
    )


def _equal() -> World:
    fmr = _fmr(((0.40, 0.2), (0.50, 0.06), (0.58, 0.012)), ((0.60, 0.005), (0.65, 2e-4), (0.70, 5e-6)))
    return World(
        name="equal",
        description=(
            "Synthetic. One FMR curve and one FNMR curve for everybody, also between ethnicities: "
            "no disparity at any threshold."
        ),
        fmr_curves=dict.fromkeys(ETHNICITIES, fmr),
        cross_fmr=fmr,
        fnmr_curves=dict.fromkeys(CELLS, _fnmr(0.1)),
    )


_Knots = tuple[tuple[float, float], ...]

_MAKERS: dict[str, Callable[[], World]] = {
    "vanishing": _vanishing,
    "persisting": _persisting,
    "equal": _equal,
}
WORLDS = tuple(_MAKERS)


def _times(knots: _Knots, factor: float) -> _Knots:
    return tuple((threshold, rate * factor) for threshold, rate in knots)


def _fmr(*parts: _Knots) -> Curve:
    """Join knots into a curve below which, at 0.20, every score lies: FMR is 1 there for every group."""
    return Curve(((0.20, 1.0), *(knot for part in parts for knot in part)))


def _fnmr(at_060: float) -> Curve:
    """Make a FNMR that is straight in probit: the mated scores are normal."""
    above = float(special.ndtr(special.ndtri(at_060) + 0.06 / FNMR_SPREAD))
    return Curve(((0.60, at_060), (0.66, above)), link="probit")
