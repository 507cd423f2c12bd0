from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config import document_from, read_document
from harness.errors import InputError
from harness.study import (
    Axis,
    FalseMatchLimit,
    Policy,
    Study,
    Tolerance,
    load_policy,
    load_study,
    policy_from_options,
)

DEFAULTS: dict[str, object] = {
    "criterion": "shown",
    "confidence": 0.95,
    "max_ratio": 1.5,
    "max_gap": None,
    "max_fmr": None,
    "max_fpir": None,
    "max_fnmr_ratio": None,
    "max_fnmr_gap": None,
    "min_subjects": 0,
    "min_trials": 0,
    "axes": None,
    "operating": [],
}


@pytest.fixture
def study() -> Study:
    return load_study(
        {
            "matcher": {"name": "ArcFace", "version": "1"},
            "groups": {"ethnicity": "e", "sex": "s"},
            "axes": ["ethnicity", "sex", ["ethnicity", "sex"]],
        }
    )


class TestDefaults:
    @pytest.mark.parametrize(
        ("stated", "resolved"),
        [
            ({}, {}),
            ({"max_gap": 0.01}, {"max_gap": 0.01, "max_ratio": None}),
            ({"max_ratio": 2}, {"max_ratio": 2.0}),
            ({"max_ratio": 2, "max_gap": 0.01}, {"max_ratio": 2.0, "max_gap": 0.01}),
            ({"criterion": "not_detected"}, {"criterion": "not_detected", "max_ratio": None}),
            (
                {"criterion": "not_detected", "max_ratio": 3.0},
                {"criterion": "not_detected", "max_ratio": 3.0},
            ),
        ],
    )
    def test_a_ratio_is_tolerated_where_nothing_else_is_said(
        self, stated: dict[str, object], resolved: dict[str, object]
    ) -> None:
        assert load_policy(stated).to_dict() == DEFAULTS | resolved

    def test_no_policy_is_the_default_one(self) -> None:
        assert load_policy(None) == load_policy() == Policy()

    def test_a_policy_is_returned_as_it_is(self) -> None:
        policy = Policy(max_gap=0.1)
        assert load_policy(policy) is policy


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ({"criterion": "safe"}, "criterion: 'safe' is not 'shown' or 'not_detected'"),
        ({"confidence": 0.49}, "confidence: 0.49 is less than 0.5"),
        ({"confidence": 1}, "confidence: 1 is not less than 1"),
        ({"confidence": "0.95"}, "confidence: '0.95' is not a number"),
        ({"confidence": None}, "confidence: null is not a number"),
        ({"max_ratio": 1}, "max_ratio: 1 is not greater than 1"),
        ({"max_ratio": float("inf")}, "max_ratio: inf is not a finite number"),
        ({"max_ratio": True}, "max_ratio: true is not a number"),
        ({"max_ratio": None}, "criterion 'shown' needs max_ratio or max_gap"),
        ({"max_gap": 0}, "max_gap: 0 is not greater than 0"),
        ({"max_fmr": 1.0}, "max_fmr: 1.0 is not less than 1"),
        ({"max_fnmr_gap": -0.1}, "max_fnmr_gap: -0.1 is not greater than 0"),
        ({"min_subjects": -1}, "min_subjects: -1 is less than 0"),
        ({"min_trials": 1.5}, "min_trials: 1.5 is not a whole number"),
        ({"min_trials": True}, "min_trials: true is not a whole number"),
        ({"axes": []}, "axes: [] names no axis"),
        ({"axes": ["sex", ["sex"]]}, "axes[1]: axis sex is repeated"),
        ({"axes": "sex"}, "axes: 'sex' is not a list"),
        ({"max_fpir": 0}, "max_fpir: 0 is not greater than 0"),
        ({"max_fpir": 1}, "max_fpir: 1 is not less than 1"),
        ({"max_fnmr_ratio": 1}, "max_fnmr_ratio: 1 is not greater than 1"),
        ({"operating": 0.6}, "operating: 0.6 is not a list"),
        ({"operating": [0.6, "0.62"]}, "operating[1]: '0.62' is not a number"),
        ({"operating": [1, 0.6, 1.0]}, "operating: 1.0 is repeated"),
        ({"max_ration": 2}, "unknown key 'max_ration'; did you mean 'max_ratio'?"),
    ],
)
def test_a_policy_that_cannot_be_used(stated: dict[str, object], error: str) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(stated)
    assert str(caught.value) == f"policy: {error}"


