"""The scores and the study of an evaluation, each completed by what the other says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.comparisons.images.matrices import matrix_of
from harness.comparisons.images.pair_source import PairSource, StudyLike
from harness.study import Study, load_study

if TYPE_CHECKING:
    from harness.comparisons.sources import Scores

__all__ = ["resolve", "resolve_study"]


def resolve(scores: Scores, given: StudyLike) -> tuple[Scores, Study]:
    """Return the scores and the study, each filled in by what the other says of it.

    Scores that say themselves what they are fill in the study; a study that says who the rows and columns of a matrix
    are makes one of the scores.

    Parameters
    ----------
    scores : Scores
    given : Study, mapping, str or path-like

    Raises
    ------
    InputError
        Where either cannot be read, or one contradicts the other.

    Examples
    --------
    >>> from harness.comparisons import matrix
    >>> people = {"subjects": ["ann", "ann", "bea"], "groups": {"sex": ["F", "F", "M"]}}
    >>> scores = matrix([[1, 3, 2], [3, 1, 0], [2, 0, 1]], people)
    >>> resolve(scores, {"matcher": {"name": "A", "version": "1"}})[1].subjects
    ('probe_subject', 'reference_subject')
    """
    if isinstance(scores, PairSource):
        return scores, scores.study(given)
    study = load_study(given)
    return (scores, study) if study.matrix is None else matrix_of(scores, study)


def resolve_study(scores: Scores, given: StudyLike) -> Study:
    """Return the study, filled in by the scores where they say themselves what they are.

    Raises
    ------
    InputError
        Where it cannot be read, or contradicts the scores.

    Examples
    --------
    >>> study = resolve_study({}, {"matcher": {"name": "A", "version": "1"}, "groups": {"sex": "sex"}})
    >>> study.columns
    ('score', 'mated', 'sex')
    """
    return resolve(scores, given)[1]
