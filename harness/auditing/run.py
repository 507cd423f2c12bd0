"""The whole way from records and an evaluation to an audit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from harness.auditing.agreement import AGREEMENT_RATIO, Alerts, shared_confidence
from harness.auditing.deployment import DeploymentRecord
from harness.auditing.expectation import Expectation
from harness.auditing.judging import Judge
from harness.auditing.mapping import RecordMapping, load_mapping
from harness.auditing.reading import RecordFile, read_records, require_distinct
from harness.auditing.result import Audit, FalseAlertRate
from harness.config import shown
from harness.errors import InputError
from harness.evaluation import Evaluation, from_json, to_json
from harness.gate.evidence import MAX_BYTES, Evidence, evidence_of
from harness.gate.files import content_of

__all__ = ["EvaluationLike", "MappingLike", "RecordsLike", "audit"]

RecordsLike: TypeAlias = "str | os.PathLike[str] | Sequence[DeploymentRecord]"
EvaluationLike: TypeAlias = "Evaluation | str | os.PathLike[str]"
MappingLike: TypeAlias = "RecordMapping | Mapping[str, object] | str | os.PathLike[str] | None"


def audit(
    records: RecordsLike,
    *,
    evaluation: EvaluationLike,
    mapping: MappingLike = None,
    confidence: float | None = None,
    agreement_ratio: float = AGREEMENT_RATIO,
) -> Audit:
    """Hold published deployment records against an evaluation.

    Parameters
    ----------
    records : path, or sequence of DeploymentRecord
        A CSV file of one deployment a row, or records already made.
    evaluation : Evaluation or path
        One in memory, an ``evaluation.json``, or the folder that holds it.
    mapping : RecordMapping, mapping or path, optional
        Which column says what; without it columns are called as `Columns` calls them.
    confidence : float, optional
        At least 0.5 and below 1; the evaluation's own by default.
    agreement_ratio : float
        Above 1: records agree where their rate is shown to be at most so many times the highest allowed.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        Records, mapping, evaluation or an option cannot be used as given.
    """
    found, evidence = _evaluation(evaluation)
    asked = found.policy.confidence if confidence is None else confidence
    if not 0.5 <= asked < 1:
        raise InputError(f"the confidence must be at least 0.5 and below 1, got {asked:g}")
    if not 1 < agreement_ratio <= 1000:
        raise InputError(f"the agreement ratio must be above 1 and at most 1,000, got {agreement_ratio:g}")
    columns = load_mapping(mapping)
    file = _records(records, columns)
    judge = Judge(evidence, Expectation(found, evidence, shared_confidence(asked)), asked, agreement_ratio)
    audited = sorted(judge.records(file.records), key=lambda one: one.rank)
    ordered = [one.record for one in audited]
    pools = (
        judge.pool(threshold, records, columns) for threshold, records in _by_threshold(ordered, evidence)
    )
    study = evidence.study
    return Audit(
        file=file,
        mapping=columns,
        evaluation=evidence.source,
        evaluation_sha256=evidence.sha256,
        matcher=study.matcher.name,
        version=study.matcher.version,
        task=study.task,
        tested_watchlist_size=study.watchlist_size,
        safe_threshold=found.safe_threshold,
        safe_reason=evidence.reason,
        confidence=asked,
        agreement_ratio=agreement_ratio,
        records=tuple(audited),
        pools=tuple(pools),
        total=_total(judge, ordered),
        assumptions=tuple(_assumptions(evidence, asked, len(ordered))),
    )


def _evaluation(given: EvaluationLike) -> tuple[Evaluation, Evidence]:
    if isinstance(given, Evaluation):
        content, source = to_json(given).encode(), "evaluation"
    elif isinstance(given, str | os.PathLike):
        path = Path(given)
        path = path / "evaluation.json" if path.is_dir() else path
        content, source = content_of(path, limit=MAX_BYTES), str(path)
    else:
        raise InputError(f"{shown(given)} is no Evaluation and no path", source="evaluation")
    evidence = evidence_of(content, source)
    return from_json(content.decode("utf-8"), source), evidence


def _records(given: RecordsLike, mapping: RecordMapping) -> RecordFile:
    if isinstance(given, str | os.PathLike):
        return read_records(given, mapping)
    records = tuple(given)
    for record in records:
        if not isinstance(record, DeploymentRecord):
            raise InputError(f"{shown(record)} is no DeploymentRecord", source="records")
        record.require_consistent("records")
        if set(record.groups) != set(mapping.groups):
            raise InputError(f"record of {record.title}: its groups are not the mapping's", source="records")
    if not records:
        raise InputError("there is no record", source="records")
    require_distinct(records, "records")
    return RecordFile("records", None, None, records, ())


def _by_threshold(
    records: Sequence[DeploymentRecord], evidence: Evidence
) -> list[tuple[float, list[DeploymentRecord]]]:
    """Records of each stated threshold, the most lenient first."""
    stated: dict[float, list[DeploymentRecord]] = {}
    for record in records:
        if record.threshold is not None:
            stated.setdefault(record.threshold, []).append(record)
    return sorted(stated.items(), key=lambda item: evidence.study.sign * item[0])


def _total(judge: Judge, records: Sequence[DeploymentRecord]) -> FalseAlertRate | None:
    counted = [record for record in records if record.assessable]
    if not counted:
        return None
    return judge.rate(
        Alerts(
            sum(record.faces or 0 for record in counted),
            sum(record.false_alerts or 0 for record in counted),
            sum(record.most_false_alerts or 0 for record in counted),
        )
    )


def _assumptions(evidence: Evidence, confidence: float, records: int) -> Iterator[str]:
    study = evidence.study
    yield (
        f"Records do not name their matcher; they are taken to be of {study.matcher.name} {study.matcher.version}, "
        "and their images to be as good as the evaluation's."
    )
    yield (
        "Faces seen are taken as searches for people who are not on the watchlist, each by itself. Faces are often "
        "estimated, and people seen again and again make intervals too narrow."
    )
    yield (
        "Who passed by is not published: of the groups on the judged axes, the evaluation allows any rate from the "
        "lowest one's lower to the highest one's upper bound. Nor is who was on the watchlist, which is taken to be "
        "made up as in the evaluation."
    )
    if study.watchlist_size is None:
        yield (
            "The evaluation is of comparisons and tested no watchlist: FPIR is taken as 1 - (1 - FMR)^N for N "
            "references, as if they matched independently."
        )
        if study.pairing == "within":
            yield (
                "It tested comparisons within groups alone; those between groups are taken to match falsely no more "
                "often."
            )
    else:
        yield (
            f"For N references other than the {study.watchlist_size:,} tested, FPIR is taken as "
            f"1 - (1 - FPIR)^(N / {study.watchlist_size:,}), as if they matched independently."
        )
    by_chance = (1 - confidence) * records
    yield (
        f"Each record is judged by itself: of {records:,} whose rate the evaluation allows, up to {by_chance:.2g} "
        "may by chance be called more or fewer."
    )
