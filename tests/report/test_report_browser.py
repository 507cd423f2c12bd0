"""The page in Chromium, opened from disk with the network off: what it says, and that everybody can use it.

Without Chromium these tests are skipped, unless HARNESS_REQUIRE_BROWSER is 1: then they fail.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib.resources import files
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.evaluation import Evaluation
from harness.figures.reference import first_of_use
from harness.outputs import write_comparison, write_evaluation
from tests.report.report_worlds import WORLDS, world

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("HARNESS_REQUIRE_BROWSER") == "1"
LACKING = [
    name
    for name, there in (
        ("Chromium", CHROMIUM),
        ("playwright", find_spec("playwright")),
        ("axe-playwright-python", find_spec("axe_playwright_python")),
    )
    if not there
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(LACKING) and not REQUIRED, reason=f"{', '.join(LACKING)} not installed"),
]

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = [(1280, 900), (375, 667), (320, 256)]  # the last is 1280 × 1024 at 400 %
ROUNDING = Context(prec=4, rounding=ROUND_HALF_EVEN)


@dataclass
class Opened:
    """A page with all that the browser complained of, and all that it asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert not LACKING, f"{', '.join(LACKING)} not installed"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(offline=True, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("reports")
    written = {name: write_evaluation(world(name), root / name.replace(" ", "_")) for name in WORLDS}
    written["comparison"] = write_comparison(written["three"], written["unsafe"], root / "comparison")
    return written


def opened(
    context: BrowserContext, folder: Path, size: tuple[int, int] = SIZES[0], *, scripts: bool = True
) -> Opened:
    found = Opened(context.new_page())
    found.page.set_viewport_size({"width": size[0], "height": size[1]})
    found.page.on("console", lambda message: found.complaints.append(message.text))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto((folder / "report.html").as_uri())
    if scripts:
        found.page.wait_for_selector("html[data-ready]", state="attached")
    return found


def shown(page: Page) -> dict[str, list[list[str]]]:
    """The body cells of every table whose numbers change, by the beginning of its caption."""
    tables: dict[str, list[list[str]]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('.axis table')].map((table) => [
            table.caption.querySelector('.what').textContent.split(' at threshold')[0],
            [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)),
        ]))"""
    )
    return tables


def rows(path: Path, threshold: str) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if f"{float(row['threshold']):.6g}" == threshold]


def written(text: str) -> str:
    """A number of a CSV file to four digits, by decimal arithmetic; empty cells are undefined."""
    if text in ("", "inf"):
        return {"": "undefined", "inf": "unbounded"}[text]
    value = ROUNDING.create_decimal(Decimal(float(text)))
    if value == 0:
        return "0"
    value = value.quantize(Decimal(1).scaleb(value.adjusted() - 3))
    return f"{value:,f}" if value.adjusted() < 4 else f"{int(value):,}"


def agrees(cell: str, text: str) -> bool:
    """Whether a cell says what a CSV file says, with a reason where that is no number."""
    wanted = written(text)
    if wanted == "undefined":
        return cell.startswith("undefined")
    if wanted == "unbounded":
        return cell.startswith(("unbounded", "no upper bound", "none", "unknown"))
    if "×" in cell:
        mantissa, power = cell.split(" × 10")
        cell = f"{mantissa}e{power.translate(str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789'))}"
        return Decimal(cell) == ROUNDING.create_decimal(Decimal(float(text)))
    return cell == wanted


def assert_shown(page: Page, folder: Path, threshold: str) -> None:
    """Hold every table of the page against the CSV files beside it."""
    tables = shown(page)
    for name, wanted in by_table(rates(folder, threshold, across=False), "{rate} of every group of {axis}"):
        for cells, row in zip(tables[name], wanted, strict=True):
            assert [cells[0], cells[1], cells[-5]] == [
                row["group"],
                grouped(row["trials"]),
                grouped(row["errors"]),
            ]
            assert_cells(cells[-4:], row, ("estimate", "lower", "upper", "design_effect"))
    of_probes = "{rate} of probes of each group of {axis} against references of each"
    for name, wanted in by_table(rates(folder, threshold, across=True), of_probes):
        for cells, row in zip(tables[name], wanted, strict=True):
            assert cells[:3] == [row["group"], grouped(row["trials"]), grouped(row["errors"])]
            assert_cells(cells[3:], row, ("estimate", "lower", "upper"))
    for row in rows(folder / "verdicts.csv", threshold):
        assert_verdict(tables, row)
    assert_pairs(tables, folder, threshold)
    for name, wanted in by_table(rows(folder / "measures.csv", threshold), "Summary measures of {axis}"):
        for cells, row in zip(tables[name], wanted, strict=True):
            assert cells[0] == row["measure"]
            assert_cells(cells[1:], row, ("estimate", "lower", "upper"))
            assert not row["undefined_because"] or cells[1] == f"undefined: {row['undefined_because']}"


def rates(folder: Path, threshold: str, *, across: bool) -> list[dict[str, str]]:
    """The rows of rates.csv, of groups or of probes of one against references of another."""
    return [row for row in rows(folder / "rates.csv", threshold) if (" → " in row["group"]) == across]


def assert_pairs(tables: dict[str, list[list[str]]], folder: Path, threshold: str) -> None:
    """Hold the ratios against pairs.csv, which has those at the thresholds of the answer."""
    for name, wanted in by_table(rows(folder / "pairs.csv", threshold), "of every two groups of {axis}"):
        (table,) = [tables[caption] for caption in tables if caption.endswith(name)]
        for cells, row in zip(table, wanted, strict=True):
            assert cells[0] == f"{row['group']} over {row['other_group']}"
            assert_cells(cells[1:], row, ("ratio", "lower", "upper", "p_value"))


def by_table(found: list[dict[str, str]], name: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The rows of a CSV file, those of a table of the page together."""
    for table, wanted in groupby(found, lambda row: name.format_map(row)):
        yield table, list(wanted)


