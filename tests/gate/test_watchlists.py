"""A watchlist that is not the one tested, in size or in mix, never passes by the evaluation alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.gate import Rule
from harness.statistics.watchlist import false_alert_rate_by_composition
from tests.gate.small_world import VALID, Checking, Plain, as_identification

DECIDES = "a projection to this list decides: harness project, and evidence.projection in the config"
TESTED = {"Asian": 4_000, "Black": 2_000, "White": 4_000}


def written(composition: object, size: int = 10_000) -> str:
    """A config of searches; a composition is written as YAML 1.2 takes Python's own form of it."""
    key = "" if composition is None else f"\n  watchlist_composition: {composition}"
    return VALID.replace("verification", f"live\n  watchlist_size: {size}{key}\n  max_fpir: 0.02")


def composed(plain: Plain, composition: Any) -> Plain:
    study = as_identification(plain)["study"]
    if composition is not None:
        study["watchlist_composition"] = composition
    return plain


def of(**counts: int) -> dict[str, dict[str, int]]:
    return {"ethnicity": counts}


@pytest.mark.parametrize(
    ("composition", "size"),
    [
        (of(**TESTED), 10_000),
        (of(Asian=3_999, Black=2_000, White=4_000), 9_999),
        (of(Asian=3_600, Black=1_800, White=3_600), 9_000),
        (of(Asian=4_000, Black=2_100, White=3_900), 10_000),
        (of(Asian=4_000, Black=1_900, White=4_100), 10_000),
    ],
    ids=["as tested", "one fewer", "90 % of it", "5 % more of a group", "5 % fewer"],
)
def test_a_list_about_as_tested_passes(
    checking: Checking, plain: Plain, composition: object, size: int
) -> None:
    assert checking(written(composition, size), composed(plain, of(**TESTED))).exit_code == 0


def test_without_a_composition_on_either_side_the_size_alone_decides(
    checking: Checking, plain: Plain
) -> None:
    assert checking(written(None), composed(plain, None)).exit_code == 0
    assert checking(written(None, 9_000), composed(plain, None)).exit_code == 0
    assert checking(written(None, 8_999), composed(plain, None)).exit_code == 3
    assert checking(written(None, 10_001), composed(plain, None)).exit_code == 3


@pytest.mark.parametrize(
    ("config", "study", "position", "sentence"),
    [
        (
            written(of(Asian=3_950, Black=2_101, White=3_949)),
            of(**TESTED),
            "5:65",
            "21.01 % of the references are of ethnicity 'Black', and 20.00 % of those that the evaluation tested: off "
            f"by more than 5 % of that; {DECIDES}",
        ),
        (
            written(of(Asian=4_000, Black=1_899, White=4_101)),
            of(**TESTED),
            "5:65",
            "18.99 % of the references are of ethnicity 'Black', and 20.00 % of those that the evaluation tested: off "
            f"by more than 5 % of that; {DECIDES}",
        ),
        (
            written(of(Asian=5_000, White=5_000)),
            of(**TESTED),
            "5:40",
            "none of the references are of ethnicity 'Black', and 20.00 % of those that the evaluation tested: off by "
            f"more than 5 % of that; {DECIDES}",
        ),
        (
            written(of(Asian=3_999, Black=2_000, White=4_000, black=1)),
            of(**TESTED),
            "5:95",
            "1 references are of ethnicity 'black', which the watchlist of the evaluation does not know; its groups "
            "are Asian, Black, White",
        ),
        (
            written(of(Asian=4_000, Black=2_000, White=4_000, Other=0)),
            of(**TESTED),
            "5:95",
            "0 references are of ethnicity 'Other', which the watchlist of the evaluation does not know; its groups "
            "are Asian, Black, White",
        ),
        (
            written(of(Asian=3_599, Black=1_800, White=3_600), 8_999),
            of(**TESTED),
            "4:19",
            f"a watchlist of 8,999 is smaller than 90 % of the 10,000 that the evaluation tested; {DECIDES}",
        ),
        (
            written(of(Asian=4_001, Black=2_000, White=4_000), 10_001),
            of(**TESTED),
            "4:19",
            "a watchlist of 10,001 is larger than the 10,000 that the evaluation tested; false alerts grow with it; "
            f"{DECIDES}",
        ),
        (
            written(of(**TESTED)),
            None,
            "5:40",
            "the config says how many references are of which ethnicity; the evaluation's study does not, so that "
            "composition was not tested",
        ),
        (
            written(None),
            of(**TESTED),
            "4:19",
            "the evaluation tested a watchlist of Asian 4,000, Black 2,000, White 4,000; say in "
            "watchlist_composition.ethnicity what the deployment's is made of",
        ),
        (
            written({"ethnicity": TESTED}),
            {"ethnicity": TESTED, "sex": {"female": 3_000, "male": 7_000}},
            "5:26",
            "the evaluation tested a watchlist of female 3,000, male 7,000; say in watchlist_composition.sex what the "
            "deployment's is made of",
        ),
    ],
)
def test_what_was_not_tested_cannot_be_decided(
    checking: Checking, plain: Plain, config: str, study: object, position: str, sentence: str
) -> None:
    report = checking(config, composed(plain, study))
    (finding,) = [f for f in report.checked[0].findings if f.rule is not Rule.SAFE]
    assert (report.exit_code, finding.rule) == (3, Rule.WATCHLIST_NOT_TESTED)
    assert (str(finding.place).partition("config.yaml:")[2], finding.sentence) == (position, sentence)


