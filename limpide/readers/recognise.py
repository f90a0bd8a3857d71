"""What the bytes are, by content and never by extension (formats.md section 1).

Belongs here: recognition. Does not belong here: parsing, validation.
"""

from __future__ import annotations

import re

from limpide.document import Format

_HEAD = 65_536
_BOM = b"\xef\xbb\xbf"


def recognise(data: bytes) -> Format:
    """The format of a file from its first bytes; `Format.UNKNOWN` when nobody reads it.

    A CDA is told N1 or N3 by its body, which may stand far down: the whole of it is searched for `nonXMLBody`.
    """
    head = data[:_HEAD].removeprefix(_BOM)
    stripped = head.lstrip()
    if b"%PDF-" in head[:1024]:
        return Format.PDF
    if head.startswith(b"PK\x03\x04"):
        return Format.XDM
    if head.startswith(b"{\\rtf"):
        return Format.RTF
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return Format.TIFF
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if stripped.startswith(b"MSH|") or stripped.startswith(b"\x0bMSH|"):
        return Format.HL7V2
    if stripped.startswith(b"<"):
        return _xml(data, stripped)
    if stripped.startswith(b"{") and re.search(rb'"resourceType"\s*:', data[: 4 * _HEAD]):
        return Format.FHIR
    return Format.TEXT if _is_text(head) else Format.UNKNOWN


def _xml(data: bytes, stripped: bytes) -> Format:
    if re.search(rb"<(?:\w+:)?ClinicalDocument[\s>]", data):
        return Format.CDA_N1 if re.search(rb"<(?:\w+:)?nonXMLBody[\s>]", data) else Format.CDA_N3
    if stripped.startswith(b"<?xml") or re.match(rb"<[A-Za-z!?]", stripped):
        return Format.UNKNOWN
    return Format.TEXT


def _is_text(head: bytes) -> bool:
    """Text has no NUL and hardly any control character; which encoding it is, the text door decides."""
    if not head or b"\x00" in head:
        return False
    control = sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in head)
    return control / len(head) < 0.01
