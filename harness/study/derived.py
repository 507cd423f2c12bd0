"""Columns that the scores do not have, but that follow from what there is."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from harness.config import MappingOf, StrictModel, Text, Texts, distinct

__all__ = ["Key", "People", "each_by_itself", "label_column", "written"]


def each_by_itself(value: object) -> object:
    """Take a list of names for a mapping of each to itself."""
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return {name: name for name in distinct(tuple(value))}
    if not isinstance(value, Mapping):
        raise ValueError("is not a list of names or a mapping")
    return value


def written(names: Mapping[str, str]) -> object:
    """Return names in the shortest form that a study file has for them."""
    return list(names) if all(name == own for name, own in names.items()) else dict(names)


def label_column(attribute: str, subject: str) -> str:
    """Return the name of the column of labels that `people` give the subjects of a column."""
    return f"{attribute} of {subject}"


class People(StrictModel):
    """Labels of people in a file of their own, found by subject.

    Parameters
    ----------
    file : str
        CSV, Parquet or Arrow IPC with a row for each person; relative to the folder of the study file.
    subject : str
        Its column of the subjects, named as in the scores.
    columns : mapping of str to str
        By attribute, its column of labels. A list will do where each is named as its attribute.
    """

    file: Text
    subject: Text
    columns: Annotated[
        MappingOf[Text, Text], Field(min_length=1, max_length=50), BeforeValidator(each_by_itself)
    ]

    def to_dict(self) -> dict[str, object]:
        """Return plain values in the form of a file."""
        return {"file": self.file, "subject": self.subject, "columns": written(self.columns)}


class Key(StrictModel):
    """The truth of comparisons in a file of their own, found by what the scores compare.

    Parameters
    ----------
    file : str
        A line for each comparison; relative to the folder of the study file.
    by : mapping of str to str
        By column of the scores, the column of the key that names the same: two that name what is compared, in order, or
        one that names the comparison. A list will do where both have one name for it.
    take : tuple of str
        Columns of the key that the study names besides the truth, such as groups.
    columns : tuple of str
        The names of all its columns, where it has no header.
    """

    file: Text
    by: Annotated[MappingOf[Text, Text], Field(min_length=1, max_length=2), BeforeValidator(each_by_itself)]
    take: Texts = ()
    columns: Texts = ()

    def to_dict(self) -> dict[str, object]:
        """Return plain values in the form of a file."""
        lists = {"take": list(self.take), "columns": list(self.columns)}
        given = {key: names for key, names in lists.items() if names}
        return {"file": self.file, "by": written(self.by), **given}