@pytest.mark.parametrize(
    ("composition", "position", "problem"),
    [
        ("{}", "5:26", "{} has fewer items than 1"),
        ("{ethnicity: {}}", "5:38", "{} has fewer items than 1"),
        ("ethnicity", "5:26", "'ethnicity' is not a mapping of keys to values"),
        ("{ethnicity: 10000}", "5:38", "10000 is not a mapping of keys to values"),
        ("{ethnicity: [10000]}", "5:38", "[10000] is not a mapping of keys to values"),
        ("{ethnicity: {Asian: 10000.0}}", "5:46", "10000.0 is not a whole number"),
        ("{ethnicity: {Asian: '10000'}}", "5:46", "'10000' is not a whole number"),
        ("{ethnicity: {Asian: true}}", "5:46", "true is not a whole number"),
        ("{ethnicity: {Asian: null}}", "5:46", "null is not a whole number"),
        ("{ethnicity: {Asian: 10001, Black: -1}}", "5:60", "-1 is less than 0"),
        ("{ethnicity: {Asian: .nan}}", "5:46", "nan is not a finite number"),
        ("{ethnicity: {Asian: 99999999999999999999}}", "5:46", "an integer beyond 9007199254740991"),
        ("{ethnicity: {Asian: 10000, Asian: 10000}}", "5:53", "key 'Asian' is given twice"),
        ("{ethnicity: {7: 10000}}", "5:39", "a key must be text, not 7"),
        ("{ethnicity: {' ': 10000}}", "5:44", "' ' is blank"),
        ('{ethnicity: {"a\\e[2J": 10000}}', "5:49", "holds a character that cannot be printed"),
        (
            "{ethnicity: {Asian: 9999}}",
            "5:38",
            "the counts of 'ethnicity' add up to 9,999, not to watchlist_size",
        ),
        ("{ethnicity: {Asian: 10000}, sex: {male: 1}}", "5:59", "the counts of 'sex' add up to 1, not to"),
    ],
)
def test_a_composition_that_is_none_is_refused_where_it_stands(
    checking: Checking, plain: Plain, composition: str, position: str, problem: str
) -> None:
    report = checking(written(composition), composed(plain, of(**TESTED)))
    (finding,) = report.checked[0].findings
    assert (report.exit_code, finding.rule) == (2, Rule.INVALID_CONFIG)
    assert str(finding.place).partition("config.yaml:")[2] == position, finding
    assert problem in finding.sentence


def test_a_verification_has_no_composition(checking: Checking) -> None:
    report = checking(VALID + "    watchlist_composition: {sex: {male: 1}}\n")
    assert report.exit_code == 2
    assert "watchlist_composition: verification has no watchlist" in report.checked[0].findings[0].sentence


