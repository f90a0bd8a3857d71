"""The door: CDA bytes in, one Document out.

Belongs here: the order of reading, and what becomes of an N1 whose body cannot be read.
Does not belong here: any XPath.
"""

from __future__ import annotations

from limpide.document import Document, Format
from limpide.errors import Limits, Reason, Refused
from limpide.readers.carried import complete
from limpide.readers.cda.body import read_body
from limpide.readers.cda.embedded import attachment, body_bytes, media_of
from limpide.readers.cda.header import read_header
from limpide.readers.cda.procedures import documented_acts
from limpide.readers.cda.xml import Element, first, parse, words
from limpide.readers.origin import Origin
from limpide.readers.registry import read_inner


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of a CDA file, N1 or N3. Raises `Refused` when there is not even a header to keep.

    An N1 whose body cannot be read (needs OCR, encrypted, broken) comes back quarantined, with its header and its
    body kept: once the means are there, the same bytes are read again.
    """
    root, warnings = parse(data, limits)
    header, odd = read_header(root)
    document = Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=Format.CDA_N3,
        header=header,
        warnings=warnings + odd,
    )
    attached: list[Document] = []
    unstructured, structured = first(root, "component", "nonXMLBody"), first(root, "component", "structuredBody")
    try:
        if structured is not None:
            read_body(structured, document, limits)
            document.attachments, broken = media_of(structured, limits)
            document.warnings += broken
        elif unstructured is not None:
            document.format = Format.CDA_N1
            attached = _read_unstructured(unstructured, document, origin, limits)
        else:
            raise Refused(Reason.EMPTY, "no body")
        documented_acts(root, document)
    except Refused as refusal:
        document.status, document.reason, document.detail = "quarantined", str(refusal.reason), refusal.detail or None
    return [document, *attached]


def _read_unstructured(unstructured: Element, document: Document, origin: Origin, limits: Limits) -> list[Document]:
    """Text, pages and sections of an N1 are those of the PDF, RTF, image or text it wraps; files attached to it."""
    holder = first(unstructured, "text")
    if holder is None:
        raise Refused(Reason.EMPTY, "the body holds nothing")
    if words(holder) is None and first(holder, "reference") is not None:
        raise Refused(Reason.NO_DOCUMENT, "the body is outside the file")
    body = body_bytes(holder, limits)
    document.attachments = [attachment(body, holder.get("mediaType"), None)]
    inner = read_inner(body, origin.inner(body), limits)
    if len(inner) != 1 and inner[0].format != Format.PDF:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "the body holds several documents")
    for other in inner[1:]:  # files attached to the PDF
        complete(other, document.header)
    document.text, document.pages, document.sections = inner[0].text, inner[0].pages, inner[0].sections
    document.facts = inner[0].facts
    document.warnings += inner[0].warnings
    if inner[0].status != "ok":
        document.status, document.reason, document.detail = inner[0].status, inner[0].reason, inner[0].detail
    return inner[1:]
