"""How an answer looks on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from harness.text import line

__all__ = ["print_findings"]


def print_findings(findings: Iterable[tuple[str, str]], where: str) -> None:
    """Print sentences, each under its heading, and where the rest is; no name in them can steer the terminal."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    for heading, sentence in findings:
        console.print(f"[bold]{heading + ':':<19}[/bold]", end="")
        console.print(line(sentence), markup=False)
    console.print(line(where), markup=False)
