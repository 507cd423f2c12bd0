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

    Of published deployment records (a CSV file or a workbook), it drafts the mapping for `harness audit`. Nothing but
    the file is printed, so that it can be sent to one: harness draft scores.csv > study.yaml

    Parameters
    ----------
    scores
        Text (.csv, .tsv, .txt, also with .gz or .zst), Parquet or Arrow IPC files, globs or folders; - for standard
        input. Or one file of published deployment records, text or .xlsx.
    people
        File with a row for each person, where the scores name people and their groups stand there.
    out
        File to write instead of printing it; a file that is there already is kept, and the draft refused.
    """
    require(*COUNTING)
    from harness.files import write_whole

    if out is not None and os.path.lexists(out):
        raise InputError("is there already, and may have been edited; name another file", source=str(out))
    mapping = _mapping(scores) if people is None else None
    text = mapping or _study(scores, people, out)
    if out is None:
        say(*text.splitlines())
        return
    write_whole(out, text.encode())
    if mapping is None:
        say(f"Written to {out}; read it, then: harness evaluate SCORES --study {out} --out RESULTS")
    else:
        say(
            f"Written to {out}; read it, then: harness audit {scores[0]} --mapping {out} --evaluation RESULTS"
        )


def _mapping(files: tuple[str, ...]) -> str | None:
    """Draft a mapping, where the one file that is given is of records by its columns."""
    if len(files) != 1 or not Path(files[0]).is_file():
        return None
    from harness.auditing import draft_mapping

    drafted = draft_mapping(files[0])
    if drafted is None and Path(files[0]).suffix.lower() in (".xlsx", ".xlsm"):
        raise InputError(
            "no sheet has columns of deployment records (a date, faces or watchlist, alerts); scores in a workbook are "
            "not read, so save them as CSV",
            source=files[0],
        )
    return drafted


def _study(scores: tuple[str, ...], people: Path | None, out: Path | None) -> str:
    from harness.drafting import draft as drafted

    return drafted(scores, people, folder="." if out is None else out.parent)
