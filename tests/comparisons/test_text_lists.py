"""Lists without a header, as they are published: counts are those of a second reading of the same text."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparisons import Comparisons
from harness.comparisons.csv_text import delimiter_of, ragged_record
from harness.comparisons.files import open_files
from harness.comparisons.listing import list_files
from harness.engines import Local, count
from harness.engines.engine import open_with
from harness.errors import InputError
from harness.study import Study
from tests.comparisons.known_trials import THRESHOLDS, counts_of, naive_counts, study, trials

PLAIN = trials(300)
for _name in ("probe_ethnicity", "reference_ethnicity"):
    PLAIN[_name] = [label.split()[0].strip(";") for label in PLAIN[_name]]
NAMES = tuple(PLAIN)
LISTED: dict[str, Any] = {"columns": list(NAMES)}
EXPECTED = naive_counts(PLAIN, study())


def lines(between: str, *, before: str = "", after: str = "", end: str = "\n", decimal: str = ".") -> bytes:
    rows = zip(*PLAIN.values(), strict=True)
    texts = ([str(score).replace(".", decimal), *map(str, others)] for score, *others in rows)
    return "".join(f"{before}{between.join(row)}{after}{end}" for row in texts).encode()


def zst(data: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as packed:
        packed.write(data)
    return bytes(out.getvalue())


def written(folder: Path, data: bytes, name: str = "a.txt") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def refused(scores: Any, terms: Study) -> str:
    with pytest.raises(InputError) as caught:
        counts_of(scores, terms)
    assert "\n" not in str(caught.value)
    return str(caught.value)


FORMS: dict[str, tuple[str, bytes]] = {
    "blank": ("a.txt", lines(" ")),
    "runs of blanks and tabs, and around": ("a.txt", lines("  \t ", before=" \t", after="  ")),
    "blank lines between": ("a.txt", lines(" ", end="\n\n  \n")),
    "blank, CRLF": ("a.txt", lines(" ", end="\r\n")),
    "blank, byte order mark": ("a.txt", b"\xef\xbb\xbf" + lines(" ")),
    "no line break at the end": ("a.txt", lines(" ")[:-1]),
    "tab": ("a.tsv", lines("\t")),
    "comma": ("a.csv", lines(",")),
    "semicolon": ("a.csv", lines(";")),
    "bar": ("a.txt", lines("|")),
    "gzip": ("a.txt.gz", gzip.compress(lines(" "))),
    "zstandard": ("a.txt.zst", zst(lines(" "))),
    "zstandard in two frames": ("a.tsv.zst", zst(lines("\t")[:5000]) + zst(lines("\t")[5000:])),
    "csv, zstandard": ("a.csv.zst", zst(lines(","))),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_every_form_of_a_list_gives_the_same_counts(name: str, content: bytes, data: Path) -> None:
    assert counts_of(written(data, content, name), study(**LISTED)) == EXPECTED


@pytest.mark.parametrize("between", [" ", "  \t", "\t", ";"])
def test_a_header_is_read_through_white_space_too(between: str, data: Path) -> None:
    path = written(data, between.join(NAMES).encode() + b"\n" + lines(between))
    assert counts_of(path, study()) == EXPECTED


@pytest.mark.parametrize("engine", [Local(), "checkpoints"], ids=["local", "checkpoints"])
def test_engines_of_parts_read_them_alike(engine: Any, data: Path, tmp_path: Path) -> None:
    paths = [written(data, lines("  "), "a.txt"), written(data, lines("  ") * 2, "b.txt")]
    by = engine if isinstance(engine, Local) else Local(checkpoints=tmp_path / "kept")
    with open_with(paths, study(**LISTED), by) as comparisons:
        found = count(comparisons, THRESHOLDS)
    assert np.array_equal(found.bins, 3 * EXPECTED.bins)


class TestDecimalCommas:
    @pytest.mark.parametrize("between", [" ", "\t", ";"])
    def test_are_read_where_the_study_says_so(self, between: str, data: Path) -> None:
        path = written(data, lines(between, decimal=","))
        assert counts_of(path, study(**LISTED, score={"decimal": ","})) == EXPECTED

    def test_are_asked_about_where_it_does_not(self, data: Path) -> None:
        message = refused(written(data, lines(" ", decimal=",")), study(**LISTED))
        assert "row 1, column 'score': '0," in message
        assert (
            "is its comma a decimal comma? If so, say so in the study (score: {column: ..., decimal: ','}"
            in message
        )

    @pytest.mark.parametrize("value", ["1.234,5", "0.58", "1,234,5", "x"])
    def test_other_marks_are_refused(self, value: str, data: Path) -> None:
        path = written(data, lines(";", decimal=",") + f"{value};1;a;a;w;w;f;f\n".encode())
        assert f"row 301, column 'score': {value!r} is not a number with a decimal comma" in refused(
            path, study(**LISTED, score={"decimal": ","})
        )

    def test_a_comma_that_may_be_either_is_asked_about(self, data: Path) -> None:
        path = written(data, b"f 0,58\nm 0,34\n")
        with pytest.raises(InputError, match="whether its commas separate them or are decimal commas"):
            delimiter_of(path, ["score"], ["sex", "score"])
        assert delimiter_of(path, ["score"], ["sex", "score"], decimal=",") == " "

    def test_numbers_that_are_no_text_have_none(self) -> None:
        message = refused(PLAIN, study(score={"decimal": ","}))
        assert message.endswith("decimal commas are for scores in text files; leave decimal out")


class TestRefusals:
    @pytest.mark.parametrize(("between", "name"), [(" ", "a.txt"), (",", "a.csv"), ("\t", "a.tsv.gz")])
    @pytest.mark.parametrize("values", [7, 9])
    def test_a_line_with_other_columns(self, values: int, between: str, name: str, data: Path) -> None:
        content = lines(between) + b"\n" + between.join(["1"] * values).encode() + b"\n"
        path = written(data, gzip.compress(content) if name.endswith("gz") else content, name)
        assert refused(path, study(**LISTED)) == (
            f"{path}:302: row 301 has {values} values, but the study names (columns) 8 columns; fix that line"
        )

    def test_a_file_of_other_columns(self, data: Path) -> None:
        path = written(data, b"1 a b 0.5\n")
        assert refused(path, study(**LISTED)).startswith(f"{path}:1: '1 a b 0.5' does not hold 8 values")

    @pytest.mark.parametrize("between", [" ", ",", "\t"])
    def test_a_header_where_the_study_says_there_is_none(self, between: str, data: Path) -> None:
        path = written(data, between.join(NAMES).encode() + b"\n" + lines(between))
        assert refused(path, study(**LISTED)) == (
            f"{path}:1: this line is a header that names its columns itself; leave out columns (--columns)"
        )

    def test_no_header_where_the_study_needs_one(self, data: Path) -> None:
        path = written(data, b"1 id10270/x/1.wav id10271/y/2.wav\n")
        message = refused(path, study())
        assert message.startswith(f"{path}:1: has no column 'score', and its first line, ")
        assert (
            "looks like data and no header; name its columns (columns: [...] in the study, --columns"
            in message
        )

    def test_a_value_that_cannot_be_used_is_named_by_its_row(self, data: Path) -> None:
        path = written(data, lines(" ") + b"\nnone 1 a a w w f f\n")
        assert "row 301, column 'score': 'none' is not a number" in refused(path, study(**LISTED))

    def test_columns_of_what_names_its_own(self) -> None:
        assert "leave out columns" in refused(PLAIN, study(**LISTED))

    @pytest.mark.parametrize("cut", [0.5, 0.999])
    def test_a_zst_that_was_cut_off(self, cut: float, data: Path) -> None:
        rng = np.random.default_rng(0)
        text = "".join(f"{x:.17f} 1 p p w w f f\n" for x in rng.random(100_000)).encode()
        packed = zst(text)
        path = written(data, packed[: int(len(packed) * cut)], "a.txt.zst")
        assert refused(path, study(**LISTED)).startswith(f"{path}: cannot be read as zstd (")

    def test_a_compressed_copy_beside_the_file(self, data: Path) -> None:
        paths = [written(data, lines(" ")), written(data, zst(lines(" ")), "a.txt.zst")]
        assert f"lies beside {paths[0]}, whose rows it would count twice" in refused(paths, study(**LISTED))

    def test_one_row_twice_in_two_files(self, data: Path) -> None:
        paths = [written(data, b"0.5 1 p p w w f f\n", name) for name in ("a.txt", "b.txt")]
        with pytest.raises(InputError, match="holds the same bytes as"):
            open_files(paths, study().columns, digested=True, names=NAMES)


def test_txt_in_a_folder_is_read_only_where_it_is_named(data: Path) -> None:
    written(data, b"notes", "readme.txt")
    path = written(data, lines("\t"), "a.tsv")
    assert list_files([data]).paths == (path,)
    assert list_files([f"{data}/*.txt"]).paths == (data / "readme.txt",)


@given(
    words=st.lists(
        st.lists(
            st.text(
                st.characters(
                    codec="utf-8", exclude_characters=" \t\r\n\x00\ufeff", exclude_categories=("C", "Z")
                ),
                min_size=1,
            ),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    ),
    gaps=st.lists(st.text(" \t", min_size=1, max_size=3), min_size=4, max_size=4),
)
def test_white_space_is_split_in_sql_as_in_python(
    words: list[list[str]], gaps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    import duckdb

    path = tmp_path_factory.mktemp("words") / "a.txt"
    text = "".join(f"{gaps[0]}{gaps[1].join(row)}{gaps[2]}\n" for row in words)
    path.write_text(text, encoding="utf-8")
    from harness.comparisons.files import CsvFiles

    with duckdb.connect() as connection:
        source = CsvFiles((path,), ("a", "b", "c"), " ", titled=False)
        found = connection.execute(f"SELECT * FROM {source.relation(connection)}").fetchall()
    assert [list(row) for row in found] == [line.split() for line in text.split("\n") if line.strip(" \t")]
    assert ragged_record(path, " ", 3, titled=False) is None


class Bytes:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def parquet_bytes() -> bytes:
    import pyarrow.parquet as pq

    out = pa.BufferOutputStream()
    pq.write_table(pa.table(PLAIN), out)
    return bytes(out.getvalue())


CONTENTS: dict[str, tuple[Callable[[], bytes], dict[str, Any]]] = {
    "white space": (lambda: lines(" "), LISTED),
    "csv": (lambda: ",".join(NAMES).encode() + b"\n" + lines(","), {}),
    "gzip": (lambda: gzip.compress(lines(" ")), LISTED),
    "zstandard": (lambda: zst(lines(" ")), LISTED),
    "parquet": (parquet_bytes, {}),
}


class TestStandardInput:
    @pytest.mark.parametrize("content", CONTENTS)
    @pytest.mark.parametrize("named", ["-", ["-"], ("-",)], ids=str)
    def test_counts_like_a_file(self, content: str, named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        make, terms = CONTENTS[content]
        monkeypatch.setattr(sys, "stdin", Bytes(make()))
        with Comparisons(named, study(**terms)) as comparisons:
            assert count(comparisons, THRESHOLDS) == EXPECTED
            (read,) = comparisons.inputs()
        assert (read.name, read.bytes) == ("standard input", len(make()))

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", ": is empty (0 bytes)"),
            (lines(" ") + b"1 2\n", ":301: row 301 has 2 values"),
            (lines(" ") + b"x 1 a a w w f f\n", ": row 301, column 'score': 'x' is not a number"),
            (b"1 2\n", ":1: '1 2' does not hold 8 values"),
        ],
    )
    def test_is_named_in_errors(self, content: bytes, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", Bytes(content))
        assert refused("-", study(**LISTED)).startswith(f"standard input{problem}")

    def test_is_read_alone(self, data: Path) -> None:
        path = written(data, lines(" "))
        assert refused(["-", path], study(**LISTED)).startswith("standard input (-) is read alone")

    def test_is_not_for_engines_of_parts(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="by the engine local and without checkpoints"):
            open_with("-", study(**LISTED), Local(checkpoints=tmp_path / "kept"))

    def test_that_is_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        assert refused("-", study(**LISTED)) == "standard input: is closed; name a file"


PAIRS = "2 1\nAnn 1 2\nAnn 1 Bob 3\nCid 4 12\nBob 1 Cid 4\n"


class TestPairsOfLfw:
    def test_stand_beside_the_scores_line_by_line(self, data: Path) -> None:
        path = written(data, b"0.9 f\n0.2 f\n0.7 m\n0.4 m\n")
        pairs = written(data, PAIRS.encode(), "pairs.txt")
        terms = study(
            columns=["score", "sex"], pairs=str(pairs), groups={"sex": "sex"}, subjects=["probe", "reference"]
        )
        with Comparisons(path, terms, digested=True) as comparisons:
            found = count(comparisons, np.array([0.3, 0.8]))
            inputs = [one.name for one in comparisons.inputs()]
        assert found.cells == (("f",), ("m",))
        assert found.matches.tolist() == [[[0, 0], [1, 1]], [[1, 0], [1, 0]]]
        assert inputs == [str(path), str(pairs)]

    @pytest.mark.parametrize(
        ("pairs", "problem"),
        [
            (PAIRS.replace("Bob 1 Cid 4\n", ""), "pairs.txt:1: says that it lists 4 pairs (2 x 1 mated"),
            ("Ann 1 2\n", "a.txt: has 4 rows, and "),
            (PAIRS.replace("Bob 3", "Bob x"), "pairs.txt:3: 'Ann 1 Bob x' is no pair of people; write "),
            (PAIRS.replace("Bob 3", ""), "pairs.txt:3: 'Ann 1 ' is no pair of people; write "),
        ],
    )
    def test_that_do_not_fit(self, pairs: str, problem: str, data: Path) -> None:
        path = written(data, b"0.9 f\n0.2 f\n0.7 m\n0.4 m\n")
        named = written(data, pairs.encode(), "pairs.txt")
        message = refused(path, study(columns=["score", "sex"], pairs=str(named), groups={"sex": "sex"}))
        assert problem in message

    def test_are_of_the_local_engine(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="without checkpoints; leave out engine and checkpoints"):
            open_with("a.txt", study(pairs="pairs.txt"), Local(checkpoints=tmp_path / "kept"))

    def test_are_for_text(self, data: Path) -> None:
        pairs = written(data, PAIRS.encode(), "pairs.txt")
        assert "leave pairs out" in refused(PLAIN, study(pairs=str(pairs)))


@pytest.mark.parametrize("kind", [pa.decimal128(38, 0), pa.decimal128(20, 0)], ids=str)
def test_truth_as_decimals_without_decimals(kind: pa.DataType) -> None:
    scores = pa.table(PLAIN)
    index = scores.schema.get_field_index("mated")
    assert counts_of(scores.set_column(index, "mated", scores["mated"].cast(kind)), study()) == EXPECTED


def test_a_label_too_long_to_print_is_refused_where_it_is_first_seen() -> None:
    long = {**PLAIN, "probe_ethnicity": ["w" * 10_000] * 300, "reference_ethnicity": ["w" * 10_000] * 300}
    assert "a label of ethnicity has 10,000 characters" in refused(long, study())
