"""Structured results of an ORU^R01: OBX of types NM, SN, ST, CE, CWE as coded measurements.

Belongs here: OBX as facts, and the text that shows them. Does not belong here: documents carried in an OBX.
Source: HL7 v2.5 chapter 7 (OBX-3 test, OBX-5 value, OBX-6 unit, OBX-7 range, OBX-8 flag, OBX-11 status, OBX-14 time).
"""

from __future__ import annotations

import re

from limpide.document import Action, Code, Document, Fact, Format, Header
from limpide.readers.hl7v2_segments import Message, Segment, iso_time
from limpide.readers.origin import Origin

# OBR-25 and OBX-11 (HL7 tables 0123, 0085): the same order is told again, first in part, then whole, then corrected.
_VERSIONS = {"P": 1, "F": 2, "C": 3}
_SYSTEMS = {"LN": "LOINC", "SCT": "SNOMED CT", "NABM": "NABM"}
_RANGE = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)\s*[-–]\s*(-?\d+(?:[.,]\d+)?)\s*")
_NUMBER = re.compile(r"\s*([<>]=?|≤|≥)?\s*(-?\d+(?:[.,]\d+)?)\s*")


def results(message: Message, origin: Origin, header: Header) -> Document | None:
    """The document that the structured results of an ORU make, or None when it states none."""
    if message.first("MSH").component(9, 1) != "ORU":
        return None
    facts: list[Fact] = []
    lines: list[str] = []
    position = 0
    taken: str | None = None
    for segment in message.segments:
        if segment.name == "OBR":
            taken = iso_time(segment.component(7, 1))[0]
        if segment.name != "OBX" or segment.field(2) not in ("NM", "SN", "ST", "CE", "CWE", "TX", "FT"):
            continue
        if segment.component(3, 3) in ("MetaDMPMSS", "TLR_OBSERVATION") or not segment.field(5):
            continue
        if segment.field(11) in ("D", "X", "W"):
            continue
        fact, line = _fact(segment, taken)
        fact.start, fact.end, fact.text = position, position + len(line), line
        facts.append(fact)
        lines.append(line)
        position += len(line) + 1
    if not facts:
        return None
    told = {message.first("OBR").field(25), *(fact.status for fact in facts)}
    own = Header(
        action=Action.REPLACE if "C" in told else Action.CREATE,
        version=_VERSIONS.get("C" if "C" in told else message.first("OBR").field(25)),
        document_id=message.first("OBR").component(3, 1) or message.first("MSH").field(10) or None,
        type_code="11502-2",
        type_system="2.16.840.1.113883.6.1",
        effective_time=taken or header.effective_time,
        zone_assumed=header.zone_assumed,
        patient=header.patient,
        care_site=header.care_site,
        encounter=header.encounter,
        people=header.people,
    )
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HL7V2),
        header=own,
        text="\n".join(lines) + "\n",
        facts=facts,
    )


def _fact(obx: Segment, taken: str | None) -> tuple[Fact, str]:
    name, unit = obx.component(3, 2) or obx.component(3, 1), obx.component(6, 1)
    shown = obx.component(5, 2) if obx.field(2) in ("CE", "CWE") else " ".join(obx.components(5))
    fact = Fact(
        kind="measurement",
        origin="coded",
        code=obx.component(3, 1) or None,
        system=_SYSTEMS.get(obx.component(3, 3), obx.component(3, 3) or None),
        display=obx.component(3, 2) or None,
        unit=unit or None,
        flag=obx.component(8, 1) or None,
        time_start=iso_time(obx.component(14, 1))[0] or taken,
        status=obx.field(11) or None,
        entry=f"OBX[{obx.field(1)}]",
    )
    if obx.field(2) in ("CE", "CWE"):
        fact.value_code = Code(obx.component(5, 1), _SYSTEMS.get(obx.component(5, 3), obx.component(5, 3) or None))
        fact.value_text = shown or obx.component(5, 1)
    elif found := _NUMBER.fullmatch("".join(obx.components(5)) if obx.field(2) == "SN" else obx.component(5, 1)):
        fact.comparator, fact.value = found.group(1), float(found.group(2).replace(",", "."))
    else:
        fact.value_text = shown
    if span := _RANGE.fullmatch(obx.field(7)):
        fact.range_low, fact.range_high = (float(g.replace(",", ".")) for g in span.groups())
    elif (bound := _NUMBER.fullmatch(obx.field(7))) and bound.group(1):  # '< upper', '> lower' (HL7 v2.5, 7.4.2.7)
        if bound.group(1)[0] in "<≤":
            fact.range_high = float(bound.group(2).replace(",", "."))
        else:
            fact.range_low = float(bound.group(2).replace(",", "."))
    return fact, " ".join(filter(None, (f"{name} :", shown, unit, f"({obx.field(7)})" if obx.field(7) else "")))
