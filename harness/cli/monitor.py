"""``harness monitor``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from harness.cli.needs import EVALUATION, require
from harness.cli.printing import print_findings
from harness.cli.streams import say
from harness.text import ascii_json

__all__ = ["monitor"]

_CODES = {"no alarm": 0, "alarm": 1, "cannot decide": 3}


def monitor(
    alerts: Path,
    *,
    evaluation: Path,
    mapping: Path | None = None,
    state: Path | None = None,
    out: Path | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the flag's name
) -> int:
    """Hold the alerts of deployments against an evaluation as they come; only exit code 0 means no alarm.

    0 no alarm; 1 alarm: more false alerts than the evaluation allows, or more of them fall on a group than is allowed;
    2 usage, or input that cannot be used; 3 it cannot be decided: of some deployment the evaluation does not say what
    is allowed, or unsettled alerts decide; 70 an error of the harness. However often it is run, an alarm without cause
    is raised with a chance that the mapping states, 5 % by default.

    Parameters
    ----------
    alerts
        CSV file of one alert a row, and one row for a deployment without any: time, deployment, faces, watchlist_size,
        threshold, outcome.
    evaluation
        The evaluation.json of searches that says what is allowed, or its folder.
    mapping
        YAML, JSON or TOML file that says which column is which, how values are written, and who passes by.
    state
        File to which each run appends what it found; alerts that do not continue what it holds are refused. Made by
        the first run, and signed by `harness sign`.
    out
        Folder to write monitoring.json, monitoring.csv and figures/ to; an earlier one in it is replaced.
    format
        text, or json for machines: what monitoring.json holds.
    """
    require(*EVALUATION)
    from harness.folders import require_outside, require_replaceable
    from harness.monitoring import answer, append_record, to_json
    from harness.monitoring import monitor as run_monitor
    from harness.outputs import write_monitoring

    if out is not None:
        require_replaceable(out, "monitoring")
        if state is not None:
            require_outside(state, out, "--state")
    found = run_monitor(alerts, evaluation=evaluation, mapping=mapping, state=state)
    where = []
    if out is not None:
        where.append(f"Written to {write_monitoring(found, out)}: monitoring.json, monitoring.csv, figures/")
    if state is not None:
        where.append(f"Appended to {state}: record {append_record(found, state).number}")
    if format == "json":
        print(ascii_json(to_json(found)), end="")
    else:
        print_findings(answer(found), "")
        say(*where)
    return _CODES[str(found.outcome)]
