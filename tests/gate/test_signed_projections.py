"""With a key, a projection has to be signed as its evaluation is, by a statement of its own kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.cli.app import run
from harness.gate import Report, Rule, check
from harness.gate.projection import projection_of as projection_in
from harness.gate.signing import sealed
from harness.gate.statements import about_projection, payload_of
from tests.gate.projected_world import config_of, projection_of, searches
from tests.gate.signed_world import SIGNED_ON, public, sign_evaluation, signer, write_pair
from tests.gate.small_world import TODAY, Plain

Checking = Callable[..., Report]


def sign_projection(path: Path, seed: int = 1, signed_on: date = SIGNED_ON, **changes: object) -> Path:
    """Write the envelope beside a projection."""
    statement = about_projection(
        projection_in(path.read_bytes(), path.name), name=path.name, signed_on=signed_on, version="0"
    )
    predicate = statement.predicate.model_copy(update=changes)
    envelope = path.with_name(path.name + ".dsse.json")
    envelope.write_bytes(
        sealed(payload_of(statement.model_copy(update={"predicate": predicate})), signer(seed))
    )
    return envelope


@pytest.fixture
def projection(tmp_path: Path, plain: Plain) -> Path:
    """A projection to the deployment's list, beside its evaluation, which key 1 has signed."""
    content = json.dumps(searches(plain)).encode()
    (tmp_path / "evaluation.json").write_bytes(content)
    sign_evaluation(tmp_path / "evaluation.json")
    path = tmp_path / "projection.json"
    path.write_text(json.dumps(projection_of(plain, content)))
    return path


@pytest.fixture
def signed(tmp_path: Path, projection: Path) -> Checking:
    config = tmp_path / "config.yaml"
    config.write_text(config_of())

    def checking(**options: Any) -> Report:
        evaluation = str(projection.with_name("evaluation.json"))
        return check(
            [str(config)], **{"evaluation": evaluation, "today": TODAY, "keys": [public()], **options}
        )

    return checking


def first_rule(report: Report) -> Rule:
    assert report.exit_code == 3
    return report.checked[0].findings[0].rule


def test_a_signed_projection_passes(signed: Checking, projection: Path) -> None:
    sign_projection(projection)
    assert signed().exit_code == 0


def test_an_unsigned_one_does_not(signed: Checking) -> None:
    assert first_rule(signed()) is Rule.UNSIGNED_EVIDENCE
    assert signed(keys=[]).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 3},
        {"signed_on": date(2026, 6, 2)},
        {"evaluation_sha256": "0" * 64},
        {"lists": ["another"]},
    ],
    ids=lambda value: next(iter(value)),
)
def test_one_signed_otherwise_does_not(signed: Checking, projection: Path, options: dict[str, Any]) -> None:
    sign_projection(projection, **options)
    assert first_rule(signed()) is Rule.SIGNATURE_INVALID


def test_a_changed_one_does_not(signed: Checking, projection: Path) -> None:
    sign_projection(projection)
    projection.write_bytes(projection.read_bytes() + b" ")
    assert first_rule(signed()) is Rule.SIGNATURE_INVALID
    assert signed(keys=[]).exit_code == 0


def test_the_statement_about_an_evaluation_does_not_serve(signed: Checking, projection: Path) -> None:
    envelope = projection.with_name("evaluation.json.dsse.json")
    projection.with_name("projection.json.dsse.json").write_bytes(envelope.read_bytes())
    report = signed()
    assert first_rule(report) is Rule.SIGNATURE_INVALID
    assert "is an envelope of an evaluation, not of a projection" in report.checked[0].findings[0].sentence


def test_sign_and_verify_take_a_projection(
    projection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, trusted = write_pair(tmp_path, "release")
    assert run(["sign", str(projection), "--key", private, "--on", "2026-05-01"]) == 0
    assert f"Signed {projection} (synthetic 1, 1 list) on 2026-05-01" in capsys.readouterr().out
    envelope = f"{projection}.dsse.json"
    assert run(["verify", envelope, "--key", trusted]) == 0
    said = capsys.readouterr().out
    assert "Verified projection.json: signed on 2026-05-01" in said
    assert "  matcher synthetic 1; lists 'skewed'" in said
    evaluation = str(projection.with_name("evaluation.json"))
    assert run(["verify", envelope, "--key", trusted, "--evaluation", evaluation]) == 3
    assert "holds a projection, and no evaluation" in capsys.readouterr().err
    command = ["check", str(tmp_path / "config.yaml"), "--evaluation", evaluation, "--key", trusted]
    (tmp_path / "config.yaml").write_text(config_of())
    assert run([*command, "--today", "2026-06-01"]) == 0
    projection.write_bytes(projection.read_bytes() + b" ")
    assert run(["verify", envelope, "--key", trusted]) == 3


def test_what_is_no_projection_is_not_signed(
    projection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, _ = write_pair(tmp_path, "release")
    document = json.loads(projection.read_text())
    document["lists"]["skewed"]["size"] = 1
    projection.write_text(json.dumps(document))
    assert run(["sign", str(projection), "--key", private]) == 2
    assert "is not a whole projection" in capsys.readouterr().err
