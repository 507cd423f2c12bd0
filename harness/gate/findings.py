"""Findings of a check, and the meaning of each rule: plain values, for any format to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

__all__ = ["EXPLAINED", "Checked", "Explained", "Finding", "Outcome", "Place", "Report", "Rule", "Waived"]

_LONGEST_SENTENCE = 2_000


class Outcome(StrEnum):
    """Outcome of a check."""

    PASS = "pass"  # noqa: S105 - no password
    WAIVED = "waived"
    CANNOT_DECIDE = "cannot decide"
    FAIL = "fail"
    INVALID = "invalid"

    @property
    def severity(self) -> int:
        """Its rank among the outcomes, the worst highest."""
        return list(Outcome).index(self)

    @property
    def exit_code(self) -> int:
        """Exit code of a command where nothing worse was found."""
        return {"pass": 0, "waived": 0, "cannot decide": 3, "fail": 1, "invalid": 2}[self.value]


class Rule(StrEnum):
    """Rule that a finding comes from; the names are for machines and do not change."""

    SAFE = "safe"
    INVALID_CONFIG = "invalid-config"
    DISPARITY_SHOWN = "disparity-shown"
    BELOW_SAFE_THRESHOLD = "below-safe-threshold"
    SATURATED = "saturated"
    LIMIT_BROKEN = "limit-broken"
    FALSE_ALERTS_EXCEEDED = "false-alerts-exceeded"
    DEPLOYMENT_ENDED = "deployment-ended"
    NO_EVIDENCE = "no-evidence"
    DAMAGED_EVIDENCE = "damaged-evidence"
    OTHER_EVIDENCE = "other-evidence"
    UNSIGNED_EVIDENCE = "unsigned-evidence"
    SIGNATURE_INVALID = "signature-invalid"
    EVIDENCE_EXPIRED = "evidence-expired"
    OTHER_MATCHER = "other-matcher"
    OTHER_TASK = "other-task"
    WATCHLIST_NOT_TESTED = "watchlist-not-tested"
    LIST_NOT_PROJECTED = "list-not-projected"
    AXIS_NOT_JUDGED = "axis-not-judged"
    OTHER_CRITERION = "other-criterion"
    NO_SAFE_THRESHOLD = "no-safe-threshold"
    NOT_CONFIRMED = "not-confirmed"
    OUTSIDE_EVALUATED_RANGE = "outside-evaluated-range"
    ABOVE_PARITY_RANGE = "above-parity-range"
    RATIO_NOT_SHOWN = "ratio-not-shown"
    LIMIT_NOT_SHOWN = "limit-not-shown"
    NO_FALSE_ALERT_LIMIT = "no-false-alert-limit"
    FALSE_ALERTS_NOT_SHOWN = "false-alerts-not-shown"
    CROWD_NOT_TESTED = "crowd-not-tested"
    MISSES_NOT_KNOWN = "misses-not-known"
    BETWEEN_EVALUATED = "between-evaluated"
    WAIVER_INVALID = "waiver-invalid"
    WAIVER_EXPIRED = "waiver-expired"
    WAIVER_NOT_USED = "waiver-not-used"


@dataclass(frozen=True)
class Place:
    """A position in a file.

    Parameters
    ----------
    file : str
    line, column : int, optional
        From 1.
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Parameters
    ----------
    rule : Rule
    outcome : Outcome
    sentence : str
        Sentence that a person can act on; it may quote the config or the evidence, so a format must escape it.
    place : Place
        Of the value that is to blame.
    """

    rule: Rule
    outcome: Outcome
    sentence: str
    place: Place

    def __post_init__(self) -> None:
        """Cut a sentence that quotes names without end."""
        if len(self.sentence) > _LONGEST_SENTENCE:
            object.__setattr__(self, "sentence", f"{self.sentence[: _LONGEST_SENTENCE - 3]}...")


@dataclass(frozen=True)
class Waived:
    """The signed waiver under which a deployment goes on although it was not found safe.

    Parameters
    ----------
    owner : str
        Who answers for it.
    reason : str
    expires : date
        Its last day.
    place : Place
        The signed file that holds it.
    """

    owner: str
    reason: str
    expires: date
    place: Place


@dataclass(frozen=True)
class Checked:
    """A deployment, or a file that cannot be used, and what was found.

    Parameters
    ----------
    deployment : str or None
        Its name; None for a file: a config that could not be read, or waivers.
    place : Place
        Of its threshold, or of the fault in the file.
    findings : tuple of Finding
        At least one, the worst first; a waiver leaves them as they are.
    threshold : float, optional
    owner : str, optional
    waived : Waived, optional
        The waiver that covers every finding but a pass.
    """

    deployment: str | None
    place: Place
    findings: tuple[Finding, ...]
    threshold: float | None = None
    owner: str | None = None
    waived: Waived | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings, or waived; without any there is nothing to pass on."""
        if self.waived is not None:
            return Outcome.WAIVED
        return max(
            (f.outcome for f in self.findings), key=lambda o: o.severity, default=Outcome.CANNOT_DECIDE
        )


