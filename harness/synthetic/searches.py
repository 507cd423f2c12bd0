"""Searches of a watchlist, one top score each, whose false alert rates are known: the records' matcher.

Every search is by another person, so searches are independent. With u uniform on (0, 1) a non-mated top score is
FPIR^-1(u) and a mated one FNIR^-1(u), floored to k / 10000 as those of the worlds are.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from harness.synthetic.curves import Curve
from harness.synthetic.model import GRID
from harness.synthetic.trials import ETHNICITIES

__all__ = ["MATED", "NON_MATED", "WATCHLIST_SIZE", "draw_searches", "true_false_alert_rate"]

WATCHLIST_SIZE = 10_000
NON_MATED, MATED = 200_000, 1_500
"""Searches of each ethnicity."""

_SHARED = ((0.60, 0.002), (0.65, 1e-4), (0.70, 2e-6))
_FACTORS = {"Asian": 2.5, "Black": 4.0, "White": 1.0}


def _fpir(factor: float) -> Curve:
    differing = ((0.40, 0.15 * factor), (0.50, 0.04 * factor), (0.58, 0.004 * factor))
    return Curve(((0.20, 1.0), *differing, *_SHARED))


FPIR_CURVES: Mapping[str, Curve] = {label: _fpir(factor) for label, factor in _FACTORS.items()}
"""With the whole watchlist: up to fourfold apart below 0.58, equal from 0.60."""

FNIR_CURVE = Curve(((0.60, 0.11), (0.66, float(special.ndtr(special.ndtri(0.11) + 1)))), link="probit")


def true_false_alert_rate(shares: Mapping[str, float], threshold: float, watchlist_size: int) -> float:
    """Return the true FPIR of passers-by, with references that match independently.

    Parameters
    ----------
    shares : mapping of str to float
        By ethnicity, of the passers-by.
    threshold : float
    watchlist_size : int
    """
    scale = watchlist_size / WATCHLIST_SIZE
    rates = {label: float(FPIR_CURVES[label].rate(threshold)) for label in shares}
    return float(sum(share * -np.expm1(scale * np.log1p(-rates[label])) for label, share in shares.items()))


def draw_searches(seed: int) -> pa.Table:
    """Draw the searches: score, mated, ethnicity."""
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(b"searches")]))
    parts = [_drawn(label, rng) for label in ETHNICITIES]
    scores = np.concatenate([part for part, _ in parts])
    mated = np.concatenate([part for _, part in parts])
    codes = np.repeat(np.arange(len(ETHNICITIES), dtype=np.int32), NON_MATED + MATED)
    ethnicity = pa.DictionaryArray.from_arrays(codes, pa.array(ETHNICITIES)).cast(pa.string())
    score = pa.array(np.floor(scores * GRID) / GRID)
    return pa.table({"score": score, "mated": pa.array(mated), "ethnicity": ethnicity})


def _drawn(label: str, rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    non_mated = FPIR_CURVES[label].threshold(1.0 - rng.random(NON_MATED))
    mated = FNIR_CURVE.threshold(1.0 - rng.random(MATED))
    return np.concatenate([non_mated, mated]), np.repeat([False, True], [NON_MATED, MATED])
