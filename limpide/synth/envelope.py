"""What every document says about itself: ids, versions, dates, people; the truth of a header.

Belongs here: the envelope shared by all formats and its identities. Does not belong here: any format's syntax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from limpide.synth.cases import Case
from limpide.synth.population import INS_TEST, Patient

OID_ROOT = "1.2.250.1.999"  # an arc of ours for synthetic documents; no real establishment's


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: LOINC or TRE_A05 type, title, encounter class, document template of CI-SIS."""

    key: str
    code: str
    system: str
    display: str
    klass: str
    template: str | None = None


LOINC_OID = "2.16.840.1.113883.6.1"
TRE_A05 = "1.2.250.1.213.1.1.4.12"

DISCHARGE = Kind("discharge", "11490-0", LOINC_OID, "Lettre de liaison à la sortie", "IMP", "1.2.250.1.213.1.1.1.29")
CONSULTATION = Kind("consultation", "11488-4", LOINC_OID, "CR de consultation", "AMB")
IMAGING = Kind("imaging", "18748-4", LOINC_OID, "CR d'imagerie médicale", "AMB", "1.2.250.1.213.1.1.1.45")
LABORATORY = Kind("laboratory", "11502-2", LOINC_OID, "CR d'examens biologiques", "AMB", "1.2.250.1.213.1.1.1.55")
MICROBIOLOGY = Kind("microbiology", "11502-2", LOINC_OID, "CR d'examens biologiques", "AMB", "1.2.250.1.213.1.1.1.55")
PRESCRIPTION = Kind("prescription", "57833-6", LOINC_OID, "Prescription de médicaments", "AMB")
SUMMARY = Kind("summary", "SYNTH", TRE_A05, "Synthèse médicale", "AMB", "1.2.250.1.213.1.1.1.13")
NOTE = Kind("note", "11488-4", LOINC_OID, "Note de consultation", "AMB")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The header of one document. `root`/`extension` make its id, `set_root`/`set_extension` its set."""

    kind: Kind
    case: Case
    title: str
    root: str
    extension: str | None
    set_root: str | None
    set_extension: str | None
    version: int | None
    replaces: tuple[str, ...]
    moment: datetime
    offset: str  # '+0100', or '' where the sender writes none
    precision: int = 14  # digits of effectiveTime written: 14, 12 or 8

    @property
    def document_id(self) -> str:
        """XDS uniqueId: `root^extension` or `root`."""
        return f"{self.root}^{self.extension}" if self.extension else self.root

    @property
    def set_id(self) -> str | None:
        """`root^extension` or `root` of the set, or None where the sender names none."""
        if self.set_root is None:
            return None
        return f"{self.set_root}^{self.set_extension}" if self.set_extension else self.set_root

    @property
    def stamp(self) -> str:
        """effectiveTime as HL7 writes it."""
        return self.moment.strftime("%Y%m%d%H%M%S")[: self.precision] + (self.offset if self.precision > 8 else "")

    @property
    def iso(self) -> str:
        """effectiveTime in ISO 8601; Paris time where no offset is written, a bare date where no hour is."""
        if self.precision == 8:
            return self.moment.date().isoformat()
        offset = self.offset or paris_offset(self.moment)
        seconds = self.moment if self.precision == 14 else self.moment.replace(second=0)
        return f"{seconds.isoformat(timespec='seconds')}{offset[:3]}:{offset[3:]}"

    def next_version(self, rng: Random, moment: datetime) -> Envelope:
        """The envelope of the document that replaces this one."""
        root, extension = fresh_id(self.root, self.extension, rng)
        return replace(
            self,
            root=root,
            extension=extension,
            version=(self.version or 1) + 1,
            replaces=(self.document_id,),
            moment=moment,
            offset=paris_offset(moment) if self.offset else "",
        )


def paris_offset(moment: datetime) -> str:
    """`+0100` or `+0200`: European summer time, last Sundays of March and October; no time-zone database needed."""

    def last_sunday(month: int) -> date:
        last = date(moment.year, month, 31)
        return last - timedelta(days=(last.weekday() + 1) % 7)

    begin = datetime.combine(last_sunday(3), datetime.min.time()) + timedelta(hours=2)
    end = datetime.combine(last_sunday(10), datetime.min.time()) + timedelta(hours=3)
    return "+0200" if begin <= moment < end else "+0100"


def uuid(rng: Random) -> str:
    """A version 4 UUID, from the seed."""
    bits = rng.getrandbits(128)
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[bits & 3]}{text[17:20]}-{text[20:]}".upper()


def fresh_id(root: str, extension: str | None, rng: Random) -> tuple[str, str | None]:
    """A new id of the same manner as another: UUID, OID alone, or OID with an extension."""
    if "-" in root:
        return uuid(rng), None
    if extension is None:
        return f"{root.rpartition('.')[0]}.{rng.getrandbits(48)}", None
    return root, f"{rng.getrandbits(40):010x}"


def envelope(kind: Kind, case: Case, title: str, rng: Random) -> Envelope:
    """A first version, dated the day before the night, with the manners of ids seen in real feeds."""
    base = f"{OID_ROOT}.{case.site.finess[:3]}.{case.site.finess[-1]}"
    manner = rng.random()
    if manner < 0.4:
        root, extension = f"{base}.1.{rng.getrandbits(48)}", None
    elif manner < 0.7:
        root, extension = uuid(rng), None
    else:
        root, extension = f"{base}.2", f"{rng.getrandbits(40):010x}"
    set_root: str | None = None
    set_extension: str | None = None
    version: int | None = None
    if rng.random() < 0.93:
        set_root, set_extension = fresh_id(root, extension, rng)
        version = 1
    moment = datetime(
        case.day.year, case.day.month, case.day.day, rng.randrange(8, 19), rng.randrange(60), rng.randrange(60)
    )
    oddity = rng.random()
    offset = "" if oddity < 0.04 else paris_offset(moment)
    precision = 14 if oddity < 0.94 else (12 if oddity < 0.97 else 8)
    return Envelope(kind, case, title, root, extension, set_root, set_extension, version, (), moment, offset, precision)


def header_truth(head: Envelope) -> dict[str, Any]:
    """The header facts a reader must find, named as `limpide structure` names them."""
    case = head.case
    patient, inpatient = case.patient, head.kind.klass == "IMP"
    start, end = encounter_times(head)
    return {
        "type_code": head.kind.code,
        "type_system": head.kind.system,
        "title": head.title,
        "effective_time": head.iso,
        "patient": patient_truth(patient),
        "author": {"rpps": f"8{case.author.rpps}", "family": case.author.family, "given": case.author.given},
        "care_site": {"finess": f"1{case.site.finess}", "name": case.site.name},
        "encounter": {
            "id": case.stay.number if inpatient else None,
            "class": head.kind.klass,
            "start": start,
            "end": end,
        },
    }


def patient_truth(patient: Patient) -> dict[str, Any]:
    """Who the document is about."""
    return {
        "ins": patient.ins,
        "ins_system": INS_TEST,
        "birth_date": patient.birth.isoformat(),
        "sex": patient.sex,
        "family_birth": patient.family,
        "family_used": patient.used,
        "given": list(patient.given),
        "birth_place": patient.birth_place.cog,
    }


def encounter_times(head: Envelope) -> tuple[str, str | None]:
    """Encounter dates: days of the stay for an inpatient, the moment of the document otherwise."""
    case = head.case
    if head.kind.klass == "IMP":
        return case.stay.start.isoformat(), case.stay.end.isoformat()
    return head.moment.date().isoformat(), None


def identities(patient: Patient) -> list[dict[str, str]]:
    """Every string that identifies a patient, by kind, for the tests of privacy."""
    found = [
        ("ins", patient.ins),
        ("ipp", patient.ipp),
        ("family_birth", patient.family),
        ("family_used", patient.used),
        *(("given", given) for given in patient.given),
        ("birth_date", patient.birth.isoformat()),
        ("birth_date", patient.birth.strftime("%Y%m%d")),
        ("birth_date", patient.birth.strftime("%d/%m/%Y")),
        ("street", patient.street),
        ("phone", patient.phone),
        ("mobile", patient.mobile),
    ]
    if patient.email:
        found.append(("email", patient.email))
    return [{"kind": kind, "value": value} for kind, value in dict.fromkeys(found)]
