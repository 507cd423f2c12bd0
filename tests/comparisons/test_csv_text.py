"""CSV as programs write it: what can be read is read, and of what cannot the true cause is named, with its line."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.comparisons.csv_text import lines_of_value, mixed_line_ends, read_header
from tests.comparisons.known_trials import Columns, counts_of, naive_counts, refusal, study, trials

PLAIN = {**trials(40), "note": ["fine"] * 40, "image": [f"{i}.jpg" for i in range(40)]}
EXPECTED = naive_counts(PLAIN, study())
SWALLOWED = "swallowed by a quotation mark out of place; correct the quotation mark"


def table(columns: Columns) -> list[list[str]]:
    return [list(columns), *([str(value) for value in row] for row in zip(*columns.values(), strict=True))]


def text(rows: Sequence[Sequence[str]], *, end: str = "\n", delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def written(folder: Path, data: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


class TestHeaders:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("place", [0, 4, 10])
    def test_a_name_may_hold_line_breaks(self, place: int, end: str, data: Path) -> None:
        rows = [[*row[:place], "", *row[place:]] for row in table(PLAIN)]
        rows[0][place] = f"remarks{end}(free{end}text)"
        path = written(data, text(rows, end=end))
        assert counts_of(path, study()) == EXPECTED

    def test_as_a_column_of_the_study(self, data: Path) -> None:
        rows = table(PLAIN)
        rows[0][0] = "score\n(cosine)"
        path = written(data, text(rows))
        assert counts_of(path, study(score={"column": "score\n(cosine)"})) == EXPECTED

    def test_pandas_leaves_the_name_of_the_index_empty(self, data: Path) -> None:
        pd.DataFrame(PLAIN).to_csv(data / "a.csv")
        assert counts_of(data / "a.csv", study()) == EXPECTED

    def test_several_columns_may_have_no_name(self, data: Path) -> None:
        path = written(data, text([["", *row, "", ""] for row in table(PLAIN)]))
        assert counts_of(path, study()) == EXPECTED
        lacking = refusal(path, subjects=["probe", "ref"])
        assert lacking.startswith(f"{path}: has no column 'ref'; it has '(column 1 has no name)', 'score', ")

    def test_the_mark_of_excel_is_named(self, data: Path) -> None:
        path = written(data, "sep=;\r\n" + text(table(PLAIN), end="\r\n", delimiter=";"))
        assert (
            refusal(path) == f"{path}:1: begins with 'sep=;', a mark of Excel and no header; delete that line"
        )

    def test_bytes_that_are_not_text_further_on_are_left_to_the_reading(self, data: Path) -> None:
        path = written(data, text(table(PLAIN)).replace("fine", "f\xefne", 1).encode("latin-1"))
        assert refusal(path) == f"{path}:2: row 1 is not UTF-8 text; save the file as UTF-8"

    @pytest.mark.parametrize("times", [1, 400])
    def test_a_quotation_mark_that_is_never_closed(self, times: int, data: Path) -> None:
        header, *rows = table({**PLAIN, "probe_ethnicity": ["a"] * 40, "reference_ethnicity": ["a"] * 40})
        path = written(data, text([header, *rows * times]).replace("probe,", '"probe,', 1))
        assert refusal(path) == (
            f"{path}:1: has a column whose name is longer than 1,000 characters, as where a quotation mark is out of "
            "place; correct the header"
        )


class TestLineEnds:
    @pytest.mark.parametrize(
        ("change", "line", "this", "those"),
        [
            (lambda t: t[:-2] + "\n", 41, "LF (Unix)", "CRLF (Windows)"),
            (lambda t: t.replace("\r\n", "\n")[:-1] + "\r\n", 41, "CRLF (Windows)", "LF (Unix)"),
            (lambda t: t.replace("\r\n", "\n", 1), 2, "CRLF (Windows)", "LF (Unix)"),
            (
                lambda t: t.replace("\r\n", "\n").replace("1.jpg\n", "1.jpg\r", 1),
                3,
                "CR (old Mac)",
                "LF (Unix)",
            ),
        ],
    )
    def test_that_differ_are_named(
        self, change: Callable[[str], str], line: int, this: str, those: str, data: Path
    ) -> None:
        path = written(data, change(text(table(PLAIN), end="\r\n")))
        assert refusal(path) == (
            f"{path}:{line}: this line ends with {this}, and those before it with {those}; end all lines alike"
        )

    def test_within_quotation_marks_they_may_differ(self, data: Path) -> None:
        rows = table({**PLAIN, "note": ["two\nlines"] * 40})
        assert counts_of(written(data, text(rows, end="\r\n")), study()) == EXPECTED

    def test_the_damaged_file_of_several_is_named(self, data: Path) -> None:
        whole = text(table(PLAIN), end="\r\n")
        written(data, whole)
        second = written(data, whole[:-2] + "\n", "b.csv")
        assert refusal(data).startswith(f"{second}:41: this line ends with LF")

    @given(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=1, max_size=30), st.integers(0, 3))
    @settings(max_examples=50)
    def test_the_first_that_differs_is_found(
        self, tmp_path_factory: pytest.TempPathFactory, ends: list[str], quoted: int
    ) -> None:
        value = '"' + "x\r\n" * quoted + '"'
        path = written(tmp_path_factory.mktemp("ends"), "".join(f"a,{value}{end}" for end in ends))
        first = next((i for i, end in enumerate(ends) if end != ends[0]), None)
        found = mixed_line_ends(path)
        assert (found and found[0]) == (None if first is None else first + 1 + quoted * (first + 1))


class TestSwallowedRows:
    def stray(self, column: str, row: int, last: int) -> str:
        """Put a quotation mark before the value of a column in one row, and after the one in another."""
        rows = table({**PLAIN, "probe_ethnicity": ["white"] * 40, "reference_ethnicity": ["white"] * 40})
        place = rows[0].index(column)
        lines = [",".join(line) for line in rows]
        for number, mark in ((row, '"{}'), (last, '{}"')):
            values = lines[number].split(",")
            values[place] = mark.format(values[place])
            lines[number] = ",".join(values)
        return "\n".join(lines) + "\n"

    @pytest.mark.parametrize("last", [18, 25])
    @pytest.mark.parametrize("column", ["probe_ethnicity", "probe", "reference"])
    def test_into_a_label_or_an_identity(self, column: str, last: int, data: Path) -> None:
        path = written(data, self.stray(column, 17, last))
        message = refusal(path)
        assert message.startswith(f"{path}:18: row 17, column {column!r}: ")
        assert f"from line 18 to line {last + 1} holds a line break, as where a quotation mark" in message
        assert len(message) < len(str(path)) + 350

    @pytest.mark.parametrize("column", ["score", "mated"])
    def test_into_what_is_no_label_either(self, column: str, data: Path) -> None:
        path = written(data, self.stray(column, 17, 25))
        assert refusal(path).startswith(f"{path}: row 17, column {column!r}: ")

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("last", [18, 25])
    @pytest.mark.parametrize("column", ["probe_sex", "note", "image"])
    def test_into_a_column_that_the_study_does_not_use(
        self, column: str, last: int, end: str, data: Path
    ) -> None:
        path = written(data, self.stray(column, 17, last).replace("\n", end))
        assert refusal(path) == (
            f"{path}:18: row 17, column {column!r}: the value from line 18 to line {last + 1} holds whole rows, "
            f"{SWALLOWED}"
        )

    def test_in_a_compressed_file_of_several(self, data: Path) -> None:
        written(data, text(table(PLAIN)))
        path = written(data, gzip.compress(self.stray("note", 3, 5).encode()), "b.csv.gz")
        assert refusal(data).startswith(f"{path}:4: row 3, column 'note': the value from line 4 to line 6")

    def test_remarks_of_several_lines_are_read(self, data: Path) -> None:
        remarks = ["one\ntwo", "a, b, c\nd, e", ",\n,", "1,2,3,4,5,6,7,8,9\n1,2,3,4,5,6,7,8,9", '"', "\n\n\n"]
        columns = {**PLAIN, "note": (remarks * 7)[:40]}
        assert counts_of(written(data, text(table(columns))), study()) == EXPECTED

    def test_a_label_with_a_line_break_in_parquet_has_no_lines(self, data: Path) -> None:
        columns = trials(40)
        columns["probe_ethnicity"][16] = "two\nlines"
        pd.DataFrame(columns).to_parquet(data / "a.parquet")
        assert refusal(data / "a.parquet") == (
            f"{data / 'a.parquet'}: row 17, column 'probe_ethnicity': 'two\\nlines' holds a line break, as where a "
            "quotation mark out of place swallowed rows; correct the quotation mark, or write the label in one line"
        )


def test_rows_and_lines_are_told_apart(data: Path) -> None:
    header, *rows = table({**PLAIN, "note": ["two\nlines"] * 40})
    begun = (
        text([[*header[:-1], "name of the\nimage"]]) + "\n" + text(rows[:2])
    )  # lines 1 and 2, 3, and 4 to 7
    path = written(data, begun + "0.5\n" + text(rows[2:]))
    assert refusal(path) == (f"{path}:8: row 3 has 1 values, but the header names 10 columns; fix that line")


@given(
    st.lists(
        st.tuples(st.text('ab\n,"', max_size=6), st.text('ab\n,"', max_size=6)), min_size=1, max_size=12
    ),
    st.integers(0, 11),
    st.integers(0, 1),
)
@settings(max_examples=60)
def test_the_lines_of_a_value(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], row: int, column: int
) -> None:
    path = written(tmp_path_factory.mktemp("lines"), text([("one", "other"), *rows]))
    if row >= len(rows):
        assert lines_of_value(path, ",", row + 1, column) is None
        return
    before = text([("one", "other"), *rows[:row]]).count("\n") + (rows[row][0].count("\n") if column else 0)
    first = 1 + before
    assert lines_of_value(path, ",", row + 1, column) == (first, first + rows[row][column].count("\n"))


def test_the_delimiter_is_the_one_that_tells_the_study_s_columns_apart(data: Path) -> None:
    path = written(data, '"a,b,c,d";score;"mated\nor not"\n1;2;3\n')
    assert read_header(path, ("score",)) == (("a,b,c,d", "score", "mated\nor not"), ";")
