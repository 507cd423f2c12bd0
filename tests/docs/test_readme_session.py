"""The Python of the README does what its comments say."""

import re
from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).parents[2]
SESSION = re.compile(r"```python\n(import harness\n.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_session_runs_and_answers_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data_synthetic").symlink_to(ROOT / "data_synthetic")
    monkeypatch.chdir(tmp_path)
    (session,) = SESSION.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "evaluation.safe_threshold  # None" in session
    names: dict[str, object] = {}
    exec(compile(session, "README.md", "exec"), names)
    evaluation = names["evaluation"]
    assert isinstance(evaluation, harness.Evaluation)
    assert evaluation.safe_threshold is None
    assert evaluation.not_detected_from is not None
    assert harness.load("evaluation.json").not_detected_from == evaluation.not_detected_from
