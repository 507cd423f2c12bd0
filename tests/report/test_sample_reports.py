"""The reports under version control are those that the code makes now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cli.app import run

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data_synthetic"
DIGEST = re.compile("[0-9a-f]{64}")

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("world", ["vanishing", "persisting", "equal"])
def test_a_sample_report_is_current(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data_synthetic").symlink_to(DATA)
    monkeypatch.chdir(tmp_path)
    study, policy = "data_synthetic/study.yaml", "data_synthetic/policy.yaml"
    scores = f"data_synthetic/{world}.parquet"
    assert run(["evaluate", scores, "--study", study, "--policy", policy, "--out", "evaluation"]) == 0
    assert run(["report", "evaluation", "--out", "report"]) == 0
    stored, made = ROOT / "reports" / world, tmp_path / "report"
    assert sorted(path.name for path in stored.iterdir()) == sorted(path.name for path in made.iterdir())
    stored_page, page = ((folder / "report.html").read_text("utf-8") for folder in (stored, made))
    # Another kind of processor may round the last bit of a bound otherwise, which a digest shows and no number here.
    assert DIGEST.sub("", page) == DIGEST.sub("", stored_page), "run `make reports`"
    if page == stored_page:
        assert (made / "report.pdf").read_bytes() == (stored / "report.pdf").read_bytes()
