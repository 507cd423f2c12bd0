"""The meaning of the columns of a source of comparisons: matcher, direction, truth, groups and subjects."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from harness.config import (
    Document,
    MappingOf,
    StrictModel,
    TupleOf,
    load,
    plain,
    problem_at,
    read_document,
    shown,
    validate,
    with_options,
)
from harness.study.groups import Axes, Axis, distinct, require_whole
from harness.study.matrix import Matrix
from harness.study.paths import with_files_beside

__all__ = ["Axis", "GroupColumns", "Matcher", "Mated", "Score", "Study", "load_study", "study_from_options"]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{shown(text)} is blank")
    return text


def _attribute_name(name: str) -> str:
    if "×" in name:
        raise ValueError(f"{shown(name)} holds ×, which joins the attributes of an axis")
    return _not_blank(name)


_Text = Annotated[str, AfterValidator(_not_blank)]
_Texts = Annotated[TupleOf[_Text], AfterValidator(distinct)]
_TextOrTexts = Annotated[_Texts, BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
_Attribute = Annotated[str, AfterValidator(_attribute_name)]
_Counts = Annotated[MappingOf[_Text, Annotated[int, Field(ge=0)]], Field(min_length=1)]


def _told_apart(names: tuple[str, ...]) -> tuple[str, ...]:
    folded = [name.casefold() for name in names]
    for index, name in enumerate(names):
        if folded[index] in folded[:index]:
            raise problem_at((index,), f"{shown(name)} is repeated, letter case apart")
    return names


def _person_or_image(value: object) -> object:
    by_attribute = value.items() if isinstance(value, Mapping) else [(None, value)]
    for attribute, of in by_attribute:
        if of not in ("person", "image"):
            problem = f"{shown(of)} is neither person nor image"
            raise problem_at(() if attribute is None else (attribute,), problem)
    return value


_Excluded = MappingOf[_Attribute, Annotated[_TextOrTexts, Field(min_length=1)]]
_Names = Annotated[_Texts, AfterValidator(_told_apart)]
_LabelsOf = Annotated[Any, AfterValidator(_person_or_image)]


def _column_as_mapping(value: object) -> object:
    """Take a bare column for a mapping of it."""
    if isinstance(value, str):
        return {"column": value}
    if not isinstance(value, Mapping | StrictModel):
        raise ValueError(f"{shown(value)} is not a column or a mapping")
    return value


class Matcher(StrictModel):
    """The matcher that gave the scores.

    Parameters
    ----------
    name, version : str
        As a deployment config names them; a version such as 1.10 is text, not a number.
    """

    how_to_give: ClassVar[Mapping[str, str]] = {
        "name": "--matcher NAME",
        "version": "--matcher-version VERSION",
    }

    name: _Text
    version: _Text


class Score(StrictModel):
    """The comparison score.

    Parameters
    ----------
    column : str
        Name of its column.
    better : {"higher", "lower"}
        Which scores speak for the same subject; ``"lower"`` is for distances.
    decimal : {".", ","}
        What is before the decimals of scores in text files.
    """

    column: _Text = "score"
    better: Literal["higher", "lower"] = "higher"
    decimal: Literal[".", ","] = "."

    _from_shorthand = model_validator(mode="before")(_column_as_mapping)


class Mated(StrictModel):
    """The ground truth of a trial.

    Parameters
    ----------
    column : str
        Name of its column.
    mated, non_mated : tuple of str
        The label of either class, or a list of labels. Without them the column must be bool, or 0 and 1.
    """

    column: _Text = "mated"
    mated: _TextOrTexts = ()
    non_mated: _TextOrTexts = ()

    _from_shorthand = model_validator(mode="before")(_column_as_mapping)

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse labels of one class only, or of both."""
        if bool(self.mated) != bool(self.non_mated):
            raise ValueError("the labels mated and non_mated go together: give both or neither")
        for index, label in enumerate(self.non_mated):
            if label in self.mated:
                raise problem_at(("non_mated", index), f"{shown(label)} is also a label of mated trials")
        return self


