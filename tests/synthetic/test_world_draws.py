"""The draws of the synthetic worlds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest
from scipy import stats

from harness.synthetic import ETHNICITIES, SEED, SEXES, WORLDS, World, world, worlds
from harness.synthetic.trials import within_cell
from tests.synthetic.world_tables import ethnicity, text


def independent(name: str) -> World:
    return replace(world(name), identity_share=0.0, pair_share=0.0, mated_identity_share=0.0)


@pytest.mark.parametrize("name", WORLDS)
def test_scores_have_exactly_the_stated_rates(name: str) -> None:
    """Without dependence the counts are binomial: each lies within its 99.999 % range."""
    here = independent(name)
    table = here.draw(20)
    score, mated = text(table, "score"), text(table, "mated")
    for label in ETHNICITIES:
        both = (text(table, "probe_ethnicity") == label) & (text(table, "reference_ethnicity") == label)
        for threshold in (0.45, 0.56, 0.58, 0.59, 0.60, 0.62):
            trials, rate = np.sum(both & ~mated), float(here.fmr(ethnicity(label), threshold))
            low, high = stats.binom.interval(0.99999, trials, rate)
            assert low <= np.sum(score[both & ~mated] >= threshold) <= high
            trials, rate = np.sum(both & mated), float(here.fnmr(ethnicity(label), threshold))
            low, high = stats.binom.interval(0.99999, trials, rate)
            assert low <= np.sum(score[both & mated] < threshold) <= high


def test_flooring_leaves_the_rates_on_the_grid_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a grid of twentieths any other rounding would show at once."""
    monkeypatch.setattr(worlds, "GRID", 20)
    here = independent("equal")
    table = here.draw(21)
    score, mated = text(table, "score"), text(table, "mated")
    assert set(np.round(score * 20, 9) % 1) == {0.0}
    for threshold in (0.45, 0.50, 0.52, 0.55, 0.60, 0.63):
        low, high = stats.binom.interval(0.99999, np.sum(~mated), float(here.fmr({}, threshold)))
        assert low <= np.sum(score[~mated] >= threshold) <= high
        low, high = stats.binom.interval(0.99999, np.sum(mated), float(here.fnmr({}, threshold)))
        assert low <= np.sum(score[mated] < threshold) <= high


def test_dependence_does_not_move_the_rates() -> None:
    """Over many small dependent draws the mean rate is the true one, within four standard errors."""
    here = world("vanishing").sized(30)
    shares = {"fmr": [], "fnmr": []}
    for seed in range(80):
        table = here.draw(seed)
        score, mated = text(table, "score"), text(table, "mated")
        black = (text(table, "probe_ethnicity") == "Black") & (text(table, "reference_ethnicity") == "Black")
        shares["fmr"].append(np.mean(score[black & ~mated] >= 0.55))
        shares["fnmr"].append(np.mean(score[black & mated] < 0.62))
    truth = {"fmr": here.fmr(ethnicity("Black"), 0.55), "fnmr": here.fnmr(ethnicity("Black"), 0.62)}
    for kind, values in shares.items():
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(np.mean(values) - float(truth[kind])) < 4 * error


def test_scores_are_whole_ten_thousandths(drawn: dict[str, pa.Table]) -> None:
    for table in drawn.values():
        score = text(table, "score")
        assert np.array_equal(np.round(score * 10000) / 10000, score)
        assert score.min() >= 0.2
        assert score.max() <= 1.0


def dispersion(here: World) -> float:
    """Variance of the subjects' false match counts over that of independent trials."""
    table = here.draw(3)
    white = (text(table, "probe_ethnicity") == "White") & (text(table, "reference_ethnicity") == "White")
    white &= ~text(table, "mated")
    ids = np.concatenate([text(table, f"{side}_subject")[white] for side in ("probe", "reference")])
    subject = np.unique(ids, return_inverse=True)[1]
    match = np.tile(text(table, "score")[white] >= 0.55, 2)
    rate, trials = match.mean(), np.bincount(subject)
    return float(np.mean((np.bincount(subject, weights=match) - rate * trials) ** 2 / (rate * trials)))


