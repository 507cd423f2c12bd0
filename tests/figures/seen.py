"""What of a figure is seen: its texts, as Agg draws them, and whether they can be read."""

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from harness.figures import Display


def texts(figure: Figure) -> list[Text]:
    """Every text that is seen, of a figure drawn by Agg."""
    FigureCanvasAgg(figure).draw()
    outside = {label for ax in figure.axes for label in ticks_outside(ax)}
    found = figure.findobj(lambda artist: isinstance(artist, Text) and bool(artist.get_text()))
    return [text for text in found if isinstance(text, Text) and text.get_visible() and text not in outside]


def assert_readable(display: Display, called: str, *, texts_in_the_axes: bool = False) -> None:
    """Nothing overlaps, nothing is cut, and nothing is too small, of a display that is drawn anew."""
    figure = display.plot().ax_.figure
    boxes = [(text, Text.get_window_extent(text)) for text in texts(figure)]
    inside = display.ax_.bbox.padded(-1)
    for i, (first, box) in enumerate(boxes):
        said = (called, first.get_text())
        assert figure.bbox.x0 <= box.x0, said
        assert box.x1 <= figure.bbox.x1, said
        assert figure.bbox.y0 <= box.y0, said
        assert box.y1 <= figure.bbox.y1, said
        assert first.get_fontsize() >= 9, said
        assert texts_in_the_axes or not box.overlaps(inside), said
        for second, other in boxes[:i]:
            assert not box.overlaps(other), (*said, second.get_text())


def ticks_outside(ax: Axes) -> list[Text]:
    """Labels of ticks beyond the limits of the axes, which matplotlib keeps and does not draw."""
    across, up = ((min(limits), max(limits)) for limits in (ax.get_xlim(), ax.get_ylim()))
    return [
        tick.label1
        for axis, (low, high) in ((ax.xaxis, across), (ax.yaxis, up))
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        if not low <= tick.get_loc() <= high
    ]
