"""What a waiver has to say before it is signed; signed, it lets through what it names and no more."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.config import document_in
from harness.errors import InputError
from harness.gate import Checked, Outcome, Report, Rule, check
from harness.gate.checking import granted_in
from harness.gate.formats import as_text
from harness.gate.formats.plain import as_json
from harness.gate.signing import sealed
from harness.gate.statements import payload_of
from harness.gate.waivers import WAIVABLE, Waiver, WaiverFile, waivers_from
from tests.gate.signed_world import (
    SIGNED_ON,
    WAIVER,
    public,
    sign_evaluation,
    sign_waivers,
    signer,
    statement_of,
)
from tests.gate.small_world import TODAY, VALID

NEVER = {
    Rule.SAFE,
    Rule.INVALID_CONFIG,
    Rule.DEPLOYMENT_ENDED,
    Rule.NO_EVIDENCE,
    Rule.DAMAGED_EVIDENCE,
    Rule.OTHER_EVIDENCE,
    Rule.UNSIGNED_EVIDENCE,
    Rule.SIGNATURE_INVALID,
    Rule.SATURATED,
    Rule.NO_FALSE_ALERT_LIMIT,
    Rule.WAIVER_INVALID,
    Rule.WAIVER_EXPIRED,
    Rule.WAIVER_NOT_USED,
}

TEXT = """\
waivers:
  - deployment: gate
    matcher: {name: synthetic, version: "1"}
    use_case: verification
    threshold: 0.585
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
    assert (waiver.deployment, waiver.threshold, waiver.rules) == ("gate", 0.585, ("below-safe-threshold",))
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
        (edited("[below-safe-threshold]", "['*']"), "6:13", "'*' cannot be waived; these can: disparity-shown, "),
        *(
            (edited("[below-safe-threshold]", f"[limit-broken, {rule}]"), "6:27", f"'{rule}' cannot be waived")
            for rule in sorted(NEVER)
        ),
        (edited("threshold: 0.585", "threshold: '0.58'"), "5:16", "is not a number"),
        (edited("threshold: 0.585", "threshold: .nan"), "5:16", "finite"),
        (edited('version: "1"', "version: 1"), "3:41", "is not text; put it in quotes"),
        (edited("verification", "any"), "4:15", "is not"),
        (edited("verification", "live\n    watchlist_size: 0"), "5:21", "is less than 1"),
        (edited("threshold: 0.585", "threshold: 0.585\n    evaluation_sha256: ABC"), "6:24", "SHA-256"),
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
    assert len(WaiverFile.model_validate({"waivers": waivers[:-1]}).waivers) == 1000
    with pytest.raises(ValueError, match="at most 1000 items"):
        WaiverFile.model_validate({"waivers": waivers})


def test_a_file_that_is_too_large_says_to_write_several() -> None:
    with pytest.raises(InputError, match="larger than 128 KiB; write it in several files"):
        read_json([{**WAIVER, "threshold": place / 1000} for place in range(1000)])


def read_json(waivers: list[dict[str, object]]) -> tuple[Waiver, ...]:
    content = json.dumps({"waivers": waivers}).encode()
    return waivers_from(document_in(content, "waivers.json"), SIGNED_ON)


Waiving = Callable[..., Report]

BELOW = VALID.replace("threshold: 0.6", "threshold: 0.585")
LAST = date(2026, 6, 30)


@pytest.fixture
def waiving(tmp_path: Path, evaluation: Path) -> Waiving:
    """Check a config under waivers that key 2 has signed."""

    def run(config: str = BELOW, *waivers: dict[str, Any], **options: Any) -> Report:
        path = tmp_path / "config.yaml"
        path.write_text(config)
        file = tmp_path / "waivers.dsse.json"
        if waivers:
            sign_waivers(file, *waivers)
        defaults = {"evaluation": str(evaluation), "today": TODAY}
        return check([str(path)], waivers=[str(file)], waiver_keys=[public(2)], **{**defaults, **options})

    return run


def with_(**changes: object) -> dict[str, Any]:
    return {**WAIVER, **changes}


def test_without_a_waiver_it_fails(waiving: Waiving) -> None:
    assert waiving(BELOW, with_(deployment="another")).exit_code == 1


def test_a_waiver_lets_through_and_keeps_what_was_found(waiving: Waiving) -> None:
    report = waiving(BELOW, WAIVER)
    (checked,) = report.checked
    assert (report.exit_code, checked.outcome) == (0, Outcome.WAIVED)
    assert [(f.rule, f.outcome) for f in checked.findings] == [(Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL)]
    assert checked.waived is not None
    assert (checked.waived.owner, checked.waived.expires) == ("head of access control", LAST)


