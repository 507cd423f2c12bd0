"""The config that the tests of the gate vary, and what they check it against."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from harness.gate import Report
from harness.gate.evaluation_file import EvaluationShape
from harness.gate.older_files import judged_anew
from harness.study import Policy, Study

DATA = Path(__file__).parents[2] / "data_synthetic"
TODAY = date(2026, 6, 1)

Plain = dict[str, Any]

VALID = """\
defaults:
  matcher: {name: synthetic, version: "1"}
  use_case: verification
  axes: [ethnicity, sex]
  owner: release team
deployments:
  gate:
    threshold: 0.6
"""

Checking = Callable[..., Report]


def as_identification(plain: Plain) -> Plain:
    """Make the evaluation one of searches of a watchlist of 10,000."""
    plain["study"].update(task="identification", watchlist_size=10_000)
    for axis in plain["axes"].values():
        axis["false_matches"]["name"], axis["false_non_matches"]["name"] = "FPIR", "FNIR"
    plain["policy"].update(max_fpir=plain["policy"]["max_fmr"], max_fmr=None)
    return answered_anew(plain)


def answered_anew(plain: Plain) -> Plain:
    """Give an evaluation whose study, policy or arrays were changed the verdicts and the answer that follow."""
    shape = EvaluationShape.model_validate(plain)
    judged = judged_anew(shape, Study(**plain["study"]), Policy(**plain["policy"]))
    plain.update(judged.model_dump(by_alias=True, mode="json", warnings=False))
    return plain
