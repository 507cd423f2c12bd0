"""Folders of which a log says what files hold the rows: Delta tables, and others that are refused.

A file that was rewritten stays in the folder, so that reading all of them would count its rows twice.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.errors import InputError

__all__ = ["current_files"]

REMEDY = "write its rows to files in a folder of their own, and name that"
COMMIT = re.compile(r"(\d{20})\.json")
ICEBERG = re.compile(r"(v\d+|\d+-[0-9a-f-]{36})(\.gz)?\.metadata\.json")


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
