"""Figures to files, with the same bytes each time."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure, SubFigure

from harness.errors import InputError
from harness.figures.style import settings
from harness.files import write_whole
from harness.text import page

__all__ = ["encoded", "save_figure"]

# What would name the moment or the program; None leaves it out.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
DESCRIBED_AS = {"svg": "Description", "png": "Description", "pdf": "Subject"}
PNG_DPI = 150


def save_figure(
    figure: Figure | SubFigure,
    path_without_suffix: str | os.PathLike[str],
    formats: Sequence[str] = ("svg", "png", "pdf"),
    *,
    title: str | None = None,
    alt_text: str | None = None,
) -> tuple[Path, ...]:
    """Save a figure in several formats.

    Parameters
    ----------
    figure : matplotlib Figure or SubFigure
        Of a part, the whole is saved.
    path_without_suffix : path
        The folder must exist; the format's name is appended after a dot.
    formats : sequence of {"svg", "png", "pdf"}
    title : str, optional
        What the figure shows, in a line; kept in each file's metadata.
    alt_text : str, optional
        Kept in each file's metadata, and in an SVG as the label that a screen reader speaks.

    Returns
    -------
    tuple of Path
        In the order of the formats.

    Raises
    ------
    InputError
        Where a format is unknown or a file cannot be written.
    """
    for wanted in formats:
        if wanted not in METADATA:
            raise InputError(f"figure format {wanted!r} is not one of {', '.join(METADATA)}")
    return tuple(_save(figure, os.fspath(path_without_suffix), wanted, title, alt_text) for wanted in formats)


def _save(
    figure: Figure | SubFigure, stem: str, wanted: str, title: str | None, alt_text: str | None
) -> Path:
    path = Path(f"{stem}.{wanted}")
    write_whole(path, encoded(figure, wanted, title, alt_text))
    return path


def encoded(figure: Figure | SubFigure, wanted: str, title: str | None, alt_text: str | None) -> bytes:
    """Return the bytes of a figure's file; see `save_figure`.

    In the words, characters without a printed form are written by number, for XML has no place for some of them.
    """
    title, alt_text = (None if text is None else page(text) for text in (title, alt_text))
    described = {"Title": title, DESCRIBED_AS[wanted]: alt_text}
    known = {key: text for key, text in described.items() if text is not None}
    written = io.BytesIO()
    with settings():
        figure.get_figure(root=True).savefig(
            written, format=wanted, dpi=PNG_DPI, metadata={**METADATA[wanted], **known}
        )
    content = written.getvalue()
    return _spoken(content, alt_text) if wanted == "svg" and alt_text is not None else content


def _spoken(svg: bytes, alt_text: str) -> bytes:
    """Make an SVG an image with a label, and a description as its first or second element."""
    text = escape(alt_text).encode()
    labelled = svg.replace(b"<svg ", b'<svg role="img" aria-label="' + text + b'" ', 1)
    return labelled.replace(b" <metadata>", b" <desc>" + text + b"</desc>\n <metadata>", 1)
