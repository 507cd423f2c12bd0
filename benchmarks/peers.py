"""False and true matches of every group at evenly spaced thresholds, as they are counted without the harness.

Each takes a Parquet file and the thresholds k/T, k = 0 .. T - 1, and returns matches of shape (groups, 2, T), groups
in order of their labels, non-mated first, comparisons across groups left out. Each is written as one who
knows its library would, and so that scores of float32 meet thresholds of float64 exactly where the library lets them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import CORES
from benchmarks.parquet import LABELS, PLAIN, read_table

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Arrays:
    """A file in memory: scores, whether mated, the groups of both sides as codes, and the number of groups."""

    scores: npt.NDArray[np.floating]
    mated: npt.NDArray[np.bool_]
    probe: npt.NDArray[np.int16]
    reference: npt.NDArray[np.int16]
    groups: int

    def of(self, group: int) -> npt.NDArray[np.bool_]:
        """Which comparisons are within a group."""
        return (self.probe == group) & (self.reference == group)


def read_arrays(path: str) -> Arrays:
    """Read a file, groups never decoded to strings."""
    table = read_table([path], PLAIN).unify_dictionaries()
    codes = []
    for name in LABELS:
        column = table[name].combine_chunks()
        labels = column.dictionary.to_pylist()
        rank = np.argsort(np.argsort(labels)).astype(np.int16)
        codes.append(rank[column.indices.to_numpy()])
    return Arrays(table["score"].to_numpy(), table["mated"].to_numpy(), *codes, len(labels))


def by_sorting(path: str, at: FloatArray) -> IntArray:
    """Sort the scores of each group, and search them."""
    return sorted_and_searched(read_arrays(path), at)


def sorted_and_searched(arrays: Arrays, at: FloatArray) -> IntArray:
    """Sort the scores of each group, and search them."""
    kind = arrays.scores.dtype
    narrow = at.astype(kind)
    narrow = np.where(narrow < at, np.nextafter(narrow, np.array(np.inf, kind)), narrow)
    found = np.zeros((arrays.groups, 2, len(at)), np.int64)
    for group in range(arrays.groups):
        within = arrays.of(group)
        for mated in (0, 1):
            scores = np.sort(arrays.scores[within & (arrays.mated == mated)])
            found[group, mated] = len(scores) - np.searchsorted(scores, narrow)
    return found


def by_roc_curve(path: str, at: FloatArray) -> IntArray:
    """Take scikit-learn's ROC curve of each group, and look the thresholds up in it."""
    return looked_up_in_roc_curves(read_arrays(path), at)


def looked_up_in_roc_curves(arrays: Arrays, at: FloatArray) -> IntArray:
    """Take scikit-learn's ROC curve of each group, and look the thresholds up in it."""
    from sklearn.metrics import roc_curve

    found = np.zeros((arrays.groups, 2, len(at)), np.int64)
    for group in range(arrays.groups):
        within = arrays.of(group)
        truth, scores = arrays.mated[within], arrays.scores[within]
        *rates, thresholds = roc_curve(truth, scores, drop_intermediate=False)
        place = np.searchsorted(-thresholds, -at, side="right") - 1
        positives = int(truth.sum())
        trials = len(truth) - positives, positives
        for mated in (0, 1):
            found[group, mated] = np.rint(rates[mated][place] * trials[mated])
    return found


def by_duckdb(path: str, at: FloatArray) -> IntArray:
    """Group by a bin that is corrected by a comparison with both of its edges."""
    score, step = "CAST(score AS DOUBLE)", f"{len(at)}::DOUBLE"
    guess = f"CAST(floor({score} * {step}) AS INTEGER)"
    return _binned_by_duckdb(
        path, at, f"{guess} + ({score} >= ({guess} + 1) / {step})::INT - ({score} < {guess} / {step})::INT"
    )


def by_duckdb_floor(path: str, at: FloatArray) -> IntArray:
    """Group by the rounded-down product of score and steps, as is often written."""
    return _binned_by_duckdb(path, at, f"CAST(floor(score * {len(at)}) AS INTEGER)")