class GroupColumns(StrictModel):
    """Where the two sides of a trial have the value of an attribute.

    Parameters
    ----------
    probe : str
        Column of the probe's value, or of the value that both sides share.
    reference : str, optional
        Column of the reference's value.
    """

    probe: _Text
    reference: _Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: object) -> object:
        """Take one or two columns for a mapping of them."""
        columns = [value] if isinstance(value, str) else value
        if isinstance(columns, list | tuple) and 1 <= len(columns) <= 2:
            return dict(zip(("probe", "reference"), columns, strict=False))
        if not isinstance(value, Mapping | GroupColumns):
            raise ValueError(f"{shown(value)} is not a column or a list of one or two columns")
        return value

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse one column for both sides."""
        if self.probe == self.reference:
            raise ValueError(f"{shown(self.probe)} is given twice; name a column that both sides share once")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The one or two columns, the probe's first."""
        return (self.probe,) if self.reference is None else (self.probe, self.reference)


_ONLY_IF_GIVEN = ("matcher", "columns", "pairs", "exclude", "watchlist_composition", "matrix")
"""Of the keys, those that are not written out where they say nothing."""


def _each_attribute(validated: dict[str, Any]) -> tuple[Axis, ...]:
    return tuple(Axis((attribute,)) for attribute in validated.get("groups", ()))


