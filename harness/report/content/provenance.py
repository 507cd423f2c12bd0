"""Where the numbers come from: input, study, policy, versions and digests."""

from __future__ import annotations

import json

from harness.evaluation import Evaluation
from harness.report.content.model import Column, Facts, Paragraph, Section, Table
from harness.report.content.numerals import count_text
from harness.study import Study

__all__ = ["POLICY_KEYS", "STUDY_KEYS", "provenance", "setting", "settings_of"]

STUDY_KEYS = {
    "matcher": "Matcher",
    "task": "Task",
    "score": "Score",
    "mated": "Ground truth",
    "subjects": "Columns of subjects",
    "identities": "Identities of the two columns",
    "groups": "Columns of groups",
    "axes": "Axes",
    "labels_of": "Labels are of",
    "pairing": "Pairing",
    "missing_scores": "Missing scores",
    "watchlist_size": "Watchlist size",
}
POLICY_KEYS = {
    "criterion": "Criterion",
    "confidence": "Confidence",
    "max_ratio": "Largest tolerated ratio",
    "max_gap": "Largest tolerated gap",
    "max_fmr": "Largest false match rate",
    "max_fnmr_gap": "Largest gap of false non-match rates",
    "min_subjects": "Fewest subjects a group",
    "min_trials": "Fewest non-mated trials a group",
    "axes": "Axes judged",
    "thresholds": "Operating thresholds",
}


def provenance(evaluation: Evaluation, digest: str) -> Section:
    """Return what the evaluation was made from, and the digest of its own file.

    Parameters
    ----------
    evaluation : Evaluation
    digest : str
        SHA-256 of its ``evaluation.json``.
    """
    return Section(
        "provenance",
        "Provenance",
        (
            Paragraph(
                "Every number of this report is in the evaluation.json with the digest below, at full precision, and "
                "in rates.csv, verdicts.csv, pairs.csv and measures.csv beside it."
            ),
            _inputs(evaluation, digest),
            _settings("Study: what the columns mean", settings_of(evaluation.study), STUDY_KEYS),
            _settings("Policy: when a threshold counts as safe", evaluation.policy.to_dict(), POLICY_KEYS),
            Facts(tuple((name, version) for name, version in evaluation.versions.items())),
        ),
    )


def _inputs(evaluation: Evaluation, digest: str) -> Table:
    rows = tuple(
        (
            item.name,
            "not a file" if item.bytes is None else count_text(item.bytes),
            "none: not a file" if item.sha256 is None else item.sha256,
        )
        for item in evaluation.inputs
    )
    return Table(
        "What was read and what was written",
        f"Scores are stored as {evaluation.score_type}.",
        (Column("Name", numeric=False), Column("Bytes"), Column("SHA-256", numeric=False)),
        (*rows, ("evaluation.json", "", digest)),
    )


def _settings(caption: str, plain: dict[str, object], names: dict[str, str]) -> Table:
    rows = tuple((names.get(key, key), setting(plain[key])) for key in names if key in plain)
    return Table(
        caption,
        "Every default spelled out.",
        (Column("Setting", numeric=False), Column("Value", numeric=False)),
        rows,
    )


def settings_of(study: Study) -> dict[str, object]:
    """Return a study's settings, the default too that its file leaves out."""
    return {"labels_of": "person", **study.to_dict()}


def setting(value: object) -> str:
    """Write the value of a setting as a study or policy file would."""
    if value is None:
        return "not set"
    if isinstance(value, list):
        return ", ".join(map(_item, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {setting(part)}" for key, part in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _item(value: object) -> str:
    return " × ".join(map(str, value)) if isinstance(value, list) else str(value)
