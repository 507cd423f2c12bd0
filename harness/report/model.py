"""The parts of a report, whatever it is rendered as: plain values and no markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.numbers import DIGITS, LOWEST_EXPONENT, MANTISSAS, SMALLEST_MANTISSA, numeral_code, numeral_text

__all__ = [
    "AxisReading",
    "Block",
    "Column",
    "Comparison",
    "Distributions",
    "Facts",
    "Figure",
    "Formula",
    "Further",
    "Mark",
    "Panel",
    "Paragraph",
    "Quantity",
    "Reference",
    "Report",
    "Section",
    "Status",
    "Table",
    "Tabulation",
    "TradeOff",
    "Zone",
    "ZoneStrip",
    "counts",
    "numbers",
    "numeral_codes",
    "numeral_values",
    "words",
]


Status: TypeAlias = Literal["shown", "not_detected", "none"]


@dataclass(frozen=True, eq=False)
class Quantity:
    """A column of a table at T thresholds.

    Attributes
    ----------
    heading : str
    codes : ndarray of int64, shape (R, T), or (R, 1) where it is the same at every threshold
        A count, or the code of a numeral; below zero, the index of a word: -1 for the first.
    words : tuple of str
        Written in place of a number, with the reason where it is undefined.
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

    def text(self, row: int, index: int) -> str:
        """Write the number of a row at a threshold, or the word in place of it."""
        code = int(self.codes[row, 0 if self.constant else index])
        if code < 0:
            return self.words[-code - 1]
        return f"{code:,}" if self.counted else numeral_text(code)


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


def counts(heading: str, values: IntArray) -> Quantity:
    """Return a column of counts."""
    return Quantity(heading, np.atleast_2d(values).astype(np.int64), counted=True)


