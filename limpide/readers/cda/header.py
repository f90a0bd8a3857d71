"""The CDA header: who, when, what, where, and the version chain (formats.md section 2).

Belongs here: everything above `component`. Does not belong here: the body; deciding which version is current.
Odd identities are kept as written and told in a warning, never repaired and never a reason to refuse.
"""

from __future__ import annotations

from limpide.document import Action, Author, CareSite, Encounter, Header, Identifier, Patient
from limpide.readers.cda.values import address, code_of, identifier, interval, iso, person_name, telecoms, time_of
from limpide.readers.cda.xml import V3, Element, every, first, mark, words

# National identifiers of the patient: INS-NIR, INS-NIA, then their test and demonstration twins; INS-C is the old one.
INS_ROOTS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")
INS_C_ROOT = "1.2.250.1.213.1.4.2"
PROFESSIONAL_ROOT = "1.2.250.1.71.4.2.1"
STRUCTURE_ROOT = "1.2.250.1.71.4.2.2"

# `name` is a person's under these parents; under organisations, products and places it is not.
_PERSONS = {
    V3 + tag
    for tag in (
        "assignedPerson", "guardianPerson", "informationRecipient", "associatedPerson", "relatedPerson", "person",
        "maintainingPerson", "subject", "relatedSubject", "playingEntity",
    )
}  # fmt: skip


def read_header(document: Element) -> tuple[Header, list[str]]:
    """The header of a ClinicalDocument and what was odd in it (English warnings that quote no value)."""
    header, warnings = Header(), []
    header.document_id = identifier(first(document, "id"))
    header.set_id = identifier(first(document, "setId"))
    header.version = _version(first(document, "versionNumber"))
    header.replaces = _replaced(document)
    header.action = Action.REPLACE if header.replaces else Action.CREATE
    header.template_ids = [root for each in every(document, "templateId") if (root := each.get("root"))]
    _type(document, header)
    written = first(document, "effectiveTime")
    if written is not None and written.get("value"):
        header.effective_time, header.zone_assumed = iso(written.get("value"))
        if header.effective_time is None:
            warnings.append("effectiveTime is not a date")
    header.confidentiality = [c.code for each in every(document, "confidentialityCode") if (c := code_of(each))]
    roles = [role for target in every(document, "recordTarget") for role in every(target, "patientRole")]
    if roles:
        header.patient = _patient(roles[0])
        warnings += _odd_identity(header.patient)
    if len(roles) > 1:
        header.also_patients = [_patient(role) for role in roles[1:]]
        warnings.append("several recordTarget: the first is read")
    header.authors = _authors(document)
    header.care_site = _care_site(first(document, "custodian", "assignedCustodian", "representedCustodianOrganization"))
    header.encounter = _encounter(first(document, "componentOf", "encompassingEncounter"))
    header.people = _people(document)
    header.orders = _orders(document)
    return header, warnings


def _version(element: Element | None) -> int | None:
    value = (element.get("value") or "").strip() if element is not None else ""
    return int(value) if value.isdecimal() and len(value) < 10 else None


def _replaced(document: Element) -> list[str]:
    """Ids of the documents this one replaces (typeCode RPLC); their absence from the feed is no error."""
    return [
        replaced
        for related in every(document, "relatedDocument")
        if mark(related, "typeCode") == "RPLC"
        for parent in every(related, "parentDocument")
        for each in every(parent, "id")
        if (replaced := identifier(each))
    ]


def _type(document: Element, header: Header) -> None:
    code = first(document, "code")
    if code is not None:
        header.type_code, header.type_system = code.get("code"), code.get("codeSystem")
        header.type_display = code.get("displayName")
    header.title = words(first(document, "title"))
    language = first(document, "languageCode")
    header.language = language.get("code") if language is not None else None


def _patient(role: Element) -> Patient:
    patient = Patient()
    for each in every(role, "id"):
        value = (each.get("extension") or "").strip()
        if value:
            patient.identifiers.append(Identifier(value, each.get("root")))
    national = [one for one in patient.identifiers if one.system in INS_ROOTS]
    national += [one for one in patient.identifiers if one.system == INS_C_ROOT]
    if national:
        patient.ins, patient.ins_system = national[0].value, national[0].system
    patient.addresses = [line for each in every(role, "addr") if (line := address(each))]
    patient.telecoms = telecoms(role)
    person = first(role, "patient")
    if person is None:
        return patient
    _names(person, patient)
    birth = first(person, "birthTime")
    patient.birth_date = (iso(birth.get("value"))[0] or "")[:10] or None if birth is not None else None
    patient.birth_place = words(first(person, "birthplace", "place", "addr", "county"))
    gender = code_of(first(person, "administrativeGenderCode"))
    patient.sex = gender.code if gender is not None else None
    return patient


