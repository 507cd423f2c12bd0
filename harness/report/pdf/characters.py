"""Text that any font can set and any reader can copy."""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]

NEVER_SET = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Controls, characters not assigned, for private use, and halves of a pair: PDF/A-2a forbids text without meaning."""

MISLEADING = frozenset("\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The byte order mark, and what turns the direction of text that comes after."""


def printable(text: str) -> str:
    """Write every character that has no printed form by its number, as ``‹U+0007›``; white space stays.

    Two names that differ in such a character only still differ in print.
    """
    return "".join(_printable(character) for character in text)


def _printable(character: str) -> str:
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":
        return character
    if character in MISLEADING or unicodedata.category(character) in NEVER_SET:
        return f"‹U+{ord(character):04X}›"
    return character
