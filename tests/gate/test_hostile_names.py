"""Names that no file can have, that lead in a circle, or that a locale cannot write: a line, and its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.app import run
from tests.gate.small_world import TODAY, VALID

LONG = "x" * 300
NOT_FILES = [
    "loop.yaml",
    "loop.json",
    "fifo",
    "folder",
    "none",
    f"{LONG}.yaml",
    "a\0b.yaml",
    "config.yaml/a",
    "loop.yaml/a",
]
ACCENTED = "é漢"


@pytest.fixture
def folder(tmp_path: Path, evaluation: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a config, an evaluation and its signature, keys, and names that are no files."""
    monkeypatch.chdir(tmp_path)
    assert evaluation.parent == tmp_path
    Path("config.yaml").write_text(VALID)
    for loop in ("loop.yaml", "loop.json"):
        Path(loop).symlink_to(loop)
    Path("folder").mkdir()
    os.mkfifo("fifo")
    for command in (
        "genpkey -algorithm ed25519 -out private.pem",
        "pkey -in private.pem -pubout -out public.pem",
    ):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    assert run(["sign", "evaluation.json", "--key", "private.pem", "--on", f"{TODAY}"]) == 0
    return tmp_path


def checked(*more: str, config: str = "config.yaml", evaluation: str = "evaluation.json") -> list[str]:
    return ["check", config, "--evaluation", evaluation, "--today", f"{TODAY}", *more]


USES = {
    "config": lambda name: (2, checked(config=name)),
    "evaluation": lambda name: (3, checked(evaluation=name)),
    "key": lambda name: (2, checked("--key", name)),
    "envelope": lambda name: (3, checked("--key", "public.pem", "--envelope", name)),
    "waivers": lambda name: (3, checked("--waivers", name, "--waiver-key", "public.pem")),
    "waiver key": lambda name: (2, checked("--waivers", "evaluation.json.dsse.json", "--waiver-key", name)),
    "sign": lambda name: (2, ["sign", name, "--key", "private.pem", "--out", "out.dsse.json"]),
    "sign by": lambda name: (2, ["sign", "evaluation.json", "--key", name, "--out", "out.dsse.json"]),
    "verify": lambda name: (3, ["verify", name, "--key", "public.pem"]),
    "verify of": lambda name: (
        3,
        ["verify", "evaluation.json.dsse.json", "--key", "public.pem", "--evaluation", name],
    ),
    "study": lambda name: (2, ["evaluate", "scores.csv", "--study", name, "--out", "out"]),
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", NOT_FILES, ids=lambda name: ascii(name[:12]))
@pytest.mark.parametrize("use", USES)
def test_a_name_that_leads_to_no_file_to_read(
    use: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    code, tokens = USES[use](name)
    assert run(tokens) == code
    shown = capsys.readouterr()
    told = shown.err or shown.out
    assert "Traceback" not in told
    assert len(told.splitlines()) <= 3  # of the file, of the deployment where there is one, and the tally


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "name",
    ["loop.json", "fifo", "folder", LONG, "a\0b", "config.yaml/a", "loop.json/a"],
    ids=lambda n: ascii(n[:12]),
)
def test_a_name_that_leads_to_no_file_to_write(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().iterdir())
    capsys.readouterr()
    for tokens in (
        checked("--output", f"text={name}"),
        ["sign", "evaluation.json", "--key", "private.pem", "--out", name],
    ):
        assert run(tokens) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("harness: ")
    assert sorted(Path().iterdir()) == before
    assert Path("loop.json").is_symlink()


@pytest.mark.usefixtures("folder")
def test_a_link_to_the_output_stays_a_link() -> None:
    Path("check.txt").touch()
    Path("latest.txt").symlink_to("check.txt")
    assert run(checked("--output", "text=latest.txt")) == 0
    assert Path("latest.txt").readlink() == Path("check.txt")
    assert Path("check.txt").read_text().startswith("PASS")


@pytest.mark.usefixtures("folder")
class TestALocaleOfASCII:
    """Names are bytes to the system; what they are called there does not change what comes of them."""

    def run(self, *tokens: str | bytes) -> tuple[int, str]:
        settings = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        streams = {"PYTHONIOENCODING": "utf-8:backslashreplace"}
        done = subprocess.run(
            [sys.executable, "-m", "harness", *tokens],
            env={**os.environ, **settings, **streams},
            capture_output=True,
            check=False,
        )
        told = (done.stdout + done.stderr).decode()
        assert "Traceback" not in told
        return done.returncode, told

    def test_a_config_an_evaluation_and_an_output(self) -> None:
        for name, copy in (("config.yaml", f"{ACCENTED}.yaml"), ("evaluation.json", f"{ACCENTED}.json")):
            Path(copy).write_bytes(Path(name).read_bytes())
        output = f"json={ACCENTED}.out.json"
        assert (
            self.run(*checked("--output", output, config=f"{ACCENTED}.yaml", evaluation=f"{ACCENTED}.json"))[
                0
            ]
            == 0
        )
        assert Path(f"{ACCENTED}.out.json").is_file()

    def test_an_evaluation_that_a_config_names(self) -> None:
        Path(f"{ACCENTED}.json").write_bytes(Path("evaluation.json").read_bytes())
        Path("names.yaml").write_text(f"{VALID}    evidence: {{evaluation: {ACCENTED}.json}}\n")
        code, told = self.run("check", "names.yaml", "--today", f"{TODAY}")
        assert (code, "cannot be read: 'ascii' codec can't encode" in told) == (3, True)

    def test_names_of_a_deployment_and_its_owner(self) -> None:
        Path("names.yaml").write_text(
            VALID.replace("gate:", f"{ACCENTED}:").replace("release team", ACCENTED)
        )
        assert self.run(*checked(config="names.yaml"))[0] == 0

    def test_what_is_signed_has_the_same_name_as_elsewhere(self) -> None:
        Path(f"{ACCENTED}.json").write_bytes(Path("evaluation.json").read_bytes())
        assert self.run("sign", f"{ACCENTED}.json", "--key", "private.pem", "--on", f"{TODAY}")[0] == 0
        here = Path(f"{ACCENTED}.json.dsse.json").read_bytes()
        assert run(["sign", f"{ACCENTED}.json", "--key", "private.pem", "--on", f"{TODAY}"]) == 0
        assert Path(f"{ACCENTED}.json.dsse.json").read_bytes() == here


@pytest.mark.usefixtures("folder")
class TestANameThatIsNotUTF8:
    def name_of(self, content: str, ending: str) -> str:
        path = Path(os.fsdecode(b"caf\xe9" + ending.encode()))
        path.write_bytes(Path(content).read_bytes())
        return str(path)

    def test_is_checked_as_any_other(self) -> None:
        config, evaluation = self.name_of("config.yaml", ".yaml"), self.name_of("evaluation.json", ".json")
        done = subprocess.run(
            [sys.executable, "-m", "harness", *checked(config=config, evaluation=evaluation)],
            env={**os.environ, "PYTHONIOENCODING": "utf-8:backslashreplace"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0

    def test_is_not_signed(self, capsys: pytest.CaptureFixture[str]) -> None:
        capsys.readouterr()
        assert run(["sign", self.name_of("evaluation.json", ".json"), "--key", "private.pem"]) == 2
        assert "its name is not UTF-8, which a statement has to be; rename it" in capsys.readouterr().err
