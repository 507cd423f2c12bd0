"""YAML with comments: scalars in quotes where they need them, and comments in which nothing hides and nothing acts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from harness.text import line

__all__ = ["Page", "flow", "listed", "quoted", "scalar"]

WIDTH = 110
MOST_NAMED = 6
"""Values in a comment."""
MOST_SHOWN = 40
"""Characters of a value in a comment."""
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
MEANT_OTHERWISE = re.compile(r"y|n|yes|no|on|off|true|false|null", re.IGNORECASE)
"""Words that YAML, or some readers of it, take for more than text."""


def scalar(text: str) -> str:
    r"""Write text as a YAML scalar, in quotes unless every reader takes it for text.

    Examples
    --------
    >>> print(scalar("probe_sex"), scalar("no"), scalar("1"), scalar("a\tb"))
    probe_sex "no" "1" "a\tb"
    """
    if PLAIN.fullmatch(text) and not MEANT_OTHERWISE.fullmatch(text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable() and line(character) == character:
        return character
    if character == "\t":
        return "\\t"
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(texts: Sequence[str]) -> str:
    """Write texts as a YAML list on one line, or a single one by itself."""
    return scalar(texts[0]) if len(texts) == 1 else f"[{', '.join(map(scalar, texts))}]"


def quoted(value: str) -> str:
    r"""Write a value of the data for a comment: in quotes, on one line and cut to fit.

    Examples
    --------
    >>> print(quoted("a\nb"))
    'a\nb'
    """
    shown = line(value[:MOST_SHOWN])
    return f"'{shown}'" + (" and so on" if len(value) > MOST_SHOWN else "")


def listed(values: Sequence[str]) -> str:
    """Quote values, the first of many."""
    shown = ", ".join(quoted(value) for value in values[:MOST_NAMED])
    return shown if len(values) <= MOST_NAMED else f"{shown} and {len(values) - MOST_NAMED:,} more"


class Page:
    """The text of a study file, written from the top.

    Examples
    --------
    >>> page = Page()
    >>> page.say("The score.")
    >>> page.put("score: similarity")
    >>> print(page.text(), end="")
    # The score.
    score: similarity
    """

    def __init__(self) -> None:
        self._lines: list[str] = []

    def gap(self) -> None:
        """Leave a line blank, unless one is or nothing is written yet."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def say(self, *sentences: str, indent: int = 0) -> None:
        """Write a comment, sentences one after the other."""
        said = " ".join(sentence for sentence in sentences if sentence)
        before = " " * indent + "# "
        wrapped = textwrap.wrap(said, WIDTH - len(before), break_long_words=False, break_on_hyphens=False)
        self._lines += [before + one for one in wrapped]

    def suggest(self, text: str, indent: int = 0) -> None:
        """Write a line of YAML that is not in force, to be had by deleting what makes it a comment."""
        self._lines.append(" " * indent + "# " + text)

    def put(self, text: str) -> None:
        """Write a line of YAML."""
        self._lines.append(text)

    def text(self) -> str:
        """Return all that was written."""
        return "\n".join(self._lines).rstrip("\n") + "\n"
