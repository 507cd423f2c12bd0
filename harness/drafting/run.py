"""A study file drafted from scores, and from a file of people where there is one."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from harness.comparisons import Scores
from harness.comparisons.database import Database
from harness.comparisons.standard_input import StandardInput, is_standard_input
from harness.drafting.columns import Table, opened
from harness.drafting.patterns import pattern_of_people
from harness.drafting.people import read_people, subjects_named_by
from harness.drafting.roles import roles_of
from harness.drafting.writing import Draft
from harness.errors import InputError
from harness.files import temporary_folder

__all__ = ["draft"]


def draft(
    scores: Scores, people: str | os.PathLike[str] | None = None, *, folder: str | os.PathLike[str] = "."
) -> str:
    r"""Draft a study from what the columns of scores hold: a YAML file with the reason for each line.

    Nothing is taken from names alone where values can tell: the score is the column that goes best with the truth, two
    columns that are equal where a comparison is mated name people. What cannot be told is asked in comments.

    Parameters
    ----------
    scores : Scores
        As `harness.evaluate` takes them.
    people : path, optional
        A file with a row for each person, of which the labels are in the scores only by subject.
    folder : path
        Where the study file will lie, from which it names the file of people.

    Returns
    -------
    str
        YAML with comments.

    Raises
    ------
    InputError
        Where a file cannot be found or read, or the people's names none of those who are compared.

    Examples
    --------
    >>> scores = {"sim": [0.2, 0.9, 0.3, 0.8], "label": ["impostor", "genuine"] * 2, "sex": ["f", "f", "m", "m"]}
    >>> for line in draft(scores).splitlines():
    ...     if line and not line.lstrip().startswith("#"):
    ...         print(line)
    score: {column: sim, better: higher}
    mated: {column: label, mated: genuine, non_mated: impostor}
    groups:
      sex: sex
    task: verification
    """
    if not is_standard_input(scores):
        return _drafted(scores, people, Path(folder))
    with closing(StandardInput.spooled()) as spooled:
        try:
            return _drafted(spooled.path, people, Path(folder)).replace(str(spooled.path), "standard input")
        except InputError as error:
            raise spooled.named(error) from error


def _drafted(scores: Scores, people: str | os.PathLike[str] | None, folder: Path) -> str:
    with temporary_folder() as scratch, closing(Database(opened(scores), scratch.folder)) as database:
        table = Table(database)
        roles = roles_of(table)
        images = next(iter(roles.images), None)
        pattern = None if images is None else pattern_of_people(table, images, roles.reading.truth)
        if people is None:
            return Draft(table, roles, image_pattern=pattern).text()
        found = read_people(people, table, roles, scratch.folder)
        roles = roles.with_subjects(subjects_named_by(found, roles))
        named = str(found.file) if found.file.is_absolute() else os.path.relpath(found.file, folder)
        return Draft(table, roles, found, named, pattern).text()
