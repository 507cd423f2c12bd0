"""All that a study derives from the columns there are, put together in order."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from harness.comparisons.derived.base import Identities
from harness.comparisons.derived.kept import Kept
from harness.comparisons.derived.keys import with_key
from harness.comparisons.derived.named import FromValues
from harness.comparisons.derived.people import with_people
from harness.comparisons.derived.relabelled import Relabelled, mapped_columns
from harness.comparisons.listing import list_files
from harness.comparisons.sources import kinds_of
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons.database import Database
    from harness.comparisons.source import Source
    from harness.study import Study

__all__ = ["derived_from", "files_beside"]


def files_beside(study: Study) -> tuple[Path, ...]:
    """Find the files that a study reads beside the scores.

    Raises
    ------
    InputError
        Where there is none by a name.
    """
    return tuple(path for file in study.files for path in list_files([file]).paths)


def derived_from(
    database: Database, source: Source, study: Study, scratch: Path, *, digested: bool
) -> Source:
    """Return a source that has all columns of a study.

    Parameters
    ----------
    database : Database
    source : Source
    study : Study
    scratch : Path
        An existing folder for tables of files that are read beside the scores.
    digested : bool
        Whether these are digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where such a file cannot be read or used, or the source has a column by the name of one that is derived.
    """
    _require_not_there(source, kinds_of(database, source), study)
    if study.from_value:
        source = FromValues(source, study.from_value)
    if study.rows:
        source = Kept(source, study.rows)
    if mapped := dict(mapped_columns(study)):
        source = Relabelled(source, study, mapped)
    if study.key is not None:
        source = with_key(source, study, scratch, digested=digested)
    if study.mated.same:
        kinds = kinds_of(database, source)
        source = Identities.over_columns(source, kinds, study.mated.column, study.mated.same)
    if study.people is not None:
        source = with_people(source, kinds_of(database, source), study, scratch, digested=digested)
    return source


def _require_not_there(source: Source, kinds: Container[str], study: Study) -> None:
    for column in study.derived_columns:
        if column in kinds and column not in study.from_path:
            raise InputError(
                f"has a column {column!r}, which the study takes from elsewhere; rename it, or leave out what gives it "
                "in the study",
                source=source.name,
            )
