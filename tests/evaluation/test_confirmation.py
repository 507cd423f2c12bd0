"""A threshold chosen on half of the subjects, confirmed on the other half."""

from typing import Any

import numpy as np
import pytest

from harness import InputError
from harness.evaluation import Evaluation, Outcome, from_json, to_json
from tests.few_thresholds import evaluate_at

MATCHER = {"name": "example", "version": "1"}
PEOPLE = 160
STUDY = {"matcher": MATCHER, "subjects": ["probe", "reference"], "groups": {"group": "group"}}
THRESHOLDS = "0.1:0.9:0.1"


def first_half() -> np.ndarray:
    """Who is dealt to the half that chooses: a seeded shuffle of all names in order."""
    first = np.zeros(PEOPLE, bool)
    first[np.random.default_rng(19795).permutation(PEOPLE)[: PEOPLE // 2]] = True
    return first


def trials(**unlike: Any) -> dict[str, Any]:
    """Two groups of equal rates, every pair of each; in one half, group B's scores may be other."""
    rng = np.random.default_rng(7)
    first, in_b = first_half(), np.arange(PEOPLE) % 2 == 1
    i, j = np.triu_indices(PEOPLE, k=1)
    i, j = (side[in_b[i] == in_b[j]] for side in (i, j))
    scores = rng.uniform(0, 0.75, len(i))
    for name, share in unlike.items():
        half = first if name == "first" else ~first
        chosen = half[i] & half[j] & in_b[i]
        scores[chosen] = np.where(rng.random(chosen.sum()) < share, 0.85, scores[chosen])
    names = np.array([f"P{n:03d}" for n in range(PEOPLE)])
    everyone = np.arange(PEOPLE)
    return {
        "score": np.concatenate([scores, np.full(PEOPLE, 0.95)]),
        "mated": np.repeat([0, 1], [len(i), PEOPLE]),
        "probe": names[np.concatenate([i, everyone])],
        "reference": names[np.concatenate([j, everyone])],
        "group": np.array(["A", "B"])[in_b[np.concatenate([i, everyone])].astype(int)],
    }


def confirmed(
    scores: dict[str, Any], policy: dict[str, Any] | None = None, thresholds: str = THRESHOLDS, **study: Any
) -> Evaluation:
    return evaluate_at(
        scores,
        study=STUDY | study,
        policy={"max_ratio": 1.5, "max_fmr": 0.9} | (policy or {}),
        thresholds=thresholds,
        confirm="split",
    )


def test_where_the_groups_are_alike_it_holds() -> None:
    found = confirmed(trials())
    confirmation = found.confirmation
    assert confirmation is not None
    assert confirmation.outcome is Outcome.HOLDS
    assert confirmation.chosen == 0.4  # the first at which at most half match
    assert 1 < confirmation.ratio_upper["group"] <= 1.5


def test_the_halves_and_what_lies_between_make_up_all_comparisons() -> None:
    scores = trials()
    confirmation = confirmed(scores).confirmation
    assert confirmation is not None
    first = dict(zip([f"P{n:03d}" for n in range(PEOPLE)], first_half(), strict=True))
    sides = np.array([[first[name] for name in scores[column]] for column in ("probe", "reference")])
    expected = [
        tuple(int(np.sum(chosen & (scores["mated"] == mated))) for mated in (0, 1))
        for chosen in (sides.all(axis=0), ~sides.any(axis=0), sides[0] != sides[1])
    ]
    assert [*confirmation.comparisons, confirmation.left_out] == expected
    assert confirmation.left_out[1] == 0


def test_a_disparity_among_the_others_only_makes_it_fail() -> None:
    confirmation = confirmed(trials(second=0.5), {"criterion": "not_detected"}).confirmation
    assert confirmation is not None
    assert (confirmation.chosen, confirmation.outcome) == (0.4, Outcome.FAILS)
    assert confirmation.reason == "group: a disparity is detected above it"


def test_a_disparity_at_the_threshold_itself_makes_it_fail() -> None:
    confirmation = confirmed(trials(second=0.4), thresholds="0.5").confirmation
    assert confirmation is not None
    assert (confirmation.chosen, confirmation.outcome) == (0.5, Outcome.FAILS)
    assert confirmation.reason == "group: a disparity is shown there"
    assert confirmation.ratio_upper["group"] > 2


@pytest.mark.parametrize("criterion", ["shown", "not_detected"])
def test_where_more_than_half_match_in_the_other_half_only_it_is_undecided(criterion: str) -> None:
    # The median score is 0.363 among those who choose and 0.372 among those who confirm.
    confirmation = confirmed(trials(), {"criterion": criterion}, thresholds="0.367").confirmation
    assert confirmation is not None
    assert (confirmation.chosen, confirmation.outcome) == (0.367, Outcome.UNDECIDED)
    assert confirmation.reason == "group: more than half of all match there in that half"


def test_where_the_first_half_shows_nothing_there_is_nothing_to_confirm() -> None:
    confirmation = confirmed(trials(first=0.9)).confirmation
    assert confirmation is not None
    assert (confirmation.chosen, confirmation.outcome) == (None, Outcome.NOTHING_CHOSEN)
    assert confirmation.ratio_upper == {}


def test_where_the_other_half_is_too_small_a_group_it_is_undecided() -> None:
    scores = trials()
    first = dict(zip([f"P{n:03d}" for n in range(PEOPLE)], first_half(), strict=True))
    second = [
        not first[a] and not first[b] for a, b in zip(scores["probe"], scores["reference"], strict=True)
    ]
    crowded = np.cumsum(second) > 60
    kept = ~(np.array(second) & crowded & (scores["mated"] == 0))
    confirmation = confirmed({name: column[kept] for name, column in scores.items()}).confirmation
    assert confirmation is not None
    assert confirmation.outcome is Outcome.UNDECIDED
    assert confirmation.reason == "group: the evidence of that half is too short to show parity"


def test_a_limit_of_the_policy_must_hold_there_too() -> None:
    confirmation = confirmed(trials(), {"max_fmr": 0.4}).confirmation
    assert confirmation is not None
    assert (confirmation.chosen, confirmation.outcome) == (0.5, Outcome.HOLDS)
    worse = confirmed(trials(second=0.1), {"max_fmr": 0.4}).confirmation
    assert worse is not None
    assert (worse.chosen, worse.outcome) == (0.5, Outcome.UNDECIDED)
    assert worse.reason == "max_fmr 0.4 is not shown to be kept"


def test_the_evaluation_is_that_of_all_comparisons() -> None:
    scores = trials()
    plain = evaluate_at(scores, study=STUDY, policy={"max_ratio": 1.5}, thresholds=THRESHOLDS)
    assert plain.confirmation is None
    assert confirmed(scores).rates.equals(plain.rates)


def test_it_is_kept_in_the_document_and_the_summary() -> None:
    found = confirmed(trials())
    again = from_json(to_json(found))
    assert again.confirmation == found.confirmation
    assert to_json(again) == to_json(found)
    assert "0.4, chosen on half of the subjects, holds on" in found._repr_html_()


def test_the_same_scores_in_another_order_give_the_same() -> None:
    scores = trials()
    order = np.random.default_rng(1).permutation(len(scores["score"]))
    assert confirmed({name: column[order] for name, column in scores.items()}).confirmation == (
        confirmed(scores).confirmation
    )


@pytest.mark.parametrize("study", [{"subjects": []}, {"identities": "separate"}])
def test_it_needs_to_know_who_is_who(study: dict[str, Any]) -> None:
    with pytest.raises(
        InputError, match=r"^confirming by a split needs subjects, named alike on both sides; "
    ):
        confirmed(trials(), **study)
