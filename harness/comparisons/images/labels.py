"""Who each template, or each row and column of a matrix, is of, and which groups they belong to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.comparisons.source import Input
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import IntArray

__all__ = ["Labels", "Side", "checked_groups", "checked_labels", "numbered_together"]


@dataclass(frozen=True, eq=False)
class Labels:
    """A label for each of several images, as text.

    Attributes
    ----------
    texts : tuple of str
        The distinct labels, sorted.
    ranks : ndarray of int64, shape (N,)
        Which of them each image has.
    """

    texts: tuple[str, ...]
    ranks: IntArray

    def written(self) -> list[str]:
        """Return the label of each image."""
        return [self.texts[rank] for rank in self.ranks.tolist()]

    def of(self, index: int) -> str:
        """Return the label of one image."""
        return self.texts[int(self.ranks[index])]


@dataclass(frozen=True, eq=False)
class Side:
    """The images on one side of comparisons: who each is of.

    Attributes
    ----------
    name : str
        What errors call them.
    subjects : Labels
    groups : mapping of str to Labels
    """

    name: str
    subjects: Labels
    groups: Mapping[str, Labels]

    def __len__(self) -> int:
        return len(self.subjects.ranks)

    def at(self, index: int) -> str:
        """Say which image it is, in errors."""
        return f"[{index}] of {self.name}"

    def input_of_labels(self) -> Input:
        """Digest the labels, as JSON.

        The JSON is ``{"groups": {...}, "subjects": [...]}`` in UTF-8, keys sorted, without blanks.
        """
        labels = json.dumps(
            {
                "subjects": self.subjects.written(),
                "groups": {name: labels.written() for name, labels in self.groups.items()},
            },
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        ).encode()
        return Input(f"subjects and groups of {self.name}", len(labels), hashlib.sha256(labels).hexdigest())


def checked_groups(groups: Any, rows: int, name: str, one: str) -> dict[str, Labels]:
    """Return the labels of every attribute.

    Parameters
    ----------
    groups : mapping of str to sequence of str or int
    rows : int
        How many labels there must be.
    name : str
        What errors call those that are labelled.
    one : str
        And one of them, such as ``"template"``.

    Raises
    ------
    InputError
        Where there is no attribute, or a label is missing or too many.
    """
    if not isinstance(groups, Mapping) or not groups:
        raise InputError(
            f"must map at least one attribute to a label for each {one}, such as {{'sex': labels}}",
            source=f"groups of {name}",
        )
    return {
        str(attribute): checked_labels(values, rows, f"group {attribute!r} of {name}", one)
        for attribute, values in groups.items()
    }


def numbered_together(sides: Sequence[Labels]) -> tuple[tuple[str, ...], list[IntArray]]:
    """Number the labels of several sides alike, in the order of their texts.

    Returns
    -------
    tuple of str
        The distinct labels, sorted.
    list of ndarray of int64
        Which of them each image has, side by side.
    """
    texts = tuple(sorted({text for side in sides for text in side.texts}))
    number = {text: i for i, text in enumerate(texts)}
    return texts, [np.array([number[text] for text in side.texts], np.int64)[side.ranks] for side in sides]


def checked_labels(values: Any, rows: int, name: str, one: str) -> Labels:
    """Return labels as text; parameters and errors are those of `checked_groups`."""
    texts = _texts(values, name)
    if len(texts) != rows:
        raise InputError(f"{len(texts)} labels for {rows} {one}s; give every {one} one", source=name)
    unlabelled = pc.fill_null(pc.invert(pc.match_substring_regex(texts, r"[^\pZ\pC]")), True)
    if pc.any(unlabelled).as_py():
        row = pc.index(unlabelled, True).as_py()
        value = texts[row].as_py()
        shown = "nothing" if value is None else repr(value)
        raise InputError(
            f"[{row}] is {shown} where a label belongs; label the {one}, 'unknown' if need be, or leave it out",
            source=name,
        )
    coded = texts.dictionary_encode()
    found = coded.dictionary.to_pylist()
    distinct = tuple(sorted(found))
    rank = {text: i for i, text in enumerate(distinct)}
    return Labels(distinct, np.array([rank[text] for text in found], np.int64)[coded.indices.to_numpy()])


def _texts(values: Any, name: str) -> Any:
    import narwhals as nw  # of data in memory alone: files are read without

    try:
        series = nw.from_native(values, series_only=True, pass_through=True)
        array = series.to_arrow() if isinstance(series, nw.Series) else pa.array(values)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_floating(array.type) or array.null_count == len(array):
            return array.cast(pa.string())
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"mixes types or holds what cannot label ({error}); give text or integers", source=name
        ) from None
    raise InputError(f"holds {array.type}, which cannot label; give text or integers", source=name)
