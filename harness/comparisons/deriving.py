"""All that a study derives from the columns there are, put together in order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.comparisons.listing import list_files
from harness.comparisons.people import with_people

if TYPE_CHECKING:
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
    source: Source, kinds: Mapping[str, str], study: Study, scratch: Path, *, digested: bool
) -> Source:
    """Return a source that has all columns of a study.

    Parameters
    ----------
    source : Source
    kinds : mapping of str to str
        The SQL type of each of its columns.
    study : Study
    scratch : Path
        An existing folder for tables of files that are read beside the scores.
    digested : bool
        Whether these are digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where such a file cannot be read or used.
    """
    if study.people is not None:
        source = with_people(source, kinds, study, scratch, digested=digested)
    return source
