"""A report as one HTML file that needs nothing else: no network, no fonts, no library."""

from harness.report.page.rendering import comparison_page, report_page

__all__ = ["comparison_page", "report_page"]
