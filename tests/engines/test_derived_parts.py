"""What follows from the columns there are, and from files beside the scores, is the same whoever counts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import harness
from harness.engines import choose_engine, open_with
from harness.errors import InputError
from harness.study import load_study
from tests.engines.parted_files import NAMED, STUDY, THRESHOLDS, comparisons, document, write, write_parts

ROWS, FILES = 1500, 4


def labelled(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The comparisons without people's labels, and the people."""
    probes = table.select(["probe", "probe_sex"]).rename_columns(["id", "sex"])
    references = table.select(["reference", "reference_sex"]).rename_columns(["id", "sex"])
    people = pa.concat_tables([probes, references]).group_by(["id", "sex"], use_threads=False).aggregate([])
    return table.drop_columns(["probe_sex", "reference_sex"]), people


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Any]:
    """Scores in several files, and a study whose people are in another."""
    scores, entries = labelled(comparisons(ROWS))
    write_parts(tmp_path / "scores", scores, FILES)
    write(tmp_path / "people.csv", entries)
    return {
        **NAMED,
        "subjects": ["probe", "reference"],
        "people": {"file": str(tmp_path / "people.csv"), "subject": "id", "columns": ["sex"]},
    }


class TestPeople:
    def test_checkpoints_give_the_same_bytes(self, people: dict[str, Any], tmp_path: Path) -> None:
        options: dict[str, Any] = {"of": people, "thresholds": THRESHOLDS}
        whole = document(str(tmp_path / "scores"), **options)
        kept = tmp_path / "kept"
        assert document(str(tmp_path / "scores"), **options, checkpoints=kept) == whole
        assert document(str(tmp_path / "scores"), **options, checkpoints=kept) == whole

    @pytest.mark.parametrize("named", ["scores", "scores/*.parquet"])
    def test_people_in_the_folder_of_the_scores_are_not_scores(
        self, named: str, people: dict[str, Any], tmp_path: Path
    ) -> None:
        whole = json.loads(document(str(tmp_path / "scores"), of=people, thresholds=THRESHOLDS))
        inside = tmp_path / "scores" / "people.parquet"
        pq.write_table(pyarrow.csv.read_csv(tmp_path / "people.csv"), inside)
        of = {**people, "people": {**people["people"], "file": str(inside)}}
        for checkpoints in (None, tmp_path / "kept"):
            found = json.loads(
                document(str(tmp_path / named), of=of, thresholds=THRESHOLDS, checkpoints=checkpoints)
            )
            assert found["axes"] == whole["axes"]
            assert found["notes"] == whole["notes"]

    def test_other_labels_are_counted_anew(self, people: dict[str, Any], tmp_path: Path) -> None:
        options: dict[str, Any] = {"of": people, "thresholds": THRESHOLDS}
        document(str(tmp_path / "scores"), **options, checkpoints=tmp_path / "kept")
        file = tmp_path / "people.csv"
        file.write_text(file.read_text().replace("female", "woman"))
        found = document(str(tmp_path / "scores"), **options, checkpoints=tmp_path / "kept")
        assert '"woman"' in found
        assert found == document(str(tmp_path / "scores"), **options)

    @pytest.mark.slow
    def test_dask_gives_the_same_bytes(self, people: dict[str, Any], tmp_path: Path) -> None:
        pytest.importorskip("distributed")
        options: dict[str, Any] = {"of": people, "thresholds": THRESHOLDS}
        found = document(str(tmp_path / "scores"), **options, engine="dask", workers=1)
        assert found == document(str(tmp_path / "scores"), **options)

    def test_a_refusal_names_files_as_they_were_named(
        self, people: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        of = {**people, "people": {**people["people"], "file": "people.csv"}}
        Path("people.csv").write_text("id,sex\nnobody,female\n")
        told = []
        for checkpoints in (None, tmp_path / "kept"):
            with pytest.raises(InputError) as refused:
                document("scores", of=of, thresholds=THRESHOLDS, checkpoints=checkpoints)
            told.append(str(refused.value))
        assert told[0] == told[1]
        assert told[0].startswith("scores/0.parquet: row 1, column 'probe': subject ")
        assert "is not in people.csv, column 'id'" in told[0]

    def test_spark_refuses_by_name(self, people: dict[str, Any], tmp_path: Path) -> None:
        pytest.importorskip("pyspark")
        with pytest.raises(
            InputError, match="the engine spark reads columns as they are stored, without people"
        ):
            open_with(str(tmp_path / "scores"), load_study(people), choose_engine("spark"))


@pytest.fixture
def key(tmp_path: Path) -> dict[str, Any]:
    """Scores in several files, some comparisons twice, and a study whose truth is in a key with more lines."""
    table = comparisons(ROWS)
    table = table.append_column("trial", pa.array(range(ROWS)))
    write(tmp_path / "key.csv", table.select(["mated", "trial"]))
    scored = table.slice(10).drop_columns(["mated"])
    again = scored.slice(0, 5)  # by other images
    at = again.schema.get_field_index("score")
    again = again.set_column(
        at, scored.schema.field("score"), pc.add(again["score"], 0.125).cast(scored["score"].type)
    )
    write_parts(tmp_path / "scores", pa.concat_tables([scored, again]), FILES)
    return {**STUDY, "key": {"file": str(tmp_path / "key.csv"), "by": ["trial"]}}


class TestKeys:
    def test_checkpoints_give_the_same_bytes(self, key: dict[str, Any], tmp_path: Path) -> None:
        options: dict[str, Any] = {"of": key, "thresholds": THRESHOLDS}
        whole = document(str(tmp_path / "scores"), **options)
        assert "10 have no score" in whole
        kept = tmp_path / "kept"
        assert document(str(tmp_path / "scores"), **options, checkpoints=kept) == whole
        assert document(str(tmp_path / "scores"), **options, checkpoints=kept) == whole


@pytest.fixture
def derived(tmp_path: Path) -> dict[str, Any]:
    """Scores of two sites in files of their own, and a study with every other key by which something is derived."""
    table = comparisons(ROWS)
    for name in ("probe", "reference"):
        paths = pa.array([f"{person}/session/1.wav" for person in table[name].to_pylist()])
        table = table.append_column(f"{name}_path", paths)
    table = table.append_column("age", pa.array([i % 60 for i in range(ROWS)]))
    table = table.append_column("matcher", pa.array(["AB"[i % 2] for i in range(ROWS)]))
    scores = tmp_path / "scores"
    for site in ("north", "south"):
        of_site = table.filter(pa.array([own == site for own in table["site"].to_pylist()]))
        own = of_site.drop_columns(["site", "probe", "reference", "mated"])
        write_parts(scores / f"site={site}", own, 2)
    return {
        **NAMED,
        "rows": {"matcher": "A"},
        "from_path": {"site": "site={site}/**"},
        "from_value": {
            name: {"column": f"{name}_path", "pattern": "{}/*/*.wav"} for name in ("probe", "reference")
        },
        "mated": {"same": ["probe", "reference"]},
        "subjects": ["probe", "reference"],
        "groups": {"sex": ["probe_sex", "reference_sex"], "age": "age", "site": "site"},
        "labels": {"sex": {"female": "F", "male": "M"}},
        "bins": {"age": [0, 18, 30]},
    }


class TestAllTogether:
    def test_checkpoints_give_the_same_bytes(self, derived: dict[str, Any], tmp_path: Path) -> None:
        options: dict[str, Any] = {"of": derived, "thresholds": THRESHOLDS}
        whole = document(str(tmp_path / "scores"), **options)
        assert "other rows were left out" in whole
        kept = tmp_path / "kept"
        assert document(str(tmp_path / "scores"), **options, checkpoints=kept) == whole
        assert document(str(tmp_path / "scores"), **options, checkpoints=kept) == whole

    @pytest.mark.slow
    def test_dask_gives_the_same_bytes(self, derived: dict[str, Any], tmp_path: Path) -> None:
        pytest.importorskip("distributed")
        options: dict[str, Any] = {"of": derived, "thresholds": THRESHOLDS}
        found = document(str(tmp_path / "scores"), **options, engine="dask", workers=1)
        assert found == document(str(tmp_path / "scores"), **options)

    @pytest.mark.parametrize(
        "changes", [{"rows": {"matcher": ["A", "C"]}}, {"labels": {"sex": {"f": "F"}}}], ids=str
    )
    def test_a_value_that_no_part_has_is_refused_alike(
        self, changes: dict[str, Any], derived: dict[str, Any], tmp_path: Path
    ) -> None:
        told = []
        for checkpoints in (None, tmp_path / "kept"):
            with pytest.raises(InputError, match="no row has") as refused:
                document(str(tmp_path / "scores"), of={**derived, **changes}, checkpoints=checkpoints)
            told.append(str(refused.value))
        assert told[0] == told[1]


def test_a_file_beside_a_study_file_is_found_from_elsewhere(
    people: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.move(tmp_path / "people.csv", folder / "people.csv")
    (folder / "study.json").write_text(
        '{"matcher": {"name": "example", "version": "1"}, "subjects": ["probe", "reference"], '
        '"people": {"file": "people.csv", "subject": "id", "columns": ["sex"]}}'
    )
    monkeypatch.chdir(tmp_path)
    found = harness.evaluate("scores", study="folder/study.json", thresholds=THRESHOLDS)
    assert found.inputs[-1].name == "folder/people.csv"
