"""The labels of groups: near-equal ones are refused, and those that a side of any comparison has are remembered."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.arrays import Integers
from harness.errors import InputError
from harness.study import Study

if TYPE_CHECKING:
    from harness.comparisons.coding import Coding

__all__ = [
    "NamedCells",
    "NearEqualLabelsError",
    "cell_of_side",
    "labels_in",
    "require_distinct_labels",
    "sides_of",
]

Cell: TypeAlias = tuple[str | None, ...]

MOST_SHOWN = 60


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
        "write them alike in all columns and files"
    )


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
    seen = [place for place, mark in enumerate(folded) if unicodedata.category(mark)[0] not in "ZC"]
    return folded[seen[0] : seen[-1] + 1] if seen else ""


def _shown(alike: list[str]) -> Any:
    """How to show labels so that they can be told apart: by code points where they look the same."""
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
    """Return the labels of each attribute that stand in cells."""
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
        places = np.unravel_index(np.flatnonzero(self._met), self._radices)
        return tuple(
            cell_of_side(
                self._study,
                (labels[rank - 1] if rank else None for labels, rank in zip(self._labels, side, strict=True)),
            )
            for side in zip(*(place.tolist() for place in places), strict=True)
        )
