"""Names as whole numbers of 64 bits, by which searches and people are found in several files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from harness.comparisons.sql import WHOLE, identifier

if TYPE_CHECKING:
    import numpy.typing as npt

    from harness.arrays import IntArray

__all__ = ["NOBODY", "KeyNumbers", "are_whole", "key_sql", "keys_in", "keys_of", "starts_of", "whole_names"]

NOBODY = -1
"""The number of who has none."""
SPARSE = 4
"""With at most this many whole numbers for each that is a key, a number is looked up by its address."""
SLOTS = 4
"""Slots of a table for each key."""
SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio, times which keys that follow upon each other lie far apart."""


def are_whole(kinds: Iterable[str]) -> bool:
    """Whether columns of these SQL types can be compared as whole numbers rather than as text."""
    return all(kind in WHOLE - {"UBIGINT"} for kind in kinds)


def key_sql(column: str, *, whole: bool) -> str:
    """SQL for the key of a name: itself where all are whole numbers, else 64 bits that stand for its text.

    Of ten million names, two share these bits with a chance of 1 in 400,000.
    """
    name = identifier(column)
    return f"CAST({name} AS BIGINT)" if whole else f"hash(CAST({name} AS VARCHAR))"


def keys_in(column: pa.Array) -> IntArray:
    """Return the keys in a column without nulls."""
    keys: IntArray = column.to_numpy().view(np.int64)
    return keys


def keys_of(names: Sequence[str]) -> IntArray:
    """Return the keys of names as text."""
    with duckdb.connect() as connection:
        connection.register("names", pa.table({"name": pa.array(names, pa.string())}))
        found = connection.sql("SELECT hash(name) AS key FROM names").to_arrow_table()
    keys: IntArray = found["key"].to_numpy().view(np.int64)
    return keys


def whole_names(names: Sequence[str]) -> IntArray | None:
    """Return names as the whole numbers that they are written as; None where one is not."""
    try:
        numbers = np.array([int(name) for name in names], np.int64)
    except (ValueError, OverflowError):
        return None
    as_written = zip(numbers.tolist(), names, strict=True)
    return numbers if all(str(number) == name for number, name in as_written) else None


def starts_of(numbers: IntArray) -> IntArray:
    """Return where each run of equal numbers begins.

    Examples
    --------
    >>> starts_of(np.array([4, 4, 2, 4]))
    array([0, 2, 3])
    """
    if not len(numbers):
        return np.zeros(0, np.int64)
    return np.append(0, 1 + np.flatnonzero(numbers[1:] != numbers[:-1]))


class KeyNumbers:
    """The numbers of keys, from 0 in the order in which they are given.

    Parameters
    ----------
    keys : ndarray of int64
        Without repeats.

    Examples
    --------
    >>> KeyNumbers(np.array([70, 10, 40])).of(np.array([10, 11, 70]))
    array([ 1, -1,  0], dtype=int32)
    """

    def __init__(self, keys: IntArray) -> None:
        self._keys = keys
        self._lowest = int(keys.min()) if len(keys) else 0
        self._span = int(keys.max()) - self._lowest + 1 if len(keys) else 0
        numbers = np.arange(len(keys), dtype=np.int32)
        self._is_dense = self._span <= SPARSE * len(keys)
        if self._is_dense:
            self._table = np.full(self._span, NOBODY, np.int32)
            self._table[keys - self._lowest] = numbers
            return
        bits = max(10, int(SLOTS * len(keys) - 1).bit_length())
        self._shift = np.uint64(64 - bits)
        self._table = np.full(1 << bits, NOBODY, np.int32)
        slots = self._slots(keys)
        self._table[slots] = numbers
        others = np.flatnonzero(self._table[slots] != numbers)  # whose slot is another's
        self._others = others[np.argsort(keys[others])].astype(np.int32)

    def _slots(self, keys: IntArray) -> npt.NDArray[Any]:
        return ((keys.view(np.uint64) * SPREAD) >> self._shift).view(np.int64)

    def of(self, keys: IntArray) -> npt.NDArray[np.int32]:
        """Return the number of each key; `NOBODY` where there is none."""
        if self._is_dense:
            return self._addressed(keys)
        numbers = self._table.take(self._slots(keys))
        wrong = np.flatnonzero(self._keys.take(numbers, mode="wrap") != keys)
        if len(wrong):
            numbers[wrong] = self._among_others(keys[wrong])
        return numbers

    def _addressed(self, keys: IntArray) -> npt.NDArray[np.int32]:
        if not self._span:
            return np.full(len(keys), NOBODY, np.int32)
        at = (keys - self._lowest).view(np.uint64)  # those below the lowest are very large
        beyond = at >= np.uint64(self._span)
        if not beyond.any():
            return self._table.take(at.view(np.int64))
        numbers = self._table.take(np.where(beyond, 0, at.view(np.int64)))
        numbers[beyond] = NOBODY
        return numbers

    def _among_others(self, keys: IntArray) -> npt.NDArray[np.int32]:
        if not len(self._others):
            return np.full(len(keys), NOBODY, np.int32)
        theirs = self._keys[self._others]
        at = np.minimum(np.searchsorted(theirs, keys), len(theirs) - 1)
        return np.where(theirs[at] == keys, self._others[at], np.int32(NOBODY))
