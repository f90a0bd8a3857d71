"""What the bytes are, by content and never by extension (formats.md section 1).

Belongs here: recognition. Does not belong here: parsing, validation.
"""

from __future__ import annotations

import codecs
import re

from limpide.document import Format

_HEAD = 65_536
_BOM = b"\xef\xbb\xbf"
_PDF = re.compile(rb"%PDF-\d")
_PDF_WITHIN = 1_024  # ISO 32000-1, annex H.3.4.1: readers accept a header anywhere in the first 1,024 bytes
_AT_START = (
    (b"PK\x03\x04", Format.XDM),
    (b"{\\rtf", Format.RTF),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
)
_CONTROLS = bytes(byte for byte in [*range(32), 127] if byte not in b"\t\n\v\f\r\x1b")
_CONTROL_SHARE = 0.01
_NUL_SHARE = 0.1  # more is UTF-16 without its mark, or binary
_HIGH_SHARE = 0.3  # French in one byte a character has under a tenth of its bytes beyond ASCII


def recognise(data: bytes) -> Format:
    """The format of a file from its first bytes; `Format.UNKNOWN` when nobody reads it.

    A CDA is told N1 or N3 by its body, which may stand far down: the whole of it is searched for `nonXMLBody`.
    A text that holds a few NUL bytes is still called text, so that its door can say why it is refused.
    """
    for signature, kind in _AT_START:
        if data.startswith(signature):
            return kind
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(data, "utf-16")
    if data.startswith((b"<\x00", b"\x00<")):
        return _utf16(data, "utf-16-le" if data.startswith(b"<") else "utf-16-be")
    head = data[:_HEAD].removeprefix(_BOM)
    stripped = head.lstrip()
    if _PDF.search(head, 0, _PDF_WITHIN + len(b"%PDF-1")) and not stripped.startswith((b"<?xml", b"{", b"MSH|")):
        return Format.PDF
    if stripped.startswith((b"MSH|", b"\x0bMSH|")):
        return Format.HL7V2
    if stripped.startswith(b"<"):
        return _xml(data, stripped)
    if stripped.startswith(b"{") and re.search(rb'"resourceType"\s*:', data[: 4 * _HEAD]):
        return Format.FHIR
    if stripped.startswith(b"{\\rtf"):
        return Format.RTF
    return Format.TEXT if _is_text(head) else Format.UNKNOWN


def _utf16(data: bytes, encoding: str) -> Format:
    """UTF-16 is met in XML and in text; the same questions are asked of its characters."""
    kind = recognise(data.decode(encoding, errors="replace").encode("utf-8", errors="replace"))
    return kind if kind in (Format.CDA_N1, Format.CDA_N3, Format.TEXT) else Format.UNKNOWN


def _xml(data: bytes, stripped: bytes) -> Format:
    if re.search(rb"<(?:[\w.-]+:)?ClinicalDocument[\s/>]", data):
        return Format.CDA_N1 if re.search(rb"<(?:[\w.-]+:)?nonXMLBody[\s/>]", data) else Format.CDA_N3
    if stripped.startswith(b"<?xml") or re.match(rb"<[A-Za-z!?]", stripped):
        return Format.UNKNOWN
    return Format.TEXT


def _is_text(head: bytes) -> bool:
    """Text has hardly any control character and, unless it is UTF-8, few bytes beyond ASCII."""
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
