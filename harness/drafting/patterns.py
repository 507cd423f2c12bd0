"""Patterns that find a person in the name of an image, and a group in the name of a file of scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from harness.drafting.columns import LOOKED, Table
from harness.drafting.page import quoted
from harness.drafting.roles import HARDLY_ANY, NEARLY_ALL
from harness.drafting.sides import Pair
from harness.drafting.truth import Truth
from harness.numbers import percent

__all__ = ["Pattern", "pattern_of_paths", "pattern_of_people"]

IN_NAMES = {
    "{person}/*": r"^([^/]+)/",
    "*/{person}/*": r"([^/]+)/[^/]*$",
    "{person}_*": r"([^/]+?)_[0-9]+(?:\.[A-Za-z0-9]+)?$",
    "{person}-*": r"([^/]+?)-[0-9]+(?:\.[A-Za-z0-9]+)?$",
}
"""Where in the name of an image a person may stand, and the regular expression that finds it there."""


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
    for text, expression in IN_NAMES.items():
        one, other = (f"regexp_extract({column.sql}, '{expression}', 1)" for column in pair.columns)
        mated, non_mated = table.fetch(
            f"SELECT avg(same) FILTER (truth = 1), avg(same) FILTER (truth = 0) FROM (SELECT {truth.sql} AS truth, "
            f"CAST({one} <> '' AND {one} = {other} AS INTEGER) AS same FROM {LOOKED})"
        )[0]
        if (mated or 0) >= NEARLY_ALL and (non_mated or 0) <= HARDLY_ANY:
            shares = percent(mated), percent(non_mated)
            return Pattern(
                text, "In {} of the mated rows that part is equal, and in {} of the others.".format(*shares)
            )
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
