"""Whether the evidence keeps a deployment's own limits on false alerts.

With groups g of a crowd, their shares w, and the share π of each that is on the watchlist, a passer-by raises

    a false alert in Σ w [(1 - π) FPIR + π wrong] of cases, and a true one in Σ w π TPIR,

wrong being the share of searches for people on the list that alert on somebody else. They meet as many others on it as
anybody does, so their FPIR bounds it. Upper bounds of false alerts and lower ones of true alerts are held against the
limits: each holds whatever the rates of groups, who share a list, have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from harness.config import shown
from harness.gate.configs import Located
from harness.gate.evaluation_file import Number
from harness.gate.evidence import AxisEvidence, Evidence
from harness.gate.findings import Finding, Outcome, Rule
from harness.gate.safety import axes_in_force, neighbours
from harness.numbers import alerts_text, limit_text, one_in, percent

__all__ = [
    "AlertRates",
    "Bounds",
    "alerts_kept",
    "evaluated_rates",
    "false_alerts",
    "limit_is_stated",
    "misses_are_known",
    "share_false",
    "true_alerts",
]

_CROWD = 10_000

ByGroup = Mapping[str, float]


def false_alerts(crowd: ByGroup, prevalence: ByGroup, fpir: ByGroup, wrong: ByGroup) -> float:
    """Return how many false alerts a passer-by raises.

    Parameters
    ----------
    crowd : mapping of str to float
        By group, the share of passers-by; groups that nobody is of may lack in the others.
    prevalence : mapping of str to float
        By group, the share that is on the list.
    fpir : mapping of str to float
        By group, of searches for people who are not on the list.
    wrong : mapping of str to float
        By group, how many searches for people on the list alert on another.

    Examples
    --------
    >>> both = {"A": 1 / 6_000, "B": 1 / 60_000}
    >>> round(1e4 * false_alerts({"A": 0.1, "B": 0.9}, {"A": 0.0, "B": 0.0}, both, both), 4)
    0.3167
    """
    return sum(
        share * ((1 - prevalence[group]) * fpir[group] + prevalence[group] * wrong[group])
        for group, share in crowd.items()
        if share
    )


def true_alerts(crowd: ByGroup, prevalence: ByGroup, tpir: ByGroup) -> float:
    """Return how many true alerts a passer-by raises; parameters are as those of `false_alerts`."""
    return sum(share * prevalence[group] * tpir[group] for group, share in crowd.items() if share)


def share_false(false: float, true: float) -> float:
    """Return the share of alerts that are false; all, where there are none, since none is known to be true.

    Examples
    --------
    >>> found = {}
    >>> for fpir, listed in ((1 / 6_000, 0.0001), (1 / 6_000, 0.000738), (3.18e-6, 0.000738)):
    ...     crowd, prevalence, wrong = {"all": 1.0}, {"all": listed}, {"all": 0.0}
    ...     false = false_alerts(crowd, prevalence, {"all": fpir}, wrong)
    ...     print(f"{share_false(false, true_alerts(crowd, prevalence, {'all': 0.89})):.2%}")
    65.19%
    20.23%
    0.48%
    """
    return false / (false + true) if false + true > 0 else 1.0


class Bounds(NamedTuple):
    """The lower and the upper bound of a rate; 0 and 1 where there is none."""

    lower: float
    upper: float


@dataclass(frozen=True)
class AlertRates:
    """What is known of alerts at a threshold.

    Parameters
    ----------
    at : str
        Where the rates hold.
    fpir, tpir : mapping of str to mapping of str to Bounds
        By axis and group.
    """

    at: str
    fpir: Mapping[str, Mapping[str, Bounds]]
    tpir: Mapping[str, Mapping[str, Bounds]]


def evaluated_rates(threshold: float, evidence: Evidence) -> AlertRates:
    """Return the rates at the list that was tested; between evaluated thresholds, bounds from both neighbours."""
    below, above = neighbours(threshold, evidence)
    last = len(evidence.thresholds)

    def fpir(axis: AxisEvidence) -> dict[str, Bounds]:
        return {
            group.group: Bounds(
                _or(group.lower[above] if above < last else None, 0.0),
                _or(group.upper[below] if below >= 0 else None, 1.0),
            )
            for group in axis.false_matches
        }

    def tpir(axis: AxisEvidence) -> dict[str, Bounds]:
        return {
            group.group: Bounds(
                1 - _or(group.upper[above] if above < last else None, 1.0),
                1 - _or(group.lower[below] if below >= 0 else None, 0.0),
            )
            for group in axis.misses
        }

    return AlertRates(
        f"at {threshold!r}",
        {axis.name: fpir(axis) for axis in evidence.axes},
        {axis.name: tpir(axis) for axis in evidence.axes},
    )


def _or(bound: Number, without: float) -> float:
    return float(bound) if isinstance(bound, float) else without


def limit_is_stated(deployment: Located) -> Iterator[Finding]:
    """Yield that a live deployment states no limit on false alerts, where it does not."""
    terms = deployment.terms
    if terms.use_case == "live" and terms.max_fpir is None and terms.max_false_alerts_per_10000 is None:
        sentence = (
            "live use needs a limit of its own on false alerts: write max_fpir (or max_false_alerts_per_10000) in the "
            "config"
        )
        place = deployment.place("use_case")
        yield Finding(Rule.NO_FALSE_ALERT_LIMIT, Outcome.CANNOT_DECIDE, sentence, place)


def misses_are_known(deployment: Located, evidence: Evidence) -> Iterator[Finding]:
    """Yield that the share of false alerts is limited while nobody knows who was returned, where that is so."""
    if deployment.terms.max_share_false is not None and not evidence.misses_known:
        sentence = (
            "max_share_false needs the true alerts, and FNIR is a lower bound: who was returned is not known"
        )
        place = deployment.place("max_share_false")
        yield Finding(Rule.MISSES_NOT_KNOWN, Outcome.CANNOT_DECIDE, sentence, place)


def alerts_kept(deployment: Located, evidence: Evidence, rates: AlertRates) -> Iterator[Finding]:
    """Yield for each limit of the deployment whether the rates keep it."""
    terms = deployment.terms
    if terms.max_fpir is not None:
        yield _rate_kept(deployment, evidence, rates, terms.max_fpir)
    if terms.max_false_alerts_per_10000 is not None:
        yield from _number_kept(deployment, evidence, rates, terms.max_false_alerts_per_10000)
    if terms.max_share_false is not None and evidence.misses_known:
        yield from _share_kept(deployment, evidence, rates, terms.max_share_false)


def _held(
    deployment: Located, key: str, limit: float, found: Bounds, said: Callable[[float, str], str], more: str
) -> Finding:
    """Hold bounds against a limit."""
    named = f"{key} {limit_text(limit)}"
    if found.upper <= limit:
        sentence = f"{said(found.upper, 'at most')} {more}: {named} is kept"
        return Finding(Rule.SAFE, Outcome.PASS, sentence, deployment.place(key))
    if found.lower > limit:
        sentence = f"{said(found.lower, 'at least')} {more}: {named} is exceeded"
        return Finding(Rule.FALSE_ALERTS_EXCEEDED, Outcome.FAIL, sentence, deployment.place(key))
    sentence = f"{said(found.upper, 'up to')} {more}: {named} is not shown to be kept"
    return Finding(Rule.FALSE_ALERTS_NOT_SHOWN, Outcome.CANNOT_DECIDE, sentence, deployment.place(key))


def _highest(deployment: Located, evidence: Evidence, rates: AlertRates) -> tuple[Bounds, str]:
    """Return the bounds of the highest FPIR on the axes in force, and whose it is."""
    names = [axis.name for axis in axes_in_force(deployment, evidence) or evidence.judged]
    unknown = {"no group": Bounds(0.0, 1.0)}
    known = [
        (name, group, bounds) for name in names for group, bounds in rates.fpir.get(name, unknown).items()
    ]
    lower = max(bounds.lower for *_, bounds in known)
    name, group, worst = max(known, key=lambda one: one[2].upper)
    return Bounds(lower, worst.upper), f"{group} by {name}"


def _rate_kept(deployment: Located, evidence: Evidence, rates: AlertRates, limit: float) -> Finding:
    found, whose = _highest(deployment, evidence, rates)

    def said(rate: float, how: str) -> str:
        often = one_in(rate, "down" if how == "at least" else "up")
        return f"{how} {often} searches of people who are not on the list raise an alert"

    return _held(deployment, "max_fpir", limit, found, said, f"{rates.at}, most for {whose}")


def _number_kept(
    deployment: Located, evidence: Evidence, rates: AlertRates, limit: float
) -> Iterator[Finding]:
    key = "max_false_alerts_per_10000"

    def said(number: float, how: str) -> str:
        return f"{how} {alerts_text(number)} of 10,000 passers-by raise a false alert"

    if deployment.terms.crowd is None:
        found, whose = _highest(deployment, evidence, rates)
        of_many = Bounds(*(_CROWD * bound for bound in found))
        yield _held(deployment, key, limit, of_many, said, f"{rates.at}, were they all as {whose}")
        return
    for attribute, crowd in deployment.terms.crowd.items():
        known = _known(deployment, evidence, rates, attribute)
        if isinstance(known, Finding):
            yield known
            continue
        prevalence = _prevalence(deployment, attribute)
        false = Bounds(*(_CROWD * _false(crowd, prevalence, known, end) for end in (0, 1)))
        yield _held(deployment, key, limit, false, said, f"{rates.at}, with the crowd by {attribute}")


def _share_kept(
    deployment: Located, evidence: Evidence, rates: AlertRates, limit: float
) -> Iterator[Finding]:
    def said(share: float, how: str) -> str:
        return f"{how} {percent(share, 'down' if how == 'at least' else 'up')} of alerts are false"

    for attribute, crowd in (deployment.terms.crowd or {}).items():
        known = _known(deployment, evidence, rates, attribute)
        if isinstance(known, Finding):
            yield known
            continue
        prevalence = _prevalence(deployment, attribute)
        tpir = rates.tpir[_axis_of(evidence, attribute)]
        true = Bounds(
            *(
                true_alerts(crowd, prevalence, {group: bounds[end] for group, bounds in tpir.items()})
                for end in (0, 1)
            )
        )
        found = Bounds(
            share_false(_false(crowd, prevalence, known, 0), true.upper),
            share_false(_false(crowd, prevalence, known, 1), true.lower),
        )
        more = f"{rates.at}, with the crowd by {attribute}"
        yield _held(deployment, "max_share_false", limit, found, said, more)


def _prevalence(deployment: Located, attribute: str) -> ByGroup:
    """Return the prevalence of every group of a crowd; none, where it is not stated."""
    terms = deployment.terms
    if isinstance(terms.prevalence, Mapping):
        return terms.prevalence[attribute]
    return dict.fromkeys((terms.crowd or {})[attribute], terms.prevalence or 0.0)


def _false(crowd: ByGroup, prevalence: ByGroup, fpir: Mapping[str, Bounds], end: int) -> float:
    """Return the lower (0) or the upper (1) bound of false alerts; of who is on the list, none or as many as others."""
    rates = {group: bounds[end] for group, bounds in fpir.items()}
    return false_alerts(crowd, prevalence, rates, rates if end else dict.fromkeys(crowd, 0.0))


def _axis_of(evidence: Evidence, attribute: str) -> str:
    """Return the axis of one attribute; a text that names none, where the study has none."""
    named = (axis.name for axis in evidence.study.axes if axis.attributes == (attribute,))
    return next(named, "")


def _known(
    deployment: Located, evidence: Evidence, rates: AlertRates, attribute: str
) -> Mapping[str, Bounds] | Finding:
    """Return the rates of the groups of a crowd, or the finding that some of them are not known."""
    known = rates.fpir.get(_axis_of(evidence, attribute), {})
    crowd = (deployment.terms.crowd or {})[attribute]
    lacking = [group for group, share in crowd.items() if share and group not in known]
    if not lacking:
        return known
    sentence = (
        f"the crowd has people of {attribute} {shown(lacking[0])}, of whom the evidence has no rates; its groups are "
        f"{', '.join(known)}"
        if known
        else f"the crowd is stated by {attribute}, and the evidence has no rates by it"
    )
    place = deployment.place("crowd", attribute, *([lacking[0]] if known else []))
    return Finding(Rule.CROWD_NOT_TESTED, Outcome.CANNOT_DECIDE, sentence, place)
