"""A document as plain values, and where each of them stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["COMMAND_LINE", "Document", "KeyPath", "Position"]

COMMAND_LINE = "command line"

KeyPath = tuple[str | int, ...]
Position = tuple[int, int]


@dataclass(frozen=True)
class Document:
    """A document as plain values, and where each of them stands.

    Parameters
    ----------
    value : mapping
        Dicts, lists and scalars only.
    source : str
        The file, or the name of the in-memory object.
    positions, key_positions : mapping
        Line and column, from 1, of each value and of each mapping key, by path; empty for values given in
        Python.
    overrides : frozenset
        Paths, with all that is below them, that command-line options gave.
    """

    value: Mapping[str, object]
    source: str
    positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    key_positions: Mapping[KeyPath, Position] = field(default_factory=dict)
    overrides: frozenset[KeyPath] = frozenset()

    def place(self, path: KeyPath, *, of_key: bool = False) -> tuple[str, int | None, int | None]:
        """Source, line and column of the value at a path, or of the nearest value that encloses it."""
        prefixes = [path[:length] for length in range(len(path), -1, -1)]
        if not self.overrides.isdisjoint(prefixes):
            return COMMAND_LINE, None, None
        if of_key and path in self.key_positions:
            return self.source, *self.key_positions[path]
        line, column = next((self.positions[p] for p in prefixes if p in self.positions), (None, None))
        return self.source, line, column

    def existing_part(self, path: KeyPath) -> KeyPath:
        """Return the longest beginning of a path that leads to a value of the document."""
        value: object = self.value
        for depth, part in enumerate(path):
            inside_mapping = isinstance(value, Mapping) and part in value
            inside_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
            if not (inside_mapping or inside_list):
                return path[:depth]
            value = value[part]  # type: ignore[index]
        return path
