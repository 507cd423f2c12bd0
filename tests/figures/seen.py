"""What of a figure is seen: its texts, as Agg draws them."""

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text


def texts(figure: Figure) -> list[Text]:
    """Every text that is seen, of a figure drawn by Agg."""
    FigureCanvasAgg(figure).draw()
    outside = {label for ax in figure.axes for label in ticks_outside(ax)}
    found = figure.findobj(lambda artist: isinstance(artist, Text) and bool(artist.get_text()))
    return [text for text in found if isinstance(text, Text) and text.get_visible() and text not in outside]


def ticks_outside(ax: Axes) -> list[Text]:
    """Labels of ticks beyond the limits of the axes, which matplotlib keeps and does not draw."""
    across, up = ((min(limits), max(limits)) for limits in (ax.get_xlim(), ax.get_ylim()))
    return [
        tick.label1
        for axis, (low, high) in ((ax.xaxis, across), (ax.yaxis, up))
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        if not low <= tick.get_loc() <= high
    ]
