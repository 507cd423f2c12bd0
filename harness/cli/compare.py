"""``harness compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from harness.cli.grammar import PolicyOptions, StudyOptions
from harness.cli.needs import COUNTING, require
from harness.cli.printing import print_findings
from harness.errors import InputError

__all__ = ["compare"]

_NOT_WORSE, _WORSE, _UNDECIDED = 0, 1, 3


def compare(
    scores: tuple[str, ...],
    *,
    out: Path,
    study: Path | None = None,
    new_study: Path | None = None,
    each: str | None = None,
    new_score: str | None = None,
    new_better: Literal["higher", "lower"] | None = None,
    new_matcher: str | None = None,
    new_matcher_version: str | None = None,
    policy: Path | None = None,
    at: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    tolerance: float | None = None,
    tolerance_of_misses: float | None = None,
    on: str | None = None,
    study_options: StudyOptions = StudyOptions(),  # noqa: B008 - frozen
    policy_options: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
) -> int:
    """Compare two matchers on the same trials, and say whether the update widens the differential.

    0 not worse than is tolerated; 1 worse; 2 usage, or scores that cannot be used; 3 it cannot be told; 70 an error of
    the harness.

    Parameters
    ----------
    scores
        The scores of the old matcher and those of the new one; or one file with a column, or rows, for each.
    out
        Folder to write; an earlier comparison in it is replaced.
    study
        YAML or JSON file that says what the columns mean.
    new_study
        The same for the new matcher, where its name, version or score differs; the study by default.
    each
        Where one file has rows of both, the column that tells them apart and its two values: COLUMN=OLD,NEW.
    new_score
        Column of the new matcher's score, where it is another.
    new_better
        Whether higher or lower scores of the new matcher speak for one subject, where that differs.
    new_matcher
        Name of the new matcher, where it is another.
    new_matcher_version
        Its version.
    policy
        YAML or JSON file with the confidence, the axes and the limit on false matches.
    at
        The thresholds in use, OLD,NEW; without them the two are compared at equal pooled false match rates.
    tolerance
        How many times as far apart groups may be in false matches with the new matcher; 1.25 by default.
    tolerance_of_misses
        The same in misses, which are judged only where it is given.
    on
        Columns that identify a trial, with commas between; all that both files have by default, but scores, truth and
        groups.
    """
    require(*COUNTING)
    from harness.change import DEFAULT_TOLERANCE, ChangeVerdict, answer
    from harness.change import compare as run_comparison
    from harness.evaluation import study_of_value
    from harness.folders import require_replaceable
    from harness.outputs import write_change

    if not 1 <= len(scores) <= 2:
        raise InputError(
            f"{len(scores)} scores given; name those of the old matcher and those of the new one, each a file, a "
            "folder or a pattern in quotes"
        )
    require_replaceable(out, "comparison")
    old_study = study_options.study(study)
    other_study = old_study if new_study is None else study_options.study(new_study)
    if each is not None:
        if len(scores) == 2:
            raise InputError(f"--each {each}: both are in one file; name it once")
        scores *= 2
        column, old_value, new_value = _values(each)
        old_study = study_of_value(old_study, column, old_value)
        other_study = study_of_value(other_study, column, new_value)
    given: dict[str, Any] = {
        "score": {"column": new_score, "better": new_better},
        "matcher": {"name": new_matcher, "version": new_matcher_version},
    }
    comparison = run_comparison(
        scores[0],
        scores[1] if len(scores) == 2 else None,
        study=old_study,
        new_study=_laid_over(other_study, given),
        policy=policy_options.policy(policy),
        at=None if at is None else _thresholds(at),
        tolerance=DEFAULT_TOLERANCE if tolerance is None else tolerance,
        tolerance_of_misses=tolerance_of_misses,
        on=() if on is None else tuple(on.split(",")),
    )
    folder = write_change(comparison, out)
    print_findings(answer(comparison), f"Written to {folder}: comparison.json, changes.csv")
    if comparison.verdict is ChangeVerdict.NOT_WORSE:
        return _NOT_WORSE
    return _WORSE if comparison.verdict is ChangeVerdict.WIDER_BEYOND_TOLERANCE else _UNDECIDED


def _laid_over(study: Any, given: dict[str, dict[str, str | None]]) -> dict[str, Any]:
    written: dict[str, Any] = study.to_dict()
    for key, values in given.items():
        if named := {name: one for name, one in values.items() if one is not None}:
            written[key] = {**written.get(key, {}), **named}
    return written


def _values(text: str) -> tuple[str, str, str]:
    column, _, values = text.partition("=")
    old, comma, new = values.partition(",")
    if not column or not old or not comma or not new or old == new:
        raise InputError(f"--each {text!r}: write COLUMN=OLD,NEW, such as matcher=A,B")
    return column, old, new


def _thresholds(text: str) -> tuple[float, float]:
    try:
        old, new = map(float, text.split(","))
    except ValueError:
        raise InputError(
            f"--at {text!r}: write the old matcher's threshold and the new one's, with a comma between (0.60,0.58)"
        ) from None
    return old, new
