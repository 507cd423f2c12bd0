"""``harness inspect``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from harness.cli.grammar import PolicyOptions, StudyOptions
from harness.cli.needs import EVALUATION, require
from harness.cli.printing import counting_bar, print_findings

__all__ = ["inspect"]


def inspect(
    scores: tuple[str, ...],
    *,
    out: Path,
    study: Path | None = None,
    policy: Path | None = None,
    thresholds: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    worst: int = 20,
    study_options: StudyOptions = StudyOptions(),  # noqa: B008 - frozen
    policy_options: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
) -> None:
    """List comparisons that look mislabelled, and say how far the safe threshold rests on them.

    Nothing is removed: what is listed is for people to look at.

    Parameters
    ----------
    scores
        Text (.csv, .tsv, .txt, also with .gz or .zst), Parquet or Arrow IPC files, globs or folders; - for standard
        input.
    out
        Folder to write; an earlier inspection in it is replaced.
    study
        YAML or JSON file that says what the columns mean.
    policy
        YAML or JSON file that says when a threshold counts as safe.
    thresholds
        To list in the tables: start:stop:step, numbers with commas between, or a file; all evaluated by default.
    worst
        How many comparisons of either label to list, and how many to evaluate without; 20 by default.
    """
    require(*EVALUATION)
    from harness.folders import require_replaceable
    from harness.inspection import findings
    from harness.inspection import inspect as run_inspection
    from harness.outputs import write_inspection

    require_replaceable(out, "inspection")
    with counting_bar() as progress:
        inspection = run_inspection(
            scores,
            study=study_options.study(study),
            policy=policy_options.policy(policy),
            thresholds=thresholds,
            worst=worst,
            progress=progress,
        )
    folder = write_inspection(inspection, out)
    print_findings(
        findings(inspection),
        f"Written to {folder}: inspection.json, suspicious_trials.csv, suspicious_subjects.csv",
    )
