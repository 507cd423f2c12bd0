"""A rate of every group against the threshold: false matches, false non-matches, or hits of searches."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import BoolArray, FloatArray, IntArray
from harness.errors import InputError
from harness.figures.display import MOST_NAMED, NAMES, ThresholdDisplay, axis_of, some
from harness.figures.frame import (
    BELOW_TICKS,
    MOST_LABELS,
    REST,
    Sample,
    axes_for_lines,
    draw_marks,
    explain,
    name_lines,
    named_lines,
    rest_said,
    room_for_marks,
    samples_of_rest,
    set_title,
)
from harness.figures.labels import fitting, label_names, size_in_points
from harness.figures.reference import telling_groups
from harness.figures.scales import (
    plain_axes,
    rate_limits,
    rate_scale,
    share_scale,
    sparse_marks,
    threshold_scale,
)
from harness.figures.style import BOUND, GREY, LineStyle, line_styles
from harness.figures.verdict_zones import (
    BAR,
    AxisZones,
    draw_bar,
    runs,
    samples_of,
    zones_of_axis,
    zones_said,
)
from harness.numbers import confidence_text, counted, number, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation
    from harness.statistics.rates import Rates

__all__ = ["FalseMatchRateDisplay", "FalseNonMatchRateDisplay", "IdentificationRateDisplay", "RateDisplay"]


ABOVE_BAR = 4.0  # in points


@dataclass(frozen=True, eq=False, kw_only=True)
class RateDisplay(ThresholdDisplay):
    """A rate of every group against the threshold.

    Parameters
    ----------
    rate : str
        Its short name, such as FMR.
    groups : tuple of str, length G
    trials : ndarray of int64, shape (G,)
    errors : ndarray of int64, shape (G, T)
    estimate, lower, upper : ndarray of float64, shape (G, T)
        NaN where there are no trials.
    telling : tuple of int, optional
        Indices of the groups that have a colour and a name where there are too many for all; the others are grey.
    """

    rate: str
    groups: tuple[str, ...]
    trials: IntArray
    errors: IntArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    telling: tuple[int, ...] | None = None

    @staticmethod
    def _of(evaluation: Evaluation, axis: AxisEvaluation, rates: Rates) -> dict[str, Any]:
        telling = telling_groups(evaluation, axis)
        return {
            "telling": None if len(telling) == len(rates.groups) else telling,
            "rate": rates.name,
            "groups": rates.groups,
            "trials": rates.trials,
            "errors": rates.errors,
            "estimate": rates.estimate,
            "lower": rates.lower,
            "upper": rates.upper,
        }

    @property
    def heading(self) -> str:
        """Which rate, by which axis."""
        return f"{self.rate} by {self.axis}"

    @property
    def details(self) -> str:
        """The confidence of the bands, and whether there is a safe threshold."""
        return f"Bands of {confidence_text(self.confidence)} confidence{self._if_unsafe}"

    @property
    def bound(self) -> FloatArray:
        """The bound that is drawn where there are no errors, shape (G, T)."""
        return self.upper

    def names(self, width: float) -> Sequence[str]:
        """Return the groups' names, short enough for a width in points, and say which have no trials."""
        return [
            name if trials else fitting(f"{name} (no trials)", 1.4 * width)
            for name, trials in self._labelled(width)
        ]

    def _labelled(self, width: float) -> list[tuple[str, int]]:
        """Return the names of the lines that have one, told apart from all others, each with its trials."""
        labels = label_names(self.groups, width)
        return [(labels[group], int(self.trials[group])) for group in named_lines(len(labels), self.telling)]

    @property
    @abstractmethod
    def _of_zero_errors(self) -> str:
        """The meaning of the dotted line of a bound."""

    def _samples(self) -> list[Sample]:
        line = {"color": GREY, "linewidth": 1.4, "marker": "o", "markersize": 5.5}
        band = {"color": GREY, "linewidth": 9, "alpha": 0.25, "solid_capstyle": "butt"}
        return [
            Sample("estimate", line),
            Sample(f"{confidence_text(self.confidence)} band", band),
            Sample(self._of_zero_errors, BOUND),
            *samples_of_rest(len(self.groups), self.telling),
        ]

    @property
    def _under(self) -> float:
        """How many points lie between the axes and their ticks."""
        return 0.0

    def _draw_under(self, ax: Axes) -> None:
        """Draw what lies there."""

    def _new_axes(self) -> Axes:
        marks = room_for_marks(self._marks)
        named = named_lines(len(self.groups), self.telling)
        return axes_for_lines(len(named), self.names, self._samples(), marks, under=self._under)

    def _draw(self, ax: Axes) -> None:
        named = named_lines(len(self.groups), self.telling)
        styles = line_styles(len(named))
        plain_axes(ax, grid="y")
        threshold_scale(ax, self.thresholds, self.better, shown=self.shown)
        self._set_rate_scale(ax)
        self._draw_rest(ax, set(range(len(self.groups))) - set(named))
        for group, style in zip(named, styles, strict=True):
            if self.trials[group]:
                self._draw_group(ax, group, style)
        draw_marks(ax, self._marks)
        set_title(ax, self.heading, self.matcher, self.details, above=room_for_marks(self._marks))
        self._draw_under(ax)
        heights, order = self._ends(ax, list(named))
        explained = explain(ax, self._samples(), below=BELOW_TICKS + self._under)
        name_lines(ax, self.names, styles, heights, order, explained, under=self._under)

    def _set_rate_scale(self, ax: Axes) -> None:
        errors, estimate, upper = (a[:, self.shown] for a in (self.errors, self.estimate, self.upper))
        drawn = np.where(errors > 0, estimate, upper)
        highest = np.nanmax(upper) if np.isfinite(upper).any() else 1.0
        label = f"{NAMES[self.rate]} ({self.rate}), logarithmic"
        rate_scale(ax, "y", rate_limits(drawn, float(highest)), label)

    def _draw_rest(self, ax: Axes, groups: set[int]) -> None:
        for group in sorted(groups):
            drawn = np.where(self.errors[group] > 0, self.estimate[group], np.nan)[self.shown]
            ax.plot(self.thresholds[self.shown], drawn, label=f"_{self.groups[group]}", **REST)

    def _draw_group(self, ax: Axes, group: int, style: LineStyle) -> None:
        x = self.thresholds[self.shown]
        events = self.errors[group, self.shown] > 0
        estimate, lower, upper, bound = (
            a[group, self.shown] for a in (self.estimate, self.lower, self.upper, self.bound)
        )
        few = len(named_lines(len(self.groups), self.telling)) <= MOST_LABELS
        if events.any():
            self._draw_band(ax, x, events, lower, upper, style)
            ax.plot(
                x,
                np.where(events, estimate, np.nan),
                markevery=sparse_marks(x, events, group, 7 if few else 4, required=_nearest_end(events)),
                label=self.groups[group],
                **style.line,
            )
        if not events.all():
            ax.plot(
                x,
                np.where(events, np.nan, bound),
                markevery=sparse_marks(x, ~events, group, 14 if few else 5, required=_nearest_end(~events)),
                label=f"_upper bound of {self.groups[group]}",
                **style.bound,
            )

    def _draw_band(
        self,
        ax: Axes,
        x: FloatArray,
        events: BoolArray,
        lower: FloatArray,
        upper: FloatArray,
        style: LineStyle,
    ) -> None:
        low = np.maximum(lower, ax.get_ylim()[0] / 10)
        opacity = 0.16 if self.telling is not None or len(self.groups) <= MOST_LABELS else 0.05
        ax.fill_between(x, low, upper, where=events.tolist(), color=style.color, alpha=opacity, linewidth=0)
        if events.sum() == 1:  # a band over one threshold would have no width
            ax.vlines(x[events], low[events], upper[events], color=style.color, alpha=opacity, linewidth=6)

    def _ends(self, ax: Axes, named: list[int]) -> tuple[FloatArray, list[int]]:
        """Where the named lines end, in the axes from 0 to 1, and in which order."""
        last = range(len(self.thresholds))[self.shown][-1]
        end = np.where(self.errors[:, last] > 0, self.estimate[:, last], self.bound[:, last])
        ends = np.column_stack([np.full(len(end), self.thresholds[last]), end])
        heights = (ax.transScale + ax.transLimits).transform(ends)[:, 1]
        heights = np.where(self.trials > 0, heights, np.nan)[named]
        # Bounds of zero events often end at the same height: there the group with later errors is above.
        later = [np.flatnonzero(errors)[-1] if errors.any() else -1 for errors in self.errors[named]]
        order = np.lexsort((np.array(later), np.nan_to_num(heights, nan=-np.inf)))
        return heights, [int(i) for i in order]


