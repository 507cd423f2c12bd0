"""``harness report``."""

from __future__ import annotations

from pathlib import Path

from harness.cli.needs import EVALUATION, require
from harness.cli.printing import warnings_as_lines
from harness.cli.streams import say
from harness.errors import InputError

__all__ = ["report"]


def report(
    evaluations: tuple[Path, ...], *, out: Path, title: str | None = None, appendix: bool = False
) -> None:
    """Write the report of a saved evaluation, or of two side by side.

    Parameters
    ----------
    evaluations
        One evaluation.json, or the folder that holds it; or two, to be compared.
    out
        Folder to write; an earlier report in it is replaced.
    title
        Heading of the report; it names the matcher by default.
    appendix
        Add to report.pdf every table at every threshold of the answer, and the methods in full; of one evaluation.
    """
    require(*EVALUATION)
    from harness.outputs import write_comparison, write_report

    if not 1 <= len(evaluations) <= 2:
        raise InputError(f"{len(evaluations)} evaluations given; a report is of one, or of two side by side")
    if appendix and len(evaluations) == 2:
        raise InputError("a comparison has no appendix; leave out --appendix, or give one evaluation")
    with warnings_as_lines():
        if len(evaluations) == 1:
            folder = write_report(evaluations[0], out, title=title, appendix=appendix)
        else:
            folder = write_comparison(evaluations[0], evaluations[1], out, title=title)
    say(f"Written to {folder}: report.html, report.pdf")
