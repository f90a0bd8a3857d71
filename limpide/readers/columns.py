"""The XY-cut: segments of a page in reading order, columns of prose told from tables of results.

Belongs here: geometry of segments (runs of words on one line). Does not belong here: characters, separators.
"""

from __future__ import annotations

import itertools
from bisect import bisect
from operator import itemgetter
from typing import NamedTuple

Block = list[list["Segment"]]  # rows of segments, top to bottom, each left to right
_RIGHT, _MIDDLE = itemgetter(2), itemgetter(4)  # of a segment: x1, middle


class Segment(NamedTuple):
    """A run of words on one line: box, middle of the line and height of its glyphs (points), glyphs [start:end]."""

    x0: float
    y0: float
    x1: float
    y1: float
    middle: float
    h: float
    start: int
    end: int


def reading_order(segments: list[Segment], height: float = 0.0, items: frozenset[int] = frozenset()) -> list[Block]:
    """Blocks in reading order. `height` of the page in points (0: unknown) lets edges be cut off first.

    `items`: the `start` of segments that begin with the mark of a list.
    """
    rows = rows_of(segments)
    if all(len(row) == 1 for row in rows):
        return [rows]
    top, body, foot = _edges(rows, height)
    return [*([top] if top else []), *_blocks(body, items), *([foot] if foot else [])]


def rows_of(segments: list[Segment]) -> Block:
    """Segments that share a line, top to bottom, each row left to right."""
    rows: Block = []
    top = foot = line = tall = 0.0  # of the first segment of the row
    for segment in sorted(segments, key=_MIDDLE):
        _, y0, _, y1, middle, h, _, _ = segment
        if rows and middle - line <= 0.5 * (tall if tall > h else h):
            shared = (y1 if y1 < foot else foot) - (y0 if y0 > top else top)
            if shared >= 0.5 * (h if h < tall else tall):
                rows[-1].append(segment)
                continue
        rows.append([segment])
        top, foot, line, tall = y0, y1, middle, h
    for row in rows:
        if len(row) > 1:
            row.sort()
    return rows


def _edges(rows: Block, height: float) -> tuple[Block, Block, Block]:
    """Rows of the top and bottom 8 % of the page that stand well apart: they belong to no column."""
    first, last = 0, len(rows)
    if height <= 0 or len(rows) < 4:
        return [], rows, []
    for index in range(len(rows) - 1):
        if rows[index][0].y1 > 0.08 * height:
            break
        if _space(rows[index], rows[index + 1]) > 2.0 * rows[index][0].h:
            first = index + 1
    for index in range(len(rows) - 1, first, -1):
        if rows[index][0].y0 < 0.92 * height:
            break
        if _space(rows[index - 1], rows[index]) > 2.0 * rows[index][0].h:
            last = index
    return rows[:first], rows[first:last], rows[last:]


def _space(above: list[Segment], below: list[Segment]) -> float:
    return min(s.y0 for s in below) - max(s.y1 for s in above)


def _blocks(rows: Block, items: frozenset[int]) -> list[Block]:
    """Cut a region: groups of rows that leave the same white gutters free, then each group by its gutters."""
    if all(len(row) == 1 for row in rows):
        return [rows]
    blocks: list[Block] = []
    group: Block = []
    covered: list[tuple[float, float]] = []
    singles = True  # so far the group has one segment a row
    for row in rows:
        mine = [(s.x0, s.x1) for s in row]
        both = _merged(covered + mine, 0.6 * row[0].h)
        if (group and len(both) < 2 and (len(covered) > 1 or len(row) > 1)) or _crosses(covered, mine, singles):
            blocks += _cut(group, covered, items)
            group, both, singles = [], _merged(mine, 0.6 * row[0].h), True
        group.append(row)
        covered, singles = both, singles and len(row) == 1
    if group:
        blocks += _cut(group, covered, items)
    return blocks


