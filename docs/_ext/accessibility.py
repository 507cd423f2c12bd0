"""What the theme and the tables of notebooks leave out, so that a keyboard and a screen reader reach everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Site">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    "<pre>": '<pre tabindex="0">',  # it scrolls where a line is long
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    "<th></th>": "<td></td>",  # the corner of a table
}


def _mend(app: Sphinx, failed: Exception | None) -> None:
    if failed is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        mended = text
        for found, instead in MENDED.items():
            mended = mended.replace(found, instead)
        if mended != text:
            page.write_text(mended, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Mend pages once all are written."""
    app.connect("build-finished", _mend)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
