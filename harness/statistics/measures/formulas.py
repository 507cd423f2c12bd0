"""The summary measures themselves: one number from the rates of all groups.

Rates are shares between 0 and 1, with the groups along the first axis; what comes back has the other axes. A
measure is NaN where it is undefined: a rate is NaN, a denominator is zero, or the geometric mean of rates with a
zero among them would be needed. None depends on the order of the groups.
"""

from __future__ import annotations

import numpy as np

from harness.arrays import FloatArray

__all__ = [
    "coefficient_of_variation",
    "fairness_discrepancy_rate",
    "gap",
    "garbe",
    "gini",
    "inequity",
    "max_over_geometric_mean",
    "max_over_min",
]


def max_over_min(rates: FloatArray) -> FloatArray:
    """Return the largest rate over the smallest, at least 1; NaN where the smallest is zero.

    References
    ----------
    Grother, P., Ngan, M., Hanaoka, K. (2019). Face recognition vendor test part 3: demographic effects. NISTIR
    8280.
    """
    return _over(rates.max(axis=0), rates.min(axis=0))


def max_over_geometric_mean(rates: FloatArray) -> FloatArray:
    """Return the largest rate over the geometric mean of all, at least 1; NaN where a rate is zero.

    References
    ----------
    Grother, P. (2022). Face recognition vendor test part 8: summarizing demographic differentials. NISTIR 8429,
    where it is the measure reported.
    """
    with np.errstate(divide="ignore"):
        geometric_mean = np.exp(np.log(rates).mean(axis=0))
    return _over(rates.max(axis=0), geometric_mean)


def gap(rates: FloatArray) -> FloatArray:
    """Return the largest rate minus the smallest, between 0 and 1."""
    return np.asarray(rates.max(axis=0) - rates.min(axis=0))


def gini(rates: FloatArray) -> FloatArray:
    """Return the Gini coefficient with the correction n / (n - 1): 0 where all are equal, 1 where one has all.

    It is n / (n - 1) times the sum over all ordered pairs of |x_i - x_j|, over 2 n² times the mean; computed
    from the ordered rates. NaN where all are zero, and for a single group.

    References
    ----------
    Howard, J. J., Laird, E. J., Sirotin, Y. B., Rubin, R. E., Tipton, J. L., Vemury, A. R. (2022). Evaluating
    proposed fairness models for face recognition algorithms. arXiv 2203.05051, the section that develops GARBE.
    """
    n = len(rates)
    ordered = np.sort(rates, axis=0)
    weights = 2.0 * np.arange(1, n + 1) - n - 1
    apart = np.maximum(np.tensordot(weights, ordered, axes=1), 0.0)  # a rounding below, where all are equal
    return _over(apart, (n - 1) * ordered.sum(axis=0))


def coefficient_of_variation(rates: FloatArray) -> FloatArray:
    """Return the standard deviation over the mean, both over the groups as they are (no ddof); NaN where all are 0.

    References
    ----------
    As a measure of relative dispersion: Pearson, K. (1896). Mathematical contributions to the theory of
    evolution III. Philosophical Transactions A 187, 253-318.
    """
    return _over(rates.std(axis=0), rates.mean(axis=0))


def garbe(false_match_gini: FloatArray, false_non_match_gini: FloatArray, alpha: float) -> FloatArray:
    """Return the Gini aggregation rate for biometric equitability: alpha G(FMR) + (1 - alpha) G(FNMR).

    References
    ----------
    Howard, Laird, Sirotin, Rubin, Tipton, Vemury (2022), as for `gini`.
    """
    return alpha * false_match_gini + (1 - alpha) * false_non_match_gini


def fairness_discrepancy_rate(
    false_match_gap: FloatArray, false_non_match_gap: FloatArray, alpha: float
) -> FloatArray:
    """Return 1 - (alpha max|FMR_i - FMR_j| + (1 - alpha) max|FNMR_i - FNMR_j|): 1 where all groups are alike.

    It is near 1 wherever the rates are small, however far apart they are in ratio.

    References
    ----------
    de Freitas Pereira, T., Marcel, S. (2021). Fairness in biometrics: a figure of merit to assess biometric
    verification systems. IEEE Transactions on Biometrics, Behavior, and Identity Science,
    doi 10.1109/TBIOM.2021.3102862: FDR = 1 - (alpha A + (1 - alpha) B), with A and B the two largest differences.
    """
    return 1 - (alpha * false_match_gap + (1 - alpha) * false_non_match_gap)


def inequity(false_match_ratio: FloatArray, false_non_match_ratio: FloatArray, alpha: float) -> FloatArray:
    """Return INEQ, (max FMR / min FMR)^alpha (max FNMR / min FNMR)^(1 - alpha): 1 where all groups are alike.

    References
    ----------
    Grother, P. (2021). Demographic differentials in face recognition algorithms. EAB virtual events series on
    demographic fairness in biometric systems; as the inequity rate in Howard et al. (2022), see `gini`.
    """
    return np.asarray(false_match_ratio**alpha * false_non_match_ratio ** (1 - alpha))


def _over(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = numerator / denominator
    return np.where(denominator > 0, ratio, np.nan)