def _crosses(covered: list[tuple[float, float]], mine: list[tuple[float, float]], singles: bool) -> bool:
    """Does one line run over a gutter: a title above columns of which it spans two, or a line below them?"""
    if len(mine) == 1:
        lines, columns = mine, covered
    elif singles:
        lines, columns = covered, mine
    else:
        return False
    return len(columns) > 1 and any(sum([x0 < right and left < x1 for left, right in columns]) > 1 for x0, x1 in lines)


def _merged(spans: list[tuple[float, float]], gutter: float) -> list[tuple[float, float]]:
    """The x-intervals covered, those less than `gutter` apart made one."""
    out: list[tuple[float, float]] = []
    ordered = sorted(spans)
    left, right = ordered[0]
    for x0, x1 in ordered:
        if x0 - right >= gutter:
            out.append((left, right))
            left, right = x0, x1
        elif x1 > right:
            right = x1
    out.append((left, right))
    return out


def _cut(group: Block, covered: list[tuple[float, float]], items: frozenset[int]) -> list[Block]:
    if len(covered) < 2 or len(group) < 3:
        return [group]
    gutters = [(right[0] - left[1], left[1]) for left, right in itertools.pairwise(covered)]
    prose = all(_is_prose([inside for row in group if (inside := _between(row, *span))]) for span in covered)
    for _, x in sorted(gutters, reverse=True):
        halves = [_parted(row, x + 0.01) for row in group]
        one, two = [left for left, _ in halves if left], [right for _, right in halves if right]
        if min(len(one), len(two)) < 3:
            continue
        if _are_lists(one, two, items) or _are_columns(halves, one, two, prose):
            return [part for side in (one, two) for part in _blocks(rows_of([s for row in side for s in row]), items)]
    return [group]


def _parted(row: list[Segment], x: float) -> tuple[list[Segment], list[Segment]]:
    """What a row holds on both sides of a gutter."""
    at = bisect(row, x, key=_RIGHT)
    return row[:at], row[at:]


def _are_lists(one: Block, two: Block, items: frozenset[int]) -> bool:
    """Two lists side by side: half of the lines on both sides begin with a mark, as those of a table do not."""
    return bool(items) and all(2 * sum(row[0].start in items for row in side) >= len(side) for side in (one, two))


def _are_columns(halves: list[tuple[list[Segment], list[Segment]]], one: Block, two: Block, prose: bool) -> bool:
    """Two columns of prose, or a sidebar, rather than cells of a table.

    `halves`: what each row holds on both sides of the gutter; `prose`: is every column of the region prose?
    Prose fills its column and runs to 20 characters a line; a sidebar's lines do not sit on those of its neighbour;
    the cells of a table do, and are short or ragged.
    """
    if not prose:
        near = sum(abs(left[0].middle - right[0].middle) < 0.12 * left[0].h for left, right in halves if left and right)
        if near >= 0.6 * min(len(one), len(two)):
            return False
    return _usual_length(one) >= 9 and _usual_length(two) >= 9


def _between(row: list[Segment], x0: float, x1: float) -> list[Segment]:
    """What a row holds in one column."""
    return [s for s in row if x0 <= s.x0 and s.x1 <= x1]


def _is_prose(rows: Block) -> bool:
    """Lines of 20 characters that mostly fill their column."""
    return len(rows) >= 3 and _usual_length(rows) >= 20 and _filled(rows) >= 0.5


def _usual_length(rows: Block) -> int:
    lengths = sorted([sum([s.end - s.start for s in row]) for row in rows])
    return lengths[len(lengths) // 2]


def _filled(rows: Block) -> float:
    """The share of lines that fill three quarters of their column, without a hole in them."""
    x0, x1 = min(row[0].x0 for row in rows), max(row[-1].x1 for row in rows)
    wide = sum(len(row) == 1 and row[0].x1 - row[0].x0 >= 0.75 * (x1 - x0) for row in rows)
    return wide / len(rows)
