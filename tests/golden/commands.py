"""Every command on the shipped data, and digests of all that each prints and writes.

python tests/golden/commands.py    writes the digests of what they print and write now to digests.json
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[2]
DIGESTS = Path(__file__).with_name("digests.json")

# Another kind of processor may round the last bit otherwise; the digest of a file that holds it then differs too.
LONG_NUMBER = re.compile(r"-?\d+\.\d{10,}(?:e[+-]?\d+)?")
DIGEST = re.compile(r"[0-9a-f]{64}")
SIGNATURE = re.compile(r'"(?:sig|payload)": ?"[^"]+"')

VERSIONS = dict.fromkeys(("harness", "python", "numpy", "scipy", "duckdb", "pyarrow"), "0")
GIVEN = {
    "release.pem": "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    "-----END PRIVATE KEY-----\n",
    "passes.yaml": "deployments:\n  north gate:\n    matcher: {name: synthetic, version: '1'}\n"
    "    use_case: verification\n    axes: [ethnicity, sex]\n    owner: release team\n    from: 2026-01-01\n"
    "    threshold: 0.6\n    evaluation: vanishing/evaluation.json\n",
    "fails.toml": '[deployments."south gate"]\nmatcher = {name = "synthetic", version = "1"}\nthreshold = 0.45\n'
    'use_case = "verification"\naxes = ["ethnicity"]\nowner = "release team"\nfrom = 2026-01-01\n'
    'evaluation = "sample/evaluation.json"\n',
    "unreadable.yaml": "threshold: [0.6\n",
    "misspelt.json": '{"deployments": {"east gate": {"treshold": 0.6}}}\n',
}

ON_SAMPLE = (
    "evaluate data_synthetic/sample.csv --study data_synthetic/study.yaml --policy data_synthetic/policy.yaml"
    " --out sample",
    "evaluate data_synthetic/sample.csv --study data_synthetic/study.yaml --thresholds 0.2:0.9:0.05 --confirm split"
    " --max-gap 0.001 --judged-axis ethnicity --operating-threshold 0.6 --out listed",
    "evaluate data_synthetic/sample.csv --study data_synthetic/study.yaml --score scores --out never",
    "inspect data_synthetic/sample.csv --study data_synthetic/study.yaml --worst 5 --out inspection",
    "report sample listed --out comparison",
    "report listed --title Sample --out report",
    "audit data_synthetic/records.csv --mapping data_synthetic/records.yaml --evaluation sample --out audit",
    "audit data_synthetic/records.csv --mapping data_synthetic/records.yaml --evaluation sample --format json",
    "check passes.yaml fails.toml unreadable.yaml misspelt.json --today 2026-06-01 --output json=check.json"
    " --output junit=check.xml --output sarif=check.sarif",
    "check passes.yaml --today 2026-06-01 --evaluation sample/evaluation.json",
    "check passes.yaml fails.toml --today 2026-06-01 --format github",
    "check --schema",
    "sign sample/evaluation.json --key release.pem --on 2026-05-01",
    "plan --fmr 1e-4 --max-ratio 1.5 --groups 8",
    "plan --fmr 1e-4 --detect-ratio 2 --design-effect 4 --json",
    "plan --zero-errors-in 3000",
    "plan --max-fmr 1e-5 --identity-share 0.3",
    "synthesise --world equal --subjects 20 --format csv --out world",
    *(
        f"{command} --help"
        for command in (
            "evaluate",
            "compare",
            "project",
            "monitor",
            "inspect",
            "report",
            "figures",
            "audit",
            "check",
            "sign",
            "verify",
            "plan",
            "synthesise",
        )
    ),
    "--help",
)

ON_WORLDS = (
    *(
        f"evaluate data_synthetic/{world}.parquet --study data_synthetic/study.yaml"
        f" --policy data_synthetic/policy.yaml --out {world}"
        for world in ("vanishing", "persisting", "equal")
    ),
    "evaluate data_synthetic/searches.parquet --study data_synthetic/searches.yaml --confirm split --out searches",
    "evaluate data_synthetic/searches.parquet --study data_synthetic/searches.yaml --max-ratio 2 --no-report"
    " --out searched",
    "audit data_synthetic/records.csv --mapping data_synthetic/records.yaml --evaluation searched --out audited",
    "monitor data_synthetic/alerts.csv --mapping data_synthetic/alerts.yaml --evaluation searched --state state.jsonl"
    " --out monitored",
    "evaluate data_synthetic/live_searches.parquet --study data_synthetic/live.yaml"
    " --policy data_synthetic/live_policy.yaml --out live",
    "project live --lists data_synthetic/lists.yaml --no-curves --out projected",
    "check data_synthetic/deployments.yaml passes.yaml fails.toml --today 2026-06-01"
    " --evaluation vanishing/evaluation.json",
    "report vanishing persisting --out two",
    "figures vanishing --formats svg --out drawn",
    "inspect data_synthetic/vanishing.parquet --study data_synthetic/study.yaml --policy data_synthetic/policy.yaml"
    " --out inspected",
)


def digests(commands: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Run commands one after the other in a folder of their own; return the digests of what each printed and wrote."""
    with _folder(), mock.patch("harness.evaluation.run.versions", return_value=VERSIONS):
        return {command: _outcome(command) for command in commands}


@contextlib.contextmanager
def _folder() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        Path("data_synthetic").symlink_to(ROOT / "data_synthetic")
        for file, text in GIVEN.items():
            Path(file).write_text(text, "utf-8")
        yield


def _outcome(command: str) -> dict[str, str]:
    from harness.cli.app import run

    before = _written()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(shlex.split(command))
    found = {"exit code": str(code), "stdout": _digest(out.getvalue()), "stderr": _digest(err.getvalue())}
    return found | {
        name: _read(Path(name)) for name, state in sorted(_written().items()) if before.get(name) != state
    }


def _written() -> dict[str, tuple[int, int]]:
    files = (Path(folder) / name for folder, _, names in os.walk(".") for name in names)
    return {file.as_posix(): (file.stat().st_ino, file.stat().st_mtime_ns) for file in files}


def _read(file: Path) -> str:
    binary = dict.fromkeys((".parquet", ".npz"), str)
    readers: dict[str, Callable[[Path], str]] = {".pdf": _text_of_pdf, ".png": _size_of_png, **binary}
    return _digest(readers.get(file.suffix, lambda path: path.read_text("utf-8"))(file))


def _text_of_pdf(file: Path) -> str:
    import pypdf

    pages = (page.extract_text() for page in pypdf.PdfReader(file).pages)
    return "".join("".join(pages).split())  # where a line of text ends is the setter's matter


def _size_of_png(file: Path) -> str:
    return file.read_bytes()[16:24].hex()


def _digest(text: str) -> str:
    rounded = LONG_NUMBER.sub(lambda number: format(float(number[0]), ".9g"), text)
    plain = SIGNATURE.sub("<signature>", DIGEST.sub("<digest>", rounded))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    found = digests(ON_SAMPLE) | digests(ON_WORLDS)
    DIGESTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
