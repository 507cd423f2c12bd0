"""An evaluation of searches whose counts are known, and files of alerts that stand in the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.evaluation import Evaluation
from tests.few_thresholds import evaluate_at

HEADER = "time,deployment,faces,watchlist_size,threshold,outcome,group"
GROUPS = {"A": {"share": 0.25}, "B": {"share": 0.75}}
MAPPING: Mapping[str, Any] = {"columns": {"group": "group"}, "groups": GROUPS, "max_ratio": 1.0}
SEARCHES = {"A": 4_000, "B": 6_000}
ERRORS = {0.6: {"A": 40, "B": 30}, 0.7: {"A": 4, "B": 6}}
"""Non-mated searches, and how many of them reach a threshold."""
LIST = {"A": 300, "B": 700}

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def evaluation() -> Evaluation:
    """FPIR at 0.6: A 40 of 4,000, B 30 of 6,000; at 0.7: A 4, B 6; every search by another person."""
    score, mated, group = [], [], []
    for name, searches in SEARCHES.items():
        top, high = ERRORS[0.7][name], ERRORS[0.6][name]
        score += [0.75] * top + [0.65] * (high - top) + [0.1] * (searches - high) + [0.9] * 20
        mated += [False] * searches + [True] * 20
        group += [name] * (searches + 20)
    study = {
        "matcher": {"name": "m", "version": "1"},
        "task": "identification",
        "watchlist_size": 1_000,
        "watchlist_composition": {"group": LIST},
        "groups": {"group": "group"},
        "pairing": "probe",
    }
    scores = {"score": np.array(score), "mated": np.array(mated), "group": np.array(group)}
    return evaluate_at(scores, study=study, policy={"max_ratio": 1.5}, thresholds=[0.6, 0.7])


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a file of alerts: a header and rows, or all of its text or bytes."""

    def write(*rows: str, header: str = HEADER, content: str | bytes | None = None) -> Path:
        path = tmp_path / "alerts.csv"
        text = "\n".join((header, *rows)) + "\n" if content is None else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
