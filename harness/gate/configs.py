"""The configs that a check was asked for (files, folders and patterns), and the deployments in them.

A pattern is read here and not by a shell, because shells leave out hidden files, tell ``.yaml`` from ``.YAML`` and
pass on a pattern that matches nothing. Whatever a name could mean is checked, or told as not checked.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.config import ENDINGS, Document, read_document, shown, validate
from harness.errors import InputError
from harness.files import reading
from harness.gate.deployment import MOST_DEPLOYMENTS, Defaults, Deployment, DeploymentFile
from harness.gate.findings import Place

__all__ = ["Located", "Named", "named_configs", "read_config"]

_MOST_INHERITED = 50_000
_MAGIC = re.compile(r"[*?\[]")
_EVERY_FOLDER = "**"


@dataclass(frozen=True)
class Named:
    """Files found for the names that a check was given.

    Parameters
    ----------
    files : tuple of str
        To be checked, each once.
    problems : tuple of InputError
        Names that come to nothing, and folders that cannot be looked through; none of them may pass.
    not_checked : tuple of str
        Files of a folder whose names do not end as those of configs do, or that were written with the evidence; and
        configs beside those that a pattern matches.
    """

    files: tuple[str, ...]
    problems: tuple[InputError, ...]
    not_checked: tuple[str, ...]


class _Search:
    """The files that are found, in order."""

    def __init__(
        self,
        evidence: Collection[str | os.PathLike[str]],
        beside_evidence: Collection[str | os.PathLike[str]],
    ) -> None:
        self._evidence = {_real(path) for path in evidence}
        self._beside_evidence = {_real(path) for path in beside_evidence}
        self.files: dict[str, None] = {}
        self.problems: list[InputError] = []
        self.left: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Add what one name means; the same file is not added twice."""
        if not name.strip():
            raise InputError("the name of a config is empty; is the variable set that should hold it?")
        if Path(name).is_dir():
            self._add_folder(name)
        elif _MAGIC.search(name):
            self._add_pattern(name)
        else:
            self.files[name] = None

    def _add_folder(self, name: str) -> None:
        before = len(self.files)
        found = False
        for path in _files_below(Path(name)):
            if not _is_config(path) or self._is_beside_evidence(path):
                self.left[str(path)] = None
            elif not self._is_evidence(path):
                self.files[str(path)] = None
                found = True
        if not found and len(self.files) == before:
            raise InputError(f"holds no config: no name in it ends in {_listed(ENDINGS)}", source=name)

    def _add_pattern(self, name: str) -> None:
        *head, last = Path(name).parts
        folders = list(_matches(Path(), head))
        matched = [path for folder in folders for path in _matches(folder, [last])]
        wanted = [
            path
            for path in matched
            if path.is_dir() or not (self._is_evidence(path) or self._is_beside_evidence(path))
        ]
        if not wanted:
            raise InputError("matches no file", source=name)
        for path in wanted:
            if path.is_dir():
                self._add_folder(str(path))
            else:
                self.files[str(path)] = None
        for folder in folders:
            beside = (path for path in _entries(folder) if _is_config(path) and not path.is_dir())
            self.left.update((str(path), None) for path in beside if not self._is_evidence(path))

    def _is_evidence(self, path: Path) -> bool:
        return _real(path) in self._evidence

    def _is_beside_evidence(self, path: Path) -> bool:
        return _real(path) in self._beside_evidence


def named_configs(
    names: Sequence[str],
    *,
    evidence: Collection[str | os.PathLike[str]] = (),
    beside_evidence: Collection[str | os.PathLike[str]] = (),
) -> Named:
    """Find the files that names stand for.

    Parameters
    ----------
    names : sequence of str
        Each a file; a folder, for all configs in it and in its folders; or a pattern with ``*``, ``?``, ``[...]`` or
        ``**``, which takes hidden files too and does not tell capital letters from small ones.
    evidence : collection of path
        Files that the check reads as something else: a folder or a pattern does not make configs of them.
    beside_evidence : collection of path
        Files that were written with the evidence and that nobody reads: a folder or a pattern does not make configs
        of them either, but they are told.
    """
    search = _Search(evidence, beside_evidence)
    for name in names:
        try:
            search.add(name)
        except InputError as problem:
            search.problems.append(problem)
        except OSError as error:
            search.problems.append(InputError(f"cannot be read: {error.strerror}", source=name))
    left = [name for name in search.left if name not in search.files]
    return Named(tuple(search.files), tuple(search.problems), tuple(left))


