"""Templates as a caller holds them: embeddings, and whose and of which group each is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from harness.arrays import IntArray
from harness.comparisons.source import Input
from harness.errors import InputError

__all__ = ["CheckedTemplates", "Labels", "Templates", "checked", "numbered_together"]

FloatArray: TypeAlias = npt.NDArray[np.floating]

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Templates:
    """Embeddings, and whose and of which group each is.

    Parameters
    ----------
    embeddings : array-like, shape (N, D)
        One row a template. float16 and small integers are widened to float32, larger integers to float64.
    subjects : sequence of str or int, length N
        Who each template is of; templates of the same subject are mated.
    groups : mapping of str to sequence of str or int, length N
        The label of each template for every demographic attribute.
    """

    embeddings: Any
    subjects: Any
    groups: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Labels:
    """A label for each template, as text.

    Attributes
    ----------
    texts : tuple of str
        The distinct labels, sorted.
    ranks : ndarray of int64, shape (N,)
        Which of them each template has.
    """

    texts: tuple[str, ...]
    ranks: IntArray

    def written(self) -> list[str]:
        """Return the label of each template."""
        return [self.texts[rank] for rank in self.ranks.tolist()]


@dataclass(frozen=True, eq=False)
class CheckedTemplates:
    """Templates that can be compared.

    Attributes
    ----------
    name : str
        What errors call them.
    embeddings : ndarray of float32, float64, float16 or integers, shape (N, D)
        Finite; the caller's array, not a copy.
    subjects : Labels
    groups : mapping of str to Labels
    """

    name: str
    embeddings: npt.NDArray[Any]
    subjects: Labels
    groups: Mapping[str, Labels]

    def inputs(self) -> tuple[Input, ...]:
        """Digest the embeddings, as ``embeddings.tobytes()`` gives them, and the labels, as JSON.

        The JSON is ``{"groups": {...}, "subjects": [...]}`` in UTF-8, keys sorted, without blanks.
        """
        rows, width = self.embeddings.shape
        digest = hashlib.sha256()
        for start in range(0, rows, ROWS_AT_ONCE):
            digest.update(np.ascontiguousarray(self.embeddings[start : start + ROWS_AT_ONCE]).data)
        labels = json.dumps(
            {
                "subjects": self.subjects.written(),
                "groups": {name: labels.written() for name, labels in self.groups.items()},
            },
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        ).encode()
        return (
            Input(
                f"{self.name} ({rows} × {width} {self.embeddings.dtype})",
                self.embeddings.nbytes,
                digest.hexdigest(),
            ),
            Input(f"subjects and groups of {self.name}", len(labels), hashlib.sha256(labels).hexdigest()),
        )


def checked(templates: Templates, name: str) -> CheckedTemplates:
    """Refuse templates that cannot be compared.

    Parameters
    ----------
    templates : Templates
    name : str
        What errors call them.

    Raises
    ------
    InputError
        Where the embeddings are not a table of finite numbers, or a label is missing or too many.
    """
    embeddings = _table(templates.embeddings, name)
    rows = len(embeddings)
    if not isinstance(templates.groups, Mapping) or not templates.groups:
        raise InputError(
            "must map at least one attribute to a label for each template, such as {'sex': labels}",
            source=f"groups of {name}",
        )
    groups = {
        str(attribute): _labels(values, rows, f"group {attribute!r} of {name}")
        for attribute, values in templates.groups.items()
    }
    subjects = _labels(templates.subjects, rows, f"subjects of {name}")
    _require_finite(embeddings, name)
    return CheckedTemplates(name, embeddings, subjects, groups)


def numbered_together(sides: Sequence[Labels]) -> tuple[tuple[str, ...], list[IntArray]]:
    """Number the labels of several sets of templates alike, in the order of their texts.

    Returns
    -------
    tuple of str
        The distinct labels, sorted.
    list of ndarray of int64
        Which of them each template has, set by set.
    """
    texts = tuple(sorted({text for side in sides for text in side.texts}))
    number = {text: i for i, text in enumerate(texts)}
    return texts, [np.array([number[text] for text in side.texts], np.int64)[side.ranks] for side in sides]


def _table(embeddings: Any, name: str) -> npt.NDArray[Any]:
    try:
        table = np.asarray(embeddings)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"is no array of numbers ({error}); give a row for each template", source=name
        ) from None
    if table.dtype.kind not in "fiu":
        raise InputError(
            f"holds {table.dtype}, not real numbers; convert it to float32 or float64", source=name
        )
    if table.ndim != 2 or 0 in table.shape:
        raise InputError(
            f"has shape {table.shape}; give a row for each template and a column for each dimension",
            source=name,
        )
    return table


def _require_finite(embeddings: npt.NDArray[Any], name: str) -> None:
    for start in range(0, len(embeddings), ROWS_AT_ONCE):
        rows = embeddings[start : start + ROWS_AT_ONCE]
        finite = np.isfinite(rows)
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise InputError(
                f"[{start + row}, {column}] is {rows[row, column]}; leave out templates that failed",
                source=name,
            )


def _labels(values: Any, rows: int, name: str) -> Labels:
    texts = _texts(values, name)
    if len(texts) != rows:
        raise InputError(f"{len(texts)} labels for {rows} templates; give every template one", source=name)
    unlabelled = pc.fill_null(pc.invert(pc.match_substring_regex(texts, r"[^\pZ\pC]")), True)
    if pc.any(unlabelled).as_py():
        row = pc.index(unlabelled, True).as_py()
        value = texts[row].as_py()
        shown = "nothing" if value is None else repr(value)
        raise InputError(
            f"[{row}] is {shown} where a label belongs; label the template, 'unknown' if need be, or leave it out",
            source=name,
        )
    coded = texts.dictionary_encode()
    found = coded.dictionary.to_pylist()
    distinct = tuple(sorted(found))
    rank = {text: i for i, text in enumerate(distinct)}
    return Labels(distinct, np.array([rank[text] for text in found], np.int64)[coded.indices.to_numpy()])


def _texts(values: Any, name: str) -> Any:
    try:
        series = nw.from_native(values, series_only=True, pass_through=True)
        array = series.to_arrow() if isinstance(series, nw.Series) else pa.array(values)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_floating(array.type) or array.null_count == len(array):
            return array.cast(pa.string())
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"mixes types or holds what cannot label ({error}); give text or integers", source=name
        ) from None
    raise InputError(f"holds {array.type}, which cannot label; give text or integers", source=name)
