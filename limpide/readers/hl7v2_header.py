"""Who and where in an HL7 v2 message: the patient, the stay, the people named, what is said of the person.

Belongs here: PID, PV1, TXA, participants, consent (ZFA) and merges (MRG). Does not belong here: documents, results,
movements. Sources: HL7 v2.5 chapters 3 and 9, IHE PAM France.
"""

from __future__ import annotations

from limpide.document import Action, Author, CareSite, Code, Event, Header, Identifier, Patient
from limpide.readers.hl7v2_segments import Message, Segment, iso_time

_INS_SYSTEMS = {f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)}
_INS_C = "1.2.250.1.213.1.4.2"
_ENCOUNTER = {"I": "IMP", "O": "AMB", "E": "EMER", "R": "AMB", "P": "IMP"}
# Fields that hold persons (XCN: id, family, given) and the relatives of NK1, GT1 (XPN: family, given).
_PERSONS = {
    "PV1": (7, 8, 9, 17), "OBR": (10, 16, 28), "ORC": (10, 11, 12), "TXA": (5, 9, 10, 11, 22), "ROL": (4,),
    "OBX": (16,), "DG1": (16,), "PR1": (8, 11, 12), "PD1": (4,), "PRT": (5,), "AIP": (3,), "SCH": (12, 16, 20),
    "EVN": (5,), "NTE": (5,),
}  # fmt: skip
_RELATIVES = {"NK1": (2, 30), "GT1": (3,), "IN1": (16,)}
_READERS_OF_IMAGES = (32, 33, 34, 35)  # OBR: NDL, whose first component is id&family&given


def header_of(message: Message) -> Header:
    """The header that every document of a message starts from."""
    msh, pid, pv1 = message.first("MSH"), message.first("PID"), message.first("PV1")
    head = Header(action=Action.NONE, care_site=CareSite(name=msh.component(4, 1) or None))
    head.sender = "^".join((msh.component(3, 1), msh.component(4, 1)))
    head.effective_time, head.zone_assumed = iso_time(msh.component(7, 1))
    if txa := message.first("TXA"):
        time, assumed = iso_time(txa.component(4, 1))
        if time:
            head.effective_time, head.zone_assumed = time, assumed
    if pid:
        head.patient = patient_of(pid)
    if pv1:
        head.encounter.klass = _ENCOUNTER.get(pv1.component(2, 1))
        head.encounter.id = pv1.component(19, 1) or None
        head.encounter.start = iso_time(pv1.component(44, 1))[0]
        head.encounter.end = iso_time(pv1.component(45, 1))[0]
        if pv1.component(36, 1):
            head.encounter.discharge = Code(pv1.component(36, 1), "PV1-36", pv1.component(36, 2) or None)
    if language := message.first("MSH").component(19, 1):
        head.language = language.lower() if len(language) in (2, 5) else None
    head.people = people_of(message)
    return head


def people_of(message: Message) -> list[str]:
    """Every person that the message names beside the patient, for masking."""
    found: list[str] = []
    for segment in message.segments:
        for number in _PERSONS.get(segment.name, ()):
            for one in segment.repetitions(number):
                found.append(" ".join(filter(None, (one.component(2), one.component(3)))))
        for number in _RELATIVES.get(segment.name, ()):
            for one in segment.repetitions(number):
                found.append(" ".join(filter(None, (one.component(1), one.component(2)))))
        if segment.name == "OBR":
            for number in _READERS_OF_IMAGES:
                found += [" ".join(one.subcomponents(1)[1:3]) for one in segment.repetitions(number)]
    return list(dict.fromkeys(name for name in found if name.strip()))


def author_of(message: Message) -> list[Author]:
    """The author: the originator of TXA-9, else the interpreter of OBR-32."""
    for one in message.first("TXA").repetitions(9):
        if one.component(2):
            return [Author(one.component(1) or None, one.component(2), one.component(3) or None)]
    for one in message.first("OBR").repetitions(32):
        parts = [*one.subcomponents(1), "", "", ""]
        if parts[1]:
            return [Author(parts[0] or None, parts[1], parts[2] or None)]
    return []


def identifiers_of(segment: Segment, number: int) -> list[Identifier]:
    """The identifiers (CX) of a field, with the OID of their authority or else its name."""
    found: list[Identifier] = []
    for repetition in segment.repetitions(number):
        value = repetition.component(1)
        if value:
            authority = repetition.subcomponents(4)
            system = authority[1] if len(authority) > 1 and authority[1] else (authority[0] if authority else None)
            found.append(Identifier(value, system or None))
    return found


def patient_of(pid: Segment) -> Patient:
    """The patient of a PID segment."""
    patient = Patient(identifiers=identifiers_of(pid, 3))
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


def events_of(message: Message) -> list[Event]:
    """Consent to the DMP (ZFA-9 feeding, ZFA-11 consultation; IHE PAM France) and merges (A40: MRG-1 disappears)."""
    found: list[Event] = []
    for zfa in message.all("ZFA"):
        if zfa.field(9):
            found.append(Event("opposition_feeding", zfa.field(9), iso_time(zfa.field(10))[0]))
        if zfa.field(11):
            found.append(Event("opposition_consultation", zfa.field(11), iso_time(zfa.field(12))[0]))
    if message.first("MSH").component(9, 2) == "A40":
        time = iso_time(message.first("MSH").component(7, 1))[0]
        found.extend(Event("merge", None, time, identifiers_of(mrg, 1)) for mrg in message.all("MRG"))
    return found
