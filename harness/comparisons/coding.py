"""A study's labels and columns, coded: a score and one integer for each comparison, as SQL.

The integer is ``2 * cell + mated``. A cell's number is written in mixed radix with one digit for each coded
column: the rank of the label, from 1, or 0 where the two sides of the comparison differ in that column.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.comparisons.source import missing_in_scores
from harness.comparisons.sql import FLOATING, identifier, is_label, literals, mated_sql, score_sql
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import Integers
    from harness.study import GroupColumns, Study

__all__ = [
    "SUBJECT_NUMBERS",
    "CodedColumn",
    "Coding",
    "NamedCells",
    "NearEqualLabelsError",
    "Queries",
    "as_counted",
    "cell_of_side",
    "labels_in",
    "labels_of",
    "require_columns",
    "require_distinct_labels",
    "sides_of",
]

Cell: TypeAlias = tuple[str | None, ...]
MOST_SHOWN = 60
LONGEST_LABEL = 1000
NO_TEXT = ("yes", "no", "on", "off", "true", "false", "null", "none")
"""Words that a reader of YAML may take for something else."""
MOST_CELLS = 1 << 24
SUBJECT_NUMBERS = "subject_numbers"
"""The table that holds the number of every subject."""


class NearEqualLabelsError(InputError):
    """Labels of one attribute that a reader takes for the same."""


def require_distinct_labels(labels: Mapping[str, Iterable[str]]) -> None:
    """Refuse labels of one attribute that differ only in case, outer blanks or Unicode form.

    Parameters
    ----------
    labels : mapping of str to iterable of str
        Those of each attribute.

    Raises
    ------
    NearEqualLabelsError
        Its one line names all of them.

    Examples
    --------
    >>> require_distinct_labels({"ethnicity": ["Asian", "Black"], "sex": ["F", "M"]})
    """
    found = [(attribute, alike) for attribute, texts in labels.items() for alike in _near_equal(texts)]
    if not found:
        return
    attributes = list(dict.fromkeys(attribute for attribute, _ in found))
    told = "; ".join(", ".join(map(_shown(alike), alike)) for _, alike in found[:MOST_SHOWN])
    more = f"; and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    raise NearEqualLabelsError(
        f"labels of {' and '.join(attributes)} that differ only in case, outer blanks or Unicode form: {told}{more}; "
        f"write them alike in all columns and files, or map them in the study ({_maps(found[:MOST_SHOWN])})"
    )


def _require_short(labels: Mapping[str, Iterable[str]]) -> None:
    for attribute, texts in labels.items():
        for text in texts:
            if len(text) > LONGEST_LABEL:
                raise InputError(
                    f"a label of {attribute} has {len(text):,} characters ({text[:MOST_SHOWN]!r} and so on), and at "
                    f"most {LONGEST_LABEL:,} can be printed; is its column one of labels?"
                )


def _maps(found: Iterable[tuple[str, list[str]]]) -> str:
    """Write the key of a study that maps labels that look alike to one of each, as it stands in a YAML file."""
    maps: dict[str, list[str]] = {}
    for attribute, alike in found:
        kept, ascii_only = min(alike, key=_oddness), _shown(alike) is ascii
        maps.setdefault(attribute, []).extend(
            f"{_yaml(label, ascii_only)}: {_yaml(kept, ascii_only)}" for label in alike if label != kept
        )
    by_attribute = (f"{_yaml(name, False)}: {{{', '.join(pairs)}}}" for name, pairs in maps.items())
    return f"labels: {{{', '.join(by_attribute)}}}"


def _oddness(label: str) -> tuple[bool, bool, bool, str]:
    """Rank labels by what a writer did not mean: another form, blanks around them, one case throughout."""
    is_normal = label == unicodedata.normalize("NFC", label)
    return not is_normal, label != label.strip(), label in (label.lower(), label.upper()), label


def _yaml(text: str, ascii_only: bool) -> str:
    """Write text so that any reader of YAML takes it for that text."""
    is_word = not ascii_only and re.fullmatch(r"[^\W\d_][\w -]*\w", text) and text.lower() not in NO_TEXT
    return text if is_word else json.dumps(text, ensure_ascii=ascii_only or not text.isprintable())


def _near_equal(texts: Iterable[str]) -> list[list[str]]:
    by_folded: dict[str, list[str]] = {}
    for text in sorted(set(texts)):
        by_folded.setdefault(_folded(text), []).append(text)
    return [alike for alike in by_folded.values() if len(alike) > 1]


def _folded(text: str) -> str:
    """Fold case and Unicode form (the Unicode Standard, D146), and leave out blanks and invisible marks around it."""
    folded = text
    for _ in range(2):  # the form of what case folding makes may again have a case to fold
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", folded).casefold())
    seen = [index for index, mark in enumerate(folded) if unicodedata.category(mark)[0] not in "ZC"]
    return folded[seen[0] : seen[-1] + 1] if seen else ""


def _shown(alike: list[str]) -> Any:
    """A way to show labels so that they can be told apart: by code points where they look the same."""
    looks = {unicodedata.normalize("NFKC", text) for text in alike}
    return repr if len(looks) == len(alike) else ascii


def sides_of(study: Study) -> tuple[tuple[str | None, ...], ...]:
    """Return the columns that hold the labels of either side, one for each attribute; None where none does.

    A column that stands alone holds the label of both sides, and under pairing ``probe`` that of the probe.
    """
    groups = study.groups.values()
    shared = study.pairing != "probe"
    probe = tuple(group.probe for group in groups)
    reference = tuple(group.reference or (group.probe if shared else None) for group in groups)
    return tuple(side for side in dict.fromkeys((probe, reference)) if any(side))


def cell_of_side(study: Study, labels: Iterable[str | None]) -> Cell:
    """Return the cell of comparisons of which both sides have these labels, one for each attribute."""
    return tuple(label for label in labels for _ in range(2 if study.pairing == "cross" else 1))


def labels_in(study: Study, cells: Iterable[Cell]) -> dict[str, set[str]]:
    """Return the labels of each attribute that appear in cells."""
    found: dict[str, set[str]] = {attribute: set() for attribute in study.groups}
    attributes = cell_of_side(study, study.groups)
    for cell in cells:
        for attribute, label in zip(attributes, cell, strict=True):
            if attribute is not None and label is not None:
                found[attribute].add(label)
    return found


class NamedCells:
    """Keeps which labels a side of a comparison has, so that a group without a comparison of its own is not lost.

    Parameters
    ----------
    study : Study
    coding : Coding
    """

    def __init__(self, study: Study, coding: Coding) -> None:
        self._study = study
        digits = len(coding.columns) // len(study.groups)
        self._labels = [column.labels for column in coding.columns[::digits]]
        self._radices = [len(labels) + 1 for labels in self._labels]
        self._sides = sides_of(study)
        self._met = np.zeros(prod(self._radices), np.bool_)
        self._left = sum(
            prod(len(labels) for labels, is_known in zip(self._labels, known, strict=True) if is_known)
            for known in {tuple(map(bool, side)) for side in self._sides}
        )

    def add(self, ranks: Mapping[str, Integers]) -> None:
        """Take note of a batch.

        Parameters
        ----------
        ranks : mapping of str to ndarray of integers, shape (N,)
            Of the labels in each column of groups, from 1.
        """
        if not self._left:
            return
        before = np.count_nonzero(self._met)
        for side in self._sides:
            self._met[self._numbers(side, ranks)] = True
        self._left -= int(np.count_nonzero(self._met) - before)

    def _numbers(self, side: tuple[str | None, ...], ranks: Mapping[str, Integers]) -> Integers:
        known = next(ranks[column] for column in side if column is not None)
        numbers = np.zeros(len(known), np.min_scalar_type(len(self._met)))
        for column, radix in zip(side, self._radices, strict=True):
            np.multiply(numbers, radix, out=numbers)
            if column is not None:
                np.add(numbers, ranks[column], out=numbers, casting="unsafe")  # every number fits
        return numbers

    def cells(self) -> tuple[Cell, ...]:
        """Return, for every combination of labels that a side has, the cell of comparisons of two such sides."""
        indices = np.unravel_index(np.flatnonzero(self._met), self._radices)
        return tuple(
            cell_of_side(
                self._study,
                (labels[rank - 1] if rank else None for labels, rank in zip(self._labels, side, strict=True)),
            )
            for side in zip(*(index.tolist() for index in indices), strict=True)
        )


@dataclass(frozen=True)
class CodedColumn:
    """One digit of a cell: an attribute's value, shared by both sides or read from one."""

    name: str
    sides: tuple[str, ...]
    labels: tuple[str, ...]
    is_enum: bool = False
    """Whether the columns hold an ENUM of all labels, in order."""

    def rank_sql(self, column: str) -> str:
        """Rank of a label, from 1; NULL for no label, 0 for one not listed."""
        if self.is_enum:
            return f"(CAST(enum_code({identifier(column)}) AS INTEGER) + 1)"
        return f"list_position({literals(self.labels)}, CAST({identifier(column)} AS VARCHAR))"

    @property
    def sql(self) -> str:
        """The digit; NULL where a label is missing."""
        ranks = [self.rank_sql(column) for column in self.sides]
        known = [f"NULLIF({rank}, 0)" for rank in ranks]
        if len(known) == 1:
            return known[0]
        probe, reference = known
        return f"CASE WHEN {probe} = {reference} THEN {probe} WHEN {probe} <> {reference} THEN 0 END"


