"""The draft of a study for scores as people have them: what it tells from values, and that evaluate takes it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import harness
from harness.cli.app import run
from harness.config import read_document
from tests.drafting.made_scores import Comparison, comparisons, people, text
from tests.readme_blocks import ROOT

DATA = ROOT / "data_synthetic"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drafted(scores: object, *, matcher: str = "NAME", **options: object) -> dict[str, object]:
    """The keys that a draft has in force, less the task, which no data tell."""
    Path("study.yaml").unlink(missing_ok=True)
    Path("study.yaml").write_text(harness.draft(scores, **options), encoding="utf-8")
    keys = dict(read_document(Path("study.yaml")).value)
    assert f'# matcher: {{name: {matcher}, version: "VERSION"}}\n' in Path("study.yaml").read_text("utf-8")
    assert keys.pop("task") == "verification"
    return keys


def require_evaluated(scores: str, capsys: pytest.CaptureFixture[str], *options: str) -> None:
    """Draft by the command, and evaluate by what it printed."""
    assert run(["draft", scores, *options]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    Path("printed.yaml").write_text(said.out, encoding="utf-8")
    drawn = ["--thresholds", "0.3,0.5", "--no-report", "--no-figures"]
    code = run(["evaluate", scores, "--study", "printed.yaml", "--out", "out", *drawn])
    assert capsys.readouterr().err == ""
    assert code == 0


TIDY = (
    "score,mated,probe_subject,reference_subject,probe_ethnicity,reference_ethnicity,probe_sex,reference_sex"
)


def tidy(c: Comparison) -> str:
    one, other = c.probe, c.reference
    groups = f"{one.ethnicity},{other.ethnicity},{one.sex},{other.sex}"
    return f"{c.score},{int(c.mated)},{one.name},{other.name},{groups}"


IN_FORCE = {
    "score": {"column": "score", "better": "higher"},
    "mated": "mated",
    "subjects": ["probe_subject", "reference_subject"],
    "groups": {
        "ethnicity": ["probe_ethnicity", "reference_ethnicity"],
        "sex": ["probe_sex", "reference_sex"],
    },
}


def test_a_tidy_table(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(text(TIDY, [tidy(c) for c in comparisons()]))
    assert drafted("s.csv") == IN_FORCE
    require_evaluated("s.csv", capsys)


def test_parquet(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(text(TIDY, [tidy(c) for c in comparisons()]))
    duckdb.sql("COPY (SELECT * REPLACE (mated = 1 AS mated) FROM 's.csv') TO 's.parquet'")
    assert drafted("s.parquet") == IN_FORCE
    require_evaluated("s.parquet", capsys)


def test_arrays_and_data_frames_give_the_same_draft_as_a_file() -> None:
    Path("s.csv").write_text(text(TIDY, [tidy(c) for c in comparisons()]))
    table = duckdb.sql("FROM 's.csv'").to_arrow_table()
    assert drafted(table) == drafted(table.to_pandas()) == drafted(table.to_pydict()) == IN_FORCE


def test_distances_and_labels_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{1 - c.score:.4f};{'genuine' if c.mated else 'impostor'};{c.probe.name};{c.reference.name};{c.probe.sex}"
        for c in comparisons(within=True)
    ]
    Path("s.csv").write_text(text("dist;kind;id1;id2;gender", rows))
    assert drafted("s.csv") == {
        "score": {"column": "dist", "better": "lower"},
        "mated": {"column": "kind", "mated": "genuine", "non_mated": "impostor"},
        "subjects": ["id1", "id2"],
        "groups": {"gender": "gender"},
    }
    require_evaluated("s.csv", capsys)


@pytest.mark.parametrize(("mated", "non_mated"), [("target", "nontarget"), ("same", "different"), ("c", "p")])
def test_the_mated_label_is_known_by_identities_or_words_or_asked(mated: str, non_mated: str) -> None:
    def rows(with_subjects: bool) -> str:
        header = "y,score,a,b,sex" if with_subjects else "y,score,sex"
        made = []
        for c in comparisons(within=True):
            names = f"{c.probe.name},{c.reference.name}," if with_subjects else ""
            made.append(f"{mated if c.mated else non_mated},{c.score},{names}{c.probe.sex}")
        return text(header, made)

    for with_subjects in (True, False):
        Path("s.csv").write_text(rows(with_subjects))
        assert drafted("s.csv")["mated"] == {"column": "y", "mated": mated, "non_mated": non_mated}
        asked = f"Question: is '{mated}' the mated one?" in Path("study.yaml").read_text()
        assert asked == (not with_subjects and mated == "c")


def test_where_no_word_tells_distances_cannot_be_told_from_scores_and_it_is_asked() -> None:
    Path("s.csv").write_text(
        text("y,d,sex", [f"{'pc'[c.mated]},{1 - c.score},{c.probe.sex}" for c in comparisons()])
    )
    keys = drafted("s.csv")
    assert keys["score"] == {"column": "d", "better": "higher"}
    assert keys["mated"] == {"column": "y", "mated": "p", "non_mated": "c"}
    said = " ".join(Path("study.yaml").read_text().replace("# ", "").split())
    assert "Question: do higher scores speak for the same person" in said
    assert "Question: is 'p' the mated one?" in said


def test_zeros_that_are_mated_are_found_by_identities(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{c.score},{int(not c.mated)},{c.probe.name},{c.reference.name},{c.probe.sex}" for c in comparisons()
    ]
    Path("s.csv").write_text(text("score,label,probe_id,ref_id,probe_sex", rows))
    keys = drafted("s.csv")
    assert keys["mated"] == {"column": "label", "mated": "0", "non_mated": "1"}
    assert keys["score"] == {"column": "score", "better": "higher"}
    require_evaluated("s.csv", capsys)


def test_identities_without_truth(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{c.probe.name},{c.reference.name},{c.score},{c.probe.sex}" for c in comparisons(within=True)]
    Path("s.csv").write_text(text("enrol,test,llr,sex", rows))
    assert drafted("s.csv") == {
        "score": {"column": "llr", "better": "higher"},
        "mated": {"same": ["test", "enrol"]},
        "subjects": ["test", "enrol"],
        "groups": {"sex": "sex"},
    }
    require_evaluated("s.csv", capsys)


def test_a_list_without_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{c.probe.name} {c.reference.name}  {int(c.mated)} {c.probe.ethnicity} {c.score}"
        for c in comparisons(within=True)
    ]
    Path("s.txt").write_text(text(None, rows))
    assert drafted("s.txt") == {
        "columns": ["probe_subject", "reference_subject", "mated", "group", "score"],
        "score": {"column": "score", "better": "higher"},
        "mated": "mated",
        "subjects": ["probe_subject", "reference_subject"],
        "groups": {"group": "group"},
    }
    require_evaluated("s.txt", capsys)


def test_decimal_commas(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [tidy(c).replace(",", ";").replace(".", ",", 1) for c in comparisons()]
    Path("s.csv").write_text(text(TIDY.replace(",", ";"), rows))
    assert drafted("s.csv") == {
        **IN_FORCE,
        "score": {"column": "score", "better": "higher", "decimal": ","},
    }
    require_evaluated("s.csv", capsys)


def test_decimal_commas_without_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{c.probe.sex} {int(c.mated)} {str(c.score).replace('.', ',')}" for c in comparisons(within=True)
    ]
    Path("s.txt").write_text(text(None, rows))
    keys = drafted("s.txt")
    assert keys["columns"] == ["group", "mated", "score"]
    assert keys["score"] == {"column": "score", "better": "higher", "decimal": ","}
    require_evaluated("s.txt", capsys)


def test_ages_are_put_into_classes_in_a_comment_where_there_are_other_groups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    header = "subject_a,subject_b,age_a,age_b,race_a,race_b,similarity,same"
    rows = [
        f"{c.probe.name},{c.reference.name},{c.probe.age},{c.reference.age},{c.probe.ethnicity},"
        f"{c.reference.ethnicity},{c.score},{c.mated}"
        for c in comparisons()
    ]
    Path("s.csv").write_text(text(header, rows))
    assert drafted("s.csv") == {
        "score": {"column": "similarity", "better": "higher"},
        "mated": "same",
        "subjects": ["subject_a", "subject_b"],
        "groups": {"race": ["race_a", "race_b"]},
    }
    assert (
        "# age: [age_a, age_b]\n  # with it, below: bins: {age: [0, 18, 30, 50, 70]}"
        in Path("study.yaml").read_text()
    )
    require_evaluated("s.csv", capsys)


def test_ages_alone_are_put_into_classes(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{c.probe.age},{c.reference.age},{c.score},{int(c.mated)}" for c in comparisons()]
    Path("s.csv").write_text(text("age_x,age_y,score,mated", rows))
    keys = drafted("s.csv")
    assert (keys["groups"], keys["bins"]) == ({"age": ["age_x", "age_y"]}, {"age": [0, 18, 30, 50, 70]})
    require_evaluated("s.csv", capsys)


def test_missing_scores_are_left_out_and_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [tidy(c) for c in comparisons()]
    rows[3:9:2] = [row[row.index(",") :] for row in rows[3:9:2]]
    Path("s.csv").write_text(text(TIDY, rows))
    assert drafted("s.csv") == {**IN_FORCE, "missing_scores": "exclude"}
    assert "3 rows have no score" in Path("study.yaml").read_text()
    require_evaluated("s.csv", capsys)


@pytest.mark.parametrize("first_rows", [None, 300])
def test_of_several_matchers_the_rows_of_one_are_kept(
    first_rows: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the rows of another one begin far behind those that are looked at first."""
    rows = [
        f"{matcher},v{scale},{tidy(c)}".replace(f"{c.score}", f"{c.score * scale:.4f}", 1)
        for matcher, scale in (("ArcFace", 1), ("FaceNet", 100))
        for c in comparisons()
    ]
    Path("s.csv").write_text(text(f"matcher,version,{TIDY}", rows))
    if first_rows is not None:
        monkeypatch.setattr("harness.drafting.columns.FIRST_ROWS", first_rows)
    assert drafted("s.csv", matcher="ArcFace") == {**IN_FORCE, "rows": {"matcher": "ArcFace"}}
    said = Path("study.yaml").read_text()
    assert "'FaceNet'" in said
    assert "--each matcher" in said
    if first_rows is None:
        assert f"{len(rows) // 2:,} of them were looked at" in " ".join(said.replace("#", "").split())
    require_evaluated("s.csv", capsys)


