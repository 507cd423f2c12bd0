"""Searches of a list of which every comparison is computed, as an evaluation with what candidate lists tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from harness.counting import ListMatches
from harness.evaluation import Evaluation, evaluate

GROUPS = ("Asian", "Black", "White")
FLOOR = 2.0


@dataclass(frozen=True)
class Scored:
    """All scores of probes against subjects of a list, and the group of either."""

    scores: np.ndarray
    probes: np.ndarray
    listed: np.ndarray

    @property
    def matches(self) -> ListMatches:
        """Those at or above the floor, as candidate lists keep them."""
        search, reference = np.nonzero(self.scores >= FLOOR)
        people = len(self.probes)
        return ListMatches(
            ("ethnicity",),
            FLOOR,
            tuple((GROUPS[g],) for g in self.probes),
            np.arange(people) * 7 + 3,
            np.ones(people, np.int64),
            tuple((GROUPS[g],) for g in self.listed),
            search,
            search,
            reference,
            self.scores[search, reference],
        )


def scored(per_group: int, listed: tuple[int, ...], *, seed: int = 1, own_group: float = 0.4) -> Scored:
    """Draw probes of three groups against a list, with people who match more than others."""
    rng = np.random.default_rng(seed)
    probes, of_list = np.repeat(np.arange(3), per_group), np.repeat(np.arange(3), listed)
    scores = 0.9 * rng.standard_normal((len(probes), len(of_list)))
    scores += 0.3 * rng.standard_normal((len(probes), 1)) + 0.3 * rng.standard_normal(len(of_list))
    return Scored(scores + own_group * (probes[:, None] == of_list), probes, of_list)


def evaluated(
    world: Scored, thresholds: list[float], *, composition: bool = True, **policy: object
) -> Evaluation:
    """Evaluate the top scores of searches, with mated ones added; candidates are not told."""
    mated = np.repeat(np.arange(3), 50)
    labels = np.array(GROUPS)
    count = np.bincount(world.listed, minlength=3).tolist()
    searches = {
        "score": np.concatenate([world.scores.max(axis=1), 4 + 0.01 * np.arange(len(mated))]),
        "mated": np.repeat([False, True], [len(world.probes), len(mated)]),
        "ethnicity": labels[np.concatenate([world.probes, mated])],
        "probe": np.arange(len(world.probes) + len(mated)),
    }
    study: dict[str, object] = {
        "matcher": {"name": "M", "version": "1"},
        "task": "identification",
        "watchlist_size": len(world.listed),
        "groups": {"ethnicity": "ethnicity"},
        "subjects": ["probe"],
        "pairing": "probe",
    }
    if composition:
        study["watchlist_composition"] = {"ethnicity": dict(zip(GROUPS, count, strict=True))}
    return evaluate(searches, study=study, policy=policy, thresholds=thresholds)


def with_candidates(world: Scored, thresholds: list[float], **policy: object) -> Evaluation:
    """Evaluate them with who on the list is matched."""
    return replace(evaluated(world, thresholds, **policy), list_matches=world.matches)
