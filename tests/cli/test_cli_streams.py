"""What leaves the program: no character, no name and no reader that leaves changes an exit code or commands a log."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest

from harness.cli.app import run
from harness.gate.formats import Form

UNDECIDED = 3
NOT_UTF8 = os.fsdecode(b"lat\xe9")
CONFIG = """\
defaults: {matcher: {name: m, version: "1"}, use_case: verification, axes: [sex], owner: "华 ×"}
deployments: {"Łódź 华": {threshold: 0.6}}
"""
STUDY = """\
matcher: {name: "Łódź 华", version: "1"}
score: {column: score, better: higher}
mated: {column: mated, mated: ["yes"], non_mated: ["no"]}
groups: {sex: sex, age: age}
axes: [sex, [sex, age]]
"""
ENCODINGS = ("ascii", "cp1251", "cp1252", "latin-1", "utf-16", "utf-8")
HOSTILE = (
    "::stop-commands::x",
    "##[error]x",
    "x\n::error::y",
    "x\r::add-mask::y",
    "\u2028::error::z",
    "\u00a0::error::z",
    "x%0A::error::y",
    "\x1b[2J\x07",
    "\x9b2J",
    "\u202egpj\u2066",
    "\udc9b\udcff",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)
    Path("a.yaml").write_text(CONFIG, "utf-8")
    Path("study.yaml").write_text(STUDY, "utf-8")
    rows = [
        f"{(i * 37 % 100) / 100},{'yes' if i % 2 else 'no'},{'fm'[i // 2 % 2]},{'oy'[i // 4 % 2]}"
        for i in range(400)
    ]
    Path("s.csv").write_text("\n".join(["score,mated,sex,age", *rows]) + "\n")
    return tmp_path


@dataclass
class Printed:
    code: int
    out: bytes
    err: bytes


def printed(monkeypatch: pytest.MonkeyPatch, encoding: str, *tokens: str) -> Printed:
    """Run with streams of an encoding, which raise at what it lacks, as Python's own do."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", streams[0])
        patched.setattr(sys, "stderr", streams[1])
        code = run(tokens)
    out, err = ((stream.flush(), stream.buffer.getvalue())[1] for stream in streams)
    return Printed(code, out, err)