@dataclass(frozen=True)
class Report:
    """Everything that was checked, the worst first.

    Parameters
    ----------
    checked : tuple of Checked
    today : date
        The day that dates were compared with.
    evaluation : str or None
        The evaluation named on the command line.
    not_checked : tuple of str
        Files that a folder or a pattern might have meant and that were not checked; see `harness.gate.configs`.
    """

    checked: tuple[Checked, ...]
    today: date
    evaluation: str | None
    not_checked: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of all; where nothing was checked there is nothing to let through."""
        return max((c.outcome for c in self.checked), key=lambda o: o.severity, default=Outcome.INVALID)

    @property
    def exit_code(self) -> int:
        """2 where a config is invalid, else 1 where one fails, else 3 where one cannot be decided, else 0."""
        return self.outcome.exit_code


@dataclass(frozen=True)
class Explained:
    """A rule in words.

    Parameters
    ----------
    title : str
        A few words.
    meaning : str
        Its meaning for a deployment.
    remedy : str
        Advice on what to do about it.
    """

    title: str
    meaning: str
    remedy: str


EXPLAINED: Mapping[Rule, Explained] = MappingProxyType(
    {
        Rule.SAFE: Explained(
            "The threshold is safe",
            "The policy's criterion holds at this threshold on every axis in force, and its limits are kept.",
            "Nothing.",
        ),
        Rule.INVALID_CONFIG: Explained(
            "The config is not valid",
            "The file cannot be read, or says something that a deployment config may not say.",
            "Fix the value at the line and column; `harness check --schema` prints a JSON Schema for editors.",
        ),
        Rule.DISPARITY_SHOWN: Explained(
            "A disparity is shown",
            "At this threshold false matches fall more on one group than on another, by more than is tolerated; where "
            "the criterion is not_detected, by any amount.",
            "Raise the threshold to the safe one, if there is one (for distances, lower it), or use another matcher.",
        ),
        Rule.BELOW_SAFE_THRESHOLD: Explained(
            "The threshold is below the safe one",
            "At this threshold the policy's criterion does not hold on some axis, or a limit is not kept: false "
            "matches may fall more on one group than on another.",
            "Raise the threshold to the safe one (for distances, lower it), or evaluate more data.",
        ),
        Rule.SATURATED: Explained(
            "Nearly everyone matches",
            "At this threshold more than half of all non-mated trials match, or may do so at the projected list: rates "
            "are alike because nearly everyone matches, and no verdict rests on them.",
            "Raise the threshold (for distances, lower it).",
        ),
        Rule.LIMIT_BROKEN: Explained(
            "A limit of the policy is broken",
            "At this threshold a group's false match rate is shown to be above max_fmr (max_fpir in searches; 0.01 "
            "where the evaluation's policy states none), or misses differ by more than the policy tolerates.",
            "Move the threshold to one that keeps the limits; the finding names the first, if there is one.",
        ),
        Rule.FALSE_ALERTS_EXCEEDED: Explained(
            "There are more false alerts than the deployment allows",
            "At this threshold max_fpir, max_false_alerts_per_10000 or max_share_false of the deployment is shown to "
            "be exceeded.",
            "Raise the threshold (for distances, lower it), make the watchlist smaller, or allow more.",
        ),
        Rule.DEPLOYMENT_ENDED: Explained(
            "The deployment has ended",
            "Its last day has passed.",
            "Take the deployment out of the config, or decide anew until when it runs.",
        ),
        Rule.NO_EVIDENCE: Explained(
            "There is no evidence",
            "No evaluation is named, or the one that is named cannot be read.",
            "Name the evaluation.json: --evaluation, or evidence.evaluation in the config.",
        ),
        Rule.DAMAGED_EVIDENCE: Explained(
            "The evidence is damaged",
            "The evaluation is not whole, or its answer does not follow from its own arrays.",
            "Take the file that `harness evaluate` wrote, unchanged.",
        ),
        Rule.OTHER_EVIDENCE: Explained(
            "The evidence is not that of the config",
            "The evaluation's SHA-256 is not the one that the config names, or two evaluations disagree.",
            "Check against the evaluation that was approved, or approve the new one in the config.",
        ),
        Rule.UNSIGNED_EVIDENCE: Explained(
            "The evidence is not signed",
            "A key was given, and there is no signature of the evaluation to hold it against.",
            "Sign the evaluation, and hand its envelope over with it.",
        ),
        Rule.SIGNATURE_INVALID: Explained(
            "The signature does not hold",
            "The signature is not one of this file by this key: either was changed, or another key signed.",
            "Take the evaluation and the envelope as they were signed, and the public key of who signed them.",
        ),
        Rule.EVIDENCE_EXPIRED: Explained(
            "The evidence does not serve on this day",
            "The evaluation is older than the config allows, past its last day, or dated in the future.",
            "Evaluate again.",
        ),
        Rule.OTHER_MATCHER: Explained(
            "Another matcher was evaluated",
            "The matcher's name or version is not the one whose scores were evaluated.",
            "Evaluate the matcher that is deployed.",
        ),
        Rule.OTHER_TASK: Explained(
            "Another task was evaluated",
            "A search of a watchlist needs an evaluation of identification; verification needs one of verification.",
            "Evaluate the task that the matcher is deployed for.",
        ),
        Rule.WATCHLIST_NOT_TESTED: Explained(
            "The watchlist is not the one that was tested",
            "It is larger than the one of the evaluation, or smaller than 90 % of it, or is made of other groups: "
            "false alerts, and how far groups differ in them, are others there.",
            "Project the evaluation to this list with `harness project` and name the projection.json in "
            "evidence.projection, or evaluate such a list.",
        ),
        Rule.LIST_NOT_PROJECTED: Explained(
            "The watchlist was not projected",
            "The watchlist is not the one that was tested, and the projection has no list of its size and composition.",
            "Name the deployment's list among the lists of `harness project`.",
        ),
        Rule.AXIS_NOT_JUDGED: Explained(
            "An axis was not judged",
            "The config puts a demographic axis in force that the evaluation's policy does not judge.",
            "Evaluate with that axis.",
        ),
        Rule.OTHER_CRITERION: Explained(
            "The policy is weaker than the config asks",
            "The evaluation's criterion, ratio or confidence is less strict than the config demands.",
            "Evaluate under the policy that the config asks for.",
        ),
        Rule.NO_SAFE_THRESHOLD: Explained(
            "There is no safe threshold",
            "The evaluation found none: on some axis parity is not shown, or the evidence is too short to tell.",
            "Evaluate more data, or another matcher; the evaluation says how much it would take.",
        ),
        Rule.NOT_CONFIRMED: Explained(
            "The threshold was not confirmed",
            "A threshold chosen on half of the subjects did not hold on the other half.",
            "Evaluate more subjects.",
        ),
        Rule.OUTSIDE_EVALUATED_RANGE: Explained(
            "The threshold was not evaluated",
            "It is stricter than every threshold of the evaluation.",
            "Evaluate thresholds up to this one.",
        ),
        Rule.ABOVE_PARITY_RANGE: Explained(
            "Too few false matches to tell",
            "The threshold is stricter than those at which parity is shown; beyond them no count could show it.",
            "Deploy within the range that was shown, or evaluate more data.",
        ),
        Rule.RATIO_NOT_SHOWN: Explained(
            "The ratio is not shown to be tolerated at this list",
            "At the deployment's threshold the projection's upper bound of the ratio of two groups is above what is "
            "tolerated, or there is none.",
            "Evaluate more searches, or deploy at a threshold at which the projection shows it.",
        ),
        Rule.LIMIT_NOT_SHOWN: Explained(
            "A limit is not shown to be kept",
            "The upper bound of a group's false match rate is above max_fmr (max_fpir), or misses are not shown to be "
            "within the policy's tolerance; neither is it shown that they are not.",
            "Evaluate more data, or move the threshold to one that keeps the limits.",
        ),
        Rule.NO_FALSE_ALERT_LIMIT: Explained(
            "The deployment states no limit on false alerts",
            "Live use searches everyone who passes; how many of them may be stopped for nothing is for the deployment "
            "to say, and not for the policy of an evaluation.",
            "Write max_fpir or max_false_alerts_per_10000 in the config.",
        ),
        Rule.FALSE_ALERTS_NOT_SHOWN: Explained(
            "The deployment's limit on false alerts is not shown to be kept",
            "At this threshold the upper bound is above max_fpir, max_false_alerts_per_10000 or max_share_false; "
            "neither is it shown that the limit is exceeded.",
            "Evaluate more searches, or move the threshold.",
        ),
        Rule.CROWD_NOT_TESTED: Explained(
            "The crowd has people that were not tested",
            "The crowd is stated by an attribute, or has a group, of which the evidence has no rates.",
            "State the crowd by the attributes and groups of the evaluation, or evaluate with them.",
        ),
        Rule.MISSES_NOT_KNOWN: Explained(
            "Who was returned is not known",
            "A limit rests on misses, and the evaluation counts a mated search as a hit whoever it returned: its false "
            "non-identification rate is a lower bound.",
            "Evaluate with top_candidate, own_score or candidates in the study.",
        ),
        Rule.BETWEEN_EVALUATED: Explained(
            "The threshold lies between evaluated ones",
            "Its neighbours are safe, but the evaluation does not show what happens between them.",
            "Evaluate this threshold: name it among the policy's operating thresholds.",
        ),
        Rule.WAIVER_INVALID: Explained(
            "A waiver is not valid",
            "Waivers were given that cannot be read, are not signed by the key, or are not what a waiver has to be.",
            "Fix the waivers and have them signed.",
        ),
        Rule.WAIVER_EXPIRED: Explained(
            "A waiver has expired",
            "The last day of the waiver that covered this deployment has passed.",
            "Make the deployment safe, or have a new waiver signed.",
        ),
        Rule.WAIVER_NOT_USED: Explained(
            "A waiver does not serve",
            "It is of no deployment that was checked, of one that needs none, or not of all that blocks it.",
            "Take it out, or have one signed that covers what blocks the deployment.",
        ),
    }
)
