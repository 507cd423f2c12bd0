"""A database's rows, as an Arrow stream of ADBC or a relation of DuckDB, count as those of the file they came from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from harness.comparisons import Comparisons
from harness.counting import Counts, SubjectCounts
from harness.engines import count_by_subject
from harness.errors import InputError
from tests.comparisons.known_trials import counts_of, study, trials

ROWS = 5000
THRESHOLDS = np.arange(1001) / 1000
COLUMNS = "score, mated, probe, reference, probe_ethnicity, reference_ethnicity"


@pytest.fixture
def table() -> pa.Table:
    columns = trials(ROWS)
    return pa.table(columns).set_column(1, "mated", pa.array([own == 1 for own in columns["mated"]]))


@contextmanager
def stored(connection: Any, table: pa.Table) -> Iterator[Any]:
    """Put a table into a database, and give a cursor of its own for one query."""
    with connection:
        with connection.cursor() as writer:
            writer.adbc_ingest("harness_scores", table, mode="replace")
        connection.commit()
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            with connection.cursor() as cleaner:
                cleaner.execute("DROP TABLE harness_scores")
            connection.commit()


def counted(scores: Any) -> tuple[Counts, SubjectCounts]:
    with Comparisons(scores, study()) as comparisons:
        return count_by_subject(comparisons, THRESHOLDS)


def test_rows_of_sqlite(table: pa.Table, data: Any) -> None:
    dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi")
    with stored(dbapi.connect(str(data / "scores.db")), table) as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM harness_scores")
        stream = cursor.fetch_record_batch()
        assert stream.schema.field("mated").type == pa.int64()  # SQLite has no flags
        assert stream.schema.field("score").type == pa.float64()
        assert counted(stream) == counted(table)


def test_rows_of_postgresql(table: pa.Table) -> None:
    address = os.environ.get("HARNESS_POSTGRES")
    if not address:
        pytest.skip("HARNESS_POSTGRES names no server, such as postgresql://user@host/database")
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with stored(dbapi.connect(address), table) as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM harness_scores")
        stream = cursor.fetch_record_batch()
        assert stream.schema.field("mated").type == pa.bool_()
        assert counted(stream) == counted(table)
        cursor.execute(f"SELECT score::real, {COLUMNS.removeprefix('score, ')} FROM harness_scores")
        narrow = table.set_column(0, "score", table["score"].cast(pa.float32()))
        assert counted(cursor.fetch_record_batch()) == counted(narrow)
        cursor.execute(f"SELECT score::numeric, {COLUMNS.removeprefix('score, ')} FROM harness_scores")
        with pytest.raises(
            InputError, match=r"column 'score' holds .*, not numbers; convert the scores to float64"
        ):
            counts_of(cursor.fetch_record_batch(), study())


def test_rows_of_a_relation_of_duckdb(table: pa.Table) -> None:
    with duckdb.connect() as connection:
        connection.register("given", table)
        connection.execute("CREATE TABLE harness_scores AS SELECT * FROM given")
        relation = connection.sql(f"SELECT {COLUMNS} FROM harness_scores")
        assert counted(relation) == counted(table)


def test_a_cursor_is_not_taken_for_its_rows(table: pa.Table, data: Any) -> None:
    dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi")
    with stored(dbapi.connect(str(data / "scores.db")), table) as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM harness_scores")
        with pytest.raises(InputError, match=r"Cursor is not a file, folder, .* or Arrow stream"):
            counted(cursor)
