import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.wording import in_order

MARK = "\u200e"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("0.83 % for Black, 1 in 9 for White", "0.83 % for Black, 1 in 9 for White"),
        ("none in 120 for عربي, 0.83 % for Han", f"none in 120 for عربي{MARK}, 0.83 % for Han"),
        ("عربي", "عربي"),
        ("עברית (7)", f"עברית{MARK} (7)"),
        ("عرب أفريقي 0.5", f"عرب أفريقي{MARK} 0.5"),
    ],
)
def test_a_number_after_a_name_read_from_right_to_left_keeps_its_place(text: str, marked: str) -> None:
    assert in_order(text) == marked


@given(st.text())
def test_nothing_else_is_changed(text: str) -> None:
    assert in_order(text).replace(MARK, "") == text.replace(MARK, "")
