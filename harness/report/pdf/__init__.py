"""A report as one PDF file, to be printed, filed and read aloud: PDF/UA-1 and PDF/A-2a."""

from harness.report.pdf.drawings import Drawings, drawings_of
from harness.report.pdf.rendering import comparison_pdf, report_pdf

__all__ = ["Drawings", "comparison_pdf", "drawings_of", "report_pdf"]
