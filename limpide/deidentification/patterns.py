"""The second net: identifiers recognised by their shape, their checksum or their label.

Belongs here: e-mails, URLs, vehicle plates (SIV, AA-123-AA), and the union with numbers.py and addresses.py.
Does not belong here: names (names.py) and what the header already says (known.py).
"""

from __future__ import annotations

import re

from limpide.deidentification.addresses import address_spans
from limpide.deidentification.file_names import file_spans
from limpide.deidentification.numbers import number_spans
from limpide.deidentification.spans import Kind, Span, Words

_MAIL = re.compile(r"[\w.+\-']+\s?(?:@|\[at\]|\(at\)| arobase )\s?[\w\-]+(?: ?\. ?[a-z0-9][\w\-]*)+")
_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>\"')\]]*[^\s<>\"')\].,;:]")
_PLATE = re.compile(r"[A-HJ-NP-TV-Z](?<!\w.)[A-HJ-NP-TV-Z]-\d{3}-[A-HJ-NP-TV-Z]{2}(?!\w)")


def pattern_spans(words: Words, codes: frozenset[str] = frozenset()) -> list[Span]:
    """Every span of this net. `codes`: numbers that are codes of the document's own facts, never identifiers."""
    text, folded = words.text, words.folded
    spans: list[Span] = []
    if "@" in text or "[at]" in folded or "(at)" in folded or " arobase " in folded:
        spans += [Span(m.start(), m.end(), Kind.MAIL, True) for m in _MAIL.finditer(folded)]
    if "://" in text or "www." in folded:
        spans += [Span(m.start(), m.end(), Kind.URL, True) for m in _URL.finditer(folded)]
    if "-" in text:
        spans += [Span(m.start(), m.end(), Kind.PLATE, True) for m in _PLATE.finditer(text)]
    spans += number_spans(words, codes)
    spans += address_spans(words)
    spans += file_spans(words)
    return spans
