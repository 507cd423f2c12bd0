"""FPIR at parts of a tested list: the mean over all of them, and a variance that leaves out each subject in turn."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.counting import ListMatches
from harness.statistics.intervals import clopper_pearson
from harness.statistics.larger_lists import alert_rate_by_formula, comparison_rates
from harness.statistics.projection import Grouped, Rarefied, alert_chances, list_influences, rarefied

AT = np.array([0.5])


def matches_of(matched: np.ndarray, probe_of: np.ndarray | None = None) -> ListMatches:
    """Matches of searches, in rows, with subjects of a list, in columns."""
    searches, people = matched.shape
    probe_of = np.arange(searches) if probe_of is None else probe_of
    search, reference = np.nonzero(matched)
    probes = int(probe_of.max()) + 1
    return ListMatches(
        ("sex",),
        0.5,
        (("F",),) * probes,
        np.arange(probes) * 2**40,  # numbers of people may be of any size
        np.bincount(probe_of),
        (("F",),) * people,
        search,
        probe_of[search],
        reference,
        np.ones(len(search)),
    )


def drawn(seed: int, searches: int, people: int, rate: float = 0.25) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((searches, people)) < rate * (1 + 2 * (rng.random(people) < 0.2))


def at_part(
    found: ListMatches, list_group: np.ndarray, wanted: list[int], groups: np.ndarray | None = None
) -> Rarefied:
    of = np.zeros(len(found.probe_subjects), np.int64) if groups is None else groups
    axis = Grouped(tuple(map(str, range(int(of.max()) + 1))), of)
    [(result,)] = rarefied(found, [axis], list_group, [np.array(wanted)], AT)
    return result


def every_part(list_group: np.ndarray, wanted: list[int]) -> list[list[int]]:
    parts = [combinations(np.flatnonzero(list_group == h).tolist(), n) for h, n in enumerate(wanted)]
    return [[person for part in chosen for person in part] for chosen in product(*parts)]


@given(
    seed=st.integers(0, 10_000),
    listed=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    data=st.data(),
)
def test_rarefied_fpir_is_the_mean_over_every_part_of_the_list(
    seed: int, listed: list[int], data: st.DataObject
) -> None:
    wanted = [data.draw(st.integers(0, size)) for size in listed]
    list_group = np.repeat(np.arange(len(listed)), listed)
    matched = drawn(seed, 6, len(list_group))
    parts = every_part(list_group, wanted)
    mean = np.mean([matched[:, part].any(axis=1).mean() if part else 0.0 for part in parts])
    found = at_part(matches_of(matched), list_group, wanted)
    assert found.estimate[0, 0] == pytest.approx(mean, abs=1e-12)


def test_it_is_the_mean_over_random_parts_within_their_monte_carlo_error() -> None:
    list_group, wanted = np.repeat([0, 1], [60, 140]), [7, 20]
    matched = drawn(1, 40, 200, 0.01)
    rng = np.random.default_rng(2)
    draws = 20_000
    keys = rng.random((draws, 200))
    inside = np.zeros((draws, 200), np.bool_)
    for h, n in enumerate(wanted):
        own = np.flatnonzero(list_group == h)
        chosen = own[np.argsort(keys[:, own], axis=1)[:, :n]]
        np.put_along_axis(inside, chosen, True, axis=1)
    means = np.mean((inside.astype(np.float32) @ matched.T.astype(np.float32)) > 0, axis=1)
    found = at_part(matches_of(matched), list_group, wanted)
    assert abs(found.estimate[0, 0] - means.mean()) < 4 * means.std() / np.sqrt(draws)


def test_a_list_of_the_tested_size_has_the_tested_rate() -> None:
    matched = drawn(3, 50, 20, 0.02)
    found = at_part(matches_of(matched), np.repeat([0, 1], [5, 15]), [5, 15])
    assert found.estimate[0, 0] == pytest.approx(matched.any(axis=1).mean())
    assert found.matched[0, 0] == matched.any(axis=1).sum()


def test_chances_keep_their_digits_at_long_lists() -> None:
    chance = alert_chances(np.array([[1]]), np.array([10**9]), np.array([1]))
    assert chance[0] == pytest.approx(1e-9, rel=1e-12)


@pytest.mark.parametrize("wanted", [[2, 3], [4, 1], [4, 6], [1, 6], [0, 3]])
def test_the_closed_form_leaves_out_each_subject_in_turn(wanted: list[int]) -> None:
    """A list of all subjects of a group has one fewer without one of them."""
    listed, groups = [4, 6], np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    list_group = np.repeat([0, 1], listed)
    matched = drawn(4, 10, 10)
    expected = np.zeros((2, 2))
    for h, size in enumerate(listed):
        left = [min(n, size - 1) if h == k else n for k, n in enumerate(wanted)]
        rates = np.array(
            [
                at_part(
                    matches_of(np.delete(matched, j, axis=1)), np.delete(list_group, j), left, groups
                ).estimate[:, 0]
                for j in np.flatnonzero(list_group == h)
            ]
        )
        off = rates - rates.mean(axis=0)
        scale = size / (size - 1) if wanted[h] == size else (size - 1) / size
        expected += scale * off.T @ off
    found = at_part(matches_of(matched), list_group, wanted, groups)
    assert found.by_list[0] == pytest.approx(expected, abs=1e-12)


def test_influences_are_what_the_alerts_lose() -> None:
    matched = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
    m, none = matched.sum(axis=1, keepdims=True), np.zeros(3, np.int64)
    search, _ = np.nonzero(matched)
    lost = list_influences(m, np.array([4]), np.array([2]), search, none)
    # Of three others, two are on the list: without a match 1 - C(2, 2) / C(3, 2), with one fewer alike.
    assert lost == pytest.approx([1 / 3, 1 / 3, 2 / 3])


def test_probe_subjects_are_clusters() -> None:
    """Ten searches of a subject that all match one wolf are one event, not ten."""
    matched = np.zeros((100, 5), np.bool_)
    matched[:10, 2] = True
    alone = at_part(matches_of(matched), np.zeros(5, np.int64), [5])
    together = at_part(matches_of(matched, np.repeat(np.arange(10), 10)), np.zeros(5, np.int64), [5])
    deviations = np.array([10 - 1.0, *[-1.0] * 9])
    assert together.by_probe[0, 0] == pytest.approx((deviations**2).sum() / 100**2 * 10 / 9)
    assert together.by_probe[0, 0] > 9 * alone.by_probe[0, 0]


def test_one_wolf_on_the_list_widens_the_interval_of_many_searches() -> None:
    spread = np.zeros((1000, 100), np.bool_)
    spread[np.arange(100), np.arange(100)] = True
    wolf = np.zeros((1000, 100), np.bool_)
    wolf[:100, 0] = True
    widths = []
    for matched in (spread, wolf):
        rates = at_part(matches_of(matched), np.zeros(100, np.int64), [100]).rates(0.95)
        assert rates.estimate[0, 0] == pytest.approx(0.1)
        widths.append(rates.upper[0, 0] - rates.lower[0, 0])
    assert widths[1] > 5 * widths[0]


def test_without_a_match_a_part_of_the_list_is_bounded_as_the_whole_is() -> None:
    """Nothing says that the next search to match would not match half of the list."""
    nobody = matches_of(np.zeros((500, 200), np.bool_))
    whole, tenth = (at_part(nobody, np.zeros(200, np.int64), [n]).rates(0.95) for n in (200, 20))
    assert whole.upper[0, 0] == pytest.approx(clopper_pearson(0, 500, 0.95).upper)
    assert tenth.upper[0, 0] == pytest.approx(whole.upper[0, 0])


def test_with_many_matches_a_part_of_the_list_is_known_better_than_from_as_many_searches() -> None:
    """Each search that matches counts a tenth, so that a rate of one in a hundred rests on a hundred searches."""
    matched = np.zeros((1000, 100), np.bool_)
    matched[np.arange(100), np.arange(100)] = True
    tenth = at_part(matches_of(matched), np.zeros(100, np.int64), [10])
    assert tenth.estimate[0, 0] == pytest.approx(0.01)
    assert tenth.design_effect[0, 0] < 0.3


def test_groups_are_apart_and_those_of_no_group_are_left_out() -> None:
    matched = np.array([[1, 0], [0, 0], [1, 1], [1, 1]], bool)
    found = at_part(matches_of(matched), np.zeros(2, np.int64), [1], np.array([0, 0, 1, -1]))
    assert found.estimate[:, 0] == pytest.approx([0.25, 1.0])
    assert found.searches.tolist() == [2, 1]


def test_the_formula_gives_the_published_numbers() -> None:
    rate = np.array([1 / 6e7])
    for size, one_in in ((1_000, 60_000), (10_000, 6_000), (16_000, 3_750)):
        assert 1 / alert_rate_by_formula(rate, np.array([size])) == pytest.approx(one_in, rel=1e-3)


def test_the_formula_is_above_what_is_measured_where_some_probes_match_many() -> None:
    """One in fifty probes matches a quarter of the list; with those alone who match anybody alike it is as measured."""
    rng = np.random.default_rng(5)
    alike = rng.random((4000, 200)) < 0.005
    uneven = np.zeros((4000, 200), np.bool_)
    uneven[:80] = rng.random((80, 200)) < 0.25
    ratios = []
    for matched in (alike, uneven):
        found, of = matches_of(matched), np.zeros(200, np.int64)
        axis = Grouped(("F",), np.zeros(4000, np.int64))
        rates = comparison_rates(found, axis, of, ("all",), AT, 0.95)
        assert rates.estimate[0, 0] == pytest.approx(matched.mean())
        measured = at_part(found, of, [200]).estimate[0, 0]
        ratios.append(alert_rate_by_formula(rates.estimate, np.array([200]))[0] / measured)
    assert ratios[0] == pytest.approx(1, rel=0.03)
    assert ratios[1] > 20


def test_comparisons_are_clustered_by_both_sides() -> None:
    """The variance in closed form is the plain sum over pairs of comparisons that share a side."""
    matched, groups = drawn(6, 12, 9, 0.2), np.repeat([0, 1], 6)
    rates = comparison_rates(
        matches_of(matched), Grouped(("a", "b"), groups), np.repeat([0, 1], [4, 5]), ("x", "y"), AT, 0.95
    )
    assert rates.groups == ("a → x", "a → y", "b → x", "b → y")
    own = matched[:6, :4]
    assert (rates.errors[0, 0], rates.trials[0]) == (own.sum(), 24)
    e = own - own.mean()
    between = (e.sum(axis=1) ** 2).sum() + (e.sum(axis=0) ** 2).sum() - (e**2).sum()
    effect = max(1.0, between / (24 * own.mean() * (1 - own.mean())) * 10 / 9)
    assert rates.design_effect[0, 0] >= effect * 0.999