@dataclass(frozen=True)
class Coding:
    """The digits of a cell's number, most significant first."""

    columns: tuple[CodedColumn, ...]

    @classmethod
    def of(
        cls, study: Study, labels: dict[str, tuple[str, ...]], enums: Container[str] = frozenset()
    ) -> Coding:
        """Code a study's attributes.

        Parameters
        ----------
        study : Study
        labels : dict
            The labels of each attribute, in the order of their ranks.
        enums : container of str
            Attributes whose columns hold an ENUM of all these labels.

        Raises
        ------
        InputError
            Where labels are near-equal or overlong, or there would be more than 2**24 cells.
        """
        _require_short(labels)
        require_distinct_labels(labels)
        coded: list[CodedColumn] = []
        for attribute, columns in study.groups.items():
            coded += [
                CodedColumn(name, sides, labels[attribute], attribute in enums)
                for name, sides in coded_sides(attribute, columns, study.pairing)
            ]
        coding = cls(tuple(coded))
        if prod(coding.radices) > MOST_CELLS:
            sizes = ", ".join(f"{column.name}: {len(column.labels)}" for column in coded)
            raise InputError(
                f"too many groups to tell apart ({sizes}); is one of these columns an identifier?"
            )
        return coding

    def by_source(self, study: Study) -> dict[str, CodedColumn]:
        """Return each column of labels in the source, and a coded column that ranks the labels of its attribute."""
        digits = len(self.columns) // len(study.groups)
        by_attribute = zip(study.groups.values(), self.columns[::digits], strict=True)
        return {name: column for group, column in by_attribute for name in group.columns}

    @property
    def radices(self) -> tuple[int, ...]:
        """Number of values that each digit takes."""
        return tuple(len(column.labels) + 1 for column in self.columns)

    @property
    def cell_sql(self) -> str:
        """The number of a comparison's cell; NULL where a label is missing."""
        number = "0"
        for column, radix in zip(self.columns, self.radices, strict=True):
            number = f"({number}) * {radix} + ({column.sql})"
        return number

    def cell(self, number: int) -> tuple[str | None, ...]:
        """Return the values that a cell's number stands for."""
        values: list[str | None] = []
        for column, radix in zip(reversed(self.columns), reversed(self.radices), strict=True):
            number, digit = divmod(number, radix)
            values.append(column.labels[digit - 1] if digit else None)
        return tuple(reversed(values))


