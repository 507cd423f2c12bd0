"""The fonts of a printed report: those that come with typst and matplotlib, so that no machine changes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

from harness.figures.characters import in_order
from harness.text import page

__all__ = ["NUMBERED", "folder_of_fonts", "settable"]

NUMBERED = "‹U+"
"""How every letter that is written by its number begins."""

WITH_MOST_LETTERS = ("DejaVuSans.ttf", "STIXGeneral.ttf")


def folder_of_fonts() -> Path:
    """Return the fonts that figures are drawn with."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def settable(text: str) -> str:
    """Write what no font has by number, letters that follow one another together: ``‹U+4E2D U+6587›``.

    A box would stand for all letters of a script alike, so that two names could look the same.
    """
    written = "".join(
        part if there else f"‹{' '.join(f'U+{ord(letter):04X}' for letter in part)}›"
        for there, part in _runs(page(text))
    )
    return in_order(written)


def _runs(text: str) -> Iterator[tuple[bool, str]]:
    for there, letters in groupby(text, lambda letter: letter.isspace() or ord(letter) in _glyphs()):
        yield there, "".join(letters)


@cache
def _glyphs() -> frozenset[int]:
    fonts = (FT2Font(str(folder_of_fonts() / name)) for name in WITH_MOST_LETTERS)
    return frozenset(letter for font in fonts for letter in font.get_charmap())
