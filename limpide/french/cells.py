"""Cells of printed tables that go on below: "Accident ischémique cérébral<tab>22/08/2022", then "transitoire".

Belongs here: which words finish which cell, told by where they stand on the page. Does not belong here: laboratory
rows (labrows.py), what the words mean, the order of the text, which the reader decides and nobody changes.

A line goes on with the row above it when each of its pieces begins where a cell of that row begins, the first with a
small letter or an opening bracket. Text without boxes (CDA, messages) wraps nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from limpide.document import Page
from limpide.french.tokens import Tokens

_GOES_ON = re.compile(r"[(\[]\w|[a-zà-ÿœ]")
_PIECE = re.compile(r"[^\t\n]*[^\t\n ][^\t\n]*")
_ALIGNED = 3.0  # points
_MOST_LINES = 4


class Order(NamedTuple):
    """Words in the order in which cells are read; `joined`: words that go on with a cell begun on another line."""

    order: list[int]
    joined: frozenset[int]

    def sentences(self, tokens: Tokens) -> list[int]:
        """The sentence of each word, in the text's order; of a word below, that in which its cell began."""
        numbers = tokens.sentence.copy()
        previous = -2
        carried: int | None = None
        for index in self.order:
            if index in self.joined:
                carried = numbers[previous]
            elif index != previous + 1:
                carried = None
            if carried is not None:
                numbers[index] = carried
            previous = index
        return numbers


class _Piece(NamedTuple):
    start: int
    end: int
    left: float


def cell_order(tokens: Tokens, pages: Iterable[Page]) -> Order | None:
    """The order of words, cell by cell; None when no cell goes on below its line, so that the text's order stands."""
    moves: list[tuple[int, int, list[list[_Piece]]]] = []
    for page in pages:
        if page.boxes is not None and "\t" in tokens.text[page.start : page.end]:
            moves.extend(_wrapped(tokens.text, page))
    if not moves:
        return None
    order: list[int] = []
    joined: set[int] = set()
    place = 0
    for begin, end, cells in moves:
        order.extend(range(place, bisect_left(tokens.start, begin)))
        for cell in cells:
            for rank, piece in enumerate(cell):
                words = range(bisect_left(tokens.start, piece.start), bisect_left(tokens.start, piece.end))
                order.extend(words)
                if rank and words:
                    joined.add(words[0])
        place = bisect_left(tokens.start, end)
    order.extend(range(place, len(tokens.start)))
    return Order(order, frozenset(joined))


def _wrapped(text: str, page: Page) -> list[tuple[int, int, list[list[_Piece]]]]:
    """(start, end, cells) of the rows of a page that go on below, each cell with its pieces, top to bottom."""
    lines = _lines(text, page)
    found = []
    index = 0
    while index < len(lines):
        begin, end = lines[index]
        below = index + 1
        if below < len(lines) and text.find("\t", begin, end) >= 0 and _begins(text, *lines[below]):
            row = _pieces(text, begin, end, page)
            cells = [[piece] for piece in row]
            while len(row) > 1 and below < len(lines) and below - index <= _MOST_LINES:
                pieces = _pieces(text, *lines[below], page) if _begins(text, *lines[below]) else []
                owners = [_owner(piece, row) for piece in pieces]
                if not owners or None in owners or not _GOES_ON.match(text, pieces[0].start):
                    break
                for owner, piece in zip(owners, pieces, strict=True):
                    cells[owner or 0].append(piece)
                end = pieces[-1].end
                below += 1
            if below > index + 1:
                found.append((row[0].start, end, cells))
        index = below
    return found


def _begins(text: str, start: int, end: int) -> bool:
    """A quick look before its pieces are cut: whether a small letter or an opening bracket comes first on a line."""
    return _GOES_ON.match(text[start:end].lstrip()) is not None


def _lines(text: str, page: Page) -> list[tuple[int, int]]:
    spans = []
    begin = page.start
    while begin < page.end:
        end = text.find("\n", begin, page.end)
        end = page.end if end < 0 else end
        spans.append((begin, end))
        begin = end + 1
    return spans


def _pieces(text: str, start: int, end: int, page: Page) -> list[_Piece]:
    assert page.boxes is not None
    found = []
    for piece in _PIECE.finditer(text, start, end):
        begin = piece.start() + len(piece.group()) - len(piece.group().lstrip())
        found.append(_Piece(begin, piece.end(), float(page.boxes[begin - page.start][0])))
    return found


def _owner(piece: _Piece, row: list[_Piece]) -> int | None:
    """Which cell of a row a piece begins under, or None."""
    return next((at for at, cell in enumerate(row) if abs(cell.left - piece.left) <= _ALIGNED), None)
