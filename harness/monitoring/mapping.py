"""Which column of a file of alerts holds which value, and what is known of those who pass by."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from harness.auditing.dates import date_reader
from harness.auditing.mapping import Fixed, require_shares
from harness.config import (
    MappingOf,
    OneOrMore,
    StrictModel,
    Text,
    Texts,
    TupleOf,
    distinct,
    load,
    plain,
    problem_at,
    shown,
)

__all__ = ["AlertColumns", "AlertMapping", "GroupOfPassersBy", "Outcomes", "load_alert_mapping"]


def _known_date_format(text: str) -> str:
    date_reader(text)
    return text


_Values = Annotated[TupleOf[str], AfterValidator(distinct)]
"""Texts of a cell, which may be blank."""


class AlertColumns(StrictModel):
    """The column of each value; null where the file has none.

    Parameters
    ----------
    time : str
        Day of the alert, with or without a time of day after it.
    deployment : str, or list of str
        What tells deployments apart; of several columns, their values together.
    outcome : str
    faces : str or None
        Faces searched for at the deployment, the same in each of its rows.
    hours : str, optional
        Hours that it took, where faces were not counted; see `faces_per_hour`.
    watchlist_size, threshold : str or None
        With null the value is `fixed`, or unknown.
    group : str, optional
        Group of the person alerted to.
    alerts : str, optional
        How many alerts a row stands for; one by default.
    """

    time: Text = "time"
    deployment: OneOrMore = ("deployment",)
    outcome: Text = "outcome"
    faces: Text | None = "faces"
    hours: Text | None = None
    watchlist_size: Text | None = "watchlist_size"
    threshold: Text | None = "threshold"
    group: Text | None = None
    alerts: Text | None = None


class Outcomes(StrictModel):
    """The texts that stand for each outcome.

    Parameters
    ----------
    true_alert : tuple of str
        The person was on the watchlist.
    false_alert : tuple of str
        The person was not, or was another than the one named.
    unsettled : tuple of str
        It was never learnt, or not yet.
    no_alert : tuple of str
        The deployment had none: its only row.
    """

    true_alert: _Values = ("true",)
    false_alert: _Values = ("false",)
    unsettled: _Values = ("unsettled",)
    no_alert: _Values = ("none",)

    @model_validator(mode="after")
    def _check_once(self) -> Self:
        seen: dict[str, str] = {}
        for name in type(self).model_fields:
            for text in getattr(self, name):
                if text in seen:
                    raise problem_at((name,), f"{shown(text)} stands for {seen[text]} too")
                seen[text] = name
        return self


class GroupOfPassersBy(StrictModel):
    """A group of people.

    Parameters
    ----------
    labels : tuple of str
        The texts that stand for it; its name by default.
    share : float, optional
        Its share of those who pass by, by the word of whoever writes the mapping.
    """

    labels: Texts = ()
    share: Annotated[float, Field(gt=0, lt=1)] | None = None


class AlertMapping(StrictModel):
    """Which column of a file of alerts says what, how its values are written, and what is allowed.

    Parameters
    ----------
    columns : AlertColumns
    fixed : Fixed
        `watchlist_size` and `threshold` that hold for every deployment.
    outcomes : Outcomes
    groups : mapping of str to GroupOfPassersBy
        Of the people alerted to, where their group is known.
    composition : mapping of str to mapping of str to str
        Columns that count the references of each group on the watchlist, by attribute: ``{sex: {female: Women}}``.
    max_ratio : float, optional
        How many times as often as others a group may be falsely matched; the ratio that the evaluation's policy
        tolerates by default, or 1 where it states none.
    confidence : float
        An alarm is raised without cause with a chance of at most 1 less this, however often one looks.
    faces_per_hour : float, optional
        Of deployments that state hours and no faces.
    date_format : str
        Of YYYY, MM or M, DD or D, MMM (Jan), MMMM (January) and what is between; ``DD/MM/YYYY``.
    thousands : {",", ".", " ", "'"}, optional
        The sign that may separate thousands in a count; none by default.
    decimal : {".", ","}
    unknown : tuple of str
        Texts that mean that a value is unknown, in columns of faces, hours, sizes, thresholds and groups; none by
        default.
    delimiter : {",", ";", "tab", "|"}
    """

    columns: AlertColumns = AlertColumns()
    fixed: Fixed = Fixed()
    outcomes: Outcomes = Outcomes()
    groups: MappingOf[Text, GroupOfPassersBy] = Field(default_factory=dict)
    composition: MappingOf[Text, MappingOf[Text, Text]] = Field(default_factory=dict)
    max_ratio: Annotated[float, Field(ge=1, le=1000)] | None = None
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    faces_per_hour: Annotated[float, Field(gt=0)] | None = None
    date_format: Annotated[str, AfterValidator(_known_date_format)] = "YYYY-MM-DD"
    thousands: Literal[",", ".", " ", "'"] | None = None
    decimal: Literal[".", ","] = "."
    unknown: _Values = ()
    delimiter: Literal[",", ";", "tab", "|"] = ","

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        self._check_column_uses()
        self._check_exposure()
        self._check_groups()
        if self.thousands == self.decimal:
            raise problem_at(("thousands",), f"{shown(self.thousands)} is the decimal mark too")
        return self

    @property
    def uses(self) -> dict[str, str]:
        """By name of the column, what it is used for."""
        return {column: use for _, use, column in self._uses()}

    @property
    def group_of(self) -> dict[str, str]:
        """By the text in the file, the group that it stands for."""
        return {label: name for name, group in self.groups.items() for label in group.labels or (name,)}

    @property
    def shares(self) -> dict[str, float] | None:
        """The share of each group among those who pass by; None where none is stated."""
        shares = {name: group.share for name, group in self.groups.items() if group.share is not None}
        return shares or None

    def to_dict(self) -> dict[str, object]:
        """Return the mapping as plain values in the form of a file, every default spelled out."""
        return plain(self)

    def _uses(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        for name in AlertColumns.model_fields:
            columns = getattr(self.columns, name)
            for column in (columns,) if isinstance(columns, str) else columns or ():
                yield ("columns", name), name, column
        for attribute, groups in self.composition.items():
            for group, column in groups.items():
                yield ("composition", attribute, group), f"references of {group}", column

    def _check_column_uses(self) -> None:
        uses: dict[str, str] = {}
        for path, use, column in self._uses():
            # A day and a place may tell deployments apart, and be what they are besides.
            if column in uses and "deployment" not in (use, uses[column]):
                raise problem_at(path, f"column {shown(column)} has two uses, {uses[column]} and {use}")
            uses.setdefault(column, use)
        for name in ("watchlist_size", "threshold"):
            column = getattr(self.columns, name)
            if getattr(self.fixed, name) is not None and column is not None:
                raise problem_at(
                    ("fixed", name),
                    f"column {shown(column)} says it too; write columns.{name}: null to fix it",
                )

    def _check_exposure(self) -> None:
        if self.columns.hours is not None and self.faces_per_hour is None:
            raise problem_at(("columns", "hours"), "hours say how many faces only with faces_per_hour")
        if self.faces_per_hour is not None and self.columns.hours is None:
            raise problem_at(("faces_per_hour",), "no column says how many hours (columns.hours)")

    def _check_groups(self) -> None:
        if self.groups and self.columns.group is None:
            raise problem_at(("groups",), "no column says the group of an alert (columns.group)")
        if self.columns.group is not None and len(self.groups) < 2:
            raise problem_at(("columns", "group"), "name at least two groups (groups)")
        seen: dict[str, str] = {}
        for name, group in self.groups.items():
            for label in group.labels or (name,):
                if label in seen:
                    raise problem_at(("groups", name), f"{shown(label)} stands for {seen[label]} too")
                seen[label] = name
        require_shares(self.shares or {}, self.groups)


def load_alert_mapping(
    mapping: AlertMapping | Mapping[str, object] | str | os.PathLike[str] | None = None,
) -> AlertMapping:
    """Return a mapping of columns given as itself, as a mapping or as the path of a YAML, JSON or TOML file.

    Parameters
    ----------
    mapping : AlertMapping, mapping, str, path-like or None
        None stands for columns called as `AlertColumns` calls them.

    Raises
    ------
    InputError
        The first problem of the file or mapping, with its line and column in a file.

    Examples
    --------
    >>> load_alert_mapping({"columns": {"deployment": ["Date", "Place"]}}).columns.deployment
    ('Date', 'Place')
    """
    return AlertMapping() if mapping is None else load(AlertMapping, mapping, "mapping")
