"""People in a file of their own: joined by subject to both sides, and refused by name where they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from harness.comparisons import Comparisons
from harness.comparisons.trials import extremes
from harness.errors import InputError
from harness.study import Study, load_study
from tests.comparisons.known_trials import counts_of, naive_counts
from tests.engines.parted_files import write

PEOPLE = 30
TERMS: dict[str, Any] = {
    "matcher": {"name": "example", "version": "1"},
    "subjects": ["probe", "reference"],
    "axes": ["ethnicity", ["ethnicity", "sex"]],
}


def trials(rows: int = 500, name: str = "{}") -> dict[str, list[Any]]:
    """Draw comparisons of people whose groups follow from their number; names are numbers unless told otherwise."""
    rng = np.random.default_rng(7)
    mated = rng.integers(0, 2, rows)
    probe = rng.integers(0, PEOPLE, rows)
    reference = np.where(mated, probe, (probe + rng.integers(1, PEOPLE, rows)) % PEOPLE)
    return {
        "score": (rng.integers(0, 1001, rows) / 1000).tolist(),
        "mated": mated.tolist(),
        "probe": [name.format(i) if name != "{}" else int(i) for i in probe],
        "reference": [name.format(i) if name != "{}" else int(i) for i in reference],
        "p": probe.tolist(),
        "r": reference.tolist(),
    }


def label(number: int) -> tuple[str, str]:
    return ("Asian", "Black", 'White; other, "x"')[number % 3], ("female", "male")[number // 15]


def people(name: str = "{}", *, without: tuple[int, ...] = ()) -> dict[str, list[str]]:
    kept = [i for i in range(PEOPLE) if i not in without]
    return {
        "id": [name.format(i) for i in kept],
        "ethnicity": [label(i)[0] for i in kept],
        "gender": [label(i)[1] for i in kept],
    }


def study(file: Path, **changes: Any) -> Study:
    terms = {"file": str(file), "subject": "id", "columns": {"ethnicity": "ethnicity", "sex": "gender"}}
    return load_study({**TERMS, "people": {**terms, **changes}})


def written(folder: Path, columns: Mapping[str, list[Any]], name: str) -> Path:
    return write(folder / name, pa.table(dict(columns)))


def with_columns(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The same rows with a column for each label, as a naive reading of both files finds them."""
    return {
        **rows,
        **{
            f"{attribute} of {side}": [label(i)[n] for i in rows[key]]
            for n, attribute in enumerate(("ethnicity", "sex"))
            for side, key in (("probe", "p"), ("reference", "r"))
        },
    }


@pytest.mark.parametrize("name", ["{}", "id {:03}", "ß{}"])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
def test_counts_are_those_of_rows_that_have_the_labels(name: str, suffix: str, data: Path) -> None:
    rows = trials(name=name)
    terms = study(written(data, people(name), f"people.{suffix}"))
    for pairing in ("within", "probe", "cross"):
        paired = load_study({**terms.to_dict(), "pairing": pairing})
        found = counts_of(str(written(data, rows, f"scores.{suffix}")), paired)
        assert found == naive_counts(with_columns(rows), paired)


def test_whole_numbers_and_text_meet_as_text(data: Path) -> None:
    rows = trials()
    terms = study(written(data, people(), "people.csv"))  # text
    assert counts_of(str(written(data, rows, "scores.parquet")), terms) == naive_counts(
        with_columns(rows), terms
    )


def test_the_order_of_the_people_does_not_matter(data: Path) -> None:
    rows, entries = trials(), people()
    backwards = {name: values[::-1] for name, values in entries.items()}
    one, other = study(written(data, entries, "a.csv")), study(written(data, backwards, "b.csv"))
    scores = str(written(data, rows, "scores.csv"))
    assert counts_of(scores, one) == counts_of(scores, other)


def test_some_attributes_are_the_scores_own(data: Path) -> None:
    rows = {**trials(), "site": ["north", "south"] * 250}
    terms = load_study(
        {
            **TERMS,
            "people": {
                "file": str(written(data, people(), "people.csv")),
                "subject": "id",
                "columns": ["ethnicity"],
            },
            "groups": {"site": "site"},
            "axes": ["ethnicity", "site"],
        }
    )
    assert counts_of(str(written(data, rows, "scores.csv")), terms) == naive_counts(with_columns(rows), terms)


