"""The printed report: accepted as PDF/UA-1 and PDF/A-2a, tagged, complete, legible in any script, the same again."""

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typst
from pypdf import PdfReader

from harness.errors import HarnessError
from harness.evaluation import Evaluation, evaluate, to_json
from harness.figures import figures_of, save_figures
from harness.report import comparison_of, comparison_pdf, render_figures, report_on, report_pdf
from harness.report.model import Facts, Formula, Paragraph, Report, Table
from harness.report.pdf import MOST_ZONES, ZONES, appendix_parts, report_parts, settable
from harness.text import page
from tests.few_thresholds import evaluate_at
from tests.report.report_worlds import LONG, NOT_DETECTED, WORLDS, scores, study, world

DIGEST = hashlib.sha256(b"an evaluation").hexdigest()
HOSTILE = (
    '#set text(red); #panic("out") $x$ *b* _i_ `r` <a> @ref \\ // /* = h',
    '"}], "kind": "heading", "x": "',
    "{{ 7 * 7 }} {% raw %} [c] #[d] ~ -- ... 'q'",
    "W" * 90,
    "Māori 中文 العربية हिन्दी 😀",
    "two  spaces – and a dash",
)


def pdf_of(evaluation: Evaluation, *, appendix: bool = False) -> bytes:
    report, drawn = content_of(evaluation), render_figures(evaluation)
    return report_pdf(report, drawn, digest=DIGEST, appendix=appendix)


def content_of(evaluation: Evaluation) -> Report:
    return report_on(evaluation, digest=DIGEST)


def named(names: tuple[str, ...]) -> Evaluation:
    columns = scores(len(names))
    columns["group"] = np.array([names[int(group[1:]) - 1] for group in columns["group"]])
    return evaluate(columns, study=study(), policy=NOT_DETECTED)


@cache
def hostile() -> tuple[Evaluation, bytes]:
    evaluation = named(HOSTILE)
    return evaluation, pdf_of(evaluation)


@cache
def printed(name: str) -> bytes:
    return pdf_of(world(name))


@cache
def with_appendix(name: str) -> bytes:
    return pdf_of(world(name), appendix=True)


QUICK = ("three", "cross", "unsafe", "without events", "searches")


@pytest.fixture(
    params=[pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in WORLDS]
)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def squeezed(text: str) -> str:
    """Text without white space: where a line ends is the setter's matter."""
    return re.sub(r"\s+", "", text)


