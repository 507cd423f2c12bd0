"""What an evaluation says of other watchlists: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from harness.arrays import FloatArray
from harness.projection.lists import WantedList
from harness.verdict_rule import SafeThreshold

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = ["Bounded", "Method", "Mixes", "ProjectedAxis", "ProjectedList", "Projection", "Sizes"]

Method: TypeAlias = Literal["rarefied", "top scores", "bound"]


@dataclass(frozen=True, eq=False)
class Bounded:
    """Estimates and their bounds, of one shape; NaN where there is none."""

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray

    def weighted(self, shares: FloatArray) -> Bounded:
        """Return the sum over the first axis, each part with its share; its bounds are those of all parts at once."""
        return Bounded(*(_weighted(of, shares) for of in (self.estimate, self.lower, self.upper)))

    def once_in(self, trials: float) -> Bounded:
        """Return the chance of at least one event in a number of independent trials."""
        with np.errstate(divide="ignore", invalid="ignore"):
            chances = [-np.expm1(trials * np.log1p(-of)) for of in (self.estimate, self.lower, self.upper)]
        return Bounded(*(np.asarray(of) + 0.0 for of in chances))


def _weighted(values: FloatArray, shares: FloatArray) -> FloatArray:
    """A group without any share counts for nothing, known or not."""
    counted = shares > 0
    return np.asarray((values[counted] * shares[counted, None]).sum(axis=0))


@dataclass(frozen=True, eq=False)
class ProjectedAxis:
    """FPIR of the G groups of one axis at one list, at T thresholds.

    Attributes
    ----------
    name : str
    groups : tuple of str, length G
    crowd : ndarray of float64, shape (G,)
        Shares of the people who walk by.
    rates : Bounded
        FPIR, shape (G, T), with two-sided bounds.
    ratio : Bounded
        Of the highest FPIR to the lowest, shape (T,): the largest lower bound of any two groups, adjusted for their
        number, and the largest one-sided upper bound.
    formula_over_measured : ndarray of float64, shape (G, T)
        FPIR were the comparisons of a search independent, over the measured one; NaN where only one is known.
    """

    name: str
    groups: tuple[str, ...]
    crowd: FloatArray
    rates: Bounded
    ratio: Bounded
    formula_over_measured: FloatArray

    @cached_property
    def of_crowd(self) -> Bounded:
        """FPIR of the whole crowd, shape (T,)."""
        return self.rates.weighted(self.crowd)


@dataclass(frozen=True, eq=False)
class ProjectedList:
    """One list.

    Attributes
    ----------
    name : str
    wanted : WantedList
    method : {"rarefied", "top scores", "bound"}
    axes : mapping of str to ProjectedAxis
    safe : SafeThreshold
    note : str
        How the rates were had, in a sentence.
    """

    name: str
    wanted: WantedList
    method: Method
    axes: Mapping[str, ProjectedAxis]
    safe: SafeThreshold
    note: str


@dataclass(frozen=True, eq=False)
class Sizes:
    """The safe threshold against the size of the list, at the tested mix.

    Attributes
    ----------
    sizes : tuple of int, length S
    safe : ndarray of float64, shape (S,)
        As the study states scores; NaN where there is none.
    """

    sizes: tuple[int, ...]
    safe: FloatArray


@dataclass(frozen=True, eq=False)
class Mixes:
    """The safe threshold against the size of the list and the share of one group on it.

    Attributes
    ----------
    attribute, group : str
    sizes : tuple of int, length S
    shares : tuple of float, length M
        The other groups divide the rest as on the tested list.
    safe : ndarray of float64, shape (M, S)
        NaN where there is none.
    tested : ndarray of bool, shape (M, S)
        Whether the tested list holds enough of every group.
    """

    attribute: str
    group: str
    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    safe: FloatArray
    tested: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """An evaluation, projected to other watchlists.

    Attributes
    ----------
    evaluation : Evaluation
    sha256 : str
        Of its ``evaluation.json``.
    lists : mapping of str to ProjectedList
    sizes : Sizes or None
        None where candidate lists do not tell who on the list is matched.
    mixes : tuple of Mixes
    notes : tuple of str
    """

    evaluation: Evaluation
    sha256: str
    lists: Mapping[str, ProjectedList]
    sizes: Sizes | None
    mixes: tuple[Mixes, ...]
    notes: tuple[str, ...]

    def safe_at(self, name: str) -> float | None:
        """Return the safe threshold at a list, as the study states scores; None where there is none."""
        return self.evaluation.threshold_at(self.lists[name].safe.index)

    def __repr__(self) -> str:
        said = ", ".join(f"{name} {found.method}" for name, found in self.lists.items())
        return f"<Projection of {self.evaluation.study.matcher_name}: {said}>"
