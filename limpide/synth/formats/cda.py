"""CDA R2 as CI-SIS describes it: header, non-XML body (N1), structured body (N3), self-presentable wrapping.

Belongs here: the XML of a document, from its envelope, content and entries. Does not belong here: the entries
themselves (entries.py), wording. Shapes follow the header and sections of CI-SIS (OIDs, templateIds, order).
"""

from __future__ import annotations

import base64
from xml.sax.saxutils import escape

from limpide.synth.content import Content, Paragraph, Section, Table
from limpide.synth.envelope import Envelope, paris_offset
from limpide.synth.formats.entries import SECTION_TEMPLATES, Entries
from limpide.synth.population import INS_TEST, Clinician, Patient, Site

LOINC = "2.16.840.1.113883.6.1"


def attribute(text: str) -> str:
    """Text as an attribute value, quotes not included."""
    return escape(text, {'"': "&quot;"})


def _id(root: str, extension: str | None) -> str:
    return f'<id root="{root}"/>' if extension is None else f'<id root="{root}" extension="{attribute(extension)}"/>'


def _address(street: str, postal: str, city: str) -> str:
    number, _, name = street.partition(" ")
    return (
        f"<addr><houseNumber>{number}</houseNumber><streetName>{escape(name)}</streetName>"
        f"<postalCode>{postal}</postalCode><city>{escape(city.upper())}</city><country>FRANCE</country></addr>"
    )


def _organization(site: Site, tag: str) -> str:
    return (
        f'<{tag}><id root="1.2.250.1.71.4.2.2" extension="1{site.finess}"/><name>{escape(site.name)}</name>'
        f'<telecom value="tel:{site.phone}" use="WP"/>'
        f"{_address(site.street, site.commune.postal, site.commune.city)}</{tag}>"
    )


def _person(clinician: Clinician) -> str:
    prefix = "MME" if clinician.sex == "F" else "M"
    return (
        f"<assignedPerson><name><prefix>{prefix}</prefix><given>{escape(clinician.given)}</given>"
        f"<family>{escape(clinician.family.upper())}</family><suffix>DR</suffix></name></assignedPerson>"
    )


def _clinician(clinician: Clinician, site: Site, tag: str) -> str:
    return (
        f'<{tag}><id root="1.2.250.1.71.4.2.1" extension="8{clinician.rpps}"/>'
        f'<code code="G15_10/{clinician.specialty}" codeSystem="1.2.250.1.213.1.1.4.5" '
        f'displayName="{attribute(clinician.specialty_text)}"/>'
        f'{_address(site.street, site.commune.postal, site.commune.city)}<telecom value="tel:{site.phone}" use="WP"/>'
        f"{_person(clinician)}{_organization(site, 'representedOrganization')}</{tag}>"
    )


def _patient(patient: Patient, site: Site) -> str:
    telecoms = [f'<telecom value="tel:{patient.phone}" use="H"/>', f'<telecom value="tel:{patient.mobile}" use="MC"/>']
    if patient.email:
        telecoms.append(f'<telecom value="mailto:{patient.email}"/>')
    telecoms.append(f'<telecom value="mailto:{patient.ins}@patient.mssante.fr"/>')
    gender = "Féminin" if patient.sex == "F" else "Masculin"
    return (
        f'<recordTarget><patientRole><id extension="{patient.ins}" root="{INS_TEST}"/>'
        f'<id extension="{patient.ipp}" root="{site.ipp_root}"/>'
        f"{_address(patient.street, patient.commune.postal, patient.commune.city)}{''.join(telecoms)}"
        f'<patient classCode="PSN"><name><family qualifier="BR">{escape(patient.family.upper())}</family>'
        f"<given>{escape(' '.join(patient.given).upper())}</given>"
        f'<given qualifier="BR">{escape(patient.given[0].upper())}</given>'
        f'<family qualifier="CL">{escape(patient.used.upper())}</family>'
        f'<given qualifier="CL">{escape(patient.given[0].upper())}</given></name>'
        f'<administrativeGenderCode code="{patient.sex}" displayName="{gender}" codeSystem="2.16.840.1.113883.5.1"/>'
        f'<birthTime value="{patient.birth:%Y%m%d}"/><birthplace><place><addr>'
        f"<county>{patient.birth_place.cog}</county><city>{escape(patient.birth_place.city.upper())}</city></addr></place></birthplace>"
        f"</patient></patientRole></recordTarget>"
    )


