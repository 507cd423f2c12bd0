"""What the columns of a table are: scores and truth, the subjects, the groups, and what no study uses."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from harness.comparisons.repeats import MOST_VALUES, repeats_sql
from harness.drafting.columns import LOOKED, Column, Table
from harness.drafting.sides import Pair, attribute_of, pairs_of, words_of
from harness.drafting.truth import Reading, Truth, read_truth

__all__ = [
    "MOST_GROUPS",
    "MOST_NUMBERS",
    "Attribute",
    "Repeated",
    "Roles",
    "Subjects",
    "classes_of",
    "labels_of",
    "roles_of",
]

MOST_GROUPS = 50
MOST_NUMBERS = 12
"""Distinct numbers that are groups as they are; more are put into classes."""
NEARLY_ALL, HARDLY_ANY = 0.98, 0.02
OF_ONE_IMAGE = 0.7
"""Of the mated rows, those with equal labels on both sides where labels are guessed from each image."""
OF_SUBJECTS = {
    "subject",
    "person",
    "identity",
    "id",
    "speaker",
    "spk",
    "people",
    "user",
    "client",
    "sid",
    "pid",
}
OF_ATTRIBUTES = {
    *(
        "sex",
        "gender",
        "ethnicity",
        "ethnic",
        "race",
        "skin",
        "tone",
        "fitzpatrick",
        "monk",
        "age",
        "group",
        "groups",
    ),
    *("country", "region", "nationality", "demographic", "demographics", "cohort", "birth"),
}


@dataclass(frozen=True)
class Subjects:
    """The columns that name the people who are compared.

    Attributes
    ----------
    columns : tuple of Column
        One or two.
    separate : bool
        Whether either names people in its own way.
    by_name : bool
        Whether only the name of the column tells.
    people : int
        How many there are.
    contradicted : int
        Rows that are mated and have different subjects, or the other way round.
    others : tuple of Pair
        Other columns that are equal where a comparison is mated, and in no other row.
    """

    columns: tuple[Column, ...]
    separate: bool = False
    by_name: bool = False
    people: int = 0
    contradicted: int = 0
    others: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Attribute:
    """Something that groups people.

    Attributes
    ----------
    name : str
    columns : tuple of Column
        One or two.
    labels : tuple of str
        The most frequent first; none where there are more than can be groups.
    classes : tuple of float
        Where the classes of numbers begin; none where labels are groups as they are.
    alike : float or None
        Of the mated rows, the share in which both sides have the same; None where there is one column.
    steady : float or None
        Of the subjects, the share that has one label throughout; None where there are two columns or no subjects.
    side : Column or None
        The column of subjects that its one column goes with, where it goes with one of two only.
    active : bool
        Whether the draft groups by it, or only asks.
    same_as : str
        Another attribute that says nearly the same; blank where there is none.
    """

    name: str
    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    classes: tuple[float, ...] = ()
    alike: float | None = None
    steady: float | None = None
    side: Column | None = None
    active: bool = True
    same_as: str = ""

    @property
    def missing(self) -> int:
        """How many rows lack a label, on the side that lacks most."""
        return max(column.missing for column in self.columns)

    def merged(self) -> dict[str, str]:
        """Return labels that differ from a more frequent one only in case, outer blanks or Unicode form."""
        met: dict[str, str] = {}
        found = {}
        for label in self.labels:
            usual = met.setdefault(" ".join(unicodedata.normalize("NFKC", label).casefold().split()), label)
            if usual != label:
                found[label] = usual
        return found


@dataclass(frozen=True)
class Repeated:
    """A column of which each value has every comparison once more; the rows of the first value are drafted from.

    Attributes
    ----------
    column : Column
    values : tuple of str
        In order.
    """

    column: Column
    values: tuple[str, ...]


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are.

    Attributes
    ----------
    reading : Reading
    subjects : Subjects or None
    images : tuple of Pair
        Columns that name the two images, or other things that belong to people.
    attributes : tuple of Attribute
    repeated : tuple of Repeated
    mated, non_mated : int
        Rows.
    within : mapping of str to float
        By attribute of two columns, the share of the non-mated rows of which both sides are in one group.
    """

    reading: Reading
    subjects: Subjects | None
    images: tuple[Pair, ...]
    attributes: tuple[Attribute, ...]
    repeated: tuple[Repeated, ...]
    mated: int = 0
    non_mated: int = 0
    within: Mapping[str, float] = field(default_factory=dict)

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that the draft uses."""
        reading, truth = self.reading, self.reading.truth
        found = [reading.score, truth and truth.column, *(truth.pair.columns if truth and truth.pair else ())]
        found += [*(self.subjects.columns if self.subjects else ()), *(one.column for one in self.repeated)]
        found += [column for attribute in self.attributes if attribute.active for column in attribute.columns]
        return tuple(dict.fromkeys(column for column in found if column is not None))

    def with_subjects(self, subjects: Subjects) -> Roles:
        """Return the roles with other subjects, whose columns are nothing else."""
        taken = {column.index for column in subjects.columns}
        kept = tuple(one for one in self.attributes if not taken & {column.index for column in one.columns})
        return replace(self, subjects=subjects, attributes=kept)


@dataclass(frozen=True)
class _Alike:
    """How often the two sides of a pair are equal, among mated rows and among the others."""

    pair: Pair
    mated: float
    non_mated: float
    by_person: bool
    """Whether each value of the one side is mated with one value of the other."""

    @property
    def names_people(self) -> bool:
        return self.mated >= NEARLY_ALL and self.non_mated <= HARDLY_ANY


def roles_of(table: Table) -> Roles:
    """Tell what the columns of a table are.

    A table in which a column repeats every comparison is narrowed to the rows of one value of it.

    Parameters
    ----------
    table : Table
    """
    repeated = []
    while (found := _repeated(table)) is not None:
        repeated.append(found)
        table.narrow(found.column, found.values[0])
    pairs = pairs_of(table)
    reading = read_truth(table, pairs)
    pairs = tuple(pair for pair in pairs if reading.score not in pair.columns)
    alike = _alike(table, pairs, reading.truth)
    subjects = _subjects(table, alike, reading)
    rest = [one for one in alike if subjects is None or one.pair.columns != subjects.columns]
    attributes = [*_of_pairs(table, rest, subjects), *_of_singles(table, reading, subjects, pairs)]
    attributes = _told_apart(table, attributes)
    images = tuple(one.pair for one in rest if _is_image(one.pair))
    roles = Roles(reading, subjects, images, tuple(attributes), tuple(repeated))
    truth = reading.truth
    if truth is None:
        return roles
    mated, non_mated = table.fetch(
        f"SELECT count(*) FILTER ({truth.sql} = 1), count(*) FILTER ({truth.sql} = 0) FROM {LOOKED}"
    )[0]
    return replace(roles, mated=mated, non_mated=non_mated, within=dict(_within(table, attributes, truth)))


def _repeated(table: Table) -> Repeated | None:
    """Find a column of which each value has every comparison once more."""
    if not table.trials:
        return None
    telling = [c for c in table.columns if c.filled and not c.has_fractions and 2 * c.distinct <= table.rows]
    for column in telling:
        if not 2 <= column.distinct <= MOST_VALUES or column.missing:
            continue
        others = [other.sql for other in telling if not _goes_with(table, other, column)]
        asked = repeats_sql(table.trials, column.sql, ", ".join(others), column.distinct) if others else ""
        if others and table.fetch(asked)[0][0]:
            return Repeated(column, tuple(sorted(table.values(column, MOST_VALUES))))
    return None


def _goes_with(table: Table, other: Column, column: Column) -> bool:
    """Whether each value of a column has one of the other, as a matcher has one version; so it is with itself."""
    if other.distinct > column.distinct or other is column:
        return other is column
    asked = f"SELECT count(*) FROM (SELECT DISTINCT {column.sql}, {other.sql} FROM {table.trials})"
    return bool(table.fetch(asked)[0][0] <= column.distinct)


def _alike(table: Table, pairs: Sequence[Pair], truth: Truth | None) -> list[_Alike]:
    if not pairs or truth is None:
        return [_Alike(pair, 0.0, 0.0, by_person=False) for pair in pairs]
    asked = ", ".join(
        f"COALESCE(avg(CAST({pair.equal_sql} AS INTEGER)) FILTER ({truth.sql} = {value}), 0)"
        for pair in pairs
        for value in (1, 0)
    )
    found = iter(table.fetch(f"SELECT {asked} FROM {LOOKED}")[0])
    return [
        _Alike(pair, next(found), next(found), by_person=_by_person(table, pair, truth)) for pair in pairs
    ]


def _by_person(table: Table, pair: Pair, truth: Truth) -> bool:
    if pair.probe.has_fractions or pair.distinct <= MOST_NUMBERS:
        return False
    shares = table.fetch(
        "SELECT count(DISTINCT one), count(DISTINCT other), count(*) FROM (SELECT DISTINCT "
        f"{pair.probe.sql} AS one, {pair.reference.sql} AS other FROM {LOOKED} WHERE {truth.sql} = 1)"
    )[0]
    return bool(shares[2]) and shares[0] == shares[1] == shares[2]


def _subjects(table: Table, alike: Sequence[_Alike], reading: Reading) -> Subjects | None:
    truth = reading.truth
    if truth is None:
        return None
    found = [one.pair for one in alike if one.names_people and _may_name_people(one.pair)]
    if truth.pair is not None and truth.pair not in found:
        found.append(truth.pair)
    if found:
        found.sort(key=lambda pair: (truth.pair != pair, not _named(pair, OF_SUBJECTS), -pair.distinct))
        first, *others = found
        contradicted = table.fetch(
            f"SELECT count(*) FROM {LOOKED} WHERE ({first.equal_sql}) <> (({truth.sql}) = 1)"
        )[0][0]
        return Subjects(first.columns, people=first.distinct, contradicted=contradicted, others=tuple(others))
    for one in alike:
        if one.mated <= HARDLY_ANY and one.by_person and not _is_image(one.pair):
            return Subjects(one.pair.columns, separate=True, people=one.pair.distinct)
    taken = {column.index for one in alike for column in one.pair.columns}
    for column in table.columns:
        apart = column.index not in taken and column not in (reading.score, truth.column)
        if (
            apart
            and column.distinct > MOST_NUMBERS
            and set(words_of(column.name)) & OF_SUBJECTS
            and not column.missing
        ):
            return Subjects((column,), by_name=True, people=column.distinct)
    return None


def _may_name_people(pair: Pair) -> bool:
    """Whether columns that are equal where mated, and nowhere else, are more than the groups of an odd list."""
    if _named(pair, OF_ATTRIBUTES) and not _named(pair, OF_SUBJECTS):
        return False
    return pair.distinct > MOST_NUMBERS or _named(pair, OF_SUBJECTS)


def _named(pair: Pair, words: set[str]) -> bool:
    return bool(set(pair.words) & words)


def _is_image(pair: Pair) -> bool:
    return all(column.names_files for column in pair.columns)


def _of_pairs(table: Table, alike: Sequence[_Alike], subjects: Subjects | None) -> Iterator[Attribute]:
    others = subjects.others if subjects is not None else ()
    for one in alike:
        pair = one.pair
        if pair.distinct < 2 or _is_image(pair) or pair.probe.has_fractions or pair in others:
            continue
        name = attribute_of(pair.words, "group")
        of_person = one.mated >= OF_ONE_IMAGE
        if pair.probe.is_numeric and pair.distinct > MOST_NUMBERS:
            yield Attribute(name, pair.columns, (), classes_of(table, pair.columns), one.mated, active=False)
        elif pair.distinct <= MOST_GROUPS:
            yield Attribute(
                name, pair.columns, labels_of(table, pair.columns), alike=one.mated, active=of_person
            )


def labels_of(table: Table, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the values of columns, the most frequent first."""
    union = " UNION ALL ".join(f"SELECT {column.sql} AS v FROM {LOOKED}" for column in columns)
    found = table.fetch(f"SELECT v FROM ({union}) WHERE v IS NOT NULL GROUP BY v ORDER BY count(*) DESC, v")
    return tuple(value for (value,) in found)


