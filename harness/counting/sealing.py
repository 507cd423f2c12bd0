"""Tables of partial counts as bytes that show when they are not whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from harness.errors import InputError

__all__ = ["sealed", "unsealed"]

DIGEST_SIZE = hashlib.sha256().digest_size


def sealed(head: Mapping[str, Any], columns: Mapping[str, pa.Array]) -> bytes:
    """Write columns as an Arrow IPC stream with a JSON head, and its SHA-256.

    Parameters
    ----------
    head : mapping
        Its ``schema`` says what the columns are.
    columns : mapping of str to Array
    """
    table = pa.table(columns).replace_schema_metadata({"counts": json.dumps(head)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream = bytes(sink.getvalue())
    return stream + hashlib.sha256(stream).digest()  # part of a stream may read like a whole one


def unsealed(data: bytes, schema: str) -> tuple[dict[str, Any], pa.Table]:
    """Read what `sealed` wrote: the head and the columns.

    Raises
    ------
    InputError
        Where the bytes are not such a stream, whole and unaltered, or of another schema.
    """
    stream, digest = data[:-DIGEST_SIZE], data[-DIGEST_SIZE:]
    if hashlib.sha256(stream).digest() != digest:
        raise InputError("these bytes are not serialised counts, or not all of them; write them again")
    try:
        table = pa.ipc.open_stream(stream).read_all()
        head: dict[str, Any] = json.loads(table.schema.metadata[b"counts"])
        if head["schema"] != schema:
            raise ValueError(f"schema {head['schema']!r}")
    except (pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise InputError(f"these bytes are not serialised counts ({error})") from error
    return head, table
