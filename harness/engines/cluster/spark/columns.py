"""What a study asks of its columns, as Spark SQL; the sibling of `harness.comparisons.coding`, which is DuckDB's.

A source is read as the columns ``score``, ``mated`` and ``label_0``, ``label_1``, ... (subjects, then groups), so
that no name or label of the study's own has to be quoted. What comes of a row does not depend on a session's
settings: no expression is one that fails or wraps by ANSI mode, and none has to do with time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.comparisons.coding import FLOATING, HIGHEST_EXACT, WHOLE, Coding
from harness.errors import InputError
from harness.study import Study

__all__ = [
    "cell_sql",
    "fault_sql",
    "group_places",
    "key_sql",
    "label_places",
    "literal",
    "mated_sql",
    "require_kinds",
    "score_sql",
    "subject_places",
    "type_of_kind",
]

TYPES = {
    "BOOLEAN": "BOOLEAN",
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INT",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "VARCHAR": "STRING",
}
MOST_DIGITS = 15
"""Of a decimal that every engine turns into the same float64."""
BLANKS = r"[ \t\n\x0B\f\r]*+"
NUMBER = rf"\A{BLANKS}[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?{BLANKS}\z"
LONG_WHOLE = rf"\A{BLANKS}[+-]?[0-9]{{{MOST_DIGITS + 1},}}{BLANKS}\z"
NOT_A_NUMBER = rf"(?i)\A{BLANKS}[+-]?nan(?:\([a-z0-9]*+\))?{BLANKS}\z"
NAN, INFINITY = "DOUBLE('NaN')", "DOUBLE('Infinity')"


def literal(text: str) -> str:
    """Quote a text value, every mark of it by its number: Spark gives a meaning to several."""
    return "'" + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08X}" for c in text) + "'"


def type_of_kind(kind: str) -> str | None:
    """Return Spark's name for DuckDB's type; None where Spark has none that holds and shows the same."""
    return kind if kind.startswith("DECIMAL") else TYPES.get(kind)


def label_places(study: Study) -> dict[str, int]:
    """Number the study's columns of labels: subjects, then groups."""
    return {name: place for place, name in enumerate(study.columns[2:])}


def subject_places(study: Study) -> range:
    """Return the numbers of those that are of subjects."""
    return range(len(study.subjects))


def group_places(study: Study) -> range:
    """Return the numbers of those that are of groups."""
    return range(len(study.subjects), len(study.columns) - 2)


def require_kinds(study: Study, kinds: Mapping[str, str]) -> None:
    """Refuse columns whose values Spark would turn into other numbers or other text than one machine does.

    Raises
    ------
    InputError
    """
    score = study.score.column
    if kinds[score].startswith("DECIMAL"):
        digits = int(kinds[score].removeprefix("DECIMAL(").partition(",")[0])
        if digits > MOST_DIGITS:
            raise InputError(
                f"column {score!r} holds {kinds[score]}, of more than {MOST_DIGITS} digits, which engines round "
                "differently; convert the scores to float64"
            )
    as_text = study.columns[2:] + ((study.mated.column,) if study.mated.mated else ())
    for name in as_text:
        if kinds[name] not in WHOLE | {"VARCHAR", "BOOLEAN"}:
            raise InputError(
                f"column {name!r} holds {kinds[name]}, which the engine spark does not take for labels; convert it "
                "to text or integers"
            )


def score_sql(kind: str, *, sign: int, text_only: bool) -> str:
    """SQL for the score as float64, higher more alike: NaN where missing, infinite where it cannot be read."""
    number = f"COALESCE(CAST(score AS DOUBLE), {NAN})"
    exact = f"BETWEEN -{HIGHEST_EXACT}L AND {HIGHEST_EXACT}L"
    if text_only:
        whole = f"COALESCE(TRY_CAST(score AS DECIMAL(38,0)) NOT {exact}, true)"
        number = (
            f"CASE WHEN score IS NULL THEN {NAN} WHEN score RLIKE r'{LONG_WHOLE}' AND {whole} THEN {INFINITY} "
            f"WHEN score RLIKE r'{NUMBER}' THEN CAST(score AS DOUBLE) "
            f"WHEN score RLIKE r'{NOT_A_NUMBER}' THEN {NAN} ELSE {INFINITY} END"
        )
    elif kind == "FLOAT":  # files of other types are rounded to it, as where one machine reads them together
        number = f"COALESCE(CAST(CAST(score AS FLOAT) AS DOUBLE), {NAN})"
    elif kind in ("BIGINT", "UBIGINT"):
        number = f"CASE WHEN score NOT {exact} THEN {INFINITY} ELSE {number} END"
    return f"{'-' if sign < 0 else ''}({number})"


def mated_sql(study: Study, kind: str, *, text_only: bool) -> str:
    """SQL for 1 where mated, 0 where non-mated, NULL where the label is neither."""
    mated = study.mated
    if mated.mated:
        text = "CAST(mated AS STRING)"
        return (
            f"CASE WHEN {text} IN ({_listed(mated.mated)}) THEN 1 "
            f"WHEN {text} IN ({_listed(mated.non_mated)}) THEN 0 END"
        )
    if text_only:
        return "CASE WHEN lower(mated) IN ('0', 'false') THEN 0 WHEN lower(mated) IN ('1', 'true') THEN 1 END"
    if kind == "BOOLEAN":
        return "CAST(mated AS INT)"
    one, zero = ("1.0D", "0.0D") if kind in FLOATING else ("1", "0")
    return f"CASE WHEN mated = {one} THEN 1 WHEN mated = {zero} THEN 0 END"


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(map(literal, labels))


def key_sql(place: int, kind: str) -> str:
    """SQL for what a label is looked up by: a whole number as such, anything else as text."""
    return f"CAST(label_{place} AS {'BIGINT' if kind in WHOLE - {'UBIGINT'} else 'STRING'})"


def cell_sql(study: Study, coding: Coding) -> str:
    """SQL for the number of a comparison's cell, of the ranks of its labels."""
    places = label_places(study)
    number = "0L"
    for column, radix in zip(coding.columns, coding.radices, strict=True):
        ranks = [f"rank_{places[side]}" for side in column.sides]
        digit = ranks[0] if len(ranks) == 1 else f"IF({ranks[0]} = {ranks[1]}, {ranks[0]}, 0)"
        number = f"({number}) * {radix}L + {digit}"
    return number


def fault_sql(study: Study, *, subjects: bool) -> str:
    """Condition that a row cannot be used; never NULL."""
    places = label_places(study)
    unusable = [
        f"abs(score) = {INFINITY}",
        "mated IS NULL",
        *(f"rank_{place} IS NULL" for place in group_places(study)),
        *(
            f"COALESCE(mated = 1 AND rank_{places[probe]} <> rank_{places[reference]}, false)"
            for probe, reference in study.labels_of_both_sides
        ),
    ]
    if study.missing_scores == "reject":
        unusable.append("isnan(score)")
    if subjects:
        numbers = [f"number_{place}" for place in subject_places(study)]
        unusable += [f"{number} IS NULL" for number in numbers]
        if len(numbers) == 2 and study.identities == "shared":
            unusable.append(f"COALESCE(({numbers[0]} = {numbers[1]}) <> (mated = 1), false)")
    return " OR ".join(f"({condition})" for condition in unusable)
