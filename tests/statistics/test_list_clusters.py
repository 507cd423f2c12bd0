"""The variance between list subjects, against leaving out one subject after another."""

import numpy as np
import pytest

from harness.counting import ListMatches, SubjectTally
from harness.statistics.clustering import design_effect, small_sample
from harness.statistics.list_clusters import FEWEST_OF_LIST, list_excess, only_matches, two_way_effect

THRESHOLDS = np.array([0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
SIZE, PEOPLE, SEARCHES = 40, 30, 5


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    """Scores of every search with every subject: some subjects are like many people, and scores are tied."""
    rng = np.random.default_rng(14)
    people, listed = rng.random((PEOPLE, 1, 1)), rng.random(SIZE) ** 4
    raw = 0.25 * people + 0.35 * listed + 0.4 * rng.random((PEOPLE, SEARCHES, SIZE))
    return np.asarray(np.round(raw, 2))


def matches_of(scores: np.ndarray, floor: float) -> ListMatches:
    person, search, subject = np.nonzero(scores >= floor)
    return ListMatches(
        ("sex",),
        floor,
        (("F",),) * PEOPLE,
        np.arange(PEOPLE) + 100,
        np.full(PEOPLE, SEARCHES),
        (("F",),) * SIZE,
        person * SEARCHES + search,
        person,
        subject,
        scores[person, search, subject],
    )


def alerts(scores: np.ndarray) -> np.ndarray:
    return np.asarray((scores.max(axis=2)[..., None] >= THRESHOLDS).sum(axis=(0, 1)))


def test_the_only_match_of_a_search_is_the_influence_of_leaving_a_subject_out(scores: np.ndarray) -> None:
    found = only_matches(matches_of(scores, 0.4), THRESHOLDS)
    for subject in range(SIZE):
        without = alerts(scores) - alerts(np.delete(scores, subject, axis=2))
        own = found.reference == subject
        held = (found.start[own, None] <= np.arange(6)) & (np.arange(6) < found.end[own, None])
        assert held.sum(axis=0).tolist() == without.tolist()


def test_the_excess_is_that_of_the_jackknife_less_that_of_pairs(scores: np.ndarray) -> None:
    matches, trials = alerts(scores), PEOPLE * SEARCHES
    found = only_matches(matches_of(scores, 0.4), THRESHOLDS)
    excess = list_excess(found, np.ones(PEOPLE, np.bool_), matches, trials)
    reaching = scores[..., None] >= THRESHOLDS
    only = reaching & (reaching.sum(axis=2, keepdims=True) == 1)
    of_pairs = only.sum(axis=1).astype(float)  # person, subject, threshold
    of_subjects = of_pairs.sum(axis=0)
    deviation = of_subjects - of_subjects.mean(axis=0)
    between = (deviation**2).sum(axis=0)
    effective = np.where(between > 0, between**2 / np.maximum((deviation**4).sum(axis=0), 1e-9), SIZE)
    within = ((of_pairs - of_pairs.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1))
    factor = small_sample(effective, fewest=FEWEST_OF_LIST)
    independent = matches * (trials - matches) / trials
    expected = (between * SIZE / (SIZE - 1) * factor - within) / np.where(
        independent > 0, independent, np.inf
    )
    assert excess == pytest.approx(np.maximum(expected, 0.0))
    assert excess.max() > 1


def test_below_the_floor_the_excess_is_that_of_the_first_known_threshold(scores: np.ndarray) -> None:
    matches, trials = alerts(scores), PEOPLE * SEARCHES
    everybody = np.ones(PEOPLE, np.bool_)
    known = list_excess(only_matches(matches_of(scores, 0.4), THRESHOLDS), everybody, matches, trials)
    partly = list_excess(only_matches(matches_of(scores, 0.65), THRESHOLDS), everybody, matches, trials)
    assert partly[3:] == pytest.approx(known[3:])
    assert (partly[:3] == known[3]).all()


def test_only_the_probes_of_a_group_count(scores: np.ndarray) -> None:
    of_group, trials = np.arange(PEOPLE) < 10, 10 * SEARCHES
    among_all = only_matches(matches_of(scores, 0.4), THRESHOLDS)
    person, search, subject = np.nonzero(scores[:10] >= 0.4)
    alone = ListMatches(
        ("sex",), 0.4, (("F",),) * 10, np.arange(10), np.full(10, SEARCHES), (("F",),) * SIZE,
        person * SEARCHES + search, person, subject, scores[person, search, subject],
    )  # fmt: skip
    matches = alerts(scores[:10])
    found = list_excess(among_all, of_group, matches, trials)
    by_themselves = list_excess(only_matches(alone, THRESHOLDS), np.ones(10, np.bool_), matches, trials)
    assert found == pytest.approx(by_themselves)
    assert (found > 0).any()


def test_a_list_of_one_subject_tells_nothing_of_lists_alike(scores: np.ndarray) -> None:
    one = scores[:, :, :1]
    matched = ListMatches(
        ("sex",), 0.0, (("F",),) * PEOPLE, np.arange(PEOPLE), np.full(PEOPLE, SEARCHES), (("F",),),
        np.arange(PEOPLE * SEARCHES), np.repeat(np.arange(PEOPLE), SEARCHES), np.zeros(PEOPLE * SEARCHES, np.int64),
        one.ravel(),
    )  # fmt: skip
    excess = list_excess(
        only_matches(matched, THRESHOLDS), np.ones(PEOPLE, np.bool_), alerts(one), PEOPLE * SEARCHES
    )
    assert excess.tolist() == [np.inf if n else 0.0 for n in alerts(one)]


def test_no_match_at_all_adds_nothing() -> None:
    none = np.zeros(0, np.int64)
    matched = ListMatches(
        ("sex",), 0.4, (("F",),), np.array([1]), np.array([9]), (("F",),) * 3, none, none, none, np.zeros(0)
    )
    found = only_matches(matched, THRESHOLDS)
    assert list_excess(found, np.ones(1, np.bool_), np.zeros(6, np.int64), 9).tolist() == [0.0] * 6


def test_both_ways_it_is_the_effect_by_probe_and_the_excess_of_the_list(scores: np.ndarray) -> None:
    matches, trials = alerts(scores), PEOPLE * SEARCHES
    tally = SubjectTally(THRESHOLDS, PEOPLE, count_missing=False)
    person = np.repeat(np.arange(PEOPLE, dtype=np.int32), SEARCHES)
    tally.add(scores.max(axis=2).ravel(), np.zeros(trials, np.int32), [person])
    sums = tally.counts(lambda _: ("F",)).sums(lambda cell: cell, ("F",), mated=False)
    by_probe = design_effect(matches, trials, sums, touch_two=False) * small_sample(sums.effective_subjects)
    found, everybody = only_matches(matches_of(scores, 0.4), THRESHOLDS), np.ones(PEOPLE, np.bool_)
    expected = by_probe + list_excess(found, everybody, matches, trials)
    assert two_way_effect(found, everybody, matches, trials) == pytest.approx(expected)
    below = two_way_effect(only_matches(matches_of(scores, 0.65), THRESHOLDS), everybody, matches, trials)
    assert below[:3] == pytest.approx(np.repeat(expected[3], 3))


def test_one_person_tells_nothing_of_others(scores: np.ndarray) -> None:
    everybody = np.zeros(PEOPLE, np.bool_)
    everybody[3] = True
    matches = alerts(scores[3:4])
    found = two_way_effect(only_matches(matches_of(scores, 0.4), THRESHOLDS), everybody, matches, SEARCHES)
    assert (np.isinf(found) == ((matches > 0) & (matches < SEARCHES))).all()


def test_of_matches_that_are_known_at_no_threshold_nothing_is_said(scores: np.ndarray) -> None:
    found = only_matches(matches_of(scores, 0.95), THRESHOLDS)
    effect = two_way_effect(found, np.ones(PEOPLE, np.bool_), alerts(scores), PEOPLE * SEARCHES)
    assert np.isnan(effect).all()
