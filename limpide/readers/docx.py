"""The DOCX door: paragraphs and tables (a TAB between cells), headers, footers, notes and text boxes.

Belongs here: WordprocessingML (ECMA-376). Does not belong here: pictures (counted), comments and what was deleted
(left out), the archive (safe_zip.py). Written here rather than taken from python-docx, which leaves out text boxes and
reads archives without bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from limpide.document import Document, Format
from limpide.errors import Limits, Reason, Refused
from limpide.readers import safe_zip
from limpide.readers.office_text import PICTURES, Parts
from limpide.readers.origin import Origin
from limpide.readers.safe_xml import Element, tree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_SKIPPED = frozenset(("del", "moveFrom", "instrText", "delText", "Fallback", "rPr", "pPr", "tblPr", "tcPr", "sectPr"))
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of a DOCX file. Raises `Refused`."""
    members = safe_zip.members(data, limits)
    main = next((name for name in members if name.lower().endswith("word/document.xml")), None)
    if main is None:
        raise Refused(Reason.MALFORMED, "a Word document (DOCX) without its text")
    folder = main[: -len("document.xml")]
    parts = Parts(limits)
    for place, pattern in (
        ("header", "header"),
        ("body", "document"),
        ("note", "footnotes|endnotes"),
        ("footer", "footer"),
    ):
        for name in sorted(members):
            if re.fullmatch(re.escape(folder) + f"(?:{pattern})\\d*\\.xml", name):
                root, _ = tree(members[name], limits)
                parts.add(place, "".join(_text(root)))  # type: ignore[arg-type]
    pictures = sum(name.startswith(folder + "media/") and PICTURES.search(name) is not None for name in members)
    return [parts.document(origin, Format.DOCX, _title(members, limits), pictures)]


def _title(members: dict[str, bytes], limits: Limits) -> str | None:
    core = members.get("docProps/core.xml")
    if core is None:
        return None
    try:
        root, _ = tree(core, limits)
    except Refused:
        return None
    title = root.findtext("{http://purl.org/dc/elements/1.1/}title")
    return " ".join(title.split()) or None if title else None


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def _text(root: Element) -> Iterator[str]:
    """The text of a part in document order. Nothing is deeper than safe_xml allows, so recursion is bounded."""
    name = _local(root)
    if name in _SKIPPED:
        return
    if name in _SIGNS:
        yield _SIGNS[name]
    elif name == "t":
        yield root.text or ""
    elif name == "sym":
        yield _symbol(root)
    elif name == "r" and _is_hidden(root):
        return
    elif name == "tr":
        cells = [_cell(cell) for cell in root if _local(cell) in ("tc", "sdt")]
        yield "\t".join(cells) + "\n"
    elif name == "txbxContent":  # a text box stands apart from the line that anchors it
        yield "\n" + "".join(part for child in root for part in _text(child))
    else:
        for child in root:
            yield from _text(child)
        if name == "p":
            yield "\n"


def _cell(cell: Element) -> str:
    text = "".join(part for child in cell for part in _text(child))
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _is_hidden(run: Element) -> bool:
    for space in (_W, _STRICT):
        hidden = run.find(f"{space}rPr/{space}vanish")
        if hidden is not None:
            return hidden.get(f"{space}val") not in ("0", "false", "off")
    return False


def _symbol(node: Element) -> str:
    code = next((value for key, value in node.attrib.items() if str(key).endswith("}char")), "")
    try:
        number = int(str(code), 16)
    except ValueError:
        return ""
    return chr(number) if 32 <= number < 0xE000 else "•"
