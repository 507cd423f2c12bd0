"""Cells of CSV tables: a spreadsheet runs none, a number stays a number, and every label can be had back."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.app import run
from harness.outputs import _inert

DOCUMENTED = re.search(
    r'replace\(r"(.+)", "", regex=True\)',
    (Path(__file__).parents[1] / "docs/reference/files/tables.md").read_text("utf-8"),
)


def written(texts: list[str]) -> list[str]:
    found: list[str] = _inert(pa.table({"group": pa.array(texts, pa.string())}))["group"].to_pylist()
    return found


def read_back(texts: list[str]) -> list[str]:
    assert DOCUMENTED is not None
    return [re.sub(DOCUMENTED[1], "", text) for text in texts]


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-", "@home", "\t=1", "\rx", " =1", "＝1", "'=1", "''\t", "\x00-1"]
)
def test_text_that_a_spreadsheet_may_run_has_an_apostrophe_before_it(text: str) -> None:
    assert written([text]) == [f"'{text}"]


@pytest.mark.parametrize(
    "text", ["", "Métis", "18-24", "a=b", "'quoted'", "{=1}", "(-1)", "x\t=1", "–", "−1"]
)
def test_other_text_is_as_it_was(text: str) -> None:
    assert written([text]) == [text]


@given(st.lists(st.text("='\t\r\n -+@＝a\x00\u200b") | st.text()))
def test_every_label_can_be_had_back_as_the_docs_say(texts: list[str]) -> None:
    assert read_back(written(texts)) == texts


def test_what_is_missing_and_what_is_no_text_stays() -> None:
    table = pa.table({"group": pa.array([None, "-"]), "lower": [-0.5, None], "ok": [True, False]})
    assert _inert(table) == pa.table(
        {"group": pa.array([None, "'-"]), "lower": [-0.5, None], "ok": [True, False]}
    )


def test_the_tables_of_an_evaluation_hold_no_formula_and_join_with_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    groups = ("=cmd|' /C calc'!A0", "-", "+44", "b")
    rows = [
        f"{(i * 37 % 100 - 50) / 100},{'yes' if i % 2 else 'no'},{groups[i // 2 % 4]}" for i in range(400)
    ]
    Path("s.csv").write_text("\n".join(["score,mated,who", *rows]) + "\n")
    Path("study.yaml").write_text(
        'matcher: {name: "=A1", version: "1"}\nscore: {column: score, better: higher}\n'
        'mated: {column: mated, mated: ["yes"], non_mated: ["no"]}\ngroups: {"@who": who}\n'
    )
    thresholds = [
        "--thresholds=-0.4,0,0.4",
        "--operating-threshold=-0.4",
    ]  # pairs.csv has those of the answer
    assert run(["evaluate", "s.csv", "--study", "study.yaml", *thresholds, "--out", "out"]) == 0
    for name in ("rates", "verdicts", "pairs", "measures"):
        table = pd.read_csv(f"out/{name}.csv")
        assert pd.api.types.is_float_dtype(table["threshold"])
        assert table["threshold"].min() < 0
        texts = table.select_dtypes(include=["object", "string"])
        assert not [
            text for text in texts.to_numpy().ravel() if isinstance(text, str) and text[:1] in "=+-@\t\r"
        ]
        assert set(read_back(list(table["axis"]))) == {"@who"}
    rates = pd.read_csv("out/rates.csv")
    assert set(read_back(list(rates["group"]))) == set(groups)
