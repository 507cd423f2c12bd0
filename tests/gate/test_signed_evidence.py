"""With a key, evidence that is unsigned, altered or signed by somebody else never lets a deployment pass."""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.errors import InputError
from harness.gate import Outcome, Report, Rule, check
from harness.gate.library import Library, Proven, Unusable
from harness.gate.signing import MAX_BYTES, sealed
from harness.gate.statements import payload_of
from tests.gate.signed_world import (
    SIGNED_ON,
    WAIVER,
    public,
    sign_evaluation,
    sign_waivers,
    signer,
    statement_about,
)
from tests.gate.small_world import TODAY, VALID, Plain

Checking = Callable[..., Report]


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "config.yaml"
    path.write_text(VALID)
    return str(path)


@pytest.fixture
def signed(config: str, evaluation: Path) -> Checking:
    """Check the config against the evaluation, which key 1 has signed."""
    sign_evaluation(evaluation)

    def run(**options: Any) -> Report:
        return check(
            [config], **{"evaluation": str(evaluation), "today": TODAY, "keys": [public()], **options}
        )

    return run


def rule_of(report: Report) -> Rule:
    """The rule of the one finding of a report that cannot be decided."""
    (checked,) = report.checked
    (finding,) = checked.findings
    assert (report.exit_code, finding.outcome) == (3, Outcome.CANNOT_DECIDE)
    return finding.rule


def found(evaluation: Path, **options: Any) -> Proven | Unusable:
    return Library([public()], TODAY).get(evaluation, **options)


def test_signed_evidence_passes_and_names_its_day(signed: Checking, evaluation: Path) -> None:
    assert signed().exit_code == 0
    proven = found(evaluation)
    assert isinstance(proven, Proven)
    assert proven.signed_on == SIGNED_ON


def test_any_of_the_trusted_keys_suffices(signed: Checking) -> None:
    assert signed(keys=[public(3), public()]).exit_code == 0


def test_a_valid_signature_by_another_key_does_not(signed: Checking, evaluation: Path) -> None:
    sign_evaluation(evaluation, seed=3)
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


def test_unsigned_evidence_does_not(signed: Checking, evaluation: Path) -> None:
    evaluation.with_name("evaluation.json.dsse.json").unlink()
    assert rule_of(signed()) is Rule.UNSIGNED_EVIDENCE
    assert signed(keys=[]).exit_code == 0


def test_a_flipped_byte_of_the_evaluation_blocks(signed: Checking, evaluation: Path) -> None:
    content = evaluation.read_bytes()
    chance = random.Random(20260601)
    places = [0, 1, len(content) - 1, *(chance.randrange(len(content)) for _ in range(150))]
    places += [
        content.index(text) for text in (b'"schema"', b'"safe_threshold"', b'"sha256"', b'"thresholds"')
    ]
    passed = []
    for place in places:
        other = bytes([content[place] ^ (1 << chance.randrange(8))])
        evaluation.write_bytes(content[:place] + other + content[place + 1 :])
        answer = found(evaluation)
        if isinstance(answer, Proven) or answer.rule is not Rule.SIGNATURE_INVALID:
            passed.append((place, other))
    assert passed == []
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


def test_a_space_more_in_the_evaluation_blocks(signed: Checking, evaluation: Path) -> None:
    """It says the same and would pass unsigned."""
    evaluation.write_bytes(evaluation.read_bytes() + b" ")
    assert signed(keys=[]).exit_code == 0
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


def test_a_flipped_byte_of_the_envelope_blocks(signed: Checking, evaluation: Path) -> None:
    envelope = evaluation.with_name("evaluation.json.dsse.json")
    content = envelope.read_bytes()
    chance = random.Random(20260601)
    for place in range(0, len(content), 29):
        other = bytes([content[place] ^ (1 << chance.randrange(8))])
        envelope.write_bytes(content[:place] + other + content[place + 1 :])
        assert rule_of(signed()) is Rule.SIGNATURE_INVALID
    envelope.write_bytes(content)
    assert signed().exit_code == 0


