"""``harness synthesise``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from harness.cli.needs import require
from harness.cli.streams import say
from harness.errors import InputError

__all__ = ["synthesise"]


def synthesise(
    *,
    out: Path,
    world: Literal["vanishing", "persisting", "equal", "live"] | None = None,
    seed: int | None = None,
    subjects: int | None = None,
    format: Literal["parquet", "csv"] = "parquet",  # noqa: A002 - the flag's name
) -> None:
    """Draw synthetic scores whose true rates are known; they are no matcher's and no person's.

    Parameters
    ----------
    out
        Folder to write to; made if need be. A file there is kept: where its content is another, nothing is written.
    world
        vanishing: a disparity that is gone above a threshold; persisting: one that stays while events run out;
        equal: none; live: searches of a watchlist with their candidates. Without it, every shipped file and truth.json.
    seed
        Of the draw; the shipped one by default.
    subjects
        In each cell of ethnicity and sex; not of live.
    format
        Of the file.
    """
    require("numpy", "pyarrow", "scipy")
    from harness.synthetic import SEED, synthesise_all, synthesise_live
    from harness.synthetic import synthesise as draw

    if world is None and (seed is not None or subjects is not None or format != "parquet"):
        raise InputError(
            "--seed, --subjects and --format go with --world; without it the shipped files are made"
        )
    if world == "live" and subjects is not None:
        raise InputError(
            "--subjects is of the worlds of comparisons; live has a crowd and a watchlist of its own"
        )
    seed = SEED if seed is None else seed
    if world is None:
        written = synthesise_all(out)
    elif world == "live":
        written = synthesise_live(out, seed=seed, format=format)
    else:
        written = draw(world, out, seed=seed, subjects=subjects, format=format)
    for path in written:
        say(str(path))
