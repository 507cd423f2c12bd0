"""Comparisons that are still to be made: pairs of templates, scored block by block and never written out."""

from harness.comparisons.embeddings.pairs import TemplatePairs, Tile
from harness.comparisons.embeddings.source import EmbeddingPairs, all_pairs, pairs_between
from harness.comparisons.embeddings.stretches import Stretch
from harness.comparisons.embeddings.templates import Templates
from harness.comparisons.embeddings.vectors import BLOCK

__all__ = [
    "BLOCK",
    "EmbeddingPairs",
    "Stretch",
    "TemplatePairs",
    "Templates",
    "Tile",
    "all_pairs",
    "pairs_between",
]
