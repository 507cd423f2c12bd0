"""Files of earlier schemas are read, and judged by the rule of today: what they call safe need not be."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness import Evaluation, InputError
from harness.errors import ContradictionWarning
from harness.evaluation import from_json, to_json
from harness.gate.evidence import evidence_of
from harness.study import FalseMatchLimit
from harness.verdict_rule import Verdict
from tests.few_thresholds import evaluate_at
from tests.older_documents import as_schema_1, as_schema_2

Plain = dict[str, Any]
Older = Callable[[Plain], Plain]
STUDY: Plain = {"matcher": {"name": "example", "version": "1"}, "groups": {"group": "group"}}
EACH, MATED = 20_000, 200
THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.796]
"""At which 0.875, 0.75, 0.625, 0.5, 0.25, 0.125 and 0.005 of each group match, whose scores are alike."""

BOTH = pytest.mark.parametrize("older", [as_schema_1, as_schema_2])


def alike(**given: Any) -> Evaluation:
    spread = np.tile(np.linspace(0, 0.8, EACH), 2)
    scores = {
        "score": np.concatenate([spread, np.full(2 * MATED, 0.95)]),
        "mated": np.repeat([0, 1], [2 * EACH, 2 * MATED]),
        "group": np.repeat(["A", "B", "A", "B"], [EACH, EACH, MATED, MATED]),
    }
    policy = {"max_ratio": 2.0, **given.pop("policy", {})}
    return evaluate_at(scores, study={**STUDY, **given}, policy=policy, thresholds=THRESHOLDS)


def written(evaluation: Evaluation) -> Plain:
    document: Plain = json.loads(to_json(evaluation))
    return document


def read(document: Plain) -> Evaluation:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return from_json(json.dumps(document))


@BOTH
def test_thresholds_at_which_more_than_half_or_a_hundredth_match_are_safe_no_longer(older: Older) -> None:
    document = older(written(alike()))
    assert document["answer"]["safe_threshold"] == 0.1
    assert set(document["axes"]["group"]["verdict"]["verdicts"]) == {"parity shown"}
    found = read(document)
    assert found.contradiction is None
    verdict = found.axes["group"].verdict
    assert verdict.verdicts == (Verdict.SATURATED,) * 3 + (Verdict.PARITY_SHOWN,) * 4
    assert found.not_detected_from == 0.4
    assert found.false_match_limit == FalseMatchLimit("max_fmr", 0.01, is_default=True)
    assert found.safe_threshold == 0.796
    assert found.reference_thresholds == (0.796,)


def test_the_range_stays_joined_as_the_file_says_but_for_saturated_thresholds() -> None:
    document = written(alike())
    two, one = (read(older(document)).axes["group"].verdict for older in (as_schema_2, as_schema_1))
    assert two.parity_to_next.tolist() == [False] * 3 + [True] * 3
    assert (two.parity_shown_from, two.parity_shown_to) == (3, 6)
    assert not one.parity_to_next.any()
    assert (one.parity_shown_from, one.parity_shown_to) == (6, 6)


@BOTH
def test_a_limit_that_the_file_states_holds(older: Older) -> None:
    found = read(older(written(alike(policy={"max_fmr": 0.3, "operating": [0.6]}))))
    assert found.false_match_limit == FalseMatchLimit("max_fmr", 0.3, is_default=False)
    assert found.policy.operating == (0.6,)
    assert found.reference_thresholds == (0.6,)
    assert found.safe_threshold == (0.6 if older is as_schema_2 else 0.796)


@BOTH
def test_a_limit_on_the_rate_of_searches_keeps_its_meaning(older: Older) -> None:
    document = older(
        written(alike(task="identification", watchlist_size=9, pairing="probe", policy={"max_fpir": 0.3}))
    )
    assert document["policy"]["max_fmr"] == 0.3
    assert "max_fpir" not in document["policy"]
    found = read(document)
    assert found.false_match_limit == FalseMatchLimit("max_fpir", 0.3, is_default=False)
    assert (found.policy.max_fmr, found.policy.max_fpir) == (None, 0.3)


@BOTH
def test_where_no_disparity_need_be_detected_saturation_is_no_reason(older: Older) -> None:
    policy = {"criterion": "not_detected", "max_ratio": None, "max_fmr": 0.6}
    document = older(written(alike(policy=policy)))
    assert document["answer"]["safe_threshold"] == 0.1
    assert read(document).safe_threshold == 0.4


@BOTH
def test_bounds_that_nobody_computed_show_nothing(older: Older) -> None:
    found = read(older(written(alike())))
    of_false_matches = found.axes["group"].false_match_differential
    assert np.isnan(of_false_matches.gap_lower).all()
    assert (of_false_matches.shown_more == of_false_matches.worst).all()
    assert (of_false_matches.shown_fewer == of_false_matches.best).all()
    assert set(found.axes["group"].verdicts_on_misses) == {Verdict.INCONCLUSIVE}


@BOTH
def test_is_evidence_for_the_gate_and_written_anew_is_of_today(older: Older) -> None:
    document = older(written(alike()))
    evidence = evidence_of(json.dumps(document).encode(), "evaluation.json")
    place = evidence.safe_threshold(evidence.judged).index
    assert place is not None
    assert evidence.thresholds[place] == 0.796
    again = to_json(read(document))
    assert json.loads(again)["schema"] == "harness/evaluation/3"
    assert to_json(from_json(again)) == again


def test_an_older_file_that_holds_what_came_later_is_no_way_around_the_rule() -> None:
    """Whatever a document says of its schema, its verdicts and its answer are worked out anew."""
    document = as_schema_2(written(alike()))
    axis = document["axes"]["group"]
    axis["verdicts_on_misses"] = ["parity shown"] * len(THRESHOLDS)
    axis["verdict"]["verdicts"] = ["parity shown"] * len(THRESHOLDS)
    document["answer"]["false_match_limit"] = {"name": "max_fmr", "limit": 1.0, "is_default": True}
    assert read(document).safe_threshold == 0.796


def forged_reference(document: Plain) -> None:
    document["answer"]["reference"][0]["axes"]["group"]["false_matches"]["ratio_upper"] = 1.01


def forged_reference_threshold(document: Plain) -> None:
    document["answer"]["reference"] = []


def forged_limit(document: Plain) -> None:
    document["answer"]["false_match_limit"]["limit"] = 0.5


def forged_default(document: Plain) -> None:
    document["answer"]["false_match_limit"]["is_default"] = False


def forged_misses(document: Plain) -> None:
    document["axes"]["group"]["verdicts_on_misses"][-1] = "parity shown"


def forged_saturation(document: Plain) -> None:
    document["axes"]["group"]["verdict"]["verdicts"][0] = "parity shown"


def forged_not_detected_from(document: Plain) -> None:
    document["axes"]["group"]["verdict"]["not_detected_from"] = 0


def forged_safe_threshold(document: Plain) -> None:
    document["index_of_safe_threshold"], document["answer"]["safe_threshold"] = 3, 0.4


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (forged_reference, "answer.reference does not follow from the arrays"),
        (forged_reference_threshold, "answer.reference does not follow from the arrays"),
        (forged_limit, "answer.false_match_limit does not follow from the arrays"),
        (forged_default, "answer.false_match_limit does not follow from the arrays"),
        (forged_misses, "group: verdicts on misses do not follow from the bounds"),
        (forged_saturation, "group: verdicts do not follow from the bounds"),
        (forged_not_detected_from, "group: not_detected_from does not follow from the bounds"),
        (forged_safe_threshold, "its safe threshold does not follow from its arrays"),
    ],
)
def test_what_does_not_follow_from_the_arrays_is_a_contradiction(
    forge: Callable[[Plain], None], why: str
) -> None:
    document = written(alike())
    forge(document)
    assert_contradicts(document, why)


def assert_contradicts(document: Plain, why: str) -> None:
    text = json.dumps(document)
    with pytest.warns(ContradictionWarning):
        found = from_json(text)
    assert (found.contradiction, found.safe_threshold) == (why, None)
    with pytest.raises(InputError) as refused:
        evidence_of(text.encode(), "evaluation.json")
    assert str(refused.value) == f"evaluation.json: disagrees with itself: {why}"


def three_groups() -> Plain:
    """Return what is written of groups of which one matches three times as often as each of the others."""
    n, matches = 20_000, {"A": 900, "B": 300, "C": 300}
    scores = np.concatenate([np.repeat([0.7, 0.2], [k, n - k]) for k in matches.values()])
    return written(
        evaluate_at(
            {
                "score": np.concatenate([scores, np.full(3 * MATED, 0.95)]),
                "mated": np.repeat([0, 1], [3 * n, 3 * MATED]),
                "group": np.concatenate([np.repeat([*matches], n), np.repeat([*matches], MATED)]),
            },
            study=STUDY,
            thresholds=[0.6],
        )
    )


@pytest.mark.parametrize(("more", "fewer"), [(1, 2), (1, 0), (0, 0)])
def test_a_disparity_between_other_groups_is_a_contradiction(more: int, fewer: int) -> None:
    document = three_groups()
    found = document["axes"]["group"]["false_match_differential"]
    assert (found["shown_more"], found["shown_fewer"]) == ([0], [1])
    found["shown_more"], found["shown_fewer"] = [more], [fewer]
    assert_contradicts(document, "group: a disparity is shown between other groups")


def test_a_disparity_between_no_groups_is_a_contradiction() -> None:
    document = three_groups()
    document["axes"]["group"]["false_match_differential"]["shown_more"] = [-1]
    assert_contradicts(document, "group: a disparity is shown between no groups")


def test_a_gap_above_the_one_there_is_is_a_contradiction() -> None:
    document = three_groups()
    document["axes"]["group"]["false_match_differential"]["gap_lower"] = [0.5]
    assert_contradicts(document, "group: a gap lies below its bound")
