"""A composition counts every reference of a watchlist once for each attribute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from harness.study import require_whole

counts = st.dictionaries(st.text(min_size=1), st.integers(0, 10**6), min_size=1)


@given(counts)
def test_counts_that_add_up_to_the_watchlist_are_whole(counts: dict[str, int]) -> None:
    require_whole({"ethnicity": counts, "sex": {"female": sum(counts.values())}}, sum(counts.values()))


@given(counts, st.integers(-5, 5).filter(bool))
def test_counts_that_do_not_are_blamed_by_attribute(counts: dict[str, int], by: int) -> None:
    size = sum(counts.values())
    with pytest.raises(PydanticCustomError) as caught:
        require_whole({"sex": {"female": size}, "ethnicity": counts}, size + by)
    assert caught.value.context["path"] == ("watchlist_composition", "sex")


def test_the_problem_names_both_numbers() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        require_whole({"sex": {"female": 4_000, "male": 5_000}}, 10_000)
    problem = "the counts of 'sex' add up to 9,000, not to watchlist_size, 10,000"
    assert caught.value.context["problem"] == problem


def test_no_composition_is_needed() -> None:
    require_whole(None, None)
    require_whole(None, 10_000)


def test_there_is_none_without_a_watchlist() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        require_whole({"sex": {"female": 1}}, None)
    assert caught.value.context["problem"] == "verification has no watchlist"
