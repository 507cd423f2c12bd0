"""The evaluate command on real files: what it prints, what it writes, and what it refuses."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import harness
from harness.cli.app import run
from harness.statistics.verdicts import Verdict

HEADER = "score,mated,probe_subject,reference_subject,group"
STUDY = """\
matcher: {name: example, version: "1"}
subjects: [probe_subject, reference_subject]
groups: {group: group}
"""


def rows() -> list[str]:
    """Two groups of ten people: one mated comparison each, and every pair of them."""
    lines = []
    for offset, group in ((0, "A"), (10, "B")):
        for i in range(10):
            lines.append(f"{0.7 + i / 100},1,{offset + i},{offset + i},{group}")
            lines += [f"{(i * j % 97) / 200},0,{offset + i},{offset + j},{group}" for j in range(i)]
    return lines


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY)
    Path("scores.csv").write_text("\n".join([HEADER, *rows()]) + "\n")
    return tmp_path


def evaluate(*options: str, scores: str = "scores.csv") -> int:
    return run(["evaluate", scores, "--study", "study.yaml", "--out", "out", *options])


def test_a_name_in_the_scores_cannot_steer_the_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("scores.csv").write_text(
        "\n".join([HEADER, *rows()]).replace(",A", ",A\x1b[2J").replace(",B", ",B\u202e") + "\n"
    )
    assert evaluate("--max-ratio", "1000", "--thresholds", "0.1") == 0
    said = capsys.readouterr().out
    assert r"A\x1b[2J" in said
    assert r"B\u202e" in said
    assert not [c for c in said if not c.isprintable() and c != "\n"]
    Path("scores.csv").write_text(f"{HEADER}\n0.5,1,a,b,\x1b[2J\n0.5,\x1b[2J,a,b,A\n")
    assert evaluate() == 2
    assert "\x1b" not in capsys.readouterr().err


def test_it_writes_everything_and_prints_the_answer_with_the_finding_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate() == 0
    *answer, where = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in answer] == [
        "Found",
        "Safe threshold",
        "Not detected from",
        "Range of parity",
        "Cost",
        "Evidence",
    ]
    assert where == (
        "Written to out: report.html, report.pdf, evaluation.json, rates.csv, verdicts.csv, pairs.csv, measures.csv, "
        "figures/"
    )
    written = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()}
    of_axis = ("cost", "det", "false_match_rates", "gap", "groups", "score_distributions", "worst_ratio")
    drawn = ("verdict_zones", "detectable_ratios", *(f"{name}_group" for name in of_axis))
    figures = {"figures/alt_texts.json", *(f"figures/{name}.svg" for name in drawn)}
    tables = {"rates.csv", "verdicts.csv", "pairs.csv", "measures.csv"}
    assert written == {"report.html", "report.pdf", "evaluation.json", ".harness.json", *tables, *figures}
    assert not [path for path in folder.iterdir() if path.name not in ("out", "scores.csv", "study.yaml")]


DRAWN = {
    "report": {"report.html", "report.pdf"},
    "figures": {"figures"},
}


@pytest.mark.parametrize("without", [("report",), ("figures",), ("report", "figures")])
def test_it_leaves_out_what_it_is_told_to_and_names_only_what_it_wrote(
    folder: Path, capsys: pytest.CaptureFixture[str], without: tuple[str, ...]
) -> None:
    assert evaluate("--thresholds", "0.2,0.4") == 0
    whole = {path.relative_to("out"): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert evaluate("--thresholds", "0.2,0.4", *(f"--no-{part}" for part in without)) == 0
    left = {path.relative_to("out"): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    gone = set().union(*(DRAWN[part] for part in without))
    manifest = Path(".harness.json")
    assert set(whole) - set(left) == {path for path in whole if path.parts[0] in gone} != set()
    assert all(left[path] == whole[path] for path in left if path != manifest)
    assert set(json.loads(left[manifest])["files"]) == {path.as_posix() for path in left if path != manifest}
    *_, where = capsys.readouterr().out.splitlines()
    named = where.removeprefix("Written to out: ").replace("/", "").split(", ")
    assert sorted(named) == sorted(
        path.name for path in Path("out").iterdir() if path.name != ".harness.json"
    )


def test_what_was_left_out_is_drawn_later(folder: Path) -> None:
    assert evaluate("--thresholds", "0.2,0.4") == 0
    Path("out").rename("whole")
    assert evaluate("--thresholds", "0.2,0.4", "--no-report", "--no-figures") == 0
    assert run(["report", "out", "--out", "report"]) == 0
    assert run(["figures", "out", "--out", "figures", "--formats", "svg"]) == 0
    for name in ("report.html", "report.pdf"):
        assert Path("report", name).read_bytes() == Path("whole", name).read_bytes()
    for drawn in Path("whole/figures").iterdir():
        assert Path("figures", drawn.name).read_bytes() == drawn.read_bytes()


def test_without_report_and_figures_nothing_that_draws_is_imported(folder: Path) -> None:
    """Not even looked at: it is not installed everywhere, and settings that it cannot read are no concern."""
    Path("matplotlibrc").write_text("\xff", encoding="latin-1")
    program = (
        "import sys; from harness.cli.app import run\n"
        "code = run(['evaluate', 'scores.csv', '--study', 'study.yaml', '--out', 'out', *sys.argv[1:]])\n"
        "print(code, sorted({'matplotlib', 'typst', 'jinja2'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "--no-report", "--no-figures"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "0 []\n"


def test_the_tables_and_the_document_tell_the_same(folder: Path) -> None:
    assert evaluate("--thresholds", "0.2,0.4,0.75") == 0
    evaluation = harness.load("out")
    with Path("out/rates.csv").open(encoding="utf-8") as file:
        rates = list(csv.DictReader(file))
    assert list(rates[0]) == [
        "axis",
        "group",
        "rate",
        "threshold",
        "trials",
        "errors",
        "subjects",
        "estimate",
        "lower",
        "upper",
        "design_effect",
    ]
    assert [float(row["upper"]) for row in rates] == evaluation.rates["upper"].to_pylist()
    counted = {
        (row["group"], row["rate"], row["threshold"]): (
            int(row["errors"]),
            int(row["trials"]),
            int(row["subjects"]),
        )
        for row in rates
    }
    naive = [float(line.split(",")[0]) for line in rows() if line.split(",")[1] == "0" and line.endswith("A")]
    assert counted["A", "FMR", "0.2"] == (sum(score >= 0.2 for score in naive), 45, 10)
    assert counted["B", "FNMR", "0.75"] == (5, 10, 10)
    with Path("out/verdicts.csv").open(encoding="utf-8") as file:
        verdicts = list(csv.DictReader(file))
    assert [(row["rate"], float(row["threshold"])) for row in verdicts] == [
        (rate, threshold) for rate in ("FMR", "FNMR") for threshold in (0.2, 0.4, 0.75)
    ]
    assert {row["verdict"] for row in verdicts} <= set(Verdict)


@pytest.mark.slow
def test_same_input_same_bytes(folder: Path) -> None:
    assert evaluate() == 0
    first = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    assert evaluate() == 0
    assert {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()} == first


def test_flags_stand_for_the_study_and_the_policy(folder: Path) -> None:
    study = (
        "--matcher example --matcher-version 1 --group group=group "
        "--subject probe_subject --subject reference_subject"
    )
    policy = "--criterion not_detected --confidence 0.9 --max-ratio 3"
    assert run(["evaluate", "scores.csv", "--out", "flags", *study.split(), *policy.split()]) == 0
    Path("policy.yaml").write_text("{criterion: not_detected, confidence: 0.9, max_ratio: 3}")
    assert evaluate("--policy", "policy.yaml") == 0
    assert Path("flags/evaluation.json").read_bytes() == Path("out/evaluation.json").read_bytes()


def test_flags_name_axes_thresholds_and_identities(folder: Path) -> None:
    options = "--judged-axis group --operating-threshold 0.44 --operating-threshold 0.55 --thresholds 0.5"
    assert evaluate(*options.split(), "--identities", "shared", "--min-trials", "45") == 0
    evaluation = harness.load("out")
    assert evaluation.thresholds.tolist() == [0.44, 0.5, 0.55]
    assert [axis.name for axis in evaluation.judged_axes] == ["group"]
    assert (evaluation.policy.min_trials, evaluation.study.identities) == (45, "shared")


def test_a_flag_goes_over_the_file(folder: Path) -> None:
    assert evaluate("--matcher-version", "2", "--confidence", "0.9") == 0
    evaluation = harness.load("out")
    assert (evaluation.study.matcher.name, evaluation.study.matcher.version) == ("example", "2")
    assert evaluation.policy.confidence == 0.9


def line_17(label: str) -> str:
    """The row that the bad files have as their seventeenth."""
    return {
        "nan": "nan,0,1,2,A",
        "maybe": "0.1,maybe,1,2,A",
        "empty group": "0.1,0,1,2,",
    }[label]


BAD_ROWS = {
    "nan": "scores.csv: row 17, column 'score': 'nan' where a score belongs; give the score, or say in the study "
    "how failures count (missing_scores: exclude, or count)",
    "maybe": "scores.csv: row 17, column 'mated': 'maybe' is neither mated nor non-mated; write 1 or 0, or map the "
    "label in the study (mated: {column: ..., mated: [...], non_mated: [...]})",
    "empty group": "scores.csv: row 17, column 'group': nothing where a label belongs; label the row, 'unknown' if "
    "need be, or leave it out",
}


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that was said, with nothing left behind."""
    said = capsys.readouterr()
    assert said.out == ""
    assert not Path("out").exists()
    assert not [path for path in Path.cwd().iterdir() if path.name.startswith(".")]
    (line,) = said.err.splitlines()
    return line


