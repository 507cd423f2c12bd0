"""GitHub: annotations where they belong, a summary that is a table, and no way out of either for a config."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.gate import Outcome, Place, Report, Rule, Waived
from harness.gate.formats import as_summary, drawn
from harness.text import line
from tests.gate.drawn_reports import HOSTILE, WAIVED, checked, everything, hostile, report_of

BELOW = (Rule.BELOW_SAFE_THRESHOLD, Outcome.FAIL)


@dataclass(frozen=True)
class Command:
    name: str
    data: str
    properties: dict[str, str] = field(default_factory=dict)


def commands_in(log: str) -> list[Command | None]:
    """Read a log as GitHub's runner does (actions/runner, ActionCommand.cs): a command or none for every line."""
    return [command_in(line) for line in log.splitlines()]


def command_in(line: str) -> Command | None:
    start = line.lstrip()
    if start.startswith("::") and "::" in start[2:]:
        information, data = start[2:].split("::", 1)
        name, _, listed = information.partition(" ")
        pairs = [pair.split("=", 1) for pair in listed.strip().split(",") if "=" in pair]
        return Command(name, unescaped(data, ""), {key: unescaped(value, ":,") for key, value in pairs})
    _, bracket, after = line.partition("##[")
    if bracket and "]" in after:
        return Command(after.split("]")[0].split(" ")[0], after.split("]", 1)[1])
    return None


def unescaped(text: str, also: str) -> str:
    for character in "\r\n" + also + "%":
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def lines_of(report: Report) -> list[Command | None]:
    return commands_in(drawn(report, "github", Path.cwd()))


def test_a_fail_is_an_error_at_the_threshold() -> None:
    command, count = lines_of(report_of(checked("north gate", BELOW)))
    assert command == Command(
        "error",
        "north gate: what was found: below-safe-threshold",
        {
            "file": "deploy/a.yaml",
            "line": "3",
            "col": "5",
            "title": "Fail: The threshold is below the safe one",
        },
    )
    assert count is None


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Outcome.PASS, "notice"),
        (Outcome.CANNOT_DECIDE, "error"),
        (Outcome.FAIL, "error"),
        (Outcome.INVALID, "error"),
    ],
)
def test_every_outcome_has_its_command(outcome: Outcome, name: str) -> None:
    command, _ = lines_of(report_of(checked("gate", (Rule.OTHER_TASK, outcome))))
    assert command is not None
    assert command.name == name


def test_a_waived_deployment_is_one_warning_with_owner_expiry_and_reason() -> None:
    one = checked("gate", BELOW, (Rule.OTHER_TASK, Outcome.CANNOT_DECIDE), waived=WAIVED)
    command, _ = lines_of(report_of(one))
    assert command is not None
    assert (command.name, command.properties["title"]) == ("warning", "Waived")
    assert command.data == (
        "gate: waived by head of release until 2026-07-31: replaced in July; "
        "what was found: below-safe-threshold; what was found: other-task"
    )


def test_an_annotation_names_its_file_from_the_repository(tmp_path: Path) -> None:
    report = report_of(checked("gate", BELOW, file=str(tmp_path / "sub" / "a,b:c.yaml")))
    (command, _) = commands_in(drawn(report, "github", tmp_path))
    assert command is not None
    assert command.properties["file"] == "sub/a,b:c.yaml"


def test_hostile_text_makes_no_command_of_its_own() -> None:
    report = hostile()
    *commands, count = lines_of(report)
    assert count is None
    assert len(commands) == len(report.checked)
    for command, one in zip(commands, report.checked, strict=True):
        assert command is not None
        assert command.name == {"fail": "error", "waived": "warning", "pass": "notice"}[str(one.outcome)]
        assert set(command.properties) - {"line", "col"} == {"file", "title"}
        assert line(one.deployment or "") in command.data


@given(st.text(alphabet=st.characters(), max_size=40) | st.text(alphabet="#[]:%0AD,=x \n\r", max_size=40))
def test_whatever_a_config_says_the_log_holds_one_command_for_each_deployment(text: str) -> None:
    report = report_of(
        checked(text, BELOW, file=text or "x", sentence=text), checked(text, (Rule.SAFE, Outcome.PASS))
    )
    error, notice, count = lines_of(report)
    assert (error and error.name, notice and notice.name, count) == ("error", "notice", None)
    assert error is not None
    assert line(f"{text}: {text}") in error.data


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
def test_no_other_form_commands_the_runner(form: str) -> None:
    assert set(commands_in(drawn(hostile(), form, Path.cwd()))) == {None}


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
@pytest.mark.parametrize("text", [*HOSTILE, "::stop-commands::x.yaml", " \u00a0::error::x", ":::x::"])
def test_no_line_of_another_form_begins_with_a_command(form: str, text: str) -> None:
    both = (BELOW, (Rule.OTHER_TASK, Outcome.CANNOT_DECIDE))
    waived = Waived(text, text, WAIVED.expires, Place(text))
    report = report_of(
        checked(text, *both, file=text, sentence=text),
        checked(text, *both, file=text, sentence=text, waived=waived),
        checked(None, (Rule.INVALID_CONFIG, Outcome.INVALID), file=text, sentence=text),
        evaluation=text,
    )
    assert set(commands_in(drawn(report, form, Path.cwd()))) == {None}


class Seen(HTMLParser):
    """The tags of a page, what attributes they have, and the text of each cell."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[object] = []
        self.cells: list[str] = []
        self.comments: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def rendered(summary: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(summary)


def test_a_summary_is_a_table_the_worst_first() -> None:
    report = everything()
    seen = Seen(rendered(as_summary(report)))
    rows = [seen.cells[at : at + 6] for at in range(0, len(seen.cells), 6)]
    assert [row[0] for row in rows] == [str(one.outcome) for one in report.checked]
    assert [row[1] for row in rows] == [one.deployment or "" for one in report.checked]
    assert rows[1][2:5] == ["0.6", "release team", str(report.checked[1].place)]


def test_hostile_text_is_only_text_in_a_summary() -> None:
    report = hostile()
    seen = Seen(rendered(as_summary(report)))
    assert set(seen.tags) == {"h3", "p", "table", "tr", "th", "td", "b", "br", "span"}
    assert seen.attributes == []
    assert seen.comments == []
    assert seen.tags.count("tr") == len(report.checked) + 1
    names = seen.cells[1::6]
    assert names == [line(one.deployment or "") for one in report.checked]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_mention_and_no_reference_stands_in_a_summary(text: str) -> None:
    summary = as_summary(report_of(checked(text, BELOW, sentence=text)))
    for sign in "@#":
        assert summary.count(sign) == summary.count(f"<span>{sign}</span>") + 3 * (sign == "#")


def test_a_summary_too_large_for_github_says_how_much_is_left_out() -> None:
    ones = [checked(f"gate {at}", BELOW, sentence="x" * 390) for at in range(3000)]
    summary = as_summary(report_of(*ones))
    assert len(summary.encode()) < 2**20
    shown = summary.count("<tr>") - 1
    assert 1000 < shown < 3000
    assert f"\n{3000 - shown} more are in the log.\n" in summary
