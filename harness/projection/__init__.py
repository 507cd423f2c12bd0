"""Other watchlists than the tested one: FPIR there by group, the worst ratio, false alerts, the safe threshold."""

from harness.projection.answer import answer
from harness.projection.lists import Lists, WantedList, load_lists
from harness.projection.result import Bounded, Mixes, ProjectedAxis, ProjectedList, Projection, Sizes
from harness.projection.run import project
from harness.projection.writing import alert_rows, ratio_rows, safe_rows, to_json

__all__ = [
    "Bounded",
    "Lists",
    "Mixes",
    "ProjectedAxis",
    "ProjectedList",
    "Projection",
    "Sizes",
    "WantedList",
    "alert_rows",
    "answer",
    "load_lists",
    "project",
    "ratio_rows",
    "safe_rows",
    "to_json",
]
