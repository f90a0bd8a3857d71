"""The DICOM door: PDF and CDA wrapped in DICOM, structured reports; images have no text and are refused by name.

Belongs here: encapsulated documents and SR (PS3.3 A.45, A.35), their patient. Does not belong here: pixels, which are
never read. pydicom is optional (`limpide[dicom]`) and imported here only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from limpide.document import Author, Code, Document, Fact, Format, Header, Identifier, Patient
from limpide.errors import Limits, Reason, Refused
from limpide.readers.carried import open_carried
from limpide.readers.origin import Origin

_ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
_REPORT = "1.2.840.10008.5.1.4.1.1.88."
_INS = {f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)}
_SYSTEMS = {"LN": "LOINC", "SCT": "SNOMED CT", "SRT": "SNOMED RT", "I10": "CIM-10"}
_NODES, _DEPTH = 20_000, 60
_SKIPPED = {"IMAGE", "WAVEFORM", "COMPOSITE", "SCOORD", "SCOORD3D", "TCOORD", "UIDREF"}


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The documents of a DICOM object. Raises `Refused` (NO_READER for images, MALFORMED, NO_TEXT)."""
    try:
        import pydicom
    except ModuleNotFoundError:
        raise Refused(Reason.NO_READER, "DICOM object: install limpide[dicom] to read it") from None
    try:
        dataset = pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
        kind = str(dataset.get("SOPClassUID", ""))
        if kind.startswith(_ENCAPSULATED):
            payload = bytes(dataset.get("EncapsulatedDocument", b"") or b"")
            length = dataset.get("EncapsulatedDocumentLength")
            payload = payload[: int(length)] if length else payload
            return open_carried(payload, origin, limits, _header(dataset), Format.DICOM)
        if kind.startswith(_REPORT):
            return [_report(dataset, origin, limits)]
    except Refused:
        raise
    except Exception as error:  # pydicom raises whatever its parts raise
        raise Refused(Reason.MALFORMED, f"a DICOM object that cannot be read ({type(error).__name__})") from None
    raise Refused(Reason.NO_READER, "DICOM image without text")


def _header(dataset: Any) -> Header:
    patient = Patient()
    issuer = _text(dataset, "IssuerOfPatientID")
    qualified = next(iter(dataset.get("IssuerOfPatientIDQualifiersSequence") or ()), None)
    authority = _text(qualified, "UniversalEntityID") if qualified is not None else None
    if number := _text(dataset, "PatientID"):
        patient.identifiers.append(Identifier(number, authority or issuer))
    for other in dataset.get("OtherPatientIDsSequence") or ():
        inner = next(iter(other.get("IssuerOfPatientIDQualifiersSequence") or ()), None)
        system = (_text(inner, "UniversalEntityID") if inner is not None else None) or _text(other, "IssuerOfPatientID")
        if number := _text(other, "PatientID"):
            patient.identifiers.append(Identifier(number, system))
    for one in patient.identifiers:
        if one.system in _INS and patient.ins is None:
            patient.ins, patient.ins_system = one.value, one.system
    name = str(dataset.get("PatientName", "") or "").split("=")[0].split("^")
    patient.family_birth = _text(dataset, "PatientBirthName") or name[0].strip() or None
    patient.family_used = name[0].strip() or None
    patient.given = [part for part in " ".join(name[1:3]).split() if part]
    patient.birth_date = _day(_text(dataset, "PatientBirthDate"))
    patient.sex = sex if (sex := _text(dataset, "PatientSex")) in ("F", "M") else None
    header = Header(
        patient=patient, title=_text(dataset, "DocumentTitle"), document_id=_text(dataset, "SOPInstanceUID")
    )
    header.effective_time = _day(_text(dataset, "ContentDate") or _text(dataset, "StudyDate"))
    header.care_site.name = _text(dataset, "InstitutionName")
    if accession := _text(dataset, "AccessionNumber"):
        header.orders.append(accession)
    for keyword in ("ReferringPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "OperatorsName"):
        held = dataset.get(keyword)
        for person in held if isinstance(held, list) or type(held).__name__ == "MultiValue" else [held]:
            words = " ".join(part for part in str(person or "").split("=")[0].split("^")[:2] if part)
            if words:
                header.people.append(words)
    return header


def _text(dataset: Any, keyword: str) -> str | None:
    value = dataset.get(keyword)
    return " ".join(str(value).split()) or None if value is not None else None


def _day(written: str | None) -> str | None:
    found = re.match(r"(\d{4})(\d\d)(\d\d)", written or "")
    return "-".join(found.groups()) if found else None


def _report(dataset: Any, origin: Origin, limits: Limits) -> Document:
    """A structured report: a line an item of content, measurements as facts."""
    header = _header(dataset)
    header.type_code, header.type_system = "18748-4", "2.16.840.1.113883.6.1"
    header.title = _meaning(dataset) or header.title
    for observer in dataset.get("VerifyingObserverSequence") or ():
        parts = [*str(observer.get("VerifyingObserverName", "")).split("=")[0].split("^"), "", ""]
        header.authors.append(Author(family=parts[0] or None, given=parts[1] or None))
    document = Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.DICOM),
        header=header,
    )
    parts_of_text: list[str] = []
    length = 0
    for line, fact in _items(dataset, 0, [0]):
        if fact is not None:
            fact.start, fact.end, fact.text = length, length + len(line), line
            fact.time_start = header.effective_time
            document.facts.append(fact)
        parts_of_text.append(line + "\n")
        length += len(line) + 1
        if length > limits.text_chars:
            raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    document.text = "".join(parts_of_text)
    if not document.text.strip():
        raise Refused(Reason.NO_TEXT, "a DICOM structured report without text")
    return document


