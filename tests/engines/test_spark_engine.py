"""Spark refuses what one machine refuses, in the same line, and leaves a session of others as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import harness
from harness import engines
from harness.comparisons import Comparisons
from harness.engines import open_with
from harness.engines.cluster.spark.reading import Session
from harness.errors import InputError
from harness.evaluation import to_json
from tests.engines.hard_cases import at, drawn, study

pytestmark = pytest.mark.slow

ROWS, ROW = 60, 17
SPARK = engines.choose_engine("spark", master="local[2]")
HALF = at([0.5])


def rows_with(column: str, value: Any) -> dict[str, list[Any]]:
    columns = drawn(np.arange(ROWS) / ROWS)
    columns["mated"] = [int(own) for own in columns["mated"]]
    columns["mated"][ROW], columns["probe"][ROW], columns["reference"][ROW] = 0, "s1", "s2"
    columns[column][ROW] = value
    return columns


def write_csv(folder: Path, columns: dict[str, list[Any]], name: str = "b.csv") -> list[Path]:
    """Write a file after one that is sound."""
    for file, own in (("a.csv", drawn(np.arange(5) / 5)), (name, columns)):
        lines = [list(own), *([str(v) for v in row] for row in zip(*own.values(), strict=True))]
        text = "\n".join(";".join(f'"{v}"' if "\n" in v or "," in v else v for v in line) for line in lines)
        (folder / file).write_text(
            text.replace('"Black; African, "other""', "Asian").replace("Black; African, other", "Asian")
        )
    return [folder / "a.csv", folder / name]


def write_parquet(
    folder: Path, columns: dict[str, list[Any]], types: dict[str, Any] | None = None
) -> list[Path]:
    pq.write_table(pa.table(drawn(np.arange(5) / 5)), folder / "a.parquet")
    pq.write_table(
        pa.table({name: pa.array(v, (types or {}).get(name)) for name, v in columns.items()}),
        folder / "b.parquet",
        row_group_size=10,
    )
    return [folder / "a.parquet", folder / "b.parquet"]


def refusal(scores: Any, engine: engines.Engine, **terms: Any) -> str:
    with pytest.raises(InputError) as caught, open_with(scores, study(**terms), engine) as comparisons:
        engines.count_by_subject(comparisons, HALF)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("score", "1_000"),
        ("score", "0x1F"),
        ("score", "1.5d"),
        ("score", "-Infinity"),
        ("mated", "maybe"),
        ("sex", "\u00a0"),
        ("probe", ""),
        ("reference", "s1"),
    ],
)
def test_a_bad_row_of_csv_is_named_as_on_one_machine(
    column: str, value: str, tmp_path: Path, spark_session: object
) -> None:
    files = write_csv(tmp_path, rows_with(column, value))
    message = refusal(files, SPARK)
    assert message == refusal(files, engines.choose_engine())
    assert message.startswith(f"{files[1]}: row {ROW + 1}, column '")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("score", float("nan")),
        ("score", float("-inf")),
        ("mated", None),
        ("probe_ethnicity", None),
        ("probe", "\u200b"),
    ],
)
def test_a_bad_row_of_parquet_is_named_as_on_one_machine(
    column: str, value: Any, tmp_path: Path, spark_session: object
) -> None:
    columns = rows_with(column, value)
    columns["mated"] = [None if own is None else own == 1 for own in columns["mated"]]
    files = write_parquet(tmp_path, columns)
    message = refusal(files, SPARK)
    assert message == refusal(files, engines.choose_engine())
    assert message.startswith(f"{files[1]}: row {ROW + 1}, column '")


DAMAGE = {
    "a short line": lambda text: text + b"0.5;0\n",
    "bytes that are not UTF-8": lambda text: text.replace(b"female", b"\xff", 1),
    "a second header": lambda text: text + text[: text.index(b"\n") + 1],
    "line ends of two kinds": lambda text: text[:-1].replace(b"\n", b"\r\n", 4),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_csv_is_refused_as_on_one_machine(
    damage: Any, tmp_path: Path, spark_session: object
) -> None:
    files = write_csv(tmp_path, rows_with("sex", "female"))
    files[1].write_bytes(damage(files[1].read_bytes() + b"\n"))
    message = refusal(files, SPARK)
    assert message == refusal(files, engines.choose_engine())
    assert message.startswith(str(files[1]))


def test_a_damaged_page_of_parquet_is_refused_as_on_one_machine(
    tmp_path: Path, spark_session: object
) -> None:
    files = write_parquet(tmp_path, drawn(np.random.default_rng(1).random(3000)))
    broken = bytearray(files[1].read_bytes())
    broken[1000:2000] = b"\xff" * 1000
    files[1].write_bytes(broken)
    message = refusal(files, SPARK)
    assert message == refusal(files, engines.choose_engine())
    assert message.startswith(f"{files[1]}: cannot be read")


def test_a_line_break_within_a_label_is_refused_as_on_one_machine(
    tmp_path: Path, spark_session: object
) -> None:
    files = write_csv(tmp_path, rows_with("sex", "two\nlines"))
    message = refusal(files, SPARK)
    assert message == refusal(files, engines.choose_engine())
    assert "from line 19 to line 20 holds a line break" in message


def test_csv_is_refused_where_executors_may_be_on_other_machines(
    tmp_path: Path, spark_session: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "master", "spark://master.example:7077")
    (first, _) = files = write_csv(tmp_path, rows_with("sex", "female"))
    assert refusal(files, SPARK) == (
        f"{first} and 1 more: the engine spark reads CSV on one machine alone (master local), not with "
        "'spark://master.example:7077'; write the scores as Parquet"
    )
    with open_with(write_parquet(tmp_path, drawn(np.arange(ROWS) / ROWS)), study(), SPARK) as comparisons:
        engines.count_by_subject(comparisons, HALF)


@pytest.mark.parametrize("scores", [{"score": [0.5]}, pa.table({"score": [0.5]}), [], [0.5]])
def test_what_is_in_memory_is_refused(scores: Any) -> None:
    assert refusal(scores, SPARK) == "the engine spark reads files of Parquet or CSV; give their paths"


def test_a_file_that_spark_would_leave_out_is_refused(tmp_path: Path) -> None:
    file = write_parquet(tmp_path, rows_with("sex", "female"))[1].rename(tmp_path / "_b.parquet")
    assert refusal([file], SPARK).startswith(f"{file}: Spark leaves out files whose names begin with")


def test_arrow_files_are_refused(tmp_path: Path) -> None:
    with pa.ipc.new_file(str(tmp_path / "a.arrow"), pa.schema({"score": pa.float64()})):
        pass
    assert "reads Parquet or CSV, not Arrow IPC" in refusal(tmp_path, SPARK)


@pytest.mark.parametrize(
    ("column", "kind", "problem"),
    [
        ("score", pa.decimal128(20, 3), "holds DECIMAL(20,3), of more than 15 digits"),
        ("sex", pa.date32(), "holds DATE, which the engine spark does not take for labels"),
    ],
)
def test_types_that_engines_would_read_differently_are_refused(
    column: str, kind: pa.DataType, problem: str, tmp_path: Path
) -> None:
    columns = drawn(np.zeros(ROWS)) | {column: [0] * ROWS}
    path = write_parquet(tmp_path, columns, {column: kind})[1]
    assert problem in refusal(path, SPARK)


def test_folders_that_look_like_columns_and_names_that_look_like_patterns_are_read_as_they_are(
    tmp_path: Path, spark_session: object
) -> None:
    folder = tmp_path / "sex=other" / "odd [1] %20 {a,b}*"
    folder.mkdir(parents=True)
    columns = drawn(np.arange(ROWS) / ROWS)
    pq.write_table(pa.table(columns), folder / "c d#1.parquet")
    pq.write_table(pa.table(columns).slice(1), folder / "e.parquet")
    found = []
    for engine in (SPARK, engines.choose_engine()):
        with open_with(tmp_path, study(), engine) as comparisons:
            found.append(engines.count_by_subject(comparisons, HALF))
    assert found[0] == found[1]


@pytest.mark.parametrize("ansi", ["true", "false"])
def test_a_session_of_others_is_used_whatever_its_settings_and_left_as_it_was(
    ansi: str, tmp_path: Path, spark_session: Any
) -> None:
    write_csv(tmp_path, drawn(np.arange(ROWS) / ROWS))
    before = spark_session.conf.getAll
    spark_session.conf.set("spark.sql.ansi.enabled", ansi)
    spark_session.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    try:
        with open_with(tmp_path, study(), SPARK) as comparisons:
            found = engines.count_by_subject(comparisons, HALF)
        assert spark_session.conf.get("spark.sql.ansi.enabled") == ansi
        assert spark_session.range(3).count() == 3  # it still runs
    finally:
        for name in ("spark.sql.ansi.enabled", "spark.sql.session.timeZone"):
            spark_session.conf.set(name, before.get(name, "true"))
    with Comparisons(tmp_path, study()) as comparisons:
        assert engines.count_by_subject(comparisons, HALF) == found


def test_an_evaluation_by_spark_is_that_of_one_machine(tmp_path: Path, spark_session: object) -> None:
    world = Path(__file__).parents[2] / "data_synthetic"
    table = pq.read_table(world / "equal.parquet")
    pq.write_table(table.take(np.arange(0, table.num_rows, 20)), tmp_path / "scores.parquet")
    found = [
        harness.evaluate(tmp_path, study=world / "study.yaml", policy=world / "policy.yaml", **by)
        for by in ({"engine": "spark", "master": "local[2]"}, {})
    ]
    assert to_json(found[0]) == to_json(found[1])
