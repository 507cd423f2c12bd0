"""The page as a text: whole, alone, safe, the same again, and small enough."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from harness.evaluation import Evaluation, to_json
from harness.figures.style import VERDICTS
from harness.report import report_on, report_page
from tests.report.report_worlds import NOT_DETECTED, small

VOID = {"meta", "input", "link", "br"}
LARGEST = 1_500_000


def page_of(evaluation: Evaluation) -> str:
    return report_page(report_on(evaluation, digest="0" * 64))


class Elements(HTMLParser):
    """The elements of a page, with their attributes and text; complains of tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page(three: Evaluation) -> str:
    return page_of(three)


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def test_its_policy_allows_its_own_script_and_style_by_digest_and_nothing_else(elements: Elements) -> None:
    policy = next(
        m["content"] for m in elements.named("meta") if m.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    script = elements.text["script"][-1]

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'",
        "style-src": digest("".join(elements.text["style"])),
        "script-src": digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", script)


def test_it_asks_for_nothing_and_styles_nothing_inline(page: str, elements: Elements) -> None:
    assert not [
        a for _, attributes in elements.found for a in attributes if a == "style" or a.startswith("on")
    ]
    assert not [attributes for _, attributes in elements.found if "src" in attributes]
    assert not elements.named("link")
    assert all(attributes["href"].startswith("#") for attributes in elements.named("a"))
    assert "http://" not in page
    assert "https://" not in page


def test_headings_descend_by_one_and_every_id_is_there_once(evaluation: Evaluation) -> None:
    elements = Elements(page_of(evaluation))
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for _, attributes in elements.found:
        for name in ("aria-labelledby", "for"):
            if attributes.get(name):
                assert attributes[name] in ids
    assert all(attributes["href"][1:] in ids for attributes in elements.named("a"))


def test_every_table_has_a_caption_and_every_heading_a_scope(evaluation: Evaluation) -> None:
    elements = Elements(page_of(evaluation))
    assert len(elements.named("table")) == len(elements.named("caption"))
    assert {attributes["scope"] for attributes in elements.named("th")} == {"row", "col"}
    bounds = [text for text in elements.text["th"] if text in ("Lower bound", "Upper bound")]
    assert bounds.count("Lower bound") == bounds.count("Upper bound") > 4


@pytest.mark.parametrize(
    "name", ["<script>alert({})</script>", '"><img src=x onerror=alert({})>', "</script>{}", "{{{{ {} }}}}"]
)
def test_names_are_text_whatever_they_hold(name: str) -> None:
    found = small(name=name)
    elements = Elements(page_of(found))
    assert len(elements.named("script")) == 2
    assert not elements.named("img")
    assert name.format(1) in elements.text["th"]
    assert name.format(1) in elements.text["span"]


def test_characters_without_a_form_are_written_by_number_wherever_a_name_stands() -> None:
    hidden = "\u2028\u202e\u200b\x1b\x9b\ufeff"
    page = page_of(small(name=f"a{hidden}{{}}"))
    packed = re.search(r'id="numbers">([^<]+)<', page)
    assert packed is not None
    data = zlib.decompress(base64.b64decode(packed[1])).decode()
    assert set(hidden).isdisjoint(page + data)
    assert "a‹U+2028›‹U+202E›‹U+200B›‹U+001B›‹U+009B›‹U+FEFF›1" in Elements(page).text["th"]
    assert json.loads(data)["words"]


def test_the_numbers_inside_are_those_of_the_evaluation(page: str, three: Evaluation) -> None:
    packed = re.search(r'id="numbers">([^<]+)<', page)
    assert packed is not None
    data = json.loads(zlib.decompress(base64.b64decode(packed[1])))
    start = first_unsaturated(three)
    assert data["thresholds"] == [f"{value:.6g}" for value in three.thresholds[start:]]
    (errors,) = [
        row
        for row in data["rows"]
        if summed(row) == three.axes["group"].false_matches.errors[0, start:].tolist()
    ]
    assert errors["c"]


def summed(row: dict[str, list[int]]) -> list[int]:
    """The counts that a row holds as their differences."""
    return np.cumsum(row["v"]).tolist()


def first_unsaturated(evaluation: Evaluation) -> int:
    """The first threshold at which at most half of all non-mated comparisons match, by counting."""
    rates = evaluation.axes["group"].false_matches
    matches = rates.errors.sum(axis=0)
    return next(place for place, count in enumerate(matches) if count <= rates.trials.sum() / 2)


def test_saturated_thresholds_are_left_out_and_the_page_says_so(page: str, three: Evaluation) -> None:
    start = first_unsaturated(three)
    assert start > 0
    assert f"Thresholds more lenient than {three.thresholds[start]:.6g} are left out" in page
    (table,) = (strip.table for strip in report_on(three, digest="0" * 64).zones)
    assert table.rows[0][0].startswith(f"{three.thresholds[start]:.6g} to ")
    assert f"{three.thresholds[0]:.6g} to {three.thresholds[start - 1]:.6g}" in table.scope


@pytest.mark.slow
def test_the_same_evaluation_gives_the_same_bytes_in_another_process(
    page: str, three: Evaluation, tmp_path: Path
) -> None:
    (tmp_path / "evaluation.json").write_text(to_json(three), encoding="utf-8")
    program = (
        "import hashlib, sys, harness\n"
        "from harness.report import report_on\n"
        "from harness.report import report_page\n"
        "page = report_page(report_on(harness.load(sys.argv[1]), digest='0' * 64))\n"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    there = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert there == hashlib.sha256(page.encode()).hexdigest()


@pytest.mark.slow
@pytest.mark.slow
def test_thirty_groups_at_a_thousand_thresholds_fit(thirty: Evaluation) -> None:
    page = page_of(thirty)
    assert len(page.encode()) < LARGEST
    assert "1,000 thresholds" in page
    assert "This page shows" not in page


def test_more_thresholds_than_fit_are_thinned_out_and_the_page_says_so(
    three: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.report.page.MOST_NUMBERS", 3000)
    page = page_of(three)
    start = first_unsaturated(three)
    of_use = len(three.thresholds) - start
    shown = re.search(rf"This page shows (\d+) of {of_use} thresholds", page)
    assert shown is not None
    packed = re.search(r'id="numbers">([^<]+)<', page)
    assert packed is not None
    thresholds = json.loads(zlib.decompress(base64.b64decode(packed[1])))["thresholds"]
    assert len(thresholds) == int(shown[1]) < of_use
    assert {f"{value:.6g}" for value in three.answer_thresholds} <= set(thresholds)
    assert {thresholds[0], thresholds[-1]} == {f"{value:.6g}" for value in three.thresholds[[start, -1]]}


def test_the_page_opens_at_the_reference_point_and_says_who_is_falsely_matched_there(
    page: str, three: Evaluation
) -> None:
    axis = three.axes["group"]
    place = next(place for place, rate in enumerate(axis.false_matches.pooled) if rate <= 0.01)
    assert f'<output for="slider" id="threshold">{three.thresholds[place]:.6g}</output>' in page
    rates = axis.false_matches.errors[:, place] / axis.false_matches.trials
    shown = re.findall(r'<tr><th scope="row">(G\d)</th><td class="number">([^<]+)</td>', page)
    assert [group for group, _ in shown] == [axis.false_matches.groups[i] for i in np.argsort(-rates)]
    assert dict(shown)["G3"] == f"1 in {round(1 / rates[2])}"
    assert dict(shown)["G1"] == f"none in {axis.false_matches.trials[0]:,}"


def test_a_threshold_that_the_policy_names_is_the_reference_point() -> None:
    page = page_of(small(policy={**NOT_DETECTED, "operating": [0.55, 0.6]}))
    assert '<output for="slider" id="threshold">0.55</output>' in page
    assert "The reference point: the threshold that the policy names." in page


def test_a_verdict_has_one_pattern_and_colour_on_the_page_and_in_figures(page: str) -> None:
    for verdict, style in VERDICTS.items():
        assert re.search(rf'<pattern id="zone-of-{verdict.replace(" ", "-")}".*fill="{style.tint}"', page)
        rule = re.search(rf'\[data-verdict="{verdict}"\]::before {{(.*)}}', page)
        assert rule is not None
        assert style.tint in rule[1]
        assert not style.hatch or style.color in rule[1].partition("border-color")[0]


def test_trade_off_and_distributions_of_every_axis_are_on_the_page(evaluation: Evaluation) -> None:
    page = page_of(evaluation)
    assert page.count('class="chart trade-off"') == len(evaluation.axes)
    assert page.count('class="scores"') == len(evaluation.axes)
