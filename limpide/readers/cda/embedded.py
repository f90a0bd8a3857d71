"""Documents inside a CDA: the body of an N1, and the media that an N3 carries beside its own content.

Belongs here: finding and decoding them. Does not belong here: reading PDF, RTF or images (each has its own door).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from limpide.document import Attachment
from limpide.errors import Limits, Reason, Refused
from limpide.formats import record_of
from limpide.readers.cda.xml import V3, Element, characters, first, words
from limpide.readers.recognise import recognise

_LONGEST_WORD = 40
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def body_bytes(text: Element, limits: Limits) -> bytes:
    """The bytes of an ED element: base64 decoded, or the characters themselves in UTF-8.

    Raises `Refused`: EMPTY, TRUNCATED (base64 cut off), MALFORMED (not base64), TOO_LARGE.
    """
    held = characters(text)
    if not held.strip():
        raise Refused(Reason.EMPTY, "the body holds nothing")
    declared = (text.get("mediaType") or "text/plain").lower()
    if (text.get("representation") or "").strip().upper() == "B64":
        try:
            return decode_base64(held, limits)
        except Refused as refusal:
            if refusal.reason != Reason.MALFORMED or not declared.startswith("text/plain"):
                raise
            return held.strip("\r\n").encode()  # words that are declared base64 and are none
    if held.lstrip().startswith("{\\rtf"):
        return held.strip().encode()  # RTF is characters too
    if not declared.startswith(("text/plain", "text/xml")) or _one_long_word(held):
        return decode_base64(held, limits)  # only text can stand in XML as it is: the rest is base64, said or not
    return held.strip("\r\n").encode()


def _one_long_word(held: str) -> bool:
    """Whether these characters are base64 that nothing declares: lines without a space, longer than any word."""
    lines = held.split()
    return len(lines[0]) >= _LONGEST_WORD and all(_BASE64.fullmatch(line) for line in lines)


def decode_base64(held: str, limits: Limits) -> bytes:
    """Base64 with white space allowed; missing padding is mended when whole bytes remain."""
    compact = "".join(held.split())
    if len(compact) // 4 * 3 > limits.file_bytes:
        raise Refused(Reason.TOO_LARGE, "embedded document too large")
    bare = compact.rstrip("=")
    if len(bare) % 4 == 1:
        raise Refused(Reason.TRUNCATED, "base64 cut off")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(Reason.MALFORMED, "not base64") from error


def media_type(data: bytes, declared: str | None) -> str | None:
    """What the bytes are; the declaration only where they do not say (a PNG is often declared image/jpeg)."""
    record = record_of(recognise(data))
    return record.media[0] if record is not None and record.media and record.signed else declared


def attachment(data: bytes, declared: str | None, title: str | None) -> Attachment:
    """An embedded document, kept with its bytes."""
    return Attachment(media_type(data, declared), hashlib.sha256(data).hexdigest(), len(data), title, data)


def media_of(body: Element, limits: Limits) -> tuple[list[Attachment], list[str]]:
    """Every observationMedia of a structured body, each content once, and a warning for each that is broken."""
    found: dict[str, Attachment] = {}
    warnings = []
    for media in body.iter(V3 + "observationMedia"):
        value = first(media, "value")
        if value is None or (first(value, "reference") is not None and words(value) is None):
            continue
        try:
            data = body_bytes(value, limits)
        except Refused as refusal:
            warnings.append(f"embedded document not kept: {refusal}")
            continue
        kept = attachment(data, value.get("mediaType"), media.get("ID"))
        found.setdefault(kept.sha256, kept)
    return list(found.values()), warnings
