"""Reports on an evaluation or on two: what they say, made without computing anything, as an HTML page and as a PDF."""

from harness.report.comparison import comparison_of
from harness.report.page import comparison_page, report_page
from harness.report.pdf import comparison_pdf, render_figures, report_pdf
from harness.report.report import report_on

__all__ = [
    "comparison_of",
    "comparison_page",
    "comparison_pdf",
    "render_figures",
    "report_on",
    "report_page",
    "report_pdf",
]
