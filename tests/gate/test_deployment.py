"""The published JSON Schema is the code's own, and refuses much of what the gate refuses, but nothing that it takes."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from harness.cli.app import run
from harness.config import document_in
from harness.errors import InputError
from harness.gate import check, json_schema
from tests.gate.small_world import DATA, TODAY, VALID, Checking
from tests.gate.test_hostile_configs import JSON, TOML, YAML

PUBLISHED = json.loads((files("harness.gate") / "deployments.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(PUBLISHED)
BEYOND_A_SCHEMA = {
    "missing key": "a deployment need not have what the defaults give",
    "leads out of the config's folder": "a path against what the command line allows",
    "needs watchlist_size": "one key against another",
    "verification has no watchlist": "one key against another",
    "is before": "one date against another",
    "is not a date: month": "the calendar",
    "cannot be printed": "characters by what they are",
    "1000.0 is not a whole number": "1e3 is an integer to JSON Schema",
    "is repeated": "axes of the same attributes in another order",
}


def as_read(config: str | bytes, name: str) -> object:
    """The plain values of a config; None where it is no YAML, JSON or TOML that says one thing only."""
    try:
        return document_in(config if isinstance(config, bytes) else config.encode(), name).value
    except InputError:
        return None


def test_the_published_file_is_what_the_command_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--schema"]) == 0
    assert capsys.readouterr().out == (files("harness.gate") / "deployments.schema.json").read_text("utf-8")
    assert json_schema() == PUBLISHED
    Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$id"]


def test_every_key_is_explained() -> None:
    for part in PUBLISHED["$defs"].values():
        assert part["description"]
        for key, known in part["properties"].items():
            assert known["description"], key


def test_the_shipped_config_names_the_schema_and_is_valid_by_it() -> None:
    path = DATA / "deployments.yaml"
    VALIDATOR.validate(as_read(path.read_bytes(), path.name))
    (named,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", path.read_text("utf-8"), re.MULTILINE)
    assert json.loads((path.parent / named).read_text("utf-8")) == PUBLISHED


HOSTILE = [
    (name, *case) for name, cases in (("a.yaml", YAML), ("a.json", JSON), ("a.toml", TOML)) for case in cases
]


def test_it_refuses_most_of_the_hostile_configs_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """All of those that are invalid, but for what no schema of single keys can say."""
    folder = tmp_path_factory.mktemp("hostile")
    refused, taken = 0, []
    for name, config, code, _ in HOSTILE:
        plain = as_read(config, name)
        if code != 2 or plain is None:
            continue
        if not VALIDATOR.is_valid(plain):
            refused += 1
            continue
        (folder / name).write_bytes(config if isinstance(config, bytes) else config.encode())
        sentence = check([str(folder / name)], today=TODAY).checked[0].findings[0].sentence
        if not any(known in sentence for known in BEYOND_A_SCHEMA):
            taken.append(sentence)
    assert taken == []
    assert refused >= 40


@pytest.mark.parametrize(("name", "config", "code", "_position"), HOSTILE)
def test_it_takes_every_config_that_the_gate_takes(
    name: str, config: str | bytes, code: int, _position: object
) -> None:
    if code != 2:
        VALIDATOR.validate(as_read(config, name))


@pytest.mark.parametrize(
    ("line", "valid"),
    [
        (
            "watchlist_composition: {ethnicity: {Asian: 4000, Black: 2000}, sex: {female: 0, male: 6000}}",
            True,
        ),
        ("watchlist_composition: null", True),
        ("evidence: {evaluation: runs/a..b/evaluation.json, sha256: null, evaluated: 2026-01-01}", True),
        ("watchlist_composition: {}", False),
        ("watchlist_composition: {ethnicity: {}}", False),
        ("watchlist_composition: {ethnicity: 6000}", False),
        ("watchlist_composition: {ethnicity: {Asian: -1}}", False),
        ("watchlist_composition: {ethnicity: {Asian: 0.5}}", False),
        ("watchlist_composition: {ethnicity: {' ': 1}}", False),
        ("watchlist_composition: [ethnicity]", False),
        ("evidence: {evaluation: /evaluation.json}", False),
        ("evidence: {evaluation: '..\\evaluation.json'}", False),
        ("evidence: {sha256: abc}", False),
        ("from: tomorrow", False),
    ],
)
def test_what_it_says_of_single_keys(checking: Checking, line: str, valid: bool) -> None:
    searches = VALID.replace("verification", "live\n  watchlist_size: 6000")
    assert VALIDATOR.is_valid(as_read(f"{searches}    {line}\n", "a.yaml")) is valid
    assert (checking(f"{searches}    {line}\n").exit_code != 2) is valid
