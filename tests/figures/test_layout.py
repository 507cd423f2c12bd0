"""Every figure of every world: nothing overlaps, nothing is cut, and the words tell the drawn numbers."""

import re

import numpy as np
import pytest
from matplotlib.collections import FillBetweenPolyCollection

from harness.evaluation import Evaluation
from harness.figures import (
    CrossGroupDisplay,
    Display,
    ScoreDistributionDisplay,
    VerdictZonesDisplay,
    figures_of,
)
from harness.figures.style import GREY, PALETTE
from harness.numbers import number
from tests.figures.seen import assert_readable
from tests.figures.worlds import LARGE, MADE, world

WITH_TEXT_IN_THE_AXES = (VerdictZonesDisplay, CrossGroupDisplay)
COUNTED = re.compile(r"\b\d[\d,]* (?:other |lines? |groups?|cells?|intervals?|ax[ei]s|thresholds?|more)\b")
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")

ALIKE = {"no safe threshold", "distances", "searches", "one group without events", "one group"}
"""Worlds whose figures are laid out as those of three groups are."""
each_world = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LARGE | ALIKE else []) for name in MADE]
)


@each_world
def test_no_text_overlaps_another_or_is_cut_by_the_edge(name: str) -> None:
    for called, display in figures_of(world(name)):
        assert_readable(display, called, texts_in_the_axes=isinstance(display, WITH_TEXT_IN_THE_AXES))


@each_world
def test_numbers_in_the_alt_text_are_the_evaluations(name: str) -> None:
    evaluation = world(name)
    known = numbers_of(evaluation)
    for called, display in figures_of(evaluation):
        said = display.alt_text
        assert "\n" not in said
        assert "nan" not in said
        assert evaluation.study.matcher.name in said
        if isinstance(display, ScoreDistributionDisplay):  # shares of trials, and counts, are tested with it
            continue
        for group in sorted(
            {g for axis in evaluation.axes.values() for g in groups_of(axis)}, key=len, reverse=True
        ):
            said = said.replace(group, "")
        said = said.replace(evaluation.safe.reason, "").replace("made up 2.1", "").replace("log10", "")
        said = re.sub(r"\d+ %", "", COUNTED.sub("", said))
        for written in NUMBER.findall(said):
            assert written.rstrip(",") in known, (called, written)


def groups_of(axis: object) -> tuple[str, ...]:
    return axis.false_matches.groups  # type: ignore[attr-defined]


def numbers_of(evaluation: Evaluation) -> set[str]:
    """Every number of an evaluation as texts write it."""
    policy = evaluation.policy
    known = {f"{limit:g}" for limit in (policy.max_ratio, policy.max_gap) if limit is not None}
    known |= {f"{threshold:.6g}" for threshold in evaluation.thresholds}
    for axis in evaluation.axes.values():
        found = axis.false_match_differential
        arrays = [found.ratio, found.ratio_lower, found.ratio_upper, found.gap, found.gap_upper]
        arrays += [found.detectable_ratio]
        for rates in (axis.false_matches, axis.false_non_matches, axis.across):
            if rates is not None:
                arrays += [rates.estimate, rates.lower, rates.upper, 1 - rates.estimate, 1 - rates.lower]
                arrays += [1 - rates.upper]
                known |= {f"{n:,}" for n in np.unique(np.concatenate([rates.trials, rates.errors.ravel()]))}
        known |= {number(value) for array in arrays for value in np.unique(array[np.isfinite(array)])}
    return known


@pytest.mark.parametrize("name", ["3 groups", "distances", "zero events", "across 3 groups"])
def test_only_the_five_colours_their_tints_and_grey_are_used(name: str) -> None:
    allowed = {*(colour.lower() for colour in PALETTE), GREY.lower(), "#8c8c8c", "none"}
    from matplotlib.colors import to_hex

    for called, display in figures_of(world(name)):
        for line in display.plot().ax_.lines:
            assert to_hex(line.get_color()) in allowed | {"#d9d9d9"}, (called, line.get_label())
        for band in display.ax_.collections:
            if isinstance(band, FillBetweenPolyCollection):
                assert to_hex(band.get_facecolor()[0]) in allowed, called


@pytest.mark.parametrize("name", ["3 groups", "across 3 groups"])
def test_every_display_can_be_drawn_on_axes_that_are_given(name: str) -> None:
    from matplotlib.figure import Figure

    for _, display in figures_of(world(name)):
        ax = Figure(figsize=(9, 7)).add_axes((0.3, 0.4, 0.4, 0.4))
        assert display.plot(ax=ax) is display
        assert display.ax_ is ax
        assert title_of(display).startswith(display.heading[:10])


def title_of(display: Display) -> str:
    return display.ax_.get_title("left")


@pytest.mark.slow
def test_lines_of_thirty_groups_are_told_apart_without_colour() -> None:
    evaluation = world("30 groups")
    for called, display in figures_of(evaluation):
        drawn = {line.get_label(): line for line in display.plot().ax_.lines}
        groups = [drawn[g] for g in evaluation.axes["group"].false_matches.groups if g in drawn]
        if called.startswith("groups"):  # a row each, named beside it
            continue
        styles = {
            (line._dash_pattern, line.get_marker(), line.get_fillstyle()) for line in map(plain, groups)
        }
        assert len(styles) == len(groups), called


def plain(line: object) -> object:
    line._dash_pattern = (line._dash_pattern[0], tuple(line._dash_pattern[1] or ()))  # type: ignore[attr-defined]
    return line
