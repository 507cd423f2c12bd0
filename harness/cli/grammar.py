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
    group
        NAME=COLUMN or NAME=PROBE_COLUMN,REFERENCE_COLUMN.
    axis
        NAME, or NAME,NAME for an intersectional one.
    labels_of
        Whether labels are of the person or of the image: person or image for all attributes, or NAME=image for one.
    exclude
        NAME=LABEL: a label of an attribute that is no group, such as ethnicity=unknown; as often as there are such.
    pairing
        Which comparisons count for a group.
    missing_scores
        What a comparison without a score is.
    watchlist_size
        Enrolled references, for identification.
    """

    matcher: str | None = None
    matcher_version: str | None = None
    task: Literal["verification", "identification"] | None = None
    columns: str | None = None
    score: str | None = None
    better: Literal["higher", "lower"] | None = None
    decimal: Literal[".", ","] | None = None
    mated: str | None = None
    mated_label: tuple[str, ...] = ()
    non_mated_label: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    identities: Literal["shared", "separate"] | None = None
    group: tuple[str, ...] = ()
    axis: tuple[str, ...] = ()
    labels_of: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pairing: Literal["within", "probe", "cross"] | None = None
    missing_scores: Literal["reject", "exclude", "count"] | None = None
    watchlist_size: int | None = None

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
                "score": _given({"column": self.score, "better": self.better, "decimal": self.decimal}),
                "mated": _given(
                    {"column": self.mated, "mated": self.mated_label, "non_mated": self.non_mated_label}
                ),
                "subjects": list(self.subject),
                "identities": self.identities,
                "groups": dict(_named_columns(text) for text in self.group),
                "axes": [_name_or_names(text) for text in self.axis],
                "labels_of": _labels_of(self.labels_of),
                "exclude": _excluded(self.exclude),
                "pairing": self.pairing,
                "missing_scores": self.missing_scores,
                "watchlist_size": self.watchlist_size,
            }
        )


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


def _labels_of(texts: tuple[str, ...]) -> str | dict[str, str]:
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    for text in texts:
        if "=" not in text:
            raise InputError(
                f"--labels-of {text!r}: give person or image once, or NAME=image for each attribute"
            )
    return {name: of for name, _, of in (text.rpartition("=") for text in texts)}


def _excluded(texts: tuple[str, ...]) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for text in texts:
        name, separator, label = text.partition("=")
        if not separator:
            raise InputError(f"--exclude {text!r}: write NAME=LABEL, such as ethnicity=unknown")
        labels.setdefault(name, []).append(label)
    return labels


def _name_or_names(text: str) -> str | list[str]:
    names = text.split(",")
    return names[0] if len(names) == 1 else names
