"""Tiny CDA documents written for the tests: a header, a body, sections and entries, all invented."""

from __future__ import annotations

from limpide.document import Document, Fact
from limpide.errors import LIMITS, Limits
from limpide.readers.cda import read
from limpide.readers.origin import Origin

LOINC = "2.16.840.1.113883.6.1"
CIM10 = "2.16.840.1.113883.6.3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

HEADER = """
<templateId root="1.2.250.1.213.1.1.1.1"/>
<id root="1.2.3" extension="doc-7"/>
<code code="11502-2" codeSystem="2.16.840.1.113883.6.1" displayName="CR"/>
<title>Un titre</title>
<effectiveTime value="20240109113000+0100"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
<languageCode code="fr-FR"/>
<setId root="1.2.3" extension="set-7"/>
<versionNumber value="2"/>
<recordTarget><patientRole>
  <id root="1.2.3.4.5" extension="IPP-1"/>
  <id root="1.2.250.1.213.1.4.10" extension="255069900100129"/>
  <patient><name><family qualifier="BR">TILLEUL</family><given qualifier="BR">Ondine</given></name>
  <administrativeGenderCode code="F"/><birthTime value="19550603"/></patient>
</patientRole></recordTarget>
"""


def cda(body: str = "", header: str = HEADER, xsi: str = XSI) -> bytes:
    """A ClinicalDocument around the inside of a structuredBody."""
    return (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="{xsi}" xmlns:pharm="urn:ihe:pharm:medication" '
        f'xmlns:ps3-20="urn:dicom-org:ps3-20">{header}'
        f"<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
    ).encode()


def section(text: str = "", entries: str = "", code: str = "11450-4", title: str = "Titre", inside: str = "") -> str:
    """One section component; `inside` holds further section components."""
    entry = f"<entry>{entries}</entry>" if entries else ""
    return (
        f'<component><section><code code="{code}" codeSystem="{LOINC}"/><title>{title}</title>'
        f"<text>{text}</text>{entry}{inside}</section></component>"
    )


def open_door(data: bytes, limits: Limits = LIMITS) -> Document:
    """What the CDA door makes of these bytes; it must be one document."""
    (document,) = read(data, Origin.of(data, "f.xml"), limits)
    return document


def facts_of(entries: str, text: str = "", code: str = "11450-4") -> list[Fact]:
    """The facts of one section holding these entries and this narrative."""
    return open_door(cda(section(text, entries, code))).facts


def fact_of(entries: str, text: str = "", code: str = "11450-4") -> Fact:
    """The only fact of one section."""
    (fact,) = facts_of(entries, text, code)
    return fact
