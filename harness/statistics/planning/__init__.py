"""How much data a claim needs, before any is collected, and what a count of zero can claim.

Effective errors, errors over the design effect, are taken to be Poisson: their mean and variance agree when the
variance of the errors is the design effect times that of independent trials. How many of them a claim needs does
not depend on the false match rate; the rate and the design effect then turn them into trials and subjects.

Parts, each importing only from those above it: ``power`` (the chance of showing something, from effective errors, and
back), ``copula`` (the design effect that subjects bring), ``samples`` (trials and subjects).
"""

from __future__ import annotations

from harness.statistics.planning.copula import design_effect_of, design_effect_spread
from harness.statistics.planning.power import (
    power_given_total,
    power_to_detect_ratio,
    power_to_find_threshold,
    power_to_pass_scan,
    power_to_show_parity,
)
from harness.statistics.planning.samples import (
    Plan,
    claim_of_zero,
    subjects_for_claim,
    subjects_for_pairs,
    subjects_to_detect_ratio,
    subjects_to_find_threshold,
    subjects_to_show_parity,
    trials_for_claim,
    trials_to_detect_ratio,
    trials_to_find_threshold,
    trials_to_show_parity,
)

__all__ = [
    "Plan",
    "claim_of_zero",
    "design_effect_of",
    "design_effect_spread",
    "power_given_total",
    "power_to_detect_ratio",
    "power_to_find_threshold",
    "power_to_pass_scan",
    "power_to_show_parity",
    "subjects_for_claim",
    "subjects_for_pairs",
    "subjects_to_detect_ratio",
    "subjects_to_find_threshold",
    "subjects_to_show_parity",
    "trials_for_claim",
    "trials_to_detect_ratio",
    "trials_to_find_threshold",
    "trials_to_show_parity",
]
