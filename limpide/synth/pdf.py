"""A lean PDF writer: the same content in, the same bytes out, on any machine.

Belongs here: layout of neutral content on A4 pages with the standard Helvetica, in several house styles, and the PDF
syntax. reportlab gives the glyph widths only: its canvas costs ten times more and compresses with a library whose bytes
differ between machines. Does not belong here: wording, CDA.

Points from the bottom-left corner, as PDF has them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from limpide.synth.content import Content, Paragraph, Section, Table

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 56.0
_WIDEST = 1015  # thousandths: no glyph of Helvetica is wider than its @
REGULAR, BOLD = "Helvetica", "Helvetica-Bold"


@dataclass(frozen=True, slots=True)
class Style:
    """A house style. `columns` is 1 or 2 for the body; `hyphenate` breaks long words at line ends."""

    size: float = 10.0
    leading: float = 13.0
    columns: int = 1
    hyphenate: bool = False
    ruled: bool = False  # lines between the rows of a table
    flate: bool = False  # streams behind FlateDecode
    upper_titles: bool = False


STYLES = (
    Style(),
    Style(size=9.5, leading=12.0, ruled=True, flate=True),
    Style(size=10.5, leading=14.0, upper_titles=True),
    Style(size=8.5, leading=10.5, columns=2, hyphenate=True),
    Style(size=11.0, leading=14.5, hyphenate=True, flate=True),
)


@dataclass(slots=True)
class Letterhead:
    """What stands around the body: lines of the sender, of the patient, of the addressee, and the footer.

    `running` opens every page but the first.
    """

    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    footer: str = ""
    place_and_date: str = ""
    title: str = ""
    running: str = ""


@cache
def _widths(font: str) -> tuple[int, ...]:
    """Width of each cp1252 byte in thousandths of the size, from Adobe's metrics."""
    from reportlab.pdfbase._fontdata import encodings, widthsByFontGlyph

    glyphs = widthsByFontGlyph[font]
    return tuple(glyphs.get(name, 278) if name else 278 for name in encodings["WinAnsiEncoding"])


@lru_cache(maxsize=60_000)
def text_width(text: str, font: str) -> int:
    """Width of a text in thousandths of its size."""
    table = _widths(font)
    return sum(table[byte] for byte in encoded(text))


# What the standard fonts cannot show is spelt as typists spell it.
_SPELT = str.maketrans(
    {"≥": ">=", "≤": "<=", "→": "->", "μ": "µ", "\u202f": "\xa0", "\u2009": " ", "\u2011": "-", "−": "-", "\t": " "}
)


def encoded(text: str) -> bytes:
    """The text as the bytes of WinAnsiEncoding; what it lacks is spelt, or a question mark."""
    try:
        return text.encode("cp1252").replace(b"\t", b" ")
    except UnicodeEncodeError:
        return text.translate(_SPELT).encode("cp1252", "replace")


def _escape(text: str) -> bytes:
    raw = encoded(text)
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _show(x: float, y: float, text: str, size: float, bold: bool = False) -> bytes:
    return b"BT /%s %g Tf %.2f %.2f Td (%s) Tj ET" % (b"F2" if bold else b"F1", size, x, y, _escape(text))


def wrap(text: str, width: float, size: float, font: str = REGULAR, hyphenate: bool = False) -> list[str]:
    """Lines no wider than `width` points; a hyphenated word is cut after its fourth letter or later."""
    limit = width * 1000 / size
    if len(text) * _WIDEST <= limit:  # most cells of a table: nothing to measure
        return [text]
    space = text_width(" ", font)
    lines: list[str] = []
    line: list[str] = []
    used = 0.0
    for word in text.split(" "):
        long = text_width(word, font)
        if line and used + space + long > limit:
            if hyphenate and len(word) > 9 and word.isalpha():
                cut = _cut(word, limit - used - space, font)
                if cut:
                    line.append(word[:cut] + "-")
                    word = word[cut:]
                    long = text_width(word, font)
            lines.append(" ".join(line))
            line, used = [word], long
        else:
            used += (space if line else 0) + long
            line.append(word)
    if line:
        lines.append(" ".join(line))
    return lines


