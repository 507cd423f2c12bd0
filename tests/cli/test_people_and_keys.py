"""The recipes of the how-to on people and keys: each study of the page, run on files as they are published."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli.app import run
from harness.gate.evidence import evidence_of

PAGE = Path(__file__).parents[2] / "docs/how-to/evaluator/people-and-keys.md"
BLOCK = re.compile(r"```\{code-block\} yaml\n:caption: (\S+)\n\n(.*?)```", re.DOTALL)
STUDIES = {found[1]: found[2] for found in BLOCK.finditer(PAGE.read_text("utf-8"))}
RNG = np.random.default_rng(11)
PEOPLE, ROWS, AT = 40, 400, 0.5
MATED = np.arange(ROWS) % 4 == 0
PROBE = RNG.integers(0, PEOPLE, ROWS)
REFERENCE = np.where(MATED, PROBE, (PROBE + RNG.integers(1, PEOPLE, ROWS)) % PEOPLE)
SCORE = np.round(np.where(MATED, RNG.beta(6, 2, ROWS), RNG.beta(3, 5, ROWS)), 3)
GROUP = np.array(["Asian", "Black", "White"])[np.arange(PEOPLE) % 3]
SEX = np.array(["female", "male"])[np.arange(PEOPLE) // 20]

Counted = dict[str, tuple[int, int, int, int]]
"""By group: non-mated and mated comparisons, false matches and false non-matches."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in STUDIES.items():
        Path(name).write_text(text, "utf-8")


def write(name: str, header: str, lines: Iterable[Iterable[Any]], mark: str = ",") -> None:
    rows = [mark.join(map(str, line)) for line in lines]
    Path(name).write_text("\n".join([header, *rows] if header else rows) + "\n", "utf-8")


def evaluated(study: str, *scores: str) -> dict[str, Any]:
    """Evaluate through the command line, and return the document."""
    options = ["--study", study, "--out", "out", "--thresholds", str(AT), "--no-report", "--no-figures"]
    assert run(["evaluate", *scores, *options]) == 0
    content = Path("out/evaluation.json").read_bytes()
    evidence_of(content, "out/evaluation.json")  # as the gate reads it
    document: dict[str, Any] = json.loads(content)
    return document


def told(document: dict[str, Any], axis: str) -> Counted:
    """Read the counts of an axis at the threshold."""
    at = document["thresholds"].index(AT)
    found = document["axes"][axis]
    return {
        one["group"]: (one["trials"], other["trials"], one["errors"][at], other["errors"][at])
        for one, other in zip(
            found["false_matches"]["groups"], found["false_non_matches"]["groups"], strict=True
        )
    }


def expected(
    labels: np.ndarray, others: np.ndarray, matches: np.ndarray, rows: np.ndarray | None = None
) -> Counted:
    """Count with NumPy the comparisons whose two sides have the same label."""
    kept = np.ones(ROWS, bool) if rows is None else rows
    counted = {}
    for label in np.unique(labels):
        own = kept & (labels == label) & (others == label)
        counted[str(label)] = (
            int((own & ~MATED).sum()),
            int((own & MATED).sum()),
            int((own & ~MATED & matches).sum()),
            int((own & MATED & ~matches).sum()),
        )
    return counted


def of_people(labels: np.ndarray, matches: np.ndarray) -> Counted:
    return expected(labels[PROBE], labels[REFERENCE], matches)


def name(i: int) -> str:
    return f"p{i:02}"


def test_every_recipe_is_run() -> None:
    tests = {key.removeprefix("test_the_recipe_") for key in globals() if key.startswith("test_the_recipe_")}
    assert {study.removesuffix(".yaml") for study in STUDIES} == tests


def test_the_recipe_people() -> None:
    lines = zip(map(name, PROBE), map(name, REFERENCE), MATED * 1, SCORE, strict=True)
    write("scores.csv", "probe,reference,mated,score", lines)
    write("people.csv", "id,ethnicity,sex", ((name(i), GROUP[i], SEX[i]) for i in range(PEOPLE)))
    document = evaluated("people.yaml", "scores.csv")
    assert told(document, "ethnicity") == of_people(GROUP, SCORE >= AT)
    both = np.array([f"{one}×{other}" for one, other in zip(GROUP, SEX, strict=True)])
    counts = [tuple(counts) for counts in of_people(both, SCORE >= AT).values()]
    assert list(told(document, "ethnicity×sex").values()) == counts
    assert [one["name"] for one in document["inputs"]] == ["scores.csv", "people.csv"]


def test_the_recipe_same() -> None:
    write(
        "scores.csv", "probe,reference,score", zip(map(name, PROBE), map(name, REFERENCE), SCORE, strict=True)
    )
    write("people.csv", "id,ethnicity", ((name(i), GROUP[i]) for i in range(PEOPLE)))
    assert told(evaluated("same.yaml", "scores.csv"), "ethnicity") == of_people(GROUP, SCORE >= AT)


def recording(i: int, row: int, kind: str) -> str:
    return f"id{10000 + i}/{kind}{row}/00001.wav"


