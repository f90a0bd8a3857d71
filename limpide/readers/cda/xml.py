"""Bytes to an XML tree, with everything dangerous refused, and the names of the tags we look for.

Belongs here: decoding, parsing within bounds, finding ClinicalDocument, and the few ways we walk a tree.
Does not belong here: what any element means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from limpide.errors import Limits, Reason, Refused

Element = etree._Element

V3 = "{urn:hl7-org:v3}"
CLINICAL_DOCUMENT = V3 + "ClinicalDocument"

_XSI_TYPES = (
    "{http://www.w3.org/2001/XMLSchema-instance}type",
    "{http://www.w3.org/2001/XMLSchemainstance}type",  # misspelt in real files
)
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_LATIN_9 = {"iso-8859-15", "iso8859-15", "latin-9", "latin9", "8859/15"}


def parse(data: bytes, limits: Limits) -> tuple[Element, list[str]]:
    """The ClinicalDocument element of `data` and what was tolerated on the way (English warnings).

    Raises `Refused`: FORBIDDEN_CONSTRUCT for a DTD or nesting past `limits.xml_depth`, TOO_LARGE, TRUNCATED,
    MALFORMED, NO_DOCUMENT when there is no ClinicalDocument. The stylesheet of a self-presentable CDA is only
    a place where the document is found: it is never executed.
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
        if not re.search(rb"</(?:[\w.-]+:)?(?:ClinicalDocument|stylesheet)\s*>", utf8[-65_536:]):
            raise Refused(Reason.TRUNCATED, "the closing tag of the document is missing") from error
        raise Refused(Reason.MALFORMED, "not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "document type declaration")
    if _too_deep(root, limits.xml_depth):
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, f"XML nested past {limits.xml_depth} levels")
    document = root if root.tag == CLINICAL_DOCUMENT else next(root.iter(CLINICAL_DOCUMENT), None)
    if document is None:
        raise Refused(Reason.NO_DOCUMENT, "no ClinicalDocument element")
    return document, warnings


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
    return body, warnings


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


def first(element: Element | None, *names: str) -> Element | None:
    """The first child of that v3 name, then its first child of the next name, and so on; None where it stops."""
    for name in names:
        if element is None:
            return None
        element = next(element.iterchildren(V3 + name), None)
    return element


def every(element: Element | None, name: str) -> Iterator[Element]:
    """The children of that v3 name."""
    return element.iterchildren(V3 + name) if element is not None else iter(())


def local(element: Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def words(element: Element | None) -> str | None:
    """The text of an element and its children, white space normalised; None when there is none."""
    if element is None:
        return None
    return " ".join(characters(element).split()) or None


def characters(element: Element) -> str:
    """The text of an element and its children, as written."""
    return "".join(map(str, element.itertext())) if len(element) else element.text or ""


def mark(element: Element | None, name: str) -> str:
    """A structural attribute (typeCode, moodCode, classCode) without the white space around it; '' when absent."""
    return (element.get(name) or "").strip() if element is not None else ""


def templates(element: Element) -> set[str]:
    """The templateId roots of an element."""
    return {(template.get("root") or "").strip() for template in element.iterchildren(V3 + "templateId")}


def xsi_type(element: Element) -> str | None:
    """The data type by local name ('PQ' for 'pharm:PQ'), even when the xsi namespace is misspelt."""
    for name in _XSI_TYPES:
        kind = element.get(name)
        if kind:
            return str(kind).rpartition(":")[2].strip()
    for written, value in element.attrib.items():
        if str(written).endswith("}type"):
            return str(value).rpartition(":")[2].strip()
    return None
