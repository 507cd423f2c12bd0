"""The axes of the synthetic worlds, and the groups and cells of each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from harness.errors import InputError
from harness.synthetic.trials import CELLS, ETHNICITIES, SEXES

__all__ = ["AXES", "LABELS", "cells_of", "groups_of"]

LABELS = {"ethnicity": ETHNICITIES, "sex": SEXES}
AXES = {"ethnicity": ("ethnicity",), "sex": ("sex",), "ethnicity×sex": ("ethnicity", "sex")}


def groups_of(axis: str) -> list[dict[str, str]]:
    """List the groups of an axis, each as a label for every column."""
    if axis not in AXES:
        raise InputError(f"unknown axis {axis!r}; a synthetic world has {', '.join(AXES)}")
    columns = AXES[axis]
    return [dict(zip(columns, labels, strict=True)) for labels in product(*(LABELS[c] for c in columns))]


def cells_of(group: Mapping[str, str]) -> list[int]:
    """List the numbers of the cells that a group holds."""
    for column, label in group.items():
        if label not in LABELS.get(column, ()):
            known = "; ".join(f"{name}: {', '.join(labels)}" for name, labels in LABELS.items())
            raise InputError(f"unknown group {column}={label!r}; a synthetic world has {known}")
    labelled = [dict(zip(LABELS, cell, strict=True)) for cell in CELLS]
    return [number for number, cell in enumerate(labelled) if group.items() <= cell.items()]
