"""What a study says of searches of a watchlist: who was returned, from which list, and what counts as a hit."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from harness.config import MappingOf, StrictModel, Text, plain, problem_at, shown
from harness.errors import InputError
from harness.study.derived import each_by_itself, written
from harness.study.groups import Attribute

__all__ = ["RETURNED", "SEARCH_KEYS", "Candidates", "Hit", "SearchKeys", "Watchlist"]

RETURNED = "top candidate"
"""The column of who was returned, where it follows from candidate lists."""
SEARCH_KEYS = ("search", "top_candidate", "own_score", "own_rank", "candidates", "watchlist", "list_size")
"""Keys by which more is read of searches than their top scores."""


class Candidates(StrictModel):
    """The candidates that searches returned, in a file with a row for each.

    Parameters
    ----------
    file : str
        CSV, Parquet or Arrow IPC, in any order; soonest read where its searches come as in the scores. Relative to
        the folder of the study file.
    search : str
        Its column of the searches, named as in the scores.
    rank : str, optional
        Its column of the ranks, 1 for the candidate that is most alike. Ranks tell nothing that scores do not, and are
        only checked.
    candidate : str
        Its column of the subjects returned, named as those of probes.
    score : str
        Its column of scores, of the direction of those of the study.
    floor : float, optional
        The score from which every list is complete.
    length : int, optional
        How many candidates a list has, unless fewer are on the watchlist or reach the floor. Where neither is given, it
        is the length of the longest list.
    """

    file: Text
    search: Text = "search"
    rank: Text | None = None
    candidate: Text = "candidate"
    score: Text = "score"
    floor: float | None = None
    length: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _check_uses(self) -> "Candidates":
        """Refuse one column for two uses."""
        uses: dict[str, str] = {}
        for use in ("search", "rank", "candidate", "score"):
            column = getattr(self, use)
            if column is not None and (other := uses.setdefault(column, use)) != use:
                raise problem_at((use,), f"column {shown(column)} has two uses, {other} and {use}")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, that of the score first."""
        return (self.score, self.search, self.candidate, *(() if self.rank is None else (self.rank,)))

    def to_dict(self) -> dict[str, object]:
        """Return plain values in the form of a file."""
        return {key: value for key, value in plain(self).items() if value is not None}


class Watchlist(StrictModel):
    """Who is enrolled on the watchlist.

    Parameters
    ----------
    file : str
        CSV, Parquet or Arrow IPC with a row for each image enrolled; several of one subject are one subject. Relative
        to the folder of the study file.
    subject : str
        Its column of the subjects, named as those of probes.
    groups : mapping of str to str
        By attribute of the study, its column of labels. A list will do where each is named as its attribute.
    """

    file: Text
    subject: Text = "subject"
    groups: Annotated[MappingOf[Text, Text], Field(max_length=50), BeforeValidator(each_by_itself)] = Field(
        default_factory=dict
    )

    def to_dict(self) -> dict[str, object]:
        """Return plain values in the form of a file."""
        groups = {"groups": written(self.groups)} if self.groups else {}
        return {"file": self.file, "subject": self.subject, **groups}


class Hit(StrictModel):
    """When a mated search counts as a hit.

    Parameters
    ----------
    rank : int or "any"
        The right person is returned within this rank, at or above the threshold; another person with the same score is
        ranked above.
    """

    rank: Annotated[int, Field(ge=1)] | Literal["any"] = 1

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: object) -> object:
        """Take a bare rank for a mapping of it."""
        return value if isinstance(value, Mapping | Hit) else {"rank": value}


