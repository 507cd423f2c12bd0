"""Figures as parts of a page: paths, ticks and where they stand, made from what a report says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.arrays import BoolArray, FloatArray
from harness.numbers import power_of_ten, threshold_text
from harness.report.model import Figure, Quantity, numeral_values

__all__ = ["Chart", "Curve", "Horizontal", "chart_of", "percentage", "window"]


MOST_BANDS = 8
COLOURS, DASHES, SHAPES = 5, 6, 8
LARGEST_RATIO = 100.0

STEPS = (1, 2, 2.5, 5, 10)
FEWEST_DECADES = 2
BEYOND_LAST_EVENT = 0.04

WIDTH, HEIGHT = 1600, 640
TOLERANCE = 0.8
"""How far a drawn line may lie from the points, in units of which a pixel has about two."""


@dataclass(frozen=True)
class Curve:
    """One line, its band, and the dotted bound where there are no errors.

    Attributes
    ----------
    name : str
    index : int
        Among the curves of the figure.
    colour, dash, shape : int
        Which of those of the style sheet.
    line, band, bound : str
        Paths; the band empty where there are too many to tell apart.
    rest : bool
        Whether it is of many that are drawn in grey.
    """

    name: str
    index: int
    colour: int
    dash: int
    shape: int
    line: str
    band: str
    bound: str
    rest: bool = False


@dataclass(frozen=True)
class Tick:
    """A number named on an axis: where it stands, as a percentage, and how it is written."""

    at: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A figure with what its page draws.

    Attributes
    ----------
    figure : Figure
    low, high : float
        Ends of the vertical scale; see `Scale`.
    logarithmic : bool
    across, up : tuple of Tick
    limits : tuple of Tick
        Levels marked.
    curves : tuple of Curve
    """

    figure: Figure
    low: float
    high: float
    logarithmic: bool
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, eq=False)
class Horizontal:
    """The thresholds that all figures of a page show."""

    scale: Scale
    thresholds: FloatArray
    first: int
    last: int

    @classmethod
    def between(cls, thresholds: FloatArray, first: int, last: int) -> Horizontal:
        """Show the thresholds between two indices."""
        return cls(linear(float(thresholds[first]), float(thresholds[last])), thresholds, first, last)

    @property
    def shown(self) -> slice:
        """The indices of the thresholds shown."""
        return slice(self.first, self.last + 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The thresholds named below a figure."""
        at = self.scale.share(np.array([value for value, _ in self.scale.ticks]))
        return tuple(Tick(percentage(x), text) for x, (_, text) in zip(at, self.scale.ticks, strict=True))

    def shares(self) -> FloatArray:
        """Return how far across a figure every threshold lies; outside it, below 0 or above 1."""
        return self.scale.share(self.thresholds)


def chart_of(figure: Figure, horizontal: Horizontal, telling: Sequence[int] | None = None) -> Chart:
    """Draw a figure; curves that are not among the telling ones, where these are given, are drawn in grey."""
    estimate, lower, upper = (
        _values(quantity, len(figure.names))[:, horizontal.shown]
        for quantity in (figure.estimate, figure.lower, figure.upper)
    )
    scale = _scale(figure, estimate, upper)
    x = horizontal.shares()[horizontal.shown] * WIDTH
    with_bands = len(figure.names) <= MOST_BANDS
    # A ratio may be bounded from below where it has no estimate: the lowest group has no errors there.
    banded = np.isfinite(lower) & (figure.kind == "worst_ratio")
    curves = tuple(
        replace(
            _curve(name, i, x, (estimate[i], lower[i], upper[i]), scale, banded[i] if with_bands else None),
            rest=telling is not None and i not in telling,
        )
        for i, name in enumerate(figure.names)
    )
    limits = tuple((level, text) for level, text in figure.limits if 0 <= scale.share(np.array(level)) <= 1)
    return Chart(
        figure=figure,
        low=scale.low,
        high=scale.high,
        logarithmic=scale.logarithmic,
        across=horizontal.ticks,
        up=_upward(scale, scale.ticks),
        limits=_upward(scale, limits),
        curves=curves,
    )


def _values(quantity: Quantity, rows: int) -> FloatArray:
    """Return what is drawn: inf where there is a word for a missing bound, NaN where the number is undefined."""
    values = numeral_values(quantity.codes[:rows])
    return np.where(quantity.codes[:rows] == -2, np.inf, values)


def _scale(figure: Figure, estimate: FloatArray, upper: FloatArray) -> Scale:
    known = upper[np.isfinite(upper)]
    top = float(known.max()) if len(known) else 1.0
    if figure.kind == "worst_ratio":
        named = max(level for level, _ in figure.limits)
        estimated = float(estimate[np.isfinite(estimate)].max(initial=1.0))
        return logarithmic(0.5, min(2 * max(estimated, named), LARGEST_RATIO))
    if figure.kind == "false_non_matches":
        return linear(0.0, top or 1.0)
    named_levels = [level for level, _ in figure.limits if figure.kind == "gap"]
    positive = [*estimate[estimate > 0].tolist(), *named_levels]
    bottom, top = min(positive, default=top / 10), max([top, *named_levels])
    return logarithmic(10.0 ** np.floor(np.log10(bottom)), 10.0 ** np.ceil(np.log10(top or 1.0) + 1e-9))


def _curve(
    name: str,
    index: int,
    x: FloatArray,
    numbers: tuple[FloatArray, FloatArray, FloatArray],
    scale: Scale,
    banded: BoolArray | None,
) -> Curve:
    estimate, lower, upper = numbers
    # On a logarithmic scale zero errors are no rate: the upper bound stands for them alone.
    drawn = np.isfinite(estimate) & ((estimate > 0) | (not scale.logarithmic))
    bounded = np.isfinite(estimate) & ~drawn & np.isfinite(upper)
    return Curve(
        name,
        index,
        index % COLOURS,
        index % DASHES,
        index % SHAPES,
        line_path(x, _down(scale, estimate), drawn),
        "" if banded is None else band_path(x, _down(scale, lower), _down(scale, upper), drawn | banded),
        line_path(x, _down(scale, upper), bounded),
    )


def _down(scale: Scale, values: FloatArray) -> FloatArray:
    """Return coordinates, from the top; what is beyond the scale is drawn just outside."""
    share = np.nan_to_num(scale.share(values), nan=0.0, posinf=2.0, neginf=-1.0)
    return (1 - np.clip(share, -0.05, 1.05)) * HEIGHT


def _upward(scale: Scale, named: tuple[tuple[float, str], ...]) -> tuple[Tick, ...]:
    at = scale.share(np.array([value for value, _ in named]))
    return tuple(Tick(percentage(1 - share), text) for share, (_, text) in zip(at, named, strict=True))


def percentage(share: float) -> str:
    """Write how far along something stands."""
    return f"{100 * share:.2f}%"


@dataclass(frozen=True)
class Scale:
    """A scale from one end of a figure to the other.

    Attributes
    ----------
    low, high : float
        At the ends; logarithms to base 10 where it is logarithmic. The first may be the larger.
    ticks : tuple of (float, str)
        The numbers named, each with how.
    logarithmic : bool
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    def share(self, values: FloatArray) -> FloatArray:
        """Return how far along the scale numbers lie: 0 at the low end, 1 at the high one; zero is below all."""
        if self.logarithmic:
            with np.errstate(divide="ignore"):
                values = np.log10(values)
        return np.asarray((values - self.low) / (self.high - self.low))


def linear(low: float, high: float, ticks: int = 5) -> Scale:
    """Return a linear scale with about ``ticks`` round numbers on it."""
    if low == high:
        low, high = low - 0.5, high + 0.5
    rough = abs(high - low) / ticks
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in STEPS if factor * magnitude >= rough * 0.999)
    first, last = math.ceil(min(low, high) / step - 1e-9), math.floor(max(low, high) / step + 1e-9)
    named = ((i * step, threshold_text(i * step)) for i in range(first, last + 1))
    return Scale(low, high, tuple(named))


