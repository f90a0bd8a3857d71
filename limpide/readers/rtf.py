"""The RTF door: text with its accents, tables as rows (a TAB between cells), page headers and footers as furniture.

Belongs here: the RTF grammar (RTF specification 1.9.1). Does not belong here: pictures and objects (skipped), layout.
Written here rather than taken from a library because those at hand drop headers, footers and text boxes, where
hospital letters state the patient. One pass, linear in the size of the file.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace
from typing import Literal

from limpide.document import Document, Format, Header, Section
from limpide.errors import Limits, Reason, Refused
from limpide.readers.origin import Origin
from limpide.readers.stated_identity import stated_header

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\", re.S
)
_DEPTH = 500
_PICTURE = re.compile(
    rb"\\(?:pngblip|jpegblip)(?:\\[a-z]{1,32}-?\d{0,10}|\{[^{}]{0,200}\}|\s){0,60}((?:[0-9a-fA-F]{2}\s{0,4}){16,})"
)
Place = Literal["body", "header", "footer", "note", "title"]

# Groups whose text is not the document's. A starred group that is not in _READ_STARRED is skipped as well.
_SKIPPED = frozenset(
    re.findall(
        r"\w+",
        """fonttbl colortbl stylesheet info pict object objdata themedata filetbl private fldinst datafield xe tc rxe
        txe annotation atnid atnauthor atndate atnref atnicn template nonesttables shprslt sp sn sv panose falt do
        ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn listtable listoverridetable revtbl rsidtbl""",
    )
)
_READ_STARRED = frozenset(("shpinst",))
_READ_INSIDE = frozenset(("result", "title"))  # read although the group around is skipped
_PLACES: dict[str, Place] = {
    **dict.fromkeys(("header", "headerf", "headerl", "headerr"), "header"),
    **dict.fromkeys(("footer", "footerf", "footerl", "footerr"), "footer"),
    **dict.fromkeys(("footnote",), "note"),
}
_ORDER: tuple[Place, ...] = ("header", "body", "note", "footer")
_WORDS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "column": "\n", "row": "\n", "nestrow": "\n",
    "tab": "\t", "cell": "\t", "nestcell": "\t", "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ",
    "qmspace": " ", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip
_SIGNS = {"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n", "{": "{", "}": "}", "\\": "\\", "\t": "\t"}
_PAGES = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# \fcharset (specification, "Font table"): the charsets that French senders' fonts declare.
_CHARSETS = {77: "mac_roman", 161: "cp1253", 162: "cp1254", 204: "cp1251", 238: "cp1250", 254: "cp437", 255: "cp850"}


@dataclass(frozen=True, slots=True)
class _State:
    skip: bool = False
    place: Place = "body"
    hidden: bool = False
    deleted: bool = False
    table: bool = False
    fonts: bool = False
    encoding: str | None = None  # of the current font; None: the document's
    bytes_after: int = 1  # \uc: bytes that repeat a \u character for older readers

    @property
    def silent(self) -> bool:
        return self.skip or self.hidden or self.deleted


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of an RTF file. Raises `Refused` (TRUNCATED, TOO_LARGE, NO_TEXT, FORBIDDEN_CONSTRUCT)."""
    parser = _Parser(data, limits)
    parts = parser.parts()
    text = ""
    sections: list[Section] = []
    for place in _ORDER:
        for part in parts[place]:
            if text:
                text += "\n\n"
            if place in ("header", "footer"):
                sections.append(Section(None, None, None, len(text), len(text) + len(part), furniture=True))
            text += part
    if not text.strip():
        if parser.pictures:
            return pictured(data, origin, limits)
        raise Refused(Reason.NO_TEXT, "an RTF document without text")
    header = stated_header(text)
    header.title = header.title or next(iter(parts["title"]), None)
    return [
        Document(
            path=origin.path,
            sha256=origin.sha256,
            container_sha256=origin.container_sha256,
            format=str(Format.RTF),
            header=header,
            text=text,
            sections=sections,
            warnings=[f"{parser.pictures} pictures of the document are not read"] if parser.pictures else [],
        )
    ]


