"""Every command reads evaluation.json through one strict reader: what is not whole is refused, and told in a line.

What is whole and contradicts itself is told by the report before anything else, and refused by all other commands.
"""

from __future__ import annotations

import copy
import json
import os
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pypdf import PdfReader

import harness
from harness import InputError
from harness.cli.app import run
from harness.errors import ContradictionWarning
from harness.evaluation import Evaluation, answer, from_json, to_json
from harness.gate.evidence import evidence_of
from harness.report import comparison_of, comparison_page, render_figures, report_on, report_page, report_pdf
from tests.few_thresholds import evaluate_at

Plain = dict[str, Any]
STUDY: Plain = {
    "matcher": {"name": "example", "version": "1"},
    "groups": {"group": ["probe_group", "reference_group"]},
    "subjects": ["probe", "reference"],
    "pairing": "cross",
}


@pytest.fixture(scope="module")
def text() -> str:
    rng = np.random.default_rng(1)
    groups = np.tile(["A", "B", "C"], 300)
    other = np.concatenate([rng.choice(["A", "B", "C"], 800), groups[800:]])
    person = np.arange(100) + 1000
    scores = {
        "score": np.concatenate([rng.normal(0.2, 0.1, 800), rng.normal(0.8, 0.1, 100)]),
        "mated": np.repeat([False, True], [800, 100]),
        "probe_group": groups,
        "reference_group": other,
        "probe": np.concatenate([rng.integers(0, 60, 800), person]),
        "reference": np.concatenate([rng.integers(100, 160, 800), person]),
    }
    policy = {"max_ratio": 3.0, "min_subjects": 0, "min_trials": 1}
    return to_json(evaluate_at(scores, study=STUDY, policy=policy, thresholds="0.05:0.95:0.15"))


@pytest.fixture
def plain(text: str) -> Plain:
    return json.loads(text)


def test_what_the_harness_wrote_contradicts_nothing(text: str) -> None:
    assert from_json(text).contradiction is None
    assert from_json(text.encode()).contradiction is None


ODD: list[object] = [
    None,
    True,
    0,
    -1,
    1,
    3,
    10**30,
    2**53,
    0.5,
    1e308,
    -1e308,
    1e-320,
    "",
    "inf",
    "x",
    [],
    {},
    [None],
]


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from paths(value[key], (*path, key))  # type: ignore[index]


