"""Whether counts spread more widely over records than chance spreads them, given their sum."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.arrays import FloatArray

__all__ = ["Dispersion", "dispersion_test"]

SEED = 19795
MOST_DRAWS = 9_999
FEWEST_DRAWS = 199
EVENTS_DRAWN = 5_000_000
"""In all draws together, but for the fewest draws: so many take about a second."""
CELLS_AT_ONCE = 1 << 20


class Dispersion(NamedTuple):
    """How widely counts are spread.

    Attributes
    ----------
    ratio : float
        The index of dispersion: Pearson's chi-squared over its degrees of freedom: about 1 where counts are Poisson.
    p_value : float
        That chance spreads them as widely or more.
    """

    ratio: float
    p_value: float


def dispersion_test(counts: npt.ArrayLike, exposures: npt.ArrayLike) -> Dispersion | None:
    """Test that events fall on records in proportion to their exposures, against any other spread.

    Given their sum, Poisson counts of equal rates are multinomial with chances in proportion to the exposures. As
    many events are dealt out to the records again and again, by a seed that is fixed, and the p-value is the rank of
    Pearson's chi-squared among those dealt: a valid test for any counts, however few.

    Parameters
    ----------
    counts : array_like of int
    exposures : array_like
        Above 0, one for each count.

    Returns
    -------
    Dispersion or None
        None with fewer than two records or events, of which nothing can be spread.

    References
    ----------
    Fisher, R. A. (1950). The significance of deviations from expectation in a Poisson series. Biometrics 6, 17-24,
    for the index; Barnard, G. A. (1963), Journal of the Royal Statistical Society B 25, 294, and Besag, J., Clifford,
    P. (1991), Biometrika 78, 301-304, for the rank among draws.

    Examples
    --------
    >>> found = dispersion_test([0, 0, 12], [1_000, 1_000, 1_000])
    >>> round(found.ratio, 1), found.p_value < 0.001
    (12.0, True)
    """
    observed = np.asarray(counts, np.int64)
    exposed = np.asarray(exposures, np.float64)
    order = np.argsort(exposed, kind="stable")  # so that the order of the records does not matter
    observed, exposed = observed[order], exposed[order]
    total = int(observed.sum())
    if len(observed) < 2 or total < 2:
        return None
    expected = total * exposed / exposed.sum()
    statistic = float(_chi_squared(observed[None, :], expected)[0])
    draws = int(np.clip(EVENTS_DRAWN // total, FEWEST_DRAWS, MOST_DRAWS))
    # The same spread, added up in another order, is as wide.
    as_wide = _drawn_as_wide(statistic * (1 - 1e-9), total, expected, draws)
    return Dispersion(statistic / (len(observed) - 1), (1 + as_wide) / (1 + draws))


def _drawn_as_wide(statistic: float, total: int, expected: FloatArray, draws: int) -> int:
    """Count the draws whose chi-squared reaches a statistic, some at a time."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    records = len(expected)
    upper_ends = np.cumsum(expected) / expected.sum()
    upper_ends[-1] = 1.0
    found, at_once = 0, max(1, CELLS_AT_ONCE // max(records, total))
    for start in range(0, draws, at_once):
        rows = min(at_once, draws - start)
        dealt = np.searchsorted(upper_ends, rng.random((rows, total)), side="right")
        cells = (dealt + records * np.arange(rows)[:, None]).ravel()
        counts = np.bincount(cells, minlength=rows * records).reshape(rows, records)
        found += int((_chi_squared(counts, expected) >= statistic).sum())
    return found


def _chi_squared(counts: npt.NDArray[np.int64], expected: FloatArray) -> FloatArray:
    found: FloatArray = ((counts - expected) ** 2 / expected).sum(axis=1)
    return found