def _nearest_end(present: BoolArray) -> int:
    """The index where a line gives way to another, or its last."""
    changes = np.flatnonzero(present[1:] != present[:-1])
    if len(changes):
        return int(changes[0]) if present[changes[0]] else int(changes[0]) + 1
    return int(np.flatnonzero(present)[-1])


@dataclass(frozen=True, eq=False, kw_only=True)
class FalseMatchRateDisplay(RateDisplay):
    """False match rate (FMR, or FPIR of searches) against threshold by group, over the zones of the verdicts.

    The scale of rates is logarithmic. Zero events are never drawn as a rate: there, the upper bound stands alone. It is
    recommended to use `from_evaluation`; more parameters are those of `RateDisplay` and `ThresholdDisplay`.

    Parameters
    ----------
    zones : AxisZones, optional
        The verdicts, drawn as a bar between the axes and their ticks, on the same scale of thresholds.

    Examples
    --------
    >>> from harness import evaluate
    >>> scores = {"score": [0.1, 0.4, 0.3, 0.2, 0.8, 0.9], "mated": [0, 0, 0, 0, 1, 1], "sex": list("ffmmfm")}
    >>> study = {"matcher": {"name": "mine", "version": "1"}, "score": {"better": "higher"}, "groups": {"sex": "sex"}}
    >>> display = FalseMatchRateDisplay.from_evaluation(evaluate(scores, study=study), "sex").plot()
    >>> display.title, display.figure_.axes == [display.ax_]
    ('FMR by sex, matcher mine 1', True)
    """

    zones: AxisZones | None = None

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> FalseMatchRateDisplay:
        """Take the rates of one axis; see `Display`."""
        found = axis_of(evaluation, axis)
        rates, zones = cls._of(evaluation, found, found.false_matches), zones_of_axis(evaluation, found)
        return cls(**cls._along(evaluation, axis), **rates, zones=zones)

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return " ".join([_describe_rates(self), *self._zones_said()])

    def _zones_said(self) -> Iterator[str]:
        if self.zones is not None:
            said = zones_said(self.zones, self.thresholds, self.shown)
            yield f"A bar below has the verdicts on the same scale: {said}."

    def _samples(self) -> list[Sample]:
        if self.zones is None:
            return super()._samples()
        return [
            *super()._samples(),
            *samples_of(verdict for verdict, _, _ in runs(self.zones, self.shown)),
        ]

    @property
    def _under(self) -> float:
        return 0.0 if self.zones is None else BAR + ABOVE_BAR

    def _draw_under(self, ax: Axes) -> None:
        if self.zones is None:
            return
        ax.tick_params(axis="x", pad=self._under + 3.5, length=0)
        top = size_in_points(ax)[1] + ABOVE_BAR
        draw_bar(ax, self.zones, self.thresholds, self.shown, None, top)

    @property
    def _of_zero_errors(self) -> str:
        return "zero events: upper bound"