def test_the_envelope_of_another_evaluation_blocks(signed: Checking, evaluation: Path, plain: Plain) -> None:
    plain["study"]["matcher"]["version"] = "0"
    other = json.dumps(plain).encode()
    envelope = evaluation.with_name("evaluation.json.dsse.json")
    envelope.write_bytes(sealed(payload_of(statement_about(other)), signer()))
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"matcher": {"name": "synthetic", "version": "2"}},
        {"scores": [{"name": "vanishing.parquet", "sha256": "0" * 64}]},
        {"policy_sha256": "0" * 64},
        {"study_sha256": "0" * 64},
        {"safe_threshold": 0.6},
        {"safe_threshold": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_signed_statement_that_says_otherwise_than_the_evaluation_blocks(
    signed: Checking, evaluation: Path, change: dict[str, object]
) -> None:
    """The trusted key signed it, so whoever has the key made it by other means than `harness sign`."""
    statement = json.loads(payload_of(statement_about(evaluation.read_bytes())))
    statement["predicate"].update(change)
    envelope = evaluation.with_name("evaluation.json.dsse.json")
    envelope.write_bytes(sealed(json.dumps(statement).encode(), signer()))
    report = signed()
    assert rule_of(report) is Rule.SIGNATURE_INVALID
    assert next(iter(change)) in report.checked[0].findings[0].sentence


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[]",
        b'{"predicateType": []}',
        b'{"predicateType": "urn:threshold-bias-harness:evaluation:1"}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=lambda payload: str(payload[:20]),
)
def test_a_signed_payload_that_is_no_statement_blocks(
    signed: Checking, evaluation: Path, payload: bytes
) -> None:
    evaluation.with_name("evaluation.json.dsse.json").write_bytes(sealed(payload, signer()))
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"https://in-toto.io/Statement/v1"', '"https://in-toto.io/Statement/v0.1"'),
        (':evaluation:1"', ':evaluation:2"'),
        ('"signed_on":"2026-05-01"', '"signed_on":"2026-05-01","signed_on":"2026-05-01"'),
        ('"signed_on":"2026-05-01"', '"signed_on":"2026-05-01","more":1'),
        ('"signed_on":"2026-05-01"', '"signed_on":1777593600'),
        ('"subject":[', '"subject":[{"digest":{"sha256":"' + "0" * 64 + '"},"name":"x"},'),
        ('"safe_threshold":0.59', '"safe_threshold":"0.59"'),
    ],
)
def test_a_signed_statement_is_read_strictly(signed: Checking, evaluation: Path, old: str, new: str) -> None:
    payload = payload_of(statement_about(evaluation.read_bytes())).decode()
    assert payload.count(old) == 1
    envelope = evaluation.with_name("evaluation.json.dsse.json")
    envelope.write_bytes(sealed(payload.replace(old, new).encode(), signer()))
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


def test_an_envelope_of_waivers_is_no_envelope_of_an_evaluation(signed: Checking, evaluation: Path) -> None:
    sign_waivers(evaluation.with_name("evaluation.json.dsse.json"), WAIVER, seed=1)
    report = signed()
    assert rule_of(report) is Rule.SIGNATURE_INVALID
    assert "an envelope of waivers" in report.checked[0].findings[0].sentence


def test_an_envelope_somewhere_else(signed: Checking, evaluation: Path, tmp_path: Path) -> None:
    beside = evaluation.with_name("evaluation.json.dsse.json")
    elsewhere = tmp_path / "signatures"
    elsewhere.mkdir()
    beside.rename(elsewhere / "envelope")
    assert rule_of(signed()) is Rule.UNSIGNED_EVIDENCE
    assert signed(envelope=str(elsewhere / "envelope")).exit_code == 0
    assert rule_of(signed(envelope=str(elsewhere))) is Rule.SIGNATURE_INVALID
    assert rule_of(signed(envelope=str(elsewhere / "none"))) is Rule.UNSIGNED_EVIDENCE


