"""Jobs on files and their parts, each done once: what an earlier run has kept is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from harness.comparisons.source import CHANGED
from harness.engines.cluster.parts import (
    FACTS,
    Conditions,
    FileFacts,
    FilePart,
    Kind,
    NamedFile,
    digest_file,
    stamp_of,
)
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons import MemoryLimit
    from harness.engines.cluster.store import CheckpointStore
    from harness.study import Study

__all__ = ["InTurn", "Job", "Meanwhile", "Runner", "Work", "facts_of", "require_same_bytes"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Job: TypeAlias = Callable[[Item, Conditions], Result]
"""Can be pickled, and done again elsewhere with the same result."""
NOT_COUNTED_BY = ("matcher", "task", "axes", "exclude", "watchlist_size", "watchlist_composition")
"""Terms of a study that say what counts mean, and leave them as they are."""


@dataclass(frozen=True)
class Meanwhile:
    """Terms of the process that asked for jobs, while they are done.

    Attributes
    ----------
    progress : callable
        Called with the number of comparisons just counted, by runners that can tell before a job is done.
    held : callable
        Returns how many bytes the results so far are kept in.
    """

    progress: Callable[[int], None] = lambda rows: None
    held: Callable[[], int] = lambda: 0


class Runner(Protocol):
    """Does a job on each of many items, in whatever order."""

    def each(
        self, job: Job[Any, Result], items: Sequence[Any], meanwhile: Meanwhile
    ) -> Generator[tuple[int, Result], None, None]:
        """Give the index of each item and what its job returned, as it is done; closing it calls off the rest."""

    def close(self) -> None:
        """Let go of what does the jobs."""


class InTurn:
    """Does one job after the other in this process, with all processors.

    Parameters
    ----------
    memory : MemoryLimit, optional
    """

    def __init__(self, memory: MemoryLimit | None = None) -> None:
        self._memory = memory

    def each(
        self, job: Job[Item, Result], items: Sequence[Item], meanwhile: Meanwhile
    ) -> Generator[tuple[int, Result], None, None]:
        """Give what the job returned for each item, in their order."""
        for index, item in enumerate(items):
            memory = None if self._memory is None else replace(self._memory, held=meanwhile.held())
            yield index, job(item, Conditions(memory=memory, progress=meanwhile.progress))

    def close(self) -> None:
        """Nothing was started."""


def facts_of(files: Sequence[NamedFile], runner: Runner, store: CheckpointStore | None) -> list[FileFacts]:
    """Digest files, each of which the file system says to be another than when it was last digested.

    A file that was changed shortly before it was digested is digested again, for it might have been changed once more
    within the same tick of the clock. So does git ("racy clean").

    Raises
    ------
    InputError
        Where a file cannot be read, or changes meanwhile.
    """
    found: dict[NamedFile, FileFacts] = {}
    if store is not None:
        for file in files:
            kept = store.read(FACTS.name, _index(file), FACTS.from_bytes)
            if kept is not None and kept.file.stamp == file.stamp and file.stamp.vouches_at(kept.begun):
                found[file] = FileFacts(file, kept.digested, kept.begun)
    missing = [file for file in files if file not in found]
    begun = time.time_ns()
    with closing(runner.each(digest_file, missing, Meanwhile())) as digested:
        for index, digest in digested:
            file = missing[index]
            found[file] = FileFacts(file, digest, begun)
            _require_unchanged(file)
            if store is not None:
                store.write(FACTS.name, _index(file), FACTS.to_bytes(found[file]))
    return [found[file] for file in files]


def require_same_bytes(known: Sequence[FileFacts], runner: Runner) -> None:
    """Digest files again after they have been read.

    Raises
    ------
    InputError
        Where one cannot be read, or is not what it was.
    """
    with closing(runner.each(digest_file, [facts.file for facts in known], Meanwhile())) as digested:
        for index, digest in digested:
            if digest.sha256 != known[index].digested.sha256:
                raise InputError(
                    f"{CHANGED}; delete the checkpoints, if there are any", source=known[index].file.path
                )


def _index(file: NamedFile) -> Mapping[str, Any]:
    return {"path": file.place, "format of file": file.format}


def _require_unchanged(file: NamedFile) -> None:
    if stamp_of(file.path) != file.stamp:
        raise InputError(CHANGED, source=file.path)


class Work:
    """Does jobs on the parts of a study's files.

    Parameters
    ----------
    study : Study
    parts : sequence of FilePart
    runner : Runner
    store : CheckpointStore, optional
        Where results are kept, and taken from.
    beside : sequence of str
        The SHA-256 of each file that is read beside the parts.

    Attributes
    ----------
    read : set of NamedFile
        Of which something was read, and not all taken from the store.
    """

    def __init__(
        self,
        study: Study,
        parts: Sequence[FilePart],
        runner: Runner,
        store: CheckpointStore | None,
        beside: Sequence[str] = (),
    ) -> None:
        self._parts, self._runner, self._store = parts, runner, store
        self.read: set[NamedFile] = set()
        terms = study.to_dict()
        self._terms: dict[str, Any] = {term: terms[term] for term in terms if term not in NOT_COUNTED_BY}
        if beside:
            self._terms["files beside"] = list(beside)

    def each(
        self, job: Job[FilePart, Result], kind: Kind[Result], on: Mapping[str, Any], meanwhile: Meanwhile
    ) -> Generator[tuple[int, Result], None, None]:
        """Give the index of each part and what the job returns for it, first what was kept of earlier runs.

        Parameters
        ----------
        job : Job
        kind : Kind
            Of its results.
        on : mapping
            All but the study that they depend on, as JSON can hold it.
        meanwhile : Meanwhile

        Raises
        ------
        InputError
            Where a job does, a file changes meanwhile, or a record is damaged or cannot be written.
        """
        missing = []
        for index, part in enumerate(self._parts):
            kept = (
                None
                if self._store is None
                else self._store.read(kind.name, self._key(part, on), kind.from_bytes)
            )
            if kept is None:
                missing.append(index)
            else:
                yield index, kept
        with closing(self._runner.each(job, [self._parts[index] for index in missing], meanwhile)) as results:
            for i, result in results:
                part = self._parts[missing[i]]
                self.read.add(part.file)
                for file in (part.file, *part.beside):
                    _require_unchanged(file)
                if self._store is not None:
                    self._store.write(kind.name, self._key(part, on), kind.to_bytes(result))
                yield missing[i], result

    def _key(self, part: FilePart, on: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "sha256": part.sha256,
            "format of file": part.file.format,
            "rows": part.rows,
            "study": self._terms,
            **on,
        }
