"""What differs between two evaluations before any number does: matcher, study, policy, data and versions."""

from __future__ import annotations

from harness.evaluation import Evaluation
from harness.report.content.model import Column, Paragraph, Section, Table
from harness.report.content.numerals import count_text
from harness.report.content.provenance import POLICY_KEYS, STUDY_KEYS, setting, settings_of

__all__ = ["changes"]


def changes(
    evaluations: tuple[Evaluation, Evaluation], names: tuple[str, str], digests: tuple[str, str]
) -> Section:
    """Return a table of every setting, input and version of both, and whether it is the same."""
    described = tuple(
        _described(evaluation, digest) for evaluation, digest in zip(evaluations, digests, strict=True)
    )
    keys = dict.fromkeys([*described[0], *described[1]])
    rows = tuple(
        (key, first, second, "same" if first == second else "changed")
        for key in keys
        for first, second in [(described[0].get(key, "none"), described[1].get(key, "none"))]
    )
    changed = [row[0] for row in rows if row[1] != row[2]]
    said = Paragraph(
        f"Not the same: {'; '.join(changed)}." if changed else "Nothing: both are the same evaluation."
    )
    columns = tuple(Column(heading, numeric=False) for heading in ("What", *names, "Same or changed"))
    table = Table("What changed", "Everything that the two evaluations were made from.", columns, rows)
    return Section("changes", "What changed", (said, table))


def _described(evaluation: Evaluation, digest: str) -> dict[str, str]:
    study, policy = settings_of(evaluation.study), evaluation.policy.to_dict()
    non_mated, mated = evaluation.comparisons
    inputs = {
        f"Input {number}": f"{item.name}, {item.sha256 or 'not a file'}"
        for number, item in enumerate(evaluation.inputs, 1)
    }
    return {
        **{f"Study: {name.lower()}": setting(study[key]) for key, name in STUDY_KEYS.items()},
        **{f"Policy: {name.lower()}": setting(policy[key]) for key, name in POLICY_KEYS.items()},
        **inputs,
        "Non-mated trials": count_text(non_mated),
        "Mated trials": count_text(mated),
        "Thresholds evaluated": count_text(len(evaluation.thresholds)),
        **{f"Version of {name}": version for name, version in evaluation.versions.items()},
        "SHA-256 of evaluation.json": digest,
    }
