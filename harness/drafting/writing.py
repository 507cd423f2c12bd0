"""The study file that a draft is: a line for each role that columns have, and in comments why, and what to decide."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.comparisons.files import Files
from harness.drafting.columns import Column, Table
from harness.drafting.page import Page, flow, quoted, scalar
from harness.drafting.patterns import Pattern, pattern_of_paths
from harness.drafting.people import People
from harness.drafting.roles import OF_ONE_IMAGE, Attribute, Repeated, Roles, Subjects
from harness.drafting.truth import Truth
from harness.numbers import counted, number, percent, threshold_text
from harness.text import line

__all__ = ["Draft"]

MOST_NAMED = 6
"""Labels in a comment."""
OF_MATCHERS = ("matcher", "algorithm", "model", "system", "network")
NO_GROUP = {
    "unknown",
    "unclear",
    "other",
    "none",
    "n/a",
    "na",
    "?",
    "not stated",
    "unspecified",
    "missing",
    "-",
}
LEAST_TELLING, MOST_TELLING = 0.4, 0.6
"""Areas under the ROC curve between which mated and other scores hardly differ."""


@dataclass(frozen=True)
class Draft:
    """All that a draft tells of.

    Attributes
    ----------
    table : Table
    roles : Roles
    people : People or None
    people_file : str
        As the study file names it.
    image_pattern : Pattern or None
        By which the names of images name people.
    """

    table: Table
    roles: Roles
    people: People | None = None
    people_file: str = ""
    image_pattern: Pattern | None = None

    def text(self) -> str:
        """Return the study file."""
        page = Page()
        for part in (
            self._head,
            self._matcher,
            self._columns,
            self._rows,
            self._score,
            self._mated,
            self._subjects,
            self._people,
            self._groups,
            self._axes,
            self._missing,
            self._task,
            self._unused,
        ):
            part(page)
            page.gap()
        return page.text().rstrip("\n") + "\n"

    def _name(self, column: Column) -> str:
        return self._names.get(column.index, column.name)

    @property
    def _names(self) -> dict[int, str]:
        """The names that columns without any are given, by what they are."""
        if not self.table.headerless:
            return {}
        roles, names = self.roles, {}
        for sides, words in (
            *((pair.columns, ("image",)) for pair in roles.images),
            *((one.columns, (one.name,)) for one in roles.attributes),
            (self._subject_columns, ("subject",)),
        ):
            both = ("probe", "reference") if len(sides) == 2 else ("",)
            for column, side in zip(sides, both, strict=True):
                names[column.index] = "_".join(filter(None, (side, *words)))
        truth = roles.reading.truth
        for own, of in (("score", roles.reading.score), ("mated", truth and truth.column)):
            if of is not None:
                names[of.index] = own
        return names

    @property
    def _subject_columns(self) -> tuple[Column, ...]:
        return self.roles.subjects.columns if self.roles.subjects is not None else ()

    def _said(self, columns: Sequence[Column]) -> str:
        return " and ".join(quoted(self._name(column)) for column in columns)

    def _head(self, page: Page) -> None:
        table = self.table
        looked = "all of them" if table.rows == table.all_rows else f"{table.rows:,} of them were looked at"
        if self.roles.repeated:
            looked = f"of which {table.rows:,} were looked at, see rows below"
        page.say(
            f"A study of {line(table.name)}, drafted from what its {counted(table.all_rows, 'row')} hold ({looked}).",
            "Read every line: what begins with 'Question' only you can tell, and what was assumed is said.",
        )
        page.suggest("Then: harness evaluate SCORES --study THIS_FILE --out RESULTS")

    def _matcher(self, page: Page) -> None:
        known = next(
            (
                column.examples[0]
                for column in self.table.columns
                if column.distinct == 1 and not column.missing and column.name.lower() in OF_MATCHERS
            ),
            None,
        )
        page.say(
            "Question: which matcher gave the scores, and which version of it? Name both as a deployment does; until then",
            "no deployment can be checked against the evaluation. A version such as 1.10 stands in quotes.",
        )
        page.put(f"matcher: {{name: {scalar(known or 'unknown')}, version: unknown}}")

    def _columns(self, page: Page) -> None:
        if not self.table.headerless:
            return
        page.say(
            "columns: the file does not name its columns, so they are named here, in their order, by what they seem to be.",
            "Rename them as you like, below too.",
        )
        names = [self._name(column) for column in self.table.columns]
        page.put(f"columns: [{', '.join(map(scalar, names))}]")

    def _rows(self, page: Page) -> None:
        for one in self.roles.repeated:
            self._rows_of(page, one)
        if self.roles.repeated:
            kept = ", ".join(
                f"{scalar(self._name(one.column))}: {scalar(one.values[0])}" for one in self.roles.repeated
            )
            page.put(f"rows: {{{kept}}}")

    def _rows_of(self, page: Page, one: Repeated) -> None:
        name = self._name(one.column)
        page.say(
            f"rows: every comparison is there once for each of the {len(one.values)} values of {quoted(name)}, so that "
            f"all rows together would be no one matcher's scores. The rows of {quoted(one.values[0])} are kept; the others "
            f"are {_listed(one.values[1:])}. To evaluate each by itself, leave this line out and add --each "
            f"{line(name)} to the command.",
        )

    def _score(self, page: Page) -> None:
        reading = self.roles.reading
        if reading.score is None:
            page.say(
                "Question: which column holds the comparison scores? None holds numbers alone.",
            )
            page.suggest("score: {column: NAME, better: higher}")
            return
        score = reading.score
        page.say(
            f"score: {quoted(self._name(score))} holds {counted(score.distinct, 'different number')} from "
            f"{threshold_text(score.low)} to {threshold_text(score.high)}.",
            self._direction(),
            "Its decimals stand after a comma." if score.decimal == "," else "",
        )
        for other, area in reading.other_scores:
            told = (
                ""
                if area is None
                else f"; of it, a mated value is the higher one of two in {percent(area)} of all cases"
            )
            page.say(
                f"Question: is it that column, or {quoted(self._name(other))}? That holds such numbers too{told}."
            )
        better = "lower" if reading.points_down else "higher"
        decimal = ', decimal: ","' if score.decimal == "," else ""
        page.put(f"score: {{column: {scalar(self._name(score))}, better: {better}{decimal}}}")

    def _direction(self) -> str:
        reading = self.roles.reading
        if reading.area is None:
            return (
                "Question: do higher scores speak for the same person, or lower ones, as with distances? Higher is "
                "assumed."
            )
        which = "lower" if reading.points_down else "higher"
        share = percent(max(reading.area, 1 - reading.area))
        said = (
            f"Scores of mated rows are {which}: of a mated and a non-mated score, the mated one is {which} in {share} of "
            f"all cases (AUC {number(reading.area)})."
        )
        if LEAST_TELLING < reading.area < MOST_TELLING:
            said += " Question: that is hardly more than chance; is this the score, and the truth?"
        elif reading.truth is not None and reading.truth.by == "scores":
            said = (
                f"Question: do higher scores speak for the same person, or lower ones, as with distances? Higher is "
                f"assumed; the scores of the two labels below are apart (AUC {number(reading.area)})."
            )
        return said

    def _mated(self, page: Page) -> None:
        truth = self.roles.reading.truth
        if truth is None:
            page.say(
                "Question: which column says whether a comparison is mated, of one person? None of two values goes with "
                "the scores. Name it, or two columns of identities that are equal where it is mated, or a file that holds "
                "the truth of each comparison:"
            )
            page.suggest("mated: {column: NAME, mated: LABEL, non_mated: LABEL}")
            page.suggest("mated: {same: [PROBE_SUBJECT, REFERENCE_SUBJECT]}")
            page.suggest("key: {file: TRIALS, on: [PROBE, REFERENCE]}")
            return
        both = f"{counted(self.roles.mated, 'row is', 'rows are')} mated, {self.roles.non_mated:,} non-mated"
        if truth.pair is not None:
            page.say(
                "mated: no column says it, so a comparison is mated where "
                f"{self._said(truth.pair.columns)} are equal: {both}."
            )
            columns = ", ".join(scalar(self._name(column)) for column in truth.pair.columns)
            page.put(f"mated: {{same: [{columns}]}}")
            return
        self._mated_by_column(page, truth, both)

    def _mated_by_column(self, page: Page, truth: Truth, both: str) -> None:
        if truth.column is None:
            return
        name = self._name(truth.column)
        missing = truth.column.missing
        page.say(
            f"mated: {quoted(name)} says {quoted(truth.mated)} where a comparison is mated, and "
            f"{quoted(truth.non_mated)} where it is not: {both}.",
            self._why(truth),
            f"Question: {counted(missing, 'row has', 'rows have')} neither, and will be refused."
            if missing
            else "",
        )
        for other in self.roles.reading.other_truths:
            page.say(f"Question: {quoted(self._name(other))} goes with the scores as well; is it that one?")
        if truth.is_plain:
            page.put(f"mated: {scalar(name)}")
        else:
            labels = f"mated: {scalar(truth.mated)}, non_mated: {scalar(truth.non_mated)}"
            page.put(f"mated: {{column: {scalar(name)}, {labels}}}")

    def _why(self, truth: Truth) -> str:
        if truth.by == "identities" and len(self._subject_columns) == 2:
            return f"{self._said(self._subject_columns)} are equal in rows of {quoted(truth.mated)}, and in hardly any other."
        if truth.by == "one word":
            return f"Question: is {quoted(truth.mated)} the mated one? Only the names tell."
        if truth.by == "scores":
            return (
                f"Question: is {quoted(truth.mated)} the mated one? It is assumed, as its scores are higher."
            )
        return ""

    def _subjects(self, page: Page) -> None:
        subjects = self.roles.subjects
        if subjects is None:
            page.say(
                "Question: which columns name the people who are compared? None does, as far as can be told. Without "
                "them rows count as independent, and bounds are too narrow where people are in many rows."
            )
            page.suggest("subjects: [PROBE_SUBJECT, REFERENCE_SUBJECT]")
        else:
            page.say(*self._of_subjects(subjects))
            page.put(f"subjects: [{', '.join(scalar(self._name(column)) for column in subjects.columns)}]")
            if subjects.separate:
                page.put("identities: separate")
        self._images(page)

    def _of_subjects(self, subjects: Subjects) -> list[str]:
        said, people = self._said(subjects.columns), f"{subjects.people:,}"
        if subjects.by_name:
            return [f"subjects: {said} names {people} people. Question: is it so? Only its name tells."]
        if subjects.separate:
            return [
                f"subjects: {said} are never equal in mated rows, but go together there one to one, so they are taken for "
                "two ways to name people (identities: separate). Question: is it so?"
            ]
        others = [f"So do {self._said(pair.columns)}." for pair in subjects.others]
        truth = self.roles.reading.truth
        if truth is None:
            return [f"subjects: {said} name {people} people."]
        if truth.pair is not None:
            return [f"subjects: the same columns name {people} people.", *others]
        return [
            f"subjects: {said} name {people} people: they are equal where a comparison is mated, and differ where it is not.",
            *others,
        ]

    def _images(self, page: Page) -> None:
        for pair in self.roles.images:
            page.say(
                f"{self._said(pair.columns)} hold names of files, such as {quoted(pair.probe.examples[0])}."
            )
            if self.image_pattern is None or self.roles.subjects is not None:
                continue
            page.say(
                f"Question: do they name the person? If so, take people from them; {self.image_pattern.why}:"
            )
            pattern = scalar(self.image_pattern.text)
            for column, side in zip(pair.columns, ("probe_subject", "reference_subject"), strict=True):
                page.suggest(
                    f"from_value: {{{side}: {{column: {scalar(self._name(column))}, pattern: {pattern}}}}}"
                )

    def _people(self, page: Page) -> None:
        people = self.people
        if people is None:
            return
        taken = {one.name for one in self.roles.attributes if one.active}
        used = [one for one in people.attributes if one.active and one.name not in taken]
        page.say(
            f"people: {line(os.fspath(people.file))} has {counted(people.rows, 'row')}, and its column "
            f"{quoted(people.subject.name)} names {people.compared - people.unknown:,} of the {people.compared:,} subjects "
            "who are compared. What it says of a subject holds for either side of a comparison. A path is taken from the "
            "folder of this file.",
            f"Question: {counted(people.unknown, 'subject has', 'subjects have')} no entry, such as "
            f"{quoted(people.example)}, and will be refused: add them, or leave their rows out."
            if people.unknown
            else "",
            f"Question: {counted(people.repeated, 'row repeats', 'rows repeat')} a subject, which will be refused: leave "
            "one entry for each."
            if people.repeated
            else "",
        )
        for one in used:
            page.say(f"{quoted(one.name)}: {_groups_said(one)}.")
        for one in people.attributes:
            if one in used:
                continue
            why = (
                "the scores have it too"
                if one.name in taken
                else f"{_groups_said(one)}, so name it with bins, as in"
            )
            bins = "" if one.name in taken else f" bins: {{{scalar(one.name)}: {_edges(one.classes)}}}"
            page.say(f"Not among them: {quoted(one.name)} ({why}{bins}).")
        if people.others:
            page.say(f"No groups: {_listed([column.name for column in people.others])}.")
        columns = ", ".join(scalar(one.name) for one in used)
        page.put(
            f"people: {{file: {scalar(self.people_file)}, subject: {scalar(people.subject.name)}, columns: [{columns}]}}"
        )
        self._bins(page, used)

    def _groups(self, page: Page) -> None:
        active = [one for one in self.roles.attributes if one.active]
        asked = [one for one in self.roles.attributes if not one.active]
        by_path = self._by_path if not active else None
        if by_path is not None:
            page.say(
                f"from_path: the names of the files differ in one part, which may be the group: {by_path.why}."
            )
            page.put(f"from_path: {{group: {scalar(by_path.text)}}}")
            page.put("groups: {group: group}")
            return
        if not active and self.people is None:
            page.say(
                "Question: which columns hold the groups of people, such as ethnicity or sex? None was found, and an "
                "evaluation needs at least one. Labels in a file of their own: harness draft SCORES --people FILE."
            )
            page.suggest("groups: {ethnicity: [PROBE_ETHNICITY, REFERENCE_ETHNICITY]}")
        if active:
            page.say(
                "groups: for each attribute the column of the probe's label and the reference's, or the one they share."
            )
            page.put("groups:")
        for one in active:
            page.say(*self._of_attribute(one), indent=2)
            page.put(f"  {scalar(one.name)}: {self._columns_of(one)}")
        for one in asked:
            self._ask(page, one)
        self._bins(page, active)
        self._labels(page, active)

    @property
    def _by_path(self) -> Pattern | None:
        source = self.table.source
        return pattern_of_paths(source.paths) if isinstance(source, Files) else None

    def _columns_of(self, one: Attribute) -> str:
        return flow([self._name(column) for column in one.columns])

    def _of_attribute(self, one: Attribute) -> list[str]:
        said = [f"{_groups_said(one)}."]
        if one.alike is not None and self.roles.reading.truth is not None:
            said.append(f"Both sides have the same in {percent(one.alike)} of the mated rows.")
        elif one.steady is not None:
            said.append(f"{percent(one.steady)} of the subjects have one label throughout.")
        elif len(one.columns) == 1:
            said.append("Question: is it the group of both sides? One column stands for both.")
        if one.missing:
            said.append(
                f"Question: {counted(one.missing, 'row has', 'rows have')} no label, and will be refused: write 'unknown'."
            )
        return said

    def _ask(self, page: Page, one: Attribute) -> None:
        said = f"Question: are {self._said(one.columns)} groups too? {_groups_said(one)}."
        if len(one.columns) == 1:
            said = said.replace("Question: are", "Question: is", 1).replace("groups too", "a group too", 1)
        if one.same_as:
            said += f" It says nearly the same as {quoted(one.same_as)}."
        if one.alike is not None and one.alike < OF_ONE_IMAGE and self.roles.reading.truth is not None:
            said += f" Both sides have the same in only {percent(one.alike)} of the mated rows."
        page.say(said, indent=2)
        page.suggest(f"{scalar(one.name)}: {self._columns_of(one)}", indent=2)
        if one.classes:
            page.suggest(f"and below: bins: {{{scalar(one.name)}: {_edges(one.classes)}}}", indent=2)

    def _bins(self, page: Page, active: Sequence[Attribute]) -> None:
        classes = [one for one in active if one.classes]
        if classes:
            page.say("bins: where the classes of numbers begin. Question: are these the ones that you want?")
            page.put(
                f"bins: {{{', '.join(f'{scalar(one.name)}: {_edges(one.classes)}' for one in classes)}}}"
            )

    def _labels(self, page: Page, active: Sequence[Attribute]) -> None:
        merged = {one.name: one.merged() for one in active if one.merged()}
        if merged:
            page.say(
                "labels: some differ only in case, blanks or Unicode form, and are read as the most frequent one."
            )
            written = (
                f"{scalar(name)}: {{{', '.join(f'{scalar(a)}: {scalar(b)}' for a, b in labels.items())}}}"
                for name, labels in merged.items()
            )
            page.put(f"labels: {{{', '.join(written)}}}")
        of_image = [
            one for one in active if one.alike is not None and one.alike < 1 and len(one.columns) == 2
        ]
        if of_image and self.roles.reading.truth is not None:
            page.say(
                f"labels_of: some mated rows have two labels of {_listed([one.name for one in of_image])}, as where a label "
                "is guessed from each image; such rows belong to no group. Question: or are the labels wrong?"
            )
            page.put(f"labels_of: {{{', '.join(f'{scalar(one.name)}: image' for one in of_image)}}}")
        for one in active:
            odd = [label for label in one.labels if label.strip().casefold() in NO_GROUP]
            if odd:
                page.say(f"Question: is {_listed(odd)} a group of people? If not:")
                page.suggest(f"exclude: {{{scalar(one.name)}: [{', '.join(map(scalar, odd))}]}}")

    def _axes(self, page: Page) -> None:
        active = [one for one in self.roles.attributes if one.active]
        names = [one.name for one in active]
        if len(names) > 1:
            page.say(
                "axes: each attribute is evaluated by itself; a list of several asks for their combinations too:"
            )
            page.suggest(f"axes: [{', '.join(map(scalar, names))}, [{', '.join(map(scalar, names[:2]))}]]")
        if self.roles.within and not any(self.roles.within.values()):
            page.gap()
            page.say(
                "pairing: no non-mated row has both sides in one group, so rows count for the group of the probe, whoever "
                "it is compared with."
            )
            page.put("pairing: probe")
        elif self.roles.within:
            shares = ", ".join(
                f"{percent(share)} by {line(name)}" for name, share in self.roles.within.items()
            )
            page.say(
                f"pairing: rows whose two sides are of one group count; of the non-mated ones that is {shares}. To count "
                "every row for its probe's group:"
            )
            page.suggest("pairing: probe")

    def _missing(self, page: Page) -> None:
        score = self.roles.reading.score
        if score is None or not score.missing:
            return
        page.say(
            f"missing_scores: {counted(score.missing, 'row has', 'rows have')} no score. They are left out, and counted as "
            "such. Question: did the matcher fail on them, so that they should count as comparisons that do not match "
            "(count)?"
        )
        page.put("missing_scores: exclude  # or count")

    def _task(self, page: Page) -> None:
        page.say(
            "task: each row is taken for one comparison. Question: or is it a search of a watchlist, with its highest "
            "score? If so, with the number of references that were enrolled:"
        )
        page.suggest("task: identification")
        page.suggest("watchlist_size: NUMBER")

    def _unused(self, page: Page) -> None:
        used = {column.index for column in self.roles.used}
        asked = {c.index for one in self.roles.attributes if not one.active for c in one.columns}
        left = [column for column in self.table.columns if column.index not in used | asked]
        if left or self.table.nested:
            page.say("Not used:")
        for column in left:
            page.say(f"{quoted(self._name(column))}: {_kind(column)}, {_distinct(column)}{_such_as(column)}")
        for name, kind in self.table.nested.items():
            page.say(f"{quoted(name)}: {kind[: MOST_NAMED * 10]}, more than one value a row")


def _groups_said(one: Attribute) -> str:
    if one.classes:
        low, high = min(column.low for column in one.columns), max(column.high for column in one.columns)
        distinct = max(column.distinct for column in one.columns)
        return f"{counted(distinct, 'different number')} from {threshold_text(low)} to {threshold_text(high)}"
    return f"{counted(len(one.labels), 'group')}: {_listed(one.labels)}"


def _listed(values: Sequence[str]) -> str:
    """Quote values, the first of many."""
    shown = ", ".join(quoted(value) for value in values[:MOST_NAMED])
    return shown if len(values) <= MOST_NAMED else f"{shown} and {len(values) - MOST_NAMED:,} more"


def _edges(classes: Sequence[float]) -> str:
    return f"[{', '.join(threshold_text(edge) for edge in classes)}]"


def _kind(column: Column) -> str:
    if column.counts_rows:
        return "the number of the row"
    return "numbers" if column.has_fractions else "whole numbers" if column.is_numeric else "text"


def _distinct(column: Column) -> str:
    missing = f", {counted(column.missing, 'row', 'rows')} without" if column.missing else ""
    return f"{counted(column.distinct, 'different value')}{missing}"


def _such_as(column: Column) -> str:
    return f", such as {_listed(column.examples)}" if column.examples else ""


def named_from(file: Path, folder: Path) -> str:
    """Name a file as a study file in a folder does."""
    return str(file) if file.is_absolute() else os.path.relpath(file, folder)
