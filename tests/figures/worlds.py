"""Small evaluations that are hard to draw, by name, each made once."""

from functools import cache

import numpy as np

from harness.evaluation import Evaluation, evaluate
from tests.few_thresholds import evaluate_at

POLICY = {"max_ratio": 2.0, "criterion": "not_detected"}


def scores(groups: int, *, better: str = "higher", name: str = "G{}") -> dict[str, np.ndarray]:
    """Non-mated scores of groups that differ, every third group with a quarter of the trials."""
    drawn = np.random.default_rng(7)
    columns: dict[str, list[np.ndarray]] = {"score": [], "mated": [], "group": []}
    for i in range(groups):
        trials = 2000 if i % 3 else 500
        columns["score"] += [
            drawn.normal(0.2 + 0.15 * i / groups, 0.08, trials),
            drawn.normal(0.62 - 0.1 * i / groups, 0.1, 150),
        ]
        columns["mated"] += [np.zeros(trials, bool), np.ones(150, bool)]
        columns["group"] += [np.full(trials + 150, name.format(i + 1))]
    joined = {column: np.concatenate(parts) for column, parts in columns.items()}
    if better == "lower":
        joined["score"] = 2 - 2 * joined["score"]
    return joined


def study(better: str = "higher", **more: object) -> dict[str, object]:
    return {
        "matcher": {"name": "made up", "version": "2.1"},
        "score": {"column": "score", "better": better},
        "groups": {"group": "group"},
        **more,
    }


LONG = "A group with quite a long official name, as in a census, category {:02d}"


def with_long_names(groups: int) -> Evaluation:
    columns = scores(groups, name=LONG)
    return evaluate_at(columns, study=study(), policy=POLICY, thresholds="0.1:0.9:0.005")


SHOWN = {"max_ratio": 3.0, "max_gap": 0.01}


def without_events(groups: int) -> Evaluation:
    columns = scores(groups, name=LONG)
    columns["score"] = np.where(columns["mated"], columns["score"], 0.3 * columns["score"])
    return evaluate_at(
        columns, study=study(), policy={"max_ratio": 2.0}, thresholds=[0.5, 0.55, 0.6, 0.65, 0.7]
    )


def one_group_without_events() -> Evaluation:
    columns = scores(4, name="Group {}")
    silent = (columns["group"] == "Group 4") & ~columns["mated"]
    columns["score"] = np.where(silent, 0.1, columns["score"])
    return evaluate_at(columns, study=study(), policy={"max_ratio": 2.0}, thresholds="0.2:0.9:0.01")


def no_safe_threshold() -> Evaluation:
    columns = scores(8, name=LONG)
    return evaluate_at(columns, study=study(), policy={"max_ratio": 1.01}, thresholds="0.2:0.8:0.01")


def distances() -> Evaluation:
    return evaluate(scores(3, better="lower"), study=study("lower"), policy=SHOWN)


def intersectional() -> Evaluation:
    columns = scores(8)
    ages = np.array(["18 to 30", "31 to 60"])[np.arange(len(columns["score"])) % 2]
    described = study(
        groups={"ethnic background": "group", "age": "age"},
        axes=["ethnic background", "age", ["ethnic background", "age"]],
    )
    policy = {"max_ratio": 2.0, "axes": ["age"]}
    return evaluate_at(columns | {"age": ages}, study=described, policy=policy, thresholds="0.2:0.8:0.01")


def across(groups: int, name: str) -> dict[str, np.ndarray]:
    """Scores of probes and references of any two groups; more alike within one group."""
    drawn = np.random.default_rng(3)
    non_mated, mated = 1500 * groups, 100 * groups
    probe, reference = drawn.integers(0, groups, (2, non_mated))
    same = drawn.integers(0, groups, mated)
    labels = np.array([name.format(i + 1) for i in range(groups)])
    apart = drawn.normal(0.2 + 0.05 * (probe == reference) + 0.1 * probe / groups, 0.08, non_mated)
    return {
        "score": np.concatenate([apart, drawn.normal(0.7, 0.08, mated)]),
        "mated": np.concatenate([np.zeros(non_mated, bool), np.ones(mated, bool)]),
        "probe": np.concatenate([labels[probe], labels[same]]),
        "reference": np.concatenate([labels[reference], labels[same]]),
    }


def crossed(groups: int, name: str = LONG) -> Evaluation:
    described = study(groups={"group": ["probe", "reference"]}, pairing="cross")
    policy = {**POLICY, "max_fmr": 0.5}  # so that there are errors at the safe threshold
    return evaluate_at(across(groups, name), study=described, policy=policy, thresholds="0.1:0.9:0.01")


def named_only(pairing: str) -> Evaluation:
    """Three groups of which the last has comparisons with the others alone."""
    columns = across(3, "Group {}")
    of_others = (columns["probe"] != "Group 3") | (columns["reference"] != "Group 3")
    described = study(groups={"group": ["probe", "reference"]}, pairing=pairing)
    kept = {name: values[of_others] for name, values in columns.items()}
    return evaluate(kept, study=described, policy=POLICY, thresholds="0.1:0.9:0.05")


def searched(groups: int) -> Evaluation:
    described = study(task="identification", watchlist_size=100)
    return evaluate_at(scores(groups, name=LONG), study=described, policy=POLICY, thresholds="0.2:0.8:0.01")


MADE = {
    "3 groups": lambda: with_long_names(3),
    "8 groups": lambda: with_long_names(8),
    "30 groups": lambda: with_long_names(30),
    "zero events": lambda: without_events(3),
    "zero events of 30 groups": lambda: without_events(30),
    "one group without events": one_group_without_events,
    "no safe threshold": no_safe_threshold,
    "distances": distances,
    "intersectional": intersectional,
    "one threshold": lambda: evaluate_at(scores(3), study=study(), policy=POLICY, thresholds=[0.35]),
    "one group": lambda: evaluate(scores(1), study=study(), policy=POLICY),
    "searches": lambda: searched(3),
    "across 3 groups": lambda: crossed(3, "Group {}"),
    "a group without comparisons": lambda: named_only("within"),
    "a group without comparisons, across groups": lambda: named_only("cross"),
    "across 30 groups": lambda: crossed(30),
}
LARGE = {"30 groups", "zero events of 30 groups", "across 30 groups", "intersectional"}
"""Those that take seconds to draw."""


@cache
def world(name: str) -> Evaluation:
    return MADE[name]()
