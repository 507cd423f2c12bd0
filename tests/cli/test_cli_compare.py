"""``harness compare``: the answer, the files, and the exit code."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as csv
import pytest

from harness.cli.app import run

STUDY = """\
matcher: {name: M, version: "1"}
subjects: [probe, reference]
groups: {sex: [probe_sex, reference_sex]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of the same trials, one with both scores, and a study."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    pairs = np.array(np.triu_indices(60, k=1))
    probe, reference = (np.concatenate([side, side + 60, np.arange(120)]) for side in pairs)
    mated, male = probe == reference, probe >= 60
    score = 0.3 + 0.1 * rng.standard_normal(len(probe)) + 0.4 * mated
    sex = np.where(male, "m", "f")
    trials = {
        "probe": probe,
        "reference": reference,
        "mated": mated.astype(int),
        "probe_sex": sex,
        "reference_sex": sex,
    }
    worse = score + np.where(male & ~mated, 0.08, 0.0)
    scores = {"old": score, "same": score + 1e-9, "worse": worse}
    for name, values in scores.items():
        csv.write_csv(pa.table({**trials, "score": values}), tmp_path / f"{name}.csv")
    csv.write_csv(pa.table({**trials, "score": score, "worse": worse}), tmp_path / "both.csv")
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


def compare(*options: str, out: str = "out") -> int:
    return run(["compare", *options, "--study", "study.yaml", "--out", out])


def test_not_worse_is_0_and_the_answer_begins_with_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("old.csv", "same.csv", "--new-matcher-version", "2", "--at", "0.45,0.45") == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "Found:             By sex, the update does not widen the differential in false matches"
    )
    assert "Warning:           few people by sex: f has 60, m has 60." in out
    assert out.splitlines()[-1] == "Written to out: comparison.json, changes.csv"
    document = json.loads(Path("out/comparison.json").read_text())
    assert (document["schema"], document["verdict"]) == ("harness/comparison/1", "not worse")
    assert document["new_study"]["matcher"] == {"name": "M", "version": "2"}
    assert document["on"] == ["probe", "reference"]


def test_worse_beyond_what_is_tolerated_is_1_whether_in_two_files_or_in_one(folder: Path) -> None:
    assert compare("old.csv", "worse.csv", "--at", "0.45,0.45") == 1
    assert compare("both.csv", "--new-score", "worse", "--at", "0.45,0.45", out="other") == 1
    one, other = (json.loads(Path(name, "comparison.json").read_text()) for name in ("out", "other"))
    assert one["changes"] == other["changes"]


def test_rows_of_both_in_one_file_are_told_apart_by_a_column(folder: Path) -> None:
    """Whatever the order of the rows, and whoever else has rows in the file."""
    old, worse = (pd.read_csv(f"{name}.csv") for name in ("old", "worse"))
    rows = pd.concat([old.assign(run="a"), worse.assign(run="b"), old.assign(run="c")])
    rows.sample(frac=1, random_state=1).to_csv("runs.csv", index=False)
    assert compare("runs.csv", "--each", "run=a,b", "--at", "0.45,0.45") == 1
    assert compare("old.csv", "worse.csv", "--at", "0.45,0.45", out="other") == 1
    one, other = (json.loads(Path(name, "comparison.json").read_text()) for name in ("out", "other"))
    assert one["changes"] == other["changes"]
    assert one["on"] == ["probe", "reference"]
    assert one["study"]["matcher"]["name"] == "M (a)"
    assert one["new_study"]["rows"] == {"run": ["b"]}
    assert compare("runs.csv", "--each", "run=a,c", "--at", "0.45,0.45") == 0


def test_matchers_need_no_name(folder: Path) -> None:
    Path("study.yaml").write_text("\n".join(STUDY.splitlines()[1:]))
    assert compare("old.csv", "same.csv", "--at", "0.45,0.45") == 0
    assert "matcher" not in json.loads(Path("out/comparison.json").read_text())["study"]


