"""The meaning of the columns of a source of comparisons: matcher, direction, truth, groups and subjects."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from harness.config import (
    Document,
    MappingOf,
    OneOrMore,
    Text,
    TextOrTexts,
    Texts,
    load,
    plain,
    problem_at,
    read_document,
    shown,
    validate,
    with_options,
)
from harness.study.bins import Bins, LabelMaps, bin_labels
from harness.study.columns import GroupColumns, Matcher, Mated, Score
from harness.study.derived import Key, People, label_column
from harness.study.groups import Attribute, Axes, Axis, require_whole
from harness.study.matrix import Matrix
from harness.study.paths import with_files_beside
from harness.study.patterns import FromPath, FromValues
from harness.study.searches import SearchKeys

__all__ = ["Axis", "GroupColumns", "Matcher", "Mated", "Score", "Study", "load_study", "study_from_options"]


_Counts = Annotated[MappingOf[Text, Annotated[int, Field(ge=0)]], Field(min_length=1)]


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


_Excluded = MappingOf[Attribute, OneOrMore]
_Names = Annotated[Texts, AfterValidator(_told_apart)]
_LabelsOf = Annotated[Any, AfterValidator(_person_or_image)]


def _with_those_beside(groups: Mapping[str, GroupColumns], info: ValidationInfo) -> dict[str, GroupColumns]:
    """Add the attributes that the people's file gives, with a column for each column of subjects, and conditions."""
    people, subjects = info.data.get("people"), info.data.get("subjects") or ("subject",)
    found = dict(groups)
    for attribute in people.columns if people is not None else ():
        if "×" in attribute:
            raise problem_at((), f"people: {shown(attribute)} holds ×, which joins the attributes of an axis")
        if attribute in groups:
            problem = f"{shown(attribute)} is an attribute of people too; name its columns in one of them"
            raise problem_at((attribute,), problem)
        probe, reference = (label_column(attribute, subject) for subject in (subjects[0], subjects[-1]))
        found[attribute] = GroupColumns(probe=probe, reference=None if reference == probe else reference)
    if not found:
        raise PydanticCustomError("missing", "Field required")
    for attribute, column in (info.data.get("conditions") or {}).items():
        if attribute in found:
            raise problem_at((attribute,), f"{shown(attribute)} is a condition too; name it in one of them")
        found[attribute] = GroupColumns(probe=column)
    return found


def _each_attribute(validated: dict[str, Any]) -> tuple[Axis, ...]:
    return tuple(Axis((attribute,)) for attribute in validated.get("groups", ()))


_DERIVING = ("rows", "from_path", "from_value", "key", "people", "labels", "bins")
"""Keys by which columns or rows follow from what there is."""


_ONLY_IF_GIVEN = (
    *("matcher", "columns", "pairs", "groups", "exclude", "watchlist_composition", "matrix"),
    *_DERIVING,
    *SearchKeys.model_fields,
)
"""Keys that are not written out where they say nothing."""


