"""The figures as Markdown: a table of contenders, a table of growth, the page of both, and its part in the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.contenders import Result
from benchmarks.growth import Grown
from benchmarks.measuring import Cost

BEGIN, END = "<!-- speed: written by `python -m benchmarks.speed` -->\n", "<!-- end of speed -->\n"

METHOD = """\
Each runs in a process of its own on two cores, imports apart, from the same Parquet file (float32 scores, groups as
strings) to the matches of every group at every threshold k/T, non-mated and mated. *Reading* is pyarrow in two
threads, a row group each, with nothing kept: the limit of any counting from the file. Rounds go through all
contenders in turn, and the best of each figure counts. Memory is the peak of the process, Python and imports included.

*Counts* says whether they are those of the harness: equal is equal, not close. Where a contender would not
finish, it counts fewer rows or thresholds, and its time, but not its memory, is scaled in proportion.
"""

GROWTH = """\
The harness, one thing growing at a time, each set against reading the same columns of the same file. Subjects grow
where comparisons are counted by subject too, both sides named; reading then reads both columns of subjects.
"""


def results_table(results: Sequence[Result]) -> str:
    """Write how the contenders fared, the first of them being reading."""
    head = ["| | time | ÷ reading | processor | peak memory | counts |", "|---|---|---|---|---|---|"]
    reading = results[0].cost
    rows = [f"| {result.name} | {_figures(result.cost, reading)} | {result.counts} |" for result in results]
    return "\n".join(head + rows) + "\n"


def growth_table(growth: Mapping[str, Sequence[tuple[int, Grown]]]) -> str:
    """Write how counting grows."""
    lines = ["| | | time | ÷ reading | processor | peak memory | a row |", "|---|---|---|---|---|---|---|"]
    for name, line in growth.items():
        for size, grown in line:
            row = f"{number(1e9 * grown.cost.seconds / grown.rows)} ns" if grown.cost else ""
            lines.append(f"| {name} | {size:,} | {_figures(grown.cost, grown.reading)} | {row} |")
    return "\n".join(lines) + "\n"


def page(command: str, summary: str, growth: str) -> str:
    """Write the page."""
    made = f"Made by `{command}`, in one run on one machine: {summary}"
    return f"# Speed\n\n{made}\n{METHOD}\n## Growth\n\n{GROWTH}\n{growth}"


def with_summary(text: str, summary: str) -> str:
    """Put a summary between the marks of a text.

    Raises
    ------
    ValueError
        Where the text has no marks, or several.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"there must be one line {BEGIN.strip()!r}, and after it one {END.strip()!r}")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{summary}{END}{rest.split(END)[1]}"


def _figures(cost: Cost | None, reading: Cost | None) -> str:
    """Write time, ratio, processor time and memory, as far as there are."""
    if cost is None:
        return " |  |  | "
    ratio = "" if reading is None else number(cost.seconds / reading.seconds)
    return f"{duration(cost.seconds)} | {ratio} | {duration(cost.processor)} | {cost.megabytes:,.0f} MB"


def number(value: float) -> str:
    """Write three figures, or all before the point."""
    return f"{value:,.{3 if value < 1 else max(0, 3 - len(str(int(value))))}f}"


def duration(seconds: float) -> str:
    """Write seconds, or hours or days where there are many."""
    if seconds < 2 * 3600:
        return f"{number(seconds)} s"
    return f"{number(seconds / 3600)} h" if seconds < 48 * 3600 else f"{number(seconds / 86_400)} days"