def test_subjects_make_trials_dependent() -> None:
    assert 0.7 < dispersion(independent("vanishing")) < 1.3
    assert dispersion(world("vanishing")) > 3


def test_trials_of_a_pair_are_alike() -> None:
    here = replace(world("equal"), identity_share=0.0, pair_share=0.5)
    table = here.draw(4).filter(pa.compute.invert(here.draw(4)["mated"]))
    probe, reference = text(table, "probe_subject"), text(table, "reference_subject")
    again = np.flatnonzero((probe[1:] == probe[:-1]) & (reference[1:] == reference[:-1]))
    match = text(table, "score") >= 0.45
    assert len(again) > 10_000
    assert np.corrcoef(match[again], match[again + 1])[0, 1] > 0.25
    assert abs(np.corrcoef(match[again - 1], match[again])[0, 1]) < 0.05


def test_mated_trials_of_a_subject_are_alike() -> None:
    table = world("equal").draw(5).slice(0, 4500)
    assert np.all(text(table, "mated"))
    subject = np.unique(text(table, "probe_subject"), return_inverse=True)[1]
    trials = np.bincount(subject)
    miss = text(table, "score") < 0.65
    excess = np.bincount(subject, weights=miss) - miss.mean() * trials
    assert np.sum(excess**2) > 1.3 * miss.mean() * (1 - miss.mean()) * trials.sum()


def test_same_seed_same_table_and_other_seed_another(drawn: dict[str, pa.Table]) -> None:
    here = world("vanishing")
    assert here.draw(SEED).equals(drawn["vanishing"])
    assert not here.draw(SEED + 1)["score"].equals(drawn["vanishing"]["score"])
    # Two worlds with one seed share no random numbers: their scores' ranks are unrelated.
    pair = [text(drawn[name], "score")[-50_000:] for name in ("vanishing", "equal")]
    assert abs(stats.spearmanr(*pair).statistic) < 0.05


@pytest.mark.parametrize("name", WORLDS)
def test_rows_are_sound(name: str, drawn: dict[str, pa.Table]) -> None:
    table = drawn[name]
    assert table.schema.names[:2] == ["score", "mated"]
    assert [str(kind) for kind in table.schema.types] == ["double", "bool", *["string"] * 6]
    assert sum(column.null_count for column in table.columns) == 0
    mated = text(table, "mated")
    probe, reference = text(table, "probe_subject"), text(table, "reference_subject")
    assert np.array_equal(probe == reference, mated)
    for column, labels in (("ethnicity", ETHNICITIES), ("sex", SEXES)):
        sides = [text(table, f"{side}_{column}") for side in ("probe", "reference")]
        assert np.array_equal(sides[0][mated], sides[1][mated])
        assert set(sides[0]) == set(sides[1]) == set(labels)
    people = {
        (s, e, x)
        for side in ("probe", "reference")
        for s, e, x in zip(
            *(table[f"{side}_{c}"].to_pylist() for c in ("subject", "ethnicity", "sex")), strict=True
        )
    }
    assert len(people) == len({subject for subject, _, _ in people}) == 1800
    assert all(subject.startswith(f"{e[0]}-{x[0].upper()}-") for subject, e, x in people)


def test_every_pair_of_a_cell_meets_and_roles_are_shared() -> None:
    for n in (2, 3, 4, 5, 20, 21):
        probe, reference = within_cell(n)
        pairs = {(min(p, r), max(p, r)) for p, r in zip(probe, reference, strict=True)}
        met = set(zip(probe, reference, strict=True))
        assert len(pairs) == len(met) == n * (n - 1) // 2
        partners = [len(set(reference[probe == subject])) for subject in range(n)]
        assert max(partners) - min(partners) <= 1
        assert len(probe) - len(met) == sum(partners[3::4])
