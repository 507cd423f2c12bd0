"""Any source of comparison scores, as a stream of Arrow record batches in canonical columns."""

from harness.comparisons.database import MemoryLimit
from harness.comparisons.embeddings import EmbeddingPairs, all_pairs, pairs_between
from harness.comparisons.scan import CellScores
from harness.comparisons.source import Input
from harness.comparisons.sources import Scores
from harness.comparisons.stream import Comparisons, Opened, open_comparisons, resolve_study
from harness.comparisons.templates import Templates

__all__ = [
    "CellScores",
    "Comparisons",
    "EmbeddingPairs",
    "Input",
    "MemoryLimit",
    "Opened",
    "Scores",
    "Templates",
    "all_pairs",
    "open_comparisons",
    "pairs_between",
    "resolve_study",
]
