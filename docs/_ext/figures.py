"""The figures that the pages show, drawn from the shipped synthetic data when the site is built."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

WORLDS = ("vanishing", "persisting")


def _draw(app: Sphinx) -> None:
    import harness
    from harness.figures import save_figures

    data, out = Path(app.srcdir).parent / "data_synthetic", Path(app.srcdir) / "_generated"
    shutil.rmtree(out, ignore_errors=True)
    for world in WORLDS:
        folder = out / world
        folder.mkdir(parents=True)
        evaluation = harness.evaluate(
            data / f"{world}.parquet", study=data / "study.yaml", policy=data / "policy.yaml"
        )
        save_figures(evaluation, folder)


def setup(app: Sphinx) -> dict[str, Any]:
    """Draw before any page is read."""
    app.connect("builder-inited", _draw)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
