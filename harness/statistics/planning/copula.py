"""The design effect that subjects bring to the rate of their pairs, in a Gaussian copula, and how well it is known.

A trial of subjects i and j matches where z = sqrt(rho / 2) (a_i + a_j) + sqrt(1 - rho) e, all of them standard
normal, is above the quantile of the rate p. Two trials that share one subject have correlation rho / 2.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from harness.statistics.planning.power import check_at_least, check_identity_share, check_rate

__all__ = ["correlation", "design_effect_of", "design_effect_spread"]

NODES = 80


def design_effect_of(fmr: float, subjects: int, identity_share: float) -> float:
    """Return the design effect of all pairs of subjects at a false match rate.

    Parameters
    ----------
    fmr : float
        p, above 0 and at most 0.5.
    subjects : int
        m, at least 2.
    identity_share : float
        rho, the share of the variance of z that its two subjects have.

    Returns
    -------
    float
        1 + 2 (m - 2) (P - p²) / (p (1 - p)), P the chance that both of two trials match that share a subject.

    Raises
    ------
    InputError
        When one of them is out of its range.

    References
    ----------
    The variance of a mean over pairs: Hoeffding, W. (1948). A class of statistics with asymptotically normal
    distribution. Annals of Mathematical Statistics 19, 293-325, section 5.

    Examples
    --------
    >>> round(design_effect_of(1e-3, 300, 0.15), 2)
    1.73
    """
    check_at_least("the number of subjects", subjects, 2)
    return 1 + 2 * (subjects - 2) * correlation(fmr, identity_share)


def correlation(fmr: float, identity_share: float) -> float:
    """Return the correlation of two trials that share one subject, as matches: (P - p²) / (p (1 - p)).

    References
    ----------
    The excess as an integral over the correlation of z: Plackett, R. L. (1954). A reduction formula for normal
    multivariate integrals. Biometrika 41, 351-360. Taken over the angle whose sine that is, it is smooth and
    positive, and no digits cancel.
    """
    check_rate("the FMR", fmr)
    check_identity_share(identity_share)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = math.asin(identity_share / 2) / 2
    density = np.exp(-(special.ndtri(fmr) ** 2) / (1 + np.sin(half * (nodes + 1)))) / (2 * math.pi)
    return float(half * np.sum(weights * density) / (fmr * (1 - fmr)))


def design_effect_spread(fmr: float, subjects: int, identity_share: float) -> float:
    """Return the standard deviation of a measured design effect, over the design effect.

    Parameters
    ----------
    fmr, subjects, identity_share
        As in `design_effect_of`.

    Returns
    -------
    float
        With S the matches of a subject, Poisson given its effect a, the measured design effect is 1 + (2 sum of
        (S² - S) / sum of S) - 2 mean(S) to first order in p; its variance is that of a ratio of sums over
        subjects taken to be independent, by the moments of S. At a share of 0 it is about twice
        too large.

    Raises
    ------
    InputError
        As in `design_effect_of`.

    References
    ----------
    The measured design effect: `harness.statistics.clustering.design_effect`. The variance of a ratio of sums: Cochran
    (1977), Sampling Techniques, section 6.3. Moments from factorial moments: Johnson, Kemp, Kotz (2005),
    Univariate Discrete Distributions, equation 1.250.

    Examples
    --------
    >>> round(design_effect_spread(1e-3, 300, 0.15), 2)
    0.24
    """
    effect = design_effect_of(fmr, subjects, identity_share)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    shared = identity_share / 2
    given = special.ndtr((math.sqrt(shared) * nodes + special.ndtri(fmr)) / math.sqrt(1 - shared))
    f1, f2, f3, f4 = (
        float(np.average(((subjects - 1) * given) ** power, weights=weights)) for power in (1, 2, 3, 4)
    )
    m1, m2, m3, m4 = f1, f2 + f1, f3 + 3 * f2 + f1, f4 + 6 * f3 + 7 * f2 + f1
    slope = 1 + 2 * m1 + (effect - 1) / 2
    variance = m4 - 2 * slope * m3 + slope**2 * m2 - (m2 - slope * m1) ** 2
    return 2 * math.sqrt(variance / subjects) / m1 / effect
