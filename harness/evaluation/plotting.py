"""The figures of an evaluation, for notebooks: each method draws one and returns its display."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from harness.evaluation.result import Evaluation
    from harness.figures import Display

__all__ = ["Plotting"]


class Plotting:
    """What an evaluation can draw.

    In every method ``axis`` is the name of an axis, by default the first (of the figures of all axes: all), and
    ``ax`` the matplotlib Axes to draw on, by default those of a new figure. A notebook shows the display that is
    returned as its figure, with alternative text; ``ax_`` and ``figure_`` are matplotlib's, ``alt_text`` the words.
    """

    def plot_verdict_zones(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw where along the threshold disparity is shown, parity is shown, or neither."""
        from harness.figures import VerdictZonesDisplay

        return VerdictZonesDisplay.from_evaluation(self._whole, axis).plot(ax=ax)

    def plot_false_match_rates(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw the false match rate of every group against the threshold."""
        from harness.figures import FalseMatchRateDisplay

        return FalseMatchRateDisplay.from_evaluation(self._whole, self._named(axis)).plot(ax=ax)

    def plot_worst_ratio(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw the worst ratio of two groups' false match rates, with bounds and what is tolerated."""
        from harness.figures import WorstRatioDisplay

        return WorstRatioDisplay.from_evaluation(self._whole, self._named(axis)).plot(ax=ax)

    def plot_gap(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw the largest difference of two groups' false match rates, with its bound and what is tolerated."""
        from harness.figures import GapDisplay

        return GapDisplay.from_evaluation(self._whole, self._named(axis)).plot(ax=ax)

    def plot_groups(
        self, axis: str | None = None, *, threshold: float | None = None, ax: Axes | None = None
    ) -> Display:
        """Draw the false match rate of every group at one threshold, by default the safe one."""
        from harness.figures import GroupsAtThresholdDisplay

        display = GroupsAtThresholdDisplay.from_evaluation(self._whole, self._named(axis), threshold)
        return display.plot(ax=ax)

    def plot_cost(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw what a threshold costs by group: FNMR of comparisons, TPIR of searches."""
        from harness.figures import cost_display

        return cost_display(self._whole, self._named(axis)).plot(ax=ax)

    def plot_det(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw false non-matches against false matches by group."""
        from harness.figures import DetDisplay

        return DetDisplay.from_evaluation(self._whole, self._named(axis)).plot(ax=ax)

    def plot_score_distributions(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw how mated and non-mated scores are distributed, a row for each group."""
        from harness.figures import ScoreDistributionDisplay

        return ScoreDistributionDisplay.from_evaluation(self._whole, self._named(axis)).plot(ax=ax)

    def plot_cross_groups(
        self, axis: str | None = None, *, threshold: float | None = None, ax: Axes | None = None
    ) -> Display:
        """Draw the false match rate of every two groups at one threshold; the study's pairing must be cross."""
        from harness.figures import CrossGroupDisplay

        display = CrossGroupDisplay.from_evaluation(self._whole, self._named(axis), threshold)
        return display.plot(ax=ax)

    def plot_detectable_ratios(self, axis: str | None = None, *, ax: Axes | None = None) -> Display:
        """Draw the smallest ratio that would have been detected, against the threshold."""
        from harness.figures import DetectableRatioDisplay

        return DetectableRatioDisplay.from_evaluation(self._whole, axis).plot(ax=ax)

    @property
    def _whole(self) -> Evaluation:
        return cast("Evaluation", self)

    def _named(self, axis: str | None) -> str:
        return axis if axis is not None else next(iter(self._whole.axes))
