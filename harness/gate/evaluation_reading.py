"""The strict reading of ``evaluation.json``, for the gate and for every other command.

What is read is whole: every value has its type, lies in its range, and there are as many as there are thresholds.
Whether the answer also follows from the arrays is a second question; see `harness.gate.evidence`.

A file of an older schema is brought to the present one, by `harness.gate.older_files`.
"""

from dataclasses import dataclass
from itertools import pairwise

from pydantic_core import ValidationError

from harness.config import StrictModel, document_from, dotted, shown, validate
from harness.errors import InputError
from harness.gate.evaluation_file import (
    SCHEMA,
    AxisShape,
    DifferentialShape,
    EvaluationShape,
    ListSubjectsShape,
    MeasuresShape,
    RatesShape,
    VerdictShape,
    arrays_of,
)
from harness.gate.older_files import OLDER_SCHEMAS, judged_anew, with_present_keys
from harness.gate.strict_json import plain_json
from harness.study import Policy, Study

__all__ = ["Stated", "read_evaluation"]


@dataclass(frozen=True)
class Stated:
    """A file as read, whether or not its answer follows from its arrays.

    Parameters
    ----------
    shape : EvaluationShape
    study : Study
    policy : Policy
    """

    shape: EvaluationShape
    study: Study
    policy: Policy


class _DamageError(ValueError):
    """Where an evaluation is not whole, and why."""


def read_evaluation(content: bytes, source: str) -> Stated:
    """Read the content of an ``evaluation.json``.

    Parameters
    ----------
    content : bytes
    source : str
        Its name in errors.

    Raises
    ------
    InputError
        It is not of the known schema, or is not whole.
    """
    try:
        plain = plain_json(content)
        document = plain if isinstance(plain, dict) else {}
        known = document.get("schema")
        if known not in (SCHEMA, *OLDER_SCHEMAS):
            raise InputError(
                f"schema is {shown(known)}, not {shown(SCHEMA)}; evaluate again with this version"
            )
        if known == SCHEMA:
            return _stated(EvaluationShape.model_validate(document))
        stated = _stated(EvaluationShape.model_validate(with_present_keys(document)))
        return Stated(judged_anew(stated.shape, stated.study, stated.policy), stated.study, stated.policy)
    except InputError as error:
        raise InputError(error.problem, source=source) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _not_whole(f"{dotted(first['loc'])}: {first['msg']}", source) from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise _not_whole(str(error), source) from error


def _not_whole(problem: str, source: str) -> InputError:
    return InputError(f"is not a whole evaluation ({problem}); evaluate again", source=source)


def _stated(shape: EvaluationShape) -> Stated:
    study = validate(Study, document_from(shape.study, "study"))
    policy = validate(Policy, document_from(shape.policy, "policy"))
    _require(list(shape.axes) == [axis.name for axis in study.axes], "axes: are not those of the study")
    judged = {axis.name for axis in policy.axes_of(study)}
    policy.false_match_limit(study.task)  # refuses
    ordered = all(study.sign * a < study.sign * b for a, b in pairwise(shape.thresholds))
    _require(ordered, "thresholds: do not go from the most lenient to the strictest")
    _require(
        set(shape.asked_for or ()) <= set(shape.thresholds), "asked_for: names one that was not evaluated"
    )
    count = len(shape.thresholds)
    attributes_of = {axis.name: axis.attributes for axis in study.axes}
    _require_index(shape.index_of_safe_threshold, count, "index_of_safe_threshold")
    for name, axis in shape.axes.items():
        where = f"axes.{shown(name)}"
        _require(axis.judged == (name in judged), f"{where}.judged: is not as in the policy")
        _require(
            (axis.subjects is None) == (not study.subjects), f"{where}.subjects: are not as in the study"
        )
        _require_axis(axis, study.task, count, where)
        excludes = any(attribute in study.exclude for attribute in attributes_of[name])
        _require((axis.excluded is not None) == excludes, f"{where}.excluded: is not as in the study")
    searched = shape.searches is not None or any(axis.searches for axis in shape.axes.values())
    _require(
        study.task == "identification" or not searched, "searches: are not those of a study of comparisons"
    )
    if shape.searches is not None and shape.searches.listed is not None:
        _require_list(shape.searches.listed, count, "searches.listed")
    if shape.confirmation is not None:
        named = shape.confirmation.ratio_upper
        _require(set(named) <= set(shape.axes), "confirmation.ratio_upper: names an axis that is not there")
    return Stated(shape, study, policy)


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise _DamageError(problem)


def _require_index(index: int | None, count: int, where: str) -> None:
    _require(index is None or index < count, f"{where}: is not among the {count} thresholds")


def _require_lengths(part: StrictModel, count: int, where: str) -> None:
    for name in arrays_of(type(part)):
        values = len(getattr(part, name))
        _require(values == count, f"{where}.{name}: has {values} values for {count} thresholds")


