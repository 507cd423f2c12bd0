"""A report as one HTML file that needs nothing else: no network, no fonts, no library."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.arrays import IntArray
from harness.figures.style import VERDICTS
from harness.report.charts import Chart, Horizontal, chart_of, percentage, window
from harness.report.model import AxisReading, Comparison, Figure, Quantity, Report, ZoneStrip, numeral_values
from harness.report.trade_offs import ScoresChart, TradeOffChart, scores_chart, trade_off_chart
from harness.report.verdict_marks import verdict_patterns, verdict_rules
from harness.report.wording import in_order
from harness.text import page

__all__ = ["comparison_page", "report_page"]

MOST_NUMBERS = 450_000
"""As many as fit into a page of 1.5 MB beside everything else."""


@dataclass(frozen=True)
class RenderedZone:
    """A zone of a strip: its verdict and its fill, where it starts and how wide it is, as percentages."""

    verdict: str
    fill: str
    start: str
    width: str


@dataclass(frozen=True)
class RenderedAxis:
    """An axis on the page: what is said of it, its figures and its strip."""

    reading: AxisReading
    charts: tuple[Chart, ...]
    trade_off: TradeOffChart
    scores: ScoresChart
    strip: ZoneStrip
    zones: tuple[RenderedZone, ...]


def report_page(report: Report) -> str:
    """Return the page of a report on one evaluation; equal reports give equal text.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        HTML with everything in it. Its content security policy allows its own script and style, by their digests, and
        nothing else.
    """
    indices = shown_indices(report)
    horizontal = _horizontal(report)
    series, shown = Series(indices), {int(index): i for i, index in enumerate(indices)}
    across = horizontal.shares()
    body = {
        "report": report,
        "axes": tuple(_render_axis(report, i, horizontal) for i in range(len(report.axes))),
        "marks": [(shown[mark.index], mark) for mark in report.marks],
        "start": shown[report.start],
        "first_axis": [axis.axis for axis in report.axes].index(report.reference.axis),
        "shown": len(indices),
        "row": series.row,
        "across": percentage,
        "ticks": horizontal.ticks,
        "safe": None if report.safe is None else (float(across[report.safe]), report.thresholds[report.safe]),
        "patterns": verdict_patterns(),
    }
    main = _render("report.html.j2", **body)
    names = {shown[mark.index]: "; ".join(mark.names) for mark in report.marks}
    data = series.packed(report, across[indices].tolist(), names)
    return _page(report.title, main, script=_text("page.js"), data=data)


def comparison_page(comparison: Comparison) -> str:
    """Return the page of a comparison; it has no script."""
    return _page(comparison.title, _render("comparison.html.j2", comparison=comparison))


def _page(title: str, main: str, script: str = "", data: str = "") -> str:
    style = _text("page.css") + verdict_rules()
    allowed = [f"style-src '{_digest(style)}'", *([f"script-src '{_digest(script)}'"] if script else [])]
    policy = "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])
    return _render(
        "page.html.j2",
        title=title,
        policy=policy,
        style=Markup(style),  # noqa: S704 - the package's own file
        main=Markup(main),  # noqa: S704 - rendered with escaping
        script=Markup(script),  # noqa: S704 - the package's own file
        data=data,
    )


def _horizontal(report: Report) -> Horizontal:
    thresholds = np.array([float(label) for label in report.thresholds])
    rates = [numeral_values(axis.panels[0].figure.estimate.codes) for axis in report.axes]
    marks = [report.start, *(mark.index for mark in report.marks)]
    return Horizontal.between(thresholds, *window(thresholds, rates, marks, report.first))


def _render_axis(report: Report, index: int, horizontal: Horizontal) -> RenderedAxis:
    reading, strip = report.axes[index], report.zones[index]
    charts = tuple(_chart(panel.figure, horizontal, reading) for panel in reading.panels)
    trade_off = trade_off_chart(reading, report.first)
    scores = scores_chart(reading.distributions)
    return RenderedAxis(reading, charts, trade_off, scores, strip, tuple(_zones(strip, horizontal)))


def _chart(figure: Figure, horizontal: Horizontal, reading: AxisReading) -> Chart:
    of_groups = len(figure.names) == len(reading.groups)
    return chart_of(figure, horizontal, reading.telling if of_groups else None)


def _zones(strip: ZoneStrip, horizontal: Horizontal) -> list[RenderedZone]:
    """Place the zones that figures show; each reaches to where the next begins."""
    edges = np.clip(horizontal.shares(), 0, 1)
    fills = {pattern.verdict: f"url(#{pattern.id})" for pattern in verdict_patterns()}
    zones = []
    for zone in strip.zones:
        start = edges[zone.first]
        end = edges[min(zone.last + 1, len(edges) - 1)]
        if end > start:
            zones.append(
                RenderedZone(zone.verdict, fills[zone.verdict], percentage(start), percentage(end - start))
            )
    return zones


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: in_order(page(value)) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["verdicts"] = frozenset(VERDICTS)
    return environment.get_template(template).render(**values)


def _text(name: str) -> str:
    return files("harness.report").joinpath("templates", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


class Series:
    """Collects what changes with the threshold, and gives each row a number by which a page refers to it.

    Parameters
    ----------
    indices : ndarray of int64, shape (P,)
        Of the thresholds shown.
    """

    def __init__(self, indices: IntArray) -> None:
        self.indices = indices
        self._numbers: dict[tuple[int, int], int] = {}
        self._rows: list[dict[str, object]] = []
        self._words: dict[tuple[str, ...], int] = {}
        self._kept: list[Quantity] = []  # so that no other object gets the identity of one of them

    def row(self, quantity: Quantity, row: int) -> int | None:
        """Return the number of a row; None where it is the same at every threshold."""
        if quantity.constant:
            return None
        key = (id(quantity), row)
        if key not in self._numbers:
            self._numbers[key] = len(self._rows)
            self._kept.append(quantity)
            codes = quantity.codes[row, self.indices]
            words = self._words.setdefault(quantity.words, len(self._words))
            self._rows.append(
                {"w": words, "c": int(quantity.counted), "v": np.diff(codes, prepend=0).tolist()}
            )
        return self._numbers[key]

    def packed(self, report: Report, across: Sequence[float], names: Mapping[int, str]) -> str:
        """Return everything, as JSON compressed with zlib and written in base 64.

        Parameters
        ----------
        report : Report
        across : sequence of float, length P
            How far across a figure each threshold shown lies.
        names : mapping of int to str
            The meanings of the marked thresholds, by their index among those shown.
        """
        document = {
            "thresholds": [report.thresholds[index] for index in self.indices],
            "across": [round(10_000 * share) for share in across],
            "names": {str(index): page(name) for index, name in names.items()},
            "words": [list(map(page, words)) for words in self._words],
            "rows": self._rows,
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def shown_indices(report: Report) -> IntArray:
    """Return the indices of the thresholds that a page shows: all of use, or as many as fit, the marked among them."""
    thresholds = len(report.thresholds) - report.first
    rows = sum(
        len(quantity.codes)
        for axis in report.axes
        for tabulation in axis.tabulations
        for quantity in tabulation.quantities
        if not quantity.constant
    )
    most = max(MOST_NUMBERS // max(rows, 1), 2)
    even = np.arange(report.first, len(report.thresholds))
    if thresholds > most:
        even = np.rint(np.linspace(report.first, len(report.thresholds) - 1, most)).astype(np.int64)
    return np.union1d(even, np.array([report.start, *(mark.index for mark in report.marks)], np.int64))
