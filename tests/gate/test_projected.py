"""A list that was not tested is decided by a projection of the very evidence to that list, and by nothing else."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.gate import Finding, Outcome, Report, Rule, check
from tests.gate.projected_world import SKEWED, TESTED, config_of, list_of, projection_of, searches
from tests.gate.small_world import TODAY, Plain, answered_anew

Projecting = Callable[..., Report]

ETHNICITY = ("lists", "skewed", "axes", "ethnicity")


@pytest.fixture
def evidence(plain: Plain) -> Plain:
    """The evaluation of searches; the projection to the skewed list finds what the evaluation found at its own."""
    return searches(plain)


@pytest.fixture
def projecting(tmp_path: Path, evidence: Plain) -> Projecting:
    """Check a config against the evaluation and a projection of it beside it."""

    def run(config: str | None = None, projection: Plain | bytes | None = None, **options: Any) -> Report:
        evaluation = tmp_path / "evaluation.json"
        evaluation.write_text(json.dumps(evidence))
        if projection is not None:
            content = projection if isinstance(projection, bytes) else json.dumps(projection).encode()
            (tmp_path / "projection.json").write_bytes(content)
        path = tmp_path / "config.yaml"
        path.write_text(config or config_of())
        return check([str(path)], **{"evaluation": str(evaluation), "today": TODAY, **options})

    return run


def projection(evidence: Plain, **lists: Plain) -> Plain:
    return projection_of(evidence, json.dumps(evidence).encode(), **lists)


def with_(document: Plain, *path: Any, to: object) -> Plain:
    changed = copy.deepcopy(document)
    *way, last = path
    at: Any = changed
    for step in way:
        at = at[step]
    at[last] = to
    return changed


def index_of(evidence: Plain, threshold: float) -> int:
    return int(evidence["thresholds"].index(threshold))


def blocking(report: Report) -> list[Finding]:
    (checked,) = report.checked
    return [finding for finding in checked.findings if finding.outcome is not Outcome.PASS]


def test_the_skewed_list_passes_by_no_evaluation_alone(projecting: Projecting) -> None:
    report = projecting()
    assert report.exit_code == 3
    assert [finding.rule for finding in blocking(report)] == [Rule.WATCHLIST_NOT_TESTED] * 2


def test_a_projection_whose_bounds_hold_decides(projecting: Projecting, evidence: Plain) -> None:
    report = projecting(projection=projection(evidence))
    assert report.exit_code == 0, blocking(report)
    sentence = report.checked[0].findings[0].sentence
    assert sentence.startswith(
        "threshold 0.6 is safe at the list 'skewed' (rarefied): from 0.59 the ratio of false alerts is shown to be "
        "within 2 for ethnicity, sex (at most "
    )
    assert "FPIR is at most by ethnicity Asian 1 in 1" in sentence


def test_its_ratio_decides_and_not_that_of_the_evaluation(projecting: Projecting, evidence: Plain) -> None:
    """At the tested list the ratio is within 2; at the skewed one it is 14."""
    index = index_of(evidence, 0.6)
    far = with_(projection(evidence), *ETHNICITY, "ratio_upper", index, to=20.0)
    report = projecting(projection=far)
    (finding,) = blocking(report)
    assert (report.exit_code, finding.rule) == (3, Rule.RATIO_NOT_SHOWN)
    assert "the ratio of false alerts by ethnicity may be up to 20.00, and 2 is tolerated" in finding.sentence
    far["lists"]["skewed"]["axes"]["ethnicity"]["ratio"][index] = 14.0
    far["lists"]["skewed"]["axes"]["ethnicity"]["ratio_lower"][index] = 7.5
    (finding,) = blocking(projecting(projection=far))
    assert (finding.rule, finding.outcome) == (Rule.DISPARITY_SHOWN, Outcome.FAIL)
    assert "at least 7.500 times as often as on another, more than 2 times" in finding.sentence


def test_a_threshold_that_fails_at_the_tested_list_may_pass_at_another(
    projecting: Projecting, evidence: Plain
) -> None:
    index, later = index_of(evidence, 0.58), index_of(evidence, 0.6)
    alike = projection(evidence)
    for axis in alike["lists"]["skewed"]["axes"].values():
        for values in (*axis["estimate"], *axis["lower"], *axis["upper"]):
            values[index] = values[later]
        for name in ("ratio", "ratio_lower", "ratio_upper"):
            axis[name][index] = axis[name][later]
    alike["lists"]["skewed"]["safe"] = 0.58
    assert projecting(config_of(TESTED, threshold=0.58), alike).exit_code == 1
    assert projecting(config_of(threshold=0.58), alike).exit_code == 0


@pytest.mark.parametrize(
    ("path", "value", "rule", "outcome"),
    [
        (("ratio_upper",), None, Rule.RATIO_NOT_SHOWN, Outcome.CANNOT_DECIDE),
        (("upper", 0), None, Rule.LIMIT_NOT_SHOWN, Outcome.CANNOT_DECIDE),
        (("upper", 0), 0.0201, Rule.LIMIT_NOT_SHOWN, Outcome.CANNOT_DECIDE),
    ],
)
def test_a_bound_that_is_not_there_or_too_wide_decides_nothing(
    projecting: Projecting,
    evidence: Plain,
    path: tuple[Any, ...],
    value: object,
    rule: Rule,
    outcome: Outcome,
) -> None:
    changed = with_(projection(evidence), *ETHNICITY, *path, index_of(evidence, 0.6), to=value)
    found = blocking(projecting(projection=changed))
    assert (rule, outcome) in [(finding.rule, finding.outcome) for finding in found]


def test_a_group_shown_to_be_above_the_limit_fails(projecting: Projecting, evidence: Plain) -> None:
    changed = projection(evidence)
    axis, index = changed["lists"]["skewed"]["axes"]["ethnicity"], index_of(evidence, 0.6)
    for name, value in (("lower", 0.021), ("estimate", 0.03), ("upper", 0.04)):
        for group in axis[name]:
            group[index] = value
    axis["ratio"][index] = 1.0
    report = projecting(projection=changed)
    assert report.exit_code == 1
    assert {f.rule for f in blocking(report)} == {Rule.LIMIT_BROKEN, Rule.FALSE_ALERTS_EXCEEDED}


@pytest.mark.parametrize(
    ("safe", "threshold", "rule", "code"),
    [
        (None, 0.6, Rule.NO_SAFE_THRESHOLD, 3),
        (0.61, 0.6, Rule.BELOW_SAFE_THRESHOLD, 1),
        (0.6, 0.6, None, 0),
        (0.59, 0.605, None, 0),
        (0.59, 0.9, Rule.OUTSIDE_EVALUATED_RANGE, 3),
        (0.59, 0.1, Rule.LIMIT_BROKEN, 1),
    ],
)
def test_the_threshold_is_one_from_the_safe_one_of_the_list(
    projecting: Projecting,
    evidence: Plain,
    safe: float | None,
    threshold: float,
    rule: Rule | None,
    code: int,
) -> None:
    changed = with_(projection(evidence), "lists", "skewed", "safe", to=safe)
    if threshold == 0.605:  # where nothing changes from 0.6 to 0.61
        for axis in changed["lists"]["skewed"]["axes"].values():
            index = index_of(evidence, 0.6)
            for values in (*axis["estimate"], *axis["lower"], *axis["upper"], axis["ratio_upper"]):
                values[index + 1] = values[index]
            for name in ("ratio", "ratio_lower"):
                axis[name][index + 1] = axis[name][index]
    report = projecting(config_of(threshold=threshold), changed)
    assert report.exit_code == code, blocking(report)
    if rule is not None:
        assert rule in [finding.rule for finding in blocking(report)]


def test_between_projected_thresholds_both_ends_do_not_do(projecting: Projecting, evidence: Plain) -> None:
    for threshold, code in ((0.6, 0), (0.61, 0), (0.605, 3)):
        report = projecting(config_of(threshold=threshold), projection(evidence))
        assert report.exit_code == code, blocking(report)
    assert [finding.rule for finding in blocking(report)] == [Rule.BETWEEN_EVALUATED]


def test_distances_go_the_other_way(projecting: Projecting, evidence: Plain) -> None:
    evidence["study"]["score"]["better"] = "lower"
    evidence["thresholds"] = [-threshold for threshold in evidence["thresholds"]]
    answered_anew(evidence)
    for threshold, code in ((-0.6, 0), (-0.58, 1), (-0.9, 3)):
        assert projecting(config_of(threshold=threshold), projection(evidence)).exit_code == code


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"Asian": 40, "Black": 2_000, "White": 40}, 0),
        ({"Asian": 42, "Black": 2_000, "White": 38}, 0),  # exactly 5 % of a share
        ({"Asian": 43, "Black": 1_999, "White": 38}, 3),
        ({"Asian": 41, "Black": 2_000, "White": 40}, 3),  # another size
        ({"Asian": 80, "Black": 2_000}, 3),
        ({"Asian": 40, "Black": 2_000, "Other": 40}, 3),
    ],
)
def test_the_list_of_the_projection_is_the_deployments(
    projecting: Projecting, evidence: Plain, counts: dict[str, int], code: int
) -> None:
    report = projecting(config_of({"ethnicity": counts}), projection(evidence))
    assert report.exit_code == code, blocking(report)
    if code:
        assert Rule.LIST_NOT_PROJECTED in [finding.rule for finding in blocking(report)]


def test_of_lists_that_fit_the_very_list_goes_first_and_else_all_have_to_hold(
    projecting: Projecting, evidence: Plain
) -> None:
    near = list_of(evidence, {"ethnicity": {"Asian": 42, "Black": 2_000, "White": 38}}, safe=None)
    both = projection(evidence, near=near, same=list_of(evidence))
    assert projecting(config_of(), both).exit_code == 0
    either = {"ethnicity": {"Asian": 41, "Black": 2_000, "White": 39}}
    assert projecting(config_of(either), both).exit_code == 3


def test_top_scores_tell_of_no_other_mix(projecting: Projecting, evidence: Plain) -> None:
    claims = projection(evidence, skewed=list_of(evidence, method="top scores"))
    assert projecting(config_of(), claims).exit_code == 3
    smaller = {"ethnicity": {"Asian": 500, "Black": 500, "White": 500}}
    for composition in (smaller, None):
        fewer = list_of(evidence, composition, size=1_500, method="top scores")
        assert projecting(config_of(smaller), projection(evidence, fewer=fewer)).exit_code == 0


def test_a_larger_list_cannot_be_rarefied(projecting: Projecting, evidence: Plain) -> None:
    larger = {"ethnicity": {"Asian": 2_000, "Black": 2_001, "White": 2_000}}
    for method, code in (("rarefied", 3), ("bound", 0)):
        found = projection(evidence, larger=list_of(evidence, larger, method=method))
        report = projecting(config_of(larger), found)
        assert report.exit_code == code, blocking(report)
    assert projecting(config_of(larger), projection(evidence)).exit_code == 3


def test_an_axis_in_force_has_to_be_projected(projecting: Projecting, evidence: Plain) -> None:
    lacking = projection(evidence)
    del lacking["lists"]["skewed"]["axes"]["sex"]
    report = projecting(projection=lacking)
    assert (report.exit_code, blocking(report)[0].rule) == (3, Rule.AXIS_NOT_JUDGED)
    ethnicity = config_of().replace("[ethnicity, sex]", "[ethnicity]")
    assert projecting(ethnicity, lacking).exit_code == 0


def test_a_policy_without_a_ratio_decides_no_projection(projecting: Projecting, evidence: Plain) -> None:
    evidence["policy"]["criterion"] = "not_detected"
    evidence["policy"]["max_ratio"] = None
    answered_anew(evidence)
    report = projecting(config_of(more="    criterion: not_detected\n"), projection(evidence))
    (finding,) = blocking(report)
    assert (report.exit_code, finding.rule) == (3, Rule.RATIO_NOT_SHOWN)
    assert "state none" in finding.sentence


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("evaluation", "sha256"), "0" * 64, "projects the evaluation of SHA-256 0000"),
        (("matcher", "version"), "2", "the matcher is not that of the evaluation"),
        (("confidence",), 0.5, "the bounds have 0.5 confidence, less than the evaluation's"),
        (("lists", "skewed", "axes", "sex", "groups"), ["f", "male"], "has not the groups of the evaluation"),
    ],
)
def test_a_projection_of_something_else_decides_nothing(
    projecting: Projecting, evidence: Plain, path: tuple[str, ...], value: object, problem: str
) -> None:
    report = projecting(projection=with_(projection(evidence), *path, to=value))
    assert report.exit_code == 3
    assert any(problem in finding.sentence for finding in blocking(report)), blocking(report)


def test_thresholds_the_other_way_round_decide_nothing(projecting: Projecting, evidence: Plain) -> None:
    turned = projection(evidence)
    turned["thresholds"] = turned["thresholds"][::-1]
    report = projecting(projection=turned)
    assert report.exit_code == 3
    assert "do not go from the most lenient to the strictest" in blocking(report)[0].sentence


def test_a_config_names_the_projection_and_its_digest(
    projecting: Projecting, evidence: Plain, tmp_path: Path
) -> None:
    content = json.dumps(projection(evidence)).encode()
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "projection.json").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    for named, code in (
        ("projection: to/projection.json", 0),
        ("projection: to", 0),
        (f"projection: to, projection_sha256: '{digest}'", 0),
        (f"projection: to, projection_sha256: '{'0' * 64}'", 3),
        ("projection: other.json", 3),
        ("projection: ../projection.json", 2),
        ("projection: /projection.json", 2),
        (f"projection_sha256: '{digest}'", 3),  # and there is none beside the evaluation
    ):
        report = projecting(config_of(more=f"    evidence: {{{named}}}\n"))
        assert report.exit_code == code, (named, blocking(report))
    named = f"    evidence: {{projection_sha256: '{digest}'}}\n"
    assert projecting(config_of(more=named), content).exit_code == 0


def test_a_projection_that_is_named_has_to_be_usable_though_it_is_not_needed(
    projecting: Projecting, evidence: Plain
) -> None:
    broken = with_(projection(evidence), "schema", to=2)
    assert projecting(config_of(TESTED), broken).exit_code == 0
    report = projecting(config_of(TESTED, more="    evidence: {projection: projection.json}\n"), broken)
    (finding,) = blocking(report)
    assert (report.exit_code, finding.rule) == (3, Rule.DAMAGED_EVIDENCE)
    assert "schema is 2, not 1; project again with this version" in finding.sentence


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\x00" * 100, b'{"schema": 1}', b"[" * 10**6])
def test_what_is_no_projection_decides_nothing(projecting: Projecting, content: bytes) -> None:
    report = projecting(projection=content)
    assert (report.exit_code, blocking(report)[0].rule) == (3, Rule.DAMAGED_EVIDENCE)


def test_a_projection_out_of_the_configs_folder_is_refused(
    projecting: Projecting, evidence: Plain, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "projection.json"
    elsewhere.write_text(json.dumps(projection(evidence)))
    (tmp_path / "linked.json").symlink_to(elsewhere)
    report = projecting(config_of(more="    evidence: {projection: linked.json}\n"))
    assert report.exit_code == 3
    assert any("leads out of the config's folder" in finding.sentence for finding in blocking(report))


def test_a_projection_beside_the_evaluation_is_no_config(
    projecting: Projecting, evidence: Plain, tmp_path: Path
) -> None:
    projecting(projection=projection(evidence))
    report = check([str(tmp_path)], evaluation=str(tmp_path / "evaluation.json"), today=TODAY)
    assert [one.deployment for one in report.checked] == ["gate"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ratio=st.none() | st.floats(1, 100),
    rate=st.none() | st.floats(0.0075, 1),
    safe=st.sampled_from([None, 0.58, 0.6, 0.62]),
    method=st.sampled_from(["rarefied", "top scores", "bound"]),
)
@example(ratio=2.0, rate=0.02, safe=0.6, method="rarefied")
def test_the_skewed_list_passes_only_by_bounds_that_hold(
    projecting: Projecting, evidence: Plain, ratio: float | None, rate: float | None, safe: Any, method: str
) -> None:
    """Whatever a projection says: the ratio of two groups within 2, every FPIR within 0.02, at or above a safe one."""
    claimed = with_(projection(evidence), "lists", "skewed", "safe", to=safe)
    claimed["lists"]["skewed"]["method"] = method
    for axis in claimed["lists"]["skewed"]["axes"].values():
        index = index_of(evidence, 0.6)
        axis["ratio"][index], axis["ratio_lower"][index], axis["ratio_upper"][index] = None, None, ratio
        for group in range(len(axis["groups"])):
            axis["estimate"][group][index], axis["upper"][group][index] = None, rate
    holds = ratio is not None and ratio <= 2 and rate is not None and rate <= 0.02
    passes = holds and safe in (0.58, 0.6) and method != "top scores"
    assert (projecting(projection=claimed).exit_code == 0) == passes


def true_rates(counts: dict[str, int]) -> dict[str, float]:
    """FPIR by group where a person is mistaken for one of the own group 50 times as often as for another."""
    size = sum(counts.values())
    return {group: 1 - (1 - 5e-6) ** own * (1 - 1e-7) ** (size - own) for group, own in counts.items()}


def test_of_every_mix_those_pass_whose_true_ratio_is_tolerated(
    projecting: Projecting, evidence: Plain
) -> None:
    """Evidence of 2,000 references of each group, projected without any error to 125 lists, the skewed one among them.

    The gate is not told the truth but by the projection; the truth is worked out here, group by group.
    """
    sizes = (40, 500, 900, 1_500, 2_000)
    mixes = [{"Asian": a, "Black": b, "White": c} for a in sizes for b in sizes for c in sizes]
    index, lists = index_of(evidence, 0.6), {}
    for number, counts in enumerate(mixes):
        found = list_of(evidence, {"ethnicity": counts}, safe=evidence["thresholds"][0])
        rates, axis = true_rates(counts), found["axes"]["ethnicity"]
        for place, group in enumerate(axis["groups"]):
            for name in ("lower", "estimate", "upper"):
                axis[name][place][index] = rates[group]
        for name in ("ratio", "ratio_lower", "ratio_upper"):
            axis[name][index] = max(rates.values()) / min(rates.values())
        lists[f"list {number}"] = found
    start, _, _ = config_of().replace("[ethnicity, sex]", "[ethnicity]").partition("deployments:")
    shared = "".join(line for line in start.splitlines(keepends=True) if "watchlist" not in line)
    deployments = "".join(
        f"  {json.dumps(json.dumps(counts))}:\n    threshold: 0.6\n    watchlist_size: {sum(counts.values())}\n"
        f"    watchlist_composition: {json.dumps({'ethnicity': counts})}\n"
        for counts in mixes
    )
    report = projecting(f"{shared}deployments:\n{deployments}", projection(evidence, **lists))
    tolerated = {
        json.dumps(counts)
        for counts in mixes
        if (rates := true_rates(counts)) and max(rates.values()) <= 2 * min(rates.values())
    }
    passed = {one.deployment for one in report.checked if one.outcome is Outcome.PASS}
    as_tested = json.dumps(TESTED["ethnicity"])
    assert passed == tolerated
    assert 10 < len(passed) < 100
    assert as_tested in passed
    assert json.dumps(SKEWED["ethnicity"]) not in passed


def test_a_saturated_list_never_passes(projecting: Projecting, evidence: Plain) -> None:
    """Whatever the policy allows: everyone alerts, so that groups are alike."""
    evidence["policy"]["max_fpir"] = 0.99
    answered_anew(evidence)
    full = projection(evidence)
    for axis in full["lists"]["skewed"]["axes"].values():
        for name, value in (("lower", 0.45), ("estimate", 0.5), ("upper", 0.55)):
            axis[name] = [[value] * len(full["thresholds"]) for _ in axis["groups"]]
        for name in ("ratio", "ratio_lower", "ratio_upper"):
            axis[name] = [1.0] * len(full["thresholds"])
    full["lists"]["skewed"]["safe"] = full["thresholds"][0]
    report = projecting(config_of().replace("max_fpir: 0.02", "max_fpir: 0.99"), full)
    (finding,) = blocking(report)
    assert (report.exit_code, finding.rule) == (3, Rule.SATURATED)
    for axis in full["lists"]["skewed"]["axes"].values():
        axis["lower"] = [[0.51] * len(full["thresholds"]) for _ in axis["groups"]]
        axis["estimate"] = [[0.52] * len(full["thresholds"]) for _ in axis["groups"]]
    assert projecting(config_of().replace("max_fpir: 0.02", "max_fpir: 0.99"), full).exit_code == 1