def _require_axis(axis: AxisShape, task: str, count: int, where: str) -> None:
    names = ("FMR", "FNMR") if task == "verification" else ("FPIR", "FNIR")
    kinds = ("false_matches", "false_non_matches")
    groups = [group.group for group in axis.false_matches.groups]
    _require(len(set(groups)) == len(groups), f"{where}: a group is repeated")
    _require(
        axis.subjects is None or set(axis.subjects) == set(groups), f"{where}.subjects: are not of the groups"
    )
    for kind, name in zip(kinds, names, strict=True):
        rates: RatesShape = getattr(axis, kind)
        _require(rates.name == name, f"{where}.{kind}.name: is {shown(rates.name)}, not {shown(name)}")
        _require([group.group for group in rates.groups] == groups, f"{where}: groups differ between rates")
        _require_rates(rates, count, f"{where}.{kind}")
    if axis.across is not None:
        _require_rates(axis.across, count, f"{where}.across")
    _require_differential(
        axis.false_match_differential, len(groups), count, f"{where}.false_match_differential"
    )
    _require_differential(
        axis.false_non_match_differential, len(groups), count, f"{where}.false_non_match_differential"
    )
    _require_measures(axis.measures, count, f"{where}.measures")
    _require_verdict(axis.verdict, count, f"{where}.verdict")
    _require_lengths(axis, count, where)
    if axis.searches is not None:
        _require_searches(axis, groups, count, f"{where}.searches")


def _require_searches(axis: AxisShape, groups: list[str], count: int, where: str) -> None:
    """Require that what becomes of mated searches is of the groups, and that misses by their cause are all misses."""
    found = axis.searches
    if found is None:
        return
    _require_rates(found.wrong, count, f"{where}.wrong")
    both = zip(found.wrong.groups, axis.false_non_matches.groups, strict=False)
    _require([group.group for group in found.wrong.groups] == groups, f"{where}.wrong: is of other groups")
    _require(all(a.trials == b.trials for a, b in both), f"{where}.wrong: is of other searches than misses")
    _require([misses.group for misses in found.misses] == groups, f"{where}.misses: are of other groups")
    for misses, rates in zip(found.misses, axis.false_non_matches.groups, strict=True):
        of_group = f"{where}.misses.{shown(misses.group)}"
        _require_lengths(misses, count, of_group)
        by_cause = zip(misses.below, misses.outranked, rates.errors, strict=True)
        add_up = all(misses.failed + below + outranked == errors for below, outranked, errors in by_cause)
        _require(add_up, f"{of_group}: by their cause do not add up to all misses")


def _require_list(found: ListSubjectsShape, count: int, where: str) -> None:
    for name in ("alerts", "drawn", "drawing", "most", "top_share", "beyond_chance"):
        values = len(getattr(found, name))
        fits = values == max(count - found.first, 0)
        _require(fits, f"{where}.{name}: has {values} values for {count} thresholds from {found.first}")


def _require_rates(rates: RatesShape, count: int, where: str) -> None:
    for group in rates.groups:
        of_group = f"{where}.{shown(group.group)}"
        _require_lengths(group, count, of_group)
        _require(max(group.errors) <= group.trials, f"{of_group}.errors: are more than its trials")
        both = zip(group.errors, group.estimate, strict=True)
        fit = all((rate or 0) * group.trials > 0.5 if number else not rate for number, rate in both)
        _require(
            fit,
            f"{of_group}.estimate: is zero just where there are no errors, or else at least one in its trials",
        )
        undefined = group.estimate.count(None)
        as_tried = undefined == (0 if group.trials else count)
        _require(as_tried, f"{of_group}.estimate: must be null without trials, and only then")


def _require_differential(found: DifferentialShape, groups: int, count: int, where: str) -> None:
    _require_lengths(found, count, where)
    named = max(map(max, (found.worst, found.best, found.shown_more, found.shown_fewer)))
    _require(named < groups, f"{where}: names group {named} of {groups}")


def _require_measures(found: MeasuresShape, count: int, where: str) -> None:
    named = [measure.measure for measure in found.measures]
    _require(len(set(named)) == len(named), f"{where}: a measure is repeated")
    for measure in found.measures:
        of_measure = f"{where}.{shown(measure.measure)}"
        _require_lengths(measure, count, of_measure)
        reasons = measure.undefined_because
        _require(
            len(reasons) == measure.estimate.count(None), f"{of_measure}: an undefined measure has no reason"
        )
        known = all(reason < len(found.reasons) for reason in reasons)
        _require(known, f"{of_measure}.undefined_because: names a reason that is not there")


def _require_verdict(verdict: VerdictShape, count: int, where: str) -> None:
    _require_lengths(verdict, count, where)
    for name in ("not_detected_from", "parity_shown_from", "parity_shown_to"):
        _require_index(getattr(verdict, name), count, f"{where}.{name}")
    one_end = (verdict.parity_shown_from is None) != (verdict.parity_shown_to is None)
    _require(not one_end, f"{where}: the range of shown parity has one end")
    joined = len(verdict.parity_to_next) == count - 1
    _require(joined, f"{where}.parity_to_next: is not one value shorter than thresholds")
