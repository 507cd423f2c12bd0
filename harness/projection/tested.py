"""The tested list: who is on it, who was searched against it, and from which threshold on all matches are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from harness.arrays import FloatArray, IntArray
from harness.config import shown
from harness.counting import Cell, ListMatches
from harness.counting.grouping import group_label
from harness.errors import InputError
from harness.numbers import threshold_text
from harness.statistics.larger_lists import comparison_rates
from harness.statistics.projection import Grouped, Rarefied, rarefied
from harness.statistics.rates import Rates

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["SearchedList"]


@dataclass(frozen=True, eq=False)
class SearchedList:
    """The list of an evaluation of which candidate lists tell who is matched.

    Parameters
    ----------
    evaluation : Evaluation
    matches : ListMatches
    """

    evaluation: Evaluation
    matches: ListMatches
    _comparisons: dict[tuple[str, tuple[str, ...]], Rates] = field(default_factory=dict, init=False)

    @cached_property
    def thresholds(self) -> FloatArray:
        """Those from which on all matches are known, canonical, ascending."""
        canonical = self.evaluation.study.sign * self.evaluation.thresholds + 0.0
        return canonical[canonical >= self.matches.floor]

    @property
    def first(self) -> int:
        """Index of the first of them among those evaluated."""
        return len(self.evaluation.thresholds) - len(self.thresholds)

    @cached_property
    def axes(self) -> dict[str, Grouped]:
        """The groups of probes on each axis of the study."""
        return {
            axis.name: self._grouped(axis.attributes, self.evaluation.axes[axis.name].false_matches.groups)
            for axis in self.evaluation.study.axes
        }

    def _grouped(self, attributes: Sequence[str], groups: tuple[str, ...]) -> Grouped:
        number = {group: index for index, group in enumerate(groups)}
        of_cell = {
            cell: number.get(label, -1) if (label := self._label(cell, attributes)) is not None else -1
            for cell in set(self.matches.probe_cells)
        }
        return Grouped(groups, np.array([of_cell[cell] for cell in self.matches.probe_cells], np.int64))

    def _label(self, cell: Cell, attributes: Sequence[str]) -> str | None:
        excluded = self.evaluation.study.exclude
        labels = [cell[self.matches.columns.index(attribute)] for attribute in attributes]
        known = [label for label in labels if label is not None]
        if len(known) < len(labels) or any(
            label in excluded.get(attribute, ()) for attribute, label in zip(attributes, known, strict=True)
        ):
            return None
        return group_label(known)

    def divided(self, axis: str | None) -> tuple[tuple[str, ...], IntArray]:
        """Return the groups of the list by some attributes, and that of each subject on it.

        Parameters
        ----------
        axis : str or None
            Attributes joined by ×; None for all as one group.

        Raises
        ------
        InputError
            The list has no such attribute.
        """
        if axis is None:
            return ("all",), np.zeros(self.matches.size, np.int64)
        unknown = [attribute for attribute in axis.split("×") if attribute not in self.matches.columns]
        if unknown:
            known = ", ".join(self.matches.columns)
            raise InputError(f"{shown(unknown[0])} is no attribute of the tested list; it has {known}")
        columns = [self.matches.columns.index(attribute) for attribute in axis.split("×")]
        labels = [group_label([str(cell[column]) for column in columns]) for cell in self.matches.list_labels]
        groups, of = np.unique(np.array(labels, object).astype(str), return_inverse=True)
        return tuple(map(str, groups)), of.astype(np.int64)

    def rarefied(
        self, list_group: IntArray, lists: Sequence[IntArray], axes: Sequence[str] | None = None
    ) -> list[tuple[Rarefied, ...]]:
        """Return the FPIR of every axis, or of some, at parts of the list."""
        named = self.axes if axes is None else {name: self.axes[name] for name in axes}
        return rarefied(self.matches, list(named.values()), list_group, lists, self.thresholds)

    def comparisons(self, axis: str, list_groups: tuple[str, ...], list_group: IntArray) -> Rates:
        """Return the FMR of each group of an axis against each group of the list, counted once."""
        key = axis, list_groups
        if key not in self._comparisons:
            self._comparisons[key] = comparison_rates(
                self.matches,
                self.axes[axis],
                list_group,
                list_groups,
                self.thresholds,
                self.evaluation.policy.confidence,
            )
        return self._comparisons[key]

    def require_agreement(self) -> None:
        """Refuse matches that do not give the evaluation's own counts at the whole list.

        Raises
        ------
        InputError
        """
        if not len(self.thresholds):
            floor = threshold_text(self.evaluation.study.sign * self.matches.floor)
            raise InputError(
                f"candidates are known from {floor} on, stricter than every threshold that was evaluated; "
                "evaluate stricter thresholds (--operating-threshold), or keep candidates of lower scores"
            )
        whole = np.zeros(self.matches.size, np.int64)
        [every] = self.rarefied(whole, [np.array([self.matches.size])])
        for (name, _), found in zip(self.axes.items(), every, strict=True):
            counted = self.evaluation.axes[name].false_matches
            same = np.array_equal(found.searches, counted.trials) and np.array_equal(
                found.matched, counted.errors[:, self.first :]
            )
            if not same:
                raise InputError(
                    f"the candidates of the searches do not give the false alerts of the evaluation by {name}; "
                    "evaluate again"
                )
