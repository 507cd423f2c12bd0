"""The study: meaning of the columns, and groups compared; and the policy: when a threshold counts as safe."""

from harness.config import distinct
from harness.study.derived import Key, People
from harness.study.groups import Axes, Axis, WatchlistComposition, require_whole
from harness.study.matrix import Matrix
from harness.study.patterns import FromValue
from harness.study.policy import (
    DEFAULT_FALSE_MATCH_LIMIT,
    DEFAULT_MAX_RATIO,
    FalseMatchLimit,
    Policy,
    Tolerance,
    load_policy,
    policy_from_options,
)
from harness.study.searches import Candidates, Hit, Watchlist
from harness.study.study import GroupColumns, Matcher, Mated, Score, Study, load_study, study_from_options

__all__ = [
    "DEFAULT_FALSE_MATCH_LIMIT",
    "DEFAULT_MAX_RATIO",
    "Axes",
    "Axis",
    "Candidates",
    "FalseMatchLimit",
    "FromValue",
    "GroupColumns",
    "Hit",
    "Key",
    "Matcher",
    "Mated",
    "Matrix",
    "People",
    "Policy",
    "Score",
    "Study",
    "Tolerance",
    "Watchlist",
    "WatchlistComposition",
    "distinct",
    "load_policy",
    "load_study",
    "policy_from_options",
    "require_whole",
    "study_from_options",
]
