"""What the gate says of a threshold, whichever way scores go, and of many deployments."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from harness.gate import Outcome, Rule, json_schema
from harness.gate.evidence import evidence_of
from harness.gate.safety import judge_threshold
from tests.gate.small_world import VALID, Checking, Plain, answered_anew, as_identification

SAFE = (0.59, 0.62)


def at(threshold: object) -> str:
    return VALID.replace("threshold: 0.6\n", f"threshold: {threshold}\n")


@pytest.mark.parametrize(
    ("threshold", "rule", "sentence"),
    [
        (
            0.6,
            Rule.SAFE,
            "threshold 0.6 is safe: parity is shown from 0.59 for ethnicity, sex, and max_fmr 0.02 is kept; "
            "FMR at 0.6: by ethnicity Asian 1 in 198, Black 1 in 235, White 1 in 189; "
            "by sex female 1 in 256, male 1 in 279",
        ),
        (0.59, Rule.SAFE, "threshold 0.59 is safe"),
        (0.62, Rule.SAFE, "threshold 0.62 is safe"),
        (
            0.605,
            Rule.SAFE,
            "; it lies between 0.6 and 0.61, where all is safe; FMR at 0.6: by ethnicity Asian",
        ),
        (
            0.585,
            Rule.BELOW_SAFE_THRESHOLD,
            "threshold 0.585 is below the safe one, 0.59 (parity is shown on every judged axis (ethnicity decides)",
        ),
        (
            0.58,
            Rule.DISPARITY_SHOWN,
            "at 0.58 a disparity is shown beyond the tolerated ratio of 2: by ethnicity, people of group Black are "
            "falsely matched 3.3 times as often as those of group White (95 % bounds 2.6 to 3.9)",
        ),
        (0.5, Rule.LIMIT_BROKEN, "threshold 0.5 breaks max_fmr 0.02: FMR at 0.54 is Asian 1 in 22"),
        (
            0.625,
            Rule.ABOVE_PARITY_RANGE,
            "threshold 0.625 is above 0.62, up to which parity is shown for ethnicity",
        ),
        (0.69, Rule.OUTSIDE_EVALUATED_RANGE, "threshold 0.69 is above 0.68, the last that was evaluated"),
    ],
)
def test_a_threshold_gets_a_sentence(checking: Checking, threshold: float, rule: Rule, sentence: str) -> None:
    (finding,) = checking(at(threshold)).checked[0].findings
    assert finding.rule is rule
    assert sentence in finding.sentence


def as_schema_1(plain: Plain) -> Plain:
    """Make the evaluation one of those that know nothing of what lies between their thresholds."""
    plain["schema"] = "harness/evaluation/1"
    del plain["asked_for"], plain["warnings"]
    plain["place_of_safe_threshold"] = plain.pop("index_of_safe_threshold")
    plain["policy"]["thresholds"] = plain["policy"].pop("operating")
    del plain["policy"]["max_fpir"], plain["policy"]["max_fnmr_ratio"]
    del plain["answer"]["reference"], plain["answer"]["false_match_limit"]
    for axis in plain["axes"].values():
        del axis["verdict"]["parity_to_next"], axis["verdicts_on_misses"], axis["excluded"]
        verdicts = axis["verdict"]["verdicts"]
        axis["verdict"]["verdicts"] = [text.replace(" beyond tolerance", " shown") for text in verdicts]
        for kind in ("false_match_differential", "false_non_match_differential"):
            for name in ("shown_more", "shown_fewer", "gap_lower"):
                del axis[kind][name]
    return plain


def test_earlier_evidence_cannot_decide_between_its_thresholds(checking: Checking, plain: Plain) -> None:
    """So each axis is known to be alike at the strictest threshold alone, and these differ."""
    (finding,) = checking(at(0.605), as_schema_1(plain)).checked[0].findings
    assert (finding.rule, finding.outcome) == (Rule.NO_SAFE_THRESHOLD, Outcome.CANNOT_DECIDE)
    assert "the ranges in which parity is shown do not meet across the judged axes" in finding.sentence


def test_between_thresholds_with_the_same_errors_nothing_changes(checking: Checking, plain: Plain) -> None:
    plain["policy"]["criterion"] = "not_detected"
    config = at("0.605\n    criterion: not_detected")
    (finding,) = checking(config, answered_anew(plain)).checked[0].findings
    assert (finding.rule, finding.outcome) == (Rule.BETWEEN_EVALUATED, Outcome.CANNOT_DECIDE)
    for axis in plain["axes"].values():
        for part in ("false_matches", "false_non_matches"):
            for group in axis[part]["groups"]:
                for name in ("errors", "design_effect", "estimate", "lower", "upper"):
                    group[name][7] = group[name][6]  # at 0.61 as at 0.6
        for part in ("false_match_differential", "false_non_match_differential", "verdict"):
            for values in axis[part].values():
                if isinstance(values, list) and values:
                    values[7] = values[6]
    report = checking(config, answered_anew(plain))
    assert report.exit_code == 0, report.checked[0].findings[0].sentence


def test_a_limit_on_misses_holds_between_thresholds_too(checking: Checking, plain: Plain) -> None:
    differentials = [plain["axes"][axis]["false_non_match_differential"] for axis in ("ethnicity", "sex")]
    plain["policy"]["max_fnmr_gap"] = max(found["gap_upper"][7] for found in differentials)
    answered_anew(plain)
    assert checking(at(0.6), plain).exit_code == 0
    assert checking(at(0.61), plain).exit_code == 0
    report = checking(at(0.605), plain)  # the bounds of the groups at either side leave room for more
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.BETWEEN_EVALUATED)


def as_distances(plain: Plain) -> Plain:
    plain["study"]["score"]["better"] = "lower"
    plain["thresholds"] = [-threshold for threshold in plain["thresholds"]]
    return answered_anew(plain)


@pytest.mark.parametrize(
    ("threshold", "code", "sentence"),
    [
        (-0.6, 0, "threshold -0.6 is safe"),
        (-0.605, 0, "it lies between -0.6 and -0.61, where all is safe"),
        (-0.58, 1, "at -0.58 a disparity is shown beyond the tolerated ratio of 2"),
        (-0.585, 1, "is above the safe one, -0.59"),
        (-0.3, 1, "FMR at -0.54 is"),
        (0.6, 1, "FMR at -0.54 is"),
        (-0.64, 3, "threshold -0.64 is below -0.62, up to which parity is shown"),
        (-0.9, 3, "is below -0.68, the last that was evaluated"),
    ],
)
def test_distances_go_the_other_way(
    checking: Checking, plain: Plain, threshold: float, code: int, sentence: str
) -> None:
    report = checking(at(threshold), as_distances(plain))
    assert report.exit_code == code
    assert sentence in report.checked[0].findings[0].sentence


@pytest.mark.parametrize(
    ("size", "code"), [(1, 3), (8_999, 3), (9_000, 0), (10_000, 0), (10_001, 3), (10**12, 3)]
)
@pytest.mark.parametrize("use", ["live", "retrospective", "operator-initiated"])
def test_a_watchlist_is_of_the_size_that_was_tested(
    checking: Checking, plain: Plain, use: str, size: int, code: int
) -> None:
    config = VALID.replace("verification", f"{use}\n  watchlist_size: {size}\n  max_fpir: 0.02")
    assert checking(config, as_identification(plain)).exit_code == code


def test_a_verification_needs_comparisons(checking: Checking, plain: Plain) -> None:
    report = checking(VALID, as_identification(plain))
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.OTHER_TASK)


def test_limits_of_the_policy_are_kept(checking: Checking, plain: Plain) -> None:
    plain["policy"]["max_fmr"] = max(
        group["upper"][7]
        for axis in ("ethnicity", "sex")
        for group in plain["axes"][axis]["false_matches"]["groups"]
    )
    answered_anew(plain)
    assert plain["answer"]["safe_threshold"] == 0.61
    assert checking(at(0.61), plain).exit_code == 0
    for threshold, rule, sentence in (
        (0.6, Rule.LIMIT_BROKEN, "the first safe threshold is 0.61"),
        (0.605, Rule.BELOW_SAFE_THRESHOLD, "is below the safe one, 0.61"),
    ):
        report = checking(at(threshold), plain)
        assert (report.exit_code, report.checked[0].findings[0].rule) == (1, rule)
        assert sentence in report.checked[0].findings[0].sentence


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ({"max_fmr": None, "max_fnmr_gap": 1e-12}, "max_fmr 0.01 (the default) and max_fnmr_gap 1e-12"),
        ({"max_fnmr_gap": 1e-12}, "max_fmr 0.02 and max_fnmr_gap 1e-12"),
        (
            {"max_fnmr_gap": 1e-12, "max_fnmr_ratio": 1.001},
            "max_fmr 0.02 and max_fnmr_ratio 1.001 or max_fnmr_gap 1e-12",
        ),
    ],
)
def test_the_limits_that_no_threshold_keeps_are_said(
    checking: Checking, plain: Plain, limits: dict[str, float], named: str
) -> None:
    plain["policy"].update(limits)
    (finding,) = checking(VALID, answered_anew(plain)).checked[0].findings
    assert finding.rule is Rule.NO_SAFE_THRESHOLD
    why = finding.sentence.removeprefix("the evidence has no safe threshold: ").split("; ")[0]
    assert why == f"no threshold at which parity is shown also keeps {named}"


def test_a_limit_that_a_group_is_shown_to_break_is_broken(checking: Checking, plain: Plain) -> None:
    plain["policy"]["max_fmr"] = 1e-4
    (finding,) = checking(at(0.6), answered_anew(plain)).checked[0].findings
    assert (finding.rule, finding.outcome) == (Rule.LIMIT_BROKEN, Outcome.FAIL)
    assert "breaks max_fmr 0.0001: FMR at 0.6 is Asian 1 in 198" in finding.sentence


def test_ranges_that_do_not_meet_are_said_not_to(evaluation_text: str) -> None:
    evidence = evidence_of(evaluation_text.encode(), "evaluation.json")
    lower, higher = (replace(evidence.axes[0], safe_from=start, safe_to=start + 1) for start in (3, 5))
    apart = replace(evidence, axes=(higher, lower))
    rule, _, sentence = judge_threshold(0.6, apart, apart.judged)
    assert rule is Rule.NO_SAFE_THRESHOLD
    assert "the ranges in which parity is shown do not meet across the judged axes" in sentence


def test_several_deployments_come_worst_first_and_all_are_there(checking: Checking) -> None:
    config = VALID + "".join(
        f"  {name}: {{{terms}}}\n"
        for name, terms in [("b", "threshold: 0.64"), ("c", "threshold: 0.5"), ("d", "threshold: 0.61")]
    )
    report = checking(config)
    assert [(one.deployment, str(one.outcome)) for one in report.checked] == [
        ("c", "fail"),
        ("b", "cannot decide"),
        ("gate", "pass"),
        ("d", "pass"),
    ]
    assert report.exit_code == 1


def test_a_deployment_inherits_and_overrides(checking: Checking) -> None:
    config = VALID + '  b: {threshold: 0.6, matcher: {name: synthetic, version: "2"}, owner: b}\n'
    report = checking(config)
    assert [(one.deployment, one.outcome, one.owner) for one in report.checked] == [
        ("b", Outcome.CANNOT_DECIDE, "b"),
        ("gate", Outcome.PASS, "release team"),
    ]
    assert (report.checked[0].findings[0].place.line, report.checked[0].findings[0].place.column) == (9, 59)


def test_an_inherited_threshold_is_blamed_where_it_stands(checking: Checking) -> None:
    report = checking(
        VALID.replace("  owner", "  threshold: 0.5\n  owner").replace("    threshold: 0.6", "    {}")
    )
    assert (report.exit_code, report.checked[0].place.line, report.checked[0].place.column) == (1, 5, 14)


JSON_TEXT = json.dumps(YAML(typ="safe", pure=True).load(VALID))
TOML_TEXT = """\
[defaults]
matcher = {name = "synthetic", version = "1"}
use_case = "verification"
axes = ["ethnicity", "sex"]
owner = "release team"
[deployments.gate]
threshold = 0.6
"""
FORMATS = {
    "yaml": (VALID, lambda text: YAML(typ="safe", pure=True).load(text)),
    "json": (JSON_TEXT, json.loads),
    "toml": (TOML_TEXT, tomllib.loads),
}
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("form", FORMATS)
@QUICK
@given(data=st.data())
def test_a_changed_config_passes_only_if_it_is_safe_still(
    checking: Checking, form: str, data: st.DataObject
) -> None:
    text, read = FORMATS[form]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 3, len(text))))
        new = data.draw(st.text(alphabet="0123456789.-+einfa_xo'\"[]{}:,=#& \n\t", max_size=3))
        text = text[:start] + new + text[end:]
    if checking(text, name=f"config.{form}").exit_code == 0:
        plain = read(text)
        for own in plain["deployments"].values():
            terms = {**plain["defaults"], **own}
            assert type(terms["threshold"]) is float
            assert SAFE[0] <= terms["threshold"] <= SAFE[1]
            assert terms["matcher"] == {"name": "synthetic", "version": "1"}
            assert terms["use_case"] == "verification"
            assert set(terms["axes"]) <= {"ethnicity", "sex"}


@pytest.mark.parametrize("form", FORMATS)
@QUICK
@given(threshold=st.floats(max_value=0.59, exclude_max=True) | st.floats(0.58, 0.59, exclude_max=True))
def test_no_lower_threshold_passes(checking: Checking, form: str, threshold: float) -> None:
    text, _ = FORMATS[form]
    for spelling in (repr(threshold), f"{threshold:e}", f"{threshold:.17f}"):
        if float(spelling) < SAFE[0]:
            config = text.replace("0.6", spelling)
            assert checking(config, name=f"config.{form}").exit_code in (1, 2)


def test_the_schema_for_editors_takes_what_the_gate_takes() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(json.loads(JSON_TEXT))
    for old, new in [
        ("0.6", '"0.6"'),
        ("threshold", "treshold"),
        ('"verification"', '"x"'),
        ('"deployments"', '"d"'),
    ]:
        assert not validator.is_valid(json.loads(JSON_TEXT.replace(old, new))), old
