from itertools import groupby

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from harness.evaluation import Evaluation
from harness.figures import VerdictZonesDisplay
from harness.figures.style import VERDICTS
from harness.statistics.verdicts import Verdict
from tests.figures.worlds import world


def drawn(display: VerdictZonesDisplay, axis: str) -> list[tuple[str, float, float]]:
    """The zones of an axis in order: verdict, from, to."""
    patches = [p for p in display.ax_.patches if isinstance(p, Rectangle)]
    named = [
        (str(p.get_label()).removeprefix(f"{axis}: "), p.get_x(), p.get_x() + p.get_width()) for p in patches
    ]
    return [
        zone for zone, patch in zip(named, patches, strict=True) if patch.get_label() == f"{axis}: {zone[0]}"
    ]


@pytest.mark.parametrize("name", ["3 groups", "no safe threshold", "distances"])
def test_zones_run_from_the_first_to_the_last_threshold_of_their_verdict(name: str) -> None:
    evaluation = world(name)
    display = VerdictZonesDisplay.from_evaluation(evaluation).plot()
    verdicts = evaluation.axes["group"].verdict.verdicts
    places = range(len(verdicts))[display.shown]
    expected = []
    for verdict, run in groupby(places, key=verdicts.__getitem__):
        whole = list(run)
        expected.append((str(verdict), evaluation.thresholds[whole[0]], evaluation.thresholds[whole[-1]]))
    found = drawn(display, "group")
    assert [zone[0] for zone in found] == [zone[0] for zone in expected]
    least = abs(np.diff(display.ax_.get_xlim())[0]) / 50  # what a single threshold is widened to at most
    for (_, start, end), (_, first, last) in zip(found, expected, strict=True):
        wide = abs(last - first) > least
        assert (start, end) == pytest.approx((first, last), abs=1e-12 if wide else least)


def test_the_thresholds_that_sum_an_axis_up_are_marked_and_labelled() -> None:
    evaluation = world("distances")
    display = VerdictZonesDisplay.from_evaluation(evaluation).plot()
    verdict = evaluation.axes["group"].verdict
    start, end = (evaluation.threshold_at(p) for p in (verdict.parity_shown_from, verdict.parity_shown_to))
    lines = {str(line.get_label()): line for line in display.ax_.lines}
    shown = f"range of parity {start:.6g} to {end:.6g}"
    assert list(lines[f"_group: {shown}"].get_xdata()) == [start, end]
    detected = f"no disparity detected from {evaluation.not_detected_from:.6g}"
    assert lines[f"_group: {detected}"].get_xdata()[0] == evaluation.not_detected_from
    safe = f"safe threshold {evaluation.safe_threshold:.6g}"
    assert {shown, detected, safe} <= {text.get_text() for text in display.ax_.texts}
    assert evaluation.safe_threshold in [line.get_xdata()[0] for line in display.ax_.lines]
    lenient, strict = display.ax_.get_xlim()
    assert lenient > strict  # a distance


def test_an_axis_that_cannot_be_decided_says_why() -> None:
    display = VerdictZonesDisplay.from_evaluation(world("one group")).plot()
    reason = world("one group").axes["group"].verdict.obstacles[0]
    assert f"inconclusive: {reason}" in [text.get_text() for text in display.ax_.texts]
    assert f"cannot be decided, {reason}" in display.alt_text
    assert [zone[0] for zone in drawn(display, "group")] == ["inconclusive"]


def test_no_safe_threshold_is_said_in_the_title_and_in_words() -> None:
    display = VerdictZonesDisplay.from_evaluation(world("no safe threshold")).plot()
    assert display.ax_.get_title("left").endswith("There is no safe threshold")
    assert "There is no safe threshold" in display.alt_text
    assert "no range of parity" in display.alt_text


def test_an_axis_that_the_policy_does_not_judge_is_marked() -> None:
    display = VerdictZonesDisplay.from_evaluation(world("intersectional")).plot()
    assert [zones.judged for zones in display.axes] == [False, True, False]
    assert [text.get_text() for text in display.ax_.texts].count("(not judged)") == 2
    assert "age: " in display.alt_text
    assert "ethnic background×age (not judged by the policy): " in display.alt_text


def test_one_axis_alone(three: Evaluation) -> None:
    display = VerdictZonesDisplay.from_evaluation(three, "group")
    assert [zones.axis for zones in display.axes] == ["group"]


def test_every_verdict_has_its_own_pattern_and_words_that_can_be_read_on_white() -> None:
    assert set(Verdict) <= set(VERDICTS)
    assert len({style.hatch for style in VERDICTS.values()}) == len(VERDICTS)
    assert min(contrast(style.ink) for style in VERDICTS.values()) >= 4.5


def test_the_two_disparities_are_of_one_hue_and_the_stronger_one_is_the_darker_without_colour() -> None:
    shown, beyond = VERDICTS["disparity shown"], VERDICTS["disparity beyond tolerance"]
    assert shown.color == beyond.tint == "#D55E00"
    assert shown.hatch in beyond.hatch
    assert contrast(beyond.tint) > 2 * contrast(shown.tint)


def test_only_the_verdicts_that_are_drawn_are_explained() -> None:
    display = VerdictZonesDisplay.from_evaluation(world("one group"))
    assert [sample.name for sample in display._samples()] == ["inconclusive"]


def contrast(colour: str) -> float:
    """The contrast with white, as WCAG 2.2 defines it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


def test_a_wide_zone_holds_its_name() -> None:
    display = VerdictZonesDisplay.from_evaluation(world("no safe threshold")).plot()
    written = [text.get_text() for text in display.ax_.texts]
    assert "disparity beyond tolerance" in written
    assert "inconclusive" in written
