"""The matcher, and the columns of the score, of the truth and of an attribute."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator

from harness.config import StrictModel, Text, TextOrTexts, Texts, problem_at, shown

__all__ = ["GroupColumns", "Matcher", "Mated", "Score"]


def _column_as_mapping(value: object) -> object:
    """Take a bare column for a mapping of it."""
    if isinstance(value, str):
        return {"column": value}
    if not isinstance(value, Mapping | StrictModel):
        raise ValueError(f"{shown(value)} is not a column or a mapping")
    return value


class Matcher(StrictModel):
    """The matcher that gave the scores.

    Parameters
    ----------
    name, version : str
        As a deployment config names them; a version such as 1.10 is text, not a number.
    """

    how_to_give: ClassVar[Mapping[str, str]] = {
        "name": "--matcher NAME",
        "version": "--matcher-version VERSION",
    }

    name: Text
    version: Text


class Score(StrictModel):
    """The comparison score.

    Parameters
    ----------
    column : str
        Name of its column.
    better : {"higher", "lower"}
        Which scores speak for the same subject; ``"lower"`` is for distances.
    decimal : {".", ","}
        What is before the decimals of scores in text files.
    """

    column: Text = "score"
    better: Literal["higher", "lower"] = "higher"
    decimal: Literal[".", ","] = "."

    _from_shorthand = model_validator(mode="before")(_column_as_mapping)


def _two_or_none(columns: tuple[str, ...]) -> tuple[str, ...]:
    if len(columns) not in (0, 2):
        raise ValueError(f"{shown(columns)} is not the two columns of identities")
    return columns


class Mated(StrictModel):
    """The ground truth of a trial.

    Parameters
    ----------
    column : str
        Name of its column.
    mated, non_mated : tuple of str
        The label of either class, or a list of labels. Without them the column must be bool, or 0 and 1.
    same : tuple of str
        In place of a column of the truth, the two columns of identities: a trial is mated where they are equal.
    """

    column: Text = "mated"
    mated: TextOrTexts = ()
    non_mated: TextOrTexts = ()
    same: Annotated[Texts, AfterValidator(_two_or_none)] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: object) -> object:
        """Take a bare column for a mapping of it, and name the truth that identities tell."""
        value = _column_as_mapping(value)
        if isinstance(value, Mapping) and isinstance(value.get("same"), list | tuple):
            if other := next((key for key in ("column", "mated", "non_mated") if value.get(key)), None):
                raise problem_at((other,), "same tells who is mated; leave this out, or leave out same")
            return {**value, "column": " = ".join(map(str, value["same"]))}
        return value

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse labels of one class only, or of both."""
        if bool(self.mated) != bool(self.non_mated):
            raise ValueError("the labels mated and non_mated go together: give both or neither")
        for index, label in enumerate(self.non_mated):
            if label in self.mated:
                raise problem_at(("non_mated", index), f"{shown(label)} is also a label of mated trials")
        return self


class GroupColumns(StrictModel):
    """Where the two sides of a trial have the value of an attribute.

    Parameters
    ----------
    probe : str
        Column of the probe's value, or of the value that both sides share.
    reference : str, optional
        Column of the reference's value.
    """

    probe: Text
    reference: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: object) -> object:
        """Take one or two columns for a mapping of them."""
        columns = [value] if isinstance(value, str) else value
        if isinstance(columns, list | tuple) and 1 <= len(columns) <= 2:
            return dict(zip(("probe", "reference"), columns, strict=False))
        if not isinstance(value, Mapping | GroupColumns):
            raise ValueError(f"{shown(value)} is not a column or a list of one or two columns")
        return value

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse one column for both sides."""
        if self.probe == self.reference:
            raise ValueError(f"{shown(self.probe)} is given twice; name a column that both sides share once")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The one or two columns, the probe's first."""
        return (self.probe,) if self.reference is None else (self.probe, self.reference)
