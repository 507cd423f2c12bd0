"""A mapping drafted from a file of records: which column seems to say what, and how values are written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.auditing.dates import days_reader
from harness.auditing.mapping import RecordMapping, load_mapping
from harness.auditing.reading import RecordFile, read_records
from harness.auditing.rows import Row, is_workbook, rows_of, sheets_of
from harness.auditing.values import estimate_from, hours_from
from harness.config import document_in, validate
from harness.drafting.page import Page, listed, quoted, scalar
from harness.errors import InputError
from harness.files import reading

__all__ = ["draft_mapping"]

LOOKED_AT = 1 << 16
"""Bytes of a text file in which its header must be."""
ROWS_FOR_HEADER = 20
TEXTS = (".csv", ".tsv", ".txt")
SCORES = re.compile(r"scores?|similarity|distance|mated", re.IGNORECASE)
"""In the names of columns of comparisons or searches, which are no deployments."""
DELIMITERS = {",": ",", ";": ";", "\t": "tab", "|": "|"}
MOST_UNKNOWN = 8

DATES = (
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "DD/MM/YY",
    "DD/MM/YYYY",
    "D/M/YY",
    "D/M/YYYY",
    "DD-MM-YY",
    "DD-MM-YYYY",
    "DD.MM.YY",
    "DD.MM.YYYY",
    "D MMMM YY",
    "D MMMM YYYY",
    "D-MMM-YY",
    "D-MMM-YYYY",
    "MMMM D, YYYY",
    "MM/DD/YY",
    "MM/DD/YYYY",
    "M/D/YY",
    "M/D/YYYY",
)
"""Of those that read as many dates the first: day before month, as forces write them, and years of two figures."""

FALSE, TRUE = "false|incorrect|wrong|negative", "true|positive|correct|confirmed"
_ALERTS = "alerts?|match(?:es)?|hits?"
_NOT_ALERTS = "engagements?|interventions?|arrests?|disposals?|stops?|actions?"
_USES: tuple[tuple[str, str, str], ...] = (
    ("false_alert_rate", rf"(?=.*\b(?:{FALSE})\b).*\b(?:rate|percentage)\b", ""),
    ("duration", r"\bduration\b|\bhours\b|\blength of deployment\b", "arrest"),
    ("watchlist_size", r"\bwatch ?list\b", "category|categories|purpose|reference"),
    ("threshold", r"\bthresholds?\b", ""),
    ("faces", r"\bfaces\b|\b(?:people|persons|subjects) (?:seen|scanned|processed)\b", ""),
    (
        "unconfirmed_alerts",
        rf"(?=.*\b(?:unconfirmed|unverified|unsettled|unknown|unresolved)\b).*\b(?:{_ALERTS})\b",
        _NOT_ALERTS,
    ),
    ("false_alerts", rf"(?=.*\b(?:{FALSE})\b).*\b(?:{_ALERTS})\b", _NOT_ALERTS),
    ("true_alerts", rf"(?=.*\b(?:{TRUE})\b).*\b(?:{_ALERTS})\b", _NOT_ALERTS),
    ("alerts", rf"\b(?:{_ALERTS})\b", _NOT_ALERTS),
    ("date", r"\bdates?\b|\bday\b|\bdd mm\b|\bwhen\b", ""),
    ("place", r"\b(?:location|place|site|venue|area|where)\b|^deployment$", "type|number"),
)
"""By use, what a column's name holds and what it does not; the first that fits counts."""

SUMMED = "unconfirmed_alerts"
"""The only use for which several columns are added up without being asked."""
ORDER = (
    "date",
    "place",
    "watchlist_size",
    "threshold",
    "faces",
    "alerts",
    "true_alerts",
    "false_alerts",
    "unconfirmed_alerts",
    "false_alert_rate",
    "duration",
)
OPTIONAL = ("unconfirmed_alerts", "false_alert_rate", "duration")
COUNTS = ("watchlist_size", "faces", "alerts", "true_alerts", "false_alerts", "unconfirmed_alerts")


