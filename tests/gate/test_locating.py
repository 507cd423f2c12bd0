"""Where evidence lies: an evaluation by its folder, and how far a config may lead to one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.cli.app import run
from harness.gate import Outcome, Report, Rule, check
from harness.gate.evidence import evidence_of
from tests.gate.signed_world import public, sign_evaluation
from tests.gate.small_world import TODAY, VALID


@pytest.fixture
def project(tmp_path: Path, evaluation: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a config in ``releases/east``, and a folder of results beside ``releases``."""
    project = tmp_path / "project"
    for folder in ("releases/east", "results"):
        (project / folder).mkdir(parents=True)
    shutil.move(evaluation, project / "results" / "evaluation.json")
    (project / "releases/east/config.yaml").write_text(VALID)
    monkeypatch.chdir(project)
    return project


CONFIG = "releases/east/config.yaml"


def naming(evaluation: str) -> str:
    """Write a config that names this evidence, and return its path."""
    Path(CONFIG).write_text(f"{VALID}    evidence: {{evaluation: '{evaluation}'}}\n")
    return CONFIG


def found(report: Report) -> tuple[int, Rule, str]:
    """The exit code, and the rule and sentence of the one deployment."""
    (checked,) = report.checked
    return report.exit_code, checked.findings[0].rule, checked.findings[0].sentence


def checked(**options: Any) -> Report:
    return check([CONFIG], today=TODAY, **options)


@pytest.mark.usefixtures("project")
class TestAFolderOfResults:
    def test_stands_for_the_evaluation_in_it(self) -> None:
        report = checked(evaluation="results")
        assert (report.exit_code, report.evaluation) == (0, "results/evaluation.json")

    def test_has_the_signature_beside_the_evaluation(self) -> None:
        assert found(checked(evaluation="results", keys=[public()]))[1] is Rule.UNSIGNED_EVIDENCE
        sign_evaluation(Path("results/evaluation.json"))
        assert checked(evaluation="results", keys=[public()]).exit_code == 0

    def test_without_an_evaluation_is_no_evidence(self) -> None:
        said = "no evidence: releases/evaluation.json: cannot be read: No such file or directory"
        assert found(checked(evaluation="releases")) == (3, Rule.NO_EVIDENCE, said)

    def test_with_a_folder_of_that_name_is_no_evidence(self) -> None:
        Path("releases/evaluation.json").mkdir()
        assert found(checked(evaluation="releases"))[0] == 3

    @pytest.mark.parametrize("name", ["", "\0"])
    def test_is_not_the_current_folder_where_nothing_is_named(self, name: str) -> None:
        shutil.copy("results/evaluation.json", "evaluation.json")
        assert found(checked(evaluation="."))[0] == 0
        assert found(checked(evaluation=name))[0] == 3

    def test_is_named_by_a_config(self) -> None:
        shutil.move("results", "releases/east/results")
        naming("results")
        assert checked().exit_code == 0
        assert checked(keys=[public()]).exit_code == 3
        sign_evaluation(Path("releases/east/results/evaluation.json"))
        assert checked(keys=[public()]).exit_code == 0

    def test_that_a_config_names_leads_nowhere_else_by_links(self, project: Path) -> None:
        naming("results")
        Path("releases/east/results").symlink_to(project / "results", target_is_directory=True)
        code, rule, said = found(checked())
        assert (code, rule) == (3, Rule.DAMAGED_EVIDENCE)
        assert "leads out of the config's folder; --evidence-root allows more" in said

    def test_among_configs_is_none_and_what_was_written_with_it_is_told(self) -> None:
        shutil.move("results", "releases/results")
        Path("releases/results/figures").mkdir()
        for name in (".harness.json", "figures/alt_texts.json"):
            Path("releases/results", name).write_text("{}")
        for named in ("releases", "releases/**/*.*"):
            report = check([named], evaluation="releases/results", today=TODAY)
            assert [(one.place.file, str(one.outcome)) for one in report.checked] == [(CONFIG, "pass")]
            assert set(report.not_checked) == {
                "releases/results/.harness.json",
                "releases/results/figures/alt_texts.json",
            }
        Path("releases/results/hidden.yaml").write_text(VALID.replace("0.6\n", "0.1\n"))
        assert check(["releases"], evaluation="releases/results", today=TODAY).exit_code == 1
        assert check(["releases/results/.harness.json"], evaluation="results", today=TODAY).exit_code == 2

    def test_is_not_written_over(self, capsys: pytest.CaptureFixture[str]) -> None:
        for options in (
            ["--output", "json=results/evaluation.json"],
            ["--output", "json=results/evaluation.json.dsse.json", "--key", "none.pem"],
        ):
            assert run(["check", CONFIG, "--evaluation", "results", *options]) == 2
            assert "this file is read by the check" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