@pytest.mark.usefixtures("folder")
class TestStreamsOfAnyEncoding:
    def test_an_evaluation_is_printed_with_escapes_for_what_is_lacking(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = f"{NOT_UTF8}/out"
        Path("study.yaml").rename(f"{NOT_UTF8}.yaml")
        tokens = ("--study", f"{NOT_UTF8}.yaml", "--thresholds", "0.5", "--max-ratio", "2", "--out", out)
        found = printed(monkeypatch, "cp1251", "evaluate", "s.csv", *tokens)
        assert (found.code, found.err) == (0, b"")
        assert rb"sex\xd7age" in found.out
        assert rb"Written to lat\xe9/out: report.html" in found.out
        assert {path.name for path in Path(out).iterdir()} >= {"evaluation.json", "rates.csv", "report.pdf"}

    @pytest.mark.parametrize("encoding", ENCODINGS)
    def test_every_line_is_printed(self, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
        found = printed(monkeypatch, encoding, "figures", "华×.json", "--out", "x")
        assert (found.code, found.out) == (2, b"")
        said = "harness: 华×.json: cannot be read".encode(encoding, "backslashreplace").decode(encoding)
        assert found.err.decode(encoding).startswith(said)

    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize("form", get_args(Form))
    def test_a_check_ends_as_it_does_elsewhere(
        self, form: str, encoding: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = printed(monkeypatch, encoding, "check", "a.yaml", "--format", form, "--today", "2026-06-01")
        assert (found.code, found.err) == (UNDECIDED, b"")
        if encoding == "utf-16":
            return
        if form in ("json", "sarif"):
            assert "Łódź 华" in json.dumps(json.loads(found.out), ensure_ascii=False)
        elif form == "junit":
            assert "Łódź 华" in {
                case.get("name") for case in ElementTree.fromstring(found.out).iter("testcase")
            }
        else:
            assert "Łódź 华".encode(encoding, "backslashreplace") in found.out

    def test_the_schema_is_json_in_any_of_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert json.loads(printed(monkeypatch, "ascii", "check", "--schema").out)["type"] == "object"


def program(*tokens: str | bytes, **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "harness", *tokens], **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.usefixtures("folder")
class TestStreamsThatCannotBeWritten:
    def test_a_reader_that_leaves_changes_no_exit_code(self) -> None:
        for tokens, code in ((["check", "a.yaml"], UNDECIDED), (["check", "--help"], 0), (["--version"], 0)):
            reading, writing = os.pipe()
            os.close(reading)
            started = program(*tokens, stdout=writing, stderr=subprocess.PIPE)
            os.close(writing)
            assert started.communicate()[1] == b""
            assert started.returncode == code

    @pytest.mark.slow
    def test_files_are_written_although_nobody_reads_the_log(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        started = program("check", "a.yaml", "--output", "json=report.json", stdout=writing)
        os.close(writing)
        assert started.wait() == UNDECIDED
        assert json.loads(Path("report.json").read_text())["exit_code"] == UNDECIDED

    def test_a_full_disk_behind_standard_output_is_said_and_lets_nothing_pass(self) -> None:
        for tokens in (["check", "a.yaml"], ["check", "--schema"], ["--help"]):
            with Path("/dev/full").open("wb") as full:
                started = program(*tokens, stdout=full, stderr=subprocess.PIPE)
                said = started.communicate()[1]
            assert said == b"harness: standard output: cannot be written (No space left on device)\n"
            assert started.returncode == 2

    def test_neither_full_nor_closed_streams_give_another_exit_code(self) -> None:
        script = f"exec {sys.executable} -m harness check a.yaml"
        for streams in (">&-", "2>&-", ">&- 2>&-", "2>/dev/full"):
            assert (
                subprocess.call(["/bin/sh", "-c", f"{script} {streams}"], stdout=subprocess.DEVNULL)
                == UNDECIDED
            )
        assert subprocess.call(["/bin/sh", "-c", f"{script} > /dev/full 2> /dev/full"]) == 2


@pytest.mark.usefixtures("folder")
@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"MPLBACKEND": "nonsense"},
        pytest.param({"MPLCONFIGDIR": "/proc/none", "HOME": None}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_no_setting_of_matplotlib_stands_in_the_way(environment: dict[str, str | None]) -> None:
    wanted = {**os.environ, **environment}
    known = {name: value for name, value in wanted.items() if value is not None}
    started = program("figures", "nothing.json", "--out", "x", env=known, stderr=subprocess.PIPE)
    *_, said = started.communicate()[1].splitlines()
    assert said.startswith(b"harness: nothing.json: cannot be read")
    assert started.returncode == 2


@pytest.mark.usefixtures("folder")
def test_a_file_of_settings_that_matplotlib_cannot_read_is_named() -> None:
    Path("matplotlibrc").write_bytes(b"backend: \xff\n")
    started = program("figures", "nothing.json", "--out", "x", stderr=subprocess.PIPE)
    *_, said = started.communicate()[1].splitlines()
    assert said.startswith(b"harness: matplotlibrc: cannot be read by matplotlib (")
    assert started.returncode == 2


def commands(log: str) -> Iterator[str]:
    """Give the lines that GitHub's runner takes for commands (actions/runner, ActionCommand.cs)."""
    for line in log.splitlines():
        start = line.lstrip()
        if (start.startswith("::") and "::" in start[2:]) or (
            "##[" in line and "]" in line.partition("##[")[2]
        ):
            yield line


@pytest.mark.usefixtures("folder")
class TestHostileNames:
    @pytest.mark.parametrize("name", HOSTILE)
    @pytest.mark.parametrize("form", [form for form in get_args(Form) if form != "github"])
    def test_no_form_of_a_check_commands_the_log(
        self, form: str, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path(f"{name}.yaml").write_text(CONFIG, "utf-8")
        Path(f"{name}-2.yaml").write_text("deployments: 3", "utf-8")
        tokens = (f"{name}.yaml", f"{name}-2.yaml", "--evaluation", f"{name}.json")
        assert run(["check", *tokens, "--format", form]) == 2
        said = capsys.readouterr()
        assert list(commands(said.out)) == []
        assert list(commands(said.err)) == []
        assert not [c for c in said.out if not c.isprintable() and c not in "\n\t"]

    @pytest.mark.parametrize("name", HOSTILE)
    @pytest.mark.parametrize(
        "tokens",
        [
            ("{}",),
            ("--{}",),
            ("check", "--{}"),
            ("check", "a.yaml", "--format", "{}"),
            ("check", "a.yaml", "--today", "{}"),
            ("check", "a.yaml", "--output", "{}"),
            ("evaluate", "{}", "--out", "x"),
            ("evaluate", "s.csv", "--study", "{}", "--out", "{}"),
            ("evaluate", "s.csv", "--max-ratio", "{}", "--out", "x"),
            ("report", "{}", "--out", "x"),
            ("figures", "{}", "--out", "x"),
            ("audit", "{}", "--evaluation", "{}"),
            ("audit", "{}", "--evaluation", "x", "--column", "{}"),
            ("sign", "{}", "--key", "{}"),
            ("verify", "{}", "--key", "{}"),
            ("synthesise", "--out", "x", "--world", "{}"),
            ("plan", "--fmr", "{}"),
        ],
        ids=lambda tokens: " ".join(tokens),
    )
    def test_what_is_said_of_wrong_tokens_is_one_line_that_commands_nothing(
        self, tokens: tuple[str, ...], name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run([token.replace("{}", name) for token in tokens]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert said.err.startswith("harness: ")
        assert said.err[:-1].isprintable()
        assert list(commands(said.err)) == []

    def test_a_fault_of_the_harness_commands_nothing_either(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("\n".join(HOSTILE))

        monkeypatch.setattr("harness.cli.check.check_configs", fail)
        assert run(["check", "a.yaml"]) == 70
        said = capsys.readouterr().err
        assert "RuntimeError" in said
        assert list(commands(said)) == []
        assert not [c for c in said if not c.isprintable() and c != "\n"]


@pytest.mark.usefixtures("folder")
class TestNamesThatAreNotUtf8:
    @pytest.mark.slow
    def test_an_evaluation_in_such_a_folder_is_whole_and_serves_every_command(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        study, out = f"{NOT_UTF8}.yaml", f"{NOT_UTF8}/out"
        Path("study.yaml").rename(study)
        assert run(["evaluate", "s.csv", "--study", study, "--thresholds", "0.5", "--out", out]) == 0
        assert r"Written to lat\xe9/out: " in capsys.readouterr().out
        assert run(["figures", out, "--out", f"{NOT_UTF8}/figures"]) == 0
        assert run(["report", out, "--title", NOT_UTF8, "--out", f"{NOT_UTF8}/report"]) == 0
        assert r"<h1>lat\xe9</h1>" in Path(f"{NOT_UTF8}/report/report.html").read_text("utf-8")
        assert run(["check", "a.yaml", "--evaluation", f"{out}/evaluation.json"]) == UNDECIDED

    def test_scores_of_such_a_name_are_refused_with_what_to_do(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("s.csv").rename(f"{NOT_UTF8}.csv")
        assert run(["evaluate", f"{NOT_UTF8}.csv", "--study", "study.yaml", "--out", "out"]) == 2
        assert capsys.readouterr().err == (
            "harness: lat\\xe9.csv: its name is not UTF-8, which readers of scores ask for; rename it\n"
        )

    @pytest.mark.parametrize("form", get_args(Form))
    def test_a_config_of_such_a_name_is_checked(self, form: str, capsys: pytest.CaptureFixture[str]) -> None:
        Path("a.yaml").rename(f"{NOT_UTF8}.yaml")
        file = f"{NOT_UTF8}.report"
        assert run(["check", f"{NOT_UTF8}.yaml", "--format", form, "--output", f"{form}={file}"]) == UNDECIDED
        said = capsys.readouterr().out
        assert Path(file).read_text("utf-8") == said
        assert ("lat%E9" if form == "sarif" else r"lat\\xe9" if form == "json" else r"lat\xe9") in said

    def test_synthetic_scores_are_written_there(self) -> None:
        assert run(["synthesise", "--world", "equal", "--subjects", "4", "--out", NOT_UTF8]) == 0
        assert [path.name for path in Path(NOT_UTF8).iterdir()] == ["equal.parquet"]

    @pytest.mark.slow
    def test_in_a_locale_without_utf8_names_in_utf8_are_read_as_elsewhere(self) -> None:
        Path("s.csv").rename("Łódź.csv")
        plain = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
        tokens = ("--study", "study.yaml", "--thresholds", "0.5", "--out", "华")
        started = program(
            "evaluate", "Łódź.csv", *tokens, env=plain, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = started.communicate()
        assert (started.returncode, err) == (0, b"")
        assert rb"Written to \u534e: " in out
        evaluation = json.loads(Path("华/evaluation.json").read_text("utf-8"))
        assert [one["name"] for one in evaluation["inputs"]] == ["Łódź.csv"]