def coded_sides(attribute: str, columns: GroupColumns, pairing: str) -> list[tuple[str, tuple[str, ...]]]:
    """Name the digits of an attribute under a pairing, and the source columns each is read from."""
    probe, reference = columns.probe, columns.reference
    if pairing == "cross":
        return [(f"{attribute} of probe", (probe,)), (f"{attribute} of reference", (reference or probe,))]
    if pairing == "probe" or reference is None:
        return [(attribute, (probe,))]
    return [(attribute, (probe, reference))]


@dataclass(frozen=True)
class Queries:
    """The canonical rows of a source, on a study's terms.

    Parameters
    ----------
    study : Study
    kinds : mapping of str to str
        The SQL type of each column.
    text_only : bool
        Whether every column arrives as text.
    """

    study: Study
    kinds: Mapping[str, str]
    text_only: bool

    def scored(self, relation: str, coding: Coding) -> str:
        """Select ``score`` and ``code`` of every row, whatever its subjects; code -1 where the row cannot be used."""
        return self._selected(relation, self._code(coding), "")

    def comparisons(self, relation: str, coding: Coding, more_columns: str = "") -> str:
        """Select the same, with code -1 also where the subjects cannot be used."""
        code = self._code(coding)
        if self.study.subjects:
            code = f"CASE WHEN {self._subjects_usable()} THEN {code} END"
        return self._selected(relation, code, more_columns)

    def _selected(self, relation: str, code: str, more_columns: str) -> str:
        of = self.study.score
        score = score_sql(of, self.kinds[of.column], text_only=self.text_only)
        return (
            f"SELECT {'-' if self.study.sign < 0 else ''}({score}) AS score, "
            f"CAST(COALESCE({code}, -1) AS INTEGER) AS code{more_columns} FROM {relation}"
        )

    def _code(self, coding: Coding) -> str:
        return f"2 * ({coding.cell_sql}) + ({self._mated})"

    @property
    def _mated(self) -> str:
        mated = self.study.mated
        return mated_sql(mated, self.kinds[mated.column], text_only=self.text_only)

    def side(self, column: int) -> int:
        """Return the numbering that a column of subjects goes by."""
        return column if self.study.identities == "separate" else 0

    def _subjects_usable(self) -> str:
        named = [f"CAST({identifier(column)} AS VARCHAR)" for column in self.study.subjects]
        conditions = [is_label(name) for name in named]
        if self.study.subjects_tell_truth:
            conditions.append(f"({named[0]} = {named[1]}) = (({self._mated}) = 1)")
        return " AND ".join(conditions)


