"""Where the evidence of a check lies: evaluations and projections by file or folder, and how far a config may lead."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "EVALUATION",
    "PROJECTION",
    "Reach",
    "beside_evaluation",
    "evaluation_at",
    "projection_at",
    "projection_beside",
    "reach_of",
    "without_detours",
]

EVALUATION = "evaluation.json"
PROJECTION = "projection.json"
_BESIDE = (".harness.json", "figures/alt_texts.json")


def evaluation_at(named: str | os.PathLike[str]) -> Path:
    """Return the file of an evaluation that is named by it, or by the folder that ``harness evaluate`` wrote.

    Parameters
    ----------
    named : path
        What is no folder is returned as it is, and an empty text too, which names none; whoever reads it says what is
        wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(evaluation_at(folder).relative_to(folder))
    evaluation.json
    """
    return _file_at(named, EVALUATION)


def projection_at(named: str | os.PathLike[str]) -> Path:
    """Return the file of a projection that is named by it, or by the folder that ``harness project`` wrote."""
    return _file_at(named, PROJECTION)


def projection_beside(evaluation: str | os.PathLike[str]) -> Path:
    """Return where the projection of an evaluation is looked for that nobody names.

    Examples
    --------
    >>> print(projection_beside("results/evaluation.json"))
    results/projection.json
    """
    return Path(evaluation).with_name(PROJECTION) if Path(evaluation).name else Path(PROJECTION)


def _file_at(named: str | os.PathLike[str], name: str) -> Path:
    if os.fspath(named) and os.path.isdir(named):  # noqa: PTH112 - raises nothing, whatever the name
        return Path(named, name)
    return Path(named)


def beside_evaluation(evaluation: str | os.PathLike[str]) -> list[str]:
    """Return the other JSON files that ``harness evaluate`` writes with an evaluation: they are no configs.

    Parameters
    ----------
    evaluation : path
        Its file, by the name that it is written under; there is nothing to say of another.

    Examples
    --------
    >>> beside_evaluation("results/evaluation.json")
    ['results/.harness.json', 'results/figures/alt_texts.json']
    """
    path = Path(evaluation)
    return [str(path.parent / name) for name in _BESIDE] if path.name == EVALUATION else []


@dataclass(frozen=True)
class Reach:
    """How far the evidence that a config names may lie from it.

    Parameters
    ----------
    folder : Path
        The evidence lies in it or below, wherever links lead.
    refusal : str
        What is said of evidence that does not.
    may_climb : bool
        Whether a path may go up by ``..``; without it, not even where it comes down in the folder again.
    """

    folder: Path
    refusal: str
    may_climb: bool


def reach_of(config_folder: Path, root: Path | None) -> Reach:
    """Return how far a config may lead: below the root, if the config lies there itself, or else its own folder.

    Parameters
    ----------
    config_folder : Path
        The folder that the config is in.
    root : Path, optional
        The folder that the command line names for evidence.

    Examples
    --------
    >>> reach_of(Path("deployments"), None).refusal
    "leads out of the config's folder; --evidence-root allows more"
    """
    if root is None:
        return Reach(config_folder, "leads out of the config's folder; --evidence-root allows more", False)
    if _lies_below(config_folder, root):
        return Reach(root, f"leads out of --evidence-root {root}", True)
    refusal = f"leads out of the config's folder; --evidence-root {root} allows more only to configs that lie below it"
    return Reach(config_folder, refusal, False)


def _lies_below(folder: Path, root: Path) -> bool:
    try:
        return folder.resolve(strict=True).is_relative_to(root.resolve(strict=True))
    except (OSError, ValueError, RuntimeError):  # a folder that nobody can find is not below another
        return False


def without_detours(path: Path) -> Path:
    """Write a path without ``..``, unless a link on the way makes another file of it.

    Examples
    --------
    >>> print(without_detours(Path("deployments/../evidence")))
    evidence
    """
    plain = Path(os.path.normpath(path))
    try:
        return plain if os.path.realpath(plain) == os.path.realpath(path) else path
    except ValueError:  # a name that the locale cannot write, as whoever reads it says
        return path
