"""Whether the watchlist of a deployment is the one that the evidence tested: as large, and of the same mix.

False alerts grow with the list. How far groups differ in them follows from what it is made of: people of one group are
mistaken for each other most, so that fewer references of a group lower that group's false alerts and not the others'.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from harness.config import shown
from harness.gate.configs import Located
from harness.gate.evidence import Evidence
from harness.gate.findings import Finding, Outcome, Rule
from harness.numbers import confidence_text, percent

__all__ = ["LEAST_PART", "furthest_off", "list_differs", "list_unstated"]

LEAST_PART = Fraction(9, 10)
"""The smallest list that evidence of a larger one decides.

NIST SP 800-63A-4 asks for a test gallery of at least 90 % of the operational size; here neither is much larger.
"""

_KEY = "watchlist_composition"
_PROJECT = "a projection to this list decides: harness project, and evidence.projection in the config"


def furthest_off(counts: Mapping[str, int], tested: Mapping[str, int], tolerance: float) -> str | None:
    """Return the group whose share of a list is furthest from that of another list, where it is beyond a tolerance.

    Parameters
    ----------
    counts, tested : mapping of str to int
        References by group; a group that is not named has none.
    tolerance : float
        As a part of the share that was tested; a share that is off by exactly as much is within it.

    Examples
    --------
    >>> furthest_off({"A": 105, "B": 95}, {"A": 1000, "B": 1000}, 0.05) is None
    True
    >>> furthest_off({"A": 106, "B": 94}, {"A": 1000, "B": 1000}, 0.05)
    'A'
    """
    size, size_tested = sum(counts.values()), sum(tested.values())

    def off(group: str) -> Fraction | float:
        share = Fraction(counts.get(group, 0), size)
        known = Fraction(tested.get(group, 0), size_tested)
        if not known:
            return math.inf if share else 0
        return abs(share - known) / known

    furthest = max(dict.fromkeys((*tested, *counts)), key=off)
    return furthest if off(furthest) > Fraction(repr(tolerance)) else None


def list_differs(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Yield how the list differs from the one that was tested; where it does, only a projection decides."""
    yield from _size(deployment, evidence)
    tested = evidence.study.watchlist_composition or {}
    for attribute, counts in (deployment.terms.watchlist_composition or {}).items():
        if attribute in tested:
            yield from _mix(deployment, attribute, counts, tested[attribute])
        else:
            sentence = (
                f"the config says how many references are of which {attribute}; the evaluation's study does not, so "
                "that composition was not tested"
            )
            yield _not_tested(deployment, sentence, _KEY, attribute)


def list_unstated(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Yield what was tested of the list's composition and the config does not state, so that nothing decides."""
    stated = deployment.terms.watchlist_composition or {}
    for attribute, counts in (evidence.study.watchlist_composition or {}).items():
        if attribute not in stated:
            known = ", ".join(f"{group} {count:,}" for group, count in counts.items())
            sentence = (
                f"the evaluation tested a watchlist of {known}; say in watchlist_composition.{attribute} what the "
                "deployment's is made of"
            )
            yield _not_tested(deployment, sentence, *((_KEY,) if stated else ("watchlist_size",)))


def _not_tested(deployment: Located, sentence: str, *path: str) -> Finding:
    place = deployment.place(*path)
    return Finding(Rule.WATCHLIST_NOT_TESTED, Outcome.CANNOT_DECIDE, sentence, place)


def _size(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    size, tested = deployment.terms.watchlist_size or 0, evidence.study.watchlist_size
    if tested is None:
        sentence = f"the evaluation states no watchlist_size, so that a list of {size:,} was not tested"
        yield _not_tested(deployment, sentence, "watchlist_size")
        return
    if size > tested:
        how = f"larger than the {tested:,} that the evaluation tested; false alerts grow with it"
    elif size < LEAST_PART * tested:
        how = (
            f"smaller than {confidence_text(float(LEAST_PART))} of the {tested:,} that the evaluation tested"
        )
    else:
        return
    yield _not_tested(deployment, f"a watchlist of {size:,} is {how}; {_PROJECT}", "watchlist_size")


def _mix(
    deployment: Located, attribute: str, counts: Mapping[str, int], tested: Mapping[str, int]
) -> Iterator[Finding]:
    unknown = [group for group in counts if group not in tested]
    for group in unknown:
        sentence = (
            f"{counts[group]:,} references are of {attribute} {shown(group)}, which the watchlist of the evaluation "
            f"does not know; its groups are {', '.join(tested)}"
        )
        yield _not_tested(deployment, sentence, _KEY, attribute, group)
    tolerance = deployment.terms.composition_tolerance
    off = furthest_off(counts, tested, tolerance)
    if off is None or unknown:
        return
    share, known = (
        percent(of.get(off, 0) / sum(of.values())) if of.get(off) else "none" for of in (counts, tested)
    )
    sentence = (
        f"{share} of the references are of {attribute} {shown(off)}, and {known} of those that the evaluation tested: "
        f"off by more than {confidence_text(tolerance)} of that; {_PROJECT}"
    )
    yield _not_tested(deployment, sentence, _KEY, attribute, *([off] if off in counts else []))
