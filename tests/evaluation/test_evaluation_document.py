"""An evaluation as JSON: read back exactly, the same bytes each time, and refused when damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness import Evaluation, InputError
from harness.evaluation import from_json, to_json
from tests.few_thresholds import evaluate_at

GROUPS = {"ethnicity": ["probe_ethnicity", "reference_ethnicity"], "sex": "sex"}
STUDY: dict[str, Any] = {"matcher": {"name": "example", "version": "1.10"}, "groups": GROUPS}


def trials(rows: int = 600) -> dict[str, Any]:
    """Draw comparisons of 24 subjects, half of them mated."""
    rng = np.random.default_rng(11)
    probe, reference = rng.integers(0, 24, rows), rng.integers(0, 24, rows)
    mated = rng.integers(0, 2, rows) == 1
    reference = np.where(mated, probe, np.where(reference == probe, (probe + 1) % 24, reference))
    ethnicity = np.array(["Asian", "Black", "Weiß"])
    return {
        "score": np.round(rng.normal(0.4 + 0.3 * mated, 0.1), 4),
        "mated": mated,
        "probe": probe,
        "reference": reference,
        "probe_ethnicity": ethnicity[probe % 3],
        "reference_ethnicity": ethnicity[reference % 3],
        "sex": np.array(["female", "male"])[probe // 12],
    }


def evaluated(thresholds: Any = "0.3:0.9:0.05", policy: Any = None, **study: Any) -> Evaluation:
    scores = trials()
    if "score" in study:  # distances
        scores["score"] = np.round(1.2 - scores["score"], 4)
    return evaluate_at(scores, study={**STUDY, **study}, policy=policy, thresholds=thresholds)


@pytest.mark.parametrize(
    "make",
    [
        lambda: evaluated(),
        lambda: evaluated(thresholds=None, subjects=["probe", "reference"]),
        lambda: evaluated(subjects=["probe"], pairing="cross", axes=["ethnicity", ["sex", "ethnicity"]]),
        lambda: evaluated(score={"better": "lower"}, policy={"criterion": "not_detected"}),
        lambda: evaluated(
            task="identification",
            watchlist_size=24,
            pairing="probe",
            policy={"max_gap": 0.05, "min_trials": 10, "axes": ["sex"], "operating": [0.61]},
        ),
        lambda: evaluated(
            subjects=["sex"], groups={"ethnicity": GROUPS["ethnicity"]}, policy={"min_subjects": 9}
        ),
        lambda: evaluated(subjects=["probe"], groups={"who": "reference"}),
    ],
    ids=["plain", "chosen", "cross", "distances", "searches", "obstacles", "single subjects"],
)
def test_is_read_back_exactly(make: Callable[[], Evaluation], tmp_path: Path) -> None:
    evaluation = make()
    text = to_json(evaluation)
    again = from_json(text)
    assert to_json(again) == text
    assert again.thresholds.tobytes() == evaluation.thresholds.tobytes()
    assert again.rates.equals(evaluation.rates)
    assert again.verdicts.equals(evaluation.verdicts)
    assert again.measures.equals(evaluation.measures)
    assert (again.study, again.policy, again.inputs) == (
        evaluation.study,
        evaluation.policy,
        evaluation.inputs,
    )
    for part in (
        "safe",
        "safe_threshold",
        "not_detected_from",
        "comparisons",
        "missing",
        "notes",
        "score_type",
    ):
        assert getattr(again, part) == getattr(evaluation, part), part
    for axis, other in zip(again.axes.values(), evaluation.axes.values(), strict=True):
        assert (axis.judged, axis.left_out, axis.subjects) == (other.judged, other.left_out, other.subjects)

    evaluation.save(tmp_path / "evaluation.json")
    assert (tmp_path / "evaluation.json").read_text(encoding="utf-8") == text
    for path in (tmp_path, tmp_path / "evaluation.json", str(tmp_path)):
        assert to_json(harness.load(path)) == text
    assert [file.name for file in tmp_path.iterdir()] == ["evaluation.json"]  # and no scratch file


def test_is_strict_json_without_nan_or_infinity() -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    document = json.loads(to_json(evaluated()), parse_constant=refuse)
    verdicts = document["axes"]["ethnicity"]["false_match_differential"]
    assert "inf" in verdicts["ratio_upper"]
    assert None in verdicts["ratio"]


def test_states_the_answer_before_the_detail() -> None:
    document = json.loads(to_json(evaluated(policy={"criterion": "not_detected"})))
    found = evaluated(policy={"criterion": "not_detected"})
    assert next(iter(document)) == "schema"
    assert list(document).index("answer") < list(document).index("thresholds")
    assert document["schema"] == "harness/evaluation/3"
    assert document["answer"]["safe_threshold"] == found.safe_threshold
    assert document["answer"]["not_detected_from"] == found.not_detected_from
    assert document["versions"]["harness"] == harness.__version__


def test_states_the_limit_that_holds_and_how_groups_compare_where_the_answer_is_told() -> None:
    answered = json.loads(to_json(evaluated(policy={"criterion": "not_detected"})))["answer"]
    assert answered["false_match_limit"] == {"name": "max_fmr", "limit": 0.01, "is_default": True}
    stated = json.loads(to_json(evaluated(policy={"max_fmr": 0.3, "operating": [0.5, 0.45]})))["answer"]
    assert stated["false_match_limit"] == {"name": "max_fmr", "limit": 0.3, "is_default": False}
    assert [told["threshold"] for told in stated["reference"]] == [0.45, 0.5]

    (told,) = answered["reference"]
    found = evaluated(policy={"criterion": "not_detected"})
    assert [told["threshold"]] == list(found.reference_thresholds)
    rows = {(row["axis"], row["rate"]): row for row in found.at(told["threshold"]).verdicts.to_pylist()}
    for axis, both in told["axes"].items():
        for kind, rate in (("false_matches", "FMR"), ("misses", "FNMR")):
            row, compared = rows[axis, rate], both[kind]
            assert (compared["verdict"], compared["more"], compared["fewer"]) == (
                row["verdict"],
                row["shown_more_group"],
                row["shown_fewer_group"],
            )


@pytest.fixture(scope="module")
def text() -> str:
    return to_json(evaluated(thresholds=[0.5]))


def without(key: str) -> Callable[[str], str]:
    return lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k != key})


def replaced(**changes: Any) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), **changes})


class TestRefused:
    @pytest.mark.parametrize(
        ("schema", "said"), [("harness/evaluation/4", "'harness/evaluation/4'"), (None, "null"), (1, "1")]
    )
    def test_another_schema(self, text: str, schema: Any, said: str) -> None:
        with pytest.raises(InputError) as refused:
            from_json(replaced(schema=schema)(text), "old.json")
        assert str(refused.value) == (
            f"old.json: schema is {said}, not 'harness/evaluation/3'; evaluate again with this version"
        )

    @pytest.mark.parametrize("content", ["[]", "null", '"harness/evaluation/3"', "{}"])
    def test_other_json(self, content: str) -> None:
        with pytest.raises(
            InputError, match=r"^x: schema is null, not 'harness/evaluation/3'; evaluate again"
        ):
            from_json(content, "x")

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text[: len(text) // 2],
            lambda text: text[:-3],
            lambda text: "",
            lambda text: "\x00\x01",
            without("axes"),
            without("thresholds"),
            without("answer"),
            replaced(thresholds=["high"]),
            replaced(thresholds=[0.1] * 999),
            replaced(axes=[]),
            replaced(axes={"sex": {}}),
            replaced(inputs=[{"path": 1}]),
            replaced(comparisons=3),
            lambda text: text.replace('"trials":', '"trials":99999999999999999999', 1),
            lambda text: "[" * 100_000,
        ],
    )
    def test_damaged(self, text: str, damage: Callable[[str], str]) -> None:
        with pytest.raises(InputError) as refused:
            from_json(damage(text), "evaluation.json")
        assert str(refused.value).startswith("evaluation.json: is not a whole evaluation (")
        assert str(refused.value).endswith("); evaluate again")
        assert "\n" not in str(refused.value)

    def test_no_file(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "evaluation.json"):
            with pytest.raises(InputError, match=r"evaluation\.json: cannot be read: No such file"):
                harness.load(path)

    def test_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "evaluation.json").write_bytes(b"\xff\xfe")
        with pytest.raises(InputError, match=r"evaluation\.json: is not a whole evaluation \("):
            harness.load(tmp_path)


def test_saving_fails_without_leaving_anything(tmp_path: Path) -> None:
    evaluation = evaluated(thresholds=[0.5])
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="taken: is not a regular file"):
        evaluation.save(tmp_path / "taken")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


@pytest.mark.slow
def test_same_input_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    repository = Path(harness.__file__).parents[1]
    script = (
        "import sys, harness; harness.evaluate('data_synthetic/sample.csv', "
        "study='data_synthetic/study.yaml').save(sys.argv[1])"
    )
    for name, seed in (("one", "1"), ("two", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(repository)}
        command = [sys.executable, "-c", script, str(tmp_path / name)]
        subprocess.run(command, cwd=repository, env=environment, check=True)
    one, two = ((tmp_path / name).read_bytes() for name in ("one", "two"))
    assert one == two
    assert len(one) > 10_000
    assert harness.load(tmp_path / "one").inputs[0].sha256 is not None


def test_the_answer_states_what_each_threshold_costs() -> None:
    text = to_json(evaluated(thresholds=[0.5, 0.95]))
    found = from_json(text)
    assert any(axis.verdict.not_detected_from is not None for axis in found.axes.values())
    assert any(axis.verdict.parity_shown_from is None for axis in found.axes.values())
    for name, answered in json.loads(text)["answer"]["axes"].items():
        axis = found.axes[name]
        assert set(answered["cost"]) == {"not_detected_from", "parity_shown_from", "parity_shown_to"}
        for which, cost in answered["cost"].items():
            threshold = answered[which]
            if threshold is None:
                assert cost is None
                continue
            rows = found.at(threshold).rates.to_pylist()
            missed = {
                row["group"]: row["estimate"] for row in rows if row["axis"] == name and row["rate"] == "FNMR"
            }
            assert cost == missed
            assert list(cost) == list(axis.false_non_matches.groups)
