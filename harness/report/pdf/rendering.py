"""From what a report says to the bytes of its PDF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files

import typst

from harness.errors import HarnessError
from harness.report.content.model import Comparison, Report
from harness.report.pdf.document import Part, comparison_parts, report_parts
from harness.report.pdf.drawings import Drawings
from harness.report.pdf.fonts import folder_of_fonts, settable

__all__ = ["STANDARDS", "comparison_pdf", "report_pdf"]

STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]
"""The strictest that go together: PDF/A-4 is of PDF 2.0, PDF/UA-1 of PDF 1.7."""

NO_DATE = 0
"""PDF/A asks for a date; that of an evaluation is nowhere, and the moment would change the bytes."""


def report_pdf(report: Report, drawings: Drawings, *, digest: str) -> bytes:
    """Return the PDF of a report on one evaluation; equal reports give equal bytes.

    Parameters
    ----------
    report : Report
    drawings : Drawings
        See `drawings_of`.
    digest : str
        SHA-256 of the evaluation, for the foot of every page.

    Returns
    -------
    bytes
        A tagged PDF that passes the checks of its generator for PDF/UA-1 and PDF/A-2a.

    Raises
    ------
    HarnessError
        Where the generator refuses it.
    """
    kind = "Demographic differentials in error rates, by threshold"
    return _set(kind, report.title, report.subtitle, [digest], report_parts(report, drawings))


def comparison_pdf(comparison: Comparison, *, digests: Sequence[str]) -> bytes:
    """Return the PDF of a comparison; see `report_pdf`.

    Parameters
    ----------
    comparison : Comparison
    digests : sequence of str
        SHA-256 of both evaluations.
    """
    kind = "Two evaluations compared"
    return _set(kind, comparison.title, comparison.subtitle, digests, comparison_parts(comparison))


def _set(kind: str, title: str, subtitle: str, digests: Sequence[str], parts: Sequence[Part]) -> bytes:
    content = {
        "kind": kind,
        "title": settable(title),
        "subtitle": settable(subtitle),
        "digests": list(digests),
        "parts": parts,
    }
    try:
        return typst.compile(
            files("harness.report.pdf").joinpath("report.typ").read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[folder_of_fonts()]),
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
            pdf_standards=STANDARDS,
            timestamp=NO_DATE,
        )
    except typst.TypstError as error:
        reasons = " ".join(". ".join([error.message, *error.hints]).split())
        raise HarnessError(f"the report cannot be made a PDF ({reasons})") from error
