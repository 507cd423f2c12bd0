"""Searches are counted as a brute force over every comparison counts them."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engines import choose_engine, open_with
from harness.evaluation import Counted, count_for
from harness.study import Policy, load_study
from tests.brute_force_searches import LABELS, BruteForce, brute_force, write_csv

ALL = ("search", "probe", "mated", "ethnicity", "score", "top", "own_score", "own_rank")


def counted(
    world: BruteForce, folder: Path, keys: dict, *, shuffle: bool = False, **lists: object
) -> Counted:
    """Write the files of searches and count them."""
    study = {
        "task": "identification",
        "subjects": ["probe"],
        "groups": {"ethnicity": "ethnicity"},
        "score": {"column": "score", "better": "higher" if world.sign > 0 else "lower"},
        "search": "search",
        **keys,
    }
    rows = world.rows()
    if "candidates" in keys:
        candidates = world.candidates(**lists)
        if shuffle:
            random.Random(0).shuffle(candidates)
        write_csv(folder / "candidates.csv", candidates, ("search", "rank", "candidate", "score"))
        study["candidates"] = {"file": str(folder / "candidates.csv"), **keys["candidates"]}
    if "watchlist" in keys:
        study["watchlist"] = {
            "file": str(write_csv(folder / "list.csv", world.watchlist())),
            **keys["watchlist"],
        }
    columns = [
        *("search", "probe", "mated", "ethnicity"),
        *(["score"] if "candidates" not in keys else []),
        *(keys[key] for key in ("top_candidate", "own_score", "own_rank", "list_size") if key in keys),
    ]
    scores = write_csv(folder / "searches.csv", rows, columns)
    with open_with(scores, load_study(study), choose_engine()) as comparisons:
        return count_for(comparisons, Policy(), None)


def require_equal(found: Counted, world: BruteForce, rank: int | None = 1, *, wrong: bool = True) -> None:
    """Compare every count at every threshold."""
    all_counts, searches = found.all, found.searches
    assert searches is not None
    assert found.returned_known
    for cell, (label,) in enumerate(all_counts.cells):
        assert searches.cells[cell] == (label,)
        told = world.counts(label, all_counts.thresholds, rank)
        assert all_counts.trials[cell].tolist() == [told["non_mated"][0], told["mated"][0]]
        assert all_counts.matches[cell, 0].tolist() == told["false"]
        assert all_counts.matches[cell, 1].tolist() == searches.hits[cell].tolist() == told["hits"]
        assert searches.own[cell].tolist() == told["own"]
        assert searches.mated[cell] == told["mated"][0]
        if wrong:
            assert searches.wrong[cell].tolist() == told["wrong"]


@pytest.mark.parametrize("rank", [1, 2, 5, None])
@pytest.mark.parametrize("shuffle", [False, True])
def test_candidate_lists_count_as_every_comparison_does(
    tmp_path: Path, rank: int | None, shuffle: bool
) -> None:
    world = brute_force(1)
    keys = {"candidates": {"rank": "rank"}, "hit": {"rank": rank or "any"}}
    require_equal(counted(world, tmp_path, {**keys, "watchlist": {}}, shuffle=shuffle), world, rank)


def test_lists_from_a_floor_count_alike_from_there_on(tmp_path: Path) -> None:
    world = brute_force(2, decimals=2)
    keys = {"candidates": {"floor": 0.4}, "watchlist": {"groups": ["ethnicity"]}}
    found = counted(world, tmp_path, keys, floor=0.4)
    assert found.all.thresholds[0] == 0.4
    require_equal(found, world)


def test_distances_count_as_similarities(tmp_path: Path) -> None:
    world = brute_force(3, sign=-1)
    require_equal(counted(world, tmp_path, {"candidates": {}, "watchlist": {}}), world)
    found = counted(world, tmp_path, {"candidates": {"floor": -0.4}, "watchlist": {}}, floor=0.4)
    require_equal(found, world)


def test_lists_that_differ_between_searches(tmp_path: Path) -> None:
    world = brute_force(4, smaller_lists=True)
    found = counted(world, tmp_path, {"candidates": {}, "watchlist": {}, "list_size": "size"})
    require_equal(found, world)
    assert found.study.watchlist_size == min(len(search.best) for search in world.searches)
    assert found.list_matches is None


@pytest.mark.parametrize("rank", [1, 3, None])
def test_columns_count_as_every_comparison_does(tmp_path: Path, rank: int | None) -> None:
    world = brute_force(5)
    keys = {"top_candidate": "top", "own_score": "own_score", "own_rank": "own_rank", "watchlist_size": 25}
    found = counted(world, tmp_path, {**keys, "hit": {"rank": rank or "any"}})
    require_equal(found, world, rank, wrong=False)


def test_one_column_tells_hits(tmp_path: Path) -> None:
    world = brute_force(6, decimals=5)
    for key, column in (("top_candidate", "top"), ("own_score", "own_score"), ("own_rank", "own_rank")):
        found = counted(world, tmp_path, {key: column, "watchlist_size": 25})
        for label in LABELS:
            cell = found.all.cells.index((label,))
            told = world.counts(label, found.all.thresholds)
            assert found.all.matches[cell, 1].tolist() == told["hits"], key


def test_without_any_of_these_the_top_score_counts_as_before(tmp_path: Path) -> None:
    world = brute_force(7)
    found = counted(world, tmp_path, {"watchlist_size": 25})
    assert not found.returned_known
    assert found.searches is None
    mated = [search for search in world.searches if search.mated]
    tops = [sum(max(s.own, s.other) >= t for s in mated) for t in found.all.thresholds]
    assert found.all.matches[:, 1].sum(axis=0).tolist() == tops


def test_matches_of_the_list_are_all_there(tmp_path: Path) -> None:
    world = brute_force(8, decimals=3)
    for keys, lists in (
        ({"floor": 0.35}, {"floor": 0.35}),
        ({}, {}),
        ({"length": 4}, {"length": 4}),
    ):
        found = counted(
            world, tmp_path, {"candidates": keys, "watchlist": {"groups": ["ethnicity"]}}, **lists
        )
        matches = found.list_matches
        assert matches is not None
        names, people = [search.name for search in world.searches], sorted(set(world.images))
        told = {
            (names[search], people[who], score)
            for search, who, score in zip(
                matches.search, matches.reference, matches.score.tolist(), strict=True
            )
        }
        assert told == world.matches(matches.floor)
        assert len(told) == len(matches.score) > 30
        assert matches.searches == sum(not search.mated for search in world.searches)
        assert matches.composition("ethnicity") == found.study.watchlist_composition["ethnicity"]
        probes = pd.Series([search.probe for search in world.searches if not search.mated]).value_counts()
        assert sorted(matches.probe_searches.tolist()) == sorted(probes.tolist())
        for search, probe in zip(matches.search, matches.probe, strict=True):
            assert matches.probe_cells[probe] == (world.searches[search].label,)
    if "length" in keys:
        full = [s for s in world.searches if not s.mated]
        last = max(sorted((score for _, score in s.scores), reverse=True)[3] for s in full)
        assert matches.floor == math.nextafter(last, 1)  # a fifth with the score of a fourth is cut off


def test_size_and_composition_follow_from_the_list(tmp_path: Path) -> None:
    world = brute_force(9)
    found = counted(world, tmp_path, {"candidates": {}, "watchlist": {"groups": ["ethnicity"]}})
    assert found.study.watchlist_size == 25
    told = pd.Series(world.labels).value_counts().to_dict()
    assert found.study.watchlist_composition == {"ethnicity": told}
    assert load_study(found.study.to_dict()) == found.study


def test_searches_that_return_one_subject_go_together(tmp_path: Path) -> None:
    world = brute_force(10)
    keys = {"candidates": {}, "watchlist": {}}
    alike = counted(world, tmp_path, keys)
    this = counted(world, tmp_path, {**keys, "population": "this list"})
    assert alike.study.subjects == ("probe", "top candidate")
    assert this.study.subjects == ("probe",)
    non_mated = int(alike.all.trials[:, 0].sum())
    touched = [int(counts.by_subject.bins[~counts.by_subject.mated].sum()) for counts in (alike, this)]
    assert touched == [2 * non_mated, non_mated]


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rank=st.sampled_from([1, 2, 3, None]),
    several=st.booleans(),
    smaller=st.booleans(),
)
def test_any_searches_count_alike(
    tmp_path_factory: pytest.TempPathFactory, seed: int, rank: int | None, several: bool, smaller: bool
) -> None:
    world = brute_force(seed, 30, 6, several_images=several, smaller_lists=smaller)
    keys = {"candidates": {"rank": "rank"}, "hit": {"rank": rank or "any"}, "watchlist": {}}
    require_equal(
        counted(world, tmp_path_factory.mktemp("searches"), keys, shuffle=seed % 2 == 0), world, rank
    )
