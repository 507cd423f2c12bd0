"""Directives that write reference pages from the code itself: commands, rules, keys of files, figures."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from docstring_parser import parse
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from harness.cli.app import COMMANDS
from harness.cli.grammar import application
from harness.config import StrictModel, model_in
from harness.gate import Rule
from harness.gate.findings import EXPLAINED
from harness.gate.waivers import WAIVABLE


class FromMarkdown(SphinxDirective):
    """A directive whose content is Markdown made from code."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of Markdown."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Parse them in place."""
        return self.parse_text_to_nodes("\n".join(self.lines()))


class Command(FromMarkdown):
    """What ``--help`` says of a command, and the rest of its docstring."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """Yield the usage, the summary, what follows it, and every parameter."""
        name = self.arguments[0]
        every = application(COMMANDS).generate_docs(output_format="markdown")
        of_command = re.search(rf"^## harness {name}\n(.*?)(?=^## |\Z)", every, re.MULTILINE | re.DOTALL)
        if of_command is None:
            raise self.error(f"there is no command {name}")
        function = getattr(import_module(f"harness.cli.{name}"), name)
        described = parse(inspect.getdoc(function) or "").long_description
        usage, parameters, rest = of_command[1].partition("**Parameters**")
        yield from usage.splitlines()
        yield from ("", described.replace("``", "`"), "") if described else ()
        yield from (parameters + rest).splitlines()


class Rules(FromMarkdown):
    """Every rule of the gate: what it means, what to do, and whether it can be waived."""

    def lines(self) -> Iterator[str]:
        """Yield a definition for each rule."""
        for rule in Rule:
            told = EXPLAINED[rule]
            waivable = " Can be waived." if rule in WAIVABLE else ""
            yield from (f"(rule-{rule})=", f"`{rule}`", f": **{told.title}.** {told.meaning}")
            yield from (f"  *What to do:* {told.remedy}{waivable}", "")


class Keys(FromMarkdown):
    """The keys of a file, from the docstring of the model that reads it: ``module:Model``."""

    required_arguments = 1

    def lines(self) -> Iterator[str]:
        """Yield a definition for each key."""
        module, _, name = self.arguments[0].partition(":")
        model = getattr(import_module(module), name)
        keys = {name: field.alias or name for name, field in model.model_fields.items()}
        for parameter in parse(inspect.getdoc(model) or "").params:
            for field in parameter.arg_name.split(", "):
                kind = f" ({parameter.type_name})" if parameter.type_name else ""
                yield from (f"`{keys.get(field, field)}`{kind}", f": {_text(parameter.description)}", "")


class Shape(FromMarkdown):
    """Every key of ``evaluation.json``, nested, from the model that the gate reads it by."""

    def lines(self) -> Iterator[str]:
        """Yield a bullet for each key."""
        from harness.gate.evaluation_file import EvaluationShape

        yield from _bullets(EvaluationShape, 0)


class Figure(SphinxDirective):
    """A figure of a shipped synthetic world, with its own words as alternative text."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"world": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Show the figure, with the directive's content as its caption."""
        name, folder = self.arguments[0], f"_generated/{self.options.get('world', 'vanishing')}"
        told = json.loads((Path(self.env.srcdir) / folder / "alt_texts.json").read_text(encoding="utf-8"))
        image = nodes.image(uri=f"/{folder}/{name}.svg", alt=told[name]["alt_text"])
        figure = nodes.figure("", image)
        if self.content:
            caption = nodes.caption()
            caption += self.parse_inline(" ".join(self.content))[0]
            figure += caption
        return [figure]


def _text(description: str | None) -> str:
    text = " ".join((description or "").replace("``", "`").split())
    return text or "No more to say."


def _bullets(model: type[StrictModel], depth: int) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = model_in(field.annotation)
        kind = "" if inner else f": {_kind(field.annotation)}"
        yield f"{'  ' * depth}- `{field.alias or name}`{kind}"
        if inner:
            yield from _bullets(inner, depth + 1)


_PLAIN = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}


_CONSTRAINTS = re.compile(r", FieldInfo\(.*?metadata=\[[^\]]*\]\)")


def _kind(annotation: Any) -> str:
    text = _CONSTRAINTS.sub("", str(annotation))
    if literals := re.findall(r"Literal\[([^\]]*)\]", text):
        choices = literals[0].replace("'", "`")
        if "inf" not in choices:
            return choices
    listed = "list of " if text.startswith(("list", "typing.Annotated[list")) else ""
    mapped = "mapping to " if "Mapping" in text or text.startswith("dict") else ""
    found = [
        word for key, word in _PLAIN.items() if re.search(rf"\b{key}\b", text.replace("Mapping[str", ""))
    ]
    bounded = ["`inf`"] if "inf" in text else []
    missing = ["null"] if re.search(r"\bNone|\bOptional\b", text) else []
    return f"{listed}{mapped}{', '.join([*found[:1], *bounded, *missing]) or 'values'}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name, directive in {
        "harness-command": Command,
        "harness-rules": Rules,
        "harness-keys": Keys,
        "harness-shape": Shape,
        "harness-figure": Figure,
    }.items():
        app.add_directive(name, directive)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
