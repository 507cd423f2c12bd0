"""The site builds without a warning, asks nobody for anything, and has a place for every public name."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest

from tests.readme_blocks import ROOT

sphinx_inventory = pytest.importorskip("sphinx.util.inventory", reason="`make docs` installs Sphinx")
pytest.importorskip("furo", reason="`make docs` installs the theme")
pytest.importorskip("latex2mathml", reason="`make docs` installs it")

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
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MAIN_PAGES = (
    "index",
    "tutorial",
    "coverage",
    "how-to/auditor/report",
    "how-to/auditor/figures",
    "how-to/evaluator/index",
    "how-to/ci/check",
    "explanation/statistics",
    "reference/cli",
    "reference/api/evaluation",
    "notebooks/01_quickstart",
    "notebooks/02_does_the_disparity_disappear",
    "notebooks/03_uncertainty",
)

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Requests(HTMLParser):
    """What a browser fetches to show a page, and the pages it names nothing for."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.images_without_words = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in LOADED:
            self.fetched.append(values.get(LOADED[tag], ""))
        if tag == "link" and not set(values.get("rel", "").split()) & {"author", "next", "prev", "canonical"}:
            self.fetched.append(values.get("href", ""))
        if tag == "img" and not values.get("alt"):
            self.images_without_words += 1


def _copied(folder: Path) -> Path:
    """Copy the docs, for a build writes figures and notebooks beside them; link what they include."""
    ignored = shutil.ignore_patterns("_generated", "notebooks", "__pycache__")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=ignored)
    for name in ("data_synthetic", "notebooks", "harness", "CHANGELOG.md"):
        (folder / name).symlink_to(ROOT / name)
    return folder / "docs"


def _public_names(pages: Path) -> set[str]:
    modules = [
        found[1]
        for page in sorted(pages.glob("reference/api/*.md"))
        if (found := re.search(r"automodule:: (\S+)", page.read_text()))
    ]
    return {
        f"{module}.{name}"
        for module in modules
        for name in importlib.import_module(module).__all__
        if inspect.isroutine(value := getattr(importlib.import_module(module), name))
        or inspect.isclass(value)
    }


def _documented(site: Path) -> set[str]:
    inventory = sphinx_inventory.InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    return {name for kind, names in inventory.data.items() if kind.startswith("py:") for name in names}


@dataclass(frozen=True)
class Built:
    """The pages before and after, and what the builder said."""

    docs: Path
    site: Path
    said: tuple[str, int]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("docs")
    docs, site = _copied(folder), folder / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(docs), str(site)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return Built(docs, site, (done.stderr, done.returncode))


@pytest.mark.slow
@pytest.mark.skipif(bool(LACKING) and not REQUIRED, reason=f"{', '.join(LACKING)} not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_the_main_pages(built: Built, scheme: Literal["light", "dark"]) -> None:
    from playwright.sync_api import sync_playwright

    assert not LACKING, f"{', '.join(LACKING)} not installed"
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True, color_scheme=scheme).new_page()
        for name in MAIN_PAGES:
            page.goto((built.site / f"{name}.html").as_uri())
            page.evaluate(axe)
            result = page.evaluate(
                "(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", STANDARDS
            )
            found = [(v["id"], [node["html"][:100] for node in v["nodes"][:2]]) for v in result["violations"]]
            assert not found, name
            assert len(result["passes"]) > 15, name
        browser.close()


@pytest.mark.slow
def test_the_site_builds_without_a_warning_or_a_request_and_has_every_public_name(built: Built) -> None:
    docs, site = built.docs, built.site
    assert built.said == ("", 0)

    html = sorted(site.rglob("*.html"))
    for page in html:
        requests = Requests()
        requests.feed(page.read_text(encoding="utf-8"))
        assert [url for url in requests.fetched if re.match(r"(https?:)?//", url)] == [], page
        assert requests.images_without_words == 0, page
    for style in site.rglob("*.css"):
        assert not re.search(
            r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")
        ), style

    assert {name for name in _public_names(docs) if name.rpartition(".")[2].islower()} - _documented(
        site
    ) == set()
    assert {"harness.evaluation.Evaluation", "harness.gate.Rule"} <= _documented(site)
    rules = (site / "reference" / "rules.html").read_text(encoding="utf-8")
    assert "below-safe-threshold" in rules
    assert "<math" in (site / "explanation" / "statistics.html").read_text(encoding="utf-8")