def test_a_column_that_says_the_same_as_another_is_asked_about_and_what_is_left_is_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [
        f"{i},{tidy(c)},{c.probe.ethnicity[0]},cam{i % 7}" for i, c in enumerate(comparisons(within=True))
    ]
    Path("s.csv").write_text(text(f",{TIDY},list,camera", rows))
    assert drafted("s.csv") == IN_FORCE
    said = Path("study.yaml").read_text()
    assert "# list: list" in said
    assert "# '(column 1 has no name)': the number of the row, " in said
    assert "# 'camera': text, 7 different values, such as 'cam0', 'cam1', 'cam2'" in said
    require_evaluated("s.csv", capsys)


def test_of_two_columns_of_scores_the_one_that_separates_best_is_taken_and_the_other_asked_about() -> None:
    made = comparisons()
    rows = [f"{(c.score + hash_of(i)) / 2:.5f},{tidy(c)}" for i, c in enumerate(made)]
    Path("s.csv").write_text(text(f"fused,{TIDY}", rows))
    assert drafted("s.csv") == IN_FORCE
    assert "Question: or is 'fused' the score?" in Path("study.yaml").read_text().replace("\n# ", " ")


def hash_of(number: int) -> float:
    """A number from 0 to 1 that has nothing to do with a comparison."""
    return (number * 2654435761 % 2**32) / 2**32


