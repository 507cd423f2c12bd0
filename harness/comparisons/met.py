"""What is known of a source only once all its rows were looked at: what of a study, or of its key, no row has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from harness.arrays import BoolArray

__all__ = ["Met"]


@dataclass(frozen=True, eq=False)
class Met:
    """What the rows of a part, or of all, have; that of several parts is added up.

    Attributes
    ----------
    lines : ndarray of bool or None
        Which lines of the key some comparison has; None without a key.
    left_out : int
        Rows that the study leaves out.
    values : frozenset of (str, str, str)
        Values that the study names and some row has: the study's key, the name beside it, and the value.
    """

    lines: BoolArray | None = None
    left_out: int = 0
    values: frozenset[tuple[str, str, str]] = frozenset()

    def __add__(self, other: Met) -> Met:
        both = [lines for lines in (self.lines, other.lines) if lines is not None]
        return Met(
            np.logical_or.reduce(both) if both else None,
            self.left_out + other.left_out,
            self.values | other.values,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Met) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.left_out, self.values))

    @property
    def lines_without_score(self) -> int:
        """How many lines of the key no comparison has."""
        return 0 if self.lines is None else int(np.count_nonzero(~self.lines))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "lines": None if self.lines is None else np.packbits(self.lines).tobytes().hex(),
            "of": None if self.lines is None else len(self.lines),
            "left_out": self.left_out,
            "values": sorted(self.values),
        }

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        lines = None
        if found["lines"] is not None:
            packed = np.frombuffer(bytes.fromhex(found["lines"]), np.uint8)
            lines = np.unpackbits(packed, count=found["of"]).astype(np.bool_)
        values = frozenset((key, name, value) for key, name, value in found["values"])
        return cls(lines, found["left_out"], values)
