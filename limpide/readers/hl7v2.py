"""HL7 v2 messages: documents carried, replaced or deleted, structured results, consent and identity merges.

Belongs here: MDM T02/T10/T04, ORU R01 and ADT as CI-SIS uses them ("Transmission d'un document CDA R2 en HL7 v2",
IHE PAM France). Does not belong here: reading the document carried (its own door does).

Rules: formats.md section 6. Segments end with CR, LF or CRLF; the character set is MSH-18. A document OBX is an ED
whose OBX-3.3 is not `MetaDMPMSS`; ORC-1 (NW/RO/CA), OBX-11 (F/C/D) and the trigger (T02/T10/T04) say what to do.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field

from limpide.document import (
    Action,
    CareSite,
    Document,
    Event,
    Format,
    Header,
    Identifier,
    Patient,
)
from limpide.errors import Limits, Reason, Refused
from limpide.readers.carried import aside, open_carried
from limpide.readers.hl7v2_results import results
from limpide.readers.hl7v2_segments import Message, Segment, decode, iso_time, messages
from limpide.readers.origin import Origin

_INS_SYSTEMS = {f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)}
_INS_C = "1.2.250.1.213.1.4.2"
_ENCOUNTER = {"I": "IMP", "O": "AMB", "E": "EMER", "R": "AMB", "P": "IMP"}
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

    A message that carries none (ACK, ADT, ORM) is one document set aside as `no_document`, with the consent and the
    merge it states in `events`. Raises `Refused` when no message can be told.
    """
    found: list[Document] = []
    parts = [part for message in messages(decode(data)) for part in _patients(message)]
    for part in parts:
        found.extend(_message(part, origin if len(parts) == 1 else origin.part(part.encoded()), limits))
    if not found:
        raise Refused(Reason.MALFORMED, "no MSH segment")
    return found


def _patients(message: Message) -> list[Message]:
    """A merge may name several pairs of patients (ADT_A39: PID, PD1, MRG, PV1 repeat): each is read by itself."""
    at = [index for index, segment in enumerate(message.segments) if segment.name == "PID"]
    if message.first("MSH").component(9, 2) != "A40" or len(at) < 2:
        return [message]
    head, ends = message.segments[: at[0]], [*at[1:], len(message.segments)]
    return [Message([*head, *message.segments[start:end]]) for start, end in zip(at, ends, strict=True)]


def _message(message: Message, origin: Origin, limits: Limits) -> list[Document]:
    header = _header(message)
    events = _events(message)
    documents: list[Document] = []
    for carried in _carried(message):
        documents.extend(_document(carried, header, origin, limits))
    _mark_twins(documents)
    observed = results(message, origin, header)
    if observed is not None:
        documents.append(observed)
    if not documents:
        what = "^".join(message.first("MSH").components(9)[:2]) if message.first("MSH") else "message"
        documents.append(aside(origin, header, Format.HL7V2, Reason.NO_DOCUMENT, f"{what} carries no document"))
    documents[0].events.extend(events)
    return documents


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
        if segment.name != "OBX" or segment.field(2) not in ("ED", "RP") or not segment.component(5, 5):
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

    Raises `Refused(TRUNCATED)` when the base64 cannot be whole.
    """
    text = obx.component(5, 5)
    if obx.component(5, 4).upper() != "BASE64":
        return text.encode()
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


def _header(message: Message) -> Header:
    msh, pid, pv1 = message.first("MSH"), message.first("PID"), message.first("PV1")
    head = Header(action=Action.NONE, care_site=CareSite(name=msh.component(4, 1) or None))
    head.effective_time, head.zone_assumed = iso_time(msh.component(7, 1))
    if txa := message.first("TXA"):
        time, assumed = iso_time(txa.component(4, 1))
        if time:
            head.effective_time, head.zone_assumed = time, assumed
    if pid:
        head.patient = _patient(pid)
    if pv1:
        head.encounter.klass = _ENCOUNTER.get(pv1.component(2, 1))
        head.encounter.id = pv1.component(19, 1) or None
        head.encounter.start = iso_time(pv1.component(44, 1))[0]
        head.encounter.end = iso_time(pv1.component(45, 1))[0]
    for participant in message.all("PRT"):
        name = " ".join(filter(None, (participant.component(5, 2), participant.component(5, 3))))
        if name:
            head.people.append(name)
    return head


def _identifiers(segment: Segment, number: int) -> list[Identifier]:
    found: list[Identifier] = []
    for repetition in segment.repetitions(number):
        value = repetition.component(1)
        if value:
            authority = repetition.subcomponents(4)
            system = authority[1] if len(authority) > 1 and authority[1] else (authority[0] if authority else None)
            found.append(Identifier(value, system or None))
    return found


def _patient(pid: Segment) -> Patient:
    patient = Patient(identifiers=_identifiers(pid, 3))
    national = [i for i in patient.identifiers if i.system in _INS_SYSTEMS] or [
        i for i in patient.identifiers if i.system == _INS_C
    ]
    if national:
        patient.ins, patient.ins_system = national[0].value, national[0].system
    for name in pid.repetitions(5):
        family, given, others, kind = name.component(1), name.component(2), name.component(3), name.component(7)
        if kind in ("L", "", "U") and not patient.family_birth:
            patient.family_birth = family or None
        elif family:
            patient.family_used = family
        patient.given.extend(g for g in (given, *others.split()) if g and g not in patient.given)
    birth = iso_time(pid.component(7, 1))[0]
    patient.birth_date = birth[:10] if birth else None
    patient.sex = pid.component(8, 1) or None
    patient.reliability = pid.component(32, 1) or None
    for address in pid.repetitions(11):
        line = " ".join(filter(None, (address.component(n) for n in (1, 2, 5, 3))))
        if line:
            patient.addresses.append(line)
    for number in (13, 14):
        for phone in pid.repetitions(number):
            patient.telecoms.extend(filter(None, (phone.component(1), phone.component(4), phone.component(12))))
    account = pid.component(18, 1)
    if account:
        patient.identifiers.append(Identifier(account, pid.subcomponent(18, 4, 2) or None))
    return patient


def _events(message: Message) -> list[Event]:
    """Consent to the DMP (ZFA-9 feeding, ZFA-11 consultation; IHE PAM France) and merges (A40: MRG-1 disappears)."""
    found: list[Event] = []
    for zfa in message.all("ZFA"):
        if zfa.field(9):
            found.append(Event("opposition_feeding", zfa.field(9), iso_time(zfa.field(10))[0]))
        if zfa.field(11):
            found.append(Event("opposition_consultation", zfa.field(11), iso_time(zfa.field(12))[0]))
    if message.first("MSH").component(9, 2) == "A40":
        time = iso_time(message.first("MSH").component(7, 1))[0]
        found.extend(Event("merge", None, time, _identifiers(mrg, 1)) for mrg in message.all("MRG"))
    return found


def _copy(header: Header) -> Header:
    """A header of its own for each document of the message; patient and people are shared, never changed here."""
    return Header(
        effective_time=header.effective_time,
        zone_assumed=header.zone_assumed,
        patient=header.patient,
        care_site=CareSite(name=header.care_site.name),
        encounter=header.encounter,
        people=header.people,
    )


def _plain(origin: Origin, header: Header) -> Document:
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HL7V2),
        header=header,
    )
