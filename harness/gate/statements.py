"""Signed statements about an evaluation, a projection of one, waivers or the state of a monitoring.

They are in-toto statements (Statement v1).

They are told apart by the type of their predicate: one cannot serve as another, whoever signed it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from harness.config import ListOf, StrictModel, plain, shown
from harness.errors import InputError
from harness.gate.deployment import Day, Digest
from harness.gate.evidence import Evidence
from harness.gate.monitoring_file import MonitoringRecord, digests_of_lines
from harness.gate.projection import Projection
from harness.gate.strict_json import plain_json
from harness.gate.waivers import Waiver, Waivers
from harness.study import Matcher

__all__ = [
    "SUBJECTS",
    "EvaluationStatement",
    "MonitoringStatement",
    "ProjectionStatement",
    "Statement",
    "WaiverStatement",
    "about_evaluation",
    "about_monitoring",
    "about_projection",
    "about_waivers",
    "payload_of",
    "records_signed",
    "require_about",
    "require_about_projection",
    "statement_in",
]

_TYPE = "https://in-toto.io/Statement/v1"
_EVALUATION = "urn:threshold-bias-harness:evaluation:1"
_MONITORING = "urn:threshold-bias-harness:monitoring:1"
_PROJECTION = "urn:threshold-bias-harness:projection:1"
_WAIVERS = "urn:threshold-bias-harness:waivers:1"


class _Sha256(StrictModel):
    sha256: Digest


class _Subject(StrictModel):
    name: str
    digest: _Sha256


class _Score(StrictModel):
    name: str
    sha256: Digest


class EvaluationPredicate(StrictModel):
    """Subject of an evaluation, and who signed it with what and when.

    Parameters
    ----------
    matcher : Matcher
    scores : list
        Name and SHA-256 of every score file.
    study_sha256, policy_sha256 : str
        Of the study and of the policy as JSON with sorted keys and no spaces, as ``evaluation.json`` has them.
    safe_threshold : float or None
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    matcher: Matcher
    scores: Annotated[ListOf[_Score], Field(min_length=1)]
    study_sha256: Digest
    policy_sha256: Digest
    safe_threshold: float | None
    signed_on: Day
    harness: str


class ProjectionPredicate(StrictModel):
    """Subject of a projection, and who signed it with what and when.

    Parameters
    ----------
    evaluation_sha256 : str
        Of the evaluation that it was made of.
    matcher : Matcher
    lists : list of str
        The names of the watchlists.
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    evaluation_sha256: Digest
    matcher: Matcher
    lists: Annotated[ListOf[str], Field(min_length=1)]
    signed_on: Day
    harness: str


class WaiverPredicate(StrictModel):
    """Waivers as a whole: nothing outside the signed statement is trusted.

    Parameters
    ----------
    waivers : tuple of Waiver
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    waivers: Waivers
    signed_on: Day
    harness: str


class MonitoringPredicate(StrictModel):
    """The state of a monitoring as it was, and who signed it with what and when.

    Parameters
    ----------
    records : int
    evaluation_sha256, mapping_sha256 : str
        Of the evaluation that says what is allowed, and of the mapping.
    outcome : str
        Of the last record.
    signed_on : date
    harness : str
        Version of this package that made the statement.
    """

    records: Annotated[int, Field(ge=1)]
    evaluation_sha256: Digest
    mapping_sha256: Digest
    outcome: str
    signed_on: Day
    harness: str


class _Statement(StrictModel):
    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[ListOf[_Subject], Field(min_length=1, max_length=1)]

    @property
    def name(self) -> str:
        """Name of the file that was signed, when it was."""
        return self.subject[0].name

    @property
    def sha256(self) -> str:
        """Digest of the file that was signed."""
        return self.subject[0].digest.sha256