@pytest.mark.parametrize("fault", BAD_ROWS)
def test_a_bad_row_is_named(fault: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = rows()
    lines.insert(16, line_17(fault))
    Path("scores.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    assert evaluate() == 2
    assert refused(capsys) == f"harness: {BAD_ROWS[fault]}"


def test_a_missing_column_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("scores.csv").write_text("\n".join([HEADER.replace("group", "grp"), *rows()]))
    assert evaluate() == 2
    assert refused(capsys) == (
        "harness: scores.csv: has no column 'group'; it has 'score', 'mated', 'probe_subject', 'reference_subject', "
        "'grp'; name the right one in the study (`harness draft SCORES` proposes a study)"
    )


def test_a_header_alone_is_no_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("scores.csv").write_text(HEADER + "\n")
    assert evaluate() == 2
    said = refused(capsys)
    assert said.startswith("harness: scores.csv: holds no comparison")
    assert ";" in said


def test_a_truncated_parquet_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.csv.read_csv("scores.csv"), "scores.parquet")
    whole = Path("scores.parquet").read_bytes()
    Path("scores.parquet").write_bytes(whole[: len(whole) // 2])
    assert evaluate(scores="scores.parquet") == 2
    said = refused(capsys)
    assert said.startswith("harness: scores.parquet: cannot be read")
    assert said.endswith("write it again")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--policy", "absent.yaml"], "harness: absent.yaml: "),
        (["--thresholds", "0.5:0.4:0.1"], "harness: thresholds '0.5:0.4:0.1': stop must not be below start"),
        (["--group", "group"], "harness: --group 'group': write NAME=COLUMN"),
        (["--max-ratio", "0.5"], "harness: command line: max_ratio: "),
    ],
)
def test_a_bad_option_is_named(
    options: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(*options) == 2
    assert refused(capsys).startswith(said)


def test_wrong_usage_exits_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "scores.csv", "--study", "study.yaml"]) == 2
    assert run(["evaluate", "scores.csv", "--out", "out", "--studdy", "study.yaml"]) == 2
    assert "--studdy" in "".join(capsys.readouterr())


