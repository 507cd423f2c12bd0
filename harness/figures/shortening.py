"""Names on one line: as wide as they are drawn, and shortened to fit by what they share with others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextToPath

from harness.figures.style import FONT, TEXT_SIZE
from harness.text import page

__all__ = ["fitting", "telling", "text_width"]

WORD = re.compile(r"×?[^\s×]+")
BEFORE_GAP = " ,;:–-"


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return how wide a text is drawn, in points.

    Parameters
    ----------
    text : str
    size : float
        In points.
    """
    width, _, _ = TextToPath().get_text_width_height_descent(
        text, FontProperties(family=[FONT], size=size), ismath=False
    )
    return float(width)


@lru_cache(maxsize=8192)
def fitting(text: str, width: float, size: float = TEXT_SIZE) -> str:
    """Return the text on one line, with an ellipsis in its middle where it is wider than so many points.

    Both ends stay, because names often differ only at the end.

    Parameters
    ----------
    text : str
    width, size : float
        In points.
    """
    text = _drawn(text)
    if text_width(text, size) <= width:
        return text
    for kept in range(min(len(text), int(width)) - 1, 1, -1):
        tail = kept * 2 // 5
        short = f"{text[: kept - tail].rstrip(' …')}…{text[len(text) - tail :].lstrip(' …')}"
        if text_width(short, size) <= width:
            return short
    return "…"


def _drawn(text: str) -> str:
    """Return the text on one line, with a sign in place of every letter that the font lacks.

    What has no form is written by its number, although the font has it: nothing would be seen there.
    """
    drawable = _drawable()
    return "".join(
        c if ord(c) in drawable else "\N{REPLACEMENT CHARACTER}" for c in " ".join(page(text).split())
    )


@cache
def _drawable() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=[FONT]))).get_charmap())


def telling(name: str, names: Sequence[str], width: float) -> str:
    """Return the words of a name that tell it from other names, with an ellipsis in place of those left out.

    Words that stand there twice and those that most names have go first, of these the last; the first word stays, and
    what tells the name from others that begin with it. What is too wide even then has an ellipsis in its middle.

    Parameters
    ----------
    name : str
    names : sequence of str
        It and those from which it is told.
    width : float
        In points.
    """
    text = _drawn(name)
    drawn = [_drawn(other) for other in names]
    words = list(WORD.finditer(text))
    often = Counter(word for other in drawn for word in _words(other))
    others = [_words(other) for other in drawn if other != text and other.split()[:1] == text.split()[:1]]
    kept = [True] * len(words)
    for place in _leaving([word.group() for word in words], often):
        short = _joined(text, words, kept)
        if text_width(short) <= width:
            break
        kept[place] = False
        left = {word.group() for word, stays in zip(words, kept, strict=True) if stays}
        kept[place] = any(left <= other for other in others)
    return fitting(_joined(text, words, kept), width)


def _leaving(words: Sequence[str], often: Counter[str]) -> list[int]:
    """Return the places of the words but the first, in the order in which they may go."""
    return sorted(
        range(1, len(words)),
        key=lambda place: (words[place] not in words[:place], -often[words[place]], -place),
    )


def _words(name: str) -> frozenset[str]:
    return frozenset(WORD.findall(name))


def _joined(text: str, words: Sequence[re.Match[str]], kept: Sequence[bool]) -> str:
    """Return the kept words, in runs as they stand in the text."""
    if all(kept):
        return text
    runs: list[list[int]] = []
    for place, stays in enumerate(kept):
        if stays and place and kept[place - 1]:
            runs[-1].append(place)
        elif stays:
            runs.append([place])
    parts = [text[words[run[0]].start() : words[run[-1]].end()] for run in runs]
    ends_in_gap = [*(True for _ in parts[1:]), not kept[-1]]
    return "…".join(
        part.rstrip(BEFORE_GAP) if gap else part for part, gap in zip(parts, ends_in_gap, strict=True)
    ) + ("" if kept[-1] else "…")
