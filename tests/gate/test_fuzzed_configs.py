"""Configs changed at random: a check of any of them ends by a documented exit code, and soon."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from harness.cli.app import run
from harness.config.reading import MAX_BYTES
from tests.gate.small_world import TODAY

DOCUMENTED = {0, 1, 2, 3}
MOST_SECONDS = 2
FORMATS = ("text", "json", "github", "junit", "sarif")
SEED = 20260601

YAML = """\
# yaml-language-server: $schema=deployments.schema.json
defaults:
  matcher: {name: synthetic, version: "1"}
  use_case: verification
  axes: [ethnicity, sex]
  owner: 'release team'
deployments:
  gate: {threshold: 0.6}
  "north door":
    threshold: 0.61
    from: 2026-05-01
    until: 2026-12-31
    evidence: {evaluation: evaluation.json, valid_until: 2026-12-31, max_age_days: 300, evaluated: 2026-05-01}
    max_ratio: 1.5
    min_confidence: 0.95
  crowd:
    use_case: live
    threshold: 0.6
    watchlist_size: 6
    watchlist_composition: {ethnicity: {Asian: 1, Black: 2, White: 3}, sex: {female: 3, male: 3}}
    axes:
      - ethnicity
      - [ethnicity, sex]
    owner: >-
      release
      team
"""
TOML = """\
[defaults]
matcher = {name = "synthetic", version = "1"}
use_case = "verification"
axes = ["ethnicity", "sex"]
owner = '''release team''' # who answers for it

[deployments.gate]
threshold = 0.6
until = 2026-12-31

[deployments."north door"]
threshold = 0.61
evidence.evaluation = "evaluation.json"
evidence.valid_until = 2026-12-31
use_case = "live"
watchlist_size = 3
watchlist_composition.ethnicity = {Asian = 1, Black = 2}
"""
JSON = json.dumps(
    {
        "defaults": {
            "matcher": {"name": "synthetic", "version": "1"},
            "use_case": "verification",
            "axes": ["ethnicity", "sex"],
            "owner": "release team",
        },
        "deployments": {
            "gate": {"threshold": 0.6, "max_ratio": None},
            "caf\u00e9": {
                "threshold": 0.61,
                "evidence": {"evaluation": "evaluation.json"},
                "until": "2026-12-31",
            },
        },
    },
    indent=1,
)
SEEDS = {"yaml": YAML, "toml": TOML, "json": JSON}

PIECES = [
    *"{}[]:,-?&*!|>'\"%@`#=.\\~ \t\n\r\0",
    "\u2028",
    "\u0085",
    "\ufeff",
    "\u202e",
    "\u00a0",
    "\U0001f600",
    "\\ud800",
    "\\u0000",
    "<<: ",
    "? ",
    "- ",
    "---\n",
    "...\n",
    "%YAML 1.1\n---\n",
    "!!python/object:os.system ",
    "&a ",
    "*a",
    "null",
    "true",
    "yes",
    "nan",
    ".inf",
    "1e999",
    "-0",
    "0600",
    "0x10",
    "9" * 30,
    "9" * 5000,
    "1_0",
    "2026-13-01",
    "2026-06-01T00:00:00Z",
    '"""',
    "'''",
    "[[deployments]]\n",
    "[deployments]\n",
    "a.b.c = 1\n",
    "/*",
    "//",
    "../",
    "/dev/zero",
    "x" * 300,
]