def classes_of(table: Table, columns: Sequence[Column]) -> tuple[float, ...]:
    """Return where classes of numbers begin: customary ones of ages, else those that hold equally many."""
    low, high = min(column.low for column in columns), max(column.high for column in columns)
    if low >= 0 and high <= 120:
        customary = [edge for edge in (18.0, 30.0, 50.0, 70.0) if low < edge <= high]
        return (0.0, *customary)
    quartiles = table.fetch(
        f"SELECT quantile_disc({columns[0].number_sql}, [0.25, 0.5, 0.75]) FROM {LOOKED}"
    )[0][0]
    return tuple(dict.fromkeys([low, *quartiles]))


def _of_singles(
    table: Table,
    reading: Reading,
    subjects: Subjects | None,
    pairs: Sequence[Pair],
) -> list[Attribute]:
    taken = {column.index for pair in pairs for column in pair.columns}
    taken |= {column.index for column in (subjects.columns if subjects is not None else ())}
    found = []
    for column in table.columns:
        if column.index in taken or column in (reading.score, reading.truth and reading.truth.column):
            continue
        if column.distinct < 2 or column.counts_rows or column.has_fractions or column.names_files:
            continue
        steady, side = _steady(table, column, subjects)
        named = bool(set(words_of(column.name)) & OF_ATTRIBUTES)
        name = "group" if table.headerless else column.name
        if column.is_numeric and column.distinct > MOST_NUMBERS:
            if "age" in words_of(column.name) or (steady or 0.0) >= NEARLY_ALL:
                classes = classes_of(table, [column])
                found.append(Attribute(name, (column,), (), classes, steady=steady, side=side, active=False))
        elif column.distinct <= min(MOST_GROUPS, table.rows / 2) and (
            named or steady is None or steady >= NEARLY_ALL
        ):
            labels = labels_of(table, [column])
            active = named if steady is None else steady >= NEARLY_ALL
            found.append(Attribute(name, (column,), labels, steady=steady, side=side, active=active))
    return found