def assert_verdict(tables: dict[str, list[list[str]]], row: dict[str, str]) -> None:
    (verdict,) = [cells for cells in tables[f"Verdict on {row['axis']}"] if cells[0] == row["rate"]]
    assert verdict[1] == row["verdict"]
    assert_cells(verdict[2:], row, ("detectable_ratio", "growth_needed"))
    of_axis = [name for name in tables if name.endswith(f"of {row['axis']}")]
    (worst,) = [name for name in of_axis if name.startswith(f"Worst ratio and gap of {row['rate']} ")]
    ratio, gap = tables[worst]
    assert_cells(ratio[3:], row, ("ratio", "ratio_lower", "ratio_upper"))
    assert_cells(gap[3:], row, ("gap", "gap_lower", "gap_upper"))
    for name in [name for name in of_axis if name.startswith(f"Largest gap of {row['rate']} ")]:
        assert_cells([tables[name][0][3], tables[name][0][5]], row, ("gap", "gap_upper"))


def assert_cells(cells: list[str], row: dict[str, str], names: tuple[str, ...]) -> None:
    for cell, name in zip(cells, names, strict=True):
        assert agrees(cell, row[name]), (name, cell, row)


def grouped(count: str) -> str:
    return f"{int(count):,}"


@pytest.mark.parametrize("name", WORLDS)
def test_it_opens_offline_without_a_complaint_or_a_request(
    context: BrowserContext, folders: dict[str, Path], name: str
) -> None:
    found = opened(context, folders[name])
    assert not found.complaints
    assert found.requests == [(folders[name] / "report.html").as_uri()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["three", "eight", "without events", "alike", "gap", "cross", "comparison"])
def test_axe_finds_no_violation(
    context: BrowserContext, folders: dict[str, Path], name: str, size: tuple[int, int]
) -> None:
    page = opened(context, folders[name], size, scripts=name != "comparison").page
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARDS
    )
    violations = [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in result["violations"]]
    assert not violations
    assert len(result["passes"]) > 20


def test_arrow_keys_move_the_slider_and_every_number_with_it(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["alike"]).page
    reference = world("alike").reference_thresholds[0]
    assert_shown(page, folders["alike"], f"{reference:.6g}")
    page.focus("#slider")
    thresholds = [f"{value:.6g}" for value in world("alike").thresholds]
    start = thresholds.index(page.text_content("#threshold") or "")
    for pressed, place in (("ArrowRight", start + 1), ("ArrowRight", start + 2), ("ArrowLeft", start + 1)):
        page.keyboard.press(pressed)
        assert page.text_content("#threshold") == thresholds[place]
        assert (page.get_attribute("#slider", "aria-valuetext") or "").startswith(thresholds[place])
        assert_shown(page, folders["alike"], thresholds[place])
    page.keyboard.press("End")
    assert_shown(page, folders["alike"], thresholds[-1])


