"""``harness audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.cli.needs import EVALUATION, day_given, require
from harness.cli.printing import print_findings
from harness.cli.streams import say
from harness.errors import InputError
from harness.text import ascii_json

if TYPE_CHECKING:
    from harness.auditing import RecordMapping

__all__ = ["audit"]


def audit(
    records: tuple[Path, ...],
    *,
    evaluation: Path,
    mapping: tuple[Path, ...] = (),
    column: tuple[str, ...] = (),
    date_format: str | None = None,
    thousands: str | None = None,
    unknown: tuple[str, ...] = (),
    confidence: float | None = None,
    agreement_ratio: float | None = None,
    period: tuple[str, ...] = (),
    out: Path | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the flag's name
) -> None:
    """Hold published deployment records against an evaluation, and say what they can claim.

    A report and no gate: it exits with 0 when it is done, whatever it found, and with 2 where something cannot be
    read. `harness check` is what blocks a deployment.

    Parameters
    ----------
    records
        CSV files or workbooks (.xlsx) of one deployment a row: date, place, watchlist_size, threshold, faces, alerts,
        true_alerts, false_alerts.
    evaluation
        The evaluation.json to hold them against, or its folder.
    mapping
        YAML, JSON or TOML file that says which column is which, and how values are written; one for all files of
        records, or one for each in their order. `harness draft RECORDS` proposes one.
    column
        VALUE=NAME, the column of a value, over the mapping: faces="Faces seen (est.)"; faces= where there is none.
        Several of one value are added up.
    date_format
        Of dates, over the mapping: DD/MM/YYYY.
    thousands
        What parts thousands in counts, over the mapping.
    unknown
        A text that means that a value is unknown, over the mapping.
    confidence
        Of every statement; the evaluation's by default.
    agreement_ratio
        How many times the highest rate that the evaluation allows a deployment that agrees may have; 2 by default.
    period
        First day of a period, as 2024-01-01; periods are compared with each other. Calendar years by default.
    out
        Folder to write audit.json and audit.csv to; an earlier audit in it is replaced.
    format
        text, or json for machines: what audit.json holds.
    """
    require(*EVALUATION)
    from harness.auditing import AGREEMENT_RATIO, answer, json_parts, table_lines
    from harness.auditing import audit as run_audit
    from harness.folders import require_replaceable
    from harness.outputs import write_audit

    if out is not None:
        require_replaceable(out, "audit")
    found = run_audit(
        records,
        evaluation=evaluation,
        mapping=_mappings(mapping, column, date_format, thousands, unknown),
        confidence=confidence,
        agreement_ratio=AGREEMENT_RATIO if agreement_ratio is None else agreement_ratio,
        periods=[day_given(day, "--period") for day in period],
    )
    where = "" if out is None else f"Written to {write_audit(found, out)}: audit.json, audit.csv"
    if format == "json":
        for part in json_parts(found):
            print(ascii_json(part), end="")
        return
    print_findings(answer(found), "")
    for row in table_lines(found):
        say(row)
    if where:
        say("", where)


def _mappings(
    paths: tuple[Path, ...],
    columns: tuple[str, ...],
    date_format: str | None,
    thousands: str | None,
    unknown: tuple[str, ...],
) -> list[RecordMapping]:
    from harness.auditing import mapping_from_options
    from harness.config import read_document

    options = {
        "columns": _columns(columns),
        "date_format": date_format,
        "thousands": thousands,
        "unknown": list(unknown),
    }
    given = {key: value for key, value in options.items() if value not in (None, {}, [])}
    if not paths:
        return [mapping_from_options(None, given)]
    return [mapping_from_options(read_document(path), given) for path in paths]


def _columns(texts: tuple[str, ...]) -> dict[str, str | list[str] | None]:
    """The column of each value; those of a value that is named again are added up."""
    named: dict[str, list[str]] = {}
    for value, name in map(_column, texts):
        named.setdefault(value, []).extend([] if name is None else [name])
    return {value: names if len(names) > 1 else names[0] if names else None for value, names in named.items()}


def _column(text: str) -> tuple[str, str | None]:
    value, separator, name = text.partition("=")
    if not separator or not value:
        raise InputError(f"--column {text!r}: write VALUE=NAME, such as faces='Faces seen'")
    return value, name or None
