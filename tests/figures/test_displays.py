import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from harness.errors import InputError
from harness.evaluation import Evaluation
from harness.figures import FalseMatchRateDisplay, figures_of, save_figure, save_figures
from harness.text import page
from tests.few_thresholds import evaluate_at
from tests.figures.worlds import POLICY, scores, study, world

PROGRAM = """
import hashlib, sys
sys.path.insert(0, {folder!r})
from tests.figures.worlds import POLICY, scores, study
from harness.evaluation import evaluate
from harness.figures import FalseMatchRateDisplay, save_figure
evaluation = evaluate(scores(3), study=study(), policy=POLICY)
display = FalseMatchRateDisplay.from_evaluation(evaluation, "group").plot()
for path in save_figure(display.figure_, sys.argv[1], alt_text=display.alt_text):
    print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


def digests(paths: tuple[Path, ...]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


@pytest.mark.slow
def test_the_same_bytes_twice(display: FalseMatchRateDisplay, tmp_path: Path) -> None:
    first = save_figure(display.plot().figure_, tmp_path / "a")
    second = save_figure(display.plot().figure_, tmp_path / "b")
    again = save_figure(display.figure_, tmp_path / "c")
    assert [path.name for path in first] == ["a.svg", "a.png", "a.pdf"]
    assert digests(first) == digests(second) == digests(again)


@pytest.mark.slow
def test_the_same_bytes_in_another_process(display: FalseMatchRateDisplay, tmp_path: Path) -> None:
    here = save_figure(display.plot().figure_, tmp_path / "here", alt_text=display.alt_text)
    program = PROGRAM.format(folder=str(Path(__file__).parent))
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path / "there")]
    there = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert digests(here) == there


def test_the_same_bytes_whatever_the_users_settings(display: FalseMatchRateDisplay, tmp_path: Path) -> None:
    usual = save_figure(display.plot().figure_, tmp_path / "usual")
    theirs = {"font.family": "serif", "axes.grid": True, "savefig.bbox": "tight", "figure.facecolor": "red"}
    with mpl.rc_context({**theirs, "lines.linewidth": 9, "svg.hashsalt": None, "xtick.bottom": False}):
        unusual = save_figure(display.plot().figure_, tmp_path / "unusual")
    assert digests(usual) == digests(unusual)


def test_the_alt_text_is_in_the_files(display: FalseMatchRateDisplay, tmp_path: Path) -> None:
    text = 'a < b & "c"'
    svg, png = save_figure(display.plot().figure_, tmp_path / "a", ("svg", "png"), alt_text=text)
    root = ElementTree.fromstring(svg.read_bytes())
    assert (root.get("role"), root.get("aria-label")) == ("img", text)
    assert text.encode() in png.read_bytes()


NAMES_NO_XML_HAS = ("bell \x07", "escape \x1b[31m", "nothing \x00", "half \ud800", "\ufffe", "turned \u202e")


@pytest.mark.parametrize("name", NAMES_NO_XML_HAS)
def test_words_with_characters_that_xml_lacks_still_make_a_figure_that_can_be_read(
    display: FalseMatchRateDisplay, tmp_path: Path, name: str
) -> None:
    svg, png, pdf = save_figure(display.plot().figure_, tmp_path / "a", title=name, alt_text=name)
    label = ElementTree.fromstring(svg.read_bytes()).get("aria-label")
    assert label == page(name)
    assert label is not None
    assert "‹U+" in label
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")


def test_group_names_with_control_characters_make_figures_that_can_be_read(tmp_path: Path) -> None:
    columns = scores(2)
    columns["group"] = np.where(columns["group"] == "G1", "a\x07b", "c\x1bd")
    evaluation = evaluate_at(columns, study=study(), policy=POLICY, thresholds="0.2:0.8:0.05")
    save_figures(evaluation, tmp_path)
    drawn = list(tmp_path.glob("*.svg"))
    assert len(drawn) > 5
    for path in drawn:
        ElementTree.fromstring(path.read_bytes())


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'gif' is not one of svg, png, pdf"):
        save_figure(Figure(), tmp_path / "a", ("svg", "gif"))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere/a\.png: cannot be written"):
        save_figure(Figure(), tmp_path / "nowhere" / "a", ("png",))


@pytest.mark.parametrize("name", ["3 groups", "across 3 groups", "searches"])
def test_every_figure_is_shown_with_its_alternative_text(name: str) -> None:
    for called, display in figures_of(world(name)):
        data, metadata = display.plot()._repr_mimebundle_(include=None, exclude=None)
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG"), called
        assert metadata["image/png"]["alt"] == data["text/plain"] == display.alt_text


def test_it_is_as_wide_as_the_figure_at_96_dots_an_inch(display: FalseMatchRateDisplay) -> None:
    _, metadata = display.plot()._repr_mimebundle_()
    assert metadata["image/png"]["width"] == round(96 * display.figure_.get_size_inches()[0])  # type: ignore[union-attr]


def test_one_that_was_not_drawn_yet_is_drawn(three: Evaluation) -> None:
    data, _ = FalseMatchRateDisplay.from_evaluation(three, "group")._repr_mimebundle_()
    assert "image/png" in data


def test_on_axes_that_were_given_it_is_no_figure_of_its_own(three: Evaluation) -> None:
    ax = Figure().subplots()
    display = three.plot_false_match_rates(ax=ax)
    assert display.ax_ is ax
    assert display._repr_mimebundle_() == ({"text/plain": display.alt_text}, {})


def test_drawn_again_it_shows_the_same_bytes(display: FalseMatchRateDisplay) -> None:
    assert display.plot()._repr_mimebundle_() == display.plot()._repr_mimebundle_()
