"""Patterns that find a person in the name of an image, and a group in the name of a file of scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from harness.comparisons.sql import literal
from harness.drafting.columns import LOOKED, Table
from harness.drafting.page import quoted
from harness.drafting.sides import Pair
from harness.drafting.truth import Truth
from harness.study.patterns import as_regex

__all__ = ["Pattern", "pattern_of_paths", "pattern_of_people"]

IN_NAMES = ("{person}/*", "{person}/*/*", "{person}/*/*/*", "{person}_*", "{person}-*")
"""Where in the name of an image a person may stand, as ``from_value`` of a study takes it."""


@dataclass(frozen=True)
class Pattern:
    """A pattern of names, and what speaks for it.

    Attributes
    ----------
    text : str
    why : str
    """

    text: str
    why: str


def pattern_of_people(table: Table, pair: Pair, truth: Truth | None) -> Pattern | None:
    """Find a part of the names of two images that is equal where a comparison is mated, and nowhere else.

    Parameters
    ----------
    table : Table
    pair : Pair
        The columns of names.
    truth : Truth or None
        Without it there is no telling.
    """
    if truth is None:
        return None
    for text in IN_NAMES:
        expression = literal(as_regex(text, "person"))
        one, other = (f"regexp_extract({column.sql}, {expression}, 1)" for column in pair.columns)
        mated, non_mated = table.fetch(
            f"SELECT avg(same) FILTER (truth = 1), avg(same) FILTER (truth = 0) FROM (SELECT {truth.sql} AS truth, "
            f"CAST({one} <> '' AND {one} = {other} AS INTEGER) AS same FROM {LOOKED})"
        )[0]
        if mated == 1 and not non_mated:
            return Pattern(text, "What it takes is equal in all mated rows, and in no other.")
    return None


def pattern_of_paths(paths: Sequence[Path]) -> Pattern | None:
    """Find the part in which the names of files differ; a folder such as ``race=X`` says itself what it is.

    Examples
    --------
    >>> pattern_of_paths([Path("scores_asian.csv"), Path("scores_black.csv")]).text
    'scores_{group}.csv'
    """
    names = [path.name for path in paths]
    if len(set(names)) < max(2, len(names)):
        return None
    before = re.sub(
        r"[A-Za-z0-9]*$", "", _beginning(names)
    )  # whole words: of female and male, not fe and nothing
    after = re.sub(r"^[A-Za-z0-9]*", "", _beginning([name[len(before) :][::-1] for name in names])[::-1])
    parts = [name[len(before) : len(name) - len(after)] for name in names]
    if not all(parts):
        return None
    said = ", ".join(map(quoted, parts[:3]))
    return Pattern(f"{before}{{group}}{after}", f"{said}{' and so on' if len(parts) > 3 else ''}")


def _beginning(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    return "".join(met[0] for met in takewhile(lambda met: len(set(met)) == 1, zip(*names, strict=False)))
