"""What an extra brings, and a gate does without."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from harness.errors import InputError

__all__ = ["EVALUATION", "require"]

EVALUATION = (
    "duckdb",
    "jinja2",
    "matplotlib",
    "narwhals",
    "numpy",
    "pyarrow",
    "scipy",
    "threadpoolctl",
    "typst",
)


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
