"""Findings from records alone: no false alert at all, differences between records, and false alerts by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.auditing.mapping import RecordMapping
from harness.auditing.operation import exposures
from harness.auditing.records import DeploymentRecord
from harness.numbers import at_most, confidence_text
from harness.statistics import (
    claim_of_zero,
    clopper_pearson,
    detectable_ratio,
    holm,
    one_sided,
    ratio_interval,
    ratio_p_value,
)

__all__ = [
    "GroupFinding",
    "bounds_of_zero",
    "claim_of_bound",
    "claim_of_no_false_alert",
    "claim_of_none_for_a_group",
    "group_finding",
    "spread_of",
]

TENTH = 0.1


def claim_of_no_false_alert(faces: int, confidence: float) -> str:
    """Say what no false alert among some faces shows, and what it does not.

    Parameters
    ----------
    faces : int
        At least 1.
    confidence : float
        Of the one-sided bound, 1 - (1 - confidence)^(1 / faces).

    References
    ----------
    Hanley, J. A., Lippman-Hand, A. (1983). If nothing goes wrong, is everything all right? JAMA 249,
    1743-1745: the rule of three, 3 / faces, is this bound at 95 % for many faces.
    """
    return claim_of_bound(faces, claim_of_zero(faces, confidence), confidence)


def bounds_of_zero(faces: Sequence[int], confidence: float) -> list[float]:
    """Return the bounds of `harness.statistics.planning.claim_of_zero` for several numbers of faces."""
    bounds: list[float] = clopper_pearson(
        0, np.array(faces, np.float64), one_sided(confidence)
    ).upper.tolist()
    return bounds


def claim_of_bound(faces: int, bound: float, confidence: float) -> str:
    """Say the same, where the bound is known."""
    return (
        f"0 false alerts among {faces:,} faces shows a false alert rate of {at_most(bound)} at "
        f"{confidence_text(confidence)} confidence; it says nothing about differences between groups"
    )


def claim_of_none_for_a_group(faces: int, confidence: float) -> str:
    """Say how much less the same shows for a group that is a tenth of the faces."""
    of_group = max(1, int(faces * TENTH))
    bound = claim_of_zero(of_group, confidence)
    return f"for a group that is a tenth of the faces ({of_group:,}) it would show {at_most(bound)}"


def spread_of(records: Sequence[DeploymentRecord], significance: float) -> tuple[float | None, str]:
    """Test that false alerts fall on records in proportion to faces times watchlist size.

    Each record is compared with the sum of the others by the exact conditional test of `ratio_p_value`, and the
    p-values are Holm-adjusted. False alerts of the same faces grow no faster than the watchlist.

    Parameters
    ----------
    records : sequence of DeploymentRecord
        Assessable ones of one threshold.
    significance : float

    Returns
    -------
    p_value : float or None
        None where there is nothing to test.
    sentence : str
    """
    false_alerts = np.array([record.false_alerts or 0 for record in records], np.float64)
    if len(records) < 2 or not false_alerts.any():
        return None, "one record alone" if len(records) == 1 else "no false alerts to compare"
    searched, by_size = exposures(records)
    exposure = np.array(searched, np.float64)
    others = (false_alerts.sum() - false_alerts, exposure.sum() - exposure)
    adjusted = holm(ratio_p_value(false_alerts, exposure, *others))
    odd = int(np.nanargmin(adjusted))
    p_value = float(adjusted[odd])
    allowing = "faces and watchlist sizes" if by_size else "faces (a watchlist size is unknown)"
    if p_value > significance:
        return (
            p_value,
            f"no difference between deployments is detected, allowing for {allowing} (p = {p_value:.2g})",
        )
    return p_value, (
        f"deployments differ by more than chance, allowing for {allowing} (p = {p_value:.2g}; "
        f"{records[odd].title} stands out)"
    )


@dataclass(frozen=True)
class GroupFinding:
    """False alerts by group, over the records of one threshold.

    Attributes
    ----------
    false_alerts : mapping of str to int
    faces : mapping of str to int, or None
        None where the faces of some group are not published.
    p_value : float or None
        The smallest of the groups', Holm-adjusted; None where nothing can be tested.
    sentence : str
    """

    false_alerts: Mapping[str, int]
    faces: Mapping[str, int] | None
    p_value: float | None
    sentence: str


def group_finding(
    records: Sequence[DeploymentRecord], mapping: RecordMapping, confidence: float
) -> GroupFinding | None:
    """Compare the false alerts of groups over records, as far as their faces or shares are known.

    Parameters
    ----------
    records : sequence of DeploymentRecord
    mapping : RecordMapping
        Its groups; where their faces are not counted, their shares.
    confidence : float
        1 less the two-sided significance of all comparisons together (Holm).

    Returns
    -------
    GroupFinding or None
        None where the mapping names no groups.

    References
    ----------
    Przyborowski, J., Wilenski, H. (1940). Biometrika 31, 313-323: given their sum, the split of two rare counts
    is binomial. With shares of the faces in place of counts it is the exact binomial test of a multinomial's cell.
    """
    if not mapping.groups:
        return None
    told = [r for r in records if all(group.false_alerts is not None for group in r.groups.values())]
    names = list(mapping.groups)
    false_alerts = {name: sum(r.groups[name].false_alerts or 0 for r in told) for name in names}
    faces = _faces(told, names)
    shares = {name: mapping.groups[name].share for name in names}
    left_out = f"; {len(records) - len(told)} records do not tell" if len(told) < len(records) else ""
    p_value, sentence = _compared(false_alerts, faces, shares, confidence)
    counted = ", ".join(f"{name} {false_alerts[name]:,}" for name in names)
    return GroupFinding(false_alerts, faces, p_value, f"false alerts: {counted}; {sentence}{left_out}")


def _faces(records: Sequence[DeploymentRecord], names: Sequence[str]) -> dict[str, int] | None:
    counts = {name: [record.groups[name].faces for record in records] for name in names}
    if not records or any(count is None for of_group in counts.values() for count in of_group):
        return None
    return {name: sum(count or 0 for count in of_group) for name, of_group in counts.items()}


def _compared(
    false_alerts: Mapping[str, int],
    faces: Mapping[str, int] | None,
    shares: Mapping[str, float | None],
    confidence: float,
) -> tuple[float | None, str]:
    if not any(false_alerts.values()):
        return None, "none of any group says nothing about differences between groups"
    if len(false_alerts) < 2:
        return None, "there is one group, and nothing to compare it with"
    if faces is not None and all(faces.values()):
        return _by_faces(false_alerts, faces, confidence)
    known = {name: share for name, share in shares.items() if share is not None}
    if known:
        return _by_shares(false_alerts, known, confidence)
    return None, (
        "whether they differ cannot be told without how many faces of each group were seen, or the mapping's word "
        "for their shares"
    )


def _by_faces(
    false_alerts: Mapping[str, int], faces: Mapping[str, int], confidence: float
) -> tuple[float, str]:
    pairs = list(combinations(false_alerts, 2))
    counts = [(false_alerts[a], faces[a], false_alerts[b], faces[b]) for a, b in pairs]
    adjusted = holm(np.array([float(ratio_p_value(*pair)) for pair in counts]))
    first = int(np.argmin(adjusted))
    p_value, (one, other), (a, n_a, b, n_b) = float(adjusted[first]), pairs[first], counts[first]
    if p_value > 1 - confidence:
        seen = float(detectable_ratio(a + b, n_a, n_b, 1 - confidence))
        least = f"only a ratio of {seen:.2g} or more" if np.isfinite(seen) else "no ratio"
        return p_value, (
            f"no difference is detected (p = {p_value:.2g}), which does not show that there is none: of {one} and "
            f"{other} {least} would have been noticed with 80 % power"
        )
    if a / n_a < b / n_b:
        one, other, (a, n_a, b, n_b) = other, one, (b, n_b, a, n_a)
    interval = ratio_interval(a, n_a, b, n_b, confidence)
    upper = "without bound" if np.isinf(interval.upper) else f"{float(interval.upper):.2g}"
    return p_value, (
        f"a difference is shown: the false alert rate of {one} is {float(interval.lower):.2g} to {upper} times that "
        f"of {other} (p = {p_value:.2g})"
    )


def _by_shares(
    false_alerts: Mapping[str, int], shares: Mapping[str, float], confidence: float
) -> tuple[float, str]:
    total, whole = sum(false_alerts.values()), sum(shares.values())
    of_groups = [(n, shares[name] / whole) for name, n in false_alerts.items()]
    tests = [float(ratio_p_value(n, share, total - n, 1 - share)) for n, share in of_groups]
    adjusted = holm(np.array(tests))
    first = int(np.argmin(adjusted))
    p_value, name, (n, share) = float(adjusted[first]), list(false_alerts)[first], of_groups[first]
    against = (
        f"{name} has {n:,} of {total:,} where its stated share of the faces would give {total * share:.3g}"
    )
    if p_value > 1 - confidence:
        return p_value, (
            f"by the stated shares no difference is detected ({against}, p = {p_value:.2g}), which does not show that "
            "there is none"
        )
    return (
        p_value,
        f"if the stated shares are those of the faces, a difference is shown: {against} (p = {p_value:.2g})",
    )
