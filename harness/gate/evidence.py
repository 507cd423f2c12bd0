"""An evaluation as evidence: refused unless its answer follows from its arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from harness.errors import InputError
from harness.gate.reading import Stated, read_evaluation
from harness.gate.recomputing import (
    DisagreementError,
    holds_between,
    numbers,
    require,
    require_consistent_axis,
    within_limits,
)
from harness.gate.shape import AxisShape, EvaluationShape, Number
from harness.study import Policy, Study

__all__ = ["MAX_BYTES", "AxisEvidence", "Evidence", "contradiction_in", "evidence_in", "evidence_of"]

MAX_BYTES = 2**27
"""Of a file that holds an evaluation."""


@dataclass(frozen=True)
class AxisEvidence:
    """What is known of one axis at T thresholds, from the most lenient to the strictest.

    Parameters
    ----------
    name : str
    judged : bool
    pairs : tuple of str, length T
        The groups with the highest and the lowest false match rate.
    ratio_bounds : tuple of tuple of float, length T
        Bounds of their ratio.
    verdicts : tuple of str, length T
    safe_from, safe_to : int or None
        The places between which the policy's criterion holds.
    keeps_limits : tuple of bool, length T
        Where max_fmr and max_fnmr_gap are kept.
    holds_between : tuple of bool, length T - 1
        Whether the criterion and the limits, met at a threshold and at the next stricter, are met everywhere between.
    obstacles : tuple of str
    """

    name: str
    judged: bool
    pairs: tuple[str, ...]
    ratio_bounds: tuple[tuple[float, float], ...]
    verdicts: tuple[str, ...]
    safe_from: int | None
    safe_to: int | None
    keeps_limits: tuple[bool, ...]
    holds_between: tuple[bool, ...]
    obstacles: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """An evaluation whose answer follows from its arrays.

    Parameters
    ----------
    source, sha256 : str
    study : Study
    policy : Policy
    scores : tuple of (str, str or None)
        The names of the score files, and their SHA-256; None for scores that were no files.
    thresholds : tuple of float
        As the study states scores, from the most lenient to the strictest.
    axes : tuple of AxisEvidence
    safe_place : int or None
        Of the lowest safe threshold.
    reason : str
        Why it is safe, or why there is none.
    refuted : str or None
        Why a threshold chosen on half of the subjects did not hold on the other half, where that is so.
    """

    source: str
    sha256: str
    study: Study
    policy: Policy
    scores: tuple[tuple[str, str | None], ...]
    thresholds: tuple[float, ...]
    axes: tuple[AxisEvidence, ...]
    safe_place: int | None
    reason: str
    refuted: str | None

    @property
    def judged(self) -> tuple[AxisEvidence, ...]:
        """The axes on which the policy's answer rests."""
        return tuple(axis for axis in self.axes if axis.judged)


def evidence_of(content: bytes, source: str) -> Evidence:
    """Read the content of an ``evaluation.json``.

    Parameters
    ----------
    content : bytes
        The file, as `harness.gate.files.content_of` reads it.
    source : str
        What errors call it.

    Raises
    ------
    InputError
        It is not of the known schema, or disagrees with itself.
    """
    stated = read_evaluation(content, source)
    try:
        return evidence_in(stated, source, hashlib.sha256(content).hexdigest())
    except DisagreementError as error:
        raise InputError(f"disagrees with itself: {error}", source=source) from error


def contradiction_in(stated: Stated) -> str | None:
    """Say why the answer of an evaluation does not follow from its arrays; None where it does."""
    try:
        evidence_in(stated, "", "")
    except DisagreementError as error:
        return str(error)
    return None


