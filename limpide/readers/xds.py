"""XDS metadata (ebRIM 3.0): what a submission set says of its documents.

Belongs here: METADATA.XML as document entries and headers. Does not belong here: archives, documents themselves.

Source: IHE ITI TF-3 4.2 (slots, classification schemes), CI-SIS "Partage de documents de santé"; formats.md section 5.
XDS times are UTC and carry no offset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from limpide.document import Action, Author, CareSite, Header, Identifier, Patient
from limpide.errors import LIMITS, Limits
from limpide.readers.safe_xml import tree

_SCHEMES = {
    "93606bcf-9494-43ec-9b4e-a7748d1a838d": "author",
    "f0306f51-975f-434e-a61c-c59651d33983": "type",
    "f4f85eac-e6cb-4883-b524-f2705394840f": "confidentiality",
    "a09d5840-386c-46f2-b5ad-9c3699a4309d": "format",
}
_PATIENT_ID, _UNIQUE_ID = "58a6f841-87b3-4a3e-92fd-a8ffeff98427", "2e82c1f6-a085-4c72-9da3-8640a32e42ab"
_INS = {f"1.2.250.1.213.1.4.{n}" for n in (2, 8, 9, 10, 11)}
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?")


@dataclass(slots=True)
class Entry:
    """A DocumentEntry: where its bytes are, what they should be, and what it says of them."""

    id: str
    uri: str | None
    mime_type: str | None
    sha1: bytes | None
    size: int | None
    format_code: str | None
    header: Header = field(default_factory=Header)


def entries(data: bytes, limits: Limits = LIMITS) -> list[Entry]:
    """The document entries of a METADATA.XML, replacements applied. Raises `Refused` on broken or hostile XML."""
    # METADATA.XML of MSSanté zips have no XML declaration and start with spaces.
    root, _ = tree(data.strip(), limits)
    found = [_entry(node) for node in root.iter("{*}ExtrinsicObject")]
    names = {e.id: e.header.document_id for e in found}
    for association in root.iter("{*}Association"):
        if (association.get("associationType") or "").rsplit(":", 1)[-1] != "RPLC":
            continue
        for entry in found:
            target = association.get("targetObject") or ""
            if entry.id == association.get("sourceObject") and target:
                entry.header.action = Action.REPLACE
                # The target is an entryUUID of the registry, unless the old entry is in the same package.
                entry.header.replaces.append(names.get(target) or target.removeprefix("urn:uuid:"))
    return found


def utc(value: str | None) -> str | None:
    """An XDS time as ISO 8601: UTC when it has an hour, a bare date otherwise."""
    found = _TIME.fullmatch((value or "").strip())
    if not found:
        return None
    year, month, day, hour, minute, second = found.groups()
    if not hour:
        return "-".join(filter(None, (year, month, day)))
    return f"{year}-{month}-{day}T{hour}:{minute or '00'}:{second or '00'}+00:00"


def _slot(node: etree._Element, name: str) -> list[str]:
    for slot in node.iterchildren("{*}Slot"):
        if slot.get("name") == name:
            return [(v.text or "").strip() for v in slot.iter("{*}Value") if (v.text or "").strip()]
    return []


def _first(node: etree._Element, name: str) -> str | None:
    return next(iter(_slot(node, name)), None)


def _name(node: etree._Element) -> str | None:
    for name in node.iterchildren("{*}Name"):
        for text in name.iter("{*}LocalizedString"):
            return text.get("value")
    return None


def _entry(node: etree._Element) -> Entry:
    head = Header(
        title=_name(node),
        language=_first(node, "languageCode"),
        effective_time=utc(_first(node, "creationTime")),
        set_id=(node.get("lid") or "").removeprefix("urn:uuid:") or None,
    )
    head.encounter.start, head.encounter.end = (utc(_first(node, f"service{n}Time")) for n in ("Start", "Stop"))
    format_code: str | None = None
    for classification in node.iterchildren("{*}Classification"):
        scheme = (classification.get("classificationScheme") or "").removeprefix("urn:uuid:")
        what, code = _SCHEMES.get(scheme), classification.get("nodeRepresentation")
        if what == "author":
            head.authors.append(_author(classification, head.care_site))
        elif what == "type":
            head.type_code, head.type_system = code, _first(classification, "codingScheme")
            head.type_display = _name(classification)
        elif what == "confidentiality" and code:
            head.confidentiality.append(code)
        elif what == "format":
            format_code = code
    patient = Patient()
    for external in node.iterchildren("{*}ExternalIdentifier"):
        scheme = (external.get("identificationScheme") or "").removeprefix("urn:uuid:")
        if scheme == _UNIQUE_ID:
            head.document_id = external.get("value")
        elif scheme == _PATIENT_ID:
            _identify(patient, external.get("value") or "")
    for other in _slot(node, "sourcePatientId"):
        _identify(patient, other)
    _traits(patient, _slot(node, "sourcePatientInfo"))
    head.patient = patient
    head.people = [" ".join(p.split("^")[1:3]).strip() for p in _slot(node, "legalAuthenticator") if "^" in p]
    size, sha1 = _first(node, "size"), _first(node, "hash") or ""
    return Entry(
        id=node.get("id") or "",
        uri=_first(node, "URI"),
        mime_type=node.get("mimeType"),
        sha1=bytes.fromhex(sha1) if re.fullmatch(r"[0-9A-Fa-f]{40}", sha1) else None,
        size=int(size) if size and size.isdigit() else None,
        format_code=format_code,
        header=head,
    )


def _identify(patient: Patient, value: str) -> None:
    """`279…^^^&1.2.250.1.213.1.4.8&ISO^NH` into the patient's identifiers."""
    parts = value.split("^")
    system = [*parts[3].split("&"), ""][1] if len(parts) > 3 else ""
    if parts[0]:
        patient.identifiers.append(Identifier(parts[0], system or None))
        if system in _INS and patient.ins is None:
            patient.ins, patient.ins_system = parts[0], system


def _traits(patient: Patient, lines: list[str]) -> None:
    for line in lines:
        name, _, value = line.partition("|")
        parts = value.split("^")
        if name == "PID-5" and (len(parts) < 7 or parts[6] in ("L", "")):
            patient.family_birth = patient.family_birth or parts[0] or None
            patient.given.extend(g for g in parts[1:3] if g and g not in patient.given)
        elif name == "PID-5":
            patient.family_used = parts[0] or None
        elif name == "PID-7" and (birth := _TIME.match(value)):
            patient.birth_date = "-".join(filter(None, birth.groups()[:3]))
        elif name == "PID-8":
            patient.sex = value or None


def _author(classification: etree._Element, site: CareSite) -> Author:
    author = Author()
    for person in _slot(classification, "authorPerson")[:1]:
        parts = [*person.split("^"), "", ""]
        author.rpps, author.family, author.given = (p or None for p in parts[:3])
    for institution in _slot(classification, "authorInstitution")[:1]:
        parts = institution.split("^")
        author.organization = parts[0] or None
        site.name = site.name or author.organization
        site.finess = site.finess or (parts[9] if len(parts) > 9 else None) or None
    return author
