from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import document_from, read_document
from harness.errors import InputError
from harness.study import (
    Axis,
    GroupColumns,
    Matcher,
    Mated,
    Score,
    Study,
    load_study,
    study_from_options,
)

FULL = """\
matcher: {name: ArcFace, version: r100-ms1mv3}
task: identification
score: {column: distance, better: lower}
mated: {column: truth, mated: [genuine], non_mated: [impostor, other]}
subjects: [probe_subject, reference_subject]
groups:
  ethnicity: [probe_ethnicity, reference_ethnicity]
  sex: sex
axes: [ethnicity, [ethnicity, sex]]
pairing: cross
missing_scores: count
watchlist_size: 10000
"""

MINIMAL: dict[str, Any] = {"matcher": {"name": "ArcFace", "version": "1.10"}, "groups": {"sex": "sex"}}
OF_NINE: dict[str, Any] = {"task": "identification", "watchlist_size": 9}


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


class TestAStudy:
    def test_is_read_from_a_file(self, tmp_path: Path) -> None:
        assert load_study(written(tmp_path, FULL)) == Study(
            matcher=Matcher(name="ArcFace", version="r100-ms1mv3"),
            task="identification",
            score=Score(column="distance", better="lower"),
            mated=Mated(column="truth", mated=("genuine",), non_mated=("impostor", "other")),
            subjects=("probe_subject", "reference_subject"),
            groups={
                "ethnicity": GroupColumns(probe="probe_ethnicity", reference="reference_ethnicity"),
                "sex": GroupColumns(probe="sex"),
            },
            axes=(Axis(("ethnicity",)), Axis(("ethnicity", "sex"))),
            pairing="cross",
            missing_scores="count",
            watchlist_size=10_000,
        )

    def test_needs_only_a_matcher_and_groups(self) -> None:
        assert load_study(MINIMAL).to_dict() == {
            "matcher": {"name": "ArcFace", "version": "1.10"},
            "task": "verification",
            "score": {"column": "score", "better": "higher"},
            "mated": "mated",
            "subjects": [],
            "groups": {"sex": "sex"},
            "axes": ["sex"],
            "pairing": "within",
            "missing_scores": "reject",
            "identities": "shared",
            "watchlist_size": None,
        }

    def test_writes_out_the_labels_that_it_excludes_and_no_exclusion_not_at_all(self) -> None:
        study = load_study(MINIMAL | {"exclude": {"sex": ["unknown", "other"]}})
        assert study.to_dict()["exclude"] == {"sex": ["unknown", "other"]}
        assert load_study(study.to_dict()) == study
        assert "exclude" not in load_study(MINIMAL | {"exclude": {}}).to_dict()

    def test_is_returned_as_it_is(self) -> None:
        study = load_study(MINIMAL)
        assert load_study(study) is study

    def test_has_every_attribute_as_an_axis_by_default(self) -> None:
        study = load_study(MINIMAL | {"groups": {"sex": "s", "age": "a"}})
        assert [axis.name for axis in study.axes] == ["sex", "age"]

    def test_names_an_intersectional_axis_by_its_attributes(self) -> None:
        assert Axis(("ethnicity", "sex")).name == "ethnicity×sex"

    def test_knows_the_columns_it_needs_in_order(self, tmp_path: Path) -> None:
        assert load_study(written(tmp_path, FULL)).columns == (
            "distance",
            "truth",
            "probe_subject",
            "reference_subject",
            "probe_ethnicity",
            "reference_ethnicity",
            "sex",
        )
        assert load_study(MINIMAL).columns == ("score", "mated", "sex")

    def test_knows_which_sign_makes_higher_scores_better(self) -> None:
        assert load_study(MINIMAL).sign == 1
        assert load_study(MINIMAL | {"score": {"better": "lower"}}).sign == -1

    def test_takes_a_bare_column_of_ground_truth(self) -> None:
        assert load_study(MINIMAL | {"mated": "is_mated"}).mated == Mated(column="is_mated")

    def test_takes_lists_or_tuples_in_python(self) -> None:
        assert load_study(MINIMAL | {"subjects": "p"}) == load_study(MINIMAL | {"subjects": ["p"]})
        study = load_study(MINIMAL | {"subjects": ["p", "r"], "groups": {"sex": ("a", "b")}})
        assert study == load_study(MINIMAL | {"subjects": ("p", "r"), "groups": {"sex": ["a", "b"]}})

    def test_is_frozen_and_can_be_sent_to_a_worker(self) -> None:
        study = load_study(MINIMAL)
        with pytest.raises(ValueError, match="frozen"):
            study.task = "identification"  # type: ignore[misc]
        assert pickle.loads(pickle.dumps(study)) == study


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"matcher": "A"}, "matcher: 'A' is not a mapping of keys to values"),
        ({"matcher": {"name": "a"}}, "matcher: missing key 'version' (--matcher-version VERSION)"),
        ({"matcher": {"name": "a", "version": 1.1}}, "matcher.version: 1.1 is not text; put it in quotes"),
        ({"matcher": {"name": " ", "version": "1"}}, "matcher.name: ' ' is blank"),
        (
            {"matcher": {"nam": "a", "version": "1"}},
            "matcher: unknown key 'nam'; did you mean 'name'? (and 1 more problem)",
        ),
        ({"score": ["s"]}, "score: ['s'] is not a column or a mapping"),
        ({"score": {"decimal": ";"}}, "score.decimal: ';' is not '.' or ','"),
        ({"columns": ["a", "b", "A"]}, "columns[2]: 'A' is repeated, letter case apart"),
        ({"exclude": {"sex": ""}}, "exclude.sex: '' is blank"),
        ({"score": {"better": "upper"}}, "score.better: 'upper' is not 'higher' or 'lower'"),
        ({"mated": 1}, "mated: 1 is not a column or a mapping"),
        ({"mated": ""}, "mated: '' is blank"),
        (
            {"mated": {"mated": ["a"]}},
            "mated: the labels mated and non_mated go together: give both or neither",
        ),
        (
            {"mated": {"mated": ["a"], "non_mated": []}},
            "mated: the labels mated and non_mated go together: give both or neither",
        ),
        (
            {"mated": {"mated": ["a"], "non_mated": ["b", "a"]}},
            "mated.non_mated[1]: 'a' is also a label of mated trials",
        ),
        ({"mated": {"mated": [1], "non_mated": ["b"]}}, "mated.mated[0]: 1 is not text; put it in quotes"),
        ({"mated": {"mated": ["a", "a"], "non_mated": ["b"]}}, "mated.mated: 'a' is repeated"),
        ({"subjects": 5}, "subjects: 5 is not a list"),
        ({"subjects": ["p", "p"]}, "subjects: 'p' is repeated"),
        ({"subjects": ["p", "q", "r"]}, "subjects: ['p', 'q', 'r'] has more items than 2"),
        (
            {"groups": {}},
            "groups: missing key 'groups' (groups: {NAME: COLUMN} in the study, --group NAME=COLUMN)",
        ),
        ({"groups": ["sex"]}, "groups: ['sex'] is not a mapping of keys to values"),
        ({"groups": {"sex": []}}, "groups.sex: [] is not a column or a list of one or two columns"),
        (
            {"groups": {"sex": ["a", "b", "c"]}},
            "groups.sex: ['a', 'b', 'c'] is not a column or a list of one or two columns",
        ),
        ({"groups": {"sex": ["a", 2]}}, "groups.sex: 2 is not text; put it in quotes"),
        (
            {"groups": {"sex": ["a", "a"]}},
            "groups.sex: 'a' is given twice; name a column that both sides share once",
        ),
        ({"groups": {"a×b": "a"}}, "groups.'a×b': 'a×b' holds ×, which joins the attributes of an axis"),
        ({"axes": []}, "axes: [] names no axis"),
        ({"axes": "sex"}, "axes: 'sex' is not a list"),
        ({"axes": [[]]}, "axes[0]: an axis needs at least one attribute"),
        ({"axes": [3]}, "axes[0]: 3 is not an attribute or a list of attributes"),
        ({"axes": ["sex", "race"]}, "axes[1]: 'race' is not one of the groups: sex"),
        ({"axes": [["sex", "sex"]]}, "axes[0]: 'sex' is repeated"),
        ({"axes": ["sex", ["sex"]]}, "axes[1]: axis sex is repeated"),
        (
            {"groups": {"a": "x", "b": "y"}, "axes": [["a", "b"], ["b", "a"]]},
            "axes[1]: axis b×a is repeated",
        ),
        ({"task": "search"}, "task: 'search' is not 'verification' or 'identification'"),
        ({"task": "identification"}, "task: identification needs watchlist_size"),
        ({"task": "identification", "watchlist_size": 0}, "watchlist_size: 0 is less than 1"),
        ({"watchlist_size": 9}, "watchlist_size: verification has no watchlist; is the task identification?"),
        (
            {"watchlist_composition": {"sex": {"female": 9}}},
            "watchlist_composition: verification has no watchlist",
        ),
        (
            OF_NINE | {"watchlist_composition": {"sex": {"female": 4, "male": 4}}},
            "watchlist_composition.sex: the counts of 'sex' add up to 8, not to watchlist_size, 9",
        ),
        (
            OF_NINE | {"watchlist_composition": {"age": {"old": 9}}},
            "watchlist_composition.age: 'age' is not one of the groups: sex",
        ),
        (OF_NINE | {"watchlist_composition": {}}, "watchlist_composition: {} has fewer items than 1"),
        (
            OF_NINE | {"watchlist_composition": {"sex": {}}},
            "watchlist_composition.sex: {} has fewer items than 1",
        ),
        (
            OF_NINE | {"watchlist_composition": {"sex": {"female": 10, "male": -1}}},
            "watchlist_composition.sex.male: -1 is less than 0",
        ),
        (
            OF_NINE | {"watchlist_composition": {"sex": {"female": 9.0}}},
            "watchlist_composition.sex.female: 9.0 is not a whole number",
        ),
        (
            OF_NINE | {"watchlist_composition": {"sex": {" ": 9}}},
            "watchlist_composition.sex.' ': ' ' is blank",
        ),
        ({"pairing": "both"}, "pairing: 'both' is not 'within', 'probe' or 'cross'"),
        (
            {"pairing": "cross"},
            "pairing: cross needs groups with two columns, the probe's and the reference's",
        ),
        ({"missing_scores": "drop"}, "missing_scores: 'drop' is not 'reject', 'exclude' or 'count'"),
        ({"score": {"column": "mated"}}, "column 'mated' has two uses, score.column and mated.column"),
        ({"mated": "score"}, "mated: column 'score' has two uses, score.column and mated.column"),
        ({"subjects": ["a", "score"]}, "subjects[1]: column 'score' has two uses, score.column and subjects"),
        (
            {"groups": {"sex": "mated"}},
            "groups.sex: column 'mated' has two uses, mated.column and groups.sex",
        ),
        (
            {"subjects": ["a"], "groups": {"sex": ["b", "a"]}},
            "groups.sex[1]: column 'a' has two uses, subjects and groups.sex",
        ),
        (
            {"groups": {"sex": "a", "gender": "a"}},
            "groups.gender: column 'a' has two uses, groups.sex and groups.gender",
        ),
        (
            {"threshold": 0.6},
            "unknown key 'threshold'; known keys: search, top_candidate, own_score, own_rank, candidates, watchlist, "
            "list_size, hit, population, conditions, matcher, task, columns, pairs, score, mated, subjects, "
            "identities, rows, from_path, from_value, key, people, groups, axes, labels_of, labels, bins, exclude, "
            "pairing, missing_scores, watchlist_size, watchlist_composition, matrix",
        ),
    ],
)
def test_a_study_that_contradicts_itself(changes: dict[str, object], error: str) -> None:
    with pytest.raises(InputError) as caught:
        load_study(MINIMAL | changes)
    assert str(caught.value) == f"study: {error}"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "version: r100-ms1mv3",
            "version: 1.10",
            "1:35: matcher.version: 1.10 is not text; put it in quotes",
        ),
        ("better: lower", "better: upper", "3:35: score.better: 'upper' is not 'higher' or 'lower'"),
        ("pairing:", "paring:", "10:1: unknown key 'paring'; did you mean 'pairing'?"),
        (
            "sex: sex",
            "sex: truth",
            "8:8: groups.sex: column 'truth' has two uses, mated.column and groups.sex",
        ),
        (
            "reference_ethnicity]",
            "distance]",
            "7:32: groups.ethnicity[1]: column 'distance' has two uses, score.column and groups.ethnicity",
        ),
        (
            "[ethnicity, sex]]",
            "[ethnicity, age]]",
            "9:19: axes[1]: 'age' is not one of the groups: ethnicity, sex",
        ),
        ("watchlist_size: 10000", "", "2:7: task: identification needs watchlist_size"),
        (
            "task: identification\n",
            "",
            "11:17: watchlist_size: verification has no watchlist; is the task identification?",
        ),
        (
            "matcher: {name: ArcFace, version: r100-ms1mv3}\n",
            "matcher: {}\n",
            "1:10: missing keys: matcher.name (--matcher NAME); matcher.version (--matcher-version VERSION)",
        ),
    ],
)
def test_a_file_is_blamed_at_its_line_and_column(tmp_path: Path, old: str, new: str, error: str) -> None:
    assert old in FULL
    path = written(tmp_path, FULL.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_study(path)
    assert str(caught.value) == f"{path}:{error}"


class TestOptions:
    def test_alone_make_a_study(self) -> None:
        options = {"matcher": {"name": "A", "version": "1"}, "groups": {"sex": "sex"}, "mated": "m"}
        assert study_from_options(None, options) == load_study(options)

    def test_merge_parts_and_replace_the_rest(self, tmp_path: Path) -> None:
        study = study_from_options(
            read_document(written(tmp_path, FULL)),
            {
                "matcher": {"version": "2"},
                "score": {"column": "s"},
                "mated": "is_mated",
                "subjects": ["who"],
                "groups": {"sex": ["probe_sex", "reference_sex"], "age": "age"},
            },
        )
        assert study.matcher == Matcher(name="ArcFace", version="2")
        assert study.score == Score(column="s", better="lower")
        assert study.mated == Mated(column="is_mated", mated=("genuine",), non_mated=("impostor", "other"))
        assert study.subjects == ("who",)
        assert list(study.groups) == ["ethnicity", "sex", "age"]
        assert study.groups["sex"] == GroupColumns(probe="probe_sex", reference="reference_sex")
        assert [axis.name for axis in study.axes] == ["ethnicity", "ethnicity×sex"]

    def test_extend_a_bare_column_of_ground_truth(self) -> None:
        labels = {"mated": ["y"], "non_mated": ["n"]}
        study = study_from_options(document_from(MINIMAL | {"mated": "m"}, "study.yaml"), {"mated": labels})
        assert study.mated == Mated(column="m", mated=("y",), non_mated=("n",))

    def test_exclude_labels_of_one_attribute_and_leave_those_of_another(self) -> None:
        in_file = {"groups": {"sex": "s", "age": "a"}, "exclude": {"sex": ["unknown"], "age": ["unknown"]}}
        study = study_from_options(
            document_from(MINIMAL | in_file, "study.yaml"), {"exclude": {"age": ["0-17"]}}
        )
        assert study.exclude == {"sex": ("unknown",), "age": ("0-17",)}

    def test_add_axes_where_the_file_names_none(self) -> None:
        study = study_from_options(document_from(MINIMAL, "study.yaml"), {"groups": {"age": "age"}})
        assert [axis.name for axis in study.axes] == ["sex", "age"]

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"score": {"better": "up"}}, "command line: score.better: 'up' is not 'higher' or 'lower'"),
            (
                {"groups": {"age": "truth"}},
                "command line: groups.age: column 'truth' has two uses, mated.column and groups.age",
            ),
            ({"axes": ["age"]}, "command line: axes[0]: 'age' is not one of the groups: ethnicity, sex"),
            (
                {"score": {"column": "sex"}},
                "{file}:8:8: groups.sex: column 'sex' has two uses, score.column and groups.sex",
            ),
        ],
    )
    def test_are_blamed_for_what_they_gave(
        self, tmp_path: Path, options: dict[str, object], error: str
    ) -> None:
        path = written(tmp_path, FULL)
        with pytest.raises(InputError) as caught:
            study_from_options(read_document(path), options)
        assert str(caught.value) == error.format(file=path)

    def test_are_blamed_for_what_is_missing_without_a_file(self) -> None:
        with pytest.raises(InputError) as caught:
            study_from_options(None, {"matcher": {"name": "A"}})
        assert str(caught.value) == (
            "command line: missing keys: matcher.version (--matcher-version VERSION); groups (groups: {NAME: COLUMN} "
            "in the study, --group NAME=COLUMN)"
        )

    def test_a_matcher_need_not_be_named(self) -> None:
        found = study_from_options(None, {"groups": {"sex": "sex"}})
        assert found.matcher is None
        assert (found.matcher_name, found.matcher_in_words) == ("(unnamed)", "a matcher without a name")
        assert "matcher" not in found.to_dict()
        assert load_study(found.to_dict()) == found


