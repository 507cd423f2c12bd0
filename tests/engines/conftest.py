"""A Spark session for the tests that need one, shared by all that one process runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session")
def spark_session() -> Iterator[object]:
    """Start a session, which the engine finds active; skip where there is no Spark, unless the run asks for it."""
    required = os.environ.get("HARNESS_REQUIRE_SPARK") == "1"
    if not required and (
        find_spec("pyspark") is None or not (shutil.which("java") or os.environ.get("JAVA_HOME"))
    ):
        pytest.skip("pyspark or Java is not installed")
    from harness.engines.cluster.spark.reading import open_session

    session = open_session("local[2]")
    yield session.spark
    session.close()
