"""A matrix of scores, row by column, as a source of comparisons."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from harness.comparisons.images.pair_source import PairSource, StudyLike, require_both_classes, terms_of
from harness.comparisons.images.pairs import Pairs, Taken, pairs_of
from harness.comparisons.images.score_array import MatrixScores, ScoreArray, first_unequal, open_array
from harness.comparisons.images.sides import PeopleLike, PeopleOfSide, read_side
from harness.config import document_from, validate
from harness.errors import InputError
from harness.study import Study

if TYPE_CHECKING:
    from harness.comparisons.images.labels import Side
    from harness.comparisons.images.sides import Digests

__all__ = ["ScoreMatrix", "matrix", "matrix_of"]

Name: TypeAlias = str | tuple[str, str]
"""Of a column of the people of rows and columns alike, or of either."""


@dataclass(frozen=True, eq=False)
class ScoreMatrix(PairSource):
    """The scores of every row against every column, which `harness.evaluate` counts; made by `matrix`.

    Attributes
    ----------
    sides : one or two Side
        Two where the columns are other images than the rows.
    array : ScoreArray
    unequal : (int, int) or None
        Where a square table of one set of images is not symmetric.
    digests : tuple of callable
        Of the scores and of the people.
    """

    what: ClassVar[str] = "the scores of a matrix"
    image: ClassVar[str] = "image"

    array: ScoreArray
    unequal: tuple[int, int] | None
    digests: tuple[Digests, ...]

    @property
    def taken(self) -> Taken:
        """Which scores are comparisons."""
        if len(self.sides) == 2:
            return "between"
        return "once" if self.unequal is None else "both ways"

    def open(self, study: Study) -> Pairs:
        """Return every score as a comparison of a study that `study` gave.

        Raises
        ------
        InputError
            Where a score is infinite, or missing and the study says nothing of it, or a person has two labels.
        """
        lacks = self.array.require_usable(
            self.sides, diagonal=self.taken == "between", missing=study.missing_scores != "reject"
        )
        scores = MatrixScores(self.array, study.sign, lacks, self.digests)
        return Pairs(self.sides, scores, study, self.taken, notes=(self._note(),))

    def _note(self) -> str:
        """Say which scores are comparisons."""
        rows, columns = self.array.scores.shape
        taken = f"{pairs_of(rows, columns, self.taken):,} comparisons"
        if self.taken == "between":
            return (
                f"The scores are a matrix of {rows:,} probes (rows) and {columns:,} references (columns), all of which "
                f"are compared: {taken}.{self._doubt()}"
            )
        itself = f"The {rows:,} scores on the diagonal, of an image with itself, are left out."
        if self.unequal is None:
            return f"The scores are a symmetric matrix, of which each pair of images counts once: {taken}. {itself}"
        i, j = self.unequal
        one, other = self.array.scores[i, j], self.array.scores[j, i]
        return (
            f"The scores are a matrix of images among themselves that is not symmetric ([{i}, {j}] is {one} and "
            f"[{j}, {i}] is {other}), so each pair of images counts both ways, the row being the probe: {taken}. "
            f"{itself}"
        )

    def _doubt(self) -> str:
        """Say that columns which are called other images may be the rows again."""
        diagonal, (rows, columns) = np.diagonal(self.array.scores), self.array.scores.shape
        if rows != columns or rows == 1 or (diagonal != diagonal[0]).any():
            return ""
        return (
            f" Each score on its diagonal is {diagonal[0]}, as of an image with itself: if the columns are the same "
            "images as the rows, leave out who they are, and evaluate again."
        )

    def _contradictions(self, study: Study) -> list[tuple[str, bool]]:
        return [
            (
                "matrix: the matrix says itself who its rows and columns are; leave it out",
                study.matrix is not None,
            ),
            *super()._contradictions(study),
        ]

    def _terms(self, attributes: Iterable[str]) -> dict[str, Any]:
        return terms_of(attributes)


def matrix(
    scores: Any,
    rows: PeopleLike,
    columns: PeopleLike | None = None,
    *,
    subject: Name = "subject",
    groups: Mapping[str, Name] | None = None,
    array: str | None = None,
) -> ScoreMatrix:
    """Take a matrix of scores, each row compared with each column, for `harness.evaluate`.

    Scores are counted block by block and never written out as rows; an ``.npy`` file is mapped, not read into memory.
    Scores of the same subject are mated. The row is the probe, which matters only for ``pairing: probe`` and
    ``cross``.

    Where ``columns`` are left out they are the same images as the rows, and scores on the diagonal, of an image with
    itself, are no comparisons. Such a matrix that is symmetric to the last bit counts once: the probe of a pair is the
    image that comes first. One that is not counts both ways.

    Parameters
    ----------
    scores : array-like or path
        Shape (N, M); an ``.npy`` or ``.npz`` file, or an array of float16, float32, float64 or whole numbers up to
        2**53. NaN is a comparison without a score, see ``missing_scores`` of a study.
    rows, columns : People, mapping, data frame or path
        Who each row and each column is, in order: `People`, with subjects and groups; or a table with a line for each.
    subject : str or (str, str)
        Of a table, the column that names the subject: of rows and columns alike, or of either.
    groups : mapping of str to str or (str, str), optional
        And the column of each attribute; by default every other column is one.
    array : str, optional
        Which of several arrays in an ``.npz`` file.

    Returns
    -------
    ScoreMatrix
        To be given to `harness.evaluate` in place of scores, with a study that need only name the matcher, and say
        ``score: {better: lower}`` of distances.

    Raises
    ------
    InputError
        Where scores or people cannot be read or are not as many; where no score is mated or all are.

    Examples
    --------
    >>> people = {"subject": ["ann", "ann", "bea"], "sex": ["F", "F", "F"]}
    >>> scores = matrix([[1.0, 0.9, 0.2], [0.9, 1.0, 0.3], [0.2, 0.3, 1.0]], people)
    >>> scores.open(scores.study({"matcher": {"name": "A", "version": "1"}})).rows()
    3
    """
    opened = open_array(scores, array)
    table = opened.scores
    if columns is None and table.shape[0] != table.shape[1]:
        raise InputError(
            f"has {table.shape[0]:,} rows and {table.shape[1]:,} columns, so they are not the same images; say who the "
            "columns are too (matrix: {rows: ..., columns: ...}; --matrix-columns)",
            source=opened.name,
        )
    given = (rows,) if columns is None else (rows, columns)
    names = zip(given, ("row", "column"), table.shape, (0, 1), strict=False)
    read = [
        read_side(PeopleOfSide(people, one, _of(subject, i), _all_of(groups, i)), length, opened.name)
        for people, one, length, i in names
    ]
    sides = tuple(side for side, _ in read)
    _require_alike(sides)
    digests = (opened.digests, *(digest for _, digest in read))
    source = ScoreMatrix(sides, opened, first_unequal(table) if columns is None else None, digests)
    _require_columns_are_others(source)
    require_both_classes(sides, source.taken, ScoreMatrix.image)
    return source


def matrix_of(scores: Any, study: Study) -> tuple[ScoreMatrix, Study]:
    """Take the matrix that a study describes, and return it and the study, filled in.

    Parameters
    ----------
    scores : array-like or path
        Or a sequence of one path.
    study : Study
        With ``matrix``.

    Raises
    ------
    InputError
        As of `matrix`.
    """
    if isinstance(scores, Sequence) and not isinstance(scores, str) and scores:
        paths = [item for item in scores if isinstance(item, str | os.PathLike)]
        if len(paths) == len(scores) > 1:
            raise InputError(f"a matrix is one file, and {len(paths)} are named; evaluate each by itself")
        scores = paths[0] if paths else scores
    described, plain = study.matrix, study.to_dict()
    assert described is not None  # noqa: S101 - or there would be nothing to take
    del plain["matrix"]
    source = matrix(
        scores,
        described.rows,
        described.columns,
        subject=(study.subjects[0], study.subjects[-1]),
        groups={name: (group.probe, group.reference or group.probe) for name, group in study.groups.items()},
        array=described.array,
    )
    stated: StudyLike = validate(Study, document_from({**plain, **terms_of(study.groups)}, "study"))
    return source, source.study(stated)


def _of(name: Name, side: int) -> str:
    return name if isinstance(name, str) else name[side]


def _all_of(names: Mapping[str, Name] | None, side: int) -> dict[str, str] | None:
    return None if names is None else {attribute: _of(name, side) for attribute, name in names.items()}


def _require_alike(sides: Sequence[Side]) -> None:
    if set(sides[0].groups) != set(sides[-1].groups):
        raise InputError(
            f"rows are labelled by {sorted(sides[0].groups)} and columns by {sorted(sides[-1].groups)}; "
            "label both alike, or name the groups"
        )


def _require_columns_are_others(source: ScoreMatrix) -> None:
    """Refuse columns that are the rows again: each pair would count twice, and each image be compared with itself."""
    if len(source.sides) == 1 or len(set(source.array.scores.shape)) > 1:
        return
    same_people = len({tuple(side.subjects.written()) for side in source.sides}) == 1
    if same_people and len(source.array.scores) > 1 and first_unequal(source.array.scores) is None:
        raise InputError(
            "is symmetric, and its columns are the same people as its rows, in the same order: the same images, which "
            "would be compared with themselves; leave out who the columns are (matrix: {columns}; --matrix-columns)",
            source=source.array.name,
        )
