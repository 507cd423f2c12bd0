"""Counting part by part, each a file or some rows of one, on whatever machine.

A part's counts name cells by their values and subjects by their names, so that they add up wherever they were made,
and can be kept and added up another day.
"""

from harness.engines.cluster.comparisons import PartedComparisons, open_parts
from harness.engines.cluster.parts import Conditions
from harness.engines.cluster.running import InTurn, Job, Meanwhile, Runner

__all__ = ["Conditions", "InTurn", "Job", "Meanwhile", "PartedComparisons", "Runner", "open_parts"]