def cut(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + text[start + random.randint(1, 20) :]


def inserted(text: str, random: Random) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + random.choice(PIECES) + text[start + random.choice([0, 0, 1, 4]) :]


def repeated(text: str, random: Random) -> str:
    """What takes time where something grows with the square: a piece of the file, or of a format, very often."""
    start = random.randrange(len(text) + 1)
    piece = random.choice([text[start : start + random.randint(1, 40)], random.choice(PIECES)]) or "a"
    size = random.choice([200, 200, 200, 5_000, 5_000, MAX_BYTES - len(text.encode()) - 100])
    return text[:start] + piece * max(size // len(piece.encode("utf-8", "replace")), 1) + text[start:]


def lines_moved(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    start = random.randrange(len(lines))
    moved = lines[start : start + random.randint(1, 5)]
    place = random.randrange(len(lines) + 1)
    return "".join([*lines[:place], *moved, *lines[place:]])


def numbers_changed(text: str, random: Random) -> str:
    digits = [place for place, character in enumerate(text) if character.isdigit()]
    place = random.choice(digits or [0])
    return text[:place] + random.choice("0123456789-.e_") + text[place + 1 :]


def many_keys(text: str, random: Random) -> str:
    """Keys and deployments without end, each another."""
    start = random.randrange(len(text) + 1)
    form = random.choice(
        [
            "  k{0}: {{}}\n",
            "  k{0}: {{threshold: 0.6}}\n",
            "k{0},",
            '"k{0}": {0},',
            "k{0} = {0}\n",
            "[k{0}]\n",
        ]
    )
    return text[:start] + "".join(map(form.format, range(random.choice([30, 900, 4_000])))) + text[start:]


COMMON: list[Callable[[str, Random], str]] = [cut, inserted, inserted, lines_moved, numbers_changed]
RARE = [repeated, many_keys]


def mutations(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    random = Random(seed)
    for _ in range(count):
        form = random.choice(list(SEEDS))
        text = SEEDS[form]
        for _ in range(random.choice([1, 1, 1, 2, 3, 6])):
            change = random.choice(RARE if random.random() < 0.15 else COMMON)
            text = change(text, random)
        content = text.encode("utf-8", "surrogatepass")
        if random.random() < 0.05:
            place = random.randrange(len(content) + 1)
            content = content[:place] + random.randbytes(2) + content[place:]
        yield form, content


def check(
    folder: Path, form: str, content: bytes, capsys: pytest.CaptureFixture[str], output: str
) -> tuple[object, float, str]:
    config = folder / f"config.{form}"
    config.write_bytes(content)
    began = time.process_time()
    tokens = ["check", str(config), "--evaluation", str(folder / "evaluation.json"), "--today", f"{TODAY}"]
    code = run([*tokens, "--format", output])
    return code, time.process_time() - began, capsys.readouterr().err


def faults(
    folder: Path, count: int, seed: int, capsys: pytest.CaptureFixture[str]
) -> tuple[dict[object, int], list[tuple[object, ...]]]:
    codes: dict[object, int] = {}
    found: list[tuple[object, ...]] = []
    for output in FORMATS:  # what a format needs is imported now, and not while a check is timed
        check(folder, "yaml", YAML.encode(), capsys, output)
    for place, (form, content) in enumerate(mutations(count, seed)):
        output = FORMATS[place % len(FORMATS)]
        code, seconds, errors = check(folder, form, content, capsys, output)
        codes[code] = codes.get(code, 0) + 1
        if code not in DOCUMENTED or seconds > MOST_SECONDS or "Traceback" in errors:
            found.append((seed, place, form, code, round(seconds, 1), content[:200], errors[-300:]))
    return codes, found


@pytest.mark.usefixtures("evaluation")
class TestConfigsChangedAtRandom:
    def test_end_by_a_documented_exit_code_and_soon(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        codes, found = faults(tmp_path, 300, SEED, capsys)
        assert found == []
        assert set(codes) == DOCUMENTED, "the changes are too small or too large to try every outcome"

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("part", range(10))
    def test_end_so_when_they_are_many(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], part: int
    ) -> None:
        _, found = faults(tmp_path, 500, SEED + 1 + part, capsys)
        assert found == []

    @pytest.mark.parametrize("form", SEEDS)
    def test_are_changed_from_configs_that_are_valid(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
    ) -> None:
        assert check(tmp_path, form, SEEDS[form].encode(), capsys, "text")[0] in (0, 3)