def test_a_waiver_is_always_printed_with_what_it_waives(waiving: Waiving) -> None:
    report = waiving(BELOW, WAIVER)
    first, second, count = as_text(report).splitlines()
    assert first.startswith("WAIVED ")
    assert "gate: waived by head of access control until 2026-06-30: Every alert is checked by hand." in first
    assert second.startswith("  FAIL ")
    assert "threshold 0.585 is below the safe one, 0.59" in second
    assert count == "1 waived on 2026-06-01"
    (checked,) = json.loads(as_json(report))["checked"]
    assert checked["outcome"] == "waived"
    assert checked["waived"] == {
        "owner": "head of access control",
        "reason": "Every alert is checked by hand.",
        "expires": "2026-06-30",
        "file": report.checked[0].waived.place.file,  # type: ignore[union-attr]
    }
    assert checked["findings"][0]["outcome"] == "fail"


def test_it_serves_up_to_its_last_day_and_then_blocks(waiving: Waiving) -> None:
    assert waiving(BELOW, WAIVER, today=LAST).exit_code == 0
    report = waiving(BELOW, WAIVER, today=date(2026, 7, 1))
    rules = [finding.rule for finding in report.checked[0].findings]
    assert (report.exit_code, rules) == (1, [Rule.BELOW_SAFE_THRESHOLD, Rule.WAIVER_EXPIRED])


def test_an_expired_one_blocks_what_would_pass_without_it(waiving: Waiving) -> None:
    waiver = with_(threshold=0.6)
    assert waiving(VALID, waiver, today=LAST).exit_code == 0
    report = waiving(VALID, waiver, today=date(2026, 7, 1))
    assert (report.exit_code, report.checked[0].findings[0].rule) == (1, Rule.WAIVER_EXPIRED)


def test_an_expired_one_blocks_where_another_serves(waiving: Waiving, tmp_path: Path) -> None:
    other = sign_waivers(tmp_path / "other.dsse.json", with_(expires="2026-12-31"))
    sign_waivers(tmp_path / "waivers.dsse.json", WAIVER)
    files = [str(other), str(tmp_path / "waivers.dsse.json")]
    for order in (files, files[::-1]):
        options: dict[str, Any] = {
            "evaluation": str(tmp_path / "evaluation.json"),
            "waiver_keys": [public(2)],
        }
        (tmp_path / "config.yaml").write_text(BELOW)
        config = [str(tmp_path / "config.yaml")]
        assert check(config, today=LAST, waivers=order, **options).exit_code == 0
        assert check(config, today=date(2026, 7, 1), waivers=order, **options).exit_code == 1


def test_it_serves_from_its_first_day(waiving: Waiving) -> None:
    waiver = with_(**{"from": "2026-06-01"})
    assert waiving(BELOW, waiver, today=date(2026, 6, 1)).exit_code == 0
    report = waiving(BELOW, waiver, today=date(2026, 5, 31))
    assert report.exit_code == 1
    assert "it starts on 2026-06-01" in as_text(report)


