from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import Document, document_from, read_document, shown
from harness.config.document import TOO_LONG
from harness.errors import InputError


def read_text(folder: Path, text: str | bytes, name: str = "a.yaml") -> Document:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(path)


def error_of(folder: Path, text: str | bytes, name: str = "a.yaml") -> str:
    with pytest.raises(InputError) as caught:
        read_text(folder, text, name)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}/")


class TestReading:
    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("true", True),
            ("False", False),
            ("null", None),
            ("~", None),
            ("", None),
            ("0.60", 0.6),
            ("1.0e-4", 1e-4),
            ("-2.5E+1", -25.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("0", 0),
            ("+7", 7),
            ("1.10", 1.1),
            ("-12", -12),
            ("9007199254740991", 2**53 - 1),
            ("12:75", "12:75"),
            ("yesterday", "yesterday"),
            ("2023-03-01", "2023-03-01"),
            ("1.2.3", "1.2.3"),
            ("1_a", "1_a"),
            ("C#", "C#"),
            ("b:c", "b:c"),
            ("'1.10'", "1.10"),
            ('"true"', "true"),
            ("'<<'", "<<"),
            ("'0600'", "0600"),
            ("'no'", "no"),
            ('"a\\u2028\\tb"', "a\u2028\tb"),
            ("'a\u00a0b'", "a\u00a0b"),
            ("[a, 1, [true]]", ["a", 1, [True]]),
        ],
    )
    def test_plain_scalars_are_those_that_yaml_1_1_and_1_2_read_alike(
        self, tmp_path: Path, written: str, value: object
    ) -> None:
        read = read_text(tmp_path, f"a: {written}\n").value["a"]
        assert (read, type(read)) == (value, type(value))

    def test_every_value_and_key_has_a_position(self, tmp_path: Path) -> None:
        document = read_text(
            tmp_path, "# a study\nscore:\n  column: s\ngroups: {sex: [p, r]}\nempty:\n\nlast: 1\n"
        )
        assert document.value == {
            "score": {"column": "s"},
            "groups": {"sex": ["p", "r"]},
            "empty": None,
            "last": 1,
        }
        assert document.positions == {
            (): (2, 1),
            ("score",): (3, 3),
            ("score", "column"): (3, 11),
            ("groups",): (4, 9),
            ("groups", "sex"): (4, 15),
            ("groups", "sex", 0): (4, 16),
            ("groups", "sex", 1): (4, 19),
            ("empty",): (5, 1),
            ("last",): (7, 7),
        }
        assert document.key_positions == {
            ("score",): (2, 1),
            ("score", "column"): (3, 3),
            ("groups",): (4, 1),
            ("groups", "sex"): (4, 10),
            ("empty",): (5, 1),
            ("last",): (7, 1),
        }

    def test_json_has_the_same_positions_as_yaml(self, tmp_path: Path) -> None:
        text = '{"a": [1, -2.5e+1,\n  {"b": "x, \\"y\\": [z]"}],\n "c": null, "d": true}\n'
        from_json, from_yaml = read_text(tmp_path, text, "a.json"), read_text(tmp_path, text)
        assert from_json.value == from_yaml.value == json.loads(text)
        assert from_json.positions == from_yaml.positions
        assert from_json.key_positions == from_yaml.key_positions

    def test_json_takes_what_yaml_does_not(self, tmp_path: Path) -> None:
        assert read_text(tmp_path, '{\n\t"a":\t"\\ud83d\\ude00"}', "a.JSON").value == {"a": "😀"}

    def test_a_byte_order_mark_is_no_part_of_the_text(self, tmp_path: Path) -> None:
        assert read_text(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").value == {"a": 1, "b": 2}

    def test_a_path_may_be_text(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("a: 1")
        document = read_document(str(tmp_path / "a.yml"))
        assert (document.source, document.value) == (str(tmp_path / "a.yml"), {"a": 1})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "a.yaml: the document is empty"),
        ("# nothing\n", "a.yaml: the document is empty"),
        ("---\n...\n", "a.yaml: the document is empty"),
        ("just text", "a.yaml:1:1: 'just text' is not a mapping of keys to values"),
        ("- a\n- 1\n", "a.yaml:1:1: ['a', 1] is not a mapping of keys to values"),
        ("a: 1\n---\nb: 2\n", "a.yaml:3:1: a second document starts here; expected only one"),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: key 'a' is given twice"),
        ("a: 1\nb: {c: 1, 'c': 2}\n", "a.yaml:2:11: key 'c' is given twice"),
        ("a: &x 1\n", "a.yaml:1:4: anchor &x: anchors are not allowed"),
        ("&x a: 1\n", "a.yaml:1:1: anchor &x: anchors are not allowed"),
        ("a: *x\n", "a.yaml:1:4: alias *x: aliases are not allowed, write the value out"),
        ("a: !!str 1\n", "a.yaml:1:4: tags are not allowed"),
        ("a: ! 1\n", "a.yaml:1:4: tags are not allowed"),
        ("a: !!python/object:os.system {}\n", "a.yaml:1:4: tags are not allowed"),
        ("a: 1\n<<: {b: 2}\n", "a.yaml:2:1: merge key <<: merge keys are not allowed, write the keys out"),
        ("1: a\n", "a.yaml:1:1: a key must be text, not 1"),
        ("true: a\n", "a.yaml:1:1: a key must be text, not true"),
        ("? [a]\n: b\n", "a.yaml:1:3: a key must be text, not a list"),
        ("a:\n  b: .nan\n", "a.yaml:2:6: a.b: nan is not a finite number"),
        ("a: [1, -.inf]\n", "a.yaml:1:8: a[1]: -inf is not a finite number"),
        ("a: 1.0e+999\n", "a.yaml:1:4: a: inf is not a finite number"),
        (f"a: {2**53}\n", f"a.yaml:1:4: a: {TOO_LONG}"),
        (f"a: -{2**53}\n", f"a.yaml:1:4: a: {TOO_LONG}"),
        (f"a: {'9' * 5000}\n", f"a.yaml:1:4: {TOO_LONG}"),
        ('a: "\\ud800"\n', "a.yaml:1:4: a: '\\ud800' holds half of a surrogate pair"),
        ("a: " + "[" * 100_000, "a.yaml:1:20: nested more than 16 deep"),
        (
            "a: [" + "1," * 5_000 + "]",
            "a.yaml:1:10001: more than 5,000 values; write them in several files",
        ),
        ("a:\n- -\n- b\n", "a.yaml:2:3: a list starts without its first item; write null for none"),
        (
            'a: "b\\\n\n  c"\n',
            "a.yaml:1:4: a blank line after a line that ends with \\; write \\n, or one line",
        ),
        ("a: 'b'# c\n", "a.yaml:1:7: a comment needs a space before its #"),
        ("a: {b: c}# d\n", "a.yaml:1:10: a comment needs a space before its #"),
        ("a: {b:}\n", "a.yaml:1:5: a space is missing after ? or :"),
        ("a: {?b : c}\n", "a.yaml:1:6: a space is missing after ? or :"),
        ("a: |\n  b", "a.yaml:1:4: the last line of a text block lacks its line break"),
        ("%YAML 1.1\n---\na: yes\n", "a.yaml:2:1: only YAML 1.2 is read"),
        ("a: [1\n", "a.yaml:2:1: not YAML: expected ',' or ']', but got '<stream end>'"),
        (
            "a: 1\n\tb: 2\n",
            'a.yaml:2:1: a tab, which not every reader of YAML takes for a space; write spaces, or "\\t"',
        ),
        ("a: b: c\n", "a.yaml:1:5: not YAML: mapping values are not allowed here"),
        ('a: "\\U00110000"\n', "a.yaml: not YAML: chr() arg not in range(0x110000)"),
        (b"a: 1\nb: \xff\n", "a.yaml:2:4: not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "a.yaml:1:1: not UTF-8 text"),
        (b"#" * (2**17 + 1), "a.yaml: larger than 128 KiB; write it in several files"),
    ],
)
def test_hostile_yaml(tmp_path: Path, text: str | bytes, error: str) -> None:
    assert error_of(tmp_path, text) == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (" \n", "a.json: the document is empty"),
        ("[]", "a.json:1:1: [] is not a mapping of keys to values"),
        ('{"a": 1,\n "a": 2}', "a.json:2:2: key 'a' is given twice"),
        ('{"a": [0, NaN]}', "a.json:1:11: a[1]: nan is not a finite number"),
        ('{"a": -Infinity}', "a.json:1:7: a: -inf is not a finite number"),
        ('{"a": 1e999}', "a.json:1:7: a: inf is not a finite number"),
        (f'{{"a": {"9" * 5000}}}', f"a.json:1:7: {TOO_LONG}"),
        (f'{{"a": {2**53}}}', f"a.json:1:7: a: {TOO_LONG}"),
        ('{"a": "\\udc00"}', "a.json:1:7: a: '\\udc00' holds half of a surrogate pair"),
        ('{"a": 1,}', "a.json:1:9: not JSON: expecting property name enclosed in double quotes"),
        ('{"a": 1 "b"}', "a.json:1:9: not JSON: expecting ',' delimiter"),
        ("{'a': 1}", "a.json:1:2: not JSON: expecting property name enclosed in double quotes"),
        ('{"a": 1}\n{"b": 2}', "a.json:2:1: not JSON: extra data"),
        ('{"a": 01}', "a.json:1:8: not JSON: expecting ',' delimiter"),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "a.json:1:23: nested more than 16 deep"),
        ("[" * 100_000, "a.json: nested more than 16 deep"),
    ],
)
def test_hostile_json(tmp_path: Path, text: str, error: str) -> None:
    assert error_of(tmp_path, text, "a.json") == error


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("yes", "write true or false, or "),
        ("No", "write true or false, or "),
        ("OFF", "write true or false, or "),
        ("y", "write true or false, or "),
        ("0600", "write a number in decimal digits without leading zeros, or "),
        ("-012", "write a number in decimal digits without leading zeros, or "),
        ("08", "write a number in decimal digits without leading zeros, or "),
        ("00.6", "write a number in decimal digits without leading zeros, or "),
        ("1_000", "write a number in decimal digits without leading zeros, or "),
        ("0o14", "write a number in decimal digits without leading zeros, or "),
        ("0xC", "write a number in decimal digits without leading zeros, or "),
        ("0b11", "write a number in decimal digits without leading zeros, or "),
        ("1:30", "write a number in decimal digits without leading zeros, or "),
        ("1:30.5", "write a number in decimal digits without leading zeros, or "),
        ("1e-4", "write 1.0e-4, or "),
        ("1.5E3", "write 1.5e+3, or "),
        ("-.5", "write -0.5, or "),
        ("2001-12-14 21:59:43", ""),
        ("=", ""),
    ],
)
def test_what_yaml_1_1_and_1_2_read_differently_is_refused(
    tmp_path: Path, written: str, instead: str
) -> None:
    expected = f"'{written}' is not the same to every reader of YAML; {instead}put it in quotes if it is text"
    assert error_of(tmp_path, f"a: {written}\n") == f"a.yaml:1:4: {expected}"
    assert error_of(tmp_path, f"a: [b, {written}]\n") == f"a.yaml:1:8: {expected}"
    assert error_of(tmp_path, f"a: 1\n{written}: 1\n") == f"a.yaml:2:1: {expected}"


