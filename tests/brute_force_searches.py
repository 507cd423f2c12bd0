"""Searches of a watchlist of which every comparison is computed, and what they count, told by plain loops."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

LABELS = ("Asian", "Black", "White")


@dataclass(frozen=True)
class Search:
    """One search: who was searched, and the score with every image on its list (canonical: higher is more alike)."""

    name: str
    probe: str
    label: str
    mated: bool
    scores: Sequence[tuple[str, float]]

    @cached_property
    def best(self) -> dict[str, float]:
        """Return the best score of each subject on the list."""
        found: dict[str, float] = {}
        for subject, score in self.scores:
            found[subject] = max(score, found.get(subject, score))
        return found

    @cached_property
    def own(self) -> float:
        """The right person's score."""
        return self.best[self.probe] if self.mated else -np.inf

    @cached_property
    def other(self) -> float:
        """The best score of another."""
        return max((score for who, score in self.best.items() if who != self.probe), default=-np.inf)

    def hits_within(self, rank: int | None) -> bool:
        """Whether the right person is returned within a rank, where another with the same score is ranked above."""
        above = sum(score >= self.own for who, score in self.best.items() if who != self.probe)
        return rank is None or above < rank


@dataclass(frozen=True)
class BruteForce:
    """Searches, and whom the watchlist holds: for each image the subject, and by subject the label."""

    searches: Sequence[Search]
    images: Sequence[str]
    labels: Mapping[str, str]
    sign: int = 1

    def counts(self, label: str, thresholds: Iterable[float], rank: int | None = 1) -> dict[str, list[int]]:
        """Count the searches of a group at each of some canonical thresholds."""
        group = [search for search in self.searches if search.label == label]
        mated = [search for search in group if search.mated]
        scores = {
            "non_mated": [np.inf for search in group if not search.mated],
            "false": [search.other for search in group if not search.mated],
            "mated": [np.inf for _ in mated],
            "hits": [search.own for search in mated if search.hits_within(rank)],
            "own": [search.own for search in mated],
            "wrong": [search.other for search in mated],
        }
        thresholds = list(thresholds)
        return {what: [int(np.sum(np.array(of) >= t)) for t in thresholds] for what, of in scores.items()}

    def matches(self, floor: float) -> set[tuple[str, str, float]]:
        """Return each non-mated search, subject of the list and score that reaches a floor."""
        return {
            (search.name, who, score)
            for search in self.searches
            if not search.mated
            for who, score in search.best.items()
            if score >= floor
        }

    def rows(self) -> list[dict[str, object]]:
        """Return the searches with all that columns can tell of them."""
        rows: list[dict[str, object]] = []
        for search in self.searches:
            best = search.best
            top = max(best, key=lambda who: (best[who], who != search.probe, who)) if best else None
            above = sum(score >= search.own for who, score in best.items() if who != search.probe)
            rows.append(
                {
                    "search": search.name,
                    "probe": search.probe,
                    "mated": int(search.mated),
                    "ethnicity": search.label,
                    "score": None if top is None else self.sign * best[top],
                    "top": top,
                    "own_score": self.sign * search.own if search.mated else None,
                    "own_rank": above + 1 if search.mated else None,
                    "size": len(best),
                }
            )
        return rows

    def candidates(self, floor: float = -np.inf, length: int | None = None) -> list[dict[str, object]]:
        """Return the candidate lists: every image from a floor on, or the first so many."""
        rows: list[dict[str, object]] = []
        for search in self.searches:
            returned = sorted((pair for pair in search.scores if pair[1] >= floor), key=lambda pair: -pair[1])
            for rank, (who, score) in enumerate(returned[:length], 1):
                rows.append(
                    {"search": search.name, "rank": rank, "candidate": who, "score": self.sign * score}
                )
        return rows

    def watchlist(self) -> list[dict[str, object]]:
        """Return the images on the list."""
        return [
            {"subject": who, "image": f"{number}.png", "ethnicity": self.labels[who]}
            for number, who in enumerate(self.images)
        ]


def brute_force(
    seed: int,
    searches: int = 400,
    subjects: int = 25,
    *,
    decimals: int = 1,
    several_images: bool = True,
    sign: int = 1,
    smaller_lists: bool = False,
) -> BruteForce:
    """Make searches with few distinct scores, so that ties and wrong persons above the right one abound."""
    draw = np.random.default_rng(seed)
    people = [f"r{number:03}" for number in range(subjects)]
    labels = {who: LABELS[draw.integers(3)] for who in people}
    images = [who for who in people for _ in range(1 + several_images * int(draw.integers(3) == 0))]
    found = []
    for number in range(searches):
        mated = bool(draw.random() < 0.4)
        listed = images
        probe = people[draw.integers(subjects)] if mated else f"x{number // 2:04}"
        if smaller_lists:
            kept = {who for who in people if draw.random() < 0.6 or who == probe} or {people[0]}
            listed = [who for who in images if who in kept]
        label = labels[probe] if mated else LABELS[(number // 2) % 3]
        scores = [
            (who, round(float(draw.normal(0.3, 0.15) + 0.35 * (who == probe)), decimals) + 0.0)
            for who in listed
        ]
        found.append(Search(f"q{number:05}", probe, label, mated, scores))
    return BruteForce(tuple(found), tuple(images), labels, sign)


def write_csv(path: Path, rows: Sequence[Mapping[str, object]], columns: Iterable[str] = ()) -> Path:
    """Write rows to a CSV file; None is nothing."""
    names = list(columns) or list(rows[0])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
