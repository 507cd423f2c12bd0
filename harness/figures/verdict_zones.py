"""The zones of every axis along the threshold, by verdict: disparity, parity, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from harness.arrays import FloatArray
from harness.figures.display import Display, axis_of, matcher_of, range_said
from harness.figures.frame import (
    BELOW_TICKS,
    EDGE,
    NAME_WIDTH,
    WIDTH,
    Mark,
    Room,
    Sample,
    draw_marks,
    explain,
    mark_of_safe,
    marks_of_references,
    new_axes,
    room_for_marks,
    rows_to_explain,
    set_title,
    title_room,
)
from harness.figures.labels import GAP, ROW, fitting, label_names, points_from, size_in_points, text_width
from harness.figures.reference import references_of
from harness.figures.scales import plain_axes, range_to_draw, threshold_scale
from harness.figures.style import GREY, VERDICTS
from harness.numbers import counted, limit_text, threshold_text
from harness.verdict_rule import DISPARITIES, Verdict

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = [
    "BAR",
    "AxisZones",
    "VerdictZonesDisplay",
    "draw_bar",
    "runs",
    "samples_of",
    "zones_of_axis",
    "zones_said",
]


# In points.
BAR = 24.0
READING = 17.0
BETWEEN = 14.0
AXIS_ROW = BAR + 2 * READING + BETWEEN
GROUND = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
LEAST_BAR = 4.0
"""So that a verdict at a single threshold is seen."""

MOST_RUNS = 6
"""More zones than these are counted in the alt text rather than listed."""

NAME_ROOM = NAME_WIDTH + 2 * GAP  # in points


@dataclass(frozen=True)
class AxisZones:
    """The verdicts of one axis.

    Attributes
    ----------
    axis : str
    verdicts : tuple of Verdict, length T
    not_detected_from : float or None
    parity_shown : tuple of float, or None
    judged : bool
        Whether the policy's answer rests on this axis too.
    obstacle : str
        Why the axis cannot be decided, if so.
    """

    axis: str
    verdicts: tuple[Verdict, ...]
    not_detected_from: float | None
    parity_shown: tuple[float, float] | None
    judged: bool = True
    obstacle: str = ""


def runs(zones: AxisZones, shown: slice) -> list[tuple[Verdict, int, int]]:
    """Return the verdicts in order, each with the indices of the first and the last threshold of its run."""
    indices = range(len(zones.verdicts))[shown]
    grouped = [(verdict, list(run)) for verdict, run in groupby(indices, key=zones.verdicts.__getitem__)]
    return [(verdict, run[0], run[-1]) for verdict, run in grouped]


def zones_said(zones: AxisZones, thresholds: FloatArray, shown: slice) -> str:
    """Say which verdict holds where; of many zones, how often each does."""
    lacking = f"parity cannot be shown, {zones.obstacle}; " if zones.obstacle else ""
    if zones.obstacle and not any(verdict in DISPARITIES for verdict in zones.verdicts[shown]):
        return f"cannot be decided, {zones.obstacle}"
    return lacking + _runs_said(zones, thresholds, shown)


def _runs_said(zones: AxisZones, thresholds: FloatArray, shown: slice) -> str:
    found = runs(zones, shown)
    if len(found) <= MOST_RUNS:
        ends = [dict.fromkeys(threshold_text(thresholds[index]) for index in run[1:]) for run in found]
        return "; ".join(
            f"{verdict} {'from ' if len(each) > 1 else 'at '}{' to '.join(each)}"
            for (verdict, _, _), each in zip(found, ends, strict=True)
        )
    often = {
        verdict: sum(last - first + 1 for each, first, last in found if each is verdict)
        for verdict in Verdict
    }
    return "; ".join(
        f"{verdict} at {counted(number, 'threshold')}" for verdict, number in often.items() if number
    )


def readings(zones: AxisZones) -> tuple[str, str]:
    """Say over which range parity is shown, and from where no disparity is detected."""
    shown, detected = zones.parity_shown, zones.not_detected_from
    return (
        "no range of parity, counted from the strict end"
        if shown is None
        else f"range of parity {threshold_text(shown[0])} to {threshold_text(shown[1])}",
        "a disparity is detected up to the strictest threshold"
        if detected is None
        else f"no disparity detected from {threshold_text(detected)}",
    )


def zones_of_axis(evaluation: Evaluation, axis: AxisEvaluation) -> AxisZones:
    """Take the verdicts of one axis."""
    verdict = axis.verdict
    return AxisZones(
        axis.name,
        verdict.verdicts,
        evaluation.threshold_at(verdict.not_detected_from),
        _range(evaluation, verdict.parity_shown_from, verdict.parity_shown_to),
        axis.judged,
        verdict.obstacles[0] if verdict.obstacles else "",
    )


def samples_of(verdicts: Iterable[str]) -> list[Sample]:
    """Return a sample of every verdict that is among those drawn."""
    drawn = set(verdicts)
    return [
        Sample(verdict, style.patch, filled=True) for verdict, style in VERDICTS.items() if verdict in drawn
    ]


def draw_bar(
    ax: Axes, zones: AxisZones, thresholds: FloatArray, shown: slice, safe: float | None, top: float
) -> None:
    """Draw the bar of one axis, its top in points below that of the axes; texts keep clear of the safe threshold."""
    # Across as the data, up in points from the top of the axes.
    along = blended_transform_factory(ax.transData, points_from(ax, 0, 1))
    bottom = -top - BAR
    middle_of_bar = bottom + BAR / 2
    one_point = _thresholds_per_point(ax)
    for verdict, first, last in runs(zones, shown):
        start, end = (float(thresholds[index]) for index in (first, last))
        if abs(end - start) < LEAST_BAR * abs(one_point):
            middle = (start + end) / 2
            start, end = middle - LEAST_BAR / 2 * one_point, middle + LEAST_BAR / 2 * one_point
        patch = Rectangle(
            (start, bottom),
            end - start,
            BAR,
            transform=along,
            label=f"{zones.axis}: {verdict}",
            clip_on=False,
            **VERDICTS[verdict].patch,
        )
        ax.add_patch(patch)
        hindered = zones.obstacle and verdict is Verdict.INCONCLUSIVE
        text = f"{verdict}: {zones.obstacle}" if hindered else str(verdict)
        if first == last and len(zones.verdicts[shown]) == 1:
            _write(
                ax,
                along,
                text,
                end + (text_width(text) / 2 + GAP) * one_point,
                middle_of_bar,
                va="center_baseline",
            )
        else:
            _write_in(ax, along, text, _clear_of(safe, start, end), middle_of_bar)


def _thresholds_per_point(ax: Axes) -> float:
    """Negative where thresholds fall from left to right."""
    lenient, strict = ax.get_xlim()
    return (strict - lenient) / size_in_points(ax)[0]


def _clear_of(safe: float | None, start: float, end: float) -> tuple[float, float]:
    """The widest part of a zone that the line of the safe threshold does not cross."""
    edges = [start, end]
    if safe is not None and min(edges) < safe < max(edges):
        edges.insert(1, safe)
    return max(pairwise(edges), key=lambda part: abs(part[1] - part[0]))


def _write_in(ax: Axes, along: Transform, text: str, part: tuple[float, float], y: float) -> None:
    """Write what a zone is into a part of it, shortened if it gives a reason, or not at all."""
    room = (part[1] - part[0]) / _thresholds_per_point(ax) - 2 * GAP
    text = fitting(text, room) if ": " in text else text
    if text_width(text) <= room:
        _write(ax, along, text, sum(part) / 2, y, va="center_baseline")


def _write(ax: Axes, along: Transform, text: str, x: float, y: float, **where: Any) -> None:
    ax.text(x, y, text, transform=along, ha="center", zorder=4, parse_math=False, bbox=GROUND, **where)


def _draw_readings(ax: Axes, zones: AxisZones, top: float) -> None:
    """Draw below the bar the range of parity, and from where nothing is detected, as lines over their text."""
    along = blended_transform_factory(ax.transData, points_from(ax, 0, 1))
    bottom = -top - BAR
    lenient, strict = ax.get_xlim()
    one_point = _thresholds_per_point(ax)
    detected = None if zones.not_detected_from is None else (zones.not_detected_from, strict)
    line: dict[str, Any] = {
        "color": GREY,
        "linewidth": 1.6,
        "marker": "|",
        "markevery": [0],
        "clip_on": False,
    }
    dashes = ("-", (0, (4, 3)))
    for i, (ends, text) in enumerate(zip((zones.parity_shown, detected), readings(zones), strict=True)):
        y = bottom - 4 - i * READING
        middle = lenient
        if ends is not None:
            drawn = [_between(end, lenient, strict) for end in ends]
            named = f"_{zones.axis}: {text}"
            ax.plot(drawn, [y, y], transform=along, label=named, linestyle=dashes[i], **line)
            middle = sum(drawn) / 2
        half = text_width(text) / 2 * one_point
        _write(ax, along, text, _between(middle, lenient + half, strict - half), y - 3, va="top")


def _between(value: float, one: float, other: float) -> float:
    return min(max(value, min(one, other)), max(one, other))


@dataclass(frozen=True, eq=False, kw_only=True)
class VerdictZonesDisplay(Display):
    """The verdict on every axis along the threshold, with the thresholds that sum it up.

    A zone is drawn from the first to the last threshold with its verdict; between two thresholds nothing was
    evaluated, and nothing is drawn.

    Parameters
    ----------
    matcher : str
    axes : tuple of AxisZones
    thresholds : ndarray of float64, shape (T,)
        As the study states scores, from the most lenient to the strictest.
    better : {"higher", "lower"}
    tolerance : str
        The policy's limits, such as ``ratio at most 2``.
    shown : slice
        The thresholds drawn.
    safe_threshold : float, optional
    safe_reason : str
    references : tuple of (str, float)
        The thresholds at which the evaluation is told, each after what it is.
    """

    axes: tuple[AxisZones, ...]
    thresholds: FloatArray
    better: Literal["higher", "lower"]
    tolerance: str
    shown: slice = field(default_factory=lambda: slice(None))
    safe_threshold: float | None = None
    references: tuple[tuple[str, float], ...] = ()
    safe_reason: str = ""

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str | None = None) -> VerdictZonesDisplay:
        """Take the verdicts on one axis, or on all; see `Display`."""
        found = [axis_of(evaluation, name) for name in ([axis] if axis is not None else evaluation.axes)]
        zones = tuple(zones_of_axis(evaluation, each) for each in found)
        rates = [each.false_matches for each in found]
        marked = [
            evaluation.safe_threshold,
            *evaluation.reference_thresholds,
            *(threshold for of in zones for threshold in _marked(of)),
        ]
        ranges = [range_to_draw(evaluation.thresholds, each.trials, each.errors, marked) for each in rates]
        # Unlike in other figures, no threshold that is read off is left out at the lenient end either.
        read = [evaluation.index_of(threshold) for threshold in marked if threshold is not None]
        return cls(
            matcher=matcher_of(evaluation),
            axes=zones,
            thresholds=evaluation.thresholds,
            better=evaluation.study.score.better,
            tolerance=_tolerance(evaluation),
            shown=slice(
                min(*(r.start for r in ranges), *read, len(evaluation.thresholds)),
                max(r.stop for r in ranges),
            ),
            safe_threshold=evaluation.safe_threshold,
            references=references_of(evaluation),
            safe_reason=evaluation.safe.reason,
        )

    @property
    def heading(self) -> str:
        """Of what the verdicts are."""
        axes = self.axes[0].axis if len(self.axes) == 1 else f"{len(self.axes)} axes"
        return f"Verdicts by threshold on {axes}"

    @property
    def details(self) -> str:
        """The tolerance, and whether there is a safe threshold."""
        tolerated = f"Parity: {self.tolerance}" if self.tolerance else "The policy states no tolerance"
        return f"{tolerated}{'' if self.safe_threshold is not None else '. There is no safe threshold'}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        drawn = range_said(self.thresholds[self.shown], self.better)
        safe = (
            "There is no safe threshold"
            if self.safe_threshold is None
            else f"The safe threshold is {threshold_text(self.safe_threshold)}"
        )
        reason = f" ({self.safe_reason})" if self.safe_reason else ""
        each = " ".join(
            f"{zones.axis}{'' if zones.judged else ' (not judged by the policy)'}: {'; '.join(self._said(zones))}."
            for zones in self.axes
        )
        return (
            f"A bar along the threshold for {counted(len(self.axes), 'axis', 'axes')} of {self.matcher}, divided "
            f"into zones by verdict; thresholds run {drawn}. {safe}{reason}. {each}"
        )

    def _said(self, zones: AxisZones) -> Iterator[str]:
        yield zones_said(zones, self.thresholds, self.shown)
        if not zones.obstacle:
            yield from readings(zones)

    def _samples(self) -> list[Sample]:
        return samples_of(verdict for zones in self.axes for verdict, _, _ in runs(zones, self.shown))

    @property
    def _marks(self) -> tuple[Mark, ...]:
        return (
            *marks_of_references(self.references, self.safe_threshold),
            *mark_of_safe(self.safe_threshold, zorder=2.5),
        )

    def _room_above(self) -> float:
        return room_for_marks(self._marks)

    def _new_axes(self) -> Axes:
        width = WIDTH - NAME_ROOM - 2 * EDGE
        below = BELOW_TICKS + ROW * len(rows_to_explain(self._samples(), width)) + EDGE
        height = AXIS_ROW * len(self.axes) + BETWEEN
        return new_axes(width, height, Room(NAME_ROOM, 2 * EDGE, title_room(self._room_above()), below))

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid=None)
        threshold_scale(ax, self.thresholds, self.better, shown=self.shown)
        row = (size_in_points(ax)[1] - BETWEEN) / len(self.axes)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        names = label_names([zones.axis for zones in self.axes], NAME_WIDTH)
        corner = points_from(ax, 0, 1)
        for i, (zones, name) in enumerate(zip(self.axes, names, strict=True)):
            top = BETWEEN + i * row
            rows = [name] if zones.judged else [name, "(not judged)"]
            for below, text in enumerate(rows):
                y = -top - BAR / 2 - below * ROW
                ax.text(
                    -2 * GAP, y, text, transform=corner, ha="right", va="center_baseline", parse_math=False
                )
            draw_bar(ax, zones, self.thresholds, self.shown, self.safe_threshold, top)
            if not zones.obstacle:
                _draw_readings(ax, zones, top)
        draw_marks(ax, self._marks)
        set_title(ax, self.heading, self.matcher, self.details, above=self._room_above())
        explain(ax, self._samples())


def _marked(zones: AxisZones) -> tuple[float | None, ...]:
    return (zones.not_detected_from, *(zones.parity_shown or ()))


def _range(evaluation: Evaluation, start: int | None, end: int | None) -> tuple[float, float] | None:
    first, last = evaluation.threshold_at(start), evaluation.threshold_at(end)
    return None if first is None or last is None else (first, last)


def _tolerance(evaluation: Evaluation) -> str:
    limits = {
        "every ratio at most": evaluation.policy.max_ratio,
        "every gap at most": evaluation.policy.max_gap,
    }
    return " or ".join(f"{name} {limit_text(limit)}" for name, limit in limits.items() if limit is not None)