def evidence_in(stated: Stated, source: str, sha256: str) -> Evidence:
    """Take a file that was read as evidence.

    Parameters
    ----------
    stated : Stated
    source, sha256 : str
        What errors call the file, and its digest.

    Raises
    ------
    DisagreementError
        Its answer does not follow from its arrays.
    """
    shape, study, policy = stated.shape, stated.study, stated.policy
    require(study.to_dict() == shape.study, "the study is not written out in full")
    require(policy.to_dict() == shape.policy, "the policy is not written out in full")
    for axis_of_study, (name, axis) in zip(study.axes, shape.axes.items(), strict=True):
        require(
            axis.left_out.mated == 0 or not all(map(study.labels_the_person, axis_of_study.attributes)),
            f"{name}: {axis.left_out.mated:,} mated comparisons have two labels, which the study does not allow",
        )
        try:
            require_consistent_axis(axis, policy, len(shape.thresholds))
        except DisagreementError as error:
            raise DisagreementError(f"{name}: {error}") from None
    evidence = Evidence(
        source=source,
        sha256=sha256,
        study=study,
        policy=policy,
        scores=tuple((given.name, given.sha256) for given in shape.inputs),
        thresholds=tuple(shape.thresholds),
        axes=tuple(_axis(name, axis, policy) for name, axis in shape.axes.items()),
        safe_place=shape.place_of_safe_threshold,
        reason=shape.answer.reason,
        refuted=_refuted(shape),
    )
    require(
        _safe_place(evidence) == evidence.safe_place, "its safe threshold does not follow from its arrays"
    )
    _require_answer(shape, evidence)
    return evidence


def _axis(name: str, axis: AxisShape, policy: Policy) -> AxisEvidence:
    found, verdict = axis.false_match_differential, axis.verdict
    groups = [group.group for group in axis.false_matches.groups]
    count = len(verdict.verdicts)
    if policy.criterion == "shown":
        safe = (verdict.parity_shown_from, verdict.parity_shown_to)
    else:
        safe = (verdict.not_detected_from, None if verdict.not_detected_from is None else count - 1)
    return AxisEvidence(
        name=name,
        judged=axis.judged,
        pairs=tuple(f"{groups[w]}/{groups[b]}" for w, b in zip(found.worst, found.best, strict=True)),
        ratio_bounds=tuple(zip(numbers(found.ratio_lower), numbers(found.ratio_upper), strict=True)),
        verdicts=tuple(verdict.verdicts),
        safe_from=safe[0],
        safe_to=safe[1],
        keeps_limits=within_limits(axis, policy),
        holds_between=holds_between(axis, policy),
        obstacles=tuple(verdict.obstacles),
    )


def _safe_place(evidence: Evidence) -> int | None:
    """Find the lowest threshold that is safe on every judged axis, as harness.statistics.verdicts does."""
    starts = [axis.safe_from for axis in evidence.judged]
    ends = [axis.safe_to for axis in evidence.judged]
    known_starts = [start for start in starts if start is not None]
    known_ends = [end for end in ends if end is not None]
    if len(known_starts) < len(starts) or len(known_ends) < len(ends) or not starts:
        return None
    for place in range(max(known_starts), min(known_ends) + 1):
        if all(axis.keeps_limits[place] for axis in evidence.judged):
            return place
    return None


def _require_answer(shape: EvaluationShape, evidence: Evidence) -> None:
    def at(place: int | None) -> float | None:
        return None if place is None else evidence.thresholds[place]

    answer = shape.answer
    require(answer.criterion == evidence.policy.criterion, "the answer is for another criterion")
    require(answer.safe_threshold == at(evidence.safe_place), "the answer is not the safe threshold")
    require(list(answer.axes) == list(shape.axes), "the answer is for other axes")
    for name, axis in shape.axes.items():
        for part in ("not_detected_from", "parity_shown_from", "parity_shown_to"):
            place, stated = getattr(axis.verdict, part), answer.axes[name]
            agrees = getattr(stated, part) == at(place) and getattr(stated.cost, part) == _cost(axis, place)
            require(agrees, f"the answer's {part} of {name} is not the verdicts'")
    places = [axis.verdict.not_detected_from for axis in shape.axes.values() if axis.judged]
    known = [place for place in places if place is not None]
    highest = max(known) if len(known) == len(places) else None
    require(answer.not_detected_from == at(highest), "the answer's not_detected_from is not the verdicts'")


def _cost(axis: AxisShape, place: int | None) -> dict[str, Number] | None:
    groups = axis.false_non_matches.groups
    return None if place is None else {group.group: group.estimate[place] for group in groups}


def _refuted(shape: EvaluationShape) -> str | None:
    confirmation = shape.confirmation
    return confirmation.reason if confirmation and confirmation.outcome == "does not hold" else None
