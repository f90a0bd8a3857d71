"""HL7 v2 syntax: characters, segments, fields, repetitions, components, escapes.

Belongs here: what any HL7 v2 message is made of (HL7 v2.5 chapter 2). Does not belong here: what a segment means.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from limpide.errors import Reason, Refused
from limpide.readers.encodings import decoded, mended

# HL7 table 0211, as French senders write it in MSH-18.
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "8859/1": "cp1252",
    "8859/15": "iso-8859-15",
    "8859/2": "iso-8859-2",
    "UNICODE UTF-16": "utf-16",
    "UNICODE": "utf-8",
    "ASCII": "utf-8",
}
_ENVELOPES = ("FHS", "BHS", "BTS", "FTS")
_PARIS = ZoneInfo("Europe/Paris")
_OPENS = re.compile(r"(?:MSH|FHS|BHS)[^\w+/=]|[A-Z][A-Z0-9]{2}\|")
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?")


@dataclass(frozen=True, slots=True)
class Syntax:
    """The separators that MSH-1 and MSH-2 declare."""

    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    field: str = "|"

    def unescape(self, text: str) -> str:
        """Put back what escapes stand for (HL7 v2.5, 2.7): separators, hexadecimal bytes, lines of formatted text.

        Highlighting and what only moves text on a page leave nothing; an escape that nobody knows stays as written:
        it is more often a path of Windows than an escape.
        """
        mark = self.escape
        if mark not in text:
            return text
        plain = {"F": self.field, "S": self.component, "T": self.subcomponent, "R": self.repetition, "E": mark,
                 "P": "#", "H": "", "N": ""}  # fmt: skip
        out: list[str] = []
        pending = bytearray()
        at = 0
        while at < len(text):
            begin = text.find(mark, at)
            end = text.find(mark, begin + 1) if begin >= 0 else -1
            if end < 0:
                break
            code = text[begin + 1 : end]
            if begin > at and pending:
                out.append(_characters(pending))
            out.append(text[at:begin])
            if hexadecimal := _HEX.fullmatch(code):
                pending += bytes.fromhex(hexadecimal[1])  # a character may be two escapes: bytes are read together
            elif code in plain or (code[:1] == "." and len(code) < 8):
                out.append(_characters(pending))
                out.append(plain[code] if code in plain else _formatted(code))
            elif code[:1] in "CMZ" and code[1:].isalnum() and len(code) < 12:
                out.append(_characters(pending))  # another character set, a local escape: nothing to show
            else:
                out.append(_characters(pending) + mark + code)
                at = end
                continue
            at = end + 1
        return "".join(out) + _characters(pending) + text[at:]


def _characters(pending: bytearray) -> str:
    """The characters of the hexadecimal bytes waiting, in UTF-8 or else Windows-1252."""
    try:
        text = pending.decode("utf-8")
    except UnicodeDecodeError:
        text = pending.decode("cp1252", "replace")
    pending.clear()
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _formatted(code: str) -> str:
    r"""What a formatting command (`.br`, `.sp 2`, `.in+4`, `.sk3`) leaves in the text."""
    found = re.fullmatch(r"\.(br|sp|sk|in|ti|ce|fi|nf)\s*([+-]?\d{0,3})", code)
    command, count = (found[1], int(found[2] or 1) if found[2] not in ("+", "-") else 1) if found else ("", 1)
    if command in ("br", "ce"):
        return "\n"
    if command == "sp":
        return "\n" * max(1, min(count, 20))
    return " " * max(0, min(count, 20)) if command in ("sk", "in", "ti") and found and found[2] else ""


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
        return "\r".join(segment.syntax.field.join(segment.fields) for segment in self.segments).encode()

    def all(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return [s for s in self.segments if s.name == name]


class _Absent(Segment):
    __slots__ = ()

    def __bool__(self) -> bool:
        return False


_ABSENT = _Absent("", [], Syntax())


def decode(data: bytes) -> tuple[str, list[str]]:
    """The message's characters and what was doubtful about them: UTF-8 when they are, whatever MSH-18 says; else by
    MSH-18 (HL7 table 0211), else by the French that they make.

    Raises `Refused(MALFORMED)` on NUL bytes.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decoded(data)
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b\r\n ")
    if b"\x00" in data:
        raise Refused(Reason.MALFORMED, "NUL bytes in an HL7 v2 message")
    head = next((line.split(b"|") for line in re.split(rb"[\r\n]", data[:65_536]) if line.startswith(b"MSH")), [])
    named = head[17].split(b"~")[0].decode("ascii", "replace").strip().upper() if len(head) > 17 else ""
    try:
        return mended(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    charset = _CHARSETS.get(named)
    if charset not in (None, "utf-8"):
        try:
            return data.decode(charset), []
        except UnicodeDecodeError:
            pass
    try:
        return decoded(data)
    except Refused:
        return data.decode("iso-8859-15"), ["characters of an encoding that nobody recognises"]


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
    """Messages of a file. Envelopes of batches and files (FHS, BHS, BTS, FTS) hold nothing of their own."""
    current: Message | None = None
    syntax = Syntax()
    for line in _lines(text):
        if line.startswith("MSH") and len(line) > 8:
            if current:
                yield current
            marks = line[4:8]
            syntax = Syntax(marks[0], marks[1], marks[2], marks[3], line[3])
            current = Message([Segment("MSH", ["MSH", line[3], *line[4:].split(line[3])], syntax)])
        elif line[:3] not in _ENVELOPES and current is not None and _OPENS.match(line):
            parts = line.split(syntax.field)
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
        return iso, False  # no such day: `keep_existing` says so
