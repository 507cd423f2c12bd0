"""What gives the scores of pairs of images, and the study that goes with them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np

from harness.comparisons.images.labels import Side, numbered_together
from harness.comparisons.images.pairs import Pairs, Taken, pairs_of
from harness.config import document_from, read_document, validate
from harness.errors import InputError
from harness.study import Study

__all__ = ["PairSource", "StudyLike", "require_both_classes"]

StudyLike: TypeAlias = Study | Mapping[str, object] | str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class PairSource(ABC):
    """Pairs of images whose subjects and groups are known, and whose scores are had block by block.

    Attributes
    ----------
    sides : one or two Side
        Images among themselves, or probes and references.
    """

    what: ClassVar[str]
    """Its name in errors, a plural."""
    image: ClassVar[str]
    """What each side is made of."""

    sides: tuple[Side, ...]

    def study(self, given: StudyLike) -> Study:
        """Return a study with all filled in that the pairs themselves say.

        A study of pairs needs only the matcher. Its score, truth, subjects and groups are those of the pairs;
        what it says of them otherwise must agree: the direction of scores, that subjects are named on both
        sides, and attributes (of which it may leave some out). Names of columns do not matter.

        Parameters
        ----------
        given : Study, mapping, str or path-like

        Raises
        ------
        InputError
            Where it cannot be read or contradicts the pairs.
        """
        study = self._filled_in(given)
        for problem, is_so in self._contradictions(study):
            if is_so:
                raise InputError(problem, source="study")
        plain = study.to_dict()
        return validate(Study, document_from({**plain, **self._terms(study.groups)}, "study"))

    @abstractmethod
    def open(self, study: Study) -> Pairs:
        """Return every pair as a comparison of a study that `study` gave."""

    @abstractmethod
    def _terms(self, attributes: Iterable[str]) -> dict[str, Any]:
        """Return what a study of some attributes says of the pairs, in the form of a file."""

    def _filled_in(self, given: StudyLike) -> Study:
        if isinstance(given, Study):
            return given
        if not isinstance(given, Mapping | str | os.PathLike):
            raise InputError(f"{given!r} is not a Study, mapping or path", source="study")
        document = document_from(given, "study") if isinstance(given, Mapping) else read_document(given)
        terms, value = self._terms(self.sides[0].groups), dict(document.value)
        if value.get("people"):  # which would give groups, as the pairs do
            problem = f"people: the {self.image}s have their labels; leave it out"
            raise InputError(problem, source=document.source)
        if isinstance(value.get("score"), dict):
            value["score"] = {**terms.get("score", {}), **value["score"]}  # type: ignore[dict-item]
        return validate(Study, replace(document, value={**terms, **value}))

    def _contradictions(self, study: Study) -> list[tuple[str, bool]]:
        unknown = [attribute for attribute in study.groups if attribute not in self.sides[0].groups]
        present = ", ".join(map(repr, self.sides[0].groups))
        return [
            (
                f"{', '.join(study.derived_by)}: of scores that are written out; leave it out, "
                f"and label each {self.image}",
                bool(study.derived_by),
            ),
            (
                f"task: {study.task}, but {self.what} are comparisons; leave it out",
                study.task != "verification",
            ),
            (
                "subjects: one column is named, but a pair has a subject on either side; leave it out",
                len(study.subjects) == 1,
            ),
            (
                f"identities: separate, but {self.image}s of the same subject are mated; leave it out",
                study.identities == "separate",
            ),
            (
                f"groups: {', '.join(map(repr, unknown))} is not among those of the {self.image}s: {present}",
                bool(unknown),
            ),
        ]


def terms_of(attributes: Iterable[str]) -> dict[str, Any]:
    """Return what a study says of the truth, subjects and groups of pairs, in the form of a file.

    Examples
    --------
    >>> terms_of(["sex"])["groups"]
    {'sex': ['probe_sex', 'reference_sex']}
    """
    return {
        "mated": "mated",
        "subjects": ["probe_subject", "reference_subject"],
        "groups": {name: [f"probe_{name}", f"reference_{name}"] for name in attributes},
    }


def require_both_classes(sides: Sequence[Side], taken: Taken, image: str) -> None:
    """Refuse images of which no pair is mated, or none non-mated.

    Raises
    ------
    InputError
    """
    names, subjects = numbered_together([side.subjects for side in sides])
    counts = [np.bincount(of, minlength=len(names)) for of in (subjects[0], subjects[-1])]
    mated = sum(
        pairs_of(probes, references, taken) for probes, references in zip(*map(list, counts), strict=True)
    )
    source = " and ".join(side.name for side in sides)
    if mated == pairs_of(len(sides[0]), len(sides[-1]), taken):
        raise InputError(
            f"hold no non-mated pair: without one there is no false match rate; give {image}s of several subjects",
            source=source,
        )
    if not mated:
        raise InputError(
            f"hold no mated pair: without one a threshold's cost is unknown; give a second {image} of some subjects",
            source=source,
        )