def _meaning(item: Any, name: str = "ConceptNameCodeSequence") -> str | None:
    found = next(iter(item.get(name) or ()), None)
    return _text(found, "CodeMeaning") if found is not None else None


def _coded(item: Any, name: str) -> Code | None:
    found = next(iter(item.get(name) or ()), None)
    value = _text(found, "CodeValue") if found is not None else None
    if not value:
        return None
    system = _text(found, "CodingSchemeDesignator")
    return Code(value, _SYSTEMS.get(system or "", system), _text(found, "CodeMeaning"))


def _items(parent: Any, depth: int, seen: list[int]) -> Iterator[tuple[str, Fact | None]]:
    for item in parent.get("ContentSequence") or ():
        seen[0] += 1
        if seen[0] > _NODES or depth > _DEPTH:
            raise Refused(Reason.FORBIDDEN_CONSTRUCT, "a DICOM report nested too deep")
        kind, name = str(item.get("ValueType", "")), _meaning(item) or ""
        if kind == "NUM":
            yield from _measured(item, name)
        elif kind == "CONTAINER":
            if name:
                yield name, None
        elif kind not in _SKIPPED:
            shown = _shown(item, kind)
            if shown:
                yield (f"{name} : {shown}" if name else shown), None
        yield from _items(item, depth + 1, seen)


def _shown(item: Any, kind: str) -> str:
    if kind == "CODE":
        return _meaning(item, "ConceptCodeSequence") or ""
    if kind == "TEXT":
        return str(item.get("TextValue", "")).replace("\r\n", "\n").replace("\r", "\n").strip()
    keyword = {"DATE": "Date", "TIME": "Time", "DATETIME": "DateTime", "PNAME": "PersonName"}.get(kind, "")
    return str(item.get(keyword, "") or "").replace("^", " ").strip() if keyword else ""


def _measured(item: Any, name: str) -> Iterator[tuple[str, Fact | None]]:
    for value in item.get("MeasuredValueSequence") or ():
        number = _text(value, "NumericValue")
        unit = _coded(value, "MeasurementUnitsCodeSequence")
        if number is None:
            continue
        concept = _coded(item, "ConceptNameCodeSequence")
        shown = unit.code if unit and unit.code not in ("1", "{}") else ""
        line = " ".join(filter(None, (f"{name} :", number, shown)))
        try:
            fact = Fact("measurement", "coded", value=float(number), unit=shown or None, display=name or None)
        except ValueError:
            yield line, None
            continue
        if concept:
            fact.code, fact.system = concept.code, concept.system
        fact.entry = "ContentSequence"
        yield line, fact