@dataclass(frozen=True, eq=False, kw_only=True)
class FalseNonMatchRateDisplay(RateDisplay):
    """False non-match rate (FNMR, or FNIR of searches) against threshold by group, on a logarithmic scale.

    Zero events are never drawn as a rate: there, the upper bound stands alone. Parameters are those of
    `RateDisplay` and `ThresholdDisplay`.
    """

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> FalseNonMatchRateDisplay:
        """Take the rates of one axis; see `Display`."""
        found = axis_of(evaluation, axis)
        return cls(**cls._along(evaluation, axis), **cls._of(evaluation, found, found.false_non_matches))

    @property
    def heading(self) -> str:
        """Which rate is the cost, by which axis."""
        return f"Cost: {self.rate} by {self.axis}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return _describe_costs(self)

    @property
    def _of_zero_errors(self) -> str:
        return "zero events: upper bound"


@dataclass(frozen=True, eq=False, kw_only=True)
class IdentificationRateDisplay(RateDisplay):
    """True positive identification rate (TPIR = 1 - FNIR) of searches against threshold by group.

    Where no search is missed, the lower bound stands alone. Parameters are those of `RateDisplay` and
    `ThresholdDisplay`; errors are searches missed.

    References
    ----------
    ISO/IEC 19795-1:2021, on the true positive identification rate.
    """

    @classmethod
    def from_evaluation(cls, evaluation: Evaluation, axis: str) -> IdentificationRateDisplay:
        """Take the complement of the FNIR of one axis; see `Display`.

        Raises
        ------
        InputError
            Where the evaluation is of comparisons, which have no TPIR.
        """
        found = axis_of(evaluation, axis)
        rates = found.false_non_matches
        if rates.name != "FNIR":
            raise InputError("TPIR is of searches, and the study's task is verification; draw FNMR")
        of_misses = cls._of(evaluation, found, rates)
        hits = {
            "rate": "TPIR",
            "estimate": 1 - rates.estimate,
            "lower": 1 - rates.upper,
            "upper": 1 - rates.lower,
        }
        return cls(**cls._along(evaluation, axis), **{**of_misses, **hits})

    @property
    def heading(self) -> str:
        """Which rate falls, by which axis."""
        return f"Cost: TPIR by {self.axis}"

    @property
    def bound(self) -> FloatArray:
        """The lower bound, drawn where no search is missed, shape (G, T)."""
        return self.lower

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        return _describe_costs(self)

    @property
    def _of_zero_errors(self) -> str:
        return "no search missed: lower bound"

    def _set_rate_scale(self, ax: Axes) -> None:
        share_scale(ax, f"{NAMES['TPIR']} (TPIR)")
        if not np.isfinite(self.estimate).any():
            ax.set_yticks([])