def _real(path: str | os.PathLike[str]) -> str:
    """Resolve a name; one with a NUL in it, which no file can have, is left as it is."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return os.fspath(path)


def _is_config(path: Path) -> bool:
    return path.name.lower().endswith(ENDINGS)


def _listed(endings: Sequence[str]) -> str:
    return f"{', '.join(endings[:-1])} or {endings[-1]}"


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _matches(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """Yield what a pattern matches below a folder, hidden files too, in any letter case."""
    if not parts:
        yield folder
        return
    part, *rest = parts
    if part == _EVERY_FOLDER:
        below: Iterator[Path] = (Path(place) for place, _ in _folders_below(folder))
    elif _MAGIC.search(part):
        pattern = re.compile(fnmatch.translate(part), re.IGNORECASE)
        below = (path for path in _entries(folder) if path.name == part or pattern.match(path.name))
    else:
        below = iter([folder / part] if os.path.lexists(folder / part) else [])
    for path in below:
        if not rest or path.is_dir():
            yield from _matches(path, rest)


def _files_below(folder: Path) -> Iterator[Path]:
    for place, files in _folders_below(folder):
        yield from (Path(place, name) for name in sorted(files))


def _folders_below(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and those in it, each with the names of its files; what git keeps to itself is told as a file."""
    for place, folders, files in os.walk(folder, onerror=_raise):
        for link in (path for name in sorted(folders) if (path := Path(place, name)).is_symlink()):
            problem = (
                "is a symbolic link to a folder, which is not followed; name the folder that it leads to"
            )
            raise InputError(problem, source=str(link))
        yield place, [*files, *(name for name in folders if name == ".git")]
        folders[:] = sorted(name for name in folders if name != ".git")


def _raise(error: OSError) -> None:
    raise error


@dataclass(frozen=True)
class Located:
    """A deployment, and the positions of its values.

    Parameters
    ----------
    name : str
    terms : Deployment
    document : Document
        The file, with the defaults laid below every deployment.
    """

    name: str
    terms: Deployment
    document: Document

    def place(self, *path: str) -> Place:
        """Return the position of a value, or of the nearest value that encloses it."""
        return Place(*self.document.place(("deployments", self.name, *path)))

    @property
    def folder(self) -> Path:
        """The folder that the config is in."""
        return Path(self.document.source).parent


def read_config(source: str) -> tuple[Located, ...]:
    """Read the deployments of a file.

    Raises
    ------
    InputError
        The file is not a regular file, is a link that leads out of its folder, or is not a valid config.
    """
    _require_own_file(source)
    document = read_document(source)
    merged = _with_defaults(document)
    file = validate(DeploymentFile, merged)
    return tuple(Located(name, terms, merged) for name, terms in file.deployments.items())


def _require_own_file(source: str) -> None:
    path = Path(source)
    with reading(path):
        resolved, folder = path.resolve(strict=True), path.parent.resolve(strict=True)
        mode = resolved.stat().st_mode
    if not resolved.is_relative_to(folder):
        raise InputError("is a symbolic link that leads out of its folder", source=source)
    if not stat.S_ISREG(mode):
        raise InputError("is not a regular file", source=source)


def _with_defaults(document: Document) -> Document:
    """Lay the defaults below every deployment, with their positions."""
    defaults = document.value.get("defaults", {})
    deployments = document.value.get("deployments")
    _require_valid_defaults(document)
    if not isinstance(defaults, Mapping) or not isinstance(deployments, Mapping):
        return document  # what is wrong there, validation reports
    _require_few(document, deployments)
    every_place = (dict(document.positions), dict(document.key_positions))
    inheritable = [
        [(path[1:], at) for path, at in places.items() if path[0:1] == ("defaults",)]
        for places in every_place
    ]
    merged: dict[str, object] = {}
    for name, own in deployments.items():
        if not isinstance(own, Mapping):
            merged[name] = own
            continue
        merged[name] = {**defaults, **own}
        for places, inherited in zip(every_place, inheritable, strict=True):
            places.update(
                (("deployments", name, *path), at) for path, at in inherited if path and path[0] not in own
            )
    value = {**document.value, "deployments": merged}
    return replace(document, value=value, positions=every_place[0], key_positions=every_place[1])


def _require_few(document: Document, deployments: Mapping[str, object]) -> None:
    """Refuse a file of which the deployments, with the defaults below each, come to far more than is written."""
    source, line, column = document.place(("deployments",))
    if len(deployments) > MOST_DEPLOYMENTS:
        problem = f"{len(deployments):,} deployments are more than {MOST_DEPLOYMENTS:,}; write them in several files"
        raise InputError(problem, source=source, line=line, column=column)
    values_of = Counter(path[1] for path in document.positions if path[:1] == ("defaults",) and path[1:])
    inherited = sum(
        sum(count for key, count in values_of.items() if key not in own)
        for own in deployments.values()
        if isinstance(own, Mapping)
    )
    if inherited > _MOST_INHERITED:
        problem = (
            f"the deployments take {inherited:,} values from the defaults, more than {_MOST_INHERITED:,}; "
            "write them in several files"
        )
        raise InputError(problem, source=source, line=line, column=column)


def _require_valid_defaults(document: Document) -> None:
    """Refuse defaults that are wrong even where every deployment overrides them."""
    if "defaults" not in document.value:
        return
    defaults = document.value["defaults"]
    if not isinstance(defaults, Mapping):
        source, line, column = document.place(("defaults",))
        problem = f"defaults: {shown(defaults)} is not a mapping of keys to values"
        raise InputError(problem, source=source, line=line, column=column)
    positions, key_positions = (
        {path[1:]: at for path, at in places.items() if path[:1] == ("defaults",)}
        for places in (document.positions, document.key_positions)
    )
    validate(Defaults, Document(defaults, document.source, positions, key_positions))
