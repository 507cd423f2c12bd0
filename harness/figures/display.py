"""What all displays have in common: numbers taken once, drawn many times, described in words, and saved."""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from harness.arrays import FloatArray
from harness.errors import InputError
from harness.figures.frame import DETECTED_LINE, Mark, mark_of_safe, marks_of_references
from harness.figures.reference import references_of
from harness.figures.scales import range_to_draw
from harness.figures.style import settings
from harness.files import write_whole
from harness.numbers import threshold_text
from harness.text import page

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = [
    "MOST_NAMED",
    "NAMES",
    "Display",
    "ThresholdDisplay",
    "axis_of",
    "index_to_read",
    "matcher_of",
    "range_said",
    "save_figure",
    "some",
    "what_is_read",
]


NAMES = {
    "FMR": "false match rate",
    "FPIR": "false positive identification rate",
    "FNMR": "false non-match rate",
    "FNIR": "false negative identification rate",
    "TPIR": "true positive identification rate",
}
MOST_NAMED = 6


Self = TypeVar("Self", bound="Display")

# None leaves out what would name the moment or the program.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DESCRIBED_AS = {"svg": "Description", "png": "Description", "pdf": "Subject"}
PNG_DPI = 150


@dataclass(frozen=True, eq=False, kw_only=True)
class Display(ABC):
    """A figure's numbers, and how to draw and describe them.

    Each is made by its classmethod ``from_evaluation(evaluation, axis)``, which takes numbers and computes none. It
    raises InputError where the evaluation has no such axis.

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

    def render(self, wanted: Literal["svg", "png", "pdf"]) -> bytes:
        """Draw it in a new figure, and return the bytes of its file with title and alternative text."""
        return encoded(self.plot().figure_, wanted, self.title, self.alt_text)

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
        """The heading and the matcher, in one line."""
        return f"{self.heading}, matcher {self.matcher}"

    @property
    @abstractmethod
    def heading(self) -> str:
        """A line that names what is shown."""

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
        The one by which people are grouped.
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
        Why it is safe, or why none is.
    not_detected_from : float, optional
        The lowest threshold at and above which no disparity is detected on this axis.
    parity_shown : tuple of float, optional
        The range over which parity is shown on this axis.
    references : tuple of (str, float)
        The thresholds at which the evaluation is told, each after what it is.
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
    references: tuple[tuple[str, float], ...] = ()

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
                [evaluation.safe_threshold, not_detected, end, *evaluation.reference_thresholds],
            ),
            "safe_threshold": evaluation.safe_threshold,
            "safe_reason": evaluation.safe.reason,
            "not_detected_from": not_detected,
            "parity_shown": None if start is None or end is None else (start, end),
            "references": references_of(evaluation),
        }

    @property
    def _if_unsafe(self) -> str:
        return ". There is no safe threshold" if self.safe_threshold is None else ""

    @property
    def _marks(self) -> tuple[Mark, ...]:
        """The thresholds marked above the axes, the lowest row first: references, parity, not detected, safe."""
        marks = [*marks_of_references(self.references, self.safe_threshold)]
        if self.parity_shown is not None:
            start, end = self.parity_shown
            text = f"range of parity {threshold_text(start)} to {threshold_text(end)}"
            marks.append(Mark(text, start, end, {"linestyle": "-", "linewidth": 2.5}))
        if self.not_detected_from is not None:
            text = f"no disparity detected on this axis from {threshold_text(self.not_detected_from)}"
            marks.append(Mark(text, self.not_detected_from, self.not_detected_from, DETECTED_LINE))
        return (*marks, *mark_of_safe(self.safe_threshold))

    @property
    def _marks_said(self) -> str:
        """The marked thresholds in words."""
        safe, not_detected = self.safe_threshold, self.not_detected_from
        reason = f" ({self.safe_reason})" if self.safe_reason else ""
        said = (
            "There is no safe threshold" if safe is None else f"The safe threshold is {threshold_text(safe)}"
        )
        detected = (
            f"A disparity on {self.axis} is detected up to the strictest threshold, or cannot be judged"
            if not_detected is None
            else f"No disparity on {self.axis} is detected from {threshold_text(not_detected)}"
        )
        shown = self.parity_shown
        parity = (
            "there is no range of parity"
            if shown is None
            else f"the range of parity is {threshold_text(shown[0])} to {threshold_text(shown[1])}"
        )
        told = "".join(f" The {name} is {threshold_text(at)}." for name, at in self.references)
        return f"{said}{reason}. {detected}; {parity}.{told}"

    @property
    def _range_drawn(self) -> str:
        saturated = "; more lenient ones are saturated and left out" if self.shown.start else ""
        return f"{range_said(self.thresholds[self.shown], self.better)}{saturated}"

    def _index(self, threshold: float) -> int:
        return int(np.flatnonzero(self.thresholds == threshold)[0])


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
    return evaluation.study.matcher_name


def index_to_read(evaluation: Evaluation, axis: str, threshold: float | None) -> int:
    """Return the index of a threshold, or of the one that matters most.

    That is the safe one; where there is none, the lowest at which no disparity is detected on the axis; else the
    strictest with a false match.

    Raises
    ------
    InputError
        Where the threshold was not evaluated.
    """
    if threshold is not None:
        return evaluation.index_of(threshold)
    found = axis_of(evaluation, axis)
    for index in (evaluation.safe.index, found.verdict.not_detected_from):
        if index is not None:
            return index
    events = np.flatnonzero(found.false_matches.errors.any(axis=0))
    return int(events[-1]) if len(events) else 0


def what_is_read(evaluation: Evaluation, axis: str, index: int) -> str:
    """Name a threshold by its meaning, such as ``the safe threshold 0.59``."""
    text = threshold_text(evaluation.thresholds[index])
    if index == evaluation.safe.index:
        return f"the safe threshold {text}"
    if index == axis_of(evaluation, axis).verdict.not_detected_from:
        return f"{text}, from where no disparity is detected"
    return f"threshold {text}"


def some(groups: Sequence[str]) -> str:
    """Return the names of groups, at most six of them."""
    if len(groups) <= MOST_NAMED:
        return ", ".join(groups)
    return f"{', '.join(groups[:MOST_NAMED])} and {len(groups) - MOST_NAMED} more"


def range_said(thresholds: FloatArray, better: str) -> str:
    """Say from where to where thresholds run, and which way they get stricter."""
    ends = [threshold_text(thresholds[end]) for end in (0, -1)]
    direction = "" if better == "higher" else ", a distance, so that lower is stricter"
    return f"{'from ' if len(thresholds) > 1 else 'over one alone, '}{' to '.join(dict.fromkeys(ends))}{direction}"


def save_figure(
    figure: Figure | SubFigure,
    path_without_suffix: str | os.PathLike[str],
    formats: Sequence[str] = ("svg", "png", "pdf"),
    *,
    title: str | None = None,
    alt_text: str | None = None,
) -> tuple[Path, ...]:
    """Save a figure in several formats.

    Parameters
    ----------
    figure : matplotlib Figure or SubFigure
        Of a part, the whole is saved.
    path_without_suffix : path
        The folder must exist; the format's name is appended after a dot.
    formats : sequence of {"svg", "png", "pdf"}
    title : str, optional
        One line, kept in each file's metadata.
    alt_text : str, optional
        Kept in each file's metadata, and in an SVG as the label that a screen reader speaks.

    Returns
    -------
    tuple of Path
        In the order of the formats.

    Raises
    ------
    InputError
        Where a format is unknown or a file cannot be written.
    """
    for wanted in formats:
        if wanted not in METADATA:
            raise InputError(f"figure format {wanted!r} is not one of {', '.join(METADATA)}")
    return tuple(_save(figure, os.fspath(path_without_suffix), wanted, title, alt_text) for wanted in formats)


def _save(
    figure: Figure | SubFigure, stem: str, wanted: str, title: str | None, alt_text: str | None
) -> Path:
    path = Path(f"{stem}.{wanted}")
    write_whole(path, encoded(figure, wanted, title, alt_text))
    return path


def encoded(figure: Figure | SubFigure, wanted: str, title: str | None, alt_text: str | None) -> bytes:
    """Return the bytes of a figure's file; see `save_figure`.

    In the words, characters without a printed form are written by number, for XML cannot hold some of them.
    """
    title, alt_text = (None if text is None else page(text) for text in (title, alt_text))
    described = {"Title": title, DESCRIBED_AS[wanted]: alt_text}
    known = {key: text for key, text in described.items() if text is not None}
    written = io.BytesIO()
    with settings():
        figure.get_figure(root=True).savefig(
            written, format=wanted, dpi=PNG_DPI, metadata={**METADATA[wanted], **known}
        )
    content = written.getvalue()
    return _spoken(content, alt_text) if wanted == "svg" and alt_text is not None else content


def _spoken(svg: bytes, alt_text: str) -> bytes:
    """Make an SVG an image with a label, and a description as its first or second element."""
    text = escape(alt_text).encode()
    labelled = svg.replace(b"<svg ", b'<svg role="img" aria-label="' + text + b'" ', 1)
    return labelled.replace(b" <metadata>", b" <desc>" + text + b"</desc>\n <metadata>", 1)
