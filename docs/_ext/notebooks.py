"""The notebooks of the project as pages: copied beside them, so that their links to one another hold."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Container
from html import escape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

PICTURE = "image/png"
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>(?:\.\./[^)#\s]+|[^)#\s:/]+\.ipynb))\)")


def _copy(app: Sphinx, _config: Config) -> None:
    docs = Path(app.srcdir)
    folder = docs / "notebooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    read = {path.name: _finished(path) for path in sorted((docs.parent / "notebooks").glob("*.ipynb"))}
    finished = {name: document for name, document in read.items() if document is not None}
    for name, document in finished.items():
        for cell in document["cells"]:
            for output in cell.get("outputs", ()):
                _with_words(output)
            if cell["cell_type"] == "markdown":
                cell["source"] = _with_links_of_the_site("".join(cell["source"]), docs, finished)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")


def _with_words(output: dict[str, Any]) -> None:
    """Show a picture with its alternative text, which pages would leave out."""
    if PICTURE not in output.get("data", {}):
        return
    picture, told = "".join(output["data"].pop(PICTURE)).strip(), output["metadata"][PICTURE]
    size = "".join(f' {side}="{told[side]}"' for side in ("width", "height") if side in told)
    source = f"data:{PICTURE};base64,{picture}"
    output["data"]["text/html"] = f'<img alt="{escape(told["alt"])}"{size} src="{source}">'


def _finished(notebook: Path) -> dict[str, Any] | None:
    """Return a notebook; None while it is being written: no JSON yet, or code that was not run."""
    try:
        document: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
        cells = document["cells"]
    except (ValueError, KeyError):
        return None
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    return document if code and all(cell["execution_count"] for cell in code) else None


def _with_links_of_the_site(text: str, docs: Path, notebooks: Container[str]) -> str:
    """Keep links to pages; of links to other files of the project, keep the words."""

    def mended(link: re.Match[str]) -> str:
        words, target = link["text"], link["target"]
        page = target.removeprefix("../docs/")
        if page != target and page.endswith(".md") and (docs / page).is_file():
            return f"[{words}](../{page})"
        return link[0] if target in notebooks else words

    return LINK.sub(mended, text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Copy before pages are looked for."""
    app.connect("config-inited", _copy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
