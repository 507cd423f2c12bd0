"""How a differential changes from one matcher to another: plain values, a table, and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from importlib import import_module
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from harness.comparisons import Input
from harness.evaluation.answer import html_table
from harness.evaluation.axis import MatedCounts
from harness.study import Policy, Study

__all__ = [
    "FEWEST_ERRORS",
    "SCHEMA",
    "At",
    "Bounded",
    "Change",
    "ChangeVerdict",
    "GroupErrors",
    "PairOfGroups",
    "PairedComparison",
    "named",
    "to_json",
    "verdict_on",
]

SCHEMA = "harness/comparison/1"

FEWEST_ERRORS = 10
"""In a group in which neither matcher errs so often nothing is claimed; the simulation finds hardly anything there."""

At: TypeAlias = Literal["own thresholds", "equal rates"]


class ChangeVerdict(StrEnum):
    """What is shown of an update, the worst last."""

    NOT_WORSE = "not worse"
    INCONCLUSIVE = "inconclusive"
    WIDER = "wider"
    WIDER_BEYOND_TOLERANCE = "wider beyond tolerance"


def verdict_on(lower: float, upper: float, tolerance: float) -> ChangeVerdict:
    """Return the verdict on bounds of how many times as far apart the groups are; NaN decides nothing.

    Examples
    --------
    >>> verdict_on(0.7, 1.2, 1.25), verdict_on(1.3, 2.0, 1.25), verdict_on(0.9, 1.4, 1.25)
    (<ChangeVerdict.NOT_WORSE: 'not worse'>, <ChangeVerdict.WIDER_BEYOND_TOLERANCE: 'wider beyond tolerance'>, \
<ChangeVerdict.INCONCLUSIVE: 'inconclusive'>)
    """
    if upper <= tolerance:
        return ChangeVerdict.NOT_WORSE
    if lower > tolerance:
        return ChangeVerdict.WIDER_BEYOND_TOLERANCE
    return ChangeVerdict.WIDER if lower > 1 else ChangeVerdict.INCONCLUSIVE


@dataclass(frozen=True)
class Bounded:
    """An estimate and its two-sided bounds; NaN where it is undefined, inf where there is no bound."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class GroupErrors:
    """Errors of either matcher in one group, at one pair of thresholds.

    Attributes
    ----------
    group : str
    trials : int
    old, new, both : int
        Trials in which the old matcher errs, the new one, and both.
    subjects : int or None
        How many are in its trials; None where the study names none.
    design_effect : float
        Of the ratio of new over old.
    """

    group: str
    trials: int
    old: int
    new: int
    both: int
    subjects: int | None
    design_effect: float

    @property
    def is_few(self) -> bool:
        """Whether neither matcher errs often enough to claim anything."""
        return max(self.old, self.new) < FEWEST_ERRORS


@dataclass(frozen=True)
class PairOfGroups:
    """Two groups, the one with the higher rate of the new matcher first.

    Attributes
    ----------
    more, fewer : str
    old, new : Bounded
        The ratio of their rates with either matcher.
    change : Bounded
        The new ratio over the old one.
    widening : Bounded
        How many times as far apart they are with the new matcher, whichever of the two is higher with either.
    """

    more: str
    fewer: str
    old: Bounded
    new: Bounded
    change: Bounded
    widening: Bounded


@dataclass(frozen=True)
class Change:
    """What changes in one error rate on one axis, at one pair of thresholds.

    Attributes
    ----------
    axis, rate : str
        FMR or FNMR of comparisons; FPIR or FNIR of searches.
    at : {"own thresholds", "equal rates"}
    judged : bool
        Whether the verdict of the whole rests on it.
    reference : bool
        Whether the answer is told at it.
    old_threshold, new_threshold : float
        As the studies state scores.
    old_pooled, new_pooled : float
        The rate of all groups together with either matcher.
    groups : tuple of GroupErrors
    pairs : tuple of PairOfGroups
    lower : float
        Largest lower bound of any pair's widening, Bonferroni-adjusted over the pairs.
    upper : float
        Largest one-sided upper bound of any pair's widening, not adjusted: every pair is below it.
    told : int
        The pair that decides: that of `lower` where it is above 1, else that of `upper`; -1 where there is none.
    verdict : ChangeVerdict
    obstacles : tuple of str
        Why it cannot be shown that nothing widens.
    growth_needed : float
        How many times as much data would show that the groups are not driven apart by more than is tolerated, were
        nothing changed; inf where that is not known.
    tolerance : float
    """

    axis: str
    rate: str
    at: At
    judged: bool
    reference: bool
    old_threshold: float
    new_threshold: float
    old_pooled: float
    new_pooled: float
    groups: tuple[GroupErrors, ...]
    pairs: tuple[PairOfGroups, ...]
    lower: float
    upper: float
    told: int
    verdict: ChangeVerdict
    obstacles: tuple[str, ...]
    growth_needed: float
    tolerance: float


