"""What is no matrix of scores is refused in one line that says which file, row and column, and what to do."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import InputError, engines
from harness.comparisons import Templates, all_pairs, matrix, open_comparisons, pairs_between, resolve_study
from harness.comparisons.images.score_array import first_unequal

MATCHER: dict[str, Any] = {"matcher": {"name": "example", "version": "1"}}
FOUR = np.array([[1, 0.9, 0.2, 0.3], [0.9, 1, 0.4, 0.25], [0.2, 0.4, 1, 0.8], [0.3, 0.25, 0.8, 1]])
PEOPLE: dict[str, Any] = {"subject": ["ann", "ann", "bea", "cat"], "sex": ["F", "F", "F", "M"]}
TEXT = "subject,sex\nann,F\nann,F\nbea,F\ncat,M\n"


def changed(row: int, column: int, value: Any, dtype: Any = np.float64) -> Any:
    scores = FOUR.astype(dtype)
    scores[row, column] = value
    return scores


def refusal(*arguments: Any, study: Any = MATCHER, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        harness.evaluate(matrix(*arguments, **options), study=study)
    return str(refused.value)


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        (
            changed(1, 2, np.inf),
            "scores: [1, 2], of 'ann' against 'bea': inf is not finite; write NaN for the score of a failed comparison",
        ),
        (
            np.asfortranarray(changed(3, 0, -np.inf)),
            "scores: [3, 0], of 'cat' against 'ann': -inf is not finite; write NaN for the score of a failed "
            "comparison",
        ),
        (
            changed(1, 2, np.nan, np.float32),
            "scores: [1, 2], of 'ann' against 'bea': nan where a score belongs; give the score, or say in the study "
            "how failures count (missing_scores: exclude, or count; --missing-scores)",
        ),
        (
            changed(0, 3, 2**53 + 1, np.int64),
            "scores: [0, 3], of 'ann' against 'cat': 9007199254740993 has more digits than float64 holds, so that "
            "scores that differ might count as one",
        ),
        (FOUR.astype(complex), "scores: holds complex128, not scores; convert it to float32 or float64"),
        (FOUR > 0.5, "scores: holds bool, not scores; convert it to float32 or float64"),
        (FOUR.astype(object), "scores: holds object, not scores; convert it to float32 or float64"),
        (FOUR.astype(str), "scores: holds <U32, not scores; convert it to float32 or float64"),
        (FOUR[0], "scores: has shape (4,); give a row for each probe and a column for each reference"),
        (FOUR[:0], "scores: has shape (0, 4); give a row for each probe and a column for each reference"),
        (np.ma.masked_less(FOUR, 0.3), "scores: is a masked array; fill what is missing with NaN"),
        (
            FOUR[:, :3],
            "scores: has 4 rows and 3 columns, so they are not the same images; say who the columns are too (matrix: "
            "{rows: ..., columns: ...}; --matrix-columns)",
        ),
        (FOUR[:3, :3], "subjects of rows of scores: 4 labels for 3 rows; give every row one"),
    ],
)
def test_scores_that_cannot_be_used(scores: Any, text: str) -> None:
    assert refusal(scores, PEOPLE) == text


def test_infinities_are_refused_where_missing_scores_are_not() -> None:
    both = changed(1, 2, np.inf)
    both[0, 2] = np.nan
    assert refusal(both, PEOPLE, study={**MATCHER, "missing_scores": "count"}).startswith(
        "scores: [1, 2], of 'ann'"
    )


def test_the_diagonal_is_looked_at_where_it_is_compared() -> None:
    others = {**PEOPLE, "subject": ["dot", "ann", "bea", "cat"]}
    assert refusal(changed(2, 2, np.inf), PEOPLE, others).startswith(
        "scores: [2, 2], of 'bea' against 'bea': inf"
    )


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            {"subject": ["ann"] * 4, "sex": PEOPLE["sex"]},
            "rows of scores: hold no non-mated pair: without one there is no false match rate; give images of several "
            "subjects",
        ),
        (
            {"subject": list("abcd"), "sex": PEOPLE["sex"]},
            "rows of scores: hold no mated pair: without one a threshold's cost is unknown; give a second image of "
            "some subjects",
        ),
        (
            {"person": list("abca"), "sex": PEOPLE["sex"]},
            "rows of scores: has no column 'subject'; it has 'person', 'sex'; name the right one in the study",
        ),
        (
            {"subject": list("abca")},
            "rows of scores: has no column but that of the subjects; add one of a group",
        ),
        (
            {"subject": list("abca"), "sex": ["F", None, "M", "F"]},
            "group 'sex' of rows of scores: [1] is nothing where a label belongs; label the row, 'unknown' if need be, "
            "or leave it out",
        ),
        (
            5,
            "rows of scores: int does not say who they are; give subjects and groups, a data frame or a file",
        ),
    ],
)
def test_people_that_cannot_be_told(rows: Any, text: str) -> None:
    assert refusal(FOUR, rows) == text


def test_columns_of_other_attributes() -> None:
    others = {"subject": PEOPLE["subject"], "age": ["old"] * 4}
    assert refusal(FOUR, PEOPLE, others) == (
        "rows are labelled by ['sex'] and columns by ['age']; label both alike, or name the groups"
    )


def test_columns_that_are_the_rows_again() -> None:
    assert refusal(FOUR, PEOPLE, PEOPLE) == (
        "scores: is symmetric, and its columns are the same people as its rows, in the same order: the same images, "
        "which would be compared with themselves; leave out who the columns are (matrix: {columns}; --matrix-columns)"
    )


def test_a_person_of_two_labels() -> None:
    assert refusal(FOUR, {**PEOPLE, "sex": ["F", "M", "F", "M"]}) == (
        "group 'sex': [1] of rows of scores is 'M' of subject 'ann', who is 'F' at [0] of rows of scores; label the "
        "person alike, or say in the study that the label is of the image and not of the person (labels_of: image)"
    )


class TestFiles:
    def test_a_person_of_two_labels_is_named_by_rows_of_the_file(self, data: Path) -> None:
        (data / "people.csv").write_text(TEXT.replace("ann,F", "ann,M", 1))
        assert refusal(FOUR, data / "people.csv").startswith(
            f"group 'sex': row 2 of {data / 'people.csv'} is 'F' of subject 'ann', who is 'M' at row 1 of "
        )

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (TEXT[:-6], "has 3 rows, but {scores} has 4 rows; give a line for each, in their order"),
            (
                TEXT.replace("bea,F", "bea,"),
                "row 3, column 'sex': nothing where a label of one line belongs; label the row, 'unknown' if need be",
            ),
            (
                TEXT.replace("bea,F", " ,F"),
                "row 3, column 'subject': ' ' where a label of one line belongs; label the row, 'unknown' if need be",
            ),
            (
                TEXT.replace("subject", "who"),
                "has no column 'subject'; it has 'who', 'sex'; name the right one in the study",
            ),
            (
                TEXT.replace("bea,F", "bea,F,1"),
                "row 3 has 3 values, but the header names 2 columns; fix that line",
            ),
        ],
    )
    def test_of_people(self, data: Path, text: str, problem: str) -> None:
        np.save(data / "scores.npy", FOUR)
        (data / "people.csv").write_text(text)
        found = refusal(data / "scores.npy", data / "people.csv")
        assert found.startswith(f"{data / 'people.csv'}")
        assert found.endswith(problem.format(scores=data / "scores.npy"))

    def test_that_are_not_there(self, data: Path) -> None:
        np.save(data / "scores.npy", FOUR)
        assert refusal(data / "none.npy", PEOPLE).startswith(f"{data / 'none.npy'}: cannot be found")
        assert refusal(data / "scores.npy", data / "none.csv").startswith(
            f"{data / 'none.csv'}: cannot be found"
        )

    def test_of_python_objects_are_never_loaded(self, data: Path) -> None:
        problem = (
            "holds Python objects (a pickle), which are never loaded; save an array of float32 or float64"
        )
        np.save(data / "objects.npy", FOUR.astype(object), allow_pickle=True)
        np.savez(data / "objects.npz", FOUR.astype(object))
        (data / "pickle.npy").write_bytes(pickle.dumps(FOUR))
        for name in ("objects.npy", "objects.npz", "pickle.npy"):
            assert refusal(data / name, PEOPLE) == f"{data / name}: {problem}"

    def test_of_records(self, data: Path) -> None:
        np.save(data / "records.npy", np.zeros((4, 4), [("score", "f4"), ("mated", "?")]))
        assert "not scores; convert it to float32 or float64" in refusal(data / "records.npy", PEOPLE)

    def test_that_are_damaged(self, data: Path) -> None:
        np.save(data / "scores.npy", FOUR)
        (data / "short.npy").write_bytes((data / "scores.npy").read_bytes()[:-8])
        (data / "empty.npy").write_bytes(b"")
        (data / "broken.npz").write_bytes(b"PK\x03\x04 no archive")
        for name in ("short.npy", "empty.npy", "broken.npz"):
            assert "it may be truncated or damaged; write it again" in refusal(data / name, PEOPLE)

    def test_of_several_arrays(self, data: Path) -> None:
        np.savez(data / "two.npz", scores=FOUR, others=FOUR)
        assert refusal(data / "two.npz", PEOPLE) == (
            f"{data / 'two.npz'}: holds 2 arrays ('scores', 'others'); name the matrix (matrix: {{array: ...}}; "
            "--matrix-array)"
        )
        assert refusal(data / "two.npz", PEOPLE, array="score") == (
            f"{data / 'two.npz'}: has no array 'score'; it has 'scores', 'others'; name the right one"
        )

    def test_of_rows_and_not_of_a_matrix(self, data: Path) -> None:
        (data / "scores.csv").write_text(TEXT)
        assert refusal(data / "scores.csv", PEOPLE) == (
            f"{data / 'scores.csv'}: a matrix of scores is an .npy or .npz file; write it with numpy.save, or leave "
            "out who its rows are (matrix, --matrix-rows) where each row is a comparison"
        )

    @pytest.mark.parametrize("name", ["scores.npy", "people.csv"])
    def test_that_change_while_they_are_read(self, data: Path, name: str) -> None:
        np.save(data / "scores.npy", FOUR)
        (data / "people.csv").write_text(TEXT)

        def change(rows: int, total: int | None) -> None:
            content = (data / name).read_bytes()
            (data / name).write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])

        with pytest.raises(InputError, match=rf"{name}: changed while it was read"):
            harness.evaluate(
                matrix(data / "scores.npy", data / "people.csv"),
                study=MATCHER,
                thresholds=[0.5],
                progress=change,
            )


class TestWithoutWordOnItsRows:
    """A matrix that is given like rows of comparisons says what is missing."""

    def test_a_file(self, data: Path) -> None:
        np.save(data / "scores.npy", FOUR)
        text = r"is an array: where it is a matrix of scores, say who its rows are \(matrix: people.csv; --matrix-rows"
        with pytest.raises(InputError, match=text):
            harness.evaluate(data / "scores.npy", study={**MATCHER, "groups": {"sex": "sex"}})

    def test_an_array(self) -> None:
        text = (
            r"is an array of shape \(4, 4\), whose columns have no names; .* \(harness.comparisons.matrix\)$"
        )
        with pytest.raises(InputError, match=text):
            harness.evaluate(FOUR, study={**MATCHER, "groups": {"sex": "sex"}})


class TestScoresTakenForEmbeddings:
    def test_are_refused(self) -> None:
        rounded = FOUR.astype(np.float32)
        rounded[0, 1] += np.float32(1e-7)
        for scores in (FOUR, rounded):
            with pytest.raises(InputError) as refused:
                all_pairs(scores, PEOPLE["subject"], {"sex": PEOPLE["sex"]})
            assert str(refused.value) == (
                "embeddings: are square, symmetric and 1 on the diagonal, as the scores of all pairs are; give scores "
                "to harness.comparisons.matrix"
            )

    def test_and_square_embeddings_are_not(self) -> None:
        for embeddings in (2 * FOUR, np.triu(FOUR)):
            all_pairs(embeddings, PEOPLE["subject"], {"sex": PEOPLE["sex"]})
        side = Templates(FOUR, PEOPLE["subject"], {"sex": PEOPLE["sex"]})
        pairs_between(side, side)


def test_other_engines_checkpoints_and_a_memory_limit(data: Path) -> None:
    source = matrix(FOUR, PEOPLE)
    text = r"^the scores of a matrix are counted in this process, without checkpoints; leave out engine and checkpoint"
    for options in ({"engine": "dask"}, {"engine": "spark"}, {"checkpoints": data / "kept"}):
        with pytest.raises(InputError, match=text):
            harness.evaluate(source, study=MATCHER, **options)  # type: ignore[arg-type]
    with pytest.raises(
        InputError, match=r"^a memory limit is for rows that are read; the scores of a matrix"
    ):
        harness.evaluate(source, study=MATCHER, memory_limit="1GB")


def test_an_inspection_lists_rows(data: Path) -> None:
    np.save(data / "scores.npy", FOUR)
    (data / "people.csv").write_text(TEXT)
    study = {**MATCHER, "matrix": str(data / "people.csv"), "subjects": ["subject"], "groups": {"sex": "sex"}}
    for scores, terms in ((matrix(FOUR, PEOPLE), MATCHER), (data / "scores.npy", study)):
        with pytest.raises(
            InputError, match=r"^the scores of a matrix have no rows to list; inspect takes scores"
        ):
            harness.inspect(scores, study=terms)


@pytest.mark.parametrize(("row", "column"), [(0, 1), (700, 1500), (1200, 1201)])
def test_where_a_table_is_not_symmetric(row: int, column: int) -> None:
    scores = np.zeros((1600, 1600), np.float32)
    scores[3, 5] = scores[5, 3] = scores[7, 7] = np.nan
    assert first_unequal(scores) is None
    scores[column, row] = 1
    assert first_unequal(scores) == (row, column)


def test_a_score_is_had_from_an_opened_matrix_only_by_its_study() -> None:
    source = matrix(FOUR, PEOPLE)
    with open_comparisons(source, resolve_study(source, MATCHER)) as opened:
        assert engines.count(opened, np.array([0.5])).matches.sum() == 2
