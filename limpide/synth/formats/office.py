"""DOCX, ODT and HTML as word processors and browsers write them: titles, paragraphs, tables, headers.

Belongs here: neutral content in those three. Does not belong here: wording, identities.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape

from limpide.synth.content import Content, Paragraph

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_DAY = (2026, 1, 1, 0, 0, 0)  # archives bear dates: the same content gives the same bytes


def _zipped(members: list[tuple[str, str]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members:
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, compress_type=how)
    return buffer.getvalue()


def _blocks(content: Content, label: list[str]) -> Iterator[str | list[tuple[str, ...]]]:
    """Lines, and tables as rows, in order."""
    yield from label
    yield content.title
    for section in content.sections:
        yield section.title
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield block.text
            else:
                yield [block.header, *block.rows]
    yield content.signature


def docx(content: Content, label: list[str], head: list[str]) -> bytes:
    """A Word document; `head` is its page header."""

    def line(text: str) -> str:
        return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'

    def table(rows: list[tuple[str, ...]]) -> str:
        made = "".join("<w:tr>" + "".join(f"<w:tc>{line(cell)}</w:tc>" for cell in row) + "</w:tr>" for row in rows)
        return f"<w:tbl>{made}</w:tbl>"

    body = "".join(line(b) if isinstance(b, str) else table(b) for b in _blocks(content, label))
    top = "".join(map(line, head))
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _zipped(
        [
            (
                "[Content_Types].xml",
                '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
            ),
            ("word/document.xml", f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'),
            ("word/header1.xml", f'<w:hdr xmlns:w="{_W}">{top}</w:hdr>'),
        ]
    )


def odt(content: Content, label: list[str], head: list[str]) -> bytes:
    """A LibreOffice document; `head` is its page header."""
    spaces = " ".join(f'xmlns:{name}="{_ODF}{name}:1.0"' for name in ("office", "text", "table", "style"))

    def line(text: str) -> str:
        return f"<text:p>{escape(text)}</text:p>"

    def table(rows: list[tuple[str, ...]]) -> str:
        made = "".join(
            "<table:table-row>"
            + "".join(f"<table:table-cell>{line(cell)}</table:table-cell>" for cell in row)
            + "</table:table-row>"
            for row in rows
        )
        return f"<table:table>{made}</table:table>"

    body = "".join(line(b) if isinstance(b, str) else table(b) for b in _blocks(content, label))
    inside = f"<office:body><office:text>{body}</office:text></office:body>"
    top = "".join(map(line, head))
    master = f"<office:master-styles><style:master-page><style:header>{top}</style:header></style:master-page>"
    return _zipped(
        [
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            ("content.xml", f"<office:document-content {spaces}>{inside}</office:document-content>"),
            (
                "styles.xml",
                f"<office:document-styles {spaces}>{master}</office:master-styles></office:document-styles>",
            ),
        ]
    )


def html(content: Content, label: list[str]) -> str:
    """A page."""

    def shown(block: str | list[tuple[str, ...]]) -> str:
        if isinstance(block, str):
            return f"<p>{escape(block)}</p>\n"
        rows = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>\n" for row in block)
        return f"<table>\n{rows}</table>\n"

    body = "".join(map(shown, _blocks(content, label)))
    return f"<!DOCTYPE html>\n<html><head><title>{escape(content.title)}</title></head><body>\n{body}</body></html>\n"
