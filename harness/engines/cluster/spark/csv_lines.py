"""CSV read line by line, as strictly as on one machine; Spark's own reader would take damaged files for whole ones.

A line that cannot be read becomes a row without any value, which counting refuses.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.comparisons.files import CsvFiles
from harness.engines.cluster.spark.paths import reader_of, uris

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["CsvLines", "csv_lines"]

RETURN, LINE_END = b"\r", b"\n"
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class CsvLines:
    """The lines of CSV files that end their lines alike.

    Attributes
    ----------
    lines : DataFrame
        Columns ``line``, without its end; ``returned``, whether it ended as those of Windows do; and ``file_path``.
    headers : tuple of str
        The first lines.
    files : int
        How many files there are, each of which has one such line.
    with_returns : bool
        Whether lines end as those of Windows do.
    unended : int
        How many files at most leave their last line without an end.
    """

    lines: DataFrame
    headers: tuple[str, ...]
    files: int
    with_returns: bool
    unended: int

    def is_sound(self) -> bool:
        """Whether every file has one header, and lines that end alike."""
        header = self.lines["line"].isin(*self.headers)
        kinds = self.lines.select(header.alias("header"), "returned").groupBy("header", "returned").count()
        found = [(row["header"], row["returned"], row["count"]) for row in kinds.collect()]
        otherwise = sum(times for _, returned, times in found if returned != self.with_returns)
        headers = sum(times for is_header, _, times in found if is_header)
        return bool(headers == self.files and otherwise <= self.unended)

    def rows(self, source: CsvFiles, columns: Sequence[str]) -> DataFrame:
        """Take the columns named, as text, out of every line that is neither empty nor a header."""
        lines = self.lines.where(~self.lines["line"].isin("", *self.headers))
        found = lines.selectExpr("file_path", f"{_fields_sql(source.delimiter)} AS fields")
        whole = f"size(fields) = {len(source.header)}"
        texts = [
            f"IF({whole}, NULLIF(GET(fields, {source.header.index(name)}), ''), NULL)" for name in columns
        ]
        return found.selectExpr("file_path", *(f"{text} AS value_{i}" for i, text in enumerate(texts)))


def csv_lines(spark: SparkSession, source: CsvFiles) -> list[CsvLines]:
    """Read the lines of CSV files, those of Windows apart from others."""
    firsts = {path: _first_line(path) for path in source.paths}
    found = []
    for with_returns in (False, True):
        paths = [path for path in source.paths if firsts[path].endswith(RETURN) == with_returns]
        if paths:
            headers = dict.fromkeys(firsts[path].decode("utf-8-sig").removesuffix("\r") for path in paths)
            unended = sum(not _ends_with_line_end(path) for path in paths) if with_returns else 0
            # A mark at the very start of a file is left out by Spark, as here.
            found.append(
                CsvLines(
                    _lines(spark, paths, with_returns), tuple(headers), len(paths), with_returns, unended
                )
            )
    return found


def _lines(spark: SparkSession, paths: Sequence[Path], with_returns: bool) -> DataFrame:
    read = reader_of(spark).option("lineSep", "\n").text(uris(paths))
    read = read.selectExpr("value", "_metadata.file_path AS file_path", r"endswith(value, '\r') AS r")
    line = "IF(r, left(value, length(value) - 1), value)" if with_returns else "value"
    return read.selectExpr(f"{line} AS line", "r AS returned", "file_path")


def _first_line(path: Path) -> bytes:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as file:
        return bytes(file.readline(1 << 20)).removesuffix(LINE_END)


def _ends_with_line_end(path: Path) -> bool:
    if path.name.lower().endswith(".gz"):
        return False  # which cannot be told without reading all of it
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read() == LINE_END


def _fields_sql(delimiter: str) -> str:
    """SQL for the values of a line; NULL where it is not well quoted."""
    mark = r"\t" if delimiter == "\t" else delimiter
    field = rf'(?:"(?:[^"]++|"")*+"|[^"\r{mark}]*+)[{mark}]'
    line = f"concat(line, '{mark}')"  # so that every value is followed by one
    quoted = (
        f"transform(regexp_extract_all({line}, r'{field}', 0), v -> IF(startswith(v, '\"'), "
        "replace(substring(v, 2, length(v) - 3), '\"\"', '\"'), left(v, length(v) - 1)))"
    )
    return (
        f"CASE WHEN NOT is_valid_utf8(line) THEN NULL "
        f"WHEN instr(line, '\"') = 0 THEN IF(instr(line, '\\r') = 0, split(line, r'[{mark}]', -1), NULL) "
        rf"WHEN {line} RLIKE r'\A(?:{field})+\z' THEN {quoted} END"
    )
