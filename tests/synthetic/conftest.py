from __future__ import annotations

import pyarrow as pa
import pytest

from harness.synthetic import SEED, WORLDS, world


@pytest.fixture(scope="session")
def drawn() -> dict[str, pa.Table]:
    return {name: world(name).draw(SEED) for name in WORLDS}
