"""Alerts of made-up deployments, whose false alerts are drawn from the rates of the searches.

From the 31st deployment on something is amiss: people of one group are falsely matched many times as often as before.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from scipy import stats

from harness.synthetic.operation import FPIR_CURVES, PASSERS_BY

__all__ = ["AMISS_FROM", "DEPLOYMENTS", "GROUP_AMISS", "THRESHOLD", "TIMES_AMISS", "monitored_alerts"]

DEPLOYMENTS = 60
AMISS_FROM = 31
"""The number of the first deployment at which something is amiss."""
GROUP_AMISS, TIMES_AMISS = "Black", 20.0
THRESHOLD = 0.64

HEADER = ("Day", "Place", "Faces", "Watchlist", "Threshold", "Outcome", "Ethnicity")

_FIRST = date(2026, 1, 3)
_PLACES = ("North Street", "Station Square", "Market Hall", "Harbour Gate", "Old Bridge", "Stadium West")
_FACES = (1_350, 2_210, 980, 1_720, 1_140, 2_460, 1_580)
_WATCHLISTS = (9_800, 9_950, 9_990, 9_870, 10_000)
_TRUE_ALERTS = 1.1
"""At a deployment, on average."""
_UNSETTLED = 0.08
"""Of false alerts, those of which it was never learnt."""


def monitored_alerts(seed: int) -> str:
    """Return the text of the CSV file: a row for each alert, and one for each deployment without any.

    Parameters
    ----------
    seed : int
        At least 0.

    Examples
    --------
    >>> monitored_alerts(1).splitlines()[0]
    'Day,Place,Faces,Watchlist,Threshold,Outcome,Ethnicity'
    """
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(b"alerts")]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for number in range(DEPLOYMENTS):
        day = _FIRST + timedelta(days=3 * number)
        deployment = (
            f"{day:%d/%m/%Y}",
            _PLACES[number % len(_PLACES)],
            f"{_FACES[number % len(_FACES)]:,}",
            f"{_WATCHLISTS[number % len(_WATCHLISTS)]:,}",
            f"{THRESHOLD:.2f}",
        )
        alerts = list(_alerts(number, rng))
        writer.writerows((*deployment, *alert) for alert in alerts or [("no alert", "")])
    return text.getvalue()


def _alerts(number: int, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Yield the outcome and the group of each alert; quantiles of uniform numbers are the same in every version."""
    for group, share in PASSERS_BY.items():
        true_alerts = int(stats.poisson.ppf(rng.random(), _TRUE_ALERTS * share))
        yield from [("true", group)] * true_alerts
        times = TIMES_AMISS if group == GROUP_AMISS and number + 1 >= AMISS_FROM else 1.0
        faces = round(_FACES[number % len(_FACES)] * share)
        rate = times * float(FPIR_CURVES[group].rate(THRESHOLD))
        for chance in rng.random(int(stats.binom.ppf(rng.random(), faces, rate))).tolist():
            yield ("not settled" if chance < _UNSETTLED else "false"), group
