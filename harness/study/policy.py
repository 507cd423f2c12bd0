"""When a threshold counts as safe."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from harness.config import (
    Document,
    MappingOf,
    StrictModel,
    Text,
    TupleOf,
    distinct,
    load,
    plain,
    problem_at,
    shown,
    validate,
    with_options,
)
from harness.errors import InputError
from harness.study.groups import Axes, Axis

if TYPE_CHECKING:
    from harness.study.study import Study

__all__ = [
    "DEFAULT_FALSE_MATCH_LIMIT",
    "DEFAULT_MAX_RATIO",
    "FalseMatchLimit",
    "Policy",
    "Tolerance",
    "load_policy",
    "policy_from_options",
]

DEFAULT_MAX_RATIO = 1.5

DEFAULT_FALSE_MATCH_LIMIT = 0.01
"""FMR100, the most lenient operating point in common use: where a policy states no limit, this one holds."""

_FALSE_MATCH_LIMITS: dict[str, Literal["max_fmr", "max_fpir"]] = {
    "verification": "max_fmr",
    "identification": "max_fpir",
}

_Share = Annotated[float, Field(gt=0, lt=1)]


_SharesOfGroups = Annotated[MappingOf[Text, Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]

_ONLY_IF_GIVEN = ("crowd", "prevalence")
"""Keys that are not written out where they are not given: policies from before they were known read alike."""

_ROUNDING_OF_SHARES = 0.005


def _adding_up(shares: Mapping[str, float]) -> Mapping[str, float]:
    """Refuse shares of a crowd that do not add up to 1, but for their rounding."""
    total = sum(shares.values())
    if abs(total - 1) > _ROUNDING_OF_SHARES:
        raise ValueError(f"the shares of its groups add up to {total:.6g}, not to 1")
    return shares


def _shares_on_the_list(value: object, path: tuple[str, ...] = ()) -> object:
    """Refuse a prevalence that is no share, nor one for every group of an axis."""
    if isinstance(value, Mapping) and len(path) < len(("axis", "group")):
        if not value or not all(isinstance(name, str) for name in value):
            raise problem_at(path, "names no group; give {AXIS: {GROUP: share}}, or a share of everybody")
        return {name: _shares_on_the_list(share, (*path, name)) for name, share in value.items()}
    if value is None and not path:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool) and len(path) != 1
    if not number or not 0 <= float(value) < 1:  # type: ignore[arg-type]
        of = "a share of the passers-by from 0 up to, but not, 1"
        kind = "{GROUP: share}" if len(path) == 1 else of
        raise problem_at(path, f"{shown(value)} is not {kind}")
    return float(value)  # type: ignore[arg-type]


def _default_max_ratio(validated: dict[str, Any]) -> float | None:
    needed = validated.get("criterion") == "shown" and validated.get("max_gap") is None
    return DEFAULT_MAX_RATIO if needed else None


@dataclass(frozen=True)
class Tolerance:
    """How far two groups' rates may differ: by the ratio or by the gap, whichever is kept.

    Parameters
    ----------
    max_ratio, max_gap : float or None
        None where the policy states no such limit.
    """

    max_ratio: float | None
    max_gap: float | None

    @property
    def is_stated(self) -> bool:
        """Whether there is any limit; without one, nothing is shown to be tolerated."""
        return self.max_ratio is not None or self.max_gap is not None


@dataclass(frozen=True)
class FalseMatchLimit:
    """The largest tolerated upper bound of any group's false match rate.

    Parameters
    ----------
    name : {"max_fmr", "max_fpir"}
        The key of the policy.
    limit : float
    is_default : bool
        Whether the policy states none, so that the default holds.
    """

    name: Literal["max_fmr", "max_fpir"]
    limit: float
    is_default: bool


class Policy(StrictModel):
    """When a threshold counts as safe.

    Parameters
    ----------
    criterion : {"shown", "not_detected"}
        Whether the groups must be shown to be alike, or a disparity must only not be detected.
    confidence : float
        Of every bound, at least 0.5 and below 1.
    max_ratio : float, optional
        Largest tolerated ratio of two groups' false match rates, above 1; 1.5 where the criterion is
        ``"shown"`` and neither this nor `max_gap` is given.
    max_gap : float, optional
        Largest tolerated difference of two groups' false match rates.
    max_fmr, max_fpir : float, optional
        Largest tolerated upper bound of any group's false match rate, in comparisons 1:1 and in searches; 0.01 where
        it is not given.
    max_fnmr_ratio, max_fnmr_gap : float, optional
        Largest tolerated ratio, and difference, of two groups' false non-match rates (FNIR in searches). Without
        either, a disparity in misses is told, and no threshold is refused for it; with both, one kept is enough.
    min_subjects, min_trials : int
        Fewest subjects and trials that every group must have for its axis to be decided.
    axes : tuple of Axis, optional
        The axes that count, each an attribute or a list of attributes; by default all of the study's without
        conditions.
    operating : tuple of float
        Operating thresholds: each is evaluated, and the answer is told at it.
    crowd : mapping of str to mapping of str to float, optional
        By axis (an attribute, or several with × between them), each group's share of those who pass, which add up to
        1. Where it or `prevalence` is given, the answer tells what 10,000 passers-by meet in searches.
    prevalence : float, or mapping of str to mapping of str to float, optional
        The share of those who pass that is on the watchlist: of everybody, or by axis and group.
    """

    criterion: Literal["shown", "not_detected"] = "shown"
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    max_gap: _Share | None = None  # before max_ratio, whose default depends on it
    max_ratio: Annotated[float, Field(gt=1)] | None = Field(default_factory=_default_max_ratio)
    max_fmr: _Share | None = None
    max_fpir: _Share | None = None
    max_fnmr_ratio: Annotated[float, Field(gt=1)] | None = None
    max_fnmr_gap: _Share | None = None
    min_subjects: Annotated[int, Field(ge=0)] = 0
    min_trials: Annotated[int, Field(ge=0)] = 0
    axes: Axes | None = None
    operating: Annotated[TupleOf[float], AfterValidator(distinct)] = ()
    crowd: (
        Annotated[
            MappingOf[Text, Annotated[_SharesOfGroups, AfterValidator(_adding_up)]], Field(min_length=1)
        ]
        | None
    ) = None
    prevalence: Annotated[Any, AfterValidator(_shares_on_the_list)] = None

    @model_validator(mode="after")
    def _check_tolerance(self) -> Self:
        if self.criterion == "shown" and self.max_ratio is None and self.max_gap is None:
            raise ValueError("criterion 'shown' needs max_ratio or max_gap")
        return self

    @property
    def tolerance(self) -> Tolerance:
        """How far two groups' false match rates may differ."""
        return Tolerance(self.max_ratio, self.max_gap)

    @property
    def tolerance_of_misses(self) -> Tolerance:
        """How far two groups' false non-match rates may differ."""
        return Tolerance(self.max_fnmr_ratio, self.max_fnmr_gap)

    def false_match_limit(self, task: str) -> FalseMatchLimit:
        """Return the limit on every group's false match rate, stated or not.

        Parameters
        ----------
        task : {"verification", "identification"}
            Of the study.

        Raises
        ------
        InputError
            The policy limits only the rate of the other task.

        Examples
        --------
        >>> Policy().false_match_limit("verification")
        FalseMatchLimit(name='max_fmr', limit=0.01, is_default=True)
        """
        name = _FALSE_MATCH_LIMITS[task]
        limits = {"max_fmr": self.max_fmr, "max_fpir": self.max_fpir}
        limit = limits.pop(name)
        if limit is not None:
            return FalseMatchLimit(name, limit, is_default=False)
        for other, stated in limits.items():
            if stated is not None:
                raise InputError(f"{other} does not limit a study of {task}: give {name}", source="policy")
        return FalseMatchLimit(name, DEFAULT_FALSE_MATCH_LIMIT, is_default=True)

    def axes_of(self, study: "Study") -> tuple[Axis, ...]:
        """Return the axes of a study that this policy judges, as the study has them.

        Where it names none, an axis with a condition is not judged.

        Parameters
        ----------
        study : Study
            The study that the scores belong to.

        Raises
        ------
        InputError
            The study lacks an axis that the policy names.
        """
        if self.axes is None:
            return tuple(axis for axis in study.axes if not study.is_of_conditions(axis))
        by_attributes = {frozenset(axis.attributes): axis for axis in study.axes}
        for axis in self.axes:
            if frozenset(axis.attributes) not in by_attributes:
                known = ", ".join(by_name.name for by_name in study.axes)
                raise InputError(f"axis {axis.name} is not one of the study's: {known}", source="policy")
        return tuple(by_attributes[frozenset(axis.attributes)] for axis in self.axes)

    def to_dict(self) -> dict[str, object]:
        """Return the policy as plain values in the form of a file; crowd and prevalence only where they are given."""
        return {
            key: value for key, value in plain(self).items() if value is not None or key not in _ONLY_IF_GIVEN
        }


def load_policy(policy: Policy | Mapping[str, object] | str | os.PathLike[str] | None = None) -> Policy:
    """Return a policy given as itself, as a mapping or as the path of a YAML or JSON file.

    Parameters
    ----------
    policy : Policy, mapping, str, path-like or None
        A mapping has the form of a file; None is the default policy.

    Raises
    ------
    InputError
        The first problem of the file or mapping, with its line and column in a file.

    Examples
    --------
    >>> load_policy({"max_fmr": 1e-4}).max_ratio
    1.5
    """
    return Policy() if policy is None else load(Policy, policy, "policy")


def policy_from_options(document: Document | None, options: Mapping[str, object]) -> Policy:
    """Return the policy of a file with command-line options laid over it.

    Parameters
    ----------
    document : Document or None
        The policy file, where there is one.
    options : mapping
        Nested plain values in the form of a file; each replaces the file's.

    Raises
    ------
    InputError
        The first problem; its source is ``command line`` where an option is to blame.
    """
    return validate(Policy, with_options(document, options))
