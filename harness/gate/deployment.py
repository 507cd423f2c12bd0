"""A deployment config: its models, and the JSON Schema of them for editors."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from harness.config import MappingOf, StrictModel, problem_at, shown
from harness.study import Axes, require_whole

__all__ = [
    "MOST_DEPLOYMENTS",
    "Composition",
    "Day",
    "Defaults",
    "Deployment",
    "DeploymentFile",
    "Digest",
    "EvidenceTerms",
    "MatcherTerms",
    "Text",
    "UseCase",
    "a_day",
    "a_line",
    "json_schema",
]

MOST_DEPLOYMENTS = 1_000
"""In one file."""

_LONGEST = 200
_ROUNDED = 1e-6
"""How far shares that are written with few digits may be from adding up to 1."""


def a_line(longest: int) -> Callable[[str], str]:
    """Return what refuses a text that is blank, holds what cannot be printed, or is longer than that."""

    def checked(text: str) -> str:
        if not text.strip():
            raise ValueError(f"{shown(text)} is blank")
        if len(text) > longest:
            raise ValueError(f"{shown(text)} is longer than {longest} characters")
        if not text.isprintable():
            raise ValueError(f"{shown(text)} holds a character that cannot be printed")
        return text

    return checked


def a_day(value: object) -> object:
    """Return the date that a text such as 2026-06-01 states; a date is returned as it is.

    Raises
    ------
    ValueError
        It states none.
    """
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


Text = Annotated[
    str,
    AfterValidator(a_line(_LONGEST)),
    WithJsonSchema({"type": "string", "maxLength": _LONGEST, "minLength": 1, "pattern": r"\S"}),
]
Day = Annotated[
    date,
    BeforeValidator(a_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
Digest = Annotated[
    str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})
]
UseCase = Literal["live", "retrospective", "operator-initiated", "verification"]

_Counts = Annotated[MappingOf[Text, Annotated[int, Field(ge=0)]], Field(min_length=1)]

Composition = Annotated[MappingOf[Text, _Counts], Field(min_length=1)]

_Share = Annotated[float, Field(ge=0, le=1)]
_Limit = Annotated[float, Field(gt=0, lt=1)]
ByGroup = Annotated[
    MappingOf[Text, Annotated[MappingOf[Text, _Share], Field(min_length=1)]], Field(min_length=1)
]
"""By attribute and group, a share."""


def _form_of(value: object) -> str:
    return "by group" if isinstance(value, Mapping) else "of all"


_Prevalence = Annotated[
    Annotated[_Share, Tag("of all")] | Annotated[ByGroup, Tag("by group")], Discriminator(_form_of)
]

_OF_SEARCHES = ("max_fpir", "max_false_alerts_per_10000", "crowd", "prevalence", "max_share_false")

_a_path = a_line(200)
_RELATIVE = r"^(?!/)[^\\]*[^\\\s][^\\]*$"


def _relative(text: str) -> str:
    if "\\" in text:
        raise ValueError(f"{shown(text)} has a backslash; write / between the names of a path")
    if PurePosixPath(_a_path(text)).is_absolute():
        raise ValueError(
            f"{shown(text)} leads out of the config's folder; write the path from there, or give --evaluation, and "
            "sha256 in the config"
        )
    return text


_RelativePath = Annotated[
    str, AfterValidator(_relative), WithJsonSchema({"type": "string", "pattern": _RELATIVE})
]


class MatcherTerms(StrictModel):
    """The matcher that is deployed.

    Parameters
    ----------
    name, version : str
        Exactly as the evaluation's study names them; a version such as 1.10 is text, not a number.
    """

    name: Text
    version: Text


class EvidenceTerms(StrictModel):
    """The evaluation that a deployment rests on.

    Parameters
    ----------
    evaluation : str, optional
        Path of its ``evaluation.json``, or of the folder that holds it: from the config's folder and within it, or
        within the one that ``--evidence-root`` names.
    sha256 : str, optional
        Digest of that file, in lower case.
    evaluated : date, optional
        The day of the evaluation, which itself states none; not after the day on which it was signed.
    max_age_days : int, optional
        How many days it serves after `evaluated`, or else after the day on which it was signed.
    valid_until : date, optional
        The last day on which it serves.
    projection : str, optional
        Path of a ``projection.json`` that ``harness project`` made of the evaluation, as `evaluation` is written; it
        decides a watchlist that is not the one tested. By default the one beside the evaluation, if there is one.
    projection_sha256 : str, optional
        Digest of that file, in lower case.
    """

    evaluation: _RelativePath | None = None
    sha256: Digest | None = None
    evaluated: Day | None = None
    max_age_days: Annotated[int, Field(ge=1, le=36_525)] | None = None
    valid_until: Day | None = None
    projection: _RelativePath | None = None
    projection_sha256: Digest | None = None


class Deployment(StrictModel):
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
        References that are enrolled, from 90 % to 100 % of those that the evaluation tested; of another size a
        projection decides. Needed by every use case but verification, which has none.
    watchlist_composition : mapping of str to mapping of str to int, optional
        By attribute and group, how many of them there are of each group; an attribute's add up to all.
    composition_tolerance : float
        How far a group's share of the watchlist may be from the share that was tested, as a part of the latter; at
        most 0.2. Further off a projection decides.
    axes : tuple of Axis
        The demographic axes in force, each an attribute or a list of attributes.
    owner : str
        Person or role that answers for it.
    starts, until : date, optional
        First (written ``from``) and last day.
    evidence : EvidenceTerms
        The evaluation it rests on.
    criterion : {"shown", "not_detected"}
        Criterion that the evaluation's policy must have.
    max_ratio : float, optional
        The largest ratio of false match rates that the evaluation's policy may tolerate.
    min_confidence : float, optional
        The least confidence that its bounds may have.
    max_fpir : float, optional
        The share of searches of people who are not on the list that may raise an alert, in every group, by its upper
        bound. Live use needs this or `max_false_alerts_per_10000`.
    max_false_alerts_per_10000 : float, optional
        False alerts that 10,000 passers-by may raise, by the upper bounds: of the `crowd`, or else of any group alone.
    crowd : mapping of str to mapping of str to float, optional
        By attribute and group, the share of the passers-by; an attribute's add up to 1.
    prevalence : float, or mapping of str to mapping of str to float, optional
        The share of passers-by who are on the list: of all alike, or by attribute and group as the crowd has them.
    max_share_false : float, optional
        The share of alerts that may be false, by its upper bound; it needs `crowd` and `prevalence`, and an evaluation
        that knows who was returned.
    """

    matcher: MatcherTerms
    use_case: UseCase
    threshold: float
    watchlist_size: Annotated[int, Field(ge=1)] | None = None
    watchlist_composition: Composition | None = None
    composition_tolerance: Annotated[float, Field(ge=0, le=0.2)] = 0.05
    axes: Axes
    owner: Text
    starts: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None
    evidence: EvidenceTerms = EvidenceTerms()
    criterion: Literal["shown", "not_detected"] = "shown"
    max_ratio: Annotated[float, Field(gt=1)] | None = None
    min_confidence: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    max_fpir: _Limit | None = None
    max_false_alerts_per_10000: Annotated[float, Field(gt=0, lt=10_000)] | None = None
    crowd: ByGroup | None = None
    prevalence: _Prevalence | None = None
    max_share_false: _Limit | None = None

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        searches = self.use_case != "verification"
        if searches and self.watchlist_size is None:
            raise problem_at(("use_case",), f"{shown(self.use_case)} needs watchlist_size")
        if not searches and self.watchlist_size is not None:
            raise problem_at(("watchlist_size",), "verification has no watchlist")
        require_whole(self.watchlist_composition, self.watchlist_size)
        if self.starts is not None and self.until is not None and self.until < self.starts:
            raise problem_at(("until",), f"{self.until} is before {self.starts}, on which it starts")
        return self

    @model_validator(mode="after")
    def _check_the_crowd(self) -> Self:
        stated = [key for key in _OF_SEARCHES if getattr(self, key) is not None]
        if stated and self.use_case == "verification":
            raise problem_at((stated[0],), "verification searches no watchlist, and raises no alerts")
        for attribute, shares in (self.crowd or {}).items():
            if abs(math.fsum(shares.values()) - 1) > _ROUNDED:
                problem = (
                    f"the shares of {shown(attribute)} add up to {math.fsum(shares.values()):.6g}, not to 1"
                )
                raise problem_at(("crowd", attribute), problem)
        if self.max_share_false is not None and None in (self.crowd, self.prevalence):
            raise problem_at(("max_share_false",), "needs crowd and prevalence")
        if isinstance(self.prevalence, Mapping):
            _require_prevalence(self.prevalence, self.crowd or {})
        return self