class TestEvidenceElsewhere:
    UP = "../../results"

    def test_is_refused_without_a_root_and_the_flag_is_named(self) -> None:
        code, rule, said = found(check([naming(self.UP)], today=TODAY))
        assert (code, rule) == (2, Rule.INVALID_CONFIG)
        assert said == (
            "evidence.evaluation: '../../results' leads out of the config's folder; --evidence-root allows more"
        )
        assert found(checked(evaluation="results"))[0] == 2

    def test_is_refused_without_a_root_even_if_it_comes_down_again(self) -> None:
        shutil.move("results", "releases/east/results")
        naming("../east/results")
        assert found(checked())[0] == 2
        assert found(checked(evidence_root="releases"))[0] == 0

    @pytest.mark.parametrize("root", [".", "{here}", "releases/..", "link"])
    @pytest.mark.parametrize("name", [UP, f"{UP}/evaluation.json"])
    def test_may_lie_anywhere_below_the_root(self, root: str, name: str, project: Path) -> None:
        Path("link").symlink_to(project, target_is_directory=True)
        naming(name)
        assert checked(evidence_root=root.format(here=project)).exit_code == 0

    def test_is_named_without_detours(self) -> None:
        naming("../../none")
        said = "no evidence: none: cannot be read: No such file or directory"
        assert found(checked(evidence_root="."))[2] == said

    def test_is_refused_beyond_the_root(self) -> None:
        naming(self.UP)
        code, rule, said = found(checked(evidence_root="releases"))
        assert (code, rule) == (3, Rule.DAMAGED_EVIDENCE)
        assert said == "no evidence: results/evaluation.json: leads out of --evidence-root releases"

    def test_is_refused_beyond_a_root_whose_name_it_shares_in_part(self, project: Path) -> None:
        shutil.copytree("results", project.parent / "project-other")
        naming("../../../project-other")
        assert found(checked(evidence_root="."))[0] == 3

    @pytest.mark.parametrize("linked", ["results", "results/evaluation.json"])
    def test_is_refused_where_a_link_leads_out_of_the_root(self, linked: str, project: Path) -> None:
        outside = project.parent / "outside"
        shutil.move(linked, outside)
        Path(linked).symlink_to(outside)
        naming(self.UP)
        code, rule, said = found(checked(evidence_root="."))
        assert (code, rule) == (3, Rule.DAMAGED_EVIDENCE)
        assert "leads out of --evidence-root ." in said

    def test_goes_where_links_lead_and_not_where_names_seem_to(self, project: Path) -> None:
        """``deep/..`` is the folder above where the link leads, outside of the root."""
        shutil.copytree("results", project.parent / "results")
        (project.parent / "away").mkdir()
        Path("releases/east/deep").symlink_to(project.parent / "away")
        naming("deep/../results")
        shutil.copytree("results", "releases/east/results")
        assert found(checked(evidence_root="."))[0] == 3

    def test_that_a_link_within_the_root_leads_to_is_taken(self) -> None:
        Path("releases/east/current").symlink_to("../../results", target_is_directory=True)
        naming("current")
        assert found(checked())[0] == 3
        assert found(checked(evidence_root="."))[0] == 0

    def test_has_its_signature_below_the_root_too(self, project: Path) -> None:
        naming(self.UP)
        envelope = sign_evaluation(Path("results/evaluation.json"))
        options: dict[str, Any] = {"evidence_root": ".", "keys": [public()]}
        assert checked(**options).exit_code == 0
        shutil.move(envelope, project.parent / "envelope")
        envelope.symlink_to(project.parent / "envelope")
        code, rule, said = found(checked(**options))
        assert (code, rule) == (3, Rule.SIGNATURE_INVALID)
        assert "results/evaluation.json.dsse.json: leads out of --evidence-root ." in said

    def test_of_a_config_outside_the_root_lies_in_its_own_folder(self) -> None:
        naming(self.UP)
        code, rule, said = found(checked(evidence_root="results"))
        assert (code, rule) == (2, Rule.INVALID_CONFIG)
        assert said.endswith(
            "leads out of the config's folder; --evidence-root results allows more only to configs that lie below it"
        )
        shutil.copytree("results", "releases/east/results")
        naming("results")
        assert found(checked(evidence_root="results"))[0] == 0

    def test_of_a_config_that_a_link_brings_below_the_root_lies_in_its_own_folder(self) -> None:
        Path("root").mkdir()
        shutil.move("results", "root/results")
        Path("root/east").symlink_to("../releases/east", target_is_directory=True)
        naming("../results")
        assert check(["root/east/config.yaml"], evidence_root="root", today=TODAY).exit_code == 2

    @pytest.mark.parametrize("name", ["/etc/passwd", r"..\\results"])
    def test_has_no_absolute_path_and_no_backslash_whatever_the_root(self, name: str) -> None:
        naming(name)
        assert found(checked(evidence_root="/"))[0] == 2

    @pytest.mark.parametrize("root", ["none", "", " ", "\0", CONFIG])
    def test_has_no_root_that_is_no_folder(self, root: str) -> None:
        report = checked(evaluation="results", evidence_root=root)
        assert report.exit_code == 2
        blocking, passing = report.checked
        assert (blocking.outcome, passing.outcome) == (Outcome.INVALID, Outcome.PASS)
        assert blocking.findings[0].sentence == (
            "is no folder; --evidence-root takes the one below which configs may name evidence"
        )

    def test_is_allowed_by_the_command_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        naming(self.UP)
        tokens = ["check", "releases", "--today", f"{TODAY}", "--format", "json"]
        assert run(tokens) == 2
        assert run([*tokens, "--evidence-root", "."]) == 0
        assert run([*tokens, "--evidence-root", "none"]) == 2
        capsys.readouterr()
        assert run([*tokens, "--evidence-root="]) == 2
        assert "--evidence-root is empty" in capsys.readouterr().err

    def test_is_read_once_for_configs_in_several_folders(self, monkeypatch: pytest.MonkeyPatch) -> None:
        naming(self.UP)
        shutil.copytree("releases/east", "releases/west")
        read = []

        def count(content: bytes, source: str) -> Any:
            read.append(source)
            return evidence_of(content, source)

        monkeypatch.setattr("harness.gate.library.evidence_of", count)
        assert check(["releases"], evidence_root=".", today=TODAY).exit_code == 0
        assert read == ["results/evaluation.json"]


@pytest.mark.usefixtures("project")
def test_what_a_machine_reads_names_the_evaluation(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", CONFIG, "--evaluation", "results", "--today", f"{TODAY}", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["evaluation"] == "results/evaluation.json"
