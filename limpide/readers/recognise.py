"""What the bytes are, by content and never by extension (formats.md section 1).

Belongs here: trying the records of `limpide.formats` on bytes. Does not belong here: what a record says, parsing.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import cache, cached_property
from importlib import import_module

from limpide.formats import RECORDS, Format, Record

_HEAD = 65_536
_BOM = b"\xef\xbb\xbf"
_WITHIN = 1_024  # ISO 32000-1, annex H.3.4.1: readers accept a header anywhere in the first 1,024 bytes


class Peek:
    """The bytes of a file as recognition looks at them; each view is made once, when it is first asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.head = data[:_HEAD].removeprefix(_BOM)
        self.stripped = self.head.lstrip()

    @cached_property
    def members(self) -> frozenset[str]:
        """Names in a ZIP, in lower case; of a ZIP cut off, those that its first bytes still show."""
        from limpide.readers.safe_zip import names

        return frozenset(names(self.data)) if self.data.startswith(b"PK\x03\x04") else frozenset()

    def has_member(self, name: str) -> bool:
        """Whether a ZIP holds a file of that name, in whatever folder."""
        return any(member == name or member.endswith("/" + name) for member in self.members)

    @cached_property
    def is_text(self) -> bool:
        """Whether these are the characters of a text."""
        from limpide.readers.text_kinds import is_characters

        return is_characters(self)

    @cached_property
    def text(self) -> str | None:
        """The head as text, line ends made LF; None when it is none."""
        if not self.is_text:
            return None
        return self.head.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

    def has_tag(self, name: str) -> bool:
        """Whether an XML element of that local name opens anywhere."""
        return _tag(name).search(self.data) is not None


def recognise(data: bytes) -> Format:
    """The format of a file from its bytes; `Format.UNKNOWN` when no record is theirs.

    UTF-16 is met in XML and in text: the same questions are asked of its characters.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(data, "utf-16")
    if data.startswith((b"<\x00", b"\x00<")):
        return _utf16(data, "utf-16-le" if data.startswith(b"<") else "utf-16-be")
    peek = Peek(data)
    return next((record.format for record in RECORDS if _is(record, peek)), Format.UNKNOWN)


def _utf16(data: bytes, encoding: str) -> Format:
    kind = recognise(data.decode(encoding, errors="replace").encode("utf-8", errors="replace"))
    return kind if any(r.format == kind and not (r.begins or r.members) for r in RECORDS) else Format.UNKNOWN


def _is(record: Record, peek: Peek) -> bool:
    """Whether each thing that the record asks of the bytes holds."""
    if record.begins and not peek.data.startswith(record.begins):
        return False
    if record.opens and not peek.stripped.startswith(record.opens):
        return False
    if record.within and not re.compile(record.within).search(peek.head, 0, _WITHIN + 6):
        return False
    if record.unless and peek.stripped.startswith(record.unless):
        return False
    if record.tags and not (peek.stripped.startswith(b"<") and all(map(peek.has_tag, record.tags))):
        return False
    if record.members and not any(map(peek.has_member, record.members)):
        return False
    if record.streams and not any(name.encode("utf-16-le") in peek.data for name in record.streams):
        return False
    return record.looks is None or _function(record.looks)(peek)


@cache
def _tag(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"<(?:[\w.-]+:)?" + name.encode() + rb"[\s/>]")


@cache
def _function(path: str) -> Callable[[Peek], bool]:
    module, _, name = path.partition(":")
    found: Callable[[Peek], bool] = getattr(import_module(module), name)
    return found
