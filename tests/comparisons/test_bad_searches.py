"""Searches, candidate lists and watchlists that contradict themselves or each other are refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.comparisons import Comparisons
from harness.engines import choose_engine, open_with
from harness.errors import InputError
from harness.study import load_study

SEARCHES = pd.DataFrame(
    {
        "search": ["q1", "q2", "q3"],
        "probe": ["ann", "xen", "bea"],
        "mated": [1, 0, 1],
        "sex": ["F", "M", "F"],
        "size": [3, 3, 3],
        "score": [0.9, 0.4, 0.8],
        "top": ["ann", "bea", "cas"],
        "own_score": [0.9, None, 0.7],
        "own_rank": [1, None, 2],
    }
)
CANDIDATES = pd.DataFrame(
    {
        "search": ["q1", "q1", "q2", "q3", "q3"],
        "rank": [1, 2, 1, 1, 2],
        "candidate": ["ann", "bea", "bea", "cas", "bea"],
        "score": [0.9, 0.3, 0.4, 0.8, 0.7],
    }
)
WATCHLIST = pd.DataFrame({"subject": ["ann", "bea", "cas"], "sex": ["F", "F", "M"]})
LISTS = {
    "search": "search",
    "candidates": {"rank": "rank"},
    "watchlist": {"groups": ["sex"]},
}
COLUMNS = {"top_candidate": "top", "own_score": "own_score", "own_rank": "own_rank", "watchlist_size": 3}


def put(frame: pd.DataFrame, row: int, **values: Any) -> pd.DataFrame:
    """Return a frame with other values in a row."""
    changed = frame.astype(object).where(frame.notna(), None)
    for column, value in values.items():
        changed.loc[row - 1, column] = value
    return changed


def refusal(
    folder: Path,
    keys: dict[str, Any],
    searches: pd.DataFrame = SEARCHES,
    candidates: pd.DataFrame = CANDIDATES,
    watchlist: pd.DataFrame = WATCHLIST,
) -> str:
    """Return why these cannot be opened, with nothing of the folder."""
    study = {"task": "identification", "subjects": ["probe"], "groups": {"sex": "sex"}, **keys}
    for key, frame in (("candidates", candidates), ("watchlist", watchlist)):
        if key in keys:
            frame.to_csv(folder / f"{key}.csv", index=False)
            study[key] = {"file": str(folder / f"{key}.csv"), **keys[key]}
    searches.to_csv(folder / "searches.csv", index=False)
    scores = folder / "searches.csv"
    with pytest.raises(InputError) as refused, Comparisons(scores, load_study(study), digested=True):
        pass
    text = str(refused.value)
    assert "\n" not in text
    return text.replace(f"{folder}/", "")


def test_the_files_themselves_can_be_used(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception):
        refusal(tmp_path, LISTS)
    with pytest.raises(pytest.fail.Exception):
        refusal(tmp_path, COLUMNS)


@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        (
            put(CANDIDATES, 3, search="q9"),
            "candidates.csv: row 3, column 'search': search 'q9' is not among the searches",
        ),
        (
            put(CANDIDATES, 2, rank=3),
            "candidates.csv: row 2, column 'rank': '3' where the candidates of its search go on",
        ),
        (
            put(CANDIDATES, 2, rank=1),
            "candidates.csv: row 2, column 'rank': '1' where the candidates of its search go on",
        ),
        (put(CANDIDATES, 4, rank=0), "candidates.csv: row 4, column 'rank': '0' where a rank belongs"),
        (put(CANDIDATES, 4, rank="one"), "candidates.csv: row 4, column 'rank': 'one' where a rank belongs"),
        (
            put(CANDIDATES, 5, score=0.85),
            "candidates.csv: row 5, column 'score': '0.85' is better than the score of",
        ),
        (
            put(CANDIDATES, 5, candidate="dan"),
            "candidates.csv: row 5, column 'candidate': 'dan' is not on the watchlist",
        ),
        (
            put(CANDIDATES, 5, candidate=""),
            "candidates.csv: row 5, column 'candidate': nothing where a search or its",
        ),
        (
            put(CANDIDATES, 1, search=None),
            "candidates.csv: row 1, column 'search': nothing where a search or its",
        ),
        (put(CANDIDATES, 5, score="high"), "candidates.csv: row 5, column 'score': 'high' is not a number"),
        (
            put(CANDIDATES, 5, score=None),
            "candidates.csv: row 5, column 'score': nothing where a score belongs",
        ),
        (
            CANDIDATES.drop(columns="rank"),
            "candidates.csv: has no column 'rank'; it has 'search', 'candidate', 'score'",
        ),
    ],
)
def test_candidates(tmp_path: Path, candidates: pd.DataFrame, said: str) -> None:
    searches = SEARCHES.drop(columns="score")
    assert refusal(tmp_path, LISTS, searches, candidates).startswith(said)


def test_candidates_of_nobody_known_among_lists_out_of_order(tmp_path: Path) -> None:
    shuffled = pd.concat([CANDIDATES[3:], put(CANDIDATES, 3, search="q9")[:3]], ignore_index=True)
    said = refusal(tmp_path, LISTS, SEARCHES.drop(columns="score"), shuffled)
    assert said.startswith(
        "candidates.csv: row 5, column 'search': search 'q9' is not among the searches in searches.csv"
    )


@pytest.mark.parametrize(
    ("searches", "said"),
    [
        (
            put(SEARCHES, 3, search="q1"),
            "searches.csv: row 3, column 'search': search 'q1' is in row 1 already",
        ),
        (
            put(SEARCHES, 2, search=None),
            "searches.csv: row 2, column 'search': nothing where a search belongs",
        ),
        (
            put(SEARCHES, 2, probe="cas"),
            "searches.csv: row 2, column 'probe': 'cas' has a non-mated search, but is on",
        ),
        (
            put(SEARCHES, 3, probe="dan"),
            "searches.csv: row 3, column 'probe': 'dan' has a mated search, and is not on",
        ),
        (
            put(SEARCHES, 3, sex="M"),
            "searches.csv: row 3, column 'sex': 'M' for 'bea', who is 'F' on the watchlist",
        ),
        (
            put(SEARCHES, 3, score=0.7),
            "searches.csv: row 3, column 'score': '0.7' is not the score in the candidate list",
        ),
        (
            put(SEARCHES, 3, mated="yes"),
            "searches.csv: row 3, column 'mated': 'yes' is neither mated nor non-mated",
        ),
        (put(SEARCHES, 3, probe=None), "searches.csv: row 3, column 'probe': nothing where a label belongs"),
    ],
)
def test_searches_beside_lists(tmp_path: Path, searches: pd.DataFrame, said: str) -> None:
    assert refusal(tmp_path, LISTS, searches).startswith(said)


def test_candidate_rows_given_as_searches(tmp_path: Path) -> None:
    rows = CANDIDATES.merge(SEARCHES[["search", "probe", "mated", "sex"]], on="search")
    said = refusal(tmp_path, LISTS, rows, rows)
    assert said.startswith("searches.csv: is the file of candidates too; give the searches, a row for each")
    said = refusal(tmp_path, {"search": "search", "watchlist_size": 3}, rows)
    assert said.startswith(
        "searches.csv: row 2, column 'search': search 'q1' is in row 1 already; keep one row for each"
    )
    assert said.endswith(
        "where these are its candidates, name their file apart (candidates: {file: ...}; --candidates)"
    )


@pytest.mark.parametrize(
    ("watchlist", "said"),
    [
        (
            pd.concat([WATCHLIST, WATCHLIST[:1]]),
            "watchlist.csv: row 4, column 'subject': 'ann' is on the list in row 1 already",
        ),
        (
            pd.concat([WATCHLIST, put(WATCHLIST, 1, sex="M")[:1]]),
            "watchlist.csv: row 4, column 'sex': 'ann' is 'M' here and 'F' in row 1; give all images of a subject one",
        ),
        (put(WATCHLIST, 2, sex=None), "watchlist.csv: row 2, column 'sex': nothing where a label belongs"),
        (WATCHLIST[:0], "watchlist.csv: holds no watchlist, only column names"),
    ],
)
def test_watchlists(tmp_path: Path, watchlist: pd.DataFrame, said: str) -> None:
    assert refusal(tmp_path, LISTS, watchlist=watchlist).startswith(said)


def test_images_that_differ_are_of_one_subject(tmp_path: Path) -> None:
    images = pd.concat([WATCHLIST, WATCHLIST[:1]]).assign(image=["1", "2", "3", "4"])
    with pytest.raises(pytest.fail.Exception):
        refusal(tmp_path, LISTS, watchlist=images)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (
            {"watchlist_size": 4},
            "watchlist.csv: has 3 subjects, and watchlist_size is 4; correct one of them",
        ),
        (
            {"watchlist_composition": {"sex": {"F": 1, "M": 2}}},
            "watchlist.csv: has 2 subjects of sex 'F', and watchlist_composition says 1; correct one of them",
        ),
    ],
)
def test_what_is_stated_of_the_list_must_agree(tmp_path: Path, stated: dict[str, Any], said: str) -> None:
    assert refusal(tmp_path, {**LISTS, **stated}).startswith(said)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (4, "searches.csv: row 2, column 'size': '4' is more than the 3 subjects on the watchlist"),
        (0, "searches.csv: row 2, column 'size': '0' where the size of a list belongs"),
        (None, "searches.csv: row 2, column 'size': nothing where the size of a list belongs"),
        ("many", "searches.csv: row 2, column 'size': 'many' where the size of a list belongs"),
    ],
)
def test_sizes_of_lists(tmp_path: Path, size: object, said: str) -> None:
    assert refusal(tmp_path, {**LISTS, "list_size": "size"}, put(SEARCHES, 2, size=size)).startswith(said)


def test_lists_longer_than_said(tmp_path: Path) -> None:
    keys = {**LISTS, "candidates": {"length": 1}}
    said = refusal(tmp_path, keys)
    assert said.startswith(
        "candidates.csv: row 2, column 'search': search 'q1' has more candidates than the 1"
    )


@pytest.mark.parametrize(
    ("searches", "said"),
    [
        (
            put(SEARCHES, 2, top="xen"),
            "row 2, column 'top': 'xen' is the subject of the search itself, which is non-mated",
        ),
        (
            put(SEARCHES, 2, own_score=0.2),
            "row 2, column 'own_score': '0.2' is of the right person, and a non-mated",
        ),
        (
            put(SEARCHES, 3, own_score=0.85),
            "row 3, column 'own_score': '0.85' is better than the search's own top score",
        ),
        (
            put(SEARCHES, 3, own_rank=1),
            "row 3, column 'top': 'cas' was returned, but the right person has rank 1",
        ),
        (put(SEARCHES, 3, own_rank=1.5), "row 3, column 'own_rank': '1.5' where a rank belongs"),
        (
            put(SEARCHES, 1, own_score=0.8),
            "row 1, column 'own_score': '0.8' is not the top score, but the right person",
        ),
        (
            put(SEARCHES, 1, own_rank=2),
            "row 1, column 'own_rank': '2', but the right person was returned at the top",
        ),
        (put(SEARCHES, 1, score=None), "row 1, column 'score': nothing where a score belongs"),
        (put(SEARCHES, 1, own_score="x"), "row 1, column 'own_score': 'x' is no score"),
    ],
)
def test_columns_that_contradict_each_other(tmp_path: Path, searches: pd.DataFrame, said: str) -> None:
    assert refusal(tmp_path, COLUMNS, searches).startswith(f"searches.csv: {said}")


def test_a_top_candidate_who_is_not_on_the_list(tmp_path: Path) -> None:
    keys = {"top_candidate": "top", "watchlist": {}}
    said = refusal(tmp_path, keys, put(SEARCHES, 3, top="dan"))
    assert said.startswith("searches.csv: row 3, column 'top': 'dan' is not on the watchlist watchlist.csv")


def test_rows_keep_their_numbers_where_others_are_left_out(tmp_path: Path) -> None:
    searches = put(SEARCHES, 3, probe="dan").assign(run=["b", "a", "a"])
    keys = {"rows": {"run": "a"}, "watchlist": {}}
    assert refusal(tmp_path, keys, searches).startswith(
        "searches.csv: row 3, column 'probe': 'dan' has a mated search"
    )


@pytest.mark.parametrize("engine", [{"name": "dask"}, {"name": "local", "checkpoints": "kept"}])
def test_other_engines_say_what_to_do(engine: dict[str, str]) -> None:
    study = load_study(
        {"task": "identification", "groups": {"sex": "sex"}, "search": "id", "watchlist_size": 3}
    )
    with pytest.raises(
        InputError, match=r"^search \(--search\) is read in this process, without checkpoints; leave out"
    ):
        open_with("searches.csv", study, choose_engine(**engine))
