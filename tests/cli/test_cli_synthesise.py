"""The synthesise command."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.cli.app import run


def test_a_world_is_drawn_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "drawn"
    assert run(["synthesise", "--world", "equal", "--subjects", "8", "--seed", "3", "--out", str(out)]) == 0
    (name,) = capsys.readouterr().out.splitlines()
    assert Path(name) == out / "equal.parquet"
    assert pq.read_table(name).num_rows > 0


def test_options_of_a_world_need_a_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synthesise", "--seed", "3", "--out", str(tmp_path)]) == 2
    assert "--seed, --subjects and --format go with --world" in capsys.readouterr().err


def test_the_shipped_files_are_made_again(tmp_path: Path) -> None:
    assert run(["synthesise", "--out", str(tmp_path)]) == 0
    shipped = Path(__file__).parents[2] / "data_synthetic"
    for path in tmp_path.iterdir():
        if path.suffix in (".csv", ".json"):
            assert path.read_bytes() == (shipped / path.name).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {
        "vanishing.parquet",
        "persisting.parquet",
        "equal.parquet",
        "sample.csv",
        "truth.json",
        "searches.parquet",
        "records.csv",
        "alerts.csv",
        "live_searches.parquet",
        "live_candidates.parquet",
        "live_watchlist.csv",
    }


def test_searches_of_a_watchlist_are_drawn_to_three_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["synthesise", "--world", "live", "--seed", "3", "--out", str(tmp_path)]) == 0
    searches, candidates, watchlist = (Path(name) for name in capsys.readouterr().out.splitlines())
    returned = pq.read_table(candidates)["search"].to_pylist()
    assert set(returned) < set(pq.read_table(searches)["search"].to_pylist())
    assert watchlist.read_text().startswith("subject,ethnicity\nL-0001,Asian\n")


def test_live_has_a_crowd_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synthesise", "--world", "live", "--subjects", "3", "--out", str(tmp_path)]) == 2
    assert "--subjects is of the worlds of comparisons" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