NOT_SEEN = [
    *map(chr, range(0x20)),
    "\x7f",
    "\x80",
    "\x85",
    "\x9f",
    "\xad",
    "\u061c",
    "\u180e",
    "\u200b",
    "\u200e",
]
NOT_SEEN += [
    "\u2028",
    "\u2029",
    "\u202a",
    "\u202e",
    "\u2060",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\ufffe",
    "\U000e0041",
]


class TestCharactersThatAreNotSeen:
    @pytest.mark.parametrize("character", [c for c in NOT_SEEN if c not in "\t\n"], ids=ascii)
    @pytest.mark.parametrize(
        ("name", "text", "at"),
        [
            ("a.yaml", "a: {b: 1,C d: 2}\n", "1:10"),
            ("a.yaml", "a: 1 # C d\n", "1:8"),
            ("a.json", '{"a":\n "C"}', "2:3"),
            ("a.toml", "a = 1\nb = 'C'\n", "2:6"),
            ("a.toml", "a = 1 # C d\n", "1:9"),
        ],
    )
    def test_are_refused_wherever_they_stand(
        self, tmp_path: Path, character: str, name: str, text: str, at: str
    ) -> None:
        assert error_of(tmp_path, text.replace("C", character), name) == (
            f"{name}:{at}: character U+{ord(character):04X} is not allowed, for it is not seen or breaks lines; remove "
            "it, or write an escape in quotes"
        )

    def test_line_ends_of_windows_and_joiners_that_scripts_need_are_read(self, tmp_path: Path) -> None:
        for name, text in (
            ("a.yaml", "a: '{}'\r\n"),
            ("a.json", '{{"a":\r\n"{}"}}'),
            ("a.toml", "a = '{}'\r\n"),
        ):
            for label in ("نمی\u200cدانم", "क्\u200dष", "Métis", "漢\U000e0100"):
                assert read_text(tmp_path, text.format(label), name).value == {"a": label}

    @pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u202f", "\u3000"], ids=ascii)
    @pytest.mark.parametrize("text", ["a: {b: 1,S c: 2}\n", "a: [Sb]\n", "aSb: 1\n", "a: 0.6S\n"])
    def test_other_spaces_are_not_taken_for_indentation(self, tmp_path: Path, space: str, text: str) -> None:
        problem = f"holds U+{ord(space):04X}, which looks like a space; put it in quotes if meant"
        assert problem in error_of(tmp_path, text.replace("S", space))


