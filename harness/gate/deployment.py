"""What a deployment config says."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from harness.config import After, Key, Limits, Part, problem_at, shown
from harness.gate.values import Day, Digest, Text, a_line
from harness.study import Axes, require_whole

__all__ = [
    "MOST_DEPLOYMENTS",
    "Composition",
    "Defaults",
    "Deployment",
    "DeploymentFile",
    "EvidenceTerms",
    "MatcherTerms",
    "UseCase",
]

MOST_DEPLOYMENTS = 1_000
"""In one file."""

UseCase = Literal["live", "retrospective", "operator-initiated", "verification"]

_Counts = Annotated[Mapping[Text, Annotated[int, Limits(ge=0)]], Limits(min_length=1)]

Composition = Annotated[Mapping[Text, _Counts], Limits(min_length=1)]

_a_path = a_line(200)
_IN_THE_FOLDER = r"^(?!/)(?!(.*/)?\.\.(/|$))[^\\]*\S[^\\]*$"


def _inside(text: str) -> str:
    path = PurePosixPath(_a_path(text))
    if path.is_absolute() or ".." in path.parts or "\\" in text:
        raise ValueError(
            f"{shown(text)} leads out of the config's folder; give --evaluation, and sha256 in the config"
        )
    return text


class MatcherTerms(Part):
    """The matcher that is deployed.

    Parameters
    ----------
    name, version : str
        Exactly as the evaluation's study names them; a version such as 1.10 is text, not a number.
    """

    name: Text
    version: Text


class EvidenceTerms(Part):
    """The evaluation that a deployment rests on.

    Parameters
    ----------
    evaluation : str, optional
        Path of its ``evaluation.json``, from the config's folder and within it.
    sha256 : str, optional
        Digest of that file, in lower case.
    evaluated : date, optional
        The day of the evaluation, which itself states none; not after the day on which it was signed.
    max_age_days : int, optional
        How many days it serves after `evaluated`, or else after the day on which it was signed.
    valid_until : date, optional
        The last day on which it serves.
    """

    evaluation: Annotated[str, After(_inside, pattern=_IN_THE_FOLDER)] | None = None
    sha256: Digest | None = None
    evaluated: Day | None = None
    max_age_days: Annotated[int, Limits(ge=1, le=36_525)] | None = None
    valid_until: Day | None = None


class Deployment(Part):
    """One deployment of a matcher.

    Parameters
    ----------
    matcher : MatcherTerms
        The matcher that is deployed.
    use_case : {"live", "retrospective", "operator-initiated", "verification"}
        The first three search a watchlist (1:N); verification compares two faces (1:1).
    threshold : float
        A comparison matches at this score or better.
    watchlist_size : int, optional
        The most references that are enrolled; needed by every use case but verification, which has none.
    watchlist_composition : mapping of str to mapping of str to int, optional
        By attribute and group, how many of them there are of each group; an attribute's add up to all.
    axes : tuple of Axis
        The demographic axes in force, each an attribute or a list of attributes.
    owner : str
        Who answers for it.
    starts, until : date, optional
        First (written ``from``) and last day.
    evidence : EvidenceTerms
        The evaluation it rests on.
    criterion : {"shown", "not_detected"}
        What the evaluation's policy must ask for.
    max_ratio : float, optional
        The largest ratio of false match rates that the evaluation's policy may tolerate.
    min_confidence : float, optional
        The least confidence that its bounds may have.
    """

    matcher: MatcherTerms
    use_case: UseCase
    threshold: float
    watchlist_size: Annotated[int, Limits(ge=1)] | None = None
    watchlist_composition: Composition | None = None
    axes: Axes
    owner: Text
    starts: Annotated[Day | None, Key("from")] = None
    until: Day | None = None
    evidence: EvidenceTerms = EvidenceTerms()
    criterion: Literal["shown", "not_detected"] = "shown"
    max_ratio: Annotated[float, Limits(gt=1)] | None = None
    min_confidence: Annotated[float, Limits(ge=0.5, lt=1)] | None = None

    def check_as_a_whole(self) -> None:
        """Refuse keys that do not go together."""
        searches = self.use_case != "verification"
        if searches and self.watchlist_size is None:
            raise problem_at(("use_case",), f"{shown(self.use_case)} needs watchlist_size")
        if not searches and self.watchlist_size is not None:
            raise problem_at(("watchlist_size",), "verification has no watchlist")
        require_whole(self.watchlist_composition, self.watchlist_size)
        if self.starts is not None and self.until is not None and self.until < self.starts:
            raise problem_at(("until",), f"{self.until} is before {self.starts}, on which it starts")


Defaults = type(
    "Defaults",
    (Part,),
    {
        "__doc__": "What every deployment of a file has unless it says otherwise.",
        "__module__": __name__,
        "__annotations__": Deployment.__annotations__,
        **dict.fromkeys(Deployment.__annotations__),
    },
)


class DeploymentFile(Part):
    """A file of deployments.

    Parameters
    ----------
    defaults : Defaults
        What every deployment has unless it says otherwise; a key that is given replaces the default's whole value.
    deployments : mapping of str to Deployment
        One or more, up to a thousand, by name.
    """

    defaults: Any = None
    deployments: Annotated[Mapping[Text, Deployment], Limits(min_length=1, max_length=MOST_DEPLOYMENTS)]
