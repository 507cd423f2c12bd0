"""A matrix of scores is counted like the same comparisons written out as rows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import harness
from harness import InputError, engines
from harness.comparisons import People, Templates, matrix, open_comparisons, resolve, resolve_study
from harness.counting import Counts, SubjectCounts
from harness.evaluation import to_json
from tests.engines.slow_counting import as_table, slow_count

STUDY: dict[str, Any] = {"matcher": {"name": "example", "version": "1"}, "labels_of": "image"}
AT = np.array([0.3, 0.5])
FOUR = np.array([[1, 0.9, 0.2, 0.3], [0.9, 1, 0.4, 0.25], [0.2, 0.4, 1, 0.8], [0.3, 0.25, 0.8, 1]])
OF_FOUR: dict[str, Any] = {"subject": ["ann", "ann", "bea", "cat"], "sex": ["F", "F", "F", "M"]}


def counted(source: Any, study: Any, thresholds: Any, among: Any = None) -> tuple[Counts, SubjectCounts]:
    with open_comparisons(source, study) as comparisons:
        return engines.count_by_subject(comparisons, np.asarray(thresholds, np.float64), among=among)


def by_cell(source: Any, **terms: Any) -> dict[Any, Any]:
    """Count at 0.3 and 0.5: for each cell, of non-mated and of mated comparisons, all and those that match."""
    counts, _ = counted(source, resolve_study(source, {**STUDY, **terms}), AT)
    return {
        cell: [(int(trials[truth]), *map(int, matches[truth])) for truth in (0, 1)]
        for cell, trials, matches in zip(counts.cells, counts.trials, counts.matches, strict=True)
    }


def table(scores: Any, rows: Any, columns: Any | None) -> dict[str, Any]:
    """Write out every comparison of a matrix: of one set of images each pair once, or both ways, or all."""
    others = rows if columns is None else columns
    scores = np.asarray(scores)
    i, j = (part.ravel() for part in np.indices(scores.shape))
    if columns is None:
        same = (scores == scores.T) | (np.isnan(scores) & np.isnan(scores.T))
        kept = i < j if same.all() else i != j
        i, j = i[kept], j[kept]
    one, other = np.array(rows["subject"]), np.array(others["subject"])
    written = {
        "score": scores[i, j],
        "mated": one[i] == other[j],
        "probe_subject": one[i],
        "reference_subject": other[j],
    }
    for name in set(rows) - {"subject"}:
        written[f"probe_{name}"] = np.array(rows[name])[i]
        written[f"reference_{name}"] = np.array(others[name])[j]
    return written


class TestFourImagesByHand:
    def test_a_symmetric_matrix_counts_each_pair_once_and_no_image_with_itself(self) -> None:
        assert by_cell(matrix(FOUR, OF_FOUR)) == {
            ("F",): [(2, 1, 0), (1, 1, 1)],  # 0.2 and 0.4; 0.9
            ("M",): [(0, 0, 0), (0, 0, 0)],
            (None,): [(3, 2, 1), (0, 0, 0)],  # 0.3, 0.25 and 0.8
        }

    def test_one_that_is_not_symmetric_counts_both_ways(self) -> None:
        changed = FOUR.copy()
        changed[2, 0] = 0.35
        assert by_cell(matrix(changed, OF_FOUR)) == {
            ("F",): [(4, 3, 0), (2, 2, 2)],  # 0.2, 0.35, 0.4 and 0.4; 0.9 twice
            ("M",): [(0, 0, 0), (0, 0, 0)],
            (None,): [(6, 4, 2), (0, 0, 0)],
        }

    def test_rows_are_the_probes(self) -> None:
        columns = {"subject": ["ann", "bea", "dot"], "sex": ["F", "F", "M"]}
        assert by_cell(matrix(FOUR[:, 1:], OF_FOUR, columns), pairing="probe") == {
            ("F",): [(6, 4, 1), (3, 3, 3)],  # 0.2, 0.3, 0.4, 0.25, 0.4 and 0.8; 0.9, 1 and 1
            ("M",): [(3, 2, 2), (0, 0, 0)],  # 0.25, 0.8 and 1
        }

    def test_the_pair_of_a_symmetric_matrix_has_for_its_probe_the_image_that_comes_first(self) -> None:
        people = {"subject": OF_FOUR["subject"], "sex": ["M", "F", "F", "M"]}
        found = by_cell(matrix(FOUR, people), pairing="probe")
        assert found == {("M",): [(2, 1, 0), (1, 1, 1)], ("F",): [(3, 2, 1), (0, 0, 0)]}

    def test_distances_are_negated_once(self) -> None:
        distances = matrix(1 - FOUR, OF_FOUR)
        study = resolve_study(distances, {**STUDY, "score": {"better": "lower"}})
        counts, _ = counted(distances, study, [-0.65, -0.15])
        assert counts.matches[:, 0].tolist() == [[1, 0], [0, 0], [1, 0]]

    @pytest.mark.parametrize(
        ("missing_scores", "trials"), [("exclude", [(1, 1, 0), (0, 0, 0)]), ("count", [(2, 1, 0), (1, 0, 0)])]
    )
    def test_missing_scores_are_told_and_left_out_or_do_not_match(
        self, missing_scores: str, trials: Any
    ) -> None:
        gaps = FOUR.copy()
        for i, j in ((0, 1), (0, 2), (0, 3)):
            gaps[i, j] = gaps[j, i] = np.nan
        source = matrix(gaps, OF_FOUR)
        assert by_cell(source, missing_scores=missing_scores)["F",] == trials
        study = resolve_study(source, {**STUDY, "missing_scores": missing_scores})
        counts, _ = counted(source, study, AT)
        assert dict(zip(counts.cells, counts.missing.tolist(), strict=True)) == {
            ("F",): [1, 1],
            ("M",): [0, 0],
            (None,): [1, 0],
        }

    def test_the_result_says_which_scores_were_taken(self) -> None:
        changed = FOUR.copy()
        changed[2, 0] = 0.35
        itself = "The 4 scores on the diagonal, of an image with itself, are left out."
        for scores, columns, text in (
            (
                FOUR,
                None,
                f"The scores are a symmetric matrix, of which each pair of images counts once: 6 comparisons. {itself}",
            ),
            (
                changed,
                None,
                "The scores are a matrix of images among themselves that is not symmetric ([0, 2] is 0.2 and [2, 0] is "
                f"0.35), so each pair of images counts both ways, the row being the probe: 12 comparisons. {itself}",
            ),
            (
                changed,
                OF_FOUR,
                "The scores are a matrix of 4 probes (rows) and 4 references (columns), all of which are compared: 16 "
                "comparisons. Each score on its diagonal is 1.0, as of an image with itself: if the columns are the "
                "same images as the rows, leave out who they are, and evaluate again.",
            ),
            (
                FOUR[:, 1:],
                {name: values[1:] for name, values in OF_FOUR.items()},
                "The scores are a matrix of 4 probes (rows) and 3 references (columns), all of which are compared: 12 "
                "comparisons.",
            ),
        ):
            evaluation = harness.evaluate(matrix(scores, OF_FOUR, columns), study=STUDY)
            assert text in evaluation.notes

    def test_what_is_on_a_diagonal_that_is_left_out_does_not_matter(self) -> None:
        for value in (np.nan, np.inf, -np.inf):
            other = FOUR.copy()
            np.fill_diagonal(other, value)
            assert by_cell(matrix(other, OF_FOUR)) == by_cell(matrix(FOUR, OF_FOUR))


SCORES = st.sampled_from([-0.0, 0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 1.0])


@settings(max_examples=100)
@given(data=st.data())
def test_any_matrix_is_counted_like_a_loop_over_its_scores(data: st.DataObject) -> None:
    missing_scores = data.draw(st.sampled_from(["reject", "exclude", "count"]), "missing_scores")
    element = SCORES if missing_scores == "reject" else SCORES | st.just(np.nan)
    form = data.draw(st.sampled_from(["symmetric", "square", "rectangular"]), "form")
    n = data.draw(st.integers(2, 6), "rows")
    m = data.draw(st.integers(1, 6), "columns") if form == "rectangular" else n
    scores = np.array(data.draw(st.lists(st.lists(element, min_size=m, max_size=m), min_size=n, max_size=n)))
    if form == "symmetric":
        scores = np.triu(scores) + np.triu(scores, 1).T
    scores = scores.astype(data.draw(st.sampled_from(["float16", "float32", "float64"])))
    sides = [
        {
            "subject": data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)),
            "sex": data.draw(st.lists(st.sampled_from(["F", "M"]), min_size=size, max_size=size)),
            "age": data.draw(st.lists(st.sampled_from(["old", "young"]), min_size=size, max_size=size)),
        }
        for size in (n, m)
    ]
    rows, columns = sides[0], sides[1] if form == "rectangular" else None
    written = {name: values.tolist() for name, values in table(scores, rows, columns).items()}
    assume(len(set(written["mated"])) == 2)
    same = form == "rectangular" and n == m and rows["subject"] == sides[1]["subject"]
    assume(not same or not np.array_equal(scores, scores.T, equal_nan=True))
    study = resolve_study(
        source := matrix(scores, rows, columns),
        {
            **STUDY,
            "pairing": data.draw(st.sampled_from(["within", "probe", "cross"]), "pairing"),
            "missing_scores": missing_scores,
            "score": {"better": data.draw(st.sampled_from(["higher", "lower"]), "better")},
        },
    )
    thresholds = np.unique(study.sign * np.array(data.draw(st.lists(SCORES, min_size=1, max_size=6)))) + 0.0
    expected = slow_count(written, study, thresholds.tolist())
    assert as_table(*counted(source, study, thresholds)) == expected


def large(rows: int, columns: int, seed: int = 1) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Draw more images than fill a block, in no order, with many tied scores."""
    rng = np.random.default_rng(seed)
    sides: list[dict[str, Any]] = []
    for size in (rows, columns):
        who = rng.integers(0, 150, size)
        sides.append({"subject": who, "ethnicity": np.array(["Asian", "Black", "White"])[who % 3]})
    scores = rng.integers(-8, 9, (rows, columns)).astype(np.float32) / 8
    return scores, *sides