def _encounter(head: Envelope) -> str:
    case, klass = head.case, head.kind.klass
    names = {"IMP": "Hospitalisation", "AMB": "ambulatoire"}
    if klass == "IMP":
        own = f'<id root="{case.site.ipp_root}.5" extension="{case.stay.number}"/>'
        times = f'<low value="{case.stay.start:%Y%m%d}"/><high value="{case.stay.end:%Y%m%d}"/>'
    else:
        own, times = "", f'<low value="{head.moment:%Y%m%d}"/>'
    return (
        f"<componentOf><encompassingEncounter>{own}"
        f'<code code="{klass}" displayName="{names[klass]}" codeSystem="2.16.840.1.113883.5.4"/>'
        f"<effectiveTime>{times}</effectiveTime>"
        f"<responsibleParty>{_clinician(case.author, case.site, 'assignedEntity')}</responsibleParty>"
        f'<location><healthCareFacility><code code="{case.site.facility}" '
        f'displayName="{attribute(case.site.facility_text)}" codeSystem="1.2.250.1.71.4.2.4"/>'
        f"<location><name>{escape(case.site.name)}</name></location></healthCareFacility></location>"
        f"</encompassingEncounter></componentOf>"
    )


def _versions(head: Envelope) -> str:
    out = []
    if head.set_root is not None:
        extension = "" if head.set_extension is None else f' extension="{attribute(head.set_extension)}"'
        out.append(f'<setId root="{head.set_root}"{extension}/>')
    if head.version is not None:
        out.append(f'<versionNumber value="{head.version}"/>')
    return "".join(out)


def _replaced(head: Envelope) -> str:
    out = []
    for parent in head.replaces:
        root, _, extension = parent.partition("^")
        out.append(
            f'<relatedDocument typeCode="RPLC"><parentDocument>{_id(root, extension or None)}'
            "</parentDocument></relatedDocument>"
        )
    return "".join(out)


def _service_event(head: Envelope, service: str) -> str:
    case = head.case
    return (
        f'<documentationOf><serviceEvent>{service}<effectiveTime><low value="{head.moment:%Y%m%d}"/></effectiveTime>'
        f'<performer typeCode="PRF">{_clinician(case.author, case.site, "assignedEntity")}</performer>'
        "</serviceEvent></documentationOf>"
    )


def document(head: Envelope, templates: tuple[str, ...], body: str, service: str = "") -> str:
    """A whole ClinicalDocument around its body; `service` is the coded act of documentationOf."""
    case, kind = head.case, head.kind
    shapes = "".join(f'<templateId root="{each}"/>' for each in templates)
    signed = f'<time value="{head.moment:%Y%m%d%H%M%S}{paris_offset(head.moment)}"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<?xml-stylesheet type="text/xsl" href="../FeuilleDeStyle/CDA-FO.xsl"?>\n'
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:lab="urn:oid:1.3.6.1.4.1.19376.1.3.2" xmlns:pharm="urn:ihe:pharm">\n'
        '<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>'
        '<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>'
        f"{shapes}{_id(head.root, head.extension)}\n"
        f'<code code="{kind.code}" displayName="{attribute(kind.display)}" codeSystem="{kind.system}"/>'
        f'<title>{escape(head.title)}</title><effectiveTime value="{head.stamp}"/>'
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/>'
        f'<languageCode code="fr-FR"/>{_versions(head)}\n{_patient(case.patient, case.site)}\n'
        f"<author>{signed}{_clinician(case.author, case.site, 'assignedAuthor')}</author>\n"
        f"<custodian><assignedCustodian>{_organization(case.site, 'representedCustodianOrganization')}"
        "</assignedCustodian></custodian>\n"
        f'<legalAuthenticator>{signed}<signatureCode code="S"/>'
        f"{_clinician(case.author, case.site, 'assignedEntity')}</legalAuthenticator>\n"
        f"{_service_event(head, service or _default_service(head))}{_replaced(head)}{_encounter(head)}\n"
        f"<component>{body}</component>\n</ClinicalDocument>\n"
    )


