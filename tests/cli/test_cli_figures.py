"""The figures command: every figure of a saved evaluation, in the formats asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.cli.app import run
from harness.folders import MANIFEST
from tests.few_thresholds import evaluate_at


@pytest.fixture
def evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(5)
    columns = {
        "score": np.concatenate([drawn.normal(0.3, 0.1, 400), drawn.normal(0.7, 0.1, 100)]),
        "mated": np.repeat([False, True], [400, 100]),
        "group": np.tile(["A", "B"], 250),
    }
    study = {"matcher": {"name": "example", "version": "1"}, "groups": {"group": "group"}}
    evaluate_at(columns, study=study, thresholds=[0.4, 0.5, 0.6]).save("evaluation.json")
    return Path("evaluation.json")


@pytest.mark.slow
def test_it_draws_every_figure_in_the_formats_asked_for(
    evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["figures", str(evaluation), "--out", "drawn", "--formats", "png,pdf"]) == 0
    assert capsys.readouterr().out == "Written to drawn: 9 figures (png, pdf), alt_texts.json\n"
    names = {path.name for path in Path("drawn").iterdir()} - {MANIFEST}
    assert {"verdict_zones.png", "verdict_zones.pdf", "cost_group.png", "alt_texts.json"} <= names
    assert len(names) == 19
    assert set(json.loads(Path("drawn/alt_texts.json").read_text())) == {n.split(".")[0] for n in names} - {
        "alt_texts"
    }


def test_earlier_figures_are_replaced_and_nothing_else(
    evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["figures", str(evaluation), "--out", "drawn", "--formats", "svg"]) == 0
    assert run(["figures", str(evaluation), "--out", "drawn", "--formats", "png"]) == 0
    assert not list(Path("drawn").glob("*.svg"))
    Path("drawn/mine.svg").write_text("drawn by hand")
    assert run(["figures", str(evaluation), "--out", "drawn", "--formats", "svg"]) == 2
    assert (
        "drawn: holds something else than figures (mine.svg); name another folder" in capsys.readouterr().err
    )
    assert Path("drawn/mine.svg").exists()
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("years of work")
    assert run(["figures", str(evaluation), "--out", "mine"]) == 2
    assert "mine: holds something else" in capsys.readouterr().err
    assert Path("mine/thesis.txt").exists()


def test_an_unknown_format_or_a_missing_evaluation_is_refused(
    evaluation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["figures", str(evaluation), "--out", "drawn", "--formats", "svg,gif"]) == 2
    assert "figure format 'gif' is not one of svg, png, pdf" in capsys.readouterr().err
    assert not Path("drawn").exists()
    assert run(["figures", "nothing.json", "--out", "drawn"]) == 2
    assert "nothing.json" in capsys.readouterr().err
