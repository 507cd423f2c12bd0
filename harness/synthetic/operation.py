"""Searches of a watchlist whose false alert rates are known, and deployment records such as forces publish.

Every search is by another person, so searches are independent. With u uniform on (0, 1) a non-mated top score is
FPIR^-1(u) and a mated one FNIR^-1(u), floored to k / 10000 as those of the worlds are. The records are of made-up
places; their false alerts are drawn from the same rates.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special, stats

from harness.synthetic.curves import Curve
from harness.synthetic.trials import ETHNICITIES
from harness.synthetic.worlds import GRID

__all__ = [
    "FPIR_CURVES",
    "HEADER",
    "MATED",
    "NON_MATED",
    "PASSERS_BY",
    "WATCHLIST_SIZE",
    "draw_searches",
    "published_records",
    "true_false_alert_rate",
]

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


HEADER = (
    "Date",
    "Location",
    "Watchlist size",
    "Threshold",
    "Faces seen (est.)",
    "Alerts",
    "True alerts - confirmed",
    "False alerts - confirmed",
    "Alerts - unconfirmed",
    "False alert rate",
)

PASSERS_BY = {"Asian": 0.2, "Black": 0.2, "White": 0.6}


class _Deployment(NamedTuple):
    date: str
    place: str
    watchlist_size: int
    threshold: float
    faces: int
    true_alerts: int
    unconfirmed: int = 0
    times: float = 1.0
    """How many times the true rate falsely alerted there, where something was amiss."""
    counted: bool = True
    """Whether its faces were counted."""


_DEPLOYMENTS = (
    _Deployment("14/01/2026", "North Street", 9_800, 0.64, 4_120, 2),
    _Deployment("21/01/2026", "Station Square", 9_950, 0.62, 12_345, 5),
    _Deployment("03/02/2026", "Market Hall", 5_210, 0.64, 2_960, 1),
    _Deployment("18/02/2026", "Harbour Gate", 9_870, 0.60, 18_400, 9),
    _Deployment("04/03/2026", "North Street", 10_000, 0.60, 9_650, 4, unconfirmed=1),
    _Deployment("11/03/2026", "Old Bridge", 7_450, 0.61, 6_300, 3),
    _Deployment("25/03/2026", "Stadium West", 18_900, 0.60, 22_750, 12),
    _Deployment("08/04/2026", "Market Hall", 9_990, 0.60, 11_200, 6, times=3.0),
    _Deployment("22/04/2026", "Long Lane", 12_400, 0.62, 7_900, 2),
    _Deployment("06/05/2026", "Station Square", 9_900, 0.58, 8_300, 7),
    _Deployment("13/05/2026", "Harbour Gate", 9_900, 0.62, 5_000, 3, counted=False),
    _Deployment("27/05/2026", "Old Bridge", 5_080, 0.64, 1_840, 0),
    _Deployment("10/06/2026", "Fairground", 6_020, 0.64, 2_410, 1),
    _Deployment("17/06/2026", "Ring Road", 5_000, 0.64, 3_300, 2),
)


def published_records(seed: int) -> str:
    """Return the text of the CSV file.

    Parameters
    ----------
    seed : int
        At least 0.
    """
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(b"records")]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for deployment, chance in zip(_DEPLOYMENTS, rng.random(len(_DEPLOYMENTS)).tolist(), strict=True):
        writer.writerow(_row(deployment, chance))
    return text.getvalue()


def _row(deployment: _Deployment, chance: float) -> tuple[str, ...]:
    rate = true_false_alert_rate(PASSERS_BY, deployment.threshold, deployment.watchlist_size)
    # The quantile of a uniform number, which unlike a generator's binomial is the same in every version.
    false_alerts = int(stats.binom.ppf(chance, deployment.faces, rate * deployment.times))
    alerts = deployment.true_alerts + false_alerts + deployment.unconfirmed
    return (
        deployment.date,
        deployment.place,
        f"{deployment.watchlist_size:,}",
        f"{deployment.threshold:.2f}",
        f"{deployment.faces:,}" if deployment.counted else "n/a",
        str(alerts),
        str(deployment.true_alerts),
        str(false_alerts),
        str(deployment.unconfirmed),
        f"{100 * false_alerts / deployment.faces:.3f}%" if deployment.counted else "n/a",
    )
