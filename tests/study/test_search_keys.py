"""The keys of a study that are for searches: which go together, and that those not given are not written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.change import compare
from harness.errors import InputError
from harness.inspection import inspect
from harness.study import load_policy, load_study, study_from_options

SEARCHES = {"task": "identification", "watchlist_size": 3, "groups": {"sex": "sex"}}
KEYS = {
    "search": "id",
    "candidates": {"file": "lists.csv", "rank": "rank", "floor": 0.4},
    "watchlist": {"file": "list.csv", "groups": ["sex"]},
    "subjects": ["probe"],
    "list_size": "size",
    "hit": {"rank": "any"},
    "population": "this list",
    "conditions": {"light": "light"},
}


def test_keys_that_are_not_given_are_not_written() -> None:
    written = load_study(SEARCHES).to_dict()
    assert not set(written) & {*KEYS, "top_candidate", "own_score", "own_rank"} - {"subjects"}


def test_a_study_reads_as_it_was_written() -> None:
    study = load_study({**SEARCHES, **KEYS})
    assert load_study(study.to_dict()) == study
    assert study.to_dict()["groups"] == {"sex": "sex"}
    assert study.hit_rank is None
    assert load_study({**SEARCHES, **KEYS, "hit": 5}).hit_rank == 5
    assert load_study(SEARCHES).hit_rank == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"task": "verification", "watchlist_size": None, "search": "id"},
            "search: verification searches nothing",
        ),
        ({"top_candidate": "top"}, "top_candidate: who is returned is told from the probe: name its column"),
        (
            {"subjects": ["probe"], "candidates": {"file": "c"}},
            "candidates: candidates are found by their search",
        ),
        ({**KEYS, "top_candidate": "top"}, "top_candidate: the candidate lists tell this; leave it out"),
        ({"hit": 5}, "hit: to tell who is returned at that rank takes own_score and own_rank, or candidates"),
        ({"hit": {"rank": 0}}, "hit.rank: "),
        (
            {**KEYS, "candidates": {"file": "c", "length": 3}, "hit": 5},
            "hit: lists of 3 candidates do not show who is returned within rank 5",
        ),
        (
            {"subjects": ["probe", "other"], "top_candidate": "top"},
            "subjects[1]: of a search the other subject is its top candidate; name the column of the probe alone",
        ),
        ({"conditions": {"sex": "light"}}, "groups.sex: 'sex' is a condition too; name it in one of them"),
        (
            {"conditions": {"light": "light"}, "axes": ["light"]},
            "axes: there are conditions in every axis; name one of people alone",
        ),
        (
            {"watchlist": {"file": "w", "groups": ["age"]}},
            "watchlist.groups: 'age' is not one of the groups: sex",
        ),
        ({"watchlist_size": None}, "task: identification needs watchlist_size"),
    ],
)
def test_keys_that_do_not_go_together(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        load_study({**SEARCHES, **changes})
    assert str(refused.value).startswith(f"study: {said}")


def test_conditions_are_not_judged_unless_named() -> None:
    study = load_study({**SEARCHES, "conditions": {"light": "light"}})
    assert [axis.name for axis in study.axes] == ["sex", "light"]
    assert [axis.name for axis in load_policy().axes_of(study)] == ["sex"]
    assert [axis.name for axis in load_policy({"axes": ["light"]}).axes_of(study)] == ["light"]


def test_files_lie_beside_the_study(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "task: identification\ngroups: {sex: sex}\nsubjects: [probe]\nsearch: id\n"
        "candidates: {file: lists.csv}\nwatchlist: {file: list.csv}\n"
    )
    study = load_study(tmp_path / "study.yaml")
    assert study.files == (str(tmp_path / "lists.csv"), str(tmp_path / "list.csv"))


def test_options_give_each_key() -> None:
    from harness.cli.grammar import StudyOptions

    options = StudyOptions(
        task="identification",
        subject=("probe",),
        group=("sex=sex",),
        search="id",
        candidates="lists.csv",
        floor=0.4,
        watchlist="list.csv",
        watchlist_group=("sex",),
        hit="2",
        condition=("light",),
    )
    study = study_from_options(None, options.to_dict())
    assert study.candidates is not None
    assert (study.candidates.file, study.candidates.floor, study.hit_rank) == ("lists.csv", 0.4, 2)
    assert study.watchlist is not None
    assert dict(study.watchlist.groups) == {"sex": "sex"}
    assert dict(study.conditions) == {"light": "light"}


@pytest.mark.parametrize("command", [inspect, compare])
def test_commands_that_take_rows_as_they_lie_say_so(command: Callable[..., Any]) -> None:
    with pytest.raises(
        InputError, match="takes searches with their top scores alone; leave out search, and what else"
    ):
        command("searches.csv", study={**SEARCHES, **KEYS})
