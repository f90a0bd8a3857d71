"""Coded entries of N3 documents, with the templates of CI-SIS, each linked to its place in the narrative.

Belongs here: the XML of one entry (problem, treatment, result, vital sign, act, allergy, vaccine) and the anchors
between rows and entries. Does not belong here: which entries a document has (structured.py), headers (cda.py).
Templates: formats.md section 4, with `FR3.n` = 1.2.250.1.213.1.1.3.n.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from xml.sax.saxutils import escape

from limpide.synth.content import Section, Table

CIM10 = "2.16.840.1.113883.6.3"
ATC = "2.16.840.1.113883.6.73"
LOINC = "2.16.840.1.113883.6.1"
CCAM = "1.2.250.1.213.2.5"
SNOMED = "2.16.840.1.113883.6.96"

SECTION_TEMPLATES = {
    "11450-4": ("2.16.840.1.113883.10.20.1.11", "1.3.6.1.4.1.19376.1.5.3.1.3.6", "1.2.250.1.213.1.1.2.132"),
    "11348-0": ("1.3.6.1.4.1.19376.1.5.3.1.3.8", "1.2.250.1.213.1.1.2.134"),
    "47519-4": ("1.3.6.1.4.1.19376.1.5.3.1.3.11", "1.3.6.1.4.1.19376.1.5.3.1.3.12", "1.2.250.1.213.1.1.2.136"),
    "48765-2": ("2.16.840.1.113883.10.20.1.2", "1.3.6.1.4.1.19376.1.5.3.1.3.13", "1.2.250.1.213.1.1.2.137"),
    "10160-0": ("2.16.840.1.113883.10.20.1.8", "1.3.6.1.4.1.19376.1.5.3.1.3.19", "1.2.250.1.213.1.1.2.143"),
    "10183-2": ("1.3.6.1.4.1.19376.1.5.3.1.3.22", "1.2.250.1.213.1.1.2.146"),
    "11369-6": ("2.16.840.1.113883.10.20.1.6", "1.3.6.1.4.1.19376.1.5.3.1.3.23", "1.2.250.1.213.1.1.2.147"),
    "8716-3": ("2.16.840.1.113883.10.20.1.16", "1.3.6.1.4.1.19376.1.5.3.1.3.25", "1.2.250.1.213.1.1.2.75"),
    "18776-5": ("2.16.840.1.113883.10.20.1.10", "1.3.6.1.4.1.19376.1.5.3.1.3.36", "1.2.250.1.213.1.1.2.158"),
    "10157-6": ("1.3.6.1.4.1.19376.1.5.3.1.3.14", "1.2.250.1.213.1.1.2.138"),
    "42349-1": ("1.3.6.1.4.1.19376.1.5.3.1.3.1", "1.2.250.1.213.1.1.2.127"),
    "18719-5": ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"),
    "18723-7": ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"),
    "18720-3": ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"),
    "46264-8": ("2.16.840.1.113883.10.20.1.7", "1.3.6.1.4.1.19376.1.5.3.1.1.5.3.5", "1.2.250.1.213.1.1.2.15"),
    "10162-6": ("1.3.6.1.4.1.19376.1.5.3.1.1.5.3.4", "1.2.250.1.213.1.1.2.155"),
    "18725-2": ("1.3.6.1.4.1.19376.1.3.3.2.1", "1.2.250.1.213.1.1.2.70"),
    "29762-2": ("2.16.840.1.113883.10.20.1.15", "1.3.6.1.4.1.19376.1.5.3.1.3.16", "1.2.250.1.213.1.1.2.141"),
}


class Entries:
    """The entries of one document by section, and the anchor of each row of its tables."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._by_section: dict[int, list[str]] = {}
        self._anchors: dict[int, list[tuple[int, str | None]]] = {}
        self._count = 0

    def uuid(self) -> str:
        """An entry id."""
        text = f"{self._rng.getrandbits(128):032X}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-A{text[17:20]}-{text[20:]}"

    def anchor(self, stem: str) -> str:
        """A narrative ID, unique in the document."""
        self._count += 1
        return f"{stem}-{self._count:02d}"

    def row(self, table: Table, cells: tuple[str, ...], anchor: str | None, column: int) -> None:
        """Adds a row whose cell `column` bears the anchor."""
        table.rows.append(cells)
        self._anchors.setdefault(id(table), []).append((column, anchor))

    def anchors(self, table: Table) -> list[tuple[int, str | None]]:
        """(column, anchor) of each row."""
        return self._anchors.get(id(table)) or [(0, None)] * len(table.rows)

    def add(self, section: Section, xml: str) -> None:
        """Adds an entry (its content, `<entry>` not included)."""
        self._by_section.setdefault(id(section), []).append(xml)

    def of(self, section: Section) -> Iterator[str]:
        """The entries of a section, wrapped."""
        for xml in self._by_section.get(id(section), ()):
            yield xml if xml.startswith("<entry") else f"<entry>{xml}</entry>"