names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="×"), min_size=1).filter(
    str.strip
)


@st.composite
def studies(draw: st.DrawFn) -> Study:
    columns = iter(draw(st.lists(names, min_size=10, max_size=10, unique=True)))
    labels = draw(st.lists(names, min_size=2, max_size=4, unique=True))
    attributes = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    groups = {
        attribute: GroupColumns(probe=next(columns), reference=draw(st.sampled_from([None, next(columns)])))
        for attribute in attributes
    }
    axes = st.lists(st.sampled_from(attributes), min_size=1, unique=True).map(lambda axis: Axis(tuple(axis)))
    two_sided = any(group.reference for group in groups.values())
    watchlist_size = draw(st.none() | st.integers(1, 10**9))
    enrolled = draw(st.integers(0, watchlist_size or 0))
    composition = {attributes[0]: {labels[0]: enrolled, labels[1]: (watchlist_size or 0) - enrolled}}
    return Study(
        matcher=Matcher(name=draw(names), version=draw(names)),
        task="identification" if watchlist_size else "verification",
        score=Score(column=next(columns), better=draw(st.sampled_from(["higher", "lower"]))),
        mated=draw(
            st.sampled_from(
                [
                    Mated(column="truth?"),
                    Mated(column="truth?", mated=tuple(labels[:1]), non_mated=tuple(labels[1:])),
                ]
            )
        ),
        subjects=tuple(next(columns) for _ in range(draw(st.integers(0, 2)))),
        groups=groups,
        axes=tuple(draw(st.lists(axes, min_size=1, unique_by=lambda axis: frozenset(axis.attributes)))),
        pairing=draw(st.sampled_from(["within", "probe", *(["cross"] if two_sided else [])])),
        missing_scores=draw(st.sampled_from(["reject", "exclude", "count"])),
        watchlist_size=watchlist_size,
        watchlist_composition=draw(st.sampled_from([None, composition])) if watchlist_size else None,
    )


