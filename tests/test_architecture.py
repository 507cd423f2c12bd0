"""The house: how long modules and chains of imports are, and that no module imports itself by any way."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import grimp
import pytest

import harness

MOST_LINES = 600
LONGEST_CHAIN = 24


@pytest.fixture(scope="module")
def with_types() -> grimp.ImportGraph:
    """Every import, those for type checkers too."""
    return grimp.build_graph("harness", cache_dir=None)


@pytest.fixture(scope="module")
def at_runtime() -> grimp.ImportGraph:
    return grimp.build_graph("harness", exclude_type_checking_imports=True, cache_dir=None)


def test_no_module_imports_itself_by_any_way(with_types: grimp.ImportGraph) -> None:
    circles = [
        (module, imported)
        for module in sorted(with_types.modules)
        for imported in sorted(with_types.find_modules_directly_imported_by(module))
        if with_types.chain_exists(importer=imported, imported=module)
    ]
    assert not circles


def test_the_longest_chain_of_imports_is_short(at_runtime: grimp.ImportGraph) -> None:
    @cache
    def chain(module: str) -> tuple[str, ...]:
        below = (chain(imported) for imported in at_runtime.find_modules_directly_imported_by(module))
        return (module, *max(below, key=len, default=()))

    longest = max((chain(module) for module in at_runtime.modules), key=len)
    assert len(longest) <= LONGEST_CHAIN, "\n".join(longest)


def test_no_module_is_long() -> None:
    lines = {
        path: len(path.read_text("utf-8").splitlines())
        for path in Path(harness.__file__).parent.rglob("*.py")
    }
    assert {str(path): n for path, n in lines.items() if n > MOST_LINES} == {}
