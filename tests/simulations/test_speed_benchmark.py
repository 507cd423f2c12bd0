"""The benchmark of speed compares what it says, on few rows; `python -m benchmarks.speed` runs it whole."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.contenders import CONTENDERS, Contender, Field, Result, by_harness, compared
from benchmarks.counting import COUNTERS
from benchmarks.growth import Grown, Point, Sizes, World, measure_growth, series
from benchmarks.measuring import Cost
from benchmarks.page import BEGIN, END, duration, growth_table, number, results_table, with_summary
from benchmarks.parquet import write_comparisons
from benchmarks.peers import read_arrays

ROOT = Path(__file__).parents[2]
EXACT = [one for one in CONTENDERS if one.exact]
WORLD = World(rows=3000, groups=4, subjects=60)


def write_rows(path: Path, scores: Sequence[float], groups: Sequence[str], kind: pa.DataType) -> str:
    """Write mated and non-mated comparisons with the same scores, within groups."""
    rows = len(scores)
    columns = {
        "score": pa.array([*scores, *scores], kind),
        "mated": pa.array([False] * rows + [True] * rows),
        "probe_group": [*groups, *groups],
        "reference_group": [*groups, *groups],
    }
    pq.write_table(pa.table(columns), path)
    return str(path)


def there(contender: Contender) -> Contender:
    if not contender.is_installed:
        pytest.skip(f"`make benchmark` installs {contender.package}")
    return contender


@pytest.mark.parametrize("contender", EXACT, ids=lambda one: one.name)
def test_matches_are_those_that_were_counted_by_hand(contender: Contender, tmp_path: Path) -> None:
    scores = [-0.5, 0.0, 0.25, 0.25, 0.49, 0.75, 1.5, 0.1]
    path = write_rows(tmp_path / "a.parquet", scores, [*"bbbbbbb", "a"], pa.float32())
    found = there(contender).count(path, np.arange(4) / 4)
    assert found.tolist() == [[[1, 0, 0, 0]] * 2, [[6, 5, 2, 2]] * 2]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()], ids=str)
@pytest.mark.parametrize("contender", EXACT, ids=lambda one: one.name)
def test_ties_and_decimals_are_counted_as_the_harness_does(
    contender: Contender, kind: pa.DataType, tmp_path: Path
) -> None:
    scores = (np.arange(400) / 200 - 0.5).round(3)
    path = write_rows(tmp_path / "a.parquet", scores.tolist(), ["a", "b"] * 200, kind)
    at = (np.arange(200) / 200)[:: 20 if contender.most_thresholds else 1]
    assert there(contender).count(path, at).tolist() == by_harness(path, at).tolist()


def test_rounding_down_a_product_is_not_exact_and_is_not_asked_to_be(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.parquet", (np.arange(1000) / 1000).tolist(), ["a"] * 1000, pa.float32())
    at = np.arange(1000) / 1000
    [often_written] = [one for one in CONTENDERS if not one.exact]
    assert compared(often_written.count(path, at), by_harness(path, at)).startswith("differ at ")


def test_from_arrays_all_count_the_same(tmp_path: Path) -> None:
    write_comparisons(tmp_path / "a.parquet", 5000, 80, score="DOUBLE")
    arrays, at = read_arrays(str(tmp_path / "a.parquet")), np.arange(100) / 100
    kernel, *others = [count(arrays, at).tolist() for count in COUNTERS.values()]
    assert all(other == kernel for other in others)


def test_counts_are_equal_or_it_is_said_at_how_many_thresholds_they_differ() -> None:
    ours = np.arange(12).reshape(2, 2, 3)
    theirs = ours.copy()
    assert compared(theirs, ours) == "equal"
    theirs[:, 0, 1] += [1, -4]
    assert compared(theirs, ours) == "differ at 1 of 3 thresholds, by up to 4"
    assert compared(theirs[:1], ours) == "other groups or thresholds: (1, 2, 3), not (2, 2, 3)"


def test_time_is_scaled_by_the_rows_and_thresholds_that_were_left_out() -> None:
    field = Field(Path("whole"), Path("part"), rows=1000, rows_of_part=10, thresholds=8)
    quick = CONTENDERS[0]
    slow = replace(quick, slow=True, most_thresholds=4)
    assert field.factor(quick) == 1
    assert field.scaled_from(quick) == ""
    assert field.job(quick).arguments[0] == "whole"
    assert field.factor(slow) == 200
    assert field.scaled_from(slow) == "10 rows and 4 thresholds"
    path, at = field.job(slow).arguments
    assert (path, at.tolist()) == ("part", [0, 0.25, 0.5, 0.75])
    assert field.factor(replace(quick, most_thresholds=20)) == 1


def test_one_thing_grows_at_a_time_and_only_subjects_are_counted_by_subject() -> None:
    lines = series(Point(WORLD, 10), Sizes(rows=[100, 3000], groups=[2], thresholds=[5], subjects=[60]))
    assert {name: [(size, str(point)) for size, point in line] for name, line in lines.items()} == {
        "rows": [
            (100, "100 rows, 4 groups, 60 subjects, 10 thresholds"),
            (3000, "3,000 rows, 4 groups, 60 subjects, 10 thresholds"),
        ],
        "groups": [(2, "3,000 rows, 2 groups, 60 subjects, 10 thresholds")],
        "thresholds": [(5, "3,000 rows, 4 groups, 60 subjects, 5 thresholds")],
        "subjects, counted by subject": [
            (60, "3,000 rows, 4 groups, 60 subjects, 10 thresholds, by subject")
        ],
    }


@pytest.mark.slow
def test_growth_is_set_against_reading_the_same_columns_and_leaves_no_file(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    WORLD.write(whole)
    points = [Point(WORLD, 10), Point(WORLD, 10, named=True), Point(replace(WORLD, rows=100), 10)]
    said: list[str] = []
    found = measure_growth(points, {WORLD: whole}, tmp_path, 1, said.append)
    assert list(found) == points
    assert all(grown.cost and grown.reading for grown in found.values())
    assert [grown.rows for grown in found.values()] == [3000, 3000, 100]
    assert [line.endswith("reference_subject") for line in said if "reading" in line] == [False, True, False]
    assert list(tmp_path.iterdir()) == [whole]


def test_the_tables_show_ratios_to_reading() -> None:
    results = [
        Result("reading", Cost(0.5, 1.0, 100.0), ""),
        Result("fast", Cost(1.25, 2.0, 2000.0), "equal"),
        Result("slow", Cost(36_000.0, 36_000.0, 200.0), "equal; scaled from 10 rows"),
        Result("missing", None, "not installed"),
    ]
    assert results_table(results).splitlines()[2:] == [
        "| reading | 0.500 s | 1.00 | 1.00 s | 100 MB |  |",
        "| fast | 1.25 s | 2.50 | 2.00 s | 2,000 MB | equal |",
        "| slow | 10.0 h | 72,000 | 10.0 h | 200 MB | equal; scaled from 10 rows |",
        "| missing |  |  |  |  | not installed |",
    ]
    grown = {"rows": [(1000, Grown(1000, Cost(1.0, 2.0, 50.0), Cost(0.5, 1.0, 40.0)))]}
    assert growth_table(grown).splitlines()[2:] == [
        "| rows | 1,000 | 1.00 s | 2.00 | 2.00 s | 50 MB | 1,000,000 ns |"
    ]


def test_numbers_have_three_figures() -> None:
    assert [number(value) for value in (0.0123, 1.234, 12.34, 123.4, 12_345.6)] == [
        "0.012",
        "1.23",
        "12.3",
        "123",
        "12,346",
    ]
    assert [duration(value) for value in (7199.4, 7200, 172_799, 864_000)] == [
        "7,199 s",
        "2.00 h",
        "48.0 h",
        "10.0 days",
    ]


def test_a_summary_goes_between_its_marks_and_nowhere_else() -> None:
    text = f"before\n{BEGIN}old\n{END}after\n"
    assert with_summary(text, "new\n") == f"before\n{BEGIN}new\n{END}after\n"
    for unmarked in ("before\n", f"{END}{BEGIN}", f"{text}{text}"):
        with pytest.raises(ValueError, match="there must be one line"):
            with_summary(unmarked, "new\n")


def test_the_readme_shows_what_the_page_of_the_same_run_says() -> None:
    readme = (ROOT / "README.md").read_text()
    if BEGIN in readme:
        shown = readme.split(BEGIN)[1].split(END)[0]
        assert shown in (ROOT / "docs" / "speed.md").read_text()


@pytest.mark.slow
def test_one_command_measures_everything_and_writes_page_and_readme(tmp_path: Path) -> None:
    page, readme, figures = (tmp_path / name for name in ("speed.md", "README.md", "figures.json"))
    readme.write_text(f"# Title\n\n{BEGIN}{END}\nThe rest.\n")
    sizes = "--rows 4000 --slow-rows 2000 --groups 2 --subjects 40 --thresholds 50 --rounds 1"
    sizes += " --growth-rows 4000 --growth-groups 3 --growth-thresholds 7 --growth-subjects 10"
    places = ["--folder", tmp_path, "--write", page, "--readme", readme, "--json", figures]
    command = [sys.executable, "-m", "benchmarks.speed", *sizes.split(), *map(str, places)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    written = page.read_text()
    assert f"`python -m benchmarks.speed {sizes}`" in written
    summary = readme.read_text().split(BEGIN)[1].split(END)[0]
    assert "4,000 rows, 2 groups, 40 subjects, 50 thresholds; best of 1" in summary
    assert summary in written
    assert readme.read_text().endswith(f"{END}\nThe rest.\n")
    said = {result["name"]: result["counts"] for result in json.loads(figures.read_text())["results"]}
    for contender in EXACT[1:]:
        expected = "equal" if contender.is_installed else "not installed"
        if contender.slow and contender.is_installed:
            expected += "; scaled from 2,000 rows"
            expected += f" and {contender.most_thresholds} thresholds" if contender.most_thresholds else ""
        assert said[contender.name] == expected
    assert {path.name for path in tmp_path.iterdir()} == {page.name, readme.name, figures.name}


def test_a_readme_without_marks_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n")
    command = [sys.executable, "-m", "benchmarks.speed", "--readme", str(readme)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "there must be one line" in done.stderr