def _ids(*roots: str) -> str:
    return "".join(f'<templateId root="{root}"/>' for root in roots)


def _ref(anchor: str | None) -> str:
    return "" if anchor is None else f'<reference value="#{anchor}"/>'


def coded(tag: str, code: str, system: str, display: str, anchor: str | None = None, kind: str = "") -> str:
    """`<tag code=…>` with its link to the narrative."""
    shown = escape(display, {'"': "&quot;"})
    typed = f' xsi:type="{kind}"' if kind else ""
    open_ = f'<{tag}{typed} code="{code}" displayName="{shown}" codeSystem="{system}"'
    return f"{open_}/>" if anchor is None else f"{open_}><originalText>{_ref(anchor)}</originalText></{tag}>"


def _interval(low: str | None, high: str | None = None) -> str:
    start = f'<low value="{low}"/>' if low else '<low nullFlavor="UNK"/>'
    end = f'<high value="{high}"/>' if high else ""
    return f"<effectiveTime>{start}{end}</effectiveTime>"


def problem(
    make: Entries,
    code: str,
    display: str,
    anchor: str,
    low: str | None,
    *,
    negated: bool = False,
    high: str | None = None,
) -> str:
    """A problem (FR3.37) in its concern act (FR3.39)."""
    status = "completed" if high else "active"
    times = _interval(low, high)
    value = coded("value", code, CIM10, display, anchor, "CD")
    return (
        '<act classCode="ACT" moodCode="EVN">'
        + _ids(
            "2.16.840.1.113883.10.20.1.27",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5.1",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5.2",
            "1.2.250.1.213.1.1.3.39",
        )
        + f'<id root="{make.uuid()}"/><code nullFlavor="NA"/><statusCode code="{status}"/>{times}'
        '<entryRelationship typeCode="SUBJ" inversionInd="false">'
        f'<observation classCode="OBS" moodCode="EVN" negationInd="{"true" if negated else "false"}">'
        + _ids("2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37")
        + f'<id root="{make.uuid()}"/><code code="282291009" displayName="interprétation diagnostique" '
        f'codeSystem="{SNOMED}"/><text>{_ref(anchor)}</text><statusCode code="completed"/>{times}{value}'
        "</observation></entryRelationship></act>"
    )


