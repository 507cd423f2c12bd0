"""``harness check``."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Literal

from harness.errors import InputError
from harness.gate import check as check_configs
from harness.gate import json_schema
from harness.gate.formats import as_json, as_text

__all__ = ["check"]


def check(
    configs: tuple[str, ...] = (),
    *,
    evaluation: str | None = None,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the flag's name
    today: str | None = None,
    schema: bool = False,
) -> int:
    """Check deployment configs against an evaluation; only exit code 0 lets them pass.

    0 every deployment passes; 1 one is below the safe threshold or breaks a bound; 2 usage, or an invalid config;
    3 the evidence cannot decide; 70 an error of the harness. With several, the first of 70, 2, 1, 3 that occurs.

    Parameters
    ----------
    configs
        YAML, JSON or TOML files of deployments.
    evaluation
        The evaluation.json to check against; without it, the one that each config names.
    format
        text, or json for machines.
    today
        YYYY-MM-DD, what dates are compared with; the day it is by default.
    schema
        Print the JSON Schema of a config, for editors, and check nothing.
    """
    if schema:
        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return 0
    if not configs:
        raise InputError("nothing to check: name one or more deployment configs")
    report = check_configs(configs, evaluation=evaluation, today=_day(today))
    print(as_json(report) if format == "json" else as_text(report))
    return report.exit_code


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"--today {text!r} is not a date; write YYYY-MM-DD")
