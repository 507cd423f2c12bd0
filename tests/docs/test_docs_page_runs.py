"""The runner of pages notices what differs, so that a page cannot say what is not so."""

from pathlib import Path

import pytest

from tests.readme_blocks import PageRun, with_digests_masked


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_output_of_a_command_takes_the_place_of_what_was_written() -> None:
    page = "before\n\n```console\n$ echo one\ntwo\n```\nafter\n"
    assert PageRun(page).now() == "before\n\n```console\n$ echo one\none\n```\nafter\n"


def test_the_exit_code_of_the_command_before_is_told() -> None:
    page = "```console\n$ harness check\n$ echo $?\n0\n```\n"
    assert PageRun(page).now().endswith("$ echo $?\n2\n```\n")


def test_a_captioned_block_becomes_a_file_without_its_options() -> None:
    PageRun("```{code-block} yaml\n:caption: deep/policy.yaml\n\nmax_ratio: 2\n```\n").now()
    assert Path("deep/policy.yaml").read_text() == "max_ratio: 2\n"


def test_a_session_that_answers_otherwise_is_refused() -> None:
    with pytest.raises(AssertionError, match="Got"):
        PageRun("```pycon\n>>> 1 + 1\n3\n```\n").now()


def test_names_are_kept_from_block_to_block() -> None:
    PageRun("```python\nx = 2\n```\n\n```pycon\n>>> x\n2\n```\n").now()


def test_python_that_fails_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        PageRun("```python\n1 / 0\n```\n").now()


def test_only_digests_are_masked() -> None:
    assert with_digests_masked(f"SHA-256 {'a' * 64}, 0.5897") == "SHA-256 <sha256>, 0.5897"
