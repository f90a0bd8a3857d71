"""Small cells: which counts of a table must be hidden so that none of them can be read or computed.

Belongs here: primary and secondary suppression. Does not belong here: counting, memory of releases (aggregates.py).

A table has one cell for each combination of values, and margins where a value is None (all). A count under k is hidden
(primary). In every line — one dimension runs, the others stand — the margin tells the sum: a hidden cell alone, or
hidden cells that together are under k, could be computed, so the next smallest is hidden too (secondary). What a system
of lines would still determine is looked for by linear algebra, and hidden on. Zeros are shown: they hide nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

Cell = tuple[str | None, ...]  # one value a dimension; None is the margin over that dimension

_ALGEBRA = 600  # hidden cells up to which the exact test runs; past it whole lines are hidden instead


def hidden(counts: Mapping[Cell, int], k: int, already: Iterable[Cell] = ()) -> set[Cell]:
    """Cells to hide. `counts` holds every cell and every margin; `already` are hidden whatever they count.

    The same input gives the same answer: ties fall in the order of the cells.
    """
    out = {cell for cell, count in counts.items() if 0 < count < k} | (set(already) & set(counts))
    lines = _lines(counts)
    while True:
        found = next((cell for line in lines if (cell := _next(line, counts, out, k)) is not None), None)
        if found is None:
            found = _computable(lines, counts, out)
        if found is None:
            return out
        out.add(found)


def _lines(counts: Mapping[Cell, int]) -> list[list[Cell]]:
    """Every line with its margin first; a line of the margin and one cell is a line too."""
    size = len(next(iter(counts), ()))
    values = [sorted({cell[d] for cell in counts if cell[d] is not None}, key=str) for d in range(size)]
    lines = []
    for d in range(size):
        others = [[None, *values[o]] if o != d else [None] for o in range(size)]
        for fixed in product(*others):
            line = [tuple(value if o == d else fixed[o] for o in range(size)) for value in [None, *values[d]]]
            lines.append([cell for cell in line if cell in counts])
    return lines


def _order(counts: Mapping[Cell, int], cell: Cell) -> tuple[int, int, str]:
    # Inner cells before margins, small before large.
    return (sum(value is None for value in cell), counts[cell], repr(cell))


def _next(line: list[Cell], counts: Mapping[Cell, int], out: set[Cell], k: int) -> Cell | None:
    """The cell of a line to hide next, None when nothing of it can be computed."""
    masked = [cell for cell in line if cell in out]
    if not masked:
        return None
    margin, inner = line[0], [cell for cell in line[1:] if cell in out]
    alone = len(masked) == 1
    together = margin not in out and sum(counts[cell] for cell in inner) < k
    if not alone and not together:
        return None
    open_cells = [cell for cell in line if cell not in out and counts[cell] > 0]
    return min(open_cells, key=lambda cell: _order(counts, cell), default=None)


def _computable(lines: list[list[Cell]], counts: Mapping[Cell, int], out: set[Cell]) -> Cell | None:
    """A cell to hide because some hidden one follows from all the lines together; None when none does."""
    import numpy as np

    unknown = sorted(out, key=repr)
    if not unknown or len(unknown) > _ALGEBRA:
        return None
    rank = {cell: i for i, cell in enumerate(unknown)}
    rows = []
    for line in lines:
        row = np.zeros(len(unknown))
        for place, cell in enumerate(line):
            if cell in rank:
                row[rank[cell]] = -1.0 if place == 0 else 1.0
        if row.any():
            rows.append(row)
    if not rows:
        return None
    _, sizes, turned = np.linalg.svd(np.array(rows))
    free = turned[int((sizes > 1e-9).sum()) :]
    # Without freedom in any direction of the null space, a value is determined.
    determined = [cell for cell in unknown if not len(free) or np.abs(free[:, rank[cell]]).max() < 1e-9]
    for cell in determined:
        around = {other for line in lines if cell in line for other in line if other not in out and counts[other] > 0}
        if around:
            return min(around, key=lambda other: _order(counts, other))
    return None