def test_a_file_is_blamed_at_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("max_ratio: 2\noperating: [0.6, .nan]\n")
    with pytest.raises(InputError) as caught:
        load_policy(path)
    assert str(caught.value) == f"{path}:2:18: operating[1]: nan is not a finite number"


class TestFalseMatchLimit:
    @pytest.mark.parametrize(
        ("stated", "task", "limit"),
        [
            ({}, "verification", FalseMatchLimit("max_fmr", 0.01, is_default=True)),
            ({}, "identification", FalseMatchLimit("max_fpir", 0.01, is_default=True)),
            ({"max_fmr": 0.01}, "verification", FalseMatchLimit("max_fmr", 0.01, is_default=False)),
            ({"max_fpir": 0.5}, "identification", FalseMatchLimit("max_fpir", 0.5, is_default=False)),
            (
                {"max_fmr": 0.2, "max_fpir": 0.5},
                "verification",
                FalseMatchLimit("max_fmr", 0.2, is_default=False),
            ),
            (
                {"max_fmr": 0.2, "max_fpir": 0.5},
                "identification",
                FalseMatchLimit("max_fpir", 0.5, is_default=False),
            ),
        ],
    )
    def test_is_that_of_the_task_and_holds_where_none_is_stated(
        self, stated: dict[str, object], task: str, limit: FalseMatchLimit
    ) -> None:
        assert load_policy(stated).false_match_limit(task) == limit

    @pytest.mark.parametrize(
        ("stated", "task", "problem"),
        [
            (
                {"max_fpir": 0.01},
                "verification",
                "max_fpir does not limit a study of verification: give max_fmr",
            ),
            (
                {"max_fmr": 0.01},
                "identification",
                "max_fmr does not limit a study of identification: give max_fpir",
            ),
        ],
    )
    def test_that_of_the_other_task_alone_is_refused(
        self, stated: dict[str, object], task: str, problem: str
    ) -> None:
        with pytest.raises(InputError) as caught:
            load_policy(stated).false_match_limit(task)
        assert str(caught.value) == f"policy: {problem}"


class TestTolerance:
    def test_is_stated_by_a_ratio_or_a_gap(self) -> None:
        assert Policy().tolerance == Tolerance(1.5, None)
        assert Policy(max_gap=0.1).tolerance == Tolerance(None, 0.1)
        assert not Policy(criterion="not_detected").tolerance.is_stated
        assert Tolerance(1.5, None).is_stated
        assert Tolerance(None, 0.1).is_stated

    def test_of_misses_is_none_but_what_is_stated(self) -> None:
        assert Policy().tolerance_of_misses == Tolerance(None, None)
        assert Policy(max_fnmr_ratio=2, max_fnmr_gap=0.1).tolerance_of_misses == Tolerance(2, 0.1)
        assert Policy(max_fnmr_ratio=2, max_fnmr_gap=0.1).tolerance == Tolerance(1.5, None)


class TestAxes:
    def test_are_all_of_the_studys_by_default(self, study: Study) -> None:
        assert Policy().axes_of(study) == study.axes

    def test_are_those_named_as_the_study_has_them(self, study: Study) -> None:
        policy = load_policy({"axes": [["sex", "ethnicity"], "sex"]})
        assert policy.axes_of(study) == (Axis(("ethnicity", "sex")), Axis(("sex",)))

    def test_must_be_axes_of_the_study(self, study: Study) -> None:
        with pytest.raises(InputError) as caught:
            load_policy({"axes": ["sex", "age"]}).axes_of(study)
        assert (
            str(caught.value) == "policy: axis age is not one of the study's: ethnicity, sex, ethnicity×sex"
        )


