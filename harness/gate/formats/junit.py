"""A check as JUnit XML: a suite for every file, a test case for every deployment.

A deployment that fails is a failure; one that cannot be decided, and a config that is invalid, is an error: all
three break a build. A waived one is skipped, not passed, since viewers show why a test was skipped and hide what a
passed one says.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from harness.gate.findings import Checked, Outcome, Report
from harness.gate.formats.plain import to_show, waiver
from harness.text import line

__all__ = ["as_junit"]

_RESULTS: dict[Outcome, type[FinalResult]] = {
    Outcome.WAIVED: Skipped,
    Outcome.CANNOT_DECIDE: Error,
    Outcome.FAIL: Failure,
    Outcome.INVALID: Error,
}


def as_junit(report: Report) -> str:
    """Write a report as JUnit XML, as Jenkins and GitLab read it; control characters are spelt out.

    It is ASCII, for it is printed to streams of any encoding, which it does not name.
    """
    by_file: dict[str, list[Checked]] = {}
    for one in report.checked:
        by_file.setdefault(line(one.place.file), []).append(one)
    suites = [_suite(file, checked, report) for file, checked in by_file.items()]
    document = JUnitXml("harness check")
    for suite in suites:
        document.add_testsuite(suite)
    document.tests = sum(suite.tests for suite in suites)
    document.failures = sum(suite.failures for suite in suites)
    document.errors = sum(suite.errors for suite in suites)
    written = BytesIO()
    document.write(written, pretty=True)
    return written.getvalue().decode().rstrip("\n").encode("ascii", "xmlcharrefreplace").decode()


def _suite(file: str, checked: Sequence[Checked], report: Report) -> TestSuite:
    suite = TestSuite(file)
    suite.add_property("today", str(report.today))
    if report.evaluation is not None:
        suite.add_property("evaluation", line(report.evaluation))
    suite.add_testcases([_case(one) for one in checked])
    return suite


def _case(one: Checked) -> TestCase:
    name = "the file" if one.deployment is None else line(one.deployment)
    case = TestCase(name, classname=line(one.place.file))
    findings = to_show(one)
    sentences = "\n".join(line(f"{f.place}: {f.sentence} ({f.rule})") for f in findings)
    if one.outcome not in _RESULTS:
        case.system_out = sentences
        return case
    message = waiver(one.waived) if one.waived is not None else findings[0].sentence
    result = _RESULTS[one.outcome](line(message), str(findings[0].rule))
    result.text = sentences
    case.result = result
    return case
