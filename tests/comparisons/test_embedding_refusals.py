"""What cannot be compared is refused in one line that says what, where and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import InputError
from harness.comparisons import Templates, all_pairs, pairs_between, resolve_study
from harness.study import load_study

MATCHER = {"matcher": {"name": "example", "version": "1"}}
EMBEDDINGS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
SUBJECTS = [1, 1, 2, 2, 3, 3]
GROUPS = {"sex": ["f", "f", "m", "m", "f", "f"]}


def changed(row: int, value: float) -> Any:
    embeddings = EMBEDDINGS.copy()
    embeddings[row, 2] = value
    return embeddings


def zeroed(row: int) -> Any:
    embeddings = EMBEDDINGS.copy()
    embeddings[row] = 0
    return embeddings


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"embeddings": changed(4, np.nan)}, "embeddings: [4, 2] is nan; leave out templates that failed"),
        ({"embeddings": changed(1, -np.inf)}, "embeddings: [1, 2] is -inf; leave out templates that failed"),
        (
            {"embeddings": EMBEDDINGS[0]},
            "embeddings: has shape (4,); give a row for each template and a column for each dimension",
        ),
        (
            {"embeddings": EMBEDDINGS[:, :0]},
            "embeddings: has shape (6, 0); give a row for each template and a column for each dimension",
        ),
        (
            {"embeddings": EMBEDDINGS.astype(complex)},
            "embeddings: holds complex128, not real numbers; convert it to float32 or float64",
        ),
        (
            {"embeddings": EMBEDDINGS.astype(str)},
            "embeddings: holds <U32, not real numbers; convert it to float32 or float64",
        ),
        (
            {"subjects": SUBJECTS[:5]},
            "subjects of embeddings: 5 labels for 6 templates; give every template one",
        ),
        (
            {"groups": {"sex": ["f"] * 7}},
            "group 'sex' of embeddings: 7 labels for 6 templates; give every template one",
        ),
        (
            {"groups": {"sex": ["f", "f", None, "m", "f", "f"]}},
            "group 'sex' of embeddings: [2] is nothing where a label belongs; label the template, 'unknown' if "
            "need be, or leave it out",
        ),
        (
            {"subjects": ["a", "a", "b", "\u200b ", "c", "c"]},
            "subjects of embeddings: [3] is '\\u200b ' where a label belongs; label the template, 'unknown' if need "
            "be, or leave it out",
        ),
        (
            {"subjects": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]},
            "subjects of embeddings: holds double, which cannot label; give text or integers",
        ),
        (
            {"groups": {}},
            "groups of embeddings: must map at least one attribute to a label for each template, such as "
            "{'sex': labels}",
        ),
        (
            {"subjects": [1] * 6},
            "embeddings: hold no non-mated pair: without one there is no false match rate; give templates of "
            "several subjects",
        ),
        (
            {"subjects": range(6)},
            "embeddings: hold no mated pair: without one a threshold's cost is unknown; give a second template of "
            "some subjects",
        ),
        ({"metric": "manhattan"}, "metric 'manhattan' is neither 'cosine' nor 'euclidean'"),
    ],
)
def test_templates_that_cannot_be_compared(arguments: dict[str, Any], text: str) -> None:
    given: dict[str, Any] = {"embeddings": EMBEDDINGS, "subjects": SUBJECTS, "groups": GROUPS, **arguments}
    with pytest.raises(InputError) as refused:
        all_pairs(**given)
    assert str(refused.value) == text


def test_labels_of_mixed_types_name_what_they_are_of() -> None:
    with pytest.raises(
        InputError, match=r"^subjects of embeddings: mixes types or holds what cannot label \("
    ):
        all_pairs(EMBEDDINGS, [1, "b", 2, 2, 3, 3], GROUPS)


def test_a_template_without_direction_is_refused_for_cosines_and_taken_for_distances() -> None:
    text = r"^embeddings: \[3\] is all zeros, which has no direction; leave out templates that failed$"
    with pytest.raises(InputError, match=text):
        harness.evaluate(all_pairs(zeroed(3), SUBJECTS, GROUPS), study=MATCHER)
    harness.evaluate(all_pairs(zeroed(3), SUBJECTS, GROUPS, metric="euclidean"), study=MATCHER)


def test_vectors_too_long_to_measure_in_float32() -> None:
    pairs = all_pairs(EMBEDDINGS * np.float32(1e37), SUBJECTS, GROUPS, metric="euclidean")
    with pytest.raises(InputError, match=r"too far to measure in float32; scale the embeddings$"):
        harness.evaluate(pairs, study=MATCHER)


def test_more_templates_than_the_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 50 if name == "SC_PAGE_SIZE" else 2)
    with pytest.raises(InputError, match=r"^embeddings: comparing them needs .* GB beside the embeddings"):
        harness.evaluate(all_pairs(EMBEDDINGS, SUBJECTS, GROUPS), study=MATCHER)


def test_an_error_in_one_thread_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(rows: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harness.evaluate(
            all_pairs(EMBEDDINGS, SUBJECTS, GROUPS), study=MATCHER, thresholds=[0.5], progress=failing
        )


def test_an_inspection_lists_rows_and_pairs_of_templates_have_none() -> None:
    with pytest.raises(InputError, match=r"^pairs of templates have no rows to list; inspect takes scores"):
        harness.inspect(all_pairs(EMBEDDINGS, SUBJECTS, GROUPS), study=MATCHER)


def test_harness_comparisons_is_there_once_harness_is_imported() -> None:
    program = "import harness; print(harness.comparisons.all_pairs.__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "all_pairs\n"


class TestProbesAndReferences:
    def test_of_different_dimensions(self) -> None:
        one = Templates(EMBEDDINGS, SUBJECTS, GROUPS)
        with pytest.raises(
            InputError, match=r"^probes have 4 dimensions and references 3; give templates of one"
        ):
            pairs_between(one, Templates(EMBEDDINGS[:, :3], SUBJECTS, GROUPS))

    def test_of_different_attributes(self) -> None:
        one = Templates(EMBEDDINGS, SUBJECTS, GROUPS)
        text = r"^probes are labelled by \['sex'\] and references by \['age'\]; label both alike$"
        with pytest.raises(InputError, match=text):
            pairs_between(one, Templates(EMBEDDINGS, SUBJECTS, {"age": GROUPS["sex"]}))

    def test_that_share_no_subject(self) -> None:
        one = Templates(EMBEDDINGS, SUBJECTS, GROUPS)
        with pytest.raises(InputError, match=r"^probes and references: hold no mated pair"):
            pairs_between(one, Templates(EMBEDDINGS, [4, 4, 5, 5, 6, 6], GROUPS))

    def test_a_bad_reference_is_said_to_be_one(self) -> None:
        one = Templates(EMBEDDINGS, SUBJECTS, GROUPS)
        with pytest.raises(InputError, match=r"^references: \[0, 2\] is nan"):
            pairs_between(one, Templates(changed(0, np.nan), SUBJECTS, GROUPS))


class TestStudy:
    PAIRS = all_pairs(EMBEDDINGS, SUBJECTS, {**GROUPS, "age": SUBJECTS})
    FULL: dict[str, Any] = {  # noqa: RUF012
        "score": {"column": "cosine", "better": "higher"},
        "subjects": ["probe_subject", "reference_subject"],
        "groups": {"sex": ["probe_sex", "reference_sex"], "age": ["probe_age", "reference_age"]},
    }

    def test_needs_no_more_than_the_matcher(self, data: Path) -> None:
        file = data / "study.yaml"
        file.write_text("matcher: {name: example, version: '1'}\n")
        expected = load_study({**MATCHER, **self.FULL})
        for given in (MATCHER, file, expected):
            assert resolve_study(self.PAIRS, given) == expected

    def test_may_leave_attributes_out_and_name_columns_as_a_table_would(self) -> None:
        given = {
            **MATCHER,
            "groups": {"sex": "sex"},
            "score": {"column": "similarity"},
            "subjects": ["a", "b"],
        }
        study = resolve_study(self.PAIRS, given)
        assert list(study.groups) == ["sex"]
        assert (study.score.column, study.subjects) == ("cosine", ("probe_subject", "reference_subject"))

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            (
                {"score": {"better": "lower"}},
                "study: score: better is lower, but of cosine scores higher is better",
            ),
            (
                {"groups": {"height": "height"}},
                "study: groups: 'height' is not among those of the templates: 'sex', 'age'",
            ),
            (
                {"subjects": ["subject"]},
                "study: subjects: one column is named, but a pair has a subject on either side; leave it out",
            ),
            (
                {"identities": "separate"},
                "study: identities: separate, but templates of the same subject are mated; leave it out",
            ),
            (
                {"task": "identification", "watchlist_size": 5},
                "study: task: identification, but pairs of templates are comparisons; leave it out",
            ),
            ({"axis": ["sex"]}, "study: unknown key 'axis'; did you mean 'axes'?"),
            ({"axes": ["height"]}, "study: axes[0]: 'height' is not one of the groups: sex, age"),
        ],
    )
    def test_that_contradicts_the_pairs(self, given: dict[str, Any], text: str) -> None:
        with pytest.raises(InputError) as refused:
            resolve_study(self.PAIRS, {**MATCHER, **given})
        assert str(refused.value) == text