def test_a_folder_with_other_things_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("ten years of work")
    assert evaluate() == 2
    assert capsys.readouterr().err == (
        "harness: out: holds something else than an evaluation (thesis.txt, which no .harness.json lists); name "
        "another folder\n"
    )
    assert [path.name for path in Path("out").iterdir()] == ["thesis.txt"]


def test_an_earlier_evaluation_is_replaced_unless_anything_in_it_is_not_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate() == 0
    assert evaluate("--confidence", "0.9") == 0
    assert harness.load("out").policy.confidence == 0.9
    Path("out/evaluation.json.dsse.json").write_text("a signature of it")
    assert evaluate() == 2
    assert capsys.readouterr().err == (
        "harness: out: holds something else than an evaluation (evaluation.json.dsse.json); name another folder\n"
    )
    Path("out/evaluation.json.dsse.json").unlink()
    Path("out/rates.csv").write_text("corrected by hand")
    assert evaluate() == 2
    assert capsys.readouterr().err == (
        "harness: out: holds an evaluation whose rates.csv was changed since it was written; move that file away, or "
        "name another folder\n"
    )
    assert harness.load("out").policy.confidence == 0.9


def test_checkpoints_are_not_kept_in_what_is_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kept in ("out", "out/kept"):
        assert evaluate("--checkpoints", kept) == 2
        assert capsys.readouterr().err == (
            f"harness: --checkpoints {kept}: lies in the folder to write, which is replaced; name one outside it\n"
        )
    assert not Path("out").exists()


def test_a_failure_leaves_the_earlier_evaluation_as_it_was(folder: Path) -> None:
    assert evaluate() == 0
    before = Path("out/evaluation.json").read_bytes()
    Path("scores.csv").write_text(HEADER + "\nnan,0,1,2,A\n")
    assert evaluate() == 2
    assert Path("out/evaluation.json").read_bytes() == before


