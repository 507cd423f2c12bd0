"""Rates as they might be, given what was counted: draws from Beta(k + ½, n - k + ½).

Jeffreys' distribution of a proportion (Brown, Cai, DasGupta 2001, Statistical Science 16, 101-133, section 3.1),
on effective counts. The draws are a Latin hypercube (McKay, Beckman, Conover 1979, Technometrics 21, 239-245):
each group's are the D midpoint quantiles of its distribution, in an order of its own. The same orders serve every
threshold, so what is found at one does not depend on which others there are.
"""

from __future__ import annotations

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from harness.arrays import FloatArray, IntArray
from harness.statistics.quantiles import beta_quantile

__all__ = ["DRAWS", "drawn_rates", "shuffles"]


DRAWS = 2000
SEED = 8429
NODES = 17
"""Quantiles computed exactly; the logarithm of those between is interpolated, to within a few ten-thousandths."""


def shuffles(groups: int) -> tuple[IntArray, IntArray]:
    """Return the orders of the draws of two independent rates, each of shape (DRAWS, groups)."""
    generator = np.random.default_rng(SEED)
    places = np.tile(np.arange(DRAWS)[:, None], (1, groups))
    return generator.permuted(places, axis=0), generator.permuted(places, axis=0)


def drawn_rates(errors: FloatArray, trials: FloatArray, shuffle: IntArray) -> FloatArray:
    """Draw the rates of all groups.

    Parameters
    ----------
    errors, trials : ndarray of float64, shape (G, T)
        Effective counts.
    shuffle : ndarray of int64, shape (DRAWS, G)
        From `shuffles`.

    Returns
    -------
    ndarray of float64, shape (G, DRAWS, T)
        Between 0 and 1, never 0.
    """
    # A group's draws differ by threshold only in the two parameters, and exact quantiles are dear: a few, evenly
    # spaced on the normal scale, where their logarithm is smooth, give all.
    scores = special.ndtri((np.arange(DRAWS) + 0.5) / DRAWS)
    nodes = np.linspace(scores[0], scores[-1], NODES)
    exact = beta_quantile(errors + 0.5, trials - errors + 0.5, special.ndtr(nodes)[:, None, None])
    quantiles = np.minimum(np.exp(CubicSpline(nodes, np.log(exact))(scores)), 1.0)
    return np.moveaxis(np.take_along_axis(quantiles, shuffle[:, :, None], axis=0), 1, 0)
