"""Rates against the threshold on axes: lines, bands, bounds of zero events, marked thresholds, names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import blended_transform_factory

from harness.plots.alternatives import NAMES, percent, threshold_text
from harness.plots.labels import (
    ROW,
    columns,
    entry,
    fitting,
    gutter,
    label_ends,
    label_names,
    points_from,
    text_width,
)
from harness.plots.style import FONT, GREY, TEXT_SIZE, TITLE_SIZE, LineStyle, line_styles

if TYPE_CHECKING:
    from harness.plots.false_match_rates import FalseMatchRateDisplay

__all__ = ["draw", "new_axes"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

MOST_LABELS = 10
DECADES_BELOW_BOUND = 0.12

# In inches.
WIDTH, HEIGHT = 8.0, 5.0
LEGEND_ABOVE = 3.4
"""How high the axes are where a legend is below them."""

# In points.
EDGE = 10.0
LEFT = 56.0
NAME_WIDTH = 130.0
LEGEND_NAME_WIDTH = 126.0  # for three columns
TITLE_PART = 200.0
MARK_ROW = 15.0
TITLE_ROWS = 2 * 1.2 * TITLE_SIZE
BELOW_TICKS = 38.0
"""From the bottom of the axes to the row that says what lines, bands and triangles are."""


def new_axes(display: FalseMatchRateDisplay) -> Axes:
    """Return the axes of a new figure with room around them for names, title and legend."""
    above = 4 + MARK_ROW * len(_marks(display)) + TITLE_ROWS + EDGE + 4
    below = BELOW_TICKS + ROW + EDGE
    if len(display.groups) <= MOST_LABELS:
        right = gutter(_labels(display, NAME_WIDTH)) + EDGE
        height = HEIGHT
    else:
        right = 2 * EDGE
        _, rows, _ = columns(_labels(display, LEGEND_NAME_WIDTH), 72 * WIDTH - LEFT - right)
        below += ROW * (rows + 0.5)
        height = LEGEND_ABOVE + (above + below) / 72
    figure = Figure(figsize=(WIDTH, height), dpi=100)
    across, up = 72 * WIDTH, 72 * height
    return figure.add_axes((LEFT / across, below / up, 1 - (LEFT + right) / across, 1 - (above + below) / up))


def draw(display: FalseMatchRateDisplay, ax: Axes) -> None:
    """Draw the display on axes."""
    styles = line_styles(len(display.groups))
    _set_scales(display, ax)
    for group, style in enumerate(styles):
        _draw_group(display, ax, group, style)
    _draw_marks(display, ax)
    _explain(display, ax)
    if len(display.groups) <= MOST_LABELS and len(display.groups) * ROW <= _points(ax)[1]:
        _label(display, ax, styles)
    else:
        _legend(display, ax, styles)


def _points(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes in points."""
    to_points = 72 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    return ax.bbox.width * to_points, ax.bbox.height * to_points


def _labels(display: FalseMatchRateDisplay, width: float) -> tuple[str, ...]:
    names = label_names(display.groups, width)
    return tuple(
        name if trials else fitting(f"{name} (no trials)", 1.4 * width)
        for name, trials in zip(names, display.trials, strict=True)
    )


