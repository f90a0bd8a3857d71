"""A hospital in miniature: CDA documents of a few lines, ours, for the tests of the warehouse."""

from __future__ import annotations

from html import escape
from pathlib import Path


def cda(
    document_id: str,
    text: str = "Diabète de type 2 connu. Pas de fièvre.",
    *,
    patient: str = "1",
    version: int | None = None,
    set_id: str | None = None,
    replaces: str | None = None,
    day: str = "20261101",
    birth: str | None = "19540317",
    kind: str = "34112-3",
    stay: str | None = None,
) -> bytes:
    """A CDA N3 document with one section of text. `patient` is a local number; ids are extensions of one root."""
    versions = f'<setId root="1.2.3.9" extension="{set_id}"/>' if set_id else ""
    versions += f'<versionNumber value="{version}"/>' if version is not None else ""
    related = (
        f'<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="{replaces}"/></parentDocument>'
        "</relatedDocument>"
        if replaces
        else ""
    )
    visit = (
        f'<componentOf><encompassingEncounter><id root="1.2.5" extension="{stay}"/><code code="IMP" '
        f'codeSystem="2.16.840.1.113883.5.4"/><effectiveTime><low value="{day}080000+0100"/></effectiveTime>'
        "</encompassingEncounter></componentOf>"
        if stay
        else ""
    )
    born = f'<birthTime value="{birth}"/>' if birth else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
<id root="1.2.3" extension="{document_id}"/>
<code code="{kind}" codeSystem="2.16.840.1.113883.6.1"/><title>Compte rendu</title>
<effectiveTime value="{day}103000+0100"/><confidentialityCode code="N"/><languageCode code="fr-FR"/>{versions}
<recordTarget><patientRole><id root="1.2.250.9.9" extension="IPP{patient}"/><patient><name>
<given>Solenne</given><family qualifier="BR">KERVADEC{patient}</family></name>
<administrativeGenderCode code="F"/>{born}</patient></patientRole></recordTarget>
<author><time value="{day}103000+0100"/><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="810000000017"/>
<assignedPerson><name><given>Ursule</given><family>TREMAZAN</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.250.1.71.4.2.2" extension="1290000017"/>
<name>Centre hospitalier de la Pointe</name></representedCustodianOrganization></assignedCustodian></custodian>
{related}{visit}
<component><structuredBody><component><section><code code="10164-2" codeSystem="2.16.840.1.113883.6.1"/>
<title>Histoire de la maladie</title><text>{escape(text)}</text></section></component></structuredBody></component>
</ClinicalDocument>""".encode()


def send(landing: Path, source: str, name: str, content: bytes) -> Path:
    """Put a file into the landing folder of a source."""
    path = landing / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
