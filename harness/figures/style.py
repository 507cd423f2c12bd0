"""How every figure looks: lines told apart without colour, fonts and settings that no machine changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import matplotlib as mpl

__all__ = [
    "BOUND",
    "FONT",
    "GREY",
    "GRID",
    "PALETTE",
    "SOLID",
    "TEXT_SIZE",
    "TITLE_SIZE",
    "VERDICTS",
    "FillStyle",
    "LineStyle",
    "VerdictStyle",
    "line_styles",
    "settings",
]

Dashes: TypeAlias = tuple[float, tuple[float, ...] | None]
Fill: TypeAlias = Literal["full", "none", "left", "right", "top", "bottom"]

PALETTE = ("#000000", "#009E73", "#0072B2", "#D55E00", "#CC79A7")
"""Those colours of Okabe and Ito that reach a contrast of 3 to 1 on white."""

GREY = "#595959"
GRID = "#D9D9D9"
FONT = "DejaVu Sans"
"""Comes with matplotlib, so a figure does not depend on the fonts of a machine."""

TEXT_SIZE = 9.0
TITLE_SIZE = 10.5

SOLID: Dashes = (0, None)
"""No empty sequence: in an SVG it is an empty list of dashes, for which some programs draw no line."""

# Dotted lines and triangles that point down are not among these: they stand for zero events.
DASHES: tuple[Dashes, ...] = (
    SOLID,
    (0, (6, 2)),
    (0, (3, 1.5)),
    (0, (8, 2, 1.5, 2)),
    (0, (6, 2, 1.5, 2, 1.5, 2)),
    (0, (12, 2, 4, 2)),
)
MARKERS = ("o", "s", "^", "D", "X", "P", "<", "*", ">", "p")
FILLS: tuple[Fill, ...] = ("full", "none", "left", "right", "top", "bottom")

SETTINGS: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": TEXT_SIZE,
    "axes.titlesize": TITLE_SIZE,
    "axes.labelsize": TEXT_SIZE,
    "xtick.labelsize": TEXT_SIZE,
    "ytick.labelsize": TEXT_SIZE,
    "axes.unicode_minus": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "harness",
    "pdf.fonttype": 42,
    "hatch.linewidth": 0.6,
}


@dataclass(frozen=True)
class LineStyle:
    """How the line of one group looks.

    Attributes
    ----------
    color : str
    dashes : tuple
        As matplotlib's ``linestyle`` takes it.
    marker : str
    fill : str
        Which part of the marker is filled.
    """

    color: str
    dashes: Dashes
    marker: str
    fill: Fill

    @property
    def line(self) -> dict[str, Any]:
        """Keyword arguments of a matplotlib line with markers."""
        return {
            "color": self.color,
            "linestyle": self.dashes,
            "linewidth": 1.4,
            "marker": self.marker,
            "markersize": 5.5,
            "fillstyle": self.fill,
            "markerfacecoloralt": "white",
        }

    @property
    def bound(self) -> dict[str, Any]:
        """Keyword arguments of the line of an upper bound where there are zero events."""
        return {
            "color": self.color,
            "linestyle": (0, (1, 2)),
            "linewidth": 0.9,
            "marker": "v",
            "markersize": 6,
            "markerfacecolor": "white",
            "markeredgewidth": 0.9,
        }


BOUND: dict[str, Any] = {**LineStyle(GREY, DASHES[0], "v", "none").bound}
"""A sample of how an upper bound of zero events is drawn, of no group in particular."""


@dataclass(frozen=True)
class FillStyle:
    """How an area looks: a light tint, with a hatch that tells it from others without colour.

    Attributes
    ----------
    color : str
        Of hatch and outline.
    tint : str
        Of the ground, light enough for text on it.
    hatch : str
        As matplotlib writes it; empty for none.
    """

    color: str
    tint: str
    hatch: str

    @property
    def patch(self) -> dict[str, Any]:
        """Keyword arguments of a matplotlib patch or filled band."""
        return {"facecolor": self.tint, "edgecolor": self.color, "hatch": self.hatch, "linewidth": 0.6}


@dataclass(frozen=True)
class VerdictStyle(FillStyle):
    """How a verdict looks, in figures, on a page and in print.

    Attributes
    ----------
    ink : str
        Of its words on the tint or on white, with a contrast of 4.5 to 1 at least.
    """

    ink: str


# Every two differ in hatch or in how dark they are, so that they are told apart in black and white.
VERDICTS: dict[str, VerdictStyle] = {
    "disparity beyond tolerance": VerdictStyle("#5C2400", PALETTE[3], "//////", "#8F2D00"),
    "disparity shown": VerdictStyle(PALETTE[3], "#FBE3D3", "////", "#8F2D00"),
    "inconclusive": VerdictStyle("#8C8C8C", "#FFFFFF", "..", "#474747"),
    "parity shown": VerdictStyle(PALETTE[2], "#CFE5F3", "", "#00507D"),
    "saturated": VerdictStyle("#7A7A7A", "#E3E3E3", "xxx", "#474747"),
}
"""The style of every verdict by its words: the one source of pattern and colour for figures, page and print."""


def line_styles(groups: int) -> tuple[LineStyle, ...]:
    """Return a style for each of the groups, distinct without colour for up to 180.

    Parameters
    ----------
    groups : int
    """
    # 6 dashes and 10 markers stepped together would meet again after 30 lines, when the fill changes.
    return tuple(
        LineStyle(
            PALETTE[i % len(PALETTE)],
            DASHES[i % len(DASHES)],
            MARKERS[i % len(MARKERS)],
            FILLS[i // 30 % len(FILLS)],
        )
        for i in range(groups)
    )


@contextmanager
def settings() -> Iterator[None]:
    """Draw and save under matplotlib's defaults and the harness's own settings, whatever the user's are.

    The user's settings are back afterwards.
    """
    wanted: dict[Any, Any] = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    wanted.update(SETTINGS)
    with mpl.rc_context(wanted):
        yield
