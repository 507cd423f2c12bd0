"""What the README shows is what the commands print."""

from pathlib import Path

import pytest
from readme_blocks import BLOCK, ROOT, printed

README = (ROOT / "README.md").read_text()
BLOCKS = list(BLOCK.finditer(README))


def test_the_readme_has_commands() -> None:
    assert len(BLOCKS) == 4


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block["command"].split()[1])
def test_a_command_prints_what_the_readme_says(
    block: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data_synthetic").symlink_to(ROOT / "data_synthetic")
    monkeypatch.chdir(tmp_path)
    assert printed(block["command"]) == block["output"]
