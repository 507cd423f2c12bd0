"""Small evaluations of the shipped synthetic data, by searches and by comparisons, and files of records."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evaluation import Evaluation
from tests.auditing.published import DATA, HEADER, Written
from tests.few_thresholds import evaluate_at


@pytest.fixture(scope="session")
def searches() -> Evaluation:
    """Of searches of 10,000 references; parity is shown from 0.6 to 0.62, FPIR differs below."""
    found = evaluate_at(
        DATA / "searches.parquet",
        study=DATA / "searches.yaml",
        policy={"max_ratio": 2.0},
        thresholds="0.54:0.68:0.01",
    )
    assert (found.safe_threshold, found.axes["ethnicity"].verdict.parity_shown_to) == (0.6, 8)
    return found


@pytest.fixture(scope="session")
def comparisons() -> Evaluation:
    """Of comparisons within groups, in the world where the disparity never ends."""
    found = evaluate_at(
        DATA / "persisting.parquet",
        study=DATA / "study.yaml",
        policy=DATA / "policy.yaml",
        thresholds="0.54:0.68:0.01",
    )
    assert found.safe_threshold is None
    return found


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a file of records: a header and rows, or all of its text or bytes."""

    def write(*rows: str, header: str = HEADER, content: str | bytes | None = None) -> Path:
        path = tmp_path / "records.csv"
        text = "\n".join((header, *rows)) + "\n" if content is None else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
