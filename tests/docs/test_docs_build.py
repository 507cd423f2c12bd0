"""The site builds without a warning, asks nobody for anything, and has a place for every public name."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from readme_blocks import ROOT

sphinx_inventory = pytest.importorskip("sphinx.util.inventory", reason="`make docs` installs Sphinx")
pytest.importorskip("furo", reason="`make docs` installs the theme")
pytest.importorskip("latex2mathml", reason="`make docs` installs it")

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


@pytest.mark.slow
def test_the_site_builds_without_a_warning_or_a_request_and_has_every_public_name(tmp_path: Path) -> None:
    docs, site = _copied(tmp_path), tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(docs), str(site)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.stderr, done.returncode) == ("", 0)

    html = sorted(site.rglob("*.html"))
    for page in html:
        requests = Requests()
        requests.feed(page.read_text(encoding="utf-8"))
        assert [url for url in requests.fetched if re.match(r"(https?:)?//", url)] == [], page
        if "notebooks" not in page.parts:
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