@dataclass(frozen=True, eq=False)
class PairedComparison:
    """Two matchers, or two versions of one, compared on the same trials.

    Attributes
    ----------
    study, new_study : Study
        Of the old matcher and of the new one.
    policy : Policy
    tolerance : float
        How many times as far apart the groups may be in false matches.
    tolerance_of_misses : float or None
        The same in misses; None where these are told and not judged.
    on : tuple of str
        The columns that identified a trial; none where both scores stood in one row.
    comparisons : MatedCounts
    left_out : int
        Trials that either matcher gave no score, where the study leaves these out.
    inputs : tuple of Input
    versions : mapping of str to str
    notes : tuple of str
    changes : tuple of Change
        By axis, rate and pair of thresholds.
    """

    study: Study
    new_study: Study
    policy: Policy
    tolerance: float
    tolerance_of_misses: float | None
    on: tuple[str, ...]
    comparisons: MatedCounts
    left_out: int
    inputs: tuple[Input, ...]
    versions: Mapping[str, str]
    notes: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def verdict(self) -> ChangeVerdict:
        """The worst of the verdicts that are judged; one that is inconclusive is worse than *not worse*."""
        ordered = list(ChangeVerdict)
        judged = [change.verdict for change in self.changes if change.judged]
        return max(judged, key=ordered.index, default=ChangeVerdict.INCONCLUSIVE)

    @cached_property
    def table(self) -> pa.Table:
        """A row for every pair of groups, rate and pair of thresholds; null where a number is undefined."""
        rows = [row for change in self.changes for row in _rows(change)]
        return pa.Table.from_pylist(rows, _COLUMNS)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, an undefined number as None and one without bound as ``"inf"``."""
        return {
            "schema": SCHEMA,
            "versions": dict(self.versions),
            "study": self.study.to_dict(),
            "new_study": self.new_study.to_dict(),
            "policy": self.policy.to_dict(),
            "tolerance": self.tolerance,
            "tolerance_of_misses": self.tolerance_of_misses,
            "on": list(self.on),
            "inputs": [asdict(one) for one in self.inputs],
            "comparisons": self.comparisons._asdict(),
            "left_out": self.left_out,
            "notes": list(self.notes),
            "verdict": str(self.verdict),
            "changes": [_plain(asdict(change)) for change in self.changes],
        }

    def _repr_html_(self) -> str:
        # Imported when it is used: the answer is about comparisons, and imports them.
        lines = import_module("harness.change.answer").answer(self)
        return html_table(named(self), lines)

    def __repr__(self) -> str:
        return f"<PairedComparison of {named(self)}: {self.verdict}>"


def named(comparison: PairedComparison) -> str:
    """Name the two matchers."""
    return f"{comparison.study.matcher_name} and {comparison.new_study.matcher_name}"


def to_json(comparison: PairedComparison) -> str:
    """Write a comparison as a JSON document; equal comparisons give equal text."""
    return json.dumps(comparison.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf"
    return value


_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("axis", "rate", "at")),
        *((f"{of}_{what}", pa.float64()) for what in ("threshold", "pooled") for of in ("old", "new")),
        *((name, pa.string()) for name in ("group", "other_group")),
        *(
            (f"{which}_errors{of}", pa.int64())
            for of in ("", "_of_other")
            for which in ("old", "new", "common")
        ),
        *(
            (f"{name}{part}", pa.float64())
            for name in ("old_ratio", "new_ratio", "change", "widening")
            for part in ("", "_lower", "_upper")
        ),
        ("verdict", pa.string()),
        ("judged", pa.bool_()),
    ]
)


def _rows(change: Change) -> Iterator[dict[str, Any]]:
    groups = {one.group: one for one in change.groups}
    for pair in change.pairs:
        numbers = [
            bound
            for one in (pair.old, pair.new, pair.change, pair.widening)
            for bound in (one.estimate, one.lower, one.upper)
        ]
        errors = [n for one in (groups[pair.more], groups[pair.fewer]) for n in (one.old, one.new, one.both)]
        values = [
            change.axis,
            change.rate,
            change.at,
            change.old_threshold,
            change.new_threshold,
            change.old_pooled,
            change.new_pooled,
            pair.more,
            pair.fewer,
            *errors,
            *(None if math.isnan(number) else number for number in numbers),
            str(change.verdict),
            change.judged,
        ]
        yield dict(zip(_COLUMNS.names, values, strict=True))
