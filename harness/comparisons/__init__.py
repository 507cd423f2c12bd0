"""Any source of comparison scores, as a stream of Arrow record batches in canonical columns."""

from harness.comparisons.embeddings import EmbeddingPairs, Templates, all_pairs, pairs_between
from harness.comparisons.memory_limit import MemoryLimit
from harness.comparisons.opening import Opened, open_comparisons, study_of
from harness.comparisons.source import Input
from harness.comparisons.sources import Scores
from harness.comparisons.stream import CellScores, Comparisons

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
    "study_of",
]
