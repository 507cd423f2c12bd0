"""Writing scores and truth to disk: the same bytes each time, whole or not at all."""

from __future__ import annotations

import filecmp
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from harness.errors import InputError
from harness.files import BESIDE, Scratch, settle, uninterrupted, writing
from harness.synthetic.alerts import monitored_alerts
from harness.synthetic.live import LiveWorld, live_truth
from harness.synthetic.live_draws import LiveData, draw_live
from harness.synthetic.operation import draw_searches, published_records
from harness.synthetic.worlds import WORLDS, world

__all__ = [
    "SAMPLE_SUBJECTS",
    "SEED",
    "TRUTH_THRESHOLDS",
    "synthesise",
    "synthesise_all",
    "synthesise_live",
    "write_truth",
]

SEED = 2382
SAMPLE_SUBJECTS = 20
TRUTH_THRESHOLDS = tuple(number / 1000 for number in range(500, 701, 5))

NOTE = "Synthetic: chosen by hand and drawn at random. No person, and no agency's results."


def synthesise(
    name: str,
    directory: str | os.PathLike[str],
    seed: int = SEED,
    subjects: int | None = None,
    format: Literal["parquet", "csv"] = "parquet",  # noqa: A002 (the word of the command line)
) -> tuple[Path, ...]:
    """Draw a synthetic world and write its scores.

    Parameters
    ----------
    name : str
        One of `WORLDS`.
    directory : path
        Made when it is not there. A file of the same name must hold the same bytes; no other is replaced.
    seed : int
        At least 0; the default is the one of the committed files.
    subjects : int, optional
        Subjects in each of the six cells, instead of the world's own number.
    format : {"parquet", "csv"}

    Returns
    -------
    tuple of Path
        The file written: ``<name>.parquet`` or ``<name>.csv``.

    Raises
    ------
    InputError
        When the world or the format is unknown, the seed or the size is out of range, the directory cannot be
        written, or a file of that name holds something else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in synthesise("equal", folder, subjects=2, format="csv")]
    ['equal.csv']
    """
    if format not in _WRITERS:
        raise InputError(f"unknown format {format!r}; there are {', '.join(_WRITERS)}")
    table = world(name).draw(seed, subjects)
    return _write_files(Path(directory), {f"{name}.{format}": partial(_WRITERS[format], table)})


def synthesise_live(
    directory: str | os.PathLike[str],
    seed: int = SEED,
    format: Literal["parquet", "csv"] = "parquet",  # noqa: A002 (the word of the command line)
) -> tuple[Path, ...]:
    """Draw searches of a watchlist with their candidates, and write them and the watchlist.

    Parameters
    ----------
    directory : path
        As of `synthesise`.
    seed : int
        At least 0; the default is the one of the committed files.
    format : {"parquet", "csv"}
        Of the searches and of the candidates.

    Returns
    -------
    tuple of Path
        The files written: of searches, of candidates, and of the watchlist, which is always CSV.

    Raises
    ------
    InputError
        As of `synthesise`.
    """
    if format not in _WRITERS:
        raise InputError(f"unknown format {format!r}; there are {', '.join(_WRITERS)}")
    return _write_files(Path(directory), _live_writers(draw_live(LiveWorld(), seed), format))


def _live_writers(drawn: LiveData, format: str) -> dict[str, Callable[[Path], object]]:  # noqa: A002
    write = _WRITERS[format]
    return {
        f"live_searches.{format}": partial(write, drawn.searches),
        f"live_candidates.{format}": partial(write, drawn.candidates),
        "live_watchlist.csv": partial(_write_csv, drawn.watchlist),
    }


def write_truth(directory: str | os.PathLike[str]) -> Path:
    """Write ``truth.json``: what is true in every world, live recognition too, at `TRUTH_THRESHOLDS`.

    It is of the committed files.

    Raises
    ------
    InputError
        When the directory cannot be written, or a file of that name holds something else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_truth(folder).name
    'truth.json'
    """
    (written,) = _write_files(Path(directory), {"truth.json": _write_truth})
    return written


def _write_truth(path: Path) -> None:
    worlds = {name: world(name).truth(TRUTH_THRESHOLDS) for name in WORLDS}
    live = live_truth(LiveWorld(), TRUTH_THRESHOLDS)
    truth = {"schema_version": 1, "note": NOTE, "seed": SEED, "worlds": worlds, "live": live}
    text = json.dumps(truth, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    path.write_text(text, encoding="utf-8")


def synthesise_all(directory: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write every generated file of ``data_synthetic/``: the worlds, a sample, their truth, searches, records, alerts.

    The searches are those with a top score alone, and those of the live world with their candidates and watchlist.

    Raises
    ------
    InputError
        When the directory cannot be written, or a file of one of these names holds something else.
    """
    scores = {f"{name}.parquet": partial(_write_world, name) for name in WORLDS}
    writers: dict[str, Callable[[Path], object]] = {
        **scores,
        "sample.csv": lambda path: _write_csv(world("vanishing").draw(SEED, SAMPLE_SUBJECTS), path),
        "truth.json": _write_truth,
        "searches.parquet": lambda path: _write_parquet(draw_searches(SEED), path),
        "records.csv": lambda path: path.write_text(published_records(SEED), encoding="utf-8"),
        "alerts.csv": lambda path: path.write_text(monitored_alerts(SEED), encoding="utf-8"),
        **_live_writers(draw_live(LiveWorld(), SEED), "parquet"),
    }
    return _write_files(Path(directory), writers)


def _write_world(name: str, path: Path) -> None:
    _write_parquet(world(name).draw(SEED), path)


def _write_parquet(table: pa.Table, path: Path) -> None:
    # Every setting that shapes the bytes is stated, so that another default does not change them.
    with path.open("wb") as file:  # by Python, for a folder whose name is not UTF-8
        pa.parquet.write_table(
            table,
            file,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=19,
            use_dictionary=True,  # scores too: some thousands of values, at most 14 bits each
            row_group_size=1 << 18,
            data_page_size=1 << 20,
            dictionary_pagesize_limit=1 << 20,
            write_statistics=True,
            store_schema=False,
        )


def _write_csv(table: pa.Table, path: Path) -> None:
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        pa.csv.write_csv(table, file, options)


_WRITERS: Mapping[str, Callable[[pa.Table, Path], None]] = {"parquet": _write_parquet, "csv": _write_csv}


def _write_files(directory: Path, writers: Mapping[str, Callable[[Path], object]]) -> tuple[Path, ...]:
    """Write files beside whatever else a folder holds, and none of them if one cannot be written."""
    written = tuple(directory / name for name in writers)
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        with Scratch(directory, BESIDE) as scratch:
            for path in written:
                with writing(path):
                    writers[path.name](scratch.folder / path.name)
                    settle(scratch.folder / path.name)
            missing = [path for path in written if not _is_there(path, scratch.folder / path.name)]
            with uninterrupted():
                for path in missing:
                    (scratch.folder / path.name).replace(path)
    return written


def _is_there(path: Path, new: Path) -> bool:
    if not os.path.lexists(path):
        return False
    if path.is_file() and filecmp.cmp(path, new, shallow=False):
        return True
    raise InputError(
        "is there, and holds something else; remove it, or name another folder", source=str(path)
    )