def _names(person: Element, patient: Patient) -> None:
    """BR is the name at birth, CL the one in use, SP the married one; older documents qualify nothing."""
    families: dict[str, str] = {}
    givens: list[tuple[str, str]] = []
    for name in every(person, "name"):
        for part in name.iterchildren(V3 + "family", V3 + "given"):
            text = words(part)
            if text is None:
                continue
            for qualifier in (part.get("qualifier") or "").split() or [""]:
                if part.tag == V3 + "family":
                    families.setdefault(qualifier, text)
                else:
                    givens.append((qualifier, text))
    patient.family_birth = families.get("BR") or families.get("")
    patient.family_used = families.get("CL") or families.get("SP") or (families.get("") if "BR" in families else None)
    order = {"BR": 0, "": 1}
    patient.given = list(dict.fromkeys(text for _, text in sorted(givens, key=lambda given: order.get(given[0], 2))))


def _odd_identity(patient: Patient) -> list[str]:
    """A NIR whose key is wrong stays what it is: senders' test patients are full of them."""
    if patient.ins is None:
        return ["no national identifier (INS)"]
    if patient.ins_system not in INS_ROOTS:
        return []
    return [] if nir_key_right(patient.ins) else ["the key of the INS does not match its number"]


def nir_key_right(nir: str) -> bool:
    """Whether a NIR of 15 characters bears the key 97 - (number mod 97); Corsica counts 2A as 19 and 2B as 18."""
    body = nir[:13].replace("2A", "19").replace("2B", "18")
    if len(nir) != 15 or not body.isdecimal() or not nir[13:].isdecimal():
        return False
    return 97 - int(body) % 97 == int(nir[13:])


def professional_id(entity: Element | None) -> str | None:
    """The national identifier of a professional as written (prefix kept), else the first identifier there is."""
    fallback = None
    for each in every(entity, "id"):
        value = (each.get("extension") or "").strip()
        if value and each.get("root") == PROFESSIONAL_ROOT:
            return value
        fallback = fallback or value or None
    return fallback


def _authors(document: Element) -> list[Author]:
    """Persons first, then software: who signs is who wrote."""
    persons: list[Author] = []
    devices: list[Author] = []
    for each in every(document, "author"):
        assigned = first(each, "assignedAuthor")
        name = first(assigned, "assignedPerson", "name")
        author = Author(
            rpps=professional_id(assigned),
            family=words(first(name, "family")),
            given=words(first(name, "given")),
            specialty=code_of(first(assigned, "code")),
            organization=words(first(assigned, "representedOrganization", "name")),
            time=time_of(first(each, "time")),
        )
        (devices if first(assigned, "assignedAuthoringDevice") is not None else persons).append(author)
    return persons + devices


def _care_site(organization: Element | None) -> CareSite:
    if organization is None:
        return CareSite()
    ids = [each for each in every(organization, "id") if each.get("extension")]
    ids.sort(key=lambda each: each.get("root") != STRUCTURE_ROOT)
    where = first(organization, "addr")
    return CareSite(
        finess=(ids[0].get("extension") or "").strip() or None if ids else None,
        name=words(first(organization, "name")),
        address=address(where) if where is not None else None,
        telecoms=telecoms(organization),
    )


def _encounter(element: Element | None) -> Encounter:
    if element is None:
        return Encounter()
    start, end = interval(first(element, "effectiveTime"))
    klass = code_of(first(element, "code"))
    return Encounter(
        id=next((value for each in every(element, "id") if (value := identifier(each))), None),
        klass=klass.code if klass is not None else None,
        start=start,
        end=end,
        facility=code_of(first(element, "location", "healthCareFacility", "code")),
        discharge=code_of(first(element, "dischargeDispositionCode")),
    )


def _people(document: Element) -> list[str]:
    """Everybody named besides the patient: authors, recipients, relatives, and performers named in the entries."""
    found: dict[str, None] = {}
    for name in document.iter(V3 + "name"):
        parent = name.getparent()
        if parent is None or parent.tag not in _PERSONS:
            continue
        if parent.tag == V3 + "playingEntity" and first(name, "family") is None:
            continue  # a substance, an organism or a device
        text = person_name(name)
        if text:
            found[text] = None
    return list(found)


def _orders(document: Element) -> list[str]:
    """Ids of the orders fulfilled, and the accession numbers of imaging (DICOM part 20, another namespace)."""
    found: dict[str, None] = {}
    for fulfilled in every(document, "inFulfillmentOf"):
        order = first(fulfilled, "order")
        if order is None:
            continue
        for child in order.iterchildren():
            if str(child.tag).endswith(("}id", "}accessionNumber")) and (value := identifier(child)):
                found[value] = None
    return list(found)
