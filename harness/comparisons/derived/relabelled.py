"""Labels that a study maps, and numbers that it puts into groups, before anything else looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.comparisons.derived.base import Derived
from harness.comparisons.derived.kept import require_met, values_met
from harness.comparisons.met import Met
from harness.comparisons.source import Check, Reader
from harness.comparisons.sql import identifier, is_label, literal, literals
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.comparisons.derived.entries import Entries
    from harness.study import Study

__all__ = ["Relabelled", "mapped_columns", "relabel_entries"]


def _relabels(study: Study, attribute: str) -> bool:
    return attribute in study.labels or attribute in study.bins


def _relabelled_sql(text: str, study: Study, attribute: str) -> str:
    """SQL for the label that a text stands for; NULL where it is in none of the groups of numbers.

    Parameters
    ----------
    text : str
        In SQL.
    study : Study
    attribute : str
    """
    mapped = _mapped_sql(text, study.labels.get(attribute, {}))
    edges = study.bins.get(attribute)
    if edges is None:
        return mapped
    number = f"TRY_CAST({mapped} AS DOUBLE)"
    intervals = list(zip(edges, study.labels_of_bins(attribute), strict=True))
    whens = " ".join(
        f"WHEN {number} >= {edge!r} THEN {literal(label)}" for edge, label in reversed(intervals)
    )
    excluded = literals(study.exclude.get(attribute, ()))
    return (
        f"CASE WHEN list_contains({excluded}, {mapped}) THEN {mapped} "
        f"WHEN isfinite({number}) THEN CASE {whens} END END"
    )


def _mapped_sql(text: str, labels: Mapping[str, str]) -> str:
    if not labels:
        return text
    position = f"list_position({literals(labels)}, {text})"
    return f"COALESCE(list_extract({literals(labels.values())}, {position}), {text})"


@dataclass(frozen=True)
class Relabelled(Derived):
    """A source of which a study maps labels, or puts numbers into groups.

    Attributes
    ----------
    study : Study
    columns : mapping of str to str
        By column, its attribute.
    """

    study: Study
    columns: Mapping[str, str]

    def over(self, relation: str) -> str:
        """Replace the labels; those of numbers that are in no group are kept beside them for errors."""
        replaced = ", ".join(
            f"{_relabelled_sql(_text(name), self.study, attribute)} AS {identifier(name)}"
            for name, attribute in self.columns.items()
        )
        kept = "".join(f", {_text(name)} AS {identifier(_as_stored(name))}" for name in self._binned)
        return f"(SELECT * REPLACE ({replaced}){kept} FROM {relation})"

    @property
    def _binned(self) -> list[str]:
        return [name for name, attribute in self.columns.items() if attribute in self.study.bins]

    def checks(self) -> Sequence[Check]:
        """Refuse what is in no group of numbers."""
        return [*self.source.checks(), *map(self._check, self._binned)]

    def _check(self, name: str) -> Check:
        stored, attribute = identifier(_as_stored(name)), self.columns[name]
        return Check(
            _as_stored(name),
            f"{is_label(stored)} AND {identifier(name)} IS NULL",
            _no_bin(self.study, attribute),
        )

    def called(self, column: str) -> str:
        """Name the column that is stored."""
        stored = {_as_stored(name): name for name in self.columns}
        return self.source.called(stored.get(column, column))

    def met(self, reader: Reader) -> Met:
        """Find the labels that are mapped."""
        found = self.source.met(reader)
        for name, attribute in self.columns.items():
            if asked := self.study.labels.get(attribute):
                found += values_met(reader, self.source, ("labels", attribute), name, tuple(asked))
        return found


def mapped_columns(study: Study) -> Iterator[tuple[str, str]]:
    """Give the columns of groups that are the scores' own, with their attributes, of which labels are mapped."""
    beside = set(study.columns_beside)
    for attribute, group in study.groups.items():
        for column in group.columns:
            if _relabels(study, attribute) and column not in beside:
                yield column, attribute


def relabel_entries(entries: Entries, study: Study, attributes: Mapping[str, str]) -> None:
    """Map the labels of a file beside the scores, and put its numbers into groups.

    Parameters
    ----------
    entries : Entries
    study : Study
    attributes : mapping of str to str
        By column of the entries, its attribute.

    Raises
    ------
    InputError
        Where a number is in no group, or no entry has a label that is mapped.
    """
    for own, attribute in attributes.items():
        if not _relabels(study, attribute):
            continue
        relabelled = _relabelled_sql(own, study, attribute)
        for where, value in entries.first(own, f"({relabelled}) IS NULL"):
            raise InputError(
                f"row {where.row}, column {entries.columns[own]!r}: "
                + _no_bin(study, attribute).format(value=repr(value)),
                source=where.file,
            )
    for attribute in dict.fromkeys(attributes.values()):
        _require_labels(entries, study, attribute, [own for own, of in attributes.items() if of == attribute])
    for own, attribute in attributes.items():
        if _relabels(study, attribute):
            entries.replace(own, _relabelled_sql(own, study, attribute))


def _require_labels(entries: Entries, study: Study, attribute: str, columns: Sequence[str]) -> None:
    asked = study.labels.get(attribute, {})
    found = {("labels", attribute, label) for own in columns if asked for label in entries.distinct(own)}
    require_met(study, Met(values=frozenset(found)), entries.file.name)


def _no_bin(study: Study, attribute: str) -> str:
    return (
        f"{{value}} is no number from {study.bins[attribute][0]} upwards, as the bins of {attribute} need; correct it, "
        f"begin the bins lower, or exclude the label (exclude: {{{{{attribute}: [...]}}}})"
    )


def _text(name: str) -> str:
    return f"CAST({identifier(name)} AS VARCHAR)"


def _as_stored(name: str) -> str:
    return f"{name} (as it is stored)"
