"""Reading a file, writing one whole or not at all, and temporary folders that outlive no run for long."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "BESIDE",
    "EARLIER",
    "OutsideError",
    "Scratch",
    "UnreadableError",
    "content_of",
    "followed",
    "no_temporary_files",
    "reading",
    "reason",
    "replacing",
    "settle",
    "sweep",
    "temporary_folder",
    "uninterrupted",
    "write_whole",
    "writing",
]

TEMPORARY, BESIDE = "harness-", ".harness-"
"""How the names of scratch folders begin: where the system keeps temporary files, and beside what is written."""
LOCK = "harness-scratch.lock"
"""Locked as long as its run lives; the system unlocks it however the run ends."""
EARLIER = "earlier"
"""In a scratch folder: files taken from the folder around it, to be put back unless others took their place."""


class UnreadableError(InputError):
    """A file that is not there, or that may not be read."""


class OutsideError(InputError):
    """A file that lies out of the folder that it has to lie in."""


def content_of(path: Path, *, limit: int | None = None, within: Path | None = None) -> bytes:
    """Read a file, and nothing that merely looks like one: a device may have no end, a pipe may have no writer.

    Parameters
    ----------
    path : Path
        The file.
    limit : int, optional
        The most bytes that it may have, a power of two.
    within : Path, optional
        The folder that it must not lead out of, by links or otherwise.

    Raises
    ------
    UnreadableError
        It is not there, or may not be read.
    OutsideError
        It leads out of the folder.
    InputError
        It is not a regular file, or is too large.

    Examples
    --------
    >>> content_of(Path("/dev/zero"))
    Traceback (most recent call last):
    harness.errors.InputError: /dev/zero: is not a regular file
    """
    source = str(path)
    with reading(path):
        resolved = path.resolve(strict=True)
        if within is not None and not resolved.is_relative_to(within.resolve(strict=True)):
            raise OutsideError(f"leads out of {within}", source=source)
        if not stat.S_ISREG(resolved.stat().st_mode):
            raise InputError("is not a regular file", source=source)
        with resolved.open("rb") as stream:
            content = stream.read(-1 if limit is None else limit + 1)
    if limit is not None and len(content) > limit:
        most = f"{limit >> 20} MiB" if limit >= 2**20 else f"{limit >> 10} KiB"
        raise InputError(f"larger than {most}", source=source)
    return content


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say in one line what the system has against reading a file or folder.

    Raises
    ------
    UnreadableError
    """
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a name with a null; links in a circle
        raise UnreadableError(f"cannot be read: {reason(error)}", source=str(path)) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole, in place of an earlier one, or leave everything as it was.

    Parameters
    ----------
    path : Path
        Of the file, in an existing folder; where it is a link, what it leads to is replaced.
    content : bytes

    Raises
    ------
    InputError
        It cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), b"one")
    ...     write_whole(Path(folder, "a.txt"), b"two")
    ...     print([(path.name, path.read_bytes()) for path in Path(folder).iterdir()])
    [('a.txt', b'two')]
    """
    with writing(path), replacing(path) as new:
        new.write_bytes(content)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in one line what the system has against writing to a file or folder.

    Raises
    ------
    InputError
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot be written ({reason(error)})", source=str(path)) from error
    except ValueError as error:
        if isinstance(error, InputError) or "null" not in str(error):
            raise
        raise InputError(f"cannot be written ({error})", source=str(path)) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a new file, which takes the place of ``path`` in one step if all goes well.

    Raises
    ------
    InputError
        There is something other than a regular file.
    OSError
        It cannot be written.
    """
    target = followed(path)
    if target.exists() and not target.is_file():
        raise InputError("is not a regular file; name another one to write", source=str(path))
    with Scratch(target.parent, BESIDE) as scratch:
        new = scratch.folder / target.name
        yield new
        if target.exists():
            new.chmod(stat.S_IMODE(target.stat().st_mode))
        settle(new)
        new.replace(target)
    with contextlib.suppress(OSError):
        settle(target.parent)


def followed(path: Path) -> Path:
    """Return where a path leads, so that a link stays and what it leads to is replaced.

    Raises
    ------
    InputError
        It is a link that leads nowhere.
    OSError
        The system cannot say, as where the name is too long.
    """
    if path.is_symlink() and not path.exists():
        raise InputError("is a link that leads nowhere; remove it, or name another place", source=str(path))
    with contextlib.suppress(FileNotFoundError):
        path.lstat()  # an error where its name is too long
    return Path(os.path.realpath(path))


