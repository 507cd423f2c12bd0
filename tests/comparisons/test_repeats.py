from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.comparisons import Comparisons
from harness.comparisons import repeats as looked
from harness.comparisons.repeats import (
    RepeatedRow,
    RepeatingColumn,
    first_rows,
    repeated_row,
    repeating_columns,
)
from harness.study import load_study


def trials(count: int = 60, seed: int = 3, decimals: int = 12) -> pd.DataFrame:
    """Comparisons of people by several images; every third is mated."""
    drawn = np.random.default_rng(seed)
    mated = np.arange(count) % 3 == 0
    probe = drawn.integers(0, 8, count)
    return pd.DataFrame(
        {
            "score": np.round(drawn.normal(0.3 + 0.4 * mated, 0.1), decimals),
            "mated": mated.astype(int),
            "probe": [f"p{i}" for i in probe],
            "reference": [f"p{i}" for i in np.where(mated, probe, 8 + drawn.integers(0, 8, count))],
            "sex": "F",
        }
    )


def study(**more: object) -> dict[str, object]:
    return {
        "matcher": {"name": "A", "version": "1"},
        "subjects": ["probe", "reference"],
        "groups": {"sex": "sex"},
        **more,
    }


def written(frames: Iterable[pd.DataFrame], path: Path) -> Path:
    joined = pd.concat(list(frames))
    joined.to_csv(path, index=False) if path.suffix == ".csv" else joined.to_parquet(path, index=False)
    return path


@pytest.fixture(params=["csv", "parquet"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"scores.{request.param}"


class TestARowThatRepeats:
    def found(self, frames: Iterable[pd.DataFrame], path: Path, **terms: object) -> RepeatedRow | None:
        with (
            Comparisons(written(frames, path), load_study(study(**terms))) as comparisons,
            first_rows(comparisons) as rows,
        ):
            return repeated_row(rows)

    def test_is_named_with_how_many_repeat(self, path: Path) -> None:
        once = trials()
        found = self.found([once, once.iloc[4:9], once.iloc[[7]]], path)
        assert found is not None
        assert (found.surplus, found.looked_at, found.times) == (6, 66, 3)
        assert found.values["probe"] == once["probe"][7]
        assert found.values["reference"] == once["reference"][7]
        assert float(found.values["score"] or "nan") == once["score"][7]

    def test_is_none_where_each_is_there_once(self, path: Path) -> None:
        assert self.found([trials()], path) is None

    def test_is_alike_in_columns_that_the_study_does_not_use(self, path: Path) -> None:
        once = trials()
        assert self.found([once.assign(image=1), once.assign(image=2)], path) is None

    def test_is_not_told_of_scores_that_are_equal_by_chance(self, path: Path) -> None:
        """Scores of one digit, of people with many images."""
        coarse = trials(3000, decimals=1)
        assert len(coarse.drop_duplicates()) < len(coarse)
        assert self.found([coarse], path) is None

    def test_is_not_looked_for_where_nobody_is_named(self, path: Path) -> None:
        assert self.found([trials()] * 2, path, subjects=["probe"]) is None

    def test_is_looked_for_among_the_first_rows(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(looked, "ROWS_LOOKED_AT", 60)
        assert self.found([trials(), trials()], path) is None
        monkeypatch.setattr(looked, "ROWS_LOOKED_AT", 70)
        found = self.found([trials(), trials()], path)
        assert found is not None
        assert (found.surplus, found.looked_at) == (10, 70)


class TestAColumnThatRepeatsEveryComparison:
    def found(self, frames: Iterable[pd.DataFrame], path: Path, **terms: object) -> list[RepeatingColumn]:
        with (
            Comparisons(written(frames, path), load_study(study(**terms))) as comparisons,
            first_rows(comparisons) as rows,
        ):
            return list(repeating_columns(rows))

    def by_matcher(self, *names: str) -> list[pd.DataFrame]:
        return [
            trials().assign(matcher=name, score=lambda one, by=i: one["score"] + by / 100)
            for i, name in enumerate(names)
        ]

    def test_is_found_with_its_values(self, path: Path) -> None:
        assert self.found(self.by_matcher("B", "A", "C"), path) == [
            RepeatingColumn("matcher", ("A", "B", "C"))
        ]

    def test_is_found_beside_the_number_of_each_row_and_another_score(self, path: Path) -> None:
        frames = [
            one.assign(row=np.arange(60) + 60 * i, quality=np.random.default_rng(i).random(60))
            for i, one in enumerate(self.by_matcher("A", "B"))
        ]
        assert [column.column for column in self.found(frames, path)] == ["matcher"]

    def test_is_found_beside_its_version(self, path: Path) -> None:
        frames = [one.assign(version=f"v{i}") for i, one in enumerate(self.by_matcher("A", "B"))]
        assert [column.column for column in self.found(frames, path)] == ["matcher"]

    def test_is_found_where_few_comparisons_lack_a_value(self, path: Path) -> None:
        one, other = self.by_matcher("A", "B")
        keys = ["mated", "probe", "reference", "sex"]
        assert len(other.iloc[1:].groupby(keys)) > 20
        assert [c.column for c in self.found([one, other.iloc[1:]], path)] == ["matcher"]

    def test_is_none_where_each_row_has_its_own_value(self, path: Path) -> None:
        frame = trials(8).assign(image=[f"i{n}" for n in range(8)])
        assert self.found([frame], path) == []

    def test_is_none_that_the_study_uses(self, path: Path) -> None:
        groups = {"sex": "sex", "matcher": "matcher"}
        assert self.found(self.by_matcher("A", "B"), path, groups=groups) == []

    def test_is_none_that_goes_with_the_comparison(self, path: Path) -> None:
        """Such as a camera, the age of a person or a fold: other comparisons have other values."""
        once = trials(600)
        fold = once.assign(fold=np.arange(600) % 5, camera=np.where(once["probe"] < "p4", "x", "y"))
        assert self.found([fold], path) == []
