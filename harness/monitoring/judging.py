"""Alerts against what an evaluation allows: the evidence after each deployment."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from harness.arrays import FloatArray
from harness.config import shown
from harness.errors import InputError
from harness.evaluation import Evaluation, from_json, to_json
from harness.files import content_of
from harness.gate.evidence import MAX_BYTES, Evidence, evidence_of
from harness.gate.locating import evaluation_at
from harness.monitoring.alerts import Bounds, Deployment
from harness.monitoring.allowed import Allowance, Allowed
from harness.monitoring.mapping import AlertMapping, load_alert_mapping
from harness.monitoring.reading import read_alerts
from harness.monitoring.result import Course, GroupShare, Monitoring, Noticed
from harness.monitoring.state import State, in_order_of_record, read_state, require_continued
from harness.numbers import confidence_text, limit_text
from harness.statistics.monitoring import (
    allowed_share,
    bar_of_alarm,
    chance_of_alarm,
    chance_of_share_alarm,
    deployments_to_alarm,
    largest_share_of_alarm,
    rate_evidence,
    share_evidence,
)

__all__ = ["monitor"]

TWICE = 2.0
"""How many times as bad as allowed things are, of which it is said whether they would have been noticed."""

MOST_FOLLOWED = 2_000
"""False alerts; the chance that more would have raised an alarm is at least that of the first so many."""

EvaluationLike: TypeAlias = "Evaluation | str | os.PathLike[str]"
MappingLike: TypeAlias = "AlertMapping | Mapping[str, object] | str | os.PathLike[str] | None"


def monitor(
    alerts: str | os.PathLike[str],
    *,
    evaluation: EvaluationLike,
    mapping: MappingLike = None,
    state: str | os.PathLike[str] | None = None,
) -> Monitoring:
    """Hold alerts against what an evaluation allows, as often as one likes.

    Parameters
    ----------
    alerts : path
        A CSV file with a row for each alert, and one for each deployment without any.
    evaluation : Evaluation or path
        Of searches: one in memory, an ``evaluation.json``, or the folder that holds it.
    mapping : AlertMapping, mapping or path, optional
        Which column says what; without it columns are called as `AlertColumns` calls them.
    state : path, optional
        What earlier runs recorded, which these alerts have to continue. It is read, and not written:
        `harness.monitoring.append_record` does that.

    Returns
    -------
    Monitoring

    Raises
    ------
    InputError
        Alerts, mapping, evaluation or state cannot be used as given, or do not go together.

    Examples
    --------
    >>> from harness.evaluation import evaluate
    >>> policy = {"operating": [0.64], "max_ratio": 2.0}
    >>> found = evaluate("data_synthetic/searches.parquet", study="data_synthetic/searches.yaml", policy=policy)
    >>> monitor("data_synthetic/alerts.csv", evaluation=found, mapping="data_synthetic/alerts.yaml")
    <Monitoring of 60 deployments: alarm>
    """
    found, evidence = _evaluation(evaluation)
    columns = load_alert_mapping(mapping)
    earlier = State() if state is None else read_state(state)
    file = read_alerts(alerts, columns)
    require_continued(earlier, os.fspath(state or ""), file, evidence.sha256, columns)
    deployments = in_order_of_record(earlier, file.deployments)
    allowance = Allowance(found, evidence, columns.shares)
    allowed = tuple(allowance.of(deployment) for deployment in deployments)
    bar = bar_of_alarm(columns.confidence)
    ratio = columns.max_ratio or found.policy.max_ratio or 1.0
    groups = tuple(_groups(deployments, columns, ratio, bar))
    return Monitoring(
        file=file,
        mapping=columns,
        evaluation=evidence.source,
        evaluation_sha256=evidence.sha256,
        matcher=evidence.study.matcher_name,
        tested_watchlist_size=found.study.watchlist_size or 0,
        crowd_axis=allowance.axis,
        ratio=ratio,
        bar=bar,
        deployments=deployments,
        allowed=allowed,
        rate=_rate(deployments, allowed),
        share=_mean([group.course for group in groups if group.course is not None]),
        groups=groups,
        noticed=_noticed(allowed, bar),
        records=earlier.records,
        assumptions=tuple(_assumptions(found, columns, allowance.axis, ratio)),
    )


def _evaluation(given: EvaluationLike) -> tuple[Evaluation, Evidence]:
    if isinstance(given, Evaluation):
        content, source = to_json(given).encode(), "evaluation"
    elif isinstance(given, str | os.PathLike):
        path: Path = evaluation_at(given)
        content, source = content_of(path, limit=MAX_BYTES), str(path)
    else:
        raise InputError(f"{shown(given)} is neither an Evaluation nor a path", source="evaluation")
    evidence = evidence_of(content, source)
    if evidence.study.task != "identification":
        raise InputError(
            "is of comparisons, and tells no FPIR; alerts are held against an evaluation of searches (task: "
            "identification in the study)",
            source=source,
        )
    return from_json(content.decode("utf-8"), source), evidence


def _rate(deployments: Sequence[Deployment], allowed: Sequence[Allowed]) -> Course:
    """The evidence on the rate; deployments of which nothing is known leave it as it is."""
    judged = [one.alerts is not None for one in allowed]
    counts = [one.false_alerts if of else Bounds(0, 0) for one, of in zip(deployments, judged, strict=True)]
    total = np.cumsum([one.alerts or 0.0 for one in allowed])
    lower = rate_evidence(np.cumsum([one.fewest for one in counts]), total)
    return Course(lower, rate_evidence(np.cumsum([one.most for one in counts]), total))


def _groups(
    deployments: Sequence[Deployment], mapping: AlertMapping, ratio: float, bar: float
) -> Iterator[GroupShare]:
    # The mean over groups reaches the bar where one of them reaches it as many times over as there are groups.
    bar_of_one = bar + math.log(max(1, len(mapping.groups)))
    for name, group in mapping.groups.items():
        counted = [deployment.false_alerts_of(name) for deployment in deployments]
        numbers = [(own.fewest, others.most, own.most, others.fewest) for own, others in counted]
        fewest, others_most, most, others_fewest = np.cumsum(numbers, axis=0).T
        course, noticed = None, None
        if group.share is not None:
            course = Course(
                share_evidence(fewest, others_most, group.share, ratio),
                share_evidence(most, others_fewest, group.share, ratio),
            )
            known = min(int(fewest[-1] + others_fewest[-1]), MOST_FOLLOWED)
            noticed = chance_of_share_alarm(known, group.share, ratio, TWICE * ratio, bar_of_one)
        yield GroupShare(
            group=name,
            share=group.share,
            allowed_share=None if group.share is None else float(allowed_share(group.share, ratio)),
            own=Bounds(int(fewest[-1]), int(most[-1])),
            others=Bounds(int(others_fewest[-1]), int(others_most[-1])),
            course=course,
            alarm_below=largest_share_of_alarm(fewest, others_most, bar_of_one, ratio),
            noticed=noticed,
        )


def _mean(courses: Sequence[Course]) -> Course | None:
    """The mean of the evidence of all groups, which is evidence too."""
    if not courses:
        return None

    def mean(lines: list[FloatArray]) -> FloatArray:
        found: FloatArray = np.logaddexp.reduce(np.vstack(lines), axis=0) - math.log(len(lines))
        return found

    return Course(mean([one.lower for one in courses]), mean([one.upper for one in courses]))


def _noticed(allowed: Sequence[Allowed], bar: float) -> Noticed | None:
    steps = [one.alerts for one in allowed if one.alerts]
    if not steps:
        return None
    mean = math.fsum(steps) / len(steps)
    return Noticed(chance_of_alarm(steps, TWICE, bar), mean, deployments_to_alarm(mean, TWICE, bar))


def _assumptions(
    evaluation: Evaluation, mapping: AlertMapping, axis: str | None, ratio: float
) -> Iterator[str]:
    study = evaluation.study
    yield (
        f"Alerts do not name their matcher; they are taken to be of {study.matcher_name}, and images to be as good as "
        "the evaluation's."
    )
    bounds = f"the upper {confidence_text(evaluation.policy.confidence)} bound of an FPIR"
    if axis is None:
        yield (
            f"A deployment is allowed {bounds}, of the group with the highest, for the shares of all groups of an axis "
            "among those who pass by are not known."
        )
    else:
        yield (
            f"A deployment is allowed {bounds}, the mean over the groups of {axis} by their shares in the mapping, "
            "which are taken to hold at every deployment."
        )
    mixed = "" if mapping.composition else ", and are taken to be made up as it was"
    yield (
        f"Watchlists of up to the {study.watchlist_size or 0:,} tested are allowed the rate of that one{mixed}; faces "
        "are taken as searches for people who are not on the list, each by itself: where one person is falsely matched "
        "again and again, alarms come too easily, so count such alerts once."
    )
    if mapping.shares is not None:
        yield (
            f"A group may be falsely matched {limit_text(ratio)} times as often as others; who passes by is taken from "
            "the shares in the mapping."
        )
    chance = confidence_text(1 - mapping.confidence)
    yield (
        f"Rate and share each raise an alarm without cause with a chance of at most {chance} ever, however often one "
        "looks."
    )
