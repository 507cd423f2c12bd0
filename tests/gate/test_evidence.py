"""Evidence that is damaged, altered, or about something else never lets a deployment pass."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.gate import Rule, check
from tests.gate.small_world import TODAY, VALID, Checking, Plain


def fields(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key of every mapping, of lists only in the first item, and of one axis only."""
    if isinstance(value, dict):
        for key, item in value.items():
            if path == ("axes",) and key != "ethnicity":
                continue
            yield (*path, key)
            yield from fields(item, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from fields(value[0], (*path, 0))


def parent(plain: Plain, path: tuple[str | int, ...]) -> Plain:
    found = plain
    for part in path[:-1]:
        found = found[part]  # type: ignore[index]
    return found


def of_another_shape(value: object) -> list[object]:
    """A list one shorter where every item counts; else a mapping with an odd key, which nothing takes."""
    counted = isinstance(value, list) and len(value) == 15
    return [value[:-1], {"odd": 1}] if counted else [{"odd": 1}]  # type: ignore[index]


def test_a_field_removed_or_of_another_shape_never_passes(checking: Checking, plain: Plain) -> None:
    every = list(fields(plain))
    assert len(every) > 120
    passed = []
    for path in every:
        holder, key = parent(plain, path), path[-1]
        kept = holder.pop(key)
        if checking(VALID, plain).exit_code == 0:
            passed.append((path, "removed"))
        for other in of_another_shape(kept):
            holder[key] = other
            if checking(VALID, plain).exit_code == 0:
                passed.append((path, other))
        holder[key] = kept
    assert passed == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "0.6",
        "{",
        "[" * 100_000,
        "9" * 5000,
        '{"schema": "harness/evaluation/2"}',
        '{"schema": "harness/evaluation/3"}',
        "\x00",
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_what_is_no_evaluation_decides_nothing(checking: Checking, text: str) -> None:
    report = checking(VALID, text)
    assert report.exit_code == 3
    assert report.checked[0].findings[0].rule is Rule.DAMAGED_EVIDENCE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"confirmation": null', '"confirmation": null, "confirmation": null'),
        ('"confirmation": null', '"confirmation": null, "extra": 1'),
        ('"thresholds": [0.54,', '"thresholds": [NaN,'),
        ('"thresholds": [0.54,', '"thresholds": [-Infinity,'),
        ('"thresholds": [0.54,', '"thresholds": [1e999,'),
        ('"thresholds": [0.54,', '"thresholds": ["0.54",'),
        ('"thresholds": [0.54,', '"thresholds": [0.55,'),
    ],
)
def test_an_odd_text_decides_nothing(checking: Checking, plain: Plain, old: str, new: str) -> None:
    text = json.dumps(plain)
    assert old in text
    assert checking(VALID, text.replace(old, new)).exit_code == 3


def lower_the_answer(plain: Plain) -> None:
    plain["answer"]["safe_threshold"] = 0.54


def lower_the_place_too(plain: Plain) -> None:
    lower_the_answer(plain)
    plain["index_of_safe_threshold"] = 0


def lower_the_range_too(plain: Plain) -> None:
    lower_the_place_too(plain)
    plain["axes"]["ethnicity"]["verdict"]["parity_shown_from"] = 0
    plain["answer"]["axes"]["ethnicity"]["parity_shown_from"] = 0.54


def lower_the_verdicts_too(plain: Plain) -> None:
    lower_the_range_too(plain)
    plain["axes"]["ethnicity"]["verdict"]["verdicts"] = ["parity shown"] * 15


