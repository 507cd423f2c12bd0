"""``harness evaluate``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from harness.cli.grammar import PolicyOptions, StudyOptions
from harness.cli.needs import COUNTING, FIGURES, REPORT, require
from harness.cli.printing import counting_bar, print_findings
from harness.errors import InputError

__all__ = ["evaluate"]


def evaluate(
    scores: tuple[str, ...],
    *,
    out: Path,
    study: Path | None = None,
    policy: Path | None = None,
    thresholds: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    confirm: Literal["split"] | None = None,
    each: str | None = None,
    engine: Literal["local", "dask", "spark"] = "local",
    scheduler: str | None = None,
    workers: int | None = None,
    master: str | None = None,
    checkpoints: Path | None = None,
    memory_limit: str | None = None,
    no_report: bool = False,
    no_figures: bool = False,
    appendix: bool = False,
    study_options: StudyOptions = StudyOptions(),  # noqa: B008 - frozen
    policy_options: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
) -> None:
    """Evaluate comparison scores and write what was found.

    Parameters
    ----------
    scores
        Text (.csv, .tsv, .txt, also with .gz or .zst), Parquet or Arrow IPC files, globs or folders; - for standard
        input; or a matrix, one .npy or .npz file.
    out
        Folder to write; an earlier evaluation in it is replaced.
    study
        YAML or JSON file that says what the columns mean.
    policy
        YAML or JSON file that says when a threshold counts as safe.
    thresholds
        To list in the tables: start:stop:step, numbers with commas between, or a file; all evaluated by default.
    confirm
        Also choose a threshold on one half of the subjects and see whether it holds on the other half.
    each
        Column of which each value, such as the matcher, is evaluated by itself, in a folder of its own.
    engine
        Who counts: this machine, or the workers of a Dask or Spark cluster, who find the files under the same paths.
    scheduler
        Address of a Dask scheduler (tcp://host:8786); by default a cluster of this machine's own, for this run.
    workers
        How many processes such a cluster has; one a processor by default.
    master
        Address of a Spark master, or local[N]; local[*] by default.
    checkpoints
        Folder to keep the counts of finished parts in; a run that was stopped goes on from there.
    memory_limit
        The most memory that reading and counting may take, such as 400MB or 2GB.
    no_report
        Leave out report.html and report.pdf; `harness report` writes them later.
    no_figures
        Leave out the folder figures; `harness figures` draws them later.
    appendix
        Add to report.pdf every table at every threshold of the answer, and the methods in full.
    """
    require(*sorted({*COUNTING, *(() if no_report else REPORT), *(() if no_figures else FIGURES)}))
    from harness.evaluation import answer, evaluate_each
    from harness.evaluation import evaluate as run_evaluation
    from harness.folders import require_outside, require_replaceable
    from harness.outputs import Drawn, write_evaluation, write_evaluations

    require_replaceable(out, "evaluation" if each is None else "evaluations")
    if checkpoints is not None:
        require_outside(checkpoints, out, "--checkpoints")
        if each is not None:
            raise InputError(
                f"--each {each}: counts of several evaluations are not kept; leave out --checkpoints"
            )
    left_out: dict[Drawn, bool] = {"report": no_report, "figures": no_figures}
    without = [part for part, left in left_out.items() if left]
    written = [
        *(() if no_report else ("report.html", "report.pdf")),
        *("evaluation.json", "rates.csv", "verdicts.csv", "pairs.csv", "measures.csv"),
    ]
    drawn = () if no_figures else ("figures/",)
    with _telling_what_is_kept(checkpoints), counting_bar() as progress:
        options: dict[str, Any] = {
            "policy": policy_options.policy(policy),
            "thresholds": thresholds,
            "confirm": confirm,
            "engine": engine,
            "scheduler": scheduler,
            "workers": workers,
            "master": master,
            "checkpoints": checkpoints,
            "memory_limit": memory_limit,
            "progress": progress,
        }
        described = study_options.study(study)
        if each is None:
            evaluation = run_evaluation(scores, study=described, **options)
        else:
            evaluations = evaluate_each(scores, each, study=described, **options)
    if each is None:
        folder = write_evaluation(evaluation, out, without=without, appendix=appendix)
        own = [*written, *evaluation.search_tables, *drawn]
        print_findings(answer(evaluation), f"Written to {folder}: {', '.join(own)}")
        return
    folder = write_evaluations(evaluations, out, without=without, appendix=appendix)
    told = [line for value, found in evaluations.items() for line in _told(value, answer(found))]
    print_findings(
        told, f"Written to {folder}: comparison.csv, and for each {each}: {', '.join([*written, *drawn])}"
    )


def _told(value: str, lines: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Tell of one of several evaluations what was found, the safe threshold and warnings."""
    for heading, sentence in lines:
        if heading == "Found":
            yield value, sentence
        elif heading in ("Safe threshold", "Warning"):
            yield heading, sentence


@contextmanager
def _telling_what_is_kept(checkpoints: Path | None) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if checkpoints is None:
            raise
        kept = f"nothing was written but the counts of finished parts, in {checkpoints}"
        raise KeyboardInterrupt(kept) from None