def _describe_rates(display: RateDisplay) -> str:
    """Return a paragraph: what is drawn, its range, the highest and lowest group, and where events run out."""
    parts = (
        f"{_subject(display)} The rate is on a logarithmic scale, with bands of {confidence_text(display.confidence)} "
        "confidence.",
        _range(display),
        display._marks_said,
        _comparison(display),
        _ends(display),
    )
    return " ".join(part for part in parts if part)


def _describe_costs(display: RateDisplay) -> str:
    """Return a paragraph: what is drawn, and what the safe threshold and the other marked one cost."""
    marked = {
        "the safe threshold": display.safe_threshold,
        "the lowest where no disparity is detected": display.not_detected_from,
    }
    if display.safe_threshold == display.not_detected_from:
        del marked["the lowest where no disparity is detected"]
    costs = [
        f"At {threshold_text(threshold)}, {what}, {_by_group(display, threshold)}."
        for what, threshold in marked.items()
        if threshold is not None
    ]
    drawn = f"Thresholds run {display._range_drawn}."
    return " ".join([_subject(display), drawn, display._marks_said, *costs, *_untried(display)])


def _by_group(display: RateDisplay, threshold: float) -> str:
    index = display._index(threshold)
    tried = np.flatnonzero(display.trials)
    if not len(tried):
        return "no group has mated trials"
    if not display.errors[:, index].any():
        bounds = display.bound[tried, index]
        side, extreme = ("lower", bounds.min()) if display.rate == "TPIR" else ("upper", bounds.max())
        return f"no group has errors ({side} bounds to {number(extreme)})"
    if len(tried) <= MOST_NAMED:
        return ", ".join(f"{display.groups[i]} has {_rate(display, int(i), index)}" for i in tried)
    ordered = tried[np.argsort(display.estimate[tried, index])]
    lowest, highest = int(ordered[0]), int(ordered[-1])
    return (
        f"the highest {display.rate} is that of {display.groups[highest]}, {_rate(display, highest, index)}, and "
        f"the lowest that of {display.groups[lowest]}, {_rate(display, lowest, index)}"
    )


def _subject(display: RateDisplay) -> str:
    groups = len(display.groups)
    named = f": {', '.join(display.groups)}" if groups <= MOST_NAMED else ""
    return (
        f"Line chart of the {NAMES[display.rate]} ({display.rate}) of {display.matcher} against the "
        f"threshold, a line for each of {counted(groups, 'group')} of {display.axis}{named}."
        f"{rest_said(display.groups, display.telling)}"
    )


