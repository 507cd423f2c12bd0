"""A deployment's own limits on false alerts: by group, by 10,000 passers-by, and as a share of all alerts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gate import Finding, Outcome, Report, Rule, check
from harness.gate.alerts import AlertRates, Bounds, alerts_kept, false_alerts, share_false, true_alerts
from harness.gate.configs import read_config
from harness.gate.evidence import Evidence, evidence_of
from harness.gate.waivers import WAIVABLE
from tests.gate.projected_world import TESTED, searches
from tests.gate.signed_world import WAIVER, public, sign_waivers
from tests.gate.small_world import TODAY, VALID, Checking, Plain, answered_anew

GROUPS = ("Asian", "Black", "White")


def config_of(use: str = "live", threshold: object = 0.6, **terms: object) -> str:
    """The config of a deployment with the list that was tested."""
    text = VALID.replace("verification", f"{use}\n  watchlist_size: 6000\n  watchlist_composition: {TESTED}")
    more = "".join(f"    {key}: {json.dumps(value)}\n" for key, value in terms.items())
    return text.replace("threshold: 0.6", f"threshold: {threshold}") + more


def found_in(report: Report) -> list[tuple[Rule, Outcome]]:
    return [(f.rule, f.outcome) for f in report.checked[0].findings if f.outcome is not Outcome.PASS]


def sentences(report: Report) -> str:
    return "\n".join(finding.sentence for finding in report.checked[0].findings)


def rate(plain: Plain, group: str, bound: str, threshold: float = 0.6, axis: str = "ethnicity") -> float:
    index = plain["thresholds"].index(threshold)
    (found,) = [one for one in plain["axes"][axis]["false_matches"]["groups"] if one["group"] == group]
    return float(found[bound][index])


@pytest.mark.parametrize(
    ("use", "terms", "code"),
    [
        ("live", {}, 3),
        ("live", {"crowd": {"ethnicity": {"Asian": 1.0}}, "prevalence": 0.001}, 3),
        ("live", {"max_fpir": 0.02}, 0),
        ("live", {"max_false_alerts_per_10000": 200}, 0),
        ("retrospective", {}, 0),
        ("operator-initiated", {}, 0),
    ],
)
def test_live_use_states_its_limit_on_false_alerts(
    checking: Checking, plain: Plain, use: str, terms: dict[str, Any], code: int
) -> None:
    report = checking(config_of(use, **terms), searches(plain))
    assert report.exit_code == code, sentences(report)
    if code:
        assert found_in(report) == [(Rule.NO_FALSE_ALERT_LIMIT, Outcome.CANNOT_DECIDE)]
        assert "write max_fpir (or max_false_alerts_per_10000) in the config" in sentences(report)


def test_max_fpir_holds_the_upper_bound_of_every_group_in_force(checking: Checking, plain: Plain) -> None:
    searches(plain)
    highest = max(rate(plain, group, "upper") for group in GROUPS)
    least = max(rate(plain, group, "lower") for group in GROUPS)
    assert max(rate(plain, sex, "upper", axis="sex") for sex in ("female", "male")) < highest
    for limit, expected in (
        (highest, []),
        (highest * 0.9999, [(Rule.FALSE_ALERTS_NOT_SHOWN, Outcome.CANNOT_DECIDE)]),
        (least, [(Rule.FALSE_ALERTS_NOT_SHOWN, Outcome.CANNOT_DECIDE)]),
        (least * 0.9999, [(Rule.FALSE_ALERTS_EXCEEDED, Outcome.FAIL)]),
    ):
        assert found_in(checking(config_of(max_fpir=limit), plain)) == expected
    assert "searches of people who are not on the list raise an alert at 0.6, most for" in sentences(
        checking(config_of(max_fpir=0.02), plain)
    )


def test_between_thresholds_the_more_lenient_one_bounds_false_alerts(
    checking: Checking, plain: Plain
) -> None:
    searches(plain)
    highest = {t: max(rate(plain, group, "upper", t) for group in GROUPS) for t in (0.6, 0.61)}
    assert checking(config_of(threshold=0.605, max_fpir=highest[0.6]), plain).exit_code == 0
    between = (highest[0.6] + highest[0.61]) / 2
    assert checking(config_of(threshold=0.605, max_fpir=between), plain).exit_code == 3
    assert checking(config_of(threshold=0.61, max_fpir=between), plain).exit_code == 0


CROWD = {"ethnicity": {"Asian": 0.135, "Black": 0.3, "White": 0.565}}


def test_a_crowd_weighs_the_groups(checking: Checking, plain: Plain) -> None:
    searches(plain)
    upper, lower = (
        10_000 * sum(share * rate(plain, group, bound) for group, share in CROWD["ethnicity"].items())
        for bound in ("upper", "lower")
    )
    alone = 10_000 * max(rate(plain, group, "upper") for group in GROUPS)
    assert upper < alone
    for terms, code in (
        ({"max_false_alerts_per_10000": upper + 1e-9, "crowd": CROWD}, 0),
        ({"max_false_alerts_per_10000": upper - 1e-9, "crowd": CROWD}, 3),
        ({"max_false_alerts_per_10000": lower - 1e-9, "crowd": CROWD}, 1),
        ({"max_false_alerts_per_10000": upper}, 3),  # were they all of one group
        ({"max_false_alerts_per_10000": alone}, 0),
    ):
        report = checking(config_of(**terms), plain)
        assert report.exit_code == code, sentences(report)


@pytest.mark.parametrize(
    ("crowd", "sentence"),
    [
        ({"ethnicity": {"Asian": 0.5, "Other": 0.5}}, "has people of ethnicity 'Other', of whom the evidence has"),
        ({"age": {"old": 1.0}}, "the crowd is stated by age, and the evidence has no rates by it"),
    ],
)  # fmt: skip
def test_a_crowd_that_was_not_tested_cannot_be_decided(
    checking: Checking, plain: Plain, crowd: dict[str, dict[str, float]], sentence: str
) -> None:
    report = checking(config_of(max_false_alerts_per_10000=200, crowd=crowd), searches(plain))
    assert found_in(report) == [(Rule.CROWD_NOT_TESTED, Outcome.CANNOT_DECIDE)]
    assert sentence in sentences(report)
    nobody = {"ethnicity": {"White": 1.0, "Other": 0.0}}
    assert checking(config_of(max_false_alerts_per_10000=200, crowd=nobody), plain).exit_code == 0


def test_a_share_of_false_alerts_needs_to_know_who_was_returned(checking: Checking, plain: Plain) -> None:
    terms = {"max_fpir": 0.02, "crowd": CROWD, "prevalence": 0.001, "max_share_false": 0.99}
    report = checking(config_of(**terms), searches(plain))
    assert found_in(report) == [(Rule.MISSES_NOT_KNOWN, Outcome.CANNOT_DECIDE)]
    assert "FNIR is a lower bound" in sentences(report)


def test_a_limit_on_misses_needs_to_know_who_was_returned(checking: Checking, plain: Plain) -> None:
    searches(plain)["policy"]["max_fnmr_gap"] = 0.9
    report = checking(config_of(max_fpir=0.02), answered_anew(plain))
    assert found_in(report) == [(Rule.MISSES_NOT_KNOWN, Outcome.CANNOT_DECIDE)]


@pytest.fixture
def telling(plain: Plain) -> Evidence:
    content = json.dumps(searches(plain)).encode()
    return replace(evidence_of(content, "evaluation.json"), misses_known=True)


def rates_of(fpir: float, tpir: float, slack: float = 1.0) -> AlertRates:
    """The same rates of every group, with bounds that are wider by a factor."""
    known = {"ethnicity": dict.fromkeys(GROUPS, Bounds(fpir / slack, fpir * slack))}
    hits = {"ethnicity": dict.fromkeys(GROUPS, Bounds(tpir / slack, min(1.0, tpir * slack)))}
    return AlertRates("at 0.6", known, hits)


def judged(tmp_path: Path, evidence: Evidence, rates: AlertRates, **terms: object) -> list[Finding]:
    path = tmp_path / "config.yaml"
    path.write_text(config_of("retrospective", **terms))
    (deployment,) = read_config(str(path))
    return list(alerts_kept(deployment, evidence, rates))


@pytest.mark.parametrize(
    ("fpir", "prevalence", "percent"),
    [(1 / 6_000, 0.0001, 65.2), (1 / 6_000, 0.000738, 20.2), (3.18e-6, 0.000738, 0.48)],
)
def test_the_share_of_false_alerts_is_that_of_published_rates(
    tmp_path: Path, telling: Evidence, fpir: float, prevalence: float, percent: float
) -> None:
    """A TPIR of 0.89; who is on the list is taken to draw a wrong alert as often as anybody else."""
    tolerance = 0.0005 if percent > 1 else 0.00005
    for limit, outcome in (
        (percent / 100 + tolerance, Outcome.PASS),
        (percent / 100 - tolerance, Outcome.FAIL),
    ):
        (finding,) = judged(
            tmp_path, telling, rates_of(fpir, 0.89), crowd=CROWD, prevalence=prevalence, max_share_false=limit
        )
        assert finding.outcome is outcome, finding.sentence
        assert "of alerts are false at 0.6, with the crowd by ethnicity: max_share_false" in finding.sentence


def test_bounds_on_both_sides_of_the_share_decide_nothing(tmp_path: Path, telling: Evidence) -> None:
    (finding,) = judged(
        tmp_path,
        telling,
        rates_of(1 / 6_000, 0.89, slack=1.1),
        crowd=CROWD,
        prevalence=0.000738,
        max_share_false=0.202,
    )
    assert (finding.rule, finding.outcome) == (Rule.FALSE_ALERTS_NOT_SHOWN, Outcome.CANNOT_DECIDE)


def test_a_prevalence_by_group_weighs_hits_alone(tmp_path: Path, telling: Evidence) -> None:
    by_group = {"ethnicity": {"Asian": 0.001, "Black": 0.0, "White": 0.0}}
    expected = (1 / 6_000) / (1 / 6_000 + 0.135 * 0.001 * 0.89)
    for limit, outcome in ((expected + 1e-9, Outcome.PASS), (expected - 1e-9, Outcome.CANNOT_DECIDE)):
        (finding,) = judged(
            tmp_path,
            telling,
            rates_of(1 / 6_000, 0.89),
            crowd=CROWD,
            prevalence=by_group,
            max_share_false=limit,
        )
        assert finding.outcome is outcome, finding.sentence


shares = st.lists(st.floats(0, 1), min_size=3, max_size=3)


@given(weights=st.lists(st.integers(0, 100), min_size=3, max_size=3).filter(any), listed=shares, rates=shares)
def test_the_sums_are_those_of_the_issue(weights: list[int], listed: list[float], rates: list[float]) -> None:
    """10⁴ Σ w [(1 - π) FPIR + π wrong] and 10⁴ Σ w π TPIR, written out group by group."""
    crowd = {group: weight / sum(weights) for group, weight in zip(GROUPS, weights, strict=True)}
    prevalence, rate_of = dict(zip(GROUPS, listed, strict=True)), dict(zip(GROUPS, rates, strict=True))
    false, true = 0.0, 0.0
    for group in GROUPS:
        false += crowd[group] * (1 - prevalence[group]) * rate_of[group]
        false += crowd[group] * prevalence[group] * rate_of[group] / 2
        true += crowd[group] * prevalence[group] * rate_of[group]
    half = {group: value / 2 for group, value in rate_of.items()}
    assert false_alerts(crowd, prevalence, rate_of, half) == pytest.approx(false, abs=1e-15)
    assert true_alerts(crowd, prevalence, rate_of) == pytest.approx(true, abs=1e-15)
    if false + true > 0:
        assert share_false(false, true) == pytest.approx(false / (false + true))


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"crowd": {"ethnicity": {"Asian": 0.5, "Black": 0.4}}}, "the shares of 'ethnicity' add up to 0.9, not to 1"),
        ({"crowd": {}}, "crowd: {} has fewer items than 1"),
        ({"crowd": {"ethnicity": {"Asian": 1.1}}}, "1.1 is greater than 1"),
        ({"prevalence": 1.5}, "prevalence: 1.5 is greater than 1"),
        ({"prevalence": "rare"}, "prevalence: 'rare' is not a number"),
        ({"prevalence": {"ethnicity": {"Asian": 0.1}}}, "prevalence: by group needs crowd"),
        ({"crowd": CROWD, "prevalence": {"sex": {"male": 0.1}}}, "lacks 'ethnicity', by which the crowd is stated"),
        ({"crowd": CROWD, "prevalence": {"ethnicity": {"Asian": 0.1, "Black": 0.1}}}, "'White' is in one of"),
        ({"max_share_false": 0.5}, "max_share_false: needs crowd and prevalence"),
        ({"max_share_false": 0.5, "crowd": CROWD}, "max_share_false: needs crowd and prevalence"),
        ({"max_fpir": 0}, "max_fpir: 0 is not greater than 0"),
        ({"max_fpir": 1}, "max_fpir: 1 is not less than 1"),
        ({"max_false_alerts_per_10000": 10_000}, "10000 is not less than 10000"),
        ({"composition_tolerance": 0.21}, "composition_tolerance: 0.21 is greater than 0.2"),
        ({"composition_tolerance": -0.01}, "composition_tolerance: -0.01 is less than 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    checking: Checking, plain: Plain, terms: dict[str, object], problem: str
) -> None:
    report = checking(config_of(**terms), searches(plain))
    assert report.exit_code == 2
    assert problem in sentences(report)


def test_a_verification_raises_no_alerts(checking: Checking) -> None:
    report = checking(VALID + "    max_fpir: 0.01\n")
    assert report.exit_code == 2
    assert "max_fpir: verification searches no watchlist, and raises no alerts" in sentences(report)


def test_a_saturated_threshold_never_passes_whatever_is_stated_or_waived(
    checking: Checking, plain: Plain, tmp_path: Path
) -> None:
    """At the most lenient threshold nearly everyone matches; the policy allows it, and finds parity there."""
    searches(plain)["policy"]["max_fpir"] = 0.99
    for axis in plain["axes"].values():
        for group in axis["false_matches"]["groups"]:
            errors = int(0.9 * group["trials"])
            for name, value in (("errors", errors), ("estimate", errors / group["trials"])):
                group[name][0] = value
            group["lower"][0], group["upper"][0] = 0.88, 0.92
    for axis in plain["axes"].values():
        found, groups = axis["false_match_differential"], axis["false_matches"]["groups"]
        rates = [group["estimate"][0] for group in groups]
        found["worst"][0], found["best"][0] = rates.index(max(rates)), rates.index(min(rates))
        found["ratio"][0] = max(rates) / min(rates)
        found["ratio_lower"][0], found["ratio_upper"][0] = 0.95, 1.05
        found["gap"][0], found["gap_lower"][0], found["gap_upper"][0] = max(rates) - min(rates), 0.0, 0.05
    report = checking(config_of(threshold=0.54, max_fpir=0.99), answered_anew(plain))
    assert (Rule.SATURATED, Outcome.FAIL) in found_in(report), sentences(report)
    waiver = {
        **WAIVER,
        "use_case": "live",
        "threshold": 0.54,
        "watchlist_size": 6_000,
        "watchlist_composition": TESTED,
        "rules": sorted(WAIVABLE),
    }
    waived = check(
        [str(tmp_path / "config.yaml")],
        evaluation=str(tmp_path / "evaluation.json"),
        today=TODAY,
        waivers=[str(sign_waivers(tmp_path / "waivers.dsse.json", waiver))],
        waiver_keys=[public(2)],
    )
    assert waived.exit_code == 1
    assert "it does not waive saturated" in sentences(waived)
    beside = checking(config_of(threshold=0.545, max_fpir=0.99), plain)
    assert (Rule.SATURATED, Outcome.CANNOT_DECIDE) in found_in(beside), sentences(beside)
    assert {report.exit_code, beside.exit_code} <= {1, 3}
