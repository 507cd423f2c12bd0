"""The share of alerts that are false over how many are on the list: as at the prevalence that a policy states."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from harness.errors import InputError
from harness.evaluation import Evaluation
from harness.evaluation.over_prevalence import false_shares
from harness.evaluation.passing import met_by_passers_by
from harness.figures import FalseShareDisplay
from tests.few_thresholds import evaluate_at
from tests.figures.worlds import scores, study, world

CROWD = {"G1": 0.5, "G2": 0.3, "G3": 0.2}
AT = [0.3, 0.4, 0.5]


@pytest.fixture(scope="module")
def searches() -> Evaluation:
    policy = {"max_ratio": 2.0, "crowd": {"group": CROWD}, "prevalence": 0.001}
    searched = study(task="identification", watchlist_size=100)
    return evaluate_at(scores(3), study=searched, policy=policy, thresholds=AT)


def test_it_is_the_share_at_the_prevalence_that_the_policy_states(searches: Evaluation) -> None:
    index = searches.index_of(0.4)
    (met,) = met_by_passers_by(searches.axes, searches.policy, (index,))
    by_group, together = false_shares(searches.axes["group"], index, [0.0001, 0.001, 0.01], CROWD)
    assert together is not None
    assert met.crowd is not None
    for end in range(3):
        assert_allclose(together[end][1], met.crowd.share_false[end])
        assert_allclose(by_group[end][:, 1], [each.share_false[end] for each in met.groups.values()])


def test_it_follows_from_rates_and_prevalence(searches: Evaluation) -> None:
    """False / (false + true) of one group: (1 - π) FPIR / ((1 - π) FPIR + π TPIR)."""
    axis, index = searches.axes["group"], searches.index_of(0.4)
    prevalence = np.array([0.0001, 0.05])
    by_group, together = false_shares(axis, index, prevalence)
    assert together is None
    for row in range(3):
        fpir = axis.false_matches.estimate[row, index]
        tpir = 1 - axis.false_non_matches.estimate[row, index]
        false = (1 - prevalence) * fpir
        assert_allclose(by_group.estimate[row], false / (false + prevalence * tpir))


def test_the_figure_takes_what_is_computed(searches: Evaluation) -> None:
    display = FalseShareDisplay.from_evaluation(searches, "group", 0.4)
    by_group, together = false_shares(
        searches.axes["group"], searches.index_of(0.4), display.prevalence, CROWD
    )
    assert together is not None
    assert_allclose(display.estimate, by_group.estimate)
    assert_allclose(display.all_upper, together.upper)  # type: ignore[arg-type]
    assert (display.stated, display.threshold) == (0.001, 0.4)
    assert searches.plot_false_shares(threshold=0.4).title.startswith(
        "Share of alerts that are false by group"
    )


def test_comparisons_and_shares_out_of_range_are_refused(searches: Evaluation) -> None:
    with pytest.raises(InputError, match="comparisons 1:1 have no passers-by"):
        FalseShareDisplay.from_evaluation(world("3 groups"), "group")
    with pytest.raises(InputError, match="a prevalence must lie above 0"):
        false_shares(searches.axes["group"], 0, [0.0, 0.1])
