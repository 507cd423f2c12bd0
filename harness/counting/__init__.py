"""Exact counts of comparisons at or above each threshold.

The kernel turns batches of scores into integer partials ``(cell, mated, bin, n)``; partials add up, so any
split of the data, in any order and on any number of machines, gives the same counts. The reverse cumulative
sum that turns bins into matches is done once, when they are read.
"""

from harness.counting.counts import MATED, NON_MATED, Cell, Counts
from harness.counting.index import ThresholdIndex
from harness.counting.list_matches import ListMatches
from harness.counting.search_counts import SearchCounts
from harness.counting.subjects import SubjectCounts, SubjectSums, thresholds_for
from harness.counting.tally import SubjectTally, Tallies, Tally, tallies_for

__all__ = [
    "MATED",
    "NON_MATED",
    "Cell",
    "Counts",
    "ListMatches",
    "SearchCounts",
    "SubjectCounts",
    "SubjectSums",
    "SubjectTally",
    "Tallies",
    "Tally",
    "ThresholdIndex",
    "tallies_for",
    "thresholds_for",
]