def _range(display: RateDisplay) -> str:
    estimate = display.estimate[:, display.shown][display.errors[:, display.shown] > 0]
    if not len(estimate):
        return f"Thresholds run {display._range_drawn}."
    return (
        f"Thresholds run {display._range_drawn}; the estimates drawn lie between {number(estimate.max())} and "
        f"{number(estimate.min())}."
    )


def _comparison(display: RateDisplay) -> str:
    events = np.flatnonzero(display.errors.sum(axis=0))
    if display.safe_threshold is not None:
        index = display._index(display.safe_threshold)
        where = f"At the safe threshold {threshold_text(display.safe_threshold)}"
    elif len(events):
        index = int(events[-1])
        where = f"At {threshold_text(display.thresholds[index])}, the strictest threshold with errors,"
    else:
        return ""
    tried = np.flatnonzero(display.trials)
    if not display.errors[:, index].any() or not len(tried):
        return f"{where} no group has errors."
    highest = tried[np.argmax(display.estimate[tried, index])]
    lowest = tried[np.argmin(display.estimate[tried, index])]
    if display.estimate[highest, index] == display.estimate[lowest, index]:
        return f"{where} every group has {_rate(display, int(highest), index)}."
    return (
        f"{where} the highest rate is that of {display.groups[highest]}, "
        f"{_rate(display, int(highest), index)}, and the lowest that of {_lowest(display, index)}."
    )


def _lowest(display: RateDisplay, index: int) -> str:
    """Name the lowest group, or the groups without errors, of which none is known to be the lowest."""
    tried = np.flatnonzero(display.trials)
    without = [i for i in tried if not display.errors[i, index]]
    if not without:
        lowest = int(tried[np.argmin(display.estimate[tried, index])])
        return f"{display.groups[lowest]}, {_rate(display, lowest, index)}"
    if len(without) == 1:
        return f"{display.groups[without[0]]}, {_rate(display, int(without[0]), index)}"
    bound = display.upper[without, index].max()
    named = (
        ", ".join(display.groups[i] for i in without)
        if len(without) <= MOST_NAMED
        else f"{len(without)} groups"
    )
    return f"{named}, which have no errors (upper bounds up to {number(bound)})"


def _rate(display: RateDisplay, group: int, index: int) -> str:
    if not display.errors[group, index]:
        side = "lower" if display.rate == "TPIR" else "upper"
        return f"no errors ({side} bound {number(display.bound[group, index])})"
    estimate, lower, upper = (a[group, index] for a in (display.estimate, display.lower, display.upper))
    return f"{number(estimate)} (bounds {number(lower)} and {number(upper)})"


def _ends(display: RateDisplay) -> str:
    """Where each group's events run out, beyond which only an upper bound is drawn."""
    last = {
        group: int(np.flatnonzero(errors)[-1])
        for group, errors, trials in zip(display.groups, display.errors, display.trials, strict=True)
        if trials and errors.any() and not errors[-1]
    }
    never = [
        g for g, e, n in zip(display.groups, display.errors, display.trials, strict=True) if n and not e.any()
    ]
    said = []
    if last:
        said.append(
            f"The last threshold with errors is {_last(display, last)}; stricter than that only upper bounds "
            "are drawn, because zero errors are not a rate of zero."
        )
    if never:
        said.append(f"Without any error, and drawn by upper bounds alone: {some(never)}.")
    return " ".join([*said, *_untried(display)])


def _untried(display: RateDisplay) -> list[str]:
    untried = [group for group, trials in zip(display.groups, display.trials, strict=True) if not trials]
    return [f"Without trials, and not drawn: {some(untried)}."] if untried else []


def _last(display: RateDisplay, last: dict[str, int]) -> str:
    def at(group: str) -> str:
        return f"{threshold_text(display.thresholds[last[group]])} for {group}"

    if len(last) <= MOST_NAMED:
        return ", ".join(at(group) for group in last)
    earliest, latest = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    return f"between {at(earliest)} and {at(latest)}"
