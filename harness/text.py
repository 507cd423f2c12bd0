r"""Text that leaves the program: what has no visible form is spelled out, so that nothing hides and nothing acts.

Labels, file names, titles and reasons are written by others. `line` is for whatever is printed: a log, a terminal, an
error. `page` is for whatever is drawn or set: HTML, PDF, figures and the words that go with them. Both spell out the
same characters, as `\x1b` and as `‹U+001B›`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from itertools import count

__all__ = ["ascii_json", "file_name", "html", "line", "names_of_files", "page"]

LONGEST_PART = 120
"""Bytes of a file name that stand for a name, so that there is room for the rest of it."""

_BLANK_LETTERS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
)
"""Of those that Python calls printable: fillers, a blank Braille cell, and what only chooses the form of a letter."""

_BLANK = re.compile(f"[{_BLANK_LETTERS}]")
_BYTES = re.compile("[\udc80-\udcff]+")
_COMMAND = re.compile(r"##(?=\w*\[)")
_COMMAND_AT_START = re.compile(r"^(\s*):(?=:)")
_JOINERS = "\u200c\u200d"
_VIRAMA = 9


def line(text: str) -> str:
    r"""Write text on one line, in characters that are seen, and without the commands that build logs act on.

    ``##[...]`` anywhere in a line is a command to GitHub's runner, and so is ``::name::`` at its start
    (actions/runner, ActionCommand.cs); ``##vso[...]`` is one to that of Azure, ``##teamcity[...]`` to TeamCity. A ``#``
    of theirs becomes ``\x23`` and a ``:``, ``\x3a``. Bytes that a file name has and UTF-8 has not are ``\xff``. What
    was written once stays as it is when it is written again.

    Examples
    --------
    >>> print(line("north\x1b[2J"), line("::stop-commands::x"))
    north\x1b[2J \x3a:stop-commands::x
    """
    shown = _spelled(file_name(text), _escaped)
    return _COMMAND_AT_START.sub(r"\1\\x3a", _COMMAND.sub(r"#\\x23", shown))


def page(text: str) -> str:
    """Write text in characters that are seen, others by their number in Unicode; spaces and line feeds stay.

    So do the joiners of Arabic and Indic letters, whose form they choose. Two names that differ in a character without
    a form only still differ in print.

    Examples
    --------
    >>> page("Bl\u200back")
    'Bl‹U+200B›ack'
    """
    text = file_name(text)
    formless = {
        c for c in set(text) if c != "\n" and unicodedata.category(c) != "Zs" and _spelled(c, _numbered) != c
    }
    if not formless:
        return text
    return "".join(_numbered(c) if c in formless and not _joins(text, at) else c for at, c in enumerate(text))


def html(text: str) -> str:
    """Write text into HTML, as `page` does."""
    return escape(page(text))


def file_name(path: str | os.PathLike[str]) -> str:
    r"""Return the name of a file as text that any file can hold: bytes that are not UTF-8 become ``\xff``.

    In a locale without UTF-8, Python gives the bytes of names that are UTF-8 as surrogates too; they become letters.

    Examples
    --------
    >>> print(file_name("caf\udcc3\udca9"), file_name("caf\udce9"))
    café caf\xe9
    """
    return _BYTES.sub(
        lambda found: found[0].encode("ascii", "surrogateescape").decode("utf-8", "backslashreplace"),
        os.fspath(path),
    )


def names_of_files(names: Sequence[str]) -> dict[str, str]:
    """Return the part of a file name that stands for each of several names; those that would share one are numbered.

    Examples
    --------
    >>> names_of_files(["ethnicity×sex", "a/b", "a b"])
    {'ethnicity×sex': 'ethnicity_sex', 'a/b': 'a-b-2', 'a b': 'a-b-3'}
    """
    plain = {name: _part_of_file_name(name) for name in names}
    often = Counter(map(_alike, plain.values()))
    taken = set(often)
    parts = {}
    for number, (name, part) in enumerate(plain.items(), 1):
        own = part
        if often[_alike(part)] > 1:
            numbered = (f"{part}-{n}" for n in count(number))
            own = next(each for each in numbered if _alike(each) not in taken)
            taken.add(_alike(own))
        parts[name] = own
    return parts


def _part_of_file_name(name: str) -> str:
    part = "_".join("".join(c if c.isalnum() else "-" for c in word) for word in name.split("×"))
    return part.encode()[:LONGEST_PART].decode(errors="ignore")


def _alike(name: str) -> str:
    """Return the same for names that some file system takes for one: of other case, or of another Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def ascii_json(text: str) -> str:
    r"""Write JSON in ASCII, for any stream; ``##``, which may begin a command to a build log, is escaped too.

    Examples
    --------
    >>> print(ascii_json('{"place": "Łódź ##[x]"}'))
    {"place": "\u0141\u00f3d\u017a #\u0023[x]"}
    """
    return re.sub(r"[^\x00-\x7e]|(?<=#)#", _in_json, text)


def _spelled(text: str, spell: Callable[[str], str]) -> str:
    if text.isprintable() and not _BLANK.search(text):
        return text
    return "".join(c if c.isprintable() and not _BLANK.match(c) else spell(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _numbered(character: str) -> str:
    return f"‹U+{ord(character):04X}›"


def _joins(text: str, at: int) -> bool:
    if text[at] not in _JOINERS or at == 0:
        return False
    before = text[at - 1]
    return unicodedata.bidirectional(before) == "AL" or unicodedata.combining(before) == _VIRAMA


def _in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
