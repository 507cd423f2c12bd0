"""What the README shows is what the commands print."""

import contextlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.readme_blocks import BLOCK, ROOT, printed

README = (ROOT / "README.md").read_text()
BLOCKS = list(BLOCK.finditer(README))


def test_the_readme_has_commands() -> None:
    assert len(BLOCKS) == 4


@pytest.fixture(scope="module")
def run_readme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Runs a command of the README in one folder with the shipped data, each command once."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "data_synthetic").symlink_to(ROOT / "data_synthetic")
    with contextlib.chdir(folder):
        yield cache(printed)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, marks=pytest.mark.slow if "persisting" in block["command"] else ())
        for block in BLOCKS
    ],
    ids=lambda block: block["command"].split()[1],
)
def test_a_command_prints_what_the_readme_says(
    block: dict[str, str], run_readme: Callable[[str], str]
) -> None:
    assert run_readme(block["command"]) == block["output"]


def test_the_gate_says_what_the_readme_shows(run_readme: Callable[[str], str]) -> None:
    run_readme(next(block["command"] for block in BLOCKS if "vanishing" in block["command"]))
    shown = README.split("evaluation.json` says:\n\n```text\n")[1].split("```")[0]
    day = shown.split()[-1]
    check = "check data_synthetic/deployments.yaml --evaluation build/vanishing/evaluation.json"
    assert check.split("--")[0] in README
    assert run_readme(f"{check} --today {day}") == shown


def test_the_prose_says_what_is_true_of_the_shipped_worlds() -> None:
    worlds = json.loads((ROOT / "data_synthetic" / "truth.json").read_text())["worlds"]
    prose = " ".join(README.split())
    assert "differ up to fourfold below 0.58 and are truly equal from 0.60" in prose
    vanishing = worst_ratios(worlds["vanishing"])
    assert max(vanishing.values()) == vanishing[0.58] == 4
    assert all(ratio > 1 for threshold, ratio in vanishing.items() if threshold < 0.60)
    assert all(ratio == 1 for threshold, ratio in vanishing.items() if threshold >= 0.60)
    assert "three times the false match rate of another at **every** threshold" in prose
    assert set(worst_ratios(worlds["persisting"]).values()) == {3}


def worst_ratios(world: dict[str, Any]) -> dict[float, float]:
    """Read what is true of the ethnicities, by threshold."""
    return dict(zip(world["thresholds"], world["axes"]["ethnicity"]["worst_fmr_ratio"], strict=True))