def numbers(
    heading: str,
    values: FloatArray,
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
        Written in place of NaN and inf, with the reason.
    """
    values = np.atleast_2d(values)
    codes = np.select([np.isnan(values), np.isinf(values)], [-1, -2], numeral_codes(values))
    return Quantity(heading, codes.astype(np.int64), (undefined, unbounded))


def words(heading: str, indices: IntArray, said: tuple[str, ...]) -> Quantity:
    """Return a column of words: indices among those said, shape (R, T) or (T,)."""
    return Quantity(heading, -1 - np.atleast_2d(indices).astype(np.int64), said, numeric=False)


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of prose."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Terms, each with what is said of it."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Column:
    """The heading of a column, and whether it holds numbers."""

    heading: str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Attributes
    ----------
    caption : str
        Names the numbers and those they are of.
    scope : str
        Threshold, confidence and whatever else the numbers hold for.
    columns : tuple of Column
        The first is that of the names.
    rows : tuple of tuple of str
    """

    caption: str
    scope: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Formula:
    """A method: what it does, its formula and where that comes from."""

    name: str
    text: str
    formula: str
    source: str


@dataclass(frozen=True, eq=False)
class Figure:
    """Curves against the threshold, to stand beside tables of the same numbers.

    Attributes
    ----------
    kind : {"false_matches", "worst_ratio", "gap", "false_non_matches"}
    axis, caption, alternative : str
        The last says what it shows, for those who do not see it.
    names : tuple of str, length C
        Of the curves.
    estimate, lower, upper : Quantity
        Their first C rows are the curves.
    limits : tuple of (float, str)
        Levels to mark, such as the tolerance of the policy, each with what it is.
    """

    kind: Literal["false_matches", "worst_ratio", "gap", "false_non_matches"]
    axis: str
    caption: str
    alternative: str
    names: tuple[str, ...]
    estimate: Quantity
    lower: Quantity
    upper: Quantity
    limits: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Panel:
    """A figure and the tables beside it."""

    figure: Figure
    tabulations: tuple[Tabulation, ...]


@dataclass(frozen=True)
class Further:
    """A table without a figure, or why it is not here.

    Attributes
    ----------
    heading, text : str
        The latter empty where there is nothing to say.
    tabulation : Tabulation or None
    """

    heading: str
    text: str
    tabulation: Tabulation | None


@dataclass(frozen=True)
class TradeOff:
    """The curves of one rate against the other: those of the two figures of rates, drawn against each other.

    Attributes
    ----------
    caption, alternative : str
    """

    caption: str
    alternative: str


@dataclass(frozen=True, eq=False)
class Distributions:
    """How scores are distributed, group by group.

    Attributes
    ----------
    caption, alternative : str
    groups : tuple of str, length G
    edges : ndarray of float64, shape (B + 1,)
        Of the intervals in which scores were counted.
    non_mated, mated : ndarray of float64, shape (G, B)
        Share of a group's trials for each unit of score; NaN without trials.
    """

    caption: str
    alternative: str
    groups: tuple[str, ...]
    edges: FloatArray
    non_mated: FloatArray
    mated: FloatArray


Block: TypeAlias = Paragraph | Facts | Table | Formula


@dataclass(frozen=True)
class Section:
    """A heading and the blocks below it."""

    key: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Mark:
    """A threshold that the answer or the policy names.

    Attributes
    ----------
    index : int
    label : str
        The threshold.
    names : tuple of str
        Its meanings; several where they coincide.
    """

    index: int
    label: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Zone:
    """A run of neighbouring thresholds with the same verdict: indices of the first and the last."""

    verdict: str
    first: int
    last: int


@dataclass(frozen=True)
class ZoneStrip:
    """The verdicts of one axis along the thresholds."""

    axis: str
    zones: tuple[Zone, ...]
    table: Table


@dataclass(frozen=True)
class AxisReading:
    """One axis at any threshold: figures, each with its table.

    Attributes
    ----------
    axis : str
    groups : tuple of str
    telling : tuple of int
        Indices of the groups that figures colour and name; all where there are few.
    marks : tuple of int
        Indices of the thresholds that matter to the axis.
    panels : tuple of Panel
    further : tuple of Further
    trade_off : TradeOff
    distributions : Distributions
    operating : tuple of Block
        The rates of every group where few of all trials are errors.
    """

    axis: str
    groups: tuple[str, ...]
    telling: tuple[int, ...]
    marks: tuple[int, ...]
    panels: tuple[Panel, ...]
    further: tuple[Further, ...]
    trade_off: TradeOff
    distributions: Distributions
    operating: tuple[Block, ...]

    @property
    def tabulations(self) -> tuple[Tabulation, ...]:
        """All its tables, in reading order."""
        beside_figures = (table for panel in self.panels for table in panel.tabulations)
        return (*beside_figures, *(part.tabulation for part in self.further if part.tabulation is not None))

    def tables_at(self, index: int) -> tuple[Table, ...]:
        """Return all its tables at one threshold."""
        return tuple(_at(tabulation, index) for tabulation in self.tabulations)


def _at(tabulation: Tabulation, index: int) -> Table:
    columns = tuple(Column(quantity.heading, quantity.numeric) for quantity in tabulation.quantities)
    rows = tuple(
        (name, *(quantity.text(row, index) for quantity in tabulation.quantities))
        for row, name in enumerate(tabulation.names)
    )
    return Table(
        tabulation.caption,
        f"At threshold {tabulation.thresholds[index]}. {tabulation.scope}",
        (Column(tabulation.names_heading, numeric=False), *columns),
        rows,
    )


@dataclass(frozen=True)
class Reference:
    """The threshold at which a report is read first.

    Attributes
    ----------
    index : int
    label : str
        The threshold.
    axis : str
        Of whose groups the table tells.
    table : Table
        Who is falsely matched there, and who is missed.
    """

    index: int
    label: str
    axis: str
    table: Table


@dataclass(frozen=True)
class Report:
    """A report on one evaluation, in reading order.

    Attributes
    ----------
    title, subtitle : str
    safe_threshold : str
        ``none`` where there is none.
    status : {"shown", "not_detected", "none"}
        How strong the answer is.
    headline : str
        The answer in one sentence.
    warnings : tuple of str
        To be read before the answer; see `harness.evaluation.unreliable`.
    reference : Reference
    tested : str
        What was tested, in a sentence.
    lead : Facts
        The answer in plain paragraphs.
    findings : Facts
        The answer line by line, as the command prints it.
    verdicts : tuple of (str, str)
        Those that any axis has at a threshold, each with its meaning.
    zones : tuple of ZoneStrip
    key_thresholds : Table
    thresholds : tuple of str
        Every threshold evaluated, from the most lenient to the strictest.
    safe : int or None
        Index of the safe threshold.
    first : int
        Index of the first threshold that tables and curves show; those before it are saturated.
    marks : tuple of Mark
    start : int
        Index of the threshold that a report shows first.
    axes : tuple of AxisReading
    sections : tuple of Section
        What only searches have, limits, methods, provenance and glossary.
    in_short : tuple of Section
        The same as far as eight pages have room for it.
    """

    title: str
    subtitle: str
    safe_threshold: str
    status: Status
    headline: str
    warnings: tuple[str, ...]
    reference: Reference
    tested: str
    lead: Facts
    findings: Facts
    verdicts: tuple[tuple[str, str], ...]
    zones: tuple[ZoneStrip, ...]
    key_thresholds: Table
    thresholds: tuple[str, ...]
    safe: int | None
    first: int
    marks: tuple[Mark, ...]
    start: int
    axes: tuple[AxisReading, ...]
    sections: tuple[Section, ...]
    in_short: tuple[Section, ...]


@dataclass(frozen=True)
class Comparison:
    """A report on two evaluations."""

    title: str
    subtitle: str
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]


def numeral_codes(values: FloatArray) -> IntArray:
    """Return the codes of an array of numbers, of the same shape; those that are not finite get 0."""
    finite = np.where(np.isfinite(values), values, 0.0)
    return np.array([numeral_code(value) for value in finite.ravel().tolist()], np.int64).reshape(
        values.shape
    )


def numeral_values(codes: IntArray) -> FloatArray:
    """Return the numbers that codes hold, to be drawn; NaN for a word."""
    exponent, index = np.divmod(np.maximum(codes, 1) - 1, MANTISSAS)
    values = (index + float(SMALLEST_MANTISSA)) * 10.0 ** (exponent + LOWEST_EXPONENT - DIGITS + 1)
    drawn: FloatArray = np.select([codes > 0, codes == 0], [values, 0.0], np.nan)
    return drawn
