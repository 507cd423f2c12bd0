"""A rate by group along something that is not the threshold: the size of a watchlist, or how many are on it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.evaluation.over_prevalence import false_shares
from harness.figures.display import MOST_NAMED, NAMES, Display, axis_of, matcher_of
from harness.figures.frame import (
    MOST_LABELS,
    REFERENCE_LINE,
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
from harness.figures.scales import (
    count_scale,
    one_in_scale,
    plain_axes,
    rate_limits,
    rate_scale,
    share_scale,
    sparse_marks,
)
from harness.figures.style import BOUND, GREY, SOLID, LineStyle, line_styles
from harness.numbers import confidence_text, counted, limit_text, number, one_in, percent, threshold_text

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.projection import Projection

__all__ = ["BandDisplay", "FalseShareDisplay", "RateByListSizeDisplay"]

LIMIT: dict[str, Any] = {"color": GREY, "linestyle": (0, (3, 1.5)), "linewidth": 1.2}
BAND: dict[str, Any] = {"color": GREY, "linewidth": 9, "alpha": 0.25, "solid_capstyle": "butt"}
_BOUNDED = ("estimate", "lower", "upper")

PREVALENCES: FloatArray = np.logspace(-5, -1, 81)
"""Shares of the passers-by who are on the list: 1 in 100,000 to 1 in 10."""

EVERYBODY = LineStyle(GREY, SOLID, "", "none")


@dataclass(frozen=True, eq=False, kw_only=True)
class BandDisplay(Display):
    """A rate of every group along an axis, with its bounds; the arrays are the figure's own, as computed elsewhere.

    Parameters
    ----------
    matcher : str
        Its name and version.
    axis : str
        The one by which people are grouped.
    threshold : float
        At which the rates are.
    groups : tuple of str, length G
    estimate, lower, upper : ndarray of float64, shape (G, X)
        NaN where there is none; where only the estimate is missing or zero, the upper bound is dotted.
    confidence : float
        Of the bounds.

    Raises
    ------
    InputError
        Where an array has another shape.
    """

    axis: str
    threshold: float
    groups: tuple[str, ...]
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    confidence: float

    def __post_init__(self) -> None:
        for name, wanted in self._shapes().items():
            shape = getattr(self, name).shape
            if shape != wanted:
                raise InputError(f"{name} of {type(self).__name__} has shape {shape}, and not {wanted}")

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape that each array must have."""
        return dict.fromkeys(("estimate", "lower", "upper"), (len(self.groups), len(self._across)))

    @property
    @abstractmethod
    def _across(self) -> FloatArray:
        """What the axis across has, shape (X,), ascending."""

    @property
    @abstractmethod
    def _marks(self) -> tuple[Mark, ...]:
        """What is marked above the axes."""

    @abstractmethod
    def _set_scales(self, ax: Axes) -> None:
        """Set both axes."""

    @property
    def details(self) -> str:
        """The threshold, and the confidence of the bands."""
        return (
            f"At threshold {threshold_text(self.threshold)}; bands of "
            f"{confidence_text(self.confidence)} confidence"
        )

    @property
    def _lines(self) -> list[tuple[str, LineStyle, FloatArray, FloatArray, FloatArray]]:
        """Name, style, estimate, lower and upper bound of every line."""
        styles = line_styles(len(self.groups))
        return list(zip(self.groups, styles, self.estimate, self.lower, self.upper, strict=True))

    def _names(self, width: float) -> Sequence[str]:
        return label_names([name for name, *_ in self._lines], width)

    def _samples(self) -> list[Sample]:
        bounded = [(~_seen(estimate) & np.isfinite(upper)).any() for _, _, estimate, _, upper in self._lines]
        alone = [Sample(self._of_bounds, BOUND)] if any(bounded) else []
        return [Sample(f"{confidence_text(self.confidence)} band", BAND), *alone]

    @property
    def _of_bounds(self) -> str:
        return "no estimate, or zero: upper bound"

    def _new_axes(self) -> Axes:
        return axes_for_lines(len(self._lines), self._names, self._samples(), room_for_marks(self._marks))

    def _draw(self, ax: Axes) -> None:
        plain_axes(ax, grid="y")
        self._set_scales(ax)
        lines = self._lines
        for index, (name, style, *values) in enumerate(lines):
            self._draw_line(ax, index, name, style, *values)
        draw_marks(ax, self._marks)
        set_title(ax, self.heading, self.matcher, self.details, above=room_for_marks(self._marks))
        heights = np.array([self._height_at_end(ax, estimate, upper) for _, _, estimate, _, upper in lines])
        order = [int(i) for i in np.argsort(np.nan_to_num(heights, nan=-np.inf), kind="stable")]
        styles = [style for _, style, *_ in lines]
        name_lines(ax, self._names, styles, heights, order, explain(ax, self._samples()))

    def _draw_line(
        self,
        ax: Axes,
        index: int,
        name: str,
        style: LineStyle,
        estimate: FloatArray,
        lower: FloatArray,
        upper: FloatArray,
    ) -> None:
        x, along = self._across, np.log10(self._across)
        seen = _seen(estimate)
        few = len(self._lines) <= MOST_LABELS
        low = np.maximum(lower, ax.get_ylim()[0] / 10)
        banded = np.isfinite(upper) & (seen | (lower > 0))  # bounds without an estimate are a band too
        ax.fill_between(
            x,
            low,
            upper,
            where=banded.tolist(),
            color=style.color,
            alpha=0.16 if few else 0.05,
            linewidth=0,
        )
        if seen.any():
            marks = sparse_marks(along, seen, index, 7 if few else 4, required=int(np.flatnonzero(seen)[-1]))
            ax.plot(x, np.where(seen, estimate, np.nan), label=name, markevery=marks, **style.line)
        bounded = ~seen & np.isfinite(upper)
        if bounded.any():
            marks = sparse_marks(along, bounded, index, 7, required=int(np.flatnonzero(bounded)[-1]))
            drawn = np.where(bounded, upper, np.nan)
            ax.plot(x, drawn, label=f"_upper bound of {name}", markevery=marks, **style.bound)

    def _height_at_end(self, ax: Axes, estimate: FloatArray, upper: FloatArray) -> float:
        last = estimate[-1] if _seen(estimate)[-1] else upper[-1]
        if np.isnan(last):
            return np.nan
        end = (ax.transScale + ax.transLimits).transform((self._across[-1], last))
        return float(np.clip(end[1], 0, 1))

    def _named_or_counted(self) -> str:
        named = f": {', '.join(self.groups)}" if len(self.groups) <= MOST_NAMED else ""
        return f"{counted(len(self.groups), 'group')} of {self.axis}{named}"

    def _highest_and_lowest(self, index: int) -> str:
        """Name the groups with the highest and the lowest estimate at an index of the axis across."""
        known = np.flatnonzero(np.isfinite(self.estimate[:, index]))
        if not len(known):
            bounded = np.isfinite(self.upper[:, index])
            if not bounded.any():
                return "nothing is known"
            lowest, highest = self.lower[bounded, index].min(), self.upper[bounded, index].max()
            return f"there is no estimate, and bounds run from {self._text(lowest)} to {self._text(highest)}"
        ends = known[np.argmax(self.estimate[known, index])], known[np.argmin(self.estimate[known, index])]
        said = [f"{self.groups[group]} ({self._said(int(group), index)})" for group in dict.fromkeys(ends)]
        if len(said) == 1:
            return (
                f"the only one known is that of {said[0]}"
                if len(known) == 1
                else f"all have that of {said[0]}"
            )
        return f"the highest is that of {said[0]} and the lowest that of {said[1]}"

    def _said(self, group: int, index: int) -> str:
        estimate, lower, upper = (
            self._text(float(a[group, index])) for a in (self.estimate, self.lower, self.upper)
        )
        return f"{estimate}, bounds {lower} and {upper}"

    def _text(self, value: float) -> str:
        return number(value) if np.isfinite(value) else "unknown"


