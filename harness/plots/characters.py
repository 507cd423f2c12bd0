"""Text that any font can set and any reader can copy."""

from __future__ import annotations

import unicodedata

__all__ = ["in_order", "printable"]

NEVER_SET = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Controls, characters not assigned, for private use, and halves of a pair: neither PDF/A-2a nor XML has them all."""

MISLEADING = frozenset("\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The byte order mark, and what turns the direction of text that comes after."""

LEFT_TO_RIGHT = "\u200e"
NEUTRAL = " ,.;:()–-%<>&\u00a0\n"
"""What may stand between a name and what follows it."""


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


def in_order(text: str) -> str:
    """Put a mark without width after letters that are read from right to left, before a number or other letters.

    Without it the Unicode bidirectional algorithm moves the number that follows a name to the name's other side.
    """
    marked, turned = "", ""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if turned and direction in ("L", "EN"):
            end = len(turned.rstrip(NEUTRAL))
            marked, turned = f"{marked}{turned[:end]}{LEFT_TO_RIGHT}{turned[end:]}", ""
        if turned or direction in ("R", "AL"):
            turned += character
        else:
            marked += character
    return marked + turned
