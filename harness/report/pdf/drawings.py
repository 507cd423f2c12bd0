"""The figures of a printed report: those that its page shows too, drawn for paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.evaluation import Evaluation
from harness.figures import (
    CrossGroupDisplay,
    Display,
    FalseMatchRateDisplay,
    FalseNonMatchRateDisplay,
    GapDisplay,
    IdentificationRateDisplay,
    VerdictZonesDisplay,
    WorstRatioDisplay,
    figures_of,
)
from harness.figures.saving import encoded
from harness.text import page

__all__ = ["ACROSS", "ZONES", "Drawing", "Drawings", "drawings_of"]

ZONES = ("zones", "")
ACROSS = "across"


@dataclass(frozen=True)
class Drawing:
    """A figure.

    Attributes
    ----------
    svg : str
    alternative : str
        What it shows, for those who do not see it.
    """

    svg: str
    alternative: str


Drawings: TypeAlias = Mapping[tuple[str, str], Drawing]
"""Figures by kind and axis: those of `harness.report.content.model.Figure`, `ZONES` for all axes, and `ACROSS`."""


def drawings_of(evaluation: Evaluation, folder: Path | None = None) -> Drawings:
    """Draw the figures of a report.

    Parameters
    ----------
    evaluation : Evaluation
    folder : Path, optional
        Where `harness.figures.save_figures` has written them as SVG, so that none is drawn twice.
    """
    return {
        key: Drawing(_svg(name, display, folder), display.alt_text)
        for key, name, display in _wanted(evaluation)
    }


def _wanted(evaluation: Evaluation) -> Iterator[tuple[tuple[str, str], str, Display]]:
    for name, display in figures_of(evaluation):
        match display:
            case VerdictZonesDisplay():
                yield ZONES, name, display
            case FalseMatchRateDisplay():
                yield ("false_matches", display.axis), name, display
            case WorstRatioDisplay():
                yield ("worst_ratio", display.axis), name, display
            case GapDisplay() if evaluation.policy.max_gap is not None:
                yield ("gap", display.axis), name, display
            case CrossGroupDisplay():
                yield (ACROSS, display.axis), name, display
            case FalseNonMatchRateDisplay() | IdentificationRateDisplay():
                yield ("false_non_matches", display.axis), name, display
            case _:
                pass


def _svg(name: str, display: Display, folder: Path | None) -> str:
    drawn = None if folder is None else folder / f"{name}.svg"
    if drawn is not None and drawn.is_file():
        return page(drawn.read_text(encoding="utf-8"))
    return page(encoded(display.plot().figure_, "svg", display.title, display.alt_text).decode())
