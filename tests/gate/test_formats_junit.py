"""JUnit: valid against Jenkins' schema, a suite for every file, and nothing but a pass passes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from harness.gate import Outcome, Report, Rule
from harness.gate.formats import drawn
from tests.gate.drawn_reports import BLOCKING, WAIVED, checked, everything, hostile, report_of

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "schemas" / "junit-10.xsd"))


def valid(report: Report) -> str:
    text = drawn(report, "junit", Path.cwd())
    SCHEMA.validate(ElementTree.fromstring(text))
    return text


@pytest.mark.parametrize("report", [everything(), hostile(), report_of()], ids=["all", "hostile", "none"])
def test_it_is_valid(report: Report) -> None:
    valid(report)


@given(st.text(alphabet=st.characters(), max_size=30))
def test_it_is_valid_whatever_a_config_says(text: str) -> None:
    valid(report_of(checked(text, (Rule.LIMIT_BROKEN, Outcome.FAIL), file=text or "x", sentence=text)))


def test_a_suite_for_every_file_and_a_case_for_every_deployment() -> None:
    report = everything()
    read = JUnitXml.fromstring(valid(report).encode())
    cases = {(suite.name, case.name) for suite in read for case in suite}
    assert cases == {(one.place.file, one.deployment or "the file") for one in report.checked}
    assert read.tests == len(report.checked)
    outcomes = [one.outcome for one in report.checked]
    assert read.failures == outcomes.count(Outcome.FAIL)
    assert read.errors == outcomes.count(Outcome.CANNOT_DECIDE) + outcomes.count(Outcome.INVALID)
    assert sum(suite.skipped for suite in read) == outcomes.count(Outcome.WAIVED)


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [(Outcome.FAIL, "failure"), (Outcome.CANNOT_DECIDE, "error"), (Outcome.INVALID, "error")],
)
def test_what_blocks_is_a_failure_or_an_error_with_rule_place_and_sentence(
    outcome: Outcome, tag: str
) -> None:
    text = valid(report_of(checked("gate", (Rule.OTHER_MATCHER, outcome))))
    (case,) = ElementTree.fromstring(text).iter("testcase")
    (result,) = case
    assert (result.tag, result.get("type")) == (tag, "other-matcher")
    assert result.get("message") == "what was found: other-matcher"
    assert "deploy/a.yaml:3:5: what was found" in (result.text or "")


def test_every_outcome_that_blocks_is_in_the_table_above() -> None:
    assert set(BLOCKING) == {outcome for outcome in Outcome if outcome.exit_code}


def test_a_pass_says_why() -> None:
    (case,) = ElementTree.fromstring(valid(report_of(checked("gate", (Rule.SAFE, Outcome.PASS))))).iter(
        "testcase"
    )
    assert [child.tag for child in case] == ["system-out"]
    assert "deploy/a.yaml:3:5: what was found: safe" in (case[0].text or "")


def test_a_waived_deployment_is_skipped_with_owner_expiry_and_reason() -> None:
    one = checked("gate", (Rule.LIMIT_BROKEN, Outcome.FAIL), waived=WAIVED)
    (case,) = ElementTree.fromstring(valid(report_of(one))).iter("testcase")
    assert [child.tag for child in case] == ["skipped"]
    assert case[0].get("message") == "waived by head of release until 2026-07-31: replaced in July"
    assert "limit-broken" in (case[0].text or "")


def test_a_deployment_with_two_findings_is_one_failure_that_tells_both() -> None:
    one = checked("gate", (Rule.LIMIT_BROKEN, Outcome.FAIL), (Rule.OTHER_TASK, Outcome.CANNOT_DECIDE))
    (case,) = ElementTree.fromstring(valid(report_of(one))).iter("testcase")
    assert len(case) == 1
    assert len((case[0].text or "").splitlines()) == 2


def test_characters_that_xml_forbids_are_spelt_out() -> None:
    text = valid(report_of(checked("a\x00b\x0c\ufffe\x80", (Rule.SAFE, Outcome.PASS))))
    assert r'name="a\x00b\x0c\ufffe\x80"' in text
