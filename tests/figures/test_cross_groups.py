import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from harness.errors import InputError
from harness.figures import CrossGroupDisplay
from harness.figures.cross_groups import _sides
from harness.figures.heat import colour_of, ink_on
from tests.figures.worlds import across, world


@pytest.fixture
def display() -> CrossGroupDisplay:
    return CrossGroupDisplay.from_evaluation(world("across 3 groups"), "group").plot()


def test_cells_are_counted_from_the_scores_themselves(display: CrossGroupDisplay) -> None:
    raw = across(3, "Group {}")
    for i, probe in enumerate(display.groups):
        for j, reference in enumerate(display.groups):
            chosen = (raw["probe"] == probe) & (raw["reference"] == reference) & ~raw["mated"]
            matching = chosen & (raw["score"] >= display.threshold)
            assert (display.errors[i, j], display.trials[i, j]) == (matching.sum(), chosen.sum())


def test_every_cell_holds_its_logarithm_or_says_of_how_many_trials_none_matched(
    display: CrossGroupDisplay,
) -> None:
    written = {text.get_position(): text.get_text() for text in display.ax_.texts}
    assert (display.errors == 0).any()
    assert (display.errors > 0).any()
    for i in range(3):
        for j in range(3):
            errors, trials = display.errors[i, j], display.trials[i, j]
            logarithm = f"{np.log10(errors / trials):.1f}".replace("-", "−") if errors else ""
            assert written[j + 0.5, i + 0.5] == (logarithm if errors else f"0 of {trials:,}")


def test_cells_without_events_are_hatched_and_not_coloured(display: CrossGroupDisplay) -> None:
    cells = {p.get_label(): p for p in display.ax_.patches if isinstance(p, Rectangle)}
    for i, probe in enumerate(display.groups):
        for j, reference in enumerate(display.groups):
            cell = cells[f"{probe} → {reference}"]
            if display.errors[i, j]:
                assert not cell.get_hatch()
            else:
                assert cell.get_hatch() == "////"
                assert to_hex(cell.get_facecolor()) == "#ffffff"


def test_higher_rates_are_lighter_in_grey() -> None:
    weights = np.array([0.2126, 0.7152, 0.0722])
    grey = [float(weights @ np.array(colour_of(share)[:3])) for share in np.linspace(0, 1, 50)]
    assert (np.diff(grey) > 0).all()


@pytest.mark.parametrize("share", np.linspace(0, 1, 41))
def test_ink_contrasts_four_and_a_half_to_one_with_every_colour(share: float) -> None:
    def luminance(colour: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    ground = colour_of(share)
    ink = 0.0 if ink_on(ground) == "#000000" else 1.0
    dark, light = sorted([luminance(ground), ink])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_without_pairing_cross_there_is_no_matrix() -> None:
    with pytest.raises(InputError, match="pairing is within, which has no rates across groups"):
        CrossGroupDisplay.from_evaluation(world("3 groups"), "group")


def test_an_arrow_in_a_groups_name_does_not_confuse_the_sides() -> None:
    assert _sides("A → B") == ("A", "B")
    assert _sides("A → B → A → B") == ("A → B", "A → B")


def test_the_alt_text_names_the_extremes(display: CrossGroupDisplay) -> None:
    highest = np.unravel_index(np.argmax(display.estimate), (3, 3))
    probe, reference = (display.groups[i] for i in highest)
    assert f"The highest rate is that of {probe} against {reference}, " in display.alt_text
    assert f"{(display.errors == 0).sum()} cells without errors" in display.alt_text