@given(studies())
def test_a_study_survives_its_plain_form_and_a_file(
    tmp_path_factory: pytest.TempPathFactory, study: Study
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.json"
    path.write_text(json.dumps(study.to_dict()))
    assert load_study(study.to_dict()) == load_study(path) == study
    assert load_study(path).columns == study.columns


class TestShortForms:
    def test_the_name_of_its_column_stands_for_the_score(self) -> None:
        assert load_study({**MINIMAL, "score": "sc"}) == load_study({**MINIMAL, "score": {"column": "sc"}})

    def test_one_label_stands_for_a_list_of_one(self) -> None:
        one = {"mated": {"mated": "genuine", "non_mated": "impostor"}, "exclude": {"sex": "unknown"}}
        many = {"mated": {"mated": ["genuine"], "non_mated": ["impostor"]}, "exclude": {"sex": ["unknown"]}}
        assert load_study({**MINIMAL, **one}) == load_study({**MINIMAL, **many})

    def test_flags_are_laid_over_them(self) -> None:
        document = document_from({**MINIMAL, "score": "sc", "mated": "truth"}, "study")
        found = study_from_options(document, {"score": {"better": "lower"}})
        assert found.score == Score(column="sc", better="lower")

    def test_what_is_not_given_is_not_written(self) -> None:
        written = load_study(MINIMAL).to_dict()
        assert "columns" not in written
        assert "pairs" not in written
        assert written["score"] == {"column": "score", "better": "higher"}
        given = load_study({**MINIMAL, "columns": ["score", "mated", "sex"], "score": {"decimal": ","}})
        assert load_study(given.to_dict()) == given
