"""The HTML door: the words of a page, a line a block, a TAB between the cells of a table.

Belongs here: HTML as text. Does not belong here: pictures, scripts and styles (left out), narratives of CDA and FHIR.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from limpide.document import Document, Format
from limpide.errors import Limits, Reason, Refused
from limpide.readers.encodings import decoded
from limpide.readers.origin import Origin
from limpide.readers.stated_identity import stated_header

_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        """address article aside blockquote body br caption center dd div dl dt fieldset figure footer form h1 h2 h3 h4
        h5 h6 header hr li main nav ol option p pre section table tbody tfoot thead title tr ul""",
    )
)
_SILENT = frozenset(("script", "style", "head", "noscript", "template", "svg", "object", "iframe"))
_CHARSET = re.compile(rb"(?i)<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{3,20})")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of a page. Raises `Refused` (TOO_LARGE, MALFORMED, FORBIDDEN_CONSTRUCT, NO_TEXT)."""
    if len(data) > limits.xml_bytes:
        raise Refused(Reason.TOO_LARGE, f"HTML over {limits.xml_bytes} bytes")
    source, warnings = _decoded(data)
    text, title, pictures = text_of(source, limits)
    if not text.strip():
        raise Refused(Reason.NO_TEXT, "an HTML page without text")
    if pictures:
        warnings.append(f"{pictures} pictures of the page are not read")
    header = stated_header(text)
    header.title = header.title or title
    return [
        Document(
            path=origin.path,
            sha256=origin.sha256,
            container_sha256=origin.container_sha256,
            format=str(Format.HTML),
            header=header,
            text=text,
            warnings=warnings,
        )
    ]


def _decoded(data: bytes) -> tuple[str, list[str]]:
    """The characters: UTF-8 where they are, else what the page declares, else what their French says."""
    declared = _CHARSET.search(data[:4096])
    if declared and declared[1].lower() not in (b"utf-8", b"utf8"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            name = declared[1].decode().lower()
            try:  # Latin-1 on the web is Windows-1252 (WHATWG)
                return data.decode("cp1252" if name in ("iso-8859-1", "latin1", "latin-1") else name, "replace"), []
            except LookupError:
                pass
    return decoded(data)


def text_of(source: str, limits: Limits) -> tuple[str, str | None, int]:
    """The text of a page, its title, how many pictures it shows. Raises `Refused`."""
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source).replace("\x00", "")
    try:
        root = lxml_html.document_fromstring(
            source, parser=lxml_html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        raise Refused(Reason.MALFORMED, "an HTML page that cannot be parsed") from None
    title = root.findtext(".//title")
    lines = "".join(_pieces(root, limits)).split("\x1e")
    kept = (re.sub(r"[ \r\n\f\v]+", " ", line) for line in lines)
    kept = (re.sub(r" *\t *", "\t", line).strip(" ").rstrip("\t") for line in kept)
    text = "\n".join(line for line in kept if line.strip())
    if len(text) > limits.text_chars:
        raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    return text + "\n" if text else "", " ".join(title.split()) or None if title else None, len(root.findall(".//img"))


def _pieces(root: etree._Element, limits: Limits) -> Iterator[str]:
    """The text of a tree in order, `\\x1e` where a block begins or ends; without recursion, pages nest deeply."""
    stack: list[tuple[etree._Element, bool]] = [(root, False)]
    while stack:
        node, left = stack.pop()
        name = node.tag if isinstance(node.tag, str) else ""
        silent = not name or name in _SILENT or _HIDDEN.search(node.get("style") or "") is not None
        if left:
            if name in ("td", "th"):
                yield "\t"
            elif name in _BLOCKS:
                yield "\x1e"
            if node.tail and node is not root:
                yield node.tail
            continue
        if len(stack) > 50 * limits.xml_depth:
            raise Refused(Reason.FORBIDDEN_CONSTRUCT, "HTML nested too deep")
        stack.append((node, True))
        if silent:
            continue
        if name in _BLOCKS:
            yield "\x1e"
        if node.text:
            yield node.text.replace("\n", "\x1e") if name == "pre" else node.text
        if name == "input" and node.get("type", "text") in ("text", "date", "number") and node.get("value"):
            yield f" {node.get('value')}"
        stack.extend((child, False) for child in reversed(node))
