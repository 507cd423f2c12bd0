"""A folder of results, written whole or not at all; what it replaces is only what an earlier run wrote there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from harness.errors import InputError
from harness.files import BESIDE, EARLIER, Scratch, followed, reason, settle, sweep, uninterrupted, writing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["MANIFEST", "Kind", "new_folder", "require_outside", "require_replaceable"]

Kind: TypeAlias = Literal[
    "evaluation",
    "evaluations",
    "report",
    "figures",
    "inspection",
    "audit",
    "comparison",
    "projection",
    "monitoring",
]

MANIFEST = ".harness.json"
"""In each folder of results: its kind, and the SHA-256 of every file that was written there."""
SCHEMA = "harness/folder/1"
LARGEST_MANIFEST = 1 << 24

NAMES: dict[Kind, str] = {
    "evaluation": "an evaluation",
    "evaluations": "evaluations",
    "report": "a report",
    "figures": "figures",
    "inspection": "an inspection",
    "audit": "an audit",
    "comparison": "a comparison",
    "monitoring": "a monitoring",
    "projection": "a projection",
}


@contextmanager
def new_folder(directory: Path, kind: Kind) -> Iterator[Path]:
    """Give a temporary folder that takes the place of ``directory`` if all goes well and vanishes if not.

    Whoever reads the directory meanwhile finds the earlier result or the new one. Runs that write to one directory
    at the same time take turns; the last one stays. A list of the files is added (`MANIFEST`).

    Parameters
    ----------
    directory : Path
        Made if need be. A link stays, and what it leads to is replaced.
    kind : Kind
        An earlier result of this kind is replaced, if its files are as they were written and no other is there.

    Raises
    ------
    InputError
        Where the directory holds anything else, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with new_folder(Path(parent, "out"), "audit") as folder:
    ...         _ = (folder / "audit.json").write_text("{}")
    ...     print(sorted(path.name for path in Path(parent, "out").iterdir()))
    ['.harness.json', 'audit.json']
    """
    with writing(directory):
        target = _replaceable(directory, kind)
        target.parent.mkdir(parents=True, exist_ok=True)
        with Scratch(target.parent, BESIDE) as scratch:
            new = scratch.folder / "new"
            new.mkdir()
            try:
                yield new
            except InputError as error:
                if error.source is not None and Path(error.source).is_relative_to(new):  # which nobody named
                    raise InputError(error.problem, source=str(directory)) from error
                raise
            _list_files(new, kind)
            with _alone(target.parent), uninterrupted() as handler:
                _publish(new, target, scratch, lambda held: _require_own(held, kind, directory))
                if hasattr(handler, "wrote"):  # a command's, which says so if it is interrupted from now on
                    handler.wrote(directory)


def require_replaceable(directory: Path, kind: Kind) -> None:
    """Refuse, before anything is computed, a directory that `new_folder` would refuse.

    Raises
    ------
    InputError
    """
    with writing(directory):
        _replaceable(directory, kind)


def require_outside(kept: Path, directory: Path, flag: str) -> None:
    """Refuse a folder to keep something in that lies in the directory that is going to be replaced.

    Raises
    ------
    InputError
    """
    with writing(directory):
        inner, outer = (Path(os.path.realpath(path)) for path in (kept, directory))
    if outer in (inner, *inner.parents):
        raise InputError(
            f"{flag} {kept}: lies in the folder to write, which is replaced; name one outside it"
        )


def _replaceable(directory: Path, kind: Kind) -> Path:
    """Return the folder to write, every link followed."""
    target = followed(directory)
    sweep(target.parent)
    with _alone(target.parent):
        if target.exists():
            _require_movable(target, directory)
        _require_room(target)
        _require_own(target, kind, directory)
    return target


def _require_movable(target: Path, directory: Path) -> None:
    if not target.is_dir():
        raise InputError("is a file; name a folder to write to", source=str(directory))
    here = Path.cwd()
    if any(target.samefile(each) for each in (here, *here.parents)):
        raise InputError("is the current folder, or holds it; name another one", source=str(directory))
    if _is_mount_point(target):
        raise InputError("is a mount point; name a folder in it", source=str(directory))


def _is_mount_point(folder: Path) -> bool:
    if folder.is_mount():
        return True
    try:  # of a folder of the same file system, only Linux tells
        mounts = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return False
    escaped = os.fsencode(folder).replace(b"\\", b"\\134")
    for plain, code in ((b" ", b"\\040"), (b"\t", b"\\011"), (b"\n", b"\\012")):
        escaped = escaped.replace(plain, code)
    return any(escaped == line.split(b" ")[4] for line in mounts)


def _require_room(target: Path) -> None:
    """Refuse a folder that cannot be made, as far as can be told without making it."""
    above = next(path for path in target.parents if os.path.lexists(path))
    if not above.is_dir():
        raise OSError(errno.ENOTDIR, f"{above} is not a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, f"{above} may not be written to")
    longest = os.pathconf(above, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    if any(len(os.fsencode(part)) > longest for part in target.relative_to(above).parts):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))


def _require_own(folder: Path, kind: Kind, directory: Path) -> None:
    """Refuse a folder that holds anything but what a run wrote there, as it wrote it."""
    if not folder.exists():
        return
    listed = _listed(folder, kind)
    folders = {parent.as_posix() for name in listed or () for parent in Path(name).parents}
    for path in sorted(_content(folder), key=lambda path: (path == folder / MANIFEST, path)):
        name = path.relative_to(folder).as_posix()
        mode = path.lstat().st_mode
        if (name == MANIFEST and listed is not None) or (stat.S_ISDIR(mode) and name in folders):
            continue
        if listed is None or name not in listed:
            unlisted = "" if listed is not None else f", which no {MANIFEST} lists"
            raise InputError(
                f"holds something else than {NAMES[kind]} ({name}{unlisted}); name another folder",
                source=str(directory),
            )
        if not stat.S_ISREG(mode) or _digest(path) != listed[name]:
            raise InputError(
                f"holds {NAMES[kind]} whose {name} was changed since it was written; move that file away, or "
                "name another folder",
                source=str(directory),
            )


def _content(folder: Path) -> Iterator[Path]:
    """Give every file in a folder at any depth, links as files, and the folders that are empty."""

    def refuse(error: OSError) -> None:
        raise error

    for where, folders, files in os.walk(folder, onerror=refuse):
        here = Path(where)
        if here != folder and not folders and not files:
            yield here
        yield from (here / name for name in folders if (here / name).is_symlink())
        yield from (here / name for name in files)


def _listed(folder: Path, kind: Kind) -> dict[str, str] | None:
    """Return the digest of every file that a run wrote, by name; None where no list of this kind says so."""
    path = folder / MANIFEST
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_MANIFEST:
            return None
        manifest: Any = json.loads(path.read_bytes())
        if (manifest["schema"], manifest["kind"]) != (SCHEMA, kind):
            return None
        return {str(name): str(digest) for name, digest in manifest["files"].items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _list_files(folder: Path, kind: Kind) -> None:
    """Write the list of a folder's files, and have all of it survive a loss of power."""
    files = {}
    for path in sorted(_content(folder)):
        settle(path)
        files[path.relative_to(folder).as_posix()] = _digest(path)
    manifest = {"schema": SCHEMA, "kind": kind, "files": files}
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    settle(folder / MANIFEST)
    for where, _, _ in os.walk(folder):
        settle(Path(where))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(new: Path, target: Path, scratch: Scratch, require_own: Callable[[Path], None]) -> None:
    """Move the new folder to where it belongs, and what was there out of sight, if it may go."""
    while True:
        if not target.exists():
            try:
                new.rename(target)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
                continue  # another run was faster
            break
        new.chmod(stat.S_IMODE(target.stat().st_mode))
        require_own(target)
        if not _exchanged(new, target):
            _replace_in_two_steps(new, target, scratch, require_own)
            break
        try:
            require_own(new)  # again, for now nobody can add to it by its name
        except BaseException:
            with _nothing_lost(new, target, scratch):
                _exchanged(new, target)
            raise
        break
    with contextlib.suppress(OSError):
        settle(target.parent)


