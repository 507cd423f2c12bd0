"""A group too small for its false match rate to be shown to keep the limit is named, with its number of comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Evaluation
from harness.evaluation.notes import fewest_to_show
from harness.statistics.intervals import clopper_pearson
from tests.few_thresholds import evaluate_at


class TestTheFewest:
    def test_are_those_that_bound_no_false_match_by_the_limit(self) -> None:
        """At 95 %, two-sided: 3.69 / n, so 369 less what the curve of the exact bound takes off."""
        assert fewest_to_show(0.01, 0.95) == 368
        assert clopper_pearson(0, 368, 0.95).upper <= 0.01 < clopper_pearson(0, 367, 0.95).upper

    @pytest.mark.parametrize(
        ("max_fmr", "confidence", "fewest"),
        [(0.9, 0.95, 2), (0.99, 0.5, 1), (5e-324, 0.95, 2**53), (0.01, float(np.nextafter(1, 0)), 3725)],
    )
    def test_are_told_of_any_limit_that_a_policy_may_set(
        self, max_fmr: float, confidence: float, fewest: int
    ) -> None:
        assert fewest_to_show(max_fmr, confidence) == fewest

    @given(st.floats(1e-5, 0.99), st.floats(0.5, 0.999))
    def test_are_so_at_every_limit_and_confidence(self, max_fmr: float, confidence: float) -> None:
        fewest = fewest_to_show(max_fmr, confidence)
        assert clopper_pearson(0, fewest, confidence).upper <= max_fmr * (1 + 1e-9)
        assert fewest == 1 or clopper_pearson(0, fewest - 1, confidence).upper > max_fmr * (1 - 1e-9)


def evaluated(trials: dict[str, int], policy: Any = None, **study: Any) -> Evaluation:
    groups = np.repeat(list(trials), list(trials.values()))
    named = list(trials)  # each has a mated comparison
    scores = {
        "score": np.r_[np.random.default_rng(1).normal(0.3, 0.1, len(groups)), np.full(len(named), 0.9)],
        "mated": np.r_[np.zeros(len(groups), bool), np.ones(len(named), bool)],
        "group": np.r_[groups, named],
    }
    terms = {"matcher": {"name": "example", "version": "1"}, "groups": {"group": "group"}, **study}
    return evaluate_at(scores, study=terms, policy=policy, thresholds=[0.85])


def notes(found: Evaluation) -> list[str]:
    return [note for note in found.notes if note.startswith("Few non-mated")]


class TestTheNote:
    def test_names_each_small_group_the_smallest_first(self) -> None:
        assert notes(evaluated({"A": 367, "B": 368, "C": 60}, {"max_fmr": 0.01})) == [
            "Few non-mated comparisons of group: C has 60, A has 367. With fewer than 368 no threshold can be shown to "
            "keep a group's rate of false matches at 0.01 or below: even without one, its upper bound (95 %, "
            "two-sided) is higher."
        ]

    def test_is_not_there_where_all_groups_are_large(self) -> None:
        assert notes(evaluated({"A": 368, "B": 400}, {"max_fmr": 0.01})) == []

    @pytest.mark.parametrize(
        ("policy", "fewest"),
        [({"max_fmr": 0.001}, "3,688"), ({"max_fmr": 0.01, "confidence": 0.99}, "528")],
        ids=str,
    )
    def test_goes_by_the_limit_and_the_confidence_of_the_policy(
        self, policy: dict[str, float], fewest: str
    ) -> None:
        (note,) = notes(evaluated({"A": 500, "B": 5000}, policy))
        assert f"A has 500. With fewer than {fewest} no threshold" in note

    def test_has_a_group_of_mated_comparisons_alone(self) -> None:
        (note,) = notes(evaluated({"A": 500, "B": 500, "C": 0}, {"max_fmr": 0.01}))
        assert "C has 0." in note

    def test_names_only_some_of_many(self) -> None:
        (note,) = notes(evaluated({f"G{n}": n for n in range(1, 9)}))
        assert "G1 has 1, G2 has 2, G3 has 3, G4 has 4, G5 has 5 and 3 more. With" in note

    def test_speaks_of_searches_where_they_are(self) -> None:
        (note,) = notes(
            evaluated({"A": 500, "B": 5}, {"max_fpir": 0.01}, task="identification", watchlist_size=9)
        )
        assert note.startswith("Few non-mated searches of group: B has 5.")
        assert "rate of false alerts at 0.01" in note

    def test_tells_the_truth_at_the_limit(self) -> None:
        """No threshold keeps the limit for a group of one comparison fewer, and the strictest does for the fewest."""
        for trials, keeps in ((367, False), (368, True)):
            found = evaluated({"A": trials, "B": 5000}, {"max_fmr": 0.01})
            upper = found.axes["group"].false_matches.upper[0]
            assert (upper <= 0.01).any() == keeps
