"""The JSON Schema of a config, for editors: the models', and what their validators ask for as far as it can say it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from harness.gate.deployment import Defaults, Deployment, EvidenceTerms, MatcherTerms

__all__ = ["json_schema"]

_NAME = {"type": "string", "minLength": 1}
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NOT_BLANK = r"\S"
_PATTERNS = {
    "sha256": "^[0-9a-f]{64}$",
    "evaluation": r"^(?!/)(?!(.*/)?\.\.(/|$))[^\\]*\S[^\\]*$",  # in the config's folder
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config.

    It refuses nothing that `harness check` takes. The reverse does not hold: a deployment need not have here what the
    defaults may give, and what one key says of another is not looked at.
    """
    written = Defaults.model_json_schema(ref_template="#/$defs/{model}", mode="validation")
    deployment = _described(Deployment, written)
    deployment["properties"]["axes"] |= {
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"anyOf": [_NAME, {"type": "array", "minItems": 1, "uniqueItems": True, "items": _NAME}]},
    }
    deployment["description"] = "Every key that `defaults` does not give is required here."
    parts = {
        part.__name__: _described(part, written["$defs"][part.__name__])
        for part in (MatcherTerms, EvidenceTerms)
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:harness:deployments:1",
        "title": "Deployments of a face matcher",
        "type": "object",
        "additionalProperties": False,
        "required": ["deployments"],
        "properties": {
            "defaults": {
                "description": "What every deployment has unless it says otherwise; a key that is given replaces the "
                "default's whole value.",
                "$ref": "#/$defs/Deployment",
            },
            "deployments": {
                "description": "One or more, by name.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"minLength": 1, "maxLength": 200, "pattern": _NOT_BLANK},
                "additionalProperties": {"$ref": "#/$defs/Deployment"},
            },
        },
        "$defs": {"Deployment": deployment, **parts},
    }


def _described(model: type[BaseModel], written: dict[str, Any]) -> dict[str, Any]:
    """Tell an editor of every key what the model's docstring says of it."""
    from docstring_parser import parse_from_object

    documented = parse_from_object(model)
    sentences = {
        name: parameter.description
        for parameter in documented.params
        for name in parameter.arg_name.split(", ")
    }
    properties: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        known = _tightened(written["properties"][key])
        if key in _PATTERNS:
            known = {"anyOf": [{"type": "string", "pattern": _PATTERNS[key]}, {"type": "null"}]}
        properties[key] = {"description": " ".join((sentences[name] or "").split()), **known}
    return {
        "description": documented.short_description,
        "type": "object",
        "additionalProperties": False,
        **({"required": written["required"]} if "required" in written else {}),
        "properties": properties,
    }


def _tightened(written: Any) -> Any:
    """Add to dates and texts what their validators ask for; leave out titles, which only repeat a key, and defaults."""
    if isinstance(written, list):
        return [_tightened(item) for item in written]
    if not isinstance(written, dict):
        return written
    kept = {key: _tightened(value) for key, value in written.items() if key not in ("title", "default")}
    if kept.get("format") == "date":
        kept["pattern"] = _DAY
    elif kept.get("maxLength") and "pattern" not in kept:
        kept["pattern"] = _NOT_BLANK
    return kept