def join_what_fails(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["verdict"]["parity_to_next"][0] = True  # at 0.54 a disparity is shown


def join_one_more(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["verdict"]["parity_to_next"].append(False)


def part_the_range(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["verdict"]["parity_to_next"][6] = False


def know_nothing_between(plain: Plain) -> None:
    del plain["axes"]["ethnicity"]["verdict"]["parity_to_next"]


def claim_to_be_earlier(plain: Plain) -> None:
    plain["schema"] = "harness/evaluation/1"


def ask_for_another(plain: Plain) -> None:
    plain["asked_for"] = [0.605]


def judge_one_axis_less(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["judged"] = False


def shift_the_thresholds(plain: Plain) -> None:
    plain["thresholds"] = [threshold - 0.05 for threshold in plain["thresholds"]]


def raise_the_end(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["verdict"]["parity_shown_to"] = 14


def tolerate_more(plain: Plain) -> None:
    plain["policy"]["max_ratio"] = 10.0


def reverse_the_scores(plain: Plain) -> None:
    plain["study"]["score"]["better"] = "lower"


def fewer_errors(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["false_matches"]["groups"][1]["errors"][3] -= 1


def narrower_bounds(plain: Plain) -> None:
    plain["axes"]["ethnicity"]["false_match_differential"]["ratio_upper"][4] = 1.1


@pytest.mark.parametrize(
    "alter",
    [
        lower_the_answer,
        lower_the_place_too,
        lower_the_range_too,
        lower_the_verdicts_too,
        join_what_fails,
        join_one_more,
        part_the_range,
        know_nothing_between,
        claim_to_be_earlier,
        ask_for_another,
        judge_one_axis_less,
        shift_the_thresholds,
        raise_the_end,
        tolerate_more,
        reverse_the_scores,
        fewer_errors,
        narrower_bounds,
    ],
)
def test_an_answer_that_does_not_follow_from_the_arrays_decides_nothing(
    checking: Checking, plain: Plain, alter: object
) -> None:
    alter(plain)  # type: ignore[operator]
    report = checking(VALID, plain)
    assert report.exit_code == 3
    assert report.checked[0].findings[0].rule is Rule.DAMAGED_EVIDENCE


def test_no_evidence_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VALID)
    report = check([str(tmp_path / "a.yaml")], today=TODAY)
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.NO_EVIDENCE)


def test_evidence_that_the_config_names(tmp_path: Path, evaluation: Path) -> None:
    digest = hashlib.sha256(evaluation.read_bytes()).hexdigest()
    evidence = f"    evidence: {{evaluation: evaluation.json, sha256: {digest}}}\n"
    (tmp_path / "a.yaml").write_text(VALID + evidence)
    assert check([str(tmp_path / "a.yaml")], today=TODAY).exit_code == 0
    assert check([str(tmp_path / "a.yaml")], evaluation=str(evaluation), today=TODAY).exit_code == 0
    evaluation.write_bytes(evaluation.read_bytes().replace(b"Intervals allow", b"Intervals allov"))
    report = check([str(tmp_path / "a.yaml")], today=TODAY)
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.OTHER_EVIDENCE)


def test_a_threshold_that_was_not_confirmed(checking: Checking, plain: Plain) -> None:
    by_truth = {"non_mated": 1, "mated": 1}
    plain["confirmation"] = {
        "chosen": 0.6,
        "outcome": "does not hold",
        "reason": "ethnicity differs",
        "comparisons": [by_truth, by_truth],
        "left_out": by_truth,
        "ratio_upper": {"ethnicity": 3.0},
    }
    report = checking(VALID, plain)
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.NOT_CONFIRMED)


def test_an_evaluation_without_a_safe_threshold(checking: Checking, plain: Plain) -> None:
    """What nobody can decide stays undecided even where a disparity shows."""
    for axis in ("ethnicity",):
        for part in ("parity_shown_from", "parity_shown_to"):
            plain["axes"][axis]["verdict"][part] = None
            plain["answer"]["axes"][axis][part] = plain["answer"]["axes"][axis]["cost"][part] = None
    plain["answer"]["safe_threshold"] = plain["index_of_safe_threshold"] = None
    report = checking(VALID, plain)
    assert (report.exit_code, report.checked[0].findings[0].rule) == (3, Rule.NO_SAFE_THRESHOLD)
