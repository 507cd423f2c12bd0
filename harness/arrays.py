"""Names for the arrays that functions take and return; shapes stand in each docstring."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["BoolArray", "FloatArray", "IntArray", "Integers", "ScoreArray"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.integer[Any]]
"""Whole numbers of any width."""
ScoreArray: TypeAlias = npt.NDArray[np.float32] | FloatArray
"""Comparison scores, in the type in which they were given."""
