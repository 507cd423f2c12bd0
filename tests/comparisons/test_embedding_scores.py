"""How exact the scores of pairs of templates are, and what they do not depend on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from harness.comparisons import Templates, all_pairs, open_comparisons, pairs_between, resolve_study
from harness.comparisons.images.tiles import Tile

STUDY = {"matcher": {"name": "example", "version": "1"}}


def scores(pairs: Any) -> Any:
    """Return the score of every pair, by the places of its two templates, NaN for the others."""
    size = [len(side.embeddings) for side in pairs.sides]
    found = np.full((size[0], size[-1]), np.nan)

    def put(tiles: Any) -> None:
        for tile in tiles:
            keep(tile)

    def keep(tile: Tile) -> None:
        row, column = tile.probes.indices[:, None], tile.references.indices[None, :]
        chosen = np.ones(tile.scores.shape, np.bool_) if tile.which is None else tile.which < len(tile.codes)
        if len(size) == 1:
            row, column = np.minimum(row, column), np.maximum(row, column)
        row, column = np.broadcast_arrays(row, column)
        found[row[chosen], column[chosen]] = tile.scores[chosen]

    with open_comparisons(pairs, resolve_study(pairs, STUDY)) as opened:
        opened.each_share(put)
    return found


def labelled(embeddings: Any, **options: Any) -> Any:
    people = np.arange(len(embeddings)) // 2
    return all_pairs(embeddings, people, {"group": people % 3}, **options)


def drawn(dtype: str, templates: int = 60, width: int = 40) -> Any:
    return np.random.default_rng(5).normal(0.1, 1, (templates, width)).astype(dtype)


def exact(embeddings: Any, i: int, j: int) -> tuple[Fraction, Fraction, Fraction]:
    """Return a·a, b·b and a·b of two rows, without rounding."""
    one, other = ([Fraction(float(x)) for x in embeddings[k]] for k in (i, j))
    return (
        sum((a * a for a in one), Fraction()),
        sum((b * b for b in other), Fraction()),
        sum((a * b for a, b in zip(one, other, strict=True)), Fraction()),
    )


@pytest.mark.parametrize(("dtype", "error"), [("float32", 3e-7), ("float64", 3e-8)])
def test_a_cosine_is_as_precise_as_documented(dtype: str, error: float) -> None:
    embeddings = drawn(dtype)
    found = scores(labelled(embeddings))
    for i, j in [(0, 1), (3, 50), (12, 44), (58, 59)]:
        aa, bb, ab = exact(embeddings, i, j)
        assert found[i, j] == pytest.approx(float(ab) / float(aa * bb) ** 0.5, abs=error)


@pytest.mark.parametrize(("dtype", "error"), [("float32", 3e-6), ("float64", 1e-6)])
def test_a_distance_is_as_precise_as_documented(dtype: str, error: float) -> None:
    embeddings = drawn(dtype)
    found = scores(labelled(embeddings, metric="euclidean"))
    for i, j in [(0, 1), (3, 50), (12, 44), (58, 59)]:
        aa, bb, ab = exact(embeddings, i, j)
        assert found[i, j] == pytest.approx(-(float(aa + bb - 2 * ab) ** 0.5), abs=error)


def test_what_all_templates_have_in_common_costs_a_float32_distance_no_digits() -> None:
    embeddings = drawn("float32")
    far = embeddings + np.float32(4096)
    apart = (far - np.float32(4096)).astype(np.float64)
    found = scores(labelled(far, metric="euclidean"))
    i, j = np.triu_indices(60, 1)
    np.testing.assert_allclose(-found[i, j], np.linalg.norm(apart[i] - apart[j], axis=1), rtol=1e-5)


def test_float64_scores_are_exact_sums_over_the_rounded_vectors() -> None:
    unit = drawn("float64")
    unit /= np.sqrt((unit**2).sum(axis=1, keepdims=True))
    rounded = np.rint(unit * 2.0**26) / 2.0**26
    found = scores(labelled(rounded))
    again = np.rint(unit * 2.0**26)
    for i, j in [(0, 1), (3, 50), (12, 44), (58, 59)]:
        products = int(again[i].astype(np.int64) @ again[j].astype(np.int64))
        # Normalising the rounded vectors once more may move a coordinate by a step of the grid.
        assert abs(Fraction(found[i, j]) * 2**52 - products) < 2**26 * 8
        assert (Fraction(found[i, j]) * 2**52).denominator == 1


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_float64_scores_depend_neither_on_order_nor_on_the_templates_beside_them(metric: Any) -> None:
    embeddings = drawn("float64", templates=700, width=131)
    found = scores(labelled(embeddings, metric=metric))
    order = np.random.default_rng(1).permutation(700)
    turned = scores(labelled(embeddings[order], metric=metric))
    place = np.argsort(order)
    low, high = (np.sort([place[:, None] + 0 * place, place + 0 * place[:, None]], axis=0)[k] for k in (0, 1))
    i, j = np.triu_indices(700, 1)
    np.testing.assert_array_equal(turned[low[i, j], high[i, j]], found[i, j])


def test_float64_distances_between_whole_numbers_are_exact_and_of_duplicates_zero() -> None:
    embeddings = np.random.default_rng(2).integers(-50, 50, (40, 12))
    embeddings[7] = embeddings[30]
    found = scores(labelled(embeddings, metric="euclidean"))
    i, j = np.triu_indices(40, 1)
    apart = ((embeddings[i] - embeddings[j]) ** 2).sum(axis=1)
    np.testing.assert_array_equal(-found[i, j], np.sqrt(apart))
    assert found[7, 30] == 0


def test_float32_distances_of_duplicates_are_zero_but_for_noise() -> None:
    embeddings = np.repeat(drawn("float32"), 2, axis=0)
    found = scores(labelled(embeddings, metric="euclidean"))
    length = np.linalg.norm(embeddings, axis=1).max()
    assert (-found[np.arange(0, 120, 2), np.arange(1, 120, 2)] <= length / 1000).all()
    assert np.isfinite(found[np.triu_indices(120, 1)]).all()


@pytest.mark.parametrize(("dtype", "scale"), [("float64", 1e200), ("float64", 1e-200), ("float32", 1e-30)])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_very_long_and_very_short_vectors_neither_overflow_nor_vanish(
    metric: Any, dtype: str, scale: float
) -> None:
    plain, scaled = drawn(dtype), (drawn("float64") * scale).astype(dtype)
    expected, found = scores(labelled(plain, metric=metric)), scores(labelled(scaled, metric=metric))
    factor = scale if metric == "euclidean" else 1
    i, j = np.triu_indices(60, 1)
    np.testing.assert_allclose(found[i, j] / factor, expected[i, j], rtol=2e-5, atol=1e-6)


def test_probes_and_references_are_scored_alike_whichever_is_which() -> None:
    embeddings = drawn("float64", templates=50)
    people = np.arange(50) // 2
    sides = [
        Templates(embeddings[half], people[half], {"group": people[half] % 3})
        for half in (slice(0, None, 2), slice(1, None, 2))
    ]
    np.testing.assert_array_equal(scores(pairs_between(*sides)), scores(pairs_between(*reversed(sides))).T)
