"""The whole way from an evaluation and a file of lists to what it says of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.arrays import IntArray
from harness.config import Document, document_from, read_document, shown, validate
from harness.errors import InputError
from harness.evaluation import Evaluation, content_at, load, to_json
from harness.projection.curves import mixes_of, sizes_of
from harness.projection.lists import Lists, WantedList
from harness.projection.methods import Part, from_candidates, from_comparisons, from_top_scores
from harness.projection.result import ProjectedList, Projection
from harness.projection.tested import SearchedList

__all__ = ["project"]


def project(
    evaluation: Evaluation | str | os.PathLike[str],
    lists: Mapping[str, Any] | str | os.PathLike[str],
    *,
    curves: bool = True,
) -> Projection:
    """Say what an evaluation shows of other watchlists than the one that it tested.

    From candidate lists: FPIR at random parts of the tested list of any size and mix, exactly, with bounds for people
    and lists like these; and bounds at larger lists. From top scores: bounds at lists of the tested mix. From an
    evaluation of single comparisons with rates across groups: bounds at any list.

    Parameters
    ----------
    evaluation : Evaluation or path
        An ``evaluation.json``, or the folder that holds it with the file of candidates.
    lists : mapping or path
        In the form of ``lists.yaml``.
    curves : bool
        Whether to find the safe threshold against size and mix of the list too.

    Returns
    -------
    Projection

    Raises
    ------
    InputError
        Where a list cannot be projected to; with its line and column in a file.

    Examples
    --------
    >>> from harness.evaluation import evaluate
    >>> study = {"matcher": {"name": "A", "version": "1"}, "groups": {"sex": "sex"}, "task": "identification"}
    >>> study["watchlist_size"] = 1000
    >>> scores = {"score": [0.2, 0.9, 0.3, 0.8], "mated": [False, True] * 2, "sex": ["f", "f", "m", "m"]}
    >>> project(evaluate(scores, study=study), {"lists": {"half": {"size": 500}}})
    <Projection of A 1: half top scores>
    """
    found, digest = _read(evaluation)
    document = document_from(lists, "lists") if isinstance(lists, Mapping) else read_document(lists)
    wanted = validate(Lists, document).lists
    _require_crowds(document, found, wanted)
    if found.list_matches is not None:
        return _from_candidates(found, digest, document, wanted, curves=curves)
    one_by_one = found.study.task == "verification"
    make = _from_comparisons if one_by_one else _from_top_scores
    projected = {name: make(document, found, name, one) for name, one in wanted.items()}
    return Projection(found, digest, projected, None, (), _notes(found))


def _read(evaluation: Evaluation | str | os.PathLike[str]) -> tuple[Evaluation, str]:
    if isinstance(evaluation, Evaluation):
        content = to_json(evaluation).encode()
        found = evaluation
    else:
        (content, _), found = content_at(evaluation), load(evaluation)
    if found.contradiction is not None:
        raise InputError(
            f"disagrees with itself: {found.contradiction}; harness report draws it, and says so",
            source=None if isinstance(evaluation, Evaluation) else str(Path(evaluation)),
        )
    return found, hashlib.sha256(content).hexdigest()


def _refused(document: Document, path: tuple[str, ...], problem: str) -> InputError:
    source, line, column = document.place(path)
    return InputError(f"{'.'.join(path)}: {problem}", source=source, line=line, column=column)


def _require_crowds(document: Document, evaluation: Evaluation, wanted: Mapping[str, WantedList]) -> None:
    for name, one in wanted.items():
        for axis, shares in one.crowd.items():
            where = ("lists", name, "crowd", axis)
            if axis not in evaluation.axes:
                axes = ", ".join(evaluation.axes)
                raise _refused(document, where, f"is no axis of the evaluation; it has {axes}")
            groups = evaluation.axes[axis].false_matches.groups
            for group in shares:
                if group not in groups:
                    problem = f"the evaluation has no such group of {axis}; it has {', '.join(groups)}"
                    raise _refused(document, (*where, group), problem)


def _from_candidates(
    evaluation: Evaluation, digest: str, document: Document, wanted: Mapping[str, WantedList], *, curves: bool
) -> Projection:
    assert evaluation.list_matches is not None  # noqa: S101 - asked for by the caller
    tested = SearchedList(evaluation, evaluation.list_matches)
    tested.require_agreement()
    parts = {name: _part(document, tested, name, one) for name, one in wanted.items()}
    projected: dict[str, ProjectedList] = {}
    for axis in dict.fromkeys(one.axis for one in wanted.values()):  # those that are divided alike, at once
        names = [name for name, one in wanted.items() if one.axis == axis]
        found = tested.rarefied(parts[names[0]].list_group, [parts[name].held for name in names])
        for name, of_list in zip(names, found, strict=True):
            projected[name] = from_candidates(tested, name, wanted[name], parts[name], of_list)
    attribute = next((one.axis for one in wanted.values() if one.axis), tested.matches.columns[0])
    return Projection(
        evaluation,
        digest,
        {name: projected[name] for name in wanted},
        sizes_of(tested) if curves else None,
        mixes_of(tested, attribute) if curves else (),
        _notes(evaluation),
    )


def _part(document: Document, tested: SearchedList, name: str, wanted: WantedList) -> Part:
    where = ("lists", name, *(() if wanted.axis is None else ("composition", wanted.axis)))
    try:
        groups, of = tested.divided(wanted.axis)
    except InputError as error:
        raise _refused(document, where, error.problem) from error
    counts = dict(wanted.counts) or {groups[0]: wanted.enrolled}
    for group, count in counts.items():
        if count and group not in groups:
            problem = f"{shown(group)} is not on the tested list, of which the groups are {', '.join(groups)}"
            raise _refused(document, (*where, group), problem)
    listed = np.bincount(of, minlength=len(groups))
    sizes: IntArray = np.array([counts.get(group, 0) for group in groups], np.int64)
    return Part(groups, of, sizes, np.minimum(sizes, listed))


def _from_top_scores(
    document: Document, evaluation: Evaluation, name: str, wanted: WantedList
) -> ProjectedList:
    size = evaluation.study.watchlist_size
    if size is None:
        raise InputError("the evaluation names no size of the tested list; state watchlist_size in the study")
    if wanted.axis is not None:
        _require_tested_mix(document, evaluation, name, wanted, size)
    return from_top_scores(evaluation, name, wanted, size)


def _require_tested_mix(
    document: Document, evaluation: Evaluation, name: str, wanted: WantedList, size: int
) -> None:
    axis, where = wanted.axis or "", ("lists", name, "composition", wanted.axis or "")
    tested = (evaluation.study.watchlist_composition or {}).get(axis)
    needs = "another mix needs candidate lists (candidates in the study)"
    if tested is None:
        raise _refused(
            document,
            where,
            f"the study does not say how many of the tested list are of which {axis}; {needs}",
        )
    for group in dict.fromkeys((*tested, *wanted.counts)):
        expected = tested.get(group, 0) * wanted.enrolled / size
        count = wanted.counts.get(group, 0)
        if abs(count - expected) >= 1:  # more than rounding
            problem = (
                f"{count:,} of {shown(group)} is another mix than the tested list's, of which a list of "
                f"{wanted.enrolled:,} has {expected:,.0f}; {needs}"
            )
            raise _refused(document, (*where, group), problem)


def _from_comparisons(
    document: Document, evaluation: Evaluation, name: str, wanted: WantedList
) -> ProjectedList:
    where = ("lists", name, *(() if wanted.axis is None else ("composition", wanted.axis)))
    known = [axis.name for axis in evaluation.axes.values() if axis.across is not None]
    if not known:
        raise InputError(
            "the evaluation has no rates across groups, which a list needs that is compared with everybody; evaluate "
            "with pairing: cross, or evaluate searches"
        )
    axes = known if wanted.axis is None else [axis for axis in known if axis == wanted.axis]
    if not axes:
        raise _refused(document, where, f"is no axis with rates across groups; those are {', '.join(known)}")
    groups = evaluation.axes[axes[0]].false_matches.groups
    for group, count in wanted.counts.items():
        if count and group not in groups:
            problem = f"{shown(group)} was not tested; the groups of {axes[0]} are {', '.join(groups)}"
            raise _refused(document, (*where, group), problem)
    return from_comparisons(evaluation, name, wanted, axes)


def _notes(evaluation: Evaluation) -> tuple[str, ...]:
    if evaluation.list_matches is not None:
        return (
            "Bounds hold for people and lists like those tested: they allow for who happens to be on the list.",
        )
    if evaluation.study.task == "verification":
        return (
            "Bounds hold where probes that match more of one group match more of another, as with wolves. The limit on "
            "false matches is applied to the FPIR.",
        )
    return (
        "Top scores do not tell who on the list is matched, so the bounds do not allow for who happens to be on it: "
        "lists alike differ more. Candidate lists (candidates in the study) would tell.",
    )
