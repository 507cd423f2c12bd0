"""The command line: parse, call, print."""

from harness.cli.app import main

__all__ = ["main"]
