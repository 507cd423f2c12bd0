"""From the cells that were counted to the groups of an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.errors import InputError

if TYPE_CHECKING:
    from harness.counting import Cell, Counts, SubjectCounts
    from harness.study import Axis, Study

__all__ = ["AxisGrouping", "TwoLabels", "group_label", "subjects_of_two_labels"]


def group_label(values: Sequence[str]) -> str:
    """Name a group by its attributes' values.

    Examples
    --------
    >>> group_label(["F", "Asian"])
    'F×Asian'
    """
    return "×".join(values)


@dataclass(frozen=True)
class TwoLabels:
    """Subjects that have one label of an attribute in some comparisons, and another in others.

    Attributes
    ----------
    attribute : str
    subjects : int
        How many.
    labels : tuple of (str, str)
        Two labels of one of them.
    """

    attribute: str
    subjects: int
    labels: tuple[str, str]


def subjects_of_two_labels(study: Study, counts: SubjectCounts) -> tuple[TwoLabels, ...]:
    """Find subjects of two labels, as far as counts by subject tell: among comparisons of which both sides have one.

    A label that the study says to be of the image is left alone, and so is a condition. Where an attribute has one
    column, or the pairing is ``probe``, only a mated comparison tells whose label it is.
    """
    found = []
    for index, (attribute, columns) in enumerate(study.groups.items()):
        if attribute in study.conditions or not study.labels_the_person(attribute):
            continue
        mated_only = columns.reference is None or study.pairing == "probe"
        several = counts.of_several_labels(partial(_shared_label, study, index), mated_only=mated_only)
        if several is not None:
            found.append(TwoLabels(attribute, *several))
    return tuple(found)


def _shared_label(study: Study, index: int, cell: Cell) -> str | None:
    """The label of both sides, of the attribute at an index among the study's."""
    if study.pairing != "cross":
        return cell[index]
    probe, reference = cell[2 * index : 2 * index + 2]
    return probe if probe == reference else None


@dataclass(frozen=True)
class AxisGrouping:
    """The group of an axis, or the two, that each cell belongs to.

    A side with a label that the study excludes belongs to no group. Cells are counted alike whatever is excluded, so
    no engine need know of it.

    Parameters
    ----------
    study : Study
    axis : Axis
    """

    study: Study
    axis: Axis

    @property
    def excludes(self) -> bool:
        """Whether the study excludes labels of an attribute of the axis."""
        return any(attribute in self.study.exclude for attribute in self.axis.attributes)

    def sides(self, cell: Cell) -> tuple[str, str] | None:
        """Return the groups of probe and reference; None where the pairing or the study leaves the cell out."""
        labels = self._labels(cell)
        if labels is None or any(map(self._is_excluded, labels)):
            return None
        return group_label(labels[0]), group_label(labels[1])

    def _labels(self, cell: Cell) -> tuple[list[str], list[str]] | None:
        """Return the labels of probe and reference, one for each attribute of the axis; None where the two differ."""
        width = 2 if self.study.pairing == "cross" else 1
        digits = {attribute: i * width for i, attribute in enumerate(self.study.groups)}
        sides = []
        for side in (0, width - 1):
            values = [cell[digits[attribute] + side] for attribute in self.axis.attributes]
            known = [value for value in values if value is not None]
            if len(known) < len(values):
                return None
            sides.append(known)
        return sides[0], sides[1]

    def _is_excluded(self, labels: Sequence[str]) -> bool:
        by_attribute = zip(self.axis.attributes, labels, strict=True)
        return any(label in self.study.exclude.get(attribute, ()) for attribute, label in by_attribute)

    def group(self, cell: Cell) -> str | None:
        """Return the group that both sides share."""
        sides = self.sides(cell)
        return sides[0] if sides is not None and sides[0] == sides[1] else None

    def group_of_labels(self, columns: Sequence[str], labels: Cell) -> str | None:
        """Return the group of one person, whose labels are values of some attributes; None where there is none.

        Parameters
        ----------
        columns : sequence of str
            The attributes, those of the axis among them.
        labels : tuple of (str or None)
            The person's, one for each.
        """
        by_attribute = dict(zip(columns, labels, strict=True))
        own = [label for attribute in self.axis.attributes if (label := by_attribute[attribute]) is not None]
        if len(own) < len(self.axis.attributes) or self._is_excluded(own):
            return None
        return group_label(own)

    def shared(self, cell: Cell) -> tuple[str] | None:
        """Return the group that both sides share as a cell of its own."""
        group = self.group(cell)
        return None if group is None else (group,)

    def within(self, counts: Counts) -> Counts:
        """Return the counts of every group of the axis; cells are ``(group,)``.

        Raises
        ------
        InputError
            Where different values make the same name, or no comparison belongs to any group.
        """
        self._require_distinct_labels(counts.cells)
        grouped = counts.regrouped((self.axis.name,), self.shared)
        if not (grouped.trials.any() or grouped.missing.any()):
            raise InputError(f"axis {self.axis.name}: no comparison has both sides in one group")
        return grouped

    def across(self, counts: Counts) -> Counts:
        """Return the full matrix; cells are ``(group of the probe, group of the reference)``.

        Raises
        ------
        InputError
            Where different values make the same name.
        """
        self._require_distinct_labels(counts.cells)
        return counts.regrouped((f"{self.axis.name} of probe", f"{self.axis.name} of reference"), self.sides)

    def left_out(self, counts: Counts) -> npt.NDArray[np.int64]:
        """Count the comparisons in no group of the axis, shape (2,): non-mated, mated."""
        outside = [i for i, cell in enumerate(counts.cells) if self.group(cell) is None]
        left_out: npt.NDArray[np.int64] = counts.trials[outside].sum(axis=0)
        return left_out

    def excluded(self, counts: Counts) -> Counts:
        """Return the counts of what would be groups, did the study not exclude a label of theirs.

        Cells are ``(group,)``. These comparisons are among those left out, each in one cell. One of which only one
        side has the label is in none: its two sides differ, so that it belongs to no group in any case.
        """
        return counts.regrouped((self.axis.name,), self._excluded_group)

    def _excluded_group(self, cell: Cell) -> tuple[str] | None:
        labels = self._labels(cell)
        if labels is None or labels[0] != labels[1] or not self._is_excluded(labels[0]):
            return None
        return (group_label(labels[0]),)

    def _require_distinct_labels(self, cells: Sequence[Cell]) -> None:
        indices = [i for i, attribute in enumerate(self.study.groups) if attribute in self.axis.attributes]
        width = 2 if self.study.pairing == "cross" else 1
        values: dict[str, tuple[str | None, ...]] = {}
        for cell in cells:
            for side, label in zip((0, width - 1), self.sides(cell) or (), strict=False):
                key = tuple(cell[index * width + side] for index in indices)
                if values.setdefault(label, key) != key:
                    problem = f"two groups would both be named {label!r}; rename a label"
                    raise InputError(f"axis {self.axis.name}: {problem}")
