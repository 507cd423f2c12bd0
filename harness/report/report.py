"""The whole report on one evaluation: the answer and the tables, then limits, methods, provenance and glossary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.numbers import confidence_text, limit_text
from harness.report.answer import findings, headline, lead, status, warnings
from harness.report.model import Block, Column, Facts, Formula, Paragraph, Report, Section, Table
from harness.report.tables import axis_readings, key_thresholds, zone_strips
from harness.report.wording import (
    POLICY_KEYS,
    STUDY_KEYS,
    marks_of,
    setting,
    settings_of,
    start_index,
    threshold_labels,
    wording_of,
)

if TYPE_CHECKING:
    from harness.evaluation import AxisEvaluation, Evaluation

__all__ = ["report_on"]


def report_on(evaluation: Evaluation, *, digest: str, title: str | None = None) -> Report:
    """Say everything that an evaluation found; nothing is computed.

    Parameters
    ----------
    evaluation : Evaluation
    digest : str
        SHA-256 of its ``evaluation.json``.
    title : str, optional
        In place of one that names the matcher.
    """
    index = evaluation.safe.place
    return Report(
        title=title or f"Demographic differentials of {evaluation.study.matcher.name}",
        subtitle=subtitle_of(evaluation),
        safe_threshold="none" if index is None else threshold_labels(evaluation)[index],
        status=status(evaluation),
        headline=headline(evaluation),
        warnings=warnings(evaluation),
        lead=lead(evaluation),
        findings=findings(evaluation),
        zones=zone_strips(evaluation),
        key_thresholds=key_thresholds(evaluation),
        thresholds=threshold_labels(evaluation),
        marks=marks_of(evaluation),
        start=start_index(evaluation),
        axes=axis_readings(evaluation),
        sections=(
            limits(evaluation),
            methods(evaluation),
            provenance(evaluation, digest),
            glossary(evaluation),
        ),
    )


def subtitle_of(evaluation: Evaluation) -> str:
    """Name the matcher, its version and the task."""
    matcher, watchlist = evaluation.study.matcher, evaluation.study.watchlist_size
    enrolled = "" if watchlist is None else f" of a watchlist of {watchlist:,}"
    return f"{matcher.name}, version {matcher.version}; {evaluation.study.task}{enrolled}"


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
    confidence = confidence_text(evaluation.policy.confidence)
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
                f"Searches were of {evaluation.study.watchlist_size:,} enrolled references. False "
                "positives grow with the size of the watchlist.",
            )
        )
    return said


def _left_out(evaluation: Evaluation, axis: AxisEvaluation) -> tuple[str, str]:
    words = wording_of(evaluation)
    non_mated, mated = axis.left_out
    if not non_mated and not mated:
        return f"Left out of {axis.name}", f"Nothing: all {words.trials} belong to a group of it."
    excluded = axis.of_excluded_groups
    between = f", such as those between two groups (pairing {evaluation.study.pairing})"
    if any(excluded):
        others = "" if axis.left_out == excluded else f"; others are left out too{between}"
        between = (
            f", {excluded.non_mated:,} non-mated and {excluded.mated:,} mated of them because the study excludes "
            f"their label{others}"
        )
    return (
        f"Left out of {axis.name}",
        f"{non_mated:,} non-mated and {mated:,} mated {words.trials} belong to no group of it{between}.",
    )


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
            "From the exact one-sided limits l and u of the two rates, p₁ and p₂.",
            "upper = p₁ − p₂ + √((u₁ − p₁)² + (p₂ − l₂)²)",
            "Zou, Donner (2008), Statistics in Medicine 27, 1693–1702, equation 2; Newcombe (1998), Statistics in "
            "Medicine 17, 873–890.",
        ),
    )


def _worst_ratio(evaluation: Evaluation) -> Formula:
    confidence = confidence_text(evaluation.policy.confidence)
    return Formula(
        "Worst ratio",
        "The lower bound answers whether any two groups differ, so it is adjusted for the number of pairs. The upper "
        "bound answers whether all are alike: each pair must be within it, so that no adjustment is needed.",
        "lower = max over pairs of the lower bound at confidence 1 − α ÷ pairs;  upper = max over pairs of the "
        f"one-sided {confidence} upper bound",
        "Holm (1979), Scandinavian Journal of Statistics 6, 65–70; Berger (1982), Technometrics 24, 295–300.",
    )


def _verdicts(evaluation: Evaluation) -> tuple[Formula, ...]:
    policy = evaluation.policy
    limits = []
    if policy.max_ratio is not None:
        limits.append(f"ratio ≤ {limit_text(policy.max_ratio)}")
    if policy.max_gap is not None:
        limits.append(f"gap ≤ {limit_text(policy.max_gap)}")
    within = " or ".join(f"upper bound of the {limit}" for limit in limits) or "not asked for by this policy"
    return (
        Formula(
            "Verdict at a threshold",
            "Parity is shown where every pair is within the tolerance; a disparity is shown where some two groups "
            "differ and parity is not shown; all else is inconclusive. A group below the policy's minimum makes its "
            "axis inconclusive.",
            f"parity: {within};  disparity: lower bound of the ratio > 1",
            "Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing "
            "the equivalence of average bioavailability, J. Pharmacokinet. Biopharm. 15, 657–680.",
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
            "The lowest threshold at and above which no disparity is shown. It says nothing of likeness.",
            "lowest t with lower bound of the ratio ≤ 1 at every threshold from t on",
            "How results such as press accounts of the 2023 UK evaluation are usually read.",
        ),
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


def provenance(evaluation: Evaluation, digest: str) -> Section:
    """Return what the evaluation was made from, and the digest of its own file.

    Parameters
    ----------
    evaluation : Evaluation
    digest : str
        SHA-256 of its ``evaluation.json``.
    """
    return Section(
        "provenance",
        "Provenance",
        (
            Paragraph(
                "Every number of this report is in the evaluation.json with the digest below, at full precision, and "
                "in rates.csv, verdicts.csv, pairs.csv and measures.csv beside it."
            ),
            _inputs(evaluation, digest),
            _settings("Study: what the columns mean", settings_of(evaluation.study), STUDY_KEYS),
            _settings("Policy: when a threshold counts as safe", evaluation.policy.to_dict(), POLICY_KEYS),
            Facts(tuple((name, version) for name, version in evaluation.versions.items())),
        ),
    )


def _inputs(evaluation: Evaluation, digest: str) -> Table:
    rows = tuple(
        (
            item.name,
            "not a file" if item.bytes is None else f"{item.bytes:,}",
            "none: not a file" if item.sha256 is None else item.sha256,
        )
        for item in evaluation.inputs
    )
    return Table(
        "What was read and what was written",
        f"Scores are stored as {evaluation.score_type}.",
        (Column("Name", numeric=False), Column("Bytes"), Column("SHA-256", numeric=False)),
        (*rows, ("evaluation.json", "", digest)),
    )


def _settings(caption: str, plain: dict[str, object], names: dict[str, str]) -> Table:
    rows = tuple((names.get(key, key), setting(plain[key])) for key in names if key in plain)
    return Table(
        caption,
        "Every default spelled out.",
        (Column("Setting", numeric=False), Column("Value", numeric=False)),
        rows,
    )


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