def _require_prevalence(
    prevalence: Mapping[str, Mapping[str, float]], crowd: Mapping[str, Mapping[str, float]]
) -> None:
    """Refuse a prevalence by group unless its attributes and groups are those of the crowd."""
    if not crowd:
        raise problem_at(("prevalence",), "by group needs crowd")
    for attribute in crowd:
        if attribute not in prevalence:
            raise problem_at(("prevalence",), f"lacks {shown(attribute)}, by which the crowd is stated")
    for attribute, shares in prevalence.items():
        known = crowd.get(attribute, {})
        if set(shares) != set(known):
            other = sorted(set(shares) ^ set(known))[0]
            problem = f"{shown(other)} is in one of crowd.{attribute} and prevalence.{attribute}, not in both"
            raise problem_at(("prevalence", attribute), problem)


_OPTIONAL: dict[str, Any] = {
    name: (field.rebuild_annotation(), Field(default=None, alias=field.alias))
    for name, field in Deployment.model_fields.items()
}
Defaults = create_model("Defaults", __base__=StrictModel, **_OPTIONAL)
"""Terms that every deployment of a file has unless it says otherwise."""


class DeploymentFile(StrictModel):
    """A file of deployments.

    Parameters
    ----------
    defaults : Defaults
        Terms that every deployment has unless it says otherwise; a key that is given replaces the default's whole
        value.
    deployments : mapping of str to Deployment
        One or more, up to a thousand, by name.
    """

    defaults: Any = None
    deployments: Annotated[MappingOf[Text, Deployment], Field(min_length=1, max_length=MOST_DEPLOYMENTS)]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config.

    It refuses nothing that `harness check` takes. The reverse does not hold: a deployment need not have here what the
    defaults may give, and what one key says of another is not looked at.

    Examples
    --------
    >>> json_schema()["required"]
    ['deployments']
    """
    written = DeploymentFile.model_json_schema(schema_generator=_Writer)
    parts = written["$defs"]
    parts["Deployment"]["description"] = "Every key that `defaults` does not give is required here."
    del parts["Deployment"]["required"]
    written["properties"]["defaults"]["$ref"] = "#/$defs/Deployment"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:harness:deployments:1",
        "title": "Deployments of a face matcher",
        **{key: written[key] for key in ("type", "additionalProperties", "required", "properties")},
        "$defs": {name: parts[name] for name in ("Deployment", "MatcherTerms", "EvidenceTerms")},
    }


class _Writer(GenerateJsonSchema):
    """Writes models without titles and defaults, which an editor would show or write into a config."""

    def sort(self, value: Any, parent_key: str | None = None) -> Any:  # noqa: ARG002
        """Keep the order of the models' keys."""
        return value

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        """Leave the default out."""
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Leave the titles of keys out."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """Describe a model, and every key of it, by the model's docstring."""
        from docstring_parser import parse_from_object

        model = schema["cls"]
        documented = parse_from_object(model)
        sentences = {
            name: " ".join((parameter.description or "").split())
            for parameter in documented.params
            for name in parameter.arg_name.split(", ")
        }
        written = super().model_schema(schema)
        told = {field.alias or name: sentences[name] for name, field in model.model_fields.items()}
        return {
            "description": documented.short_description,
            "type": "object",
            "additionalProperties": False,
            **({"required": written["required"]} if "required" in written else {}),
            "properties": {
                key: {"description": told[key], **super(_Writer, self).sort(value)}
                for key, value in written["properties"].items()
            },
        }

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        """Ask of every key what its type asks; pydantic lets a key be that does not fit the pattern."""
        written = super().dict_schema(schema)
        for pattern, values in written.pop("patternProperties", {}).items():
            written["propertyNames"]["pattern"] = pattern
            written["additionalProperties"] = values
        return written