def test_enrolment_and_visitor_numbers_name_people_separately(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{c.score},{int(c.mated)},{c.probe.name},E{c.reference.name},{c.probe.sex},{c.reference.sex}"
        for c in comparisons()
    ]
    Path("s.csv").write_text(text("score,mated,probe_id,reference_id,probe_sex,reference_sex", rows))
    keys = drafted("s.csv")
    assert keys["subjects"] == ["probe_id", "reference_id"]
    assert keys["identities"] == "separate"
    require_evaluated("s.csv", capsys)


def test_sexes_guessed_from_each_image_are_labels_of_the_image(capsys: pytest.CaptureFixture[str]) -> None:
    made = [tidy(c) for c in comparisons()]
    wrong = next(i for i, c in enumerate(comparisons()) if c.mated and c.probe.sex == "male")
    made[wrong] = made[wrong].replace("male,male", "male,female")
    Path("s.csv").write_text(text(TIDY, made))
    assert drafted("s.csv") == {**IN_FORCE, "labels_of": {"sex": "image"}}
    require_evaluated("s.csv", capsys)


def test_the_person_is_taken_out_of_the_name_of_an_image(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{int(c.mated)} {c.probe.name}/a/{c.images[0]:05}.wav {c.reference.name}/b/{c.images[1]:05}.wav {c.score} "
        f"{c.probe.sex}"
        for c in comparisons(within=True)
    ]
    Path("s.txt").write_text(text(None, rows))
    keys = drafted("s.txt")
    assert keys["columns"] == ["mated", "probe_image", "reference_image", "score", "group"]
    assert keys["from_value"] == {
        "probe_subject": {"column": "probe_image", "pattern": "{person}/*/*"},
        "reference_subject": {"column": "reference_image", "pattern": "{person}/*/*"},
    }
    assert keys["subjects"] == ["probe_subject", "reference_subject"]
    require_evaluated("s.txt", capsys)


