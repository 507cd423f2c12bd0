"""What the synthetic worlds refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.synthetic import synthesise, world


def test_unknown_world_lists_those_there_are() -> None:
    message = "unknown synthetic world 'flat'; there are vanishing, persisting, equal"
    with pytest.raises(InputError, match=message):
        world("flat")
    with pytest.raises(InputError, match=message):
        synthesise("flat", "nowhere")


def test_says_what_is_out_of_range(tmp_path: Path) -> None:
    here = world("equal")
    with pytest.raises(InputError, match="at least 2 subjects in a cell, got 1"):
        here.draw(1, subjects=1)
    with pytest.raises(InputError, match="a seed must be 0 or more, got -1"):
        here.draw(-1)
    with pytest.raises(InputError, match="shares must lie between 0 and 1"):
        replace(here, identity_share=0.6, pair_share=0.5)
    with pytest.raises(InputError, match=r"unknown axis 'age'; a synthetic world has ethnicity, sex, "):
        here.worst_ratio("age", 0.6)
    with pytest.raises(InputError, match="unknown group sex='other'"):
        here.fmr({"sex": "other"}, 0.6)
    with pytest.raises(InputError, match="unknown group age='old'"):
        here.fnmr({"age": "old"}, 0.6)
    with pytest.raises(InputError, match="thresholds must be finite"):
        here.truth([0.6, float("nan")])
    with pytest.raises(InputError, match="unknown format 'xls'; there are parquet, csv"):
        synthesise("equal", tmp_path, subjects=4, format="xls")  # type: ignore[arg-type]
