"""HL7 v2 messages: what each is, the documents that it carries, replaces or deletes, and what of it is not read.

Belongs here: MDM, ORU, OUL, ADT and SIU, and the documents carried ("Transmission d'un document CDA R2 en HL7 v2", IHE
PAM France). Does not belong here: results (hl7v2_results.py), movements (hl7v2_movements.py), reading the document
carried (its own door does).

Rules: formats.md section 6. Segments end with CR, LF or CRLF; the character set is MSH-18. A document OBX is an ED
whose OBX-3.3 is not `MetaDMPMSS`; ORC-1 (NW/RO/CA), OBX-11 (F/C/D) and the trigger (T02/T10/T04) say what to do.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass, field

from limpide.document import Action, CareSite, Document, Format, Header
from limpide.errors import Limits, Reason, Refused
from limpide.readers.carried import aside, open_carried
from limpide.readers.hl7v2_header import author_of, events_of, header_of
from limpide.readers.hl7v2_movements import movement
from limpide.readers.hl7v2_results import results
from limpide.readers.hl7v2_segments import Message, Segment, decode, messages
from limpide.readers.origin import Origin

_FLAGS = {
    "MASQUE_PS": "MASQUE_PS",
    "INVISIBLE_PATIENT": "INVISIBLE_PATIENT",
    "INVISIBLE_REP_LEGAUX": "INVISIBLE_REPRESENTANTS_LEGAUX",
    "INVISIBLE_REPRESENTANTS_LEGAUX": "INVISIBLE_REPRESENTANTS_LEGAUX",  # as profile 1.2 writes it
}
# Mail bodies and viewer links are ED too (profile 1.2 writes them without MetaDMPMSS).
_NOT_DOCUMENTS = ("CORPSMAIL", "URL_")
_DELETE = {"D", "CA"}
_REPLACE = {"C", "RO"}
_RUN_TOGETHER = re.compile(r"(\d+(?:\.\d+)+)\.([^.^]*[^\d.^][^.^]*)")
_PAIRS = {"A17", "A24", "A37"}
_MOVEMENTS, _RESULTS = {"ADT", "SIU", "BAR", "DFT"}, {"ORU", "OUL", "ORL", "ORF", "MDM"}
# Segments that are read, or that hold nothing beside the message's own delivery (MSA, SFT, DSC, UAC).
_READ = frozenset(
    re.findall(
        "[A-Z0-9]{3}",
        """MSH EVN PID PD1 PV1 PV2 ORC OBR OBX NTE TXA PRT ROL SPM ZFA ZFM ZBE MRG DG1 PR1 AL1 IAM SCH AIS AIL AIP
        RGS TQ1 NK1 MSA SFT DSC UAC""",
    )
)
_CONTENT = {"ORC", "OBR", "OBX", "NTE", "DG1", "PR1", "AL1", "IAM", "SPM", "SCH", "AIS"}
_SHORTEST_LINE = 16  # of base64 wrapped over lines
_SMALLEST_DOCUMENT = 200  # bytes; ANS dummy payloads are 26 and 39 bytes long


@dataclass(slots=True)
class _Carried:
    """A document OBX, its action, and the segments that speak of it."""

    obx: Segment
    action: Action
    unique_id: str | None = None
    parent_id: str | None = None
    flags: list[str] = field(default_factory=list)


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """Every document of every message in the file.

    A message that carries none (ACK, ORM) is one document set aside as `no_document`, with the consent and the merge
    it states in `events`. Raises `Refused` when no message can be told.
    """
    found: list[Document] = []
    text, warnings = decode(data)
    parts = [part for message in messages(text) for part in _patients(message)]
    for part in parts:
        documents = _message(part, origin if len(parts) == 1 else origin.part(part.encoded()), limits)
        documents[0].warnings += warnings
        found.extend(documents)
    if not found:
        raise Refused(Reason.MALFORMED, "no MSH segment")
    return found


def _patients(message: Message) -> list[Message]:
    """Each person's own part of a message: results (ORU, OUL) and merges (A40) repeat PID and what follows it.

    Links and swaps of patients (A17, A24, A37) name two persons on purpose and stay whole.
    """
    at = [index for index, segment in enumerate(message.segments) if segment.name == "PID"]
    if len(at) < 2 or message.first("MSH").component(9, 2) in _PAIRS:
        return [message]
    before, ends = message.segments[: at[0]], [*at[1:], len(message.segments)]
    head = [segment for segment in before if segment.name not in _CONTENT]
    found = [Message([*head, *message.segments[start:end]]) for start, end in zip(at, ends, strict=True)]
    # What is said before anybody is named is nobody's.
    return [Message(before), *found] if len(head) < len(before) else found


def _message(message: Message, origin: Origin, limits: Limits) -> list[Document]:
    header = header_of(message)
    header.authors = author_of(message)
    kind = message.first("MSH").component(9, 1)
    documents: list[Document] = []
    for carried in _carried(message):
        documents.extend(_document(carried, header, origin, limits))
    _mark_twins(documents)
    more: Document | None = None
    if kind in _MOVEMENTS:
        more = movement(message, origin, header)
    elif kind in _RESULTS:
        more = results(message, origin, header, beside=bool(documents))
    if more is not None:
        documents.append(more)
    unread = _unread(message, bool(documents))
    if not documents:
        what = "^".join(message.first("MSH").components(9)[:2]) or "message"
        detail = f"{what} carries no document" + (f"; not read: {unread}" if unread else "")
        documents.append(aside(origin, header, Format.HL7V2, Reason.NO_DOCUMENT, detail))
    elif unread:
        documents[0].warnings.append(f"segments not read: {unread}")
    documents[0].events.extend(events_of(message))
    return documents


def _unread(message: Message, documents: bool) -> str:
    """The segments of which nothing was read, named and counted; of a message without document, its content too."""
    read = _READ if documents else _READ - _CONTENT
    counted = Counter(segment.name for segment in message.segments if segment.name not in read)
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))


def _carried(message: Message) -> list[_Carried]:
    """The document OBX of a message, each with the action asked for and its masking flags."""
    trigger = message.first("MSH").component(9, 2)
    order: str | None = None
    txa = message.first("TXA")
    flags = [
        _FLAGS[obx.component(3, 1)]
        for obx in message.all("OBX")
        if obx.component(3, 1) in _FLAGS and obx.component(5, 1) == "Y"
    ]
    found: list[_Carried] = []
    for segment in message.segments:
        if segment.name == "ORC":
            order = segment.field(1)
        if segment.name != "OBX" or segment.field(2).upper() not in ("ED", "RP") or not segment.component(5, 5):
            continue
        if segment.component(3, 3) == "MetaDMPMSS" or segment.component(3, 1).startswith(_NOT_DOCUMENTS):
            continue
        status = segment.field(11)
        if trigger == "T04" or status in _DELETE or order in _DELETE:
            action = Action.DELETE
        elif trigger == "T10" or status in _REPLACE or order in _REPLACE:
            action = Action.REPLACE
        else:
            action = Action.CREATE
        # TXA-12/13 are entity identifiers: `oid^Organisation-Y` names the document by its first component.
        found.append(
            _Carried(
                segment,
                action,
                unique_id=_unique_id(txa.component(12, 1)) if txa else None,
                parent_id=_unique_id(txa.component(13, 1)) if txa else None,
                flags=flags,
            )
        )
    return found


def _unique_id(written: str) -> str | None:
    """The id as CDA and XDS write it. An OID ends in a number: 'root.A12' is root and extension."""
    whole = _RUN_TOGETHER.fullmatch(written)
    return f"{whole[1]}^{whole[2]}" if whole else written or None


def _document(carried: _Carried, header: Header, origin: Origin, limits: Limits) -> list[Document]:
    head = _copy(header)
    head.action = carried.action
    head.document_id = carried.unique_id
    head.replaces = [carried.parent_id] if carried.parent_id and carried.action is Action.REPLACE else []
    head.type_code = carried.obx.component(3, 1) or head.type_code
    head.type_display = carried.obx.component(3, 2) or head.type_display
    head.type_system = "2.16.840.1.113883.6.1" if carried.obx.component(3, 3) == "LN" else head.type_system
    head.confidentiality = list(carried.flags)
    try:
        payload = _payload(carried.obx)
    except Refused as refusal:
        return [aside(origin, head, Format.HL7V2, refusal.reason, refusal.detail)]
    inner = origin.inner(payload)
    declared_xml = carried.obx.component(5, 3).upper() == "XML"
    if declared_xml and len(payload) < _SMALLEST_DOCUMENT and b"ClinicalDocument" not in payload:
        if carried.action is Action.DELETE and head.document_id:
            # A deletion names its target; it needs no payload to be obeyed.
            return [_plain(inner, head)]
        return [aside(inner, head, Format.HL7V2, Reason.DUMMY_PAYLOAD, "a test stub where a document should be")]
    documents = open_carried(payload, origin, limits, head, Format.HL7V2)
    for document in documents:
        if carried.action is Action.DELETE and document.header.document_id:
            # What is deleted need not be readable (an N1 that waits for OCR, say).
            document.status, document.reason, document.detail = "ok", None, None
    return documents


def _payload(obx: Segment) -> bytes:
    """The bytes of OBX-5. Senders forget the base64 padding (22 of the ANS payloads): it is put back.

    Raises `Refused`: TRUNCATED when the base64 cannot be whole, DUMMY_PAYLOAD when it is none.
    """
    text = obx.component(5, 5)
    if obx.component(5, 4).upper() != "BASE64":
        return text.encode()
    if len(parts := text.split()) > 1 and any(len(part) < _SHORTEST_LINE for part in parts[:-1]):
        raise Refused(Reason.DUMMY_PAYLOAD, "words where base64 is declared")
    compact = re.sub(r"[^A-Za-z0-9+/]", "", text)
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4))
    except binascii.Error:
        raise Refused(Reason.TRUNCATED, "base64 of OBX-5 is not whole") from None


def _mark_twins(documents: list[Document]) -> None:
    """The N1 and the N3 of one report in one message are one document: the N3 speaks, the N1 is its duplicate."""
    for document in documents:
        if document.format != Format.CDA_N1 or document.header.action is Action.DELETE:
            continue
        for other in documents:
            if (
                other.format == Format.CDA_N3
                and other.status == "ok"
                and other.header.type_code == document.header.type_code
            ):
                document.same_as = other.sha256
                break


def _copy(header: Header) -> Header:
    """A header of its own for each document of the message; patient and people are shared, never changed here."""
    return Header(
        effective_time=header.effective_time,
        zone_assumed=header.zone_assumed,
        language=header.language,
        patient=header.patient,
        authors=list(header.authors),
        care_site=CareSite(name=header.care_site.name),
        encounter=header.encounter,
        people=header.people,
        sender=header.sender,
    )


def _plain(origin: Origin, header: Header) -> Document:
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HL7V2),
        header=header,
    )