class SearchKeys(StrictModel):
    """The keys of a study that are for searches; see `harness.study.Study`."""

    search: Text | None = None
    top_candidate: Text | None = None
    own_score: Text | None = None
    own_rank: Text | None = None
    candidates: Candidates | None = None
    watchlist: Watchlist | None = None
    list_size: Text | None = None
    hit: Hit | None = None
    population: Literal["lists like this", "this list"] | None = None
    conditions: Annotated[MappingOf[Attribute, Text], Field(max_length=50)] = Field(default_factory=dict)

    @property
    def hit_rank(self) -> int | None:
        """Within which rank the right person must be returned; None for any."""
        rank = 1 if self.hit is None else self.hit.rank
        return None if rank == "any" else rank

    @property
    def reads_searches(self) -> bool:
        """Whether more is read of searches than their top scores."""
        return any(getattr(self, key) for key in SEARCH_KEYS)

    @property
    def tells_returned(self) -> bool:
        """Whether it is known who was returned, so that a hit is one."""
        return any((self.top_candidate, self.own_score, self.own_rank, self.candidates))

    @property
    def returned_column(self) -> str | None:
        """The column of who was returned; None where no column and no list tells."""
        if self.top_candidate is not None:
            return self.top_candidate
        return RETURNED if self.candidates is not None else None

    def require_top_scores(self, command: str) -> None:
        """Refuse, for a command that takes rows as they lie, keys by which more is read of searches.

        Raises
        ------
        InputError
        """
        key = next((key for key in SEARCH_KEYS if getattr(self, key)), None)
        if key is not None:
            raise InputError(
                f"{command} takes searches with their top scores alone; leave out {key}, and what else the study "
                "says of who was returned"
            )

    def search_columns(self) -> Iterator[tuple[str, str]]:
        """Give each key that names a column of the searches, and the column."""
        for key in ("search", "top_candidate", "own_score", "own_rank", "list_size"):
            column = getattr(self, key)
            if column is not None:
                yield key, column

    def check_searches(self, *, are_searches: bool, subjects: tuple[str, ...]) -> None:
        """Refuse keys of searches that do not go together.

        Parameters
        ----------
        are_searches : bool
            Whether the task is identification.
        subjects : tuple of str
            Columns of subjects.

        Raises
        ------
        PydanticCustomError
            It blames the key.
        """
        for key in (*SEARCH_KEYS, "hit", "population"):
            if getattr(self, key) and not are_searches:
                raise problem_at((key,), "verification searches nothing; is the task identification?")
        self._check_subjects(subjects)
        self._check_candidates()
        self._check_hit()

    def _check_subjects(self, subjects: tuple[str, ...]) -> None:
        for key in ("top_candidate", "candidates"):
            if getattr(self, key) and not subjects:
                problem = (
                    "who is returned is told from the probe: name its column (subjects: [...]; --subject)"
                )
                raise problem_at((key,), problem)
        if self.returned_column and len(subjects) > 1 and subjects[1] != self.returned_column:
            problem = "of a search the other subject is its top candidate; name the column of the probe alone"
            raise problem_at(("subjects", 1), problem)

    def _check_candidates(self) -> None:
        if self.candidates is None:
            return
        if self.search is None:
            problem = (
                "candidates are found by their search: name its column in the scores (search: ...; --search)"
            )
            raise problem_at(("candidates",), problem)
        for key in ("top_candidate", "own_rank"):
            if getattr(self, key):
                raise problem_at((key,), "the candidate lists tell this; leave it out")
        length, rank = self.candidates.length, self.hit_rank
        if length is not None and rank is not None and rank > length:
            problem = f"lists of {length:,} candidates do not show who is returned within rank {rank:,}"
            raise problem_at(("hit",), problem)

    def _check_hit(self) -> None:
        rank = self.hit_rank
        if self.hit is None or rank == 1 or self.candidates is not None:
            return
        lacking = self.own_score is None or (rank is not None and self.own_rank is None)
        if lacking:
            needed = "own_score" if rank is None else "own_score and own_rank"
            at = "any" if rank is None else "that"
            problem = f"to tell who is returned at {at} rank takes {needed}, or candidates"
            raise problem_at(("hit",), problem)

    def searches_to_dict(self) -> dict[str, object]:
        """Return those keys whose plain values are not in the form of a file."""
        return {
            "candidates": self.candidates and self.candidates.to_dict(),
            "watchlist": self.watchlist and self.watchlist.to_dict(),
        }