@pytest.mark.parametrize("name", ["three", "distances", "searches", "without events", "gap", "cross"])
def test_at_every_threshold_it_says_what_the_tables_beside_it_say(
    context: BrowserContext, folders: dict[str, Path], name: str
) -> None:
    page = opened(context, folders[name]).page
    thresholds = world(name).thresholds[first_of_use(world(name)) :]
    assert page.get_attribute("#slider", "max") == str(len(thresholds) - 1)
    for place, value in enumerate(thresholds):
        page.evaluate(
            """(at) => {
                const slider = document.getElementById('slider');
                slider.value = at;
                slider.dispatchEvent(new Event('input'));
            }""",
            place,
        )
        if place % 5 == 0 or place == len(thresholds) - 1:
            assert_shown(page, folders[name], f"{value:.6g}")


def test_a_typed_threshold_goes_to_the_nearest_evaluated_and_says_so(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["alike"]).page
    page.fill("#typed", "0.5012")
    page.press("#typed", "Enter")
    assert page.text_content("#threshold") == "0.5"
    assert page.text_content("#said") == "0.5012 was not evaluated; showing the nearest, 0.5."
    page.fill("#typed", "0.5")
    page.press("#typed", "Enter")
    assert page.text_content("#said") == "Showing threshold 0.5."
    page.fill("#typed", "strict")
    page.press("#typed", "Enter")
    assert page.text_content("#said") == "Type a number, such as 0.5."
    assert page.url.endswith("report.html")


def test_marked_thresholds_axes_and_groups_are_chosen(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["alike"]).page
    page.select_option("#marked", index=2)
    assert page.text_content("#threshold") in [f"{t:.6g}" for t in world("alike").answer_thresholds]
    assert page.text_content("#meaning")
    assert page.is_visible("#axis-0")
    page.select_option("#axis", label="age")
    assert page.is_visible("#axis-1")
    assert not page.is_visible("#axis-0")
    box = page.locator(".axis[data-axis='1'] input[value='0']")
    row = page.locator(".axis[data-axis='1'] [data-kind=false_matches] tr[data-group='0']")
    curve = page.locator(".axis[data-axis='1'] [data-kind=false_matches] .line").first
    assert row.is_visible()
    box.uncheck()
    assert not row.is_visible()
    assert not curve.is_visible()
    page.locator(".axis[data-axis='1'] [data-pick=all]").click()
    assert row.is_visible()


def test_a_press_on_a_figure_goes_to_that_threshold(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["three"]).page
    plot = page.locator("svg.plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    before = page.text_content("#threshold")
    page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + 40)
    assert page.text_content("#threshold") != before
    cursor = page.locator("[data-cursor]").first.bounding_box()
    assert cursor is not None
    assert abs(cursor["x"] - box["x"] - box["width"] * 0.2) < box["width"] * 0.05


