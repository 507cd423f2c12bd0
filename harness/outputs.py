"""Writing an evaluation, a comparison, an inspection, an audit or a monitoring to a folder, whole or not at all.

What draws (matplotlib, Typst), and what writes results of another kind, is imported where it is used: it takes as long
as counting a small file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from warnings import catch_warnings, simplefilter

import pyarrow as pa
from pyarrow import compute, csv

from harness.errors import ContradictionWarning, InputError
from harness.evaluation import LIST_MATCHES, Evaluation, content_at, from_json, side_by_side, to_json
from harness.folders import new_folder
from harness.gate.locating import EVALUATION
from harness.text import names_of_files

if TYPE_CHECKING:
    from harness.auditing import Audit
    from harness.change import PairedComparison
    from harness.inspection import Inspection
    from harness.monitoring import Monitoring
    from harness.projection import Projection

__all__ = [
    "Drawn",
    "write_audit",
    "write_change",
    "write_comparison",
    "write_evaluation",
    "write_evaluations",
    "write_figures",
    "write_inspection",
    "write_monitoring",
    "write_projection",
    "write_report",
]

Drawn: TypeAlias = Literal["report", "figures"]
"""What an evaluation can be written without, and drawn later by `write_report` and `write_figures`."""

INSPECTION = "inspection.json"
AUDIT = "audit.json"
COMPARISON = "comparison.json"
MONITORING = "monitoring.json"
PROJECTION = "projection.json"
REPORT = "report.html"
PRINTED = "report.pdf"
FORMULA = r"^([\x00-\x20']*[=+\-@＝＋－＠]|'*[\t\r\n])"
"""How a cell begins that a spreadsheet may run, full-width signs among them; blanks and apostrophes may come first."""


def write_evaluation(
    evaluation: Evaluation,
    directory: str | os.PathLike[str],
    *,
    without: Collection[Drawn] = (),
    appendix: bool = False,
) -> Path:
    """Write ``evaluation.json``, ``report.html``, ``report.pdf``, the tables as CSV files, and ``figures/``.

    Where candidate lists tell who on the watchlist is matched, ``matches.npz`` keeps it for `write_projection`.

    Parameters
    ----------
    evaluation : Evaluation
    directory : path
        Made if need be; an earlier evaluation in it is replaced in one step, with what this one is written without.
    without : collection of {"report", "figures"}
        What to leave out.
    appendix : bool
        Whether ``report.pdf`` has every table at every threshold of the answer, and the methods in full.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    InputError
        Where the directory holds something else, or cannot be written.
    """
    with new_folder(Path(directory), "evaluation") as folder:
        _write_contents(evaluation, folder, without, appendix=appendix)
    return Path(directory)


def write_evaluations(
    evaluations: Mapping[str, Evaluation],
    directory: str | os.PathLike[str],
    *,
    without: Collection[Drawn] = (),
    appendix: bool = False,
) -> Path:
    """Write several evaluations, each to a folder of its own, and ``comparison.csv``, which sets them side by side.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        By name, after which the folders are called.
    directory : path
        Made if need be; earlier ones in it are replaced in one step.
    without, appendix
        As for `write_evaluation`, which says too what is returned and raised.
    """
    with new_folder(Path(directory), "evaluations") as folder:
        for name, part in names_of_files(list(evaluations)).items():
            own = folder / part
            own.mkdir()
            _write_contents(evaluations[name], own, without, appendix=appendix)
        _write_csv(side_by_side(evaluations), folder / "comparison.csv")
    return Path(directory)


def _write_contents(
    evaluation: Evaluation, folder: Path, without: Collection[Drawn], *, appendix: bool
) -> None:
    document = to_json(evaluation)
    (folder / EVALUATION).write_text(document, encoding="utf-8")
    if evaluation.list_matches_content is not None:
        (folder / LIST_MATCHES).write_bytes(evaluation.list_matches_content)
    _write_csv(evaluation.rates, folder / "rates.csv")
    _write_csv(evaluation.verdicts, folder / "verdicts.csv")
    _write_csv(evaluation.pairs_at(evaluation.answer_thresholds), folder / "pairs.csv")
    _write_csv(evaluation.measures, folder / "measures.csv")
    for name, table in evaluation.search_tables.items():
        _write_csv(table, folder / name)
    figures = None if "figures" in without else folder / "figures"
    if figures is not None:
        from harness.figures import save_figures

        figures.mkdir()
        save_figures(evaluation, figures)
    if "report" not in without:
        _write_reports(evaluation, document, folder, figures=figures, appendix=appendix)


def write_report(
    evaluation: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    *,
    title: str | None = None,
    appendix: bool = False,
) -> Path:
    """Write ``report.html`` and ``report.pdf`` of a saved evaluation.

    Parameters
    ----------
    evaluation : path
        Of an ``evaluation.json``, or of the folder that holds it.
    directory : path
        Made if need be; an earlier report in it is replaced in one step.
    title : str, optional
    appendix : bool
        As for `write_evaluation`.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    InputError
        Where there is no such evaluation, or the directory holds something else, or cannot be written.
    HarnessError
        Where the report cannot be made a PDF.
    """
    found, document = _saved(evaluation)
    with new_folder(Path(directory), "report") as folder:
        _write_reports(found, document, folder, title=title, appendix=appendix)
    return Path(directory)


def write_comparison(
    first: str | os.PathLike[str],
    second: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    *,
    title: str | None = None,
) -> Path:
    """Write ``report.html`` and ``report.pdf`` of two saved evaluations side by side.

    Parameters, result and errors are as those of `write_report`; there is no appendix.
    """
    from harness.report import comparison_of, comparison_page, comparison_pdf

    (one, document), (other, other_document) = _saved(first), _saved(second)
    digests = (_digest(document), _digest(other_document))
    with new_folder(Path(directory), "report") as folder:
        comparison = comparison_of(one, other, digests=digests, title=title)
        (folder / REPORT).write_text(comparison_page(comparison), encoding="utf-8")
        (folder / PRINTED).write_bytes(comparison_pdf(comparison, digests=digests))
    return Path(directory)


def _write_reports(
    evaluation: Evaluation,
    document: str,
    folder: Path,
    *,
    title: str | None = None,
    figures: Path | None = None,
    appendix: bool,
) -> None:
    from harness.report import render_figures, report_on, report_page, report_pdf

    digest = _digest(document)
    report = report_on(evaluation, digest=digest, title=title)
    (folder / REPORT).write_text(report_page(report), encoding="utf-8")
    drawn = render_figures(evaluation, figures)
    (folder / PRINTED).write_bytes(report_pdf(report, drawn, digest=digest, appendix=appendix))


def _digest(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


def _saved(path: str | os.PathLike[str]) -> tuple[Evaluation, str]:
    """Read an evaluation, with the text of its file."""
    content, source = content_at(path)
    return from_json(content, source), content.decode()


def _saved_and_consistent(path: str | os.PathLike[str]) -> Evaluation:
    """Refuse an evaluation whose answer does not follow from its arrays: a figure alone could not say so."""
    with catch_warnings():
        simplefilter("ignore", ContradictionWarning)
        found, _ = _saved(path)
    if found.contradiction is not None:
        problem = f"disagrees with itself: {found.contradiction}; harness report draws it, and says so"
        raise InputError(problem, source=str(path))
    return found


def write_figures(
    evaluation: str | os.PathLike[str],
    directory: str | os.PathLike[str],
    *,
    formats: Sequence[str] = ("svg", "png", "pdf"),
) -> Path:
    """Write every figure of a saved evaluation, and ``alt_texts.json`` with what each shows, in words.

    Parameters
    ----------
    evaluation : path
        Of an ``evaluation.json``, or of the folder that holds it.
    directory : path
        Made if need be; earlier figures in it are replaced in one step.
    formats : sequence of {"svg", "png", "pdf"}

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    InputError
        Where there is no such evaluation, a format is unknown, or the directory holds something else, or cannot be
        written.
    """
    from harness.figures import save_figures

    found = _saved_and_consistent(evaluation)
    with new_folder(Path(directory), "figures") as folder:
        save_figures(found, folder, formats)
    return Path(directory)


def write_inspection(inspection: Inspection, directory: str | os.PathLike[str]) -> Path:
    """Write ``inspection.json``, ``suspicious_trials.csv`` and ``suspicious_subjects.csv``.

    Parameters, result and errors are as those of `write_evaluation`.
    """
    from harness.inspection import to_json as inspection_json

    with new_folder(Path(directory), "inspection") as folder:
        (folder / INSPECTION).write_text(inspection_json(inspection), encoding="utf-8")
        _write_csv(inspection.trials, folder / "suspicious_trials.csv")
        _write_csv(inspection.suspicious_subjects, folder / "suspicious_subjects.csv")
    return Path(directory)


def write_audit(audit: Audit, directory: str | os.PathLike[str]) -> Path:
    """Write ``audit.json`` and ``audit.csv``, a row for each record.

    Parameters, result and errors are as those of `write_evaluation`.
    """
    from harness.auditing import json_parts

    with new_folder(Path(directory), "audit") as folder:
        with (folder / AUDIT).open("w", encoding="utf-8") as file:
            file.writelines(json_parts(audit))
        _write_csv(audit.table_parts(), folder / "audit.csv")
    return Path(directory)


def write_monitoring(monitoring: Monitoring, directory: str | os.PathLike[str]) -> Path:
    """Write ``monitoring.json``, ``monitoring.csv``, a row for each deployment, and ``figures/``.

    Parameters, result and errors are as those of `write_evaluation`.
    """
    from harness.figures import AlarmDisplay, save_displays
    from harness.monitoring import to_json

    with new_folder(Path(directory), "monitoring") as folder:
        (folder / MONITORING).write_text(to_json(monitoring), encoding="utf-8")
        _write_csv(monitoring.table, folder / "monitoring.csv")
        figures = folder / "figures"
        figures.mkdir()
        save_displays(
            [("evidence", AlarmDisplay.from_monitoring(monitoring))], figures, ("svg", "png", "pdf")
        )
    return Path(directory)


def write_change(comparison: PairedComparison, directory: str | os.PathLike[str]) -> Path:
    """Write ``comparison.json`` and ``changes.csv``, a row for each pair of groups, rate and pair of thresholds.

    Parameters, result and errors are as those of `write_evaluation`.
    """
    from harness.change import to_json as comparison_json

    with new_folder(Path(directory), "comparison") as folder:
        (folder / COMPARISON).write_text(comparison_json(comparison), encoding="utf-8")
        _write_csv(comparison.table, folder / "changes.csv")
    return Path(directory)


def write_projection(
    projection: Projection, directory: str | os.PathLike[str], *, figures: bool = True
) -> Path:
    """Write ``projection.json``, the tables as CSV files, and ``figures/``.

    Parameters
    ----------
    projection : Projection
    directory : path
        Made if need be; an earlier projection in it is replaced in one step.
    figures : bool
        Whether to draw the safe threshold against size and mix of the list, where the projection has it.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    InputError
        Where the directory holds something else, or cannot be written, or the evaluation names no matcher.
    """
    from harness.projection import alert_rows, ratio_rows, safe_rows, to_json

    with new_folder(Path(directory), "projection") as folder:
        (folder / PROJECTION).write_text(to_json(projection), encoding="utf-8")
        _write_csv(alert_rows(projection), folder / "false_alerts.csv")
        _write_csv(ratio_rows(projection), folder / "ratios.csv")
        _write_csv(safe_rows(projection), folder / "safe_thresholds.csv")
        if figures and projection.sizes is not None:
            from harness.figures import save_displays
            from harness.figures.other_lists import figures_of_projection

            (folder / "figures").mkdir()
            save_displays(figures_of_projection(projection), folder / "figures")
    return Path(directory)


def _write_csv(tables: pa.Table | Iterable[pa.Table], path: Path) -> None:
    with path.open(
        "wb"
    ) as file:  # by Python, whose errors are the system's own, and for names that are not UTF-8
        for index, table in enumerate([tables] if isinstance(tables, pa.Table) else tables):
            options = csv.WriteOptions(include_header=index == 0, quoting_style="needed")
            csv.write_csv(_inert(table), file, options)


def _inert(table: pa.Table) -> pa.Table:
    """Put an apostrophe before text that a spreadsheet may run; numbers are numbers.

    It is put before apostrophes too that stand before such text, so that taking one off gives every label back.
    """
    columns = [
        compute.replace_substring_regex(column, FORMULA, r"'\1")
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