class Study(SearchKeys):
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
        None, one or two columns that identify the subjects, a single one by its name alone; without them trials count
        as independent.
    identities : {"shared", "separate"}
        Whether the two columns of subjects name people alike, or each in its own way: an enrolment number and
        a visitor number, say, of which equal ones mean nothing.
    rows : mapping of str to tuple of str
        By column, the value or values of the rows that are kept, such as one matcher of several; how many others there
        are is told. A value that no row has is refused.
    from_path : mapping of str to str
        By name of a column, a pattern of the end of each file's path that takes its value, in braces:
        ``scores_{ethnicity}.csv``. A pattern alone will do. What stands between slashes is taken whole by ``*``, and
        folders by ``**``.
    from_value : mapping of str to FromValue
        By name of a column, the column that its value is taken out of and the pattern.
    key : Key, optional
        The file that holds the truth of the comparisons, where the scores do not.
    people : People, optional
        The file that holds people's labels, where the scores do not.
    groups : mapping of str to GroupColumns
        The columns of each demographic attribute. Those of `people` need not be named.
    axes : tuple of Axis
        The groupings to evaluate, each an attribute or a list of attributes; by default every attribute.
    labels_of : {"person", "image"} or mapping of str to those
        Whether the two columns of an attribute label the person, so that both sides of a mated trial have the
        same label, or the image, as where a classifier guesses it from each image. For all attributes alike, or
        by attribute; one that is not named labels the person.
    labels : mapping of str to mapping of str to str
        By attribute, labels and what each of them means, before anything else looks at them: ``{black: Black}``. A
        label that no row has is refused.
    bins : mapping of str to tuple of float
        By attribute, the edges that put its numbers into groups: [0, 18, 70] are 0–17, 18–69 and 70+. A number below
        the first, and what is no number and not excluded, is refused.
    exclude : mapping of str to tuple of str
        By attribute, labels that are no group: comparisons of people with such a label belong to no group of an axis
        with that attribute, and how many there are is told. A label that no row has is refused.
    pairing : {"within", "probe", "cross"}
        Count trials whose sides share the group; every trial, by the probe's group; or by both groups.
    missing_scores : {"reject", "exclude", "count"}
        A trial without a score is an error, left out, or one that does not match.
    search : str, optional
        The column that identifies a search; one that is repeated is refused.
    top_candidate : str, optional
        The column of the subject returned with the top score.
    own_score, own_rank : str, optional
        The columns of the right person's score, and rank, in mated searches; empty where that person is not returned.
    candidates : Candidates, optional
        The file of candidate lists. It has the scores, and tells who was returned; where the searches have a score too,
        it is that of the top candidate, and one that is missing is a failure to acquire.
    watchlist : Watchlist, optional
        The file of who is enrolled. Size and composition of the watchlist follow from it.
    list_size : str, optional
        The column of how many subjects were searched, where lists differ between searches.
    hit : Hit, optional
        Within which rank the right person must be returned: ``{rank: 1}``, which is the default, another, or any.
    population : {"lists like this", "this list"}
        What rates are of: of watchlists like this one, so that searches that return one subject go together; or of this
        very list.
    conditions : mapping of str to str
        By name, the column of a condition that is not demographic, such as light. It is read as groups are, and an axis
        with it is evaluated, but judged only if the policy names it.
    watchlist_size : int, optional
        Enrolled references; required for identification, unless `watchlist` or `list_size` tells, and refused
        otherwise.
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
    pairs: TextOrTexts = ()
    score: Score = Score()
    mated: Mated = Mated()
    subjects: Annotated[TextOrTexts, Field(max_length=2)] = ()
    identities: Literal["shared", "separate"] = "shared"
    rows: Annotated[MappingOf[Text, OneOrMore], Field(max_length=50)] = Field(default_factory=dict)
    from_path: FromPath = Field(default_factory=dict)
    from_value: FromValues = Field(default_factory=dict)
    key: Key | None = None
    people: People | None = None  # before groups, some of which it gives
    groups: Annotated[
        MappingOf[Attribute, GroupColumns],
        AfterValidator(_with_those_beside),
        Field(default_factory=dict, validate_default=True),
    ]
    axes: Axes = Field(default_factory=_each_attribute)
    labels_of: _LabelsOf = "person"
    labels: LabelMaps = Field(default_factory=dict)
    bins: Bins = Field(default_factory=dict)
    exclude: _Excluded = Field(default_factory=dict)
    pairing: Literal["within", "probe", "cross"] = "within"
    missing_scores: Literal["reject", "exclude", "count"] = "reject"
    watchlist_size: Annotated[int, Field(ge=1)] | None = None
    watchlist_composition: Annotated[MappingOf[Attribute, _Counts], Field(min_length=1)] | None = None
    matrix: Matrix | None = None

    @model_validator(mode="after")
    def _check_as_a_whole(self) -> Self:
        """Refuse keys that do not go together."""
        self._check_key()
        self._check_people()
        self._check_axes()
        self._check_labels()
        self._check_exclude()
        self._check_identities()
        self._check_watchlist()
        self.check_searches(are_searches=self.task == "identification", subjects=self.subjects)
        self._check_searches()
        self._check_pairing()
        self._check_matrix()
        self._check_column_uses()
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the study needs: score, mated, subjects, each attribute's, then those of searches."""
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
    def stored_columns(self) -> tuple[str, ...]:
        """Every column that the scores themselves must have, that of the score first."""
        derived = set(self.derived_columns)
        taken_from = [of.column for of in self.from_value.values()]
        keys = self.key.by if self.key else ()
        needed = dict.fromkeys([*self.columns, *self.mated.same, *keys, *self.rows, *taken_from])
        return tuple(column for column in needed if column not in derived)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Those of them without which nothing can be counted: candidate lists have the scores of searches."""
        return self.stored_columns if self.candidates is None else self.stored_columns[1:]

    @property
    def derived_columns(self) -> tuple[str, ...]:
        """Every column that follows from others, or from another file."""
        same = (self.mated.column,) if self.mated.same else ()
        return (*self.from_path, *self.from_value, *same, *self.columns_beside)

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """The columns that come from files beside the scores."""
        people = () if self.people is None else self.people.columns
        return (
            *self.key_columns,
            *(label_column(attribute, subject) for attribute in people for subject in self.subjects),
        )

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns that are taken from the key: that of the truth, unless identities tell it, and those named."""
        if self.key is None:
            return ()
        truth = () if self.mated.same else (self.mated.column,)
        return tuple(dict.fromkeys([*truth, *self.key.take]))

    @property
    def derived_by(self) -> tuple[str, ...]:
        """The keys of this study by which columns or rows follow from what there is."""
        given = {key: getattr(self, key) for key in _DERIVING} | {"mated: {same: ...}": self.mated.same}
        return tuple(key for key, value in given.items() if value)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are read beside the scores."""
        beside = (self.key, self.people, self.candidates, self.watchlist)
        return tuple(each.file for each in beside if each is not None)

    def with_files(self, elsewhere: Callable[[str], str]) -> Self:
        """Return the study with other names of the files beside the scores."""
        given = {key: getattr(self, key) for key in ("key", "people", "candidates", "watchlist")}
        named = {
            key: beside.model_copy(update={"file": elsewhere(beside.file)})
            for key, beside in given.items()
            if beside is not None
        }
        return self.model_copy(update=named)

    def as_stored(self, **terms: object) -> Self:
        """Return the study of a table that has all of its columns, derived ones too, under the names of these.

        Parameters
        ----------
        **terms
            Keys that are different there.
        """
        derived: dict[str, object] = {key: None if key in ("key", "people") else {} for key in _DERIVING}
        return self.model_copy(update={**derived, "names": (), "pairs": (), **terms})

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

    def is_of_conditions(self, axis: Axis) -> bool:
        """Whether an axis has an attribute that is a condition, and none of people."""
        return not self.conditions.keys().isdisjoint(axis.attributes)

    @property
    def subjects_tell_truth(self) -> bool:
        """Whether a comparison is mated where its two subjects are the same, and only there.

        Of a search the second is who was returned, who need not be the right person.
        """
        return (
            len(self.subjects) == 2
            and self.identities == "shared"
            and self.subjects[1] != self.returned_column
        )

    def labels_of_bins(self, attribute: str) -> list[str]:
        """Return the labels of the groups that the numbers of an attribute are put into."""
        return bin_labels(self.bins[attribute])

    def labels_the_person(self, attribute: str) -> bool:
        """Whether the two sides of a mated trial must have the same label of an attribute."""
        stated = self.labels_of
        return bool((stated.get(attribute) if isinstance(stated, Mapping) else stated) != "image")

    def to_dict(self) -> dict[str, object]:
        """Return the study as plain values in the form of a file, every default spelled out.

        Labels of the person, decimal points, and keys that are not given and were not always known are left out:
        evaluations from before these keys were known read alike.
        """
        written = plain(self)
        if all(map(self.labels_the_person, self.groups)):
            del written["labels_of"]
        if self.score.decimal == ".":
            del written["score"]["decimal"]
        if self.mated.same:
            written["mated"] = {"same": list(self.mated.same)}
        elif self.mated.mated:
            del written["mated"]["same"]
        else:
            written["mated"] = self.mated.column
        beside = {*(self.people.columns if self.people else ()), *self.conditions}
        written["groups"] = {
            attribute: group.probe if group.reference is None else [group.probe, group.reference]
            for attribute, group in self.groups.items()
            if attribute not in beside
        }
        written |= self.searches_to_dict()
        written["key"], written["people"] = (
            self.key and self.key.to_dict(),
            self.people and self.people.to_dict(),
        )
        return {key: value for key, value in written.items() if value or key not in _ONLY_IF_GIVEN}

    def _column_uses(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("score", "column"), self.score.column
        yield ("mated", "column"), self.mated.column
        for index, column in enumerate(self.subjects):
            yield ("subjects", index), column
        for attribute, group in self.groups.items():
            for index, column in enumerate(group.columns):
                yield ("groups", attribute, index), column
        for key, column in self.search_columns():
            if column not in self.subjects:  # as who was returned may be
                yield (key,), column

    def _check_column_uses(self) -> None:
        uses: dict[str, str] = {}
        for path, column in self._column_uses():
            use = ".".join(str(part) for part in path if isinstance(part, str))
            if column in uses:
                problem = f"column {shown(column)} has two uses, {uses[column]} and {use}"
                raise problem_at(path, problem)
            uses[column] = use

    def _check_key(self) -> None:
        for index, column in enumerate(self.key.take if self.key else ()):
            if column not in self.columns:
                raise problem_at(("key", "take", index), f"the study names no column {shown(column)}")
        if self.key is not None and not self.key_columns:
            raise problem_at(
                ("key",), "identities tell who is mated (same), and nothing else is taken from the key"
            )

    def _check_people(self) -> None:
        if self.people is not None and not self.subjects:
            raise problem_at(("people",), "people are found by their subject: name the columns of subjects")

    def _check_axes(self) -> None:
        for index, axis in enumerate(self.axes):
            for attribute in axis.attributes:
                self._require_attribute(attribute, ("axes", index))
        if all(self.is_of_conditions(axis) for axis in self.axes):
            raise problem_at(("axes",), "there are conditions in every axis; name one of people alone")

    def _check_exclude(self) -> None:
        for key in ("exclude", "labels", "bins"):
            for attribute in getattr(self, key):
                self._require_attribute(attribute, (key, attribute))

    def _check_labels(self) -> None:
        for attribute in self.labels_of if isinstance(self.labels_of, Mapping) else ():
            self._require_attribute(attribute, ("labels_of", attribute))

    def _require_attribute(self, attribute: str, path: tuple[str | int, ...]) -> None:
        if attribute not in self.groups:
            raise problem_at(path, f"{shown(attribute)} is not one of the groups: {', '.join(self.groups)}")

    def _check_identities(self) -> None:
        if self.identities == "separate" and len(self.subjects) < 2:
            raise problem_at(("identities",), "separate identities need two columns of subjects")
        if self.identities == "separate" and self.mated.same:
            raise problem_at(
                ("identities",), "equal ones mean nothing where they are separate; leave out same"
            )

    def _check_watchlist(self) -> None:
        sizes = (self.watchlist_size, self.watchlist, self.list_size)
        if self.task == "identification" and not any(sizes):
            raise problem_at(("task",), "identification needs watchlist_size")
        if self.task == "verification" and self.watchlist_size is not None:
            raise problem_at(
                ("watchlist_size",), "verification has no watchlist; is the task identification?"
            )
        if self.population == "this list" and len(self.subjects) > 1 and self.returned_column is None:
            problem = "rates of this very list go by probes only; name the column of the probe alone"
            raise problem_at(("subjects", 1), problem)
        for attribute in self.watchlist_composition or ():
            self._require_attribute(attribute, ("watchlist_composition", attribute))
        if self.watchlist is None or self.watchlist_size is not None:
            require_whole(self.watchlist_composition, self.watchlist_size)

    def _check_searches(self) -> None:
        for attribute in self.watchlist.groups if self.watchlist else ():
            self._require_attribute(attribute, ("watchlist", "groups", attribute))
        if self.returned_column and self.identities == "separate":
            problem = "who is returned is told by equal names of probe and candidate; leave this out"
            raise problem_at(("identities",), problem)

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
        Nested plain values in the form of a file. ``matcher``, ``score``, ``mated``, ``people``, ``matrix``,
        ``candidates`` and ``watchlist`` merge key by key, ``groups``, ``conditions`` and ``exclude`` by attribute;
        other keys replace the file's.

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
        merged=(
            *("matcher", "score", "mated", "people", "groups", "exclude", "matrix"),
            *("candidates", "watchlist", "conditions"),
        ),
    )
    return validate(Study, merged)


def _with_mappings(value: Mapping[str, object]) -> Mapping[str, object]:
    """Write the short forms of keys that merge key by key as the mappings that they stand for."""
    short = (("score", "column"), ("mated", "column"), ("matrix", "rows"))
    return {**value, **{key: {own: value[key]} for key, own in short if isinstance(value.get(key), str)}}
