"""Which column of a file of records holds which value, and how its values are written."""

from __future__ import annotations

import os
import re
from calendar import month_abbr, month_name
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from harness.config import (
    Document,
    MappingOf,
    StrictModel,
    TupleOf,
    load,
    plain,
    problem_at,
    shown,
    validate,
    with_options,
)
from harness.study import distinct

__all__ = [
    "Columns",
    "Fixed",
    "GroupColumns",
    "RecordMapping",
    "date_reader",
    "load_mapping",
    "mapping_from_options",
]

_DATE_TOKENS = {
    "YYYY": ("%Y", "[0-9]{4}"),
    "MMMM": ("%B", f"({'|'.join(month_name[1:])})"),
    "MMM": ("%b", f"({'|'.join(month_abbr[1:])})"),
    "MM": ("%m", "(0[1-9]|1[0-2])"),
    "M": ("%m", "(0?[1-9]|1[0-2])"),
    "DD": ("%d", "(0[1-9]|[12][0-9]|3[01])"),
    "D": ("%d", "(0?[1-9]|[12][0-9]|3[01])"),
}
"""The name that strptime has for each, and its exact form: strptime takes one digit where two are asked for."""
_DATE_PART = re.compile(r"YYYY|MMMM|MMM|MM|DD|M|D|[A-Za-z]+|[^A-Za-z]+")


def date_reader(pattern: str) -> Callable[[str], date]:
    """Return a reader of dates of a pattern.

    Parameters
    ----------
    pattern : str
        YYYY, a month (MM, M, MMM or MMMM) and a day (DD or D), each once, with any signs but letters between.

    Returns
    -------
    callable
        From a text to a date; it raises ValueError, with what is wrong, where the text is not such a date.

    Raises
    ------
    ValueError
        Where the pattern names no day, or names it twice.

    Examples
    --------
    >>> date_reader("D MMMM YYYY")("4 March 2026")
    datetime.date(2026, 3, 4)
    """
    parts = _DATE_PART.findall(pattern)
    kinds = sorted(part[0] for part in parts if part in _DATE_TOKENS)
    if kinds != ["D", "M", "Y"] or any(part.isalpha() and part not in _DATE_TOKENS for part in parts):
        raise ValueError(
            f"{pattern!r} is not a pattern of a date; write one such as YYYY-MM-DD or DD/MM/YYYY"
        )
    tokens = [_DATE_TOKENS.get(part, (part.replace("%", "%%"), re.escape(part))) for part in parts]
    form = "".join(name for name, _ in tokens)
    exact = re.compile("".join(shape for _, shape in tokens), re.IGNORECASE)

    def read(text: str) -> date:
        if not exact.fullmatch(text):
            raise ValueError(f"is not a date as {pattern}")
        try:
            return datetime.strptime(text, form).date()  # a day, which has no time zone
        except ValueError as error:
            raise ValueError(f"is not a date as {pattern}: {error}") from error

    return read