def _cut(word: str, room: float, font: str) -> int:
    """Where to cut: between a vowel and a consonant followed by a vowel, at least four letters on each side."""
    vowels = "aeiouyéèêàâîôûAEIOUY"
    best = 0
    for position in range(4, len(word) - 3):
        syllable = word[position - 1] in vowels and word[position] not in vowels and word[position + 1] in vowels
        if syllable and text_width(word[:position] + "-", font) <= room:
            best = position
    return best


class _Sheet:
    """Pages being drawn."""

    def __init__(self, style: Style, head: Letterhead) -> None:
        self.style = style
        self.head = head
        self.pages: list[list[bytes]] = []
        self.columns: list[tuple[float, float]] = []
        self.column = 0
        self.y = 0.0
        self.top = 0.0
        self.floor = MARGIN + 24  # nothing of the body below this

    def text(self, x: float, y: float, text: str, size: float, bold: bool = False) -> None:
        self.pages[-1].append(_show(x, y, text, size, bold))

    def rule(self, x0: float, x1: float, y: float) -> None:
        self.pages[-1].append(b"0.5 w %.2f %.2f m %.2f %.2f l S" % (x0, y, x1, y))

    def new_page(self, top: float) -> None:
        self.pages.append([])
        self.top = self.y = top
        self.column = 0
        body = WIDTH - 2 * MARGIN
        gutter = 22.0
        wide = (body - gutter * (self.style.columns - 1)) / self.style.columns
        self.columns = [(MARGIN + index * (wide + gutter), wide) for index in range(self.style.columns)]

    def room(self, height: float) -> None:
        """Makes room: the next column, or the next page."""
        if self.y - height > self.floor:
            return
        if self.column + 1 < len(self.columns):
            self.column += 1
            self.y = self.top
            return
        self.new_page(HEIGHT - MARGIN)

    def line(self, text: str, size: float, leading: float, bold: bool = False, indent: float = 0.0) -> None:
        self.room(leading)
        self.y -= leading
        self.text(self.columns[self.column][0] + indent, self.y, text, size, bold)


def render(content: Content, head: Letterhead, style: Style = STYLES[0]) -> bytes:
    """The document as a PDF. Pages carry `Page i/n` and the footer."""
    sheet = _draw(content, head, style, MARGIN + 24)
    if style.columns > 1 and len(sheet.pages) == 1:
        # Columns of equal height: what the first took and what the second took, shared.
        filled = (sheet.top - sheet.floor) * sheet.column + sheet.top - sheet.y
        sheet = _draw(content, head, style, max(MARGIN + 24, sheet.top - filled / style.columns - 3 * style.leading))
    total = len(sheet.pages)
    for number, page in enumerate(sheet.pages, 1):
        if number > 1 and head.running:
            page.append(_show(MARGIN, HEIGHT - MARGIN + 16, head.running, 7.5))
        page.append(_show(MARGIN, MARGIN - 14, head.footer, 7.5))
        page.append(_show(WIDTH - MARGIN - 46, MARGIN - 14, f"Page {number}/{total}", 7.5))
    return assemble([b"\n".join(page) for page in sheet.pages], style.flate)


def _draw(content: Content, head: Letterhead, style: Style, floor: float) -> _Sheet:
    sheet = _Sheet(style, head)
    sheet.floor = floor
    sheet.new_page(HEIGHT - MARGIN)
    _letterhead(sheet)
    sheet.top = sheet.y
    for section in content.sections:
        _section(sheet, section)
    if content.signature:
        sheet.y -= style.leading
        sheet.line(content.signature, style.size, style.leading)
    return sheet


def titled(content: Content, head: Letterhead, style: Style = STYLES[0]) -> bytes:
    """The same, the title of the document across the page above its body."""
    return render(content, replace(head, title=content.title), style)


def _letterhead(sheet: _Sheet) -> None:
    head, size = sheet.head, 9.0
    top = sheet.y
    for index, text in enumerate(head.left):
        sheet.text(MARGIN, top - 12 * (index + 1), text, 11.0 if index == 0 else size, index == 0)
    for index, text in enumerate(head.right):
        sheet.text(WIDTH / 2 + 30, top - 12 * (index + 1), text, size)
    sheet.y = top - 12 * (max(len(head.left), len(head.right)) + 1)
    if head.place_and_date:
        sheet.y -= 8
        sheet.text(WIDTH / 2 + 30, sheet.y, head.place_and_date, size)
    sheet.y -= 10
    for text in wrap(head.title, WIDTH - 2 * MARGIN, sheet.style.size + 3, BOLD) if head.title else ():
        sheet.y -= sheet.style.leading + 4
        sheet.text(MARGIN, sheet.y, text, sheet.style.size + 3, True)


