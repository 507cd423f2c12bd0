"""Text that others wrote, as it leaves: nothing in it hides, begins another line, or commands a terminal or a log."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.text import ascii_json, file_name, html, line, page

ANYTHING = st.text(st.characters(), max_size=30) | st.text("#:[] \n\r\t\x1b\u00a0\u2028ab", max_size=12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("north gate é 中 0.6 # ## x[1] a::b", "north gate é 中 0.6 # ## x[1] a::b"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x1b[2J\x07\x9b", r"\x1b[2J\x07\x9b"),
        ("Bl\u200back\u202e\u2028\u00a0", r"Bl\u200back\u202e\u2028\xa0"),
        ("a\u3164b\u2800\ufe0f\U000e0100", r"a\u3164b\u2800\ufe0f\U000e0100"),
        ("::stop-commands::x.yaml", r"\x3a:stop-commands::x.yaml"),
        ("  ::error::x", r"  \x3a:error::x"),
        (":::x", r"\x3a::x"),
        ("see ##[error]x ##vso[task]", r"see #\x23[error]x #\x23vso[task]"),
        ("lat\udce9", r"lat\xe9"),
        ("\udcc5\udc81\udcc3\udcb3d\udcc5\udcba", "Łód\u017a"),
        ("\udcc2\udc9b[2J", r"\x9b[2J"),
        ("\ud800", r"\ud800"),
    ],
)
def test_a_line_spells_out_what_is_not_seen_and_what_a_build_log_acts_on(text: str, said: str) -> None:
    assert line(text) == said


@given(ANYTHING)
def test_a_line_is_one_that_prints_and_commands_nothing(text: str) -> None:
    said = line(text)
    assert said.isprintable()
    assert not said.lstrip().startswith("::")
    assert "##[" not in said


@given(ANYTHING)
def test_a_line_that_is_written_again_stays_as_it_is(text: str) -> None:
    assert line(line(text)) == line(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Bl\u200back", "Bl‹U+200B›ack"),
        ("\u202eend\u2066", "‹U+202E›end‹U+2066›"),
        ("a\u2028b\u2029c\x85\t\r", "a‹U+2028›b‹U+2029›c‹U+0085›‹U+0009›‹U+000D›"),
        ("\x1b\x9b\x00", "‹U+001B›‹U+009B›‹U+0000›"),
        ("two lines\nand a\u00a0space\u3000", "two lines\nand a\u00a0space\u3000"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        ("a\u200db\u200c", "a‹U+200D›b‹U+200C›"),
        ("\u200d", "‹U+200D›"),
        ("Han\ufe00\u3164", "Han‹U+FE00›‹U+3164›"),
        ("\udcc3\udca9 \udce9 \ud800", "é \\xe9 ‹U+D800›"),
        ("ā中😀e\u0301", "ā中😀e\u0301"),
    ],
)
def test_a_page_shows_what_has_no_form_by_its_number(text: str, seen: str) -> None:
    assert page(text) == seen


@given(ANYTHING)
def test_a_page_has_no_control_and_nothing_that_turns_or_hides(text: str) -> None:
    kinds = {unicodedata.category(c) for c in page(text) if c not in "\n\u200c\u200d"}
    assert kinds.isdisjoint({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def test_html_shows_numbers_and_escapes_markup() -> None:
    assert html("<b>\u202e&\"'") == "&lt;b&gt;‹U+202E›&amp;&quot;&#x27;"


@given(
    st.recursive(ANYTHING | st.none() | st.floats(allow_nan=False), lambda inner: st.lists(inner, max_size=3))
)
def test_json_in_ascii_says_the_same(value: object) -> None:
    written = ascii_json(json.dumps(value, ensure_ascii=False))
    assert written.isascii()
    assert written.isprintable()
    assert "##" not in written
    assert json.loads(written) == value


def test_the_name_of_a_file_can_be_written_whatever_its_bytes_and_the_locale() -> None:
    names = {"a.csv": "a.csv", "lat\udce9.csv": r"lat\xe9.csv", "\udcc5\udc81.csv": "Ł.csv", "Ł\x1b": "Ł\x1b"}
    assert {name: file_name(name) for name in names} == names


def test_an_error_is_one_line_whatever_it_quotes() -> None:
    error = InputError("is no\nfile", source="::a\n\x1b.yaml", line=3)
    assert str(error) == r"\x3a:a\n\x1b.yaml:3: is no file"
    assert error.source == "::a\n\x1b.yaml"
