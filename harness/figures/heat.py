"""Heat maps: colours that read in grey and for every kind of colour vision, ink on them, and their range below."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from harness.arrays import FloatArray
from harness.figures.labels import points_from, size_in_points

__all__ = ["BAR_ROOM", "colour_of", "draw_colour_bar", "ink_on", "range_of", "signed"]

Colour = tuple[float, float, float, float]

COLOURS = "cividis"
"""Even in lightness."""

STEPS = 60
MIDDLE_LUMINANCE = 0.179
"""Where black and white contrast equally, 4.6 to 1: (L + 0.05)² = 1.05 × 0.05."""

# In points.
BAR_ROOM, BAR_HEIGHT, SHORTEST = 30.0, 9.0, 160.0


def range_of(values: FloatArray) -> Normalize:
    """Return the range of colours for some values, of which there may be none or one."""
    if not len(values):
        return Normalize(-1.0, 0.0)
    lowest, highest = float(values.min()), float(values.max())
    return Normalize(lowest, highest) if highest > lowest else Normalize(lowest - 0.5, highest + 0.5)


def colour_of(share: float) -> Colour:
    """Return the colour of a value that is scaled to between 0 and 1."""
    red, green, blue, opaque = mpl.colormaps[COLOURS](share)
    return red, green, blue, opaque


def ink_on(colour: Colour) -> str:
    """Return black or white, whichever has the higher contrast.

    References
    ----------
    W3C, Web Content Accessibility Guidelines 2.2 (2023), relative luminance and contrast ratio.
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > MIDDLE_LUMINANCE else "#FFFFFF"


def signed(value: float) -> str:
    """Return a number with one decimal and a true minus sign."""
    return f"{value:.1f}".replace("-", "−")


def draw_colour_bar(
    ax: Axes, scale: Normalize, name: str, below: float, written: Callable[[float], str]
) -> None:
    """Draw the range of colours below the axes, with its ends and the name of what is measured."""
    corner = points_from(ax, 0, 0)
    long = max(size_in_points(ax)[0], SHORTEST)
    for i in range(STEPS):
        step = Rectangle(
            (long * i / STEPS, -below - BAR_HEIGHT),
            long / STEPS + 0.3,  # overlaps the next, lest gaps show between them
            BAR_HEIGHT,
            transform=corner,
            clip_on=False,
            color=colour_of((i + 0.5) / STEPS),
            linewidth=0,
        )
        ax.add_artist(step)
    texts = (written(scale.vmin or 0.0), name, written(scale.vmax or 0.0))
    for text, x, side in zip(texts, (0.0, long / 2, long), ("left", "center", "right"), strict=True):
        ax.text(x, -below - BAR_HEIGHT - 3, text, transform=corner, ha=side, va="top")
