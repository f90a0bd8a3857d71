"""What is known of a document beside its bytes: its source's declaration, the name of its file, its row of the index.

Belongs here: bringing that to the header, before anybody is named. Does not belong here: reading the declaration
(warehouse/sources.py) or the index (source_index.py).

A document is believed before its file name: what it states stands, and a patient that it states otherwise is a doubt
(`Header.also_patients`). A number of a patient without authority is its source's own: an HL7 PID-3 without CX.4, a FHIR
identifier without system, an IPP printed on a page.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from limpide.document import Document, Identifier, Patient
from limpide.french.labelled_dates import stated_date
from limpide.identity.ins import OID_CLASS, InsClass, ins_class, judge, oid, said_by_number
from limpide.readers.stated_identity import DOSSIER
from limpide.readers.written_dates import existing
from limpide.warehouse.sources import Source

_PARIS = ZoneInfo("Europe/Paris")
_INVENTED = next(root for root, klass in OID_CLASS.items() if klass is InsClass.DEMO)
_LOINC = "2.16.840.1.113883.6.1"
_SEXES = {"1": "M", "2": "F", "m": "M", "h": "M", "f": "F"}


def complete(document: Document, source: Source, path: str | None, row: dict[str, str] | None) -> None:
    """Complete the header in place. `path`: below the landing folder."""
    head = document.header
    said = _of_name(source, path) | (row or {})
    stated = _patient(source, said)
    _own_numbers(head.patient, source)
    for other in head.also_patients:
        _own_numbers(other, source)
    if stated is not None:
        if head.patient.identifiers or head.patient.ins or head.patient.family_birth or head.patient.family_used:
            head.also_patients.append(stated)
            if not (head.patient.identifiers or head.patient.ins):
                head.patient.identifiers = list(stated.identifiers)
                head.patient.ins, head.patient.ins_system = stated.ins, stated.ins_system
        else:
            head.patient = stated
    if head.zone_assumed and source.zone:
        _rezone(document, ZoneInfo(source.zone))
    if head.effective_time is None and (day := _day(said.get("date"))):
        head.effective_time = day
    if head.type_code is None:
        own = said.get("type")
        code = dict(source.types).get(own or "") or (own if own and re.fullmatch(r"\d{1,6}-\d", own) else source.type)
        if code:
            head.type_code, head.type_system = code, _LOINC
    if head.care_site.finess is None and source.site:
        head.care_site.finess = source.site
    head.encounter.id = head.encounter.id or said.get("nda")


def complete_traits(patient: Patient, year: int) -> None:
    """The sex and the year of birth that a header leaves out and the matricule states."""
    sex, born = said_by_number(patient, year)
    if patient.sex not in ("F", "M"):
        patient.sex = sex or patient.sex
    patient.birth_date = patient.birth_date or born


def _of_name(source: Source, path: str | None) -> dict[str, str]:
    if not source.names or not path:
        return {}
    inside = path.split("/", 1)[-1]
    match = re.search(source.names, inside)
    return {name: value for name, value in match.groupdict().items() if value} if match else {}


def _patient(source: Source, said: dict[str, str]) -> Patient | None:
    """The patient that a file name or an index names; None when it names none."""
    found = Patient(family_used=said.get("family"), family_birth=said.get("family_birth"))
    found.given = said.get("given", "").split()
    found.birth_date = _day(said.get("birth"))
    found.sex = _SEXES.get(said.get("sex", "")[:1].lower())
    if said.get("ipp"):
        found.identifiers.append(Identifier(said["ipp"], source.local_authority()))
    judged = judge(said.get("ins"), None)
    if judged.body and judged.key_ok is not False:
        found.ins, found.ins_system = said["ins"], next(r for r, k in OID_CLASS.items() if k is judged.klass)
        found.identifiers.append(Identifier(found.ins, found.ins_system))
        if source.identities == "test":
            found.ins_system = _INVENTED
    return found if found.identifiers or (found.family_used or found.family_birth) else None


def _own_numbers(patient: Patient, source: Source) -> None:
    """Numbers without authority are those of the source; invented patients have numbers of a world of their own."""
    kept = []
    for one in patient.identifiers:
        system = one.system
        if oid(system) is None and judge(one.value, None).body is None:
            system = source.local_authority()
        elif system == DOSSIER:
            system = f"{source.local_authority()}#{DOSSIER}"
        elif source.identities == "test" and (ins_class(system) or oid(system) is None):
            system = _INVENTED
        kept.append(Identifier(one.value, system))
    patient.identifiers = kept
    if patient.ins and source.identities == "test":
        patient.ins_system = _INVENTED


def _day(written: str | None) -> str | None:
    """A date as file names and indexes write it: 20260304, 2026-03-04, 04/03/2026."""
    if not written:
        return None
    if compact := re.fullmatch(r"(\d{4})(\d\d)(\d\d)(?:\d{4,6})?", written):
        return existing("-".join(compact.groups()))
    return stated_date(written)


def _rezone(document: Document, zone: ZoneInfo) -> None:
    """Times whose offset had to be assumed are of the source's zone."""
    document.header.effective_time = _moved(document.header.effective_time, zone)
    for fact in document.facts:
        if fact.origin == "coded":
            fact.time_start, fact.time_end = _moved(fact.time_start, zone), _moved(fact.time_end, zone)


def _moved(written: str | None, zone: ZoneInfo) -> str | None:
    try:
        read = datetime.fromisoformat(written or "")
    except ValueError:
        return written
    if read.tzinfo is None or len(written or "") < 16:
        return written
    plain = read.replace(tzinfo=None)
    return plain.replace(tzinfo=zone).isoformat() if plain.replace(tzinfo=_PARIS) == read else written
