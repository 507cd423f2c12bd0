"""Deployments from config files, each with the places of its values."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.config import Document, read_document, shown, validate
from harness.errors import InputError
from harness.gate.deployment import MOST_DEPLOYMENTS, Defaults, Deployment, DeploymentFile
from harness.gate.findings import Place

__all__ = ["Located", "read_config"]

_MOST_INHERITED = 50_000


@dataclass(frozen=True)
class Located:
    """A deployment, and where its values stand.

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
        """Return where a value stands, or the nearest that encloses it."""
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
        The file is no regular one, is a link that leads out of its folder, or is not a valid config.
    """
    _require_own_file(source)
    document = read_document(source)
    merged = _with_defaults(document)
    file = validate(DeploymentFile, merged)
    return tuple(Located(name, terms, merged) for name, terms in file.deployments.items())


def _require_own_file(source: str) -> None:
    path = Path(source)
    try:
        resolved, folder = path.resolve(strict=True), path.parent.resolve(strict=True)
        mode = resolved.stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read: {reason}", source=source) from error
    if not resolved.is_relative_to(folder):
        raise InputError("is a symbolic link that leads out of its folder", source=source)
    if not stat.S_ISREG(mode):
        raise InputError("is not a regular file", source=source)


def _with_defaults(document: Document) -> Document:
    """Lay the defaults below every deployment, with their places."""
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