class TestFilesThatCannotBeRead:
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.yaml")
        with pytest.raises(InputError, match=r"a\.yaml: is not a regular file$"):
            read_document(tmp_path / "a.yaml")

    @pytest.mark.parametrize("name", ["a\0.yaml", "x" * 300 + ".yaml", "loop.yaml"])
    def test_a_name_that_no_file_can_have(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "loop.yaml").symlink_to("loop.yaml")
        with pytest.raises(InputError, match=r"\.yaml: cannot be read: "):
            read_document(tmp_path / name)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.yaml: cannot be read: No such file or directory$"):
            read_document(tmp_path / "none.yaml")

    def test_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"cannot be read: Is a directory$"):
            read_document(tmp_path)

    def test_a_format_that_is_not_known(self, tmp_path: Path) -> None:
        error = error_of(tmp_path, "a = 1", "a.ini")
        assert error == "a.ini: the name ends in none of .yaml, .yml, .json, .toml"


@given(st.text(alphabet=list("ab-: [],{}\n\"'\\&*!%#?|>~<0.\t\r\u2028\ufeffé"), max_size=30))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("any.yaml", "any.json"):
        with contextlib.suppress(InputError):
            assert isinstance(read_text(folder, text, name).value, dict)


class TestValuesGivenInPython:
    def test_tuples_become_lists_and_mappings_dicts(self) -> None:
        document = document_from({"a": ({"b": 1},)}, "study")
        assert document == Document({"a": [{"b": 1}]}, "study")

    def test_they_obey_the_rules_for_files(self) -> None:
        endless: list[object] = []
        endless.append(endless)
        for value, error in [
            ({"a": [float("nan")]}, "study: a[0]: nan is not a finite number"),
            ({"a": {3: 1}}, "study: a key must be text, not 3"),
            ({"a": endless}, "study: nested more than 16 deep"),
        ]:
            with pytest.raises(InputError) as caught:
                document_from(value, "study")
            assert str(caught.value) == error


class TestShown:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, "null"),
            (False, "false"),
            ("a\nb", r"'a\nb'"),
            ({}, "{}"),
            ({"a": 1}, "a mapping"),
            ((None, "a"), "[null, 'a']"),
            ("x" * 100, "'" + "x" * 56 + "..."),
        ],
    )
    def test_is_one_short_line(self, value: object, text: str) -> None:
        assert shown(value) == text
