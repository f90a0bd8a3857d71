"""Small cells are hidden, and so is what would let them be computed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from limpide.rights.disclosure import Cell, hidden

K = 11


def table(rows: list[list[int]]) -> dict[Cell, int]:
    """A table of two dimensions with its margins."""
    cells: dict[Cell, int] = {(None, None): sum(map(sum, rows))}
    for r, row in enumerate(rows):
        cells[f"r{r}", None] = sum(row)
        for c, count in enumerate(row):
            cells[f"r{r}", f"c{c}"] = count
            cells[None, f"c{c}"] = cells.get((None, f"c{c}"), 0) + count
    return cells


def line(*counts: int) -> dict[Cell, int]:
    return {(None,): sum(counts)} | {(f"v{i}",): count for i, count in enumerate(counts)}


def test_large_cells_and_zeros_are_shown() -> None:
    assert hidden(line(40, 11, 0), K) == set()


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    assert hidden(line(40, 3, 25, 0), K) == {("v1",), ("v2",)}


def test_small_cells_that_are_small_together_take_another() -> None:
    assert hidden(line(40, 3, 4, 25), K) == {("v1",), ("v2",), ("v3",)}
    assert hidden(line(40, 6, 7, 25), K) == {("v1",), ("v2",)}


def test_when_nothing_else_can_be_hidden_the_total_is() -> None:
    assert hidden(line(3, 0), K) == {("v0",), (None,)}


def test_in_two_dimensions_rows_and_columns_both_hold() -> None:
    masks = hidden(table([[50, 3, 40], [30, 60, 20], [70, 80, 90]]), K)
    # The small cell, one more in its row, one in its column, and the one that closes the rectangle.
    assert masks == {("r0", "c1"), ("r0", "c2"), ("r1", "c1"), ("r1", "c2")}


def test_what_was_hidden_before_stays_hidden() -> None:
    assert ("v0",) in hidden(line(40, 30, 25), K, {("v0",)})


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_line_gives_a_hidden_cell_away(rows: list[list[int]]) -> None:
    cells = table(rows)
    masks = hidden(cells, K)
    assert {cell for cell, count in cells.items() if 0 < count < K} <= masks
    values = [sorted({cell[d] for cell in cells if cell[d]}, key=str) for d in (0, 1)]
    lines = [[(r, None), *((r, c) for c in values[1])] for r in [None, *values[0]]]
    lines += [[(None, c), *((r, c) for r in values[0])] for c in [None, *values[1]]]
    for one in lines:
        inner = [cell for cell in one[1:] if cell in masks]
        if one[0] in masks:
            # The margin is hidden: something else must be too, unless it is the only thing there is.
            assert inner or not any(cells[cell] for cell in one[1:])
        elif inner:
            assert len(inner) > 1
            assert sum(cells[cell] for cell in inner) >= K


@given(st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4))
def test_the_same_table_is_hidden_the_same_way(rows: list[list[int]]) -> None:
    masks = hidden(table(rows), K)
    assert hidden(table(rows), K, masks) == masks
