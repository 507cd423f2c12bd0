"""Plain values of JSON texts that may mean harm, read strictly and within limits."""

from __future__ import annotations

import jiter

__all__ = ["MAX_VALUES", "plain_json"]

MAX_VALUES = 5_000_000
"""Of a JSON text: those of 200 groups at 2,000 thresholds, and some; its commas and opening brackets are counted."""


def plain_json(content: bytes) -> object:
    """Return the values of a JSON text in UTF-8.

    Raises
    ------
    ValueError
        It is not JSON, gives a key twice, holds NaN or Infinity, or more values than fit in a gigabyte of memory.

    Examples
    --------
    >>> plain_json(b'{"thresholds": [0.5, 0.6]}')
    {'thresholds': [0.5, 0.6]}
    """
    if len(content) > MAX_VALUES and sum(map(content.count, b",[{")) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values")
    values: object = jiter.from_json(content, allow_inf_nan=False, catch_duplicate_keys=True)
    return values
