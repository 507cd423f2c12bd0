"""What became of searches, read from the tables alone: a second reading, for the tests of the live world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.synthetic.live_draws import LiveData
from tests.synthetic.world_tables import text


class Read(NamedTuple):
    """Of every search: its columns, the right person's score and the best other one; -1 where there is none."""

    mated: np.ndarray
    subject: np.ndarray
    ethnicity: np.ndarray
    light: np.ndarray
    failed: np.ndarray
    own: np.ndarray
    other: np.ndarray

    def shares(self, name: str, at: float) -> np.ndarray:
        """Of every search, whether it is what a true rate is called after."""
        return {
            "fpir": self.other >= at,
            "hit": (self.own >= at) & (self.own > self.other),
            "outranked": (self.own >= at) & (self.own <= self.other),
            "below": ~self.failed & (self.own < at),
            "failed": self.failed,
            "wrong": self.other >= at,
        }[name]


def read(data: LiveData) -> Read:
    searches, candidates, _ = data
    own, other = np.full(searches.num_rows, -1.0), np.full(searches.num_rows, -1.0)
    subject = text(searches, "subject")
    row, score = text(candidates, "search") - 1, text(candidates, "score")
    right = text(candidates, "candidate") == subject[row]
    own[row[right]] = score[right]
    np.maximum.at(other, row[~right], score[~right])
    return Read(
        text(searches, "mated"),
        subject,
        text(searches, "ethnicity"),
        text(searches, "light"),
        np.isnan(text(searches, "score")),
        own,
        other,
    )


def errors_from(truth: float, happened: np.ndarray, people: np.ndarray) -> float:
    """How many standard errors a share is from the truth, people being independent and their passes not."""
    person = np.unique(people, return_inverse=True)[1]
    residuals = np.bincount(person, weights=happened - truth)
    independent = len(happened) * truth * (1 - truth)  # no less than this, where hardly anything happened
    return float(abs(residuals.sum()) / np.sqrt(max((residuals**2).sum(), independent)))
