"""The three zones of every axis along the threshold: disparity shown, inconclusive, parity shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.figures.display import Display, axis_of, matcher_of
from harness.figures.frame import (
    BELOW_TICKS,
    EDGE,
    NAME_WIDTH,
    WIDTH,
    Room,
    Sample,
    explain,
    new_axes,
    rows_to_explain,
    set_title,
    title_room,
)
from harness.figures.labels import GAP, ROW, label_names, points_from, size_in_points
from harness.figures.marks import draw_marks, mark_of_safe, room_for_marks
from harness.figures.scales import plain_axes, range_to_draw, threshold_scale
from harness.figures.words import counted, range_said, threshold_text
from harness.figures.zone_bars import AXIS_ROW, BAR, BETWEEN, ZONES, AxisZones, draw_bar, readings, runs
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["VerdictZonesDisplay"]

MOST_RUNS = 6
"""More zones than these are counted in the alt text rather than listed."""

NAME_ROOM = NAME_WIDTH + 2 * GAP  # in points


@dataclass(frozen=True, eq=False, kw_only=True)
class VerdictZonesDisplay(Display):
    """What the evidence says of every axis along the threshold, with the thresholds that sum it up.

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
        What the policy tolerates, such as ``ratio at most 2``.
    shown : slice
        The thresholds drawn.
    safe_threshold : float, optional
    safe_reason : str
    """

    axes: tuple[AxisZones, ...]
    thresholds: FloatArray
    better: Literal["higher", "lower"]
    tolerance: str
    shown: slice = field(default_factory=lambda: slice(None))
    safe_threshold: float | None = None
    safe_reason: str = ""

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str | None = None) -> VerdictZonesDisplay:
        """Take the verdicts of an evaluation.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str, optional
            One of its axes; by default all.

        Raises
        ------
        InputError
            Where the evaluation has no such axis.
        """
        found = [axis_of(evaluation, name) for name in ([axis] if axis is not None else evaluation.axes)]
        zones = tuple(
            AxisZones(
                each.name,
                each.verdict.verdicts,
                evaluation.threshold_at(each.verdict.not_detected_from),
                _range(evaluation, each.verdict.parity_shown_from, each.verdict.parity_shown_to),
                each.judged,
                each.verdict.obstacles[0] if each.verdict.obstacles else "",
            )
            for each in found
        )
        rates = [each.false_matches for each in found]
        marked = [evaluation.safe_threshold, *(threshold for of in zones for threshold in _marked(of))]
        ranges = [range_to_draw(evaluation.thresholds, each.trials, each.errors, marked) for each in rates]
        # Unlike in other figures, no threshold that is read off is left out at the lenient end either.
        read = [evaluation.place_of(threshold) for threshold in marked if threshold is not None]
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
            safe_reason=evaluation.safe.reason,
        )

    @property
    def heading(self) -> str:
        """Of what the verdicts are."""
        axes = self.axes[0].axis if len(self.axes) == 1 else f"{len(self.axes)} axes"
        return f"Verdicts by threshold on {axes}"

    @property
    def details(self) -> str:
        """What is tolerated, and whether there is a safe threshold."""
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
        if zones.obstacle:
            yield f"cannot be decided, {zones.obstacle}"
            return
        found = runs(zones, self.shown)
        if len(found) <= MOST_RUNS:
            for verdict, first, last in found:
                ends = dict.fromkeys(threshold_text(self.thresholds[place]) for place in (first, last))
                yield f"{verdict} {'from ' if len(ends) > 1 else 'at '}{' to '.join(ends)}"
        else:
            for verdict in Verdict:
                often = sum(
                    zones.verdicts[place] is verdict for _, a, b in found for place in range(a, b + 1)
                )
                yield f"{verdict} at {counted(often, 'threshold')}"
        yield from readings(zones)

    def _samples(self) -> list[Sample]:
        return [Sample(str(verdict), style.patch, filled=True) for verdict, style in ZONES.items()]

    def _room_above(self) -> float:
        return room_for_marks(mark_of_safe(self.safe_threshold))

    def _new_axes(self) -> Axes:
        width = WIDTH - NAME_ROOM - 2 * EDGE
        below = BELOW_TICKS + ROW * len(rows_to_explain(self._samples(), width)) + EDGE
        height = AXIS_ROW * len(self.axes) + BETWEEN
        return new_axes(width, height, Room(NAME_ROOM, 2 * EDGE, title_room(self._room_above()), below))

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid=None)
        threshold_scale(ax, self.thresholds[self.shown], self.better)
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
        draw_marks(ax, mark_of_safe(self.safe_threshold, zorder=2.5))
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
    return " or ".join(f"{name} {limit:g}" for name, limit in limits.items() if limit is not None)
