"""How fast `harness check` starts and answers: within 0.6 s of processor time.

    python -m benchmarks.gate [--evaluation evaluation.json] [--config deployments.yaml] [--times 21]

Every time is the best of N processes, from their start to their end, taken in turn; beside it the least time that
a processor worked on one, which other programs on the machine disturb less. Python alone and a single pydantic model
are timed too: a check cannot start faster. The config is written in YAML, JSON and TOML; without --evaluation one is
made of the shipped synthetic data, at its 458 thresholds. Bytecode is kept from one process to the next, as it is of a
package that pip installed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

DATA = Path(__file__).parents[1] / "data_synthetic"
LIMIT = 0.6
"""Seconds of processor time within which a check answers."""


class Times(NamedTuple):
    """Seconds, of a clock and of a processor."""

    clock: float
    processor: float


def best_times(commands: Mapping[str, Sequence[str]], times: int) -> dict[str, Times]:
    """Return the shortest of the times of each command, the commands run in turn."""
    best = dict.fromkeys(commands, Times(math.inf, math.inf))
    for _ in range(times):
        for name, command in commands.items():
            began, worked = perf_counter(), _processor_time()
            done = subprocess.run(command, capture_output=True, check=False)
            taken = Times(perf_counter() - began, _processor_time() - worked)
            best[name] = Times(*map(min, best[name], taken))
            said = (done.stdout + done.stderr).decode()
            if done.returncode not in (0, 1, 3) or "no evidence" in said:
                raise SystemExit(f"{name}: exit code {done.returncode}\n{said}")
    return best


def _processor_time() -> float:
    """Of the processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def make_evaluation(path: Path) -> None:
    """Evaluate the shipped data as `make demo` does."""
    import harness

    harness.evaluate(DATA / "vanishing.parquet", study=DATA / "study.yaml", policy=DATA / "policy.yaml").save(
        path
    )


def write_configs(config: Path, folder: Path) -> list[Path]:
    """Write a config in every format, of which TOML has inline tables only."""
    from harness.config import read_document

    plain = read_document(config).value
    paths = [folder / f"deployments.{ending}" for ending in ("yaml", "json", "toml")]
    paths[0].write_bytes(config.read_bytes())
    paths[1].write_text(json.dumps(plain, indent=2))
    paths[2].write_text("".join(f"{key} = {_as_toml(value)}\n" for key, value in plain.items()))
    return paths


def _as_toml(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{json.dumps(key)} = {_as_toml(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    return json.dumps(value)


def measured(evaluation: Path, configs: Sequence[Path], times: int) -> dict[str, Times]:
    """Time bare Python, one pydantic model and a check of each config."""
    script = Path(sys.executable).with_name("harness")
    checks = {
        f"harness check, {config.suffix[1:].upper()}": [
            str(script),
            "check",
            str(config),
            "--evaluation",
            str(evaluation),
        ]
        for config in configs
    }
    model = "from pydantic import BaseModel\nclass Model(BaseModel): number: int"
    python = {"python -c pass": "pass", "one pydantic model": model}
    commands = {name: [sys.executable, "-c", program] for name, program in python.items()}
    return best_times({**commands, **checks}, times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluation", type=Path)
    parser.add_argument("--config", type=Path, default=DATA / "deployments.yaml")
    parser.add_argument("--times", type=int, default=21)
    options = parser.parse_args()
    for variable in ("PYDANTIC_DISABLE_PLUGINS", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(variable, None)
    with tempfile.TemporaryDirectory() as folder:
        evaluation = options.evaluation or Path(folder) / "evaluation.json"
        if options.evaluation is None:
            make_evaluation(evaluation)
        times = measured(evaluation, write_configs(options.config, Path(folder)), options.times)
        size = evaluation.stat().st_size / 1e6
    print(f"One config against an evaluation of {size:.1f} MB; best of {options.times}\n")
    print("| | clock | processor |\n|---|---|---|")
    for name, time in times.items():
        print(f"| {name} | {time.clock:.3f} s | {time.processor:.3f} s |")
    slowest = max(time.processor for name, time in times.items() if name.startswith("harness"))
    verdict = "answers" if slowest <= LIMIT else "does not answer"
    print(f"\nharness check {verdict} within {LIMIT} s of processor time: the slowest took {slowest:.3f} s.")


if __name__ == "__main__":
    main()
