"""Normalised words with exact places in the text: the one pass everything in semantics stands on.

Belongs here: folding, word and sentence boundaries. Does not belong here: any meaning.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

_TOKEN = re.compile(r"(\w+|[^\w\s])")
_LIGATURE = re.compile("[œæ]")
# The last: a line that begins a row of a table (its first cell is not empty; a cell that wraps goes on).
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n\s*\n|\n(?=\s*(?:[-•*–]|\d+[.)]\s|[A-ZÉÈÀÂÎÔÇ]))|\n(?=[^\n\t][^\n]*\t)")


# Words that a full stop shortens without ending the sentence ("ins. rénale chr.", "Dr. Petit").
_SHORTENED = """
ant atcd bilat bronch card cardiol cf chir chr consult cp dg dr env ex exam gch hopit hosp fam inf ins insuf int lat
mat max med min mme mr neurol pneumol pat post pr prof pulm rad ren resp rhum sd serv sup sympt synd tr tt ttt vasc
"""
ABBREVIATIONS = frozenset(_SHORTENED.split())
_LONGEST_SHORT = max(map(len, ABBREVIATIONS)) + 1  # and the letter before, of a longer word
_LAST_LETTERS = re.compile(r"[^\W\d_]+\Z")


def _folding() -> dict[int, str]:
    table: dict[int, str] = {}
    for point in range(0x250):
        char = chr(point)
        base = unicodedata.normalize("NFKD", char)[0].lower()
        if base != char and len(base) == 1:
            table[point] = base
    # oe/ae cannot be folded 1:1 in place; words() spells them out, offsets staying those of the text.
    table.update({ord("’"): "'", ord("‘"): "'", ord("ʼ"): "'", ord("Œ"): "œ", ord("Æ"): "æ"})
    table.update({ord("–"): "-", ord("—"): "-", ord("‐"): "-", ord("‑"): "-", 0x00A0: " ", 0x202F: " ", 0x2009: " "})
    return table


_FOLD = _folding()
_TABLED = 0x2700  # code points below have their folding in `_TABLE`; few letters of a French document are beyond
_ALONE = 0xFFFFFFFF  # in the table: folding depends on what stands around, or changes the length


def _tabled() -> NDArray[np.uint32]:
    folded = [chr(point).translate(_FOLD).lower() for point in range(_TABLED)]
    alone = [len(char) != 1 or char == "σ" for char in folded]  # a final capital sigma has a lower case of its own
    return np.array([_ALONE if odd else ord(char) for char, odd in zip(folded, alone, strict=True)], np.uint32)


_TABLE = _tabled()
_SHORT = 160  # characters: under it, calls cost more than letters


def fold(text: str) -> str:
    """Lower case, no accents, straight apostrophes and hyphens; same length as `text`, so offsets stay exact."""
    if text.isascii():
        return text.lower()
    if len(text) > _SHORT:
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        if points.max() < _TABLED:
            folded_points = _TABLE[points]
            if folded_points.max() != _ALONE:
                return folded_points.tobytes().decode("utf-32-le", "surrogatepass")
    folded = text.translate(_FOLD)
    lowered = folded.lower()
    return lowered if len(lowered) == len(text) else folded


@dataclass(frozen=True, slots=True)
class Tokens:
    """Words of a text: `form[i]` folded (oe for œ), at text[start[i]:end[i]], in sentence number `sentence[i]`.

    `folded` is the folded text, of the same length as the text. `places`: where each distinct word stands, in order;
    a table of a thousand phrases asks the text's few hundred words, not the other way round.
    """

    text: str
    folded: str
    form: list[str]
    start: list[int]
    end: list[int]
    sentence: list[int]
    sentence_bounds: list[tuple[int, int]]
    places: dict[str, list[int]]

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The first and the last word of text[start:end]; the text has words."""
        first = max(0, bisect_right(self.start, start) - 1)
        if end <= self.end[first]:
            return first, first
        return first, max(first, bisect_right(self.start, end - 1, first) - 1)


def _shortened(folded: str, stop: int) -> bool:
    """Whether the full stop at `stop` only shortens the word before it."""
    word = _LAST_LETTERS.search(folded, max(0, stop - _LONGEST_SHORT), stop)
    return word is not None and word.group() in ABBREVIATIONS


def tokenise(text: str) -> Tokens:
    """Split a text into words and sentences."""
    folded = fold(text)
    bounds: list[tuple[int, int]] = []
    begin = 0
    for cut in _SENTENCE_END.finditer(text):
        if cut.group() == "." and _shortened(folded, cut.start()):
            continue
        if cut.end() > begin:
            bounds.append((begin, cut.end()))
            begin = cut.end()
    if begin < len(text) or not bounds:
        bounds.append((begin, len(text)))
    parts = _TOKEN.split(folded)  # gap, word, gap, word... gap: every place follows from the lengths
    edges = list(accumulate(map(len, parts)))
    form, start, end = parts[1::2], edges[:-1:2], edges[1::2]
    for found in _LIGATURE.finditer(folded):
        place = bisect_right(start, found.start()) - 1
        form[place] = form[place].replace("œ", "oe").replace("æ", "ae")
    sentence: list[int] = []
    for number, (_, stop) in enumerate(bounds):
        until = bisect_left(start, stop, len(sentence)) if number + 1 < len(bounds) else len(start)
        sentence += [number] * (until - len(sentence))
    places: dict[str, list[int]] = {}
    for place, word in enumerate(form):
        if word in places:
            places[word].append(place)
        else:
            places[word] = [place]
    return Tokens(text, folded, form, start, end, sentence, bounds, places)
