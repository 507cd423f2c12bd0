"""Short names for what the tests of the worlds ask of a world and of its tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def ethnicity(label: str) -> dict[str, str]:
    return {"ethnicity": label}


def text(table: pa.Table, column: str) -> np.ndarray:
    return table[column].to_numpy(zero_copy_only=False)
