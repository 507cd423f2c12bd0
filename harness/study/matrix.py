"""Scores that are a matrix: the files that say who its rows and columns are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from harness.config import StrictModel, shown

__all__ = ["Matrix"]

_Name = Annotated[str, Field(min_length=1)]


class Matrix(StrictModel):
    """The people of a score matrix, in the order of its rows and columns.

    Parameters
    ----------
    rows : str
        CSV, Parquet or Arrow IPC file with a line for each row, the probe; relative to the folder of the study file.
        The study's ``subjects`` and ``groups`` name its columns.
    columns : str, optional
        Such a file with a line for each column, the reference. Without it the columns are the same images as the
        rows, and none is compared with itself.
    array : str, optional
        Name of the matrix in an ``.npz`` file of several arrays.
    """

    rows: _Name
    columns: _Name | None = None
    array: _Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: object) -> object:
        """Take a bare file for a mapping of it."""
        if isinstance(value, str):
            return {"rows": value}
        if not isinstance(value, Mapping | Matrix):
            raise ValueError(f"{shown(value)} is not a file or a mapping")
        return value
