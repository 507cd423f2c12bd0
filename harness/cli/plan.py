"""``harness plan``: a question, and as its answer a table and a sentence for each of its lines."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from harness.cli.needs import require
from harness.cli.streams import say
from harness.errors import InputError
from harness.numbers import confidence_text, limit_text, number

if TYPE_CHECKING:
    from harness.statistics.planning import Plan

__all__ = ["PlanOptions", "answer_plan", "plan"]

HEADINGS = ("", "subjects", "trials", "false matches", "design effect", "power")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """A goal, and the conditions under which it is to be shown.

    Parameters
    ----------
    fmr
        False match rate of the groups at the threshold in question.
    max_ratio
        Tolerated ratio of two groups' rates, to be shown to be kept.
    detect_ratio
        Ratio of two groups' rates that is to be detected.
    max_fmr
        Rate that no false match at all is to show to be kept.
    zero_errors_in
        Trials without one false match, to learn what they show.
    groups
        How many groups are compared.
    confidence
        Of every bound.
    power
        Chance wanted that the data will show it.
    design_effect
        Variance of a rate over that of as many independent trials, as an evaluation measured it.
    identity_share
        Share of a score's variance that its two subjects have, in place of the design effect.
    """

    fmr: float | None = None
    max_ratio: float | None = None
    detect_ratio: float | None = None
    max_fmr: float | None = None
    zero_errors_in: int | None = None
    groups: int = 2
    confidence: float = 0.95
    power: float = 0.8
    design_effect: float | None = None
    identity_share: float | None = None

    def check(self) -> None:
        """Refuse questions that are none, or contradict each other.

        Raises
        ------
        InputError
        """
        ratios = self.max_ratio is not None or self.detect_ratio is not None
        if not ratios and self.max_fmr is None and self.zero_errors_in is None:
            raise InputError(
                "nothing to plan: give --fmr with --max-ratio or --detect-ratio, --max-fmr, or --zero-errors-in"
            )
        if ratios != (self.fmr is not None):
            raise InputError("--max-ratio and --detect-ratio go with --fmr, and --fmr with one of them")
        if self.design_effect is not None and self.identity_share is not None:
            raise InputError("give --design-effect or --identity-share, not both: one follows from the other")
        if self.zero_errors_in is not None and self.identity_share is not None:
            raise InputError("--zero-errors-in goes with --design-effect, not with --identity-share")


@dataclass(frozen=True)
class Answer:
    """One line of the table, what it says in a sentence, and its values for JSON."""

    cells: tuple[str, ...]
    sentence: str
    values: dict[str, Any]


def answer_plan(options: PlanOptions, *, as_json: bool) -> str:
    """Return the text to print.

    Raises
    ------
    InputError
        When the question contradicts itself, a value is out of its range, or no amount of data suffices.
    """
    options.check()
    answers = list(_answers(options))
    if as_json:
        document = {
            "schema_version": 1,
            "assumptions": asdict(options),
            "plans": [answer.values for answer in answers],
        }
        return json.dumps(document, indent=1, allow_nan=False)
    sentences = "\n".join(answer.sentence for answer in answers)
    if all(not any(answer.cells[1:]) for answer in answers):
        return sentences
    return f"{_table([answer.cells for answer in answers if any(answer.cells[1:])])}\n\n{sentences}"


def _answers(options: PlanOptions) -> Sequence[Answer]:
    answers = []
    if options.max_ratio is not None:
        answers += [_parity(options, options.max_ratio), _threshold(options, options.max_ratio)]
    if options.detect_ratio is not None:
        answers.append(_detection(options, options.detect_ratio))
    if options.max_fmr is not None:
        answers.append(_claim(options, options.max_fmr))
    if options.zero_errors_in is not None:
        answers.append(_zero(options, options.zero_errors_in))
    return answers


def _parity(options: PlanOptions, ratio: float) -> Answer:
    from harness.statistics.planning import subjects_to_show_parity, trials_to_show_parity

    plan = _planned(options, ratio, trials_to_show_parity, subjects_to_show_parity)
    return _answer(
        "show parity",
        plan,
        f"at a threshold chosen beforehand, {options.groups} groups whose FMR is {options.fmr:g} are shown to be "
        f"within a ratio of {limit_text(ratio)}, every pair by its {confidence_text(options.confidence)} upper bound, "
        f"with a chance of {_chance(plan.power)}",
        {"goal": "show parity", "max_ratio": ratio},
    )


def _threshold(options: PlanOptions, ratio: float) -> Answer:
    from harness.statistics.intervals import SCAN_POWER
    from harness.statistics.planning import (
        power_to_pass_scan,
        subjects_to_find_threshold,
        trials_to_find_threshold,
    )

    passes = power_to_pass_scan(ratio, options.groups, options.confidence)
    if options.power >= passes:
        return Answer(
            ("find the threshold", "no number", "no number", "", "", f"< {_chance(passes)}"),
            f"Find the threshold: no amount of data finds it with a chance of {confidence_text(options.power)}, for "
            f"the scan of `harness evaluate` passes where it starts with a chance of {_chance(passes)} at this "
            "ratio and confidence; ask for less power, or for a narrower ratio.",
            {"goal": "find the threshold", "max_ratio": ratio, "trials": None, "power_below": passes},
        )
    plan = _planned(options, ratio, trials_to_find_threshold, subjects_to_find_threshold)
    allowance = (
        "" if options.identity_share is None else ", the more as design effects are measured with an error"
    )
    return _answer(
        "find the threshold",
        plan,
        f"`harness evaluate` finds parity down to a threshold where FMR is {options.fmr:g}, with a chance of "
        f"{_chance(plan.power)}; its scan starts only where pooled false matches would show parity with "
        f"{confidence_text(SCAN_POWER)}, so it asks for more than a threshold chosen beforehand{allowance}",
        {"goal": "find the threshold", "max_ratio": ratio},
    )


def _detection(options: PlanOptions, ratio: float) -> Answer:
    from harness.statistics.planning import subjects_to_detect_ratio, trials_to_detect_ratio

    plan = _planned(options, ratio, trials_to_detect_ratio, subjects_to_detect_ratio)
    return _answer(
        "detect a ratio",
        plan,
        f"a ratio of {limit_text(ratio)} between two of {options.groups} groups whose mean FMR is {options.fmr:g} is "
        f"detected at {confidence_text(options.confidence)} confidence, with a chance of {_chance(plan.power)}",
        {"goal": "detect a ratio", "ratio": ratio},
    )


def _claim(options: PlanOptions, max_fmr: float) -> Answer:
    from harness.statistics.planning import (
        design_effect_of,
        subjects_for_claim,
        subjects_for_pairs,
        trials_for_claim,
    )

    effect = _design_effect(options)
    if options.identity_share is None:
        trials = trials_for_claim(max_fmr, options.confidence, effect)
        subjects = subjects_for_pairs(trials)
    else:
        subjects = subjects_for_claim(max_fmr, options.confidence, options.identity_share)
        trials, effect = math.comb(subjects, 2), design_effect_of(max_fmr, subjects, options.identity_share)
    return Answer(
        ("claim without errors", f"{subjects:,}", f"{trials:,}", "0", f"{effect:.2f}", ""),
        f"Claim without errors: not one false match in {trials:,} non-mated trials shows, at "
        f"{confidence_text(options.confidence)} confidence, that FMR is at most {limit_text(max_fmr)}.",
        {
            "goal": "claim without errors",
            "max_fmr": max_fmr,
            "subjects": subjects,
            "trials": trials,
            "design_effect": effect,
        },
    )


def _zero(options: PlanOptions, trials: int) -> Answer:
    from harness.statistics.planning import claim_of_zero

    bound = claim_of_zero(trials, options.confidence, _design_effect(options))
    return Answer(
        ("", "", "", "", "", ""),
        f"No false match in {trials:,} non-mated trials: FMR is at most {number(bound, 'up')} at "
        f"{confidence_text(options.confidence)} confidence (design effect {limit_text(_design_effect(options))}), "
        f"1 in {math.floor(1 / bound):,}; a lower rate cannot be claimed.",
        {"goal": "claim of zero errors", "trials": trials, "fmr_at_most": bound},
    )


def _planned(
    options: PlanOptions, ratio: float, by_trials: Callable[..., Plan], by_subjects: Callable[..., Plan]
) -> Plan:
    terms = (options.fmr, ratio, options.groups, options.confidence, options.power)
    if options.identity_share is not None:
        return by_subjects(*terms, options.identity_share)
    return by_trials(*terms, _design_effect(options))


def _chance(power: float) -> str:
    return confidence_text(round(power, 4))


def _design_effect(options: PlanOptions) -> float:
    return 1.0 if options.design_effect is None else options.design_effect


def _answer(name: str, plan: Plan, shown: str, goal: dict[str, Any]) -> Answer:
    from harness.statistics.planning import subjects_for_pairs

    subjects = plan.subjects or subjects_for_pairs(plan.trials)
    return Answer(
        (
            name,
            f"{subjects:,}",
            f"{plan.trials:,}",
            f"{plan.errors:,.0f}",
            f"{plan.design_effect:.2f}",
            _chance(plan.power),
        ),
        f"{name.capitalize()}: with {plan.trials:,} non-mated trials of each group (all pairs of {subjects:,} "
        f"subjects), worth {plan.trials / plan.design_effect:,.0f} independent ones, {shown}.",
        goal | asdict(plan) | {"subjects": subjects},
    )


def _table(lines: list[tuple[str, ...]]) -> str:
    rows = [("For each group", *HEADINGS[1:]), *lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def plan(
    *, as_json: Annotated[bool, Parameter(name="--json")] = False, options: PlanOptions = PlanOptions()
) -> None:
    """Say how much data shows that groups are alike, or differ, and what no false match at all can claim.

    Parameters
    ----------
    as_json
        Print JSON instead of a table.
    """
    require("numpy", "scipy")
    say(*answer_plan(options, as_json=as_json).splitlines())
