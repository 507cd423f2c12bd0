"""Who on the list draws alerts, against a reading of every match one by one."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from harness.counting import ListMatches
from harness.statistics.list_subjects import beyond_chance, list_subjects


def matches_of(
    rows: list[tuple[int, int, int, float]], probes: list[int], listed: int, floor: float = 0.5
) -> ListMatches:
    """Matches given as rows of search, probe, reference and score; by probe, the person."""
    search, probe, reference, score = (np.array(column) for column in zip(*rows, strict=True))
    return ListMatches(
        ("sex",),
        floor,
        (("F",),) * len(probes),
        np.array(probes),
        np.full(len(probes), len(set(search.tolist())) + 5),
        (("F",),) * listed,
        search,
        probe,
        reference,
        score.astype(np.float64),
    )


ROWS = [
    (0, 0, 3, 0.9),
    (0, 0, 1, 0.7),
    (1, 0, 3, 0.8),
    (2, 1, 3, 0.6),
    (4, 1, 2, 0.9),
    (5, 2, 3, 0.9),
]


def test_alerts_by_subject_at_every_threshold() -> None:
    found = list_subjects(matches_of(ROWS, [7, 8, 9], listed=5), np.array([0.5, 0.7, 0.9]), 0.95)
    assert (found.listed, found.top, found.first) == (5, 1, 0)
    assert found.alerts.tolist() == [5, 4, 3]
    assert found.drawn.tolist() == [6, 5, 3]
    assert found.drawing.tolist() == [3, 3, 2]
    assert found.most.tolist() == [4, 3, 2]
    assert found.top_share.tolist() == pytest.approx([4 / 6, 3 / 5, 2 / 3])


def test_thresholds_below_the_floor_are_not_told() -> None:
    found = list_subjects(matches_of(ROWS, [7, 8, 9], listed=5, floor=0.65), np.array([0.5, 0.7, 0.9]), 0.95)
    assert found.first == 1
    assert found.alerts.tolist() == [4, 3]


def test_no_match_at_a_threshold_leaves_no_share() -> None:
    found = list_subjects(matches_of(ROWS, [7, 8, 9], listed=5), np.array([0.7, 0.95]), 0.95)
    assert found.alerts.tolist() == [4, 0]
    assert np.isnan(found.top_share[1])
    assert found.beyond_chance[1] == 0


def test_numbers_equal_those_of_a_reading_of_every_match() -> None:
    rng = np.random.default_rng(14)
    size, people, searches = 300, 40, 400
    person_of_search = rng.integers(0, people, searches)
    rows = []
    for search in range(searches):
        wolves = [0, 1] if rng.random() < 0.2 else []
        person = int(person_of_search[search])
        matched = sorted({*rng.choice(size, rng.integers(0, 4), replace=False).tolist(), *wolves})
        rows += [(search, person, subject, round(0.5 + rng.random() / 2, 2)) for subject in matched]
    thresholds = np.linspace(0.4, 1.0, 13)
    found = list_subjects(matches_of(rows, list(range(people)), size), thresholds, 0.95)
    assert found.first == 2  # thresholds at which all are known; 0.5 is the floor
    for index, threshold in enumerate(thresholds[found.first :]):
        reaching = [row for row in rows if row[3] >= threshold]
        drawn = Counter(row[2] for row in reaching)
        by_people = Counter(subject for _, subject in {(row[1], row[2]) for row in reaching})
        assert found.alerts[index] == len({row[0] for row in reaching})
        assert found.drawn[index] == len(reaching)
        assert found.drawing[index] == len(drawn)
        assert found.most[index] == max(drawn.values(), default=0)
        if reaching:
            top = sum(sorted(drawn.values())[-3:])
            assert found.top_share[index] == pytest.approx(top / len(reaching))
        assert found.beyond_chance[index] == _named(by_people, size)


def _named(by_people: Counter[int], size: int) -> int:
    """Holm's procedure, step by step, on exact binomial tests."""
    total = sum(by_people.values())
    counts = [by_people.get(subject, 0) for subject in range(size)]
    p_values = sorted(
        stats.binomtest(count, total, 1 / size, "greater").pvalue if total else 1.0 for count in counts
    )
    for step, p_value in enumerate(p_values):
        if p_value * (size - step) > 0.05:
            return step
    return size


def test_one_person_who_is_searched_for_often_makes_nobody_stand_out() -> None:
    often = [(search, 0, 3, 0.9) for search in range(30)]
    found = list_subjects(matches_of(often, [7], listed=100), np.array([0.5]), 0.95)
    assert found.most.tolist() == [30]
    assert found.beyond_chance.tolist() == [0]


def test_nobody_is_named_where_all_are_matched_alike() -> None:
    rng = np.random.default_rng(3)
    named = [
        beyond_chance(np.bincount(rng.integers(0, 500, 2_000), minlength=500), 0.95) > 0 for _ in range(400)
    ]
    assert np.mean(named) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
