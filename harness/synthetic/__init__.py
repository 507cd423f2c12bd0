"""Scores whose truth is known: three synthetic worlds, to test the method against and to show it with.

Nothing here is a measurement. The scores are drawn at random, there is no person behind a subject
identifier, and no agency's results are reproduced.

Parts, each importing only from those above it: ``curves`` (an error rate as a function of the threshold),
``trials`` (the groups, and who is compared with whom), ``worlds`` (a world's truth and draws, and the three
calibrations), ``operation`` (searches of a watchlist, and records of deployments), ``alerts`` (of
deployments, one by one), ``files`` (writing to disk).
"""

from __future__ import annotations

from harness.synthetic.curves import Curve
from harness.synthetic.files import SEED, TRUTH_THRESHOLDS, synthesise, synthesise_all, write_truth
from harness.synthetic.trials import AXES, ETHNICITIES, SEXES
from harness.synthetic.worlds import WORLDS, World, world

__all__ = [
    "AXES",
    "ETHNICITIES",
    "SEED",
    "SEXES",
    "TRUTH_THRESHOLDS",
    "WORLDS",
    "Curve",
    "World",
    "synthesise",
    "synthesise_all",
    "world",
    "write_truth",
]
