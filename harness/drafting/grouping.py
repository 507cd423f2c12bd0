"""The part of a draft about groups: their columns, people in a file of their own, classes, labels, axes and pairing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from harness.comparisons.files import Files
from harness.drafting.names import Names
from harness.drafting.page import Page, listed, quoted, scalar
from harness.drafting.patterns import Pattern, patterns_of_paths
from harness.drafting.people import People
from harness.drafting.roles import OF_ONE_IMAGE, Attribute, Roles
from harness.numbers import counted, percent, threshold_text
from harness.text import line

__all__ = ["Grouping"]

NO_GROUP = {
    *("unknown", "unclear", "unspecified", "not stated", "other", "none", "missing"),
    *("n/a", "na", "?", "-"),
}
"""Labels that may stand for people of no group."""


@dataclass(frozen=True)
class Grouping:
    """Writes the part of a draft about groups.

    Attributes
    ----------
    roles : Roles
    names : Names
    people : People or None
    people_file : str
        As the study file names it.
    """

    roles: Roles
    names: Names
    people: People | None
    people_file: str

    def write(self, page: Page) -> None:
        """Write it."""
        active = [one for one in self.roles.attributes if one.active]
        used = self._of_people(page, {one.name for one in active})
        page.gap()
        by_path = self._by_path if not active and self.people is None else {}
        if by_path:
            said = "; ".join(f"{line(name)} is {pattern.why}" for name, pattern in by_path.items())
            page.say(f"from_path: the paths of the files tell the group: {said}. Question: is it so?")
            patterns = ", ".join(f"{scalar(name)}: {scalar(of.text)}" for name, of in by_path.items())
            page.put(f"from_path: {{{patterns}}}")
            page.put(f"groups: {{{', '.join(f'{scalar(name)}: {scalar(name)}' for name in by_path)}}}")
        else:
            self._groups(page, active)
        self._bins(page, [*active, *used])
        self._labels(page, [*active, *used])
        self._no_groups(page, [*active, *used])
        page.gap()
        self._axes(page, [*active, *used])
        page.gap()
        self._pairing(page)

    @property
    def _by_path(self) -> dict[str, Pattern]:
        source, names = self.names.table.source, {column.name for column in self.names.table.columns}
        found = patterns_of_paths(source.paths) if isinstance(source, Files) else {}
        return {name: pattern for name, pattern in found.items() if name not in names}

    @property
    def _truth_is_known(self) -> bool:
        return self.roles.reading.truth is not None

    def _of_people(self, page: Page, taken: set[str]) -> list[Attribute]:
        """Write what the file of people gives, and return it."""
        people = self.people
        if people is None:
            return []
        known, where = people.compared - people.unknown, line(os.fspath(people.file))
        page.say(
            f"people: {where} has {counted(people.rows, 'row')}, and its column {quoted(people.subject.name)} names",
            f"{known:,} of the {people.compared:,} subjects who are compared. Its labels hold for a subject on",
            "either side of a comparison. Where its path is not absolute, it begins in the folder of this study file.",
        )
        if people.unknown:
            page.say(
                f"Question: {counted(people.unknown, 'subject has', 'subjects have')} no entry, such as",
                f"{quoted(people.example)}, and will be refused: add them, or leave their rows out.",
            )
        if people.repeated:
            page.say(
                f"Question: {counted(people.repeated, 'row repeats', 'rows repeat')} a subject, which will be refused:",
                "leave one entry for each.",
            )
        used = [one for one in people.attributes if one.active and one.name not in taken]
        self._columns_of_people(page, people, taken)
        columns = ", ".join(scalar(one.name) for one in used)
        named = f"file: {scalar(self.people_file)}, subject: {scalar(people.subject.name)}"
        (page.put if used else page.suggest)(f"people: {{{named}, columns: [{columns or 'NAME'}]}}")
        return used

    @staticmethod
    def _columns_of_people(page: Page, people: People, taken: set[str]) -> None:
        for one in people.attributes:
            if one.name in taken:
                page.say(f"{quoted(one.name)} is left out here, as the scores have it too.")
            elif one.active:
                page.say(f"{quoted(one.name)}: {_groups_said(one)}.")
            else:
                edges = f"bins: {{{scalar(one.name)}: {_edges(one)}}}"
                page.say(f"Question: {quoted(one.name)} too? {_groups_said(one)}; with it, below: {edges}")
        if people.others:
            page.say(f"No groups: {listed([column.name for column in people.others])}.")

    def _groups(self, page: Page, active: Sequence[Attribute]) -> None:
        if active:
            page.say(
                "groups: for each attribute two columns, of the probe's label and of the reference's, or the one that",
                "both sides share.",
            )
            page.put("groups:")
        elif self.people is None:
            page.say(
                "Question: which columns hold the groups of people, such as ethnicity or sex? None was found, and an",
                "evaluation needs at least one. Where labels stand in a file of their own, add --people FILE to the",
                "command harness draft.",
            )
            page.suggest("groups: {ethnicity: [PROBE_ETHNICITY, REFERENCE_ETHNICITY]}")
        for one in active:
            page.say(*self._evidence(one), indent=2)
            page.put(f"  {scalar(one.name)}: {self.names.written(one.columns)}")
        for one in self.roles.attributes:
            if not one.active:
                self._ask(page, one, indent=2 if active else 0)

    def _evidence(self, one: Attribute) -> list[str]:
        said = [f"{_groups_said(one)}."]
        if one.alike is not None and self._truth_is_known:
            said.append(f"Both sides have the same in {percent(one.alike)} of the mated rows.")
        elif one.steady is not None:
            of = "" if one.side is None else f" of {self.names.said([one.side])}"
            said.append(f"{percent(one.steady)} of the subjects{of} have one label throughout.")
            if one.side is not None:
                said.append(
                    "Those of the other side have not, so rows count by this side alone. Question: is it so?"
                )
        elif len(one.columns) == 1:
            said.append("Question: is it the group of both sides? One column stands for both.")
        if one.missing:
            rows = counted(one.missing, "row has", "rows have")
            said.append(f"Question: {rows} no label, and will be refused: write 'unknown' there?")
        return said

    def _ask(self, page: Page, one: Attribute, *, indent: int) -> None:
        said = f"Question: group by {self.names.said(one.columns)} too? {_groups_said(one)}."
        if one.same_as:
            said += f" It says nearly the same as {quoted(one.same_as)}."
        if one.alike is not None and one.alike < OF_ONE_IMAGE and self._truth_is_known:
            said += f" Both sides have the same in only {percent(one.alike)} of the mated rows."
        page.say(said, indent=indent)
        page.suggest(f"{scalar(one.name)}: {self.names.written(one.columns)}", indent=indent)
        if one.classes:
            page.suggest(f"with it, below: bins: {{{scalar(one.name)}: {_edges(one)}}}", indent=indent)

    @staticmethod
    def _bins(page: Page, active: Sequence[Attribute]) -> None:
        classes = [one for one in active if one.classes]
        if classes:
            page.say("bins: where the classes of numbers begin. Question: are these the ones that you want?")
            page.put(f"bins: {{{', '.join(f'{scalar(one.name)}: {_edges(one)}' for one in classes)}}}")

    def _labels(self, page: Page, active: Sequence[Attribute]) -> None:
        merged = {one.name: one.merged() for one in active if one.merged()}
        if merged:
            page.say(
                "labels: some differ only in case, outer blanks or Unicode form, and are read as the one that is there",
                "most often.",
            )
            page.put(f"labels: {_nested(merged)}")
        of_image = [one for one in active if one.alike is not None and one.alike < 1]
        if of_image and self._truth_is_known:
            page.say(
                f"labels_of: some mated rows have two labels of {listed([one.name for one in of_image])}, as where a",
                "label is of the image and not of the person; such rows belong to no group. Question: or are the",
                "labels wrong?",
            )
            page.put(f"labels_of: {{{', '.join(f'{scalar(one.name)}: image' for one in of_image)}}}")

    @staticmethod
    def _no_groups(page: Page, active: Sequence[Attribute]) -> None:
        for one in active:
            odd = [label for label in one.labels if label.strip().casefold() in NO_GROUP]
            if odd:
                page.say(f"Question: is {listed(odd)} a group of people? If not:")
                page.suggest(f"exclude: {{{scalar(one.name)}: [{', '.join(map(scalar, odd))}]}}")

    @staticmethod
    def _axes(page: Page, active: Sequence[Attribute]) -> None:
        names = [scalar(one.name) for one in active]
        if len(names) > 1:
            page.say("axes: each attribute is evaluated by itself. For the combinations of two as well:")
            page.suggest(f"axes: [{', '.join(names)}, [{', '.join(names[:2])}]]")

    def _pairing(self, page: Page) -> None:
        within = self.roles.within
        if within and not any(within.values()):
            page.say(
                "pairing: no non-mated row has both sides in one group, so each counts for the group of its probe,",
                "whoever it is compared with.",
            )
            page.put("pairing: probe")
        elif within:
            shares = ", ".join(f"{percent(share)} by {line(name)}" for name, share in within.items())
            page.say(
                "pairing: rows count whose two sides are of one group, as false matches are most frequent there; of",
                f"the non-mated rows {shares}. To count every row, for the group of its probe:",
            )
            page.suggest("pairing: probe")


def _groups_said(one: Attribute) -> str:
    if one.classes:
        low, high = min(column.low for column in one.columns), max(column.high for column in one.columns)
        distinct = max(column.distinct for column in one.columns)
        return f"{counted(distinct, 'different number')} from {threshold_text(low)} to {threshold_text(high)}"
    return f"{counted(len(one.labels), 'group')}: {listed(one.labels)}"


def _edges(one: Attribute) -> str:
    return f"[{', '.join(threshold_text(edge) for edge in one.classes)}]"


def _nested(labels: dict[str, dict[str, str]]) -> str:
    inner = {
        name: ", ".join(f"{scalar(one)}: {scalar(other)}" for one, other in of.items())
        for name, of in labels.items()
    }
    return f"{{{', '.join(f'{scalar(name)}: {{{of}}}' for name, of in inner.items())}}}"
