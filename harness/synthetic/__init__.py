"""Scores whose truth is known: three synthetic worlds, to test the method against and to show it with.

Nothing here is a measurement. The scores are drawn at random, there is no person behind a subject
identifier, and no agency's results are reproduced.

Parts, each importing only from those above it: ``curves`` (an error rate as a function of the threshold),
``trials`` (who is compared with whom), ``groups`` (the axes), ``copula`` (dependent normals), ``model``
(a world: its truth and its draws), ``worlds`` (the three calibrations), ``searches`` (of a watchlist),
``records`` (of deployments), ``files`` (what is written to disk).
"""

from __future__ import annotations

from harness.synthetic.curves import Curve
from harness.synthetic.files import SEED, TRUTH_THRESHOLDS, synthesise, synthesise_all, write_truth
from harness.synthetic.groups import AXES
from harness.synthetic.model import World
from harness.synthetic.trials import ETHNICITIES, SEXES
from harness.synthetic.worlds import WORLDS, world

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
