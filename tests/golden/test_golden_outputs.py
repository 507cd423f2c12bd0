"""What every command prints and writes on the shipped data stays the same, unless a change of it is meant.

After a change that is meant: ``python tests/golden/commands.py``, and say in the commit what changed.
"""

from __future__ import annotations

import json

import pytest

from tests.golden.commands import DIGESTS, ON_SAMPLE, ON_WORLDS, digests

pytestmark = pytest.mark.whole_scan


def _assert_unchanged(commands: tuple[str, ...]) -> None:
    expected = json.loads(DIGESTS.read_text("utf-8"))
    for command, found in digests(commands).items():
        assert found == expected[command], command


@pytest.mark.slow
def test_commands_on_the_sample() -> None:
    _assert_unchanged(ON_SAMPLE)


@pytest.mark.slow
def test_commands_on_the_three_worlds_and_the_searches() -> None:
    _assert_unchanged(ON_WORLDS)


def test_every_command_has_digests() -> None:
    assert set(json.loads(DIGESTS.read_text("utf-8"))) == {*ON_SAMPLE, *ON_WORLDS}
