"""Which column of a file of records holds which value, and how its values are written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, model_validator

from harness.auditing.dates import date_reader
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
    "columns_of",
    "load_mapping",
    "mapping_from_options",
    "require_shares",
]


def _named(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{shown(text)} is blank")
    return text


def _one_or_several(value: Any) -> str | tuple[str, ...]:
    """Take a text, or a list of distinct ones; one alone is itself."""
    texts = tuple(value) if isinstance(value, list | tuple) else (value,)
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{shown(text)} is not text")
        _named(text)
    if not texts:
        raise ValueError("has fewer items than 1")
    distinct(texts)
    return texts if len(texts) > 1 else texts[0]


def _known_date_formats(value: Any) -> str | tuple[str, ...]:
    formats = _one_or_several(value)
    for text in columns_of(formats):
        date_reader(text)
    return formats


_Name = Annotated[str, AfterValidator(_named)]
_as_given = PlainSerializer(lambda texts: list(texts) if isinstance(texts, tuple) else texts)
_Sum: TypeAlias = Annotated[str | tuple[str, ...], PlainValidator(_one_or_several), _as_given]
_Formats: TypeAlias = Annotated[str | tuple[str, ...], PlainValidator(_known_date_formats), _as_given]


def columns_of(named: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the columns of a value: none, one, or those that are added up.

    Examples
    --------
    >>> columns_of("Faces seen"), columns_of(("True unconfirmed", "False unconfirmed")), columns_of(None)
    (('Faces seen',), ('True unconfirmed', 'False unconfirmed'), ())
    """
    if named is None:
        return ()
    return (named,) if isinstance(named, str) else named


class Columns(StrictModel):
    """The column of each value, or a list of columns that are added up; null where the file has none.

    Parameters
    ----------
    date, place : str
    watchlist_size, faces, alerts, true_alerts, false_alerts : str, list of str, or None
        With null the value is unknown in every record, or `fixed`. A sum of which a part is unknown is unknown.
    threshold : str or None
        With null it is unknown, or `fixed`; records without one are pooled by themselves.
    unconfirmed_alerts : str or list of str, optional
        Alerts whose outcome is unknown; without it, alerts must be true plus false ones.
    false_alert_rate : str, optional
        Stated false alerts over faces, to be compared with the counts; where they are not counted, what rounds to it
        stands for them.
    duration : str, optional
        How long the deployment took: 5h03m, 5h 18m, 05:03, 303 min, or the times from and to.
    id : str, optional
        Tells deployments of one day and place apart.
    """

    date: _Name = "date"
    place: _Name = "place"
    watchlist_size: _Sum | None = "watchlist_size"
    threshold: _Name | None = "threshold"
    faces: _Sum | None = "faces"
    alerts: _Sum | None = "alerts"
    true_alerts: _Sum | None = "true_alerts"
    false_alerts: _Sum | None = "false_alerts"
    unconfirmed_alerts: _Sum | None = None
    false_alert_rate: _Name | None = None
    duration: _Name | None = None
    id: _Name | None = None


class GroupColumns(StrictModel):
    """The columns of a group.

    Parameters
    ----------
    false_alerts : str or list of str
        Column of its false alerts, or several that are added up.
    faces : str or list of str, optional
        Column of its faces.
    share : float, optional
        Its share of the faces, by the word of whoever writes the mapping.
    """

    false_alerts: _Sum
    faces: _Sum | None = None
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
    date_format : str or list of str
        Of YYYY or YY, MM or M, DD or D, MMM (Jan), MMMM (January) and what is between; ``DD/MM/YYYY``. The first
        that fits of several. Of a deployment of several days, what both have in common may stand once:
        14-16/02/2026. Ordinals (4th), Sept, and a year of two figures that ends a date (25 is 2025) are read too.
    thousands : {",", ".", " ", "'"}, optional
        The sign that may separate thousands in a count; none by default. Spaces at which no line breaks (U+00A0,
        U+202F) are always read.
    decimal : {".", ","}
    threshold_in, rate_in : {"number", "percent"}
        Whether 0.6 is written 0.6, or 60 or 60%.
    duration_in : {"minutes", "hours"}
        What a duration is in that is a number alone.
    unknown : tuple of str
        Texts that mean that a value is unknown, in any column but date and place; none by default.
    trim : bool
        Whether spaces around values and names of columns are dropped.
    delimiter : {",", ";", "tab", "|"}
    encoding : {"utf-8", "windows-1252"}
    sheet : str, optional
        Of a workbook (.xlsx) that has several.
    """

    columns: Columns = Columns()
    fixed: Fixed = Fixed()
    groups: MappingOf[_Name, GroupColumns] = Field(default_factory=dict)
    date_format: _Formats = "YYYY-MM-DD"
    thousands: Literal[",", ".", " ", "'"] | None = None
    decimal: Literal[".", ","] = "."
    threshold_in: Literal["number", "percent"] = "number"
    rate_in: Literal["number", "percent"] = "number"
    duration_in: Literal["minutes", "hours"] = "minutes"
    unknown: Annotated[TupleOf[str], AfterValidator(distinct)] = ()
    trim: bool = False
    delimiter: Literal[",", ";", "tab", "|"] = ","
    encoding: Literal["utf-8", "windows-1252"] = "utf-8"
    sheet: _Name | None = None

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
        """Return the mapping as plain values in the form of a file, the older keys' defaults spelled out."""
        found = plain(self)
        for part, name, default in _LEFT_OUT:
            values = found if part is None else found[part]
            if values[name] == default:
                del values[name]
        return found

    def _uses(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for name in Columns.model_fields:
            for column in columns_of(getattr(self.columns, name)):
                yield ("columns", name), name, column
        for group, columns in self.groups.items():
            for name in ("false_alerts", "faces"):
                for column in columns_of(getattr(columns, name)):
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
                column = shown(columns_of(getattr(self.columns, name))[0])
                advice = f"write columns.{name}: null to fix it"
                raise problem_at(("fixed", name), f"column {column} says it too; {advice}")

    def _check_shares(self) -> None:
        shares = {name: group.share for name, group in self.groups.items() if group.share is not None}
        require_shares(shares, self.groups)


def require_shares(shares: Mapping[str, float], groups: Iterable[str]) -> None:
    """Refuse shares of some groups and not of others, and shares of more than all faces.

    Raises
    ------
    PydanticCustomError
        It blames the key.
    """
    lacking = [name for name in groups if name not in shares]
    if shares and lacking:
        raise problem_at(("groups", lacking[0]), "has no share, and other groups have one; give all or none")
    if sum(shares.values()) > 1 + 1e-9:
        raise problem_at(("groups",), f"the shares add up to {sum(shares.values()):g}, more than 1")


_LEFT_OUT = (("columns", "duration", None), (None, "duration_in", "minutes"), (None, "sheet", None))
"""Keys that a mapping leaves out where they are not given: mappings from before there were these read the same."""


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
