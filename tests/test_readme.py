"""What the README shows is what the commands print, and what it says of the shipped worlds is true of them."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.claims import THRESHOLDS
from harness.synthetic import world
from tests.readme_blocks import (
    BLOCK,
    CHECK,
    PICTURE,
    ROOT,
    abridged,
    check_of,
    draw_picture,
    printed,
    rewritten,
)

README = (ROOT / "README.md").read_text()
PROSE = " ".join(README.split())
BLOCKS = list(BLOCK.finditer(README))
MOST_WORDS = 900


def test_the_readme_can_be_read_in_five_minutes() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_the_readme_has_commands() -> None:
    assert len(BLOCKS) == 1
    assert len(CHECK.findall(README)) == 1


@pytest.fixture(scope="module")
def run_readme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Runs a command of the README in one folder with the shipped data, each command once."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "data_synthetic").symlink_to(ROOT / "data_synthetic")
    with contextlib.chdir(folder):
        yield cache(printed)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block["command"].split()[1])
def test_a_command_prints_what_the_readme_says(
    block: dict[str, str], run_readme: Callable[[str], str]
) -> None:
    assert abridged(run_readme(block["command"]), block["output"]) == block["output"]


def test_the_gate_says_what_the_readme_shows(run_readme: Callable[[str], str]) -> None:
    run_readme(BLOCKS[0]["command"])
    (check,) = CHECK.finditer(README)
    assert f"{check['before']}{run_readme(check_of(check))}{check['after']}" == check[0]


def test_what_is_left_out_is_marked_and_nothing_else_is() -> None:
    text = "Found: one\nCost: two\nEvidence: three\nWarning: four\n"
    assert abridged(text, "Found: nothing\n...\n") == "Found: one\n...\nWarning: four\n"
    assert abridged(text, "Found: nothing\n") == text


def test_commands_and_checks_are_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.readme_blocks.printed", lambda command: f"<{command}>\n")
    readme = (
        "```console\n$ harness plan\nold\n```\n"
        "`harness check a.yaml` says:\n\n```text\n1 pass on 2026-06-01\n```\n"
    )
    assert rewritten(readme) == (
        "```console\n$ harness plan\n<plan>\n```\n"
        "`harness check a.yaml` says:\n\n```text\n<check a.yaml --today 2026-06-01>\n```\n"
    )


@pytest.mark.slow
def test_the_picture_is_what_is_drawn_now(tmp_path: Path) -> None:
    draw_picture(tmp_path / "now.png")
    with Image.open(PICTURE) as kept, Image.open(tmp_path / "now.png") as now:
        assert kept.info == now.info, "run `make readme`"
        assert kept.tobytes() == now.tobytes(), "run `make readme`"


def test_the_picture_is_small_and_has_words_beside_it() -> None:
    assert PICTURE.stat().st_size < 200_000
    (words,) = re.findall(rf"!\[([^]]+)\]\({PICTURE.relative_to(ROOT)}\)", README)
    assert len(words) > 100


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^):]+)\)", README))))
def test_a_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_prose_says_how_far_the_shown_answer_is_true() -> None:
    output, truth = BLOCKS[0]["output"], world("vanishing")
    safe, start = (
        float(re.findall(heading, output)[0])
        for heading in (r"Safe threshold: +([\d.]+)", r"Range of parity: +by ethnicity ([\d.]+)")
    )
    at_safe, at_start = truth.worst_ratio("ethnicity", [safe, start])
    assert f"At {safe} the true ratio is {at_safe:.2f}, and 2 is tolerated" in PROSE
    assert f"begins too early, at {start}, where the true ratio is {at_start:.2f}" in PROSE
    assert at_safe < 2 < at_start
    first = truth.parity_from("ethnicity", 2.0)
    assert first is not None
    assert start < first < safe


def test_the_prose_says_how_often_such_claims_fail() -> None:
    rows = [line.split("|") for line in (ROOT / "docs" / "claims.md").read_text().splitlines()]
    wrong = [float(row[5]) for row in rows if row[1:2] in ([" ratio "], [" gap "])]
    assert len(wrong) >= 10
    most = (
        f"at thresholds {THRESHOLDS[1] - THRESHOLDS[0]:.3f} apart, at most {100 * max(wrong):.0f} % had one"
    )
    assert f"allowed in 5 % of studies, and [in simulations](docs/claims.md), {most}" in PROSE


def test_the_prose_says_what_is_true_of_the_shipped_worlds() -> None:
    worlds = json.loads((ROOT / "data_synthetic" / "truth.json").read_text())["worlds"]
    assert "differ up to fourfold below 0.58 and are truly equal from 0.60" in PROSE
    vanishing = worst_ratios(worlds["vanishing"])
    assert max(vanishing.values()) == vanishing[0.58] == 4
    assert all(ratio > 1 for threshold, ratio in vanishing.items() if threshold < 0.60)
    assert all(ratio == 1 for threshold, ratio in vanishing.items() if threshold >= 0.60)
    assert "three times the false match rate of another at **every** threshold" in PROSE
    assert set(worst_ratios(worlds["persisting"]).values()) == {3}


def worst_ratios(world: dict[str, Any]) -> dict[float, float]:
    """Read what is true of the ethnicities, by threshold."""
    return dict(zip(world["thresholds"], world["axes"]["ethnicity"]["worst_fmr_ratio"], strict=True))