def test_labels_that_differ_in_case_are_mapped_and_unknown_ones_asked_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [tidy(c) for c in comparisons()]
    rows = [row.replace("Black", "black") if i % 5 == 0 else row for i, row in enumerate(rows)]
    rows = [row.replace("Asian", "unknown") for row in rows]
    Path("s.csv").write_text(text(TIDY, rows))
    assert drafted("s.csv")["labels"] == {"ethnicity": {"black": "Black"}}
    assert "# exclude: {ethnicity: [unknown]}" in Path("study.yaml").read_text()
    require_evaluated("s.csv", capsys)


def test_files_of_one_group_each(capsys: pytest.CaptureFixture[str]) -> None:
    for sex in ("female", "male"):
        rows = [
            f"{c.probe.name},{c.reference.name},{c.score},{int(c.mated)}"
            for c in comparisons(within=True)
            if c.probe.sex == sex
        ]
        Path(f"scores_{sex}.csv").write_text(text("a,b,score,mated", rows))
    keys = drafted("scores_*.csv")
    assert keys["from_path"] == {"group": "scores_{group}.csv"}
    assert keys["groups"] == {"group": "group"}
    require_evaluated("scores_*.csv", capsys)


def test_folders_that_name_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(
        text("score,mated,sex", [f"{c.score},{int(c.mated)},{c.probe.sex}" for c in comparisons()])
    )
    duckdb.sql("COPY (FROM 's.csv') TO 'parts' (FORMAT parquet, PARTITION_BY (sex))")
    keys = drafted("parts")
    assert keys["from_path"] == {"sex": "sex={sex}/**"}
    assert keys["groups"] == {"sex": "sex"}
    require_evaluated("parts", capsys)


def test_people_in_a_file_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(
        text(
            "score,mated,a,b",
            [f"{c.score},{int(c.mated)},{c.probe.name},{c.reference.name}" for c in comparisons()],
        )
    )
    everyone = [f"{i},{p.name},{p.ethnicity},{p.sex},{p.age},x{i}" for i, p in enumerate(people())][1:]
    Path("who").mkdir()
    Path("who/people.csv").write_text(text("n,person,ethnicity,sex,age,note", everyone))
    assert drafted("s.csv", people="who/people.csv") == {
        "score": {"column": "score", "better": "higher"},
        "mated": "mated",
        "subjects": ["a", "b"],
        "people": {"file": "who/people.csv", "subject": "person", "columns": ["ethnicity", "sex"]},
    }
    said = " ".join(Path("study.yaml").read_text().replace("# ", "").split())
    assert "1 subject has no entry, such as 'S100'" in said
    assert "bins: {age: [0, 18, 30, 50, 70]}" in said
    assert (
        harness.draft("s.csv", "who/people.csv", folder="elsewhere/deep").count(
            'file: "../../who/people.csv"'
        )
        == 1
    )
    Path("who/people.csv").write_text(text("person,ethnicity", [f"{p.name},{p.ethnicity}" for p in people()]))
    require_evaluated("s.csv", capsys, "--people", "who/people.csv")


