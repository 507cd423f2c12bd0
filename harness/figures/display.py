"""What all displays have in common: computed once, drawn many times, described in words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.figures.saving import encoded
from harness.figures.scales import range_to_draw
from harness.figures.style import settings
from harness.text import page

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = ["Display", "ThresholdDisplay", "axis_of", "matcher_of"]

Self = TypeVar("Self", bound="Display")


@dataclass(frozen=True, eq=False, kw_only=True)
class Display(ABC):
    """A figure's numbers, and how to draw and describe them.

    Parameters
    ----------
    matcher : str
        Its name and version.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was last drawn.
    figure_ : matplotlib Figure
        The one that holds the axes.
    """

    matcher: str
    ax_: Axes = field(init=False, repr=False)
    figure_: Figure | SubFigure = field(init=False, repr=False)
    _alone: bool = field(init=False, repr=False)

    def plot(self: Self, ax: Axes | None = None) -> Self:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            By default those of a new figure about 8 inches wide, as high as its names need. Names and
            explanations are outside the axes.

        Returns
        -------
        Display
            Itself, with ``ax_`` and ``figure_``.
        """
        object.__setattr__(self, "_alone", ax is None)
        with settings():
            ax = self._new_axes() if ax is None else ax
            self._draw(ax)
        object.__setattr__(self, "ax_", ax)
        object.__setattr__(self, "figure_", ax.figure)
        return self

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict[str, str | int]]]:
        """Return what a notebook shows: the figure, with its words as alternative text.

        On axes that were given it is part of another figure; then the words alone.
        """
        if not hasattr(self, "figure_"):
            self.plot()
        words = page(self.alt_text)
        if not self._alone:
            return {"text/plain": words}, {}
        figure = self.figure_.get_figure(root=True)
        picture = b64encode(encoded(figure, "png", self.title, self.alt_text)).decode()
        wide, high = (round(96 * float(inches)) for inches in figure.get_size_inches())
        described: dict[str, str | int] = {"alt": words, "width": wide, "height": high}
        return {"image/png": picture, "text/plain": words}, {"image/png": described}

    @property
    def title(self) -> str:
        """What the figure shows, in one line."""
        return f"{self.heading}, matcher {self.matcher}"

    @property
    @abstractmethod
    def heading(self) -> str:
        """What the figure shows, of any matcher."""

    @property
    @abstractmethod
    def details(self) -> str:
        """The second row of the title."""

    @property
    @abstractmethod
    def alt_text(self) -> str:
        """One paragraph that says what the figure shows, for those who do not see it."""

    @abstractmethod
    def _new_axes(self) -> Axes:
        """Return the axes of a new figure with room for everything."""

    @abstractmethod
    def _draw(self, ax: Axes) -> None:
        """Draw on axes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ThresholdDisplay(Display):
    """A display of one axis along the threshold.

    Parameters
    ----------
    matcher : str
        Its name and version.
    axis : str
        What the groups are groups of.
    thresholds : ndarray of float64, shape (T,)
        As the study states scores, from the most lenient to the strictest.
    better : {"higher", "lower"}
        Which scores speak for the same subject.
    confidence : float
        Of the bounds, at each threshold by itself.
    shown : slice
        The thresholds drawn: by default all; of an evaluation, from where half of all non-mated trials match to
        a little beyond the last false match and the last threshold marked.
    safe_threshold : float, optional
        The one that the policy calls safe; None where there is none.
    safe_reason : str
        What makes it safe, or what stands in the way.
    not_detected_from : float, optional
        The lowest threshold at and above which no disparity is detected on this axis.
    parity_shown : tuple of float, optional
        The range over which parity is shown on this axis.
    """

    axis: str
    thresholds: FloatArray
    better: Literal["higher", "lower"]
    confidence: float
    shown: slice = field(default_factory=lambda: slice(None))
    safe_threshold: float | None = None
    safe_reason: str = ""
    not_detected_from: float | None = None
    parity_shown: tuple[float, float] | None = None

    @staticmethod
    def _along(evaluation: Evaluation, axis: str) -> dict[str, Any]:
        """Take from an evaluation what all displays along the threshold have."""
        found = axis_of(evaluation, axis)
        verdict = found.verdict
        start, end = (
            evaluation.threshold_at(p) for p in (verdict.parity_shown_from, verdict.parity_shown_to)
        )
        not_detected = evaluation.threshold_at(verdict.not_detected_from)
        rates = found.false_matches
        return {
            "matcher": matcher_of(evaluation),
            "axis": axis,
            "thresholds": evaluation.thresholds,
            "better": evaluation.study.score.better,
            "confidence": rates.confidence,
            "shown": range_to_draw(
                evaluation.thresholds,
                rates.trials,
                rates.errors,
                [evaluation.safe_threshold, not_detected, end],
            ),
            "safe_threshold": evaluation.safe_threshold,
            "safe_reason": evaluation.safe.reason,
            "not_detected_from": not_detected,
            "parity_shown": None if start is None or end is None else (start, end),
        }

    @property
    def _if_unsafe(self) -> str:
        return ". There is no safe threshold" if self.safe_threshold is None else ""


def axis_of(evaluation: Evaluation, axis: str) -> AxisEvaluation:
    """Return one axis of an evaluation.

    Raises
    ------
    InputError
        Where the evaluation has no such axis.
    """
    if axis not in evaluation.axes:
        raise InputError(f"the evaluation has no axis {axis!r}; it has {', '.join(evaluation.axes)}")
    return evaluation.axes[axis]


def matcher_of(evaluation: Evaluation) -> str:
    """Return the name and version of an evaluation's matcher."""
    return f"{evaluation.study.matcher.name} {evaluation.study.matcher.version}"
