"""Page furniture: headers and footers, recognised because they come back.

Belongs here: recognition by repetition, within a document (`furniture`) or over documents of one source (`edges`,
`learnt`, `mark`), and by form ('Page 1/3'). Does not belong here: removing anything (the text keeps its furniture,
marked by a Section), what a body says (semantics/body.py), which documents teach (warehouse/learning.py).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from limpide.document import Document, Section
from limpide.readers.stated_identity import is_title

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?i)^\W*(?:page|p\.?)\s*:?\s*\d+(?:\s*(?:/|sur|de)\s*\d+)?\W*$|^\W*\d+\s*(?:/|sur)\s*\d+\W*$"
)
_CELL = re.compile(r"[^\t]+")
_ZONE = 0.15  # of the page's height, at each end
_STEPS = 50  # places down a page are told apart by fiftieths of its height
LEAST = 5  # documents, each of another person, that must agree
_PROSE = 9  # words: a line that long is a sentence, or a part of one
_SENTENCE = 3  # words of the shortest one that ends with its stop


class Line(NamedTuple):
    """A line of a page: [start:end] in the document's text, its own text, its place down the page (0 top, 1 bottom)."""

    start: int
    end: int
    text: str
    place: float


class Cell(NamedTuple):
    """What a line holds between two TABs: its likeness, its place in fiftieths of the page, whether it is prose."""

    like: str
    at: int
    prose: bool = False


@dataclass(frozen=True, slots=True)
class Edges:
    """The heads and feet of one document's pages: each run goes from the edge of a page inwards, up to the body.

    `who` tells whose document it is (any stable name of the person), None when nothing does.
    """

    who: str | None
    runs: tuple[tuple[Cell, ...], ...]


Known = frozenset[tuple[str, int]]  # likenesses and their places: page text, never to be written anywhere


def likeness(text: str) -> str:
    """What stays the same from page to page: digits and white space do not."""
    return " ".join(_DIGITS.sub("#", text).split()).casefold()


def edge_lines(text: str, boxes: Any, start: int, height: float | None) -> list[Line]:
    """The lines at the head and foot of a page, in reading order; `start`: of the page in the document's text."""
    if not height:
        return []
    texts = text.split("\n")
    at = accumulate((len(text) + 1 for text in texts), initial=0)
    kept = [(begin, text) for begin, text in zip(at, texts, strict=False) if text and not text.isspace()]
    tops = (boxes[[begin for begin, _ in kept], 1] / height).tolist() if kept else []
    return [
        Line(start + begin, start + begin + len(text), text, place)
        for (begin, text), place in zip(kept, tops, strict=True)
        if place < _ZONE or place > 1 - _ZONE
    ]


def furniture(pages: Sequence[Sequence[Line]]) -> list[Line]:
    """Those of the edge lines of one document's pages that are furniture, in order.

    A line is when one like it, at about the same place, stands on at least half of the pages (two at least), or when it
    is a page number.
    """
    edges = [[(line, like, _step(line)) for line in lines if (like := likeness(line.text))] for lines in pages]
    seen: Counter[tuple[str, int]] = Counter()
    for found in edges:
        seen.update({(like, at) for _, like, at in found})
    enough = max(2, (len(pages) + 1) // 2)
    out = []
    for found in edges:
        for line, like, at in found:
            near = max(seen[like, at], seen[like, at - 1] + seen[like, at], seen[like, at + 1] + seen[like, at])
            if near >= enough or _PAGE_NUMBER.match(line.text):
                out.append(line)
    return out


def edges(document: Document, who: str | None, is_body: Callable[[str], bool]) -> Edges:
    """What a document may teach: the cells at the edges of its pages, as far as the first line of the body.

    `is_body` says of a line whether it speaks of the patient or opens what does; the title of a document is body, and
    prose at the head of a page. At its foot prose may be a notice, which `learnt` tells by its coming back.
    """
    runs = []
    for lines in _pages(document):
        head = sorted((line for line in lines if line.place < _ZONE), key=lambda line: line.place)
        foot = sorted((line for line in lines if line.place >= _ZONE), key=lambda line: -line.place)
        for run, prose_ends in ((head, True), (foot, False)):
            cells: list[Cell] = []
            for line in run:
                texts = line.text.split("\t")
                if is_body(line.text) or any(is_title(text) or (prose_ends and _is_prose(text)) for text in texts):
                    break
                cells += (Cell(like, _step(line), _is_prose(text)) for _, text, like in _cells(line))
            runs.append(tuple(cells))
    return Edges(who, tuple(runs))


def learnt(documents: Sequence[Edges], share: float = 0.6, least: int = LEAST) -> Known:
    """The furniture of a source: what stands at about one place in `share` of its documents and of `least` persons.

    Documents that name nobody count as one person's. A run ends at prose that does not come back: what is further in
    is body. The order of documents does not matter.
    """
    first = _repeated(documents, share, least)
    kept = [Edges(one.who, tuple(tuple(_until_prose(run, first)) for run in one.runs)) for one in documents]
    found = _repeated(kept, share, least)
    return frozenset((like, near) for like, at in found for near in (at - 1, at, at + 1))


def mark(document: Document, known: Known) -> None:
    """Add the source's furniture to the sections of a document read off pages, in place; offsets are its text's."""
    if not known or any(not section.furniture for section in document.sections):
        return  # sections of its own: facts point at them by rank
    already = [(section.start, section.end) for section in document.sections]
    spans: list[tuple[int, int]] = []
    for lines in _pages(document):
        for line in lines:
            at = _step(line)
            for start, text, like in _cells(line):
                end = start + len(text)
                if (like, at) not in known or any(a <= start and end <= b for a, b in already):
                    continue
                if spans and start == spans[-1][1] + 1:  # the next cell, or the next line
                    start = spans.pop()[0]
                spans.append((start, end))
    found = [Section(None, None, None, start, end, furniture=True) for start, end in spans]
    document.sections = sorted([*document.sections, *found], key=lambda section: (section.start, -section.end))


def _pages(document: Document) -> Iterator[list[Line]]:
    for page in document.pages:
        if page.boxes is not None and page.height:
            yield edge_lines(document.text[page.start : page.end], page.boxes, page.start, page.height)


def _cells(line: Line) -> Iterator[tuple[int, str, str]]:
    """(start, text, likeness) of each cell of a line."""
    for cell in _CELL.finditer(line.text):
        if like := likeness(cell[0]):
            yield line.start + cell.start(), cell[0], like


def _is_prose(text: str) -> bool:
    words = len(text.split())
    return words >= _PROSE or (words >= _SENTENCE and text.rstrip().endswith((".", ";")))


def _until_prose(run: tuple[Cell, ...], known: Known) -> Iterator[Cell]:
    for cell in run:
        if cell.prose and (cell.like, cell.at) not in known:
            return
        yield cell


def _repeated(documents: Sequence[Edges], share: float, least: int) -> Known:
    where: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for index, one in enumerate(documents):
        for run in one.runs:
            for cell in run:
                where[cell.like, cell.at].add(index)
    out = set()
    for like, at in where:
        for beside in (at - 1, at, at + 1):
            both = where[like, at] | where.get((like, beside), set())
            if len(both) >= share * len(documents) and len({documents[index].who for index in both}) >= least:
                out.add((like, at))
    return frozenset(out)


def _step(line: Line) -> int:
    return round(line.place * _STEPS)
