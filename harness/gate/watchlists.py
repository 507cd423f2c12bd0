"""Whether the evaluation tested a watchlist as large as the deployment's, and of its composition.

False alerts of a group grow with the references that a probe is compared with, and with those of its own group most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.config import shown
from harness.gate.configs import Located
from harness.gate.evidence import Evidence
from harness.gate.findings import Finding, Outcome, Rule

__all__ = ["watchlist_tested"]

_KEY = "watchlist_composition"


def watchlist_tested(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Yield how the watchlist of a deployment goes beyond the one that was tested."""
    yield from _size(deployment, evidence)
    stated = deployment.terms.watchlist_composition or {}
    tested = evidence.study.watchlist_composition or {}
    for attribute, counts in stated.items():
        if attribute in tested:
            yield from _counts(deployment, attribute, counts, tested[attribute])
        else:
            sentence = (
                f"the config says how many references are of which {attribute}; the evaluation's study does not, so "
                "that composition was not tested"
            )
            yield _undecided(deployment, sentence, _KEY, attribute)
    for attribute, counts in tested.items():
        if attribute not in stated:
            known = ", ".join(f"{group} {count:,}" for group, count in counts.items())
            sentence = (
                f"the evaluation tested a watchlist of {known}; say in watchlist_composition.{attribute} what the "
                "deployment's is made of"
            )
            yield _undecided(deployment, sentence, *((_KEY,) if stated else ("watchlist_size",)))


def _size(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    size, tested = deployment.terms.watchlist_size, evidence.study.watchlist_size
    if size is not None and size > (tested or 0):
        sentence = (
            f"a watchlist of {size:,} is larger than the {tested or 0:,} that the evaluation tested; false alerts "
            "grow with it"
        )
        yield _undecided(deployment, sentence, "watchlist_size")


def _counts(
    deployment: Located, attribute: str, counts: Mapping[str, int], tested: Mapping[str, int]
) -> Iterator[Finding]:
    for group, count in counts.items():
        if group not in tested:
            known = ", ".join(tested)
            sentence = (
                f"{count:,} references are of {attribute} {shown(group)}, which the watchlist of the evaluation does "
                f"not know; its groups are {known}"
            )
        elif count > tested[group]:
            sentence = (
                f"{count:,} references of {attribute} {shown(group)} are more than the {tested[group]:,} that the "
                "evaluation tested; false alerts of a group grow with them"
            )
        else:
            continue
        yield _undecided(deployment, sentence, _KEY, attribute, group)


def _undecided(deployment: Located, sentence: str, *path: str) -> Finding:
    return Finding(Rule.WATCHLIST_NOT_TESTED, Outcome.CANNOT_DECIDE, sentence, deployment.place(*path))
