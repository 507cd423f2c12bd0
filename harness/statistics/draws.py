"""Draws of the rates of groups from Beta(k + ½, n - k + ½), for the intervals of `harness.statistics.measures`.

The draws are a Latin hypercube (McKay, Beckman, Conover 1979, Technometrics 21, 239-245): each group's are the D
midpoint quantiles of its distribution, in an order of its own. The same orders serve every threshold, so the interval
at one does not depend on which others there are.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from harness.arrays import FloatArray, IntArray
from harness.statistics.quantiles import beta_quantile

__all__ = ["DRAWS", "ascending", "drawn_logarithms", "interpolations", "node_logarithms", "shuffles"]


DRAWS = 2000
SEED = 8429
NODES = 17
"""Quantiles computed exactly; the logarithm of those between is interpolated, to within a few ten-thousandths."""


def shuffles(groups: int) -> tuple[IntArray, IntArray]:
    """Return the orders of the draws of two independent rates, each of shape (DRAWS, groups)."""
    generator = np.random.default_rng(SEED)
    order = np.tile(np.arange(DRAWS)[:, None], (1, groups))
    return generator.permuted(order, axis=0), generator.permuted(order, axis=0)


def interpolations(shuffle: IntArray) -> FloatArray:
    """Return what makes the draws of each group, in its order, of the logarithms at the nodes.

    Parameters
    ----------
    shuffle : ndarray of int64, shape (DRAWS, G)
        From `shuffles`.

    Returns
    -------
    ndarray of float64, shape (G, NODES, DRAWS)
    """
    return np.ascontiguousarray(np.moveaxis(_interpolation()[:, shuffle], 2, 0))


def node_logarithms(errors: FloatArray, trials: FloatArray) -> FloatArray:
    """Return the logarithms of a few quantiles of each rate, exact ones, between which its draws are interpolated.

    Parameters
    ----------
    errors, trials : ndarray of float64, shape (G, T)
        Effective counts.

    Returns
    -------
    ndarray of float64, shape (G, T, NODES)
    """
    # A group's draws differ by threshold only in the two parameters, and exact quantiles are expensive: a few, evenly
    # spaced on the normal scale, where their logarithm is smooth, give all.
    chances = special.ndtr(_nodes())
    return np.log(beta_quantile(errors[..., None] + 0.5, (trials - errors)[..., None] + 0.5, chances))


def drawn_logarithms(nodes: FloatArray, interpolation: FloatArray) -> FloatArray:
    """Draw the rates of all groups, as logarithms.

    Parameters
    ----------
    nodes : ndarray of float64, shape (G, T, NODES)
        From `node_logarithms`.
    interpolation : ndarray of float64, shape (G, NODES, DRAWS)
        From `interpolations`.

    Returns
    -------
    ndarray of float64, shape (G, T, DRAWS)
        At most 0, and never -inf.
    """
    drawn = nodes @ interpolation
    return np.minimum(drawn, 0.0, out=drawn)


def ascending(values: FloatArray) -> FloatArray:
    """Return values sorted along the first axis, by comparing whole slices; those given are used up.

    Sorting many short columns one by one costs more than a network of comparisons (Batcher 1968, Sorting networks and
    their applications, AFIPS 32, 307-314: merging odd and even), each of which is made for all columns at once.

    Examples
    --------
    >>> ascending(np.array([[3.0, 1.0], [2.0, 5.0], [1.0, 4.0]]))
    array([[1., 1.],
           [2., 4.],
           [3., 5.]])
    """
    slices, spare = list(values), np.empty_like(values[0])
    for low, high in _comparisons(len(values)):
        smaller = np.minimum(slices[low], slices[high], out=spare)
        np.maximum(slices[low], slices[high], out=slices[high])
        slices[low], spare = smaller, slices[low]
    return np.stack(slices)


@cache
def _comparisons(count: int) -> tuple[tuple[int, int], ...]:
    """Return which two of so many values to compare, one comparison after the other, to sort them all."""
    compared = []
    span = 1
    while span < count:
        step = span
        while step:
            for start in range(step % span, count - step, 2 * step):
                compared += [
                    (i, i + step)
                    for i in range(start, min(start + step, count - step))
                    if i // (2 * span) == (i + step) // (2 * span)
                ]
            step //= 2
        span *= 2
    return tuple(compared)


def _scores() -> FloatArray:
    """Return the midpoint quantiles of the draws on the normal scale."""
    return np.asarray(special.ndtri((np.arange(DRAWS) + 0.5) / DRAWS))


def _nodes() -> FloatArray:
    scores = _scores()
    return np.linspace(scores[0], scores[-1], NODES)


@cache
def _interpolation() -> FloatArray:
    """Return the cubic spline through values at the nodes, which is linear in them: shape (NODES, DRAWS).

    Its third derivative does not jump at the nodes beside the ends ("not a knot"): de Boor, C. (1978). A practical
    guide to splines, chapter IV.
    """
    scores, nodes, values = _scores(), _nodes(), np.eye(NODES)
    width = nodes[1] - nodes[0]
    # Second derivatives at the nodes, times the squared width: continuous slopes within, not a knot at the ends.
    bands = [np.eye(NODES - 2, NODES, k=k) for k in (0, 1, 2)]
    continuous = bands[0] + 4 * bands[1] + bands[2]
    differences = 6 * (bands[0] - 2 * bands[1] + bands[2])
    not_a_knot = np.zeros((2, NODES))
    not_a_knot[0, :3] = not_a_knot[1, -3:] = 1, -2, 1
    curvature = np.linalg.solve(
        np.vstack([continuous, not_a_knot]), np.vstack([differences, np.zeros((2, NODES))])
    )
    left = np.clip(((scores - nodes[0]) / width).astype(np.intp), 0, NODES - 2)
    share = ((scores - nodes[left]) / width)[:, None]
    bent = share * (1 - share) / 6 * ((2 - share) * curvature[left] + (1 + share) * curvature[left + 1])
    return np.ascontiguousarray(((1 - share) * values[left] + share * values[left + 1] - bent).T)
