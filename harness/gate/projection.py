"""A projection as evidence: read, and refused unless it is one of the evaluation that it is held beside."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

from harness.config import shown
from harness.errors import InputError
from harness.gate.evidence import Evidence
from harness.gate.projection_file import ProjectedListShape, ProjectionShape, read_projection
from harness.numbers import limit_text

__all__ = ["Projection", "projection_of", "require_projection_of"]


@dataclass(frozen=True)
class Projection:
    """A projection that was read, and is whole.

    Parameters
    ----------
    source, sha256 : str
    shape : ProjectionShape
    """

    source: str
    sha256: str
    shape: ProjectionShape


def projection_of(content: bytes, source: str) -> Projection:
    """Read the content of a ``projection.json``; see `harness.gate.projection_file.read_projection`."""
    return Projection(source, hashlib.sha256(content).hexdigest(), read_projection(content, source))


def require_projection_of(projection: Projection, evidence: Evidence) -> None:
    """Refuse a projection that says anything of its evaluation that the evaluation does not say itself.

    Raises
    ------
    InputError
        Its matcher, confidence, thresholds, axes or groups are not those of the evaluation, or a list cannot be had by
        the method that is named.
    """
    shape, study = projection.shape, evidence.study
    one_way = all(study.sign * here < study.sign * there for here, there in pairwise(shape.thresholds))
    problem = None
    if shape.matcher != study.matcher:
        problem = "the matcher is not that of the evaluation"
    elif shape.confidence < evidence.policy.confidence:
        problem = f"the bounds have {limit_text(shape.confidence)} confidence, less than the evaluation's"
    elif not one_way:
        problem = "the thresholds do not go from the most lenient to the strictest"
    else:
        problem = next(
            (why for name, one in shape.lists.items() if (why := _misfit(name, one, evidence))), None
        )
    if problem is not None:
        raise InputError(f"is no projection of {evidence.source}: {problem}", source=projection.source)


def _misfit(name: str, of_list: ProjectedListShape, evidence: Evidence) -> str | None:
    """Say what of a list does not fit the evaluation."""
    groups_of = {axis.name: {group.group for group in axis.false_matches} for axis in evidence.axes}
    for axis, found in of_list.axes.items():
        if set(found.groups) != groups_of.get(axis):
            return f"lists.{shown(name)}.axes.{shown(axis)} has not the groups of the evaluation"
    size, tested = evidence.study.watchlist_size, evidence.study.watchlist_composition or {}
    if of_list.method != "rarefied":
        return None
    more = size is not None and of_list.size > size
    for attribute, counts in (of_list.composition or {}).items():
        known = tested.get(attribute, counts)
        more = more or any(count > known.get(group, 0) for group, count in counts.items())
    return f"lists.{shown(name)} has more references than were tested, and is rarefied" if more else None
