"""SARIF: valid against the OASIS schema, with a rule for every finding and a place for every result."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from harness import __version__
from harness.gate import Checked, Finding, Outcome, Place, Report, Rule
from harness.gate.formats import drawn
from tests.gate.drawn_reports import HOSTILE, WAIVED, checked, everything, hostile, report_of

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "sarif-schema-2.1.0.json").read_text())
VALIDATOR = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)
Draft4Validator.check_schema(SCHEMA)


def run_of(report: Report, root: Path | None = None) -> dict[str, Any]:
    """Return the one run, of a log that is valid."""
    log = json.loads(drawn(report, "sarif", root or Path.cwd()))
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    return run


@pytest.mark.parametrize("report", [everything(), hostile(), report_of()], ids=["all", "hostile", "none"])
def test_it_is_valid(report: Report) -> None:
    run_of(report)


def test_the_schema_would_refuse_a_wrong_log() -> None:
    log = json.loads(drawn(everything(), "sarif", Path.cwd()))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(log)


@given(st.text(alphabet=st.characters(), max_size=30), st.binary(min_size=1, max_size=20))
def test_it_is_valid_whatever_a_config_and_its_name_say(text: str, name: bytes) -> None:
    failed = checked(text, (Rule.LIMIT_BROKEN, Outcome.FAIL), file=os.fsdecode(name), sentence=text)
    run_of(report_of(failed))


def test_every_rule_is_described_with_its_level() -> None:
    driver = run_of(everything())["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("harness", __version__)
    assert [rule["id"] for rule in driver["rules"]] == [str(rule) for rule in Rule]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"].startswith(rule["fullDescription"]["text"])
        level = {"safe": "none", "waiver-not-used": "note"}.get(rule["id"], "error")
        assert rule["defaultConfiguration"]["level"] == level


def test_what_blocks_is_a_result_and_what_passes_a_notification() -> None:
    report = everything()
    run = run_of(report)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    problems = [f for one in report.checked for f in one.findings if f.outcome is not Outcome.PASS]
    assert [result["ruleId"] for result in run["results"]] == [str(finding.rule) for finding in problems]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert {(result["kind"], result["level"]) for result in run["results"]} == {("fail", "error")}
    passed, unused = run["invocations"][0]["toolExecutionNotifications"]
    assert (passed["level"], passed["associatedRule"]["id"]) == ("note", "safe")
    assert passed["message"]["text"] == "gate safe: what was found: safe"
    assert unused["associatedRule"]["id"] == "waiver-not-used"


def test_a_result_names_its_deployment_and_its_place() -> None:
    (result,) = run_of(report_of(checked("gate", (Rule.LIMIT_BROKEN, Outcome.FAIL))))["results"]
    (location,) = result["locations"]
    assert result["message"]["text"] == "gate: what was found: limit-broken"
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "deploy/a.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 5},
    }
    assert location["logicalLocations"] == [{"name": "gate", "kind": "member"}]
    assert result["suppressions"] == []


def test_a_path_is_a_uri_from_the_root_or_else_a_whole_one(tmp_path: Path) -> None:
    for file, uri, base in [
        (str(tmp_path / "a b#1%:é.yaml"), "a%20b%231%25%3A%C3%A9.yaml", "%SRCROOT%"),
        (str(tmp_path.parent / "c.yaml"), (tmp_path.parent / "c.yaml").as_uri(), None),
    ]:
        report = report_of(checked("gate", (Rule.LIMIT_BROKEN, Outcome.FAIL), file=file))
        (result,) = run_of(report, tmp_path)["results"]
        artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert (artifact["uri"], artifact.get("uriBaseId")) == (uri, base)
        assert Path(tmp_path, unquote(uri).removeprefix("file://")) == Path(file)


def test_a_fingerprint_survives_another_sentence_and_line_but_not_another_rule_or_deployment() -> None:
    def prints(*ones: Checked) -> list[str]:
        return [r["partialFingerprints"]["deploymentAndRule/v1"] for r in run_of(report_of(*ones))["results"]]

    fail = (Rule.LIMIT_BROKEN, Outcome.FAIL)
    (first,) = prints(checked("gate", fail))
    moved = Finding(*fail, "otherwise", Place("deploy/a.yaml", 9, 9))
    assert prints(Checked("gate", moved.place, (moved,))) == [first]
    others = [
        *prints(checked("other", fail)),
        *prints(checked("gate", fail, file="b.yaml")),
        *prints(checked("gate", (Rule.OTHER_TASK, Outcome.FAIL))),
    ]
    twice = prints(checked("gate", fail, fail))
    assert twice[0] == first
    assert len({first, *others, twice[1]}) == 5


def test_the_invocation_tells_the_exit_code() -> None:
    for outcome, code, successful in [
        (Outcome.PASS, 0, True),
        (Outcome.FAIL, 1, True),
        (Outcome.INVALID, 2, False),
        (Outcome.CANNOT_DECIDE, 3, True),
    ]:
        (invocation,) = run_of(report_of(checked("gate", (Rule.SAFE, outcome))))["invocations"]
        assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, successful)


def test_a_waived_deployment_is_suppressed_with_owner_expiry_and_reason() -> None:
    one = checked(
        "gate", (Rule.LIMIT_BROKEN, Outcome.FAIL), (Rule.OTHER_TASK, Outcome.CANNOT_DECIDE), waived=WAIVED
    )
    run = run_of(report_of(one))
    assert len(run["results"]) == 2
    for result in run["results"]:
        (suppression,) = result["suppressions"]
        assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
        assert suppression["justification"] == "waived by head of release until 2026-07-31: replaced in July"
        artifact = suppression["location"]["physicalLocation"]["artifactLocation"]
        assert artifact["uri"] == "waivers.dsse.json"
        assert result["properties"]["outcome"] == "waived"
    assert run["invocations"][0]["exitCode"] == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_a_message_holds_no_link_and_no_placeholder(text: str) -> None:
    (result,) = run_of(report_of(checked(text, (Rule.LIMIT_BROKEN, Outcome.FAIL), sentence=text)))["results"]
    message = result["message"]["text"]
    assert "](" not in message
    assert not re.search(r"[{}]", message.replace("{{", "").replace("}}", ""))
