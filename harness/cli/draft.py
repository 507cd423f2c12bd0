"""``harness draft``."""

from __future__ import annotations

import os
from pathlib import Path

from harness.cli.needs import COUNTING, require
from harness.cli.streams import say
from harness.errors import InputError

__all__ = ["draft"]


def draft(scores: tuple[str, ...], *, people: Path | None = None, out: Path | None = None) -> None:
    """Draft a study file from the columns of scores, with reasons and questions, for `harness evaluate`.

    Nothing but the file is printed, so that it can be sent to one: harness draft scores.csv > study.yaml

    Parameters
    ----------
    scores
        Text (.csv, .tsv, .txt, also with .gz or .zst), Parquet or Arrow IPC files, globs or folders; - for standard
        input.
    people
        File with a row for each person, where the scores name people and their groups stand there.
    out
        File to write instead of printing it; a file that is there already is kept, and the draft refused.
    """
    require(*COUNTING)
    from harness.drafting import draft as drafted
    from harness.files import write_whole

    if out is not None and os.path.lexists(out):
        raise InputError("is there already, and may have been edited; name another file", source=str(out))
    text = drafted(scores, people, folder="." if out is None else out.parent)
    if out is None:
        say(*text.splitlines())
    else:
        write_whole(out, text.encode())
        say(f"Written to {out}; read it, then: harness evaluate SCORES --study {out} --out RESULTS")
