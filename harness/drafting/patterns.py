"""Patterns that find a person in the name of an image, and a group in the name of a file of scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from harness.comparisons.sql import literal
from harness.drafting.columns import LOOKED, Table
from harness.drafting.page import listed
from harness.drafting.sides import Pair
from harness.drafting.truth import Truth
from harness.study.patterns import as_regex

__all__ = ["Pattern", "pattern_of_people", "patterns_of_paths"]

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


def patterns_of_paths(paths: Sequence[Path]) -> dict[str, Pattern]:
    """Find the parts in which the paths of files differ, by the name of a column that they may be.

    They are the folders that name a column themselves, such as ``race=X``, or else one part of the names of the files.

    Examples
    --------
    >>> patterns_of_paths([Path("scores_asian.csv"), Path("scores_black.csv")])["group"].text
    'scores_{group}.csv'
    >>> patterns_of_paths([Path("race=A/1.parquet"), Path("race=B/1.parquet")])["race"].text
    'race={race}/**'
    """
    said: dict[str, dict[str, None]] = {}
    for path in paths:
        for column, equals, value in (folder.partition("=") for folder in path.parts[:-1]):
            if equals and re.fullmatch(r"\w+", column):
                said.setdefault(column, {})[value] = None
    by_folder = {
        column: Pattern(f"{column}={{{column}}}/**", listed(tuple(values)))
        for column, values in said.items()
        if len(values) > 1
    }
    return by_folder or _by_name([path.name for path in paths])


def _by_name(names: Sequence[str]) -> dict[str, Pattern]:
    if len(set(names)) < max(2, len(names)):
        return {}
    before = re.sub(
        r"[A-Za-z0-9]*$", "", _beginning(names)
    )  # whole words: of female and male, not fe and nothing
    after = re.sub(r"^[A-Za-z0-9]*", "", _beginning([name[len(before) :][::-1] for name in names])[::-1])
    parts = [name[len(before) : len(name) - len(after)] for name in names]
    if not all(parts) or set(before + after) & set("{}*"):
        return {}
    return {"group": Pattern(f"{before}{{group}}{after}", listed(parts))}


def _beginning(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    return "".join(met[0] for met in takewhile(lambda met: len(set(met)) == 1, zip(*names, strict=False)))
