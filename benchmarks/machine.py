"""What figures were taken on, and with."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measuring import cores

PACKAGES = (
    "threshold-bias-harness",
    "numpy",
    "pyarrow",
    "duckdb",
    "polars",
    "scikit-learn",
    "fairlearn",
    "pyeer",
)


def machine(packages: Sequence[str] = PACKAGES) -> str:
    """Return the processor, how many of its cores are used, and the versions of what is compared, in a line."""
    name, there = processor()
    versions = ", ".join(f"{package} {version_of(package)}" for package in packages)
    return f"{len(cores())} of {there} cores of {name}; Python {platform.python_version()}, {versions}"


def processor() -> tuple[str, int]:
    """Return the name of the processor, as far as the system tells, and how many cores there are."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return (names or [platform.processor() or platform.machine()])[0], os.cpu_count() or 1


def version_of(package: str) -> str:
    """Return its version, or that it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
