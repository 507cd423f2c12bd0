"""The fonts of a printed report: those that come with typst and matplotlib, so that no machine changes it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.ft2font import FT2Font

__all__ = ["folder_of_fonts", "has_letters_without_glyph"]

WITH_MOST_LETTERS = ("DejaVuSans.ttf", "STIXGeneral.ttf")


def folder_of_fonts() -> Path:
    """Return the fonts that figures are drawn with."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def has_letters_without_glyph(text: str) -> bool:
    """Tell whether a box that names the script, the same for all its letters, must stand for some letter."""
    return any(not character.isspace() and ord(character) not in _glyphs() for character in text)


@cache
def _glyphs() -> frozenset[int]:
    fonts = (FT2Font(str(folder_of_fonts() / name)) for name in WITH_MOST_LETTERS)
    return frozenset(letter for font in fonts for letter in font.get_charmap())
