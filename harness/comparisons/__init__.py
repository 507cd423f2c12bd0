"""Any source of comparison scores, as a stream of Arrow record batches in canonical columns."""

from harness.comparisons.source import Input
from harness.comparisons.sources import Scores
from harness.comparisons.stream import CellScores, Comparisons

__all__ = ["CellScores", "Comparisons", "Input", "Scores"]
