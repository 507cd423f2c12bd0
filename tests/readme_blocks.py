"""The commands in the README and what it says they print.

python tests/readme_blocks.py    writes what they print now into the README
"""

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```console\n\$ harness (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)


def printed(command: str) -> str:
    """Run a command from the project's folder and return what it prints, errors too."""
    from harness.cli.app import run

    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        run(shlex.split(command))
    return text.getvalue()


def rewritten(readme: str) -> str:
    """Put what each command prints now in place of what the README says."""
    return BLOCK.sub(
        lambda block: f"```console\n$ harness {block['command']}\n{printed(block['command'])}```", readme
    )


if __name__ == "__main__":
    os.chdir(ROOT)
    path = ROOT / "README.md"
    path.write_text(rewritten(path.read_text()))
