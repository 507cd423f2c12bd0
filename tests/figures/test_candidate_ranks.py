"""At which rank the right person is returned: bars as counted."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from harness.errors import InputError
from harness.figures import CandidateRanksDisplay
from tests.figures.seen import assert_readable, texts
from tests.figures.worlds import LONG


def ranks(groups: int, ranks: int = 4) -> CandidateRanksDisplay:
    drawn = np.random.default_rng(4)
    counts = drawn.poisson(10.0 ** (3 - np.arange(ranks)), (groups, ranks))
    return CandidateRanksDisplay(
        matcher="made up 2.1",
        axis="group",
        groups=tuple(LONG.format(i + 1) for i in range(groups)),
        counts=counts,
        not_returned=drawn.poisson(4, groups),
        failed=drawn.poisson(12, groups),
        returned="score of at least 0.5",
    )


def test_every_bar_is_as_high_as_the_logarithm_of_its_share() -> None:
    display = replace(
        ranks(1, 3), counts=np.array([[900, 90, 0]]), not_returned=np.array([9]), failed=np.array([1])
    ).plot()
    heights = {
        label.removeprefix(f"{LONG.format(1)}: "): height for label, height in bars_of(display).items()
    }
    assert set(heights) == {"1", "2", "not returned", "failed"}
    per_decade = heights["1"] - heights["2"]
    assert heights["2"] - heights["not returned"] == pytest.approx(per_decade)
    assert heights["not returned"] / heights["failed"] > 1
    assert heights["1"] == pytest.approx((4 + np.log10(0.9)) * per_decade)


def bars_of(display: CandidateRanksDisplay) -> dict[str, float]:
    return {
        str(container.get_label()): abs(container.patches[0].get_height())
        for container in display.ax_.containers
    }


def test_every_count_is_written_zero_too() -> None:
    display = replace(ranks(2, 3), counts=np.array([[123, 4, 0], [1, 0, 1]])).plot()
    written = [text.get_text() for text in texts(display.ax_.figure)]
    assert {"123", "4"} <= {*written}
    assert written.count("0") == 2
    assert "1 search" not in written


def test_later_ranks_of_long_lists_are_put_together() -> None:
    display = ranks(2, 20)
    assert display.columns == (*map(str, range(1, 8)), "8–20", "not\nreturned", "failed")
    assert_array_equal(display.heights[:, :7], display.counts[:, :7])
    assert_array_equal(display.heights[:, 7], display.counts[:, 7:].sum(axis=1))
    assert_array_equal(display.searches, display.counts.sum(axis=1) + display.not_returned + display.failed)
    assert ranks(2, 8).columns[7] == "8"


def test_the_words_tell_shares_of_all_mated_searches() -> None:
    display = replace(
        ranks(1, 3), counts=np.array([[900, 50, 10]]), not_returned=np.array([30]), failed=np.array([10])
    )
    said = "90.00 % of 1,000 at rank 1, 6.00 % at a later rank, 3.00 % not returned, 1.00 % failed."
    assert f"{LONG.format(1)}: {said}" in display.alt_text
    assert "\n" not in display.alt_text
    assert "among candidates with a score of at least 0.5" in display.alt_text


def test_a_group_without_mated_searches_is_said_so() -> None:
    display = ranks(3)
    nobody = replace(
        display,
        counts=display.counts * np.array([[1], [0], [1]]),
        not_returned=display.not_returned * np.array([1, 0, 1]),
        failed=display.failed * np.array([1, 0, 1]),
    )
    assert_readable(nobody, "a group without", texts_in_the_axes=True)
    assert "Without mated searches: 1 group." in nobody.alt_text
    assert "nan" not in nobody.alt_text


@pytest.mark.parametrize(("groups", "length"), [(1, 1), (2, 3), (3, 20), (8, 8), (30, 20)])
def test_it_can_be_read_with_few_groups_and_many(groups: int, length: int) -> None:
    assert_readable(ranks(groups, length), f"{groups} groups", texts_in_the_axes=True)


def test_counts_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match=r"failed of CandidateRanksDisplay has shape \(3,\), and not \(2,\)"):
        replace(ranks(2), failed=np.zeros(3, np.int64))
    with pytest.raises(
        InputError, match=r"counts of CandidateRanksDisplay has shape \(3, 4\), and not \(2, 4\)"
    ):
        replace(ranks(2), counts=np.zeros((3, 4), np.int64))