class TestLargerThanABlock:
    @pytest.mark.parametrize("share", [0.0, 0.05])
    @pytest.mark.parametrize("form", ["symmetric", "square", "rectangular"])
    def test_of_the_same_comparisons_as_arrays(self, form: str, share: float) -> None:
        scores, rows, columns = large(600, 530)
        if form != "rectangular":
            scores = np.pad(scores, ((0, 0), (0, 70)), mode="reflect")
        if form == "symmetric":
            scores = np.triu(scores) + np.triu(scores, 1).T
        gaps = np.random.default_rng(2).random(scores.shape) < share
        scores[gaps | gaps.T if form == "symmetric" else gaps] = np.nan
        others = columns if form == "rectangular" else None
        source, written = matrix(scores, rows, others), table(scores, rows, others)
        missing_scores = "count" if share else "reject"
        study = resolve_study(source, {**STUDY, "missing_scores": missing_scores})
        at = np.arange(-4, 9) / 8
        assert counted(source, study, at) == counted(written, study, at)
        among = np.arange(len(np.unique(np.concatenate([rows["subject"], columns["subject"]])))) % 2 == 0
        if form == "rectangular":
            assert counted(source, study, at, among) == counted(written, study, at, among)
        with open_comparisons(source, study) as opened, open_comparisons(written, study) as rows_of_it:
            assert engines.survey(opened, 50) == engines.survey(rows_of_it, 50)
            assert opened.rows() == len(written["score"])

    def test_an_evaluation_is_that_of_the_arrays(self) -> None:
        scores, rows, columns = large(150, 120)
        terms: Any = {"thresholds": [0.25, 0.5], "confirm": "split"}
        found = harness.evaluate(matrix(scores, rows, columns), study=STUDY, **terms)
        expected = harness.evaluate(table(scores, rows, columns), study=found.study, **terms)
        assert found.confirmation == expected.confirmation
        for axis, other in zip(found.axes.values(), expected.axes.values(), strict=True):
            np.testing.assert_array_equal(axis.false_matches.upper, other.false_matches.upper)
            assert axis.verdict.verdicts == other.verdict.verdicts

    def test_progress_is_told_score_by_score(self) -> None:
        scores, rows, columns = large(530, 300)
        scores[::7] = np.nan
        told: list[tuple[int, int | None]] = []
        harness.evaluate(
            matrix(scores, rows, columns),
            study={**STUDY, "missing_scores": "exclude"},
            progress=lambda rows, total: told.append((rows, total)),
        )
        assert sum(rows for rows, _ in told) == 530 * 300
        assert {total for _, total in told} == {530 * 300}