class Study(StrictModel):
    """The meaning of the columns of a source of comparisons.

    Parameters
    ----------
    matcher : Matcher, optional
        The matcher under test. Without its name and version no gate uses the evaluation.
    task : {"verification", "identification"}
        Whether a row is a comparison, or a search of a watchlist with its top score.
    names : tuple of str
        Every column, in order, of text files that have no header. It is given as ``columns``; `columns` itself tells
        those that the study needs.
    pairs : tuple of str
        The file that lists the pairs of people that were scored, as LFW's ``pairs.txt`` does, line by line as the
        scores; one for each file of scores. Relative to the folder of the study file. It gives the columns probe,
        reference, probe_image, reference_image and mated.
    score : Score
        The column of scores and their direction; the name of the column alone will do.
    mated : Mated
        The column of ground truth; the name of the column alone will do.
    subjects : tuple of str
        None, one or two columns that identify the subjects; without them trials count as independent.
    identities : {"shared", "separate"}
        Whether the two columns of subjects name people alike, or each in its own way: an enrolment number and
        a visitor number, say, of which equal ones mean nothing.
    groups : mapping of str to GroupColumns
        The columns of each demographic attribute.
    axes : tuple of Axis
        The groupings to evaluate, each an attribute or a list of attributes; by default every attribute.
    labels_of : {"person", "image"} or mapping of str to those
        Whether the two columns of an attribute label the person, so that both sides of a mated trial have the
        same label, or the image, as where a classifier guesses it from each image. For all attributes alike, or
        by attribute; one that is not named labels the person.
    exclude : mapping of str to tuple of str
        By attribute, labels that are no group: comparisons of people with such a label belong to no group of an axis
        with that attribute, and how many there are is told. A label that no row has is refused.
    pairing : {"within", "probe", "cross"}
        Count trials whose sides share the group; every trial, by the probe's group; or by both groups.
    missing_scores : {"reject", "exclude", "count"}
        A trial without a score is an error, left out, or one that does not match.
    watchlist_size : int, optional
        Enrolled references; required for identification and refused otherwise.
    watchlist_composition : mapping of str to mapping of str to int, optional
        By attribute and group, how many of them there are of each group; an attribute's add up to all.
    matrix : Matrix, optional
        Where the scores are a matrix: the file of the people of its rows, or a mapping of that and the file of those
        of its columns. One of ``subjects`` and one column for each of ``groups`` are columns of these files (two,
        where the files name them differently), and the truth follows: scores of the same subject are mated.
    """

    how_to_give: ClassVar[Mapping[str, str]] = {
        "groups": "groups: {NAME: COLUMN} in the study, --group NAME=COLUMN"
    }

    matcher: Matcher | None = None
    task: Literal["verification", "identification"] = "verification"
    names: Annotated[_Names, Field(alias="columns")] = ()
    pairs: _TextOrTexts = ()
    score: Score = Score()
    mated: Mated = Mated()
    subjects: Annotated[_Texts, Field(max_length=2)] = ()
    identities: Literal["shared", "separate"] = "shared"
    groups: Annotated[MappingOf[_Attribute, GroupColumns], Field(min_length=1)]
    axes: Axes = Field(default_factory=_each_attribute)
    labels_of: _LabelsOf = "person"
    exclude: _Excluded = Field(default_factory=dict)
    pairing: Literal["within", "probe", "cross"] = "within"
    missing_scores: Literal["reject", "exclude", "count"] = "reject"
    watchlist_size: Annotated[int, Field(ge=1)] | None = None
    watchlist_composition: Annotated[MappingOf[_Attribute, _Counts], Field(min_length=1)] | None = None
    matrix: Matrix | None = None

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse keys that do not go together."""
        self._check_axes()
        self._check_labels()
        self._check_exclude()
        self._check_identities()
        self._check_watchlist()
        self._check_pairing()
        self._check_matrix()
        self._check_column_uses()
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the study needs: score, mated, subjects, then each attribute's."""
        return tuple(column for _, column in self._column_uses())

    @property
    def matcher_name(self) -> str:
        """The name of the matcher and its version, for titles."""
        return "(unnamed)" if self.matcher is None else f"{self.matcher.name} {self.matcher.version}"

    @property
    def matcher_in_words(self) -> str:
        """The same, for sentences."""
        matcher = self.matcher
        return "a matcher without a name" if matcher is None else f"{matcher.name}, version {matcher.version}"

    @property
    def sign(self) -> int:
        """The factor, 1 or -1, that makes higher scores the better ones."""
        return 1 if self.score.better == "higher" else -1

    @property
    def labels_of_both_sides(self) -> tuple[tuple[str, str], ...]:
        """The two columns of each attribute that has two and labels the person: alike where a trial is mated."""
        return tuple(
            (group.probe, group.reference)
            for attribute, group in self.groups.items()
            if group.reference is not None and self.labels_the_person(attribute)
        )

    def labels_the_person(self, attribute: str) -> bool:
        """Whether the two sides of a mated trial must have the same label of an attribute."""
        stated = self.labels_of
        return bool((stated.get(attribute) if isinstance(stated, Mapping) else stated) != "image")

    def to_dict(self) -> dict[str, object]:
        """Return the study as plain values in the form of a file, every default spelled out.

        Labels of the person, decimal points, and keys that are not given and were not always known are left out:
        evaluations from before these keys were known read alike.
        """
        written = {key: value for key, value in plain(self).items() if value or key not in _ONLY_IF_GIVEN}
        if all(map(self.labels_the_person, self.groups)):
            del written["labels_of"]
        if self.score.decimal == ".":
            del written["score"]["decimal"]
        if not self.mated.mated:
            written["mated"] = self.mated.column
        written["groups"] = {
            attribute: group.probe if group.reference is None else [group.probe, group.reference]
            for attribute, group in self.groups.items()
        }
        return written

    def _column_uses(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("score", "column"), self.score.column
        yield ("mated", "column"), self.mated.column
        for index, column in enumerate(self.subjects):
            yield ("subjects", index), column
        for attribute, group in self.groups.items():
            for index, column in enumerate(group.columns):
                yield ("groups", attribute, index), column

    def _check_column_uses(self) -> None:
        uses: dict[str, str] = {}
        for path, column in self._column_uses():
            use = ".".join(str(part) for part in path if isinstance(part, str))
            if column in uses:
                problem = f"column {shown(column)} has two uses, {uses[column]} and {use}"
                raise problem_at(path, problem)
            uses[column] = use

    def _check_axes(self) -> None:
        for index, axis in enumerate(self.axes):
            for attribute in axis.attributes:
                self._require_attribute(attribute, ("axes", index))

    def _check_exclude(self) -> None:
        for attribute in self.exclude:
            self._require_attribute(attribute, ("exclude", attribute))

    def _check_labels(self) -> None:
        for attribute in self.labels_of if isinstance(self.labels_of, Mapping) else ():
            self._require_attribute(attribute, ("labels_of", attribute))

    def _require_attribute(self, attribute: str, path: tuple[str | int, ...]) -> None:
        if attribute not in self.groups:
            raise problem_at(path, f"{shown(attribute)} is not one of the groups: {', '.join(self.groups)}")

    def _check_identities(self) -> None:
        if self.identities == "separate" and len(self.subjects) < 2:
            raise problem_at(("identities",), "separate identities need two columns of subjects")

    def _check_watchlist(self) -> None:
        if self.task == "identification" and self.watchlist_size is None:
            raise problem_at(("task",), "identification needs watchlist_size")
        if self.task == "verification" and self.watchlist_size is not None:
            raise problem_at(
                ("watchlist_size",), "verification has no watchlist; is the task identification?"
            )
        for attribute in self.watchlist_composition or ():
            self._require_attribute(attribute, ("watchlist_composition", attribute))
        require_whole(self.watchlist_composition, self.watchlist_size)

    def _check_pairing(self) -> None:
        one_sided = all(group.reference is None for group in self.groups.values())
        if self.pairing == "cross" and one_sided and self.matrix is None:
            raise problem_at(
                ("pairing",), "cross needs groups with two columns, the probe's and the reference's"
            )

    def _check_matrix(self) -> None:
        if self.matrix is None:
            return
        if not self.subjects:
            raise problem_at(
                ("matrix",),
                "a matrix needs subjects: the column of the people's file that says who each is "
                "(subjects: [subject]; --subject)",
            )
        two = [attribute for attribute, group in self.groups.items() if group.reference is not None]
        if self.matrix.columns is None and (two or len(self.subjects) > 1):
            path, what = (("groups", two[0]), shown(two[0])) if two else (("subjects",), "subjects")
            raise problem_at(
                path,
                f"{what} names two columns, but rows and columns of the matrix are the same people; name one, or "
                "the people of the columns too (matrix: {rows: ..., columns: ...}; --matrix-columns)",
            )


def load_study(study: Study | Mapping[str, object] | str | os.PathLike[str]) -> Study:
    """Return a study given as itself, as a mapping or as the path of a YAML or JSON file.

    Parameters
    ----------
    study : Study, mapping, str or path-like
        A mapping has the form of a file.

    Raises
    ------
    InputError
        The first problem of the file or mapping, with its line and column in a file.

    Examples
    --------
    >>> study = load_study({"matcher": {"name": "A", "version": "1"}, "groups": {"sex": ["sex_1", "sex_2"]}})
    >>> study.columns
    ('score', 'mated', 'sex_1', 'sex_2')
    """
    if isinstance(study, str | os.PathLike):
        return validate(Study, with_files_beside(read_document(study)))
    return load(Study, study, "study")


def study_from_options(document: Document | None, options: Mapping[str, object]) -> Study:
    """Return the study of a file with command-line options laid over it.

    Parameters
    ----------
    document : Document or None
        The study file, where there is one.
    options : mapping
        Nested plain values in the form of a file. ``matcher``, ``score``, ``mated`` and ``matrix`` merge
        key by key, ``groups`` and ``exclude`` by attribute; other keys replace the file's.

    Raises
    ------
    InputError
        The first problem; its source is ``command line`` where an option is to blame.
    """
    beside = document and with_files_beside(document)
    written_out = beside and replace(beside, value=_with_mappings(beside.value))
    merged = with_options(
        written_out,
        _with_mappings(options),
        merged=("matcher", "score", "mated", "groups", "exclude", "matrix"),
    )
    return validate(Study, merged)


def _with_mappings(value: Mapping[str, object]) -> Mapping[str, object]:
    """Write the short forms of keys that merge key by key as the mappings that they stand for."""
    short = (("score", "column"), ("mated", "column"), ("matrix", "rows"))
    return {**value, **{key: {own: value[key]} for key, own in short if isinstance(value.get(key), str)}}