def treatment(
    make: Entries,
    atc: str,
    name: str,
    anchor: str,
    low: str | None,
    dose: float,
    unit: str,
    period: float,
    period_unit: str,
    route: str,
    route_text: str,
    *,
    mood: str = "EVN",
    in_translation: bool = False,
) -> str:
    """A treatment (FR3.42); `in_translation` puts the ATC code under a product whose own code is absent."""
    shown = escape(name, {'"': "&quot;"})
    if in_translation:
        product = (
            f'<code nullFlavor="NA"><originalText>{_ref(anchor)}</originalText>'
            f"{coded('translation', atc, ATC, name)}</code><name>{shown}</name>"
        )
    else:
        product = f"{coded('code', atc, ATC, name, anchor)}<name>{shown}</name>"
    start = f'<low value="{low}"/>' if low else '<low nullFlavor="UNK"/>'
    printed = escape(unit, {'"': "&quot;"})
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="{mood}">'
        + _ids(
            "2.16.840.1.113883.10.20.1.24",
            "1.3.6.1.4.1.19376.1.5.3.1.4.7",
            "1.3.6.1.4.1.19376.1.5.3.1.4.7.1",
            "1.2.250.1.213.1.1.3.42",
        )
        + f'<id root="{make.uuid()}"/><text>{_ref(anchor)}</text><statusCode code="completed"/>'
        f'<effectiveTime xsi:type="IVL_TS">{start}</effectiveTime>'
        '<effectiveTime xsi:type="PIVL_TS" operator="A">'
        f'<period value="{period:g}" unit="{period_unit}"/></effectiveTime>'
        f'<routeCode code="{route}" displayName="{route_text}" codeSystem="0.4.0.127.0.16.1.1.2.1"/>'
        f'<doseQuantity><low value="{dose:g}" unit="{printed}"/>'
        f'<high value="{dose:g}" unit="{printed}"/></doseQuantity>'
        '<consumable><manufacturedProduct classCode="MANU">'
        + _ids("2.16.840.1.113883.10.20.1.53", "1.3.6.1.4.1.19376.1.5.3.1.4.7.2", "1.2.250.1.213.1.1.3.43")
        + f"<manufacturedMaterial>{product}</manufacturedMaterial></manufacturedProduct></consumable>"
        "</substanceAdministration>"
    )


def procedure(
    make: Entries, ccam: str, label: str, anchor: str, when: str | None, *, planned: bool = False, negated: bool = False
) -> str:
    """An act (FR3.62), done or planned."""
    template = "2.16.840.1.113883.10.20.1.25" if planned else "2.16.840.1.113883.10.20.1.29"
    time = f'<effectiveTime value="{when}"/>' if when else '<effectiveTime nullFlavor="UNK"/>'
    refused = ' negationInd="true"' if negated else ""
    return (
        f'<procedure classCode="PROC" moodCode="{"INT" if planned else "EVN"}"{refused}>'
        + _ids("1.3.6.1.4.1.19376.1.5.3.1.4.19", template, "1.2.250.1.213.1.1.3.62")
        + f'<id root="{make.uuid()}"/>{coded("code", ccam, CCAM, label)}<text>{_ref(anchor)}</text>'
        f'<statusCode code="{"active" if planned else "completed"}"/>{time}</procedure>'
    )


def allergy(
    make: Entries,
    kind: str,
    kind_text: str,
    agent: str,
    atc: str | None,
    anchor: str | None,
    *,
    none_known: bool = False,
) -> str:
    """An allergy (FR3.41) in its concern (FR3.40); `none_known` is the coded 'no known allergies'."""
    if none_known:
        value = (
            '<value xsi:type="CD" code="no-known-allergies" displayName="Pas d\'allergie connue" '
            'codeSystem="2.16.840.1.113883.5.1150.1"/>'
        )
        agents = ""
    else:
        value = f'<value xsi:type="CD"><originalText>{_ref(anchor)}</originalText></value>'
        shown = escape(agent, {'"': "&quot;"})
        code = (
            coded("code", atc, ATC, agent, anchor)
            if atc
            else f'<code nullFlavor="UNK"><originalText>{_ref(anchor)}</originalText></code>'
        )
        agents = (
            '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">'
            f"{code}<name>{shown}</name></playingEntity></participantRole></participant>"
        )
    text = f"<text>{_ref(anchor)}</text>" if anchor else ""
    return (
        '<act classCode="ACT" moodCode="EVN">'
        + _ids(
            "2.16.840.1.113883.10.20.1.27",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5.1",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5.3",
            "1.2.250.1.213.1.1.3.40",
        )
        + f'<id root="{make.uuid()}"/><code nullFlavor="NA"/><statusCode code="active"/>'
        '<effectiveTime><low nullFlavor="UNK"/></effectiveTime><entryRelationship typeCode="SUBJ" inversionInd="false">'
        '<observation classCode="OBS" moodCode="EVN" negationInd="false">'
        + _ids(
            "2.16.840.1.113883.10.20.1.18",
            "2.16.840.1.113883.10.20.1.28",
            "1.3.6.1.4.1.19376.1.5.3.1.4.5",
            "1.3.6.1.4.1.19376.1.5.3.1.4.6",
            "1.2.250.1.213.1.1.3.41",
        )
        + f'<id root="{make.uuid()}"/>{coded("code", kind, SNOMED, kind_text)}{text}<statusCode code="completed"/>'
        f'<effectiveTime><low nullFlavor="UNK"/></effectiveTime>{value}{agents}</observation></entryRelationship></act>'
    )


