"""Bytes to an XML tree, with everything dangerous refused: document types, entities, network, depth, size.

Belongs here: decoding and parsing within bounds, for every door that reads XML. Does not belong here: any vocabulary.
"""

from __future__ import annotations

import re

from lxml import etree

from limpide.errors import Limits, Reason, Refused
from limpide.readers.encodings import mended

Element = etree._Element

_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_LATIN_9 = {"iso-8859-15", "iso8859-15", "latin-9", "latin9", "8859/15"}


def tree(data: bytes, limits: Limits, closing: bytes | None = None) -> tuple[Element, list[str]]:
    """The root element of `data` and what was tolerated on the way (English warnings).

    `closing`: a pattern of the closing tags that a whole file ends with; one without is called truncated. Raises
    `Refused`: FORBIDDEN_CONSTRUCT for a DTD or nesting past `limits.xml_depth`, TOO_LARGE, TRUNCATED, MALFORMED.
    """
    if len(data) > limits.xml_bytes:
        raise Refused(Reason.TOO_LARGE, f"XML over {limits.xml_bytes} bytes")
    utf8, warnings = _as_utf8(data)
    _refuse_dtd(utf8)
    # Entities stay unexpanded and nothing is fetched; libxml2's own size guards are lifted because a PDF in base64
    # is one text node of many megabytes: our bounds above stand in their place.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    try:
        root = etree.fromstring(utf8, parser)
    except etree.XMLSyntaxError as error:
        if closing is not None and not re.search(closing, utf8[-65_536:]):
            raise Refused(Reason.TRUNCATED, "the closing tag of the document is missing") from error
        raise Refused(Reason.MALFORMED, "not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "document type declaration")
    if _too_deep(root, limits.xml_depth):
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, f"XML nested past {limits.xml_depth} levels")
    return root, warnings


def _as_utf8(data: bytes) -> tuple[bytes, list[str]]:
    """The same XML in UTF-8, whatever it was in: what the bytes are counts, not what they declare."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").strip("\ufeff \t\r\n").encode(), []
        except UnicodeError as error:
            raise Refused(Reason.MALFORMED, "broken UTF-16") from error
    body = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    match = _DECLARED.match(body[:300])
    declared = match.group(1).decode("ascii").lower() if match else "utf-8"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "iso-8859-15" if declared in _LATIN_9 else "windows-1252"
        warnings = [f"declared {declared}, read as {encoding}"] if declared == "utf-8" else []
        return body.decode(encoding, errors="replace").encode(), warnings
    warnings = [] if declared in ("utf-8", "us-ascii") or text.isascii() else [f"declared {declared}, read as utf-8"]
    right, odd = mended(text)
    return right.encode() if odd else body, warnings + odd


def _refuse_dtd(data: bytes) -> None:
    """A CDA has no DTD: refusing every one closes external entities, billion laughs and external DTDs at once."""
    at = 0
    while True:
        while data[at : at + 1].isspace():
            at += 1
        if data.startswith(b"<!DOCTYPE", at):
            raise Refused(Reason.FORBIDDEN_CONSTRUCT, "document type declaration")
        closing = b"?>" if data.startswith(b"<?", at) else b"-->" if data.startswith(b"<!--", at) else None
        if closing is None:
            return
        at = data.find(closing, at)
        if at < 0:
            return
        at += len(closing)


_DEPTH_TESTS: dict[int, etree.XPath] = {}


def _too_deep(root: Element, depth: int) -> bool:
    """Whether any element stands below `depth` levels; one set per level, so linear in the size of the tree."""
    test = _DEPTH_TESTS.get(depth)
    if test is None:
        test = _DEPTH_TESTS.setdefault(depth, etree.XPath("boolean(" + "/*" * (depth + 1) + ")"))
    return bool(test(root.getroottree()))
