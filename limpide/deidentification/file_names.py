"""Names of files, and names joined by underscores or dots, in which a person stands: 'CR_LEBIHAN_Yann_IRM.pdf'.

Belongs here: taking such a name to pieces. Does not belong here: running text (names.py).
"""

from __future__ import annotations

import re

from limpide.deidentification.birth import date_at
from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Kind, Span, Words
from limpide.french.tokens import fold

_FILE = re.compile(
    r"[^\s\"'«»()\[\]<>,;/\\]+\.(?:pdf|docx?|odt|rtf|jpe?g|png|gif|bmp|tiff?|txt|xml|hl7|dcm|zip|xlsx?|csv)(?!\w)"
)
_IMAGES = ("jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "dcm")
_EXTENSION = frozenset((*_IMAGES, "pdf", "doc", "docx", "odt", "rtf", "txt", "xml", "hl7", "zip", "xls", "xlsx", "csv"))
_JOINTS = frozenset("._-")
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_DOCUMENT = cues("document_word") | cues("acronym")


def file_spans(words: Words) -> list[Span]:
    """Names and birth dates in the names of files of a text."""
    stretches = [] if _EXTENSION.isdisjoint(words.present) else [m.span() for m in _FILE.finditer(words.folded)]
    stretches += [(_joined(words, i), words.end[i]) for i in words.long if _day(words, i)]
    spans = []
    for start, end in stretches:
        for piece in _PIECE.finditer(words.folded, start, end):
            kind = _kind(piece.group())
            if kind is not None:
                spans.append(Span(piece.start(), piece.end(), kind, True))
    return spans


def _day(words: Words, i: int) -> bool:
    """Whether eight figures joined to a word before them are a date: 'SIMONNET.Jade.27022015'."""
    joined = i > 0 and len(words.form[i]) == 8 and words.form[i].isdigit() and words.gaps[i - 1] in _JOINTS
    return joined and words.form[i - 1].isalpha() and date_at(words.form[i], 0) is not None


def _joined(words: Words, i: int) -> int:
    """Where the words joined to word `i` begin; at it where what stands before is no name ('scanner_27022015')."""
    k = i
    while k and i - k < 5 and words.gaps[k - 1] in _JOINTS:
        k -= 1
    return words.start[k] if any(words.cap[k:i]) else words.end[i]


def _kind(piece: str) -> Kind | None:
    lists = lexicon()
    if piece.isdigit():
        return Kind.BIRTH if len(piece) == 8 and date_at(piece, 0) else None
    word = fold(piece)
    if len(word) < 3 or word in _DOCUMENT or (word in lists.common and word not in lists.given):
        return None
    return Kind.GIVEN if word in lists.given else Kind.FAMILY