def _section(sheet: _Sheet, section: Section) -> None:
    style = sheet.style
    title = section.title.upper() if style.upper_titles else section.title
    if title:
        sheet.room(3 * style.leading)
        sheet.y -= 0.5 * style.leading
        wide = sheet.columns[sheet.column][1]
        for text in wrap(title, wide, style.size + 1, BOLD):
            sheet.line(text, style.size + 1, style.leading, bold=True)
        sheet.y -= 2
    for block in section.blocks:
        if isinstance(block, Paragraph):
            wide = sheet.columns[sheet.column][1]
            for text in wrap(block.text, wide, style.size, REGULAR, style.hyphenate):
                sheet.line(text, style.size, style.leading)
            sheet.y -= 3
        else:
            _table(sheet, block)


_Cells = list[tuple[float, list[str]]]  # of one row: where each starts, as a share of the width, and its lines


def _table(sheet: _Sheet, table: Table) -> None:
    """Its rows; where they go on in another column or on another page, the header is printed again."""
    header = list(_cells(sheet, table.header, table.widths, header=True))
    _row(sheet, header, header=True)
    for row in table.rows:
        cells = list(_cells(sheet, row, table.widths, header=False))
        place = len(sheet.pages), sheet.column
        sheet.room(_height(sheet, cells))
        if place != (len(sheet.pages), sheet.column):
            _row(sheet, header, header=True)
        _row(sheet, cells, header=False)
    sheet.y -= 8


def _height(sheet: _Sheet, cells: _Cells) -> float:
    return sheet.style.leading * max(len(lines) for _, lines in cells)


def _row(sheet: _Sheet, cells: _Cells, *, header: bool) -> None:
    style = sheet.style
    sheet.room(_height(sheet, cells))
    left, wide = sheet.columns[sheet.column]
    for share, lines in cells:
        for step, text in enumerate(lines):
            if text:
                sheet.text(left + share * wide, sheet.y - style.leading * (step + 1), text, style.size - 1, header)
    sheet.y -= _height(sheet, cells)
    if style.ruled or header:
        sheet.rule(left, left + wide, sheet.y - 3)


def _cells(
    sheet: _Sheet, row: tuple[str, ...], widths: tuple[float, ...], *, header: bool
) -> Iterator[tuple[float, list[str]]]:
    wide = sheet.columns[sheet.column][1]
    left = 0.0
    for text, share in zip(row, widths, strict=True):
        yield left, wrap(text, share * wide - 6, sheet.style.size - 1, BOLD if header else REGULAR)
        left += share


def assemble(pages: list[bytes], flate: bool = False, objects: tuple[bytes, ...] = (), trailer: bytes = b"") -> bytes:
    """The file around content streams: catalogue, pages, two fonts, cross-reference table, fixed identifier."""
    count = len(pages)
    kids = b" ".join(b"%d 0 R" % (5 + 2 * index) for index in range(count))
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
    ]
    for index, stream in enumerate(pages):
        parts.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]"
            b"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>%s>>/Contents %d 0 R>>"
            % (b"/XObject<</I1 %d 0 R>>" % (5 + 2 * count) if objects else b"", 6 + 2 * index)
        )
        body = stored(stream) if flate else stream
        parts.append(
            b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(body), b"/Filter/FlateDecode" if flate else b"", body)
        )
    parts.extend(objects)
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, trailer, start)
    return bytes(out)


def stored(data: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950, 1951): valid FlateDecode whose bytes no zlib version changes."""
    out = bytearray(b"\x78\x01")
    blocks = [data[start : start + 65_535] for start in range(0, len(data), 65_535)] or [b""]
    for index, block in enumerate(blocks):
        size = len(block)
        out += bytes((index == len(blocks) - 1,)) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        out += block
    return bytes(out + zlib.adler32(data).to_bytes(4, "big"))
