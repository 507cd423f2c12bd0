"""The figures of a page that are not along the threshold: one rate against the other, and the scores themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.figures.rows import MATED, NON_MATED
from harness.figures.style import FillStyle
from harness.report.charts import (
    COLOURS,
    DASHES,
    HEIGHT,
    SHAPES,
    WIDTH,
    Curve,
    Scale,
    Tick,
    line_path,
    linear,
    logarithmic,
    percentage,
)
from harness.report.model import AxisReading, Distributions, Figure, Quantity, TradeOff, numeral_values

__all__ = ["ScoreRow", "ScoresChart", "TradeOffChart", "scores_chart", "trade_off_chart"]

ROW_HEIGHT = 200
FILLED = 0.92
"""How much of its row the highest distribution takes."""


@dataclass(frozen=True)
class TradeOffChart:
    """The curves of one rate against the other, both on logarithmic scales.

    Attributes
    ----------
    trade_off : TradeOff
    across_figure, up_figure : Figure
        Whose rates are drawn against each other.
    left, right, low, high : float
        Ends of the scales, as logarithms to base 10.
    across, up : tuple of Tick
    curves : tuple of Curve
    """

    trade_off: TradeOff
    across_figure: Figure
    up_figure: Figure
    left: float
    right: float
    low: float
    high: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    curves: tuple[Curve, ...]


def trade_off_chart(reading: AxisReading, first: int) -> TradeOffChart:
    """Draw misses against false matches, group by group, from the first threshold of use on.

    Where a group has no event of a rate, its upper bound stands for it, and the line is dotted.
    """
    across_figure, up_figure = reading.panels[0].figure, reading.panels[-1].figure
    (x, x_events), (y, y_events) = (_points(figure, first) for figure in (across_figure, up_figure))
    across, up = _scale(x), _scale(y)
    curves = tuple(
        _curve(name, i, (x[i], y[i]), x_events[i] & y_events[i], (across, up), reading.telling)
        for i, name in enumerate(across_figure.names)
    )
    return TradeOffChart(
        reading.trade_off,
        across_figure,
        up_figure,
        across.low,
        across.high,
        up.low,
        up.high,
        tuple(Tick(percentage(at), text) for at, text in _named(across)),
        tuple(Tick(percentage(1 - at), text) for at, text in _named(up)),
        curves,
    )


def _points(figure: Figure, first: int) -> tuple[FloatArray, BoolArray]:
    """Return where curves are drawn, and where there are events."""
    estimate, upper = (_numbers(quantity, figure)[:, first:] for quantity in (figure.estimate, figure.upper))
    events = estimate > 0
    return np.where(events, estimate, upper), events


def _numbers(quantity: Quantity, figure: Figure) -> FloatArray:
    return numeral_values(quantity.codes[: len(figure.names)])


def _scale(values: FloatArray) -> Scale:
    drawn = values[np.isfinite(values) & (values > 0)]
    low, high = (float(drawn.min()), float(drawn.max())) if len(drawn) else (0.1, 1.0)
    return logarithmic(10.0 ** np.floor(np.log10(low)), min(10.0 ** np.ceil(np.log10(high) + 1e-9), 1.0))


def _named(scale: Scale) -> list[tuple[float, str]]:
    at = scale.share(np.array([value for value, _ in scale.ticks]))
    return [(float(share), text) for share, (_, text) in zip(at, scale.ticks, strict=True)]


def _curve(
    name: str,
    index: int,
    points: tuple[FloatArray, FloatArray],
    events: BoolArray,
    scales: tuple[Scale, Scale],
    telling: Sequence[int],
) -> Curve:
    across, up = (scale.share(at) for scale, at in zip(scales, points, strict=True))
    known = np.isfinite(across) & np.isfinite(up)
    x, y = np.where(known, across, 0.0) * WIDTH, (1 - np.where(known, up, 0.0)) * HEIGHT
    drawn = known & events
    return Curve(
        name,
        index,
        index % COLOURS,
        index % DASHES,
        index % SHAPES,
        line_path(x, y, drawn),
        "",
        line_path(x, y, known & ~drawn),
        rest=index not in telling,
    )


@dataclass(frozen=True)
class ScoreRow:
    """The distributions of one group, as paths."""

    group: str
    non_mated: str
    mated: str


@dataclass(frozen=True)
class ScoresChart:
    """How scores are distributed, a row for each group.

    Attributes
    ----------
    distributions : Distributions
    rows : tuple of ScoreRow
    across : tuple of Tick
    non_mated, mated : FillStyle
    width, height : int
        Of a row's coordinates.
    """

    distributions: Distributions
    rows: tuple[ScoreRow, ...]
    across: tuple[Tick, ...]
    non_mated: FillStyle = NON_MATED
    mated: FillStyle = MATED
    width: int = WIDTH
    height: int = ROW_HEIGHT


def scores_chart(distributions: Distributions) -> ScoresChart:
    """Draw how scores are distributed."""
    scale = linear(float(distributions.edges[0]), float(distributions.edges[-1]))
    x = np.rint(scale.share(distributions.edges) * WIDTH).astype(np.int64)
    rows = []
    for group, non_mated, mated in zip(
        distributions.groups, distributions.non_mated, distributions.mated, strict=True
    ):
        both = np.concatenate([non_mated, mated])
        highest = float(both[np.isfinite(both)].max(initial=0)) or 1.0
        paths = (_steps(x, values / highest) for values in (non_mated, mated))
        rows.append(ScoreRow(group, *paths))
    return ScoresChart(
        distributions,
        tuple(rows),
        tuple(Tick(percentage(at), text) for at, text in _named(scale)),
    )


def _steps(x: IntArray, heights: FloatArray) -> str:
    """Return the outline of a histogram, closed along its base."""
    if not len(heights) or not np.isfinite(heights).all():
        return ""
    tops = np.rint((1 - FILLED * heights) * ROW_HEIGHT).astype(np.int64)
    steps = "".join(f"V{top}H{end}" for top, end in zip(tops, x[1:], strict=True))
    return f"M{x[0]} {ROW_HEIGHT}{steps}V{ROW_HEIGHT}Z"
