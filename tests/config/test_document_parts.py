"""A part of a document is declared once; it refuses what pydantic's own model of the same shape refuses."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from collections.abc import Mapping
from datetime import date
from subprocess import run
from typing import Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import ValidationError

from harness.config import (
    After,
    Before,
    Key,
    Limits,
    Part,
    default_from,
    fields_of,
    part_in,
    plain,
    problem_at,
    validated,
)


def as_day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{text!r} is blank")
    return text


def as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Inner(Part):
    name: Annotated[str, After(not_blank)]
    share: Annotated[float, Limits(gt=0, lt=1)] | None = None

    @classmethod
    def spelled_out(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class Outer(Part):
    inner: Inner
    others: Mapping[str, Inner] = default_from(lambda _: {})
    kind: Literal["a", "b"] = "a"
    count: Annotated[int, Limits(ge=1)] = 1
    texts: Annotated[tuple[str, ...], Before(as_tuple), Limits(max_length=2)] = ()
    numbers: Annotated[list[float | Literal["inf"] | None], Limits(min_length=1)] | None = None
    starts: Annotated[Annotated[date, Before(as_day)] | None, Key("from")] = None
    flag: bool = False
    doubled: int = default_from(lambda valid: 2 * valid.get("count", 0))

    def check_as_a_whole(self) -> None:
        if self.flag and self.count == 2:
            raise problem_at(("count",), "2 does not go with flag")


STRICT = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class PydanticInner(pydantic.BaseModel):
    model_config = STRICT

    name: Annotated[str, pydantic.AfterValidator(not_blank)]
    share: Annotated[float, pydantic.Field(gt=0, lt=1)] | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class PydanticOuter(pydantic.BaseModel):
    model_config = STRICT

    inner: PydanticInner
    others: Annotated[Mapping[str, PydanticInner], pydantic.FailFast()] = pydantic.Field(
        default_factory=lambda _: {}
    )
    kind: Literal["a", "b"] = "a"
    count: Annotated[int, pydantic.Field(ge=1)] = 1
    texts: Annotated[
        tuple[str, ...], pydantic.FailFast(), pydantic.BeforeValidator(as_tuple), pydantic.Field(max_length=2)
    ] = ()
    numbers: (
        Annotated[list[float | Literal["inf"] | None], pydantic.Field(fail_fast=True, min_length=1)] | None
    ) = None
    starts: Annotated[
        Annotated[date, pydantic.BeforeValidator(as_day)] | None, pydantic.Field(alias="from")
    ] = None
    flag: bool = False
    doubled: int = pydantic.Field(default_factory=lambda valid: 2 * valid.get("count", 0))

    @pydantic.model_validator(mode="after")
    def _check(self) -> PydanticOuter:
        if self.flag and self.count == 2:
            raise problem_at(("count",), "2 does not go with flag")
        return self


FULL: dict[str, Any] = {
    "inner": {"name": "a", "share": 0.5},
    "others": {"x": {"name": "b"}, "y": "c"},
    "kind": "b",
    "count": 3,
    "texts": ["p", "q"],
    "numbers": [1, 0.5, "inf", None],
    "from": "2026-06-01",
    "flag": True,
    "doubled": 7,
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.floats(-1, 2) | st.sampled_from([float("nan"), float("inf")]),
    st.sampled_from(["", "a", "inf", "1", "2026-06-01"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "share", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)


def outcome(make: Any, value: object) -> object:
    """The values by name, or what is wrong where."""
    try:
        return ("made", written(make(value)))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return [(e["type"], e["loc"], e["msg"].replace("Pydantic", "")) for e in found]


def written(value: Any) -> Any:
    if isinstance(value, Part | pydantic.BaseModel):
        return {name: written(item) for name, item in vars(value).items()}
    if isinstance(value, Mapping):
        return {key: written(item) for key, item in value.items()}
    return type(value)(map(written, value)) if isinstance(value, list | tuple) else (type(value), value)


def same(value: object) -> None:
    ours = outcome(lambda given: validated(Outer, given), value)
    theirs = outcome(PydanticOuter.model_validate, value)
    assert repr(ours) == repr(theirs)


@given(st.sampled_from([*FULL, "unknown", "starts"]), VALUES)
def test_a_value_changed_is_taken_or_refused_as_pydantic_does(key: str, value: object) -> None:
    same({**FULL, key: value})


@given(st.dictionaries(st.sampled_from([*FULL, "unknown"]), VALUES))
def test_any_mapping_is_taken_or_refused_as_pydantic_does(value: dict[str, object]) -> None:
    same(value)


@pytest.mark.parametrize(
    "value", [FULL, {}, None, [], "a", {"inner": "a"}, {"inner": {"name": " "}}, {**FULL, "count": 2}]
)
def test_whole_documents_are_taken_or_refused_as_pydantic_does(value: object) -> None:
    same(value)


class TestAPart:
    def test_is_made_with_keywords_and_validated(self) -> None:
        outer = Outer(inner=Inner(name="a"), count=2)
        assert (outer.inner.name, outer.kind, outer.doubled) == ("a", "a", 4)
        assert repr(outer.inner) == "Inner(name='a', share=None)"
        with pytest.raises(ValueError, match="blank"):
            Inner(name=" ")
        with pytest.raises(ValidationError, match="extra_forbidden"):
            Inner(name="a", nmae="b")  # type: ignore[call-arg]

    def test_is_equal_to_its_like_and_to_nothing_else(self) -> None:
        assert Inner(name="a") == validated(Inner, "a")
        assert hash(Inner(name="a")) == hash(validated(Inner, {"name": "a"}))
        assert Inner(name="a") != Inner(name="b")
        assert Inner(name="a") != {"name": "a", "share": None}

    def test_cannot_be_changed(self) -> None:
        inner = Inner(name="a")
        with pytest.raises(AttributeError, match=r"^Inner is frozen: name cannot be set$"):
            inner.name = "b"  # type: ignore[misc]
        with pytest.raises(AttributeError, match=r"^Inner is frozen: name cannot be deleted$"):
            del inner.name
        assert inner.name == "a"

    def test_can_be_copied_and_sent_to_a_worker(self) -> None:
        outer = validated(Outer, FULL)
        assert pickle.loads(pickle.dumps(outer)) == copy.deepcopy(outer) == outer

    def test_is_written_as_it_was_read(self) -> None:
        told = plain(validated(Outer, FULL))
        assert told == {
            **FULL,
            "others": {"x": {"name": "b", "share": None}, "y": {"name": "c", "share": None}},
        }
        assert validated(Outer, json.loads(json.dumps(told))) == validated(Outer, FULL)

    def test_knows_its_keys(self) -> None:
        fields = fields_of(Outer)
        assert [field.key for field in fields.values()] == list(FULL)
        assert [name for name, field in fields.items() if field.required] == ["inner"]
        assert part_in(fields["others"].annotation) is part_in(fields["inner"].annotation) is Inner
        assert part_in(fields["numbers"].annotation) is None


class OfSets(Part):
    names: set[str]


def test_what_no_document_holds_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="no document holds that"):
        fields_of(OfSets)


def test_reading_a_study_and_a_policy_imports_no_pydantic() -> None:
    program = (
        "import sys; from harness.study import Policy; from harness.study import load_study; Policy();"
        "load_study({'matcher': {'name': 'a', 'version': '1'}, 'groups': {'sex': 'sex'}});"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert run([sys.executable, "-c", program], check=False).returncode == 0