def test_evidence_that_a_config_names_needs_its_own_envelope(
    config: str, evaluation: Path, tmp_path: Path
) -> None:
    Path(config).write_text(VALID + "    evidence: {evaluation: evaluation.json}\n")
    options: dict[str, Any] = {"today": TODAY, "keys": [public()]}
    assert rule_of(check([config], **options)) is Rule.UNSIGNED_EVIDENCE
    envelope = sign_evaluation(evaluation)
    assert check([config], **options).exit_code == 0
    outside = tmp_path.parent / f"{tmp_path.name}.dsse.json"
    envelope.rename(outside)
    envelope.symlink_to(outside)
    assert rule_of(check([config], **options)) is Rule.SIGNATURE_INVALID
    both = check([config], evaluation=str(evaluation), envelope=str(outside), **options)
    assert both.exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_an_envelope_that_is_no_file_or_too_large_blocks(signed: Checking, evaluation: Path) -> None:
    envelope = evaluation.with_name("evaluation.json.dsse.json")
    content = envelope.read_bytes()
    envelope.write_bytes(content + b" " * MAX_BYTES)
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID
    envelope.unlink()
    os.mkfifo(envelope)
    assert rule_of(signed()) is Rule.SIGNATURE_INVALID


def test_a_signature_does_not_make_damaged_evidence_whole(
    signed: Checking, evaluation: Path, plain: Plain
) -> None:
    payload = payload_of(statement_about(evaluation.read_bytes())).decode()
    digest = hashlib.sha256(evaluation.read_bytes()).hexdigest()
    plain["answer"]["safe_threshold"] = 0.54
    evaluation.write_text(json.dumps(plain))
    forged = payload.replace(digest, hashlib.sha256(evaluation.read_bytes()).hexdigest())
    envelope = evaluation.with_name("evaluation.json.dsse.json")
    envelope.write_bytes(sealed(forged.encode(), signer()))
    assert rule_of(signed()) is Rule.DAMAGED_EVIDENCE


def test_scores_without_a_digest_cannot_be_signed(plain: Plain) -> None:
    plain["inputs"] = [{"name": "scores", "bytes": None, "sha256": None}]
    with pytest.raises(InputError, match="the scores 'scores' have no SHA-256"):
        statement_about(json.dumps(plain).encode())


def dated(config: str, text: str) -> None:
    Path(config).write_text(VALID + f"    evidence: {{{text}}}\n")


def test_the_age_of_evidence_counts_from_its_signature(signed: Checking, config: str) -> None:
    dated(config, "max_age_days: 30")
    last = SIGNED_ON + timedelta(days=30)
    assert signed(today=last).exit_code == 0
    assert rule_of_expired(signed(today=last + timedelta(days=1)))
    assert rule_of_expired(signed(keys=[]))


def rule_of_expired(report: Report) -> bool:
    (checked,) = report.checked
    rules = [finding.rule for finding in checked.findings if finding.outcome is not Outcome.PASS]
    return (report.exit_code, rules) == (3, [Rule.EVIDENCE_EXPIRED])


def test_an_earlier_day_of_the_config_counts_and_a_later_one_is_refused(
    signed: Checking, config: str
) -> None:
    """Who can edit the config cannot make the evidence younger than its signature."""
    dated(config, "evaluated: 2026-04-01, max_age_days: 30")
    assert signed(today=date(2026, 5, 1)).exit_code == 0
    assert rule_of_expired(signed(today=date(2026, 5, 2)))
    dated(config, "evaluated: 2026-05-01, max_age_days: 30")
    assert signed(today=date(2026, 5, 31)).exit_code == 0
    dated(config, "evaluated: 2026-05-02, max_age_days: 30")
    assert rule_of_expired(signed(today=date(2026, 5, 31)))
    assert signed(today=date(2026, 5, 31), keys=[]).exit_code == 0


def test_a_signature_of_tomorrow_blocks(signed: Checking) -> None:
    assert signed(today=SIGNED_ON).exit_code == 0
    assert rule_of(signed(today=SIGNED_ON - timedelta(days=1))) is Rule.SIGNATURE_INVALID
