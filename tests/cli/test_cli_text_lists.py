"""Lists as they are published, from a file to an evaluation: counts are those of a plain reading of its lines."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import harness
from harness.cli.app import run
from harness.study.study import Mated

MATCHER = ("--matcher", "ArcFace", "--matcher-version", "r50")
HAS_SAME = "same" in Mated.model_fields
PEOPLE = {f"p{i:03d}": ("female", "male")[i % 2] for i in range(12)}


def evaluated(*given: str | Path, stdin: bytes | None = None) -> harness.Evaluation:
    options = ("--out", "out", "--no-report", "--no-figures")
    code = run(["evaluate", *map(str, given), *MATCHER, *options])
    assert code == 0
    return harness.load("out")


def counts(evaluation: harness.Evaluation, axis: str) -> dict[tuple[str, float], tuple[int, int]]:
    """False matches and false non-matches by group and threshold, as the result states them."""
    found = evaluation.axes[axis]
    return {
        (group, float(t)): (int(found.false_matches.errors[g, i]), int(found.false_non_matches.errors[g, i]))
        for g, group in enumerate(found.false_matches.groups)
        for i, t in enumerate(evaluation.thresholds)
    }


def read(
    rows: Sequence[tuple[float, bool, str]], thresholds: Sequence[float]
) -> dict[tuple[str, float], tuple[int, int]]:
    """The same of rows of score, truth and group."""
    return {
        (group, float(t)): (
            sum(score >= t for score, mated, own in rows if own == group and not mated),
            sum(score < t for score, mated, own in rows if own == group and mated),
        )
        for group in {own for _, _, own in rows}
        for t in thresholds
    }


def pairs() -> list[tuple[str, str, float]]:
    """Everybody twice with themselves, and with everybody of their group."""
    people = list(PEOPLE)
    return [
        (one, other, round(0.6 + 0.01 * (i % 40) if one == other else (i * 37 % 89) / 200, 3))
        for i, (one, other) in enumerate((a, b) for a in people for b in people if PEOPLE[a] == PEOPLE[b])
    ]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestVoxCeleb:
    """``label path path score``, the score appended to the published trials; the gender stands in a fifth column."""

    LINES = tuple(
        f"{int(a == b)} id{a[1:]}/x/{i:05d}.wav id{b[1:]}/y/{i:05d}.wav {score} {PEOPLE[a]}"
        for i, (a, b, score) in enumerate(pairs())
    )
    COLUMNS = ("--columns", "label,probe_path,reference_path,score,gender", "--mated", "label")

    def expected(self, thresholds: Sequence[float]) -> dict[tuple[str, float], tuple[int, int]]:
        rows = [line.split() for line in self.LINES]
        return read([(float(row[3]), row[0] == "1", row[4]) for row in rows], thresholds)

    @pytest.mark.parametrize("name", ["veri_test.txt", "veri_test.txt.gz"])
    def test_counts(self, name: str) -> None:
        content = "\n".join([*self.LINES, ""]).encode()
        Path(name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        found = evaluated(name, *self.COLUMNS, "--group", "gender=gender")
        assert counts(found, "gender") == self.expected(found.thresholds)

    def test_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stdin = type("Stdin", (), {"buffer": io.BytesIO("\n".join(self.LINES).encode())})
        monkeypatch.setattr(sys, "stdin", stdin)
        found = evaluated("-", *self.COLUMNS, "--group", "gender=gender")
        assert counts(found, "gender") == self.expected(found.thresholds)
        assert [one["name"] for one in json.loads(Path("out/evaluation.json").read_text())["inputs"]] == [
            "standard input"
        ]

    def test_inspected_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stdin = type("Stdin", (), {"buffer": io.BytesIO("\n".join(self.LINES).encode())})
        monkeypatch.setattr(sys, "stdin", stdin)
        assert run(["inspect", "-", *MATCHER, *self.COLUMNS, "--group", "gender=gender", "--out", "out"]) == 0


@pytest.mark.skipif(not HAS_SAME, reason="needs mated: {same: [...]}, and people")
@pytest.mark.parametrize("model", [(), ("model_label",)], ids=["four columns", "five columns"])
def test_bob(model: tuple[str, ...]) -> None:
    """``claimed_id [model_label] real_id test_label score``; the sexes are in a file of people."""
    rows = pairs()
    Path("scores-dev").mkdir()
    path = Path("scores-dev/scores.txt")
    path.write_text(
        "".join(
            f"{a} {f'{a}_model ' if model else ''}{b} {b}/{i}.png {score}\n"
            for i, (a, b, score) in enumerate(rows)
        )
    )
    Path("people.csv").write_text("id,sex\n" + "".join(f"{one},{sex}\n" for one, sex in PEOPLE.items()))
    Path("study.yaml").write_text(
        json.dumps(
            {
                "columns": ["claimed_id", *model, "real_id", "test_label", "score"],
                "mated": {"same": ["claimed_id", "real_id"]},
                "subjects": ["claimed_id", "real_id"],
                "people": {"file": "people.csv", "subject": "id", "columns": ["sex"]},
            }
        )
    )
    found = evaluated(path, "--study", "study.yaml")
    plain = [(score, a == b, PEOPLE[a]) for a, b, score in rows]
    assert counts(found, "sex") == read(plain, found.thresholds)


def test_lfw_pairs_beside_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    mated = [(f"Ann_{i}\t1\t{i + 2}", 0.5 + i / 40, ("f", "m")[i % 2]) for i in range(10)]
    others = [(f"Ann_{i}\t1\tBea_{i}\t2", (i * 7 % 10) / 20, ("f", "m")[i % 2]) for i in range(10)]
    folds = [*mated[:5], *others[:5], *mated[5:], *others[5:]]
    Path("study").mkdir()
    Path("study/pairs.txt").write_text("2\t5\n" + "".join(f"{line}\n" for line, _, _ in folds))
    Path("scores.txt").write_text("".join(f"{score} {sex}\n" for _, score, sex in folds))
    Path("study/study.yaml").write_text(
        "pairs: pairs.txt\ncolumns: [score, sex]\nsubjects: [probe, reference]\ngroups: {sex: sex}\n"
    )
    found = evaluated("scores.txt", "--study", "study/study.yaml")
    rows = [(score, len(line.split("\t")) == 3, sex) for line, score, sex in folds]
    assert counts(found, "sex") == read(rows, found.thresholds)
    assert [one.name for one in found.inputs] == ["scores.txt", "study/pairs.txt"]


def test_decimal_commas() -> None:
    rows = [(score, a == b, PEOPLE[a]) for a, b, score in pairs()]
    Path("scores.csv").write_text(
        "Score;Label;Sex\n" + "".join(f"{str(s).replace('.', ',')};{int(m)};{g}\n" for s, m, g in rows)
    )
    found = evaluated(
        "scores.csv", "--score", "Score", "--decimal", ",", "--mated", "Label", "--group", "sex=Sex"
    )
    assert counts(found, "sex") == read(rows, found.thresholds)


def test_a_dash_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "-", "--nonsense", *MATCHER, "--group", "a=b", "--out", "out"]) == 2
    assert "Unknown option: --nonsense" in capsys.readouterr().err.replace('"', "")
