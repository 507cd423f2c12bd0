"""Values out of the paths of files and the names of templates, and rows that are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

import harness
from harness.comparisons import Comparisons
from harness.comparisons.trials import extremes
from harness.errors import InputError
from harness.study import load_study
from harness.study.patterns import as_regex
from tests.comparisons.known_trials import Columns, counts_of, naive_counts, study, trials
from tests.comparisons.test_people import written


@pytest.mark.parametrize(
    ("pattern", "text", "taken"),
    [
        ("{p}/*/*.wav", "id10270/x6uYqmx31kE/00001.wav", "id10270"),
        ("{p}/*/*.wav", "/data/wav/id10270/x6uYqmx31kE/00001.wav", "id10270"),
        ("{p}/*/*.wav", "00001.wav", None),
        ("{p}_*.jpg", "Aaron_Peirsol_0001.jpg", "Aaron_Peirsol"),
        ("{}_*", "Aaron_Peirsol_0001", "Aaron_Peirsol"),
        ("scores_{p}.csv", "my/scores_East Asian.csv", "East Asian"),
        ("scores_{p}.csv", "my_scores_A.csv", None),
        ("scores_{p}.csv", "scores_A.csv.gz", None),
        ("scores_{p}.csv", "scores_.csv", None),
        ("race={p}/**", "/a/race=X/y/z.parquet", "X"),
        ("**/{p}/**/s.csv", "a/b/s.csv", "b"),
        ("m+{p}.(v1)", "m+A.(v1)", "A"),
        ("m+{p}.(v1)", "mmA-v1", None),
    ],
)
def test_a_pattern_takes_what_stands_in_braces(pattern: str, text: str, taken: str | None) -> None:
    name = "" if "{}" in pattern else "p"
    found = re.search(as_regex(pattern, name), text)
    assert (found and found[1]) == taken


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"from_path": "scores.csv"}, "takes nothing"),
        ({"from_path": {"sex": "scores_{x}.csv"}}, "from_path.sex: 'scores_{x}.csv' does not take 'sex'"),
        ({"from_path": "{a}_{a}.csv"}, "takes 'a' twice"),
        ({"from_path": "{a.csv"}, "has a brace out of place"),
        ({"from_path": {"a": "{a}{b}", "b": "{b}"}}, "'b' is taken by two patterns"),
        ({"from_value": {"a": {"column": "c", "pattern": "{a}_{b}"}}}, "takes more than one value"),
        ({"from_value": {"a": {"column": "c", "pattern": "a"}}}, "takes nothing"),
        ({"rows": {"matcher": []}}, "has fewer items than 1"),
    ],
)
def test_patterns_that_take_nothing_or_too_much(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError, match=re.escape(error)):
        study(**changes)


def test_what_was_given_is_written() -> None:
    given = {
        "rows": {"matcher": "ArcFace", "run": ["1", "2"]},
        "from_path": "{probe_ethnicity}_{x}.csv",
        "from_value": {"probe": {"column": "path", "pattern": "{p}/*"}},
    }
    terms = study(**given)
    assert load_study(terms.to_dict()) == terms
    assert terms.from_path == dict.fromkeys(["probe_ethnicity", "x"], given["from_path"])
    assert terms.stored_columns == (
        "score",
        "mated",
        "reference",
        "reference_ethnicity",
        "matcher",
        "run",
        "path",
    )
    assert not {"rows", "from_path", "from_value"} & set(study().to_dict())


SITES = ("north", "south east", "west")


def sited(rows: int = 300) -> Columns:
    return {**trials(rows), "site": [SITES[i * 7 % 3] for i in range(rows)]}


def picked(columns: Columns, *names: str, where: Any = lambda i: True) -> Columns:
    indices = [i for i in range(len(columns["score"])) if where(i)]
    return {name: [columns[name][i] for i in indices] for name in (names or columns)}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
class TestFromPath:
    @staticmethod
    def of(columns: Columns, site: str, half: int) -> Callable[[int], bool]:
        return lambda i: columns["site"][i] == site and i % 2 == half

    STORED = ("score", "mated", "probe", "reference")

    def files(self, folder: Path, columns: Columns, name: str) -> None:
        """Two files for each site."""
        for site in SITES:
            for half in (0, 1):
                rows = picked(columns, *self.STORED, where=self.of(columns, site, half))
                path = folder / name.format(site=site, half=half)
                path.parent.mkdir(exist_ok=True)
                written(path.parent, rows, path.name)

    def test_counts_are_those_of_rows_that_have_the_column(self, suffix: str, data: Path) -> None:
        columns = sited()
        self.files(data, columns, f"scores_{{site}}_{{half}}.{suffix}")
        terms = study(groups={"site": "site"}, from_path={"site": f"scores_{{site}}_*.{suffix}"})
        assert counts_of(str(data), terms) == naive_counts(columns, terms)

    def test_folders_of_hive(self, suffix: str, data: Path) -> None:
        columns = sited()
        self.files(data, {**columns}, "site={site}/{half}." + suffix)
        (data / "site=south east").rename(data / "site=south%20east")
        terms = study(groups={"site": "site"}, from_path={"site": "site={site}/**"})
        assert counts_of(str(data), terms) == naive_counts(columns, terms)
        with pytest.raises(InputError) as caught:
            counts_of(str(data), study(groups={"site": "site"}))
        assert str(caught.value).endswith(
            "has no column 'site', but lies in a folder named 'site=north'; take it from there in the study "
            '(from_path: {site: "site={site}/**"})'
        )

    def test_rows_are_named_as_in_their_own_file(self, suffix: str, data: Path) -> None:
        columns = sited()
        self.files(data, columns, f"{{site}}_{{half}}.{suffix}")
        terms = study(groups={"site": "site"}, from_path=f"{{site}}_*.{suffix}")
        with Comparisons(str(data), terms) as comparisons:
            worst = extremes(comparisons, comparisons.read(lambda coding: coding), 9, mated=False)
        for trial in worst:
            site, half = Path(trial.file).stem.split("_")
            of_file = picked(columns, "score", where=self.of(columns, site, int(half)))
            assert of_file["score"][trial.row - 1] == trial.score

    def test_a_path_that_does_not_match_is_refused(self, suffix: str, data: Path) -> None:
        written(data, picked(trials(), *self.STORED), f"scores.{suffix}")
        terms = study(groups={"site": "site"}, from_path={"site": "scores_{site}.*"})
        with pytest.raises(
            InputError, match=r"its path does not end like 'scores_\{site\}\.\*', which takes site"
        ):
            counts_of(str(data), terms)

    def test_a_column_that_is_there_too_is_refused(self, suffix: str, data: Path) -> None:
        written(data, sited(), f"scores_x.{suffix}")
        terms = study(groups={"site": "site"}, from_path={"site": "scores_{site}.*"})
        with pytest.raises(
            InputError, match="has a column 'site', which the study takes from the file's path"
        ):
            counts_of(str(data), terms)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
class TestFromValue:
    TERMS: ClassVar[dict[str, Any]] = {
        "from_value": {
            "probe": {"column": "one", "pattern": "{}/*/*.wav"},
            "reference": {"column": "other", "pattern": "{person}_*.jpg"},
        }
    }

    @staticmethod
    def named(columns: Columns) -> Columns:
        stored = {name: values for name, values in columns.items() if name not in ("probe", "reference")}
        return {
            **stored,
            "one": [f"wav/{p}/session/{i}.wav" for i, p in enumerate(columns["probe"])],
            "other": [f"{r}_{i:04}.jpg" for i, r in enumerate(columns["reference"])],
        }

    def test_counts_are_those_of_rows_that_have_the_column(self, suffix: str, data: Path) -> None:
        columns = trials()
        terms = study(**self.TERMS)
        found = counts_of(str(written(data, self.named(columns), f"scores.{suffix}")), terms)
        assert found == naive_counts(columns, terms)

    def test_truth_follows_from_the_names_alone(self, suffix: str, data: Path) -> None:
        columns = trials()
        terms = study(**self.TERMS, mated={"same": ["probe", "reference"]})
        stored = {name: values for name, values in self.named(columns).items() if name != "mated"}
        assert counts_of(str(written(data, stored, f"scores.{suffix}")), terms) == naive_counts(
            columns, terms
        )

    def test_a_value_that_does_not_match_is_refused_with_its_row(self, suffix: str, data: Path) -> None:
        stored = self.named(trials())
        stored["other"][11] = "nobody.png"
        with pytest.raises(InputError) as caught:
            counts_of(str(written(data, stored, f"scores.{suffix}")), study(**self.TERMS))
        assert str(caught.value).endswith(
            "row 12, column 'other': 'nobody.png' does not end like '{person}_*.jpg', which takes 'reference' from it "
            "(from_value); correct the pattern or the value"
        )

    def test_other_faults_name_the_column_that_is_stored(self, suffix: str, data: Path) -> None:
        columns = trials()
        row = columns["mated"].index(0)
        columns["reference"][row] = columns["probe"][row]
        with pytest.raises(
            InputError, match=f"row {row + 1}, column 'other': subject 'p{row}' is compared with itself"
        ):
            counts_of(str(written(data, self.named(columns), f"scores.{suffix}")), study(**self.TERMS))


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
class TestRows:
    @staticmethod
    def columns() -> Columns:
        drawn = trials(600)
        return {
            **drawn,
            "matcher": [("ArcFace", "CosFace")[i % 2] for i in range(600)],
            "run": [i % 3 for i in range(600)],
        }

    ROWS: ClassVar[dict[str, Any]] = {"matcher": "ArcFace", "run": ["0", "2"]}

    @staticmethod
    def kept(i: int) -> bool:
        return i % 2 == 0 and i % 3 != 1

    def test_counts_are_those_of_the_rows_alone(self, suffix: str, data: Path) -> None:
        columns = self.columns()
        terms = study(rows=self.ROWS)
        scores = str(written(data, columns, f"scores.{suffix}"))
        assert counts_of(scores, terms) == naive_counts(picked(columns, where=self.kept), terms)
        found = harness.evaluate(scores, study=terms, thresholds=[0.5])
        assert found.notes[-1] == (
            "The study keeps only rows with matcher ArcFace and run 0, 2; 400 other rows were left out."
        )

    def test_faults_are_looked_for_in_these_rows_and_numbered_as_in_the_file(
        self, suffix: str, data: Path
    ) -> None:
        columns = self.columns()
        columns["probe"][3] = ""  # of the other matcher
        columns["probe"][8] = ""
        with pytest.raises(InputError, match="row 9, column 'probe'"):
            counts_of(str(written(data, columns, f"scores.{suffix}")), study(rows=self.ROWS))

    def test_a_value_that_no_row_has_is_refused(self, suffix: str, data: Path) -> None:
        scores = str(written(data, self.columns(), f"scores.{suffix}"))
        with pytest.raises(InputError) as caught:
            harness.evaluate(scores, study=study(rows={"matcher": ["ArcFace", "cosface"]}))
        assert str(caught.value).endswith(
            "rows: no row has 'cosface' in 'matcher'; there are 'CosFace', 'ArcFace': correct the study's rows"
        )
