"""Every figure of an evaluation: drawn one by one, or all of them saved, in the order in which they are read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from harness.figures.bands import FalseShareDisplay
from harness.figures.bounds import GapDisplay, WorstRatioDisplay
from harness.figures.cross_groups import CrossGroupDisplay
from harness.figures.det_curves import DetDisplay
from harness.figures.detectable_ratios import DetectableRatioDisplay
from harness.figures.display import Display, save_figure
from harness.figures.identification_curves import IdentificationCurveDisplay
from harness.figures.rates import FalseMatchRateDisplay, FalseNonMatchRateDisplay, IdentificationRateDisplay
from harness.figures.rows import GroupsAtThresholdDisplay, ScoreDistributionDisplay
from harness.figures.verdict_zones import VerdictZonesDisplay
from harness.files import write_whole
from harness.text import names_of_files, page

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = [
    "cost_display",
    "figures_of",
    "plot_cost",
    "plot_cross_groups",
    "plot_det",
    "plot_detectable_ratios",
    "plot_false_match_rates",
    "plot_false_shares",
    "plot_gap",
    "plot_groups",
    "plot_identification",
    "plot_score_distributions",
    "plot_verdict_zones",
    "plot_worst_ratio",
    "save_displays",
    "save_figures",
]


def figures_of(evaluation: Evaluation) -> Iterator[tuple[str, Display]]:
    """Give every figure of an evaluation, not yet drawn.

    Parameters
    ----------
    evaluation : Evaluation

    Yields
    ------
    name : str
        A file name without its suffix: the kind of figure, with the axis where it is of one.
    display : Display
        Made when it is asked for; call its ``plot``.

    Examples
    --------
    >>> from harness import evaluate
    >>> scores = {"score": [0.1, 0.4, 0.3, 0.2, 0.8, 0.9], "mated": [0, 0, 0, 0, 1, 1], "sex": list("ffmmfm")}
    >>> study = {"matcher": {"name": "mine", "version": "1"}, "score": {"better": "higher"}, "groups": {"sex": "sex"}}
    >>> [name for name, _ in figures_of(evaluate(scores, study=study))][:2]
    ['verdict_zones', 'false_match_rates_sex']
    """
    yield "verdict_zones", VerdictZonesDisplay.from_evaluation(evaluation)
    for axis, part in names_of_files(list(evaluation.axes)).items():
        yield f"false_match_rates_{part}", FalseMatchRateDisplay.from_evaluation(evaluation, axis)
        yield f"worst_ratio_{part}", WorstRatioDisplay.from_evaluation(evaluation, axis)
        yield f"gap_{part}", GapDisplay.from_evaluation(evaluation, axis)
        yield f"groups_{part}", GroupsAtThresholdDisplay.from_evaluation(evaluation, axis)
        yield f"cost_{part}", cost_display(evaluation, axis)
        yield f"det_{part}", DetDisplay.from_evaluation(evaluation, axis)
        if evaluation.study.task == "identification":
            yield f"identification_{part}", IdentificationCurveDisplay.from_evaluation(evaluation, axis)
            if axis in (evaluation.policy.crowd or {}):
                yield f"false_shares_{part}", FalseShareDisplay.from_evaluation(evaluation, axis)
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


def plot_verdict_zones(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> VerdictZonesDisplay:
    """Draw where along the threshold disparity is shown, parity is shown, or neither.

    This and the other functions ``plot_...`` are methods of an `Evaluation` too. A notebook shows the display that
    they return as its figure, with alternative text.

    Parameters
    ----------
    evaluation : Evaluation
    axis : str, optional
        The name of one of its axes. By default the first; of the figures of all axes, all.
    ax : matplotlib Axes, optional
        By default those of a new figure.

    Examples
    --------
    >>> from harness import evaluate
    >>> scores = {"score": [0.1, 0.4, 0.3, 0.2, 0.8, 0.9], "mated": [0, 0, 0, 0, 1, 1], "sex": list("ffmmfm")}
    >>> study = {"matcher": {"name": "mine", "version": "1"}, "score": {"better": "higher"}, "groups": {"sex": "sex"}}
    >>> evaluate(scores, study=study).plot_verdict_zones().title
    'Verdicts by threshold on sex, matcher mine 1'
    """
    return VerdictZonesDisplay.from_evaluation(evaluation, axis).plot(ax=ax)


def plot_false_match_rates(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> FalseMatchRateDisplay:
    """Draw the false match rate of every group against the threshold; see `plot_verdict_zones`."""
    return FalseMatchRateDisplay.from_evaluation(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_false_shares(
    evaluation: Evaluation,
    axis: str | None = None,
    *,
    threshold: float | None = None,
    ax: Axes | None = None,
) -> FalseShareDisplay:
    """Draw the share of alerts that are false against how many who pass are on the list; see `plot_groups`."""
    axis = _named(evaluation, axis)
    return FalseShareDisplay.from_evaluation(evaluation, axis, threshold).plot(ax=ax)


def plot_worst_ratio(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> WorstRatioDisplay:
    """Draw the worst ratio of two groups' false match rates, with bounds and tolerance; see `plot_verdict_zones`."""
    return WorstRatioDisplay.from_evaluation(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_gap(evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None) -> GapDisplay:
    """Draw the largest gap between two false match rates, with its bound and tolerance; see `plot_verdict_zones`."""
    return GapDisplay.from_evaluation(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_groups(
    evaluation: Evaluation,
    axis: str | None = None,
    *,
    threshold: float | None = None,
    ax: Axes | None = None,
) -> GroupsAtThresholdDisplay:
    """Draw the false match rate of every group at one threshold, by default the safe one; see `plot_verdict_zones`."""
    axis = _named(evaluation, axis)
    return GroupsAtThresholdDisplay.from_evaluation(evaluation, axis, threshold).plot(ax=ax)


def plot_cost(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> FalseNonMatchRateDisplay | IdentificationRateDisplay:
    """Draw the cost of a threshold by group, FNMR of comparisons or TPIR of searches; see `plot_verdict_zones`."""
    return cost_display(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_det(evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None) -> DetDisplay:
    """Draw false non-matches against false matches by group; see `plot_verdict_zones`."""
    return DetDisplay.from_evaluation(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_identification(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> IdentificationCurveDisplay:
    """Draw hits of searches (TPIR) against false alerts (FPIR) by group; see `plot_verdict_zones`."""
    return IdentificationCurveDisplay.from_evaluation(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_score_distributions(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> ScoreDistributionDisplay:
    """Draw how mated and non-mated scores are distributed, a row for each group; see `plot_verdict_zones`."""
    return ScoreDistributionDisplay.from_evaluation(evaluation, _named(evaluation, axis)).plot(ax=ax)


def plot_cross_groups(
    evaluation: Evaluation,
    axis: str | None = None,
    *,
    threshold: float | None = None,
    ax: Axes | None = None,
) -> CrossGroupDisplay:
    """Draw the false match rate of every two groups at one threshold, under pairing ``cross``; see `plot_groups`."""
    axis = _named(evaluation, axis)
    return CrossGroupDisplay.from_evaluation(evaluation, axis, threshold).plot(ax=ax)


def plot_detectable_ratios(
    evaluation: Evaluation, axis: str | None = None, *, ax: Axes | None = None
) -> DetectableRatioDisplay:
    """Draw the smallest ratio that would have been detected, against the threshold; see `plot_verdict_zones`."""
    return DetectableRatioDisplay.from_evaluation(evaluation, axis).plot(ax=ax)


def _named(evaluation: Evaluation, axis: str | None) -> str:
    return next(iter(evaluation.axes)) if axis is None else axis


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
    return save_displays(figures_of(evaluation), folder, formats)


def save_displays(
    displays: Iterable[tuple[str, Display]],
    folder: str | os.PathLike[str],
    formats: Sequence[str] = ("svg",),
) -> tuple[Path, ...]:
    """Draw and save figures, each by its name, and ``alt_texts.json``; see `save_figures`."""
    saved: list[Path] = []
    said: dict[str, dict[str, str]] = {}
    for name, display in displays:
        title, alt_text = display.title, display.alt_text
        figure = display.plot().figure_
        saved += save_figure(figure, Path(folder) / name, formats, title=title, alt_text=alt_text)
        said[name] = {"title": page(title), "alt_text": page(alt_text)}
    words = Path(folder) / "alt_texts.json"
    write_whole(words, (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
    return (*saved, words)
