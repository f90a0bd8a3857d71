"""The one shape every reader returns: a `Document` with its header, text, places and facts.

Belongs here: the data model shared by readers, semantics, identity and OMOP, and its JSON contract
(`to_contract`, one line of `limpide structure`). Does not belong here: any parsing or any rule.

Offsets are character offsets into `Document.text`, half-open. Absent is None; nothing is invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from limpide.formats import Format as Format

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Origin = Literal["coded", "nlp"]
Kind = Literal[
    "condition",
    "drug",
    "measurement",
    "vital",
    "procedure",
    "device",
    "allergy",
    "immunization",
    "observation",
    "family_history",
    "encounter",
]


class Action(StrEnum):
    """What the sender asks for (ORC-1 / OBX-11 in HL7 v2, RPLC in CDA and XDS)."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    NONE = "none"  # a message that carries no document (ACK, ADT, ORM): accounted for, nothing to publish


@dataclass(slots=True)
class Code:
    """A code as the source wrote it. `system` is an OID, a URI or a short name ('CIM-10', 'ATC', 'LOINC')."""

    code: str
    system: str | None = None
    display: str | None = None
    score: float | None = None


@dataclass(slots=True)
class Identifier:
    """An identifier with its assigning authority (OID)."""

    value: str
    system: str | None = None


@dataclass(slots=True)
class Patient:
    """The patient of the header. Identities: never leaves the vault side, never stored in the warehouse."""

    ins: str | None = None
    ins_system: str | None = None
    identifiers: list[Identifier] = field(default_factory=list)  # every id, the INS included, in document order
    family_birth: str | None = None
    family_used: str | None = None
    given: list[str] = field(default_factory=list)
    birth_date: str | None = None  # ISO, as precise as stated: '1972' or '1979-03-28'
    birth_place: str | None = None  # INSEE COG code
    sex: str | None = None  # 'F', 'M', 'UN'
    addresses: list[str] = field(default_factory=list)
    telecoms: list[str] = field(default_factory=list)
    reliability: str | None = None  # PID-32 / INS status where stated


@dataclass(slots=True)
class Author:
    """An author or performer. `rpps` is the identifier as written (prefix kept)."""

    rpps: str | None = None
    family: str | None = None
    given: str | None = None
    specialty: Code | None = None
    organization: str | None = None
    time: str | None = None


@dataclass(slots=True)
class CareSite:
    """The establishment that keeps the document. `finess` is the identifier as written."""

    finess: str | None = None
    name: str | None = None
    address: str | None = None
    telecoms: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Encounter:
    """The encounter documented. `klass` is AMB, IMP, EMER, VR, EXTERNE, SEANCE or None."""

    id: str | None = None
    klass: str | None = None
    start: str | None = None
    end: str | None = None
    facility: Code | None = None
    discharge: Code | None = None


@dataclass(slots=True)
class Header:
    """Who, when, what, where, and the version chain. Dates are ISO 8601 with offset where one is known."""

    document_id: str | None = None  # XDS uniqueId: 'root^extension' or 'root'
    set_id: str | None = None
    version: int | None = None
    replaces: list[str] = field(default_factory=list)
    action: Action = Action.CREATE
    type_code: str | None = None
    type_system: str | None = None
    type_display: str | None = None
    title: str | None = None
    language: str | None = None
    effective_time: str | None = None
    zone_assumed: bool = False  # no offset was written: Europe/Paris assumed
    confidentiality: list[str] = field(default_factory=list)  # N, R, V, MASQUE_PS, INVISIBLE_PATIENT...
    template_ids: list[str] = field(default_factory=list)
    patient: Patient = field(default_factory=Patient)
    also_patients: list[Patient] = field(default_factory=list)  # whom else it, or what carries it, says it is about
    authors: list[Author] = field(default_factory=list)
    care_site: CareSite = field(default_factory=CareSite)
    encounter: Encounter = field(default_factory=Encounter)
    people: list[str] = field(default_factory=list)  # names of everybody else named in the header (for masking)
    orders: list[str] = field(default_factory=list)  # inFulfillmentOf ids, accession numbers
    sender: str | None = (
        None  # application or server that gave the ids: those that are not unique anywhere count for it
    )