def immunization(
    make: Entries, atc: str, name: str, anchor: str, when: str, lot: str | None, *, negated: bool = False
) -> str:
    """A vaccine given, or with `negated` not given (FR3.45)."""
    shown = escape(name, {'"': "&quot;"})
    batch = f"<lotNumberText>{lot}</lotNumberText>" if lot else ""
    return (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="{"true" if negated else "false"}">'
        + _ids("2.16.840.1.113883.10.20.1.24", "1.3.6.1.4.1.19376.1.5.3.1.4.12", "1.2.250.1.213.1.1.3.45")
        + f'<id root="{make.uuid()}"/><code code="IMMUNIZ" codeSystem="2.16.840.1.113883.5.4"/>'
        f'<text>{_ref(anchor)}</text><statusCode code="completed"/><effectiveTime value="{when}"/>'
        '<consumable><manufacturedProduct classCode="MANU">'
        + _ids("2.16.840.1.113883.10.20.1.53", "1.3.6.1.4.1.19376.1.5.3.1.4.7.2", "1.2.250.1.213.1.1.3.43")
        + f"<manufacturedMaterial>{coded('code', atc, ATC, name, anchor)}<name>{shown}</name>{batch}"
        "</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>"
    )


def family_history(make: Entries, code: str, display: str, anchor: str, relative: str, relative_text: str) -> str:
    """A disease of a relative (FR3.51) in the relative's organizer (FR3.59): never the patient's own."""
    return (
        '<organizer classCode="CLUSTER" moodCode="EVN">'
        + _ids("2.16.840.1.113883.10.20.1.23", "1.3.6.1.4.1.19376.1.5.3.1.4.15", "1.2.250.1.213.1.1.3.59")
        + f'<id root="{make.uuid()}"/><statusCode code="completed"/><subject typeCode="SBJ">'
        f'<relatedSubject classCode="PRS">{coded("code", relative, "2.16.840.1.113883.5.111", relative_text)}'
        '</relatedSubject></subject><component><observation classCode="OBS" moodCode="EVN">'
        + _ids("2.16.840.1.113883.10.20.1.22", "1.3.6.1.4.1.19376.1.5.3.1.4.13.3", "1.2.250.1.213.1.1.3.51")
        + f'<id root="{make.uuid()}"/><code code="282291009" displayName="interprétation diagnostique" '
        f'codeSystem="{SNOMED}"/><text>{_ref(anchor)}</text><statusCode code="completed"/>'
        '<effectiveTime nullFlavor="UNK"/>'
        f"{coded('value', code, CIM10, display, anchor, 'CD')}</observation></component></organizer>"
    )


def vitals(make: Entries, signs: list[tuple[str, str, str, str, str]], when: str) -> str:
    """Vital signs (FR3.49); each sign is (LOINC, label, value, UCUM unit, anchor)."""
    parts = []
    for loinc, label, value, unit, anchor in signs:
        parts.append(
            '<component typeCode="COMP"><observation classCode="OBS" moodCode="EVN">'
            + _ids(
                "2.16.840.1.113883.10.20.1.31",
                "1.3.6.1.4.1.19376.1.5.3.1.4.13",
                "1.3.6.1.4.1.19376.1.5.3.1.4.13.2",
                "1.2.250.1.213.1.1.3.50",
            )
            + f'<id root="{make.uuid()}"/>{coded("code", loinc, LOINC, label)}<text>{_ref(anchor)}</text>'
            f'<statusCode code="completed"/><effectiveTime value="{when}"/>'
            f'<value xsi:type="PQ" value="{value}" unit="{unit}"/></observation></component>'
        )
    return (
        '<organizer classCode="CLUSTER" moodCode="EVN">'
        + _ids(
            "2.16.840.1.113883.10.20.1.32",
            "2.16.840.1.113883.10.20.1.35",
            "1.3.6.1.4.1.19376.1.5.3.1.4.13.1",
            "1.2.250.1.213.1.1.3.49",
        )
        + f'<id root="{make.uuid()}"/>{coded("code", "85353-1", LOINC, "Signes vitaux")}<statusCode code="completed"/>'
        f'<effectiveTime value="{when}"/>{"".join(parts)}</organizer>'
    )


