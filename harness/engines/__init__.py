"""Who counts the parts of a source."""

from harness.engines.engine import (
    Countable,
    Dask,
    Engine,
    EngineName,
    Local,
    Spark,
    choose_engine,
    count,
    count_by_subject,
    count_searches,
    floor_of,
    met,
    notes_on_searches,
    open_with,
    rows_of,
    survey,
)

__all__ = [
    "Countable",
    "Dask",
    "Engine",
    "EngineName",
    "Local",
    "Spark",
    "choose_engine",
    "count",
    "count_by_subject",
    "count_searches",
    "floor_of",
    "met",
    "notes_on_searches",
    "open_with",
    "rows_of",
    "survey",
]
