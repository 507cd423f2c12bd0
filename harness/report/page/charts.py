"""Figures as parts of a page: paths, ticks and where they stand, drawn from what a report says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.arrays import BoolArray, FloatArray
from harness.report.content.model import Figure
from harness.report.content.numerals import numeral_values
from harness.report.content.quantities import Quantity
from harness.report.page.curves import HEIGHT, WIDTH, band_path, line_path
from harness.report.page.scales import Scale, linear, logarithmic

__all__ = ["Chart", "Curve", "Horizontal", "chart_of"]


MOST_BANDS = 8
COLOURS, DASHES, SHAPES = 5, 6, 8
LARGEST_RATIO = 100.0


@dataclass(frozen=True)
class Curve:
    """One line, its band, and the dotted bound where there are no errors.

    Attributes
    ----------
    name : str
    place : int
        Among the curves of the figure.
    colour, dash, shape : int
        Which of those of the style sheet.
    line, band, bound : str
        Paths; the band empty where there are too many to tell apart.
    """

    name: str
    place: int
    colour: int
    dash: int
    shape: int
    line: str
    band: str
    bound: str


@dataclass(frozen=True)
class Tick:
    """A number named on an axis: where it stands, as a percentage, and how it is written."""

    at: str
    text: str


@dataclass(frozen=True)
class Chart:
    """A figure, drawn.

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
    """What all figures of a page have in common: the thresholds they show."""

    scale: Scale
    thresholds: FloatArray
    first: int
    last: int

    @classmethod
    def between(cls, thresholds: FloatArray, first: int, last: int) -> Horizontal:
        """Show the thresholds between two places."""
        return cls(linear(float(thresholds[first]), float(thresholds[last])), thresholds, first, last)

    @property
    def shown(self) -> slice:
        """The places of the thresholds shown."""
        return slice(self.first, self.last + 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The thresholds named below a figure."""
        at = self.scale.share(np.array([value for value, _ in self.scale.ticks]))
        return tuple(Tick(percentage(x), text) for x, (_, text) in zip(at, self.scale.ticks, strict=True))

    def shares(self) -> FloatArray:
        """Return how far across a figure every threshold lies; outside it, below 0 or above 1."""
        return self.scale.share(self.thresholds)


def chart_of(figure: Figure, horizontal: Horizontal) -> Chart:
    """Draw a figure."""
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
        _curve(name, i, x, (estimate[i], lower[i], upper[i]), scale, banded[i] if with_bands else None)
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
    place: int,
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
        place,
        place % COLOURS,
        place % DASHES,
        place % SHAPES,
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
