"""Who counts the parts of a source."""

from harness.engines.counting import count, count_by_subject

__all__ = ["count", "count_by_subject"]
