"""The truth of the synthetic worlds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from harness.synthetic import AXES, ETHNICITIES, WORLDS, world
from harness.synthetic.trials import CELLS
from tests.synthetic.world_tables import ethnicity, text

GRID = np.arange(4000, 10001) / 10000


def test_vanishing_ratios() -> None:
    here = world("vanishing")
    black, asian, white = (here.fmr(ethnicity(label), GRID) for label in ("Black", "Asian", "White"))
    low, high, between = GRID <= 0.58, GRID >= 0.60, (GRID >= 0.58) & (GRID <= 0.60)
    np.testing.assert_allclose((black / white)[low], 4.0, rtol=1e-9)
    np.testing.assert_allclose((asian / white)[low], 2.5, rtol=1e-9)
    assert np.array_equal(black[high], white[high])
    assert np.array_equal(asian[high], white[high])
    assert np.all(np.diff(here.worst_ratio("ethnicity", GRID)[between]) < 0)
    assert here.parity_from("ethnicity") == here.parity_from("ethnicity×sex") == 0.60
    assert here.parity_from("ethnicity", 2.0) == 0.59


def test_persisting_ratio_is_three_at_every_threshold() -> None:
    here = world("persisting")
    for axis in ("ethnicity", "ethnicity×sex"):
        np.testing.assert_allclose(here.worst_ratio(axis, GRID), 3.0, rtol=1e-9)
        assert here.parity_from(axis) is None
        assert here.parity_from(axis, 2.99) is None
        assert here.parity_from(axis, 3.0) == 0.0


def test_persisting_runs_out_of_false_matches() -> None:
    here = world("persisting")
    expected = sum(
        here.trials(ethnicity(label))["non_mated"] * here.fmr(ethnicity(label), [0.56, 0.60, 0.62, 0.64])
        for label in ETHNICITIES
    )
    assert expected[0] > 250
    assert 6 < expected[1] < 9
    assert 0.8 < expected[2] < 1.5
    assert expected[3] < 0.5


def test_equal_has_one_rate_for_every_group() -> None:
    here = world("equal")
    for axis in AXES:
        assert np.all(here.worst_ratio(axis, GRID) == 1.0)
        assert here.parity_from(axis) == 0.0
    for cell in CELLS:
        group = dict(zip(("ethnicity", "sex"), cell, strict=True))
        assert np.array_equal(here.fnmr(group, GRID), here.fnmr({}, GRID))


@pytest.mark.parametrize("name", WORLDS)
def test_sexes_have_equal_false_match_rates(name: str) -> None:
    here = world(name)
    assert np.array_equal(here.fmr({"sex": "female"}, GRID), here.fmr({"sex": "male"}, GRID))
    assert here.parity_from("sex") == 0.0


@pytest.mark.parametrize("name", WORLDS)
def test_false_non_matches_cost_about_a_tenth_at_060_and_grow(name: str) -> None:
    rates = world(name).fnmr({}, GRID)
    assert float(world(name).fnmr({}, 0.60)) == pytest.approx(0.10, abs=0.01)
    assert np.all(np.diff(rates[GRID < 0.8]) > 0)


def test_truth_between_grid_points_is_that_of_the_upper_one() -> None:
    here = world("vanishing")
    black = ethnicity("Black")
    assert here.fmr(black, 0.59001) == here.fmr(black, 0.5901) < here.fmr(black, 0.59)
    assert here.fnmr(black, 0.59001) == here.fnmr(black, 0.5901) > here.fnmr(black, 0.59)
    for k in (5801, 5802, 6001, 6133):  # k / 10000 * 10000 is not always k in binary
        assert here.fmr(black, k / 10000) == here.fmr_curves["Black"].rate(k / 10000)


def test_mixture_is_weighted_by_the_trials_drawn(drawn: dict[str, pa.Table]) -> None:
    here, table = world("vanishing"), drawn["vanishing"]
    female = (text(table, "probe_sex") == "female") & (text(table, "reference_sex") == "female")
    female &= ~text(table, "mated")
    probe, reference = text(table, "probe_ethnicity")[female], text(table, "reference_ethnicity")[female]
    rates = [float(here.cross_fmr.rate(0.55)) * np.sum(probe != reference)]
    for label in ETHNICITIES:
        both = (probe == label) & (reference == label)
        rates.append(float(here.fmr_curves[label].rate(0.55)) * np.sum(both))
    assert float(here.fmr({"sex": "female"}, 0.55)) == pytest.approx(sum(rates) / female.sum(), rel=1e-12)


@pytest.mark.parametrize("subjects", [2, 7, 20, 300])
def test_counts_the_trials_that_are_drawn(subjects: int) -> None:
    here = world("vanishing").sized(subjects)
    table = here.draw(1)
    mated = text(table, "mated")
    for columns in AXES.values():
        group = {"ethnicity": "Black", "sex": "male"}
        group = {column: group[column] for column in columns}
        inside = np.ones(len(mated), dtype=bool)
        for column, label in group.items():
            inside &= text(table, f"probe_{column}") == label
            inside &= text(table, f"reference_{column}") == label
        counts = {"mated": int(np.sum(mated & inside)), "non_mated": int(np.sum(~mated & inside))}
        assert here.trials(group) == counts
    assert sum(here.trials({}).values()) == len(table)
