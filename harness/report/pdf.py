"""A report as one PDF file, to be printed, filed and read aloud: PDF/UA-1 and PDF/A-2a."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import matplotlib as mpl
import typst
from matplotlib.ft2font import FT2Font

from harness.errors import HarnessError
from harness.figures import (
    CrossGroupDisplay,
    DetDisplay,
    Display,
    FalseMatchRateDisplay,
    FalseNonMatchRateDisplay,
    FalseShareDisplay,
    GapDisplay,
    IdentificationCurveDisplay,
    IdentificationRateDisplay,
    ScoreDistributionDisplay,
    VerdictZonesDisplay,
    WorstRatioDisplay,
    figures_of,
)
from harness.figures.style import VERDICTS
from harness.report.model import (
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
from harness.report.wording import in_order
from harness.text import page

if TYPE_CHECKING:
    from harness.evaluation import Evaluation

__all__ = [
    "STANDARDS",
    "Rendered",
    "comparison_pdf",
    "render_figures",
    "report_parts",
    "report_pdf",
    "settable",
]


STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]
"""The strictest that go together: PDF/A-4 is of PDF 2.0, PDF/UA-1 of PDF 1.7."""

NO_DATE = 0
"""PDF/A asks for a date; that of an evaluation is nowhere, and the moment would change the bytes."""

ZONES = ("zones", "")
ACROSS, TRADE_OFF, SCORES = "across", "trade_off", "scores"
FOUND, FALSE_SHARES = "found", "false_shares"

KINDS: dict[type[Display], str] = {
    VerdictZonesDisplay: ZONES[0],
    FalseMatchRateDisplay: "false_matches",
    WorstRatioDisplay: "worst_ratio",
    GapDisplay: "gap",
    FalseNonMatchRateDisplay: "false_non_matches",
    IdentificationRateDisplay: "false_non_matches",
    DetDisplay: TRADE_OFF,
    ScoreDistributionDisplay: SCORES,
    CrossGroupDisplay: ACROSS,
    IdentificationCurveDisplay: FOUND,
    FalseShareDisplay: FALSE_SHARES,
}
"""The figures that are printed, and what they are called here."""

EDGES = {
    "shown": VERDICTS["parity shown"].color,
    "not_detected": VERDICTS["inconclusive"].color,
    "none": VERDICTS["disparity shown"].color,
}
"""The colour of an answer by its status: that of the verdict which it comes nearest to."""

Part: TypeAlias = dict[str, Any]

LINES_OF_FORMULA = ";  "
SHARE = 0.8
"""Of the width of a page, for figures after the first."""

MOST_ZONES = 12
"""More zones of an axis are listed in the appendix alone."""

LONGEST_NAME = 38
WIDE_NAME = 80
LONGEST_WORDS = 30
LONGEST_NUMBER = 13
"""Of the text of a column, in characters; what is longer is broken into lines."""

NUMBERED = "‹U+"
"""How every letter that is written by its number begins."""

WITH_MOST_LETTERS = ("DejaVuSans.ttf", "STIXGeneral.ttf")


def report_pdf(report: Report, figures: RenderedFigures, *, digest: str, appendix: bool = False) -> bytes:
    """Return the PDF of a report on one evaluation; equal reports give equal bytes.

    Parameters
    ----------
    report : Report
    figures : RenderedFigures
        See `render_figures`.
    digest : str
        SHA-256 of the evaluation, for the foot of every page.
    appendix : bool
        Whether every table at every threshold of the answer follows, and the methods in full.

    Returns
    -------
    bytes
        A tagged PDF that passes the checks of its generator for PDF/UA-1 and PDF/A-2a.

    Raises
    ------
    HarnessError
        Where the generator refuses it.
    """
    kind = "Demographic differentials in error rates, by threshold"
    parts = report_parts(report, figures)
    if appendix:
        parts += appendix_parts(report)
    return _set(kind, report.title, report.subtitle, [digest], parts)


def comparison_pdf(comparison: Comparison, *, digests: Sequence[str]) -> bytes:
    """Return the PDF of a comparison; see `report_pdf`.

    Parameters
    ----------
    comparison : Comparison
    digests : sequence of str
        SHA-256 of both evaluations.
    """
    kind = "Two evaluations compared"
    return _set(kind, comparison.title, comparison.subtitle, digests, comparison_parts(comparison))


def _set(kind: str, title: str, subtitle: str, digests: Sequence[str], parts: Sequence[Part]) -> bytes:
    content = {
        "kind": kind,
        "title": settable(title),
        "subtitle": settable(subtitle),
        "digests": list(digests),
        "edges": EDGES,
        "parts": parts,
    }
    try:
        return typst.compile(
            files("harness.report").joinpath("templates", "report.typ").read_bytes(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[folder_of_fonts()]),
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
            pdf_standards=STANDARDS,
            timestamp=NO_DATE,
        )
    except typst.TypstError as error:
        reasons = " ".join(". ".join([error.message, *error.hints]).split())
        raise HarnessError(f"the report cannot be made a PDF ({reasons})") from error


@dataclass(frozen=True)
class Rendered:
    """A figure.

    Attributes
    ----------
    svg : str
    alternative : str
        The words for those who do not see it.
    """

    svg: str
    alternative: str


RenderedFigures: TypeAlias = Mapping[tuple[str, str], Rendered]
"""Figures by kind and axis: those of `harness.report.model.Figure`, `ZONES` for all axes, and those named here."""


def render_figures(evaluation: Evaluation, folder: Path | None = None) -> RenderedFigures:
    """Draw the figures of a report.

    Parameters
    ----------
    evaluation : Evaluation
    folder : Path, optional
        Where `harness.figures.save_figures` has written them as SVG, so that none is drawn twice.
    """
    return {
        key: Rendered(_svg(name, display, folder), display.alt_text)
        for key, name, display in _wanted(evaluation)
    }


def _wanted(evaluation: Evaluation) -> Iterator[tuple[tuple[str, str], str, Display]]:
    for name, display in figures_of(evaluation):
        kind = KINDS.get(type(display))
        if kind is not None and (kind != "gap" or evaluation.policy.max_gap is not None):
            yield (kind, getattr(display, "axis", "")), name, display


def _svg(name: str, display: Display, folder: Path | None) -> str:
    drawn = None if folder is None else folder / f"{name}.svg"
    if drawn is not None and drawn.is_file():
        return page(drawn.read_text(encoding="utf-8"))
    return page(display.render("svg").decode())


def report_parts(report: Report, figures: RenderedFigures) -> list[Part]:
    """Return the parts of a report on one evaluation, in reading order: what has room in eight pages."""
    parts = [
        *_first_page(report, figures),
        _heading(1, "The answer in words"),
        _block(report.lead),
        *_zones(report, figures),
        _heading(1, "Rates at operating points"),
        *(_block(block) for axis in report.axes for block in axis.operating),
        _heading(1, "Differences and cost"),
        *(part for axis in report.axes for part in _figures_of(report, axis, figures)),
        *(part for section in report.in_short for part in _section(section, small=True)),
    ]
    return [*_warnings(report.warnings), *_explained(parts)]


def appendix_parts(report: Report) -> list[Part]:
    """Return the parts of its appendix: every table at every threshold of the answer, and the methods in full."""
    return [
        {"kind": "break"},
        _heading(1, "Appendix"),
        _paragraph(
            "All tables at those thresholds that the answer or the policy names, and the methods in full. The numbers "
            "at all other thresholds are in rates.csv, verdicts.csv and measures.csv."
        ),
        {"kind": "contents"},
        _heading(1, "The answer, line by line"),
        _block(report.findings),
        *(
            part
            for strip in report.zones
            for part in (_heading(2, f"Zones of {strip.axis}"), _block(strip.table))
        ),
        _heading(1, "At the thresholds of the answer"),
        *(part for axis in report.axes for part in _tables_of(report, axis)),
        *(part for section in report.sections if section.key == "methods" for part in _section(section)),
    ]


def comparison_parts(comparison: Comparison) -> list[Part]:
    """Return the parts of a comparison, in reading order."""
    parts = [part for section in comparison.sections for part in _section(section)]
    return [*_warnings(comparison.warnings), *_explained(parts)]


def _warnings(texts: Sequence[str]) -> Iterator[Part]:
    yield from ({"kind": "warning", "text": settable(text)} for text in texts)


def _first_page(report: Report, figures: RenderedFigures) -> Iterator[Part]:
    """Give the finding, the rates over the verdicts, who is falsely matched and who is missed, and what was tested."""
    axis = next(axis for axis in report.axes if axis.axis == report.reference.axis)
    yield {
        "kind": "answer",
        "status": report.status,
        "threshold": report.safe_threshold,
        "headline": settable(report.headline),
    }
    yield _figure(figures["false_matches", axis.axis], f"{axis.panels[0].figure.caption}: {axis.axis}")
    yield _table(report.reference.table, longest_name=WIDE_NAME)
    yield {"kind": "facts", "entries": [["What was tested", settable(report.tested)]]}


def _zones(report: Report, figures: RenderedFigures) -> Iterator[Part]:
    yield _heading(1, "Zones")
    meanings = "; ".join(f"{verdict}: {meaning}" for verdict, meaning in report.verdicts)
    yield _paragraph(
        f"What the evidence shows along the thresholds, stricter to the right. {meanings.capitalize()}."
    )
    if len(report.zones) > 1:
        yield _figure(figures[ZONES], "Verdicts along the thresholds")
    for strip in report.zones:
        if len(strip.table.rows) <= MOST_ZONES:
            yield _table(strip.table)
        else:
            yield _paragraph(
                f"{strip.axis}: the verdict changes {len(strip.table.rows) - 1} times along the thresholds; "
                "report.html and the appendix list every zone."
            )
    yield _table(report.key_thresholds)


def _explained(parts: Sequence[Part]) -> list[Part]:
    """Explain letters written by number before the first table, where there are any."""
    if NUMBERED not in json.dumps([part for part in parts if part["kind"] != "figure"], ensure_ascii=False):
        return list(parts)
    first = next((place for place, part in enumerate(parts) if part["kind"] == "table"), len(parts))
    explanation = _paragraph(
        "Some characters of names are in no font of this file, or have no printed form. Each is written by its "
        "number in Unicode, such as ‹U+4E2D›. Figures tell such a name by its place among the groups, in the "
        "order of the tables. report.html shows names in every script."
    )
    return [*parts[:first], explanation, *parts[first:]]


def _figures_of(report: Report, axis: AxisReading, figures: RenderedFigures) -> Iterator[Part]:
    if len(report.axes) > 1:
        yield _heading(2, axis.axis)
    for panel in axis.panels:
        figure = panel.figure
        if figure.kind != "false_matches" or axis.axis != report.reference.axis:  # that is on the first page
            yield _figure(figures[figure.kind, axis.axis], f"{figure.caption}: {axis.axis}", share=SHARE)
    captions = {
        TRADE_OFF: axis.trade_off.caption,
        FOUND: "Hits (TPIR) against false alerts (FPIR) by group",
        FALSE_SHARES: "Share of alerts that are false, by how many who pass are on the list",
        SCORES: axis.distributions.caption,
        ACROSS: "Probes of each group against references of each",
    }
    for kind, caption in captions.items():
        if (kind, axis.axis) in figures:
            yield _figure(figures[kind, axis.axis], f"{caption}: {axis.axis}", share=SHARE)
    for further in axis.further:
        if further.text:
            yield _paragraph(f"{further.heading}: {further.text[0].lower()}{further.text[1:]}")


def _tables_of(report: Report, axis: AxisReading) -> Iterator[Part]:
    names = {mark.index: "; ".join(mark.names) for mark in report.marks}
    yield _heading(2, axis.axis)
    for index in sorted({*axis.marks, report.start}):
        yield _heading(3, f"{axis.axis} at threshold {report.thresholds[index]}")
        if index in names:
            meaning = f"{names[index][0].upper()}{names[index][1:]}."
            yield {"kind": "introduction", "text": settable(meaning)}
        yield from (_block(table) for table in axis.tables_at(index))


def _section(section: Section, *, small: bool = False) -> Iterator[Part]:
    yield _heading(1, section.heading)
    parts = [_block(block) for block in section.blocks]
    if small:
        halves = section.key == "glossary"
        yield {
            "kind": "small",
            "parts": [part for each in parts for part in (_halved(each) if halves else (each,))],
        }
    else:
        yield from parts


def _halved(part: Part) -> tuple[Part, ...]:
    """Set terms in two columns, alike in length."""
    if part["kind"] != "facts":
        return (part,)
    entries = part["entries"]
    lengths = [len(term) + len(text) for term, text in entries]
    middle = next(place for place in range(len(entries)) if 2 * sum(lengths[: place + 1]) >= sum(lengths)) + 1
    return ({"kind": "halves", "left": entries[:middle], "right": entries[middle:]},)


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


def _figure(figure: Rendered, caption: str, *, share: float = 1.0) -> Part:
    return {
        "kind": "figure",
        "share": share,
        "svg": figure.svg,
        "alternative": page(figure.alternative),
        "caption": settable(caption),
    }


def _table(table: Table, *, longest_name: int = LONGEST_NAME) -> Part:
    return {
        "kind": "table",
        "caption": settable(table.caption),
        "scope": settable(table.scope),
        "headings": [settable(column.heading) for column in table.columns],
        "numeric": [column.numeric for column in table.columns],
        "widths": [_width(table, index, longest_name) for index in range(len(table.columns))],
        "rows": [[settable(text) for text in row] for row in table.rows],
    }


def _width(table: Table, index: int, longest_name: int) -> int:
    """Return the characters of a line of a column: enough for its words, and for all of it where that is short."""
    column = table.columns[index]
    most = longest_name if index == 0 else LONGEST_NUMBER if column.numeric else LONGEST_WORDS
    cells = [row[index] for row in table.rows]
    words = [
        *(f"{word} " for word in column.heading.split()),
        *(word for text in cells for word in text.split()),
    ]
    return min(most, max(map(len, [*cells, *words]), default=1)) + 1


def folder_of_fonts() -> Path:
    """Return the fonts that figures are drawn with."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def settable(text: str) -> str:
    """Write what no font has by number, letters that follow one another together: ``‹U+4E2D U+6587›``.

    A box would stand for all letters of a script alike, so that two names could look the same.
    """
    written = "".join(
        part if there else f"‹{' '.join(f'U+{ord(letter):04X}' for letter in part)}›"
        for there, part in _runs(page(text))
    )
    return in_order(written)


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    for there, letters in groupby(text, lambda letter: letter.isspace() or ord(letter) in _glyphs()):
        yield there, "".join(letters)


@cache
def _glyphs() -> frozenset[int]:
    fonts = (FT2Font(str(folder_of_fonts() / name)) for name in WITH_MOST_LETTERS)
    return frozenset(letter for font in fonts for letter in font.get_charmap())
