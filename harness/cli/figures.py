"""``harness figures``."""

from __future__ import annotations

from pathlib import Path

from harness.cli.needs import EVALUATION, require
from harness.cli.streams import say

__all__ = ["figures"]


def figures(evaluation: Path, *, out: Path, formats: str = "svg,png,pdf") -> None:
    """Draw every figure of a saved evaluation as SVG, PNG or PDF.

    Parameters
    ----------
    evaluation
        An evaluation.json, or the folder that holds it.
    out
        Folder to write; earlier figures in it are replaced.
    formats
        Any of svg, png and pdf, with commas between; all three by default.
    """
    require(*EVALUATION)
    from harness.outputs import write_figures

    wanted = tuple(dict.fromkeys(each.strip() for each in formats.split(",")))
    folder = write_figures(evaluation, out, formats=wanted)
    drawn = len({path.stem for path in folder.iterdir() if path.suffix != ".json"})
    say(f"Written to {folder}: {drawn} figures ({', '.join(wanted)}), alt_texts.json")
