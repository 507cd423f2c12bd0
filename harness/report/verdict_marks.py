"""The pattern and colour of every verdict on a page, made from those of figures: SVG patterns and style rules."""

from __future__ import annotations

from dataclasses import dataclass

from harness.figures.style import VERDICTS, VerdictStyle

__all__ = ["VerdictPattern", "verdict_patterns", "verdict_rules"]


SPACING = 24.0
"""Pixels of a strip that one stroke of a hatch is from the next, divided by how many strokes its text has."""

CHIP_SPACING = 16.0
"""The same of the small sample beside a verdict's words."""


@dataclass(frozen=True)
class VerdictPattern:
    """The fill of a verdict's zones, as an SVG pattern.

    Attributes
    ----------
    verdict, id : str
    color, tint : str
    lines : tuple of str
        Paths of its strokes in a square tile.
    dots : bool
        Whether it has dots in place of strokes.
    size : float
        Of the tile.
    """

    verdict: str
    id: str
    color: str
    tint: str
    lines: tuple[str, ...]
    dots: bool
    size: float


def verdict_patterns() -> tuple[VerdictPattern, ...]:
    """Return the fill of every verdict."""
    return tuple(_pattern(verdict, style) for verdict, style in VERDICTS.items())


def _pattern(verdict: str, style: VerdictStyle) -> VerdictPattern:
    size = SPACING / max(len(style.hatch), 1)
    # Drawn beyond the tile, so that strokes meet those of its neighbours without a gap.
    rising = (
        f"M{-size:g} {2 * size:g}L{2 * size:g} {-size:g}M{-size:g} {size:g}L{size:g} {-size:g}"
        f"M0 {2 * size:g}L{2 * size:g} 0"
    )
    falling = (
        f"M{-size:g} {-size:g}L{2 * size:g} {2 * size:g}M{-size:g} 0L{size:g} {2 * size:g}"
        f"M0 {-size:g}L{2 * size:g} {size:g}"
    )
    lines = {"/": (rising,), "x": (rising, falling)}.get(style.hatch[:1], ())
    return VerdictPattern(
        verdict,
        f"zone-of-{verdict.replace(' ', '-')}",
        style.color,
        style.tint,
        lines,
        style.hatch[:1] == ".",
        size,
    )


def verdict_rules() -> str:
    """Return the style rules of the words of every verdict and of the sample before them.

    Examples
    --------
    >>> [rule for rule in verdict_rules().splitlines() if '"parity' in rule][0]
    '[data-verdict="parity shown"] { color: #00507D; }'
    """
    rules = []
    for verdict, style in VERDICTS.items():
        named = f'[data-verdict="{verdict}"]'
        rules.append(f"{named} {{ color: {style.ink}; }}")
        rules.append(f"{named}::before {{ background: {_ground(style)}; border-color: {style.color}; }}")
    return "\n".join(rules) + "\n"


def _ground(style: VerdictStyle) -> str:
    apart = f"{CHIP_SPACING / max(len(style.hatch), 1):.2g}px"

    def strokes(angle: int, under: str) -> str:
        return f"repeating-linear-gradient({angle}deg, {style.color} 0 1px, {under} 1px {apart})"

    match style.hatch[:1]:
        case "/":
            return strokes(-45, style.tint)
        case "x":
            return f"{strokes(45, 'transparent')}, {strokes(-45, style.tint)}"
        case ".":
            return f"radial-gradient(circle, {style.color} 1px, {style.tint} 1.4px) 0 0 / 5px 5px"
    return style.tint
