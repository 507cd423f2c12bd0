"""The command line: parse, call, print."""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes some time to import, in which Ctrl-C would not be handled yet
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command line and exit; see `harness.cli.app.main`."""
    from harness.cli.interrupts import stop_at_once

    stop_at_once()
    from harness.cli import app

    app.main(tokens)
