"""Evidence is of the matcher that is deployed, or of none."""

from __future__ import annotations

from harness.gate import Rule
from tests.gate.small_world import VALID, Checking, Plain


def test_an_evaluation_of_no_named_matcher_is_evidence_for_none(checking: Checking, plain: Plain) -> None:
    del plain["study"]["matcher"]
    report = checking(VALID, plain)
    (finding,) = [f for f in report.checked[0].findings if f.rule is not Rule.SAFE]
    assert (report.exit_code, finding.rule) == (3, Rule.OTHER_MATCHER)
    assert "the evaluation names none, and is evidence for none" in finding.sentence
