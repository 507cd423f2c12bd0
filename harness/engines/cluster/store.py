"""A folder that keeps what is known of finished parts, so that a run that was stopped can go on.

A record is found by a digest of all that it depends on. It is there whole or not at all, and shows whether it is as it
was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from harness._version import __version__
from harness.errors import HarnessError, InputError
from harness.files import UnreadableError, content_of, reason, replacing

__all__ = ["VERSION", "CheckpointStore"]

Content = TypeVar("Content")

FORMAT = b"harness/checkpoint/2"
VERSION = __version__
"""Another version of the harness starts anew."""
DIGEST_SIZE = hashlib.sha256().digest_size
MARK = "harness-checkpoints.txt"
ABOUT = "Counts of finished parts, for `harness evaluate --checkpoints` to go on from. It may be deleted at any time.\n"


class CheckpointStore:
    """Keeps records in a folder.

    Parameters
    ----------
    folder : Path
        Made if need be; any number of runs may share it, at the same time, too.

    Raises
    ------
    InputError
        Where it cannot be written to, or holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / MARK).is_file():
                if any(entry.name != MARK for entry in folder.iterdir()):
                    raise InputError(
                        "holds something other than checkpoints; name a new or an empty folder",
                        source=str(folder),
                    )
                (folder / MARK).write_text(ABOUT, encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"cannot keep checkpoints ({reason(error)}); name a folder that can be written to",
                source=str(folder),
            ) from error

    def read(self, kind: str, key: Mapping[str, Any], decode: Callable[[bytes], Content]) -> Content | None:
        """Return what was kept under a key; None where nothing was.

        Parameters
        ----------
        kind : str
            Name of a folder in the folder.
        key : mapping
            All that the content depends on, as JSON can hold it.
        decode : callable
            Makes the content of its bytes.

        Raises
        ------
        InputError
            Where the record is not as it was written, or is not a regular file.
        """
        path = self._path(kind, key)
        try:
            data = content_of(path)
        except UnreadableError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        try:
            return decode(_opened(data, path.name))
        except (
            HarnessError,
            pa.ArrowException,
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            OSError,
        ) as error:
            raise InputError(
                "this checkpoint is damaged; delete it, and only what it held is counted again",
                source=str(path),
            ) from error

    def write(self, kind: str, key: Mapping[str, Any], content: bytes) -> None:
        """Keep content under a key, in place of what was kept there.

        Raises
        ------
        InputError
            Where it cannot be written.
        """
        path = self._path(kind, key)
        try:
            path.parent.mkdir(exist_ok=True)
            with replacing(path) as new:
                new.write_bytes(_closed(content, path.name))
        except OSError as error:
            raise InputError(
                f"cannot keep a checkpoint ({reason(error)}); make room, or run without checkpoints",
                source=str(path),
            ) from error

    def _path(self, kind: str, key: Mapping[str, Any]) -> Path:
        whole = {**key, "format": FORMAT.decode(), "harness": VERSION}
        return self._folder / kind / hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _closed(content: bytes, name: str) -> bytes:
    head = b"%s %s %d\n" % (FORMAT, name.encode(), len(content))
    body = head + pa.compress(content, codec="zstd", asbytes=True)
    return bytes(body + hashlib.sha256(body).digest())


def _opened(data: bytes, name: str) -> bytes:
    body, digest = data[:-DIGEST_SIZE], data[-DIGEST_SIZE:]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("not as it was written")
    head, _, compressed = body.partition(b"\n")
    known, own, size = head.split(b" ")
    if (known, own) != (FORMAT, name.encode()):
        raise ValueError("of another key")
    return bytes(pa.decompress(compressed, decompressed_size=int(size), codec="zstd", asbytes=True))