def _steady(table: Table, column: Column, subjects: Subjects | None) -> tuple[float | None, Column | None]:
    """Return the share of subjects for whom a column holds one value throughout, and the side that it goes with.

    There is no share where no subject has several rows; where it goes with both sides, the lower share and no side.
    """
    shares = {}
    for side in subjects.columns if subjects is not None else ():
        share = table.fetch(
            f"SELECT avg(CAST(n = 1 AS INTEGER)) FROM (SELECT count(DISTINCT {column.sql}) AS n FROM {LOOKED} "
            f"WHERE {side.sql} IS NOT NULL GROUP BY {side.sql} HAVING count(*) > 1)"
        )[0][0]
        if share is not None:
            shares[side] = float(share)
    if not shares:
        return None, None
    if min(shares.values()) >= NEARLY_ALL:
        return min(shares.values()), None
    best = max(shares, key=lambda side: shares[side])
    return shares[best], best


def _told_apart(table: Table, attributes: Sequence[Attribute]) -> list[Attribute]:
    """Give attributes names of their own, and only ask of those that say the same as another; have one in force."""
    found: list[Attribute] = []
    for attribute in attributes:
        same = next((one.name for one in found if _says_the_same(table, one, attribute)), "")
        names = {one.name for one in found}
        numbered = (f"{attribute.name}_{number}" for number in count(2))
        name = attribute.name if attribute.name not in names else next(n for n in numbered if n not in names)
        found.append(replace(attribute, name=name, same_as=same, active=attribute.active and not same))
    if not any(one.active for one in found):
        likely = [one for one in found if not one.same_as and (one.labels or one.classes)]
        likely.sort(key=lambda one: (not one.labels, len(one.labels)))
        found = [replace(one, active=True) if one is next(iter(likely), None) else one for one in found]
    return found


def _says_the_same(table: Table, one: Attribute, other: Attribute) -> bool:
    if not one.labels or not other.labels or len(other.columns) == 2:
        return False
    a, b = one.columns[0].sql, other.columns[0].sql
    shares = [
        table.fetch(
            f"SELECT sum(most) FROM (SELECT max(n) AS most FROM (SELECT {a} AS a, {b} AS b, count(*) AS n "
            f"FROM {LOOKED} GROUP BY ALL) GROUP BY {by})"
        )[0][0]
        for by in ("a", "b")
    ]
    return bool(min(shares) >= NEARLY_ALL * table.rows)


def _within(table: Table, attributes: Sequence[Attribute], truth: Truth) -> Iterator[tuple[str, float]]:
    for one in attributes:
        if one.active and len(one.columns) == 2:
            probe, reference = (column.sql for column in one.columns)
            share = table.fetch(
                f"SELECT avg(CAST({probe} = {reference} AS INTEGER)) FROM {LOOKED} WHERE {truth.sql} = 0"
            )[0][0]
            yield one.name, float(share or 0.0)
