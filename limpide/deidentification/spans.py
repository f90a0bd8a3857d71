"""What the nets share: a text cut into words once, and the spans they find in it.

Belongs here: `Words`, `Span`, the kinds of identifiers, the choice among overlapping spans.
Does not belong here: any net (known.py, patterns.py, names.py) and any replacement (masking.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from itertools import accumulate, compress
from operator import not_
from typing import NamedTuple

from limpide.french.tokens import fold


def _letters_and_figures() -> re.Pattern[str]:
    """`[^\\W_]+` with its characters listed one by one: found much sooner. Characters past U+FFFF are no words."""
    runs = re.findall(r"[^\W_]+", "".join(map(chr, range(0x10000))))
    return re.compile("([" + "".join(f"{re.escape(run[0])}-{re.escape(run[-1])}" for run in runs) + "]+)")


_WORD = _letters_and_figures()
_LONG = re.compile(r"\d(?:[ .\-/()]*\d){4}")  # five figures, grouped as numbers of persons and postal codes are


class Kind(StrEnum):
    """The kind of a direct identifier; its value is the mask that replaces it, between brackets."""

    FAMILY = "NOM"
    GIVEN = "PRENOM"
    BIRTH = "DATE_NAISSANCE"
    INS = "INS"
    PHONE = "TEL"
    ADDRESS = "ADRESSE"
    CITY = "VILLE"
    MAIL = "MAIL"
    URL = "URL"
    PATIENT_NUMBER = "IPP"
    STAY_NUMBER = "SEJOUR"
    NUMBER = "NUMERO"
    PROFESSIONAL = "RPPS"
    PLATE = "IMMATRICULATION"
    DATE = "DATE"  # of care: replaced only where dates are moved


class Span(NamedTuple):
    """text[start:end] identifies. `sure` spans hold even where a clinical fact was found; others give way to it."""

    start: int
    end: int
    kind: Kind
    sure: bool


class Words:
    """A text and its words: `form[i]` folded (oe for œ) at text[start[i]:end[i]]; `folded` has the text's length.

    `gaps[i]`: what stands, folded, between a word and the next; a line end after the last. `cap[i]`: the word
    begins with a capital; `capped`: those that do. `numeric`: indexes of words that are not letters only; `long`:
    those of them at which a number of five figures or more begins, or of eight characters: few, among the many
    numbers of a report. `present`: every form.
    """

    __slots__ = (
        "cap",
        "capped",
        "days",
        "end",
        "folded",
        "form",
        "gaps",
        "long",
        "numeric",
        "present",
        "start",
        "text",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        parts = _WORD.split(self.folded)  # gap, word, gap, word... gap: every place follows from the lengths
        edges = list(accumulate(map(len, parts)))
        self.form = parts[1::2]
        self.start = edges[:-1:2]
        self.end = edges[1::2]
        self.gaps = parts[2:-1:2]
        self.gaps.append("\n")
        if "œ" in self.folded or "æ" in self.folded:
            self.form = [form.replace("œ", "oe").replace("æ", "ae") for form in self.form]
        places = range(len(self.form))
        self.cap = [text[start].isupper() for start in self.start]
        self.capped = list(compress(places, self.cap))
        self.numeric = list(compress(places, map(not_, map(str.isalpha, self.form))))
        begins = _LONG.match
        self.long = [i for i in self.numeric if len(self.form[i]) > 7 or begins(self.folded, self.start[i])]
        self.present = frozenset(self.form)
        self.days: dict[int, tuple[int, tuple[int, int, int]]] | None = None  # full dates, once read (birth.days)

    def __len__(self) -> int:
        return len(self.form)

    def capitals(self, index: int) -> bool:
        """Whether a word is all capitals, of two letters at least."""
        return self.end[index] - self.start[index] > 1 and self.text[self.start[index] : self.end[index]].isupper()


def chosen(spans: Iterable[Span]) -> list[Span]:
    """Spans in order without overlap: earlier first, then longer; overlapping ones of one kind are joined."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if out and span.start < out[-1].end:
            last = out[-1]
            if span.end > last.end:
                out[-1] = Span(last.start, span.end, last.kind, last.sure or span.sure)
            continue
        out.append(span)
    return out
