"""How an answer looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from harness.gate.formats.wording import plain

__all__ = ["print_findings"]


def print_findings(findings: Iterable[tuple[str, str]], where: str) -> None:
    """Print sentences, each under its heading, and where the rest is; no name in them can steer the terminal."""
    console = Console(highlight=False, soft_wrap=True)
    for heading, sentence in findings:
        console.print(f"[bold]{heading + ':':<19}[/bold]", end="")
        console.print(plain(sentence), markup=False)
    console.print(plain(where), markup=False)
