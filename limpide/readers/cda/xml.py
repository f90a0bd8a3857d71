"""The ClinicalDocument of a file, and the names of the tags we look for.

Belongs here: finding ClinicalDocument, and the few ways we walk its tree. Does not belong here: parsing within bounds
(safe_xml.py), what any element means.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from limpide.errors import Limits, Reason, Refused
from limpide.readers.safe_xml import Element as Element
from limpide.readers.safe_xml import tree

V3 = "{urn:hl7-org:v3}"
CLINICAL_DOCUMENT = V3 + "ClinicalDocument"

_XSI_TYPES = (
    "{http://www.w3.org/2001/XMLSchema-instance}type",
    "{http://www.w3.org/2001/XMLSchemainstance}type",  # misspelt in real files
)
_CLOSING = rb"</(?:[\w.-]+:)?(?:ClinicalDocument|stylesheet)\s*>"


def parse(data: bytes, limits: Limits) -> tuple[Element, list[str]]:
    """The ClinicalDocument element of `data` and what was tolerated on the way (English warnings).

    Raises `Refused` as `safe_xml.tree` does, and NO_DOCUMENT when there is no ClinicalDocument. The stylesheet of a
    self-presentable CDA is only a place where the document is found: it is never executed.
    """
    root, warnings = tree(data, limits, _CLOSING)
    document = root if root.tag == CLINICAL_DOCUMENT else next(root.iter(CLINICAL_DOCUMENT), None)
    if document is None:
        document = _whole(root)
        warnings.append("a fragment of CDA, without its header")
    return document, warnings


def _whole(root: Element) -> Element:
    """A ClinicalDocument around a fragment of one: its body, or a section. Raises `Refused(NO_DOCUMENT)`."""
    body = root if root.tag == V3 + "structuredBody" else next(root.iter(V3 + "structuredBody"), None)
    document = etree.Element(CLINICAL_DOCUMENT)
    component = etree.SubElement(document, V3 + "component")
    if body is not None:
        component.append(body)
        return document
    section = root if root.tag == V3 + "section" else next(root.iter(V3 + "section"), None)
    if section is None:
        raise Refused(Reason.NO_DOCUMENT, "no ClinicalDocument element")
    etree.SubElement(etree.SubElement(component, V3 + "structuredBody"), V3 + "component").append(section)
    return document


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
