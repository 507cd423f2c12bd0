"""Labels that are mapped and numbers that are put into groups, in the scores and in files beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.errors import InputError
from harness.study import Study, load_study
from harness.study.bins import bin_labels
from tests.comparisons.known_trials import Columns, counts_of, naive_counts, study
from tests.comparisons.test_people import PEOPLE, trials, written

EDGES = [0, 18, 30, 50, 70]
NAMES = ("0–17", "18–29", "30–49", "50–69", "70+")
RAW = ("black", "Black", "BLACK", "White")
MAP = {"black": "Black", "BLACK": "Black"}
AGES = [7 * i % 89 + 0.5 for i in range(PEOPLE)]


def of_people(rows: Columns, values: Any) -> dict[str, list[Any]]:
    return {side: [values(i) for i in rows[key]] for side, key in (("probe", "p"), ("reference", "r"))}


def labelled(rows: Columns, ethnicity: Any, age: Any) -> Columns:
    return {
        **rows,
        **{f"ethnicity {side}": values for side, values in of_people(rows, ethnicity).items()},
        **{f"age {side}": values for side, values in of_people(rows, age).items()},
    }


def raw(i: int) -> str:
    return RAW[i % 4]


def mapped(i: int) -> str:
    return MAP.get(raw(i), raw(i))


def group(i: int) -> str:
    return NAMES[int(np.searchsorted(EDGES, AGES[i], "right")) - 1]


TERMS: dict[str, Any] = {
    "groups": {
        "ethnicity": ["ethnicity probe", "ethnicity reference"],
        "age": ["age probe", "age reference"],
    },
    "labels": {"ethnicity": MAP},
    "bins": {"age": EDGES},
}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
class TestInTheScores:
    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    def test_counts_are_those_of_rows_that_have_the_labels(
        self, pairing: str, suffix: str, data: Path
    ) -> None:
        rows = trials()
        scores = written(data, labelled(rows, raw, lambda i: AGES[i]), f"scores.{suffix}")
        terms = study(**TERMS, pairing=pairing)
        assert counts_of(str(scores), terms) == naive_counts(labelled(rows, mapped, group), terms)

    def test_a_number_below_the_first_edge_is_refused_with_its_row(self, suffix: str, data: Path) -> None:
        rows = trials()
        scores = written(data, labelled(rows, raw, lambda i: AGES[i]), f"scores.{suffix}")
        young = ((i, key) for i in range(500) for key in "pr" if AGES[rows[key][i]] < 18)
        first, key = next(young)
        side = "probe" if key == "p" else "reference"
        with pytest.raises(InputError) as caught:
            counts_of(str(scores), study(**{**TERMS, "bins": {"age": [18, 30]}}))
        assert str(caught.value).endswith(
            f"row {first + 1}, column 'age {side}': '{AGES[rows[key][first]]}' is no number from 18 upwards, as the "
            "bins of age need; correct it, begin the bins lower, or exclude the label (exclude: {age: [...]})"
        )

    def test_a_label_to_be_mapped_that_no_row_has_is_refused(self, suffix: str, data: Path) -> None:
        scores = written(data, labelled(trials(), raw, lambda i: AGES[i]), f"scores.{suffix}")
        with pytest.raises(InputError) as caught:
            harness.evaluate(
                str(scores), study=study(**{**TERMS, "labels": {"ethnicity": {**MAP, "Whit": "White"}}})
            )
        assert str(caught.value).endswith(
            "labels: no row has 'Whit' in 'ethnicity'; there are 'White', 'BLACK', 'Black', 'black': correct the "
            "study's labels"
        )


def test_text_that_is_excluded_is_no_number_and_may_stay(data: Path) -> None:
    rows = trials()

    def age(i: int) -> str:
        return "unknown" if i % 7 == 0 else str(AGES[i])

    scores = written(data, labelled(rows, raw, age), "scores.csv")
    with pytest.raises(InputError, match="'unknown' is no number from 0 upwards"):
        counts_of(str(scores), study(**TERMS))
    terms = study(**TERMS, exclude={"age": ["unknown"]})
    expected = labelled(rows, mapped, lambda i: "unknown" if i % 7 == 0 else group(i))
    assert counts_of(str(scores), terms) == naive_counts(expected, terms)


class TestBesideTheScores:
    @staticmethod
    def terms(data: Path, suffix: str, **changes: Any) -> Study:
        entries = {
            "id": [str(i) for i in range(PEOPLE)],
            "ethnicity": [raw(i) for i in range(PEOPLE)],
            "age": AGES,
        }
        file = written(data, entries, f"people.{suffix}")
        people = {"file": str(file), "subject": "id", "columns": ["ethnicity", "age"]}
        return load_study(
            {
                "matcher": {"name": "example", "version": "1"},
                "subjects": ["probe", "reference"],
                "people": people,
                "labels": TERMS["labels"],
                "bins": TERMS["bins"],
                **changes,
            }
        )

    @pytest.mark.parametrize("suffix", ["csv", "parquet"])
    def test_counts_are_those_of_rows_that_have_the_labels(self, suffix: str, data: Path) -> None:
        rows = trials()
        terms = self.terms(data, suffix)
        whole = labelled(rows, mapped, group)
        named = {
            name.replace(" ", " of ") if name.startswith(("age", "eth")) else name: values
            for name, values in whole.items()
        }
        assert counts_of(str(written(data, rows, "scores.parquet")), terms) == naive_counts(named, terms)

    def test_faults_are_those_of_the_file(self, data: Path) -> None:
        scores = str(written(data, trials(), "scores.csv"))
        told = []
        for changes in (
            {"bins": {"age": [18, 30]}},
            {"labels": {"ethnicity": {**MAP, "Whit": "White"}}},
            {"labels": {}},
        ):
            with pytest.raises(InputError) as caught:
                counts_of(scores, self.terms(data, "csv", **changes))
            told.append(str(caught.value).replace(f"{data}/", ""))
        assert told[0].startswith("people.csv: row 1, column 'age': '0.5' is no number from 18 upwards")
        assert told[1].startswith("people.csv: labels: no row has 'Whit' in 'ethnicity'; there are 'White'")
        assert told[2].endswith("(labels: {ethnicity: {BLACK: Black, black: Black}})")


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        (EDGES, list(NAMES)),
        ([18.0], ["18+"]),
        ([-5, 0, 1], ["-5–-1", "0", "1+"]),
        ([0, 0.25, 1], ["0 to below 0.25", "0.25 to below 1", "1+"]),
    ],
)
def test_groups_of_numbers_are_named_by_their_ends(edges: list[float], labels: list[str]) -> None:
    assert bin_labels(edges) == labels


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"bins": {"age": []}}, r"bins\.age: \[\] has fewer items than 1"),
        (
            {"bins": {"age": [0, 18, 18]}},
            r"bins\.age: 18 is not above 18; write the edges in ascending order",
        ),
        ({"bins": {"height": [0]}}, r"bins\.height: 'height' is not one of the groups"),
        ({"labels": {"height": {"a": "b"}}}, r"labels\.height: 'height' is not one of the groups"),
        ({"labels": {"age": {"a": " "}}}, r"labels\.age\.a: ' ' is blank"),
    ],
)
def test_terms_that_cannot_be(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=error):
        study(**{**TERMS, **changes})


def test_what_was_given_is_written() -> None:
    terms = study(**TERMS)
    assert load_study(terms.to_dict()) == terms
    assert terms.to_dict()["bins"] == {"age": EDGES}
    assert not {"labels", "bins"} & set(study().to_dict())