def test_an_error_of_the_harness_itself_exits_70(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("harness.outputs.write_evaluation", broken)
    assert evaluate() == 70
    assert capsys.readouterr().err.endswith("this is an error of the harness itself; please report it\n")


def test_the_safe_threshold_in_the_document_is_the_printed_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--criterion", "not_detected", "--max-fmr", "0.9") == 0
    _, line, *_ = capsys.readouterr().out.splitlines()
    printed = line.split(":")[1].split()[0]
    found = json.loads(Path("out/evaluation.json").read_text())["answer"]["safe_threshold"]
    assert float(printed) == found


def test_an_interrupt_leaves_nothing_half_written(folder: Path) -> None:
    lines = [HEADER, *(rows() * 40_000)]
    Path("many.csv").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-c", "from harness.cli import main; main()"]
    arguments = ["evaluate", "many.csv", "--study", "study.yaml", "--out", "out"]
    scratch = folder / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(
        [*command, *arguments], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        while not list(scratch.iterdir()):  # until the scores are opened
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "harness: interrupted; nothing was written"
    assert not Path("out").exists()
    assert not list(scratch.iterdir())


def test_people_come_from_a_file_that_flags_name(folder: Path) -> None:
    assert evaluate("--no-report", "--no-figures") == 0
    whole = json.loads(Path("out/evaluation.json").read_text())
    Path("study.yaml").write_text(STUDY.replace("groups: {group: group}\n", ""))
    Path("scores.csv").write_text(
        "\n".join([HEADER, *rows()]).replace(",group", "").replace(",A", "").replace(",B", "")
    )
    Path("people.csv").write_text("id,group\n" + "".join(f"{i},{'AB'[i // 10]}\n" for i in range(20)))
    flags = ["--people", "people.csv", "--people-subject", "id", "--people-column", "group"]
    assert evaluate("--no-report", "--no-figures", *flags) == 0
    found = json.loads(Path("out/evaluation.json").read_text())
    assert found["axes"] == whole["axes"]
    assert found["study"]["people"] == {"file": "people.csv", "subject": "id", "columns": ["group"]}
    assert [one["name"] for one in found["inputs"]] == ["scores.csv", "people.csv"]
    assert run(["report", "out", "--out", "report"]) == 0


def test_rows_are_kept_and_groups_come_from_paths_by_flags(folder: Path) -> None:
    assert evaluate("--no-report", "--no-figures") == 0
    whole = json.loads(Path("out/evaluation.json").read_text())
    Path("study.yaml").write_text(STUDY)
    for group in "AB":
        lines = [line.rpartition(",")[0] for line in rows() if line.endswith(group)]
        lines = [
            HEADER.replace("group", "run"),
            *(f"{line},1" for line in lines),
            *(f"{line},2" for line in lines),
        ]
        Path(f"scores_{group}.csv").write_text("\n".join(lines) + "\n")
    Path("scores.csv").unlink()
    flags = ["--rows", "run=1", "--from-path", "scores_{group}.csv"]
    assert evaluate("--no-report", "--no-figures", *flags, scores="scores_*.csv") == 0
    found = json.loads(Path("out/evaluation.json").read_text())
    assert found["axes"] == whole["axes"]
    assert found["study"]["rows"] == {"run": ["1"]}
    assert found["study"]["from_path"] == {"group": "scores_{group}.csv"}
    assert "The study keeps only rows with run 1; 110 other rows were left out." in found["notes"]


def test_labels_are_mapped_and_numbers_put_into_groups_by_flags(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = ["17", "18", "40", "70"]
    lines = [f"{line},{ages[i % 4]}" for i, line in enumerate(rows())]
    Path("scores.csv").write_text("\n".join([f"{HEADER},age", *lines]).replace(",A,", ",a,", 5))
    flags = ["--no-report", "--no-figures", "--group", "age=age"]
    assert evaluate(*flags) == 2
    assert '(labels: {group: {"a": "A"}})' in capsys.readouterr().err
    assert evaluate(*flags, "--label", "group=a=A", "--bins", "age=0,18,70") == 0
    found = json.loads(Path("out/evaluation.json").read_text())
    assert found["study"]["labels"] == {"group": {"a": "A"}}
    assert [one["group"] for one in found["axes"]["age"]["false_matches"]["groups"]] == [
        "0–17",
        "18–69",
        "70+",
    ]
    for wrong in (["--label", "group=a"], ["--bins", "age=0,x"], ["--bins", "age"], ["--rows", "run"]):
        assert evaluate(*flags, *wrong) == 2
        assert f"{wrong[0]} {wrong[1]!r}: write NAME=" in capsys.readouterr().err
