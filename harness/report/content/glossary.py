"""The words of a report, explained."""

from __future__ import annotations

from harness.evaluation import Evaluation
from harness.report.content.model import Facts, Paragraph, Section

__all__ = ["glossary"]

COMMON = (
    ("Comparison score", "A number that a matcher gives to two face images; it says how alike they are."),
    (
        "Threshold",
        "The score from which a comparison counts as a match. For distances, the score up to which it does.",
    ),
    ("Mated, non-mated", "Of one person with themselves; of two different people."),
    ("Axis, group", "A way of grouping people, such as by sex; and one of its parts."),
    ("Intersectional axis", "One whose groups combine attributes, such as ethnicity×sex."),
    ("Demographic differential", "A difference of error rates between groups."),
    ("Disparity shown", "At least two groups differ by more than chance explains."),
    (
        "Parity shown",
        "Every two groups are alike within the tolerance of the policy, at the stated confidence.",
    ),
    ("Inconclusive", "Neither is shown: the evidence is too short to tell. It never counts as safe."),
    (
        "Safe threshold",
        "The lowest threshold that meets the criterion of the policy on every axis that it judges.",
    ),
    ("Interval, bound", "The rates that the data is compatible with, at the stated confidence."),
    (
        "Design effect",
        "How many times larger the variance is than that of independent trials, for people recur.",
    ),
    ("Worst ratio", "The highest rate of a group over the lowest."),
    (
        "Undefined",
        "A number that does not exist, such as a ratio of two rates of zero; the reason stands beside it.",
    ),
)
VERIFICATION = (
    ("False match rate (FMR)", "The share of non-mated comparisons that match all the same."),
    (
        "False non-match rate (FNMR)",
        "The share of mated comparisons that do not match: the cost of a strict threshold.",
    ),
)
IDENTIFICATION = (
    ("Search", "One face compared with everybody on a watchlist; its score is the highest."),
    (
        "False positive identification rate (FPIR)",
        "The share of searches for people not on the list that raise an alert.",
    ),
    (
        "False negative identification rate (FNIR)",
        "The share of searches for people on the list that raise none.",
    ),
)


def glossary(evaluation: Evaluation) -> Section:
    """Return the words, those of the evaluation's task first."""
    own = IDENTIFICATION if evaluation.study.task == "identification" else VERIFICATION
    source = Paragraph("After ISO/IEC 2382-37 (biometric vocabulary), ISO/IEC 19795-1 and ISO/IEC 19795-10.")
    return Section("glossary", "Glossary", (Facts((*own, *COMMON)), source))