def _replace_in_two_steps(
    new: Path, target: Path, scratch: Scratch, require_own: Callable[[Path], None]
) -> None:
    earlier = scratch.folder / EARLIER / target.name
    earlier.parent.mkdir()
    target.rename(earlier)
    try:
        require_own(earlier)
        new.rename(target)
    except BaseException:
        with _nothing_lost(earlier, target, scratch):
            earlier.rename(target)
        raise


@contextmanager
def _nothing_lost(earlier: Path, target: Path, scratch: Scratch) -> Iterator[None]:
    """Where an earlier result cannot be put back, leave it where it is and say so."""
    try:
        yield
    except OSError as error:
        scratch.keep()
        raise InputError(
            f"cannot be written ({reason(error)}); what it held is in {earlier}", source=str(target)
        ) from error


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; false where the system cannot."""
    rename = _renameat2()
    if rename is None:
        return False
    import ctypes

    if rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code))


AT_FDCWD, RENAME_EXCHANGE = -100, 2


@cache
def _renameat2() -> Callable[..., int] | None:
    import ctypes

    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # no Linux, or one of old
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    renameat2: Callable[..., int] = function
    return renameat2


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other run moves results in a folder, where the system has locks."""
    handle = None
    if fcntl is not None:
        with contextlib.suppress(OSError):  # as on NFS, which locks no folders
            handle = os.open(folder, os.O_RDONLY)
            fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
