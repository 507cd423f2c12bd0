"""Who counts the parts of a source."""

from harness.engines.choice import Dask, Engine, EngineName, Local, Spark, choose_engine
from harness.engines.counting import count, count_by_subject, survey
from harness.engines.opening import Countable, open_with

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
    "open_with",
    "survey",
]