def settle(path: Path) -> None:
    """Have a file, or the entries of a folder, survive a loss of power; a disk that is full may say so only now."""
    if path.is_dir() and fcntl is None:
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if fcntl is not None else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reason(error: Exception) -> str:
    """Return what the system says is wrong, in a line."""
    said = error.strerror if isinstance(error, OSError) else None
    return said or next(iter(str(error).splitlines()), type(error).__name__)


class Scratch:
    """A temporary folder, deleted at the end; if the run is killed, a later one deletes it (see `sweep`).

    Parameters
    ----------
    parent : Path
        An existing folder, in which to make it.
    prefix : str
        `TEMPORARY` or `BESIDE`.

    Attributes
    ----------
    folder : Path

    Raises
    ------
    OSError
        It cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with Scratch(Path(parent)) as scratch:
    ...         (scratch.folder / "half").touch()
    ...     print(list(Path(parent).iterdir()))
    []
    """

    def __init__(self, parent: Path, prefix: str = TEMPORARY) -> None:
        sweep(Path(os.path.realpath(parent)))
        self.folder = parent / f"{prefix}{os.urandom(6).hex()}"
        with uninterrupted():
            self.folder.mkdir(mode=0o700)
            try:
                lock = _locked(self.folder)
            except BaseException:
                _delete(self.folder)
                raise
            self._end = weakref.finalize(self, _finish, self.folder, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the folder and all that is in it."""
        with uninterrupted():
            self._end()

    def keep(self) -> None:
        """Leave the folder where it is, for people to look at: neither this run nor a later one deletes it."""
        (self.folder / LOCK).unlink(missing_ok=True)
        self._end.detach()


def temporary_folder() -> Scratch:
    """Make a folder for what need not last, where the system keeps such files.

    Raises
    ------
    InputError
        It cannot be made anywhere.
    """
    import tempfile

    try:
        return Scratch(Path(tempfile.gettempdir()))
    except OSError as error:
        raise no_temporary_files(reason(error)) from error


def no_temporary_files(why: str) -> InputError:
    """Return what is said where temporary files cannot be written."""
    return InputError(
        f"temporary files cannot be written ({why}); make room, or name another folder in the environment variable "
        "TMPDIR"
    )


@cache
def sweep(parent: Path) -> None:
    """Delete the scratch folders that killed runs left in a folder, and put back what was in the middle of a move.

    Once a process is enough. Where the system has no locks, nobody can tell whether a run lives, and all stays.

    Parameters
    ----------
    parent : Path
        Absolute.
    """
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith((TEMPORARY, BESIDE)):
                with contextlib.suppress(OSError):
                    _sweep(Path(entry.path))


def _sweep(folder: Path) -> None:
    if not stat.S_ISDIR(folder.lstat().st_mode) or folder.lstat().st_uid != os.getuid():
        return
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error where its run lives
        with contextlib.suppress(FileNotFoundError):
            for earlier in (folder / EARLIER).iterdir():
                if not os.path.lexists(folder.parent / earlier.name):
                    earlier.rename(folder.parent / earlier.name)
        _delete(folder)
    finally:
        os.close(lock)


def _locked(folder: Path) -> int | None:
    """Make the lock of a scratch folder; it has its name only once it is locked, so that no sweep is in between."""
    if fcntl is None:
        return None
    unnamed = folder / f"{LOCK}.new"
    lock = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks: nobody will take the folder for a dead run's
        os.close(lock)
        return None
    unnamed.rename(folder / LOCK)
    return lock


def _finish(folder: Path, lock: int | None) -> None:
    _delete(folder)
    if lock is not None:
        os.close(lock)


def _delete(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def uninterrupted() -> Iterator[Any]:
    """Let Ctrl-C wait for the end of what must not stop half-way, and takes a moment; give what handles it then."""
    if threading.current_thread() is not threading.main_thread():
        yield None  # which no Ctrl-C reaches
        return
    given: list[tuple[Any, ...]] = []
    usual = signal.getsignal(signal.SIGINT)
    if not callable(usual):  # Ctrl-C is ignored, or ends the process at once, or is not Python's to handle
        yield None
        return
    signal.signal(signal.SIGINT, lambda *those: given.append(those))
    try:
        yield usual
    finally:
        signal.signal(signal.SIGINT, usual)
        if given:
            usual(*given[0])
