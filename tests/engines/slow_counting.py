"""A second way of counting, which shares nothing with the engines: one row, one threshold, one subject at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.counting import Counts, SubjectCounts
from harness.study import Study

Cell = tuple[str | None, ...]


@dataclass
class Table:
    """What a slow count found: bins and missing by cell and truth, and bins by cell, truth and subject.

    The cells are those counted, and for each side of a comparison the cell of two such sides.
    """

    bins: dict[tuple[Cell, int], list[int]] = field(default_factory=dict)
    missing: dict[tuple[Cell, int], int] = field(default_factory=dict)
    of_subjects: dict[tuple[Cell, int, int], list[int]] = field(default_factory=dict)
    cells: set[Cell] = field(default_factory=set)


def slow_count(columns: dict[str, list[Any]], study: Study, thresholds: Sequence[float]) -> Table:
    """Count rows of plain values: scores are floats, or None or NaN where missing; truths are True or False."""
    table, number_of = Table(), _numbers(columns, study)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    for row in rows:
        score, truth, cell = row[study.score.column], int(row[study.mated.column]), _cell(row, study)
        table.cells |= {cell, *_named(row, study)}
        table.bins.setdefault((cell, truth), [0] * (len(thresholds) + 1))
        if score is None or math.isnan(score):
            table.missing[cell, truth] = table.missing.get((cell, truth), 0) + 1
            if study.missing_scores == "exclude":
                continue
            reached = 0
        else:
            reached = sum(study.sign * score >= threshold for threshold in thresholds)
        table.bins[cell, truth][reached] += 1
        for subject in {number_of[name] for name in _names(row, study)}:
            table.of_subjects.setdefault((cell, truth, subject), [0] * (len(thresholds) + 1))[reached] += 1
    return table


def as_table(counts: Counts, by_subject: SubjectCounts | None) -> Table:
    """Write down what an engine counted in the same form."""
    table = Table(cells=set(counts.cells))
    for place, cell in enumerate(counts.cells):
        for truth in (0, 1):
            bins, missing = counts.bins[place, truth].tolist(), int(counts.missing[place, truth])
            if any(bins) or missing:
                table.bins[cell, truth] = bins
            if missing:
                table.missing[cell, truth] = missing
    if by_subject is not None:
        rows = zip(by_subject.cells, by_subject.mated, by_subject.subjects, by_subject.bins, strict=True)
        for cell, truth, subject, bins in rows:
            key = (cell, int(truth), int(subject))
            assert key not in table.of_subjects
            table.of_subjects[key] = bins.tolist()
    return table


def _numbers(columns: dict[str, list[Any]], study: Study) -> dict[tuple[int, str], int]:
    apart = study.identities == "separate"
    names = {
        (side * apart, str(name)) for side, column in enumerate(study.subjects) for name in columns[column]
    }
    return {name: number for number, name in enumerate(sorted(names))}


def _names(row: dict[str, Any], study: Study) -> Iterator[tuple[int, str]]:
    for side, column in enumerate(study.subjects):
        yield side * (study.identities == "separate"), str(row[column])


def _cell(row: dict[str, Any], study: Study) -> Cell:
    cell: list[str | None] = []
    for group in study.groups.values():
        probe = str(row[group.probe])
        reference = probe if group.reference is None else str(row[group.reference])
        if study.pairing == "cross":
            cell += [probe, reference]
        elif study.pairing == "probe" or group.reference is None:
            cell.append(probe)
        else:
            cell.append(probe if probe == reference else None)
    return tuple(cell)


def _named(row: dict[str, Any], study: Study) -> Iterator[Cell]:
    groups = study.groups.values()
    probe = [str(row[group.probe]) for group in groups]
    reference: list[str | None] = []
    for label, group in zip(probe, groups, strict=True):
        alone = None if study.pairing == "probe" else label
        reference.append(alone if group.reference is None else str(row[group.reference]))
    for side in (probe, reference):
        if any(label is not None for label in side):
            yield tuple(label for label in side for _ in range(2 if study.pairing == "cross" else 1))


def neighbours(values: Sequence[float], dtype: type = np.float64) -> list[float]:
    """Return numbers and the floats right below and above each."""
    near = [
        (np.nextafter(dtype(v), dtype(-np.inf)), v, np.nextafter(dtype(v), dtype(np.inf))) for v in values
    ]
    return sorted({float(number) + 0.0 for three in near for number in three if np.isfinite(number)})
