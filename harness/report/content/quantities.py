"""Numbers at every threshold, ready to be shown at any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray
from harness.report.content.numerals import count_text, numeral_codes, numeral_text

__all__ = ["Quantity", "Tabulation", "counts", "numbers", "words"]


@dataclass(frozen=True, eq=False)
class Quantity:
    """A column of a table at T thresholds.

    Attributes
    ----------
    heading : str
    codes : ndarray of int64, shape (R, T), or (R, 1) where it is the same at every threshold
        A count, or the code of a numeral; below zero, the place of a word: -1 for the first.
    words : tuple of str
        What stands in place of a number, with the reason where it is undefined.
    counted : bool
        Whether codes are counts.
    numeric : bool
        Whether it holds numbers, but for such words.
    """

    heading: str
    codes: IntArray
    words: tuple[str, ...] = ()
    counted: bool = False
    numeric: bool = True

    @property
    def constant(self) -> bool:
        """Whether it is the same at every threshold."""
        return len(self.codes.T) == 1

    def text(self, row: int, place: int) -> str:
        """Write the number of a row at a threshold, or the word in place of it."""
        code = int(self.codes[row, 0 if self.constant else place])
        if code < 0:
            return self.words[-code - 1]
        return count_text(code) if self.counted else numeral_text(code)


@dataclass(frozen=True, eq=False)
class Tabulation:
    """A table at every threshold.

    Attributes
    ----------
    caption, scope : str
        As those of a table, but for the threshold.
    names_heading : str
    names : tuple of str, length R
        Of the rows.
    quantities : tuple of Quantity
        The other columns.
    thresholds : tuple of str, length T
    """

    caption: str
    scope: str
    names_heading: str
    names: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    thresholds: tuple[str, ...]


def counts(heading: str, values: npt.NDArray[np.int64]) -> Quantity:
    """Return a column of counts."""
    return Quantity(heading, np.atleast_2d(values).astype(np.int64), counted=True)


def numbers(
    heading: str,
    values: npt.NDArray[np.float64],
    *,
    undefined: str = "undefined",
    unbounded: str = "no upper bound",
) -> Quantity:
    """Return a column of numbers.

    Parameters
    ----------
    heading : str
    values : ndarray of float64, shape (R, T) or (T,)
    undefined, unbounded : str
        What NaN and inf are written as, with the reason.
    """
    values = np.atleast_2d(values)
    codes = np.select([np.isnan(values), np.isinf(values)], [-1, -2], numeral_codes(values))
    return Quantity(heading, codes.astype(np.int64), (undefined, unbounded))


def words(heading: str, places: npt.NDArray[np.int64], said: tuple[str, ...]) -> Quantity:
    """Return a column of words: places among those said, shape (R, T) or (T,)."""
    return Quantity(heading, -1 - np.atleast_2d(places).astype(np.int64), said, numeric=False)
