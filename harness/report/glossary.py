"""What the words of a report mean, with sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.model import Facts, Paragraph, Section

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

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
        "Disparity beyond tolerance",
        "At least two groups are shown to differ by more than the tolerance of the policy: the stronger form of a "
        "disparity shown.",
    ),
    (
        "Parity shown",
        "Every two groups are alike within the tolerance of the policy, at the stated confidence.",
    ),
    ("Inconclusive", "Neither is shown: the evidence is too short to tell. It never counts as safe."),
    (
        "Saturated",
        "More than half of all non-mated trials match, so that nearly everyone is taken for everyone else and groups "
        "cannot be told apart. Tables and curves leave such thresholds out.",
    ),
    (
        "Reference point",
        "The threshold at which a report says who is falsely matched and who is missed: the first that the policy "
        "names, else the most lenient at which 1 in 100 or fewer of all non-mated trials match.",
    ),
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
        "Holm",
        "A way to adjust p-values and bounds for how many pairs of groups are compared, so that the chance of any "
        "false alarm stays as stated. Holm (1979), Scandinavian Journal of Statistics 6, 65–70.",
    ),
    (
        "Gini",
        "How unequal the rates of groups are: half their mean difference over their mean, corrected for the number of "
        "groups; 0 where all are alike. Howard et al. (2022), arXiv 2203.05051.",
    ),
    (
        "GARBE",
        "The Gini aggregation rate for biometric equitability: the Gini coefficients of both rates, weighed by α; 0 is "
        "fair. Howard et al. (2022), arXiv 2203.05051; ISO/IEC 19795-10:2024.",
    ),
    (
        "FDR",
        "The fairness discrepancy rate: 1 less the largest gaps of both rates, weighed by α; 1 is fair. It is near 1 "
        "wherever rates are low. De Freitas Pereira, Marcel (2021), IEEE T-BIOM 4, 19–29.",
    ),
    (
        "INEQ",
        "The inequity measure: the worst ratios of both rates, each raised to its weight and multiplied; 1 is fair. "
        "Grother (2021), Demographic differentials in face recognition, EAB; NISTIR 8429.",
    ),
    (
        "Undefined",
        "A number that does not exist, such as a ratio of two rates of zero; the reason stands beside it.",
    ),
)
VERIFICATION = (
    ("Misses", "Mated comparisons that do not match: a person is not recognised as themselves."),
    ("False match rate (FMR)", "The share of non-mated comparisons that match all the same."),
    (
        "False non-match rate (FNMR)",
        "The share of mated comparisons that do not match: the cost of a strict threshold.",
    ),
)
IDENTIFICATION = (
    ("Misses", "Searches for people on the list that raise no alert for them."),
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