class EvaluationStatement(_Statement):
    """A statement about an evaluation."""

    predicate_type: Annotated[
        Literal["urn:threshold-bias-harness:evaluation:1"], Field(alias="predicateType")
    ]
    predicate: EvaluationPredicate


class ProjectionStatement(_Statement):
    """A statement about a projection of an evaluation to other watchlists."""

    predicate_type: Annotated[
        Literal["urn:threshold-bias-harness:projection:1"], Field(alias="predicateType")
    ]
    predicate: ProjectionPredicate


class WaiverStatement(_Statement):
    """A statement of waivers."""

    predicate_type: Annotated[Literal["urn:threshold-bias-harness:waivers:1"], Field(alias="predicateType")]
    predicate: WaiverPredicate


class MonitoringStatement(_Statement):
    """A statement about the state of a monitoring."""

    predicate_type: Annotated[
        Literal["urn:threshold-bias-harness:monitoring:1"], Field(alias="predicateType")
    ]
    predicate: MonitoringPredicate


Statement = EvaluationStatement | MonitoringStatement | ProjectionStatement | WaiverStatement

_KINDS: Mapping[str, type[Statement]] = {
    _EVALUATION: EvaluationStatement,
    _MONITORING: MonitoringStatement,
    _PROJECTION: ProjectionStatement,
    _WAIVERS: WaiverStatement,
}

SUBJECTS: Mapping[type, str] = MappingProxyType(
    {
        EvaluationStatement: "an evaluation",
        MonitoringStatement: "the state of a monitoring",
        ProjectionStatement: "a projection",
        WaiverStatement: "waivers",
    }
)
"""What a kind of statement is about, as it is told."""


def about_evaluation(evidence: Evidence, *, name: str, signed_on: date, version: str) -> EvaluationStatement:
    """Make the statement about an evaluation.

    Parameters
    ----------
    evidence : Evidence
        The evaluation, read.
    name : str
        Of its file.
    signed_on : date
    version : str
        Of this package.

    Raises
    ------
    InputError
        It names no matcher, or its scores have no digests, because they were no files.
    """
    if evidence.study.matcher is None:
        problem = (
            "names no matcher, so that no gate will use it: evaluate again with its name and version (matcher: {name, "
            "version}; --matcher, --matcher-version)"
        )
        raise InputError(problem, source=evidence.source)
    lacking = [score for score, digest in evidence.scores if digest is None]
    if lacking:
        problem = f"the scores {shown(lacking[0])} have no SHA-256: evaluate them from files, so that they can be named"
        raise InputError(problem, source=evidence.source)
    safe = evidence.safe_threshold(evidence.judged).index
    predicate = {
        "matcher": plain(evidence.study.matcher),
        "scores": [{"name": score, "sha256": digest} for score, digest in evidence.scores],
        "study_sha256": _digest_of(evidence.study.to_dict()),
        "policy_sha256": _digest_of(evidence.policy.to_dict()),
        "safe_threshold": None if safe is None else evidence.thresholds[safe],
        "signed_on": signed_on,
        "harness": version,
    }
    return EvaluationStatement.model_validate(_about(_EVALUATION, name, evidence.sha256, predicate))


def about_projection(
    projection: Projection, *, name: str, signed_on: date, version: str
) -> ProjectionStatement:
    """Make the statement about a projection; parameters are as those of `about_evaluation`."""
    predicate = {
        "evaluation_sha256": projection.shape.evaluation.sha256,
        "matcher": plain(projection.shape.matcher),
        "lists": list(projection.shape.lists),
        "signed_on": signed_on,
        "harness": version,
    }
    return ProjectionStatement.model_validate(_about(_PROJECTION, name, projection.sha256, predicate))


def about_waivers(
    waivers: tuple[Waiver, ...], *, name: str, sha256: str, signed_on: date, version: str
) -> WaiverStatement:
    """Make the statement of waivers; parameters are as those of `about_evaluation`, `sha256` that of their file."""
    predicate = {"waivers": waivers, "signed_on": signed_on, "harness": version}
    return WaiverStatement.model_validate(_about(_WAIVERS, name, sha256, predicate))


