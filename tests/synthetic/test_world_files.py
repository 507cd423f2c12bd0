"""The files of the synthetic worlds, and those committed under data_synthetic/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from ruamel.yaml import YAML

from harness.errors import InputError
from harness.synthetic import (
    SEED,
    WORLDS,
    LiveWorld,
    files,
    synthesise,
    synthesise_all,
    synthesise_live,
    world,
    write_truth,
)
from harness.synthetic.live import CROWD, FLOOR, LISTS, PREVALENCE, live_truth
from harness.synthetic.live_draws import draw_live

SHIPPED = Path(__file__).parents[2] / "data_synthetic"


def test_files_hold_the_draw_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    want = world("vanishing").draw(7, 20)
    for kind, read in (("parquet", pa.parquet.read_table), ("csv", pa.csv.read_csv)):
        (one,) = synthesise("vanishing", tmp_path / "one", seed=7, subjects=20, format=kind)
        (two,) = synthesise("vanishing", tmp_path / "two", seed=7, subjects=20, format=kind)
        (other,) = synthesise("vanishing", tmp_path / "other", seed=8, subjects=20, format=kind)
        assert one == tmp_path / "one" / f"vanishing.{kind}"
        assert one.read_bytes() == two.read_bytes() != other.read_bytes()
        assert read(one).equals(want)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = synthesise("equal", tmp_path, subjects=4)
    before = path.read_bytes()

    def full(_table: pa.Table, file: IO[bytes], **_settings: object) -> None:
        file.write(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa.parquet, "write_table", full)
    with pytest.raises(InputError, match=r"equal\.parquet: cannot be written \(No space left on device\)"):
        synthesise("equal", tmp_path, subjects=5)
    assert [entry.name for entry in tmp_path.iterdir()] == ["equal.parquet"]
    assert path.read_bytes() == before


def test_a_file_that_holds_something_else_is_kept_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("mine")
    with pytest.raises(
        InputError, match=r"truth\.json: is there, and holds something else; remove it, or name"
    ):
        write_truth(tmp_path)
    (path,) = synthesise("equal", tmp_path, subjects=4)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"equal\.parquet: is there, and holds something else"):
        synthesise("equal", tmp_path, subjects=5)
    assert synthesise("equal", tmp_path, subjects=4) == (path,)  # the same bytes are no loss
    assert path.read_bytes() == before
    assert {entry.name for entry in tmp_path.iterdir()} == {"equal.parquet", "truth.json"}
    assert (tmp_path / "truth.json").read_text() == "mine"


def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_truth(tmp_path / "taken")


@pytest.mark.parametrize("name", WORLDS)
def test_committed_scores_are_what_the_code_draws(name: str, drawn: dict[str, pa.Table]) -> None:
    assert pa.parquet.read_table(SHIPPED / f"{name}.parquet").equals(drawn[name])


def test_committed_files_are_the_bytes_the_code_writes(tmp_path: Path) -> None:
    written = synthesise_all(tmp_path)
    assert {path.name for path in written} == {
        *(f"{name}.parquet" for name in WORLDS),
        "sample.csv",
        "truth.json",
        "searches.parquet",
        "records.csv",
        "alerts.csv",
        "live_searches.parquet",
        "live_candidates.parquet",
        "live_watchlist.csv",
    }
    maker = pa.parquet.read_metadata(SHIPPED / "equal.parquet").created_by
    same_writer = maker == pa.parquet.read_metadata(tmp_path / "equal.parquet").created_by
    for path in written:
        assert path.stat().st_size < (500_000 if path.suffix == ".csv" else 3_000_000)
        if same_writer or path.suffix != ".parquet":  # the footer names the version of the writer
            assert path.read_bytes() == (SHIPPED / path.name).read_bytes()


def test_truth_file_states_the_worlds() -> None:
    truth = json.loads((SHIPPED / "truth.json").read_text(encoding="utf-8"))
    assert "Synthetic" in truth["note"]
    assert truth["seed"] == SEED
    for name in WORLDS:
        stated = truth["worlds"][name]
        assert stated == world(name).truth(files.TRUTH_THRESHOLDS)
        assert "Synthetic" in stated["description"]
    ethnicities = {name: truth["worlds"][name]["axes"]["ethnicity"] for name in WORLDS}
    assert [ethnicities[name]["parity_from"] for name in WORLDS] == [0.6, None, 0.0]
    at_060 = ethnicities["vanishing"]["groups"]["Black"]["fmr"][files.TRUTH_THRESHOLDS.index(0.6)]
    assert at_060 == 0.005


def test_truth_file_states_live_recognition() -> None:
    truth = json.loads((SHIPPED / "truth.json").read_text(encoding="utf-8"))
    assert truth["live"] == live_truth(LiveWorld(), files.TRUTH_THRESHOLDS)
    assert "Synthetic" in truth["live"]["description"]


def test_committed_live_files_are_what_the_code_draws() -> None:
    drawn = draw_live(LiveWorld(), SEED)
    assert pa.parquet.read_table(SHIPPED / "live_searches.parquet").equals(drawn.searches)
    assert pa.parquet.read_table(SHIPPED / "live_candidates.parquet").equals(drawn.candidates)
    assert pa.csv.read_csv(SHIPPED / "live_watchlist.csv").equals(drawn.watchlist)
    assert sum(path.stat().st_size for path in SHIPPED.glob("live*")) < 3_000_000


def test_live_files_of_another_seed_are_refused_where_there_are_some(tmp_path: Path) -> None:
    written = synthesise_live(tmp_path, seed=1, format="csv")
    assert [path.name for path in written] == [
        "live_searches.csv",
        "live_candidates.csv",
        "live_watchlist.csv",
    ]
    with pytest.raises(InputError, match=r"live_searches\.csv: is there, and holds something else"):
        synthesise_live(tmp_path, seed=2, format="csv")
    with pytest.raises(InputError, match="unknown format 'xls'; there are parquet, csv"):
        synthesise_live(tmp_path, format="xls")  # type: ignore[arg-type]


def test_the_live_study_fits_the_files() -> None:
    study, policy = (YAML(typ="safe").load(SHIPPED / f"{name}.yaml") for name in ("live", "live_policy"))
    columns = [study["score"]["column"], study["mated"], study["search"], *study["subjects"]]
    columns += [*study["groups"].values(), *study["conditions"].values()]
    assert {*columns} == set(pa.parquet.read_schema(SHIPPED / "live_searches.parquet").names)
    returned = study["candidates"]
    assert returned.pop("floor") == FLOOR
    assert {*returned.values()} - {returned["file"]} == set(
        pa.parquet.read_schema(SHIPPED / returned["file"]).names
    )
    enrolled = study["watchlist"]
    assert pa.csv.read_csv(SHIPPED / enrolled["file"]).column_names == [
        enrolled["subject"],
        *enrolled["groups"].values(),
    ]
    assert set(policy["axes"]) <= set(study["groups"])
    assert (policy["crowd"]["ethnicity"], policy["prevalence"]) == (CROWD, PREVALENCE)


def test_the_lists_to_project_to_are_those_whose_truth_is_stated() -> None:
    lists = YAML(typ="safe").load(SHIPPED / "lists.yaml")["lists"]
    assert {name: each["composition"]["ethnicity"] for name, each in lists.items()} == LISTS


def test_study_and_policy_fit_the_files() -> None:
    read = YAML(typ="safe")
    study, policy = (read.load(SHIPPED / f"{name}.yaml") for name in ("study", "policy"))
    columns = {study["score"]["column"], study["mated"], *study["subjects"]}
    columns |= {column for pair in study["groups"].values() for column in pair}
    for name in WORLDS:
        assert columns == set(pa.parquet.read_schema(SHIPPED / f"{name}.parquet").names)
    assert columns == set(pa.csv.read_csv(SHIPPED / "sample.csv").column_names)
    assert policy == {
        "criterion": "shown",
        "confidence": 0.95,
        "max_ratio": 2.0,
        "axes": ["ethnicity", "sex"],
    }