def _named(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{shown(text)} is blank")
    return text


def _known_date_format(text: str) -> str:
    date_reader(text)
    return text


_Name = Annotated[str, AfterValidator(_named)]


class Columns(StrictModel):
    """The column of each value; null where the file has none.

    Parameters
    ----------
    date, place : str
    watchlist_size, threshold, faces, alerts, true_alerts, false_alerts : str or None
        With null the value is unknown in every record, or `fixed`.
    unconfirmed_alerts : str, optional
        Alerts whose outcome is unknown; without it, alerts must be true plus false ones.
    false_alert_rate : str, optional
        Stated false alerts over faces, to be compared with the counts.
    id : str, optional
        Tells deployments of one day and place apart.
    """

    date: _Name = "date"
    place: _Name = "place"
    watchlist_size: _Name | None = "watchlist_size"
    threshold: _Name | None = "threshold"
    faces: _Name | None = "faces"
    alerts: _Name | None = "alerts"
    true_alerts: _Name | None = "true_alerts"
    false_alerts: _Name | None = "false_alerts"
    unconfirmed_alerts: _Name | None = None
    false_alert_rate: _Name | None = None
    id: _Name | None = None


class GroupColumns(StrictModel):
    """The columns of a group.

    Parameters
    ----------
    false_alerts : str
        Column of its false alerts.
    faces : str, optional
        Column of its faces.
    share : float, optional
        Its share of the faces, by the word of whoever writes the mapping.
    """

    false_alerts: _Name
    faces: _Name | None = None
    share: Annotated[float, Field(gt=0, lt=1)] | None = None


class Fixed(StrictModel):
    """Values that hold for every record of a file that has no column for them.

    Parameters
    ----------
    watchlist_size : int, optional
    threshold : float, optional
    """

    watchlist_size: Annotated[int, Field(ge=1)] | None = None
    threshold: float | None = None


class RecordMapping(StrictModel):
    """Which column of a file of records says what, and how its values are written.

    Parameters
    ----------
    columns : Columns
    fixed : Fixed
    groups : mapping of str to GroupColumns
        Groups of which false alerts are published, where any are.
    date_format : str
        Of YYYY, MM or M, DD or D, MMM (Jan), MMMM (January) and what is between; ``DD/MM/YYYY``.
    thousands : {",", ".", " ", "'"}, optional
        The sign that may separate thousands in a count; none by default.
    decimal : {".", ","}
    threshold_in, rate_in : {"number", "percent"}
        Whether 0.6 is written 0.6, or 60 or 60%.
    unknown : tuple of str
        Texts that mean that a value is unknown, in any column but date and place; none by default.
    trim : bool
        Whether spaces around values and names of columns are dropped.
    delimiter : {",", ";", "tab", "|"}
    encoding : {"utf-8", "windows-1252"}
    """

    columns: Columns = Columns()
    fixed: Fixed = Fixed()
    groups: MappingOf[_Name, GroupColumns] = Field(default_factory=dict)
    date_format: Annotated[str, AfterValidator(_known_date_format)] = "YYYY-MM-DD"
    thousands: Literal[",", ".", " ", "'"] | None = None
    decimal: Literal[".", ","] = "."
    threshold_in: Literal["number", "percent"] = "number"
    rate_in: Literal["number", "percent"] = "number"
    unknown: Annotated[TupleOf[str], AfterValidator(distinct)] = ()
    trim: bool = False
    delimiter: Literal[",", ";", "tab", "|"] = ","
    encoding: Literal["utf-8", "windows-1252"] = "utf-8"

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        self._check_column_uses()
        self._check_fixed()
        self._check_shares()
        if self.thousands == self.decimal:
            raise problem_at(("thousands",), f"{shown(self.thousands)} is the decimal mark too")
        return self

    @property
    def uses(self) -> dict[str, str]:
        """By name of the column, what it is used for."""
        return {column: use for _, use, column in self._uses()}

    def to_dict(self) -> dict[str, object]:
        """Return the mapping as plain values in the form of a file, every default spelled out."""
        return plain(self)

    def _uses(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for name in Columns.model_fields:
            column = getattr(self.columns, name)
            if column is not None:
                yield ("columns", name), name, column
        for group, columns in self.groups.items():
            for name in ("false_alerts", "faces"):
                column = getattr(columns, name)
                if column is not None:
                    yield ("groups", group, name), f"{name} of {group}", column

    def _check_column_uses(self) -> None:
        uses: dict[str, str] = {}
        for path, use, column in self._uses():
            if column in uses:
                raise problem_at(path, f"column {shown(column)} has two uses, {uses[column]} and {use}")
            uses[column] = use

    def _check_fixed(self) -> None:
        for name in ("watchlist_size", "threshold"):
            if getattr(self.fixed, name) is not None and getattr(self.columns, name) is not None:
                raise problem_at(
                    ("fixed", name),
                    f"column {shown(getattr(self.columns, name))} says it too; write columns.{name}: null to fix it",
                )

    def _check_shares(self) -> None:
        shares = {name: group.share for name, group in self.groups.items() if group.share is not None}
        if shares and len(shares) < len(self.groups):
            lacking = next(name for name in self.groups if name not in shares)
            raise problem_at(("groups", lacking), "has no share, and other groups have one; give all or none")
        if sum(shares.values()) > 1 + 1e-9:
            raise problem_at(("groups",), f"the shares add up to {sum(shares.values()):g}, more than 1")


def load_mapping(
    mapping: RecordMapping | Mapping[str, object] | str | os.PathLike[str] | None = None,
) -> RecordMapping:
    """Return a mapping of columns given as itself, as a mapping or as the path of a YAML, JSON or TOML file.

    Parameters
    ----------
    mapping : RecordMapping, mapping, str, path-like or None
        None stands for columns called as `Columns` calls them.

    Raises
    ------
    InputError
        The first problem of the file or mapping, with its line and column in a file.

    Examples
    --------
    >>> load_mapping({"columns": {"faces": "Faces seen"}, "date_format": "DD/MM/YYYY"}).columns.faces
    'Faces seen'
    """
    return RecordMapping() if mapping is None else load(RecordMapping, mapping, "mapping")


def mapping_from_options(document: Document | None, options: Mapping[str, object]) -> RecordMapping:
    """Return the mapping of a file with command-line options laid over it.

    Parameters
    ----------
    document : Document or None
        The mapping file, where there is one.
    options : mapping
        Nested plain values in the form of a file; ``columns`` and ``fixed`` merge key by key, others replace.

    Raises
    ------
    InputError
        The first problem; its source is ``command line`` where an option is to blame.

    Examples
    --------
    >>> mapping_from_options(None, {"thousands": ","}).thousands
    ','
    """
    return validate(RecordMapping, with_options(document, options, merged=("columns", "fixed")))
