"""Dependent standard normals, one for each trial: the Gaussian copula of a world.

A non-mated comparison d of subjects i and j draws

    z_d = sqrt(rho / 2) (a_i + a_j) + sqrt(pi) c_ij + sqrt(1 - rho - pi) e_d

and a mated comparison of subject i draws

    z_d = sqrt(rho) g_i + sqrt(1 - rho) e_d,

all of a, c, e and g standard normal and independent. Each z is then standard normal itself (i and j differ),
while comparisons that share a subject, or the pair of subjects, are correlated.
"""

from __future__ import annotations

import math

import numpy as np

from harness.arrays import FloatArray
from harness.synthetic.trials import Trials

__all__ = ["mated_normals", "non_mated_normals"]


def mated_normals(trials: Trials, rho: float, rng: np.random.Generator) -> FloatArray:
    """Draw z for mated trials; `rho` is the subject's share of the variance."""
    subject = rng.standard_normal(int(trials.probe.max()) + 1)
    return math.sqrt(rho) * subject[trials.probe] + math.sqrt(1 - rho) * rng.standard_normal(len(trials))


def non_mated_normals(trials: Trials, rho: float, pi: float, rng: np.random.Generator) -> FloatArray:
    """Draw z for non-mated trials; `rho` and `pi` are the shares of the two subjects and of the pair."""
    subject = rng.standard_normal(int(max(trials.probe.max(), trials.reference.max())) + 1)
    pair = rng.standard_normal(int(trials.pair[-1]) + 1)
    z = math.sqrt(rho / 2) * (subject[trials.probe] + subject[trials.reference])
    z += math.sqrt(pi) * pair[trials.pair]
    z += math.sqrt(max(0.0, 1 - rho - pi)) * rng.standard_normal(len(trials))
    return z