@pytest.mark.parametrize(
    "name", ["sample.csv", pytest.param("vanishing.parquet", marks=pytest.mark.slow), "searches.parquet"]
)
def test_the_shipped_files(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    require_evaluated(str(DATA / name), capsys)


def test_a_column_of_one_side_is_said_to_be_of_that_side(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{c.score},{int(c.mated)},{c.probe.name},{c.reference.name},{c.probe.sex}" for c in comparisons()
    ]
    Path("s.csv").write_text(text("score,mated,a,b,sex", rows))
    assert drafted("s.csv")["groups"] == {"sex": "sex"}
    said = " ".join(Path("study.yaml").read_text().replace("# ", "").split())
    assert (
        "100.00 % of the subjects of 'a' have one label throughout. Those of the other side have not" in said
    )
    require_evaluated("s.csv", capsys)


def test_people_of_whom_only_the_age_is_known_and_labels_of_people_that_differ_in_case() -> None:
    Path("s.csv").write_text(
        text(
            "score,mated,a,b",
            [f"{c.score},{int(c.mated)},{c.probe.name},{c.reference.name}" for c in comparisons()],
        )
    )
    everyone = people()
    Path("ages.csv").write_text(text("id,age", [f"{p.name},{p.age}" for p in everyone]))
    keys = drafted("s.csv", people="ages.csv")
    assert keys["people"] == {"file": "ages.csv", "subject": "id", "columns": ["age"]}
    assert keys["bins"] == {"age": [0, 18, 30, 50, 70]}
    cased = [f"{p.name},{p.sex.upper() if i % 5 == 0 else p.sex}" for i, p in enumerate(everyone)]
    Path("sexes.csv").write_text(text("id,sex", cased))
    assert drafted("s.csv", people="sexes.csv")["labels"] == {"sex": {"FEMALE": "female", "MALE": "male"}}


def test_the_first_rows_and_some_of_all_others_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sorted(comparisons(), key=lambda c: c.mated)
    Path("s.csv").write_text(text(TIDY, [tidy(c) for c in made]))
    monkeypatch.setattr("harness.drafting.columns.FIRST_ROWS", 300)
    assert drafted("s.csv") == IN_FORCE
    assert f"drafted from what its {len(made):,} rows hold" in Path("study.yaml").read_text()


def test_names_and_values_cannot_hide_or_act_in_the_draft(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f'{c.score},{int(c.mated)},"no","a#\x1b[2J: {{x}}\t{c.probe.sex}","::stop::{i % 3}{"z" * 90}"'
        for i, c in enumerate(comparisons(within=True))
    ]
    Path("s.csv").write_text(text('score,"1","on","se""x: #","##vso[x]"', rows))
    require_evaluated("s.csv", capsys)
    printed = Path("printed.yaml").read_text()
    assert not [c for c in printed if not c.isprintable() and c != "\n"]
    assert "z" * 50 not in printed
    assert "\n::" not in printed
    keys = dict(read_document(Path("printed.yaml")).value)
    assert keys["mated"] == "1"
    assert 'se"x: #' in keys["groups"].values()


def test_what_cannot_be_told_is_left_to_evaluate_to_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.csv").write_text(text("score,remark", [f"{c.score},r{i}" for i, c in enumerate(comparisons())]))
    assert drafted("s.csv") == {"score": {"column": "score", "better": "higher"}}
    said = Path("study.yaml").read_text()
    assert "Question: which column says whether a comparison is mated" in said
    assert "Question: which columns hold the groups of people" in said


def test_the_same_scores_give_the_same_draft() -> None:
    Path("s.csv").write_text(text(TIDY, [tidy(c) for c in comparisons()]))
    assert harness.draft("s.csv") == harness.draft("s.csv")
