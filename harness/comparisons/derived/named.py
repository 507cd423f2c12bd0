"""Columns whose values are taken out of the paths of files, and out of values such as the names of templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.comparisons.derived.base import Derived
from harness.comparisons.files import Files
from harness.comparisons.source import Check, Source
from harness.comparisons.sql import identifier, literal
from harness.errors import InputError
from harness.study.patterns import FromValue, as_regex, names_in

if TYPE_CHECKING:
    import duckdb

    from harness.study import Study

__all__ = ["FromPaths", "FromValues", "with_paths"]


def with_paths(source: Source, study: Study) -> Source:
    """Return a source with the columns that a study takes from the paths of its files.

    Raises
    ------
    InputError
        Where the source is not files, or the path of one does not match.
    """
    if not study.from_path:
        return source
    if not isinstance(source, Files):
        raise InputError("is not in files, of whose paths from_path takes values", source=source.name)
    found = FromPaths(source, study.from_path)
    for path in source.paths:
        found.values(path)
    return found


@dataclass(frozen=True)
class FromPaths(Derived):
    """Files with columns whose values are in their paths.

    Attributes
    ----------
    patterns : mapping of str to str
        By name of the column.
    """

    source: Files
    patterns: Mapping[str, str]

    def values(self, path: Path) -> tuple[str, ...]:
        """Return the values of one file's rows.

        Raises
        ------
        InputError
            Where its path does not match.
        """
        return tuple(self._value(path, name, pattern) for name, pattern in self.patterns.items())

    @staticmethod
    def _value(path: Path, name: str, pattern: str) -> str:
        found = re.search(as_regex(pattern, name), path.absolute().as_posix())
        if found is None:
            raise InputError(
                f"its path does not end like {pattern!r}, which takes {name} from it (from_path); "
                "correct the pattern, or name the files that are meant",
                source=str(path),
            )
        return unquote(found[1]) if f"{name}={{{name}}}" in pattern else found[1]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Scan the files of the same values together."""
        return self._each(lambda files: files.relation(connection))

    def numbered(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return the same with the number of each row as it is stored."""
        return self._each(lambda files: files.numbered(connection))

    def _each(self, scan: Callable[[Files], str]) -> str:
        by_values: dict[tuple[str, ...], list[Path]] = {}
        for path in self.source.paths:
            by_values.setdefault(self.values(path), []).append(path)
        selects = []
        for values, paths in by_values.items():
            added = ", ".join(
                f"{literal(value)} AS {identifier(name)}"
                for value, name in zip(values, self.patterns, strict=True)
            )
            selects.append(f"SELECT *, {added} FROM {scan(replace(self.source, paths=tuple(paths)))}")
        return f"({' UNION ALL BY NAME '.join(selects)})"

    def called(self, column: str) -> str:
        """Name a value of the path as such."""
        return f"column {column!r} (of its path)" if column in self.patterns else self.source.called(column)


@dataclass(frozen=True)
class FromValues(Derived):
    """A source with columns whose values are taken out of those of others.

    Attributes
    ----------
    taken : mapping of str to FromValue
        By name of the column.
    """

    taken: Mapping[str, FromValue]

    def over(self, relation: str) -> str:
        """Take the values; NULL where there is none."""
        added = ", ".join(
            f"NULLIF(regexp_extract(CAST({identifier(of.column)} AS VARCHAR), {literal(_regex(of))}, 1), '') "
            f"AS {identifier(name)}"
            for name, of in self.taken.items()
        )
        return f"(SELECT *, {added} FROM {relation})"

    def narrowed(self, columns: Sequence[str]) -> Source:
        """Take only what will be read."""
        taken = {name: of for name, of in self.taken.items() if name in columns}
        if not taken:
            return self.source.narrowed(columns)
        needed = [of.column for of in taken.values()]
        return replace(self, source=self.source.narrowed([*columns, *needed]), taken=taken)

    def checks(self) -> Sequence[Check]:
        """Refuse a value that does not match."""
        return [
            *self.source.checks(),
            *(
                Check(
                    of.column,
                    f"{identifier(name)} IS NULL",
                    f"{{value}} does not end like {_braced(of.pattern)}, which takes {_braced(name)} from it "
                    "(from_value); correct the pattern or the value",
                )
                for name, of in self.taken.items()
            ),
        ]

    def called(self, column: str) -> str:
        """Name the column that the value is taken out of."""
        return self.source.called(self.taken[column].column if column in self.taken else column)


def _regex(of: FromValue) -> str:
    (name,) = names_in(of.pattern)
    return as_regex(of.pattern, name)


def _braced(text: str) -> str:
    return repr(text).replace("{", "{{").replace("}", "}}")
