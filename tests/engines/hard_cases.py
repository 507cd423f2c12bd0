"""Comparisons that are hard to count exactly, as files: the same table of them for every engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.study import Study, load_study
from tests.engines.slow_counting import neighbours

Columns = dict[str, list[Any]]
HUGE, TINY = float(np.finfo(np.float64).max), 5e-324
LABELS = ('Black; African, "other"', "Weiß", "white", "O'Neill ${x} \\ `y`")


@dataclass(frozen=True)
class Case:
    """Comparisons, the terms they are read on, where they are counted, and how they are written to files."""

    columns: Columns
    study: Study
    thresholds: np.ndarray
    write: Callable[[Path, Columns], None]

    def files(self, folder: Path) -> list[Path]:
        """Write the files."""
        folder.mkdir()
        self.write(folder, self.columns)
        return sorted(folder.iterdir())


def study(**terms: Any) -> Study:
    plain: dict[str, Any] = {
        "matcher": {"name": "example", "version": "1"},
        "subjects": ["probe", "reference"],
        "groups": {"ethnicity": ["probe_ethnicity", "reference_ethnicity"], "sex": "sex"},
    }
    return load_study({**plain, **terms})


def drawn(scores: Any, seed: int = 1, subjects: int = 40) -> Columns:
    """Give scores to comparisons of few subjects, many of them across groups."""
    rng = np.random.default_rng(seed)
    probe, reference = rng.integers(0, subjects, (2, len(scores)))
    reference[::7] = probe[::7]
    return {
        "score": [None if score is None else float(score) for score in scores],
        "mated": (probe == reference).tolist(),
        "probe": [f"s{i}" for i in probe],
        "reference": [f"s{i}" for i in reference],
        "probe_ethnicity": [LABELS[i % 4] for i in probe],
        "reference_ethnicity": [LABELS[i % 4] for i in reference],
        "sex": rng.choice(["female", "male"], len(scores)).tolist(),
    }


def of_images(seed: int = 2) -> Columns:
    """Label images: mated ones of two labels, and groups that have no comparison of their own."""
    rng = np.random.default_rng(seed)
    sides = {
        f"{side}_{name}": rng.choice(labels, 200).tolist()
        for name, labels in (("ethnicity", LABELS[:2]), ("sex", ["female", "male"]))
        for side in ("probe", "reference")
    }
    columns = {**drawn(mille(200), seed), **sides}
    for row, (side, ethnicity, sex) in enumerate(
        [
            ("reference", LABELS[2], "male"),
            ("probe", LABELS[3], "female"),
            ("reference", LABELS[0], "neither"),
        ]
    ):
        columns[f"{side}_ethnicity"][50 * row + 49], columns[f"{side}_sex"][50 * row + 49] = ethnicity, sex
    del columns["sex"]
    return columns


BOTH_SIDES = {name: [f"probe_{name}", f"reference_{name}"] for name in ("ethnicity", "sex")}


def at(*numbers: Any) -> np.ndarray:
    """Make thresholds of numbers: ascending, without repeats."""
    return np.unique(np.concatenate([np.ravel(part) for part in numbers]).astype(np.float64) + 0.0)


def parquet(types: dict[str, pa.DataType] | None = None, files: int = 3) -> Callable[[Path, Columns], None]:
    """Write several Parquet files of several row groups each."""

    def write(folder: Path, columns: Columns) -> None:
        table = pa.table({name: pa.array(v, (types or {}).get(name)) for name, v in columns.items()})
        size = -(-table.num_rows // files)
        for i in range(files):
            pq.write_table(table[i * size : (i + 1) * size], folder / f"{i}.parquet", row_group_size=50)

    return write


def csv(
    spelt: Callable[[int, Any], str], delimiter: str = ",", end: str = "\n"
) -> Callable[[Path, Columns], None]:
    """Write two CSV files, scores spelt by row number and the last line of each without an end."""

    def quoted(text: str) -> str:
        if any(mark in text for mark in (delimiter, '"')):
            return '"' + text.replace('"', '""') + '"'
        return text

    def write(folder: Path, columns: Columns) -> None:
        rows = list(zip(*columns.values(), strict=True))
        for i in range(2):
            lines = [delimiter.join(columns)]
            for number, (score, *others) in enumerate(rows[i::2]):
                lines.append(
                    delimiter.join([spelt(number, score), *(quoted(str(value)) for value in others)])
                )
            lines.insert(5, "")  # a blank line is none
            (folder / f"{i}.csv").write_bytes(end.join(lines).encode())

    return write


def files_of_different_types(folder: Path, columns: Columns) -> None:
    table = pa.table(columns)
    pq.write_table(table[:90], folder / "0.parquet")
    whole = table[90:180]
    whole = whole.set_column(0, "score", whole["score"].cast(pa.float32()).cast(pa.int16(), safe=False))
    whole = whole.set_column(1, "mated", whole["mated"].cast(pa.int8()))
    pq.write_table(whole, folder / "1.parquet")
    narrow = table[180:].set_column(0, "score", table["score"][180:].cast(pa.float32()))
    pq.write_table(narrow, folder / "2.parquet", use_dictionary=False)


def mille(rows: int = 280, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1001, rows) / 1000


def with_gaps(scores: np.ndarray, *gaps: Any) -> list[Any]:
    rows: list[Any] = [*scores]
    for i, gap in enumerate(gaps):
        rows[i :: 5 * len(gaps)] = [gap] * len(rows[i :: 5 * len(gaps)])
    return rows


def spelt(number: int, score: float | None) -> str:
    if score is None:
        return ("", '""', "nan", " -NaN ")[number % 4]
    return (
        f"{score!r}",
        f" {score!r}\t",
        f"+{score!r}",
        f"{score:.17e}",
        f"{score!r}E+00",
        f"{score:.400f}",
    )[number % 6]


def _cases() -> dict[str, Case]:
    halves = np.random.default_rng(3).choice(neighbours([0.1, 0.3, 0.5, 0.7]), 280)
    extremes = [0.0, -0.0, TINY, -TINY, 2.3e-308, HUGE, -HUGE, 1e308, 1.0, 1e-300]
    edges = [-HUGE, -1e308, -TINY, 0.0, TINY, 2 * TINY, 1e-300, 2.3e-308, 1.0, 1e308, HUGE]
    crowd = 0.5 + np.arange(60) * 2.0**-53
    integers = drawn(with_gaps(mille(seed=5), None), subjects=30)
    for column, least in (("probe", -7), ("reference", 2**63 - 9)):
        integers[column] = [int(name[1:]) + least for name in integers[column]]
    coded = drawn(mille(seed=8))
    coded["sex"] = ["true" if label == "male" else "false" for label in coded["sex"]]
    return {
        "ties on decimal thresholds, and thresholds outside the scores": Case(
            drawn(mille()), study(), at(np.arange(1001) / 1000, np.linspace(0, 1, 1001), [-7, 9]), parquet()
        ),
        "decimals stored as float32, across both groups": Case(
            drawn(mille().astype(np.float32).astype(float)),
            study(pairing="cross"),
            at(np.arange(1001) / 1000, neighbours([0.1, 0.6, 0.7], np.float32)),
            parquet({"score": pa.float32()}),
        ),
        "neighbouring floats": Case(
            drawn(halves), study(pairing="probe"), at(neighbours([0.1, 0.3, 0.5, 0.7])), parquet()
        ),
        "thresholds crowded between two floats far from the others": Case(
            drawn(np.random.default_rng(4).choice(np.append(crowd, [0.0, 1.0]), 280)),
            study(),
            at(crowd, [-1e9, 1e9]),
            parquet(),
        ),
        "denormals, both zeros and the ends of float64": Case(
            drawn(np.resize(extremes, 280)), study(subjects=[]), at(edges), parquet()
        ),
        "distances with missing ones left out, subjects that are numbers": Case(
            drawn(with_gaps(mille().astype(np.float32).astype(float), None, float("nan")))
            | {"probe": integers["probe"]},
            study(score={"better": "lower"}, subjects=["probe"], missing_scores="exclude"),
            at(-np.arange(1001) / 1000, np.negative(mille(99).astype(np.float32))),
            parquet({"score": pa.float32(), "probe": pa.int32()}),
        ),
        "missing scores that count, people named by each column in its own way": Case(
            integers,
            study(missing_scores="count", identities="separate"),
            at(mille(60, seed=5)),
            parquet({"probe": pa.int64(), "reference": pa.uint64()}),
        ),
        "CSV of every spelling, with gaps": Case(
            drawn(with_gaps(mille(), None)),
            study(missing_scores="exclude"),
            at(np.arange(0, 1001, 7) / 1000),
            csv(spelt),
        ),
        "CSV of Windows with semicolons": Case(
            drawn(mille() - 0.5),
            study(),
            at(np.arange(-9, 10) / 20),
            csv(lambda _, score: repr(score), ";", "\r\n"),
        ),
        "truth and groups coded by numbers and flags": Case(
            coded,
            study(mated={"column": "mated", "mated": ["2", "3"], "non_mated": ["-1"]}),
            at([0.25, 0.5]),
            lambda folder, columns: parquet({"mated": pa.int8(), "sex": pa.bool_()})(
                folder,
                columns
                | {"mated": [2 if own else -1 for own in columns["mated"]]}
                | {"sex": [label == "true" for label in columns["sex"]]},
            ),
        ),
        "labels and identities in bytes, as Impala and Hive write them": Case(
            drawn(mille(seed=9)),
            study(),
            at(np.arange(0, 1001, 9) / 1000),
            parquet(
                dict.fromkeys(("probe", "reference", "probe_ethnicity", "reference_ethnicity"), pa.binary())
            ),
        ),
        "whole numbers up to the last that float64 tells from its neighbours": Case(
            drawn((2.0**53 - np.arange(280)) * np.resize([1, -1], 280)),
            study(),
            at(np.ravel([[2.0**53 - i, i - 2.0**53] for i in (0, 1, 2, 100)])),
            lambda folder, columns: parquet({"score": pa.int64()})(
                folder, columns | {"score": [int(score) for score in columns["score"]]}
            ),
        ),
        **{
            f"labels of images, and groups without a comparison of their own, {pairing}": Case(
                of_images(),
                study(labels_of="image", groups=BOTH_SIDES, pairing=pairing),
                at([0.25, 0.5]),
                parquet(),
            )
            for pairing in ("within", "probe", "cross")
        },
        "one group that stands on one side only": Case(
            of_images(),
            study(labels_of="image", groups={"sex": BOTH_SIDES["sex"]}),
            at([0.25, 0.5]),
            csv(lambda _, score: repr(score)),
        ),
        "a hundred thousand uneven thresholds": Case(
            drawn(np.random.default_rng(6).lognormal(-3, 2, 120)),
            study(),
            at(np.geomspace(1e-6, 2, 100_000)),
            parquet(),
        ),
    }


CASES = _cases()
OF_DIFFERENT_TYPES = Case(
    drawn(np.random.default_rng(9).integers(-3, 4, 280)),
    study(),
    at([-3, -2.5, 0, 1, 3]),
    files_of_different_types,
)
