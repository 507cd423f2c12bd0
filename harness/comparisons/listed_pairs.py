"""Pairs of people as LFW and RFW list them (``pairs.txt``), beside scores in the same order.

A mated pair is a line ``name n1 n2``, of two images of one person; a non-mated one ``name1 n1 name2 n2``. A first line
of one or two numbers says how many there are: pairs of either kind in each fold, after how many folds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import duckdb
import pyarrow as pa

from harness.comparisons.files import CsvFiles
from harness.comparisons.source import Input, Seen, Source
from harness.comparisons.sql import identifier
from harness.errors import InputError
from harness.files import reading

__all__ = ["COLUMNS", "FilesWithPairs", "read_pairs", "with_pairs"]

COLUMNS = ("probe", "reference", "probe_image", "reference_image", "mated")
FORM = "write 'name n1 n2' or 'name1 n1 name2 n2', n being numbers of images"


def with_pairs(source: Source, pairs: Sequence[str], *, digested: bool) -> Source:
    """Put the pairs of lists beside scores, line by line.

    Parameters
    ----------
    source : Source
    pairs : sequence of str
        One list for each file of scores, in the same order.
    digested : bool
        Whether to digest the lists first.

    Raises
    ------
    InputError
        Where a list cannot be read, or has not as many pairs as there are scores.
    """
    if not isinstance(source, CsvFiles):
        raise InputError(
            "pairs are put beside scores in text files, line by line; leave pairs out", source=source.name
        )
    paths = tuple(map(Path, pairs))
    if len(paths) != len(source.paths):
        raise InputError(
            f"there are {len(source.paths)} files of scores, and {len(paths)} of pairs ({', '.join(pairs)}); name "
            "a list for each file of scores (pairs in the study, --pairs)",
            source=source.name,
        )
    twice = [name for name in source.header if name.casefold() in COLUMNS]
    if twice:
        raise InputError(
            f"column {twice[0]!r} is also one that pairs give ({', '.join(COLUMNS)}); rename or leave it out",
            source=source.name,
        )
    seen = Seen.of(paths, digested=digested)
    given = {one.name: getattr(source, one.name) for one in fields(source)}
    found = FilesWithPairs(**given, lists=paths, tables=tuple(map(read_pairs, paths)), seen_lists=seen)
    for part in found.parts():
        part.require_as_many()
    return found


@dataclass(frozen=True)
class FilesWithPairs(CsvFiles):
    """Text files of scores, and lists of the pairs that were scored.

    Attributes
    ----------
    lists : tuple of Path
        One for each file.
    tables : tuple of Table
        The pairs of each.
    seen_lists : Seen or None
        What they were when they were opened.
    """

    lists: tuple[Path, ...] = field(default=(), kw_only=True)
    tables: tuple[pa.Table, ...] = field(default=(), kw_only=True, compare=False)
    seen_lists: Seen | None = field(default=None, kw_only=True, compare=False)

    def inputs(self) -> tuple[Input, ...]:
        """Digest the lists too."""
        return (*super().inputs(), *(self.seen_lists.inputs() if self.seen_lists else ()))

    def require_unchanged(self) -> None:
        """Refuse a list that changed, too."""
        super().require_unchanged()
        if self.seen_lists is not None:
            self.seen_lists.require_unchanged()

    def parts(self) -> Sequence[FilesWithPairs]:
        """One source a file, with its list."""
        return [
            FilesWithPairs(
                (path,),
                self.header,
                self.delimiter,
                self.columns,
                self.titled,
                lists=(pairs,),
                tables=(table,),
            )
            for path, pairs, table in zip(self.paths, self.lists, self.tables, strict=True)
        ]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Put scores and pairs side by side, in the order of their lines."""
        name = f"pairs_of_{abs(hash(self.lists))}"
        connection.register(name, pa.concat_tables(self.tables).combine_chunks())
        return f"(SELECT * FROM {super().relation(connection)} POSITIONAL JOIN {identifier(name)})"

    def require_as_many(self) -> None:
        """Refuse a file that has not as many scores as its list has pairs.

        Raises
        ------
        InputError
        """
        with duckdb.connect() as connection:
            try:
                rows = connection.execute(f"SELECT count(*) FROM {super().relation(connection)}").fetchall()
            except duckdb.Error:
                return  # reading it says what is wrong
        scores, pairs = rows[0][0], self.tables[0].num_rows
        if scores != pairs:
            raise InputError(
                f"has {scores:,} rows, and {self.lists[0]} lists {pairs:,} pairs; give a score for each pair, in the "
                "same order",
                source=self.name,
            )


def read_pairs(path: Path) -> pa.Table:
    r"""Read a list of pairs.

    Returns
    -------
    Table
        `COLUMNS`; an image is called as its file is, ``name_0001``.

    Raises
    ------
    InputError
        Names the first line that is no pair.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "pairs.txt")
    ...     _ = path.write_text("1 1\nAbel_Aguilar 1 2\nAbel_Aguilar 1 Zoe_Ball 3\n")
    ...     read_pairs(path).to_pylist()[1]["reference_image"]
    'Zoe_Ball_0003'
    """
    with reading(path), path.open(encoding="utf-8-sig") as file:
        try:
            lines = file.read().splitlines()
        except UnicodeDecodeError as error:
            raise InputError("is not UTF-8 text; save it as UTF-8", source=str(path)) from error
    numbers = _counts(lines[0]) if lines else None
    rows = list(_rows(lines, 0 if numbers is None else 1, path))
    if numbers is not None:
        _require_said(path, numbers, len(rows))
    return pa.table(
        [
            pa.array(column, pa.int8() if name == "mated" else pa.string())
            for name, column in zip(COLUMNS, zip(*rows, strict=True) if rows else [()] * 5, strict=True)
        ],
        names=COLUMNS,
    )


def _counts(line: str) -> list[int] | None:
    words = line.split()
    return [int(word) for word in words] if 1 <= len(words) <= 2 and all(map(_is_number, words)) else None


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _rows(lines: Sequence[str], first: int, path: Path) -> Iterator[tuple[str, str, str, str, int]]:
    for number, line in enumerate(lines[first:], start=first + 1):
        words = [word.strip() for word in line.split("\t")] if "\t" in line else line.split()
        if len(words) not in (3, 4) or not _is_number(words[1]) or not _is_number(words[-1]):
            raise InputError(f"{line[:80]!r} is no pair of people; {FORM}", source=str(path), line=number)
        probe, reference = words[0], words[0] if len(words) == 3 else words[2]
        first_image, other = f"{probe}_{int(words[1]):04d}", f"{reference}_{int(words[-1]):04d}"
        yield probe, reference, first_image, other, int(len(words) == 3)


def _require_said(path: Path, numbers: Sequence[int], pairs: int) -> None:
    """Refuse a list that was cut off."""
    folds, of_a_kind = (1, *numbers) if len(numbers) == 1 else numbers
    if 2 * folds * of_a_kind != pairs:
        raise InputError(
            f"says that it lists {2 * folds * of_a_kind:,} pairs ({folds} x {of_a_kind} mated and as many non-mated), "
            f"and lists {pairs:,}; it may be cut off; write it again",
            source=str(path),
            line=1,
        )
