"""Every row counts once: which files of a folder are read, and which would count twice."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import harness
from harness.comparisons.listing import list_files
from harness.errors import InputError
from harness.text import line
from tests.comparisons.known_trials import (
    bytes_of,
    counts_of,
    csv,
    naive_counts,
    parquet,
    refusal,
    study,
    trials,
)

FIVE = [".ipynb_checkpoints", "_temporary/0/task", ".snapshot/daily", "Trash", "$RECYCLE.BIN"]


def copy_to(folder: Path, *parts: str, name: str = "a.csv") -> Path:
    (folder.joinpath(*parts)).mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(folder / name, folder.joinpath(*parts, name)))


class TestFolders:
    @pytest.mark.parametrize("below", [*FIVE, "lost+found", "@eaDir", ".Trash-1000/files", "__MACOSX"])
    def test_hidden_and_temporary_folders_are_left_out(self, below: str, data: Path) -> None:
        path = csv(data)
        copy_to(data, below)
        assert list_files([data]).paths == (path,)
        assert list_files([data]).left_out == (data / Path(below).parts[0],)
        assert counts_of(data, study()) == naive_counts(trials(40), study())

    def test_so_are_hidden_files(self, data: Path) -> None:
        path, hidden = csv(data), [csv(data, ".a.csv"), csv(data, "_b.csv")]
        listing = list_files([data])
        assert (listing.paths, listing.left_out) == ((path,), tuple(sorted(hidden)))

    def test_what_is_named_itself_is_read(self, data: Path) -> None:
        csv(data)
        hidden = copy_to(data, ".snapshot", "daily")
        for named in (hidden, hidden.parent, data / ".snapshot"):
            assert list_files([named]).paths == (hidden,)

    def test_folders_of_other_names_are_read(self, data: Path) -> None:
        names = ["run 1", "a_b", "x.y", "_site=1", "trash_cans"]
        for name in names:
            (data / name).mkdir()
            parquet(data / name)
        assert [path.parent.name for path in list_files([data]).paths] == sorted(names)

    def test_a_folder_of_nothing_else_says_what_was_left_out(self, data: Path) -> None:
        csv(data)
        shutil.move(copy_to(data, ".cache"), data / ".cache" / "b.csv")
        (data / "a.csv").unlink()
        assert refusal(data) == (
            f"{data}: holds no file to read: {data / '.cache'} is left out; name it itself if it is meant"
        )

    def test_hidden_folders_of_no_scores_are_not_spoken_of(self, data: Path) -> None:
        csv(data)
        (data / ".git" / "objects").mkdir(parents=True)
        assert list_files([data]).left_out == ()

    def test_a_folder_that_cannot_be_listed(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        csv(data)
        (data / "locked").mkdir()
        listed = Path.iterdir

        def refusing(self: Path) -> Any:
            if self.name == "locked":
                raise PermissionError(13, "Permission denied")
            return listed(self)

        monkeypatch.setattr(Path, "iterdir", refusing)
        assert refusal(data).startswith(f"{data / 'locked'}: cannot be listed (Permission denied)")

    @pytest.mark.parametrize("name", ["evaluation", "inspection", "audit"])
    def test_results_of_the_harness_are_left_out(self, name: str, data: Path) -> None:
        path = csv(data)
        (data / "out").mkdir()
        (data / "out" / f"{name}.json").write_text(
            json.dumps({"schema": f"harness/{name}/1", "more": 1}, indent=2)
        )
        csv(data / "out", "rates.csv")
        assert list_files([data]).paths == list_files([f"{data}/**/*.csv"]).paths == (path,)
        assert list_files([data]).left_out == (data / "out",)

    def test_a_file_of_that_name_by_somebody_else_is_no_result(self, data: Path) -> None:
        (data / "mine").mkdir()
        (data / "mine" / "evaluation.json").write_text('{"accuracy": 0.9}')
        path = csv(data / "mine")
        assert list_files([data]).paths == (path,)

    def test_a_note_says_what_was_left_out(self, data: Path) -> None:
        csv(data, rows=400)
        copy_to(data, ".ipynb_checkpoints")
        evaluation = harness.evaluate(data, study=study(), thresholds=[0.5])
        assert [note for note in evaluation.notes if "Left out" in note] == [
            f"Left out of the folders named: {data / '.ipynb_checkpoints'}. So are hidden and temporary files and "
            "folders, the harness's own results, and files that are no longer part of a table."
        ]


class TestPatterns:
    def test_folders_that_wildcards_stand_for_follow_the_same_rule(self, data: Path) -> None:
        path = csv(data)
        for below in (*FIVE, "sub"):
            copy_to(data, below)
        assert list_files([f"{data}/**/*.csv"]).paths == (path, data / "sub" / "a.csv")
        assert list_files([f"{data}/*/*.csv"]).paths == (data / "sub" / "a.csv",)

    @pytest.mark.parametrize("pattern", ["_temporary/*/*/a.csv", "_temp*/**/*.csv", "**/_temporary/**/*.csv"])
    def test_unless_they_are_named_in_the_pattern(self, pattern: str, data: Path) -> None:
        csv(data)
        hidden = copy_to(data, "_temporary", "0", "task")
        assert list_files([f"{data}/{pattern}"]).paths == (hidden,)


def linked(link: Callable[[Path, Path], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        link(csv(folder, "b.csv"), folder / "c.csv")
        return folder

    return make


def folder_linked_twice(folder: Path) -> Path:
    (folder / "b").mkdir()
    csv(folder / "b")
    (folder / "c").symlink_to("b")
    return folder


TWICE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "symbolic link": (
        linked(lambda file, link: link.symlink_to(file)),
        "c.csv: is the same file as {}/b.csv",
    ),
    "hard link": (linked(lambda file, link: os.link(file, link)), "c.csv: is the same file as {}/b.csv"),
    "folder linked twice": (folder_linked_twice, "c/a.csv: is the same file as {}/b/a.csv"),
    "two ways to a file": (
        lambda f: [csv(f), f / ".." / f.name / "a.csv"],
        "../{0.name}/a.csv: is the same file as {0}/a.csv",
    ),
    "a folder and a file in it": (lambda f: [f, csv(f)], "a.csv: is named twice"),
}


@pytest.mark.parametrize(("make", "problem"), TWICE.values(), ids=TWICE)
def test_one_file_by_two_names(make: Callable[[Path], Any], problem: str, data: Path) -> None:
    assert refusal(make(data)) == f"{data}/{problem.format(data)} and would count twice; name it once"


def test_a_link_to_a_file_elsewhere_is_read(data: Path, tmp_path: Path) -> None:
    (data / "a.csv").symlink_to(csv(tmp_path, "elsewhere.csv"))
    (data / "more").symlink_to(tmp_path / "other", target_is_directory=True)
    (tmp_path / "other").mkdir()
    csv(tmp_path / "other", rows=41)
    assert list_files([data]).paths == (data / "a.csv", data / "more" / "a.csv")


@pytest.mark.parametrize("target", [".", "..", "../.."])
def test_a_link_to_a_folder_it_lies_in(target: str, data: Path) -> None:
    csv(data)
    (data / "again").symlink_to(target)
    assert refusal(data).startswith(f"{data / 'again'}: is a link to a folder that it lies in")


def test_two_folders_with_links_to_each_other(data: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (data / one).mkdir()
        (data / one / "other").symlink_to(data / other)
    assert "is a link to a folder that it lies in" in refusal(data)


def test_a_link_to_nothing(data: Path) -> None:
    csv(data)
    (data / "b.csv").symlink_to("gone.csv")
    assert refusal(data).startswith(f"{data / 'b.csv'}: is a link to a file that is not there")


def test_what_is_no_regular_file(data: Path) -> None:
    os.mkfifo(data / "a.csv")
    assert refusal(data / "a.csv").startswith(f"{data / 'a.csv'}: is not a regular file")


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "a\0b.csv"])
def test_names_that_no_file_can_have(name: str, data: Path) -> None:
    assert refusal(data / name).startswith(line(f"{data / name}: "))


def test_a_file_whose_name_is_its_suffix(data: Path) -> None:
    for name in (".pq", ".csv"):
        assert list_files([bytes_of(name, b"rows")(data)]).paths == (data / name,)


class TestCopies:
    def test_compressed_beside_plain(self, data: Path) -> None:
        path = csv(data)
        (data / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        assert refusal(data) == (
            f"{path}.gz: lies beside {path}, whose rows it would count twice; leave one of them out"
        )

    @pytest.mark.parametrize("engine", [{}, {"checkpoints": "kept"}], ids=["local", "checkpoints"])
    @pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
    def test_of_the_same_bytes(self, name: str, engine: dict[str, str], data: Path) -> None:
        first = csv(data, rows=400) if name == "a.csv" else parquet(data)
        second = first.with_stem("b")
        shutil.copy(first, second)
        options: dict[str, Any] = {key: data.parent / value for key, value in engine.items()}
        with pytest.raises(InputError) as caught:
            harness.evaluate(data, study=study(), thresholds=[0.5], **options)
        assert str(caught.value) == (
            f"{second}: holds the same bytes as {first}, whose rows it would count twice; leave one of them out"
        )

    def test_inspect_refuses_them_too(self, data: Path) -> None:
        shutil.copy(csv(data, rows=400), data / "b.csv")
        with pytest.raises(InputError, match="holds the same bytes"):
            harness.inspect(data, study=study())

    @pytest.mark.parametrize("name", ["{}.csv", "{}.parquet", "{}.arrow"])
    def test_empty_parts_may_be_alike(self, name: str, data: Path) -> None:
        table = pa.table(trials(400))
        for part, rows in (("a", 0), ("b", 0), ("c", 400)):
            path = data / name.format(part)
            if path.suffix == ".csv":
                csv(data, path.name, rows)
            elif path.suffix == ".arrow":
                with pa.ipc.new_file(path, table.schema) as writer:
                    writer.write_table(table[:rows])
            else:
                pq.write_table(table[:rows], path)
        evaluation = harness.evaluate(data, study=study(), thresholds=[0.5])
        assert sum(evaluation.comparisons) == 400


def commit(table: Path, version: int, *actions: dict[str, Any]) -> None:
    (table / "_delta_log").mkdir(exist_ok=True)
    lines = "\n".join(map(json.dumps, actions))
    (table / "_delta_log" / f"{version:020}.json").write_text(lines)


def added(path: str, **more: Any) -> dict[str, Any]:
    return {"add": {"path": path, "size": 1, "dataChange": True, **more}}


class TestTables:
    @pytest.fixture
    def table(self, data: Path) -> Path:
        """Two files, the first of which was rewritten as a third."""
        (data / "day=1 2").mkdir()
        for name in ("old.parquet", "new.parquet", "day=1 2/b.parquet"):
            parquet(data / Path(name).parent, Path(name).name)
        commit(
            data, 0, {"metaData": {"configuration": {}}}, added("old.parquet"), added("day%3D1%202/b.parquet")
        )
        commit(data, 1, {"remove": {"path": "old.parquet"}}, added("new.parquet"), {"commitInfo": {}})
        return data

    def test_only_current_files_of_a_delta_table_are_read(self, table: Path) -> None:
        current = (table / "day=1 2" / "b.parquet", table / "new.parquet")
        for named in (table, f"{table}/**/*.parquet"):
            assert set(list_files([named]).paths) == set(current)
            assert list_files([named]).left_out == (table / "old.parquet",)
        assert list_files([table / "day=1 2"]).paths == current[:1]
        assert list_files([table / "new.parquet"]).paths == current[1:]

    def test_a_superseded_file_is_not_read_by_its_name_either(self, table: Path) -> None:
        assert "is no longer part of the Delta table" in refusal(table / "old.parquet")

    @pytest.mark.parametrize(
        ("actions", "problem"),
        [
            ([added("c.parquet")], "c.parquet: is not there"),
            (
                [added("new.parquet", deletionVector={"storageType": "u"})],
                ": is a Delta table with rows deleted",
            ),
            (
                [added("s3://elsewhere/a.parquet")],
                ": is a Delta table with files elsewhere (s3://elsewhere/a.parquet)",
            ),
            (
                [{"metaData": {"configuration": {"delta.columnMapping.mode": "name"}}}],
                ": is a Delta table whose columns were renamed",
            ),
        ],
    )
    def test_a_table_whose_files_do_not_tell_its_rows(
        self, actions: list[dict[str, Any]], problem: str, table: Path
    ) -> None:
        commit(table, 2, *actions)
        assert problem in refusal(table)

    def test_a_log_that_does_not_begin_at_the_beginning(self, table: Path) -> None:
        (table / "_delta_log" / f"{0:020}.json").unlink()
        assert refusal(table).startswith(
            f"{table}: is a Delta table whose log no longer begins at its first version"
        )

    def test_a_damaged_log(self, table: Path) -> None:
        bytes_of(f"_delta_log/{2:020}.json", b"{")(table)
        assert "cannot be read as the log of a Delta table" in refusal(table)

    @pytest.mark.parametrize(
        ("sign", "kind"),
        [(".hoodie/hoodie.properties", "a Hudi"), ("metadata/v1.metadata.json", "an Iceberg")],
    )
    def test_other_tables_are_refused(self, sign: str, kind: str, data: Path) -> None:
        (data / "data").mkdir()
        parquet(data / "data")
        (data / sign).parent.mkdir()
        (data / sign).touch()
        for named in (data, data / "data", f"{data}/data/*.parquet"):
            assert refusal(named).startswith(f"{data}: is {kind} table, of which not every file is current")