def test_one_column_of_subjects_has_one_label(data: Path) -> None:
    rows = trials()
    file = written(data, people(), "people.csv")
    terms = load_study({**study(file).to_dict(), "subjects": ["probe"]})
    assert terms.groups["ethnicity"].columns == ("ethnicity of probe",)
    assert counts_of(str(written(data, rows, "scores.parquet")), terms) == naive_counts(
        with_columns(rows), terms
    )


def test_the_people_are_among_the_inputs_and_may_not_change(data: Path) -> None:
    file = written(data, people(), "people.csv")
    scores = written(data, trials(), "scores.csv")
    with Comparisons(str(scores), study(file), digested=True) as comparisons:
        assert [one.name for one in comparisons.inputs()] == [str(scores), str(file)]
        file.write_text(file.read_text() + "999,Asian,male\n")
        with pytest.raises(InputError, match=r"people\.csv: changed while it was read"):
            comparisons.inputs()


def test_worst_trials_have_their_own_rows_and_labels(data: Path) -> None:
    rows = trials()
    with Comparisons(
        str(written(data, rows, "s.parquet")), study(written(data, people(), "p.csv"))
    ) as comparisons:
        coding = comparisons.read(lambda coding: coding)
        worst = extremes(comparisons, coding, 20, mated=False)
    full = with_columns(rows)
    for trial in worst:
        i = trial.row - 1
        assert trial.score == rows["score"][i]
        assert trial.labels[2:4] == (full["ethnicity of probe"][i], full["ethnicity of reference"][i])


def refused(data: Path, entries: Mapping[str, list[Any]], suffix: str = "csv", **changes: Any) -> str:
    file, scores = written(data, entries, "people.csv"), written(data, trials(), f"scores.{suffix}")
    with pytest.raises(InputError) as caught:
        counts_of(str(scores), study(file, **changes))
    return str(caught.value).replace(f"{data}/", "")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
class TestSubjectsWithoutAnEntry:
    def test_the_first_is_named_with_its_row_and_the_others_are_counted(
        self, suffix: str, data: Path
    ) -> None:
        rows = trials()
        first = next(
            i for i in range(500) if 3 in (rows["p"][i], rows["r"][i]) or 29 in (rows["p"][i], rows["r"][i])
        )
        side, key = ("probe", "p") if rows["p"][first] in (3, 29) else ("reference", "r")
        told = refused(data, people(without=(3, 29)), suffix)
        assert told == (
            f"scores.{suffix}: row {first + 1}, column '{side}': subject '{rows[key][first]}' is not in people.csv, "
            "column 'id', nor is 1 other subject of this file; add a row for each person"
        )

    def test_names_that_are_alike_but_for_zeros_are_pointed_at(self, suffix: str, data: Path) -> None:
        told = refused(data, people("{:03}"), suffix)
        first = trials()["probe"][0]
        assert f"subject '{first}' is not in people.csv" in told
        assert told.endswith(f"it has '{first:03}': name people alike in both")


class TestEntriesThatCannotBeUsed:
    def test_two_for_one_person(self, data: Path) -> None:
        entries = {name: [*values, *values[3:5]] for name, values in people().items()}
        assert refused(data, entries) == (
            "people.csv: row 31, column 'id': '3' has an entry in row 4 already, and so for 1 other; keep one row for "
            "each person"
        )

    def test_a_blank_label(self, data: Path) -> None:
        entries = people()
        entries["gender"][4] = " "
        assert refused(data, entries).startswith(
            "people.csv: row 5, column 'gender': ' ' where a label belongs"
        )

    def test_a_person_without_a_name(self, data: Path) -> None:
        entries = people()
        entries["id"][4] = ""
        assert refused(data, entries).startswith("people.csv: row 5, column 'id': nothing where a label")

    def test_labels_that_look_alike(self, data: Path) -> None:
        entries = people()
        entries["ethnicity"][1] = "black"
        assert "people.csv: labels of ethnicity that differ only in case" in refused(data, entries)

    def test_a_column_that_is_not_there(self, data: Path) -> None:
        assert refused(data, people(), columns={"ethnicity": "race", "sex": "gender"}).startswith(
            "people.csv: has no column 'race'"
        )

    def test_nobody(self, data: Path) -> None:
        assert "holds no people" in refused(data, {name: [] for name in people()})


def test_numbers_as_labels_of_people_are_refused(data: Path) -> None:
    entries = {**people(), "ethnicity": np.linspace(0, 1, PEOPLE)}
    pq.write_table(pa.table(entries), data / "people.parquet")
    with pytest.raises(InputError, match="column 'ethnicity' holds DOUBLE, which cannot label"):
        counts_of(str(written(data, trials(), "scores.csv")), study(data / "people.parquet"))
