"""Reading order: glyphs with boxes in, text with one box a character out (points, top-left origin).

Belongs here: segments, rows, the XY-cut that tells columns of prose from tables, separators, mended hyphens.
Does not belong here: any PDF or OCR library (pdf.py and ocr.py bring glyphs), furniture (furniture.py), any meaning.

The text of a page: words separated by one space, cells of a row by one TAB, lines by a line feed, blocks and
paragraphs by an empty line. Inserted characters have a box of NaN.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from limpide.french.hyphens import keeps_hyphen
from limpide.readers.columns import Segment, reading_order
from limpide.readers.turns import directions, turned

Floats = NDArray[np.float32]
Codes = NDArray[np.uint32]
Sides = tuple[Floats, Floats, Floats, Floats]  # left, top, right, bottom of each glyph

_BLANKS = np.zeros(0x3002, bool)
_BLANKS[:0x21] = True
_BLANKS[[0xA0, 0x202F, 0x2000, 0x2001, 0x2002, 0x2003, 0x2007, 0x2008, 0x2009, 0x200A, 0x3000]] = True
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
# pdfium names a hyphen at the end of a line U+0002 or U+FFFE; U+F0B7 is the bullet of Symbol and Wingdings.
_RENAMED = {0x02: 0x2D, 0xFFFE: 0x2D, 0xF0B7: 0x2022, 0x2010: 0x2D, 0x2011: 0x2D}
_HYPHENS = "-\u00ad"
_MARKS = "-–•*▪◦·□☐☑☒✓➢→"  # that begin the items of a list
_SPACE, _TAB, _LINE, _BLANK = 1, 2, 3, 4
_LENGTHS = np.array([1, 2, 2, 2, 3])  # of a glyph and the separator before it


@dataclass(slots=True)
class PageText:
    """A page read: `text`, `boxes` float32 (len(text), 4), `confidences` float32 (len(text),) or None."""

    text: str
    boxes: Floats
    confidences: Floats | None = None


def lay_out(codes: Codes, boxes: Floats, height: float = 0.0, confidences: Floats | None = None) -> PageText:
    """Put the glyphs of one page in reading order.

    `codes`: (n,) Unicode code points in content order, spaces and line ends included where the source has them.
    `boxes`: (n, 4) x0 y0 x1 y1, points, top-left origin; a box without width marks a character that was never drawn.
    `height`: of the page, points (0: unknown). Rules of thumb on gaps were tuned on pages of our own, not on samples.
    """
    codes, boxes, confidences = _clean(codes, boxes, confidences)
    turns = directions(codes, boxes)
    if turns is None:
        return _upright(codes, boxes, height, confidences)
    parts = []
    for turn in sorted(set(turns.tolist()), key=lambda turn: (-np.count_nonzero(turns == turn), turn)):
        here = turns == turn
        sure = None if confidences is None else confidences[here]
        part = _upright(codes[here], turned(boxes[here], turn), 0.0 if turn else height, sure)
        parts.append(PageText(part.text, turned(part.boxes, -turn % 4), part.confidences))
    return _joined([part for part in parts if part.text])


def _upright(codes: Codes, boxes: Floats, height: float, confidences: Floats | None) -> PageText:
    x0, y0, x1, y1 = np.ascontiguousarray(boxes.T)  # numpy goes twice as fast over what lies together
    drawn = (x1 - x0 > 0.01) & (y1 - y0 > 0.01)
    blank = _BLANKS.take(codes, mode="clip")
    glyphs = np.flatnonzero(drawn & ~blank)
    if not len(glyphs):
        return PageText("", np.empty((0, 4), np.float32), None if confidences is None else np.empty(0, np.float32))
    typed = drawn & blank
    sides = x0[glyphs], y0[glyphs], x1[glyphs], y1[glyphs]
    word_breaks, cell_breaks = _breaks(glyphs, sides, typed, x1 - x0)
    tabs = codes == 0x09
    if tabs.any():
        cell_breaks[1:] |= np.diff(tabs.cumsum()[glyphs]) > 0
    segments = _segments(sides, cell_breaks)
    before = bytearray(word_breaks.view(np.int8).tobytes())  # separator written before each glyph: True is _SPACE
    order, dropped = _ordered(segments, before, _decoded(codes[glyphs]), height)
    separators = np.frombuffer(before, np.int8)
    if dropped:
        kept = np.ones(len(glyphs), bool)
        kept[dropped] = False
        order = order[kept[order]]
    return _written(codes, boxes, confidences, glyphs[order], separators[order], typed)


def _joined(parts: list[PageText]) -> PageText:
    """Parts of a page one after the other, an empty line between them."""
    gap = np.full((2, 4), np.nan, np.float32)
    boxes = [array for part in parts for array in (gap, part.boxes)][1:]
    sure: Floats | None = None
    if parts and all(part.confidences is not None for part in parts):
        ones = np.ones(2, np.float32)
        sure = np.concatenate([a for part in parts for a in (ones, part.confidences) if a is not None][1:])
    return PageText("\n\n".join(part.text for part in parts), np.concatenate(boxes) if boxes else gap[:0], sure)


def _clean(codes: Codes, boxes: Floats, confidences: Floats | None) -> tuple[Codes, Floats, Floats | None]:
    """Ligatures in letters (the box shared out), accents composed, private names of hyphens and bullets undone."""
    codes = codes.astype(np.uint32, copy=True)
    # pdfium undoes most ligatures by itself, and gives the box of the whole to each letter.
    sides = boxes.T
    again = (sides[:, 1:] == sides[:, :-1]).all(axis=0) & (sides[2, 1:] > sides[0, 1:])
    if again.any():
        boxes = _shared_out(boxes, again)
    strange = set(codes[(codes < 0x20) | (codes >= 0x0300)].tolist())
    for old in strange & _RENAMED.keys():
        codes[codes == old] = _RENAMED[old]
    if any(0xD800 <= code <= 0xDFFF or code > 0x10FFFF for code in strange):
        codes[(codes >= 0xD800) & (codes <= 0xDFFF) | (codes > 0x10FFFF)] = 0xFFFD
    if any(0x300 <= code <= 0x36F for code in strange):
        codes, boxes, confidences = _composed(codes, boxes, confidences)
    if strange & _LIGATURES.keys():
        codes, boxes, confidences = _unligated(codes, boxes, confidences)
    return codes, boxes, confidences


def _shared_out(boxes: Floats, again: NDArray[np.bool_]) -> Floats:
    """Runs of characters with one same box each get their part of it, left to right."""
    first = np.concatenate(([True], ~again))
    run = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, len(boxes)))[run]
    rank = np.arange(len(boxes)) - starts[run]
    width = (boxes[:, 2] - boxes[:, 0]) / counts
    out = boxes.copy()
    out[:, 0] = boxes[:, 0] + rank * width
    out[:, 2] = np.where(counts > 1, out[:, 0] + width, boxes[:, 2])
    return out


def _unligated(codes: Codes, boxes: Floats, confidences: Floats | None) -> tuple[Codes, Floats, Floats | None]:
    counts = np.ones(len(codes), np.int64)
    for ligature, letters in _LIGATURES.items():
        counts[codes == ligature] = len(letters)
    source = np.repeat(np.arange(len(codes)), counts)
    rank = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    out, shared = codes[source], boxes[source]
    width = (shared[:, 2] - shared[:, 0]) / counts[source]
    many = counts[source] > 1
    left = shared[:, 0] + rank * width
    shared[many, 0] = left[many]
    shared[many, 2] = (left + width)[many]
    for at in np.flatnonzero(many):
        out[at] = ord(_LIGATURES[int(codes[source[at]])][rank[at]])
    return out, shared, None if confidences is None else confidences[source]


def _composed(codes: Codes, boxes: Floats, confidences: Floats | None) -> tuple[Codes, Floats, Floats | None]:
    import unicodedata

    keep = np.ones(len(codes), bool)
    boxes = boxes.copy()
    for at in np.flatnonzero((codes >= 0x300) & (codes <= 0x36F)):
        letter = at - 1
        while letter >= 0 and not keep[letter]:
            letter -= 1
        if letter < 0:
            continue
        whole = unicodedata.normalize("NFC", chr(codes[letter]) + chr(codes[at]))
        if len(whole) == 1:
            codes[letter], keep[at] = ord(whole), False
            if boxes[at, 2] > boxes[at, 0]:
                boxes[letter, :2] = np.minimum(boxes[letter, :2], boxes[at, :2])
                boxes[letter, 2:] = np.maximum(boxes[letter, 2:], boxes[at, 2:])
    return codes[keep], boxes[keep], None if confidences is None else confidences[keep]


def _breaks(
    glyphs: NDArray[np.intp], sides: Sides, typed: NDArray[np.bool_], widths: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Before each glyph: does a new word begin, does a new segment begin? Distances are in heights of the glyph.

    `typed`: the characters that are spaces somebody typed; `widths` of all characters.
    """
    n = len(glyphs)
    word, cell = np.ones(n, bool), np.ones(n, bool)
    if n == 1:
        return word, cell
    x0, y0, x1, y1 = sides
    tall = y1 - y0
    h = np.minimum(tall[1:], tall[:-1])
    gap = (x0[1:] - x1[:-1]) / h
    overlap = (np.minimum(y1[1:], y1[:-1]) - np.maximum(y0[1:], y0[:-1])) / h
    so_far = typed.cumsum()[glyphs]
    spaced = so_far[1:] != so_far[:-1]
    # A real space stretched by justification stays a space; a hole nobody typed is a change of cell, unless the page
    # has no typed spaces at all (TeX) and its holes are spaces that justification stretched.
    with_spaces = np.count_nonzero(spaced) >= 0.2 * np.count_nonzero(gap > 0.15)
    limit = np.where(spaced, 2.0, 0.6 if with_spaces else 1.0)
    # In fixed pitch three spaces or more set cells apart (pdfium tells one, however many there were).
    at = np.flatnonzero(spaced)
    wide, pitch = x1 - x0, widths[glyphs[at + 1] - 1]
    fixed = (np.abs(wide[at + 1] - pitch) < 0.03 * pitch) & (np.abs(wide[at] - pitch) < 0.03 * pitch)
    limit[at[fixed]] = 2.5 * pitch[fixed] / h[at[fixed]]
    cell[1:] = (overlap < 0.3) | (gap < -0.8) | (gap > limit)
    word[1:] = cell[1:] | spaced | (gap > 0.2) | (glyphs[1:] > glyphs[:-1] + 1) & (gap > 0.08)
    return word, cell