@dataclass(slots=True)
class Page:
    """One page of a paged document: text[start:end], size in points, one box a character.

    `boxes`: float32 array (end - start, 4), x0 y0 x1 y1 in points from the top-left corner; NaN rows for
    characters that we inserted (line ends). None for documents without geometry.
    `confidences`: float32 array (end - start,), 0..1, for pages read by OCR.
    """

    number: int
    start: int
    end: int
    width: float | None = None
    height: float | None = None
    boxes: NDArray[np.float32] | None = None
    confidences: NDArray[np.float32] | None = None


@dataclass(slots=True)
class Section:
    """A section of the text, in document order; `furniture` marks page headers and footers."""

    code: str | None
    system: str | None
    title: str | None
    start: int
    end: int
    depth: int = 0
    template_ids: list[str] = field(default_factory=list)
    has_entries: bool = False
    furniture: bool = False


@dataclass(slots=True)
class Fact:
    """One dated, coded, reversible statement.

    `entry` says where it comes from: the XPath-like path of the coded entry, or the rule / terminology entry.
    """

    kind: Kind
    origin: Origin
    start: int | None = None
    end: int | None = None
    text: str | None = None
    code: str | None = None
    system: str | None = None
    display: str | None = None
    translations: list[Code] = field(default_factory=list)
    candidates: list[Code] = field(default_factory=list)
    value: float | None = None
    value_text: str | None = None
    value_code: Code | None = None
    comparator: str | None = None
    unit: str | None = None
    range_low: float | None = None
    range_high: float | None = None
    flag: str | None = None  # interpretation code: N, H, L, HH, S, I, R...
    time_start: str | None = None
    time_end: str | None = None
    date_origin: str | None = None  # 'document': no date of its own, the document tells of one day
    negated: bool = False
    hypothetical: bool = False
    family: bool = False
    relative: str | None = None  # HL7 RoleCode (FTH, MTH, SIB...) where the text or the entry says who
    history: bool = False
    planned: bool = False
    conditional: bool = False
    reported: bool = False
    prior: bool = False
    dose: float | None = None
    dose_unit: str | None = None
    strength: str | None = None
    route: str | None = None
    frequency: str | None = None
    duration: str | None = None
    daily_dose: float | None = None
    daily_dose_unit: str | None = None  # UCUM; of the substance when the strength is known, else of forms
    quantity: float | None = None
    prn: bool = False  # "si besoin": taken when needed, not every day
    certainty: str | None = None
    status: str | None = None
    severity: str | None = None
    side: str | None = None  # left, right, bilateral
    lot: str | None = None
    serial: str | None = None
    udi: str | None = None
    specimen: str | None = None
    comment: str | None = None  # of the laboratory, on this result (NTE)
    section: str | None = None  # section code
    section_index: int | None = None
    entry: str | None = None
    role: str | None = None  # 'reaction', 'sub_dosage', 'prior'...: how the entry stands to its parent
    rule: str | None = None
    confidence: float | None = None
    ocr_confidence: float | None = None  # of the least sure character it rests on; None off scanned pages
    engine: str | None = None  # 'limpide-rules 0.1.0'
    page: int | None = None


@dataclass(slots=True)
class Attachment:
    """A document embedded in another that is not read as one (PDF copy, image): kept, counted, not published twice."""

    media_type: str | None
    sha256: str
    size: int
    title: str | None = None
    data: bytes | None = None


