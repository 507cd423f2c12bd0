"""The methods: each with its formula and source, and all of them in short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.numbers import confidence_text, limit_text
from harness.report.model import Facts, Formula, Section
from harness.report.wording import tolerance, wording_of
from harness.verdict_rule import MET, SATURATED_RATE, limits_said

if TYPE_CHECKING:
    from harness.evaluation import Evaluation
    from harness.study import Tolerance

__all__ = ["methods", "methods_in_short"]


def methods(evaluation: Evaluation) -> Section:
    """Return the methods, in the order in which they are applied."""
    blocks = (
        _rate(evaluation),
        _design_effect(evaluation),
        *_intervals(evaluation),
        _worst_ratio(evaluation),
        *_verdicts(evaluation),
        *_measures(evaluation),
    )
    return Section("methods", "Methods", blocks)


def _rate(evaluation: Evaluation) -> Formula:
    words, better = wording_of(evaluation), evaluation.study.score.better
    relation = "≥" if better == "higher" else "≤"
    return Formula(
        "Error rates",
        f"Counted exactly, without rounding of scores, at every threshold: k errors among n trials. {words.rate} is "
        f"of non-mated {words.trials}, {words.cost} of mated ones. A trial matches where its score {relation} the "
        "threshold.",
        f"{words.rate} = matches ÷ non-mated trials;  {words.cost} = non-matches ÷ mated trials",
        "ISO/IEC 19795-1:2021; ISO/IEC 2382-37:2022, 37.09.",
    )


def _design_effect(evaluation: Evaluation) -> Formula:
    if not evaluation.study.subjects:
        return Formula(
            "Dependence",
            "The study names no subjects, so trials are taken as independent and the design effect is 1. Trials that "
            "share a person are not independent; the true uncertainty is larger.",
            "design effect = 1",
            "Kish (1965), Survey Sampling, section 8.2.",
        )
    return Formula(
        "Dependence",
        "Trials that share a person rise and fall together. With e the error of a trial less the rate p, and S the "
        "sum of e over the trials of one of m subjects, the variance is clustered by subject; its ratio to that of "
        "independent trials is the design effect, at least 1, widened for few subjects. Counts are divided by it. "
        "With fewer than 30 errors it is carried over from the nearest threshold with as many, K, fading with the "
        "third root of k ÷ K, and never less than measured.",
        "V = (Σ S² − Σ e²) ÷ n² · m ÷ (m − 1), the second sum over trials of two subjects;  "
        "design effect = V ÷ (p (1 − p) ÷ n);  effective counts = k ÷ design effect, n ÷ design effect",
        "Fogliato, Patil, Perona (2024), IJCV, arXiv 2306.01198; Cameron, Gelbach, Miller (2011), JBES 29, equation "
        "2.5; Korn, Graubard (1998), Survey Methodology 24, 193–201, equation 2.1; Ledford, Tawn (1996), Biometrika "
        "83, 169–187.",
    )


def _intervals(evaluation: Evaluation) -> tuple[Formula, ...]:
    confidence = confidence_text(evaluation.policy.confidence)
    return (
        Formula(
            "Interval of a rate",
            f"Exact, two-sided at {confidence}, on effective counts; with α = 1 − confidence and B a quantile of the "
            "beta distribution. Without any error the lower bound is 0 and the upper one says what can still be "
            "claimed.",
            "lower = B(α/2; k, n − k + 1);  upper = B(1 − α/2; k + 1, n − k)",
            "Clopper, Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the "
            "binomial, Biometrika 26, 404–413.",
        ),
        Formula(
            "Interval of a ratio",
            "Exact, given the sum of both groups' effective errors a and b, among n₁ and n₂ trials: the share of the "
            "first is binomial, and its limits, as odds, bound the ratio. Without errors in the second group there "
            "is no upper bound.",
            "share s between B(α/2; a, b + 1) and B(1 − α/2; a + 1, b);  ratio = s ÷ (1 − s) · n₂ ÷ n₁",
            "Przyborowski, Wilenski (1940), Biometrika 31, 313–323; Ederer, Mantel (1974), Am. J. Epidemiology 100, "
            "165–167.",
        ),
        Formula(
            "Interval of a gap",
            "From the exact limits l and u of the two rates, p₁ and p₂.",
            "lower = p₁ − p₂ − √((p₁ − l₁)² + (u₂ − p₂)²);  upper = p₁ − p₂ + √((u₁ − p₁)² + (p₂ − l₂)²)",
            "Zou, Donner (2008), Statistics in Medicine 27, 1693–1702, equation 2; Newcombe (1998), Statistics in "
            "Medicine 17, 873–890.",
        ),
    )


def _worst_ratio(evaluation: Evaluation) -> Formula:
    confidence = confidence_text(evaluation.policy.confidence)
    return Formula(
        "Worst ratio and gap",
        "The lower bound answers whether any two groups differ, and whether by more than is tolerated, so it is "
        "adjusted for the number of pairs. The upper bound answers whether all are alike: each pair must be within "
        "it, so that no adjustment is needed.",
        "lower = max over pairs of the lower bound at confidence 1 − α ÷ pairs;  upper = max over pairs of the "
        f"one-sided {confidence} upper bound",
        "Holm (1979), Scandinavian Journal of Statistics 6, 65–70; Berger (1982), Technometrics 24, 295–300.",
    )


def _verdicts(evaluation: Evaluation) -> tuple[Formula, ...]:
    words, policy = wording_of(evaluation), evaluation.policy
    return (
        Formula(
            "Verdict at a threshold",
            f"The first of these that holds. Saturated: more than half of the non-mated {words.trials} of all groups "
            "together match, so that rates are alike for no good reason, and nothing rests on them. Parity shown: "
            "every pair is within the tolerance. Disparity beyond tolerance: some pair is outside of it. Disparity "
            "shown: some two groups differ. Inconclusive: all else. An axis with a group below the policy's minimum is "
            "inconclusive at every threshold.",
            f"saturated: matches ÷ trials > {SATURATED_RATE};  {_against(policy.tolerance)};  disparity: lower bound "
            "of the ratio > 1",
            "Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing "
            "the equivalence of average bioavailability, J. Pharmacokinet. Biopharm. 15, 657–680.",
        ),
        Formula(
            "Verdict on misses",
            f"In the same way, from the {words.cost} of mated {words.trials}. {_use_of_misses(evaluation)}",
            f"saturated: misses ÷ trials > {SATURATED_RATE};  {_against(policy.tolerance_of_misses)};  disparity: "
            "lower bound of the ratio > 1",
            "As for false matches.",
        ),
        Formula(
            "Range in which parity is shown",
            "Searched for in a fixed sequence: from the strictest threshold whose pooled errors would show parity "
            "with a chance of 95 %, which tells nothing of how they fall on groups, downwards to the first failure. "
            "So the range as a whole holds at the stated confidence.",
            "from = lowest threshold before the first failure;  to = start of the search",
            "Maurer, Hothorn, Lehmacher (1995), Multiple comparisons in drug clinical trials and preclinical assays: "
            "a-priori ordered hypotheses, in Vollmar (ed.), Biometrie in der chemisch-pharmazeutischen Industrie 6, "
            "Fischer, Stuttgart, 3–18.",
        ),
        Formula(
            "Not detected from",
            "The lowest threshold at and above which no disparity is shown and none is saturated. It says nothing of "
            "likeness.",
            "lowest t with lower bound of the ratio ≤ 1, unsaturated, at every threshold from t on",
            "How results such as press accounts of the 2023 UK evaluation are usually read.",
        ),
        Formula(
            "Safe threshold",
            f"The lowest threshold at which {MET[policy.criterion]} on every judged axis, within the range of each, "
            "and the limits are kept. A limit on false matches holds in any case: groups that all match often are "
            "alike, and nobody is served by it.",
            f"upper bound of every group's {words.rate} ≤ {limit_text(evaluation.false_match_limit.limit)}"
            f"{' (the default)' if evaluation.false_match_limit.is_default else ''}"
            f"{';  parity of misses shown' if policy.tolerance_of_misses.is_stated else ''}",
            "The policy; where it states no limit, FMR100, the most lenient operating point in common use.",
        ),
    )


def _against(tolerance: Tolerance) -> str:
    """Write how bounds are held against a tolerance: one of its limits kept is enough, and all must be exceeded."""
    limits = [
        (name, limit_text(limit))
        for name, limit in (("ratio", tolerance.max_ratio), ("gap", tolerance.max_gap))
        if limit is not None
    ]
    if not limits:
        return "parity and beyond tolerance: not asked for by this policy"
    within = " or ".join(f"upper bound of the {name} ≤ {limit}" for name, limit in limits)
    beyond = " and ".join(f"lower bound of the {name} > {limit}" for name, limit in limits)
    return f"parity: {within};  beyond tolerance: {beyond}"


def _use_of_misses(evaluation: Evaluation) -> str:
    """Say what the verdict on misses decides."""
    if evaluation.policy.tolerance_of_misses.is_stated:
        return "A threshold is safe only where parity of misses is shown."
    return (
        "The policy states no tolerance of misses: a disparity is told, and no threshold is refused for it."
    )


def _measures(evaluation: Evaluation) -> tuple[Formula, ...]:
    words = wording_of(evaluation)
    return (
        Formula(
            "Summary measures of one rate",
            f"Of the rates x of G groups ({words.rate}), with mean x̄. Intervals come from rates drawn from a beta "
            "distribution on effective counts; where no two groups differ, they reach parity.",
            "max/min;  max/geometric mean;  gap = max − min;  Gini = G ÷ (G − 1) · ΣΣ |xᵢ − xⱼ| ÷ (2 G² x̄);  "
            "CoV = standard deviation ÷ x̄",
            "Grother (2022), NISTIR 8429; Grother, Ngan, Hanaoka (2019), NISTIR 8280; Howard et al. (2022), arXiv "
            "2203.05051.",
        ),
        Formula(
            "Summary measures of both rates",
            f"With the weight α of {words.errors}.",
            f"GARBE = α Gini({words.rate}) + (1 − α) Gini({words.cost});  FDR = 1 − (α gap({words.rate}) + (1 − α) "
            f"gap({words.cost}));  INEQ = (max/min {words.rate})^α · (max/min {words.cost})^(1 − α)",
            "Howard et al. (2022), as above; de Freitas Pereira, Marcel (2021), IEEE T-BIOM; Grother (2021), EAB.",
        ),
    )


def methods_in_short(evaluation: Evaluation) -> Section:
    """Return what was done, in a sentence or two for each step."""
    words, confidence = wording_of(evaluation), confidence_text(evaluation.policy.confidence)
    shared = (
        "Trials that share a person go together: counts are divided by the design effect, how many times larger that "
        "makes the variance (Fogliato et al. 2024)."
        if evaluation.study.subjects
        else "The study names no subjects, so that trials are taken as independent; the true uncertainty is larger."
    )
    within = tolerance(evaluation)
    alike = (
        f"Parity is shown where no two groups can differ by more than {within}, a disparity beyond tolerance where "
        "some two are shown to differ by more"
        if within
        else "The policy states no tolerance, so that parity is shown nowhere"
    )
    return Section(
        "methods-in-short",
        "Methods in short",
        (
            Facts(
                (
                    (
                        "Rates",
                        f"{words.rate} is the share of non-mated {words.trials} that match, {words.cost} that of mated "
                        "ones that do not, counted exactly at every threshold (ISO/IEC 19795-1).",
                    ),
                    ("Dependence", shared),
                    (
                        "Intervals",
                        f"Exact, at {confidence}: of a rate by Clopper and Pearson (1934), of a ratio given the sum of "
                        "both groups' errors. Of the worst ratio, the lower bound is adjusted for the number of pairs "
                        "(Holm 1979), and the upper bound holds for every pair (Berger 1982).",
                    ),
                    (
                        "Verdicts",
                        f"{alike}; a disparity where the lower bound of the worst ratio is above 1; all else is "
                        f"inconclusive. Where more than half of all non-mated {words.trials} match, a threshold is "
                        f"saturated, and nothing rests on it. Misses are judged alike. {_use_of_misses(evaluation)}",
                    ),
                    (
                        "Limits",
                        f"A safe threshold also keeps {limits_said(evaluation.policy, evaluation.false_match_limit)}: "
                        "the upper bound of every group's rate of false matches is within it.",
                    ),
                    (
                        "Ranges",
                        "The range in which parity is shown is searched for from the strict end in a fixed sequence, "
                        "so that it holds as a whole at the stated confidence (Maurer et al. 1995).",
                    ),
                    (
                        "In full",
                        "Formulas and sources are in report.html, and in the appendix of this file if it has one.",
                    ),
                )
            ),
        ),
    )