def pictured(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """An RTF of nothing but pictures is a scan: its PNG and JPEG are read as pages are. Raises `Refused`."""
    from limpide.readers.carried import open_carried

    found: list[Document] = []
    room = limits.archive_bytes
    for picture in _PICTURE.finditer(data):
        digits = re.sub(rb"\s", b"", picture[1])
        content = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
        room -= len(content)
        if room < 0 or len(found) >= limits.archive_members:
            raise Refused(Reason.TOO_LARGE, "pictures of an RTF document past the bound")
        found += open_carried(content, origin, limits, Header(), Format.RTF)
    if not found:
        raise Refused(Reason.NO_TEXT, "an RTF document of pictures that are not read (metafiles)")
    return found


class _Parser:
    def __init__(self, data: bytes, limits: Limits) -> None:
        self.source = data.decode("latin-1")
        self.limits = limits
        self.state = _State()
        self.stack: list[_State] = []
        self.page = "cp1252"
        self.fonts: dict[int, str] = {}
        self.font = 0  # being described in the font table
        self.pending = bytearray()
        self.out: dict[Place, list[list[str]]] = {p: [[]] for p in ("body", "header", "footer", "note", "title")}
        self.size = 0
        self.to_skip = 0
        self.pictures = 0

    def parts(self) -> dict[Place, list[str]]:
        """The texts by place, in document order, equal headers once."""
        self._run()
        found: dict[Place, list[str]] = {}
        for place, groups in self.out.items():
            texts = [_tidied("".join(pieces)) for pieces in groups]
            found[place] = list(dict.fromkeys(text for text in texts if text.strip()))
        return found

    def _run(self) -> None:
        at, end = self.source.find("{\\rtf"), len(self.source)
        starred = False
        while at < end:
            token = _TOKEN.match(self.source, at)
            if token is None:
                raise Refused(Reason.MALFORMED, "not RTF")
            at = token.end()
            word, argument, hexadecimal, sign, brace, run = token.groups()
            if brace:
                self._flush()
                self.to_skip = 0
                if brace == "{":
                    self.stack.append(self.state)
                    if len(self.stack) > _DEPTH:
                        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "RTF groups nested too deep")
                elif self.stack:
                    self.state = self.stack.pop()
                    if not self.stack:
                        return  # whatever follows the outer group is not the document's
            elif word:
                if word == "bin":
                    at += max(int(argument or 0), 0)
                else:
                    self._word(word, None if argument is None else int(argument), starred)
            elif hexadecimal:
                self._bytes(bytes.fromhex(hexadecimal))
            elif sign:
                if sign in _SIGNS:
                    self._text(_SIGNS[sign])
            elif run:
                self._bytes(run.encode("latin-1"))
            starred = sign == "*"
        self._flush()
        raise Refused(Reason.TRUNCATED, "RTF groups left open")

    def _word(self, word: str, argument: int | None, starred: bool) -> None:
        state = self.state
        if (starred and word not in _READ_STARRED) or word in _SKIPPED:
            self._flush()
            self.pictures += word == "pict" and not state.skip
            self.state = replace(state, skip=True, fonts=word == "fonttbl")
        elif word in _READ_INSIDE and state.skip:
            self._flush()
            self.state = replace(state, skip=False, place="title" if word == "title" else state.place)
        elif word in _PLACES and not state.skip:
            self._flush()
            self.state = replace(state, place=_PLACES[word])
            self.out[self.state.place].append([])
        elif word == "shptxt":
            self._text("\n")  # a text box stands apart from the line that anchors it
        elif word == "u" and argument is not None:
            self._text(_character(argument))
            self.to_skip = state.bytes_after
        elif word in _WORDS:
            self._text(" " if state.table and word == "par" else _WORDS[word])
        else:
            self._property(word, argument)

    def _property(self, word: str, argument: int | None) -> None:
        state = self.state
        if word == "uc":
            self.state = replace(state, bytes_after=max(argument or 0, 0))
        elif word == "v":
            self._flush()
            self.state = replace(state, hidden=argument != 0)
        elif word == "deleted":
            self._flush()
            self.state = replace(state, deleted=argument != 0)
        elif word == "intbl":
            self.state = replace(state, table=True)
        elif word == "plain":
            self._flush()
            self.state = replace(state, hidden=False, deleted=False, encoding=None)
        elif word == "pard":
            self.state = replace(state, table=False)
        elif word == "f":
            self._flush()
            self.font = argument or 0
            self.state = replace(state, encoding=self.fonts.get(self.font))
        elif word == "fcharset" and state.fonts:
            if argument in _CHARSETS:
                self.fonts[self.font] = _CHARSETS[argument]
        elif word in _PAGES:
            self.page = _PAGES[word]
        elif word == "ansicpg" and argument:
            self.page = _known(f"cp{argument}") or self.page

    def _bytes(self, raw: bytes) -> None:
        if self.to_skip:
            self.to_skip, raw = max(self.to_skip - len(raw), 0), raw[self.to_skip :]
        if not self.state.silent:
            self.pending += raw

    def _flush(self) -> None:
        if self.pending:
            text = self.pending.decode(self.state.encoding or self.page, errors="replace")
            self.pending.clear()
            self._write(text)

    def _text(self, text: str) -> None:
        self.to_skip = 0
        self._flush()
        if not self.state.silent:
            self._write(text)

    def _write(self, text: str) -> None:
        self.size += len(text)
        if self.size > self.limits.text_chars:
            raise Refused(Reason.TOO_LARGE, f"over {self.limits.text_chars} characters")
        self.out[self.state.place][-1].append(text)


def _character(argument: int) -> str:
    r"""The character of \uN: a signed 16-bit number; halves of surrogate pairs are put together by `_tidied`."""
    return chr(argument % 0x10000) if argument < 0x10000 else chr(min(argument, 0x10FFFF))


def _known(encoding: str) -> str | None:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return {"cp65001": "utf-8", "cp10000": "mac_roman"}.get(encoding)


def _tidied(text: str) -> str:
    """Surrogate pairs whole, no NUL, no TAB at a line's end (the last cell closes with one), no blank edges."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = text.replace("\x00", "")
    return re.sub(r"[ \t]{1,1000}$", "", text, flags=re.M).strip("\n")
