"""False alerts by group: what they say where faces are counted, where shares are stated, and where neither."""

from __future__ import annotations

import pytest
from scipy import stats

from harness.auditing import GroupAlerts, GroupFinding, load_mapping
from harness.auditing.findings import group_finding
from tests.auditing.published import record


def found(
    counts: dict[str, tuple[int | None, int | None]], shares: dict[str, float] | None = None, times: int = 1
) -> GroupFinding:
    groups = {
        name: {"false_alerts": f"false {name}"}
        | ({"faces": f"faces {name}"} if faces is not None else {})
        | ({"share": shares[name]} if shares else {})
        for name, (_, faces) in counts.items()
    }
    total = sum(n or 0 for n, _ in counts.values())
    one = record(
        faces=100_000,
        false_alerts=total,
        groups={name: GroupAlerts(n, faces) for name, (n, faces) in counts.items()},
    )
    finding = group_finding([one] * times, load_mapping({"groups": groups}), 0.95)
    assert finding is not None
    return finding


def test_without_groups_there_is_nothing_to_say() -> None:
    assert group_finding([record()], load_mapping(None), 0.95) is None


def test_without_faces_or_shares_a_difference_cannot_be_told() -> None:
    one = found({"Black": (9, None), "White": (1, None)})
    assert (one.p_value, one.faces) == (None, None)
    assert one.sentence == (
        "false alerts: Black 9, White 1; whether they differ cannot be told without how many faces of each group were "
        "seen, or the mapping's word for their shares"
    )


def test_faces_of_one_group_alone_do_not_do() -> None:
    assert found({"Black": (9, 2_000), "White": (1, None)}).p_value is None


@pytest.mark.parametrize(("black", "white"), [(9, 1), (7, 0), (3, 2), (0, 0)])
def test_shares_give_the_exact_binomial_test(black: int, white: int) -> None:
    """By the smaller tail, doubled, and once more for two groups, which say the same."""
    one = found({"Black": (black, None), "White": (white, None)}, {"Black": 0.2, "White": 0.6})
    if black + white == 0:
        assert one.p_value is None
        assert "says nothing about differences" in one.sentence
        return
    tails = [
        stats.binomtest(black, black + white, 0.25, alternative=side).pvalue for side in ("less", "greater")
    ]
    assert one.p_value == pytest.approx(min(1.0, 4 * min(tails)))
    shown = "if the stated shares are those of the faces, a difference is shown" in one.sentence
    assert shown == (one.p_value <= 0.05)


def test_faces_give_the_exact_conditional_test_over_all_records() -> None:
    """30 of 60 alerts where a quarter of the faces are: ratio 3; summed over three records."""
    one = found({"Black": (10, 2_000), "White": (10, 6_000)}, times=3)
    assert (one.false_alerts, one.faces) == ({"Black": 30, "White": 30}, {"Black": 6_000, "White": 18_000})
    assert one.p_value == pytest.approx(2 * stats.binomtest(30, 60, 0.25, alternative="greater").pvalue)
    assert (
        "a difference is shown: the false alert rate of Black is 1.7 to 5.2 times that of White"
        in one.sentence
    )


def test_the_group_of_the_higher_rate_is_named_first() -> None:
    one = found({"White": (10, 60_000), "Black": (30, 20_000)})
    assert "the false alert rate of Black is" in one.sentence


def test_no_difference_detected_is_not_said_to_be_none() -> None:
    """The 2023 test's seven: none of a third of the people, yet nothing can be told."""
    one = found({"Asian": (3, 30_000), "Black": (4, 30_000), "White": (0, 30_000)})
    assert one.p_value > 0.05
    assert "which does not show that there is none" in one.sentence


def test_with_one_false_alert_no_ratio_could_have_been_noticed() -> None:
    one = found({"Black": (1, 30_000), "White": (0, 30_000)})
    assert one.sentence.endswith("of Black and White no ratio would have been noticed with 80 % power")


def test_records_that_do_not_tell_their_groups_are_counted() -> None:
    mapping = load_mapping(
        {"groups": {"A": {"false_alerts": "a", "share": 0.5}, "B": {"false_alerts": "b", "share": 0.5}}}
    )
    told = record(false_alerts=6, groups={"A": GroupAlerts(3), "B": GroupAlerts(3)})
    silent = record(place="Old Bridge", groups={"A": GroupAlerts(None), "B": GroupAlerts(0)})
    finding = group_finding([told, silent], mapping, 0.95)
    assert finding is not None
    assert finding.sentence.endswith("; 1 records do not tell")