def _seen(estimate: FloatArray) -> Any:
    """Where an estimate is drawn: zero is none, for a rate of zero is not known."""
    return np.isfinite(estimate) & (estimate > 0)


@dataclass(frozen=True, eq=False, kw_only=True)
class RateByListSizeDisplay(BandDisplay):
    """False positive identification rate against the size of the watchlist, by group, both on logarithmic scales.

    Lists larger than the tested one have bounds and no estimate.

    Parameters
    ----------
    sizes : ndarray of float64, shape (X,)
        How many are on the list, ascending.
    tested : int, optional
        The size of the list that was searched.
    tolerated : float, optional
        The largest rate that the policy allows.

    Notes
    -----
    More parameters are those of `BandDisplay`.

    Examples
    --------
    >>> import numpy as np
    >>> rate = np.array([[0.001, 0.002], [0.002, 0.004]])
    >>> display = RateByListSizeDisplay(
    ...     matcher="mine 1", axis="sex", threshold=0.6, groups=("female", "male"), sizes=np.array([500.0, 1000.0]),
    ...     estimate=rate, lower=rate / 2, upper=rate * 2, confidence=0.95, tested=1000,
    ... ).plot()
    >>> display.title
    'FPIR against list size by sex, matcher mine 1'
    """

    sizes: FloatArray
    tested: int | None = None
    tolerated: float | None = None

    @classmethod
    def from_projection(
        cls, projection: Projection, axis: str, threshold: float | None = None, *, lists: Sequence[str] = ()
    ) -> RateByListSizeDisplay:
        """Take the rates of one axis at lists of the tested mix.

        Parameters
        ----------
        projection : Projection
        axis : str
        threshold : float, optional
            One of the evaluated ones. By default the first at which the answer is told.
        lists : sequence of str
            Names of the lists, which should be alike but for their size; by default those without a composition of
            their own, which have the mix of the tested list.

        Raises
        ------
        InputError
            Where there is no such axis or list, or none of the tested mix.
        """
        evaluation = projection.evaluation
        axis_of(evaluation, axis)
        index = evaluation.reference_indices[0] if threshold is None else evaluation.index_of(threshold)
        alike = [name for name, found in projection.lists.items() if found.wanted.composition is None]
        unknown = [name for name in lists if name not in projection.lists]
        if unknown or not (lists or alike):
            known = ", ".join(projection.lists)
            problem = (
                f"the projection has no list {unknown[0]!r}" if unknown else "no list has the tested mix"
            )
            raise InputError(f"{problem}; name some of its lists: {known}")
        of_lists = sorted(
            (projection.lists[name] for name in lists or alike), key=lambda of: of.wanted.enrolled
        )
        found = [of.axes[axis] for of in of_lists]
        rates = [np.column_stack([getattr(of.rates, end)[:, index] for of in found]) for end in _BOUNDED]
        tested = evaluation.study.watchlist_size
        return cls(
            matcher=matcher_of(evaluation),
            axis=axis,
            threshold=float(evaluation.thresholds[index]),
            groups=found[0].groups,
            **dict(zip(_BOUNDED, rates, strict=True)),
            confidence=evaluation.policy.confidence,
            sizes=np.array([float(of.wanted.enrolled) for of in of_lists]),
            tested=tested,
            tolerated=evaluation.policy.max_fpir,
        )

    @property
    def _across(self) -> FloatArray:
        return self.sizes

    @property
    def heading(self) -> str:
        """Which rate against what, by which axis."""
        return f"FPIR against list size by {self.axis}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        limit = (
            ""
            if self.tolerated is None
            else f" A line shows the largest rate allowed, {limit_text(self.tolerated)}."
        )
        return (
            f"Line chart of the {NAMES['FPIR']} (FPIR) of {self.matcher} at threshold {threshold_text(self.threshold)} "
            f"against the size of the watchlist, both on logarithmic scales, a line for each of "
            f"{self._named_or_counted()}, with bands of {confidence_text(self.confidence)} confidence.{limit} "
            f"{' '.join(self._readings())}"
        )

    def _readings(self) -> Iterator[str]:
        places = {0: "", len(self.sizes) - 1: ""}
        if self.tested is not None and (at := np.flatnonzero(self.sizes == self.tested)).size:
            places[int(at[0])] = ", the tested size"
        for index, what in sorted(places.items()):
            size = counted(int(self.sizes[index]), "subject")
            yield f"With a list of {size}{what}, {self._highest_and_lowest(index)}."

    @property
    def _marks(self) -> tuple[Mark, ...]:
        if self.tested is None:
            return ()
        return (Mark(f"tested size {self.tested:,}", self.tested, self.tested, REFERENCE_LINE),)

    def _samples(self) -> list[Sample]:
        if self.tolerated is None:
            return super()._samples()
        return [*super()._samples(), Sample(f"allowed: {limit_text(self.tolerated)}", LIMIT)]

    def _set_scales(self, ax: Axes) -> None:
        count_scale(ax, self.sizes, "subjects on the watchlist, logarithmic")
        limits = [] if self.tolerated is None else [self.tolerated]
        drawn = np.concatenate([np.where(_seen(self.estimate), self.estimate, self.upper).ravel(), limits])
        known = drawn[np.isfinite(drawn) & (drawn > 0)]
        tops = np.concatenate([self.upper[np.isfinite(self.upper)], limits])
        highest = float(tops.max()) if len(tops) else 1.0
        rate_scale(ax, "y", rate_limits(known, highest), f"{NAMES['FPIR']} (FPIR), logarithmic")
        if self.tolerated is not None:
            ax.axhline(self.tolerated, label="_allowed", **LIMIT)


