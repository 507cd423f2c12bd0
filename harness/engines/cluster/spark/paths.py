"""Names of files, as Spark takes and gives them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from harness.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrameReader, SparkSession

__all__ = ["path_of", "reader_of", "require_visible", "uris"]


def uris(paths: Iterable[Path]) -> list[str]:
    """Write paths as Spark takes them, whatever its default file system."""
    return [f"file:{path.absolute()}" for path in paths]


def path_of(uri: str) -> Path:
    """Return the path of a file that Spark names."""
    return Path(unquote(urlsplit(uri).path))


def reader_of(spark: SparkSession) -> DataFrameReader:
    """Make a reader of just the files named: no patterns, and no columns out of the names of folders."""
    return spark.read.option("recursiveFileLookup", "true").option("__globPaths__", "false")


def require_visible(paths: Iterable[Path]) -> None:
    """Refuse files that Spark would leave out without a word.

    Raises
    ------
    InputError
    """
    for path in paths:
        if path.name.startswith((".", "_")) or path.name.endswith("._COPYING_"):
            raise InputError(
                "Spark leaves out files whose names begin with . or _; name it otherwise", source=str(path)
            )
