"""What the nets share: a text cut into words once, and the spans they find in it.

Belongs here: `Words`, `Span`, the kinds of identifiers, the choice among overlapping spans.
Does not belong here: any net (known.py, patterns.py, names.py) and any replacement (masking.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from limpide.semantics.tokens import fold

_WORD = re.compile(r"[^\W_]+")


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


class Span(NamedTuple):
    """text[start:end] identifies. `sure` spans hold even where a clinical fact was found; others give way to it."""

    start: int
    end: int
    kind: Kind
    sure: bool


class Words:
    """A text and its words: `form[i]` folded (oe for œ) at text[start[i]:end[i]]; `folded` has the text's length."""

    __slots__ = ("end", "folded", "form", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.form: list[str] = []
        self.start: list[int] = []
        self.end: list[int] = []
        for word in _WORD.finditer(self.folded):
            form = word.group()
            self.form.append(form if form.isascii() else form.replace("œ", "oe").replace("æ", "ae"))
            first, last = word.span()
            self.start.append(first)
            self.end.append(last)

    def __len__(self) -> int:
        return len(self.form)

    def capital(self, index: int) -> bool:
        """Whether a word begins with a capital letter."""
        return self.text[self.start[index]].isupper()

    def capitals(self, index: int) -> bool:
        """Whether a word is all capitals, of two letters at least."""
        return self.end[index] - self.start[index] > 1 and self.text[self.start[index] : self.end[index]].isupper()

    def gap(self, index: int) -> str:
        """What stands between a word and the next."""
        return self.text[self.end[index] : self.start[index + 1]] if index + 1 < len(self.form) else "\n"


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
