"""Pairs of templates as a source of comparisons, and the study that goes with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, get_args

import numpy as np

from harness.comparisons.pairs import TemplatePairs
from harness.comparisons.templates import (
    CheckedTemplates,
    Metric,
    Templates,
    checked,
    numbered_together,
    precision,
)
from harness.config import document_from, read_document, validate
from harness.errors import InputError
from harness.study import Study

__all__ = ["EmbeddingPairs", "all_pairs", "pairs_between"]


StudyLike: TypeAlias = Study | Mapping[str, object] | str | os.PathLike[str]

BETTER = {"cosine": "higher", "euclidean": "lower"}
BYTES_PER_SUBJECT = 1024
"""Of counts by subject: 64 thresholds in four cells."""


@dataclass(frozen=True, eq=False)
class EmbeddingPairs:
    """Pairs of templates that `harness.evaluate` compares and counts; made by `all_pairs` or `pairs_between`.

    Attributes
    ----------
    sides : one or two CheckedTemplates
        Templates among themselves, or probes and references.
    metric : {"cosine", "euclidean"}
    """

    sides: tuple[CheckedTemplates, ...]
    metric: Metric

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

    def open(self, study: Study) -> TemplatePairs:
        """Return every pair as a comparison of a study that `study` gave."""
        _require_memory(self.sides)
        return TemplatePairs(self.sides, study, self.metric)

    def _filled_in(self, given: StudyLike) -> Study:
        if isinstance(given, Study):
            return given
        if not isinstance(given, Mapping | str | os.PathLike):
            raise InputError(f"{given!r} is not a Study, mapping or path", source="study")
        document = document_from(given, "study") if isinstance(given, Mapping) else read_document(given)
        terms, value = self._terms(self.sides[0].groups), dict(document.value)
        if value.get("people"):  # which would give groups, as the templates do
            raise InputError("people: the templates have their labels; leave it out", source=document.source)
        if isinstance(value.get("score"), dict):
            value["score"] = {**terms["score"], **value["score"]}  # type: ignore[dict-item]
        return validate(Study, replace(document, value={**terms, **value}))

    def _contradictions(self, study: Study) -> list[tuple[str, bool]]:
        unknown = [attribute for attribute in study.groups if attribute not in self.sides[0].groups]
        present = ", ".join(map(repr, self.sides[0].groups))
        return [
            (
                f"{', '.join(study.derived_by)}: of scores that are written out; leave it out and label the templates",
                bool(study.derived_by),
            ),
            (
                f"task: {study.task}, but pairs of templates are comparisons; leave it out",
                study.task != "verification",
            ),
            (
                f"score: better is {study.score.better}, but of {self.metric} scores {BETTER[self.metric]} is better",
                study.score.better != BETTER[self.metric],
            ),
            (
                "subjects: one column is named, but a pair has a subject on either side; leave it out",
                len(study.subjects) == 1,
            ),
            (
                "identities: separate, but templates of the same subject are mated; leave it out",
                study.identities == "separate",
            ),
            (
                f"groups: {', '.join(map(repr, unknown))} is not among those of the templates: {present}",
                bool(unknown),
            ),
        ]

    def _terms(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "score": {"column": self.metric, "better": BETTER[self.metric]},
            "mated": "mated",
            "subjects": ["probe_subject", "reference_subject"],
            "groups": {name: [f"probe_{name}", f"reference_{name}"] for name in attributes},
        }


def all_pairs(
    embeddings: Any, subjects: Any, groups: Mapping[str, Any], *, metric: Metric = "cosine"
) -> EmbeddingPairs:
    """Compare every template with every other, each pair once, for `harness.evaluate`.

    Scores are counted block by block as they are computed and never written out: 20,000 templates are
    2 × 10^8 comparisons. Templates of the same subject are mated. Which template of a pair is the probe matters
    only for ``pairing: probe`` and ``cross``: it is the one that comes first.

    Parameters
    ----------
    embeddings : array-like, shape (N, D)
        One row a template. float32 (and float16, and small integers) are multiplied in float32; float64 and
        larger integers in float64, where scores are the same on every machine to the last bit.
    subjects : sequence of str or int, length N
        Who each template is of.
    groups : mapping of str to sequence of str or int, length N
        The label of each template for every demographic attribute.
    metric : {"cosine", "euclidean"}
        Cosine similarity, the inner product of the rows divided by their lengths, or Euclidean distance, of which
        lower is better: the root of a·a + b·b - 2 a·b. In float32 a cosine is off by some 10^-7, and so is a
        squared distance, as part of a·a + b·b measured from the mean template: distances below a thousandth of the
        vectors' length are mostly noise. In float64 coordinates are first rounded to multiples of 2^-26 (of the unit
        vector) or of 2^-25 (of the power of two above the longest vector), and what follows is exact; so either is off
        by a few 10^-8 of the vectors' length.

    Returns
    -------
    EmbeddingPairs
        To be given to `harness.evaluate` in place of scores, with a study that need only name the matcher.
        Where thresholds are not given, every comparison is made twice: to choose them, and to count.

    Raises
    ------
    InputError
        Where embeddings are not finite numbers or a template is all zeros (cosine); where subjects or labels are
        missing or not one a template; where no two templates are of one subject, or all are.

    Examples
    --------
    >>> pairs = all_pairs([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], ["ann", "ann", "bea"], {"sex": ["F", "F", "F"]})
    >>> study = pairs.study({"matcher": {"name": "A", "version": "1"}})
    >>> pairs.open(study).rows()
    3
    """
    sides = (checked(Templates(embeddings, subjects, groups), "embeddings"),)
    return _source(sides, metric)


def pairs_between(probes: Templates, references: Templates, *, metric: Metric = "cosine") -> EmbeddingPairs:
    """Compare every probe with every reference, for `harness.evaluate`.

    Parameters
    ----------
    probes, references : Templates
        Alike in dimensions and attributes; the same subject has the same name in both. A template must not be
        in both, for it would be compared with itself.
    metric : {"cosine", "euclidean"}
        As for `all_pairs`, which also says what is returned and raised.

    Examples
    --------
    >>> enrolled = Templates([[1.0, 0.0], [0.0, 1.0]], ["ann", "bea"], {"sex": ["F", "F"]})
    >>> probes = Templates([[0.8, 0.6]], ["ann"], {"sex": ["F"]})
    >>> pairs_between(probes, enrolled).metric
    'cosine'
    """
    sides = (checked(probes, "probes"), checked(references, "references"))
    widths = [side.embeddings.shape[1] for side in sides]
    if widths[0] != widths[1]:
        raise InputError(
            f"probes have {widths[0]} dimensions and references {widths[1]}; give templates of one matcher"
        )
    if set(sides[0].groups) != set(sides[1].groups):
        raise InputError(
            f"probes are labelled by {sorted(sides[0].groups)} and references by {sorted(sides[1].groups)}; "
            "label both alike"
        )
    return _source(sides, metric)


def _source(sides: tuple[CheckedTemplates, ...], metric: Metric) -> EmbeddingPairs:
    if metric not in get_args(Metric):
        raise InputError(f"metric {metric!r} is neither 'cosine' nor 'euclidean'")
    _require_both_classes(sides)
    return EmbeddingPairs(sides, metric)


def _require_both_classes(sides: tuple[CheckedTemplates, ...]) -> None:
    names, subjects = numbered_together([side.subjects for side in sides])
    counts = [np.bincount(of, minlength=len(names)) for of in subjects]
    if len(sides) == 1:
        mated, pairs = (
            int((counts[0] * (counts[0] - 1) // 2).sum()),
            len(subjects[0]) * (len(subjects[0]) - 1) // 2,
        )
    else:
        mated, pairs = int(counts[0] @ counts[1]), len(subjects[0]) * len(subjects[1])
    source = " and ".join(side.name for side in sides)
    if mated == pairs:
        raise InputError(
            "hold no non-mated pair: without one there is no false match rate; give templates of several subjects",
            source=source,
        )
    if not mated:
        raise InputError(
            "hold no mated pair: without one a threshold's cost is unknown; give a second template of some subjects",
            source=source,
        )


def _require_memory(sides: tuple[CheckedTemplates, ...]) -> None:
    """Refuse what no memory of this machine can hold, which the system would otherwise end without a word."""
    try:
        present = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # a system that does not tell
        return
    itemsize = precision(sides).itemsize
    needed = sum(
        side.embeddings.size * itemsize + len(side.subjects.texts) * BYTES_PER_SUBJECT for side in sides
    )
    if needed > present:
        raise InputError(
            f"comparing them needs {needed / 2**30:.1f} GB beside the embeddings, and this machine has "
            f"{present / 2**30:.1f}; compare the templates of a random part of the subjects",
            source=" and ".join(side.name for side in sides),
        )