def draft_mapping(path: str | os.PathLike[str]) -> str | None:
    """Draft a mapping of a file of deployment records, with what was seen in its columns.

    Parameters
    ----------
    path : path
        A CSV file or a workbook.

    Returns
    -------
    str or None
        YAML with comments; None where the columns are not those of deployment records, as those of scores.

    Raises
    ------
    InputError
        The file cannot be read.

    Examples
    --------
    >>> text = draft_mapping("data_synthetic/records.csv")
    >>> [line for line in text.splitlines() if line.startswith(("date_format", "thousands", "rate_in"))]
    ['date_format: "DD/MM/YYYY"', 'thousands: ","', 'rate_in: percent']
    >>> draft_mapping("data_synthetic/sample.csv") is None
    True
    """
    source = os.fspath(path)
    if not source.lower().endswith(TEXTS) and not is_workbook(source):
        return None
    with reading(Path(source)), Path(source).open("rb") as stream:
        beginning = stream.read() if is_workbook(source) else stream.read(LOOKED_AT)
    found = next(_with_header(beginning, source), None)
    if found is None:
        return None
    written, header = found
    with reading(Path(source)):
        content = Path(source).read_bytes()
    rows = [row for row in rows_of(content, source, written) if row.line > header.line]
    names = [" ".join(name.split()) for name in header.cells]
    return _Draft(source, written, names, names != header.cells, rows).text()


def _with_header(beginning: bytes, source: str) -> Iterator[tuple[RecordMapping, Row]]:
    """Yield how a file is written, with the row that names the columns of records."""
    for written in _ways_to_write(beginning, source):
        try:
            rows = rows_of(_whole_lines(beginning, source), source, written)
            for row, _ in zip(rows, range(ROWS_FOR_HEADER), strict=False):
                if _are_of_records(row.cells):
                    yield written, row
        except InputError:
            continue


def _ways_to_write(beginning: bytes, source: str) -> Iterator[RecordMapping]:
    if is_workbook(source):
        names = sheets_of(beginning, source)
        yield from (RecordMapping(sheet=name if len(names) > 1 else None) for name in names)
        return
    for encoding in ("utf-8", "windows-1252"):
        for delimiter in DELIMITERS.values():
            yield load_mapping({"delimiter": delimiter, "encoding": encoding})


def _whole_lines(beginning: bytes, source: str) -> bytes:
    """Leave out a line that was cut off."""
    if is_workbook(source) or len(beginning) < LOOKED_AT:
        return beginning
    return beginning[: beginning.rfind(b"\n") + 1]


