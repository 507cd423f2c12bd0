"""The plan command."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cli.app import run
from harness.statistics.planning import claim_of_zero, subjects_to_show_parity, trials_to_find_threshold

PARITY = "plan --fmr 0.001 --max-ratio 2 --groups 3"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(command: str) -> str:
        assert run(command.split()) == 0
        return capsys.readouterr().out

    return call


def test_a_line_for_each_thing_to_show_and_a_sentence_for_each_line(printed: Any) -> None:
    heading, parity, threshold, detection, gap, *sentences = printed(
        f"{PARITY} --detect-ratio 3"
    ).splitlines()
    assert heading.split("  ")[0] == "For each group"
    assert parity.split() == ["show", "parity", "323", "51,891", "52", "1.00", "80", "%"]
    assert threshold.split() == ["find", "the", "threshold", "391", "76,180", "76", "1.00", "80", "%"]
    assert detection.startswith("detect a ratio")
    assert gap == ""
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "Show parity",
        "Find the threshold",
        "Detect a ratio",
    ]
    assert "51,891 non-mated trials of each group (all pairs of 323 subjects)" in sentences[0]
    assert "within a ratio of 2, every pair by its 95 % upper bound, with a chance of 80 %" in sentences[0]


def test_a_design_effect_multiplies_the_trials(printed: Any) -> None:
    plans = json.loads(printed(f"{PARITY} --design-effect 4 --json"))["plans"]
    assert [plan["goal"] for plan in plans] == ["show parity", "find the threshold"]
    assert plans[1]["trials"] == trials_to_find_threshold(0.001, 2, 3, design_effect=4).trials
    assert plans[1]["design_effect"] == 4


def test_an_identity_share_gives_subjects_and_the_design_effect_they_bring(printed: Any) -> None:
    document = json.loads(printed(f"{PARITY} --identity-share 0.15 --json"))
    expected = subjects_to_show_parity(0.001, 2, 3, identity_share=0.15)
    assert document["schema_version"] == 1
    assert document["assumptions"]["identity_share"] == 0.15
    assert document["plans"][0]["subjects"] == expected.subjects
    assert document["plans"][0]["design_effect"] == expected.design_effect


def test_what_no_false_match_can_claim(printed: Any) -> None:
    assert printed("plan --zero-errors-in 30000") == (
        "No false match in 30,000 non-mated trials: FMR is at most 0.00009986 at 95 % confidence (design effect 1), "
        "1 in 10,014; a lower rate cannot be claimed.\n"
    )
    (plan,) = json.loads(printed("plan --zero-errors-in 30000 --design-effect 3 --json"))["plans"]
    assert plan["fmr_at_most"] == claim_of_zero(30_000, design_effect=3)


def test_trials_without_a_false_match_for_a_claim(printed: Any) -> None:
    text = printed("plan --max-fmr 1e-4")
    assert text.splitlines()[1].split() == ["claim", "without", "errors", "246", "29,956", "0", "1.00"]
    assert "not one false match in 29,956 non-mated trials shows" in text
    (plan,) = json.loads(printed("plan --max-fmr 1e-4 --identity-share 0.15 --json"))["plans"]
    assert plan["subjects"] == 258


def test_where_no_amount_of_data_finds_the_threshold_the_rest_is_planned(printed: Any) -> None:
    text = printed("plan --fmr 0.001 --max-ratio 10")
    assert "Show parity: with" in text
    assert "no amount of data finds it with a chance of 80 %" in text
    plans = json.loads(printed("plan --fmr 0.001 --max-ratio 10 --json"))["plans"]
    assert plans[1]["trials"] is None
    assert plans[1]["power_below"] == pytest.approx(0.783, abs=5e-4)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            "",
            "nothing to plan: give --fmr with --max-ratio or --detect-ratio, --max-fmr, or --zero-errors-in",
        ),
        ("--fmr 0.1", "nothing to plan"),
        ("--max-ratio 2", "--max-ratio and --detect-ratio go with --fmr, and --fmr with one of them"),
        ("--fmr 0.1 --max-fmr 0.1", "--fmr with one of them"),
        ("--fmr 0.1 --max-ratio 2 --design-effect 2 --identity-share 0.1", "not both"),
        ("--zero-errors-in 100 --identity-share 0.1", "--zero-errors-in goes with --design-effect"),
        ("--fmr 2 --max-ratio 2", "the FMR must lie above 0 and at most at 0.5, got 2"),
        ("--fmr 0.1 --max-ratio 1", "the tolerated ratio must be above 1, got 1"),
        ("--fmr 0.1 --max-ratio 2 --groups 1", "there must be 2 groups or more to compare, got 1"),
        ("--zero-errors-in 0", "the number of trials must be 1 or more, got 0"),
        ("--fmr 1e-12 --max-ratio 1.001 --identity-share 0.5", "more than the 100,000,000"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_one_line(
    options: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", *options.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("harness: ")
    assert err.count("\n") == 1
    assert problem in err
