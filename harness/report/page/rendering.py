"""From what a report says to the text of its page."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.figures.characters import in_order
from harness.report.content.model import AxisReading, Comparison, Report, ZoneStrip
from harness.report.content.numerals import numeral_values
from harness.report.page.charts import Chart, Horizontal, chart_of, percentage
from harness.report.page.scales import window
from harness.report.page.series import Series, shown_places
from harness.text import page

__all__ = ["comparison_page", "report_page"]


@dataclass(frozen=True)
class DrawnZone:
    """A zone of a strip: its verdict, where it starts and how wide it is, as percentages."""

    verdict: str
    start: str
    width: str


@dataclass(frozen=True)
class DrawnAxis:
    """An axis on the page: what is said of it, its figures and its strip."""

    reading: AxisReading
    charts: tuple[Chart, ...]
    strip: ZoneStrip
    zones: tuple[DrawnZone, ...]


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
    places = shown_places(report)
    horizontal = _horizontal(report)
    series, shown = Series(places), {int(place): i for i, place in enumerate(places)}
    across = horizontal.shares()
    body = {
        "report": report,
        "axes": tuple(_drawn(report, i, horizontal) for i in range(len(report.axes))),
        "marks": [(shown[mark.place], mark) for mark in report.marks],
        "start": shown[report.start],
        "shown": len(places),
        "row": series.row,
        "across": percentage,
        "ticks": horizontal.ticks,
        "start_across": across[report.start],
        "safe": _safe(report, across),
    }
    main = _render("report.html.j2", **body)
    names = {shown[mark.place]: "; ".join(mark.names) for mark in report.marks}
    data = series.packed(report, across[places].tolist(), names)
    return _page(report.title, main, script=_text("page.js"), data=data)


def comparison_page(comparison: Comparison) -> str:
    """Return the page of a comparison; it has no script."""
    return _page(comparison.title, _render("comparison.html.j2", comparison=comparison))


def _page(title: str, main: str, script: str = "", data: str = "") -> str:
    style = _text("page.css")
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
    marks = [report.start, *(mark.place for mark in report.marks)]
    return Horizontal.between(thresholds, *window(thresholds, rates, marks))


def _drawn(report: Report, place: int, horizontal: Horizontal) -> DrawnAxis:
    reading, strip = report.axes[place], report.zones[place]
    charts = tuple(chart_of(panel.figure, horizontal) for panel in reading.panels)
    return DrawnAxis(reading, charts, strip, tuple(_zones(strip, horizontal)))


def _zones(strip: ZoneStrip, horizontal: Horizontal) -> list[DrawnZone]:
    """Place the zones that figures show; each reaches to where the next begins."""
    edges = np.clip(horizontal.shares(), 0, 1)
    drawn = []
    for zone in strip.zones:
        start = edges[zone.first]
        end = edges[min(zone.last + 1, len(edges) - 1)]
        if end > start:
            drawn.append(DrawnZone(zone.verdict, percentage(start), percentage(end - start)))
    return drawn


def _safe(report: Report, across: Any) -> tuple[float, str] | None:
    if report.status == "none":
        return None
    return float(across[report.start]), report.thresholds[report.start]


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=PackageLoader("harness.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: in_order(page(value)) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**values)


def _text(name: str) -> str:
    return files("harness.report.page").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
