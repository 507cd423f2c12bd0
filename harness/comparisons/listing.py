"""Which files are read: those named, and those in the folders and patterns named, each of them once.

Of folders with a log that says what files hold the rows, Delta tables are read and others are refused: a file that
was rewritten stays in the folder, so that reading all of them would count its rows twice.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.comparisons.standard_input import DASH
from harness.errors import InputError
from harness.folders import MANIFEST

__all__ = ["FORMATS", "Listing", "current_files", "in_utf8", "list_files"]

COMPRESSED = (".gz", ".zst")
FORMATS = {
    **{text + packed: "CSV" for text in (".csv", ".tsv", ".txt") for packed in ("", *COMPRESSED)},
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".arrow": "Arrow IPC",
    ".arrows": "Arrow IPC",
    ".feather": "Arrow IPC",
    ".ipc": "Arrow IPC",
}
NAMED_ALONE = tuple(".txt" + packed for packed in ("", *COMPRESSED))
"""In a folder, such files may be notes as well as scores; they are read where they, or a pattern, are named."""
ENDINGS = f".csv, .tsv, .txt (also with {' or '.join(COMPRESSED)}), " + ", ".join(
    ending for ending, kind in FORMATS.items() if kind != "CSV"
)
MATRICES = (".npy", ".npz")
TRASH = {
    "$recycle.bin",
    "#recycle",
    "#snapshot",
    "@eadir",
    "lost+found",
    "recycled",
    "recycler",
    "system volume information",
    "trash",
    "~snapshot",
}
"""Folders in which desktops and file servers keep copies of files, beside those whose names begin with a dot."""
RESULTS = (MANIFEST, "evaluation.json", "inspection.json", "audit.json")
OF_A_RESULT = re.compile(rb'\s*\{\s*"schema"\s*:\s*"harness/(folder|evaluation|inspection|audit)/')
WILD = re.compile(r"[*?\[]")
REMEDY = "write its rows to files in a folder of their own, and name that"
COMMIT = re.compile(r"(\d{20})\.json")
ICEBERG = re.compile(r"(v\d+|\d+-[0-9a-f-]{36})(\.gz)?\.metadata\.json")


@dataclass(frozen=True)
class Listing:
    """Files of one format.

    Attributes
    ----------
    kind : str
        CSV, Parquet or Arrow IPC.
    paths : tuple of Path
        In the order of what was named, and of their names.
    left_out : tuple of Path
        Files in the folders and patterns named that are not read, or the folders that hold them: hidden and temporary
        ones, results of the harness, and files that are no longer part of a table.
    """

    kind: str
    paths: tuple[Path, ...]
    left_out: tuple[Path, ...] = ()


def list_files(named: Sequence[str | os.PathLike[str]], apart: Iterable[Path] = ()) -> Listing:
    """Find files of one format, patterns and folders expanded, without opening any of them.

    Parameters
    ----------
    named : sequence of path
    apart : iterable of Path
        Files that are read for something else, and are not meant by a folder or pattern that they lie in.

    A file is used wherever it is, if it is named itself. In a folder, what begins with a dot or an underscore is left
    out, and so are folders of trash and snapshots, the results of the harness, and files that a Delta table no longer
    holds; links are followed.

    Raises
    ------
    InputError
        Where there is none, one cannot be read or would count twice, or they are of several formats.
    """
    expansion = _Expansion(frozenset(path.resolve() for path in apart))
    paths = [path for item in named for path in expansion.of(os.fspath(item))]
    formats = {path: _format_of(path) for path in paths}
    kinds = set(formats.values())
    if len(kinds) > 1:
        examples = ", ".join(
            f"{kind}: {next(p for p in paths if formats[p] == kind)}" for kind in sorted(kinds)
        )
        raise InputError(
            f"files of one evaluation must share a format, found {examples}; name those of one format",
            source=str(named[0]),
        )
    _require_once(paths)
    return Listing(kinds.pop(), tuple(paths), tuple(dict.fromkeys(expansion.left_out)))


def in_utf8(path: Path) -> str:
    """Return a name as DuckDB and Arrow take it, whatever the locale: in UTF-8.

    Raises
    ------
    InputError
        It is not UTF-8.
    """
    try:
        return os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            "its name is not UTF-8, which readers of scores ask for; rename it", source=str(path)
        ) from error


def _require_once(paths: Sequence[Path]) -> None:
    """Refuse a file that is named twice, by whatever path, and one that lies beside its compressed copy."""
    named = set(paths)
    met: dict[tuple[int, int], Path] = {}
    for path in paths:
        in_utf8(path)
        found = _stat(path)
        if not os.access(path, os.R_OK):
            raise InputError("cannot be read; check its permissions", source=str(path))
        if found.st_size == 0:
            raise InputError("is empty (0 bytes); write it again", source=str(path))
        other = met.setdefault((found.st_dev, found.st_ino), path)
        if other is not path:
            problem = "is named twice" if other == path else f"is the same file as {other}"
            raise InputError(f"{problem} and would count twice; name it once", source=str(path))
        if path.name.lower().endswith(COMPRESSED) and path.with_suffix("") in named:
            raise InputError(
                f"lies beside {path.with_suffix('')}, whose rows it would count twice; leave one of them out",
                source=str(path),
            )


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise InputError(f"cannot be found ({error.strerror}); check the path", source=str(path)) from error


@dataclass
class _Expansion:
    """Finds the files that are meant by names, and keeps those that are left out."""

    apart: frozenset[Path] = frozenset()
    left_out: list[Path] = field(default_factory=list)
    _current: dict[Path, frozenset[Path] | None] = field(default_factory=dict)

    def of(self, item: str) -> list[Path]:
        """Return the files that are meant by a name, in order."""
        if item == DASH:
            raise InputError(
                "standard input (-) is read alone, by the engine local and without checkpoints; write it to a file, "
                "and name that (./- is a file of that name)"
            )
        try:
            return self._meant_by(item)
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot be looked for ({error}); check the path", source=item) from error

    def _meant_by(self, item: str) -> list[Path]:
        path, before = Path(item), len(self.left_out)
        if path.is_file():
            if not self._is_current(path):
                raise InputError(
                    "is no longer part of the Delta table it lies in; name the folder of the table, or move the file "
                    "out of it",
                    source=item,
                )
            return [path]
        if path.is_dir():
            found = list(self._below(path, [path]))
            missing = (
                f"holds no file whose name ends in {ENDINGS}; name a folder that does, or files that end in .txt "
                "themselves"
            )
        elif path.exists():
            raise InputError("is not a regular file; write the scores to a file, and name that", source=item)
        else:
            found = [match for match in self._matching(item) if self._keeps(match, item)]
            missing = "no such file; check the path"
        current: list[Path] = []
        for file in sorted(file for file in found if not self.apart or file.resolve() not in self.apart):
            (current if self._is_current(file) else self.left_out).append(file)
        if not current and len(self.left_out) > before:
            missing = (
                f"holds no file to read: {self.left_out[before]} is left out; name it itself if it is meant"
            )
        if not current:
            raise InputError(missing, source=item)
        return current

    def _below(self, folder: Path, above: list[Path]) -> Iterator[Path]:
        for entry in _entries(folder):
            if entry.is_dir():
                yield from self._of_folder(entry, above)
            elif not _is_scores(entry):
                continue
            elif _is_hidden(entry.name):
                self.left_out.append(entry)
            elif entry.is_file():
                yield entry
            elif entry.is_symlink():
                raise InputError(
                    "is a link to a file that is not there; restore the file, or remove the link",
                    source=str(entry),
                )

    def _of_folder(self, folder: Path, above: list[Path]) -> Iterator[Path]:
        if not _is_set_aside(folder):
            _refuse_loop(folder, above)
            yield from self._below(folder, [*above, folder])
        elif next(_data_files(folder), None):
            self.left_out.append(folder)

    @staticmethod
    def _matching(pattern: str) -> list[Path]:
        matches = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        return [path for path in map(Path, matches) if path.is_file()]

    def _keeps(self, match: Path, pattern: str) -> bool:
        """Whether every folder that a pattern's wildcards stand for is one whose files are read."""
        folders = match.parents
        named = Path(pattern).parts
        beyond = len(named) - next(i for i, part in enumerate(named) if WILD.search(part))
        wild = [part for part in named[-beyond:] if part != "**"]
        first = len(named) - beyond
        for folder in [parent for parent in reversed(folders) if len(parent.parts) > first]:
            own = folder.name
            if _is_set_aside(folder) and not any(p[0] == own[0] and fnmatchcase(own, p) for p in wild):
                self.left_out.append(folder)
                return False
        return True

    def _is_current(self, path: Path) -> bool:
        """Whether a file is part of the table in whose folder it lies, if it does."""
        folder = path.absolute().parent
        if folder not in self._current:
            self._current[folder] = current_files(folder)
        current = self._current[folder]
        return current is None or path.absolute() in current


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"cannot be listed ({error.strerror}); check its permissions, or name the files",
            source=str(folder),
        ) from error