@dataclass(frozen=True, eq=False, kw_only=True)
class FalseShareDisplay(BandDisplay):
    """Share of alerts that are false against how many of the passers-by are on the list, by group and for all.

    Parameters
    ----------
    prevalence : ndarray of float64, shape (X,)
        Share of the passers-by who are on the list, ascending, above 0.
    all_estimate, all_lower, all_upper : ndarray of float64, shape (X,), optional
        Of all passers-by of a crowd together; None where no crowd is stated.
    stated : float, optional
        The prevalence that the policy or the deployment states, which is marked.
    tolerated : float, optional
        The largest share that is allowed.

    Notes
    -----
    More parameters are those of `BandDisplay`.
    """

    prevalence: FloatArray
    all_estimate: FloatArray | None = None
    all_lower: FloatArray | None = None
    all_upper: FloatArray | None = None
    stated: float | None = None
    tolerated: float | None = None

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluation, axis: str, threshold: float | None = None
    ) -> FalseShareDisplay:
        """Take the shares of one axis, for the crowd that the policy states; see `Display`.

        Parameters
        ----------
        evaluation : Evaluation
        axis : str
        threshold : float, optional
            One of the evaluated ones. By default the first at which the answer is told.

        Raises
        ------
        InputError
            Where the evaluation is of comparisons, which have no passers-by.
        """
        found, policy = axis_of(evaluation, axis), evaluation.policy
        index = evaluation.reference_indices[0] if threshold is None else evaluation.index_of(threshold)
        by_group, together = false_shares(found, index, PREVALENCES, (policy.crowd or {}).get(axis))
        stated = policy.prevalence if isinstance(policy.prevalence, float) else None
        return cls(
            matcher=matcher_of(evaluation),
            axis=axis,
            threshold=float(evaluation.thresholds[index]),
            groups=found.false_matches.groups,
            **by_group._asdict(),
            **{f"all_{name}": values for name, values in (together._asdict() if together else {}).items()},
            confidence=found.false_matches.confidence,
            prevalence=PREVALENCES,
            stated=stated if stated and PREVALENCES[0] <= stated <= PREVALENCES[-1] else None,
        )

    @property
    def _across(self) -> FloatArray:
        return self.prevalence

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        of_all = () if self._together is None else ("all_estimate", "all_lower", "all_upper")
        return {**super()._shapes(), **dict.fromkeys(of_all, self.prevalence.shape)}

    @property
    def _together(self) -> tuple[FloatArray, FloatArray, FloatArray] | None:
        """Estimate, lower and upper bound of all passers-by together."""
        if self.all_estimate is None or self.all_lower is None or self.all_upper is None:
            return None
        return self.all_estimate, self.all_lower, self.all_upper

    @property
    def _lines(self) -> list[tuple[str, LineStyle, FloatArray, FloatArray, FloatArray]]:
        together = [] if self._together is None else [("all passers-by", EVERYBODY, *self._together)]
        return [*super()._lines, *together]

    @property
    def heading(self) -> str:
        """What against what, by which axis."""
        return f"Share of alerts that are false by {self.axis}"

    @property
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""
        limit = (
            ""
            if self.tolerated is None
            else f" A line shows the largest share allowed, {percent(self.tolerated)}."
        )
        together = "" if self._together is None else "for all passers-by together and "
        return (
            f"Line chart of the share of alerts that are false, of {self.matcher} at threshold "
            f"{threshold_text(self.threshold)}, against the share of passers-by who are on the watchlist, on a "
            f"logarithmic scale: a line {together}for each of {self._named_or_counted()}, with "
            f"bands of {confidence_text(self.confidence)} confidence.{limit} {' '.join(self._readings())}"
        )

    def _readings(self) -> Iterator[str]:
        places = {0, len(self.prevalence) - 1}
        if self.stated is not None:
            places.add(int(np.argmin(np.abs(np.log(self.prevalence / self.stated)))))
        for index in sorted(places):
            yield (
                f"Where {one_in(float(self.prevalence[index]))} is on the list, {self._said_of_all(index)}by group, "
                f"{self._highest_and_lowest(index)}."
            )

    def _said_of_all(self, index: int) -> str:
        if self._together is None:
            return ""
        estimate, lower, upper = (self._text(float(values[index])) for values in self._together)
        return f"{estimate} of all alerts are false (bounds {lower} and {upper}); "

    def _text(self, value: float) -> str:
        return percent(value) if np.isfinite(value) else "unknown"

    @property
    def _marks(self) -> tuple[Mark, ...]:
        if self.stated is None:
            return ()
        return (Mark(f"stated: {one_in(self.stated)}", self.stated, self.stated, REFERENCE_LINE),)

    def _samples(self) -> list[Sample]:
        if self.tolerated is None:
            return super()._samples()
        return [*super()._samples(), Sample(f"allowed: {percent(self.tolerated)}", LIMIT)]

    def _set_scales(self, ax: Axes) -> None:
        one_in_scale(ax, self.prevalence, "share of passers-by who are on the watchlist, logarithmic")
        share_scale(ax, "share of alerts that are false")
        if self.tolerated is not None:
            ax.axhline(self.tolerated, label="_allowed", **LIMIT)
