"""Which files a name means: everything that it could mean is checked, or told as not checked."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.gate.configs import named_configs


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def problems(*names: str) -> list[str]:
    found = named_configs(names)
    assert found.files == ()
    return [str(problem) for problem in found.problems]


def test_a_folder_means_every_config_below_it_in_any_spelling() -> None:
    configs = (
        "a.yaml",
        "b.yml",
        "c.YAML",
        "d.Json",
        "e.toml",
        ".f.yaml",
        ".yaml",
        "north/g.yml",
        ".south/h.yaml",
    )
    make(*(f"deploy/{name}" for name in configs))
    found = named_configs(["deploy"])
    assert sorted(found.files) == sorted(f"deploy/{name}" for name in configs)
    assert (found.problems, found.not_checked) == ((), ())


def test_what_else_is_in_a_folder_is_told() -> None:
    make("deploy/a.yaml", "deploy/README.md", "deploy/x/b.yaml.bak", "deploy/.git/config.yaml")
    found = named_configs(["deploy"])
    assert found.files == ("deploy/a.yaml",)
    assert found.not_checked == ("deploy/.git", "deploy/README.md", "deploy/x/b.yaml.bak")


def test_a_pattern_takes_hidden_files_and_any_letter_case() -> None:
    make("deploy/a.yaml", "deploy/b.YAML", "deploy/.c.yaml", "deploy/x/d.yaml")
    assert named_configs(["deploy/*.yaml"]).files == ("deploy/.c.yaml", "deploy/a.yaml", "deploy/b.YAML")
    assert named_configs(["deploy/**/*.yaml"]).files == (
        "deploy/.c.yaml",
        "deploy/a.yaml",
        "deploy/b.YAML",
        "deploy/x/d.yaml",
    )
    assert named_configs(["DEPLOY/[ab].*", "d?ploy/[!a].yaml"]).files == ("deploy/b.YAML",)


def test_configs_that_a_pattern_passes_over_are_told() -> None:
    make("site-a/deployments.yaml", "site-b/deployments.yml", "site-b/README.md", "other/c.yaml")
    found = named_configs(["site-*/*.yaml"])
    assert (found.files, found.not_checked) == (("site-a/deployments.yaml",), ("site-b/deployments.yml",))
    assert named_configs(["site-*/*.yaml", "site-b"]).not_checked == ("site-b/README.md",)


def test_a_file_that_is_called_like_a_pattern_hides_no_other() -> None:
    make("deploy/*.yaml", "deploy/a.yaml", "deploy/a[1].yaml", "deploy/a1.yaml")
    everything = ("deploy/*.yaml", "deploy/a.yaml", "deploy/a1.yaml", "deploy/a[1].yaml")
    assert named_configs(["deploy/*.yaml"]).files == everything
    assert named_configs(["deploy/a[1].yaml"]).files == ("deploy/a1.yaml", "deploy/a[1].yaml")


def test_a_folder_that_a_pattern_matches_is_looked_through() -> None:
    make("deploy/north/a.yaml", "deploy/north/b.md", "deploy/c.yaml")
    found = named_configs(["deploy/*"])
    assert (found.files, found.not_checked) == (
        ("deploy/c.yaml", "deploy/north/a.yaml"),
        ("deploy/north/b.md",),
    )
    assert named_configs(["deploy/**"]).files == ("deploy/c.yaml", "deploy/north/a.yaml")


def test_a_name_is_passed_on_as_it_is_and_each_file_once() -> None:
    make("deploy/a.yaml")
    found = named_configs(["deploy/a.yaml", "none.yaml", "deploy", "deploy/*.yaml", "--schema"])
    assert found.files == ("deploy/a.yaml", "none.yaml", "--schema")  # what cannot be read, the check says


def test_what_names_nothing_is_a_problem() -> None:
    make("empty/README.md")
    Path("bare").mkdir()
    assert problems("none/*.yaml", "*.yaml", "") == [
        "none/*.yaml: matches no file",
        "*.yaml: matches no file",
        "the name of a config is empty; is the variable set that should hold it?",
    ]
    no_config = "holds no config: no name in it ends in .yaml, .yml, .json or .toml"
    assert problems("empty", "bare") == [f"empty: {no_config}", f"bare: {no_config}"]
    (too_long,) = problems(f"{'x' * 300}/*.yaml")
    assert too_long.endswith(": cannot be read: File name too long")


def test_a_folder_that_is_a_link_is_not_passed_over() -> None:
    make("deploy/a.yaml", "elsewhere/b.yaml")
    Path("deploy/linked").symlink_to("../elsewhere", target_is_directory=True)
    said = "deploy/linked: is a symbolic link to a folder, which is not followed; name the folder that it leads to"
    for name in ("deploy", "deploy/**/*.yaml"):
        assert [str(problem) for problem in named_configs([name]).problems] == [said]


def test_a_folder_that_may_not_be_read_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    make("deploy/a.yaml", "deploy/x/b.yaml")
    as_it_is = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("x"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return as_it_is(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert [str(problem) for problem in named_configs(["deploy"]).problems] == [
        "deploy: cannot be read: Permission denied"
    ]


def test_evidence_in_the_folder_is_no_config_unless_it_is_named_itself() -> None:
    make("deploy/a.yaml", "deploy/evaluation.json")
    evidence = ["deploy/../deploy/evaluation.json"]
    for name in ("deploy", "deploy/*"):
        found = named_configs([name], evidence=evidence)
        assert (found.files, found.not_checked, found.problems) == (("deploy/a.yaml",), (), ())
    assert named_configs(["deploy/*.json"], evidence=evidence).problems
    assert named_configs(["deploy/evaluation.json"], evidence=evidence).files == ("deploy/evaluation.json",)
