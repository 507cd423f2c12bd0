"""The grammar of the command line: commands, flags, help and errors, by cyclopts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, CycloptsError, Group, Parameter

from harness._version import __version__
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.study import Policy, Study

__all__ = ["PolicyOptions", "StudyOptions", "application", "call"]


def call(tokens: Sequence[str], commands: Mapping[str, str]) -> object:
    """Call the command that the tokens name.

    Parameters
    ----------
    tokens : sequence of str
        Those after the name of the program.
    commands : mapping of str to str
        The first sentence of each command's help, by its name.

    Returns
    -------
    object
        What the command returns.

    Raises
    ------
    InputError
        The tokens are wrong. It is raised and not left to cyclopts to print, which quotes tokens as they are.
    """
    try:
        return application(commands)(
            _dashes_last(tokens), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        command = " ".join(["harness", *(error.command_chain or ())])
        raise InputError(f"{str(error).rstrip('.')}; see {command} --help") from error


def _dashes_last(tokens: Sequence[str]) -> list[str]:
    """Move a dash, which stands for standard input, to where it cannot be taken for an option."""
    count = 0 if "--" in tokens else list(tokens).count("-")
    return [*(given for given in tokens if given != "-"), "--", *["-"] * count] if count else list(tokens)


def application(commands: Mapping[str, str]) -> App:
    """Return the grammar of the commands, for a call of one or for the pages about them.

    Parameters
    ----------
    commands : mapping of str to str
        As for `call`.
    """
    app = App(
        name="harness",
        help="Find the score threshold above which a face matcher's demographic differential is gone, "
        "and say so only where the evidence suffices.",
        version=__version__,
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for command, summary in commands.items():
        app.command(f"harness.cli.{command}:{command}", help=summary)  # imported when it is asked for
    return app


PROPOSES = "`harness draft SCORES` proposes a study"
_STUDY = Group("Study", help="In place of a study file, or over it.", sort_key=1)
_POLICY = Group("Policy", help="In place of a policy file, or over it.", sort_key=2)


@Parameter(name="*", group=_STUDY)
@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """The meaning of the columns, flag by flag.

    Parameters
    ----------
    matcher
        Name of the matcher.
    matcher_version
        Its version.
    task
        Whether a row is a comparison, or a search with its top score.
    columns
        Columns of text files without a header, in order: NAME,NAME,...
    pairs
        File of the pairs that were scored, as LFW's pairs.txt; once for each file of scores.
    score
        Column of the comparison score.
    better
        Whether higher or lower scores speak for one subject (lower: distances).
    decimal
        What is before the decimals of scores in text files: . or a comma.
    mated
        Column of the truth: bool, 0/1, or labels named by the next two.
    mated_label
        Label of mated comparisons.
    non_mated_label
        Label of non-mated comparisons.
    subject
        Column that names a subject; once or twice.
    identities
        Whether two columns of subjects name people alike (shared), or each in its own way (separate).
    rows
        NAME=VALUE: keep only rows with this value in a column, such as matcher=ArcFace; as often as there are such.
    from_path
        A pattern of the end of each file's path, whose names in braces become columns: "scores_{ethnicity}.csv".
    people
        File of people's labels, found by subject, where the scores have none.
    people_subject
        Its column of subjects.
    people_column
        Its column of an attribute: NAME, or NAME=COLUMN where they differ; as often as there are such.
    group
        NAME=COLUMN or NAME=PROBE_COLUMN,REFERENCE_COLUMN.
    axis
        NAME, or NAME,NAME for an intersectional one.
    labels_of
        Whether labels are of the person or of the image: person or image for all attributes, or NAME=image for one.
    label
        NAME=FROM=TO: a label and what it means, such as ethnicity=black=Black; as often as there are such.
    bins
        NAME=EDGE,EDGE,...: puts the numbers of an attribute into groups, such as age=0,18,30,50,70.
    exclude
        NAME=LABEL: a label of an attribute that is no group, such as ethnicity=unknown; as often as there are such.
    pairing
        Which comparisons count for a group.
    missing_scores
        What a comparison without a score is.
    watchlist_size
        Enrolled references, for identification.
    search
        Column that identifies a search.
    top_candidate
        Column of the subject whom a search returned.
    own_score
        Column of the right person's score, in mated searches.
    own_rank
        Column of the right person's rank, in mated searches.
    candidates
        File of candidate lists, with the columns search, candidate and score; other names are given in a study file.
    floor
        Score from which every candidate list is complete.
    watchlist
        File of who is enrolled, with a column subject.
    watchlist_group
        Its column of an attribute: NAME, or NAME=COLUMN where they differ; as often as there are such.
    list_size
        Column of how many were searched, where that differs between searches.
    hit
        Rank within which the right person must be returned, or any; 1 by default.
    population
        What rates are of: lists like this, or this list.
    condition
        NAME=COLUMN: a condition that is not demographic, such as light=light, which is not judged unless named.
    matrix_rows
        Where SCORES is a matrix (.npy, .npz): file of the people of its rows; --subject and --group name its columns.
    matrix_columns
        File of the people of its columns; without it the same images as the rows.
    matrix_array
        Name of the matrix in an .npz file of several arrays.
    """

    matcher: str | None = None
    matcher_version: str | None = None
    task: Literal["verification", "identification"] | None = None
    columns: str | None = None
    pairs: tuple[str, ...] = ()
    score: str | None = None
    better: Literal["higher", "lower"] | None = None
    decimal: Literal[".", ","] | None = None
    mated: str | None = None
    mated_label: tuple[str, ...] = ()
    non_mated_label: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    identities: Literal["shared", "separate"] | None = None
    rows: tuple[str, ...] = ()
    from_path: tuple[str, ...] = ()
    people: str | None = None
    people_subject: str | None = None
    people_column: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    axis: tuple[str, ...] = ()
    labels_of: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pairing: Literal["within", "probe", "cross"] | None = None
    missing_scores: Literal["reject", "exclude", "count"] | None = None
    watchlist_size: int | None = None
    search: str | None = None
    top_candidate: str | None = None
    own_score: str | None = None
    own_rank: str | None = None
    candidates: str | None = None
    floor: float | None = None
    watchlist: str | None = None
    watchlist_group: tuple[str, ...] = ()
    list_size: str | None = None
    hit: str | None = None
    population: Literal["lists like this", "this list"] | None = None
    condition: tuple[str, ...] = ()
    matrix_rows: str | None = None
    matrix_columns: str | None = None
    matrix_array: str | None = None

    def study(self, path: Path | None) -> Study:
        """Return the study of a file, with what was given laid over it."""
        from harness.config import read_document
        from harness.study import study_from_options

        document, given = read_document(path) if path else None, self.to_dict()
        if document is None and not given:
            raise InputError(
                "no study says what the columns of the scores mean: name a file (--study), or the columns (--matcher, "
                f"--score, --mated, --group and so on); {PROPOSES}"
            )
        try:
            return study_from_options(document, given)
        except InputError as error:
            if "groups" in given or (document is not None and "groups" in document.value):
                raise
            raise InputError(
                f"{error.problem}; {PROPOSES}", source=error.source, line=error.line, column=error.column
            ) from None

    def to_dict(self) -> dict[str, Any]:
        """Return what was given, in the form of a study file."""
        return _given(
            {
                "matcher": _given({"name": self.matcher, "version": self.matcher_version}),
                "task": self.task,
                "columns": None if self.columns is None else self.columns.split(","),
                "pairs": list(self.pairs),
                "score": _given({"column": self.score, "better": self.better, "decimal": self.decimal}),
                "mated": _given(
                    {"column": self.mated, "mated": self.mated_label, "non_mated": self.non_mated_label}
                ),
                "subjects": list(self.subject),
                "identities": self.identities,
                "rows": _by_name(self.rows, "--rows", "matcher=ArcFace"),
                "from_path": _from_path(self.from_path),
                "people": _given(
                    {
                        "file": self.people,
                        "subject": self.people_subject,
                        "columns": dict(_name_and_column(text) for text in self.people_column),
                    }
                ),
                "groups": dict(_named_columns(text) for text in self.group),
                "axes": [_name_or_names(text) for text in self.axis],
                "labels_of": _labels_of(self.labels_of),
                "labels": _label_maps(self.label),
                "bins": dict(_edges(text) for text in self.bins),
                "exclude": _by_name(self.exclude, "--exclude", "ethnicity=unknown"),
                "pairing": self.pairing,
                "missing_scores": self.missing_scores,
                "watchlist_size": self.watchlist_size,
                **self._of_searches(),
                "matrix": _given(
                    {"rows": self.matrix_rows, "columns": self.matrix_columns, "array": self.matrix_array}
                ),
            }
        )

    def _of_searches(self) -> dict[str, Any]:
        return {
            "search": self.search,
            "top_candidate": self.top_candidate,
            "own_score": self.own_score,
            "own_rank": self.own_rank,
            "candidates": _given({"file": self.candidates, "floor": self.floor}),
            "watchlist": _given(
                {
                    "file": self.watchlist,
                    "groups": dict(_name_and_column(text) for text in self.watchlist_group),
                }
            ),
            "list_size": self.list_size,
            "hit": None
            if self.hit is None
            else {"rank": int(self.hit) if self.hit.isdecimal() else self.hit},
            "population": self.population,
            "conditions": dict(_name_and_column(text) for text in self.condition),
        }


@Parameter(name="*", group=_POLICY)
@dataclass(frozen=True, kw_only=True)
class PolicyOptions:
    """When a threshold counts as safe, flag by flag.

    Parameters
    ----------
    criterion
        Whether parity must be shown, or a disparity only not be detected.
    confidence
        Of every bound.
    max_ratio
        Largest tolerated ratio of two groups' false match rates.
    max_gap
        Largest tolerated difference of two groups' false match rates.
    max_fmr
        Largest tolerated upper bound of any group's FMR; 0.01 by default.
    max_fpir
        Largest tolerated upper bound of any group's FPIR, in searches; 0.01 by default.
    max_fnmr_ratio
        Largest tolerated ratio of two groups' false non-match rates.
    max_fnmr_gap
        Largest tolerated difference of two groups' false non-match rates.
    min_subjects
        Subjects every group must have.
    min_trials
        Non-mated comparisons every group must have.
    judged_axis
        An axis the answer rests on, NAME or NAME,NAME; all of the study's by default.
    operating_threshold
        A threshold in use: the answer is told at it.
    prevalence
        The share of passers-by that is on the watchlist: the answer tells what 10,000 passers-by meet.
    """

    criterion: Annotated[Literal["shown", "not_detected"] | None, Parameter()] = None
    confidence: float | None = None
    max_ratio: float | None = None
    max_gap: float | None = None
    max_fmr: float | None = None
    max_fpir: float | None = None
    max_fnmr_ratio: float | None = None
    max_fnmr_gap: float | None = None
    min_subjects: int | None = None
    min_trials: int | None = None
    judged_axis: tuple[str, ...] = ()
    operating_threshold: tuple[float, ...] = ()
    prevalence: float | None = None

    def policy(self, path: Path | None) -> Policy:
        """Return the policy of a file, with what was given laid over it."""
        from harness.config import read_document
        from harness.study import policy_from_options

        return policy_from_options(read_document(path) if path else None, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return what was given, in the form of a policy file."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        axes = [_name_or_names(text) for text in given.pop("judged_axis")]
        operating = list(given.pop("operating_threshold"))
        return _given({**given, "axes": axes, "operating": operating})


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None and value not in ((), [], {})}


def _named_columns(text: str) -> tuple[str, str | list[str]]:
    name, separator, columns = text.partition("=")
    if not separator:
        raise InputError(f"--group {text!r}: write NAME=COLUMN or NAME=PROBE_COLUMN,REFERENCE_COLUMN")
    return name, _name_or_names(columns)


def _name_and_column(text: str) -> tuple[str, str]:
    name, _, column = text.partition("=")
    return name, column or name


def _labels_of(texts: tuple[str, ...]) -> str | dict[str, str]:
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    for text in texts:
        if "=" not in text:
            raise InputError(
                f"--labels-of {text!r}: give person or image once, or NAME=image for each attribute"
            )
    return {name: of for name, _, of in (text.rpartition("=") for text in texts)}


def _by_name(texts: tuple[str, ...], flag: str, example: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator:
            what = "LABEL" if flag == "--exclude" else "VALUE"
            raise InputError(f"{flag} {text!r}: write NAME={what}, such as {example}")
        values.setdefault(name, []).append(value)
    return values


def _label_maps(texts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    maps: dict[str, dict[str, str]] = {}
    for text in texts:
        parts = text.split("=")
        if len(parts) != 3:
            raise InputError(f"--label {text!r}: write NAME=FROM=TO, such as ethnicity=black=Black")
        maps.setdefault(parts[0], {})[parts[1]] = parts[2]
    return maps


def _edges(text: str) -> tuple[str, list[float]]:
    name, _, edges = text.partition("=")
    try:
        found = [float(edge) for edge in edges.split(",")]
    except ValueError:
        raise InputError(f"--bins {text!r}: write NAME=EDGE,EDGE, such as age=0,18,30,50,70") from None
    return name, [int(edge) if edge.is_integer() else edge for edge in found]


def _from_path(patterns: tuple[str, ...]) -> dict[str, str]:
    from harness.study.patterns import names_in

    return {name: pattern for pattern in patterns for name in names_in(pattern) or [pattern]}


def _name_or_names(text: str) -> str | list[str]:
    names = text.split(",")
    return names[0] if len(names) == 1 else names
