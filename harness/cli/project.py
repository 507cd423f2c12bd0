"""``harness project``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from harness.cli.needs import EVALUATION, require
from harness.cli.printing import print_findings
from harness.cli.streams import say

__all__ = ["project"]


def project(
    evaluation: Path,
    *,
    lists: Path,
    out: Path | None = None,
    no_curves: bool = False,
    no_figures: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Say what an evaluation shows of other watchlists than the one that it tested.

    Parameters
    ----------
    evaluation
        An evaluation.json, or the folder that holds it.
    lists
        YAML or JSON file with the lists, by name.
    out
        Folder to write; an earlier projection in it is replaced. Without it the answer is only printed.
    no_curves
        Leave out the safe threshold against size and mix of the list, which takes the most time.
    no_figures
        Leave out the folder figures.
    as_json
        Print projection.json instead of the answer.
    """
    require(*EVALUATION)
    from harness.folders import require_replaceable
    from harness.outputs import write_projection
    from harness.projection import answer, to_json
    from harness.projection import project as run_projection

    if out is not None:
        require_replaceable(out, "projection")
    projection = run_projection(evaluation, lists, curves=not no_curves and out is not None)
    document = to_json(projection)  # refuses before anything is printed
    where = "Nothing was written; --out FOLDER keeps it"
    if out is not None:
        folder = write_projection(projection, out, figures=not no_figures)
        drawn = ", figures/" if (folder / "figures").is_dir() else ""
        where = (
            f"Written to {folder}: projection.json, false_alerts.csv, ratios.csv, safe_thresholds.csv{drawn}"
        )
    if as_json:
        say(document.rstrip("\n"))
    else:
        print_findings(answer(projection), where)
