"""The JSON Schema of a config, for editors: the parts', and what their checks ask for as far as it can say it."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from harness.config import Part, fields_of
from harness.gate.deployment import MOST_DEPLOYMENTS, Deployment, EvidenceTerms, MatcherTerms

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config.

    It refuses nothing that `harness check` takes. The reverse does not hold: a deployment need not have here what the
    defaults may give, and what one key says of another is not looked at.
    """
    deployment = _described(Deployment)
    deployment["description"] = "Every key that `defaults` does not give is required here."
    del deployment["required"]
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
                "maxProperties": MOST_DEPLOYMENTS,
                "propertyNames": {"minLength": 1, "maxLength": 200, "pattern": r"\S"},
                "additionalProperties": {"$ref": "#/$defs/Deployment"},
            },
        },
        "$defs": {
            "Deployment": deployment,
            **{part.__name__: _described(part) for part in (MatcherTerms, EvidenceTerms)},
        },
    }


def _described(part: type[Part]) -> dict[str, Any]:
    """Tell an editor of every key what the part's docstring says of it."""
    from docstring_parser import parse_from_object

    documented = parse_from_object(part)
    sentences = {
        name: parameter.description
        for parameter in documented.params
        for name in parameter.arg_name.split(", ")
    }
    fields, writer = fields_of(part), _Writer()
    required = [field.key for field in fields.values() if field.required]
    return {
        "description": documented.short_description,
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {
            field.key: {
                "description": " ".join((sentences[name] or "").split()),
                **writer.sort(writer.generate_inner(field.schema)),
            }
            for name, field in fields.items()
        },
    }


class _Writer(GenerateJsonSchema):
    """Writes the JSON Schema of a field by what validates it."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        """Leave defaults out, which an editor would write into a config."""
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """Refer to a part, which is written by itself."""
        return {"$ref": f"#/$defs/{schema['cls'].__name__}"}

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        """Ask of every key what its type asks; pydantic lets a key be that does not fit the pattern."""
        written = super().dict_schema(schema)
        for pattern, values in written.pop("patternProperties", {}).items():
            written["propertyNames"]["pattern"] = pattern
            written["additionalProperties"] = values
        return written

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> dict[str, Any]:  # noqa: ARG002
        """Leave what an axis may be to the mark that makes it."""
        return {}
