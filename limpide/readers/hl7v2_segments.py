"""HL7 v2 syntax: characters, segments, fields, repetitions, components, escapes.

Belongs here: what any HL7 v2 message is made of (HL7 v2.5 chapter 2). Does not belong here: what a segment means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from limpide.errors import Reason, Refused

# HL7 table 0211, as French senders write it in MSH-18.
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "8859/1": "iso-8859-1",
    "8859/15": "iso-8859-15",
    "UNICODE": "utf-8",
    "ASCII": "utf-8",
}
_PARIS = ZoneInfo("Europe/Paris")
_OPENS = re.compile(r"MSH[^\w+/=]|[A-Z][A-Z0-9]{2}\|")
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?")


@dataclass(frozen=True, slots=True)
class Syntax:
    """The separators that MSH-1 and MSH-2 declare."""

    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def unescape(self, text: str) -> str:
        """Put back what `\\F\\`, `\\S\\`, `\\T\\`, `\\R\\`, `\\E\\`, `\\X..\\` and `\\.br\\` stand for."""
        if self.escape not in text:
            return text
        plain = {"F": "|", "S": self.component, "T": self.subcomponent, "R": self.repetition, "E": self.escape}

        def one(found: re.Match[str]) -> str:
            code = found.group(1)
            if code in plain:
                return plain[code]
            if code.startswith(".br"):
                return "\n"
            if code.startswith("X") and re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", code):
                return bytes.fromhex(code[1:]).decode("utf-8", "replace")
            return ""

        mark = re.escape(self.escape)
        return re.sub(f"{mark}([^{mark}]{{1,40}}){mark}", one, text)


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of a field."""

    raw: str
    syntax: Syntax

    def component(self, number: int) -> str:
        """Component by its HL7 number (from 1), unescaped; '' when absent."""
        parts = self.raw.split(self.syntax.component)
        return self.syntax.unescape(parts[number - 1].strip()) if number <= len(parts) else ""

    def subcomponents(self, number: int) -> list[str]:
        """Subcomponents of a component."""
        parts = self.raw.split(self.syntax.component)
        if number > len(parts):
            return []
        return [self.syntax.unescape(p.strip()) for p in parts[number - 1].split(self.syntax.subcomponent)]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields by their HL7 number (MSH-1 is the field separator itself). Absent is ''."""

    name: str
    fields: list[str]
    syntax: Syntax

    def raw(self, number: int) -> str:
        """A field as written."""
        return self.fields[number] if number < len(self.fields) else ""

    def repetitions(self, number: int) -> list[Repetition]:
        """Every repetition of a field."""
        text = self.raw(number)
        return [Repetition(r, self.syntax) for r in text.split(self.syntax.repetition)] if text else []

    def component(self, number: int, component: int) -> str:
        """A component of the first repetition of a field."""
        text = self.raw(number)
        # MSH-2 holds the separators themselves; a document payload holds no repetition: split only when there is one.
        first = text.split(self.syntax.repetition, 1)[0] if self.name != "OBX" or number != 5 else text
        return Repetition(first, self.syntax).component(component)

    def components(self, number: int) -> list[str]:
        """All components of the first repetition."""
        return [self.syntax.unescape(c) for c in self.raw(number).split(self.syntax.component)]

    def subcomponent(self, number: int, component: int, sub: int) -> str:
        """A subcomponent of the first repetition of a field."""
        first = self.repetitions(number)[:1]
        parts = first[0].subcomponents(component) if first else []
        return parts[sub - 1] if sub <= len(parts) else ""

    def field(self, number: int) -> str:
        """A whole field, unescaped and stripped."""
        return self.syntax.unescape(self.raw(number).strip())


@dataclass(slots=True)
class Message:
    """One message, from MSH to the segment before the next MSH."""

    segments: list[Segment] = field(default_factory=list)

    def first(self, name: str) -> Segment:
        """The first segment of that name; an empty, false-y one when there is none."""
        for segment in self.segments:
            if segment.name == name:
                return segment
        return _ABSENT

    def encoded(self) -> bytes:
        """The bytes of this message alone."""
        return "\r".join("|".join(segment.fields) for segment in self.segments).encode()

    def all(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return [s for s in self.segments if s.name == name]


class _Absent(Segment):
    __slots__ = ()

    def __bool__(self) -> bool:
        return False


_ABSENT = _Absent("", [], Syntax())


def decode(data: bytes) -> str:
    """The message's characters: UTF-8 when they are, whatever MSH-18 says; else by MSH-18 (HL7 table 0211), else
    Windows-1252.

    Raises `Refused(MALFORMED)` on NUL bytes.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b")
    if b"\x00" in data:
        raise Refused(Reason.MALFORMED, "NUL bytes in an HL7 v2 message")
    head = re.split(rb"[\r\n]", data, maxsplit=1)[0].split(b"|")
    named = head[17].split(b"~")[0].decode("ascii", "replace").strip().upper() if len(head) > 17 else ""
    for charset in filter(None, ("utf-8", _CHARSETS.get(named), "cp1252")):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode("iso-8859-15")


def _lines(text: str) -> Iterator[str]:
    """Segments as lines, MLLP marks dropped; a line that opens none goes on with the one before (wrapped base64)."""
    held: list[str] = []
    for line in re.split(r"\r\n|\r|\n", text):
        line = line.strip("\x0b\x1c\ufeff ")
        if _OPENS.match(line) and held:
            yield "\n".join(held)
            held = []
        if line:
            held.append(line)
    yield "\n".join(held)


def messages(text: str) -> Iterator[Message]:
    """Messages of a file, batch envelopes dropped."""
    current: Message | None = None
    syntax = Syntax()
    for line in _lines(text):
        if line.startswith("MSH") and len(line) > 8:
            if current:
                yield current
            marks = line[4:8]
            syntax = Syntax(marks[0], marks[1], marks[2], marks[3])
            current = Message([Segment("MSH", ["MSH", line[3], *line[4:].split(line[3])], syntax)])
        elif current is not None and _OPENS.match(line):
            parts = line.split("|")
            current.segments.append(Segment(parts[0], parts, syntax))
    if current:
        yield current


def iso_time(text: str) -> tuple[str | None, bool]:
    """An HL7 v2 time as ISO 8601, as precise as written, and whether Europe/Paris was assumed for its offset."""
    found = _TIME.fullmatch(text.strip()) if text else None
    if not found:
        return None, False
    year, month, day, hour, minute, second, offset = found.groups()
    if not hour:
        return "-".join(filter(None, (year, month, day))), False
    iso = f"{year}-{month}-{day}T{hour}:{minute or '00'}:{second or '00'}"
    if offset:
        return f"{iso}{offset[:3]}:{offset[3:]}", False
    try:
        return datetime.fromisoformat(iso).replace(tzinfo=_PARIS).isoformat(), True
    except ValueError:
        return None, False
