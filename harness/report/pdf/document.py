"""What a report says as a sequence of parts to be set one after the other: plain values, as JSON has them."""

from __future__ import annotations

from collections.abc import Iterator
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
from harness.report.pdf.characters import printable
from harness.report.pdf.drawings import ZONES, Drawing, Drawings
from harness.report.pdf.fonts import has_letters_without_glyph

__all__ = ["comparison_parts", "report_parts"]

Part: TypeAlias = dict[str, Any]

LINES_OF_FORMULA = ";  "
LONGEST_NAME = 38
LONGEST_WORDS = 30
LONGEST_NUMBER = 13
"""Of the text of a column, in characters; what is longer is broken into lines."""


def report_parts(report: Report, drawings: Drawings) -> list[Part]:
    """Return the parts of a report on one evaluation, in reading order."""
    return [
        _heading(1, "The answer"),
        {
            "kind": "answer",
            "status": report.status,
            "threshold": report.safe_threshold,
            "headline": printable(report.headline),
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
        *_on_boxes(report),
        *(part for axis in report.axes for part in _axis(report, axis, drawings)),
        *(part for section in report.sections for part in _section(section)),
    ]


def comparison_parts(comparison: Comparison) -> list[Part]:
    """Return the parts of a comparison, in reading order."""
    return [part for section in comparison.sections for part in _section(section)]


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


def _on_boxes(report: Report) -> Iterator[Part]:
    if any(has_letters_without_glyph(group) for axis in report.axes for group in (axis.axis, *axis.groups)):
        yield _paragraph(
            "Some letters of the names of groups are in no font of this file: boxes stand for them, alike for all "
            "letters of a script. The text under them is right and can be copied; report.html shows it."
        )


def _axis(report: Report, axis: AxisReading, drawings: Drawings) -> Iterator[Part]:
    yield _heading(2, axis.axis)
    for panel in axis.panels:
        figure = panel.figure
        yield _figure(drawings[figure.kind, axis.axis], f"{figure.caption}: {axis.axis}")
    names = {mark.place: "; ".join(mark.names) for mark in report.marks}
    for place in sorted({*axis.marks, report.start}):
        yield _heading(3, f"{axis.axis} at threshold {report.thresholds[place]}")
        if place in names:
            meaning = f"{names[place][0].upper()}{names[place][1:]}."
            yield {"kind": "introduction", "text": printable(meaning)}
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
                "entries": [[printable(term), printable(text)] for term, text in block.entries],
            }
        case Formula():
            return {
                "kind": "formula",
                "name": printable(block.name),
                "text": printable(block.text),
                "lines": [printable(line) for line in block.formula.split(LINES_OF_FORMULA)],
                "source": printable(block.source),
            }
        case Table():
            return _table(block)


def _heading(level: int, text: str) -> Part:
    return {"kind": "heading", "level": level, "text": printable(text)}


def _paragraph(text: str) -> Part:
    return {"kind": "paragraph", "text": printable(text)}


def _figure(drawing: Drawing, caption: str) -> Part:
    return {
        "kind": "figure",
        "svg": drawing.svg,
        "alternative": printable(drawing.alternative),
        "caption": printable(caption),
    }


def _table(table: Table) -> Part:
    return {
        "kind": "table",
        "caption": printable(table.caption),
        "scope": printable(table.scope),
        "headings": [printable(column.heading) for column in table.columns],
        "numeric": [column.numeric for column in table.columns],
        "widths": [_width(table, place) for place in range(len(table.columns))],
        "rows": [[printable(text) for text in row] for row in table.rows],
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
