"""Page furniture: headers and footers, recognised because they come back from page to page.

Belongs here: recognition by repetition (within a document, or across documents of one source) and by form ('Page 1/3').
Does not belong here: removing anything; the text keeps its furniture, marked by a Section.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?i)^\W*(?:page|p\.?)\s*:?\s*\d+(?:\s*(?:/|sur|de)\s*\d+)?\W*$|^\W*\d+\s*(?:/|sur)\s*\d+\W*$"
)
_ZONE = 0.15  # of the page's height, at each end


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: [start:end] in the document's text, its own text, its place down the page (0 top, 1 bottom)."""

    start: int
    end: int
    text: str
    place: float


def likeness(text: str) -> str:
    """What stays the same from page to page: digits and white space do not."""
    return " ".join(_DIGITS.sub("#", text).split()).casefold()


def furniture(pages: Sequence[Sequence[Line]], known: frozenset[str] = frozenset()) -> list[Line]:
    """The lines of these pages that are furniture, in order.

    A line at the head or foot of its page is furniture when one like it, at about the same place, stands on at least
    half of the pages (two at least), when it is a page number, or when its likeness is in `known` (see `repeated`).
    """
    edges = [
        [(line, like, round(line.place * 50)) for line in lines if _at_edge(line) and (like := likeness(line.text))]
        for lines in pages
    ]
    seen: Counter[tuple[str, int]] = Counter()
    for found in edges:
        seen.update({(like, at) for _, like, at in found})
    enough = max(2, (len(pages) + 1) // 2)
    out = []
    for found in edges:
        for line, like, at in found:
            near = max(seen[like, at], seen[like, at - 1] + seen[like, at], seen[like, at + 1] + seen[like, at])
            if near >= enough or like in known or _PAGE_NUMBER.match(line.text):
                out.append(line)
    return out


def repeated(documents: Sequence[Sequence[Sequence[Line]]], share: float = 0.6, least: int = 5) -> frozenset[str]:
    """Likenesses found at the edges of at least `share` of these documents of one source (and `least` of them).

    Each document is its pages, each page its lines. To be given to `furniture` as `known`.
    """
    seen: Counter[str] = Counter()
    for pages in documents:
        seen.update({likeness(line.text) for lines in pages for line in lines if _at_edge(line)} - {""})
    return frozenset(like for like, count in seen.items() if count >= max(least, share * len(documents)))


def _at_edge(line: Line) -> bool:
    return line.place < _ZONE or line.place > 1 - _ZONE
