"""Live recognition whose truth is known: the stated rates, and the searches that are drawn from them."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import special, stats

from harness.errors import InputError
from harness.synthetic import ETHNICITIES, SEED, LiveWorld
from harness.synthetic.live import CROSS_FMR, FLOOR, FMR_CURVES, LIGHTS, LISTS, live_truth
from harness.synthetic.live_draws import LiveData, _successes, draw_live
from tests.synthetic.live_reading import Read, errors_from, read
from tests.synthetic.world_tables import text

MATED = ("hit", "below", "outranked", "failed", "wrong")
FEW = LiveWorld(
    composition={"Asian": 1, "Black": 1, "White": 51},
    people=dict.fromkeys(ETHNICITIES, 3),
    volunteers=dict.fromkeys(ETHNICITIES, 1),
)
"""One Asian and one Black person on the list, both wolves, and of 51 White people the first and the last."""


@pytest.fixture(scope="module")
def data() -> LiveData:
    return draw_live(LiveWorld(), SEED)


@pytest.fixture(scope="module")
def searches(data: LiveData) -> Read:
    return read(data)


def test_fpir_is_what_products_of_single_comparisons_give() -> None:
    """By hand: wolves match 10.8 times as often, others 0.8 times; one passer-by in 20 10.5 times, others half."""
    for light, times in (("day", 1), ("night", 2)):
        inside, crossed = float(FMR_CURVES["White"].rate(0.55)), float(CROSS_FMR.rate(0.55))
        expected = 0.0
        for share, factor in ((0.95, 0.5), (0.05, 10.5)):
            each = [10.8 * crossed] * 2 + [10.8 * inside] * 2 + [0.8 * inside] * 49
            expected += share * (1 - prod(1 - factor * times * chance for chance in each))
        assert float(FEW.fpir("White", 0.55, light)) == pytest.approx(expected, rel=1e-9)


def test_on_another_list_nobody_is_known_to_be_a_wolf() -> None:
    """The mean over who is a wolf, drawn anew for every list, is the rate stated for its composition."""
    rng = np.random.default_rng(5)
    inside = float(FMR_CURVES["White"].rate(0.5))
    chances = [
        sum(
            share * -np.expm1(np.log1p(-factor * inside * np.where(rng.random(300) < 0.02, 10.8, 0.8)).sum())
            for share, factor in ((0.95, 0.5), (0.05, 10.5))
        )
        for _ in range(4000)
    ]
    stated = float(FEW.fpir("White", 0.5, "day", composition={"White": 300}))
    assert abs(np.mean(chances) - stated) < 4 * np.std(chances) / np.sqrt(len(chances))


def test_a_mated_search_hits_is_outranked_below_or_failed() -> None:
    at = np.arange(5000, 7001, 50) / 10000
    for label in ETHNICITIES:
        rates = LiveWorld().mated(label, at)
        assert_allclose(rates.hit + rates.below + rates.outranked + rates.failed, 1.0, rtol=1e-12)
        assert (np.diff(rates.hit) < 0).all()
        assert (rates.outranked <= rates.wrong).all()


def test_who_is_on_the_list_makes_the_difference_from_060() -> None:
    """The matcher treats all alike there; the tested list is nearly even, the skewed one is not."""
    truth = live_truth(LiveWorld(), [0.58, 0.6, 0.64])["lists"]
    assert truth["as tested"]["worst_fpir_ratio"][0] > 3
    assert truth["as tested"]["worst_fpir_ratio"][1:] == pytest.approx([1.24, 1.26], abs=0.01)
    assert all(14 < ratio < 16.3 for ratio in truth["nearly all of one group"]["worst_fpir_ratio"][1:])


def test_a_deployment_adds_its_groups_up() -> None:
    """10,000 passers-by: 9,990 who are not on the list and 10 who are, 2 Asian, 2 Black, 6 White."""
    world = LiveWorld()
    (at,) = ats = np.array([0.6])
    stated = live_truth(world, [at])["deployment"]
    false = sum(
        9_990 * share * float(world.fpir(label, at)) + 10 * share * float(world.mated(label, ats).wrong[0])
        for label, share in (("Asian", 0.2), ("Black", 0.2), ("White", 0.6))
    )
    assert stated["false_per_10000"] == pytest.approx([false])
    assert stated["true_per_10000"][0] + stated["missed_per_10000"][0] == pytest.approx(10)
    assert stated["share_false"] == pytest.approx([false / (false + stated["true_per_10000"][0])])


@pytest.mark.parametrize("at", [0.5, 0.56, 0.6, 0.62])
def test_searches_follow_their_true_rates(searches: Read, at: float) -> None:
    """Within 4.5 standard errors, by ethnicity and light; there are about 150 of these rates."""
    world = LiveWorld()
    for label in ETHNICITIES:
        for light in LIGHTS:
            here = (searches.ethnicity == label) & (searches.light == light)
            true = {"fpir": float(world.fpir(label, at, light))}
            rates = world.mated(label, np.array([at]), light)
            true |= {name: float(getattr(rates, name)[0]) for name in MATED}
            for name, rate in true.items():
                chosen = here & (searches.mated == (name != "fpir"))
                happened = searches.shares(name, at)[chosen]
                assert errors_from(rate, happened, searches.subject[chosen]) < 4.5, (label, light, name)


def test_rates_of_both_lights_together_are_those_of_the_searches(searches: Read) -> None:
    world = LiveWorld()
    for label in ETHNICITIES:
        chosen = (searches.ethnicity == label) & ~searches.mated
        happened = searches.shares("fpir", 0.58)[chosen]
        assert errors_from(float(world.fpir(label, 0.58)), happened, searches.subject[chosen]) < 4.5


def test_sublists_have_the_rate_of_their_composition(data: LiveData) -> None:
    """Over all sublists of that mix, 1 less the chance that none of a search's matches is drawn."""
    listed = dict(zip(text(data.watchlist, "subject"), text(data.watchlist, "ethnicity"), strict=True))
    reaching = text(data.candidates, "score") >= 0.58
    row = text(data.candidates, "search")[reaching] - 1
    group = np.array([listed[name] for name in text(data.candidates, "candidate")[reaching]])
    searches, tested = read(data), LISTS["as tested"]
    for name in ("half", "one sixth", "nearly all of one group"):
        log_none = np.zeros(len(searches.mated))
        for label, size in LISTS[name].items():
            matches = np.bincount(row[group == label], minlength=len(log_none))
            log_none += log_choose(tested[label] - matches, size) - log_choose(tested[label], size)
        for label in ETHNICITIES:
            chosen = (searches.ethnicity == label) & ~searches.mated
            truth = float(LiveWorld().fpir(label, 0.58, composition=LISTS[name]))
            alerts = -np.expm1(log_none[chosen])
            assert errors_from(truth, alerts, searches.subject[chosen]) < 4.5, (name, label)


