"""A small world of searches of a watchlist, every comparison of which is known; counts are worked out one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from harness.comparisons import resolve
from harness.counting import ListMatches, SearchCounts
from harness.engines import choose_engine, open_with
from harness.evaluation import Counted, Evaluation, conclude, count_for
from harness.study import load_policy

FLOOR = 0.3
GROUPS = ("A", "B")
STUDY: Mapping[str, object] = {
    "matcher": {"name": "made up", "version": "2.1"},
    "task": "identification",
    "watchlist_size": 60,
    "subjects": ["person"],
    "groups": {"group": "group"},
    "missing_scores": "count",
}


@dataclass(frozen=True)
class Search:
    """One search: who, of which group, the index of the person on the list, if any, and the scores; None if failed."""

    person: int
    group: str
    own: int | None
    scores: np.ndarray | None

    @property
    def returned(self) -> int | None:
        """The top candidate; of a tie with the right person, the other."""
        if self.scores is None:
            return None
        best = np.flatnonzero(self.scores == self.scores.max())
        others = [int(subject) for subject in best if subject != self.own]
        return others[0] if others else self.own

    @property
    def hit_score(self) -> float | None:
        """What tells a hit: the own score where the right person is first; none where they are not."""
        if self.scores is None:
            return None
        if self.own is None or self.returned == self.own:
            return float(self.scores.max())
        return None


def world(seed: int = 14, people: int = 80, listed: int = 60) -> list[Search]:
    """Draw non-mated searches, five of each person, and mated ones, two for each subject on the list."""
    rng = np.random.default_rng(seed)
    wolves = 0.25 * (rng.random(listed) < 0.1)
    found = []
    for person in range(people):
        group = GROUPS[person % 2]
        alike = 0.1 * rng.random() + 0.05 * (group == "B")
        found += [
            Search(person, group, None, np.round(alike + wolves + 0.5 * rng.beta(1, 6, listed), 2))
            for _ in range(5)
        ]
    for subject in range(listed):
        for _ in range(2):
            scores = np.round(0.1 + wolves + 0.5 * rng.beta(1, 6, listed), 2)
            scores[subject] = round(0.2 + 0.7 * rng.random(), 2)
            found.append(Search(1000 + subject, GROUPS[subject % 2], subject, scores))
    found[-1] = replace(found[-1], scores=None)
    return found


def columns(searches: list[Search]) -> dict[str, list[object]]:
    """The searches as a study without candidates has them, but that a mated one has a score only where it hits."""
    return {
        "score": [search.hit_score for search in searches],
        "mated": [search.own is not None for search in searches],
        "person": [f"p{search.person}" for search in searches],
        "group": [search.group for search in searches],
    }


def counted(searches: list[Search], policy: Mapping[str, object], **study: object) -> Counted:
    """Count the searches, and add what their candidates tell."""
    scores, terms = resolve(columns(searches), {**STUDY, **study})
    with open_with(scores, terms, choose_engine("local")) as comparisons:
        known = count_for(comparisons, load_policy(policy), None)
    return replace(
        known,
        searches=search_counts(searches, known.all.thresholds),
        list_matches=list_matches(searches),
        returned_known=True,
    )


def search_counts(searches: list[Search], thresholds: np.ndarray) -> SearchCounts:
    """Count what becomes of mated searches, search by search."""
    counts = np.zeros((3, len(GROUPS), len(thresholds)), np.int64)
    failed, mated = np.zeros((2, len(GROUPS)), np.int64)
    for search in searches:
        if search.own is None:
            continue
        row = GROUPS.index(search.group)
        mated[row] += 1
        if search.scores is None:
            failed[row] += 1
            continue
        own, others = search.scores[search.own], np.delete(search.scores, search.own)
        counts[0, row] += (search.returned == search.own) & (own >= thresholds)
        counts[1, row] += own >= thresholds
        counts[2, row] += others.max() >= thresholds
    hits, own_reaches, wrong = counts
    cells = tuple((group,) for group in GROUPS)
    return SearchCounts(("group",), thresholds, cells, mated, hits, own_reaches, failed, wrong)


def list_matches(searches: list[Search]) -> ListMatches:
    """List the matches of the non-mated searches, each person a probe."""
    rows, counts, labels = [], {}, {}
    for number, search in enumerate(searches):
        if search.own is not None or search.scores is None:
            continue
        counts[search.person] = counts.get(search.person, 0) + 1
        labels[search.person] = search.group
        subjects = np.flatnonzero(search.scores >= FLOOR)
        rows += [(number, search.person, int(subject), float(search.scores[subject])) for subject in subjects]
    people = sorted(counts)
    search_of, probe, reference, score = zip(*rows, strict=True)
    return ListMatches(
        ("group",),
        FLOOR,
        tuple((labels[person],) for person in people),
        np.array(people),
        np.array([counts[person] for person in people]),
        tuple((GROUPS[subject % 2],) for subject in range(60)),
        np.array(search_of),
        np.searchsorted(people, probe),
        np.array(reference),
        np.array(score),
    )


def evaluated(policy: Mapping[str, object] | None = None, **study: object) -> Evaluation:
    """Evaluate the world, with all that is known of it."""
    policy = {"max_ratio": 2.0, **(policy or {})}
    return conclude(counted(world(), policy, **study), load_policy(policy))