def test_the_recipe_voxceleb() -> None:
    pairs = [(recording(PROBE[i], i, "a"), recording(REFERENCE[i], i, "b")) for i in range(ROWS)]
    shuffled = RNG.permutation(ROWS)
    write("trials.txt", "", ((int(MATED[i]), *pairs[i]) for i in shuffled), " ")
    with Path("trials.txt").open("a") as file:
        file.write("1 id10001/x/1.wav id10001/y/1.wav\n")
    write("voxceleb_scores.csv", "enrol,test,score", ((*pairs[i], SCORE[i]) for i in range(ROWS)))
    write("vox_meta.csv", "VoxCeleb ID,Gender", ((f"id{10000 + i}", SEX[i]) for i in range(PEOPLE)))
    document = evaluated("voxceleb.yaml", "voxceleb_scores.csv")
    assert told(document, "gender") == of_people(SEX, SCORE >= AT)
    assert any("Of 401 lines of the key trials.txt, 1 have no score" in note for note in document["notes"])
    assert [one["name"] for one in document["inputs"]] == [
        "voxceleb_scores.csv",
        "trials.txt",
        "vox_meta.csv",
    ]


def test_the_recipe_sre() -> None:
    drawn = np.array(["female", "male"])[np.arange(ROWS) % 2]
    truth = np.where(MATED, "target", "nontarget")
    lines = ((f"m{i}", f"s{i}", truth[i], drawn[i]) for i in range(ROWS))
    write("sre_key.csv", "model,segment,targettype,gender", lines)
    write("scores.csv", "modelid,segmentid,LLR", ((f"m{i}", f"s{i}", SCORE[i]) for i in range(ROWS)))
    assert told(evaluated("sre.yaml", "scores.csv"), "gender") == expected(drawn, drawn, SCORE >= AT)


def test_the_recipe_lfw() -> None:
    people = [f"Person_{chr(65 + i % 26)}_{i}" for i in range(PEOPLE)]
    images = [
        (f"{people[PROBE[i]]}_{i:04}.jpg", f"{people[REFERENCE[i]]}_{i + 1:04}.jpg") for i in range(ROWS)
    ]
    distances = np.round(1 - SCORE, 3)
    write("lfw_scores.csv", "image_1,image_2,distance", ((*images[i], distances[i]) for i in range(ROWS)))
    write("lfw_people.csv", "name,sex", zip(people, SEX, strict=True))
    assert told(evaluated("lfw.yaml", "lfw_scores.csv"), "sex") == of_people(SEX, distances <= AT)


def test_the_recipe_named() -> None:
    drawn = np.array(["East Asian", "Black", "White"])[np.arange(ROWS) % 3]
    for group in np.unique(drawn):
        lines = [(int(MATED[i]), SCORE[i]) for i in range(ROWS) if drawn[i] == group]
        write(f"scores_{group}.csv", "label,score", lines)
    document = evaluated("named.yaml", "scores_*.csv")
    assert told(document, "ethnicity") == expected(drawn, drawn, SCORE >= AT)


def test_the_recipe_rows() -> None:
    drawn = GROUP[PROBE]
    matcher = np.array(["ArcFace", "CosFace"])[np.arange(ROWS) // 8 % 2]
    runs = np.array(["comb", "plain", "other"])[np.arange(ROWS) % 3]
    lines = ((matcher[i], runs[i], int(MATED[i]), SCORE[i], drawn[i]) for i in range(ROWS))
    write("scores.csv", "matcher,run,label,score,ethnicity", lines)
    kept = (matcher == "ArcFace") & (runs != "other")
    document = evaluated("rows.yaml", "scores.csv")
    assert told(document, "ethnicity") == expected(drawn, drawn, SCORE >= AT, kept)
    assert any(f"{ROWS - kept.sum()} other rows were left out" in note for note in document["notes"])


def test_the_recipe_labels() -> None:
    ethnicity = np.array(["Black", "black", "BLACK", "White"])[np.arange(ROWS) % 4 ^ np.arange(ROWS) // 4 % 4]
    ages = [str(age) if age < 85 else "unknown" for age in RNG.integers(0, 90, ROWS).tolist()]
    lines = ((int(MATED[i]), SCORE[i], ethnicity[i], ages[i]) for i in range(ROWS))
    write("scores.csv", "label,score,ethnicity,age", lines)
    document = evaluated("labels.yaml", "scores.csv")
    mapped = np.where(ethnicity == "White", "White", "Black")
    assert told(document, "ethnicity") == expected(mapped, mapped, SCORE >= AT)

    def of(age: str) -> str:
        edges = zip((70, 50, 30, 18, 0), ("70+", "50–69", "30–49", "18–29", "0–17"), strict=True)
        return next((label for edge, label in edges if int(age) >= edge), "")

    groups = np.array(["unknown" if age == "unknown" else of(age) for age in ages])
    counted = expected(groups, groups, SCORE >= AT)
    del counted["unknown"]
    assert told(document, "age") == counted


@pytest.mark.parametrize("command", ["report", "figures"])
@pytest.mark.slow
def test_a_result_of_derived_columns_is_shown(command: str) -> None:
    test_the_recipe_people()
    assert run([command, "out", "--out", "shown"]) == 0
