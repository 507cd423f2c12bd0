"""Labels of groups: near-equal ones and those of one person that differ are refused, and no label named is lost."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparisons import Templates, all_pairs, pairs_between, resolve_study
from harness.comparisons.coding import NearEqualLabelsError, require_distinct_labels
from harness.comparisons.stream import ROWS_TO_GUESS_LABELS_FROM
from harness.config import document_in
from harness.engines import choose_engine, count, open_with
from harness.errors import InputError
from tests.comparisons.known_trials import counts_of, naive_counts, refusal, study, write_csv

ALIKE = "that differ only in case, outer blanks or Unicode form"
REMEDY = (
    "for one person, as the comparison is mated; label both sides alike, or say in the study that the label is of the "
    "image and not of the person (labels_of: image)"
)
Columns = dict[str, list[Any]]


def labelled(*sides: tuple[str, str], mated: int = 0) -> Columns:
    """Rows of two mated and two non-mated comparisons within A and B, and then of these labels."""
    pairs = [("A", "A"), ("A", "A"), ("B", "B"), ("B", "B"), *sides]
    truths = [1, 0, 1, 0, *[mated] * len(sides)]
    return {
        "score": [0.5] * len(pairs),
        "mated": truths,
        "probe": [f"p{i}" for i in range(len(pairs))],
        "reference": [f"p{i}" if own else f"r{i}" for i, own in enumerate(truths)],
        "probe_ethnicity": [one for one, _ in pairs],
        "reference_ethnicity": [other for _, other in pairs],
    }


class TestNearEqual:
    @pytest.mark.parametrize(
        ("labels", "shown", "maps"),
        [
            (["Black", "black", "BLACK"], "'BLACK', 'Black', 'black'", "BLACK: Black, black: Black"),
            (
                ["Asian", " Asian", "Asian\u00a0"],
                "' Asian', 'Asian', 'Asian\\xa0'",
                '" Asian": Asian, "Asian\\u00a0": Asian',
            ),
            (["Asian", "Asian\u200b"], "'Asian', 'Asian\\u200b'", '"Asian\\u200b": Asian'),
            (["M\u00e9tis", "Me\u0301tis"], "'Me\\u0301tis', 'M\\xe9tis'", '"Me\\u0301tis": "M\\u00e9tis"'),
            (["Weiß", "WEISS"], "'WEISS', 'Weiß'", "WEISS: Weiß"),
            (["\uff21", "A"], "'A', '\\uff21'", '"\\uff21": "A"'),
            (["a", "A", "b", "B", "c"], "'A', 'a'; 'B', 'b'", '"a": "A", "b": "B"'),
            (["no", "No"], "'No', 'no'", '"no": "No"'),
        ],
    )
    def test_are_refused_together_and_can_be_mapped(self, labels: list[str], shown: str, maps: str) -> None:
        with pytest.raises(NearEqualLabelsError) as caught:
            require_distinct_labels({"group": labels, "sex": ["F", "M"]})
        remedy = f"labels: {{group: {{{maps}}}}}"
        assert str(caught.value) == (
            f"labels of group {ALIKE}: {shown}; write them alike in all columns and files, or map them in the study "
            f"({remedy})"
        )
        found = document_in(remedy.encode(), "study.yaml").value["labels"]["group"]  # type: ignore[index]
        require_distinct_labels({"group": [found.get(label, label) for label in labels]})

    @given(
        st.text(min_size=1),
        st.sampled_from(["upper", "lower", "casefold", "NFC", "NFD", "NFKC", "NFKD", " "]),
    )
    def test_whatever_the_label(self, label: str, change: str) -> None:
        if change == " ":
            other = f" {label}\t"
        else:
            other = unicodedata.normalize(change, label) if "N" in change else getattr(label, change)()
        if other != label:
            with pytest.raises(NearEqualLabelsError):
                require_distinct_labels({"group": [label, other]})

    def test_words_that_differ_otherwise_are_labels_of_their_own(self) -> None:
        require_distinct_labels(
            {"group": ["Black", "Black African", "Black-African", "Blaçk"], "sex": ["black"]}
        )

    def test_across_columns_and_files_and_far_down(self, tmp_path: Path) -> None:
        rows = ROWS_TO_GUESS_LABELS_FROM + 10
        first = {name: values[1:2] * rows for name, values in labelled().items()}
        first["reference_ethnicity"][-1] = "b"
        paths = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
        pq.write_table(pa.table(first), paths[0])
        pq.write_table(pa.table(labelled()), paths[1])
        expected = (
            f"labels of ethnicity {ALIKE}: 'B', 'b'; write them alike in all columns and files, "
            'or map them in the study (labels: {ethnicity: {"b": "B"}})'
        )
        assert refusal(paths).endswith(expected)
        by_part = choose_engine(checkpoints=tmp_path / "kept")
        with open_with(paths, study(), by_part) as parts, pytest.raises(InputError) as caught:
            count(parts, np.array([0.5]))
        assert str(caught.value).endswith(expected)

    def test_come_before_the_rows_that_they_spoil(self, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "a.csv", labelled(("a", "A"), mated=1))
        assert refusal(path).startswith(f"{path}: labels of ethnicity {ALIKE}: 'A', 'a'")

    def test_of_templates(self) -> None:
        pairs = all_pairs(2 * np.eye(4), [1, 1, 2, 2], {"sex": ["F", "F", "f", "f"]})
        with pytest.raises(InputError, match=f"^labels of sex {ALIKE}: 'F', 'f'"):
            pairs.open(resolve_study(pairs, {"matcher": {"name": "example", "version": "1"}}))


class TestTwoLabelsOfOnePerson:
    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    @pytest.mark.parametrize("subjects", [[], ["probe", "reference"]], ids=len)
    def test_are_refused_by_row(self, pairing: str, subjects: list[str], tmp_path: Path) -> None:
        path = write_csv(tmp_path / "a.csv", labelled(("A", "B"), ("A", "B"), mated=1))
        said = refusal(path, pairing=pairing, subjects=subjects)
        assert (
            said
            == f"{path}: row 5, columns 'probe_ethnicity' and 'reference_ethnicity': 'A' and 'B' {REMEDY}"
        )

    def test_are_images_of_two_labels_where_the_study_says_so(self) -> None:
        columns = labelled(("A", "B"), ("A", "B"), mated=1)
        for labels_of in ("image", {"ethnicity": "image"}):
            counts = counts_of(pa.table(columns), study(labels_of=labels_of))
            assert counts.cells == (("A",), ("B",), (None,))
            assert counts.trials.tolist() == [[1, 1], [1, 1], [0, 2]]

    def test_of_another_attribute_are_refused_still(self) -> None:
        columns = labelled(("A", "B"), mated=1)
        columns |= {"ps": ["F"] * 5, "rs": ["F"] * 4 + ["M"]}
        groups = {"ethnicity": ["probe_ethnicity", "reference_ethnicity"], "sex": ["ps", "rs"]}
        said = refusal(pa.table(columns), groups=groups, labels_of={"ethnicity": "image"})
        assert said.endswith(f"row 5, columns 'ps' and 'rs': 'F' and 'M' {REMEDY}")

    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    def test_are_counted_by_the_label_of_the_probe_only_where_the_pairing_says_so(self, pairing: str) -> None:
        columns, terms = labelled(("A", "B"), mated=1), study(labels_of="image", pairing=pairing)
        counts = counts_of(pa.table(columns), terms)
        assert counts == naive_counts(columns, terms)
        cell = {"within": (None,), "probe": ("A",), "cross": ("A", "B")}[pairing]
        assert counts.trials[counts.cells.index(cell)].tolist() == ([1, 2] if pairing == "probe" else [0, 1])

    def test_of_templates(self) -> None:
        labels = {"sex": ["F", "M", "M"]}
        pairs = all_pairs(2 * np.eye(3), ["a", "b", "a"], labels)
        named = {"matcher": {"name": "example", "version": "1"}}
        with pytest.raises(InputError) as caught:
            pairs.open(resolve_study(pairs, named))
        assert str(caught.value) == (
            "group 'sex': [2] of embeddings is 'M' of subject 'a', who is 'F' at [0] of embeddings; label the person "
            "alike, or say in the study that the label is of the image and not of the person (labels_of: image)"
        )
        assert pairs.open(resolve_study(pairs, {**named, "labels_of": "image"})).rows() == 3

    def test_of_templates_of_two_sets(self) -> None:
        probes = Templates(np.eye(2), ["a", "b"], {"sex": ["F", "M"]})
        references = Templates(np.eye(2), ["b", "a"], {"sex": ["M", "M"]})
        pairs = pairs_between(probes, references)
        said = r"\[1\] of references is 'M' of subject 'a', who is 'F' at \[0\] of probes"
        with pytest.raises(InputError, match=said):
            pairs.open(resolve_study(pairs, {"matcher": {"name": "example", "version": "1"}}))


class TestNamed:
    @pytest.mark.parametrize("pairing", ["within", "probe", "cross"])
    @pytest.mark.parametrize("sides", [("A", "C"), ("C", "A"), ("C", "D")], ids="-".join)
    def test_a_label_on_one_side_only_has_a_cell(self, pairing: str, sides: tuple[str, str]) -> None:
        columns, terms = labelled(sides), study(pairing=pairing)
        counts = counts_of(pa.table(columns), terms)
        assert counts == naive_counts(columns, terms)
        named = {cell[0] for cell in counts.cells if len(set(cell)) == 1}
        assert named - {None} == {"A", "B", *sides}

    def test_only_combinations_that_a_side_has_are_named(self) -> None:
        columns = labelled(("C", "A"))
        columns |= {"ps": ["F", "F", "M", "M", "M"], "rs": ["F", "F", "M", "M", "F"]}
        groups = {"ethnicity": ["probe_ethnicity", "reference_ethnicity"], "sex": ["ps", "rs"]}
        counts = counts_of(pa.table(columns), study(groups=groups))
        trials_of = dict(zip(counts.cells, counts.trials.tolist(), strict=True))
        assert trials_of == {("A", "F"): [1, 1], ("B", "M"): [1, 1], ("C", "M"): [0, 0], (None, None): [1, 0]}

    def test_the_one_column_of_an_attribute_is_the_probes_under_pairing_probe(self) -> None:
        columns = labelled(("A", "C")) | {"sex": ["F"] * 5}
        groups = {"ethnicity": ["probe_ethnicity", "reference_ethnicity"], "sex": "sex"}
        counts = counts_of(pa.table(columns), study(groups=groups, pairing="probe"))
        assert set(counts.cells) == {("A", "F"), ("B", "F"), ("A", None), ("B", None), ("C", None)}

    def test_a_label_of_references_far_down_under_pairing_probe(self) -> None:
        rows = ROWS_TO_GUESS_LABELS_FROM + 10
        columns = {name: values[:1] * rows for name, values in labelled(("A", "B")).items()}
        columns |= {"mated": [0] * rows, "reference": ["r"] * rows}
        columns["reference_ethnicity"][-1] = "C"
        counts = counts_of(pa.table(columns), study(pairing="probe"))
        assert counts.cells == (("A",), ("C",))
        assert counts.trials.tolist() == [[rows, 0], [0, 0]]
