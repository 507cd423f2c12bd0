"""Needs of a command before it starts: packages that not every install has, and a day."""

from __future__ import annotations

import re
from datetime import date
from importlib import import_module
from importlib.util import find_spec

from harness.errors import InputError

__all__ = ["COUNTING", "EVALUATION", "FIGURES", "REPORT", "day_given", "require"]

COUNTING = ("duckdb", "narwhals", "numpy", "pyarrow", "scipy", "threadpoolctl")
FIGURES = ("matplotlib",)
REPORT = ("jinja2", "matplotlib", "typst")
EVALUATION = tuple(sorted({*COUNTING, *FIGURES, *REPORT}))


def require(*packages: str, extra: str = "all") -> None:
    """Require packages that not every install has.

    Raises
    ------
    InputError
        One is not installed, or matplotlib cannot read the settings that it finds in the current folder.
    """
    lacking = [package for package in packages if find_spec(package) is None]
    if lacking:
        named = f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed"
        raise InputError(f"{named}; this command needs pip install 'threshold-bias-harness[{extra}]'")
    if "matplotlib" in packages:
        try:
            import_module("matplotlib")
        except (ValueError, OSError) as error:
            problem = f"cannot be read by matplotlib ({error}); remove it, or run in another folder"
            raise InputError(problem, source="matplotlibrc") from error


def day_given(text: str | None, flag: str) -> date:
    """Return the day that a text such as 2026-06-01 states; today where none is given.

    Raises
    ------
    InputError
        It states none.
    """
    if text is None:
        return date.today()
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{flag} {text!r} is not a date; write YYYY-MM-DD")
