"""A signed waiver lets through what it names and no more; an expired, altered or foreign one blocks."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from signed_world import (
    SIGNED_ON,
    WAIVER,
    public,
    sign_evaluation,
    sign_waivers,
    signer,
    statement_of,
)
from small_world import TODAY, VALID

from harness.gate import Checked, Outcome, Report, Rule, check
from harness.gate.formats import as_text
from harness.gate.formats.json import as_json
from harness.gate.signing import payload_of, sealed
from harness.gate.waiving import granted_in

Waiving = Callable[..., Report]

BELOW = VALID.replace("threshold: 0.6", "threshold: 0.58")
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
    assert "threshold 0.58 is below 0.59" in second
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
        ({"threshold": 0.57}, "it is for threshold 0.57, not 0.58"),
        ({"threshold": 0.5800000000000001}, "it is for threshold 0.5800000000000001, not 0.58"),
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
    live = BELOW.replace("verification", "live\n  watchlist_size: 30")
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
    assert "it is for threshold 0.58, not 0.6" in as_text(report)


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
    assert waiving(BELOW.replace("0.58", "'0.58'"), WAIVER).exit_code == 2


def test_waivers_that_cannot_be_believed_block_what_passes(
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
    believed = []
    for place, byte in enumerate(content):
        file.write_bytes(content[:place] + bytes([byte ^ (1 << chance.randrange(8))]) + content[place + 1 :])
        if not isinstance(granted_in(str(file), [public(2)], TODAY), Checked):
            believed.append(place)
    file.write_bytes(content)
    assert not isinstance(granted_in(str(file), [public(2)], TODAY), Checked)
    assert believed == []
