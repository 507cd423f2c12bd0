"""Configs that are wrong, or mean harm: each with its exit code and where the fault is."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from harness.gate import check
from tests.gate.small_world import TODAY, VALID, Checking

DEEP = "[" * 100 + "]" * 100


def edited(old: str, new: str) -> str:
    assert VALID.count(old) == 1
    return VALID.replace(old, new)


def threshold(text: str) -> str:
    return edited("threshold: 0.6\n", f"threshold: {text}\n")


def more(text: str) -> str:
    return VALID + "".join(f"    {line}\n" for line in text.splitlines())


YAML = [
    # the threshold's value
    (threshold(".nan"), 2, "8:16"),
    (threshold(".NaN"), 2, "8:16"),
    (threshold(".inf"), 2, "8:16"),
    (threshold("-.inf"), 2, "8:16"),
    (threshold("1.0e+999"), 2, "8:16"),
    (threshold("'0.6'"), 2, "8:16"),
    (threshold('"0.6"'), 2, "8:16"),
    (threshold("true"), 2, "8:16"),
    (threshold("yes"), 2, "8:16"),
    (threshold("1e-1"), 2, "8:16"),
    (threshold("00.6"), 2, "8:16"),
    (threshold("0600"), 2, "8:16"),
    (threshold("0:36"), 2, "8:16"),
    (threshold("0.6\u00a0"), 2, "8:16"),
    (threshold("0.1\u2028    threshold: 0.6"), 2, "8:19"),
    (threshold("0.1\r    threshold: 0.6"), 2, "8:19"),
    (edited("name: synthetic", "name: synthetic,\u2028 model: x"), 2, "2:29"),
    (threshold("null"), 2, "8:16"),
    (threshold(""), 2, "8:5"),
    (threshold("[0.6]"), 2, "8:16"),
    (threshold("{value: 0.6}"), 2, "8:16"),
    (threshold("0,6"), 2, "8:16"),
    (threshold("0.6 0.7"), 2, "8:16"),
    (threshold("0_6"), 2, "8:16"),
    (threshold("60%"), 2, "8:16"),
    (threshold("99999999999999999999"), 2, "8:16"),
    (threshold("!!float 0.6"), 2, "8:16"),
    (threshold("!!python/object:os.system x"), 2, "8:16"),
    (threshold("&x 0.6"), 2, "8:16"),
    (threshold("*x"), 2, "8:16"),
    (threshold("0.6\n    threshold: 0.6"), 2, "9:5"),
    (threshold("0.6\n    Threshold: 0.6"), 2, "9:5"),
    (threshold("0.6\n    treshold: 0.6"), 2, "9:5"),
    (threshold("0.6\n    <<: {threshold: 0.1}"), 2, "9:5"),
    (threshold("0.5899999999999999"), 1, "8:16"),
    (threshold("0.58"), 1, "8:16"),
    (threshold("0.545"), 1, "8:16"),
    (threshold("0.1"), 1, "8:16"),
    (threshold("0"), 1, "8:16"),
    (threshold("-1"), 1, "8:16"),
    (threshold("-1.0e+308"), 1, "8:16"),
    (threshold("0.6200000000000001"), 3, "8:16"),
    (threshold("0.64"), 3, "8:16"),
    (threshold("0.7"), 3, "8:16"),
    (threshold("60"), 3, "8:16"),
    # the rest of the deployment
    (edited("    threshold: 0.6\n", "    watchlist_size: 5\n"), 2, "8:5"),
    (edited("  owner: release team\n", ""), 2, "7:5"),
    (edited("release team", "''"), 2, "5:10"),
    (edited("release team", "'  '"), 2, "5:10"),
    (edited("release team", '"a\\e[2Jb"'), 2, "5:10"),
    (edited("release team", '"a\\nb"'), 2, "5:10"),
    (edited("release team", "x" * 300), 2, "5:10"),
    (edited("release team", "7"), 2, "5:10"),
    (edited('"1"', "1"), 2, "2:39"),
    (edited('"1"', "1.10"), 2, "2:39"),
    (edited('"1"', '"2"'), 3, "2:39"),
    (edited('"1"', '"1 "'), 3, "2:39"),
    (edited("name: synthetic", "name: Synthetic"), 3, "2:19"),
    (edited("name: synthetic, ", ""), 2, "2:12"),
    (edited("name: synthetic", "name: synthetic, model: x"), 2, "2:30"),
    (edited("verification", "Verification"), 2, "3:13"),
    (edited("verification", "live"), 2, "3:13"),
    (edited("verification", "live\n  watchlist_size: 1000"), 3, "3:13"),
    (more("watchlist_size: 1000"), 2, "9:21"),
    (edited("verification", "live\n  watchlist_size: 0"), 2, "4:19"),
    (edited("verification", "live\n  watchlist_size: 1.0e+3"), 2, "4:19"),
    (edited("verification", "live\n  watchlist_size: true"), 2, "4:19"),
    (edited("[ethnicity, sex]", "[]"), 2, "4:9"),
    (edited("[ethnicity, sex]", "ethnicity"), 2, "4:9"),
    (edited("[ethnicity, sex]", "[ethnicity, ethnicity]"), 2, "4:21"),
    (edited("[ethnicity, sex]", "[age]"), 3, "4:9"),
    (edited("[ethnicity, sex]", "[[ethnicity, sex]]"), 3, "4:9"),
    (more("criterion: none"), 2, "9:16"),
    (more("criterion: not_detected"), 3, "9:16"),
    (more("max_ratio: 1.5"), 3, "9:16"),
    (more("max_ratio: 1"), 2, "9:16"),
    (more("min_confidence: 0.99"), 3, "9:21"),
    (more("min_confidence: 99"), 2, "9:21"),
    # dates
    (more("from: tomorrow"), 2, "9:11"),
    (more("from: 2026-13-01"), 2, "9:11"),
    (more("from: 20260101"), 2, "9:11"),
    (more("from: 2026-02-01\nuntil: 2026-01-31"), 2, "10:12"),
    (more("until: 2026-05-31"), 1, "9:12"),
    (more("evidence: {valid_until: 2026-05-31}"), 3, "9:29"),
    (more("from: 2026-09-01\nevidence: {valid_until: 2026-08-31}"), 3, "10:29"),
    (more("evidence: {max_age_days: 30}"), 3, "9:30"),
    (more("evidence: {evaluated: 2026-01-01, max_age_days: 30}"), 3, "9:53"),
    (more("evidence: {evaluated: 2026-06-02}"), 3, "9:27"),
    # evidence
    (more("evidence: none"), 2, "9:15"),
    (more("evidence: {sha256: abc}"), 2, "9:24"),
    (more(f"evidence: {{sha256: {'a' * 64}}}"), 3, "9:24"),
    (more("evidence: {evaluation: ../evaluation.json}"), 2, "9:28"),
    (more("evidence: {evaluation: /etc/passwd}"), 2, "9:28"),
    (more("evidence: {evaluation: none.json}"), 3, "9:15"),
    (more("evidence: {evaluation: config.yaml}"), 3, "9:15"),
    # the file
    ("", 2, None),
    ("# nothing\n", 2, None),
    ("deployments: {}\n", 2, "1:14"),
    ("deployments: []\n", 2, "1:14"),
    ("deployments:\n", 2, "1:1"),
    ("defaults: {}\n", 2, "1:1"),
    ("- 1\n", 2, "1:1"),
    ("0.6", 2, "1:1"),
    (f"a: {DEEP}\n", 2, "1:20"),
    (VALID + "---\n" + VALID, 2, "10:1"),
    (VALID + "extra: 1\n", 2, "9:1"),
    (VALID + "deployments: {}\n", 2, "9:1"),
    (VALID + "  gate: {threshold: 0.6}\n", 2, "9:3"),
    (VALID + "  other: 0.6\n", 2, "9:10"),
    (VALID + "  '': {threshold: 0.6}\n", 2, "9:7"),
    (VALID + "  7: {threshold: 0.6}\n", 2, "9:3"),
    (VALID + '  "a\\e[31m": {threshold: 0.6}\n', 2, "9:14"),
    (edited("  axes", "  colour: red\n  axes"), 2, "4:3"),
    (edited("defaults:", "defaults: 3\nx:"), 2, "1:11"),
    (VALID.replace("  owner", "  threshold: high\n  owner"), 2, "5:14"),
    ("a: &a [x, x]\nb: &b [*a, *a]\n", 2, "1:4"),
    ("%YAML 1.1\n---\n" + VALID, 2, "2:1"),
    (VALID.replace("\n", "\n\t", 1), 2, "2:1"),
    (VALID.encode("utf-16"), 2, "1:1"),
    (b"\x7fELF\x00\x00", 2, "1:1"),
    (VALID.encode() + b"\xff", 2, "9:1"),
    (VALID.encode() + b"\x00", 2, "9:1"),
    (b"#" * (2**17 + 1), 2, None),
]

JSON = [
    ('{"deployments": {"a": {"threshold": NaN}}}', 2, "1:37"),
    ('{"deployments": {"a": {"threshold": Infinity}}}', 2, "1:37"),
    ('{"deployments": {"a": {"threshold": 0.6, "threshold": 0.6}}}', 2, "1:42"),
    ('{"deployments": {"a": {"threshold": "0.6"}}}', 2, "1:37"),
    ('{"deployments": {"a": {"threshold": 0.6,}}}', 2, "1:41"),
    ('{"deployments": {}} {}', 2, "1:21"),
    ("{'deployments': {}}", 2, "1:2"),
]

TOML = [
    ("[deployments.a]\nthreshold = nan\n", 2, "2:13"),
    ("[deployments.a]\nthreshold = -inf\n", 2, "2:13"),
    ("[deployments.a]\nthreshold = 1e999\n", 2, "2:13"),
    ("[deployments.a]\nthreshold = '0.6'\n", 2, "2:13"),
    ("[deployments.a]\nthreshold = true\n", 2, "2:13"),
    ("[deployments.a]\nthreshold = 2026-01-01\n", 2, "2:13"),
    ("[deployments.a]\nthreshold = 0.6\nthreshold = 0.6\n", 2, "3:16"),
    ("[deployments.a]\nthreshold = 0.6\n[deployments.a]\n", 2, "3:15"),
    ("[deployments.a]\ntreshold = 0.6\n", 2, "2:1"),
    ("[[deployments]]\nthreshold = 0.6\n", 2, "1:3"),
    ("deployments = 0.6\n", 2, "1:15"),
    ("x = " + "[" * 5000, 2, None),
    ("a" + ".a" * 60_000 + " = 1\n", 2, "1:1"),
    ("x = " + "9" * 5000, 2, None),
    ("x = 'open\n", 2, None),
]


def at(report_place: object) -> str | None:
    _, _, position = str(report_place).partition("config.")[2].partition(":")
    return position or None


@pytest.mark.parametrize(
    ("name", "config", "code", "position"),
    [
        (name, *case)
        for name, cases in (("config.yaml", YAML), ("config.json", JSON), ("config.toml", TOML))
        for case in cases
    ],
    ids=lambda value: repr(value[-40:]) if isinstance(value, str | bytes) else str(value),
)
def test_it_never_passes(
    checking: Checking, name: str, config: str | bytes, code: int, position: str | None
) -> None:
    report = checking(config, name=name)
    first = report.checked[0].findings[0]
    assert (report.exit_code, at(first.place)) == (code, position), first
    assert "\n" not in first.sentence
    assert len(first.sentence) < 400


def test_the_table_is_long_enough_and_the_config_that_it_varies_passes(checking: Checking) -> None:
    assert len(YAML) + len(JSON) + len(TOML) >= 60
    assert checking(VALID).exit_code == 0


class TestFilesThatAreNoConfigs:
    def code_and_sentence(self, path: Path, evaluation: Path) -> tuple[int, str]:
        report = check([str(path)], evaluation=str(evaluation), today=TODAY)
        return report.exit_code, report.checked[0].findings[0].sentence

    def test_a_folder(self, tmp_path: Path, evaluation: Path) -> None:
        """Its evaluation is evidence, and nothing else is in it."""
        found = self.code_and_sentence(tmp_path, evaluation)
        assert found == (2, "holds no config: no name in it ends in .yaml, .yml, .json or .toml")

    def test_a_missing_file(self, tmp_path: Path, evaluation: Path) -> None:
        found = self.code_and_sentence(tmp_path / "none.yaml", evaluation)
        assert found == (2, "cannot be read: No such file or directory")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path, evaluation: Path) -> None:
        os.mkfifo(tmp_path / "pipe.yaml")
        assert self.code_and_sentence(tmp_path / "pipe.yaml", evaluation) == (2, "is not a regular file")

    def test_another_ending(self, tmp_path: Path, evaluation: Path) -> None:
        (tmp_path / "a.ini").write_text(VALID)
        assert self.code_and_sentence(tmp_path / "a.ini", evaluation)[0] == 2

    def test_a_link_out_of_the_folder(self, tmp_path: Path, evaluation: Path) -> None:
        (tmp_path / "real.yaml").write_text(VALID)
        (tmp_path / "configs").mkdir()
        (tmp_path / "configs" / "a.yaml").symlink_to(tmp_path / "real.yaml")
        found = self.code_and_sentence(tmp_path / "configs" / "a.yaml", evaluation)
        assert found == (2, "is a symbolic link that leads out of its folder")

    def test_a_link_within_the_folder_passes(self, tmp_path: Path, evaluation: Path) -> None:
        (tmp_path / "real.yaml").write_text(VALID)
        (tmp_path / "a.yaml").symlink_to("real.yaml")
        assert self.code_and_sentence(tmp_path / "a.yaml", evaluation)[0] == 0

    def test_a_link_in_a_circle(self, tmp_path: Path, evaluation: Path) -> None:
        (tmp_path / "a.yaml").symlink_to("a.yaml")
        assert self.code_and_sentence(tmp_path / "a.yaml", evaluation)[0] == 2

    def test_evidence_behind_a_link_out_of_the_folder(self, tmp_path: Path, evaluation: Path) -> None:
        folder = tmp_path / "configs"
        folder.mkdir()
        (folder / "evaluation.json").symlink_to(evaluation)
        (folder / "a.yaml").write_text(more("evidence: {evaluation: evaluation.json}"))
        report = check([str(folder / "a.yaml")], today=date(2026, 6, 1))
        assert report.exit_code == 3
        assert "leads out of the config's folder" in report.checked[0].findings[0].sentence