def about_monitoring(
    records: Sequence[MonitoringRecord], *, name: str, sha256: str, signed_on: date, version: str
) -> MonitoringStatement:
    """Make the statement about the state of a monitoring.

    Parameters
    ----------
    records : sequence of MonitoringRecord
        At least one.
    name, sha256, signed_on, version
        As for `about_evaluation`; `sha256` is that of the whole file.
    """
    last = records[-1]
    predicate = {
        "records": last.number,
        "evaluation_sha256": last.evaluation_sha256,
        "mapping_sha256": last.mapping_sha256,
        "outcome": last.summary.outcome,
        "signed_on": signed_on,
        "harness": version,
    }
    return MonitoringStatement.model_validate(_about(_MONITORING, name, sha256, predicate))


def records_signed(statement: MonitoringStatement, content: bytes) -> int:
    """Return how many records a state has; those signed are its first, as they were, whatever was appended since.

    Raises
    ------
    InputError
        They are not.
    """
    digests, signed = digests_of_lines(content), statement.predicate.records
    if len(digests) < signed:
        raise InputError(f"it has {len(digests):,} records, and {signed:,} were signed: the end was cut off")
    if digests[signed - 1] != statement.sha256:
        raise InputError(f"its first {signed:,} records are not those that were signed")
    return len(digests)


def require_about(statement: EvaluationStatement, evidence: Evidence) -> None:
    """Refuse a statement that says anything else of an evaluation than the evaluation does itself.

    Raises
    ------
    InputError
    """
    stated = statement.predicate
    true = about_evaluation(evidence, name=statement.name, signed_on=stated.signed_on, version=stated.harness)
    _require_equal(statement, true)


def require_about_projection(statement: ProjectionStatement, projection: Projection) -> None:
    """Refuse a statement that says anything else of a projection than the projection does itself.

    Raises
    ------
    InputError
    """
    stated = statement.predicate
    true = about_projection(
        projection, name=statement.name, signed_on=stated.signed_on, version=stated.harness
    )
    _require_equal(statement, true)


def _require_equal(statement: Statement, true: Statement) -> None:
    _, _, noun = SUBJECTS[type(statement)].partition(" ")
    if statement.sha256 != true.sha256:
        raise InputError(f"the signed {noun} has SHA-256 {statement.sha256}, this one {true.sha256}")
    for key in type(statement.predicate).model_fields:
        if getattr(statement.predicate, key) != getattr(true.predicate, key):
            raise InputError(f"its {key} is not that of the {noun}")


def payload_of(statement: Statement) -> bytes:
    """Return the bytes of a statement, the same for the same."""
    return _canonical(plain(statement))


def statement_in(payload: bytes, source: str) -> Statement:
    """Read a payload.

    Raises
    ------
    InputError
        It is not a statement of a known kind.
    """
    try:
        values = plain_json(payload)
        kind = values.get("predicateType") if isinstance(values, dict) else None
        if not isinstance(kind, str) or kind not in _KINDS:
            raise InputError(f"its predicate is {shown(kind)}, none of {', '.join(_KINDS)}")
        return _KINDS[kind].model_validate(values)
    except InputError as error:
        raise InputError(error.problem, source=source) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"is not a whole statement: {where}: {first['msg']}", source=source) from error
    except ValueError as error:
        raise InputError(f"is not a statement: {error}", source=source) from error


def _about(kind: str, name: str, sha256: str, predicate: Mapping[str, object]) -> dict[str, object]:
    subject = [{"name": name, "digest": {"sha256": sha256}}]
    return {"_type": _TYPE, "subject": subject, "predicateType": kind, "predicate": predicate}


def _digest_of(document: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(document)).hexdigest()


def _canonical(document: Mapping[str, object]) -> bytes:
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