def _set_scales(display: FalseMatchRateDisplay, ax: Axes) -> None:
    drawn = display.thresholds[display.shown]
    lenient, strict = float(drawn[0]), float(drawn[-1])
    if lenient == strict:
        aside = max(abs(lenient), 1.0) / 100 * (1 if display.better == "higher" else -1)
        lenient, strict = lenient - aside, strict + aside
    ax.set_xlim(lenient, strict)
    ax.set_yscale("log")
    ax.set_ylim(*_rate_limits(display))
    ax.xaxis.set_major_locator(MaxNLocator(8))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: threshold_text(round(value, 12))))
    ax.yaxis.set_major_locator(LogLocator(10, numticks=12))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(labelsize=TEXT_SIZE, labelfontfamily=FONT)
    ax.grid(axis="y", color="#D9D9D9", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    kind = "similarity" if display.better == "higher" else "distance"
    ax.set_xlabel(f"threshold ({kind} score; stricter to the right)", fontsize=TEXT_SIZE)
    ax.set_ylabel(f"{NAMES[display.rate]} ({display.rate}), logarithmic", fontsize=TEXT_SIZE)
    ax.set_title(
        _title(display),
        loc="left",
        fontsize=TITLE_SIZE,
        pad=6 + MARK_ROW * len(_marks(display)),
        parse_math=False,
    )


def _rate_limits(display: FalseMatchRateDisplay) -> tuple[float, float]:
    """Down to the smallest estimate or bound drawn; whole decades where fewer than two would show."""
    errors, estimate, upper = (a[:, display.shown] for a in (display.errors, display.estimate, display.upper))
    drawn = np.where(errors > 0, estimate, upper)
    if not np.isfinite(drawn).any():
        return 0.001, 1.0
    lowest = float(np.nanmin(drawn)) * 10**-DECADES_BELOW_BOUND
    highest = min(1.0, float(np.nanmax(upper)))
    if highest < 100 * lowest:
        lowest, highest = 10.0 ** np.floor(np.log10(lowest)), 10.0 ** np.ceil(np.log10(highest))
    return lowest, highest


def _power(value: float) -> str:
    """10⁻⁴, in characters rather than in mathematical typesetting, which has fonts of its own."""
    exponent = round(np.log10(value))
    return (
        "1" if exponent == 0 else "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    )


def _title(display: FalseMatchRateDisplay) -> str:
    matcher, axis = (fitting(text, TITLE_PART, TITLE_SIZE) for text in (display.matcher, display.axis))
    bands = f"Bands of {percent(display.confidence)} confidence"
    safe = ". There is no safe threshold" if display.safe_threshold is None else ""
    return f"{display.rate} by {axis}, matcher {matcher}\n{bands}{safe}"


def _draw_group(display: FalseMatchRateDisplay, ax: Axes, group: int, style: LineStyle) -> None:
    x = display.thresholds[display.shown]
    errors, estimate, lower, upper = (
        a[group, display.shown] for a in (display.errors, display.estimate, display.lower, display.upper)
    )
    if not display.trials[group]:
        return
    events = errors > 0
    few = len(display.groups) <= MOST_LABELS
    floor = ax.get_ylim()[0]
    if events.any():
        low, opacity = np.maximum(lower, floor / 10), 0.16 if few else 0.05
        ax.fill_between(x, low, upper, where=events.tolist(), color=style.color, alpha=opacity, linewidth=0)
        if events.sum() == 1:  # a band over one threshold would have no width
            ax.vlines(x[events], low[events], upper[events], color=style.color, alpha=opacity, linewidth=6)
        marks = _sparse(x, events, group, 7 if few else 4, required=int(np.flatnonzero(events)[-1]))
        ax.plot(
            x, np.where(events, estimate, np.nan), markevery=marks, label=display.groups[group], **style.line
        )
    if not events.all():
        marks = _sparse(x, ~events, group, 14 if few else 5, required=int(np.flatnonzero(~events)[0]))
        ax.plot(
            x,
            np.where(events, np.nan, upper),
            markevery=marks,
            label=f"_upper bound of {display.groups[group]}",
            **style.bound,
        )


def _sparse(
    x: FloatArray, present: npt.NDArray[np.bool_], group: int, often: int, *, required: int
) -> list[int]:
    """Places for markers, evenly along the axis and not at the same ones for every group.

    The place required is where events run out; others keep away from it and from the edges, which would
    cut them.
    """
    step = abs(x[-1] - x[0]) / often
    # Multiples of the golden ratio are spread evenly however many groups there are.
    offset = group * 0.618 % 1
    places = {required}
    there = np.flatnonzero(present)
    for target in np.linspace(x[0], x[-1], often, endpoint=False) + np.sign(x[-1] - x[0]) * offset * step:
        place = int(there[np.argmin(np.abs(x[there] - target))])
        at_edge = min(abs(x[place] - x[0]), abs(x[place] - x[-1])) < abs(x[-1] - x[0]) / 100
        if abs(x[place] - target) < step / 4 and abs(x[place] - x[required]) > step / 2 and not at_edge:
            places.add(place)
    return sorted(places)


def _marks(display: FalseMatchRateDisplay) -> list[tuple[float, str, dict[str, Any]]]:
    marks: list[tuple[float, str, dict[str, Any]]] = []
    if display.not_detected_from is not None:
        text = f"no disparity detected on this axis from {threshold_text(display.not_detected_from)}"
        marks.append((display.not_detected_from, text, {"linestyle": (0, (4, 3)), "linewidth": 1.0}))
    if display.safe_threshold is not None:
        text = f"safe threshold {threshold_text(display.safe_threshold)}"
        marks.append((display.safe_threshold, text, {"linestyle": "-", "linewidth": 1.5}))
    return marks


def _draw_marks(display: FalseMatchRateDisplay, ax: Axes) -> None:
    """Draw the thresholds to read off, each labelled in a row of its own above the axes."""
    width, _ = _points(ax)
    lenient, strict = ax.get_xlim()
    # Across as the data, so that line and label stay together when the axes change size; up in points.
    above = blended_transform_factory(ax.transData, points_from(ax, 0, 1))
    for row, (threshold, text, line) in enumerate(_marks(display)):
        where = (threshold - lenient) / (strict - lenient) * width
        y = 5 + MARK_ROW * row
        if where < 0:
            text, threshold, where = f"← {text}", lenient, 0.0
        else:
            ax.axvline(threshold, color=GREY, zorder=1.5, **line)
            ax.plot([threshold] * 2, [0, y], color=GREY, transform=above, clip_on=False, zorder=3, **line)
        half = text_width(text) / 2
        ax.annotate(
            text,
            (threshold, y),
            xycoords=above,
            xytext=(min(max(where, half), width + EDGE - half) - where, 0),
            textcoords="offset points",
            ha="center",
            va="bottom",
            zorder=4,
            parse_math=False,
            annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )


def _explain(display: FalseMatchRateDisplay, ax: Axes) -> None:
    """Say below the axes what line, band and triangle stand for."""
    corner = points_from(ax, 0, 0)
    y = -BELOW_TICKS - ROW / 2
    line = {"color": GREY, "linewidth": 1.4, "marker": "o", "markersize": 5.5}
    band = {"color": GREY, "linewidth": 9, "alpha": 0.25, "solid_capstyle": "butt"}
    bound = {**line_styles(1)[0].bound, "color": GREY}
    x = 0.0
    for name, drawn in (
        ("estimate", line),
        (f"{percent(display.confidence)} band", band),
        ("zero events: upper bound", bound),
    ):
        entry(ax, corner, x, y, name, **drawn)
        x += columns([name], 0)[2]


def _label(display: FalseMatchRateDisplay, ax: Axes, styles: tuple[LineStyle, ...]) -> None:
    """Name the lines where they end, in the order in which they end."""
    last = display.shown.stop - 1
    end = np.where(display.errors[:, last] > 0, display.estimate[:, last], display.upper[:, last])
    end = np.where(display.trials > 0, end, np.nan)
    lowest, highest = np.log10(ax.get_ylim())
    heights = (np.log10(end) - lowest) / (highest - lowest)
    # Bounds of zero events often end at the same height: there the group with later errors is above.
    later = np.array([np.flatnonzero(errors)[-1] if errors.any() else -1 for errors in display.errors])
    order = np.lexsort((later, np.nan_to_num(heights, nan=-np.inf)))
    names = _labels(display, NAME_WIDTH)
    label_ends(ax, heights[order], [names[i] for i in order], [styles[i] for i in order])


def _legend(display: FalseMatchRateDisplay, ax: Axes, styles: tuple[LineStyle, ...]) -> None:
    """Name the lines in columns below the axes."""
    corner = points_from(ax, 0, 0)
    names = _labels(display, LEGEND_NAME_WIDTH)
    _, rows, width = columns(names, _points(ax)[0])
    for i, (name, style) in enumerate(zip(names, styles, strict=True)):
        column, row = divmod(i, rows)
        entry(ax, corner, column * width, -BELOW_TICKS - ROW * (row + 2), name, **style.line)
