"""What the harness reads of a YAML file is what other programs read of it: one of YAML 1.1, and one of JavaScript.

PyYAML is the reader of YAML 1.1. For the other, PyYAML's structure is resolved by the tables of the core schema of
YAML 1.2 (section 10.3.2), with the numbers of JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from harness.config import document_in
from harness.errors import InputError

SHIPPED = Path(__file__).parents[2] / "data_synthetic"

WORDS = [
    "a",
    "b c",
    "é",
    "a:b",
    "a#b",
    "-a",
    "?a",
    ":a",
    "x]",
    "a:",
    "a?",
    "-",
    "?",
    ":",
    "=",
    "<<",
    "nan",
    "1.2.3",
    ".",
    "v1",
]
VALUES = [
    "~",
    "null",
    "true",
    "True",
    "yes",
    "No",
    "on",
    "y",
    "0",
    "-1",
    "+1",
    "1.5",
    ".5",
    "5.",
    "-.5",
    "0.60",
    "1.0e-4",
]
VALUES += [
    "1e5",
    "1e-4",
    "1.5e3",
    "0600",
    "08",
    "00.5",
    "0o14",
    "0x1F",
    "0b1",
    "1_000",
    "1:30",
    "1:75",
    "12:30:45.5",
]
VALUES += ["9007199254740993", "2026-01-01", "2001-12-14 21:59:43", "1__0", "1,000", "._1"]
QUOTED = [
    "''",
    '""',
    "'q'",
    '"d\\n"',
    '"\\u00e9\\t"',
    "'it''s'",
    "'a\n  b'",
    '"a\n\n  b"',
    '"a\\\n  b"',
    "'yes'",
    '"0600"',
]
BLOCKS = [
    "|\n  x\n  y\n",
    ">\n  x\n\n  y\n",
    "|-\n x\n",
    "|+\n x\n\n",
    ">-\n  x\n  y",
    "a\n  b",
    "- a\n",
    "\n  - a\n  - - b\n",
]
BLANKS = [
    "",
    "",
    " ",
    " ",
    "  ",
    "\n  ",
    "\r\n  ",
    "\t",
    "\r",
    "\u00a0",
    "\u3000",
    "\u0085",
    "\u2028",
    "\u2029",
    "\ufeff",
    " # c\n  ",
]
KEYS = [
    "a",
    "b",
    "c",
    "k k",
    "'q'",
    '"d"',
    "yes",
    "1",
    "0x1",
    "2026-01-01",
    "a#",
    "~",
    "",
    "-k",
    "?k",
    ":k",
    "? k",
]

scalars = st.sampled_from([*WORDS, *VALUES, *QUOTED])
blanks = st.sampled_from(BLANKS)


def flow_list(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    spaced = st.tuples(blanks, items, blanks).map("".join)
    return st.tuples(st.lists(spaced, max_size=3).map(",".join), st.sampled_from(["", ","])).map(
        lambda parts: f"[{''.join(parts)}]"
    )


def flow_mapping(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    colons = st.sampled_from([":", ": ", " : ", ""])
    pair = st.tuples(blanks, st.sampled_from(KEYS), colons, blanks, items, blanks).map("".join)
    return st.lists(pair, max_size=3).map(lambda pairs: f"{{{','.join(pairs)}}}")


flows = st.recursive(scalars, lambda items: flow_list(items) | flow_mapping(items), max_leaves=5)
ends = st.sampled_from(["\n", "\n", "\n", " \n", " # c\n", "# c\n", "\t\n", "\r\n", ""])
lines = st.tuples(
    st.sampled_from(["", "", "", "  "]),
    st.sampled_from(KEYS),
    st.sampled_from([": ", ": ", ":", ":  ", ":\n  ", ":\t"]),
    scalars | flows | st.sampled_from(BLOCKS),
    ends,
).map("".join)
texts = st.tuples(
    st.sampled_from(["", "", "---\n"]), st.lists(lines, min_size=1, max_size=4).map("".join)
).map("".join)

CORE_SCHEMA: list[tuple[str, Callable[[str], object]]] = [
    (r"null|Null|NULL|~|", lambda _: None),
    (r"true|True|TRUE", lambda _: True),
    (r"false|False|FALSE", lambda _: False),
    (r"[-+]?[0-9]+", float),
    (r"0o[0-7]+", lambda text: float(int(text, 8))),
    (r"0x[0-9a-fA-F]+", lambda text: float(int(text, 16))),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", float),
    (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", lambda text: float(text.replace(".", ""))),
]


def by_yaml_1_1(text: str) -> object:
    return dates_as_text(yaml.safe_load(text))


def dates_as_text(value: object) -> object:
    if isinstance(value, dict):
        return {dates_as_text(key): dates_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [dates_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def by_the_core_schema(node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return {by_the_core_schema(key): by_the_core_schema(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [by_the_core_schema(item) for item in node.value]
    forms = CORE_SCHEMA if node.style is None else []
    return next((read(node.value) for form, read in forms if re.fullmatch(form, node.value)), node.value)


def as_in_javascript(value: object) -> object:
    if isinstance(value, dict):
        return {as_in_javascript(key): as_in_javascript(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_in_javascript(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def read(text: str) -> object:
    return document_in(text.encode(), "a.yaml").value


def require_read_alike(text: str) -> bool:
    """Whether the harness reads it; that what other readers make of it differs is an error."""
    try:
        ours = read(text)
    except InputError:
        return False
    try:
        theirs, node = by_yaml_1_1(text), yaml.compose(text, yaml.SafeLoader)
    except (
        yaml.YAMLError,
        ValueError,
    ):  # they refuse some that are right, such as ? in flow style, and 2026-13-01
        return True
    assert repr(theirs) == repr(ours)
    assert repr(by_the_core_schema(node)) == repr(as_in_javascript(ours))
    return True


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(texts)
def test_what_is_read_is_what_other_readers_read(text: str) -> None:
    event("read" if require_read_alike(text) else "refused")


@pytest.mark.exhaustive
@settings(max_examples=5_000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(texts)
def test_what_is_read_is_what_other_readers_read_in_many_more(text: str) -> None:
    require_read_alike(text)


@pytest.mark.parametrize("value", [*WORDS, *VALUES, *QUOTED])
@pytest.mark.parametrize(
    "text", ["a: {}\n", "a: [{}]\n", "a: [ {} , b]\n", "a: {{b: {}}}\n", "{}: a\n", "a:\n- {}\n"]
)
def test_every_scalar_is_read_alike_wherever_it_stands(text: str, value: str) -> None:
    require_read_alike(text.format(value))


@pytest.mark.parametrize("blank", sorted(set(BLANKS)), ids=ascii)
@pytest.mark.parametrize(
    "text",
    ["a: {{b: 1,{} c: 2}}\n", "a: [b,{} c]\n", "a: {{b:{}1}}\n", "a:{}b\n", "a: b{}\n", "a: b{}c: d\n"],
)
def test_every_blank_is_read_alike_wherever_it_stands(text: str, blank: str) -> None:
    require_read_alike(text.format(blank))


def test_a_blank_line_after_an_escaped_line_break_is_not_read() -> None:
    """PyYAML keeps the line break and js-yaml does not; of two lines they make the same."""
    assert read('a: "b\\\n  c"\n') == read('a: "b\\\r\n  c"\n') == {"a": "bc"}
    assert read('a: "b\\\\\n\n  c"\n') == {"a": "b\\\nc"}
    with pytest.raises(InputError, match="a blank line after"):
        read('a: "b\\\\\\\r\n  \r\n  c"\n')


def test_the_readers_do_differ_on_what_is_refused() -> None:
    """So that the tests above can fail."""
    assert by_yaml_1_1("a: 0600\n") == {"a": 384}
    assert by_the_core_schema(yaml.compose("a: 0600\n")) == {"a": 600.0}
    assert by_yaml_1_1("a: {b: 1,\u2028 c: 2}\n") == {"a": {"b": 1, "c": 2}}
    assert by_yaml_1_1("a: {b: 1, # d\u2028 c: 2\n}\n") == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.name)
def test_the_shipped_documents_are_read_alike(path: Path) -> None:
    assert require_read_alike(path.read_text("utf-8"))
