"""Truth from identities, and from a key: a file with a line for each comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.comparisons import Comparisons
from harness.comparisons.met import Met
from harness.errors import InputError
from harness.study import Study, load_study
from tests.comparisons.known_trials import counts_of, naive_counts, study, trials, write_csv
from tests.comparisons.test_people import written

ON = {"a": "model", "b": "segment"}
GROUPS = ("probe_ethnicity", "reference_ethnicity")


def listed(rows: int = 300) -> dict[str, list[Any]]:
    """Comparisons of files, each of which is named by both sides."""
    drawn = trials(rows)
    return {
        "a": [f"{one}/{i}.wav" for i, one in enumerate(drawn["probe"])],
        "b": [f"{one}/{i}'.wav" for i, one in enumerate(drawn["reference"])],
        **drawn,
    }


def scores_of(rows: dict[str, list[Any]], *more: str) -> dict[str, list[Any]]:
    return {name: rows[name] for name in ("a", "b", "score", *more)}


def key_of(rows: dict[str, list[Any]], *, backwards: bool = True) -> dict[str, list[Any]]:
    key = {
        "truth": ["target" if own else "nontarget" for own in rows["mated"]],
        "model": rows["a"],
        "segment": rows["b"],
        **{name: rows[name] for name in GROUPS},
    }
    return {name: values[::-1] for name, values in key.items()} if backwards else key


def keyed(file: Path, **changes: Any) -> Study:
    return load_study(
        {
            "matcher": {"name": "example", "version": "1"},
            "groups": {"ethnicity": list(GROUPS)},
            "mated": {"column": "truth", "mated": ["target"], "non_mated": ["nontarget"]},
            "key": {"file": str(file), "by": ON, "take": list(GROUPS), **changes},
        }
    )


def plain() -> Study:
    return study(subjects=[])


class TestKeys:
    @pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
    def test_counts_are_those_of_rows_that_have_truth_and_groups(self, suffix: str, data: Path) -> None:
        rows = listed()
        scores = written(data, scores_of(rows), f"scores.{suffix}")
        terms = keyed(written(data, key_of(rows), f"key.{suffix}"))
        assert counts_of(str(scores), terms) == naive_counts(rows, plain())

    def test_a_list_of_trials_without_a_header(self, data: Path) -> None:
        rows = listed()
        (data / "trials.txt").write_text(
            "".join(f"{m} {a} {b}\n" for m, a, b in zip(rows["mated"], rows["a"], rows["b"], strict=True))
        )
        key = {"file": str(data / "trials.txt"), "by": ["a", "b"], "columns": ["label", "a", "b"]}
        terms = study(subjects=[], mated="label", key=key)
        assert terms.to_dict()["key"] == key
        scores = written(data, scores_of(rows, *GROUPS), "scores.csv")
        assert counts_of(str(scores), terms) == naive_counts(rows, plain())

    def test_the_truth_may_be_of_whole_numbers_beside_subjects_in_the_scores(self, data: Path) -> None:
        rows = listed()
        key = write_csv(data / "key.csv", {name: rows[name] for name in ("a", "b", "mated")})
        terms = study(key={"file": str(key), "by": ["a", "b"]})
        scores = written(data, scores_of(rows, "probe", "reference", *GROUPS), "scores.parquet")
        assert counts_of(str(scores), terms) == naive_counts(rows, study())

    def test_lines_without_a_score_are_counted_and_told(self, data: Path) -> None:
        rows = listed()
        few = {name: values[20:] for name, values in rows.items()}
        few_and_twice = {name: [*values, *values[:5]] for name, values in few.items()}
        terms = keyed(written(data, key_of(rows), "key.csv"))
        scores = str(written(data, scores_of(few_and_twice), "scores.csv"))
        with Comparisons(scores, terms) as comparisons:
            assert comparisons.met.lines_without_score == 20
        notes = harness.evaluate(scores, study=terms, thresholds=[0.5]).notes
        assert any("Of 300 lines of the key" in note and "20 have no score" in note for note in notes)

    def test_the_key_is_among_the_inputs(self, data: Path) -> None:
        rows = listed()
        key = written(data, key_of(rows), "key.csv")
        with Comparisons(
            str(written(data, scores_of(rows), "s.csv")), keyed(key), digested=True
        ) as comparisons:
            assert comparisons.inputs()[-1].name == str(key)
            key.write_text(key.read_text() + "target,x,y,white,white\n")
            with pytest.raises(InputError, match=r"key\.csv: changed"):
                comparisons.inputs()


class TestKeysThatCannotBeUsed:
    @staticmethod
    def refused(data: Path, key: dict[str, list[Any]], rows: dict[str, list[Any]], **changes: Any) -> str:
        terms = keyed(written(data, key, "key.csv"), **changes)
        with pytest.raises(InputError) as caught:
            counts_of(str(written(data, scores_of(rows), "scores.csv")), terms)
        return str(caught.value).replace(f"{data}/", "")

    def test_a_comparison_that_is_not_in_the_key(self, data: Path) -> None:
        rows = listed()
        key = {name: values[6:] for name, values in key_of(rows, backwards=False).items()}
        first = f"{rows['a'][0]!r} and {rows['b'][0]!r}"
        assert self.refused(data, key, rows) == (
            f"scores.csv: row 1, columns 'a' and 'b': {first} are not in the key key.csv, "
            "nor are 5 other comparisons of this file; add a line for each comparison"
        )

    def test_a_key_that_has_them_the_other_way_round(self, data: Path) -> None:
        rows = listed()
        told = self.refused(data, key_of(rows), rows, by={"a": "segment", "b": "model"})
        assert told.endswith(
            "the key has them the other way round: swap the two columns of by, or correct the order"
        )

    def test_two_lines_for_one_comparison(self, data: Path) -> None:
        rows = listed()
        key = {name: [*values, *values[3:5]] for name, values in key_of(rows).items()}
        told = self.refused(data, key, rows)
        assert told.startswith("key.csv: row 301: ")
        assert told.endswith(
            "have a line in row 4 already, and so has 1 other; keep one line for each comparison"
        )

    def test_a_line_that_is_neither_mated_nor_not(self, data: Path) -> None:
        rows = listed()
        key = key_of(rows)
        key["truth"][7] = "maybe"
        assert self.refused(data, key, rows).startswith(
            "key.csv: row 8, column 'truth': 'maybe' is neither mated nor non-mated"
        )

    def test_a_column_that_the_scores_have_too(self, data: Path) -> None:
        rows = listed()
        terms = keyed(written(data, key_of(rows), "key.csv"))
        scores = written(data, {**scores_of(rows), "truth": rows["mated"]}, "scores.csv")
        with pytest.raises(InputError, match="has a column 'truth', which the study takes from elsewhere"):
            counts_of(str(scores), terms)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
class TestIdentities:
    @pytest.mark.parametrize("subjects", [[], ["probe", "reference"]], ids=["not named", "named"])
    def test_comparisons_are_mated_where_they_are_equal(
        self, suffix: str, subjects: list[str], data: Path
    ) -> None:
        rows = trials()
        scores = {name: values for name, values in rows.items() if name != "mated"}
        terms = study(mated={"same": ["probe", "reference"]}, subjects=subjects)
        found = counts_of(str(written(data, scores, f"scores.{suffix}")), terms)
        assert found == naive_counts(rows, terms)

    def test_a_blank_identity_is_refused(self, suffix: str, data: Path) -> None:
        rows = trials()
        rows["reference"][6] = " "
        terms = study(mated={"same": ["probe", "reference"]}, subjects=[])
        with pytest.raises(InputError, match="row 7, column 'reference': ' ' where an identity belongs"):
            counts_of(str(written(data, rows, f"scores.{suffix}")), terms)


def test_identities_are_the_truth_alone() -> None:
    terms = study(mated={"same": ["probe", "reference"]})
    assert terms.to_dict()["mated"] == {"same": ["probe", "reference"]}
    assert load_study(terms.to_dict()) == terms
    assert terms.stored_columns == ("score", "probe", "reference", *GROUPS)
    for changes in ({"column": "mated"}, {"mated": ["a"], "non_mated": ["b"]}):
        with pytest.raises(InputError, match="same tells who is mated"):
            study(mated={"same": ["probe", "reference"], **changes})
    with pytest.raises(InputError, match="is not the two columns of identities"):
        study(mated={"same": ["probe"]})
    with pytest.raises(InputError, match="equal ones mean nothing where they are separate"):
        study(mated={"same": ["probe", "reference"]}, identities="separate")


def test_what_is_met_in_parts_adds_up_and_is_kept() -> None:
    one = Met(np.array([True, False, False]), 2, frozenset({("rows", "matcher", "A")}))
    other = Met(np.array([True, True, False]), 3)
    both = Met.from_dict((one + other).to_dict())
    assert both.lines is not None
    assert both.lines.tolist() == [True, True, False]
    assert (both.lines_without_score, both.left_out, both.values) == (1, 5, one.values)
    assert Met.from_dict(Met().to_dict()).lines is None
