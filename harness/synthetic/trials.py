"""The groups of the synthetic worlds, and a fixed plan of who is compared with whom.

Every subject of a cell plays the same part. The plan holds no chance, so the number of trials of every kind is known
and so are the weights with which curves mix in a group. With n subjects a cell (a cell is one ethnicity and one sex):

- mated: subject i has 1 + i mod 4 further captures, each compared with its own enrolled reference;
- non-mated in a cell: every pair of subjects once, the roles dealt round a circle so that each is a probe in
  half of its pairs; a probe with four captures (i mod 4 = 3) shows two of them, so its pairs have two trials;
- non-mated across two cells: subject i meets subjects i, i + 1, ... (modulo n) of the other cell, a fixed
  share of it, the two cells taking turns as the probe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from harness.arrays import IntArray
from harness.errors import InputError

__all__ = [
    "AXES",
    "CELLS",
    "ETHNICITIES",
    "LABELS",
    "SEXES",
    "Trials",
    "across_cells",
    "captures",
    "cells_of",
    "groups_of",
    "subject_ids",
    "within_cell",
]

ETHNICITIES = ("Asian", "Black", "White")
SEXES = ("female", "male")
CELLS = tuple(product(ETHNICITIES, SEXES))


@dataclass(frozen=True)
class Trials:
    """Trials as subject numbers; subject s belongs to cell s // n.

    Parameters
    ----------
    probe, reference : int array of shape (trials,)
        Subject numbers. Equal for mated trials, different for non-mated ones.
    pair : int array of shape (trials,)
        Number of the pair of subjects; trials of one pair have the same.
    """

    probe: IntArray
    reference: IntArray
    pair: IntArray

    def __len__(self) -> int:
        return len(self.probe)

    @classmethod
    def mated(cls, n: int) -> Trials:
        """Plan the mated trials of all cells with `n` subjects each."""
        subject = np.repeat(np.arange(len(CELLS) * n), np.tile(captures(n), len(CELLS)))
        return cls(subject, subject, subject)

    @classmethod
    def non_mated(cls, n: int, share: float) -> Trials:
        """Plan the non-mated trials of all cells, each subject meeting `share` of every other cell."""
        probe, reference = within_cell(n)
        parts = [(cell * n + probe, cell * n + reference) for cell in range(len(CELLS))]
        for one, other in combinations(range(len(CELLS)), 2):
            first, second, turned = across_cells(n, share)
            a, b = one * n + first, other * n + second
            parts += [(a[~turned], b[~turned]), (b[turned], a[turned])]
        probes, references = (np.concatenate(side) for side in zip(*parts, strict=True))
        # Trials of one pair stand next to each other: a new pair begins where either side changes.
        change = (np.diff(probes, prepend=-1) != 0) | (np.diff(references, prepend=-1) != 0)
        return cls(probes, references, np.cumsum(change) - 1)


def captures(n: int) -> IntArray:
    """Count each subject's captures beyond the enrolled one: 1, 2, 3, 4, 1, 2, ..."""
    return 1 + np.arange(n) % 4


def within_cell(n: int) -> tuple[IntArray, IntArray]:
    """Plan the non-mated trials in one cell, as probe and reference numbers, by probe."""
    probe, step = (side.ravel() for side in np.indices((n, n)))
    # Half a turn away a pair would come up twice: it belongs to the first of the two.
    once = (step > 0) & ((2 * step < n) | ((2 * step == n) & (2 * probe < n)))
    probe, step = probe[once], step[once]
    shown = np.where(captures(n)[probe] == 4, 2, 1)
    return np.repeat(probe, shown), np.repeat((probe + step) % n, shown)


def across_cells(n: int, share: float) -> tuple[IntArray, IntArray, npt.NDArray[np.bool_]]:
    """Plan the trials of two cells: subjects of the first, of the second, whether the second probes."""
    met = min(n, max(1, round(share * n)))
    first, step = (side.ravel() for side in np.indices((n, met)))
    return first, (first + step) % n, step % 2 == 1


def subject_ids(n: int) -> list[str]:
    """Name the subjects of all cells: "A-F-017" is the 17th Asian female subject."""
    width = max(3, len(str(n)))
    return [
        f"{ethnicity[0]}-{sex[0].upper()}-{number:0{width}d}"
        for ethnicity, sex in CELLS
        for number in range(1, n + 1)
    ]


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
