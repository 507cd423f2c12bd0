"""``harness evaluate``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from harness.cli.grammar import PolicyOptions, StudyOptions
from harness.cli.needs import COUNTING, FIGURES, REPORT, require
from harness.cli.printing import counting_bar, print_findings

__all__ = ["evaluate"]


def evaluate(
    scores: tuple[str, ...],
    *,
    out: Path,
    study: Path | None = None,
    policy: Path | None = None,
    thresholds: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    confirm: Literal["split"] | None = None,
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
    from harness.evaluation import answer
    from harness.evaluation import evaluate as run_evaluation
    from harness.folders import require_outside, require_replaceable
    from harness.outputs import Drawn, write_evaluation

    require_replaceable(out, "evaluation")
    if checkpoints is not None:
        require_outside(checkpoints, out, "--checkpoints")
    with _telling_what_is_kept(checkpoints), counting_bar() as progress:
        evaluation = run_evaluation(
            scores,
            study=study_options.study(study),
            policy=policy_options.policy(policy),
            thresholds=thresholds,
            confirm=confirm,
            engine=engine,
            scheduler=scheduler,
            workers=workers,
            master=master,
            checkpoints=checkpoints,
            memory_limit=memory_limit,
            progress=progress,
        )
    left_out: dict[Drawn, bool] = {"report": no_report, "figures": no_figures}
    without = [part for part, left in left_out.items() if left]
    folder = write_evaluation(evaluation, out, without=without, appendix=appendix)
    written = [
        *(() if no_report else ("report.html", "report.pdf")),
        *("evaluation.json", "rates.csv", "verdicts.csv", "pairs.csv", "measures.csv"),
        *(() if no_figures else ("figures/",)),
    ]
    print_findings(answer(evaluation), f"Written to {folder}: {', '.join(written)}")


@contextmanager
def _telling_what_is_kept(checkpoints: Path | None) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if checkpoints is None:
            raise
        kept = f"nothing was written but the counts of finished parts, in {checkpoints}"
        raise KeyboardInterrupt(kept) from None