def like(old: object, rng: random.Random) -> object:
    """Another value of the same type, so that it is not refused for its type alone."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int | float):
        return rng.choice([old + 1, old - 1, old * 2, -old, 0, 1, old + 1e-6, 0.5, 1e-300, 1e308])
    if isinstance(old, str):
        return rng.choice(["inf", f"{old}x", "A", "parity shown", "inconclusive", ""])
    if isinstance(old, list):
        one = rng.choice(ODD)
        return rng.choice([old[:-1], old + old[-1:], old[::-1], old[:1] * len(old), [one] * len(old)])
    return rng.choice(ODD)


def altered(plain: Plain, rng: random.Random, every: list[tuple[str | int, ...]]) -> Plain:
    changed = copy.deepcopy(plain)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        *head, key = rng.choice(every)
        holder: Any = changed
        try:
            for part in head:
                holder = holder[part]
            old = holder[key]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
        if rng.random() < 0.1:
            del holder[key]
        else:
            holder[key] = like(old, rng) if rng.random() < 0.6 else rng.choice(ODD)
    return changed


def read(changed: str) -> Evaluation | InputError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ContradictionWarning)
            return from_json(changed)
    except InputError as error:
        return error


@pytest.mark.parametrize(
    ("seed", "alterations", "drawn"),
    [(20, 250, False), pytest.param(21, 1500, True, marks=pytest.mark.exhaustive)],
)
def test_no_alteration_ends_otherwise_than_in_a_report_or_a_line(
    text: str, plain: Plain, seed: int, alterations: int, drawn: bool
) -> None:
    rng, every, sound, digest = random.Random(seed), list(paths(plain)), from_json(text), "0" * 64
    came_to = {"refused": 0, "contradicted": 0, "sound": 0}
    for _ in range(alterations):
        changed = json.dumps(altered(plain, rng, every))
        found = read(changed)
        if isinstance(found, InputError):
            came_to["refused"] += 1
            assert str(found).startswith("evaluation: ")
            assert "\n" not in str(found)
            with pytest.raises(InputError):
                evidence_of(changed.encode(), "evaluation")
        elif found.contradiction is None:
            came_to["sound"] += 1
            evidence_of(changed.encode(), "evaluation")
            if drawn or came_to["sound"] % 8 == 0:
                assert "Do not rely on this." not in report_page(report_on(found, digest=digest))
        else:
            came_to["contradicted"] += 1
            with pytest.raises(InputError, match="disagrees with itself"):
                evidence_of(changed.encode(), "evaluation")
            assert (found.safe_threshold, answer(found)[0][0]) == (None, "Not to be relied on")
            report = report_on(found, digest=digest)
            comparison = comparison_of(sound, found, digests=(digest, digest))
            assert all(
                "Do not rely on this." in page for page in (report_page(report), comparison_page(comparison))
            )
            if drawn and came_to["contradicted"] % 4 == 0:
                report_pdf(report, render_figures(found, None), digest=digest)
    assert min(came_to.values()) >= 5, came_to


def a_group_that_is_a_number(plain: Plain) -> None:
    plain["axes"]["group"]["false_matches"]["groups"][0]["group"] = 5


def a_list_for_a_text(plain: Plain) -> None:
    plain["axes"]["group"]["false_matches"]["name"] = ["FMR"]


def arrays_of_two_lengths(plain: Plain) -> None:
    plain["axes"]["group"]["false_matches"]["groups"][0]["upper"].pop()


def a_group_that_is_not_there(plain: Plain) -> None:
    plain["axes"]["group"]["false_match_differential"]["worst"][0] = 3


def a_place_that_is_not_there(plain: Plain) -> None:
    plain["index_of_safe_threshold"] = 7


def a_count_beyond_counting(plain: Plain) -> None:
    plain["axes"]["group"]["false_matches"]["groups"][0]["trials"] = 10**25


def a_key_too_few(plain: Plain) -> None:
    del plain["axes"]["group"]["verdict"]["obstacles"]


def a_key_too_many(plain: Plain) -> None:
    plain["axes"]["group"]["verdict"]["note"] = ""


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (
            a_group_that_is_a_number,
            "axes.group.false_matches.groups[0].group: Input should be a valid string",
        ),
        (a_list_for_a_text, "axes.group.false_matches.name: Input should be a valid string"),
        (arrays_of_two_lengths, "axes.'group'.false_matches.'A'.upper: has 6 values for 7 thresholds"),
        (a_group_that_is_not_there, "axes.'group'.false_match_differential: names group 3 of 3"),
        (a_place_that_is_not_there, "index_of_safe_threshold: is not among the 7 thresholds"),
        (
            a_count_beyond_counting,
            "axes.group.false_matches.groups[0].trials: Input should be less than or equal to 9007199254740992",
        ),
        (a_key_too_few, "axes.group.verdict.obstacles: Field required"),
        (a_key_too_many, "axes.group.verdict.note: Extra inputs are not permitted"),
    ],
)
def test_what_is_not_whole_is_refused_by_every_command_in_the_same_words(
    plain: Plain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    alter: Callable[[Plain], None],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    alter(plain)
    Path("evaluation.json").write_text(json.dumps(plain))
    Path("records.csv").write_text("date,place,threshold,faces,alerts\n2026-05-01,a,0.6,100,0\n")
    line = f"evaluation.json: is not a whole evaluation ({said}); evaluate again"
    for tokens in (
        ["report", "evaluation.json", "--out", "r"],
        ["report", "evaluation.json", "evaluation.json", "--out", "r"],
        ["figures", "evaluation.json", "--out", "f"],
        ["audit", "records.csv", "--evaluation", "evaluation.json"],
        ["sign", "evaluation.json", "--key", "none.pem"],
    ):
        assert run(tokens) == 2
        assert capsys.readouterr().err == f"harness: {line}\n"
    with pytest.raises(InputError) as refused:
        harness.load("evaluation.json")
    assert str(refused.value) == line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evaluation.json", "records.csv"]


@pytest.mark.parametrize("name", ["/dev/zero", "x" * 300, "fifo"])
def test_what_is_no_file_is_refused_before_it_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    for command in ("report", "figures"):
        assert run([command, name, "--out", "drawn"]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"harness: {name}: ")
        assert "is not a regular file" in said or "File name too long" in said


def state_a_threshold_that_is_not_safe(plain: Plain) -> None:
    last = len(plain["thresholds"]) - 1
    plain["index_of_safe_threshold"], plain["answer"]["safe_threshold"] = last, plain["thresholds"][last]


@pytest.fixture
def forged(plain: Plain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    state_a_threshold_that_is_not_safe(plain)
    Path("evaluation.json").write_text(json.dumps(plain))
    return Path("evaluation.json")


WHY = "its safe threshold does not follow from its arrays"
TOLD = f"evaluation.json: its answer does not follow from its arrays ({WHY}); do not rely on it"


def test_loading_it_warns_and_has_no_safe_threshold(forged: Path) -> None:
    with pytest.warns(ContradictionWarning) as told:
        found = harness.load(forged)
    assert [str(one.message) for one in told] == [TOLD]
    assert told[0].filename == __file__
    assert (found.contradiction, found.safe_threshold) == (WHY, None)
    assert (
        "the file states 0.95, which does not follow from its arrays" in dict(answer(found))["Safe threshold"]
    )
    assert found._repr_html_().index("Not to be relied on") < found._repr_html_().index("Safe threshold")


def test_its_report_says_so_on_the_page_in_the_pdf_and_on_the_terminal(
    forged: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(forged), "--out", "report"]) == 0
    assert capsys.readouterr().err == f"harness: {TOLD}\n"
    warning = f"The answer in this evaluation.json does not follow from its own arrays ({WHY})"
    page = Path("report/report.html").read_text(encoding="utf-8")
    assert page.index("<h1>") < page.index(warning) < page.index("Safe threshold: none")
    first = " ".join(PdfReader("report/report.pdf").pages[0].extract_text().split())
    assert first.index("Do not rely on this.") < first.index(warning) < first.index("Safe threshold: none")

    Path("sound.json").write_text(text)
    assert run(["report", "sound.json", str(forged), "--out", "both"]) == 0
    assert capsys.readouterr().err == f"harness: {TOLD}\n"
    page = Path("both/report.html").read_text(encoding="utf-8")
    assert page.count(f"example 1 (second): {warning}") == 1
    first = " ".join(PdfReader("both/report.pdf").pages[0].extract_text().split())
    assert first.index("Do not rely on this.") < first.index("Both answers")


def test_figures_and_audits_of_it_are_refused(forged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["figures", str(forged), "--out", "drawn"]) == 2
    assert (
        f"evaluation.json: disagrees with itself: {WHY}; harness report draws it" in capsys.readouterr().err
    )
    Path("records.csv").write_text("date,place,threshold,faces,alerts\n2026-05-01,a,0.6,100,0\n")
    assert run(["audit", "records.csv", "--evaluation", str(forged)]) == 2
    assert capsys.readouterr().err == f"harness: evaluation.json: disagrees with itself: {WHY}\n"
    assert not Path("drawn").exists()


def test_a_group_of_one_subject_has_no_bounds_and_is_no_contradiction() -> None:
    """Its design effect is infinite: nothing bounds its rate, or a ratio to it."""
    rng = np.random.default_rng(11)
    probe, mated = rng.integers(0, 8, 600), np.repeat([True, False], 300)
    scores = {
        "score": np.round(rng.normal(0.4 + 0.3 * mated, 0.1), 4),
        "mated": mated,
        "probe": probe,
        "who": np.where(mated, probe, (probe + 1) % 8),
    }
    study = {"matcher": STUDY["matcher"], "groups": {"who": "who"}, "subjects": ["probe"]}
    written = evaluate_at(scores, study=study, thresholds="0.3:0.9:0.05")
    assert np.isinf(written.axes["who"].false_non_matches.design_effect).any()
    found = from_json(to_json(written))
    assert found.contradiction is None
    comparison_page(comparison_of(found, written, digests=("0" * 64, "1" * 64)))
