"""The ``harness`` command."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from harness import __version__
from harness.cli.options import PolicyOptions, StudyOptions
from harness.cli.plan import PlanOptions
from harness.errors import HarnessError, InputError

if TYPE_CHECKING:
    from harness.policy import Policy
    from harness.study import Study

__all__ = ["app", "main"]

INVALID, INTERNAL, INTERRUPTED = 2, 70, 130

app = App(
    name="harness",
    help="Find the score threshold above which a face matcher's demographic differential is gone, "
    "and say so only where the evidence suffices.",
    version=__version__,
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(negative=(), show_default=False),
)


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 usage or invalid input, 70 an error; `check` has codes of its own."""
    sys.exit(run(sys.argv[1:] if tokens is None else tokens))


def run(tokens: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        result = app(tokens, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return INVALID
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        return INVALID
    except KeyboardInterrupt:
        print("harness: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        print("harness: this is an error of the harness itself; please report it", file=sys.stderr)
        return INTERNAL
    return result if isinstance(result, int) else 0


@app.command
def evaluate(
    scores: tuple[str, ...],
    *,
    out: Path,
    study: Path | None = None,
    policy: Path | None = None,
    thresholds: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    confirm: Literal["split"] | None = None,
    study_options: StudyOptions = StudyOptions(),  # noqa: B008 - frozen
    policy_options: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
) -> None:
    """Evaluate comparison scores and write what was found.

    Parameters
    ----------
    scores
        CSV, Parquet or Arrow IPC files, globs or folders.
    out
        Folder to write; an earlier evaluation in it is replaced.
    study
        YAML or JSON file that says what the columns mean.
    policy
        YAML or JSON file that says when a threshold counts as safe.
    thresholds
        start:stop:step, numbers with commas between, or a file; chosen from the scores by default.
    confirm
        Also choose a threshold on one half of the subjects and see whether it holds on the other half.
    """
    _require("duckdb", "matplotlib", "narwhals", "numpy", "pyarrow", "scipy")
    from harness.cli.progress import counting_bar
    from harness.evaluation import answer
    from harness.evaluation import evaluate as run_evaluation
    from harness.outputs import require_replaceable, write_evaluation

    require_replaceable(out)
    with counting_bar() as progress:
        evaluation = run_evaluation(
            scores,
            study=_study(study, study_options),
            policy=_policy(policy, policy_options),
            thresholds=thresholds,
            confirm=confirm,
            progress=progress,
        )
    folder = write_evaluation(evaluation, out)
    _print_findings(
        answer(evaluation),
        f"Written to {folder}: evaluation.json, rates.csv, verdicts.csv, pairs.csv, measures.csv, figures/",
    )


@app.command
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
        CSV, Parquet or Arrow IPC files, globs or folders.
    out
        Folder to write; an earlier inspection in it is replaced.
    study
        YAML or JSON file that says what the columns mean.
    policy
        YAML or JSON file that says when a threshold counts as safe.
    thresholds
        start:stop:step, numbers with commas between, or a file; chosen from the scores by default.
    worst
        How many comparisons of either label to list, and how many to evaluate without; 20 by default.
    """
    _require("duckdb", "matplotlib", "narwhals", "numpy", "pyarrow", "scipy")
    from harness.cli.progress import counting_bar
    from harness.contamination import findings
    from harness.contamination import inspect as run_inspection
    from harness.outputs import INSPECTION, require_replaceable, write_inspection

    require_replaceable(out, mark=INSPECTION)
    with counting_bar() as progress:
        inspection = run_inspection(
            scores,
            study=_study(study, study_options),
            policy=_policy(policy, policy_options),
            thresholds=thresholds,
            worst=worst,
            progress=progress,
        )
    folder = write_inspection(inspection, out)
    _print_findings(
        findings(inspection),
        f"Written to {folder}: inspection.json, suspicious_trials.csv, suspicious_subjects.csv",
    )


@app.command
def synthesise(
    *,
    out: Path,
    world: Literal["vanishing", "persisting", "equal"] | None = None,
    seed: int | None = None,
    subjects: int | None = None,
    format: Literal["parquet", "csv"] = "parquet",  # noqa: A002 - the flag's name
) -> None:
    """Draw synthetic scores whose true rates are known; they are no matcher's and no person's.

    Parameters
    ----------
    out
        Folder to write to.
    world
        vanishing: a disparity that is gone above a threshold; persisting: one that stays while events run out;
        equal: none. Without it, the three shipped files, a small CSV and truth.json.
    seed
        Of the draw; the shipped one by default.
    subjects
        In each cell of ethnicity and sex.
    format
        Of the file.
    """
    _require("numpy", "pyarrow", "scipy")
    from harness.synthetic import SEED, synthesise_all
    from harness.synthetic import synthesise as draw

    if world is None and (seed is not None or subjects is not None or format != "parquet"):
        raise InputError(
            "--seed, --subjects and --format go with --world; without it the shipped files are made"
        )
    out.mkdir(parents=True, exist_ok=True)
    if world is None:
        written = synthesise_all(out)
    else:
        written = draw(world, out, seed=SEED if seed is None else seed, subjects=subjects, format=format)
    for path in written:
        print(path)


@app.command
def plan(*, json: bool = False, options: PlanOptions = PlanOptions()) -> None:  # noqa: B008 - frozen
    """Say how much data shows that groups are alike, or differ, and what no false match at all can claim.

    Parameters
    ----------
    json
        Print JSON instead of a table.
    """
    _require("numpy", "scipy")
    from harness.cli.plan import answer_plan

    print(answer_plan(options, as_json=json))


@app.command
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
    from harness.cli.check import check_configs, schema_text

    if schema:
        print(schema_text())
        return 0
    text, exit_code = check_configs(configs, evaluation, format, today)
    print(text)
    return exit_code


def _study(path: Path | None, options: StudyOptions) -> Study:
    from harness.documents import read_document
    from harness.study import study_from_options

    return study_from_options(read_document(path) if path else None, options.to_dict())


def _policy(path: Path | None, options: PolicyOptions) -> Policy:
    from harness.documents import read_document
    from harness.policy import policy_from_options

    return policy_from_options(read_document(path) if path else None, options.to_dict())


def _print_findings(findings: Iterable[tuple[str, str]], where: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for heading, sentence in findings:
        console.print(f"[bold]{heading + ':':<19}[/bold]", end="")
        console.print(sentence, markup=False)
    console.print(where, markup=False)


def _require(*packages: str) -> None:
    from importlib.util import find_spec

    lacking = [package for package in packages if find_spec(package) is None]
    if lacking:
        raise InputError(
            f"{', '.join(lacking)} is not installed; evaluation needs pip install 'threshold-bias-harness[all]'"
        )
