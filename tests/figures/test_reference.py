"""Where an evaluation is read first, where its thresholds begin to tell something, and which groups have colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

from harness.evaluation import Evaluation
from harness.figures import (
    DetDisplay,
    DetectableRatioDisplay,
    FalseMatchRateDisplay,
    FalseNonMatchRateDisplay,
    GapDisplay,
    ScoreDistributionDisplay,
    VerdictZonesDisplay,
    WorstRatioDisplay,
)
from harness.figures.reference import first_of_use, first_unsaturated, telling_groups
from tests.figures.worlds import world


def test_it_is_read_where_at_most_one_in_a_hundred_of_all_trials_match(three: Evaluation) -> None:
    rates = three.axes["group"].false_matches
    (place,) = three.reference_indices
    assert 100 * rates.errors[:, place].sum() <= rates.trials.sum()
    assert 100 * rates.errors[:, place - 1].sum() > rates.trials.sum()


def test_it_is_read_at_the_thresholds_that_the_policy_names(three: Evaluation) -> None:
    named = tuple(float(value) for value in three.thresholds[[40, 60]])
    policy = three.policy.model_copy(update={"operating": named})
    assert replace(three, policy=policy).reference_indices == (40, 60)


def test_without_so_low_a_rate_it_is_read_at_the_strictest_threshold() -> None:
    assert world("one threshold").reference_indices == (0,)


@pytest.mark.parametrize(
    ("pooled", "first"),
    [([0.9, 0.6, 0.5, 0.1], 2), ([0.4, 0.2], 0), ([1.0, 0.9], 0), ([0.4, 0.6, 0.3], 2)],
)
def test_what_is_saturated_ends_where_at_most_half_of_all_trials_match(
    pooled: list[float], first: int
) -> None:
    assert first_unsaturated(np.array(pooled)) == first


def test_a_threshold_that_the_answer_names_is_never_left_out(three: Evaluation) -> None:
    assert first_of_use(three) > 3
    named = three.policy.model_copy(update={"operating": (float(three.thresholds[3]),)})
    assert first_of_use(replace(three, policy=named)) == 3


def test_up_to_eight_groups_all_have_colours() -> None:
    evaluation = world("8 groups")
    axis = evaluation.axes["group"]
    order = telling_groups(evaluation, axis)
    assert sorted(order) == list(range(8))
    at = axis.false_matches.estimate[:, evaluation.reference_indices[0]]
    assert at[list(order)].tolist() == sorted(at.tolist(), reverse=True)


@pytest.mark.slow
def test_of_more_those_with_the_most_and_the_fewest_errors_have() -> None:
    evaluation = world("30 groups")
    axis = evaluation.axes["group"]
    order = telling_groups(evaluation, axis)
    place = evaluation.reference_indices[0]
    matched, missed = (rates.estimate[:, place] for rates in (axis.false_matches, axis.false_non_matches))
    assert sorted(matched, reverse=True)[:4] == matched[list(order[:4])].tolist()
    assert matched.min() == matched[order[-1]] or matched.argmin() in order
    assert missed.argmax() in order
    for kind in (FalseMatchRateDisplay, DetDisplay):
        display = kind.from_evaluation(evaluation, "group").plot()
        labels = {str(line.get_label()): line for line in display.ax_.lines}
        for group, name in enumerate(axis.false_matches.groups):
            assert (name in labels) == (group in order)
            assert group in order or labels[f"_{name}"].get_color() == "#B4B4B4"
        written = [text.get_text() for text in display.ax_.texts]
        assert f"{30 - len(order)} other groups" in written
        assert all(axis.false_matches.groups[group] in display.alt_text for group in order)


def test_every_operating_threshold_is_marked_in_every_figure_along_the_threshold(three: Evaluation) -> None:
    named = tuple(float(value) for value in three.thresholds[[40, 60]])
    operating = replace(three, policy=three.policy.model_copy(update={"operating": named}))
    for kind in (
        FalseMatchRateDisplay,
        FalseNonMatchRateDisplay,
        WorstRatioDisplay,
        GapDisplay,
        VerdictZonesDisplay,
        DetectableRatioDisplay,
        ScoreDistributionDisplay,
    ):
        display = kind.from_evaluation(operating, "group").plot()
        written = [text.get_text() for text in display.figure_.findobj(Text)]
        assert all(any(f"operating threshold {value:.6g}" in text for text in written) for value in named), (
            kind
        )
