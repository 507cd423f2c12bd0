"""A projection that is not whole, or means harm, is refused in one line that says where."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import re
from typing import Any

import pytest

from harness.config import plain as plain_values
from harness.errors import InputError
from harness.gate.projection_file import ProjectionShape, read_projection
from harness.gate.strict_json import MAX_VALUES

WHOLE: dict[str, Any] = {
    "schema": 1,
    "evaluation": {"sha256": "a" * 64},
    "matcher": {"name": "A", "version": "1"},
    "confidence": 0.95,
    "thresholds": [0.5, 0.6],
    "lists": {
        "small": {
            "method": "rarefied",
            "size": 100,
            "composition": {"sex": {"F": 40, "M": 60}},
            "axes": {
                "sex": {
                    "groups": ["F", "M"],
                    "estimate": [[0.1, 0.05], [0.1, 0.06]],
                    "lower": [[0.05, 0.01], [0.05, 0.01]],
                    "upper": [[0.2, 0.1], [0.2, None]],
                    "ratio": [1.0, 1.2],
                    "ratio_lower": [0.5, 0.6],
                    "ratio_upper": [1.4, None],
                }
            },
            "safe": 0.5,
        }
    },
}


def read(document: object) -> ProjectionShape:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_projection(content, "projection.json")


def changed(*path: Any, to: object) -> dict[str, Any]:
    """The whole one with another value at a path; ellipsis stands for the one list, and its one axis."""
    document = copy.deepcopy(WHOLE)
    *way, last = path
    at: Any = document
    for step in way:
        at = next(iter(at.values())) if step is ... else at[step]
    at[last] = to
    return document


def without(*path: Any) -> dict[str, Any]:
    document = changed(*path, to=None)
    at: Any = document
    for step in path[:-1]:
        at = next(iter(at.values())) if step is ... else at[step]
    del at[path[-1]]
    return document


AXIS = ("lists", ..., "axes", ...)


def test_what_is_written_by_the_model_is_read_as_it_was() -> None:
    shape = read(WHOLE)
    assert plain_values(shape) == WHOLE
    assert read(plain_values(shape)) == shape


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "EOF while parsing"),
        (b"[]", "schema is null, not 1"),
        (b"null", "schema is null, not 1"),
        (b"\xff\xfe", "expected value"),
        (b'{"schema": 1, "schema": 1}', 'Detected duplicate key "schema"'),
        (b'{"schema": NaN}', "expected value"),
        (b'{"schema": 1, "confidence": Infinity}', "expected value"),
        (b"[" * 100_000, "recursion limit"),
        (b"[" + b"1," * MAX_VALUES + b"1]", f"more than {MAX_VALUES:,} values"),
        (changed("schema", to=2), "schema is 2, not 1; project again"),
        (changed("schema", to=True), "schema is true, not 1"),
        (changed("schema", to=1.0), "schema is 1.0, not 1"),
        (changed("schema", to="1"), "schema is '1', not 1"),
        (changed("more", to=1), "more: Extra inputs are not permitted"),
        (without("thresholds"), "thresholds: Field required"),
        (changed("evaluation", "sha256", to="A" * 64), "evaluation.sha256: Value error"),
        (changed("confidence", to=1), "confidence: Input should be less than 1"),
        (changed("confidence", to="0.95"), "confidence: Input should be a valid number"),
        (changed("thresholds", to=[]), "thresholds: List should have at least 1 item"),
        (changed("thresholds", to=[0.5, 0.5]), "do not go from the most lenient"),
        (changed("lists", to={}), "lists: Dictionary should have at least 1 item"),
        (changed("lists", " ", to=WHOLE["lists"]["small"]), "' ' is blank"),
        (changed("lists", ..., "method", to="guessed"), "method: Input should be"),
        (changed("lists", ..., "size", to=0), "size: Input should be greater than or equal to 1"),
        (changed("lists", ..., "size", to=99), "composition.'sex': adds up to 100, not to size, 99"),
        (changed("lists", ..., "size", to=100.0), "size: Input should be a valid integer"),
        (changed("lists", ..., "size", to=2**60), "size: Input should be less than"),
        (changed("lists", ..., "composition", to={}), "composition"),
        (changed("lists", ..., "composition", "sex", "F", to=-1), "composition"),
        (changed("lists", ..., "axes", to={}), "axes"),
        (changed("lists", ..., "safe", to=0.55), "lists.'small'.safe: was not evaluated"),
        (without("lists", ..., "safe"), "safe: Field required"),
        (changed(*AXIS, "groups", to=["F", "F"]), "a group is repeated"),
        (changed(*AXIS, "groups", to=["F"]), "estimate: has 2 groups, not 1"),
        (changed(*AXIS, "upper", to=[[0.2, 0.1]]), "upper: has 1 groups, not 2"),
        (changed(*AXIS, "upper", 1, to=[0.2]), "upper of 'M': has 1 values for 2 thresholds"),
        (changed(*AXIS, "ratio_upper", to=[1.4]), "ratio_upper: has 1 values for 2 thresholds"),
        (changed(*AXIS, "upper", 0, 0, to=1.5), "Input should be less than or equal to 1"),
        (changed(*AXIS, "lower", 0, 0, to=-0.1), "Input should be greater than or equal to 0"),
        (changed(*AXIS, "ratio_upper", 0, to="inf"), "Input should be a valid number"),
        (changed(*AXIS, "ratio_upper", 0, to=-1), "Input should be greater than or equal to 0"),
        (changed(*AXIS, "upper", 0, 0, to=0.09), "a rate of 'F' lies outside its bounds"),
        (changed(*AXIS, "lower", 0, 0, to=0.11), "a rate of 'F' lies outside its bounds"),
        (changed(*AXIS, "ratio_lower", 0, to=1.1), "a ratio lies outside its bounds"),
        (changed(*AXIS, "ratio_upper", 0, to=0.9), "a ratio lies outside its bounds"),
        (changed(*AXIS, "estimate", 0, 0, to=0.06), "ratio_upper: two estimates are further apart than it says"),
    ],
    ids=lambda value: str(value)[-40:],
)  # fmt: skip
def test_what_is_not_whole_is_refused(document: object, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)) as refused:
        read(document)
    assert str(refused.value).startswith("projection.json: ")
    assert "\n" not in str(refused.value)


def test_a_ratio_over_a_rate_of_zero_has_no_bound() -> None:
    document = changed(*AXIS, "estimate", 0, 0, to=0.0)
    document["lists"]["small"]["axes"]["sex"]["lower"][0][0] = 0.0
    document["lists"]["small"]["axes"]["sex"]["ratio"][0] = None
    with pytest.raises(InputError, match="two estimates are further apart"):
        read(document)
    document["lists"]["small"]["axes"]["sex"]["ratio_upper"][0] = None
    assert read(document).lists["small"].axes["sex"].ratio_upper == [None, None]


def test_thresholds_of_distances_fall() -> None:
    document = changed("thresholds", to=[0.6, 0.5])
    assert read(document).thresholds == [0.6, 0.5]


def test_no_change_of_a_byte_is_an_error_of_the_reader() -> None:
    content = json.dumps(WHOLE).encode()
    chance = random.Random(20260601)
    for _ in range(1500):
        index = chance.randrange(len(content))
        other = bytes([chance.randrange(256)])
        with contextlib.suppress(InputError):
            read(content[:index] + other + content[index + 1 :])
