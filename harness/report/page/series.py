"""The numbers at every threshold, packed for a page that shows them at any."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from harness.arrays import IntArray
from harness.report.content.model import Report
from harness.report.content.quantities import Quantity
from harness.text import page

__all__ = ["Series", "shown_places"]


MOST_NUMBERS = 450_000
"""What fits into a page of 1.5 MB beside everything else."""


class Series:
    """Collects what changes with the threshold, and gives each row a number by which a page refers to it.

    Parameters
    ----------
    places : ndarray of int64, shape (P,)
        Of the thresholds shown.
    """

    def __init__(self, places: IntArray) -> None:
        self.places = places
        self._numbers: dict[tuple[int, int], int] = {}
        self._rows: list[dict[str, object]] = []
        self._words: dict[tuple[str, ...], int] = {}
        self._kept: list[Quantity] = []  # so that no other object gets the identity of one of them

    def row(self, quantity: Quantity, row: int) -> int | None:
        """Return the number of a row; None where it is the same at every threshold."""
        if quantity.constant:
            return None
        key = (id(quantity), row)
        if key not in self._numbers:
            self._numbers[key] = len(self._rows)
            self._kept.append(quantity)
            codes = quantity.codes[row, self.places]
            words = self._words.setdefault(quantity.words, len(self._words))
            self._rows.append(
                {"w": words, "c": int(quantity.counted), "v": np.diff(codes, prepend=0).tolist()}
            )
        return self._numbers[key]

    def packed(self, report: Report, across: Sequence[float], names: Mapping[int, str]) -> str:
        """Return everything, as JSON compressed with zlib and written in base 64.

        Parameters
        ----------
        report : Report
        across : sequence of float, length P
            How far across a figure each threshold shown lies.
        names : mapping of int to str
            What the marked thresholds are, by their place among those shown.
        """
        document = {
            "thresholds": [report.thresholds[place] for place in self.places],
            "across": [round(10_000 * share) for share in across],
            "names": {str(place): page(name) for place, name in names.items()},
            "words": [list(map(page, words)) for words in self._words],
            "rows": self._rows,
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def shown_places(report: Report) -> IntArray:
    """Return the places of the thresholds that a page shows: all, or as many as fit, the marked ones among them."""
    thresholds = len(report.thresholds)
    rows = sum(
        len(quantity.codes)
        for axis in report.axes
        for tabulation in axis.tabulations
        for quantity in tabulation.quantities
        if not quantity.constant
    )
    most = max(MOST_NUMBERS // max(rows, 1), 2)
    even = np.arange(thresholds)
    if thresholds > most:
        even = np.rint(np.linspace(0, thresholds - 1, most)).astype(np.int64)
    return np.union1d(even, np.array([report.start, *(mark.place for mark in report.marks)], np.int64))
