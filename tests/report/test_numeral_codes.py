"""Arrays of numbers as codes, and back to what is drawn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.report.model import numeral_codes, numeral_values

POSITIVE = st.floats(min_value=5e-324, max_value=1e300, allow_nan=False)


@given(st.lists(POSITIVE.filter(lambda value: value > 1e-290), min_size=1))
def test_what_is_drawn_is_what_is_written(values: list[float]) -> None:
    codes = numeral_codes(np.array(values))
    assert np.allclose(numeral_values(codes), values, rtol=6e-4)


def test_a_word_is_not_drawn() -> None:
    assert np.isnan(numeral_values(np.array([-1]))).all()
