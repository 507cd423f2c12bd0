"""What the evidence does not say."""

from __future__ import annotations

from harness.evaluation import AxisEvaluation, Evaluation
from harness.report.content.model import Block, Facts, Paragraph, Section
from harness.report.content.numerals import count_text
from harness.report.content.wording import percent, wording_of

__all__ = ["limits"]


def limits(evaluation: Evaluation) -> Section:
    """Return what a reader must know to read the numbers rightly."""
    blocks: tuple[Block, ...] = (
        *(Paragraph(f"Warning: {warning}.") for warning in evaluation.warnings),
        *(Paragraph(note) for note in evaluation.notes),
        Facts(tuple(_general(evaluation))),
        Facts(tuple(_left_out(evaluation, axis) for axis in evaluation.axes.values())),
    )
    return Section("limits", "Limits of the evidence", blocks)


def _general(evaluation: Evaluation) -> list[tuple[str, str]]:
    words, matcher = wording_of(evaluation), evaluation.study.matcher
    confidence = percent(evaluation.policy.confidence)
    said = [
        (
            "“Not detected” is not “alike”",
            f"A disparity is also no longer detected once {words.errors} run out. Only the range in which parity is "
            "shown says that groups are alike, and only within the tolerance of the policy.",
        ),
        (
            "This matcher, this data",
            f"The numbers are of {matcher.name}, version {matcher.version}, on the {words.trials} named under "
            "Provenance. Another version, camera, watchlist or population may differ.",
        ),
        (
            "These groups",
            "Nothing is said of groups that the data does not label, and little of those with few people.",
        ),
        (
            "Thresholds between those evaluated",
            "Only the thresholds evaluated were counted; nothing is interpolated.",
        ),
        (
            "Bounds hold threshold by threshold",
            f"Intervals are {confidence} at each threshold and for each group by itself; over many of them at once, "
            "some miss. The range in which parity is shown allows for its being searched for.",
        ),
    ]
    if evaluation.study.watchlist_size is not None:
        said.append(
            (
                "Watchlist size",
                f"Searches were of {count_text(evaluation.study.watchlist_size)} enrolled references. False "
                "positives grow with the size of the watchlist.",
            )
        )
    return said


def _left_out(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[str, str]:
    words = wording_of(evaluation)
    non_mated, mated = axis.left_out
    if not non_mated and not mated:
        return f"Left out of {axis.name}", f"Nothing: all {words.trials} belong to a group of it."
    return (
        f"Left out of {axis.name}",
        f"{count_text(non_mated)} non-mated and {count_text(mated)} mated {words.trials} belong to no group of it, "
        f"such as those between two groups (pairing {evaluation.study.pairing}).",
    )
