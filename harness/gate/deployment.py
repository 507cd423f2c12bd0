"""What a deployment config says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)

from harness.axes import Axes
from harness.documents import problem_at, shown

__all__ = ["Defaults", "Deployment", "DeploymentFile", "EvidenceTerms", "MatcherTerms", "json_schema"]

_LONGEST = 200


def _printable(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{shown(text)} is blank")
    if len(text) > _LONGEST:
        raise ValueError(f"{shown(text)} is longer than {_LONGEST} characters")
    if not text.isprintable():
        raise ValueError(f"{shown(text)} holds a character that cannot be printed")
    return text


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"{shown(value)} is not a date; write YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is not a date: {error}") from error


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{shown(text)} is not a SHA-256 digest: 64 digits of 0-9 and a-f")
    return text


def _inside(text: str) -> str:
    path = PurePosixPath(_printable(text))
    if path.is_absolute() or ".." in path.parts or "\\" in text:
        raise ValueError(
            f"{shown(text)} leads out of the config's folder; give --evaluation, and sha256 in the config"
        )
    return text


_Text = Annotated[str, AfterValidator(_printable), Field(min_length=1, max_length=_LONGEST)]
_Day = Annotated[date, BeforeValidator(_day)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class MatcherTerms(_Part):
    """The matcher that is deployed.

    Parameters
    ----------
    name, version : str
        Exactly as the evaluation's study names them; a version such as 1.10 is text, not a number.
    """

    name: _Text
    version: _Text


class EvidenceTerms(_Part):
    """The evaluation that a deployment rests on.

    Parameters
    ----------
    evaluation : str, optional
        Path of its ``evaluation.json``, from the config's folder and within it.
    sha256 : str, optional
        Digest of that file, in lower case.
    evaluated : date, optional
        The day of the evaluation, which itself states none.
    max_age_days : int, optional
        How many days after `evaluated` it serves.
    valid_until : date, optional
        The last day on which it serves.
    """

    evaluation: Annotated[str, AfterValidator(_inside)] | None = None
    sha256: Annotated[str, AfterValidator(_digest), Field(pattern="^[0-9a-f]{64}$")] | None = None
    evaluated: _Day | None = None
    max_age_days: Annotated[int, Field(ge=1, le=36_525)] | None = None
    valid_until: _Day | None = None

    @model_validator(mode="after")
    def _check_age(self) -> EvidenceTerms:
        if self.max_age_days is not None and self.evaluated is None:
            raise problem_at(("max_age_days",), "an age needs the day of the evaluation: give evaluated too")
        return self


class Deployment(_Part):
    """One deployment of a matcher.

    Parameters
    ----------
    matcher : MatcherTerms
        The matcher that is deployed.
    use_case : {"live", "retrospective", "operator-initiated", "verification"}
        The first three search a watchlist (1:N); verification compares two faces (1:1).
    threshold : float
        A comparison matches at this score or better.
    watchlist_size : int, optional
        The most references that are enrolled; needed by every use case but verification, which has none.
    axes : tuple of Axis
        The demographic axes in force, each an attribute or a list of attributes.
    owner : str
        Who answers for it.
    starts, until : date, optional
        First (written ``from``) and last day.
    evidence : EvidenceTerms
        The evaluation it rests on.
    criterion : {"shown", "not_detected"}
        What the evaluation's policy must ask for.
    max_ratio : float, optional
        The largest ratio of false match rates that the evaluation's policy may tolerate.
    min_confidence : float, optional
        The least confidence that its bounds may have.
    """

    matcher: MatcherTerms
    use_case: Literal["live", "retrospective", "operator-initiated", "verification"]
    threshold: float
    watchlist_size: Annotated[int, Field(ge=1)] | None = None
    axes: Axes
    owner: _Text
    starts: Annotated[_Day | None, Field(alias="from")] = None
    until: _Day | None = None
    evidence: EvidenceTerms = EvidenceTerms()
    criterion: Literal["shown", "not_detected"] = "shown"
    max_ratio: Annotated[float, Field(gt=1)] | None = None
    min_confidence: Annotated[float, Field(ge=0.5, lt=1)] | None = None

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Deployment:
        searches = self.use_case != "verification"
        if searches and self.watchlist_size is None:
            raise problem_at(("use_case",), f"{shown(self.use_case)} needs watchlist_size")
        if not searches and self.watchlist_size is not None:
            raise problem_at(("watchlist_size",), "verification has no watchlist")
        if self.starts is not None and self.until is not None and self.until < self.starts:
            raise problem_at(("until",), f"{self.until} is before {self.starts}, on which it starts")
        return self


def _optional_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, known in Deployment.model_fields.items():
        field = copy(known)
        field.default = None
        field.default_factory = None
        fields[name] = (known.annotation, field)
    return fields


Defaults = create_model(
    "Defaults",
    __base__=_Part,
    __doc__="What every deployment of a file has unless it says otherwise.",
    **_optional_fields(),
)


class DeploymentFile(_Part):
    """A file of deployments.

    Parameters
    ----------
    defaults : Defaults
        What every deployment has unless it says otherwise; a key that is given replaces the default's whole value.
    deployments : mapping of str to Deployment
        One or more, by name.
    """

    defaults: Annotated[Any, Field(description="What every deployment has unless it says otherwise.")] = None
    deployments: Annotated[Mapping[_Text, Deployment], Field(min_length=1)]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config, for editors.

    A deployment in it need not have what the defaults may give; `harness check` sees to that.
    """
    defaults = Defaults.model_json_schema(ref_template="#/$defs/{model}", mode="validation")
    definitions = {name: terms for name, terms in defaults.pop("$defs").items() if name != "Axis"}
    terms = {**defaults, "description": "Every key that `defaults` does not give is required here."}
    for known in defaults["properties"].values():
        known.pop("default", None)
    _as_written(defaults["properties"])
    terms["title"] = "Deployment"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Deployments of a face matcher",
        "type": "object",
        "additionalProperties": False,
        "required": ["deployments"],
        "properties": {
            "defaults": {"$ref": "#/$defs/Defaults"},
            "deployments": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"$ref": "#/$defs/Deployment"},
            },
        },
        "$defs": {**definitions, "Defaults": defaults, "Deployment": terms},
    }


def _as_written(properties: dict[str, Any]) -> None:
    name = {"type": "string", "minLength": 1}
    properties["axes"] = {
        "title": "Axes",
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [name, {"type": "array", "minItems": 1, "items": name}]},
    }