def test_the_finding_and_who_is_falsely_matched_are_on_the_first_screen(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    for size, seen in (
        ((1280, 900), (".headline", ".safe-threshold", ".first .chart", ".small", ".tested")),
        ((375, 812), (".headline", ".safe-threshold", ".small", ".first svg.zones")),
    ):
        page = opened(context, folders["three"], size).page
        for selector in seen:
            box = page.locator(selector).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= size[1], (selector, size)


def test_the_verdicts_lie_under_the_rates_on_one_scale(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["three"]).page
    plot, bar = (page.locator(f".first {part}").bounding_box() for part in ("svg.plot", "svg.zones"))
    assert plot is not None
    assert bar is not None
    assert abs(plot["x"] - bar["x"]) <= 1
    assert abs(plot["width"] - bar["width"]) <= 2
    assert 0 <= bar["y"] - plot["y"] - plot["height"] < 12


def test_marks_of_the_trade_off_move_with_the_threshold(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["three"]).page
    marks = page.locator(".trade-off .reading[visibility=visible] svg")
    assert marks.count() == 3
    before = [marks.nth(i).get_attribute("x") for i in range(3)]
    page.focus("#slider")
    page.keyboard.press("Home")
    after = [marks.nth(i).get_attribute("x") for i in range(3)]
    assert all(float(a.rstrip("%")) > float(b.rstrip("%")) for a, b in zip(after, before, strict=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["three", "eight", "without events", "alike", "gap", "cross", "comparison"])
def test_nothing_is_cut_off_or_overlaps(
    context: BrowserContext, folders: dict[str, Path], name: str, size: tuple[int, int]
) -> None:
    page = opened(context, folders[name], size, scripts=name != "comparison").page
    problems: list[str] = page.evaluate(
        """() => {
            const found = [], width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth > width) found.push('the page scrolls sideways');
            for (const element of document.querySelectorAll('body *')) {
                const box = element.getBoundingClientRect();
                if (box.width === 0 || element.closest('.scroll, .skip, svg.plot')) continue;
                if (box.right > width + 1 || box.left < -1) found.push(`outside: ${element.outerHTML.slice(0, 80)}`);
            }
            for (const region of document.querySelectorAll('.scroll')) {
                const over = region.scrollWidth > region.clientWidth + 1;
                if (over && region.tabIndex !== 0) found.push(`cannot be scrolled: ${region.textContent.slice(0, 60)}`);
                for (const said of region.querySelectorAll('caption span')) {
                    if (said.getBoundingClientRect().right > region.getBoundingClientRect().right + 1) {
                        found.push(`caption cut off: ${said.textContent.slice(0, 60)}`);
                    }
                }
            }
            for (const svg of document.querySelectorAll('svg.ticks, svg.across, svg.plot')) {
                const boxes = [...svg.querySelectorAll(':scope > text')].map((t) => t.getBoundingClientRect());
                boxes.forEach((one, i) => boxes.slice(i + 1).forEach((other) => {
                    const apart = one.right <= other.left || other.right <= one.left ||
                        one.bottom <= other.top + 2 || other.bottom <= one.top + 2;
                    if (!apart && one.width) found.push(`ticks overlap in ${svg.getAttribute('class')}`);
                }));
            }
            return found;
        }"""
    )
    assert not problems


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["alike"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.id || document.activeElement.tagName, "
            "getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.add(name)
        assert name == "BODY" or outline != "none"
    assert {"slider", "typed", "marked", "axis", "INPUT", "A"} <= reached


def test_without_scripts_the_answer_and_all_marked_thresholds_are_there(
    browser: Browser, folders: dict[str, Path]
) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    found = opened(context, folders["alike"], scripts=False)
    text = found.page.inner_text("main")
    for threshold in world("alike").answer_thresholds:
        assert f"at threshold {threshold:.6g}" in text.lower()
    assert not found.page.is_visible("#controls")
    assert found.page.is_visible("#axis-0")
    assert found.page.is_visible("#axis-1")
    assert not found.complaints
    context.close()


def test_in_print_there_is_every_axis_and_no_control(
    context: BrowserContext, folders: dict[str, Path]
) -> None:
    page = opened(context, folders["alike"]).page
    page.emulate_media(media="print")
    assert not page.is_visible("#slider")
    assert not page.is_visible("nav")
    assert page.is_visible("#axis-0")
    assert page.is_visible("#axis-1")
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.slow
def test_thirty_groups_at_a_thousand_thresholds_open_in_two_seconds(
    context: BrowserContext, thirty: Evaluation, tmp_path: Path
) -> None:
    folder = write_evaluation(thirty, tmp_path / "thirty")
    taken = []
    for _ in range(3):
        page = opened(context, folder).page
        taken.append(
            page.evaluate("performance.getEntriesByType('mark').find((m) => m.name === 'ready').startTime")
        )
        moved = page.evaluate(
            """() => {
                const slider = document.getElementById('slider'), start = performance.now();
                for (let at = 400; at < 420; at++) { slider.value = at; slider.dispatchEvent(new Event('input')); }
                return (performance.now() - start) / 20;
            }"""
        )
        page.close()
    assert min(taken) < 2000
    assert moved < 100