def logarithmic(low: float, high: float) -> Scale:
    """Return a logarithmic scale, with powers of ten on it, and 2 and 5 times these where there are few."""
    ends = math.log10(low), math.log10(high)
    factors = (1, 2, 5) if ends[1] - ends[0] <= FEWEST_DECADES else (1,)
    decades = range(math.floor(ends[0]), math.ceil(ends[1]) + 1)
    named = (
        (factor * 10.0**decade, _written(factor, decade))
        for decade in decades
        for factor in factors
        if ends[0] - 1e-9 <= math.log10(factor) + decade <= ends[1] + 1e-9
    )
    return Scale(*ends, tuple(named), logarithmic=True)


def _written(factor: int, decade: int) -> str:
    if decade >= 0:
        return f"{factor * 10**decade:,}"
    if decade >= -3:
        return threshold_text(factor * 10.0**decade)
    return f"{'' if factor == 1 else f'{factor} × '}{power_of_ten(decade)}"


def window(
    thresholds: FloatArray, rates: Iterable[FloatArray], marks: Iterable[int], first: int
) -> tuple[int, int]:
    """Return the indices of the first and the last threshold that figures show.

    They run from the first that is of use to a little beyond the last error, and hold every mark.

    Parameters
    ----------
    thresholds : ndarray of float64, shape (T,)
    rates : iterable of ndarray of float64, shape (G, T)
        Of false matches, of every axis.
    marks : iterable of int
    first : int
    """
    highest = np.max([np.nan_to_num(of_axis).max(axis=0) for of_axis in rates], axis=0)
    events = np.flatnonzero(highest > 0)
    if not len(events):
        return 0, len(thresholds) - 1
    along = np.abs(thresholds - thresholds[first])
    to_show = along[max(int(events[-1]), *marks, first)] * (1 + BEYOND_LAST_EVENT)
    last = int(np.searchsorted(along[first:], to_show)) + first
    return first, min(last, len(thresholds) - 1)


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
