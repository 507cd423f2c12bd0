"""The parts of a draft: how names pair, how scores separate, how text becomes YAML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import read_document
from harness.drafting.page import Page, quoted, scalar
from harness.drafting.patterns import patterns_of_paths
from harness.drafting.sides import sides_of
from harness.drafting.truth import area_above


@pytest.mark.parametrize(
    ("one", "other", "words", "first"),
    [
        ("probe_subject", "reference_subject", ("subject",), True),
        ("refSex", "probeSex", ("sex",), False),
        ("race_a", "race_b", ("race",), True),
        ("id1", "id2", ("id",), True),
        ("age_x", "age_y", ("age",), True),
        ("enrol_spk", "test_spk", ("spk",), False),
        ("claimed_id", "real_id", ("id",), False),
        ("left", "right", (), True),
    ],
)
def test_names_of_two_sides(one: str, other: str, words: tuple[str, ...], first: bool) -> None:
    assert sides_of(one, other) == (words, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [("sex_a", "race_b"), ("a", "a"), ("score", "mated"), ("probe_sex", "probe_age"), ("x1", "y2")],
)
def test_names_that_are_no_two_sides(one: str, other: str) -> None:
    assert sides_of(one, other) is None


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
def test_the_area_is_the_share_of_pairs_in_which_the_mated_one_is_higher(
    rows: list[tuple[int, bool]],
) -> None:
    mated = [number for number, label in rows if label]
    others = [number for number, label in rows if not label]
    wins = sum((m > n) + (m == n) / 2 for m in mated for n in others)
    expected = wins / (len(mated) * len(others)) if mated and others else 0.5
    numbers, labels = (np.array(column, float) for column in zip(*rows, strict=True))
    assert area_above(numbers, labels) == pytest.approx(expected)


def test_rows_without_a_score_or_a_label_are_left_out() -> None:
    numbers = np.array([1.0, 2.0, np.nan, 9.0])
    assert area_above(numbers, np.array([0.0, 1.0, 0.0, np.nan])) == 1.0


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_text_is_read_back_from_yaml(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("yaml") / "one.yaml"
    page = Page()
    page.say(f"A comment of {quoted(text)}.")
    page.put(f"key: {scalar(text)}")
    path.write_text(page.text(), encoding="utf-8", newline="")
    assert read_document(path).value == {"key": text}


def test_comments_are_wrapped_and_cut() -> None:
    page = Page()
    page.say("word " * 60, quoted("x" * 500), indent=2)
    lines = page.text().splitlines()
    assert all(line.startswith("  # ") and len(line) <= 110 for line in lines)
    assert lines[-1].endswith("xx' and so on")


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["s_female.csv", "s_male.csv"], "s_{group}.csv"),
        (["2024-Asian-scores.csv", "2024-Black-scores.csv"], "2024-{group}-scores.csv"),
        (["Asian.parquet", "Black.parquet"], "{group}.parquet"),
        (["one.csv"], None),
        (["a/one.csv", "b/one.csv"], None),
        (["s{1}_a.csv", "s{1}_b.csv"], None),
    ],
)
def test_the_part_in_which_the_names_of_files_differ(names: list[str], pattern: str | None) -> None:
    found = patterns_of_paths([Path(name) for name in names])
    assert {name: of.text for name, of in found.items()} == ({} if pattern is None else {"group": pattern})


def test_folders_that_name_a_column() -> None:
    paths = [Path(f"scores/run=1/race={race}/sex={sex}/0.parquet") for race in "AB" for sex in "fm"]
    found = patterns_of_paths(paths)
    assert {name: of.text for name, of in found.items()} == {"race": "race={race}/**", "sex": "sex={sex}/**"}
