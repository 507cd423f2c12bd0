"""What the notebooks show is what they compute, and what they say is what they show.

The fresh run needs jupyter, which `make notebooks` installs; all else reads the stored files.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

nbformat = pytest.importorskip("nbformat", reason="`make notebooks` installs jupyter and runs this")

from matplotlib.image import imread  # noqa: E402 - after what is needed to read a notebook at all

import harness  # noqa: E402
from tests.notebooks.stored_outputs import (  # noqa: E402
    FOLDER,
    NOTEBOOKS,
    ROOT,
    TAG,
    executed,
    normalised,
    prose,
    read,
    shown_text,
)

DATA = ROOT / "data_synthetic"
NUMBER = re.compile(
    r"\b(?:\d|(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|\w+teen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|millions?|\w+fold)\b)",
    re.IGNORECASE,
)
CODE_OR_LINK = re.compile(
    r"```.*?```|`[^`]*`|\[[^\]]*\]\([^)]*\)|^#+ \d+\.|\b1:N\b", re.DOTALL | re.MULTILINE
)
IMPORT = re.compile(r"^from (harness[\w.]*) import (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)#]+)\)")
VOLATILE = re.compile(r"0x[0-9a-f]{6,}|/tmp/|/home/|/Users/|site-packages|\x1b\[|[0-9a-f]{64}")
EVALUATED = {
    "01_quickstart": ("vanishing", "persisting"),
    "02_does_the_disparity_disappear": ("vanishing", "persisting"),
}
DIFFERING_PIXELS = 0.002
"""Of a figure, for antialiasing that another machine may do otherwise."""

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@cache
def answer_of(world: str) -> str:
    evaluation = harness.evaluate(
        DATA / f"{world}.parquet", study=DATA / "study.yaml", policy=DATA / "policy.yaml"
    )
    return evaluation._repr_html_()


def pictures(notebook: nbformat.NotebookNode) -> Iterator[np.ndarray]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", {}):
                yield imread(io.BytesIO(base64.b64decode(output.data["image/png"])), format="png")


def without_pictures(notebook: nbformat.NotebookNode) -> list[list[dict[str, object]]]:
    """Return the outputs of every cell, each picture as no more than its presence."""
    cells = [cell.get("outputs", []) for cell in notebook.cells]
    for output in (output for outputs in cells for output in outputs):
        if "image/png" in output.get("data", {}):
            output.data["image/png"] = "a picture"
    return cells


def test_there_are_the_seven_notebooks() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06", "07"]


@each_notebook
def test_a_notebook_is_stored_executed_in_order_and_without_errors_or_warnings(path: Path) -> None:
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs
    assert not [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ]


@each_notebook
def test_a_notebook_stores_nothing_that_differs_from_run_to_run(path: Path) -> None:
    stored = read(path)
    assert stored == normalised(read(path))
    assert not VOLATILE.findall(shown_text(stored))


@each_notebook
def test_every_figure_is_stored_as_a_picture_with_its_words(path: Path) -> None:
    for cell in read(path).cells:
        for output in cell.get("outputs", ()):
            data, words = (
                output.get("data", {}),
                output.get("metadata", {}).get("image/png", {}).get("alt", ""),
            )
            assert ("image/png" in data) == (len(words) > 40), cell.source
            if "image/png" not in data:
                assert not re.match(r"<(Figure|Axes)|\w*Display\(", data.get("text/plain", "")), cell.source


@each_notebook
def test_no_number_is_typed_in_the_prose(path: Path) -> None:
    """A cell that computes it says it, so that it is true of the next run too."""
    assert not NUMBER.findall(CODE_OR_LINK.sub(" ", prose(read(path))))


@each_notebook
def test_a_notebook_uses_only_what_the_reference_lists(path: Path) -> None:
    pages = (ROOT / "docs" / "reference" / "api").glob("*.md")
    listed = {name for page in pages for name in re.findall(r"automodule:: (\S+)", page.read_text("utf-8"))}
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    assert not re.findall(r"\._[a-z]\w*", code)
    for module, names in IMPORT.findall(code):
        public = getattr(import_module(module), "__all__", ())
        for name in names.split(", "):
            assert f"{module}.{name}" in listed or (module in listed and name in public), f"{module}: {name}"


@each_notebook
def test_every_link_leads_to_a_file(path: Path) -> None:
    links = [link for link in LINK.findall(prose(read(path))) if "://" not in link]
    assert links
    assert not [link for link in links if not (FOLDER / link).exists()]


@each_notebook
def test_a_notebook_says_first_what_it_answers_and_last_what_to_remember(path: Path) -> None:
    cells = read(path).cells
    assert cells[0].source.startswith("# ")
    assert "**What this answers.**" in cells[0].source
    assert "## What to remember" in cells[-1].source


@pytest.mark.slow
@pytest.mark.parametrize(("name", "worlds"), EVALUATED.items(), ids=EVALUATED)
def test_the_answers_a_notebook_shows_are_those_of_the_evaluations_it_cites(
    name: str, worlds: tuple[str, ...]
) -> None:
    shown = " ".join(shown_text(read(FOLDER / f"{name}.ipynb")).split())
    for world in worlds:
        rows = answer_of(world).split("</caption>")[1]
        assert " ".join(unescape(TAG.sub(" ", rows)).split()) in shown


@pytest.mark.slow
def test_a_cell_that_fails_fails_the_run(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="`make notebooks` installs jupyter and runs this")
    cells = [nbformat.v4.new_code_cell(code) for code in ("1 / 0", "print('on')")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "failing.ipynb")
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="ZeroDivisionError"):
        executed(tmp_path / "failing.ipynb")


@pytest.mark.slow
@each_notebook
def test_a_fresh_run_shows_what_is_stored(path: Path) -> None:
    for package in ("nbclient", "ipywidgets"):
        pytest.importorskip(package, reason="`make notebooks` installs jupyter and runs this")
    fresh, stored = executed(path), read(path)
    for now, before in zip(pictures(fresh), pictures(stored), strict=True):
        assert now.shape == before.shape
        assert np.mean(np.abs(now - before).max(axis=-1) > 0.1) <= DIFFERING_PIXELS
    assert without_pictures(fresh) == without_pictures(stored)
