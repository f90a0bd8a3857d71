"""What a text is by its shape: prose or a table of a document, JSON, exchange formats, lists of records, code.

Belongs here: the tests of text that records name in `looks`. Does not belong here: reading any of them.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limpide.readers.recognise import Peek

_FHIR_WITHIN = 4 * 65_536
_CONTROLS = bytes(byte for byte in [*range(32), 127] if byte not in b"\t\n\v\f\r\x1b")
_CONTROL_SHARE = 0.01
_NUL_SHARE = 0.1  # more is UTF-16 without its mark, or binary
_HIGH_SHARE = 0.3  # French in one byte a character has under a tenth of its bytes beyond ASCII


def is_fhir(peek: Peek) -> bool:
    """JSON that names the type of a resource."""
    head = peek.data[:_FHIR_WITHIN]
    return peek.stripped.startswith(b"{") and re.search(rb'"resourceType"\s*:', head) is not None


def is_text(peek: Peek) -> bool:
    """Characters of a text, and no XML.

    Text has hardly any control character and, unless it is UTF-8, few bytes beyond ASCII. One that holds a few NUL
    bytes is still called text, so that its door can say why it is refused.
    """
    if peek.stripped.startswith(b"<") and re.match(rb"<[A-Za-z!?]", peek.stripped):
        return False
    head = peek.head
    plain = head.replace(b"\x00", b"")
    if not plain or len(head) - len(plain) > _NUL_SHARE * len(head):
        return False
    if len(plain) - len(plain.translate(None, _CONTROLS)) >= _CONTROL_SHARE * len(plain):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(plain)  # the head may end inside a character
        return True
    except UnicodeDecodeError:
        return sum(map((0x80).__le__, plain)) <= _HIGH_SHARE * len(plain)
