"""``python -m harness``, which is the command ``harness``."""

from harness.cli import main

main()
