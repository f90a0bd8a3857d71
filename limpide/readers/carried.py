"""Documents carried by another file: a message, an archive, a bundle.

Belongs here: what every carrier does with what it carries - open it, complete its header, set it aside with a reason.
Does not belong here: the syntax of a carrier.
"""

from __future__ import annotations

import hashlib

from limpide.document import Action, Document, Format, Header, Patient
from limpide.errors import Limits, Reason, Refused
from limpide.formats import record_of
from limpide.readers.origin import Origin


def aside(origin: Origin, header: Header, kind: Format, reason: Reason, detail: str = "") -> Document:
    """A document set aside that keeps the header its carrier states, so that it can be found and counted."""
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        status="quarantined",
        reason=str(reason),
        detail=detail or None,
        format=str(kind),
        header=header,
    )


def open_carried(payload: bytes, origin: Origin, limits: Limits, header: Header, carrier: Format) -> list[Document]:
    """The documents of a payload, their headers completed; `origin` is the carrier's. Never raises `Refused`."""
    from limpide.readers.registry import read_inner

    inner = origin.inner(payload)
    try:
        documents = read_inner(payload, inner, limits)
    except Refused as refusal:
        return [aside(inner, header, carrier, refusal.reason, refusal.detail)]
    for document in documents:
        complete(document, header)
    return documents


def complete(document: Document, carrier: Header) -> None:
    """What the carrier knows and the document does not say.

    A document with a header of its own (CDA, FHIR) is believed before its carrier, disagreements are warned; what was
    only read off a page (PDF, RTF, text, scan) is believed after it.
    """
    mine = document.header
    record = record_of(document.format)
    if record is not None and record.page_like:
        for name in ("type_code", "type_system", "type_display", "title", "effective_time"):
            setattr(mine, name, getattr(carrier, name) or getattr(mine, name))
        if _stated(carrier.patient):
            mine.patient = carrier.patient
    elif _stated(carrier.patient) and _stated(mine.patient):
        mine.also_patients.append(carrier.patient)
    for name in ("document_id", "set_id", "type_code", "type_system", "type_display", "title", "effective_time"):
        if getattr(mine, name) is None:
            setattr(mine, name, getattr(carrier, name))
    if carrier.document_id and mine.document_id != carrier.document_id:
        document.warnings.append("the carrier names the document by another id")
    if mine.patient.ins and carrier.patient.ins and mine.patient.ins != carrier.patient.ins:
        document.warnings.append("carrier and document carry different patient identifiers")
    if not mine.patient.identifiers and not mine.patient.ins and _stated(carrier.patient):
        if _stated(mine.patient):
            mine.also_patients.append(mine.patient)
        mine.patient = carrier.patient
    mine.patient.reliability = mine.patient.reliability or carrier.patient.reliability
    if carrier.action is not Action.CREATE:
        mine.action = carrier.action
    mine.replaces = mine.replaces or list(carrier.replaces)
    mine.sender = mine.sender or carrier.sender
    mine.authors = mine.authors or carrier.authors
    if mine.care_site.finess is None and mine.care_site.name is None:
        mine.care_site = carrier.care_site
    if mine.encounter.klass is None:
        mine.encounter.klass = carrier.encounter.klass
    if mine.encounter.start is None and mine.encounter.end is None:
        mine.encounter.start, mine.encounter.end = carrier.encounter.start, carrier.encounter.end
    mine.confidentiality += [c for c in carrier.confidentiality if c not in mine.confidentiality]


def _stated(patient: Patient) -> bool:
    return bool(patient.identifiers or patient.ins or patient.family_birth or patient.family_used)


def mismatches(payload: bytes, size: int | None, sha1: bytes | None) -> list[str]:
    """Warnings where the size or the SHA-1 that the carrier states is not the payload's."""
    found: list[str] = []
    if size is not None and size != len(payload):
        found.append("stated size differs from the document's")
    if sha1 is not None and sha1 != hashlib.sha1(payload, usedforsecurity=False).digest():
        found.append("stated hash differs from the document's")
    return found