def test_what_each_is_told_apart_by_must_be_two_values_of_one_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, said in (("run=a", "write COLUMN=OLD,NEW"), ("run=a,a", "write COLUMN=OLD,NEW")):
        assert compare("old.csv", "--each", given) == 2
        assert said in capsys.readouterr().err
    assert compare("old.csv", "same.csv", "--each", "run=a,b") == 2
    assert "both are in one file; name it once" in capsys.readouterr().err


def test_the_rows_of_errors_are_those_of_the_file_whatever_rows_are_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = pd.read_csv("old.csv")
    wrong = old.copy()
    wrong.loc[4, "mated"] = 1 - wrong.loc[4, "mated"]
    wrong.loc[4, "reference"] = old.loc[4, "reference"]
    separate = STUDY + "identities: separate\n"
    Path("study.yaml").write_text(separate)
    pd.concat([old.assign(run="a"), wrong.assign(run="b")]).to_csv("runs.csv", index=False)
    assert compare("runs.csv", "--each", "run=a,b") == 2
    said = capsys.readouterr().err
    assert "row 5, column 'mated'" in said
    assert f"in row {len(old) + 5} of runs.csv" in said


def test_groups_and_truth_may_follow_from_other_files_and_from_identities(folder: Path) -> None:
    assert compare("old.csv", "worse.csv", "--at", "0.45,0.45") == 1
    expected = json.loads(Path("out/comparison.json").read_text())["changes"]
    people = pd.DataFrame({"id": range(120), "sex": ["f"] * 60 + ["m"] * 60})
    people.to_csv("people.csv", index=False)
    for name in ("old", "worse"):
        pd.read_csv(f"{name}.csv")[["probe", "reference", "score"]].to_csv(f"bare_{name}.csv", index=False)
    derived = "subjects: [probe, reference]\nmated: {same: [probe, reference]}\n"
    Path("study.yaml").write_text(derived + "people: {file: people.csv, subject: id, columns: [sex]}\n")
    assert compare("bare_old.csv", "bare_worse.csv", "--at", "0.45,0.45", out="derived") == 1
    found = json.loads(Path("derived/comparison.json").read_text())
    assert found["changes"] == expected
    assert {Path(one["name"]).name for one in found["inputs"]} == {
        "bare_old.csv",
        "bare_worse.csv",
        "people.csv",
    }


def test_what_cannot_be_told_is_3_and_is_written_too(folder: Path) -> None:
    assert compare("old.csv", "worse.csv", "--at", "0.75,0.75") == 3
    assert json.loads(Path("out/comparison.json").read_text())["verdict"] == "inconclusive"


def test_a_larger_tolerance_makes_it_not_worse(folder: Path) -> None:
    assert compare("old.csv", "worse.csv", "--at", "0.45,0.45", "--tolerance", "100") == 0


def test_same_input_same_bytes_and_an_earlier_comparison_is_replaced(folder: Path) -> None:
    every = []
    for _ in range(2):
        compare("old.csv", "worse.csv")
        every.append({path.name: path.read_bytes() for path in Path("out").iterdir()})
    assert every[0] == every[1]
    assert set(every[0]) == {".harness.json", "comparison.json", "changes.csv"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["old.csv"], "name the column of the new matcher (--new-score)"),
        (
            ["old.csv", "same.csv", "worse.csv"],
            "3 scores given; name those of the old matcher and those of the new one",
        ),
        (
            ["old.csv", "same.csv", "--at", "0.6"],
            "--at '0.6': write the old matcher's threshold and the new one's",
        ),
        (["old.csv", "same.csv", "--on", "image"], "has no column 'image' (--on)"),
        (["old.csv", "same.csv", "--tolerance", "1"], "tolerance is 1; give a ratio above 1"),
    ],
)
def test_what_cannot_be_used_is_2_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], problem: str
) -> None:
    assert compare(*options) == 2
    assert problem in capsys.readouterr().err
    assert not Path("out").exists()
