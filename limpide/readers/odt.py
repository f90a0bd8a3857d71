"""The ODT door: paragraphs, headings, lists and tables (a TAB between cells), headers and footers.

Belongs here: OpenDocument text (ISO/IEC 26300). Does not belong here: pictures (counted), comments and tracked
deletions (left out), the archive (safe_zip.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from limpide.document import Document, Format
from limpide.errors import Limits, Reason, Refused
from limpide.readers import safe_zip
from limpide.readers.office_text import PICTURES, Parts
from limpide.readers.origin import Origin
from limpide.readers.safe_xml import Element, tree

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SKIPPED = frozenset(("tracked-changes", "annotation", "annotation-end", "sequence-decls", "desc", "title", "forms"))
_REPEATS = 100  # of a cell or a space: writers repeat empty cells by the thousand


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of an ODT file. Raises `Refused`."""
    members = safe_zip.members(data, limits)
    if "content.xml" not in members:
        raise Refused(Reason.MALFORMED, "a LibreOffice document (ODT) without its text")
    parts = Parts(limits)
    if "styles.xml" in members:
        styles, _ = tree(members["styles.xml"], limits)
        for node in styles.iter("{*}header", "{*}footer", "{*}header-left", "{*}footer-left", "{*}header-first"):
            place = "footer" if _local(node).startswith("footer") else "header"
            parts.add(place, "".join(_text(node)))  # type: ignore[arg-type]
    content, _ = tree(members["content.xml"], limits)
    for body in content.iter("{*}body"):
        parts.add("body", "".join(_text(body)))
    pictures = sum(name.startswith("Pictures/") and PICTURES.search(name) is not None for name in members)
    return [parts.document(origin, Format.ODT, _title(members, limits), pictures)]


def _title(members: dict[str, bytes], limits: Limits) -> str | None:
    try:
        root, _ = tree(members.get("meta.xml", b""), limits)
    except Refused:
        return None
    found = next(iter(root.iter("{http://purl.org/dc/elements/1.1/}title")), None)
    return " ".join((found.text or "").split()) or None if found is not None else None


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def _times(node: Element, name: str) -> int:
    written = node.get(name, "1")
    return max(1, min(int(written), _REPEATS)) if written.isascii() and written.isdigit() else 1


def _text(node: Element) -> Iterator[str]:
    """The text of a tree in document order. Nothing is deeper than safe_xml allows, so recursion is bounded."""
    name = _local(node)
    if name in _SKIPPED:
        return
    if name == "s":
        yield " " * _times(node, _TEXT + "c")
    elif name == "tab":
        yield "\t"
    elif name == "line-break":
        yield "\n"
    elif name == "table-row":
        cells: list[str] = []
        for cell in node:
            if _local(cell) in ("table-cell", "covered-table-cell"):
                text = "".join(part for child in cell for part in _text(child))
                shown = " ".join(line.strip() for line in text.splitlines() if line.strip())
                cells += [shown] * (_times(cell, _TABLE + "number-columns-repeated") if shown else 1)
        yield "\t".join(cells) + "\n"
    elif name in ("p", "h", "span", "a") or str(node.tag).startswith(_TEXT):
        box = name in ("p", "h")
        if node.text and name not in ("list", "list-item", "section"):
            yield node.text
        for child in node:
            yield from _text(child)
            if child.tail and name not in ("list", "list-item", "section"):
                yield child.tail
        if box:
            yield "\n"
    else:
        for child in node:
            if _local(child) == "text-box":
                yield "\n"  # a text box stands apart from the line that anchors it
            yield from _text(child)
