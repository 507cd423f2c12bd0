"""Pairs of templates are counted like the same pairs written out as a table, whatever their order and number."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness import engines
from harness.comparisons import Templates, all_pairs, open_comparisons, pairs_between, resolve_study
from harness.comparisons.images import pairs as pairs_module
from harness.counting import Counts, SubjectCounts
from harness.evaluation import to_json

STUDY = {"matcher": {"name": "example", "version": "1"}, "labels_of": "image"}
WIDTH = 16  # ±1 in 16 dimensions: all lengths are 4, and every cosine is a whole number of sixteenths
SIXTEENTHS = np.arange(-16, 17) / 16


def people(templates: int, subjects: int, dtype: str = "float32", seed: int = 1) -> dict[str, Any]:
    """Draw templates of several people, in no order, whose cosines are exact in any precision."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, subjects, templates)
    face = rng.choice([-1, 1], (subjects, WIDTH))
    flipped = rng.random((templates, WIDTH)) < 0.15
    return {
        "embeddings": np.where(flipped, -face[who], face[who]).astype(dtype),
        "subjects": who * 7 + 3,
        "groups": {
            "ethnicity": np.array(["Asian", "Black", "White"])[who % 3],
            "sex": np.array(["female", "male"])[who // 3 % 2],
            "age": rng.integers(0, 2, templates),  # of the template: a mated pair may differ in it
        },
    }


def table(probes: dict[str, Any], references: dict[str, Any] | None, metric: str) -> dict[str, Any]:
    """Write out every pair: each of one set once, the first being the probe, or all of two sets."""
    others = probes if references is None else references
    one, other = probes["embeddings"].astype(np.int64), others["embeddings"].astype(np.int64)
    if references is None:
        i, j = np.triu_indices(len(one), 1)
    else:
        i, j = (part.ravel() for part in np.indices((len(one), len(other))))
    if metric == "cosine":
        scores = np.einsum("nd,nd->n", one[i], other[j]) / WIDTH
    else:
        scores = np.sqrt(((one[i] - other[j]) ** 2).sum(axis=1))
    columns = {
        metric: scores,
        "mated": probes["subjects"][i] == others["subjects"][j],
        "probe_subject": probes["subjects"][i],
        "reference_subject": others["subjects"][j],
    }
    for name in probes["groups"]:
        columns[f"probe_{name}"] = probes["groups"][name][i]
        columns[f"reference_{name}"] = others["groups"][name][j]
    return columns


def counted(scores: Any, study: Any, thresholds: Any, among: Any = None) -> tuple[Counts, SubjectCounts]:
    with open_comparisons(scores, study) as comparisons:
        return engines.count_by_subject(comparisons, np.asarray(thresholds, np.float64), among=among)


def document(evaluation: harness.Evaluation) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(to_json(evaluation))
    del plain["inputs"], plain["score_type"]
    plain["notes"] = [note for note in plain["notes"] if "float32" not in note]
    return plain


everywhere = pytest.mark.parametrize(
    "thresholds", [SIXTEENTHS, SIXTEENTHS[24:], [0.55], [2.0]], ids=["all", "tail", "one", "above all"]
)


class TestCountsAreThoseOfTheTable:
    @everywhere
    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    @pytest.mark.parametrize(("templates", "subjects"), [(40, 12), (1100, 150)])
    def test_of_one_set(self, templates: int, subjects: int, pairing: str, thresholds: Any) -> None:
        faces = people(templates, subjects)
        pairs = all_pairs(**faces)
        study = resolve_study(pairs, {**STUDY, "pairing": pairing})
        assert counted(pairs, study, thresholds) == counted(table(faces, None, "cosine"), study, thresholds)

    @everywhere
    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    def test_of_probes_and_references(self, pairing: str, thresholds: Any) -> None:
        probes, references = people(600, 80, seed=2), people(530, 90, seed=3)
        pairs = pairs_between(Templates(**probes), Templates(**references))
        study = resolve_study(pairs, {**STUDY, "pairing": pairing})
        expected = counted(table(probes, references, "cosine"), study, thresholds)
        assert counted(pairs, study, thresholds) == expected

    @pytest.mark.parametrize("dtype", ["float64", "int64"])
    def test_of_euclidean_distances(self, dtype: str) -> None:
        faces = people(700, 90, dtype)
        pairs = all_pairs(**faces, metric="euclidean")
        study = resolve_study(pairs, STUDY)
        at = -np.sqrt(np.arange(WIDTH * 4, -1, -1))  # at the very distances, times -1
        assert counted(pairs, study, at) == counted(table(faces, None, "euclidean"), study, at)

    @pytest.mark.slow
    def test_where_blocks_are_of_one_group_each(self) -> None:
        faces = people(2100, 700)
        faces["groups"] = {"ethnicity": faces["groups"]["ethnicity"]}
        pairs = all_pairs(**faces)
        study = resolve_study(pairs, STUDY)
        expected = counted(table(faces, None, "cosine"), study, SIXTEENTHS)
        assert counted(pairs, study, SIXTEENTHS) == expected
        assert counted(pairs, study, SIXTEENTHS[28:]) == (
            expected[0].at(SIXTEENTHS[28:]),
            counted(table(faces, None, "cosine"), study, SIXTEENTHS[28:])[1],
        )

    def test_where_every_subject_is_a_group(self) -> None:
        faces = people(600, 70)
        faces["groups"] = {"family": faces["subjects"]}
        pairs = all_pairs(**faces)
        study = resolve_study(pairs, {**STUDY, "pairing": "cross"})
        assert counted(pairs, study, SIXTEENTHS) == counted(table(faces, None, "cosine"), study, SIXTEENTHS)

    def test_of_half_of_the_subjects(self) -> None:
        faces = people(620, 60)
        pairs = all_pairs(**faces)
        study = resolve_study(pairs, STUDY)
        among = np.arange(len(np.unique(faces["subjects"]))) % 2 == 0
        expected = counted(table(faces, None, "cosine"), study, SIXTEENTHS, among)
        assert counted(pairs, study, SIXTEENTHS, among) == expected

    def test_of_nobody(self) -> None:
        pairs = all_pairs(**people(40, 5))
        study = resolve_study(pairs, STUDY)
        counts, by_subject = counted(pairs, study, SIXTEENTHS, np.zeros(5, np.bool_))
        assert (int(counts.trials.sum()), by_subject.cells) == (0, ())

    def test_by_cell_alone(self) -> None:
        faces = people(300, 40)
        pairs = all_pairs(**faces)
        study = resolve_study(pairs, STUDY)
        with open_comparisons(pairs, study) as opened:
            alone = engines.count(opened, SIXTEENTHS)
        assert alone == counted(table(faces, None, "cosine"), study, SIXTEENTHS)[0]

    def test_at_fewer_thresholds_by_subject_where_the_subjects_are_many(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.counting.subjects.FEWEST_THRESHOLDS", 5)
        monkeypatch.setattr("harness.counting.subjects.MOST_BINS", 1)
        faces = people(300, 40)
        pairs = all_pairs(**faces)
        study = resolve_study(pairs, STUDY)
        found = counted(pairs, study, SIXTEENTHS)
        assert len(found[1].thresholds) == 5
        assert found == counted(table(faces, None, "cosine"), study, SIXTEENTHS)


class TestEvaluation:
    @pytest.mark.slow
    @pytest.mark.parametrize("metric", ["cosine", "euclidean"])
    @pytest.mark.parametrize("pairing", ["within", pytest.param("cross", marks=pytest.mark.slow)])
    @pytest.mark.parametrize("given", [None, "0.25:0.9:0.05"])
    def test_is_that_of_the_table(self, metric: Any, pairing: str, given: str | None) -> None:
        faces = people(240, 40, "float64")
        pairs = all_pairs(**faces, metric=metric)
        thresholds = "1:8:0.25" if given and metric == "euclidean" else given
        study = {**STUDY, "pairing": pairing, "axes": ["age", ["ethnicity", "sex"]]}
        found = harness.evaluate(pairs, study=study, thresholds=thresholds, confirm="split")
        written = table(faces, None, metric)
        expected = harness.evaluate(written, study=found.study, thresholds=thresholds, confirm="split")
        assert document(found) == document(expected)

    def test_is_the_same_bytes_again_and_on_any_number_of_processors(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rng = np.random.default_rng(4)
        faces = people(1300, 200)
        faces["embeddings"] = faces["embeddings"] + rng.normal(0, 0.3, (1300, WIDTH)).astype(np.float32)
        faces["groups"] = {"ethnicity": faces["groups"]["ethnicity"]}
        texts, surveys = set(), set()
        for processors in (1, 2, 5, 5):
            monkeypatch.setattr(pairs_module, "_processors", lambda count=processors: count)
            pairs = all_pairs(**faces)
            texts.add(to_json(harness.evaluate(pairs, study=STUDY, thresholds="-0.5:1:0.1")))
            with open_comparisons(pairs, resolve_study(pairs, STUDY)) as opened:
                surveys.add(opened.read(lambda coding: opened.survey(coding, 1000)))
        assert (len(texts), len(surveys)) == (1, 1)

    def test_names_its_input_by_digests_that_anyone_can_take(self) -> None:
        faces = people(60, 8)
        strided = np.repeat(faces["embeddings"], 2, axis=0)[::2]
        first, second = harness.evaluate(all_pairs(**{**faces, "embeddings": strided}), study=STUDY).inputs
        assert first.name == "embeddings (60 × 16 float32)"
        assert first.sha256 == hashlib.sha256(faces["embeddings"].tobytes()).hexdigest()
        labels = {
            "groups": {name: [str(label) for label in of] for name, of in sorted(faces["groups"].items())},
            "subjects": [str(subject) for subject in faces["subjects"]],
        }
        text = json.dumps(labels, separators=(",", ":")).encode()
        assert (second.bytes, second.sha256) == (len(text), hashlib.sha256(text).hexdigest())

    def test_tells_its_progress_pair_by_pair(self) -> None:
        told: list[tuple[int, int | None]] = []
        harness.evaluate(
            all_pairs(**people(700, 90)),
            study=STUDY,
            thresholds=[0.5],
            progress=lambda rows, total: told.append((rows, total)),
        )
        assert sum(rows for rows, _ in told) == 700 * 699 // 2
        assert {total for _, total in told} == {700 * 699 // 2}

    def test_takes_labels_and_embeddings_in_any_common_form(self) -> None:
        faces = people(90, 12)
        frame = pd.DataFrame({"who": faces["subjects"], **faces["groups"]})
        expected = counted(all_pairs(**faces), resolve_study(all_pairs(**faces), STUDY), SIXTEENTHS)
        for form in (
            {"subjects": frame["who"], "groups": {name: frame[name] for name in faces["groups"]}},
            {"subjects": [str(who) for who in faces["subjects"]]},
            {"groups": {name: list(of) for name, of in faces["groups"].items()}},
            {"groups": {**faces["groups"], "sex": pd.Categorical(faces["groups"]["sex"])}},
            {"embeddings": faces["embeddings"].astype(np.float16)},
            {"embeddings": faces["embeddings"].astype(np.int8)},
            {"embeddings": np.asfortranarray(faces["embeddings"])},
            {"embeddings": faces["embeddings"].tolist()},
            {"embeddings": faces["embeddings"] * 3},
        ):
            pairs = all_pairs(**{**faces, **form})
            assert counted(pairs, resolve_study(pairs, STUDY), SIXTEENTHS) == expected


@settings(max_examples=25)
@given(st.data())
def test_the_order_of_templates_does_not_matter(data: st.DataObject) -> None:
    templates = data.draw(st.integers(4, 40))
    faces = people(templates, data.draw(st.integers(1, 9)) + 1, seed=data.draw(st.integers(0, 99)))
    faces["subjects"][:3] = [1, 1, 2]  # a mated pair and a non-mated one
    order = np.array(data.draw(st.permutations(range(templates))))
    turned = {
        "embeddings": faces["embeddings"][order],
        "subjects": faces["subjects"][order],
        "groups": {name: labels[order] for name, labels in faces["groups"].items()},
    }
    study = resolve_study(all_pairs(**faces), STUDY)
    assert counted(all_pairs(**turned), study, SIXTEENTHS) == counted(all_pairs(**faces), study, SIXTEENTHS)


@settings(max_examples=25)
@given(st.integers(2, 30), st.integers(0, 99))
def test_a_template_that_stands_twice_is_a_mated_pair_of_the_highest_score(count: int, seed: int) -> None:
    faces = people(count, count, seed=seed)
    faces["subjects"] = np.arange(count)  # without the copy no pair is mated
    last = {name: labels[-1] for name, labels in faces["groups"].items()}
    doubled = all_pairs(
        np.concatenate([faces["embeddings"], faces["embeddings"][-1:]]),
        np.append(faces["subjects"], count - 1),
        {name: np.append(labels, last[name]) for name, labels in faces["groups"].items()},
    )
    counts, _ = counted(doubled, resolve_study(doubled, STUDY), [1.0, np.nextafter(1.0, 2.0)])
    np.testing.assert_array_equal(counts.matches[:, 1].sum(axis=0), [1, 0])
    assert counts.trials.sum(axis=0).tolist() == [(count + 1) * count // 2 - 1, 1]
