"""What a check found: plain values, for any format to draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["Checked", "Finding", "Outcome", "Place", "Report", "Rule", "Waived"]

_LONGEST_SENTENCE = 2_000


class Outcome(StrEnum):
    """What came of a check."""

    PASS = "pass"  # noqa: S105 - no password
    WAIVED = "waived"
    CANNOT_DECIDE = "cannot decide"
    FAIL = "fail"
    INVALID = "invalid"

    @property
    def severity(self) -> int:
        """Its place among the outcomes, the worst highest."""
        return list(Outcome).index(self)

    @property
    def exit_code(self) -> int:
        """What a command exits with where nothing worse was found."""
        return {"pass": 0, "waived": 0, "cannot decide": 3, "fail": 1, "invalid": 2}[self.value]


class Rule(StrEnum):
    """Which rule a finding comes from; the names are for machines and do not change."""

    SAFE = "safe"
    INVALID_CONFIG = "invalid-config"
    BELOW_SAFE_THRESHOLD = "below-safe-threshold"
    LIMIT_BROKEN = "limit-broken"
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
    AXIS_NOT_JUDGED = "axis-not-judged"
    OTHER_CRITERION = "other-criterion"
    NO_SAFE_THRESHOLD = "no-safe-threshold"
    NOT_CONFIRMED = "not-confirmed"
    OUTSIDE_EVALUATED_RANGE = "outside-evaluated-range"
    ABOVE_PARITY_RANGE = "above-parity-range"
    BETWEEN_EVALUATED = "between-evaluated"
    WAIVER_INVALID = "waiver-invalid"
    WAIVER_EXPIRED = "waiver-expired"
    WAIVER_NOT_USED = "waiver-not-used"


@dataclass(frozen=True)
class Place:
    """Where something stands in a file.

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
        What a person can act on; it may quote the config or the evidence, so a format must escape it.
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
        Files that a folder or a pattern might have meant and that were not checked; see `harness.gate.naming`.
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
