"""Evidence against what is allowed, deployment by deployment, with the line at which an alarm is raised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.arrays import FloatArray, IntArray
from harness.figures.display import Display
from harness.figures.frame import (
    DETECTED_LINE,
    Mark,
    Sample,
    axes_for_lines,
    draw_marks,
    explain,
    name_lines,
    room_for_marks,
    set_title,
)
from harness.figures.labels import label_names
from harness.figures.scales import plain_axes, rate_scale
from harness.figures.style import GREY, TEXT_SIZE, LineStyle, line_styles
from harness.numbers import confidence_text, counted, limit_text, number

if TYPE_CHECKING:
    from harness.monitoring import Course, Monitoring

__all__ = ["AlarmDisplay"]

ALARM: dict[str, Any] = {"color": GREY, "linestyle": (0, (3, 1.5)), "linewidth": 1.4}
LOWEST = -3.0
"""Decimal logarithm of the least evidence drawn; less says no more."""
HIGHEST = 100.0
ROOM_ABOVE = 0.3
WITH_UNSETTLED = ", with unsettled"
MARKERS = 8


@dataclass(frozen=True, eq=False, kw_only=True)
class AlarmDisplay(Display):
    """Evidence after each deployment, on a logarithmic scale; an alarm is raised where a line reaches the one marked.

    Parameters
    ----------
    matcher : str
    lines : tuple of str, length L
        What each is evidence of.
    evidence : ndarray of float64, shape (L, D)
        Decimal logarithms.
    bar : float
        Decimal logarithm of the evidence at which an alarm is raised.
    confidence : float
    span : tuple of str
        The days of the first and of the last deployment.
    alarms : tuple of (str, int, str)
        What was raised: by which evidence, after which deployment (from 0), and its name.
    """

    lines: tuple[str, ...]
    evidence: FloatArray
    bar: float
    confidence: float
    span: tuple[str, str]
    alarms: tuple[tuple[str, int, str], ...] = ()

    @classmethod
    def from_monitoring(cls, monitoring: Monitoring) -> AlarmDisplay:
        """Take the evidence of a monitoring."""
        lines = dict(_lines({"rate": monitoring.rate, "share": monitoring.share}))
        days = sorted(one.time.date().isoformat() for one in monitoring.deployments)
        return cls(
            matcher=monitoring.matcher,
            lines=tuple(lines),
            evidence=np.vstack(list(lines.values())) / np.log(10),
            bar=float(monitoring.bar / np.log(10)),
            confidence=monitoring.mapping.confidence,
            span=(days[0], days[-1]),
            alarms=tuple((alarm.what, alarm.index, alarm.deployment) for alarm in monitoring.alarms),
        )

    @property
    def heading(self) -> str:
        """What the evidence is against."""
        return "Evidence of more false alerts than allowed"

    @property
    def details(self) -> str:
        """How often an alarm is raised without cause."""
        without = confidence_text(round(1 - self.confidence, 9))
        return f"An alarm is raised without cause with a chance of at most {without}, ever"

    @property
    def _bar_text(self) -> str:
        return limit_text(round(10**self.bar, 6))

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        each = " ".join(f"{name}: {self._said(i)}." for i, name in enumerate(self.lines))
        raised = (
            " ".join(f"An alarm on the {what} is raised after {name}." for what, _, name in self.alarms)
            or "No alarm is raised, which is not evidence that all is as allowed."
        )
        unsettled = (
            " Lines with unsettled alerts count these for an alarm, the others against it."
            if self._is_open
            else ""
        )
        return (
            f"Line chart of the evidence that alerts of {self.matcher} are false more often than allowed, or fall on a "
            f"group more than allowed, after each of {counted(self.evidence.shape[1], 'deployment')} from "
            f"{self.span[0]} to {self.span[1]}, on a logarithmic scale, with a line at {self._bar_text}, from where an "
            f"alarm is raised.{unsettled} {each} {raised}"
        )

    def _said(self, line: int) -> str:
        end, most = (self._drawn[line, -1], self._drawn[line].max())
        return f"{number(10**end)} at the end, {number(10**most)} at its highest"

    @property
    def _drawn(self) -> FloatArray:
        return np.clip(self.evidence, LOWEST, HIGHEST)

    @property
    def _marks(self) -> tuple[Mark, ...]:
        return tuple(
            Mark(f"alarm on the {what}: {name}", index + 1.0, index + 1.0, DETECTED_LINE)
            for what, index, name in self.alarms
        )

    def _names(self, width: float) -> Sequence[str]:
        return label_names(self.lines, width)

    def _samples(self) -> list[Sample]:
        return [Sample(f"alarm from {self._bar_text}", ALARM)]

    @property
    def _is_open(self) -> bool:
        return any(name.endswith(WITH_UNSETTLED) for name in self.lines)

    def _new_axes(self) -> Axes:
        return axes_for_lines(len(self.lines), self._names, self._samples(), room_for_marks(self._marks))

    def _draw(self, ax: Axes) -> None:
        styles, drawn = line_styles(len(self.lines)), self._drawn
        deployments = np.arange(1, drawn.shape[1] + 1)
        plain_axes(ax, grid="y")
        ax.set_xlim(0.5, len(deployments) + 0.5)
        ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        ax.set_xlabel(
            f"deployment, in the order in which they count ({self.span[0]} to {self.span[1]})",
            fontsize=TEXT_SIZE,
        )
        low, high = min(float(drawn.min()), -1.0), max(float(drawn.max()), self.bar)
        limits = (10 ** (low - ROOM_ABOVE), 10 ** min(high + ROOM_ABOVE, HIGHEST))
        rate_scale(ax, "y", limits, "evidence, logarithmic")
        ax.axhline(10**self.bar, label="_alarm", **ALARM)
        for i, style in enumerate(styles):
            self._draw_line(ax, i, style, deployments, drawn[i])
        draw_marks(ax, self._marks)
        set_title(ax, self.heading, self.matcher, self.details, above=room_for_marks(self._marks))
        ends = (ax.transScale + ax.transLimits).transform([(1, 10**end) for end in drawn[:, -1]])[:, 1]
        order = [int(i) for i in np.argsort(ends, kind="stable")]
        name_lines(ax, self._names, styles, np.clip(ends, 0, 1), order, explain(ax, self._samples()))

    def _draw_line(
        self, ax: Axes, line: int, style: LineStyle, deployments: IntArray, drawn: FloatArray
    ) -> None:
        often = max(1, len(deployments) // MARKERS)
        marks = (int(line * 0.618 % 1 * often), often)
        ax.plot(deployments, 10**drawn, label=self.lines[line], markevery=marks, **style.line)


def _lines(courses: dict[str, Course | None]) -> Iterator[tuple[str, FloatArray]]:
    """Give the two lines of each course, or one where they are the same."""
    for name, course in courses.items():
        if course is None:
            continue
        yield name, course.lower
        if not np.array_equal(course.lower, course.upper):
            yield f"{name}{WITH_UNSETTLED}", course.upper
