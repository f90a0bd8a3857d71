r"""HPRIM Santé 2.x: results that laboratories send (ORU), in the segments of its parent, ASTM E1238.

Belongs here: H, P, A, C and L, and the person. Does not belong here: OBR and OBX, whose fields stand where HL7 v2 has
them (hl7v2_results.py). Source: HPRIM Santé 2.4 (fields counted from the name of the segment, so that P.8 is index 7).
Separators are `|`, then `~` components, `^` repetitions, `\` escape, `&` sub-components.
"""

from __future__ import annotations

from limpide.document import CareSite, Document, Format, Header, Identifier, Patient
from limpide.errors import Limits, Reason, Refused
from limpide.readers.carried import aside
from limpide.readers.encodings import decoded
from limpide.readers.hl7v2_results import results
from limpide.readers.hl7v2_segments import Message, Segment, Syntax, iso_time
from limpide.readers.origin import Origin

_READ = {"H", "P", "OBR", "OBX", "C", "A", "L"}


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The documents of a message: one for each patient with results. Raises `Refused` (MALFORMED, NO_DOCUMENT)."""
    if len(data) > 4 * limits.text_chars:
        raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    text, warnings = decoded(data)
    segments = _segments(text)
    if not segments:
        raise Refused(Reason.MALFORMED, "no H segment")
    head = segments[0]
    kind = head.component(6, 1) or "message"
    starts = [at for at, segment in enumerate(segments) if segment.name == "P"]
    ends = [*starts[1:], len(segments)] if starts else []
    documents = []
    for start, end in zip(starts, ends, strict=True):
        part = Message(segments[start:end])
        own = origin if len(starts) == 1 else origin.part(part.encoded())
        header = _header(head, part)
        found = results(part, own, header)
        unread = sorted({segment.name for segment in part.segments} - _READ)
        if found is None:
            detail = f"HPRIM Santé {kind} carries no result" + (f"; not read: {', '.join(unread)}" if unread else "")
            documents.append(aside(own, header, Format.HPRIM_SANTE, Reason.NO_DOCUMENT, detail))
            continue
        found.format = str(Format.HPRIM_SANTE)
        found.header.document_id = found.header.document_id or None
        found.warnings += [f"segments not read: {', '.join(unread)}"] if unread else []
        documents.append(found)
    if not documents:
        raise Refused(Reason.NO_DOCUMENT, f"HPRIM Santé {kind} without a patient")
    documents[0].warnings += warnings
    if segments[-1].name != "L":
        documents[-1].warnings.append("no L segment: the message may be cut off")
    return documents


def _segments(text: str) -> list[Segment]:
    """Segments from H on. A goes on with the one before; C is a comment, which HL7 v2 calls NTE."""
    syntax = Syntax("~", "^", "\\", "&")
    found: list[Segment] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = line.strip("\x02\x03\x0b\x1c ")
        name, _, rest = line.partition("|")
        if name == "H" and len(rest) >= 4 and not found:
            syntax = Syntax(rest[0], rest[1], rest[2], rest[3])
            found.append(Segment("H", line.split("|"), syntax))
        elif name == "A" and found:
            last = found[-1]
            more = rest.split("|")
            joined = [*last.fields[:-1], last.fields[-1] + more[0], *more[1:]]
            found[-1] = Segment(last.name, joined, syntax)
        elif name and found and name.isalnum() and len(name) <= 3:
            found.append(Segment("NTE" if name == "C" else name, line.split("|"), syntax))
        elif line and found:  # text broken over lines
            last = found[-1]
            found[-1] = Segment(last.name, [*last.fields[:-1], f"{last.fields[-1]} {line}"], syntax)
    return found


def _header(head: Segment, part: Message) -> Header:
    person = part.first("P")
    header = Header(care_site=CareSite(name=head.component(4, 2) or head.component(4, 1) or None))
    header.effective_time, header.zone_assumed = iso_time(head.component(13, 1))
    header.language = "fr"
    patient = Patient()
    for number in (2, 3):  # the number of who asks, then of who answers: no authority stands beside either
        if value := person.component(number, 1):
            patient.identifiers.append(Identifier(value))
    patient.family_used = person.component(5, 1) or None
    patient.family_birth = person.component(6, 1) or patient.family_used
    patient.given = [given for given in (person.component(5, 2), person.component(5, 3)) if given]
    born = iso_time(person.component(7, 1))[0]
    patient.birth_date = born[:10] if born else None
    patient.sex = person.component(8, 1) if person.component(8, 1) in ("F", "M") else None
    address = " ".join(filter(None, person.components(10)))
    patient.addresses = [address] if address else []
    patient.telecoms = [one.raw for one in person.repetitions(12) if one.raw]
    header.patient = patient
    for number in (13,):
        for one in person.repetitions(number):
            name = " ".join(filter(None, (one.component(2), one.component(3))))
            if name:
                header.people.append(name)
    return header
