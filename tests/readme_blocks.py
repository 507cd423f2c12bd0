"""What the README and the pages of docs/ show: commands with what they print, Python, and the files they speak of.

python tests/readme_blocks.py         writes what they print now into all of them, and draws the README's picture
python tests/readme_blocks.py NAME    writes it into the pages whose paths hold the name; README is one
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```console\n\$ harness (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)

FENCE = re.compile(r"^(?P<ticks>```+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=ticks)$", re.DOTALL | re.MULTILINE)
CAPTION = re.compile(r"(?::\w+:[^\n]*\n)*?:caption: (?P<name>\S+)\n(?::\w+:[^\n]*\n)*\n?")
COMMAND = re.compile(r"^\$ (?P<command>(?:[^\n]*\\\n)*[^\n]*)\n", re.MULTILINE)
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")

CHECK = re.compile(
    r"(?P<before>`harness (?P<command>check [^`]+)` says:\n\n```text\n)"
    r"(?:[^`]* on (?P<day>\d{4}-\d\d-\d\d)\n)(?P<after>```)"
)
LEFT_OUT = "..."
OFTEN_LEFT_OUT = ("Cost:", "Evidence:")
PICTURE = ROOT / "docs" / "_static" / "vanishing.png"

MADE = ("_generated", "notebooks", "coverage.md", "claims.md", "speed.md")


def printed(command: str) -> str:
    """Run a command from the project's folder and return what it prints, errors too."""
    return _run(command)[0]


def _run(command: str) -> tuple[str, int]:
    from harness.cli.app import run

    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        code = run(shlex.split(command))
    return text.getvalue(), code


def rewritten(readme: str) -> str:
    """Put what each command prints now in place of what the README says."""

    def now(block: re.Match[str]) -> str:
        text = abridged(printed(block["command"]), block["output"])
        return f"```console\n$ harness {block['command']}\n{text}```"

    def said(block: re.Match[str]) -> str:
        return f"{block['before']}{printed(check_of(block))}{block['after']}"

    return CHECK.sub(said, BLOCK.sub(now, readme))


def check_of(block: re.Match[str]) -> str:
    """Return the command of a check that the README shows, on the day that it shows."""
    return f"{block['command']} --today {block['day']}"


def abridged(text: str, shown: str) -> str:
    """Leave the longest lines out of what a command prints where the README does: ``...`` stands for them there."""
    if LEFT_OUT not in shown.splitlines():
        return text
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith(OFTEN_LEFT_OUT):
            lines.append(line)
        elif lines[-1:] != [LEFT_OUT]:
            lines.append(LEFT_OUT)
    return "".join(f"{line}\n" for line in lines)


def draw_picture(path: Path) -> None:
    """Draw the README's picture, the false match rates of the vanishing world over the zones of the verdicts."""
    import harness
    from harness.figures import save_figure

    data = ROOT / "data_synthetic"
    evaluation = harness.evaluate(
        data / "vanishing.parquet", study=data / "study.yaml", policy=data / "policy.yaml"
    )
    display = evaluation.plot_false_match_rates("ethnicity")
    figure, stem = display.figure_, path.with_suffix("")
    save_figure(figure, stem, ("png",), title=display.title, alt_text=display.alt_text)


def pages() -> list[Path]:
    """Return the pages of docs/ that people wrote."""
    docs = ROOT / "docs"
    return [page for page in sorted(docs.rglob("*.md")) if page.relative_to(docs).parts[0] not in MADE]


def runs_something(page: Path) -> bool:
    """Tell whether a page shows commands or Python."""
    return any(fence["info"] in ("console", "python", "pycon") for fence in FENCE.finditer(page.read_text()))


def with_digests_masked(text: str) -> str:
    """Leave out digests: an evaluation states the versions of what it was computed with."""
    return DIGEST.sub("<sha256>", text)


class PageRun:
    """A page, worked through from top to bottom in the folder that is current.

    Captioned blocks become files; commands and Python are run. In the folder are ``data_synthetic``, ``evidence`` (the
    evaluation of its vanishing world) and the key pair ``release.pem`` and ``release.pub.pem``.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._names: dict[str, object] = {}
        self._code = 0

    def now(self) -> str:
        """The page with what its commands print now."""
        return FENCE.sub(self._worked, self._text)

    def _worked(self, fence: re.Match[str]) -> str:
        info, body = fence["info"], fence["body"]
        if info.startswith("{code-block}"):
            caption = CAPTION.match(body)
            if caption:
                path = Path(caption["name"])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body[caption.end() :])
        elif info == "console":
            return f"{fence['ticks']}console\n{''.join(self._commands(body))}{fence['ticks']}"
        elif info == "python":
            exec(compile(body, "<page>", "exec"), self._names)  # the page's own
        elif info == "pycon":
            self._doctest(body)
        return fence[0]

    def _commands(self, body: str) -> Iterator[str]:
        for found in COMMAND.finditer(body):
            command = found["command"].replace("\\\n", " ")
            text, self._code = self._printed(command)
            yield f"{found[0]}{text}"

    def _printed(self, command: str) -> tuple[str, int]:
        if command == "echo $?":
            return f"{self._code}\n", 0
        if command.startswith("harness "):
            return _run(command.removeprefix("harness "))
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr, done.returncode

    def _doctest(self, body: str) -> None:
        example = doctest.DocTestParser().get_doctest(body, self._names, "page", None, None)
        told = io.StringIO()
        runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(example, out=told.write, clear_globs=False)
        self._names.update(example.globs)
        if runner.failures:
            raise AssertionError(told.getvalue())


def lay_out(folder: Path, evidence: Path) -> None:
    """Put into a folder what pages take for granted."""
    (folder / "data_synthetic").symlink_to(ROOT / "data_synthetic")
    shutil.copytree(evidence, folder / "evidence")
    write_keys(folder)


def write_keys(folder: Path) -> None:
    """Write a key pair as openssl does, always the same, and of no other use."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = Ed25519PrivateKey.from_private_bytes(bytes([42]) * 32)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "release.pem").write_bytes(private)
    (folder / "release.pub.pem").write_bytes(public)


def evaluate_evidence(folder: Path) -> Path:
    """Evaluate the vanishing world, and return the folder of the evaluation."""
    with contextlib.chdir(ROOT):  # an evaluation states what its scores were called
        printed(
            "evaluate data_synthetic/vanishing.parquet --study data_synthetic/study.yaml "
            f"--policy data_synthetic/policy.yaml --out {folder / 'evidence'}"
        )
    return folder / "evidence"


def _rewrite_pages(wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        evidence = evaluate_evidence(Path(scratch))
        for page in pages():
            if not runs_something(page) or (wanted and not any(name in str(page) for name in wanted)):
                continue
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                lay_out(Path(folder), evidence)
                text = page.read_text()
                now = PageRun(text).now()
                if with_digests_masked(now) != with_digests_masked(text):
                    page.write_text(now)


if __name__ == "__main__":
    os.chdir(ROOT)
    if not sys.argv[1:] or "README" in sys.argv[1:]:
        path = ROOT / "README.md"
        path.write_text(rewritten(path.read_text()))
        draw_picture(PICTURE)
    _rewrite_pages(sys.argv[1:])
