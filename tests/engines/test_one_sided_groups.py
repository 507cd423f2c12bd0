"""A group that stands on one side only is in the result with no comparisons, whoever counts, and can be excluded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.evaluation import to_json

GROUPS = {"ethnicity": ["pe", "re"], "sex": ["ps", "rs"]}
PERSON = tuple[str, str]
"""Ethnicity and sex."""
EVERYWHERE: tuple[PERSON, ...] = (("Asian", "F"), ("Asian", "M"), ("White", "F"))


def comparisons(*across: tuple[PERSON, PERSON]) -> pd.DataFrame:
    """Comparisons within three groups of people, and some between a probe and a reference of labels as given."""
    rng = np.random.default_rng(5)
    rows: list[tuple[Any, ...]] = []
    for person in EVERYWHERE:
        for i in range(12):
            name = f"{'-'.join(person)}{i}"
            rows.append((0.9, 1, name, name, *person, *person))
            rows += [(None, 0, name, f"{'-'.join(person)}{j}", *person, *person) for j in range(i)]
    for probe, reference in across:
        rows += [(None, 0, f"p{i}", f"r{i}", *probe, *reference) for i in range(20)]
    columns = ["score", "mated", "probe", "reference", "pe", "ps", "re", "rs"]
    table = pd.DataFrame(rows, columns=columns)
    drawn = table["score"].isna()
    table.loc[drawn, "score"] = rng.normal(0.4, 0.1, drawn.sum()).round(3)
    return table


def files(folder: Path, table: pd.DataFrame) -> list[Path]:
    """Two files, of which only the second has what stands across groups."""
    folder.mkdir()
    within = (table["pe"] == table["re"]) & (table["ps"] == table["rs"])
    paths = [folder / "within.csv", folder / "across.csv"]
    table[within].to_csv(paths[0], index=False)
    table[~within].to_csv(paths[1], index=False)
    return paths


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as started:
        yield started.scheduler_address


@pytest.fixture(
    params=[
        "local",
        "checkpoints",
        pytest.param("dask", marks=pytest.mark.slow),
        pytest.param("spark", marks=pytest.mark.slow),
    ]
)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if request.param == "checkpoints":
        return {"checkpoints": tmp_path / "kept"}
    if request.param == "dask":
        return {"engine": "dask", "scheduler": request.getfixturevalue("cluster")}
    if request.param == "spark":
        request.getfixturevalue("spark_session")
        return {"engine": "spark", "master": "local[2]"}
    return {}


def evaluated(scores: Any, engine: dict[str, Any], **study: Any) -> harness.Evaluation:
    terms = {
        "matcher": {"name": "example", "version": "1"},
        "subjects": ["probe", "reference"],
        "groups": GROUPS,
        "axes": ["ethnicity", ["ethnicity", "sex"]],
        **study,
    }
    return harness.evaluate(scores, study=terms, policy={"max_ratio": 3.0}, thresholds=[0.5], **engine)


def non_mated(axis: harness.evaluation.AxisEvaluation) -> dict[str, int]:
    rates = axis.false_matches
    return dict(zip(rates.groups, rates.trials.tolist(), strict=True))


@pytest.mark.parametrize("pairing", ["within", "cross"])
@pytest.mark.parametrize(
    ("across", "without"),
    [
        ([(("Asian", "F"), ("Black", "F"))], ["Black"]),
        ([(("Black", "F"), ("Asian", "F"))], ["Black"]),
        ([(("Black", "F"), ("Brown", "F"))], ["Black", "Brown"]),
    ],
    ids=["reference", "probe", "across"],
)
def test_a_label_on_one_side_only_is_a_group_without_comparisons(
    across: list[tuple[PERSON, PERSON]],
    without: list[str],
    pairing: str,
    engine: dict[str, Any],
    tmp_path: Path,
) -> None:
    found = evaluated(files(tmp_path / "s", comparisons(*across)), engine, pairing=pairing)
    axis, both = found.axes["ethnicity"], found.axes["ethnicity×sex"]
    assert non_mated(axis) == {"Asian": 132, "White": 66, **dict.fromkeys(without, 0)}
    assert axis.without_comparisons == tuple(without)
    assert axis.verdict.obstacles == tuple(f"{g} has 0 non-mated trials, fewer than 1" for g in without)
    assert set(axis.verdict.verdicts) == {"inconclusive"}
    assert both.without_comparisons == tuple(f"{group}×F" for group in without)
    assert found.safe_threshold is None
    said = [note for note in found.notes if note.startswith("The data names the group")]
    assert len(said) == 2 * len(without)  # once for each axis


def test_a_combination_is_a_group_where_one_side_has_it_and_not_where_none_does(
    engine: dict[str, Any], tmp_path: Path
) -> None:
    """Nobody is White and M but a reference; nobody at all is Black and F, though both labels occur."""
    across = (("Asian", "F"), ("White", "M")), (("Black", "M"), ("Asian", "M"))
    both = evaluated(files(tmp_path / "s", comparisons(*across)), engine).axes["ethnicity×sex"]
    assert non_mated(both) == {"Asian×F": 66, "Asian×M": 66, "Black×M": 0, "White×F": 66, "White×M": 0}
    assert both.without_comparisons == ("Black×M", "White×M")


def test_a_reference_is_named_under_pairing_probe_where_its_column_is_given(
    engine: dict[str, Any], tmp_path: Path
) -> None:
    scores = files(tmp_path / "s", comparisons((("Asian", "F"), ("Black", "F"))))
    assert evaluated(scores, engine, pairing="probe").axes["ethnicity"].without_comparisons == ("Black",)
    of_probe = evaluated(scores, engine, pairing="probe", groups={"ethnicity": "pe", "sex": ["ps", "rs"]})
    assert of_probe.axes["ethnicity"].without_comparisons == ()
    assert of_probe.axes["ethnicity×sex"].without_comparisons == ()  # who the references are is not told


def test_a_label_that_is_excluded_is_no_group_whoever_counts(engine: dict[str, Any], tmp_path: Path) -> None:
    """White people are compared with each other, and are references of Asian people; Black ones only probes."""
    across = (("Asian", "F"), ("White", "F")), (("Black", "F"), ("Asian", "F"))
    scores, exclude = files(tmp_path / "s", comparisons(*across)), {"ethnicity": ["Black", "White"]}
    axes: Any = [["ethnicity", "sex"]]
    found = evaluated(scores, engine, axes=axes, exclude=exclude)
    (axis,) = found.axes.values()
    assert non_mated(axis) == {"Asian×F": 66, "Asian×M": 66}
    assert axis.excluded == {"Black×F": (0, 0), "White×F": (66, 12)}
    assert axis.left_out == (66 + 40, 12)
    assert axis.verdict.obstacles == ()
    assert to_json(found) == to_json(evaluated(scores, {}, axes=axes, exclude=exclude))