def log_choose(of: np.ndarray | int, size: int) -> np.ndarray:
    return special.gammaln(of + 1) - special.gammaln(of - size + 1)  # without the factor that cancels


def test_one_listed_subject_in_fifty_draws_a_fifth_of_the_matches(data: LiveData) -> None:
    numbers, first = {}, 0
    for size in LISTS["as tested"].values():
        numbers |= {f"L-{first + number + 1:04d}": number for number in range(size)}
        first += size
    searches = read(data)
    row = text(data.candidates, "search") - 1
    others = ~searches.mated[row] & (text(data.candidates, "score") >= 0.58)
    wolves = np.array([numbers[name] % 50 == 0 for name in text(data.candidates, "candidate")[others]])
    assert wolves.mean() == pytest.approx(0.02 * 10.8, abs=0.02)


def test_passes_of_one_person_are_alike(searches: Read) -> None:
    chosen = ~searches.mated & (searches.ethnicity == "White") & (searches.light == "day")
    alerts = searches.shares("fpir", 0.58)[chosen]
    person, passes = np.unique(searches.subject[chosen], return_inverse=True, return_counts=True)[1:]
    residuals = np.bincount(person, weights=alerts - alerts.mean())
    assert (residuals**2).sum() > 1.3 * alerts.var() * passes.sum()


def test_candidates_are_complete_above_the_floor_and_ranked(data: LiveData) -> None:
    searches, candidates, watchlist = data
    search, rank, score = (text(candidates, name) for name in ("search", "rank", "score"))
    first = np.flatnonzero(rank == 1)
    assert_array_equal(first, np.flatnonzero(np.diff(search, prepend=0)))
    same = search[1:] == search[:-1]
    assert_array_equal(np.diff(rank)[same], 1)
    assert (np.diff(score)[same] <= 0).all()
    assert score.min() >= FLOOR
    top = text(searches, "score")
    assert_array_equal(top[search[first] - 1], score[first])
    without = np.setdiff1d(np.arange(len(top)), search - 1)
    assert np.nanmax(top[without]) < FLOOR
    assert np.isnan(top).sum() > 0
    pairs = {*zip(search.tolist(), text(candidates, "candidate").tolist(), strict=True)}
    assert len(pairs) == candidates.num_rows
    assert {name for _, name in pairs} <= set(text(watchlist, "subject"))


def test_who_is_searched_for_is_on_the_list_where_the_search_is_mated(data: LiveData) -> None:
    listed = dict(zip(text(data.watchlist, "subject"), text(data.watchlist, "ethnicity"), strict=True))
    assert len(listed) == data.watchlist.num_rows == 6000
    mated = text(data.searches, "mated")
    subject, ethnicity = text(data.searches, "subject"), text(data.searches, "ethnicity")
    assert not set(subject[~mated]) & set(listed)
    assert [listed[name] for name in subject[mated]] == ethnicity[mated].tolist()
    assert not np.isnan(text(data.searches, "score")[~mated]).any()
    assert_array_equal(text(data.searches, "search"), np.arange(1, data.searches.num_rows + 1))


def test_the_same_seed_gives_the_same_tables_and_another_gives_others() -> None:
    one, again, other = (draw_live(FEW, seed) for seed in (1, 1, 2))
    assert all(a.equals(b) for a, b in zip(one, again, strict=True))
    assert not one.searches.equals(other.searches)
    assert one.watchlist.equals(other.watchlist)


@pytest.mark.parametrize("chance", [0.0, 0.003, 0.4, 1.0])
def test_successes_are_those_of_independent_trials(chance: float) -> None:
    rng = np.random.default_rng(3)
    found = _successes(100_000, chance, rng)
    assert (np.diff(found) > 0).all()
    low, high = stats.binom.interval(0.99999, 100_000, chance)
    assert low <= len(found) <= high
    if 0 < chance < 1:
        assert stats.kstest(found / 100_000, "uniform").pvalue > 1e-4
    assert len(_successes(0, chance, rng)) == 0


def test_says_what_is_out_of_range() -> None:
    with pytest.raises(InputError, match="a seed must be 0 or more, got -1"):
        draw_live(FEW, -1)
    with pytest.raises(
        InputError, match="volunteers are some of those on the list, got 9 of 1 listed subjects"
    ):
        LiveWorld(composition={"Asian": 1, "Black": 9, "White": 9}, volunteers=dict.fromkeys(ETHNICITIES, 9))
