"""False non-matches against false matches, by group: the detection error trade-off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray, IntArray
from harness.figures.display import MOST_NAMED, NAMES, Display, axis_of, matcher_of
from harness.figures.frame import (
    DETECTED_LINE,
    MOST_LABELS,
    REFERENCE_LINE,
    REST,
    Sample,
    axes_for_lines,
    explain,
    name_lines,
    named_lines,
    rest_said,
    samples_of_rest,
    set_title,
)
from harness.figures.labels import label_names
from harness.figures.reference import references_of, telling_groups
from harness.figures.scales import plain_axes, rate_limits, rate_scale
from harness.figures.style import BOUND, GREY, LineStyle, line_styles
from harness.numbers import confidence_text, counted, number, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.statistics.rates import Rates

__all__ = ["DetDisplay"]

SAFE: dict[str, Any] = {"color": GREY, "linewidth": 1.5, "marker": "o", "markersize": 9, "fillstyle": "none"}
DETECTED: dict[str, Any] = {**SAFE, **DETECTED_LINE, "marker": "s"}
REFERENCE: dict[str, Any] = {**SAFE, **REFERENCE_LINE, "markersize": 8}
MARKERS = "DphXP"
"""Of thresholds at which the answer is told, in turn."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DetDisplay(Display):
    """False non-match rate against false match rate by group, both on logarithmic scales.

    Where a rate has no events its upper bound is drawn in its place, dotted: zero events are not a rate of zero.
    Lines across the groups join their points at one threshold.

    Parameters
    ----------
    matcher : str
    axis : str
    rates : tuple of str
        FMR and FNMR of comparisons, FPIR and FNIR of searches.
    groups : tuple of str, length G
    thresholds : ndarray of float64, shape (T,)
    false_matches, false_non_matches : ndarray of int64, shape (G, T)
        Events.
    x, x_lower, x_upper, y, y_lower, y_upper : ndarray of float64, shape (G, T)
        Estimates and bounds of the rate of false matches and of false non-matches; NaN without trials.
    confidence : float
    safe_threshold, not_detected_from : float, optional
    references : tuple of (str, float)
        The thresholds at which the evaluation is told, each after what it is.
    telling : tuple of int, optional
        Indices of the groups that have a colour and a name where there are too many for all; the others are grey.

    References
    ----------
    Martin, A., Doddington, G., Kamm, T., Ordowski, M., Przybocki, M. (1997). The DET curve in assessment of
    detection task performance. Eurospeech; ISO/IEC 19795-1:2021, on DET plots.
    """

    axis: str
    rates: tuple[str, str]
    groups: tuple[str, ...]
    thresholds: FloatArray
    false_matches: IntArray
    false_non_matches: IntArray
    x: FloatArray
    x_lower: FloatArray
    x_upper: FloatArray
    y: FloatArray
    y_lower: FloatArray
    y_upper: FloatArray
    confidence: float
    safe_threshold: float | None = None
    not_detected_from: float | None = None
    references: tuple[tuple[str, float], ...] = ()
    telling: tuple[int, ...] | None = None

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> Self:
        """Take the rates of one axis; see `Display`."""
        found = axis_of(evaluation, axis)
        matches, misses = found.false_matches, found.false_non_matches
        telling = telling_groups(evaluation, found)
        return cls(
            matcher=matcher_of(evaluation),
            axis=axis,
            rates=(matches.name, misses.name),
            groups=matches.groups,
            thresholds=evaluation.thresholds,
            false_matches=matches.errors,
            false_non_matches=misses.errors,
            **_named("x", matches),
            **_named("y", misses),
            confidence=matches.confidence,
            safe_threshold=evaluation.safe_threshold,
            not_detected_from=evaluation.threshold_at(found.verdict.not_detected_from),
            references=references_of(evaluation),
            telling=None if len(telling) == len(matches.groups) else telling,
        )

    @property
    def heading(self) -> str:
        """Which rates, by which axis."""
        return f"DET: {self.rates[1]} against {self.rates[0]} by {self.axis}"

    @property
    def details(self) -> str:
        """The meaning of the crosses, and whether there is a safe threshold."""
        if self.safe_threshold is None:
            return "There is no safe threshold"
        few = len(self.groups) <= MOST_LABELS
        crosses = f"Crosses at the safe threshold: {confidence_text(self.confidence)} bounds"
        return crosses if few else "Estimates, without their bounds"

    @property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """Where each group's curve is drawn, shapes (G, T): estimates, or bounds where there are no events."""
        return (
            np.where(self.false_matches > 0, self.x, self.x_upper),
            np.where(self.false_non_matches > 0, self.y, self._bound),
        )

    @property
    def _bound(self) -> FloatArray:
        """What is drawn up where nobody is missed, shape (G, T)."""
        return self.y_upper

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        named = f": {', '.join(self.groups)}" if len(self.groups) <= MOST_NAMED else ""
        said = (
            f"Line chart of the {NAMES[self.rates[1]]} ({self.rates[1]}) against the {NAMES[self.rates[0]]} "
            f"({self.rates[0]}) of {self.matcher}, {self._scales_said}, a curve for each of "
            f"{counted(len(self.groups), 'group')} of {self.axis}{named}.{rest_said(self.groups, self.telling)}"
        )
        return " ".join([said, self._ranges(), *self._costs()])

    @property
    def _scales_said(self) -> str:
        return "both on logarithmic scales"

    def _ranges(self) -> str:
        estimates = [self.x[self.false_matches > 0], self.y[self.false_non_matches > 0]]
        parts = [
            f"{rate} is estimated between {number(found.max())} and {number(found.min())}"
            if len(found)
            else f"no group has an event of {rate}"
            for rate, found in zip(self.rates, estimates, strict=True)
        ]
        return f"{'; '.join(parts)}; where there are no events, {self._bounds_said} are dotted."

    @property
    def _bounds_said(self) -> str:
        return "upper bounds"

    def _costs(self) -> Iterator[str]:
        for name, threshold in self.references:
            if threshold != self.safe_threshold:
                yield from self._drawn_at(name, threshold)
        if self.safe_threshold is None:
            yield "There is no safe threshold."
        else:
            yield from self._drawn_at("safe threshold", self.safe_threshold)

    def _drawn_at(self, name: str, threshold: float) -> Iterator[str]:
        x, y = (values[:, self._place(threshold)] for values in self.points)
        known = np.isfinite(x) & np.isfinite(y)
        if known.any():
            yield (
                f"At the {name} {threshold_text(threshold)} the groups are drawn at {self.rates[0]} "
                f"{number(x[known].min())} to {number(x[known].max())} and {self.rates[1]} {number(y[known].min())} to "
                f"{number(y[known].max())}."
            )

    def _place(self, threshold: float) -> int:
        return int(np.flatnonzero(self.thresholds == threshold)[0])

    def _joined(self) -> list[tuple[str, float, dict[str, Any]]]:
        """The thresholds at which groups are joined, the one that matters most last and so on top."""
        different = self.not_detected_from if self.not_detected_from != self.safe_threshold else None
        marked = (
            *(
                (name, at, {**REFERENCE, "marker": marker})
                for marker, (name, at) in zip(cycle(MARKERS), self.references, strict=False)
                if at != self.safe_threshold
            ),
            ("no disparity detected from", different, DETECTED),
            ("groups at the safe threshold", self.safe_threshold, SAFE),
        )
        return [(name, threshold, line) for name, threshold, line in marked if threshold is not None]

    @property
    def _named(self) -> tuple[int, ...]:
        return named_lines(len(self.groups), self.telling)

    def _names(self, width: float) -> Sequence[str]:
        labels = label_names(self.groups, width)
        return [labels[group] for group in self._named]

    def _samples(self) -> list[Sample]:
        joined = [Sample(f"{name} {threshold_text(at)}", line) for name, at, line in self._joined()]
        rest = samples_of_rest(len(self.groups), self.telling)
        return [*self._bound_samples(), *joined, *rest]

    def _bound_samples(self) -> list[Sample]:
        return [Sample("a rate without events: upper bound", BOUND)]

    def _new_axes(self) -> Axes:
        return axes_for_lines(len(self._named), self._names, self._samples(), 0.0)

    def _draw(self, ax: Axes) -> None:
        styles = line_styles(len(self._named))
        x, y = self.points
        plain_axes(ax, grid="both")
        self._set_scales(ax)
        for group in sorted(set(range(len(self.groups))) - set(self._named)):
            events = (self.false_matches[group] > 0) & (self.false_non_matches[group] > 0)
            curve = (np.where(events, values[group], np.nan) for values in (x, y))
            ax.plot(*curve, label=f"_{self.groups[group]}", **REST)
        for group, style in zip(self._named, styles, strict=True):
            self._draw_group(ax, group, style)
        for _, threshold, line in self._joined():
            self._join(ax, self._place(threshold), line)
        if self.safe_threshold is not None and len(self.groups) <= MOST_LABELS:
            self._draw_bounds(ax, self._place(self.safe_threshold), styles)
        set_title(ax, self.heading, self.matcher, self.details)
        nowhere = np.full(len(styles), np.nan)
        # Curves run together at both ends, so that names stand in their order beside the axes, without leaders.
        order = list(range(len(styles)))[::-1]
        name_lines(ax, self._names, styles, nowhere, order, explain(ax, self._samples()))

    def _set_scales(self, ax: Axes) -> None:
        self._set_scale(ax, "x")
        self._set_scale(ax, "y")

    def _set_scale(self, ax: Axes, which: Literal["x", "y"]) -> None:
        """Make an axis logarithmic, down to the smallest rate that is drawn."""
        index = "xy".index(which)
        values, rate = self.points[index], self.rates[index]
        rate_scale(ax, which, rate_limits(values[values > 0], 1.0), f"{NAMES[rate]} ({rate}), logarithmic")

    def _draw_group(self, ax: Axes, group: int, style: LineStyle) -> None:
        x, y = (values[group] for values in self.points)
        events = (self.false_matches[group] > 0) & (self.false_non_matches[group] > 0)
        often = max(1, len(x) // 12)
        offset = int(group * 0.618 % 1 * often)
        estimate = {**style.line, "markevery": (offset, often)}
        ax.plot(
            np.where(events, x, np.nan), np.where(events, y, np.nan), label=self.groups[group], **estimate
        )
        known = np.isfinite(x) & np.isfinite(y)
        alone = [
            np.flatnonzero(known & (errors == 0))
            for errors in (self.false_matches[group], self.false_non_matches[group])
        ]
        if (known & ~events).any():
            marks = sorted({int(run[len(run) // 2]) for run in alone if len(run)})
            bound = {**style.bound, "linewidth": 1.2, "markevery": marks}
            ax.plot(
                np.where(events, np.nan, x),
                np.where(events, np.nan, y),
                label=f"_upper bound of {self.groups[group]}",
                **bound,
            )

    def _join(self, ax: Axes, index: int, line: dict[str, Any]) -> None:
        """Join the points of the named groups at one threshold, which would be one point were the groups alike."""
        x, y = (values[self._named, index] for values in self.points)
        order = np.argsort(x)
        if len(self._named) > MOST_LABELS:  # a line through all of them would hide them
            line = {**line, "linestyle": "", "markersize": 7}
        ax.plot(x[order], y[order], zorder=3, label=f"_at {threshold_text(self.thresholds[index])}", **line)

    def _draw_bounds(self, ax: Axes, index: int, styles: Sequence[LineStyle]) -> None:
        x, y = (values[:, index] for values in self.points)
        floor_x, floor_y = ax.get_xlim()[0], ax.get_ylim()[0]
        for i, style in zip(self._named, styles, strict=True):
            if np.isfinite(x[i]) and np.isfinite(y[i]):
                across = [max(self.x_lower[i, index], floor_x), self.x_upper[i, index]]
                up = [max(self.y_lower[i, index], floor_y), self.y_upper[i, index]]
                ax.plot(across, [y[i], y[i]], color=style.color, linewidth=1.0, label="_bounds")
                ax.plot([x[i], x[i]], up, color=style.color, linewidth=1.0, label="_bounds")


def _named(prefix: str, rates: Rates) -> dict[str, FloatArray]:
    return {prefix: rates.estimate, f"{prefix}_lower": rates.lower, f"{prefix}_upper": rates.upper}
