"""Patterns that take values out of the paths of files, and out of values such as the names of templates."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from harness.config import MappingOf, StrictModel, Text, problem_at, shown

__all__ = ["FromPath", "FromValue", "as_regex", "names_in"]

_PIECE = re.compile(r"\{([^{}]*)\}|\*\*/?|\*|[^{}*]+")


def names_in(pattern: str) -> list[str]:
    """Return the names in braces, in order.

    Examples
    --------
    >>> names_in("scores_{ethnicity}_{sex}.csv")
    ['ethnicity', 'sex']
    """
    return [found[1] for found in _PIECE.finditer(pattern) if found[1] is not None]


def as_regex(pattern: str, taken: str) -> str:
    r"""Write a pattern as a regular expression of which the only group is what one name takes.

    Each name, like ``*``, stands for as many characters as there can be but no ``/``, and for at least one; ``**``
    stands for any. The pattern is that of the end of a path.

    Parameters
    ----------
    pattern : str
    taken : str
        One of `names_in` it.

    Examples
    --------
    >>> re.search(as_regex("{subject}/*/*.wav", "subject"), "wav/id10270/x6uYq/00001.wav")[1]
    'id10270'
    >>> re.search(as_regex("{person}_*.jpg", "person"), "Aaron_Peirsol_0001.jpg")[1]
    'Aaron_Peirsol'
    """
    pieces = []
    for found in _PIECE.finditer(pattern):
        piece, name = found[0], found[1]
        if name is not None:
            pieces.append("([^/]+)" if name == taken else "[^/]+")
        elif piece.startswith("**"):
            pieces.append("(?:.*/)?" if piece.endswith("/") else ".*")
        else:
            pieces.append("[^/]*" if piece == "*" else re.escape(piece).replace("\\ ", " "))
    return rf"(?s)(?:^|/){''.join(pieces)}$"


def _pattern(text: str) -> str:
    if "".join(found[0] for found in _PIECE.finditer(text)) != text:
        raise ValueError(f"{shown(text)} has a brace out of place: what is taken is written as {{name}}")
    names = names_in(text)
    if not names:
        raise ValueError(f"{shown(text)} takes nothing: write what is to be taken as {{name}}")
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"{shown(text)} takes {shown(repeated)} twice")
    return text


def _one_name(text: str) -> str:
    if len(names_in(text)) > 1:
        raise ValueError(f"{shown(text)} takes more than one value; write the others as *")
    return text


def _by_name(value: object) -> object:
    """Give each name in a pattern that pattern."""
    if isinstance(value, str):
        return dict.fromkeys(names_in(_pattern(value)), value)
    if not isinstance(value, Mapping):
        raise ValueError(f"{shown(value)} is not a pattern, or a mapping of names to patterns")
    found: dict[str, object] = {}
    for name, pattern in value.items():
        names = names_in(pattern) if isinstance(pattern, str) else [name]
        if isinstance(pattern, str) and name not in names:
            raise problem_at((name,), f"{shown(pattern)} does not take {shown(name)}: write it as {{{name}}}")
        for one in names:
            if found.setdefault(one, pattern) != pattern:
                raise problem_at((name,), f"{shown(one)} is taken by two patterns")
    return found


Pattern = Annotated[Text, AfterValidator(_pattern)]
FromPath = Annotated[MappingOf[Text, Pattern], BeforeValidator(_by_name)]
"""By name of a column, the pattern of the end of a file's path that takes it."""


class FromValue(StrictModel):
    """A column whose values are taken out of those of another.

    Parameters
    ----------
    column : str
        The other column, such as one of paths of images.
    pattern : str
        Of the end of its values; what is taken is in braces.
    """

    column: Text
    pattern: Annotated[Pattern, AfterValidator(_one_name)]


FromValues = Annotated[MappingOf[Text, FromValue], Field(max_length=50)]
