"""The study file that a draft is: a line for each role that columns have, and in comments why, and what to decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from harness.drafting.columns import Column, Table
from harness.drafting.grouping import Grouping
from harness.drafting.names import Names
from harness.drafting.page import Page, listed, quoted, scalar
from harness.drafting.patterns import Pattern
from harness.drafting.people import People
from harness.drafting.roles import Repeated, Roles, Subjects
from harness.drafting.truth import Truth
from harness.numbers import counted, number, percent, threshold_text
from harness.text import line

__all__ = ["Draft"]

OF_MATCHERS = ("matcher", "algorithm", "model", "system", "network")
LEAST_TELLING, MOST_TELLING = 0.4, 0.6
"""Areas under the ROC curve between which mated and other scores hardly differ."""
MOST_OF_A_TYPE = 60
"""Characters."""


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
            self._missing,
            self._mated,
            self._subjects,
            Grouping(self.roles, self._names, self.people, self.people_file).write,
            self._task,
            self._unused,
        ):
            part(page)
            page.gap()
        return page.text()

    @cached_property
    def _names(self) -> Names:
        return Names(self.table, self.roles)

    def _head(self, page: Page) -> None:
        table = self.table
        looked = "all of them" if table.rows == table.all_rows else f"{table.rows:,} of them were looked at"
        page.say(
            f"A study of {line(table.name)}: what its columns mean, drafted from what its",
            f"{counted(table.all_rows, 'row')} hold ({looked}). Read every line. Each has its reason above it; what",
            "begins with 'Question' only you can tell. What stands in a comment is not in force.",
        )
        page.suggest("Then: harness evaluate SCORES --study THIS_FILE --out RESULTS")

    def _matcher(self, page: Page) -> None:
        known = next(
            (
                scalar(column.examples[0])
                for column in self.table.columns
                if column.distinct == 1 and not column.missing and column.name.lower() in OF_MATCHERS
            ),
            "NAME",
        )
        page.say(
            "Question: which matcher gave the scores, and which version of it? Write both as deployments name them;",
            "without them no deployment can be checked against the evaluation. A version stands in quotes.",
        )
        page.suggest(f'matcher: {{name: {known}, version: "VERSION"}}')

    def _columns(self, page: Page) -> None:
        if not self.table.headerless:
            return
        page.say(
            "columns: the file does not name its columns, so they are named here, in their order, by what they seem to",
            "be. Where you rename one, rename it below too.",
        )
        page.put(f"columns: [{', '.join(scalar(self._names.of(column)) for column in self.table.columns)}]")

    def _rows(self, page: Page) -> None:
        repeated = self.roles.repeated
        for one in repeated:
            self._repeated(page, one)
        if repeated:
            kept = (f"{scalar(self._names.of(one.column))}: {scalar(one.values[0])}" for one in repeated)
            page.put(f"rows: {{{', '.join(kept)}}}")

    def _repeated(self, page: Page, one: Repeated) -> None:
        name, first = self._names.of(one.column), quoted(one.values[0])
        page.say(
            f"rows: every comparison is there once for each of the {len(one.values)} values of {quoted(name)}, and",
            f"all of them together are no one matcher's. The rows of {first} are kept; the others are",
            f"{listed(one.values[1:])}. To evaluate each by itself, leave this out and add --each {line(name)} to",
            "the command harness evaluate.",
        )

    def _score(self, page: Page) -> None:
        reading = self.roles.reading
        score = reading.score
        if score is None:
            page.say("Question: which column holds the comparison scores? None holds numbers alone.")
            page.suggest("score: {column: NAME, better: higher}")
            return
        page.say(
            f"score: {quoted(self._names.of(score))} holds {counted(score.distinct, 'different number')} from",
            f"{threshold_text(score.low)} to {threshold_text(score.high)}.",
            "Its decimals stand after a comma." if score.decimal == "," else "",
            self._direction(),
        )
        for other, area in reading.other_scores:
            told = "" if area is None else f" (AUC {number(area)} by the same truth)"
            page.say(
                f"Question: or is {quoted(self._names.of(other))} the score? It holds such numbers too{told}."
            )
        better = "lower" if reading.points_down else "higher"
        decimal = ', decimal: ","' if score.decimal == "," else ""
        page.put(f"score: {{column: {scalar(self._names.of(score))}, better: {better}{decimal}}}")

    def _direction(self) -> str:
        reading = self.roles.reading
        assumed = (
            "Question: do higher scores speak for the same person, or lower ones, as with distances? Higher is "
            "assumed"
        )
        if reading.area is None or reading.truth is None:
            return f"{assumed}."
        share = max(reading.area, 1 - reading.area)
        auc = f"(AUC {number(share)})"
        if reading.truth.by == "scores":
            return f"{assumed}; the scores of the two labels below lie apart {auc}."
        if LEAST_TELLING < reading.area < MOST_TELLING:
            return f"Question: is it the score? Mated rows and others hardly differ in it {auc}."
        which = "lower" if reading.points_down else "higher"
        return (
            f"Scores of mated rows are {which}: of a mated and a non-mated score, the mated one is {which} in "
            f"{percent(share)} of all cases {auc}."
        )

    def _missing(self, page: Page) -> None:
        score = self.roles.reading.score
        if score is None or not score.missing:
            return
        page.say(
            f"missing_scores: {counted(score.missing, 'row has', 'rows have')} no score. They are left out",
            "(exclude), and told of. Question: did the matcher fail on them, so that they count as comparisons that",
            "do not match (count)?",
        )
        page.put("missing_scores: exclude  # or count")

    def _mated(self, page: Page) -> None:
        truth = self.roles.reading.truth
        if truth is None:
            page.say(
                "Question: which column says whether a comparison is mated, that is, of one person? None of two",
                "values goes with the scores. Name it, or two columns of identities that are equal where it is",
                "mated, or a file that holds the truth of each comparison:",
            )
            page.suggest("mated: {column: NAME, mated: LABEL, non_mated: LABEL}")
            page.suggest("mated: {same: [PROBE_SUBJECT, REFERENCE_SUBJECT]}")
            page.suggest("key: {file: TRIALS, by: [PROBE, REFERENCE]}")
            return
        rows = f"{counted(self.roles.mated, 'row is', 'rows are')} mated, {self.roles.non_mated:,} are not"
        if truth.pair is not None:
            page.say(
                "mated: no column says which comparisons are of one person, so those are taken for mated where",
                f"{self._names.said(truth.pair.columns)} are equal: {rows}.",
            )
            page.put(f"mated: {{same: {self._names.written(truth.pair.columns)}}}")
        elif truth.column is not None:
            self._mated_by(page, truth, truth.column, rows)

    def _mated_by(self, page: Page, truth: Truth, column: Column, rows: str) -> None:
        name, missing = self._names.of(column), column.missing
        page.say(
            f"mated: {quoted(name)} is {quoted(truth.mated)} where a comparison is mated, that is, of one person, and",
            f"{quoted(truth.non_mated)} where it is not: {rows}.",
            self._why(truth),
            f"Question: {counted(missing, 'row is', 'rows are')} neither, and will be refused."
            if missing
            else "",
        )
        for other in self.roles.reading.other_truths:
            page.say(f"Question: or is it {quoted(self._names.of(other))}? It goes with the scores as well.")
        if truth.is_plain:
            page.put(f"mated: {scalar(name)}")
        else:
            labels = f"mated: {scalar(truth.mated)}, non_mated: {scalar(truth.non_mated)}"
            page.put(f"mated: {{column: {scalar(name)}, {labels}}}")

    def _why(self, truth: Truth) -> str:
        subjects = self.roles.subjects
        if truth.by == "identities" and subjects is not None and len(subjects.columns) == 2:
            return f"In rows of {quoted(truth.mated)} {self._names.said(subjects.columns)} are equal."
        if truth.by == "one word":
            return f"Question: is {quoted(truth.mated)} the mated one? Only names tell."
        if truth.by == "scores":
            return (
                f"Question: is {quoted(truth.mated)} the mated one? It is assumed, as its scores are higher."
            )
        return ""

    def _subjects(self, page: Page) -> None:
        subjects = self.roles.subjects
        for pair in self.roles.images:
            said, example = self._names.said(pair.columns), quoted(pair.probe.examples[0])
            page.say(f"{said} hold names of files, such as {example}.")
        if subjects is None and self.image_pattern is not None:
            self._from_images(page, self.image_pattern)
        elif subjects is None:
            page.say(
                "Question: which columns name the people who are compared? None does, as far as can be told. Without",
                "them rows count as independent, and bounds are too narrow where a person is in many rows.",
            )
            page.suggest("subjects: [PROBE_SUBJECT, REFERENCE_SUBJECT]")
        else:
            page.say(*self._of_subjects(subjects))
            page.put(
                f"subjects: [{', '.join(scalar(self._names.of(column)) for column in subjects.columns)}]"
            )
            if subjects.separate:
                page.put("identities: separate")

    def _from_images(self, page: Page, pattern: Pattern) -> None:
        page.say(f"from_value: people are taken out of them by a pattern. {pattern.why}")
        page.put("from_value:")
        taken = {column.name for column in self.table.columns}
        named = [
            name if name not in taken else f"{name}_taken" for name in ("probe_subject", "reference_subject")
        ]
        for pair in self.roles.images[:1]:
            for column, name in zip(pair.columns, named, strict=True):
                of = f"column: {scalar(self._names.of(column))}, pattern: {scalar(pattern.text)}"
                page.put(f"  {name}: {{{of}}}")
        page.put(f"subjects: [{', '.join(named)}]")

    def _of_subjects(self, subjects: Subjects) -> Iterator[str]:
        said, truth = self._names.said(subjects.columns), self.roles.reading.truth
        if subjects.by_name:
            yield f"subjects: {said} names {subjects.people:,} people. Question: is it so? Only its name tells."
        elif subjects.separate:
            yield f"subjects: {said} are never equal in mated rows, but go together there, one to one, so they are"
            yield "taken for two ways to name people (identities: separate). Question: is it so?"
        elif truth is None or truth.pair is not None:
            yield f"subjects: {said} name {subjects.people:,} people."
        else:
            yield f"subjects: {said} name {subjects.people:,} people: they are equal where a comparison is mated, and"
            yield "differ where it is not."
        if subjects.contradicted:
            rows = counted(subjects.contradicted, "row does", "rows do")
            yield f"Question: {rows} not keep to that, and will be refused; what is wrong there?"
        for pair in subjects.others:
            yield f"So do {self._names.said(pair.columns)}."

    @staticmethod
    def _task(page: Page) -> None:
        page.say(
            "task: each row is taken for one comparison. Question: or is it one search of a watchlist, with its",
            "highest score? If so, write in its place, with the number of references that were enrolled:",
        )
        page.suggest("task: identification")
        page.suggest("watchlist_size: NUMBER")
        page.put("task: verification")

    def _unused(self, page: Page) -> None:
        used = {column.index for column in self.roles.used}
        asked = {column.index for one in self.roles.attributes for column in one.columns}
        asked |= {column.index for pair in self.roles.images for column in pair.columns}
        left = [column for column in self.table.columns if column.index not in used | asked]
        if left or self.table.nested:
            page.say("Not used:")
        for column in left:
            missing = f", {counted(column.missing, 'row')} without" if column.missing else ""
            such_as = f", such as {listed(column.examples)}" if column.examples else ""
            distinct = counted(column.distinct, "different value")
            page.say(f"{quoted(self._names.of(column))}: {_kind(column)}, {distinct}{missing}{such_as}")
        for name, kind in self.table.nested.items():
            page.say(f"{quoted(name)}: {line(kind[:MOST_OF_A_TYPE])}, more than one value a row")


def _kind(column: Column) -> str:
    if column.counts_rows:
        return "the number of the row"
    return "numbers" if column.has_fractions else "whole numbers" if column.is_numeric else "text"
