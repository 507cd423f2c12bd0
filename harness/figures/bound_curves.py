"""A measure of how far groups differ against the threshold: estimate, bounds, and what is tolerated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import BoolArray, FloatArray
from harness.figures.display import ThresholdDisplay
from harness.figures.frame import Sample, axes_for_lines, explain, name_lines, set_title
from harness.figures.labels import fitting
from harness.figures.marks import draw_marks, marks_of, room_for_marks
from harness.figures.scales import plain_axes, sparse_marks, threshold_scale
from harness.figures.style import DASHES, GREY, PALETTE, LineStyle
from harness.figures.words import percent

__all__ = [
    "ESTIMATE",
    "HEADROOM",
    "INFINITE",
    "LOWER",
    "UNDEFINED",
    "UPPER",
    "BoundDisplay",
    "Curve",
    "off_the_top",
]


ESTIMATE = LineStyle(PALETTE[0], DASHES[0], "o", "full")
UPPER = LineStyle(PALETTE[3], DASHES[1], "s", "none")
LOWER = LineStyle(PALETTE[2], DASHES[3], "^", "none")
TOLERATED = LineStyle(GREY, DASHES[2], "", "none")

INFINITE: dict[str, Any] = {
    "color": GREY,
    "linestyle": (0, (1, 2)),
    "linewidth": 0.9,
    "marker": "^",
    "markersize": 6,
    "markerfacecolor": "white",
}
UNDEFINED: dict[str, Any] = {"color": GREY, "linestyle": "", "marker": "x", "markersize": 5}
"""Where there is no finite number, and where there is none at all."""

HEADROOM = 0.965
"""How high in the axes stand the markers of what has no finite height."""


@dataclass(frozen=True)
class Curve:
    """One line of a figure of bounds.

    Attributes
    ----------
    name : str
        As it stands beside the line.
    values : ndarray of float64, shape (T,)
        NaN and infinite where it is not drawn as a number.
    style : LineStyle
    """

    name: str
    values: FloatArray
    style: LineStyle


@dataclass(frozen=True, eq=False, kw_only=True)
class BoundDisplay(ThresholdDisplay):
    """A measure of how far groups differ, with its bounds and what the policy tolerates.

    Parameters
    ----------
    tolerated : float, optional
        The policy's limit; None where it states none.
    """

    tolerated: float | None = None

    @property
    @abstractmethod
    def curves(self) -> tuple[Curve, ...]:
        """The lines, the estimate first."""

    @property
    def details(self) -> str:
        """What the bounds are, and whether there is a safe threshold."""
        return f"Bounds of {percent(self.confidence)} confidence{self._if_unsafe}"

    @abstractmethod
    def _set_scale(self, ax: Axes) -> None:
        """Set the upright axis."""

    @abstractmethod
    def _samples(self) -> list[Sample]:
        """What the marks on the axes stand for."""

    def _lines(self) -> tuple[Curve, ...]:
        if self.tolerated is None:
            return self.curves
        level = np.full(len(self.thresholds), self.tolerated)
        return (*self.curves, Curve(f"tolerated: {self.tolerated:g}", level, TOLERATED))

    def _names(self, width: float) -> Sequence[str]:
        return [fitting(curve.name, width) for curve in self._lines()]

    def _new_axes(self) -> Axes:
        return axes_for_lines(
            len(self._lines()), self._names, self._samples(), room_for_marks(marks_of(self))
        )

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid="y")
        threshold_scale(ax, self.thresholds[self.shown], self.better)
        self._set_scale(ax)
        lines = self._lines()
        for i, curve in enumerate(lines):
            self._draw_curve(ax, i, curve)
        self._draw_more(ax)
        draw_marks(ax, marks_of(self))
        set_title(ax, self.heading, self.matcher, self.details, above=room_for_marks(marks_of(self)))
        heights = np.array([self._height_at_end(ax, curve) for curve in lines])
        order = [int(i) for i in np.argsort(np.nan_to_num(heights, nan=-np.inf), kind="stable")]
        styles = [curve.style for curve in lines]
        name_lines(ax, self._names, styles, heights, order, explain(ax, self._samples()))

    def _draw_curve(self, ax: Axes, number: int, curve: Curve) -> None:
        x, y = self.thresholds[self.shown], curve.values[self.shown]
        drawn = np.isfinite(y) & (y > 0)
        if not drawn.any():
            return
        line: dict[str, Any] = curve.style.line
        if curve.style.marker:
            marks = sparse_marks(x, drawn, number, 6, required=int(np.flatnonzero(drawn)[-1]))
            line = {**line, "markevery": marks}
        ax.plot(x, np.where(drawn, y, np.nan), label=curve.name, **line)

    @abstractmethod
    def _draw_more(self, ax: Axes) -> None:
        """Draw what is not a line: bands, and where there is no finite number."""

    def _height_at_end(self, ax: Axes, curve: Curve) -> float:
        """Where a line ends, in the axes from 0 to 1; NaN where it has nothing to draw."""
        last = curve.values[self.shown][-1]
        if np.isnan(last):
            return np.nan
        if not np.isfinite(last):
            return 1.0
        if last <= 0:
            return 0.0
        place = (ax.transScale + ax.transLimits).transform((self.thresholds[self.shown][-1], last))
        return float(np.clip(place[1], 0, 1))


def off_the_top(
    ax: Axes, x: FloatArray, where: BoolArray, name: str, line: dict[str, Any], height: float = HEADROOM
) -> None:
    """Mark at the top of the axes the thresholds at which there is no finite number."""
    if where.any():
        y = np.where(where, height, np.nan)
        places = sparse_marks(x, where, 0, 12, required=int(np.flatnonzero(where)[0]))
        ax.plot(x, y, transform=ax.get_xaxis_transform(), label=name, markevery=places, **line)