def _refuse_loop(folder: Path, above: Sequence[Path]) -> None:
    if folder.is_symlink() and any(one.resolve().is_relative_to(folder.resolve()) for one in above):
        raise InputError(
            "is a link to a folder that it lies in, whose files would count twice; remove the link",
            source=str(folder),
        )


def _is_set_aside(folder: Path) -> bool:
    return _is_hidden(folder.name) or folder.name.lower() in TRASH or _is_result(folder)


def _is_hidden(name: str) -> bool:
    # As for Spark, "_site=1" is a folder of rows of which a column begins with an underscore.
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _is_result(folder: Path) -> bool:
    """Whether the harness wrote a result there."""
    for name in RESULTS:
        try:
            with (folder / name).open("rb") as file:
                if OF_A_RESULT.match(file.read(256)):
                    return True
        except OSError:
            continue
    return False


def _data_files(folder: Path) -> Iterator[Path]:
    """Find files of comparisons, by their names alone."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names if _is_scores(Path(name)))


def _is_scores(path: Path) -> bool:
    """Whether a file in a folder holds scores, by its name."""
    return _suffix(path) not in (None, *NAMED_ALONE)


def _suffix(path: Path) -> str | None:
    name = path.name.lower()
    return next((suffix for suffix in FORMATS if name.endswith(suffix)), None)


def _format_of(path: Path) -> str:
    suffix = _suffix(path)
    if suffix is None and path.suffix.lower() in MATRICES:
        raise InputError(
            "is an array: where it is a matrix of scores, say who its rows are (matrix: people.csv; --matrix-rows); "
            "else write its comparisons to CSV or Parquet",
            source=str(path),
        )
    if suffix is None:
        raise InputError(f"its name must end in one of {ENDINGS}", source=str(path))
    return FORMATS[suffix]


def current_files(folder: Path) -> frozenset[Path] | None:
    """Return the files of the table that a folder is part of; None where it is part of none.

    Parameters
    ----------
    folder : Path
        From the root.

    Raises
    ------
    InputError
        Where its log cannot tell, or it is a table of another kind.
    """
    for table in (folder, *folder.parents):
        if (table / "_delta_log").is_dir():
            return _files_of_delta(table)
        if (table / ".hoodie").is_dir():
            raise InputError(
                f"is a Hudi table, of which not every file is current; {REMEDY}", source=str(table)
            )
        if any(ICEBERG.fullmatch(path.name) for path in (table / "metadata").glob("*.metadata.json")):
            raise InputError(
                f"is an Iceberg table, of which not every file is current; {REMEDY}", source=str(table)
            )
    return None


def _files_of_delta(table: Path) -> frozenset[Path]:
    commits = {
        int(found[1]): path
        for path in (table / "_delta_log").iterdir()
        if (found := COMMIT.fullmatch(path.name))
    }
    if sorted(commits) != list(range(len(commits))) or not commits:
        raise InputError(
            f"is a Delta table whose log no longer begins at its first version; {REMEDY}", source=str(table)
        )
    current: set[Path] = set()
    for _, commit in sorted(commits.items()):
        for action in _actions(commit):
            _require_plain(action, table)
            for what, change in (("remove", current.discard), ("add", current.add)):
                if action.get(what):
                    change(_path(action[what]["path"], table))
    missing = next((path for path in sorted(current) if not path.is_file()), None)
    if missing is not None:
        raise InputError(
            f"is not there, but the log of the Delta table {table} names it; restore the table",
            source=str(missing),
        )
    return frozenset(current)


def _actions(commit: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in commit.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read as the log of a Delta table; {REMEDY}", source=str(commit)
        ) from error


def _require_plain(action: dict[str, Any], table: Path) -> None:
    """Refuse tables of which the files alone do not tell the rows or the names of the columns."""
    mapping = ((action.get("metaData") or {}).get("configuration") or {}).get("delta.columnMapping.mode")
    if (action.get("add") or {}).get("deletionVector"):
        raise InputError(f"is a Delta table with rows deleted out of its files; {REMEDY}", source=str(table))
    if mapping not in (None, "none"):
        raise InputError(f"is a Delta table whose columns were renamed; {REMEDY}", source=str(table))


def _path(uri: str, table: Path) -> Path:
    if urlsplit(uri).scheme or uri.startswith("/"):
        raise InputError(f"is a Delta table with files elsewhere ({uri}); {REMEDY}", source=str(table))
    return table / unquote(uri)
