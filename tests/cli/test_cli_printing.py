"""The progress bar: rows, rate and time left, on a terminal and only when the work is long."""

from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console

from harness.cli import printing
from harness.cli.printing import counting_bar


def shown(
    steps: int, *, terminal: bool = True, total: int | None = 1_000_000_000, rows: int = 20_000_000
) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120, color_system=None)
    with counting_bar(console) as counted:
        for _ in range(steps):
            counted(rows, total)
            time.sleep(0.1)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "LONG", 0.2)


@pytest.mark.usefixtures("impatient")
def test_rows_rate_and_time_left_are_shown() -> None:
    said = shown(12)
    assert re.search(r"\d{8,9}/1000000000 comparisons \d+\.\d million/s 0:00:0\d", said)


@pytest.mark.usefixtures("impatient")
def test_a_slow_rate_is_written_out() -> None:
    assert re.search(r"comparisons [\d,]{3,6}/s", shown(12, rows=500))


@pytest.mark.usefixtures("impatient")
def test_without_a_known_total_there_is_no_time_left() -> None:
    said = shown(12, total=None)
    assert re.search(r"\d/\? *comparisons \d+\.\d million/s", said)
    assert "0:00" not in said


@pytest.mark.usefixtures("impatient")
def test_what_is_taken_back_is_counted_once() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120, color_system=None)
    with counting_bar(console) as counted:
        for rows in (400, -400, 1000):
            counted(rows, 1000)
            time.sleep(0.25)
    assert "1000/1000" in out.getvalue()
    assert "1400" not in out.getvalue()


@pytest.mark.usefixtures("impatient")
def test_the_bar_is_there_before_the_first_batch_is() -> None:
    out = io.StringIO()
    with counting_bar(Console(file=out, force_terminal=True, width=120, color_system=None)):
        time.sleep(0.6)
    assert "counting" in out.getvalue()


def test_short_work_shows_nothing() -> None:
    assert not shown(2).strip()


@pytest.mark.usefixtures("impatient")
def test_what_is_no_terminal_shows_nothing() -> None:
    assert not shown(6, terminal=False).strip()


@pytest.mark.usefixtures("impatient")
def test_an_error_clears_the_bar_away() -> None:
    out = io.StringIO()

    def work() -> None:
        with counting_bar(Console(file=out, force_terminal=True, width=120, color_system=None)) as counted:
            counted(5, 10)
            time.sleep(0.4)
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        work()
    assert out.getvalue().endswith("\x1b[2K")  # its line is erased
