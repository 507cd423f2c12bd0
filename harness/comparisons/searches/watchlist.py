"""The people who are enrolled on a watchlist, from a file with a row for each image of theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.comparisons.coding import require_distinct_labels
from harness.comparisons.database import Database
from harness.comparisons.derived.entries import Entries, open_beside
from harness.comparisons.derived.relabelled import relabel_entries
from harness.comparisons.sql import identifier
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons.files import Files
    from harness.study import Study, Watchlist

__all__ = ["Enrolled", "labels_of", "read_watchlist"]


@dataclass(frozen=True, eq=False)
class Enrolled:
    """Who is on a watchlist.

    Attributes
    ----------
    file : Files
    names : tuple of str
        Of the subjects, in order.
    labels : mapping of str to tuple of str
        By attribute, the label of each of them.
    """

    file: Files
    names: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]

    @property
    def composition(self) -> dict[str, dict[str, int]]:
        """By attribute, how many of them are of each group."""
        return {attribute: dict(sorted(Counter(labels).items())) for attribute, labels in self.labels.items()}


def read_watchlist(study: Study, scratch: Path, *, digested: bool) -> Enrolled:
    """Read the watchlist of a study.

    Parameters
    ----------
    study : Study
        That names its file.
    scratch : Path
        An existing folder.
    digested : bool
        Whether the file is digested first; see `harness.comparisons.source.Seen`.

    Raises
    ------
    InputError
        Where the file cannot be read, has a row twice or a subject with two labels, or is not as the study says.
    """
    watchlist = study.watchlist
    assert watchlist is not None  # noqa: S101 - for type checkers
    file = open_beside(watchlist.file, [watchlist.subject, *watchlist.groups.values()], digested=digested)
    own = {f"label_{n}": attribute for n, attribute in enumerate(watchlist.groups)}
    columns = {"person": watchlist.subject} | dict(zip(own, watchlist.groups.values(), strict=True))
    with closing(Database(file, scratch)) as database:
        numbers = {column for attribute, column in watchlist.groups.items() if attribute in study.bins}
        entries = Entries.copied(database, file, scratch / "watchlist.duckdb", "watchlist", columns, numbers)
        entries.require_labels("name and label everybody on the list, 'unknown' if need be")
        relabel_entries(entries, study, own)
        _refuse_two_labels(entries, own)
        _refuse_repeated(entries, watchlist)
        taken = ", ".join(["person", *(f"any_value({name})" for name in own)])
        found = database.fetch(f"SELECT {taken} FROM watchlist.entries GROUP BY person ORDER BY person")
    names, *labels = zip(*found, strict=True)
    by_attribute = dict(zip(watchlist.groups, labels, strict=True))
    try:
        require_distinct_labels({attribute: set(of) for attribute, of in by_attribute.items()})
    except InputError as error:
        raise type(error)(error.problem, source=file.name) from None
    enrolled = Enrolled(file, names, by_attribute)
    _require_as_stated(enrolled, study)
    return enrolled


def _refuse_repeated(entries: Entries, watchlist: Watchlist) -> None:
    """Refuse a subject of which two rows are the same throughout: rows of two images differ in something."""
    if next(entries.repeated(["person"]), None) is None:
        return
    database, parts = entries.database, entries.file.parts()
    every = dict.fromkeys(
        name for part in parts for (name, *_) in database.fetch(f"DESCRIBE FROM {database.relation_of(part)}")
    )
    tells = [name for name in every if name != watchlist.subject and name not in watchlist.groups.values()]
    beside = "".join(
        f", md5(COALESCE(CAST({identifier(name)} AS VARCHAR), '')) AS m{i}" for i, name in enumerate(tells)
    )
    rows = " UNION ALL ".join(
        f'SELECT {n} AS part, "(number of the row)" AS number{beside} FROM {database.numbered(part)}'
        for n, part in enumerate(parts)
    )
    named = ", ".join(["person", *(f"m{i}" for i in range(len(tells)))])
    found = database.fetch(
        f"SELECT list({{part: part, number: number}} ORDER BY part, number)[:2], person FROM watchlist.entries "
        f"JOIN ({rows}) USING (part, number) GROUP BY {named} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    for (first, second), person in found:
        earlier, later = entries.at(**first), entries.at(**second)
        raise InputError(
            f"row {later.row}, column {watchlist.subject!r}: {person!r} is on the list in {earlier.beside(later)} "
            "already, and nothing tells two images of theirs apart; keep one row for each image",
            source=later.file,
        )


def _refuse_two_labels(entries: Entries, own: Mapping[str, str]) -> None:
    for name, attribute in own.items():
        found = entries.database.fetch(
            f"SELECT person, arg_min({name}, (part, number)), "
            f"list({{part: part, number: number, label: {name}}} ORDER BY part, number) AS rows "
            "FROM watchlist.entries GROUP BY person "
            f"HAVING count(DISTINCT {name}) > 1 ORDER BY rows[1].part, rows[1].number LIMIT 1"
        )
        for person, first, rows in found:
            other = next(row for row in rows if row["label"] != first)
            where, earlier = (entries.at(row["part"], row["number"]) for row in (other, rows[0]))
            raise InputError(
                f"row {where.row}, column {entries.columns[name]!r}: {person!r} is {other['label']!r} here and "
                f"{first!r} in {earlier.beside(where)}; give all images of a subject one label of {attribute}",
                source=where.file,
            )


def _require_as_stated(enrolled: Enrolled, study: Study) -> None:
    """Refuse a size or composition in the study that is not that of the list."""
    size, file = len(enrolled.names), enrolled.file.name
    if study.watchlist_size not in (None, size):
        raise InputError(
            f"has {size:,} subjects, and watchlist_size is {study.watchlist_size:,}; correct one of them, or leave "
            "watchlist_size out of the study (--watchlist-size)",
            source=file,
        )
    composition = enrolled.composition
    for attribute, stated in (study.watchlist_composition or {}).items():
        there = composition.get(attribute)
        if there is None:
            raise InputError(
                f"watchlist_composition: {attribute} is stated, and the watchlist has no labels of it; name their "
                f"column (watchlist: {{groups: {{{attribute}: COLUMN}}}}), or leave it out of the study",
                source=file,
            )
        for group in sorted({*stated, *there}):
            if stated.get(group, 0) != there.get(group, 0):
                raise InputError(
                    f"has {there.get(group, 0):,} subjects of {attribute} {group!r}, and watchlist_composition says "
                    f"{stated.get(group, 0):,}; correct one of them, or leave watchlist_composition out of the study",
                    source=file,
                )


def labels_of(enrolled: Enrolled, attributes: Sequence[str]) -> tuple[tuple[str | None, ...], ...]:
    """Return the labels of everybody on the list, one for each of these attributes; None where the list has none."""
    none = (None,) * len(enrolled.names)
    return tuple(zip(*(enrolled.labels.get(attribute, none) for attribute in attributes), strict=True))
