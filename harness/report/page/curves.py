"""Curves as the paths of an SVG: few points, whole coordinates, gaps where there is nothing to draw."""

from __future__ import annotations

import numpy as np

from harness.arrays import BoolArray, FloatArray

__all__ = ["HEIGHT", "WIDTH", "band_path", "line_path"]


WIDTH, HEIGHT = 1600, 640
TOLERANCE = 0.8
"""How far a drawn line may lie from the points, in units of which a pixel has about two."""


def line_path(x: FloatArray, y: FloatArray, drawn: BoolArray) -> str:
    """Return the path through points, broken where they are not drawn.

    Parameters
    ----------
    x, y : ndarray of float64, shape (T,)
    drawn : ndarray of bool, shape (T,)
    """
    return "".join(_polyline(np.column_stack([x[run], y[run]])) for run in _runs(drawn))


def band_path(x: FloatArray, low: FloatArray, high: FloatArray, drawn: BoolArray) -> str:
    """Return the closed path around what lies between two curves."""
    return "".join(
        _polyline(np.column_stack([x[run], high[run]]))
        + _polyline(np.column_stack([x[run], low[run]])[::-1], pen="L")
        + "Z"
        for run in _runs(drawn)
    )


def _runs(drawn: BoolArray) -> list[slice]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], drawn, [False]]).astype(np.int8)))
    return [slice(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _polyline(points: FloatArray, pen: str = "M") -> str:
    if len(points) == 1:  # a line of no length shows as a dot
        points = np.repeat(points, 2, axis=0)
    kept = np.rint(points[_needed(points)]).astype(np.int64)
    steps = "".join(f"{dx} {dy} " for dx, dy in np.diff(kept, axis=0).tolist())
    return f"{pen}{kept[0][0]} {kept[0][1]}l{steps.strip()}"


def _needed(points: FloatArray) -> BoolArray:
    """Choose the points that a line through them cannot do without.

    References
    ----------
    Douglas, D. H., Peucker, T. K. (1973). Algorithms for the reduction of the number of points required to
    represent a digitized line. Cartographica 10, 112-122.
    """
    needed = np.zeros(len(points), np.bool_)
    needed[[0, -1]] = True
    stretches = [(0, len(points) - 1)]
    while stretches:
        start, end = stretches.pop()
        if end - start < 2:
            continue
        between = points[start + 1 : end] - points[start]
        along = points[end] - points[start]
        length = max(float(np.hypot(*along)), 1e-9)
        off = np.abs(between[:, 0] * along[1] - between[:, 1] * along[0]) / length
        farthest = int(off.argmax())
        if off[farthest] > TOLERANCE:
            middle = start + 1 + farthest
            needed[middle] = True
            stretches += [(start, middle), (middle, end)]
    return needed
