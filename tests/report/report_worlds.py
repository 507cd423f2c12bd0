"""Small evaluations of every kind that a report has to tell of."""

from collections.abc import Mapping
from functools import cache

import numpy as np

from harness.evaluation import Evaluation, evaluate
from tests.few_thresholds import evaluate_at

LONG = "A group with quite a long official name, as in a census, category {:02d}"
NOT_DETECTED = {"max_ratio": 2.0, "criterion": "not_detected"}
SHOWN = {"max_ratio": 3.0}


def scores(
    groups: int,
    *,
    name: str = "G{}",
    trials: int = 2000,
    mean: float = 0.2,
    apart: float = 0.15,
    subjects: int = 0,
) -> dict[str, np.ndarray]:
    """Scores of groups that differ, every third with a quarter of the trials; higher is better."""
    drawn = np.random.default_rng(7)
    columns: dict[str, list[np.ndarray]] = {"score": [], "mated": [], "group": [], "subject": []}
    for i in range(groups):
        non_mated = trials if i % 3 else trials // 4
        shift = mean + apart * i / groups
        columns["score"] += [drawn.normal(shift, 0.08, non_mated), drawn.normal(0.8, 0.08, 50)]
        columns["mated"] += [np.zeros(non_mated, bool), np.ones(50, bool)]
        columns["group"].append(np.full(non_mated + 50, name.format(i + 1)))
        people = np.arange(non_mated + 50) % max(subjects, 1)
        columns["subject"].append(np.char.add(f"{i}-", people.astype(str)))
    joined = {column: np.concatenate(parts) for column, parts in columns.items()}
    return joined if subjects else {column: joined[column] for column in ("score", "mated", "group")}


def study(better: str = "higher", **more: object) -> dict[str, object]:
    return {
        "matcher": {"name": "made up", "version": "2.1"},
        "score": {"column": "score", "better": better},
        "groups": {"group": "group"},
        **more,
    }


def small(
    groups: int = 3,
    policy: Mapping[str, object] = NOT_DETECTED,
    *,
    thresholds: str | None = None,
    name: str = "G{}",
    **more: object,
) -> Evaluation:
    return evaluate_at(
        scores(groups, name=name), study=study(**more), policy=dict(policy), thresholds=thresholds
    )


def distances() -> Evaluation:
    columns = scores(3)
    columns["score"] = 2 - 2 * columns["score"]
    return evaluate(columns, study=study("lower"), policy=NOT_DETECTED)


def searches() -> Evaluation:
    return small(task="identification", watchlist_size=100)


def unsafe() -> Evaluation:
    return small(policy={"max_ratio": 1.01})


def without_events() -> Evaluation:
    return evaluate_at(scores(3, mean=-3.0), study=study(), policy=SHOWN, thresholds="0:0.9:0.1")


def alike() -> Evaluation:
    """Parity is shown on one axis; the other is not judged, and a disparity is shown on it."""
    columns = scores(3, apart=0.0, trials=8000)
    drawn = np.random.default_rng(3)
    columns["age"] = np.where(drawn.random(len(columns["score"])) < 0.5, "young", "old")
    columns["score"] = columns["score"] + np.where(columns["age"] == "old", 0.15, 0.0)
    study_of_two = {**study(), "groups": {"group": "group", "age": "age"}}
    return evaluate_at(
        columns,
        study=study_of_two,
        policy={**SHOWN, "axes": ["group"], "max_fmr": 0.147},
        thresholds="0.3:0.7:0.005",
    )


def crossed() -> Evaluation:
    """Probes and references of any two of three groups; parity is asked for as a gap and as a ratio."""
    drawn = np.random.default_rng(5)
    labels = np.array(["G1", "G2", "G3"])
    probe, reference = labels[drawn.integers(0, 3, (2, 9000))]
    mated = np.arange(9000) % 30 == 0
    probe = np.where(mated, reference, probe)
    means = np.where(mated, 0.8, 0.2 + 0.05 * (probe == reference))
    columns = {
        "score": drawn.normal(means, 0.08),
        "mated": mated,
        "probe": probe,
        "reference": reference,
    }
    described = study(groups={"group": ["probe", "reference"]}, pairing="cross")
    policy = {"max_ratio": 3.0, "max_gap": 0.01, "criterion": "not_detected"}
    return evaluate_at(columns, study=described, policy=policy, thresholds="0.1:0.9:0.01")


def named_only(pairing: str) -> Evaluation:
    """Two groups, and a third that the data names in comparisons with the first alone."""
    columns = scores(2)
    named = {name: np.append(values, values[:5]) for name, values in columns.items()}
    named["reference"] = named["group"].copy()
    named["reference"][-5:] = "G3"
    described = study(groups={"group": ["group", "reference"]}, pairing=pairing)
    return evaluate(
        named, study=described, policy={"max_ratio": 3.0, "max_fmr": 0.5}, thresholds="0.1:0.9:0.05"
    )


def large(thresholds: str = "0:0.999:0.001") -> Evaluation:
    """Thirty groups, at a thousand thresholds, with long names and design effects that differ everywhere."""
    columns = scores(30, name=LONG, trials=12000, subjects=60)
    return evaluate_at(columns, study=study(subjects=["subject"]), policy=NOT_DETECTED, thresholds=thresholds)


WORLDS = {
    "three": small,
    "eight": lambda: small(8, name=LONG),
    "distances": distances,
    "searches": searches,
    "unsafe": unsafe,
    "without events": without_events,
    "alike": alike,
    "one group": lambda: small(1),
    "cross": crossed,
    "named only": lambda: named_only("within"),
    "named only, cross": lambda: named_only("cross"),
    "gap": lambda: small(policy={"max_gap": 0.01, "max_fmr": 0.05}),
}


@cache
def world(name: str) -> Evaluation:
    """One of them, evaluated once."""
    return WORLDS[name]()
