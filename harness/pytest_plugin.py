"""A pytest fixture, for projects whose gate is their tests.

The fixture is there wherever the harness is installed, and costs nothing where it is not asked for:

    def test_deployments_are_safe(harness_check):
        harness_check("deployments/*.yaml", evaluation="evidence/evaluation.json")

It fails with every finding, the worst first, unless all deployments pass or are waived, and returns the
`harness.gate.Report` of those that do, so that a test can ask for more:

    def test_nothing_is_waived(harness_check):
        report = harness_check("deployments/*.yaml", evaluation="evidence/evaluation.json")
        assert report.outcome == "pass"
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from datetime import date

    from securesystemslib.signer import SSlibKey

    from harness.gate import Report

__all__ = ["harness_check"]


@pytest.fixture(scope="session")
def harness_check(pytestconfig: pytest.Config) -> Callable[..., Report]:
    """Check deployment configs, as ``harness check`` does.

    It is called with one or more `configs` (files, folders, or patterns such as ``deployments/*.yaml``), and by name
    with `evaluation` (its file, or the folder that holds it), `evidence_root` (the folder below which configs may name
    evidence), `keys` (public ones, one of which has to have signed the evaluation), `waivers` and `waiver_keys`, and
    `today`, a date, by default the day it is. Paths are taken from pytest's root folder.
    """

    def check_or_fail(
        *configs: str,
        evaluation: str | None = None,
        evidence_root: str | None = None,
        keys: Sequence[str] = (),
        waivers: Sequence[str] = (),
        waiver_keys: Sequence[str] = (),
        today: date | None = None,
    ) -> Report:
        from datetime import date

        from harness.gate import check
        from harness.gate.formats import as_text

        def located(names: Sequence[str]) -> list[str]:
            if isinstance(names, str):
                raise TypeError(f"{names!r} is a text; give a list of paths")
            return [_located(pytestconfig.rootpath, name) for name in names]

        report = check(
            [_below(pytestconfig.rootpath, config) for config in configs],
            evaluation=None if evaluation is None else located([evaluation])[0],
            evidence_root=None if evidence_root is None else located([evidence_root])[0],
            today=today or date.today(),
            keys=_public_keys(located(keys)),
            waivers=located(waivers),
            waiver_keys=_public_keys(located(waiver_keys)),
        )
        if report.exit_code:
            pytest.fail(as_text(report), pytrace=False)
        return report

    return check_or_fail


def _below(root: Path, config: str) -> str:
    """Take a path or pattern from the root, whose own name is no pattern; an empty one stays empty, and is refused."""
    return str(Path(glob.escape(str(root))) / config) if config.strip() else config


def _located(root: Path, name: str) -> str:
    """Take a path from the root; an empty one names nothing, and not the root."""
    return str(root / name) if name.strip() else name


def _public_keys(paths: Sequence[str]) -> tuple[SSlibKey, ...]:
    if not paths:
        return ()
    from harness.gate.signing import public_keys

    return public_keys(paths)