def _segments(sides: Sides, breaks: NDArray[np.bool_]) -> list[Segment]:
    x0, y0, x1, y1 = sides
    starts = np.flatnonzero(breaks)
    ends = np.append(starts[1:], len(x0))
    lengths = ends - starts
    # The middle of a line is that of its usual glyph: an exponent or a drop capital must not move it.
    low, high = np.add.reduceat(y0, starts) / lengths, np.add.reduceat(y1, starts) / lengths
    columns = (
        np.minimum.reduceat(x0, starts), np.minimum.reduceat(y0, starts),
        np.maximum.reduceat(x1, starts), np.maximum.reduceat(y1, starts),
        (low + high) / 2, high - low, starts, ends,
    )  # fmt: skip
    return list(map(Segment, *(column.tolist() for column in columns)))


def _ordered(
    segments: list[Segment], before: bytearray, text: str, height: float
) -> tuple[NDArray[np.intp], list[int]]:
    """Glyphs in reading order, and those left out (mended hyphens); fills in the separators `before`.

    `text`: the glyphs as characters, in content order.
    """
    dropped: list[int] = []
    order: list[Segment] = []
    items = frozenset(
        s.start for s in segments if text[s.start] in _MARKS and s.end - s.start > 1 and before[s.start + 1]
    )
    for block in reading_order(segments, height, items):
        pitch = _usual_gap(block)
        above: float | None = None
        for row in block:
            segment = row[0]
            if order:
                if above is None and segment.y0 < order[-1].y0:  # from the foot of a column to the head of the next
                    flows = _flows(text, order[-1], segment)
                else:
                    usual, foot = (0.0, order[-1].y1) if above is None else (pitch, above)
                    flows = segment.y0 - foot <= usual + 0.45 * segment.h
                before[segment.start] = _LINE if flows else _BLANK
                if flows and text[order[-1].end - 1] in _HYPHENS:
                    _mend(text, order[-1], segment, dropped, before)
            else:
                before[segment.start] = 0
            for cell in row[1:]:
                before[cell.start] = _TAB
            order += row
            above = segment.y1 if len(row) == 1 else max(cell.y1 for cell in row)
    starts = np.array([segment.start for segment in order])
    lengths = np.array([segment.end for segment in order]) - starts
    moves = starts - (np.cumsum(lengths) - lengths)
    return np.arange(len(text)) + np.repeat(moves, lengths), dropped


