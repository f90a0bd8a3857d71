"""IHE XDM archives as MSSanté carries them: documents and their ebRIM metadata in a ZIP.

Belongs here: the ZIP and METADATA.XML. Does not belong here: the documents (cda.py).
Members are stored, not deflated: no two versions of zlib would write the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from random import Random
from xml.sax.saxutils import escape

from limpide.synth.envelope import Envelope, paris_offset, uuid
from limpide.synth.population import INS_TEST

_RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
_APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"


def _slot(name: str, *values: str) -> str:
    inner = "".join(f"<Value>{escape(value)}</Value>" for value in values)
    return f'<Slot name="{name}"><ValueList>{inner}</ValueList></Slot>'


def _name(text: str) -> str:
    shown = escape(text, {'"': "&quot;"})
    return f'<Name><LocalizedString xml:lang="FR" charset="UTF8" value="{shown}"/></Name>'


def _classified(scheme: str, entry: str, number: int, code: str, inner: str, name: str) -> str:
    return (
        f'<Classification id="{entry}_c{number:02d}" classificationScheme="urn:uuid:{scheme}" '
        f'classifiedObject="{entry}" nodeRepresentation="{code}">{inner}{_name(name)}</Classification>'
    )


def _external(scheme: str, entry: str, number: int, value: str, name: str) -> str:
    return (
        f'<ExternalIdentifier id="{entry}_e{number}" registryObject="{entry}" '
        f'identificationScheme="urn:uuid:{scheme}" value="{escape(value)}">{_name(name)}</ExternalIdentifier>'
    )


def _utc(head: Envelope) -> str:
    """XDS times are UTC, without offset (formats.md section 2)."""
    hours = int((head.offset or paris_offset(head.moment))[1:3])
    return (head.moment - timedelta(hours=hours)).strftime("%Y%m%d%H%M%S")


def _entry(head: Envelope, data: bytes, uri: str, number: int) -> str:
    case, own = head.case, f"document{number:02d}"
    patient, author, site = case.patient, case.author, case.site
    person = f"8{author.rpps}^{author.family.upper()}^{author.given}^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
    place = f"{site.name}^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1{site.finess}"
    slots = (
        _slot("hash", hashlib.sha1(data, usedforsecurity=False).hexdigest().upper())
        + _slot("size", str(len(data)))
        + _slot("URI", uri)
        + _slot("creationTime", _utc(head))
        + _slot("languageCode", "fr-FR")
        + _slot("legalAuthenticator", person)
        + _slot("serviceStartTime", _utc(head))
        + _slot("sourcePatientId", f"{patient.ipp}^^^&{site.ipp_root}&ISO^PI")
        + _slot(
            "sourcePatientInfo",
            f"PID-5|{patient.family.upper()}^{patient.given[0]}^^^^^L",
            f"PID-5|{patient.used.upper()}^{patient.given[0]}^^^^^D",
            f"PID-7|{patient.birth:%Y%m%d}",
            f"PID-8|{patient.sex}",
        )
    )
    coded = (
        _classified(
            "93606bcf-9494-43ec-9b4e-a7748d1a838d",
            own,
            1,
            "",
            _slot("authorPerson", person) + _slot("authorInstitution", place),
            "author",
        )
        + _classified(
            "f0306f51-975f-434e-a61c-c59651d33983",
            own,
            2,
            head.kind.code,
            _slot("codingScheme", head.kind.system),
            head.kind.display,
        )
        + _classified(
            "f4f85eac-e6cb-4883-b524-f2705394840f",
            own,
            3,
            "N",
            _slot("codingScheme", "2.16.840.1.113883.5.25"),
            "Normal",
        )
        + _classified(
            "f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
            own,
            4,
            site.facility,
            _slot("codingScheme", "1.2.250.1.71.4.2.4"),
            site.facility_text,
        )
    )
    known = _external(
        "58a6f841-87b3-4a3e-92fd-a8ffeff98427",
        own,
        1,
        f"{patient.ins}^^^&{INS_TEST}&ISO^NH",
        "XDSDocumentEntry.patientId",
    ) + _external("2e82c1f6-a085-4c72-9da3-8640a32e42ab", own, 2, head.document_id, "XDSDocumentEntry.uniqueId")
    return (
        f'<ExtrinsicObject id="{own}" mimeType="text/xml" status="{_APPROVED}" '
        f'objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">{slots}{_name(head.title)}{coded}{known}'
        "</ExtrinsicObject>"
    )


def package(documents: list[tuple[Envelope, bytes]], rng: Random) -> bytes:
    """The archive of one message: README, INDEX, metadata, documents; folder names vary as senders' do."""
    folder = rng.choice(("IHE_XDM/SUBSET01", "IHE_XDM/SUBSET01", "IHE_XDM/SS000001"))
    first = documents[0][0]
    entries, links, members = [], [], []
    for number, (head, data) in enumerate(documents, 1):
        uri = f"DOC{number:04d}.XML"
        entries.append(_entry(head, data, uri, number))
        links.append(
            f'<Association id="link{number}" '
            'associationType="urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember" '
            f'sourceObject="submission" targetObject="document{number:02d}"/>'
        )
        members.append((f"{folder}/{uri}", data))
    # Metadata of MSSanté archives have no XML declaration and start with a space (formats.md section 1).
    metadata = (
        f' <lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        f'<RegistryObjectList xmlns="{_RIM}"><RegistryPackage id="submission" status="{_APPROVED}">'
        f"{_slot('submissionTime', _utc(first))}{_name(first.title)}"
        f"{_external('96fdda7c-d067-4183-912e-bf5ee74998a8', 'submission', 1, uuid(rng), 'XDSSubmissionSet.uniqueId')}"
        f"</RegistryPackage>{''.join(entries)}{''.join(links)}</RegistryObjectList></lcm:SubmitObjectsRequest>"
    )
    readme = f"Emetteur : {first.case.site.name}\nLot de documents de sante au format IHE XDM\n"
    files = [
        ("README.TXT", readme.encode()),
        ("INDEX.HTM", b"<html><body><p>Documents de sant&eacute;</p></body></html>"),
        (f"{folder}/METADATA.XML", metadata.encode()),
        *members,
    ]
    if rng.random() < 0.5:
        files.reverse()  # the order of members varies
    return zipped(files)


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    """A ZIP whose bytes depend on its members alone: stored, one date, one system."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_STORED, 3, 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()