def as_counted(study: Study) -> Study:
    """Return the study of searches once they are read: their scores are numbers by then, with no decimal comma."""
    return study.model_copy(update={"score": study.score.model_copy(update={"decimal": "."})})


def labels_of(column: str, relation: str, limit: str) -> str:
    """Select the distinct labels of a column."""
    text = f"CAST({identifier(column)} AS VARCHAR)"
    rows = f"SELECT {identifier(column)} FROM {relation} {limit}"
    return f"SELECT DISTINCT {text} FROM ({rows}) WHERE {is_label(text)}"


def require_columns(kinds: Mapping[str, str], study: Study, *, text_only: bool) -> None:
    """Refuse a source that lacks a column of the study, or has it as a type of no use.

    Columns that the study derives are looked at where they are there.

    Raises
    ------
    InputError
    """
    for column in study.required_columns:
        if column not in kinds:
            raise InputError(missing_in_scores(column, list(kinds)))
    score, mated = study.score.column, study.mated.column
    if score in kinds:
        score_sql(study.score, kinds[score], text_only=text_only)
    if mated in kinds:
        mated_sql(study.mated, kinds[mated], text_only=text_only)
    numbers = {column for attribute in study.bins for column in study.groups[attribute].columns}
    numbers |= {column for column in (study.own_score, study.own_rank, study.list_size) if column is not None}
    for column in study.columns:
        if column not in (score, mated, *numbers) and kinds.get(column) in FLOATING:
            raise InputError(
                f"column {column!r} holds {kinds[column]}, which cannot label; convert it to integers or text"
            )
