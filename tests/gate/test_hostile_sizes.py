"""What is written to take time or memory: a check of it ends soon, by a documented exit code and with one line."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest
from pydantic_core import ValidationError

from harness.cli.app import run
from harness.config.reading import MAX_BYTES
from harness.errors import InputError
from harness.files import content_of
from harness.gate.evaluation_file import EvaluationShape
from harness.gate.evidence import MAX_BYTES as MAX_EVALUATION
from harness.gate.strict_json import MAX_VALUES, plain_json
from tests.gate.small_world import TODAY, Plain

MOST_SECONDS = 2
DEFAULTS = """\
defaults:
  matcher: {name: synthetic, version: "1"}
  use_case: verification
  owner: release team
"""
LIVE = DEFAULTS.replace("verification", "live") + "  axes: [ethnicity]\n"
MANY = "".join(f"  g{place}: {{threshold: 0.6}}\n" for place in range(1000))


def filled(start: str, piece: str, end: str = "") -> str:
    """As large as a document may be."""
    return start + piece * ((MAX_BYTES - len(start) - len(end)) // len(piece.encode())) + end


def numbered(form: str, count: int, start: str = "", end: str = "") -> str:
    return start + "".join(map(form.format, range(count))) + end


def attributes(count: int) -> str:
    return f"[{', '.join(f'a{place}' for place in range(count))}]"


SYNTAX = {
    "a.yaml": {
        "a list": filled("a: [", "1,", "]\n"),
        "mappings": filled("a: [", "{},", "]\n"),
        "lists in lists": filled("a: [", "[[[[[[[[[[[[[[]]]]]]]]]]]]]],", "]\n"),
        "lists never closed": filled("a: ", "["),
        "mappings never closed": filled("a: ", "{b: "),
        "pairs in a list": filled("a: [", "b: c,", "]\n"),
        "a list in lines": filled("a:\n", "- 1\n"),
        "mappings in lines": filled("a:\n", "- a: 1\n"),
        "keys": numbered("k{0}: {0}\n", 10_000),
        "quotes": filled("a: [", "'',", "]\n"),
        "a word": filled("a: ", "x", "\n"),
        "words": filled("a: ", "x ", "y\n"),
        "words in lines": filled("a: ", "x\n  ", "y\n"),
        "escapes": filled('a: "', "\\n", '"\n'),
        "a text block": filled("a: |\n", " x\n"),
        "a folded block": filled("a: >\n", " x\n"),
        "an empty block": filled("a: |\n", "\n"),
        "a text never closed": filled('a: "', "x\n"),
        "digits": filled("a: ", "9", "\n"),
        "digits and a letter": filled("a: ", "9", "x\n"),
        "sexagesimal": filled("a: 1", ":30", "x\n"),
        "an exponent": filled("a: 1.0e+", "9", "\n"),
        "a tag": filled("a: !", "x", "\n"),
        "anchors": filled("a: [", "&x 1,", "]\n"),
        "comments": filled("a: 1\n", "#\n"),
        "blank lines": filled("a: 1\n", "\n"),
        "blanks": filled("a: ", " ", "1\n"),
        "a long key": filled("", "x", ": 1\n"),
        "documents": filled("", "---\n"),
        "directives": filled("", "%FOO bar\n", "---\na: 1\n"),
        "one key": filled("", "a: 1\n"),
    },
    "a.json": {
        "a list": filled('{"a": [', "1,", "1]}"),
        "lists in lists": filled('{"a": [', "[[[[[[[[[[[[[[]]]]]]]]]]]]]],", "1]}"),
        "lists never closed": filled('{"a": ', "["),
        "keys": numbered('"k{0}": {0},', 7_000, "{", '"": 1}'),
        "escapes": filled('{"a": "', '\\"', '"}'),
        "a text never closed": filled('{"a": "', '\\"'),
        "blanks": filled('{"a": ', "\n", "1}"),
        "digits": filled('{"a": ', "9", "}"),
    },
    "a.toml": {
        "a list": filled("a = [", "1,", "]\n"),
        "mappings": filled("a = [", "{},", "]\n"),
        "lists never closed": filled("a = ", "["),
        "tables": numbered("[t{0}]\n", 12_000),
        "tables in lists": filled("", "[[a]]\n[[a.b]]\n"),
        "keys": numbered("k{0} = {0}\n", 8_000),
        "deep keys": numbered("a.b.c.d.e.f.g.h.i.j.k.l.m{0} = 1\n", 3_500),
        "a long key": filled("a", ".a", " = 1\n"),
        "a long key in quotes": filled('"a b"', '."a b"', " = 1\n"),
        "quotes in a text": filled("a = '''", "''x", "'''\n"),
        "double quotes in a text": filled('a = """', '""x', '"""\n'),
        "escaped quotes in a comment": filled('#"', '\\"', "\n"),
        "escaped quotes in a text": filled('a = """', '\\"', '"""\n'),
        "a text never closed": filled("a = '''", "''\n"),
        "digits": filled("a = ", "9", "\n"),
        "comments": filled("a = 1\n", "#\n"),
    },
}