def text_of(pdf: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def elements(pdf: bytes) -> Iterator[tuple[str, Any]]:
    """Every element of the structure, as a screen reader goes through it."""

    def below(node: Any) -> Iterator[tuple[str, Any]]:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for part in node:
                yield from below(part)
        elif isinstance(node, dict):
            if "/S" in node:
                yield str(node["/S"])[1:], node
            yield from below(node.get("/K", []))

    root = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    yield from below(root["/StructTreeRoot"])


def texts_of(report: Report) -> Iterator[str]:
    """Everything that a report says in words and numbers, but for its tables at the thresholds of the answer."""
    yield from (report.title, report.subtitle, report.safe_threshold, report.headline, report.tested)
    blocks = [report.lead, report.reference.table, report.key_thresholds]
    blocks += [strip.table for strip in report.zones if len(strip.table.rows) <= MOST_ZONES]
    blocks += [block for axis in report.axes for block in axis.operating]
    blocks += [block for section in report.in_short for block in section.blocks]
    yield from texts_in(blocks)


def texts_of_appendix(report: Report) -> Iterator[str]:
    blocks = [report.findings, *(strip.table for strip in report.zones)]
    blocks += [block for section in report.sections for block in section.blocks if section.key == "methods"]
    for axis in report.axes:
        blocks += [table for place in {*axis.marks, report.start} for table in axis.tables_at(place)]
    yield from texts_in(blocks)


def texts_in(blocks: list[Any]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph():
                yield block.text
            case Facts():
                yield from (text for entry in block.entries for text in entry)
            case Formula():
                yield from (block.name, block.text, *block.formula.split(";  "), block.source)
            case Table():
                yield from (block.caption, block.scope, *(column.heading for column in block.columns))
                yield from (text for row in block.rows for text in row)


def test_every_world_passes_the_generators_checks_and_says_what_it_is(name: str) -> None:
    reader = PdfReader(io.BytesIO(printed(name)))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == content_of(world(name)).title
    described = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in described
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in described


@pytest.mark.parametrize("with_it", [False, True], ids=["report", "appendix"])
def test_everything_that_the_report_says_is_in_its_text(name: str, with_it: bool) -> None:
    report = content_of(world(name))
    found = text_of(with_appendix(name) if with_it else printed(name))
    said = texts_of_appendix(report) if with_it else texts_of(report)
    missing = [text for text in said if squeezed(text) not in found]
    # Cells that go over a page break, or share their lines with neighbours, are looked for word by word.
    assert [word for text in missing for word in text.split() if word not in found] == []
    assert squeezed(report.headline) in found


def test_every_number_of_a_row_stands_in_the_row_of_its_group(alike: Evaluation) -> None:
    report, found = content_of(alike), text_of(with_appendix("alike"))
    for axis in report.axes:
        for place in axis.marks:
            for row in axis.tables_at(place)[0].rows:
                assert squeezed("".join(row)) in found


def test_the_appendix_follows_the_report_and_passes_the_same_checks(three: Evaluation) -> None:
    report, drawn = content_of(three), render_figures(three)
    long = report_parts(report, drawn) + appendix_parts(report)
    headings = [part["text"] for part in long if part["kind"] == "heading" and part["level"] == 1]
    assert headings[-4:] == [
        "Appendix",
        "The answer, line by line",
        "At the thresholds of the answer",
        "Methods",
    ]
    root = PdfReader(io.BytesIO(with_appendix("three"))).trailer["/Root"]
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()
    assert "Appendix" not in text_of(printed("three"))


@pytest.mark.parametrize("policy", [NOT_DETECTED, {"max_ratio": 1.2}], ids=["safe", "no safe threshold"])
def test_four_groups_of_one_axis_are_told_in_eight_pages(policy: dict[str, object]) -> None:
    columns = scores(4, name=LONG, trials=20000, apart=0.05, subjects=200)
    evaluation = evaluate(columns, study=study(subjects=["subject"]), policy=policy)
    pages = PdfReader(io.BytesIO(pdf_of(evaluation))).pages
    assert len(pages) <= 8
    first, report = squeezed(pages[0].extract_text()), content_of(evaluation)
    told = [report.headline, f"Safe threshold: {report.safe_threshold}", report.tested]
    told += [text for row in report.reference.table.rows for text in row]
    assert [text for text in told if squeezed(text) not in first] == []
    assert "Figure1:" in first


def test_figures_have_words_tables_have_headings_and_headings_descend_by_one(name: str) -> None:
    found = list(elements(printed(name)))
    report = content_of(world(name))
    figures = [node for tag, node in found if tag == "Figure"]
    axes = world(name).axes
    heat_maps, zones = sum(axis.across is not None for axis in axes.values()), int(len(axes) > 1)
    searched = 1 if world(name).study.task == "identification" else 0
    assert len(figures) == zones + heat_maps + sum(len(axis.panels) + 2 + searched for axis in report.axes)
    drawn = render_figures(world(name)).items()
    said = {drawing.alternative for key, drawing in drawn if zones or key != ZONES}
    assert {str(node["/Alt"]) for node in figures} == said
    tables = [node for tag, node in found if tag == "Table"]
    headings = [node for tag, node in found if tag == "TH"]
    assert len(tables) >= 4 + len(report.axes)
    assert len(headings) >= 2 * len(tables)
    levels = [int(tag[1]) for tag, _ in found if re.fullmatch(r"H[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_the_answer_is_on_the_first_page_and_the_digest_on_every_one(name: str) -> None:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(printed(name))).pages]
    report = content_of(world(name))
    assert f"Safe threshold: {report.safe_threshold}" in pages[0]
    for number, text in enumerate(pages, 1):
        assert f"SHA-256 {DIGEST}" in text
        assert f"Page {number} of {len(pages)}" in text


def test_names_are_text_whatever_they_hold() -> None:
    evaluation, pdf = hostile()
    found = text_of(pdf)
    for name in HOSTILE[:4]:
        assert squeezed(name) in found
    assert set(evaluation.axes["group"].false_matches.groups) == set(HOSTILE)
    parts = (report_parts(content_of(found), render_figures(found)) for found in (evaluation, world("three")))
    ours, plain = ([part["text"] for part in each if part["kind"] == "heading"] for each in parts)
    assert len(ours) == len(plain)
    tags = [
        [tag for tag, _ in elements(each) if re.fullmatch(r"H[1-6]", tag)] for each in (pdf, printed("three"))
    ]
    assert tags[0] == tags[1]


def test_letters_that_no_font_has_are_written_by_number_and_the_reader_is_told() -> None:
    _, pdf = hostile()
    found = text_of(pdf)
    assert all(character in found for character in "āع–")
    assert squeezed("‹U+4E2D U+6587›") in found  # 中文
    assert squeezed("‹U+0939 U+093F") in found  # हि
    assert squeezed("Some characters of names are in no font") in found
    assert not set("中文हिन्दी") & set(found)
    assert squeezed("Some characters of names") not in text_of(printed("three"))


def test_two_names_in_a_script_without_a_font_differ_in_print() -> None:
    assert settable("中文") != settable("文中")
    assert settable("a中b") == "a‹U+4E2D›b"
    assert settable("Māori – White") == "Māori – White"


def test_a_comparison_writes_such_letters_by_number_too() -> None:
    digests = ("a" * 64, "b" * 64)
    found = named(HOSTILE)
    printed_both = text_of(comparison_pdf(comparison_of(found, found, digests=digests), digests=digests))
    assert squeezed("‹U+4E2D U+6587›") in printed_both
    assert squeezed("Some characters of names are in no font") in printed_both


@pytest.mark.slow
def test_nothing_is_put_into_long_names_and_digests_to_break_them() -> None:
    _, pdf = hostile()
    assert "\u200b" not in text_of(pdf)
    assert "\u00ad" not in text_of(pdf)
    assert text_of(pdf).count(DIGEST) > len(PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.slow
def test_characters_without_a_printed_form_are_written_by_number() -> None:
    assert page("a\u0007b\ue000\ufeff\u202ec") == "a‹U+0007›b‹U+E000›‹U+FEFF›‹U+202E›c"
    assert page("line\nnext x \u00a0ā中😀e\u0301") == "line\nnext x \u00a0ā中😀e\u0301"
    pdf = pdf_of(named(("a\u0001", "b\ue000", "c\ufffe")))
    assert all(text in text_of(pdf) for text in ("a‹U+0001›", "b‹U+E000›", "c‹U+FFFE›"))


@pytest.mark.slow
@pytest.mark.parametrize("groups", [3, 8, 30])
@pytest.mark.parametrize("policy", [NOT_DETECTED, {"max_ratio": 1.01}], ids=["safe", "no safe threshold"])
@pytest.mark.parametrize("mean", [0.2, -3.0], ids=["events", "no events"])
def test_any_number_of_groups_with_long_names_is_printed_whole(
    groups: int, policy: dict[str, object], mean: float
) -> None:
    columns = scores(groups, name=LONG, mean=mean)
    evaluation = evaluate_at(columns, study=study(), policy=policy, thresholds="0:0.9:0.05")
    found = text_of(pdf_of(evaluation))
    for group in range(1, groups + 1):
        assert found.count(squeezed(LONG.format(group))) >= 2


@pytest.mark.slow
def test_a_long_table_repeats_its_headings_on_every_page() -> None:
    evaluation = evaluate_at(
        scores(30, name=LONG), study=study(), policy=NOT_DETECTED, thresholds="0:0.9:0.1"
    )
    pdf = pdf_of(evaluation, appendix=True)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    with_rows = [squeezed(page) for page in pages if len(re.findall(r"1\.000", page)) >= 5]
    assert len(with_rows) >= 3
    assert all("Designeffect" in page for page in with_rows)


@pytest.mark.slow
def test_the_same_evaluation_gives_the_same_bytes_in_another_process(
    three: Evaluation, tmp_path: Path
) -> None:
    (tmp_path / "evaluation.json").write_text(to_json(three), encoding="utf-8")
    script = (
        "import sys; from harness.evaluation import load; from harness.report import report_on\n"
        "from harness.report import render_figures, report_pdf\n"
        f"found = load(sys.argv[1]); report = report_on(found, digest='{DIGEST}')\n"
        f"sys.stdout.buffer.write(report_pdf(report, render_figures(found), digest='{DIGEST}'))"
    )
    again = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "evaluation.json")],
        capture_output=True,
        check=True,
        env={"PYTHONHASHSEED": "5", "TZ": "Pacific/Auckland", "SOURCE_DATE_EPOCH": "86400"},
    )
    assert again.stdout == printed("three")


def test_figures_that_are_drawn_already_are_taken_as_they_are(three: Evaluation, tmp_path: Path) -> None:
    save_figures(three, tmp_path)
    assert render_figures(three, tmp_path) == render_figures(three)
    marked = tmp_path / "verdict_zones.svg"
    marked.write_text(
        marked.read_text(encoding="utf-8").replace("<svg ", "<svg id='mine' "), encoding="utf-8"
    )
    assert "id='mine'" in render_figures(three, tmp_path)["zones", ""].svg


def test_no_line_of_a_figure_has_an_empty_list_of_dashes_which_the_setter_would_not_draw(
    name: str,
) -> None:
    for drawing in render_figures(world(name)).values():
        assert not re.search(r"stroke-dasharray:\s*;", drawing.svg)


def test_a_comparison_is_printed_whole() -> None:
    digests = ("a" * 64, "b" * 64)
    comparison = comparison_of(world("three"), world("unsafe"), digests=digests)
    pdf = comparison_pdf(comparison, digests=digests)
    found = text_of(pdf)
    assert "Twoevaluationscompared" in found
    for section in comparison.sections:
        assert squeezed(section.heading) in found
        for block in section.blocks:
            if isinstance(block, Table):
                assert all(word in found for row in block.rows for text in row for word in text.split())
    assert found.count(digests[0]) > len(PdfReader(io.BytesIO(pdf)).pages)
    assert [tag for tag, _ in elements(pdf)].count("Table") >= 3


def test_what_the_generator_refuses_is_told_in_one_line(
    three: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.report.pdf.STANDARDS", ["ua-1", "a-4"])
    with pytest.raises(HarnessError, match=r"cannot be made a PDF \(.*mutually incompatible.*\)$") as caught:
        report_pdf(content_of(three), render_figures(three), digest=DIGEST)
    assert "\n" not in str(caught.value)


def test_a_figure_without_words_is_refused_by_the_generator(three: Evaluation) -> None:
    with pytest.raises(typst.TypstError, match="alt"):
        typst.compile(
            b'#set document(title: "x")\n= A\n#image(bytes("<svg xmlns=\'http://www.w3.org/2000/svg\' '
            b"width='9' height='9'/>\"), format: \"svg\")",
            pdf_standards=["ua-1"],
        )


def test_its_parts_follow_the_order_of_the_page(alike: Evaluation) -> None:
    parts = report_parts(content_of(alike), render_figures(alike))
    headings = [part["text"] for part in parts if part["kind"] == "heading" and part["level"] == 1]
    assert headings[:4] == [
        "The answer in words",
        "Zones",
        "Rates at operating points",
        "Differences and cost",
    ]
    assert headings[4:] == [section.heading for section in content_of(alike).in_short]
    assert [part["kind"] for part in parts[:4]] == ["answer", "figure", "table", "facts"]


def test_axes_whose_names_are_alike_have_each_their_own_figure(tmp_path: Path) -> None:
    three = world("three")
    axis = three.axes["group"]
    alike = replace(three, axes={name: replace(axis, name=name) for name in ("a b", "a-b-1", "a/b", "A B")})
    for name, display in figures_of(alike):
        (tmp_path / f"{name}.svg").write_text(f"{type(display).__name__} {getattr(display, 'axis', '')}")
    drawn = render_figures(alike, tmp_path)
    assert {axis: drawn["worst_ratio", axis].svg for axis in alike.axes} == {
        axis: f"WorstRatioDisplay {axis}" for axis in alike.axes
    }
