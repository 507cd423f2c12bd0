"""An axis of too many groups ends in a line, before it is counted where a first look tells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import harness
from harness import InputError
from harness.evaluation import counted

STUDY = {"matcher": {"name": "example", "version": "1"}, "groups": {"visit": "visit", "sex": "sex"}}


def scores(groups: int, each: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    rows = groups * each
    mated = np.arange(rows) % 2 == 1
    return {
        "score": np.round(rng.normal(0.4 + 0.3 * mated, 0.1), 3),
        "mated": mated,
        "visit": np.array([f"v{i:04d}" for i in range(groups)])[np.arange(rows) // each],
        "sex": np.array(["female", "male"])[np.arange(rows) // 2 % 2],
    }


def test_five_thousand_groups_end_in_a_line_before_anything_is_counted() -> None:
    counted: list[int] = []
    with pytest.raises(InputError) as caught:
        harness.evaluate(scores(5000), study=STUDY, progress=lambda rows, total: counted.append(rows))
    assert str(caught.value) == (
        "arrays: axis visit: 5,000 groups ('v0000', 'v0001', 'v0002', ...) are 12,497,500 pairs, more than can be "
        "compared at 100 thresholds (100,000,000 comparisons in all): is it a group at all? Put values together "
        "(labels or bins in the study), or leave the axis out of its axes"
    )
    assert counted == []


def test_without_the_axis_the_rest_is_evaluated() -> None:
    found = harness.evaluate(scores(50), study={**STUDY, "axes": ["sex"]}, thresholds=[0.5])
    assert found.axes["sex"].false_matches.groups == ("female", "male")


def test_the_limit_is_of_pairs_times_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    found = harness.evaluate(scores(4, 20), study=STUDY)  # 4 groups are 6 pairs
    monkeypatch.setattr(counted, "MOST_COMPARISONS", 6 * len(found.thresholds))
    assert harness.evaluate(scores(4, 20), study=STUDY).thresholds.tolist() == found.thresholds.tolist()
    monkeypatch.setattr(counted, "MOST_COMPARISONS", 6 * len(found.thresholds) - 1)
    with pytest.raises(InputError, match=r"4 groups .* are 6 pairs, more than can be compared at"):
        harness.evaluate(scores(4, 20), study=STUDY)


def ages(distinct: int) -> dict[str, Any]:
    found = scores(distinct)
    return {**found, "visit": [str(18 + int(visit[1:])) for visit in found["visit"]]}


def test_ages_are_asked_about_before_anything_is_counted() -> None:
    counted: list[int] = []
    with pytest.raises(InputError) as caught:
        harness.evaluate(ages(62), study=STUDY, progress=lambda rows, total: counted.append(rows))
    assert str(caught.value) == (
        "arrays: visit has 62 labels ('18', '19', '20' and 59 more), most of them numbers; put them into groups in the "
        "study (bins: {visit: [18, 33, 49, 64]}), or leave visit out of its axes"
    )
    assert counted == []


@pytest.mark.parametrize("changes", [{"bins": {"visit": [18, 33, 49, 64]}}, {"axes": ["sex"]}], ids=str)
def test_what_is_asked_for_is_a_remedy(changes: dict[str, Any]) -> None:
    found = harness.evaluate(ages(62), study={**STUDY, **changes}, thresholds=[0.5])
    groups = {"visit": ("18–32", "33–48", "49–63", "64+"), "sex": ("female", "male")}
    assert {name: axis.false_matches.groups for name, axis in found.axes.items()} == {
        name: groups[name] for name in found.axes
    }


def test_few_numbers_and_many_names_are_groups() -> None:
    assert (
        len(harness.evaluate(ages(30), study=STUDY, thresholds=[0.5]).axes["visit"].false_matches.groups)
        == 30
    )
    assert (
        len(harness.evaluate(scores(40), study=STUDY, thresholds=[0.5]).axes["visit"].false_matches.groups)
        == 40
    )
