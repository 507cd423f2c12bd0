"""The notebooks and the outputs stored in them.

python tests/notebooks/stored_outputs.py [NOTEBOOK...]    runs them and stores what they show now
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PICTURE = "image/png"
WIDGET = "application/vnd.jupyter.widget-view+json"
SECONDS_A_CELL = 300
TAG = re.compile(r"<style.*?</style>|<[^>]+>", re.DOTALL)


def read(path: Path) -> NotebookNode:
    """Read a notebook as it is stored."""
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def executed(path: Path) -> NotebookNode:
    """Run a notebook in its folder, from nothing, and return it as it would be stored."""
    from nbclient import NotebookClient

    notebook = read(path)
    NotebookClient(
        notebook,
        timeout=SECONDS_A_CELL,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(FOLDER)}},
    ).execute()
    return normalised(notebook)


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Keep what is the same in every run.

    Times, the kernel's version and the state of widgets go; what a widget shows lives in a kernel, so its cell keeps
    no output. What is printed in pieces is joined.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    for place, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{place}", NotebookNode()
        if cell.cell_type == "code":
            cell.outputs = list(
                _joined(output for output in cell.outputs if WIDGET not in output.get("data", {}))
            )
            for output in cell.outputs:
                if "metadata" in output:
                    output.metadata = nbformat.from_dict(_described(output.metadata))
    return notebook


def _described(metadata: NotebookNode) -> dict[str, dict[str, object]]:
    """Keep the size and the words of a picture."""
    kept = {key: metadata.get(PICTURE, {}).get(key) for key in ("alt", "width", "height")}
    known = {key: value for key, value in kept.items() if value is not None}
    return {PICTURE: known} if known else {}


def _joined(outputs: Iterator[NotebookNode]) -> Iterator[NotebookNode]:
    pending: NotebookNode | None = None
    for output in outputs:
        if pending is not None and output.get("name") == pending.name:
            pending.text += output.text
            continue
        if pending is not None:
            yield pending
        pending = output if output.output_type == "stream" else None
        if pending is None:
            yield output
    if pending is not None:
        yield pending


def shown_text(notebook: NotebookNode) -> str:
    """Return all that its outputs say in words and numbers, without the markup."""
    return "\n".join(text for cell in notebook.cells for text in _texts(cell))


def _texts(cell: NotebookNode) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        yield output.get("text", "")
        data = output.get("data", {})
        yield data.get("text/plain", "")
        yield data.get("text/markdown", "")
        yield unescape(TAG.sub(" ", data.get("text/html", "")))


def prose(notebook: NotebookNode) -> str:
    """Return what its author wrote beside the code."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


if __name__ == "__main__":
    for path in [Path(name).resolve() for name in sys.argv[1:]] or NOTEBOOKS:
        nbformat.write(executed(path), path)
