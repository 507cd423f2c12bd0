"""Reports for the forms of a check to draw: one with every rule and outcome, and ones that mean harm."""

from __future__ import annotations

from datetime import date

from harness.gate import Checked, Finding, Outcome, Place, Report, Rule, Waived

TODAY = date(2026, 6, 1)
BLOCKING = (Outcome.CANNOT_DECIDE, Outcome.FAIL, Outcome.INVALID)
WAIVED = Waived("head of release", "replaced in July", date(2026, 7, 31), Place("waivers.dsse.json"))

HOSTILE = (
    "::set-output name=outcome::pass",
    "x\n::error::y",
    "x\r\n::stop-commands::t",
    "x%0A::error::y",
    "a,line=1::b",
    "##[error]x",
    "  ##[add-mask]x ###[group]y",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[testFailed]",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><script>alert(1)</script>",
    "<!-- ",
    "<![CDATA[x]]>",
    "]]>",
    "a | b || c",
    "`x` ``` ~~~",
    "@everyone #12",
    "[a](javascript:alert(1)) ![b](http://x/y.png)",
    "https://example.org www.example.org",
    "{0} {{x}} }",
    "# heading",
    "- item\n\n    code",
    "\x1b[2J\x1b]8;;http://x\x07y",
    "\x00\x01\x08\x0b\x0c\x0e\x7f\x85\ufffe\uffff",
    "\udc80 lone",
    "\u202egnp.exe\u2066 \u2028\u2029",
    "&amp; &#60; %25",
    "$(touch x) ${{ github.token }} %PATH%",
    "\u00e9\u4e2d\U0001f600",
    "--format=json",
)


def outcome_of(rule: Rule) -> Outcome:
    if rule in (Rule.SAFE, Rule.WAIVER_NOT_USED):
        return Outcome.PASS
    if rule is Rule.INVALID_CONFIG:
        return Outcome.INVALID
    failing = (Rule.BELOW_SAFE_THRESHOLD, Rule.LIMIT_BROKEN, Rule.DEPLOYMENT_ENDED, Rule.WAIVER_EXPIRED)
    return Outcome.FAIL if rule in failing else Outcome.CANNOT_DECIDE


def checked(
    name: str | None,
    *findings: tuple[Rule, Outcome],
    file: str = "deploy/a.yaml",
    waived: Waived | None = None,
    sentence: str = "what was found",
) -> Checked:
    found = tuple(
        Finding(rule, outcome, f"{sentence}: {rule}", Place(file, 3 + at, 5))
        for at, (rule, outcome) in enumerate(findings)
    )
    return Checked(name, Place(file, 3, 5), found, 0.6, "release team", waived)


def report_of(*ones: Checked, evaluation: str | None = "evaluation.json") -> Report:
    worst_first = sorted(ones, key=lambda one: -one.outcome.severity)
    return Report(tuple(worst_first), TODAY, evaluation)


def everything() -> Report:
    """Every rule in a deployment of its own, a waived deployment, one with two findings, a file without a name."""
    ones = [
        checked(f"gate {rule}", (rule, outcome_of(rule)), file=f"deploy/{at % 3}.yaml")
        for at, rule in enumerate(Rule)
        if rule is not Rule.INVALID_CONFIG
    ]
    below = (Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL)
    return report_of(
        *ones,
        checked(None, (Rule.INVALID_CONFIG, Outcome.INVALID), file="deploy/broken.yaml"),
        checked("waived gate", below, (Rule.EVIDENCE_EXPIRED, Outcome.CANNOT_DECIDE), waived=WAIVED),
        checked("twice", below, (Rule.OTHER_MATCHER, Outcome.CANNOT_DECIDE)),
    )


def hostile() -> Report:
    """Every hostile text as a name, a sentence, an owner, a file, a reason and the path of the evaluation."""
    ones = []
    for at, text in enumerate(HOSTILE):
        waived = Waived(text, text, date(2026, 7, 31), Place(text, 1, 1)) if at % 2 else None
        finding = Finding(Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL, text, Place(text, 1, 1))
        ones.append(Checked(text, Place(text, 1, 1), (finding,), 0.6, text, waived))
        passed = Finding(Rule.SAFE, Outcome.PASS, text, Place(text))
        ones.append(Checked(text + "2", Place(text), (passed,), 0.6, text))
    return report_of(*ones, evaluation=HOSTILE[0])
