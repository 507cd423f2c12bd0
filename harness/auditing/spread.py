"""Whether the records of a threshold differ among themselves by more than chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.auditing.deployment import DeploymentRecord
from harness.statistics.intervals import holm, ratio_p_value

__all__ = ["spread_of"]


def spread_of(records: Sequence[DeploymentRecord], significance: float) -> tuple[float | None, str]:
    """Test that false alerts fall on records in proportion to faces times watchlist size.

    Each record is compared with the sum of the others by the exact conditional test of `ratio_p_value`, and the
    p-values are Holm-adjusted. False alerts of the same faces grow no faster than the watchlist.

    Parameters
    ----------
    records : sequence of DeploymentRecord
        Assessable ones of one threshold.
    significance : float

    Returns
    -------
    p_value : float or None
        None where there is nothing to test.
    sentence : str
    """
    false_alerts = np.array([record.false_alerts or 0 for record in records], np.float64)
    if len(records) < 2 or not false_alerts.any():
        return None, "one record alone" if len(records) == 1 else "no false alerts to compare"
    sizes = [record.watchlist_size for record in records]
    known = [size for size in sizes if size]
    searched = np.array([record.faces for record in records], np.float64)
    by_size = len(known) == len(sizes)
    exposure = searched * np.array(known) if by_size else searched
    others = (false_alerts.sum() - false_alerts, exposure.sum() - exposure)
    adjusted = holm(ratio_p_value(false_alerts, exposure, *others))
    odd = int(np.nanargmin(adjusted))
    p_value = float(adjusted[odd])
    allowing = "faces and watchlist sizes" if by_size else "faces (a watchlist size is unknown)"
    if p_value > significance:
        return (
            p_value,
            f"no difference between deployments is detected, allowing for {allowing} (p = {p_value:.2g})",
        )
    return p_value, (
        f"deployments differ by more than chance, allowing for {allowing} (p = {p_value:.2g}; "
        f"{records[odd].title} stands out)"
    )