@dataclass(slots=True)
class Event:
    """What a message says of a person rather than of a document.

    `kind`: 'opposition_feeding' (ZFA-9: nothing may be added), 'opposition_consultation' (ZFA-11), 'merge' (ADT A40).
    `value`: as written (IO, INO, NA; IC, INC, NA); for a merge, None and `identifiers` are those that disappear.
    """

    kind: Literal["opposition_feeding", "opposition_consultation", "merge"]
    value: str | None = None
    time: str | None = None
    identifiers: list[Identifier] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """What a reader returns: one document, read whole, or set aside with a reason."""

    path: str
    sha256: str  # of the bytes of this document
    container_sha256: str | None = None  # of the file that held it, when it is not the file itself
    status: Literal["ok", "quarantined"] = "ok"
    reason: str | None = None  # a member of limpide.errors.Reason
    detail: str | None = None  # English, never a value from the document
    format: str = Format.UNKNOWN
    header: Header = field(default_factory=Header)
    # What no header states and the text does, and where: {'effective_time': (120, 130), 'encounter.start': (80, 90)}
    read_in_text: dict[str, tuple[int, int]] = field(default_factory=dict)
    text: str = ""
    pages: list[Page] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)  # ids of the results or resources it is made of, if it has no own id
    same_as: str | None = None  # sha256 of the richer document of the same report in the same message (N1 beside N3)


# fmt: off
FACT_CONTRACT = (
    "kind", "origin", "start", "end", "text", "code", "system", "value", "value_text", "comparator", "unit",
    "range_low", "range_high", "time_start", "time_end", "date_origin", "negated", "hypothetical", "family", "history",
    "planned", "prior", "dose", "dose_unit", "route", "frequency", "certainty", "section", "page", "relative",
    "conditional", "reported", "flag", "status", "severity", "strength", "duration", "daily_dose", "daily_dose_unit",
    "quantity", "prn", "side",
    "lot", "serial", "udi", "specimen", "comment", "entry", "rule", "confidence", "engine", "role",
)
# fmt: on


def _code(code: Code) -> dict[str, Any]:
    out: dict[str, Any] = {"code": code.code, "system": code.system}
    if code.score is not None:
        out["score"] = round(code.score, 4)
    return out


def fact_to_contract(fact: Fact) -> dict[str, Any]:
    """One fact as the JSON contract wants it; keys beyond the contract's own follow it."""
    out: dict[str, Any] = {name: getattr(fact, name) for name in FACT_CONTRACT}
    out["translations"] = [_code(c) for c in fact.translations]
    out["candidates"] = [_code(c) for c in fact.candidates]
    return out


def to_contract(document: Document) -> dict[str, Any]:
    """One line of `limpide structure`. Holds identities: a local tool on the user's own file, never stored.

    `sections` are those that the document is made of. A CDA N1 has none: the ones read in the text of what it wraps
    stand apart, in `text_sections`.
    """
    head = document.header
    sections = [
        {"code": s.code, "system": s.system, "title": s.title, "start": s.start, "end": s.end}
        for s in document.sections
    ]
    wraps = document.format == Format.CDA_N1
    patient, encounter = head.patient, head.encounter
    author = head.authors[0] if head.authors else Author()
    return {
        "path": document.path,
        "sha256": document.sha256,
        "container_sha256": document.container_sha256,
        "status": document.status,
        "reason": document.reason,
        "detail": document.detail,
        "format": str(document.format),
        "header": {
            "document_id": head.document_id,
            "set_id": head.set_id,
            "version": head.version,
            "replaces": head.replaces,
            "action": str(head.action),
            "type_code": head.type_code,
            "type_system": head.type_system,
            "title": head.title,
            "effective_time": head.effective_time,
            "confidentiality": head.confidentiality,
            "patient": {
                "ins": patient.ins,
                "ins_system": patient.ins_system,
                "birth_date": patient.birth_date,
                "sex": patient.sex,
            },
            "author": {"rpps": author.rpps},
            "care_site": {"finess": head.care_site.finess},
            "encounter": {"class": encounter.klass, "start": encounter.start, "end": encounter.end},
        },
        "read_in_text": {name: list(place) for name, place in document.read_in_text.items()},
        "text": document.text,
        "pages": [{"number": p.number, "start": p.start, "end": p.end} for p in document.pages],
        "sections": [] if wraps else sections,
        "facts": [fact_to_contract(f) for f in document.facts],
        "warnings": document.warnings,
        "text_sections": sections if wraps else [],
    }