DEPLOYMENTS = {
    "axes": f"{DEFAULTS}  axes: {attributes(4500)}\ndeployments:\n  gate: {{threshold: 0.6}}\n",
    "axes of one name": f"{DEFAULTS}  axes: [{'a, ' * 4500}b]\ndeployments:\n  gate: {{threshold: 0.6}}\n",
    "axes that are none": f"{DEFAULTS}  axes: [{'[], ' * 4500}b]\ndeployments:\n  gate: {{threshold: 0.6}}\n",
    "an axis of many attributes": f"{DEFAULTS}  axes: [{attributes(4500)}]\ndeployments:\n  gate: {{threshold: 0.6}}\n",
    "a long axis, inherited": f"{DEFAULTS}  axes: [{'a' * 80_000}]\ndeployments:\n{MANY}",
    "axes, inherited": f"{DEFAULTS}  axes: {attributes(40)}\ndeployments:\n{MANY}",
    "more axes, inherited": f"{DEFAULTS}  axes: {attributes(2000)}\ndeployments:\n{MANY}",
    "deployments": f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n{MANY}",
    "more deployments": numbered("  k{0}: {{}}\n", 4900, f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n"),
    "groups": f"{LIVE}deployments:\n  gate:\n    threshold: 0.6\n    watchlist_size: 4500\n    watchlist_composition:\n"
    + numbered("        g{0}: 1\n", 4500, "      ethnicity:\n"),
    "unknown keys": numbered("k{0}: 1\n", 4900, f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n  g: {{}}\n"),
    "unknown keys everywhere": f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n{MANY.replace('threshold', 'treshold')}",
    "evaluations": numbered(
        "  g{0}: {{threshold: 0.6, evidence: {{evaluation: e{0}.json}}}}\n",
        900,
        f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n",
    ),
}

CASES = [(name, text) for name, texts in SYNTAX.items() for text in texts.values()]
CASES += [("a.yaml", text) for text in DEPLOYMENTS.values()]
IDS = [f"{name} {case}" for name, texts in SYNTAX.items() for case in texts] + list(DEPLOYMENTS)


@pytest.mark.usefixtures("evaluation")
@pytest.mark.parametrize(("name", "text"), CASES, ids=IDS)
def test_nothing_that_a_config_holds_takes_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    assert len(text.encode()) <= MAX_BYTES
    (tmp_path / name).write_text(text)
    evidence = ["--evaluation", str(tmp_path / "evaluation.json")]
    gc.freeze()  # what thousands of other tests hold is not searched for garbage of this one
    began = time.process_time()
    code = run(["check", str(tmp_path / name), *evidence, "--today", f"{TODAY}"])
    seconds = time.process_time() - began
    gc.unfreeze()
    shown = capsys.readouterr()
    assert code in {0, 1, 2, 3}
    assert shown.err == ""
    assert max(map(len, shown.out.splitlines())) < 3_000
    assert seconds < MOST_SECONDS


def invalid(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> str:
    (tmp_path / "a.yaml").write_text(text)
    assert run(["check", str(tmp_path / "a.yaml"), "--today", f"{TODAY}"]) == 2
    return capsys.readouterr().out.splitlines()[0].partition("a.yaml")[2]


class TestAConfigThatIsTooLarge:
    def test_in_deployments(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        text = f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n{MANY}  one_more: {{threshold: 0.6}}\n"
        expected = ":7:3: 1,001 deployments are more than 1,000; write them in several files"
        assert invalid(tmp_path, text, capsys) == expected

    def test_in_what_the_deployments_inherit(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = f"{DEFAULTS}  axes: {attributes(100)}\ndeployments:\n{MANY}"
        assert invalid(tmp_path, text, capsys) == (
            ":7:3: the deployments take 106,000 values from the defaults, more than 50,000; write them in several "
            "files"
        )


def problems(plain: Plain) -> int:
    with pytest.raises(ValidationError) as caught:
        EvaluationShape.model_validate(plain)
    return caught.value.error_count()


class TestAnEvaluation:
    """Each problem that is told takes up to a kilobyte, and a file of 128 MiB has room for millions."""

    @pytest.mark.parametrize("wrong", [{}, [], "", True, 1.5, [[]]])
    def test_of_wrong_parts_stops_at_the_first(self, plain: Plain, wrong: object) -> None:
        for rates in ("false_matches", "false_non_matches"):
            plain["axes"]["sex"][rates]["groups"][0]["errors"] = [wrong] * 1000
        assert problems(plain) == 2

    @pytest.mark.parametrize("place", ["versions", "answer", "axes", "sex", "subjects"])
    def test_of_wrong_keys_does_not_name_them_all(self, plain: Plain, place: str) -> None:
        sex = plain["axes"]["sex"]
        sex["subjects"] = {}
        holders = {"answer": plain["answer"], "axes": plain["axes"], "sex": sex, "subjects": sex["subjects"]}
        holders.get(place, plain["versions"]).update((f"k{number}", 1) for number in range(10_001))
        assert problems(plain) == 1

    def test_of_too_many_values_is_not_read(self) -> None:
        with pytest.raises(ValueError, match=r"^more than 5,000,000 values$"):
            plain_json(b"[" + b"1," * MAX_VALUES + b"1]")

    def test_of_too_many_bytes_is_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "evaluation.json"
        with path.open("wb") as file:
            file.truncate(MAX_EVALUATION + 1)
        with pytest.raises(InputError, match="larger than 128 MiB"):
            content_of(path, limit=MAX_EVALUATION)

    def test_that_is_too_large_cannot_decide(
        self, tmp_path: Path, evaluation: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with evaluation.open("r+b") as file:
            file.truncate(MAX_EVALUATION + 1)
        (tmp_path / "a.yaml").write_text(
            f"{DEFAULTS}  axes: [ethnicity]\ndeployments:\n  g: {{threshold: 0.6}}\n"
        )
        code = run(
            ["check", str(tmp_path / "a.yaml"), "--evaluation", str(evaluation), "--today", f"{TODAY}"]
        )
        assert (code, "larger than 128 MiB" in capsys.readouterr().out) == (3, True)
