"""What a waiver has to say before it is signed, and where it is wrong."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from signed_world import SIGNED_ON, WAIVER

from harness.config import document_in, validated
from harness.errors import InputError
from harness.gate import Rule
from harness.gate.waivers import WAIVABLE, Waiver, WaiverFile, waivers_from

NEVER = {
    Rule.SAFE,
    Rule.INVALID_CONFIG,
    Rule.DEPLOYMENT_ENDED,
    Rule.NO_EVIDENCE,
    Rule.DAMAGED_EVIDENCE,
    Rule.OTHER_EVIDENCE,
    Rule.UNSIGNED_EVIDENCE,
    Rule.SIGNATURE_INVALID,
    Rule.WAIVER_INVALID,
    Rule.WAIVER_EXPIRED,
    Rule.WAIVER_NOT_USED,
}

TEXT = """\
waivers:
  - deployment: gate
    matcher: {name: synthetic, version: "1"}
    use_case: verification
    threshold: 0.58
    rules: [below-safe-threshold]
    reason: Every alert is checked by hand.
    owner: head of access control
    expires: 2026-06-30
"""


def read(text: str, signed_on: date = SIGNED_ON) -> tuple[Waiver, ...]:
    return waivers_from(document_in(text.encode(), "waivers.yaml"), signed_on)


def test_every_rule_either_can_be_waived_or_never_can() -> None:
    """A new rule has to be put on one side by hand; what is missing, altered or unsigned is on the other."""
    assert set(WAIVABLE) | NEVER == set(Rule)
    assert not set(WAIVABLE) & NEVER


def test_a_file_of_waivers() -> None:
    (waiver,) = read(TEXT)
    assert (waiver.deployment, waiver.threshold, waiver.rules) == ("gate", 0.58, ("below-safe-threshold",))
    assert (waiver.owner, waiver.starts, waiver.expires) == (
        "head of access control",
        None,
        date(2026, 6, 30),
    )
    assert waivers_from(document_in(json.dumps({"waivers": [WAIVER]}).encode(), "w.json"), SIGNED_ON) == (
        waiver,
    )


def test_a_file_may_withdraw_every_waiver() -> None:
    assert read("waivers: []\n") == ()


def edited(old: str, new: str) -> str:
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (edited("deployment: gate", "deployment: ''"), "2:17", "is blank"),
        (edited("Every alert is checked by hand.", "'  '"), "7:13", "is blank"),
        (edited("Every alert is checked by hand.", '"a\\e[2J"'), "7:13", "cannot be printed"),
        (edited("Every alert is checked by hand.", "x" * 1001), "7:13", "longer than 1000"),
        (edited("    reason: Every alert is checked by hand.\n", ""), "2:5", "missing key 'reason'"),
        (edited("    owner: head of access control\n", ""), "2:5", "missing key 'owner'"),
        (edited("    expires: 2026-06-30\n", ""), "2:5", "missing key 'expires'"),
        (edited("2026-06-30", "never"), "9:14", "is not a date"),
        (edited("2026-06-30", "2026-02-30"), "9:14", "is not a date"),
        (edited("2026-06-30", "2026-04-30"), "9:14", "expired on 2026-04-30, before 2026-05-01"),
        (edited("2026-06-30", "2026-06-30\n    from: 2026-07-01"), "9:14", "is before 2026-07-01"),
        (edited("[below-safe-threshold]", "[]"), "6:12", "fewer items than 1"),
        (edited("[below-safe-threshold]", "below-safe-threshold"), "6:12", "is not a list"),
        (edited("[below-safe-threshold]", "[limit-broken, limit-broken]"), "6:12", "is repeated"),
        (edited("[below-safe-threshold]", "['*']"), "6:13", "'*' cannot be waived; these can: below-safe-"),
        *(
            (edited("[below-safe-threshold]", f"[limit-broken, {rule}]"), "6:27", f"'{rule}' cannot be waived")
            for rule in sorted(NEVER)
        ),
        (edited("threshold: 0.58", "threshold: '0.58'"), "5:16", "is not a number"),
        (edited("threshold: 0.58", "threshold: .nan"), "5:16", "finite"),
        (edited('version: "1"', "version: 1"), "3:41", "is not text; put it in quotes"),
        (edited("verification", "any"), "4:15", "is not"),
        (edited("verification", "live\n    watchlist_size: 0"), "5:21", "is less than 1"),
        (edited("threshold: 0.58", "threshold: 0.58\n    evaluation_sha256: ABC"), "6:24", "SHA-256"),
        (edited("reason:", "because: x\n    reason:"), "7:5", "unknown key 'because'"),
        (TEXT + TEXT[9:], "10:5", "'gate' is waived twice"),
        (TEXT + "waivers: []\n", "10:1", "is given twice"),
        ("waivers: {}\n", "1:10", "is not a list"),
    ],
    ids=lambda value: value[-30:],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)) as refused:
        read(text)
    assert str(refused.value).startswith(f"waivers.yaml:{place}: ")


def test_a_waiver_may_be_signed_on_its_last_day() -> None:
    assert len(read(TEXT, date(2026, 6, 30))) == 1
    with pytest.raises(InputError, match="expired"):
        read(TEXT, date(2026, 7, 1))


def test_at_most_a_thousand_are_signed_together() -> None:
    waivers = [{**WAIVER, "threshold": place / 1000} for place in range(1001)]
    assert len(validated(WaiverFile, {"waivers": waivers[:-1]}).waivers) == 1000
    with pytest.raises(ValueError, match="at most 1000 items"):
        validated(WaiverFile, {"waivers": waivers})


def test_a_file_that_is_too_large_says_to_write_several() -> None:
    with pytest.raises(InputError, match="larger than 128 KiB; write it in several files"):
        read_json([{**WAIVER, "threshold": place / 1000} for place in range(1000)])


def read_json(waivers: list[dict[str, object]]) -> tuple[Waiver, ...]:
    content = json.dumps({"waivers": waivers}).encode()
    return waivers_from(document_in(content, "waivers.json"), SIGNED_ON)
