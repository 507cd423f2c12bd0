"""What counting has to know of all parts beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from harness.comparisons.coding import Coding, coded_sides
from harness.engines.cluster.agreement import require_agreement, score_type_of
from harness.engines.cluster.job import Part, look_at_part
from harness.engines.cluster.merging import CellScoresByCell, TreeSum, merged_cells, united
from harness.engines.cluster.records import LOOKED
from harness.engines.cluster.results import Looked, Names
from harness.engines.cluster.running import Meanwhile
from harness.engines.cluster.work import Work
from harness.errors import InputError
from harness.study import Study

__all__ = ["Overview", "look_over"]


@dataclass(frozen=True, eq=False)
class Overview:
    """All parts at a glance.

    Attributes
    ----------
    tail : int
        How many of the highest scores of each cell are among ``cells``; with 0 there are none.
    rows : int or None
        None where it cannot be had without reading them.
    score_type : str
        float32 where all scores are stored so, else float64.
    names : Names
        Of all subjects, in order.
    cells : CellScoresByCell
    """

    tail: int
    rows: int | None
    score_type: str
    names: Names
    cells: CellScoresByCell


def look_over(work: Work, parts: Sequence[Part], study: Study, tail: int) -> Overview:
    """Look at each part.

    Parameters
    ----------
    work : Work
    parts : sequence of Part
        Those that it works on.
    study : Study
    tail : int
        How many of the highest scores to keep of each cell; 0 to leave the scores alone.

    Raises
    ------
    InputError
        Where a part cannot be read as the study says, or not as the others are.
    """
    bare: dict[int, Looked] = {}
    names: TreeSum[Names] = TreeSum(united)
    cells: CellScoresByCell = {}
    job = partial(look_at_part, study=study, tail=tail)
    with closing(work.each(job, LOOKED, {"tail": tail}, Meanwhile())) as looks:
        for place, looked in looks:
            names.add(looked.names)
            cells = merged_cells(cells, looked.cells, tail)
            bare[place] = replace(looked, names=(), cells=())
    in_order = [bare[place] for place in range(len(parts))]
    require_agreement(parts, in_order, study)
    _require_few_cells(parts, in_order, study)
    rows = [looked.rows for looked in in_order]
    return Overview(
        tail=tail,
        rows=sum(row or 0 for row in rows) if None not in rows else None,
        score_type=score_type_of(in_order, study),
        names=names.total(()),
        cells=cells,
    )


def _require_few_cells(parts: Sequence[Part], looked: Sequence[Looked], study: Study) -> None:
    found: dict[str, set[str]] = {}
    for look in looked:
        for name, labels in look.labels:
            found.setdefault(name, set()).update(labels)
    by_attribute = {
        attribute: tuple(sorted(found[coded_sides(attribute, columns, study.pairing)[0][0]]))
        for attribute, columns in study.groups.items()
    }
    try:
        Coding.of(study, by_attribute)
    except InputError as error:
        raise InputError(error.problem, source=parts[0].file.path) from None
