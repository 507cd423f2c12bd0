"""The evaluate command on a matrix of scores in an .npy file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli.app import run

STUDY = """\
matcher: {name: example, version: "1"}
matrix: people.csv
subjects: [person]
groups: {ethnicity: ethnicity}
"""
PEOPLE = [(f"p{i // 2}", "AB"[i // 2 % 2]) for i in range(40)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two images each of 20 people of two groups, compared with each other; the study lies in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    scores = np.random.default_rng(1).random((40, 40), dtype=np.float32)
    np.save("scores.npy", np.triu(scores) + np.triu(scores, 1).T)
    Path("terms").mkdir()
    Path("terms/study.yaml").write_text(STUDY)
    lines = [f"{i},{person},{group}" for i, (person, group) in enumerate(PEOPLE)]
    Path("terms/people.csv").write_text("\n".join(["image,person,ethnicity", *lines]) + "\n")
    return tmp_path


def evaluated(*options: str) -> dict[str, Any]:
    assert run(["evaluate", "scores.npy", "--out", "out", "--no-report", "--no-figures", *options]) == 0
    found: dict[str, Any] = json.loads(Path("out/evaluation.json").read_text())
    return found


def test_counts_are_those_of_a_numpy_reading(folder: Path) -> None:
    found = evaluated("--study", "terms/study.yaml")
    scores, (person, group) = np.load("scores.npy"), map(np.array, zip(*PEOPLE, strict=True))
    i, j = np.triu_indices(40, 1)
    mated, within = person[i] == person[j], group[i] == group[j]
    assert found["comparisons"] == {"mated": int(mated.sum()), "non_mated": int((~mated).sum())}
    axis = found["axes"]["ethnicity"]
    for rates, truth in ((axis["false_matches"], ~mated), (axis["false_non_matches"], mated)):
        for of in rates["groups"]:
            own = scores[i, j][truth & within & (group[i] == of["group"])]
            reaching = [int((own >= at).sum()) for at in found["thresholds"]]
            assert of["trials"] == len(own)
            assert of["errors"] == (
                reaching if rates is axis["false_matches"] else [len(own) - n for n in reaching]
            )
    assert axis["left_out"] == {"mated": 0, "non_mated": int((~within).sum())}
    assert [item["name"] for item in found["inputs"]] == ["scores.npy", "terms/people.csv"]
    assert any(
        "The 40 scores on the diagonal, of an image with itself, are left out." in n for n in found["notes"]
    )


def test_flags_stand_for_the_study(folder: Path) -> None:
    by_study = evaluated("--study", "terms/study.yaml")
    flags = ["--matrix-rows", "terms/people.csv", "--subject", "person", "--group", "ethnicity=ethnicity"]
    assert evaluated("--matcher", "example", "--matcher-version", "1", *flags) == by_study


def test_a_flag_over_the_study_file_says_who_the_columns_are(folder: Path) -> None:
    np.save("scores.npy", np.load("scores.npy")[:, :20])
    lines = Path("terms/people.csv").read_text().splitlines()[:21]
    Path("columns.csv").write_text("\n".join(lines) + "\n")
    found = evaluated("--study", "terms/study.yaml", "--matrix-columns", "columns.csv")
    assert sum(found["comparisons"].values()) == 800


def test_one_array_of_several_in_an_npz_file(folder: Path) -> None:
    np.savez("both.npz", scores=np.load("scores.npy"), others=np.zeros(3))
    options = [
        "--study",
        "terms/study.yaml",
        "--matrix-array",
        "scores",
        "--out",
        "of_npz",
        "--no-report",
        "--no-figures",
    ]
    assert run(["evaluate", "both.npz", *options]) == 0


@pytest.mark.parametrize(
    ("scores", "options", "text"),
    [
        (
            ["scores.npy"],
            ["--matrix-columns", "short.csv"],
            "short.csv: has 2 rows, but scores.npy has 40 columns; give a line for each, in their order",
        ),
        (
            ["scores.npy", "more.npy"],
            [],
            "a matrix is one file, and 2 are named; evaluate each by itself",
        ),
        (
            ["scores.npy"],
            ["--engine", "dask"],
            "the scores of a matrix are counted in this process, without checkpoints; leave out engine and checkpoints",
        ),
        (
            ["scores.npy"],
            ["--group", "sex=sex"],
            "terms/people.csv: has no column 'sex'; it has 'image', 'person', 'ethnicity'; name the right one in the "
            "study",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], scores: list[str], options: list[str], text: str
) -> None:
    Path("short.csv").write_text("person,ethnicity\np0,A\np1,B\n")
    assert run(["evaluate", *scores, "--study", "terms/study.yaml", "--out", "out", *options]) == 2
    assert capsys.readouterr().err == f"harness: {text}\n"


def test_a_score_that_is_infinite_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = np.load("scores.npy")
    scores[3, 7] = np.inf
    np.save("scores.npy", scores)
    assert run(["evaluate", "scores.npy", "--study", "terms/study.yaml", "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "harness: scores.npy: [3, 7], of 'p1' against 'p3': inf is not finite; write NaN for the score of a failed "
        "comparison\n"
    )
