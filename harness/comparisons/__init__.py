"""Any source of comparison scores, as a stream of Arrow record batches in canonical columns."""

from harness.comparisons.database import MemoryLimit
from harness.comparisons.images.embeddings import EmbeddingPairs, all_pairs, pairs_between
from harness.comparisons.images.matrices import ScoreMatrix, matrix
from harness.comparisons.images.sides import People
from harness.comparisons.images.templates import Templates
from harness.comparisons.resolving import resolve, resolve_study
from harness.comparisons.scan import CellScores
from harness.comparisons.source import Input
from harness.comparisons.sources import Scores
from harness.comparisons.stream import Comparisons, Opened, open_comparisons

__all__ = [
    "CellScores",
    "Comparisons",
    "EmbeddingPairs",
    "Input",
    "MemoryLimit",
    "Opened",
    "People",
    "ScoreMatrix",
    "Scores",
    "Templates",
    "all_pairs",
    "matrix",
    "open_comparisons",
    "pairs_between",
    "resolve",
    "resolve_study",
]