def test_an_inherited_composition_goes_with_the_size_of_the_deployment(
    checking: Checking, plain: Plain
) -> None:
    config = written(of(**TESTED)) + "    watchlist_size: 9000\n"
    report = checking(config, composed(plain, of(**TESTED)))
    assert report.exit_code == 2
    assert "add up to 10,000, not to watchlist_size, 9,000" in report.checked[0].findings[0].sentence
    own = f"    watchlist_composition: {of(Asian=3_600, Black=1_800, White=3_600)}\n"
    assert checking(config + own, plain).exit_code == 0


@pytest.mark.parametrize(
    "composition",
    [
        {"ethnicity": {"Asian": 9_999}},
        {"ethnicity": {"Asian": 10_001, "Black": -1}},
        {"ethnicity": {"Asian": "10000"}},
        {"age": {"old": 10_000}},
        {},
        [],
        "ethnicity",
    ],
)
def test_evidence_whose_composition_is_none_decides_nothing(
    checking: Checking, plain: Plain, composition: object
) -> None:
    report = checking(written(of(Asian=1), 1), composed(plain, composition))
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.DAMAGED_EVIDENCE)


SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
lists = st.fixed_dictionaries({group: st.integers(0, 2 * most) for group, most in TESTED.items()})


def is_as_tested(counts: dict[str, int], tolerance: Fraction) -> bool:
    """The rule in whole numbers, written another way than in the gate."""
    size = sum(counts.values())
    return 90 * 10_000 <= 100 * size <= 100 * 10_000 and all(
        abs(counts[group] * 10_000 - most * size) <= tolerance * most * size for group, most in TESTED.items()
    )


@SETTINGS
@given(counts=lists | st.just({"Asian": 40, "Black": 2_000, "White": 40}))
@example(counts={"Asian": 4_000, "Black": 2_100, "White": 3_900})
@example(counts={"Asian": 4_000, "Black": 2_101, "White": 3_899})
def test_a_list_passes_only_where_it_is_as_tested(
    checking: Checking, plain: Plain, counts: dict[str, int]
) -> None:
    size = sum(counts.values())
    if size:
        passes = checking(written(of(**counts), size), composed(plain, of(**TESTED))).exit_code == 0
        assert passes == is_as_tested(counts, Fraction(5, 100))


@SETTINGS
@given(less=st.integers(1, 4_000), group=st.sampled_from(list(TESTED)))
def test_fewer_references_of_one_group_do_not_pass_by_themselves(
    checking: Checking, plain: Plain, less: int, group: str
) -> None:
    """Of its share a group may lose 5 %, and the list a tenth: 4,000 of 10,000 may become 3,735 of 9,735."""
    counts = {**TESTED, group: max(0, TESTED[group] - less)}
    code = checking(written(of(**counts), sum(counts.values())), composed(plain, of(**TESTED))).exit_code
    assert code == (0 if is_as_tested(counts, Fraction(5, 100)) else 3)


def test_the_skewed_list_cannot_be_decided(checking: Checking, plain: Plain) -> None:
    """On evidence of 2,000 of each, which is the list of a force whose true ratio is 14."""
    study = as_identification(plain)["study"]
    study.update(watchlist_size=6_000, watchlist_composition=of(Asian=2_000, Black=2_000, White=2_000))
    report = checking(written(of(Asian=40, Black=2_000, White=40), 2_080), plain)
    found = {str(finding.rule) for finding in report.checked[0].findings} - {"safe"}
    assert (report.exit_code, found) == (3, {"watchlist-not-tested"})


@pytest.mark.parametrize(
    ("tolerance", "black", "code"),
    [("0.0", 2_000, 0), ("0.0", 2_001, 3), ("0.1", 2_200, 0), ("0.1", 2_201, 3), ("0.2001", 2_000, 2)],
)
def test_a_deployment_may_state_another_tolerance(
    checking: Checking, plain: Plain, tolerance: str, black: int, code: int
) -> None:
    counts = of(Asian=4_000, Black=black, White=6_000 - black)
    config = written(counts) + f"    composition_tolerance: {tolerance}\n"
    assert checking(config, composed(plain, of(**TESTED))).exit_code == code


def test_the_rates_of_a_watchlist_take_the_composition_of_an_attribute() -> None:
    rates = {"Asian": 1e-6, "Black": 2e-6, "White": 1e-6}
    more = {**TESTED, "Black": TESTED["Black"] + 1}
    assert false_alert_rate_by_composition(rates, TESTED) < false_alert_rate_by_composition(rates, more)