def _usual_gap(block: list[list[Segment]]) -> float:
    """The usual white space between two rows of a block, points."""
    gaps = sorted(below[0].y0 - row[0].y1 for row, below in itertools.pairwise(block))
    return gaps[len(gaps) // 2] if len(gaps) > 2 else min([*gaps, 0.0])


def _flows(text: str, last: Segment, segment: Segment) -> bool:
    """Does a sentence run on from the foot of a column to the head of the next?"""
    foot = text[last.end - 1]
    return (foot.isalpha() or foot in ",-\u00ad") and text[segment.start].islower()


def _mend(text: str, last: Segment, segment: Segment, dropped: list[int], before: bytearray) -> None:
    """A word cut at the end of a line is one word again, the line ends after it; the hyphens of spelling stay."""
    at = last.end - 1
    elsewhere = segment.y0 >= last.y0 and (segment.x1 <= last.x0 or segment.x0 >= last.x1)
    if elsewhere:  # another cell of the row below: not the line that follows
        return
    if at == last.start or before[at] or not text[at - 1].isalpha() or not text[segment.start].isalpha():
        return
    stop = before.find(_SPACE, segment.start + 1, segment.end)  # the word that the line below begins with ends here
    if text[at] == "-":
        start = max(last.start, before.rfind(_SPACE, last.start + 1, at), before.rfind(_LINE, last.start + 1, at))
        if not keeps_hyphen(text[start:at], text[segment.start : stop if stop >= 0 else segment.end]):
            dropped.append(at)
    else:
        dropped.append(at)
    before[segment.start] = 0
    if stop >= 0:
        before[stop] = _LINE


def _decoded(codes: Codes) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _written(
    codes: Codes,
    boxes: Floats,
    confidences: Floats | None,
    glyphs: NDArray[np.intp],
    before: NDArray[np.int8],
    typed: NDArray[np.bool_],
) -> PageText:
    at = np.cumsum(_LENGTHS[before]) - 1  # where each glyph lands
    total = int(at[-1]) + 1
    out = np.full(total, 0x20, np.uint32)
    placed = np.full((total, 4), np.nan, np.float32)
    out[at] = codes[glyphs]
    out[at[before == _TAB] - 1] = 0x09
    out[at[before >= _LINE] - 1] = 0x0A
    out[at[before == _BLANK] - 2] = 0x0A
    # A box is moved whole, sixteen bytes at a time
    source, target = (a.view(np.complex128)[:, 0] for a in (np.ascontiguousarray(boxes, np.float32), placed))
    target[at] = source[glyphs]
    spaced = np.flatnonzero(before == _SPACE)
    spaced = spaced[(glyphs[spaced] > 0) & typed[glyphs[spaced] - 1]]
    target[at[spaced] - 1] = source[glyphs[spaced] - 1]
    sure: Floats | None = None
    if confidences is not None:
        sure = np.full(total, np.nan, np.float32)
        sure[at] = confidences[glyphs]
        inserted = np.flatnonzero(np.isnan(sure))
        sure[inserted] = 1.0
    return PageText(_decoded(out), placed, sure)
