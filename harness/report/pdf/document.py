"""What a report says as a sequence of parts to be set one after the other: plain values, as JSON has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from harness.report.content.model import (
    AxisReading,
    Block,
    Comparison,
    Facts,
    Formula,
    Paragraph,
    Report,
    Section,
    Table,
)
from harness.report.pdf.drawings import ACROSS, ZONES, Drawing, Drawings
from harness.report.pdf.fonts import NUMBERED, settable
from harness.text import page

__all__ = ["comparison_parts", "report_parts"]

Part: TypeAlias = dict[str, Any]

LINES_OF_FORMULA = ";  "
LONGEST_NAME = 38
LONGEST_WORDS = 30
LONGEST_NUMBER = 13
"""Of the text of a column, in characters; what is longer is broken into lines."""


def report_parts(report: Report, drawings: Drawings) -> list[Part]:
    """Return the parts of a report on one evaluation, in reading order."""
    axes = [part for axis in report.axes for part in _axis(report, axis, drawings)]
    return [
        *_warnings(report.warnings),
        _heading(1, "The answer"),
        {
            "kind": "answer",
            "status": report.status,
            "threshold": report.safe_threshold,
            "headline": settable(report.headline),
        },
        _block(report.lead),
        _heading(2, "The same, line by line"),
        _block(report.findings),
        {"kind": "contents"},
        *_zones(report, drawings),
        _heading(1, "At the thresholds of the answer"),
        _paragraph(
            "Figures show every axis along the thresholds; tables, the numbers at those thresholds that the answer "
            "or the policy names. The numbers at all others are in rates.csv, verdicts.csv and measures.csv."
        ),
        *_on_numbers([part for part in axes if part["kind"] == "table"]),
        *axes,
        *(part for section in report.sections for part in _section(section)),
    ]


def comparison_parts(comparison: Comparison) -> list[Part]:
    """Return the parts of a comparison, in reading order."""
    parts = [part for section in comparison.sections for part in _section(section)]
    return [*_warnings(comparison.warnings), *_on_numbers(parts), *parts]


def _warnings(texts: Sequence[str]) -> Iterator[Part]:
    yield from ({"kind": "warning", "text": settable(text)} for text in texts)


def _zones(report: Report, drawings: Drawings) -> Iterator[Part]:
    yield _heading(1, "Zones")
    yield _paragraph(
        "What the evidence shows along the thresholds, stricter to the right. Disparity shown: at least two groups "
        "differ beyond chance. Inconclusive: the evidence is too short to tell. Parity shown: all groups are alike "
        "within the tolerance. Only thresholds near those of the answer are drawn; the tables have all."
    )
    yield _figure(drawings[ZONES], "Verdicts along the thresholds")
    for strip in report.zones:
        yield _heading(2, f"Zones of {strip.axis}")
        yield _block(strip.table)
    yield _heading(2, "The thresholds of the answer")
    yield _block(report.key_thresholds)


def _on_numbers(said: object) -> Iterator[Part]:
    """Explain letters written by number, where there are any."""
    if NUMBERED in json.dumps(said, ensure_ascii=False):
        yield _paragraph(
            "Some characters of names are in no font of this file, or have no printed form. Each is written by its "
            "number in Unicode, such as ‹U+4E2D›. Figures tell such a name by its place among the groups, in the "
            "order of the tables. report.html shows names in every script."
        )


def _axis(report: Report, axis: AxisReading, drawings: Drawings) -> Iterator[Part]:
    yield _heading(2, axis.axis)
    for panel in axis.panels:
        figure = panel.figure
        yield _figure(drawings[figure.kind, axis.axis], f"{figure.caption}: {axis.axis}")
    if (ACROSS, axis.axis) in drawings:
        yield _figure(
            drawings[ACROSS, axis.axis], f"Probes of each group against references of each: {axis.axis}"
        )
    for further in axis.further:
        if further.text:
            yield _paragraph(f"{further.heading}: {further.text[0].lower()}{further.text[1:]}")
    names = {mark.place: "; ".join(mark.names) for mark in report.marks}
    for place in sorted({*axis.marks, report.start}):
        yield _heading(3, f"{axis.axis} at threshold {report.thresholds[place]}")
        if place in names:
            meaning = f"{names[place][0].upper()}{names[place][1:]}."
            yield {"kind": "introduction", "text": settable(meaning)}
        yield from (_block(table) for table in axis.tables_at(place))


def _section(section: Section) -> Iterator[Part]:
    yield _heading(1, section.heading)
    yield from (_block(block) for block in section.blocks)


def _block(block: Block) -> Part:
    match block:
        case Paragraph():
            return _paragraph(block.text)
        case Facts():
            return {
                "kind": "facts",
                "entries": [[settable(term), settable(text)] for term, text in block.entries],
            }
        case Formula():
            return {
                "kind": "formula",
                "name": settable(block.name),
                "text": settable(block.text),
                "lines": [settable(line) for line in block.formula.split(LINES_OF_FORMULA)],
                "source": settable(block.source),
            }
        case Table():
            return _table(block)


def _heading(level: int, text: str) -> Part:
    return {"kind": "heading", "level": level, "text": settable(text)}


def _paragraph(text: str) -> Part:
    return {"kind": "paragraph", "text": settable(text)}


def _figure(drawing: Drawing, caption: str) -> Part:
    return {
        "kind": "figure",
        "svg": drawing.svg,
        "alternative": page(drawing.alternative),
        "caption": settable(caption),
    }


def _table(table: Table) -> Part:
    return {
        "kind": "table",
        "caption": settable(table.caption),
        "scope": settable(table.scope),
        "headings": [settable(column.heading) for column in table.columns],
        "numeric": [column.numeric for column in table.columns],
        "widths": [_width(table, place) for place in range(len(table.columns))],
        "rows": [[settable(text) for text in row] for row in table.rows],
    }


def _width(table: Table, place: int) -> int:
    """Return the characters of a line of a column: enough for its words, and for all of it where that is short."""
    column = table.columns[place]
    most = LONGEST_NAME if place == 0 else LONGEST_NUMBER if column.numeric else LONGEST_WORDS
    cells = [row[place] for row in table.rows]
    words = [
        *(f"{word} " for word in column.heading.split()),
        *(word for text in cells for word in text.split()),
    ]
    return min(most, max(map(len, [*cells, *words]), default=1)) + 1
