"""Lists are projected to as far as the evaluation allows, judged by its policy, and refused where it allows nothing."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from harness.errors import InputError
from harness.evaluation import Evaluation, evaluate, load
from harness.gate.projection_file import read_projection
from harness.outputs import write_evaluation
from harness.projection import alert_rows, answer, load_lists, project, ratio_rows, safe_rows, to_json
from tests.projection.worlds import FLOOR, GROUPS, Scored, evaluated, scored, with_candidates

AT = [1.5, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2]


@pytest.fixture(scope="module")
def world() -> Scored:
    return scored(400, (40, 60, 100))


@pytest.fixture(scope="module")
def evaluation(world: Scored) -> Evaluation:
    return with_candidates(world, AT, max_fpir=0.3, max_ratio=2.0)


def brute_force(
    world: Scored, threshold: float, wanted: tuple[int, int, int], draws: int = 3000
) -> np.ndarray:
    """Mean FPIR of the three groups over random lists."""
    rng = np.random.default_rng(9)
    matched = world.scores >= threshold
    found = []
    for _ in range(draws):
        part = np.concatenate(
            [rng.choice(np.flatnonzero(world.listed == h), n, replace=False) for h, n in enumerate(wanted)]
        )
        alerts = matched[:, part].any(axis=1)
        found.append([alerts[world.probes == g].mean() for g in range(3)])
    return np.mean(found, axis=0)


def test_another_mix_is_the_mean_over_random_lists_of_it(world: Scored, evaluation: Evaluation) -> None:
    counts = (5, 60, 8)
    of = {"ethnicity": dict(zip(GROUPS, counts, strict=True))}
    found = project(evaluation, {"lists": {"skewed": {"composition": of}}}, curves=False).lists["skewed"]
    assert found.method == "rarefied"
    for threshold in (2.2, 2.8):
        rates = found.axes["ethnicity"].rates.estimate[:, evaluation.index_of(threshold)]
        assert rates == pytest.approx(brute_force(world, threshold, counts), rel=0.03)


def test_below_the_floor_of_the_candidates_nothing_is_known(evaluation: Evaluation) -> None:
    found = project(evaluation, {"lists": {"half": {"size": 100}}}, curves=False)
    rates = found.lists["half"].axes["ethnicity"].rates
    below = evaluation.thresholds < FLOOR
    assert below.any()
    assert np.isnan(rates.upper[:, below]).all()
    assert np.isfinite(rates.upper[:, ~below]).all()


def test_the_tested_list_has_the_tested_rates(evaluation: Evaluation) -> None:
    found = project(evaluation, {"lists": {"same": {"size": 200}}}, curves=False).lists["same"]
    measured = evaluation.axes["ethnicity"].false_matches
    known = evaluation.thresholds >= FLOOR
    assert found.axes["ethnicity"].rates.estimate[:, known] == pytest.approx(measured.estimate[:, known])


def test_a_skewed_list_is_not_as_safe_as_the_tested_one() -> None:
    """Groups of 40, 2,000 and 40 where the evidence has as many of each: the ratio is told, and is not near 1."""
    alike = scored(600, (150, 150, 150), seed=3, own_group=0.8)
    evaluation = with_candidates(alike, AT, max_fpir=0.5, max_ratio=2.0)
    skewed = {"composition": {"ethnicity": {"Asian": 3, "Black": 150, "White": 3}}}
    found = project(evaluation, {"lists": {"tested": {"size": 450}, "skewed": skewed}}, curves=False)
    index = evaluation.index_of(3.2)
    tested, other = (found.lists[name].axes["ethnicity"].ratio for name in ("tested", "skewed"))
    assert tested.estimate[index] < 1.5
    assert other.estimate[index] > 4
    assert other.upper[index] >= other.estimate[index] >= other.lower[index] > 2
    assert found.lists["skewed"].safe.index is None


def test_a_larger_list_is_bounded_from_what_was_tested_up_to_the_formula(
    world: Scored, evaluation: Evaluation
) -> None:
    found = project(evaluation, {"lists": {"large": {"size": 600}, "same": {"size": 200}}}, curves=False)
    large, same = (found.lists[name].axes["ethnicity"] for name in ("large", "same"))
    index = evaluation.index_of(2.8)
    assert found.lists["large"].method == "bound"
    assert np.isnan(large.rates.estimate).all()
    assert large.rates.lower[:, index] == pytest.approx(same.rates.lower[:, index])
    fmr = np.array([(world.scores[world.probes == g] >= 2.8).mean() for g in range(3)])
    assert (large.rates.upper[:, index] > -np.expm1(600 * np.log1p(-fmr))).all()
    assert (large.formula_over_measured[:, index] > 0.8).all()


def test_top_scores_bound_lists_of_the_tested_mix_alone(world: Scored, evaluation: Evaluation) -> None:
    top = replace(evaluation, list_matches=None)
    lists = {"half": {"size": 100}, "same": {"size": 200}, "double": {"size": 400}}
    found = project(top, {"lists": lists})
    measured = top.axes["ethnicity"].false_matches
    index = top.index_of(2.6)
    exact = project(evaluation, {"lists": {"half": lists["half"]}}, curves=False).lists["half"]
    half, same, double = (found.lists[name].axes["ethnicity"].rates for name in lists)
    assert {one.method for one in found.lists.values()} == {"top scores"}
    assert same.estimate[:, index] == pytest.approx(measured.estimate[:, index])
    assert half.lower[:, index] == pytest.approx(1 - np.sqrt(1 - measured.lower[:, index]))
    assert half.upper[:, index] == pytest.approx(measured.upper[:, index])
    assert double.lower[:, index] == pytest.approx(measured.lower[:, index])
    assert double.upper[:, index] == pytest.approx(1 - (1 - measured.upper[:, index]) ** 2)
    truth = exact.axes["ethnicity"].rates.estimate[:, index]
    assert ((half.lower[:, index] < truth) & (truth < half.upper[:, index])).all()
    ratios = found.lists["half"].axes["ethnicity"].ratio
    assert ratios.upper[index] == pytest.approx(
        2 * top.axes["ethnicity"].false_match_differential.ratio_upper[index]
    )


def test_another_mix_from_top_scores_is_refused_by_line_and_column(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    file = tmp_path / "lists.yaml"
    file.write_text("lists:\n  a:\n    composition:\n      ethnicity: {Asian: 40, Black: 2000, White: 40}\n")
    with pytest.raises(InputError, match=r"lists\.yaml:4:26: .*40 of 'Asian' is another mix .* has 416"):
        project(replace(evaluation, list_matches=None), file)


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"a": {}}, "says neither size nor composition"),
        ({"a": {"size": 0}}, "0 is less than 1"),
        ({"a": {"size": 3, "composition": {"ethnicity": {"Asian": 2}}}}, "add up to 2, not to size, 3"),
        ({"a": {"size": 3, "crowd": {"ethnicity": {"Asian": 0.5}}}}, "add up to 0.5, not to 1"),
        (
            {"a": {"size": 3, "crowd": {"age": {"Asian": 1.0}}}},
            "is no axis of the evaluation; it has ethnicity",
        ),
        ({"a": {"size": 3, "crowd": {"ethnicity": {"Asien": 1.0}}}}, "no such group of ethnicity"),
        ({"a": {"composition": {"ethnicity": {"Asien": 2}}}}, "'Asien' is not on the tested list"),
        ({"a": {"composition": {"age": {"old": 2}}}}, "'age' is no attribute of the tested list"),
        ({"a": {"composition": {"ethnicity×sex": {"Asian": 2}}}}, "join a label of each attribute by ×"),
        ({"a": {"composition": {"ethnicity": {"Asian": 0}}}}, "holds nobody"),
        ({"a": {"sise": 3}}, "unknown key 'sise'; did you mean 'size'?"),
    ],
)
def test_lists_that_are_none_are_refused(evaluation: Evaluation, lists: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        project(evaluation, {"lists": lists}, curves=False)


def test_a_composition_of_several_attributes_gives_that_of_each() -> None:
    of = {"sex×age": {"F×old": 1, "F×young": 2, "M×old": 4}}
    found = load_lists({"lists": {"a": {"composition": of}}}).lists["a"]
    assert found.by_attribute() == {"sex": {"F": 3, "M": 4}, "age": {"old": 5, "young": 2}}


def test_candidates_that_do_not_give_the_false_alerts_are_refused(
    world: Scored, evaluation: Evaluation
) -> None:
    found = world.matches
    fewer = replace(found, score=np.where(np.arange(len(found.score)) % 2, found.score, FLOOR))
    with pytest.raises(InputError, match="do not give the false alerts of the evaluation by ethnicity"):
        project(replace(evaluation, list_matches=fewer), {"lists": {"a": {"size": 3}}})


def test_verification_bounds_any_list_by_its_rates_across_groups() -> None:
    rng = np.random.default_rng(1)
    n = 40_000
    probe, reference = rng.integers(0, 2, n), rng.integers(0, 2, n)
    score = rng.standard_normal(n) + 0.5 * (probe == reference)
    sex = np.array(["F", "M"])
    scores = {
        "score": np.concatenate([score, np.full(50, 9.0)]),
        "mated": np.repeat([False, True], [n, 50]),
        "a": sex[np.concatenate([probe, np.arange(50) % 2])],
        "b": sex[np.concatenate([reference, np.arange(50) % 2])],
    }
    study = {"matcher": {"name": "M", "version": "1"}, "groups": {"sex": ["a", "b"]}, "pairing": "cross"}
    verification = evaluate(scores, study=study, policy={"max_fmr": 0.5}, thresholds=[2.0, 2.5, 3.0])
    lists = {"mix": {"composition": {"sex": {"F": 20, "M": 30}}}, "any": {"size": 50}}
    found = project(verification, {"lists": lists})
    across = verification.axes["sex"].across
    assert across is not None
    upper = dict(zip(across.groups, across.upper, strict=True))
    mix, any_mix = (found.lists[name].axes["sex"].rates.upper[0] for name in lists)
    expected = -np.expm1(20 * np.log1p(-upper["F → F"]) + 30 * np.log1p(-upper["F → M"]))
    assert mix == pytest.approx(expected)
    assert any_mix == pytest.approx(-np.expm1(50 * np.log1p(-upper["F → F"])))
    assert found.lists["mix"].method == "bound"
    true = 1 - (1 - (score[(probe == 0) & (reference == 0)] >= 2.5).mean()) ** 20
    assert mix[1] > true
    within = evaluate(scores, study={**study, "pairing": "within"}, thresholds=[2.0])
    with pytest.raises(InputError, match="evaluate with pairing: cross, or evaluate searches"):
        project(within, {"lists": lists})


def test_the_document_is_the_one_that_a_gate_reads(evaluation: Evaluation) -> None:
    lists = {
        "same": {"size": 200},
        "large": {"size": 700},
        "skewed": {"composition": {"ethnicity": {"Asian": 1, "Black": 60, "White": 1}}},
    }
    projection = project(evaluation, {"lists": lists}, curves=False)
    text = to_json(projection)
    shape = read_projection(text.encode(), "projection.json")
    assert shape.evaluation.sha256 == projection.sha256
    assert shape.lists["skewed"].composition == {"ethnicity": {"Asian": 1, "Black": 60, "White": 1}}
    assert shape.lists["large"].axes["ethnicity"].estimate == [[None] * len(evaluation.thresholds)] * 3
    assert to_json(project(evaluation, {"lists": lists}, curves=False)) == text


def test_an_evaluation_of_a_matcher_without_a_name_is_evidence_on_none(evaluation: Evaluation) -> None:
    nameless = replace(evaluation, study=evaluation.study.model_copy(update={"matcher": None}))
    with pytest.raises(InputError, match="names no matcher"):
        to_json(project(nameless, {"lists": {"a": {"size": 3}}}, curves=False))


def test_false_alerts_are_those_of_the_crowd_and_of_a_deployment(evaluation: Evaluation) -> None:
    crowd = {"ethnicity": {"Asian": 0.5, "Black": 0.25, "White": 0.25}}
    projection = project(
        evaluation, {"lists": {"a": {"size": 50, "crowd": crowd, "faces": 2_000}}}, curves=False
    )
    rows = alert_rows(projection)
    rows = rows.filter(pc.equal(rows["threshold"], 2.6)).to_pylist()
    by_group = {row["group"]: row for row in rows}
    shares = (*crowd["ethnicity"].values(),)
    mean = sum(share * by_group[group]["fpir"] for group, share in zip(GROUPS, shares, strict=True))
    assert by_group[None]["fpir"] == pytest.approx(mean)
    assert by_group[None]["per_10000"] == pytest.approx(10_000 * mean)
    assert by_group["Asian"]["per_deployment"] == pytest.approx(1_000 * by_group["Asian"]["fpir"])
    assert by_group[None]["chance_of_one_upper"] == pytest.approx(
        1 - (1 - by_group[None]["fpir_upper"]) ** 2_000
    )
    ratios = ratio_rows(projection).to_pylist()
    at = next(row for row in ratios if row["threshold"] == 2.6)
    rates = [by_group[group]["fpir"] for group in GROUPS]
    assert at["ratio"] == pytest.approx(max(rates) / min(rates))


def test_safe_thresholds_follow_size_and_mix(evaluation: Evaluation) -> None:
    projection = project(evaluation, {"lists": {"a": {"size": 20}}})
    assert projection.sizes is not None
    assert projection.sizes.sizes[0] == 2
    assert projection.sizes.sizes[-1] == 200
    assert [mixes.group for mixes in projection.mixes] == list(GROUPS)
    for mixes in projection.mixes:
        held = mixes.tested[mixes.shares.index(1.0)]
        most = dict(zip(GROUPS, (40, 60, 100), strict=True))[mixes.group]
        assert held.tolist() == [size <= most for size in mixes.sizes]
    whole = project(evaluation, {"lists": {"a": {"size": 200}}}, curves=False)
    safe = projection.sizes.safe[-1]
    assert (None if math.isnan(safe) else safe) == whole.safe_at("a")
    rows = safe_rows(projection).to_pylist()
    assert {row["group"] for row in rows} == {None, *GROUPS}


def test_the_answer_says_how_and_what(evaluation: Evaluation) -> None:
    projection = project(evaluation, {"lists": {"force A": {"size": 100, "faces": 5_000}}}, curves=False)
    headings = [heading for heading, _ in answer(projection)]
    said = " ".join(sentence for _, sentence in answer(projection))
    assert headings[0] == "List"
    assert "force A: 100 subjects; rarefied" in said
    assert "in a deployment of 5,000" in said
    assert "independent comparisons would give" in said


def test_an_evaluation_is_written_with_its_matches_and_read_back(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    write_evaluation(evaluation, tmp_path / "out", without=("report", "figures"))
    read = load(tmp_path / "out")
    assert read.list_matches is not None
    for name in ("probe_cells", "list_labels", "columns", "floor"):
        assert getattr(read.list_matches, name) == getattr(evaluation.list_matches, name)
    for name in ("probe_searches", "search", "probe", "reference", "score"):
        assert np.array_equal(getattr(read.list_matches, name), getattr(evaluation.list_matches, name))
    assert read.list_matches.probe_subjects.tolist() == list(range(1200))
    again = replace(evaluation)
    assert again.list_matches_content == evaluation.list_matches_content
    lists = {"lists": {"half": {"size": 100}}}
    of_file = project(tmp_path / "out", lists, curves=False)
    assert to_json(of_file) == to_json(project(evaluation, lists, curves=False))


def test_matches_that_were_changed_are_refused_and_lost_ones_leave_the_evaluation(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    evaluation.save(tmp_path / "mine.json")
    named = json.loads((tmp_path / "mine.json").read_text())["list_matches"]
    assert named["file"] == "mine.matches.npz"
    beside = tmp_path / "mine.matches.npz"
    beside.write_bytes(beside.read_bytes() + b" ")
    with pytest.raises(
        InputError, match=r"mine\.matches\.npz: is not the file that the evaluation was written with"
    ):
        load(tmp_path / "mine.json")
    beside.unlink()
    assert load(tmp_path / "mine.json").list_matches is None


def test_an_evaluation_without_candidates_has_no_such_key(world: Scored, tmp_path: Path) -> None:
    plain = evaluated(world, AT)
    plain.save(tmp_path / "plain.json")
    assert "list_matches" not in json.loads((tmp_path / "plain.json").read_text())
    assert not list(tmp_path.glob("*.npz"))
