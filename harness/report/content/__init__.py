"""What a report says, for whichever way it is rendered: made from evaluations, without computing anything."""

from harness.report.content.comparison import comparison_of
from harness.report.content.report import report_on

__all__ = ["comparison_of", "report_on"]
