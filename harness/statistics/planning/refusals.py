"""What cannot be planned, each refused in one line."""

from __future__ import annotations

import math

from harness.errors import InputError

__all__ = ["check_at_least", "check_goal", "check_identity_share", "check_rate", "check_share"]


def check_share(name: str, value: float) -> None:
    """Refuse what does not lie strictly between 0 and 1."""
    if not 0 < value < 1:
        raise InputError(f"{name} must lie between 0 and 1, got {value:g}")


def check_rate(name: str, value: float) -> None:
    """Refuse what is no false match rate above 0 and at most 0.5."""
    if not 0 < value <= 0.5:
        raise InputError(f"{name} must lie above 0 and at most at 0.5, got {value:g}")


def check_identity_share(value: float) -> None:
    """Refuse what is not the share of a variance."""
    if not 0 <= value <= 1:
        raise InputError(f"the identity share must lie between 0 and 1, got {value:g}")


def check_at_least(name: str, value: float, least: float) -> None:
    """Refuse what is below a least value, or not finite."""
    if not least <= value < math.inf:
        raise InputError(f"{name} must be {least:g} or more, got {value:g}")


def check_goal(name: str, ratio: float, groups: int, confidence: float) -> None:
    """Refuse a ratio that asks nothing, groups that make no pair, and a confidence no bound can have."""
    if not 1 < ratio < math.inf:
        raise InputError(f"{name} must be above 1, got {ratio:g}")
    if groups < 2:
        raise InputError(f"there must be 2 groups or more to compare, got {groups}")
    if not 0.5 <= confidence < 1:
        raise InputError(f"the confidence must be at least 0.5 and below 1, got {confidence:g}")