def _default_service(head: Envelope) -> str:
    return (
        f'<code code="{head.kind.code}" displayName="{attribute(head.kind.display)}" codeSystem="{head.kind.system}"/>'
    )


def imaging_service(ccam: str, label: str) -> str:
    """documentationOf code of an imaging report: LOINC with the CCAM act as a translation (formats.md section 2)."""
    return (
        f'<code code="18748-4" displayName="CR d\'imagerie médicale" codeSystem="{LOINC}">'
        f'<translation code="{ccam}" displayName="{attribute(label)}" codeSystem="1.2.250.1.213.2.5" '
        f'codeSystemName="CCAM"/></code>'
    )


def n1(head: Envelope, payload: bytes, media_type: str = "application/pdf", service: str = "") -> str:
    """A document whose body is a file in base64, on one line as most senders write it."""
    body = (
        f'<nonXMLBody><text mediaType="{media_type}" representation="B64">'
        f"{base64.b64encode(payload).decode()}</text></nonXMLBody>"
    )
    return document(head, ("1.3.6.1.4.1.19376.1.2.20",), body, service)


def n3(head: Envelope, content: Content, entries: Entries, service: str = "") -> str:
    """A structured document: each section its narrative, then its entries; `service` is the act documented."""
    templates = [head.kind.template] if head.kind.template else []
    if head.kind.key in ("laboratory", "microbiology"):
        templates.insert(0, "1.3.6.1.4.1.19376.1.3.3")
    parts = [_section(section, entries) for section in content.sections]
    return document(head, tuple(templates), f"<structuredBody>{''.join(parts)}</structuredBody>", service)


def _section(section: Section, entries: Entries) -> str:
    code = section.code or "55112-7"
    shapes = "".join(f'<templateId root="{each}"/>' for each in SECTION_TEMPLATES.get(code, ()))
    title = f"<title>{escape(section.title)}</title>"
    coded = (
        f'<code code="{code}" displayName="{attribute(section.title)}" codeSystem="{LOINC}" codeSystemName="LOINC"/>'
    )
    inner = f"<text>{_narrative(section, entries)}</text>{''.join(entries.of(section))}"
    if code in {"18719-5", "18723-7", "18720-3", "18725-2"}:
        # A chapter of CR-BIO holds the results in a sub-section of the same code.
        leaf = (
            f'<templateId root="1.3.6.1.4.1.19376.1.3.3.2.2"/><templateId root="1.2.250.1.213.1.1.2.71"/>{coded}{inner}'
        )
        inner = f"<component><section>{leaf}</section></component>"
    return f"<component><section>{shapes}{coded}{title}{inner}</section></component>\n"


def _narrative(section: Section, entries: Entries) -> str:
    out = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            out.append(f"<paragraph>{escape(block.text)}</paragraph>")
            continue
        out.append(_table(block, entries.anchors(block)))
    return "".join(out)


def _table(table: Table, anchors: list[tuple[int, str | None]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = []
    for row, (column, anchor) in zip(table.rows, anchors, strict=True):
        cells = []
        for index, cell in enumerate(row):
            inner = escape(cell)
            if anchor is not None and index == column:
                inner = f'<content ID="{anchor}">{inner}</content>'
            cells.append(f"<td>{inner}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table border="0"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def self_presentable(text: str) -> str:
    """The same document inside a stylesheet that shows itself, with prefix `c:` everywhere (formats.md section 1)."""
    import re

    body = text[text.index("<ClinicalDocument") :]
    body = re.sub(r"<(/?)(?![a-z]+:|[!?])(\w)", r"<\1c:\2", body)
    body = body.replace('xmlns="urn:hl7-org:v3"', 'xmlns:c="urn:hl7-org:v3"', 1)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="#"?>\n'
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
        'xmlns:data="urn:asip-sante:ci-sis">\n<xsl:template match="/"><html><body>'
        "<xsl:apply-templates select=\"document('')//data:Contenu\"/></body></html></xsl:template>\n"
        f"<data:Contenu>{body}</data:Contenu>\n</xsl:stylesheet>\n"
    )
