"""A Spark session: the one that runs, or one of our own for as long as it is needed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InputError
from harness.files import Scratch, temporary_folder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["Session", "failure_of", "failures", "open_session"]

QUIET = Path(__file__).with_name("log4j2.properties")
SETTINGS = {
    "spark.app.name": "harness",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    # Of small data Spark makes fewer partitions than these by itself; of many subjects it takes them all.
    "spark.sql.shuffle.partitions": "64",
    "spark.driver.maxResultSize": "0",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={QUIET.as_uri()}",
}
ON_THIS_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
}


@dataclass(frozen=True)
class Session:
    """A Spark session, and what to clean up after it where it is our own.

    Attributes
    ----------
    spark : SparkSession
    scratch : Scratch or None
        None where the session was there before, and stays.
    """

    spark: SparkSession
    scratch: Scratch | None

    def close(self) -> None:
        """Stop the session if it was started here."""
        if self.scratch is not None:
            self.spark.stop()
            self.scratch.close()


def open_session(master: str) -> Session:
    """Take the session that is active, as in a notebook of a cluster; or start one.

    Parameters
    ----------
    master : str
        Where to start it: ``local[2]``, ``spark://host:7077``, ``yarn``.

    Raises
    ------
    InputError
        Where Spark cannot be started there.
    """
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return Session(active, None)
    scratch = temporary_folder()
    settings = SETTINGS | (ON_THIS_MACHINE if master.startswith("local") else {})
    builder = SparkSession.builder.master(master).config(map=settings)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
            spark = builder.config("spark.sql.warehouse.dir", str(scratch.folder)).getOrCreate()
    except failures() as error:
        scratch.close()
        raise InputError(
            f"master {master!r}: Spark cannot be started there ({failure_of(error)}); it needs Java 17 or later, "
            "and a master such as 'local[2]' or 'spark://host:7077'"
        ) from error
    return Session(spark, scratch)


def failures() -> tuple[type[Exception], ...]:
    """Return what pyspark raises when Spark fails."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


def failure_of(error: Exception) -> str:
    """Return the first line that says what went wrong."""
    java = getattr(error, "java_exception", None)
    text = str(error) if java is None else str(java)
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
