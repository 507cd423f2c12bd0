"""What the pages show is what happens: their commands, their Python, their files."""

from pathlib import Path

import pytest

from tests.readme_blocks import (
    ROOT,
    PageRun,
    evaluate_evidence,
    lay_out,
    pages,
    runs_something,
    with_digests_masked,
)

PAGES = [page for page in pages() if runs_something(page)]


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return evaluate_evidence(tmp_path_factory.mktemp("docs"))


def test_pages_of_every_user_have_commands() -> None:
    folders = {page.parent.name for page in PAGES}
    assert {"docs", "evaluator", "ci", "auditor"} <= folders


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_a_page_says_what_its_commands_print(
    page: Path, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, evidence)
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    assert with_digests_masked(PageRun(text).now()) == with_digests_masked(text)
