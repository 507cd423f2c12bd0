"""The values of one column of the scores."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from harness.comparisons.database import Database
from harness.comparisons.derived.deriving import files_beside
from harness.comparisons.derived.named import with_paths
from harness.comparisons.source import missing_column
from harness.comparisons.sources import Scores, kinds_of, open_source
from harness.comparisons.sql import identifier
from harness.errors import InputError
from harness.files import temporary_folder

if TYPE_CHECKING:
    from harness.study import Study

__all__ = ["MOST_VALUES", "distinct_values"]

MOST_VALUES = 100
"""More than these are no matchers or runs."""


def distinct_values(scores: Scores, study: Study, column: str) -> tuple[str, ...]:
    """Return the values of a column that tells matchers or runs apart, in order.

    Parameters
    ----------
    scores : Scores
    study : Study
        Which says how text files are read.
    column : str

    Raises
    ------
    InputError
        Where there is no such column, a row has no value, or there are more values than can be told apart.

    Examples
    --------
    >>> from harness.study import load_study
    >>> study = load_study({"groups": {"sex": "sex"}})
    >>> scores = {"score": [0.1, 0.2, 0.3], "mated": [0, 1, 0], "sex": ["F"] * 3, "run": ["b", "a", "b"]}
    >>> distinct_values(scores, study, "run")
    ('a', 'b')
    """
    text = f"CAST({identifier(column)} AS VARCHAR)"
    columns = tuple(dict.fromkeys([*study.stored_columns, column]))
    with temporary_folder() as scratch:
        stored = open_source(
            scores,
            columns,
            scratch.folder,
            names=study.names,
            decimal=study.score.decimal,
            apart=files_beside(study),
        )
        with closing(Database(stored, scratch.folder)) as database:
            source = database.source = with_paths(stored, study)
            present = kinds_of(database, source)
            if column not in present:
                raise InputError(missing_column(column, list(present)), source=stored.name)
            found = database.fetch(
                f"SELECT DISTINCT {text} FROM {database.relation()} ORDER BY 1 NULLS FIRST LIMIT {MOST_VALUES + 1}"
            )
    values = tuple(value for (value,) in found)
    if values and values[0] is None:
        raise InputError(
            f"some rows have no value in column {column!r}, so they would be in no evaluation; give each one",
            source=stored.name,
        )
    if len(values) > MOST_VALUES:
        raise InputError(
            f"column {column!r} has more than {MOST_VALUES} values, too many to evaluate each; name a column that "
            "tells matchers or runs apart",
            source=stored.name,
        )
    return values
