"""The order of letters that are read from right to left and of what stands beside them."""

from __future__ import annotations

import unicodedata

__all__ = ["in_order"]

LEFT_TO_RIGHT = "\u200e"
NEUTRAL = " ,.;:()–-%<>&\u00a0\n"
"""What may stand between a name and what follows it."""


def in_order(text: str) -> str:
    """Put a mark without width after letters that are read from right to left, before a number or other letters.

    Without it the Unicode bidirectional algorithm moves the number that follows a name to the name's other side.
    """
    if not any(unicodedata.bidirectional(character) in ("R", "AL") for character in set(text)):
        return text
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
