"""Text that is not written left to right: margins set sideways, pages scanned on their side.

Belongs here: which way each character runs, and turning boxes upright and back. Does not belong here: reading order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_LEAST = 3  # neighbours in a row that agree before a direction is believed
_BETWEEN = 6  # characters


def directions(codes: NDArray[np.uint32], boxes: Floats) -> NDArray[np.int8] | None:
    """For each character the quarter turns, clockwise, that would set it upright; None when all are upright.

    `boxes`: (n, 4) points, top-left origin. Only characters that follow one another without a blank can tell.
    """
    if len(boxes) < _LEAST + 1:
        return None
    x0, y0, x1, y1 = np.ascontiguousarray(boxes.T)
    wide, tall = x1 - x0, y1 - y0
    drawn = (wide > 0) & (tall > 0) & (codes > 0x20)
    pair = drawn[1:] & drawn[:-1]
    narrow, low = np.minimum(wide[1:], wide[:-1]), np.minimum(tall[1:], tall[:-1])
    column = np.minimum(x1[1:], x1[:-1]) - np.maximum(x0[1:], x0[:-1]) > 0.7 * narrow
    back = np.abs(x0[:-1] - x1[1:]) < 0.2 * (0.5 * low)
    if np.count_nonzero(pair & (column | back)) < _LEAST:
        return None  # as nearly every page, whose text all runs to the right
    line = np.minimum(y1[1:], y1[:-1]) - np.maximum(y0[1:], y0[:-1]) > 0.7 * low
    turn = np.zeros(len(pair), np.int8)
    turn[pair & column & ~line & (np.abs(y0[:-1] - y1[1:]) < 0.5 * narrow)] = 1  # runs up the page
    turn[pair & column & ~line & (np.abs(y0[1:] - y1[:-1]) < 0.5 * narrow)] = 3  # runs down the page
    turn[pair & line & ~column & back] = 2  # upside down
    return _believed(turn) if np.count_nonzero(turn) >= _LEAST else None


def _believed(turn: NDArray[np.int8]) -> NDArray[np.int8] | None:
    """The direction of each character from those of its pairs, where a direction has one run of `_LEAST` at least."""
    edges = np.flatnonzero(np.diff(turn)) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(turn))
    sure = {int(turn[start]) for start, end in zip(starts, ends, strict=True) if end - start >= _LEAST} - {0}
    if not sure:
        return None
    out = np.zeros(len(turn) + 1, np.int8)
    for direction in sure:
        at = turn == direction
        out[:-1][at] = direction
        out[1:][at] = direction
    # Blanks and words of one letter between two words of a direction have it too.
    known = np.flatnonzero(out)
    for left, right in zip(known[:-1].tolist(), known[1:].tolist(), strict=True):
        if 1 < right - left <= _BETWEEN and out[left] == out[right]:
            out[left:right] = out[left]
    return out


def turned(boxes: Floats, turn: int) -> Floats:
    """Boxes after `turn` quarter turns clockwise about the origin (NaN stays NaN)."""
    x0, y0, x1, y1 = boxes.T
    if turn == 1:
        return np.stack([-y1, x0, -y0, x1], axis=1)
    if turn == 2:
        return np.stack([-x1, -y1, -x0, -y0], axis=1)
    if turn == 3:
        return np.stack([y0, -x1, y1, -x0], axis=1)
    return boxes