def quantity(value: str, unit: str, sign: str | None) -> str:
    """PQ, or for a censored value an IVL_PQ with its only bound."""
    if sign == "<":
        return f'<value xsi:type="IVL_PQ"><high value="{value}" unit="{unit}" inclusive="false"/></value>'
    if sign == ">":
        return f'<value xsi:type="IVL_PQ"><low value="{value}" unit="{unit}" inclusive="false"/></value>'
    return f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>'


def result(
    loinc: str,
    label: str,
    anchor: str,
    when: str,
    value: str,
    mark: str | None,
    low: float | None,
    high: float | None,
    unit: str,
    prior: tuple[str, str] | None,
) -> str:
    """A laboratory result (FR3.80); `value` and `prior` (value element, date) are XML; prior has no templateId."""
    bounds = ""
    if low is not None or high is not None:
        lowest = f'<low value="{low:g}" unit="{unit}"/>' if low is not None else ""
        highest = f'<high value="{high:g}" unit="{unit}"/>' if high is not None else ""
        bounds = (
            '<referenceRange typeCode="REFV"><observationRange classCode="OBS" moodCode="EVN.CRT">'
            f'<value xsi:type="IVL_PQ">{lowest}{highest}</value>'
            '<interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/></observationRange></referenceRange>'
        )
    before = ""
    if prior is not None:
        before = (
            '<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">'
            f'{coded("code", loinc, LOINC, label)}<statusCode code="completed"/>'
            f'<effectiveTime value="{prior[1]}"/>{prior[0]}</observation></entryRelationship>'
        )
    judged = f'<interpretationCode code="{mark}" codeSystem="2.16.840.1.113883.5.83"/>' if mark else ""
    return (
        '<observation classCode="OBS" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.3.1.6", "1.2.250.1.213.1.1.3.80")
        + f'{coded("code", loinc, LOINC, label, anchor)}<statusCode code="completed"/><effectiveTime value="{when}"/>'
        f"{value}{judged}{before}{bounds}</observation>"
    )


def laboratory_act(chapter: str, title: str, when: str, observations: list[str]) -> str:
    """The entry of a chapter (FR3.21): specimen (FR3.77), then a battery (FR3.78) of results."""
    components = "".join(f"<component>{each}</component>" for each in observations)
    return (
        '<entry typeCode="DRIV">'
        + _ids("1.3.6.1.4.1.19376.1.3.1", "1.2.250.1.213.1.1.3.21")
        + f'<act classCode="ACT" moodCode="EVN">{coded("code", chapter, LOINC, title)}<statusCode code="completed"/>'
        '<entryRelationship typeCode="COMP"><procedure classCode="PROC" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.3.1.2", "1.2.250.1.213.1.1.3.77")
        + '<code code="9050" displayName="Ponction veineuse" codeSystem="1.2.250.1.213.2.7"/>'
        f'<effectiveTime value="{when}"/><participant typeCode="PRD"><participantRole classCode="SPEC"><playingEntity>'
        '<code code="BLD" displayName="Sang" codeSystem="2.16.840.1.113883.18.311"/></playingEntity></participantRole>'
        "</participant></procedure></entryRelationship>"
        '<entryRelationship typeCode="COMP"><organizer classCode="BATTERY" moodCode="EVN">'
        + _ids("1.3.6.1.4.1.19376.1.3.1.4", "1.2.250.1.213.1.1.3.78")
        + f'<statusCode code="completed"/><effectiveTime value="{when}"/>{components}</organizer></entryRelationship>'
        "</act></entry>"
    )
