"""What is wrong with a row that Spark could not use: found again in its file, as one machine would name it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NoReturn

import duckdb

from harness.comparisons.database import Database
from harness.comparisons.faults import first_fault
from harness.comparisons.files import Files
from harness.comparisons.source import Source
from harness.comparisons.unchanged import CHANGED
from harness.engines.cluster.spark.paths import path_of
from harness.engines.cluster.spark.session import failure_of
from harness.errors import InputError
from harness.files import temporary_folder
from harness.study import Study

__all__ = ["refuse"]


def refuse(
    source: Files,
    study: Study,
    kinds: Mapping[str, str],
    faulty: Collection[str] | None,
    failure: Exception | None = None,
) -> NoReturn:
    """Raise what is wrong with the first row that cannot be used, or with the first file.

    Parameters
    ----------
    source : Files
    study : Study
    kinds : mapping of str to str
    faulty : collection of str or None
        Which files hold such rows, as Spark names them; None where any may.
    failure : Exception, optional
        What Spark raised.

    Raises
    ------
    InputError
    """
    source.require_unchanged()
    among = None if faulty is None else {path_of(uri) for uri in faulty}
    for part, path in zip(source.parts(), source.paths, strict=True):
        if among is None or path.absolute() in among:
            fault = _fault_of(part, study, kinds)
            if fault is not None:
                raise fault from failure
    if failure is not None:
        raise InputError(f"Spark cannot count it ({failure_of(failure)})", source=source.name) from failure
    if source.text_only:
        raise InputError(
            "holds a line that the engine spark does not take for a comparison, such as one with a line break or a "
            "stray mark within a value; write the scores as Parquet, or count with the engine local",
            source=source.name,
        )
    raise InputError(CHANGED, source=source.name)


def _fault_of(part: Source, study: Study, kinds: Mapping[str, str]) -> InputError | None:
    with temporary_folder() as scratch:
        database = Database(part, scratch.folder)
        with database.reader_faults(), duckdb.connect() as connection:
            return first_fault(connection, part, study, dict(kinds))
