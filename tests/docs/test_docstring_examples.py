"""The examples in docstrings print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import harness

ROOT = Path(harness.__file__).parents[1]
NEEDS = {"harness.engines.cluster.dask": "distributed", "harness.engines.cluster.spark": "pyspark"}
FEWEST = 80


def _modules() -> list[str]:
    return [
        found.name
        for found in pkgutil.walk_packages(harness.__path__, "harness.")
        if found.name != "harness.__main__" and ">>> " in (ROOT / _source(found.name)).read_text("utf-8")
    ]


def _source(module: str) -> Path:
    plain = Path(*module.split("."))
    return plain.with_suffix(".py") if (ROOT / plain.with_suffix(".py")).is_file() else plain / "__init__.py"


def _examples(module: str) -> list[doctest.DocTest]:
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))
    return [test for test in found if test.examples]


@pytest.mark.parametrize("module", _modules())
def test_examples_print_what_they_say(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for needed in (library for start, library in NEEDS.items() if module.startswith(start)):
        pytest.importorskip(needed)
    monkeypatch.chdir(ROOT)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for test in _examples(module):
        runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def test_there_are_many() -> None:
    docstrings = [test.name for module in _modules() for test in _examples(module)]
    assert len(docstrings) >= FEWEST
