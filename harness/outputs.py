"""Writing an evaluation or an inspection to a folder, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from harness import contamination
from harness.contamination import Inspection
from harness.errors import InputError
from harness.evaluation import Evaluation, to_json
from harness.plots import FalseMatchRateDisplay, save_figure

__all__ = ["INSPECTION", "new_folder", "require_replaceable", "write_evaluation", "write_inspection"]

MARK = "evaluation.json"
INSPECTION = "inspection.json"


def write_evaluation(evaluation: Evaluation, directory: str | os.PathLike[str]) -> Path:
    """Write ``evaluation.json``, ``rates.csv``, ``verdicts.csv``, ``pairs.csv``, ``measures.csv`` and ``figures/``.

    Parameters
    ----------
    evaluation : Evaluation
    directory : path
        Made if need be; an earlier evaluation in it is replaced in one step.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    InputError
        Where the directory holds something else, or cannot be written.
    """
    with new_folder(Path(directory)) as folder:
        (folder / MARK).write_text(to_json(evaluation), encoding="utf-8")
        _write_csv(evaluation.rates, folder / "rates.csv")
        _write_csv(evaluation.verdicts, folder / "verdicts.csv")
        _write_csv(evaluation.pairs_at(evaluation.answer_thresholds), folder / "pairs.csv")
        _write_csv(evaluation.measures, folder / "measures.csv")
        (folder / "figures").mkdir()
        for name in evaluation.axes:
            display = FalseMatchRateDisplay.from_evaluation(evaluation, name).plot()
            path = folder / "figures" / f"false_match_rates_{_file_name(name)}"
            save_figure(display.figure_, path, alt_text=display.alt_text)
    return Path(directory)


def write_inspection(inspection: Inspection, directory: str | os.PathLike[str]) -> Path:
    """Write ``inspection.json``, ``suspicious_trials.csv`` and ``suspicious_subjects.csv``.

    Parameters, result and errors are as those of `write_evaluation`.
    """
    with new_folder(Path(directory), mark=INSPECTION) as folder:
        (folder / INSPECTION).write_text(contamination.to_json(inspection), encoding="utf-8")
        _write_csv(inspection.trials, folder / "suspicious_trials.csv")
        _write_csv(inspection.suspicious_subjects, folder / "suspicious_subjects.csv")
    return Path(directory)


@contextmanager
def new_folder(directory: Path, *, mark: str = MARK) -> Iterator[Path]:
    """Give a temporary folder that takes the place of ``directory`` if all goes well and vanishes if not.

    Parameters
    ----------
    directory : Path
    mark : str
        The file that tells an earlier result of the same kind, which may be replaced.

    Raises
    ------
    InputError
        Where the directory holds anything but such a result, or cannot be written.
    """
    require_replaceable(directory, mark=mark)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", source=str(directory)) from error
    try:
        whole = scratch / "new"
        whole.mkdir()
        yield whole
        if directory.exists():
            directory.rename(scratch / "old")
        whole.rename(directory)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def require_replaceable(directory: Path, *, mark: str = MARK) -> None:
    """Refuse a directory whose content is not an earlier result of the kind that ``mark`` tells.

    Raises
    ------
    InputError
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise InputError("is a file; name a folder to write to", source=str(directory))
    if any(directory.iterdir()) and not (directory / mark).is_file():
        raise InputError(
            f"holds something else than an {Path(mark).stem}; name another folder", source=str(directory)
        )


def _write_csv(table: pa.Table, path: Path) -> None:
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))


def _file_name(axis: str) -> str:
    return "_".join("".join(c if c.isalnum() else "-" for c in part) for part in axis.split("×"))
