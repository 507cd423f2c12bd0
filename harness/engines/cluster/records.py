"""What is kept of a finished part, as bytes and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa

from harness.comparisons import CellScores
from harness.comparisons.unchanged import Stamp
from harness.counting import Counts, SubjectCounts
from harness.counting.sealing import sealed, unsealed
from harness.engines.cluster.facts import Digested, FileFacts, NamedFile
from harness.engines.cluster.results import Counted, Looked, Names

__all__ = ["COUNTED", "FACTS", "LOOKED", "Kind"]

Content = TypeVar("Content")

LOOK = "harness/looked/1"
NAMES = "harness/names/1"


@dataclass(frozen=True)
class Kind(Generic[Content]):
    """A kind of record: the name of the folder it is kept in, and how it becomes bytes and is read again."""

    name: str
    to_bytes: Callable[[Content], bytes]
    from_bytes: Callable[[bytes], Content]


def facts_to_bytes(facts: FileFacts) -> bytes:
    """Write what is known of a file."""
    return json.dumps(asdict(facts)).encode()


def facts_from_bytes(data: bytes) -> FileFacts:
    """Read what `facts_to_bytes` wrote."""
    found = json.loads(data)
    stamp = Stamp(**found["file"].pop("stamp"))
    parts = tuple((first, end) for first, end in found["digested"].pop("parts"))
    return FileFacts(
        NamedFile(**found["file"], stamp=stamp), Digested(**found["digested"], parts=parts), found["begun"]
    )


def looked_to_bytes(looked: Looked) -> bytes:
    """Write what a look at a part showed."""
    head = {
        "schema": LOOK,
        "rows": looked.rows,
        "kinds": looked.kinds,
        "labels": looked.labels,
        "cells": [asdict(cell) for cell in looked.cells],
    }
    return _joined([sealed(head, {}), *_names_to_bytes(looked.names)])


def looked_from_bytes(data: bytes) -> Looked:
    """Read what `looked_to_bytes` wrote."""
    own, *names = _split(data)
    head, _ = unsealed(own, LOOK)
    return Looked(
        rows=head["rows"],
        kinds=tuple((name, kind) for name, kind in head["kinds"]),
        labels=tuple((name, tuple(labels)) for name, labels in head["labels"]),
        names=_names_from_bytes(names),
        cells=tuple(_cell_from(cell) for cell in head["cells"]),
    )


def _cell_from(found: dict[str, Any]) -> CellScores:
    return CellScores(
        tuple(found["cell"]), found["mated"], found["trials"], found["lowest"], tuple(found["highest"])
    )


def counted_to_bytes(counted: Counted) -> bytes:
    """Write what was counted of a part."""
    by_subject = b"" if counted.by_subject is None else counted.by_subject.to_bytes()
    rows = counted.rows.to_bytes(8, "little")
    return _joined([rows, counted.counts.to_bytes(), by_subject, *_names_to_bytes(counted.names)])


def counted_from_bytes(data: bytes) -> Counted:
    """Read what `counted_to_bytes` wrote."""
    rows, counts, by_subject, *names = _split(data)
    return Counted(
        int.from_bytes(rows, "little"),
        Counts.from_bytes(counts),
        SubjectCounts.from_bytes(by_subject) if by_subject else None,
        _names_from_bytes(names),
    )


def _names_to_bytes(names: Names) -> list[bytes]:
    return [sealed({"schema": NAMES}, {"name": side}) for side in names]


def _names_from_bytes(sides: list[bytes]) -> Names:
    columns = [unsealed(side, NAMES)[1]["name"].chunks for side in sides]
    return tuple(pa.concat_arrays([pa.array([], pa.large_string()), *chunks]) for chunks in columns)


def _joined(pieces: list[bytes]) -> bytes:
    sizes = np.array([len(pieces), *map(len, pieces)], "<i8")
    return b"".join([sizes.tobytes(), *pieces])


def _split(data: bytes) -> list[bytes]:
    (pieces,) = np.frombuffer(data, "<i8", 1)
    ends = 8 * (pieces + 1) + np.cumsum([0, *np.frombuffer(data, "<i8", pieces, offset=8)])
    return [data[start:end] for start, end in pairwise(ends)]


FACTS = Kind("files", facts_to_bytes, facts_from_bytes)
LOOKED = Kind("looks", looked_to_bytes, looked_from_bytes)
COUNTED = Kind("counts", counted_to_bytes, counted_from_bytes)
