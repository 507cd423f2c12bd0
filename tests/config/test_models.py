"""Documents that are fitted to models; and models themselves: strict, frozen, equal to their like."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from harness.config import (
    Document,
    ListOf,
    MappingOf,
    StrictModel,
    TupleOf,
    load,
    plain,
    problem_at,
    validate,
    with_options,
)
from harness.errors import InputError
from tests.config.test_documents import read_text


class Inner(StrictModel):
    column: str = "c"
    better: Literal["higher", "lower"] = "higher"


class Outer(StrictModel):
    name: str
    score: Inner = Inner()
    scores: dict[str, Inner] = Field(default_factory=dict)
    share: Annotated[float, Field(gt=0, le=0.5)] | None = None
    count: Annotated[int, Field(ge=1, lt=10)] = 1
    flag: bool = False
    factor: float = 0.5

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.flag and self.count == 2:
            raise problem_at(("count",), "{2} does not go with flag")
        return self


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name: a\nscore:\n  better: upper\n", "3:11: score.better: 'upper' is not 'higher' or 'lower'"),
        ("name: a\nscore:\n  bettr: lower\n", "3:3: score: unknown key 'bettr'; did you mean 'better'?"),
        ("name: a\nscore:\n  x: 1\n", "3:3: score: unknown key 'x'; known keys: column, better"),
        ("name: a\nscores:\n  s: {colunm: x}", "3:7: scores.s: unknown key 'colunm'; did you mean 'column'?"),
        (
            "name: a\nscores: {column: {bettr: x}}",
            "2:19: scores.column: unknown key 'bettr'; did you mean 'better'?",
        ),
        ("name: a\nnaem: b\n", "2:1: unknown key 'naem'; did you mean 'name'?"),
        ("share: 0.1\n", "1:1: missing key 'name'"),
        ("\n# all\n\nshare: 0.1\n", "4:1: missing key 'name'"),
        ("naem: a\n", "1:1: unknown key 'naem'; did you mean 'name'? (and 1 more problem)"),
        ("name: 1.10\n", "1:7: name: 1.10 is not text; put it in quotes"),
        ("name: 1.0e+1\n", "1:7: name: 1.0e+1 is not text; put it in quotes"),
        ("name: true\n", "1:7: name: true is not text; put it in quotes"),
        ("name:\n\nflag: true\n", "1:1: name: null is not text"),
        ("name: [a]\n", "1:7: name: ['a'] is not text"),
        ("name: {a: b}\n", "1:7: name: a mapping is not text"),
        ("name: a\nflag: 1\n", "2:7: flag: 1 is not true or false"),
        ("name: a\nflag: 'yes'\n", "2:7: flag: 'yes' is not true or false"),
        ("name: a\nshare: '0.1'\n", "2:8: share: '0.1' is not a number"),
        ("name: a\nshare: true\n", "2:8: share: true is not a number"),
        ("name: a\nshare: 0\n", "2:8: share: 0 is not greater than 0"),
        ("name: a\nshare: 0.51\n", "2:8: share: 0.51 is greater than 0.5"),
        ("name: a\ncount: 1.0\n", "2:8: count: 1.0 is not a whole number"),
        ("name: a\ncount: 0\n", "2:8: count: 0 is less than 1"),
        ("name: a\ncount: 10\n", "2:8: count: 10 is not less than 10"),
        ("name: a\nscore: s\n", "2:8: score: 's' is not a mapping of keys to values"),
        ("name: a\nscores: [s]\n", "2:9: scores: ['s'] is not a mapping of keys to values"),
        ("name: a\nflag: true\ncount: 2\n", "3:8: count: {2} does not go with flag"),
        (
            "name: a\nscores: {'a b': {better: 1}}",
            "2:26: scores.'a b'.better: 1 is not 'higher' or 'lower'",
        ),
        ("share: 1\nflag: 3\nname: 2\n", "1:8: share: 1 is greater than 0.5 (and 2 more problems)"),
        (
            "name: 'a\nflag: 3'\nflag: 3\n\"x\\ny\": 1\n",
            "3:7: flag: 3 is not true or false (and 1 more problem)",
        ),
    ],
)
def test_a_document_that_does_not_fit_the_model(tmp_path: Path, text: str, error: str) -> None:
    document = read_text(tmp_path, text)
    with pytest.raises(InputError) as caught:
        validate(Outer, document)
    assert str(caught.value) == f"{tmp_path}/a.yaml:{error}"


def test_an_integer_serves_as_a_float(tmp_path: Path) -> None:
    assert validate(Outer, read_text(tmp_path, "name: a\nfactor: 1")).factor == 1.0


class TestOptions:
    def test_replace_keys_or_merge_into_them(self, tmp_path: Path) -> None:
        document = read_text(tmp_path, "name: a\nscore: {column: s, better: lower}\nscores: {x: {}}\n")
        merged = with_options(
            document, {"score": {"column": "t"}, "scores": {"y": {}}, "count": 3}, merged=["score"]
        )
        assert merged.value == {
            "name": "a",
            "score": {"column": "t", "better": "lower"},
            "scores": {"y": {}},
            "count": 3,
        }
        assert document.value["score"] == {"column": "s", "better": "lower"}

    def test_stand_alone_without_a_document(self) -> None:
        assert with_options(None, {"name": "a"}) == Document({"name": "a"}, "command line")

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"count": 0}, "command line: count: 0 is less than 1"),
            ({"score": {"better": 1}}, "command line: score.better: 1 is not 'higher' or 'lower'"),
            (
                {"score": {"columns": "a"}},
                "command line: score: unknown key 'columns'; did you mean 'column'?",
            ),
            (
                {"scores": {"a": {"column": 1}}},
                "command line: scores.a.column: 1 is not text; put it in quotes",
            ),
            ({"score": {"better": "lower"}}, "{file}:2:17: score.column: 1 is not text; put it in quotes"),
            ({"score": 3}, "command line: score: 3 is not a mapping of keys to values"),
        ],
    )
    def test_are_blamed_for_what_they_gave(
        self, tmp_path: Path, options: dict[str, object], error: str
    ) -> None:
        column = "1" if options == {"score": {"better": "lower"}} else "c"
        document = read_text(tmp_path, f"name: a\nscore: {{column: {column}}}\n")
        with pytest.raises(InputError) as caught:
            validate(Outer, with_options(document, options, merged=["score"]))
        assert str(caught.value) == error.format(file=tmp_path / "a.yaml")

    def test_do_not_hide_that_the_file_is_wrong(self, tmp_path: Path) -> None:
        document = read_text(tmp_path, "name: a\nscore: [s]\n")
        with pytest.raises(InputError, match=r"a\.yaml:2:8: score: \['s'\] is not a mapping"):
            validate(Outer, with_options(document, {"score": {"column": "t"}}, merged=["score"]))


class TestLoad:
    def test_takes_the_model_a_mapping_or_a_path(self, tmp_path: Path) -> None:
        path = tmp_path / "outer.json"
        path.write_text('{"name": "a"}')
        outer = Outer(name="a")
        assert load(Outer, outer, "outer") is outer
        assert load(Outer, {"name": "a"}, "outer") == load(Outer, path, "outer") == outer

    def test_refuses_anything_else(self) -> None:
        with pytest.raises(InputError, match=r"^outer: 3 is no Outer, mapping or path$"):
            load(Outer, 3, "outer")


def as_day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{text!r} is blank")
    return text


class Named(StrictModel):
    name: Annotated[str, AfterValidator(not_blank)]
    share: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value


class Holder(StrictModel):
    inner: Named
    others: MappingOf[str, Named] = Field(default_factory=dict)
    kind: Literal["a", "b"] = "a"
    count: Annotated[int, Field(ge=1)] = 1
    texts: Annotated[TupleOf[str], Field(max_length=2)] = ()
    numbers: Annotated[ListOf[float | Literal["inf"] | None], Field(min_length=1)] | None = None
    starts: Annotated[Annotated[date, BeforeValidator(as_day)] | None, Field(alias="from")] = None
    doubled: int = Field(default_factory=lambda valid: 2 * valid.get("count", 0))


FULL: dict[str, Any] = {
    "inner": {"name": "a", "share": 0.5},
    "others": {"x": {"name": "b"}, "y": "c"},
    "kind": "b",
    "count": 3,
    "texts": ["p", "q"],
    "numbers": [1, 0.5, "inf", None],
    "from": "2026-06-01",
    "doubled": 7,
}


class TestAModel:
    def test_is_made_with_keywords_and_validated(self) -> None:
        holder = Holder(inner=Named(name="a"), count=2)
        assert (holder.inner.name, holder.kind, holder.doubled) == ("a", "a", 4)
        assert repr(holder.inner) == "Named(name='a', share=None)"
        with pytest.raises(ValueError, match="blank"):
            Named(name=" ")
        with pytest.raises(ValidationError, match="extra_forbidden"):
            Named(name="a", nmae="b")  # type: ignore[call-arg]

    def test_is_equal_to_its_like_and_to_nothing_else(self) -> None:
        assert Named(name="a") == Named.model_validate("a")
        assert hash(Named(name="a")) == hash(Named.model_validate({"name": "a"}))
        assert Named(name="a") != Named(name="b")
        assert Named(name="a") != {"name": "a", "share": None}

    def test_cannot_be_changed(self) -> None:
        named = Named(name="a")
        with pytest.raises(ValueError, match="frozen"):
            named.name = "b"  # type: ignore[misc]
        with pytest.raises(ValueError, match="frozen"):
            del named.name
        assert named.name == "a"

    def test_can_be_copied_and_sent_to_a_worker(self) -> None:
        holder = Holder.model_validate(FULL)
        assert pickle.loads(pickle.dumps(holder)) == copy.deepcopy(holder) == holder

    def test_is_written_as_it_was_read(self) -> None:
        written = plain(Holder.model_validate(FULL))
        assert written == {
            **FULL,
            "others": {"x": {"name": "b", "share": None}, "y": {"name": "c", "share": None}},
        }
        assert Holder.model_validate(json.loads(json.dumps(written))) == Holder.model_validate(FULL)


@pytest.mark.parametrize(
    ("key", "value", "kind", "at"),
    [
        ("numbers", [1, "x", "y", "z"], "literal_error", ("numbers", 1, "literal['inf']")),
        ("texts", [1, 2, 3], "string_type", ("texts", 0)),
        ("others", dict.fromkeys("abc", 1), "model_type", ("others", "a")),
        ("others", {str(number): "a" for number in range(10_001)}, "too_long", ("others",)),
        ("inner", {str(number): "a" for number in range(10_001)}, "value_error", ("inner",)),
    ],
)
def test_of_many_wrong_items_the_first_is_told(
    key: str, value: object, kind: str, at: tuple[str | int, ...]
) -> None:
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({**FULL, key: value})
    found = [(e["type"], e["loc"]) for e in caught.value.errors()]
    assert (kind, at) in found
    assert len(found) <= 2
