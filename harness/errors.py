"""The errors a user can cause, each one line that says where, what and how to fix it."""

from __future__ import annotations

from harness.text import line as printed

__all__ = ["ContradictionWarning", "HarnessError", "InputError"]


class HarnessError(Exception):
    """Any failure the harness foresees."""


class InputError(HarnessError, ValueError):
    """Scores, a study, a policy or an option that cannot be used as given.

    Its text is one line that is fit to print; `source` and `problem` are as they were given.

    Parameters
    ----------
    problem : str
        What is wrong and how to fix it, without line breaks.
    source : str, optional
        The file, or the name of the in-memory object, in which it is wrong.
    line, column : int, optional
        Position in a text file, from 1.

    Examples
    --------
    >>> print(InputError("is not a date", source="records.csv", line=3))
    records.csv:3: is not a date
    """

    def __init__(
        self, problem: str, *, source: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        self.problem = " ".join(problem.split())
        self.source = source
        self.line = line
        self.column = column
        position = ":".join(str(part) for part in (source, line, column) if part is not None)
        super().__init__(printed(f"{position}: {self.problem}" if position else self.problem))


class ContradictionWarning(UserWarning):
    """An evaluation was read whose answer does not follow from its own arrays."""
