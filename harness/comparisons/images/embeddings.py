"""Pairs of templates as a source of comparisons."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import numpy as np
import numpy.typing as npt

from harness.comparisons.images.pair_source import PairSource, require_both_classes, terms_of
from harness.comparisons.images.pairs import Pairs, Taken
from harness.comparisons.images.templates import (
    ROWS_AT_ONCE,
    CheckedTemplates,
    Metric,
    Templates,
    TemplateScores,
    checked,
    precision,
)
from harness.errors import InputError
from harness.study import Study

__all__ = ["EmbeddingPairs", "all_pairs", "pairs_between"]


BETTER = {"cosine": "higher", "euclidean": "lower"}
ROUNDING = 1e-5
"""Of cosines in float32."""
BYTES_PER_SUBJECT = 1024
"""Of counts by subject: 64 thresholds in four cells."""


@dataclass(frozen=True, eq=False)
class EmbeddingPairs(PairSource):
    """Pairs of templates that `harness.evaluate` compares and counts; made by `all_pairs` or `pairs_between`.

    Attributes
    ----------
    sides : one or two CheckedTemplates
        Templates among themselves, or probes and references.
    metric : {"cosine", "euclidean"}
    """

    what: ClassVar[str] = "pairs of templates"
    image: ClassVar[str] = "template"

    sides: tuple[CheckedTemplates, ...]
    metric: Metric

    def open(self, study: Study) -> Pairs:
        """Return every pair as a comparison of a study that `study` gave."""
        _require_memory(self.sides)
        return Pairs(self.sides, TemplateScores(self.sides, self.metric), study, _taken(self.sides))

    def _contradictions(self, study: Study) -> list[tuple[str, bool]]:
        better = BETTER[self.metric]
        return [
            (
                f"score: better is {study.score.better}, but of {self.metric} scores {better} is better",
                study.score.better != better,
            ),
            *super()._contradictions(study),
        ]

    def _terms(self, attributes: Iterable[str]) -> dict[str, Any]:
        return {"score": {"column": self.metric, "better": BETTER[self.metric]}, **terms_of(attributes)}


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
        missing or not one a template; where no two templates are of one subject, or all are; where the embeddings
        look like the scores of all pairs, which `harness.comparisons.matrix` takes.

    Examples
    --------
    >>> pairs = all_pairs([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], ["ann", "ann", "bea"], {"sex": ["F", "F", "F"]})
    >>> study = pairs.study({"matcher": {"name": "A", "version": "1"}})
    >>> pairs.open(study).rows()
    3
    """
    sides = (checked(Templates(embeddings, subjects, groups), "embeddings"),)
    if _look_like_scores(sides[0].embeddings):
        raise InputError(
            "are square, symmetric and 1 on the diagonal, as the scores of all pairs are; give scores to "
            "harness.comparisons.matrix",
            source="embeddings",
        )
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
    require_both_classes(sides, _taken(sides), EmbeddingPairs.image)
    return EmbeddingPairs(sides, metric)


def _taken(sides: Sequence[CheckedTemplates]) -> Taken:
    return "once" if len(sides) == 1 else "between"


def _look_like_scores(embeddings: npt.NDArray[Any]) -> bool:
    rows, width = embeddings.shape
    if (
        rows != width
        or rows == 1
        or (np.abs(np.diagonal(embeddings).astype(np.float64) - 1) > ROUNDING).any()
    ):
        return False
    parts = (slice(start, start + ROWS_AT_ONCE) for start in range(0, rows, ROWS_AT_ONCE))
    return all(
        np.allclose(embeddings[part].astype(np.float64), embeddings[:, part].T, rtol=0, atol=ROUNDING)
        for part in parts
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
