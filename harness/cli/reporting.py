"""Where a check is written: the log, files, and what GitHub reads after a step."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from harness.cli.needs import require
from harness.errors import InputError
from harness.files import reason, write_whole, writing
from harness.gate import Report
from harness.gate.formats import LIBRARIES, Form, as_summary, drawn

__all__ = ["Reporting", "reporting_from"]


@dataclass(frozen=True)
class Reporting:
    """Where a check goes.

    Parameters
    ----------
    log : Form
        The form that is printed.
    files : mapping of Path to Form
    """

    log: Form
    files: Mapping[Path, Form]

    def deliver(self, report: Report) -> None:
        """Print a report, then write its files, each whole or not at all.

        Raises
        ------
        InputError
            A file cannot be written.
        """
        root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
        print(drawn(report, self.log, root), flush=True)
        if self.log == "github":
            _tell_github(report)
        for path, form in self.files.items():
            write_whole(path, f"{drawn(report, form, root)}\n".encode())


def reporting_from(log: Form, outputs: Sequence[str], read: Sequence[str | None]) -> Reporting:
    """Return where a check goes, before it is done.

    Parameters
    ----------
    log : Form
    outputs : sequence of str
        ``FORMAT=FILE`` each.
    read : sequence of str or None
        The files that the check reads; none of them is written over.

    Raises
    ------
    InputError
        An output is not of that form, would replace what is checked, or needs a library that is not installed.
    """
    taken = {_real(name) for name in read if name is not None}
    files: dict[Path, Form] = {}
    for text in outputs:
        form, path = _output(text)
        if _real(path) in taken:
            raise InputError(f"--output {text}: this file is read by the check, or written twice")
        taken.add(_real(path))
        files[path] = form
    needed = {LIBRARIES[form] for form in (log, *files.values()) if form in LIBRARIES}
    require(*sorted(needed), extra="gate")
    return Reporting(log, files)


def _output(text: str) -> tuple[Form, Path]:
    name, _, file = text.partition("=")
    for form in get_args(Form):
        if form == name and file:
            path = Path(file)
            _require_writable(path, text)
            return form, path
    raise InputError(f"--output {text}: write FORMAT=FILE, with one of {', '.join(get_args(Form))}")


def _real(name: str | Path) -> str:
    """Return where a name leads; links in a circle, and names that the system refuses, lead nowhere."""
    try:
        return os.path.realpath(name)
    except (OSError, ValueError):
        return str(name)


def _require_writable(path: Path, text: str) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise InputError(f"--output {text}: cannot be written ({reason(error)})") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"--output {text}: is not a regular file; name one to write")


def _tell_github(report: Report) -> None:
    """Add to the files that a step of a workflow hands on: the job's summary, and the step's output `outcome`."""
    told = {"GITHUB_STEP_SUMMARY": as_summary(report), "GITHUB_OUTPUT": f"outcome={report.outcome}\n"}
    for variable, text in told.items():
        file = os.environ.get(variable)
        if not file:
            continue
        with writing(Path(file)), Path(file).open("a", encoding="utf-8") as handed_on:
            handed_on.write(text)
