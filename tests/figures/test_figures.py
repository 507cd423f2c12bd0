"""All figures of an evaluation: which there are, their files, and the words beside them."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize
from xml.etree import ElementTree

import pytest
from PIL import Image

from harness.errors import InputError
from harness.evaluation import Evaluation
from harness.figures import figures_of, save_figures
from tests.figures.worlds import world

FORMATS = ("svg", "png", "pdf")
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.figures.worlds import world
from harness.figures import save_figures
save_figures(world(sys.argv[2]), sys.argv[3], ("svg", "png", "pdf"))
"""
OF_AN_AXIS = ("false_match_rates", "worst_ratio", "gap", "groups", "cost", "det", "score_distributions")


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_every_axis_has_its_figures_in_the_order_of_reading(three: Evaluation) -> None:
    names = [name for name, _ in figures_of(three)]
    assert names == ["verdict_zones", *(f"{name}_group" for name in OF_AN_AXIS), "detectable_ratios"]


def test_the_full_matrix_is_there_under_pairing_cross() -> None:
    assert "cross_groups_group" in [name for name, _ in figures_of(world("across 3 groups"))]


def test_searches_have_hits_against_false_alerts_beside_their_det_curve() -> None:
    evaluation = world("searches")
    names = [name for name, _ in figures_of(evaluation)]
    assert names[names.index("det_group") + 1] == "identification_group"
    assert evaluation.plot_identification().title.startswith("TPIR against FPIR by group")


def test_axes_whose_names_would_make_one_file_are_numbered(three: Evaluation) -> None:
    axis = three.axes["group"]
    both = replace(three, axes={name: replace(axis, name=name) for name in ("a b", "a/b", "ü×c")})
    names = [name for name, _ in figures_of(both) if name.startswith("gap")]
    assert names == ["gap_a-b-1", "gap_a-b-2", "gap_ü_c"]


def test_no_two_axes_share_a_file_on_any_file_system(three: Evaluation) -> None:
    axis = three.axes["group"]
    decomposed = "u\u0308"
    axes = (
        "a b",
        "a-b-1",
        "a/b",
        "Sex",
        "sex",
        "SEX-4",
        "ü",
        decomposed,
        "x" * 300,
        "x" * 300 + "y",
        "年" * 200,
    )
    many = replace(three, axes={name: replace(axis, name=name) for name in axes})
    names = [name for name, _ in figures_of(many)]
    assert len({normalize("NFC", normalize("NFC", name).casefold()) for name in names}) == len(names)
    assert max(len(f"{name}.svg".encode()) for name in names) <= 255
    assert [name for name in names if name.startswith("gap")][:3] == ["gap_a-b-2", "gap_a-b-1", "gap_a-b-3"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["across 3 groups", "zero events"])
def test_the_same_bytes_in_every_format_in_another_process(name: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    save_figures(world(name), here, FORMATS)
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(Path(__file__).parent), name, str(there)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert digests(here) == digests(there)
    assert len(digests(here)) == 3 * len(list(figures_of(world(name)))) + 1


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    save_figures(world("across 3 groups"), folder, ("svg", "png"))
    return folder


def test_words_are_beside_the_figures_and_in_every_file(saved: Path) -> None:
    said = json.loads((saved / "alt_texts.json").read_text(encoding="utf-8"))
    assert set(said) == {path.stem for path in saved.glob("*.svg")}
    for name, words in said.items():
        root = ElementTree.fromstring((saved / f"{name}.svg").read_bytes())
        children = {child.tag.rpartition("}")[2]: child.text for child in root}
        assert (root.get("role"), root.get("aria-label")) == ("img", words["alt_text"])
        assert (children["title"], children["desc"]) == (words["title"], words["alt_text"])
        with Image.open(saved / f"{name}.png") as image:
            assert image.info["Title"] == words["title"]
            assert image.info["Description"] == words["alt_text"]


def test_nothing_names_the_moment_or_the_program(saved: Path) -> None:
    for path in saved.glob("*.svg"):
        assert b"dc:date" not in path.read_bytes()
        assert b"atplotlib v" not in path.read_bytes()


def test_an_unknown_format_is_refused(three: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'jpg' is not one of svg, png, pdf"):
        save_figures(three, tmp_path, ("jpg",))


def test_an_evaluation_draws_every_figure_itself() -> None:
    evaluation = world("across 3 groups")
    titles = {
        evaluation.plot_verdict_zones: "Verdicts by threshold on group",
        evaluation.plot_false_match_rates: "FMR by group",
        evaluation.plot_worst_ratio: "Worst FMR ratio on group",
        evaluation.plot_gap: "Largest FMR gap on group",
        evaluation.plot_groups: "FMR by group at one threshold",
        evaluation.plot_cost: "Cost: FNMR by group",
        evaluation.plot_det: "DET: FNMR against FMR by group",
        evaluation.plot_score_distributions: "Scores by group",
        evaluation.plot_cross_groups: "FMR across group",
        evaluation.plot_detectable_ratios: "Detectable FMR ratio",
    }
    drawing = {name for name in dir(evaluation) if name.startswith("plot_")}
    assert drawing == {method.__name__ for method in titles} | {"plot_identification", "plot_false_shares"}
    for method, title in titles.items():
        assert method().ax_.get_title("left").startswith(f"{title}, matcher made up 2.1\n")


def test_a_figure_of_one_threshold_reads_any_that_was_evaluated() -> None:
    evaluation = world("across 3 groups")
    threshold = float(evaluation.thresholds[40])
    for plot in (evaluation.plot_groups, evaluation.plot_cross_groups):
        assert f"\nAt threshold {threshold:.6g}" in plot(threshold=threshold).ax_.get_title("left")