def test_it_has_to_serve_on_the_first_day_of_the_deployment(waiving: Waiving) -> None:
    for first, code in (("2026-06-30", 0), ("2026-07-01", 1)):
        assert waiving(f"{BELOW}    from: {first}\n", WAIVER).exit_code == code


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"threshold": 0.57}, "it is for threshold 0.57, not 0.585"),
        ({"threshold": 0.5850000000000001}, "it is for threshold 0.5850000000000001, not 0.585"),
        ({"matcher": {"name": "other", "version": "1"}}, "it is for matcher name 'other', not 'synthetic'"),
        ({"matcher": {"name": "synthetic", "version": "1 "}}, "it is for matcher version '1 ', not '1'"),
        ({"use_case": "live", "watchlist_size": 9}, "it is for use_case 'live', not 'verification'"),
        ({"watchlist_size": 9}, "it is for watchlist_size 9, not null"),
        ({"evaluation_sha256": "0" * 64}, "it is for evaluation's SHA-256 '000"),
        ({"rules": ["limit-broken"]}, "it does not waive below-safe-threshold"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_waiver_of_something_else_does_not_serve_and_is_printed(
    waiving: Waiving, change: dict[str, object], said: str
) -> None:
    report = waiving(BELOW, with_(**change))
    (checked,) = report.checked
    assert (report.exit_code, checked.waived) == (1, None)
    assert checked.findings[-1].rule is Rule.WAIVER_NOT_USED
    assert said in as_text(report)


def test_a_waiver_of_a_watchlist_serves_with_that_composition_only(waiving: Waiving) -> None:
    live = BELOW.replace("verification", "live\n  watchlist_size: 30\n  max_fpir: 0.02")
    composition = {"ethnicity": {"Asian": 10, "Black": 10, "White": 10}}
    waiver = with_(
        use_case="live",
        watchlist_size=30,
        watchlist_composition=composition,
        rules=["below-safe-threshold", "other-task", "watchlist-not-tested"],
    )
    stated = f"{live}    watchlist_composition: {json.dumps(composition)}\n"
    assert waiving(stated, waiver).exit_code == 0
    for other in (live, stated.replace("10", "9").replace("9", "12", 1)):
        report = waiving(other, waiver)
        assert (report.exit_code, report.checked[0].waived) == (1, None)
        assert "it is for another watchlist_composition" in as_text(report)


def test_a_waiver_on_one_evaluation_serves_with_that_one(waiving: Waiving, evaluation: Path) -> None:
    waiver = with_(evaluation_sha256=hashlib.sha256(evaluation.read_bytes()).hexdigest())
    assert waiving(BELOW, waiver).exit_code == 0
    evaluation.write_bytes(evaluation.read_bytes() + b"\n")
    assert waiving(BELOW, waiver).exit_code == 1


def test_an_expired_waiver_of_something_else_only_is_printed(waiving: Waiving) -> None:
    report = waiving(VALID, WAIVER, today=date(2026, 7, 1))
    assert report.exit_code == 0
    assert "it is for threshold 0.585, not 0.6" in as_text(report)


def test_a_waived_rule_does_not_cover_another(waiving: Waiving) -> None:
    config = f"{BELOW}    max_ratio: 1.5\n"
    for rules, code in (
        (["below-safe-threshold"], 1),
        (["other-criterion"], 1),
        (["below-safe-threshold", "other-criterion"], 0),
    ):
        report = waiving(config, with_(rules=rules))
        assert (report.exit_code, len(report.checked[0].findings)) == (code, 2 + (code != 0))


def test_a_waiver_of_a_deployment_that_passes_is_printed(waiving: Waiving) -> None:
    report = waiving(VALID, with_(threshold=0.6))
    assert (report.exit_code, report.checked[0].outcome) == (0, Outcome.PASS)
    lines = as_text(report).splitlines()
    assert lines[0].startswith("PASS ")
    assert lines[1].startswith("NOTE ")
    assert "the deployment passes without it" in lines[1]


def test_a_waiver_of_no_deployment_is_printed(waiving: Waiving) -> None:
    report = waiving(VALID, with_(deployment="another"))
    assert report.exit_code == 0
    assert "NOTE " in as_text(report)
    assert "the waiver of 'another' by head of access control is of no deployment checked" in as_text(report)
    assert as_text(report).endswith("1 pass on 2026-06-01")


def test_no_waiver_covers_unsigned_or_altered_evidence(waiving: Waiving, evaluation: Path) -> None:
    waiver = with_(rules=["below-safe-threshold", "no-safe-threshold", "other-matcher", "evidence-expired"])
    for damage in (b"", b"{}"):
        sign_evaluation(evaluation)
        assert waiving(BELOW, waiver, keys=[public()]).exit_code == 0
        evaluation.with_name("evaluation.json.dsse.json").write_bytes(damage)
        assert waiving(BELOW, waiver, keys=[public()]).exit_code == 3
        evaluation.with_name("evaluation.json.dsse.json").unlink()
        assert waiving(BELOW, waiver, keys=[public()]).exit_code == 3
    evaluation.write_text("{}")
    assert waiving(BELOW, waiver).exit_code == 3
    evaluation.unlink()
    assert waiving(BELOW, waiver).exit_code == 3


def test_no_waiver_covers_an_invalid_config(waiving: Waiving) -> None:
    assert waiving(BELOW.replace("0.585", "'0.585'"), WAIVER).exit_code == 2


def test_waivers_that_cannot_be_trusted_block_what_passes(
    waiving: Waiving, tmp_path: Path, evaluation: Path
) -> None:
    file = tmp_path / "waivers.dsse.json"
    signed = sealed(payload_of(statement_of(with_(deployment="another"))), signer(2))
    payload = payload_of(statement_of(WAIVER))
    for content in (
        json.dumps({"waivers": [WAIVER]}).encode(),
        b"",
        signed.replace(b'"payload": "', b'"payload": "A'),
        sealed(payload, signer(1)),
        sealed(payload.replace(b"gate", b""), signer(2)),
        sealed(payload.replace(b'"below-safe-threshold"', b'"unsigned-evidence"'), signer(2)),
        sealed(payload.replace(b'"2026-06-30"', b"null"), signer(2)),
        sealed(payload.replace(str(SIGNED_ON).encode(), b"2026-06-02"), signer(2)),
        sign_evaluation(evaluation, seed=2).read_bytes(),
    ):
        file.write_bytes(content)
        report = waiving(VALID)
        first = report.checked[0]
        assert (report.exit_code, first.deployment, first.findings[0].rule) == (3, None, Rule.WAIVER_INVALID)
    file.unlink()
    assert waiving(VALID).exit_code == 3
    file.write_bytes(signed)
    assert waiving(VALID).exit_code == 0


def test_a_flipped_byte_of_the_waivers_blocks(tmp_path: Path) -> None:
    file = sign_waivers(tmp_path / "waivers.dsse.json", WAIVER)
    content = file.read_bytes()
    chance = random.Random(20260601)
    trusted = []
    for place, byte in enumerate(content):
        file.write_bytes(content[:place] + bytes([byte ^ (1 << chance.randrange(8))]) + content[place + 1 :])
        if not isinstance(granted_in(str(file), [public(2)], TODAY), Checked):
            trusted.append(place)
    file.write_bytes(content)
    assert not isinstance(granted_in(str(file), [public(2)], TODAY), Checked)
    assert trusted == []
