"""What each rule is about, for forms that explain their rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.gate.findings import Rule

__all__ = ["EXPLAINED", "Explained"]


@dataclass(frozen=True)
class Explained:
    """A rule in words.

    Parameters
    ----------
    title : str
        A few words.
    meaning : str
        What it says of a deployment.
    remedy : str
        What to do about it.
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
            "Mend the value at the line and column; `harness check --schema` prints a JSON Schema for editors.",
        ),
        Rule.BELOW_SAFE_THRESHOLD: Explained(
            "The threshold is below the safe one",
            "At this threshold the policy's criterion does not hold on some axis: false matches may fall more on one "
            "group than on another.",
            "Raise the threshold to the safe one (for distances, lower it), or evaluate more data.",
        ),
        Rule.LIMIT_BROKEN: Explained(
            "A limit of the policy is broken",
            "At this threshold max_fmr or max_fnmr_gap, as the evaluation's policy states them, is not kept.",
            "Move the threshold to one that keeps them; the finding names the first.",
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
            "The watchlist is larger than tested",
            "False alerts grow with the watchlist, and one of this size was not evaluated.",
            "Make the watchlist smaller, or evaluate one as large.",
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
        Rule.BETWEEN_EVALUATED: Explained(
            "The threshold lies between evaluated ones",
            "Its neighbours are safe, but the evaluation does not show what happens between them.",
            "Evaluate this threshold: name it in the policy's thresholds.",
        ),
        Rule.WAIVER_INVALID: Explained(
            "A waiver is not valid",
            "Waivers were given that cannot be read, are not signed by the key, or are not what a waiver has to be.",
            "Mend the waivers and have them signed.",
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
