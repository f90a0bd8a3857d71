"""Coded entries of what few documents hold: devices, pregnancies, antibiograms, contrast media.

Belongs here: their XML, with the templates of CI-SIS. Does not belong here: which documents hold them (rare.py), the
entries that most documents have (entries.py). Templates: formats.md section 4, `FR3.n` = 1.2.250.1.213.1.1.3.n.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from limpide.synth.catalogue import Device
from limpide.synth.formats.entries import ATC, LOINC, SNOMED, Entries, coded

EMDN = "1.2.250.1.213.2.68"
LPP = "1.2.250.1.215.300.4"
GS1 = "2.51.1.1"
FLAG = "2.16.840.1.113883.5.83"
ROUTE = "0.4.0.127.0.16.1.1.2.1"


def _ids(*roots: str) -> str:
    return "".join(f'<templateId root="{root}"/>' for root in roots)


def device(make: Entries, what: Device, anchor: str, when: str, udi: str | None) -> str:
    """A device implanted, with its UDI, or prescribed, with its LPP code (FR3.20)."""
    code = (what.emdn, EMDN) if what.emdn else (what.lpp, LPP)
    name = escape(what.emdn_label or what.model, {'"': "&quot;"})
    own = f'<id root="{GS1}" extension="{udi}"/>' if udi else ""
    return (
        f'<supply classCode="SPLY" moodCode="{"EVN" if udi else "INT"}">'
        + _ids("2.16.840.1.113883.10.20.1.34", "1.2.250.1.213.1.1.3.20")
        + f'<id root="{make.uuid()}"/><text><reference value="#{anchor}"/></text>'
        f'<effectiveTime xsi:type="IVL_TS"><low value="{when}"/></effectiveTime><quantity value="{what.quantity}"/>'
        f'<participant typeCode="DEV"><participantRole classCode="MANU">{own}<playingDevice>'
        f'<code code="{code[0]}" codeSystem="{code[1]}" displayName="{name}"><originalText>'
        f'<reference value="#{anchor}"/></originalText></code></playingDevice></participantRole></participant></supply>'
    )


def pregnancy(make: Entries, loinc: str, label: str, anchor: str, when: str, value: str) -> str:
    """An observation on pregnancies (FR3.53); `value` is an INT when it is a number of one or two digits, else a TS."""
    kind = "INT" if len(value) < 3 else "TS"
    return (
        '<observation classCode="OBS" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.3.6.1.4.1.19376.1.5.3.1.4.13.5", "1.2.250.1.213.1.1.3.53")
        + f'<id root="{make.uuid()}"/>{coded("code", loinc, LOINC, label, anchor)}'
        f'<statusCode code="completed"/><effectiveTime value="{when}"/><value xsi:type="{kind}" value="{value}"/>'
        "</observation>"
    )


def susceptibility(loinc: str, label: str, anchor: str, when: str, judged: str, words: str) -> str:
    """The answer of an organism to an antibiotic (FR3.80): S, I or R."""
    return (
        '<observation classCode="OBS" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80")
        + f'{coded("code", loinc, LOINC, label, anchor)}<statusCode code="completed"/><effectiveTime value="{when}"/>'
        f'<value xsi:type="CD" code="{judged}" displayName="{words}" codeSystem="{FLAG}"/>'
        f'<interpretationCode code="{judged}" codeSystem="{FLAG}"/></observation>'
    )


def isolate(organism: str, label: str, anchor: str, when: str, observations: list[str]) -> str:
    """The entry of a culture (FR3.21): an isolate (FR3.79) named by its specimen, and its antibiogram."""
    components = "".join(f"<component>{each}</component>" for each in observations)
    return (
        '<entry typeCode="DRIV">'
        + _ids("1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21")
        + f'<act classCode="ACT" moodCode="EVN">{coded("code", "18725-2", LOINC, "Microbiologie")}'
        '<statusCode code="completed"/><entryRelationship typeCode="COMP"><procedure classCode="PROC" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.3.1.2", "1.2.250.1.213.1.1.3.77")
        + f'<code nullFlavor="NA"/><effectiveTime value="{when}"/><participant typeCode="PRD"><participantRole '
        'classCode="SPEC"><playingEntity><code code="UR" displayName="Urine" codeSystem="2.16.840.1.113883.18.311"/>'
        "</playingEntity></participantRole></participant></procedure></entryRelationship>"
        '<entryRelationship typeCode="COMP"><organizer classCode="CLUSTER" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.3.1.5", "1.2.250.1.213.1.1.3.79")
        + f'<statusCode code="completed"/><effectiveTime value="{when}"/><specimen typeCode="SPC"><specimenRole>'
        f'<specimenPlayingEntity classCode="MIC">{coded("code", organism, SNOMED, label, anchor)}'
        f"</specimenPlayingEntity></specimenRole></specimen>{components}</organizer></entryRelationship></act></entry>"
    )


def contrast(make: Entries, atc: str, label: str, anchor: str, when: str, dose: str) -> str:
    """A contrast medium given for an examination (FR3.151); `dose` in millilitres."""
    return (
        '<substanceAdministration classCode="SBADM" moodCode="EVN">'
        + _ids("1.2.840.10008.9.13", "1.2.250.1.213.1.1.3.151")
        + f'<id root="{make.uuid()}"/><text><reference value="#{anchor}"/></text><statusCode code="completed"/>'
        f'<effectiveTime value="{when}"/><routeCode code="20045000" displayName="Voie intraveineuse" '
        f'codeSystem="{ROUTE}"/><doseQuantity value="{dose}" unit="mL"/><consumable><manufacturedProduct '
        f'classCode="MANU"><manufacturedMaterial>{coded("code", atc, ATC, label, anchor)}'
        "</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>"
    )
