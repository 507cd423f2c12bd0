"""Every two groups, at the threshold that a report shows first."""

from __future__ import annotations

import math
from typing import Any

from harness.evaluation import AxisEvaluation, Evaluation
from harness.report.content.marks import start_place, threshold_labels
from harness.report.content.model import Column, Paragraph, Section, Table
from harness.report.content.tables import ratio_text
from harness.report.content.wording import percent, wording_of

__all__ = ["pairs"]

MOST_PAIRS = 28
"""Those of eight groups."""


def pairs(evaluation: Evaluation) -> Section:
    """Return the ratio of every two groups of each axis with few enough of them."""
    place = start_place(evaluation)
    label = threshold_labels(evaluation)[place]
    rows = evaluation.pairs_at([float(evaluation.thresholds[place])]).to_pylist()
    tables = [
        _table(evaluation, axis, label, [row for row in rows if row["axis"] == axis.name])
        for axis in evaluation.axes.values()
    ]
    left_out = Paragraph(
        f"Axes with more than {MOST_PAIRS} pairs of groups are not listed here: pairs.csv has all of them."
    )
    listed = tuple(table for table in tables if 0 < len(table.rows) <= MOST_PAIRS)
    more = (left_out,) if any(len(table.rows) > MOST_PAIRS for table in tables) else ()
    return Section("pairs", "Every two groups", (*listed, *more))


def _table(evaluation: Evaluation, axis: AxisEvaluation, label: str, rows: list[dict[str, Any]]) -> Table:
    rate = wording_of(evaluation).rate
    return Table(
        f"Ratio of {rate} of every two groups of {axis.name}",
        f"At threshold {label}. Two-sided {percent(evaluation.policy.confidence)} intervals, each pair by itself; "
        "p-values are adjusted for the number of pairs (Holm).",
        (
            Column("Pair", numeric=False),
            Column("Ratio"),
            Column("Lower bound"),
            Column("Upper bound"),
            Column("Adjusted p"),
        ),
        tuple(
            (
                f"{row['group']} over {row['other_group']}",
                *(_number(row[name]) for name in ("ratio", "lower", "upper", "p_value")),
            )
            for row in rows
        ),
    )


def _number(value: float | None) -> str:
    return ratio_text(math.nan if value is None else value)