class TestOptions:
    def test_replace_what_the_file_says(self) -> None:
        document = document_from({"max_ratio": 2.0, "operating": [0.6]}, "policy.yaml")
        assert policy_from_options(document, {"operating": [0.62], "max_gap": 0.1}) == Policy(
            max_ratio=2.0, max_gap=0.1, operating=(0.62,)
        )

    def test_alone_make_a_policy(self) -> None:
        assert policy_from_options(None, {}) == Policy()

    def test_are_blamed_for_what_they_gave(self, tmp_path: Path) -> None:
        path = tmp_path / "policy.yaml"
        path.write_text("max_gap: 0.1\n")
        with pytest.raises(InputError, match=r"^command line: max_ratio: 0.5 is not greater than 1$"):
            policy_from_options(read_document(path), {"max_ratio": 0.5})


shares = st.floats(0, 1, exclude_min=True, exclude_max=True)
axes = st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(lambda axis: Axis(tuple(axis)))
policies = st.builds(
    Policy,
    criterion=st.sampled_from(["shown", "not_detected"]),
    confidence=st.floats(0.5, 1, exclude_max=True),
    max_ratio=st.floats(1, 1e300, exclude_min=True),
    max_gap=st.none() | shares,
    max_fmr=st.none() | shares,
    max_fpir=st.none() | shares,
    max_fnmr_ratio=st.none() | st.floats(1, 1e300, exclude_min=True),
    max_fnmr_gap=st.none() | shares,
    min_subjects=st.integers(0, 10**9),
    min_trials=st.integers(0, 10**9),
    axes=st.none() | st.lists(axes, min_size=1, unique_by=lambda axis: frozenset(axis.attributes)).map(tuple),
    operating=st.lists(st.floats(-1e9, 1e9), unique=True).map(tuple),
)


@given(policies)
def test_a_policy_survives_its_plain_form_and_a_file(
    tmp_path_factory: pytest.TempPathFactory, policy: Policy
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.json"
    path.write_text(json.dumps(policy.to_dict()))
    assert load_policy(policy.to_dict()) == load_policy(path) == policy


class TestPassersBy:
    """The crowd and the share of it that is on the list."""

    def test_are_written_out_only_where_they_are_given(self) -> None:
        assert load_policy({}).to_dict() == DEFAULTS
        given: dict[str, object] = {
            "crowd": {"sex": {"F": 0.4, "M": 0.6}},
            "prevalence": {"sex": {"F": 0, "M": 0.1}},
        }
        assert load_policy(given).to_dict() == {**DEFAULTS, **given}
        assert load_policy({"prevalence": 0.001}).prevalence == 0.001

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (
                {"crowd": {"sex": {"F": 0.4, "M": 0.5}}},
                "crowd.sex: the shares of its groups add up to 0.9, not to 1",
            ),
            ({"crowd": {"sex": {}}}, "crowd.sex: {} has fewer items than 1"),
            ({"prevalence": 1}, "prevalence: 1 is not a share of the passers-by"),
            ({"prevalence": True}, "prevalence: true is not a share of the passers-by"),
            ({"prevalence": {}}, "prevalence: names no group"),
            ({"prevalence": {"sex": 0.1}}, "prevalence.sex: 0.1 is not {GROUP: share}"),
            ({"prevalence": {"sex": {"F": -1}}}, "prevalence.sex.F: -1 is not a share"),
        ],
    )
    def test_that_are_no_shares_are_refused(self, given: dict[str, object], problem: str) -> None:
        with pytest.raises(InputError) as refused:
            load_policy(given)
        assert problem in str(refused.value)
