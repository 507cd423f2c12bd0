"""Counts of comparisons that reach each threshold, by cell; they add up and serialise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from harness.errors import InputError

if TYPE_CHECKING:
    from harness.arrays import FloatArray, IntArray

__all__ = ["MATED", "NON_MATED", "Cell", "Counts", "cell_order", "sealed", "sum_by_cell", "unsealed"]

Cell: TypeAlias = tuple[str | None, ...]
"""The value of each coded column; None where the two sides of a comparison differ in it."""
NON_MATED, MATED = 0, 1
SCHEMA = "harness/counts/1"
DIGEST_SIZE = hashlib.sha256().digest_size


@dataclass(frozen=True, eq=False)
class Counts:
    """How many comparisons of each cell reach exactly N thresholds.

    Attributes
    ----------
    columns : tuple of str
        What the entries of a cell are values of.
    thresholds : ndarray of float64, shape (T,)
        Strictly ascending; a comparison matches when its score is at or above.
    cells : tuple of Cell, length C
        Sorted, without repeats.
    bins : ndarray of int64, shape (C, 2, T + 1)
        ``bins[c, m, b]``: comparisons of cell c, mated (m = 1) or not (m = 0), that reach exactly the b lowest
        thresholds.
    missing : ndarray of int64, shape (C, 2)
        Comparisons without a score.
    """

    columns: tuple[str, ...]
    thresholds: FloatArray
    cells: tuple[Cell, ...]
    bins: IntArray
    missing: IntArray

    @classmethod
    def zero(cls, columns: Sequence[str], thresholds: FloatArray) -> Counts:
        """Return the counts of no comparisons, which adding leaves all others as they are."""
        return cls(
            tuple(columns),
            thresholds,
            (),
            np.zeros((0, 2, len(thresholds) + 1), np.int64),
            np.zeros((0, 2), np.int64),
        )

    @cached_property
    def trials(self) -> IntArray:
        """Comparisons counted, shape (C, 2)."""
        trials: IntArray = self.bins.sum(axis=-1)
        return trials

    @cached_property
    def matches(self) -> IntArray:
        """Comparisons at or above each threshold, shape (C, 2, T)."""
        reverse_cumulative: IntArray = np.cumsum(self.bins[..., :0:-1], axis=-1)[..., ::-1]
        return reverse_cumulative

    def __add__(self, other: Counts) -> Counts:
        if self.columns != other.columns or not np.array_equal(self.thresholds, other.thresholds):
            raise InputError("counts can be added only when their columns and thresholds are the same")
        return sum_by_cell(
            self.columns,
            self.thresholds,
            self.cells + other.cells,
            np.concatenate([self.bins, other.bins]),
            np.concatenate([self.missing, other.missing]),
        )

    def __sub__(self, other: Counts) -> Counts:
        """Take away comparisons that were counted; cells stay, though none of theirs may be left."""
        left = self + Counts(other.columns, other.thresholds, other.cells, -other.bins, -other.missing)
        if left.cells != self.cells or min(left.bins.min(initial=0), left.missing.min(initial=0)) < 0:
            raise InputError("counts can be taken away only from counts that they are part of")
        return left

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counts):
            return NotImplemented
        return (
            self.columns == other.columns
            and self.cells == other.cells
            and np.array_equal(self.thresholds, other.thresholds)
            and np.array_equal(self.bins, other.bins)
            and np.array_equal(self.missing, other.missing)
        )

    __hash__ = None  # type: ignore[assignment]

    def naming(self, cells: Sequence[Cell]) -> Counts:
        """Return the same counts with these cells among them, of which there may be no comparisons."""
        cells = sorted({*cells} - {*self.cells}, key=cell_order)
        if not cells:
            return self
        none = np.zeros((len(cells), *self.bins.shape[1:]), np.int64)
        return self + Counts(self.columns, self.thresholds, tuple(cells), none, none[..., 0])

    def regrouped(self, columns: Sequence[str], cell_of: Callable[[Cell], Cell | None]) -> Counts:
        """Add up cells that share a new cell; those for which ``cell_of`` is None are left out."""
        new = [cell_of(cell) for cell in self.cells]
        kept = [i for i, cell in enumerate(new) if cell is not None]
        cells = tuple(cell for cell in new if cell is not None)
        return sum_by_cell(tuple(columns), self.thresholds, cells, self.bins[kept], self.missing[kept])

    def at(self, thresholds: FloatArray) -> Counts:
        """Keep only some of the thresholds.

        Parameters
        ----------
        thresholds : ndarray of float64
            Ascending, each one of ``self.thresholds``.

        Raises
        ------
        InputError
            Where a threshold was not counted at, or they do not ascend.
        """
        if not (np.diff(thresholds) > 0).all():
            raise InputError("thresholds to read counts at must ascend, without repeats")
        index = np.searchsorted(self.thresholds, thresholds)
        found = self.thresholds[np.minimum(index, len(self.thresholds) - 1)] == thresholds
        if not found.all():
            raise InputError(
                f"threshold {float(thresholds[~found][0])!r} was not counted at; count again with it"
            )
        starts = np.concatenate([[0], index + 1])
        bins = np.add.reduceat(self.bins, starts, axis=-1) if len(self.cells) else self.bins[..., starts]
        return Counts(self.columns, thresholds, self.cells, bins, self.missing)

    def to_bytes(self) -> bytes:
        """Serialise as an Arrow IPC stream of the partials ``(cell, mated, bin, n)`` that are not zero.

        A missing score is in bin -1. The stream's SHA-256 follows it. Equal counts give equal bytes.
        """
        with_missing = np.concatenate([self.missing[..., None], self.bins], axis=-1)
        cell, mated, index = np.nonzero(with_missing)
        head = {
            "schema": SCHEMA,
            "columns": self.columns,
            "cells": self.cells,
            "thresholds": self.thresholds.tolist(),
        }
        return sealed(
            head,
            {
                "cell": pa.array(cell, pa.int64()),
                "mated": pa.array(mated == MATED, pa.bool_()),
                "bin": pa.array(index - 1, pa.int64()),
                "n": pa.array(with_missing[cell, mated, index], pa.int64()),
            },
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Counts:
        """Read what `to_bytes` wrote.

        Raises
        ------
        InputError
            Where the bytes are not such a stream, whole and unaltered.
        """
        head, table = unsealed(data, SCHEMA)
        try:
            cells = tuple(tuple(cell) for cell in head["cells"])
            thresholds = np.array(head["thresholds"], np.float64)
            partials = [table[name].to_numpy() for name in ("cell", "mated", "bin")]
            with_missing = np.zeros((len(cells), 2, len(thresholds) + 2), np.int64)
            with_missing[partials[0], partials[1].astype(np.intp), partials[2] + 1] = table["n"].to_numpy()
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise InputError(f"these bytes are not serialised counts ({error})") from error
        return cls(
            tuple(head["columns"]),
            thresholds,
            cells,
            np.ascontiguousarray(with_missing[..., 1:]),
            with_missing[..., 0],
        )


def sum_by_cell(
    columns: tuple[str, ...],
    thresholds: FloatArray,
    cells: tuple[Cell, ...],
    bins: IntArray,
    missing: IntArray,
) -> Counts:
    """Make counts of rows of which several may be of one cell."""
    unique = tuple(sorted(set(cells), key=cell_order))
    row = {cell: i for i, cell in enumerate(unique)}
    target = np.array([row[cell] for cell in cells], np.intp)
    summed_bins = np.zeros((len(unique), *bins.shape[1:]), np.int64)
    summed_missing = np.zeros((len(unique), 2), np.int64)
    np.add.at(summed_bins, target, bins)
    np.add.at(summed_missing, target, missing)
    return Counts(columns, thresholds, unique, summed_bins, summed_missing)


def cell_order(cell: Cell) -> tuple[tuple[bool, str], ...]:
    """Return what cells are sorted by: their values in turn, None last."""
    return tuple((value is None, value or "") for value in cell)


def sealed(head: Mapping[str, Any], columns: Mapping[str, pa.Array]) -> bytes:
    """Write columns as an Arrow IPC stream with a JSON head, and its SHA-256.

    Parameters
    ----------
    head : mapping
        Its ``schema`` says what the columns are.
    columns : mapping of str to Array
    """
    table = pa.table(columns).replace_schema_metadata({"counts": json.dumps(head)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream = bytes(sink.getvalue())
    return stream + hashlib.sha256(stream).digest()  # part of a stream may read like a whole one


def unsealed(data: bytes, schema: str) -> tuple[dict[str, Any], pa.Table]:
    """Read what `sealed` wrote: the head and the columns.

    Raises
    ------
    InputError
        Where the bytes are not such a stream, whole and unaltered, or of another schema.
    """
    stream, digest = data[:-DIGEST_SIZE], data[-DIGEST_SIZE:]
    if hashlib.sha256(stream).digest() != digest:
        raise InputError("these bytes are not serialised counts, or not all of them; write them again")
    try:
        table = pa.ipc.open_stream(stream).read_all()
        head: dict[str, Any] = json.loads(table.schema.metadata[b"counts"])
        if head["schema"] != schema:
            raise ValueError(f"schema {head['schema']!r}")
    except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise InputError(f"these bytes are not serialised counts ({error})") from error
    return head, table
