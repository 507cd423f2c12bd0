"""Made-up comparisons in the layouts that people have them in."""

from __future__ import annotations

import random
from dataclasses import dataclass

ETHNICITIES = ("Asian", "Black", "White")
SEXES = ("female", "male")


@dataclass(frozen=True)
class Person:
    """Somebody who is compared."""

    name: str
    ethnicity: str
    sex: str
    age: int


@dataclass(frozen=True)
class Comparison:
    """Two images; a mated comparison is of one person."""

    probe: Person
    reference: Person
    images: tuple[int, int]
    score: float

    @property
    def mated(self) -> bool:
        return self.probe == self.reference


def people(each: int = 8) -> list[Person]:
    """So many people of every ethnicity and sex, of all ages."""
    draw = random.Random(1)
    return [
        Person(
            f"S{100 + len(ETHNICITIES) * len(SEXES) * i + 2 * e + s}", ethnicity, sex, draw.randint(16, 79)
        )
        for e, ethnicity in enumerate(ETHNICITIES)
        for s, sex in enumerate(SEXES)
        for i in range(each)
    ]


def comparisons(each: int = 8, *, within: bool = False) -> list[Comparison]:
    """Two mated comparisons of every person, and one with each other; ``within``: of one ethnicity and sex."""
    draw, everyone, made = random.Random(2), people(each), []
    for i, probe in enumerate(everyone):
        made += [Comparison(probe, probe, (0, n), round(draw.gauss(0.7, 0.08), 4)) for n in (1, 2)]
        for reference in everyone[:i]:
            if not within or (probe.ethnicity, probe.sex) == (reference.ethnicity, reference.sex):
                made.append(Comparison(probe, reference, (0, 1), round(draw.gauss(0.2, 0.1), 4)))
    return made


def text(header: str | None, rows: list[str]) -> str:
    """Lines of a text file."""
    return "\n".join([*([] if header is None else [header]), *rows]) + "\n"
