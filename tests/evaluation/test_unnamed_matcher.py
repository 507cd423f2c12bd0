"""An evaluation whose study names no matcher: it says so, everything that names the matcher copes, no gate uses it."""

from __future__ import annotations

from datetime import date

import pytest

import harness
from harness.auditing import audit
from harness.errors import InputError
from harness.evaluation import Evaluation, answer, from_json, to_json
from harness.figures import figures_of
from harness.gate.evidence import evidence_of
from harness.gate.statements import about_evaluation
from harness.report import comparison_of, report_on

ROWS = 40
SCORES = {
    "score": [i / ROWS for i in range(ROWS)],
    "mated": [i % 2 for i in range(ROWS)],
    "sex": [("f", "m")[i // 2 % 2] for i in range(ROWS)],
}
STUDY = {"groups": {"sex": "sex"}}
NOTE = "No matcher is named: no gate will use this evaluation."


@pytest.fixture(scope="module")
def unnamed() -> Evaluation:
    return harness.evaluate(SCORES, study=STUDY)


@pytest.fixture(scope="module")
def named() -> Evaluation:
    return harness.evaluate(SCORES, study={**STUDY, "matcher": {"name": "A", "version": "1"}})


def test_it_says_so(unnamed: Evaluation, named: Evaluation) -> None:
    assert NOTE in unnamed.notes
    assert NOTE not in named.notes
    assert dict(answer(unnamed))["Matcher"] == "not named: no gate will use this evaluation"
    assert "Matcher" not in dict(answer(named))
    assert repr(unnamed).startswith("<Evaluation of (unnamed): safe threshold ")


def test_it_is_the_same_when_it_is_read_again(unnamed: Evaluation) -> None:
    text = to_json(unnamed)
    again = from_json(text)
    assert again.study.matcher is None
    assert to_json(again) == text
    assert '"matcher"' not in text


def test_it_is_drawn_and_reported(unnamed: Evaluation, named: Evaluation) -> None:
    page = report_on(unnamed, digest="0" * 64)
    assert page.title == "Demographic differentials of a matcher without a name"
    assert page.subtitle.startswith("a matcher without a name; verification")
    assert report_on(named, digest="0" * 64).title == "Demographic differentials of A"
    assert all("(unnamed)" in drawn.alt_text for _, drawn in figures_of(unnamed))
    text = str(comparison_of(unnamed, named, digests=("0" * 64, "1" * 64)))
    assert "(unnamed)" in text
    assert "Scores of different matchers are not on one scale" in text


def test_it_is_neither_signed_nor_audited(unnamed: Evaluation) -> None:
    study = {**STUDY, "task": "identification", "watchlist_size": 10_000}
    searches = harness.evaluate(SCORES, study=study)
    with pytest.raises(InputError, match="names no matcher, and records are of a matcher that has a name"):
        audit("data_synthetic/records.csv", mapping="data_synthetic/records.yaml", evaluation=searches)
    evidence = evidence_of(to_json(unnamed).encode(), "evaluation.json")
    with pytest.raises(InputError, match="names no matcher, so that no gate will use it: evaluate again"):
        about_evaluation(evidence, name="evaluation.json", signed_on=date(2026, 1, 1), version="1")
