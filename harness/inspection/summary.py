"""What an inspection found in a few lines that a person can act on."""

from __future__ import annotations

from harness.inspection.result import Inspection, Step, SuspiciousSubject, SuspiciousTrial
from harness.numbers import threshold_text

__all__ = ["findings"]

SHOWN = 3


def findings(inspection: Inspection) -> tuple[tuple[str, str], ...]:
    """Return pairs of a heading and a sentence, generated from the results."""
    return (
        ("Non-mated", _trials(inspection, inspection.non_mated, inspection.flagged_non_mated, mated=False)),
        ("Mated", _trials(inspection, inspection.mated, inspection.flagged_mated, mated=True)),
        ("Subjects", _subjects(inspection)),
        ("Repeated", _repeats(inspection)),
        ("Safe threshold", _sensitivity(inspection)),
        ("Removed", "nothing; look at what is listed, mend the scores if need be, and evaluate again"),
    )


def _trials(inspection: Inspection, trials: tuple[SuspiciousTrial, ...], flagged: int, *, mated: bool) -> str:
    total = inspection.evaluation.comparisons[int(mated)]
    more = " or more" if flagged == inspection.looked_at < total else ""
    looks = "non-mated" if mated else "mated"
    count = f"{flagged:,}{more} of {total:,} look {looks}" if flagged else f"none of {total:,} looks {looks}"
    shown = [_trial(inspection, trial) for trial in trials if trial.suspicious][:SHOWN]
    return "; ".join([count, *shown])


def _trial(inspection: Inspection, trial: SuspiciousTrial) -> str:
    who = f" ({' and '.join(dict.fromkeys(trial.subjects))})" if trial.subjects else ""
    lower = (inspection.evaluation.study.sign > 0) != trial.mated
    other = "non-mated" if trial.mated else "mated"
    share = f"{100 * trial.less_typical:.0f} % of {other} scores are {'lower' if lower else 'higher'}"
    group = f"{trial.as_extreme_in_group} of {trial.group} as far out"
    return f"{trial.file} row {trial.row}, score {threshold_text(trial.score)}{who}: {share}, {group}"


def _subjects(inspection: Inspection) -> str:
    if not inspection.evaluation.study.subjects:
        return "not looked for, since the study names no subjects"
    if not inspection.subjects:
        return "nobody is in two suspicious trials"
    shown = "; ".join(_subject(found) for found in inspection.subjects[:SHOWN])
    more = len(inspection.subjects) - SHOWN
    return shown + (f"; and {more} more" if more > 0 else "")


def _subject(found: SuspiciousSubject) -> str:
    who = " and ".join(found.subjects)
    label = "mated" if found.mated else "non-mated"
    people = f" with {found.people} people" if found.people > 1 else ""
    total = "" if found.trials is None else f" of {found.trials:,}"
    return f"{who}, {found.suspicious_trials}{total} {label} trials{people}: {found.reading}"


def _repeats(inspection: Inspection) -> str:
    if inspection.repeated_rows is None:
        return "not looked for, since the study does not name two columns of subjects"
    if not inspection.repeats:
        return "no row repeats another (same truth, subjects and score)"
    most = inspection.repeats[0]
    who = " and ".join(dict.fromkeys(most.subjects))
    return (
        f"{inspection.repeated_rows:,} rows repeat another (same truth, subjects and score), most often "
        f"{who} with {threshold_text(most.score)}, {most.times} times"
    )


def _sensitivity(inspection: Inspection) -> str:
    first, *others = inspection.steps
    if others and {_safe(step) for step in others} == {_safe(first)}:
        return f"{_safe(first)}, with all and without the {', '.join(str(step.without) for step in others)} worst"
    return "; ".join(
        [f"{_safe(first)} with all", *(f"without the {step.without} worst {_safe(step)}" for step in others)]
    )


def _safe(step: Step) -> str:
    safe = step.evaluation.safe_threshold
    return "none" if safe is None else threshold_text(safe)