class TestForms:
    """One matrix and its people, however they are given."""

    @pytest.fixture
    def expected(self) -> dict[Any, Any]:
        return by_cell(matrix(FOUR.astype(np.float32), OF_FOUR))

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
    @pytest.mark.parametrize("order", ["C", "F"])
    def test_an_npy_file(self, data: Path, dtype: str, order: Any) -> None:
        quarters = np.round(FOUR * 4) / 4  # exact in any of the types
        np.save(data / "scores.npy", quarters.astype(dtype, order=order))
        source = matrix(data / "scores.npy", OF_FOUR)
        assert isinstance(source.array.scores, np.memmap)
        assert by_cell(source) == by_cell(matrix(quarters, OF_FOUR))

    def test_fortran_order_where_it_is_not_symmetric(self, data: Path) -> None:
        scores, rows, columns = large(40, 30)
        np.save(data / "scores.npy", np.asfortranarray(scores))
        source, other = matrix(data / "scores.npy", rows, columns), matrix(scores, rows, columns)
        study = resolve_study(source, STUDY)
        assert counted(source, study, AT) == counted(other, study, AT)

    def test_whole_numbers(self) -> None:
        tenths = np.round(FOUR * 100).astype(np.int64)
        study = resolve_study(source := matrix(tenths, OF_FOUR), STUDY)
        counts, _ = counted(source, study, [30, 50])
        assert counts.matches[:, 0].tolist() == [[1, 0], [0, 0], [2, 1]]
        assert source.array.dtype == np.float64

    def test_an_npz_file_of_one_array_or_a_named_one(self, expected: Any, data: Path) -> None:
        scores = FOUR.astype(np.float32)
        np.savez(data / "one.npz", scores)
        np.savez_compressed(data / "two.npz", scores=scores, others=scores[:2])
        assert by_cell(matrix(data / "one.npz", OF_FOUR)) == expected
        assert by_cell(matrix(data / "two.npz", OF_FOUR, array="scores")) == expected

    def test_people_as_tables_and_files(self, expected: Any, data: Path) -> None:
        frame = pd.DataFrame(OF_FOUR)
        frame.to_csv(data / "people.csv", index=False)
        frame.rename(columns={"subject": "who"}).assign(image=range(4)).to_csv(
            data / "named.csv", index=False
        )
        pq.write_table(pa.table(OF_FOUR), data / "people.parquet")
        people = People(OF_FOUR["subject"], {"sex": OF_FOUR["sex"]})
        templates = Templates(np.ones((4, 2)), OF_FOUR["subject"], {"sex": OF_FOUR["sex"]})
        two_parts = {"subjects": OF_FOUR["subject"], "groups": {"sex": OF_FOUR["sex"]}}
        scores = FOUR.astype(np.float32)
        for rows in (frame, data / "people.csv", str(data / "people.parquet"), people, templates, two_parts):
            assert by_cell(matrix(scores, rows)) == expected
        assert by_cell(matrix(scores, data / "named.csv", subject="who", groups={"sex": "sex"})) == expected

    def test_digests_tell_what_was_read(self, data: Path) -> None:
        np.save(data / "scores.npy", FOUR)
        (data / "people.csv").write_text("subject,sex\nann,F\nann,F\nbea,F\ncat,M\n")
        of_files = harness.evaluate(matrix(data / "scores.npy", data / "people.csv"), study=STUDY).inputs
        assert [item.sha256 for item in of_files] == [
            hashlib.sha256((data / name).read_bytes()).hexdigest() for name in ("scores.npy", "people.csv")
        ]
        first, second = harness.evaluate(matrix(FOUR, OF_FOUR), study=STUDY).inputs
        assert (first.name, first.sha256) == (
            "scores (4 × 4 float64)",
            hashlib.sha256(FOUR.tobytes()).hexdigest(),
        )
        assert second.name == "subjects and groups of rows of scores"

    def test_the_same_bytes_again(self, data: Path) -> None:
        scores, rows, _ = large(60, 60)
        np.save(data / "scores.npy", scores)
        texts = {to_json(harness.evaluate(matrix(data / "scores.npy", rows), study=STUDY)) for _ in range(2)}
        assert len(texts) == 1