def uses_of(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns that seem to hold each value, by the words of their names.

    Examples
    --------
    >>> uses_of(["Date", "Faces seen (est.)", "False alerts confirmed", "False alert engagements"])
    {'date': ['Date'], 'faces': ['Faces seen (est.)'], 'false_alerts': ['False alerts confirmed']}
    """
    found: dict[str, list[str]] = {}
    for name in (" ".join(name.split()) for name in names):
        words = re.sub(r"[^a-z0-9]+", " ", name.casefold()).strip()
        for use, holds, holds_not in _USES:
            if re.search(holds, words) and not (holds_not and re.search(rf"\b(?:{holds_not})\b", words)):
                found.setdefault(use, []).append(name)
                break
    return found


def _are_of_records(names: Sequence[str]) -> bool:
    """Whether columns are those of deployments: a date, alerts, and faces or a watchlist; and no scores."""
    uses = uses_of(names)
    alerts = [use for use in ("alerts", "true_alerts", "false_alerts") if use in uses]
    exposed = "faces" in uses or ("watchlist_size" in uses and len(alerts) > 1)
    return "date" in uses and bool(alerts) and exposed and not any(SCORES.search(name) for name in names)


@dataclass
class _Draft:
    """What is drafted of a file."""

    source: str
    written: RecordMapping
    header: list[str]
    spaced_header: bool
    rows: list[Row]
    page: Page = field(default_factory=Page)

    def text(self) -> str:
        """Write the mapping."""
        uses = uses_of(self.header)
        if "place" not in uses:
            taken = {name for names in uses.values() for name in names}
            uses["place"] = [name for name in self.header if name not in taken][:1]
        chosen = {use: names if use == SUMMED else names[:1] for use, names in uses.items() if names}
        keys = self._keys(chosen)
        self._head(chosen)
        self._columns(chosen, uses)
        for name, (value, why) in keys.items():
            self.page.put(f"{name}: {value}" + (f"  # {why}" if why else ""))
        self._outcome()
        return self.page.text()

    def _head(self, chosen: Mapping[str, Sequence[str]]) -> None:
        self.page.say(
            f"A mapping for {quoted(self.source)}, drafted from the names of its columns and what they hold. Read it: "
            f"a name may mean something else. Then: harness audit {self.source} --mapping THIS --evaluation RESULTS"
        )
        taken = {name for names in chosen.values() for name in names}
        left = [name for name in self.header if name and name not in taken]
        if left:
            self.page.say(f"Not read: {listed(left)}.")
        self.page.gap()

    def _columns(self, chosen: Mapping[str, Sequence[str]], uses: Mapping[str, Sequence[str]]) -> None:
        self.page.put("columns:")
        for use in ORDER:
            names = chosen.get(use, ())
            if not names and use in OPTIONAL:
                continue
            value = (
                f"[{', '.join(map(scalar, names))}]"
                if len(names) > 1
                else scalar(names[0])
                if names
                else "null"
            )
            seen = self._values(names[0])[:3] if names else []
            why = f"as {', '.join(map(quoted, seen))}" if seen else "no column seems to say it"
            others = [name for name in uses.get(use, ()) if name not in names]
            also = f"; or {listed(others)}" if others else ""
            summed = "added up; " if len(names) > 1 else ""
            self.page.put(f"  {use}: {value}  # {summed}{why}{also}")
        if "threshold" not in chosen:
            self.page.suggest(
                "fixed: {threshold: 0.6}  # if all were operated at one that is stated elsewhere"
            )

    def _keys(self, chosen: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
        """The keys but `columns`, each with its value and what is said beside it."""
        counts = [value for use in COUNTS for value in self._of(chosen, use)]
        sign = next((one for one in (",", " ", "'") if any(_separates(one, value) for value in counts)), None)
        keys = self._date_key(chosen)
        if sign is not None:
            keys["thousands"] = (f'"{sign}"', "")
        if any(value.endswith("%") for value in self._of(chosen, "false_alert_rate")):
            keys["rate_in"] = ("percent", "")
        if any(_above_one(value) for value in self._of(chosen, "threshold")):
            keys["threshold_in"] = ("percent", "thresholds are above 1; leave it out if scores are")
        unknown = self._unknown(chosen, sign)
        if unknown:
            shown = ", ".join(map(scalar, unknown[:MOST_UNKNOWN]))
            keys["unknown"] = (f"[{shown}]", "no numbers; is that what they mean?")
        return keys | self._written_keys()

    def _date_key(self, chosen: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
        dates = self._of(chosen, "date")
        patterns, unread = _patterns(dates)
        if not patterns:
            return {}
        value = scalar(patterns[0]) if len(patterns) == 1 else f"[{', '.join(map(scalar, patterns))}]"
        why = f"not read by it: {listed(unread)}" if unread else _ambiguity(dates, patterns)
        return {"date_format": (value, why)}

    def _written_keys(self) -> dict[str, tuple[str, str]]:
        keys: dict[str, tuple[str, str]] = {}
        spaced = any(cell != cell.strip() for row in self.rows for cell in row.cells)
        if spaced or self.spaced_header:
            keys["trim"] = ("true", "")
        for name in ("delimiter", "encoding", "sheet"):
            value, default = getattr(self.written, name), RecordMapping.model_fields[name].default
            if value != default:
                keys[name] = (scalar(value), "")
        return keys

    def _of(self, chosen: Mapping[str, Sequence[str]], use: str) -> list[str]:
        return [value for name in chosen.get(use, ()) for value in self._values(name)]

    def _values(self, name: str) -> list[str]:
        """The distinct values of a column that are not blank, in the order of the file."""
        index = self.header.index(name)
        cells = (row.cells[index].strip() for row in self.rows if index < len(row.cells))
        return list(dict.fromkeys(cell for cell in cells if cell))

    def _unknown(self, chosen: Mapping[str, Sequence[str]], sign: str | None) -> list[str]:
        """Texts that stand where a number is expected, blank cells among them, in rows that have a date."""
        dated = _reader_of(self._values(chosen["date"][0]))
        day = self.header.index(chosen["date"][0])
        found: dict[str, None] = {}
        for use in (*COUNTS, "threshold", "false_alert_rate", "duration"):
            for name in chosen.get(use, ()):
                index = self.header.index(name)
                for row in self.rows:
                    if len(row.cells) == len(self.header) and dated(row.cells[day].strip()):
                        text = row.cells[index].strip()
                        if not _reads(use, text, sign):
                            found[text] = None
        return list(found)

    def _outcome(self) -> None:
        """Say what comes of the mapping, by reading the file with it."""
        self.page.gap()
        try:
            read = read_records(self.source, _mapping_in(self.page.text()))
        except InputError as error:
            self.page.say(f"Not read with it yet: {error}")
        else:
            self.page.say(f"Read with it: {_outcome_text(read)}.")


def _mapping_in(text: str) -> RecordMapping:
    return validate(RecordMapping, document_in(text.encode(), "the draft.yaml"))


def _outcome_text(read: RecordFile) -> str:
    aside = [f"line {one.line} ({one.reason})" for one in read.set_aside[:MOST_UNKNOWN]]
    more = len(read.set_aside) - len(aside)
    listing = f"; set aside {', '.join(aside)}{f' and {more} more' if more > 0 else ''}" if aside else ""
    return f"{len(read.records):,} records{listing}"


def _patterns(dates: Sequence[str]) -> tuple[list[str], list[str]]:
    """The pattern that reads most dates, with others that read what is left; and what none reads."""
    chosen: list[str] = []
    left = list(dates)
    while left:
        read = {pattern: [text for text in left if _is_date(pattern, text)] for pattern in DATES}
        best = max(DATES, key=lambda pattern: len(read[pattern]))
        if not read[best]:
            break
        chosen.append(best)
        left = [text for text in left if text not in read[best]]
    return chosen, left


def _reader_of(dates: Sequence[str]) -> Callable[[str], bool]:
    patterns, _ = _patterns(dates)
    return lambda text: any(_is_date(pattern, text) for pattern in patterns)


def _is_date(pattern: str, text: str) -> bool:
    try:
        days_reader([pattern])(text)
    except ValueError:
        return False
    return True


def _ambiguity(dates: Sequence[str], patterns: Sequence[str]) -> str:
    swapped = {"DD/MM/YYYY": "MM/DD/YYYY", "DD/MM/YY": "MM/DD/YY", "D/M/YYYY": "M/D/YYYY", "D/M/YY": "M/D/YY"}
    other = swapped.get(patterns[0]) if len(patterns) == 1 else None
    if other is not None and all(_is_date(other, text) for text in dates):
        return f"or {other}: every date is one either way"
    return ""


def _separates(sign: str, text: str) -> bool:
    return re.search(rf"(?<![0-9])[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+(?![0-9])", text) is not None


def _above_one(text: str) -> bool:
    bare = text.removesuffix("%").strip()
    return text.endswith("%") or (re.fullmatch(r"[0-9]+([.][0-9]+)?", bare) is not None and float(bare) > 1)


def _reads(use: str, text: str, sign: str | None) -> bool:
    try:
        if use == "duration":
            hours_from(text)
        elif use in COUNTS:
            estimate_from(text, sign)
        else:
            return any(character.isdigit() for character in text)
    except ValueError:
        return use in COUNTS and any(character.isdigit() for character in text)
    return True