def _binned_by_duckdb(path: str, at: FloatArray, bin_of_score: str) -> IntArray:
    import duckdb

    probe, reference = LABELS
    with duckdb.connect(config={"threads": CORES}) as connection:
        connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        rows = connection.execute(
            f"SELECT {probe}, mated::INT, greatest(-1, least({len(at) - 1}, {bin_of_score})) AS bin, count(*) "
            f"FROM read_parquet('{path}') WHERE {probe} = {reference} GROUP BY ALL"
        ).fetchnumpy()
    return _summed(*(np.asarray(column) for column in rows.values()), len(at))


def by_polars(path: str, at: FloatArray) -> IntArray:
    """Group by the same bin in Polars' streaming engine."""
    import polars as pl

    probe, reference = LABELS
    score = pl.col("score").cast(pl.Float64)
    guess = (score * float(len(at))).floor()
    steps = score * 0 + float(len(at))  # a column, for Polars multiplies by the reciprocal of a constant
    over = (score >= (guess + 1) / steps).cast(pl.Int8)
    under = (score < guess / steps).cast(pl.Int8)
    bin_of_score = (guess + over - under).clip(-1, len(at) - 1).cast(pl.Int32)
    rows = (
        pl.scan_parquet(path)
        .filter(pl.col(probe) == pl.col(reference))
        .group_by(probe, pl.col("mated").cast(pl.Int8), bin_of_score.alias("bin"))
        .len()
        .collect(engine="streaming")
    )
    return _summed(*(np.asarray(column.to_list()) for column in rows.get_columns()), len(at))


def _summed(
    labels: npt.NDArray[np.str_], mated: IntArray, bins: IntArray, rows: IntArray, thresholds: int
) -> IntArray:
    """Add up rows from the highest bin down; those below the lowest threshold are in bin -1."""
    found, group = np.unique(labels.astype(str), return_inverse=True)
    counts = np.zeros((len(found), 2, thresholds + 1), np.int64)
    np.add.at(counts, (group, mated.astype(int), bins.astype(int) + 1), rows)
    return np.cumsum(counts[..., :0:-1], axis=-1)[..., ::-1]


def by_metric_frame(path: str, at: FloatArray) -> IntArray:
    """Make a fairlearn MetricFrame at each threshold; it works on decisions."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, true_positive_rate

    arrays = read_arrays(path)
    within = arrays.probe == arrays.reference
    truth, scores, group = arrays.mated[within].astype(int), arrays.scores[within], arrays.probe[within]
    metrics = {"false": false_positive_rate, "true": true_positive_rate}
    trials = np.array([np.bincount(group[truth == mated], minlength=arrays.groups) for mated in (0, 1)])
    found = np.zeros((arrays.groups, 2, len(at)), np.int64)
    for i, threshold in enumerate(at):
        frame = MetricFrame(
            metrics=metrics,
            y_true=truth,
            y_pred=(scores >= threshold).astype(int),
            sensitive_features=group,
        )
        rates = frame.by_group[list(metrics)].sort_index().to_numpy()
        found[:, :, i] = np.rint(rates * trials.T)
    return found


def by_pyeer(path: str, at: FloatArray) -> IntArray:
    """Take PyEER's error counts of each group, and look the thresholds up in them."""
    from pyeer.eer_stats import calculate_roc

    arrays = read_arrays(path)
    found = np.zeros((arrays.groups, 2, len(at)), np.int64)
    for group in range(arrays.groups):
        within = arrays.of(group)
        genuine, impostor = (arrays.scores[within & (arrays.mated == mated)] for mated in (1, 0))
        thresholds, false_matches, false_non_matches = calculate_roc(genuine, impostor, rates=False)
        place = np.searchsorted(thresholds, at)
        found[group, 0] = np.append(false_matches, 0)[place]
        found[group, 1] = len(genuine) - np.append(false_non_matches, len(genuine))[place]
    return found