class TestStudyOfAMatrix:
    """What a study file says of a matrix is enough to evaluate it."""

    @pytest.fixture
    def folder(self, data: Path) -> Path:
        np.save(data / "scores.npy", FOUR)
        (data / "people.csv").write_text("person;sex\nann;F\nann;F\nbea;F\ncat;M\n")
        (data / "others.csv").write_text("name,gender\nann,F\nbea,F\ndot,M\n")
        return data

    def found(self, folder: Path, terms: str, scores: Any = "scores.npy") -> dict[Any, Any]:
        (folder / "study.yaml").write_text(f"matcher: {{name: A, version: '1'}}\n{terms}")
        source = folder / scores if isinstance(scores, str) else scores
        return by_cell(resolve(source, folder / "study.yaml")[0])

    @pytest.mark.parametrize("matrix_key", ["people.csv", "{rows: people.csv}"])
    def test_files_are_found_from_the_folder_of_the_study(self, folder: Path, matrix_key: str) -> None:
        terms = f"matrix: {matrix_key}\nsubjects: [person]\ngroups: {{sex: sex}}\n"
        assert self.found(folder, terms) == by_cell(matrix(FOUR, OF_FOUR))
        assert self.found(folder, terms, FOUR) == by_cell(matrix(FOUR, OF_FOUR))

    def test_columns_of_other_names_in_the_file_of_the_columns(self, folder: Path) -> None:
        np.save(folder / "scores.npy", FOUR[:, 1:])
        terms = (
            "matrix: {rows: people.csv, columns: others.csv}\n"
            "subjects: [person, name]\n"
            "groups: {sex: [sex, gender]}\n"
        )
        others = {"subject": ["ann", "bea", "dot"], "sex": ["F", "F", "M"]}
        assert self.found(folder, terms) == by_cell(matrix(FOUR[:, 1:], OF_FOUR, others))

    def test_the_study_of_the_result_is_that_of_pairs(self, folder: Path) -> None:
        study = {
            "matcher": {"name": "A", "version": "1"},
            "matrix": str(folder / "people.csv"),
            "subjects": ["person"],
            "groups": {"sex": "sex"},
            "pairing": "cross",
            "score": {"column": "similarity"},
        }
        written = harness.evaluate(folder / "scores.npy", study=study).study.to_dict()
        assert "matrix" not in written
        assert (written["score"], written["subjects"], written["groups"]) == (
            {"column": "similarity", "better": "higher"},
            ["probe_subject", "reference_subject"],
            {"sex": ["probe_sex", "reference_sex"]},
        )

    @pytest.mark.parametrize(
        ("terms", "text"),
        [
            (
                {"subjects": []},
                "study: matrix: a matrix needs subjects: the column of the people's file that says who each is "
                "(subjects: [subject]; --subject)",
            ),
            (
                {"groups": {"sex": ["sex", "gender"]}},
                "study: groups.sex: 'sex' names two columns, but rows and columns of the matrix are the same people; "
                "name one, or the people of the columns too (matrix: {rows: ..., columns: ...}; --matrix-columns)",
            ),
            (
                {"task": "identification", "watchlist_size": 5},
                "study: task: identification, but the scores of a matrix are comparisons; leave it out",
            ),
            (
                {"matrix": {"rows": "people.csv", "column": "people.csv"}},
                "study: matrix: unknown key 'column'; did you mean 'columns'?",
            ),
            ({"matrix": 5}, "study: matrix: 5 is not a file or a mapping"),
        ],
    )
    def test_that_does_not_fit(self, folder: Path, terms: dict[str, Any], text: str) -> None:
        study = {
            **STUDY,
            "matrix": str(folder / "people.csv"),
            "subjects": ["person"],
            "groups": {"sex": "sex"},
        }
        with pytest.raises(InputError) as refused:
            resolve(folder / "scores.npy", {**study, **terms})
        assert str(refused.value) == text

    def test_that_describes_a_matrix_once_more(self) -> None:
        study = {**STUDY, "matrix": "people.csv", "subjects": ["a", "b"], "groups": {"sex": ["c", "d"]}}
        study["matrix"] = {"rows": "people.csv", "columns": "people.csv"}
        with pytest.raises(
            InputError, match=r"^study: matrix: the matrix says itself who its rows and columns are"
        ):
            resolve_study(matrix(FOUR, OF_FOUR), study)
