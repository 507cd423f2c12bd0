"""Every figure of an evaluation, by name, in the order in which they are read."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from harness.figures.costs import FalseNonMatchRateDisplay, IdentificationRateDisplay
from harness.figures.cross_groups import CrossGroupDisplay
from harness.figures.det_curves import DetDisplay
from harness.figures.detectable_ratios import DetectableRatioDisplay
from harness.figures.false_match_rates import FalseMatchRateDisplay
from harness.figures.gaps import GapDisplay
from harness.figures.groups_at_threshold import GroupsAtThresholdDisplay
from harness.figures.saving import save_figure
from harness.figures.score_distributions import ScoreDistributionDisplay
from harness.figures.verdict_zones import VerdictZonesDisplay
from harness.figures.worst_ratios import WorstRatioDisplay
from harness.files import write_whole
from harness.text import page

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.figures.display import Display

__all__ = ["cost_display", "figures_of", "save_figures"]

LONGEST = 120
"""Bytes of a file name that an axis may take, so that there is room for the rest of it."""


def figures_of(evaluation: Evaluation) -> Iterator[tuple[str, Display]]:
    """Give every figure of an evaluation, not yet drawn.

    Parameters
    ----------
    evaluation : Evaluation

    Yields
    ------
    name : str
        What is shown, with the axis where it is of one: a file name without its suffix.
    display : Display
        Made when it is asked for; call its ``plot``.
    """
    yield "verdict_zones", VerdictZonesDisplay.from_evaluation(evaluation)
    for axis, part in _file_names(list(evaluation.axes)).items():
        yield f"false_match_rates_{part}", FalseMatchRateDisplay.from_evaluation(evaluation, axis)
        yield f"worst_ratio_{part}", WorstRatioDisplay.from_evaluation(evaluation, axis)
        yield f"gap_{part}", GapDisplay.from_evaluation(evaluation, axis)
        yield f"groups_{part}", GroupsAtThresholdDisplay.from_evaluation(evaluation, axis)
        yield f"cost_{part}", cost_display(evaluation, axis)
        yield f"det_{part}", DetDisplay.from_evaluation(evaluation, axis)
        yield f"score_distributions_{part}", ScoreDistributionDisplay.from_evaluation(evaluation, axis)
        if evaluation.axes[axis].across is not None:
            yield f"cross_groups_{part}", CrossGroupDisplay.from_evaluation(evaluation, axis)
    yield "detectable_ratios", DetectableRatioDisplay.from_evaluation(evaluation)


def cost_display(evaluation: Evaluation, axis: str) -> FalseNonMatchRateDisplay | IdentificationRateDisplay:
    """Return what a threshold costs: FNMR of comparisons, TPIR of searches.

    Parameters
    ----------
    evaluation : Evaluation
    axis : str
        The name of one of its axes.

    Raises
    ------
    InputError
        Where the evaluation has no such axis.
    """
    if evaluation.study.task == "identification":
        return IdentificationRateDisplay.from_evaluation(evaluation, axis)
    return FalseNonMatchRateDisplay.from_evaluation(evaluation, axis)


def save_figures(
    evaluation: Evaluation, folder: str | os.PathLike[str], formats: Sequence[str] = ("svg",)
) -> tuple[Path, ...]:
    """Draw and save every figure of an evaluation, and ``alt_texts.json``: what each shows, in words.

    Parameters
    ----------
    evaluation : Evaluation
    folder : path
        It must exist.
    formats : sequence of {"svg", "png", "pdf"}

    Returns
    -------
    tuple of Path
        The figures, then the words.

    Raises
    ------
    InputError
        Where a format is unknown or a file cannot be written.
    """
    saved: list[Path] = []
    said: dict[str, dict[str, str]] = {}
    for name, display in figures_of(evaluation):
        title, alt_text = display.title, display.alt_text
        figure = display.plot().figure_
        saved += save_figure(figure, Path(folder) / name, formats, title=title, alt_text=alt_text)
        said[name] = {"title": page(title), "alt_text": page(alt_text)}
    words = Path(folder) / "alt_texts.json"
    write_whole(words, (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
    return (*saved, words)


def _file_names(axes: Sequence[str]) -> dict[str, str]:
    """Return the part of a file name that stands for each axis; axes that would share one are numbered."""
    plain = {axis: _file_name(axis) for axis in axes}
    often = Counter(map(_alike, plain.values()))
    taken = set(often)
    names = {}
    for number, (axis, part) in enumerate(plain.items(), 1):
        name = part
        if often[_alike(part)] > 1:
            numbered = (f"{part}-{n}" for n in count(number))
            name = next(each for each in numbered if _alike(each) not in taken)
            taken.add(_alike(name))
        names[axis] = name
    return names


def _file_name(axis: str) -> str:
    name = "_".join("".join(c if c.isalnum() else "-" for c in part) for part in axis.split("×"))
    return name.encode()[:LONGEST].decode(errors="ignore")


def _alike(name: str) -> str:
    """Return the same for names that some file system takes for one: of other case, or of another Unicode form."""
    return normalize("NFC", normalize("NFC", name).casefold())
