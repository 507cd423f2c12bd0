"""Whose references a watchlist holds: how many are enrolled of each group of an attribute."""

from __future__ import annotations

from collections.abc import Mapping

from harness.config import problem_at, shown

__all__ = ["WatchlistComposition", "require_whole"]

WatchlistComposition = Mapping[str, Mapping[str, int]]
"""By attribute and group, the number of enrolled references; `harness.statistics.watchlist` takes one attribute's."""

_KEY = "watchlist_composition"


def require_whole(composition: WatchlistComposition | None, size: int | None) -> None:
    """Refuse a composition unless the counts of every attribute add up to the size of the watchlist.

    Parameters
    ----------
    composition : mapping of str to mapping of str to int, optional
    size : int or None
        Enrolled references; None where there is no watchlist.

    Raises
    ------
    PydanticCustomError
        It blames ``watchlist_composition``, a key of the model that is being validated.
    """
    if composition is None:
        return
    if size is None:
        raise problem_at((_KEY,), "verification has no watchlist")
    for attribute, counts in composition.items():
        if (found := sum(counts.values())) != size:
            problem = f"the counts of {shown(attribute)} add up to {found:,}, not to watchlist_size, {size:,}"
            raise problem_at((_KEY, attribute), problem)
