"""Scores whose truth is known: synthetic worlds, to test the method against and to show it with.

Nothing here is a measurement. The scores are drawn at random, there is no person behind a subject
identifier, and no agency's results are reproduced.

Parts, each importing only from those above it: ``curves`` (an error rate as a function of the threshold),
``trials`` (the groups, and who is compared with whom), ``worlds`` (a world's truth and draws, and the three
calibrations), ``operation`` (searches with their top scores, and records of deployments), ``live`` and ``live_draws``
(live recognition: truth and draws of searches with their candidates), ``alerts`` (of deployments, one by one),
``files`` (writing to disk).
"""

from __future__ import annotations

from harness.synthetic.curves import Curve
from harness.synthetic.files import (
    SEED,
    TRUTH_THRESHOLDS,
    synthesise,
    synthesise_all,
    synthesise_live,
    write_truth,
)
from harness.synthetic.live import LiveWorld
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
    "LiveWorld",
    "World",
    "synthesise",
    "synthesise_all",
    "synthesise_live",
    "world",
    "write_truth",
]
