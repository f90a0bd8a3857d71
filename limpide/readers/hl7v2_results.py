"""Results and reports that stand in the segments of an HL7 v2 message: OBX, with their orders, specimens, comments.

Belongs here: OBX, NTE, OBR and SPM as facts and as text. Does not belong here: documents carried in an OBX, movements.
Sources: HL7 v2.5 chapters 2 (data types) and 7 (OBX-3 test, -5 value, -6 unit, -7 range, -8 flag, -11 status, -14
time; OBR-24 section, table 0074; SPM-4 specimen; OUL^R22: the specimen comes before its orders).

A value is a result: a coded fact, and the line of text that shows it. Words are a report: text, read by the engine like
any other. Radiology and pathology send their reports as OBX too, a line or a paragraph each.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from limpide.document import Action, Code, Document, Fact, Format, Header
from limpide.readers.hl7v2_segments import Message, Repetition, Segment, iso_time
from limpide.readers.origin import Origin

# OBR-25 and OBX-11 (HL7 tables 0123, 0085): the same order is told again, first in part, then whole, then corrected.
_VERSIONS = {"P": 1, "F": 2, "C": 3}
_SYSTEMS = {
    "LN": "LOINC", "LOINC": "LOINC", "SCT": "SNOMED CT", "NABM": "NABM", "CIM10": "CIM-10", "CIM-10": "CIM-10",
    "CIM 10": "CIM-10", "ICD10": "CIM-10", "ICD-10": "CIM-10", "I10": "CIM-10", "CCAM": "CCAM", "ATC": "ATC",
    "ADICAP": "ADICAP", "CIS": "CIS", "CIP": "CIP", "UCD": "UCD",
}  # fmt: skip
_LOINC = "2.16.840.1.113883.6.1"
_LAB_REPORT, _IMAGING_REPORT, _PATHOLOGY_REPORT = "11502-2", "18748-4", "11526-1"
_IMAGING = {"RAD", "RX", "CT", "CTH", "NMR", "MR", "MRI", "NMS", "RUS", "OUS", "VUS", "CUS", "XRC", "US", "IMG"}
_PATHOLOGY = {"SP", "CP", "PAT", "ACP"}  # surgical pathology, cytopathology
_NOT_RESULTS = ("MetaDMPMSS", "TLR_OBSERVATION")
_LEFT_OUT = {"D", "X", "W"}
_STATUSES = set("CDFINOPRSUWX")
_CODED = {"CE", "CWE", "CNE", "CF"}
_DATES = {"DT", "TS", "DTM"}
_WORDS = {"TX", "FT"}
_CARRIED = {"ED"}
_RANGE = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)\s*(?:[-–]|à)\s*(-?\d+(?:[.,]\d+)?)\s*")
_NUMBER = re.compile(r"\s*([<>]=?|≤|≥)?\s*([-+]?\d+(?:[.,]\d+)?)\s*")
_SHORT = 60  # characters of a value; more is prose
COMMENT = "Commentaire : "


def system_of(written: str) -> str | None:
    """The short name of a coding system of HL7 table 0396, else as written."""
    return _SYSTEMS.get(written.upper(), written or None)


def codes_of(coded: Segment, number: int) -> list[Code]:
    """The codes of a CE or CWE field, the reference terminology before the local code that it was an alternate of."""
    first = coded.repetitions(number)[:1]
    return _codes(first[0]) if first else []


def _codes(coded: Repetition) -> list[Code]:
    found = []
    for at in (1, 4):
        if coded.component(at):
            system = system_of(coded.component(at + 2))
            found.append(Code(coded.component(at), system, coded.component(at + 1) or None))
    known = set(_SYSTEMS.values())
    return sorted(found, key=lambda code: code.system not in known)  # stable: the first of two stays first


@dataclass(slots=True)
class _Page:
    """The text as it grows, and the facts that stand on it."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    facts: list[Fact] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    last: Fact | None = None  # whom a comment is about
    heading: tuple[str, str] = ("", "")

    def line(self, text: str) -> tuple[int, int]:
        start = self.length
        self.parts.append(text + "\n")
        self.length += len(text) + 1
        return start, start + len(text)

    def result(self, fact: Fact, text: str) -> None:
        fact.start, fact.end = self.line(text)
        fact.text = text
        self.facts.append(fact)
        self.last = fact
        self.heading = ("", "")

    def comment(self, words: str) -> None:
        """A comment stands below its result, and on it; the engine reads it like any words."""
        self.line(COMMENT + words)
        if self.last is not None:
            self.last.comment = "\n".join(filter(None, (self.last.comment, words)))


@dataclass(slots=True)
class _Order:
    """What an OBR says of the results below it."""

    title: str = ""
    taken: str | None = None
    section: str = ""
    specimen: str | None = None
    facts: int = 0  # of the page when it began
    document: bool | None = None  # of an MDM: whether it carries its document; None for results
    told: frozenset[str] = frozenset()  # OBX-3 of the message that several lines of words share: a report


def results(message: Message, origin: Origin, header: Header, beside: bool = False) -> Document | None:
    """The document that results and report lines make, or None when there is none; `beside`: others are carried."""
    page = _Page()
    of_document = beside if message.first("MSH").component(9, 1) == "MDM" else None
    order = _Order(told=_told(message), document=of_document)
    titles = [label for obr in message.all("OBR") if (label := _label(obr, 4))]
    specimen: str | None = None
    observed = False
    for segment in message.segments:
        if segment.name == "SPM":
            specimen = _label(segment, 4) or None
            for fact in page.facts[order.facts :]:
                fact.specimen = fact.specimen or specimen
            if message.first("MSH").component(9, 1) != "OUL":
                specimen = None
        elif segment.name == "OBR":
            before = order.told
            order = _Order(_label(segment, 4), iso_time(segment.component(7, 1))[0], segment.component(24, 1).upper())
            order.specimen, order.facts, order.told = segment.component(15, 1) or specimen, len(page.facts), before
            order.document = of_document
            page.last, page.heading = None, ("", "")
            if len(set(titles)) > 1 and order.title:
                page.line(order.title)
        elif segment.name == "OBX":
            observed = _observe(segment, order, page) or observed
        elif segment.name == "NTE" and (words := _words(segment, 3)):
            page.comment(words)
            observed = True  # some senders write the whole report in NTE
    if not observed:
        return None
    return _document(message, origin, header, page, order, beside)


def _told(message: Message) -> frozenset[str]:
    """The codes under which words go on from line to line; in an MDM every line is of its report."""
    lines = [obx.raw(3) for obx in message.all("OBX") if obx.field(2).upper() in ("TX", "FT", "")]
    if message.first("MSH").component(9, 1) == "MDM":
        return frozenset(lines)
    return frozenset(code for code, count in Counter(lines).items() if count > 1 and code)


def _document(
    message: Message, origin: Origin, header: Header, page: _Page, order: _Order, beside: bool
) -> Document | None:
    obr, kind = message.first("OBR"), message.first("MSH").component(9, 1)
    told = {obr.field(25), *(fact.status for fact in page.facts)}
    own = Header(
        action=Action.REPLACE if "C" in told else Action.CREATE,
        version=_VERSIONS.get("C" if "C" in told else obr.field(25)),
        document_id=obr.component(3, 1) or message.first("MSH").field(10) or None,
        effective_time=iso_time(obr.component(7, 1))[0] or header.effective_time,
        zone_assumed=header.zone_assumed,
        language=header.language,
        patient=header.patient,
        authors=header.authors,
        care_site=header.care_site,
        encounter=header.encounter,
        people=header.people,
        sender=header.sender,
    )
    _type(message, own, page, order)
    if kind == "MDM":
        _as_document(message, own)
    if beside and own.document_id:
        own.document_id = f"{own.document_id}/OBX"  # the document carried bears the id
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HL7V2),
        header=own,
        text="".join(page.parts),
        facts=page.facts,
        warnings=page.warnings,
        parts=_parts(message),
    )


def _parts(message: Message) -> list[str]:
    """What the results of a message are: each test of each panel, once more each time it is told again; those that are
    cancelled too, since they are told. The lines of a report are one."""
    panel, found = "", []
    seen: Counter[str] = Counter()
    for segment in message.segments:
        if segment.name == "OBR":
            panel = segment.component(4, 1) or segment.component(4, 2)
        elif segment.name == "OBX" and segment.component(3, 3) not in _NOT_RESULTS:
            test = f"{panel}/{segment.component(3, 1) or segment.component(3, 2)}/{segment.field(4)}"
            words = segment.field(2).upper() in (*_WORDS, "")
            seen[test] += 1
            found.append(test if words else f"{test}/{seen[test]}")
    return found


def _type(message: Message, own: Header, page: _Page, order: _Order) -> None:
    """A laboratory report, an imaging or pathology report, or what the order or TXA-2 is coded as."""
    codes = codes_of(message.first("OBR"), 4)
    own.type_system = _LOINC
    if order.section in _IMAGING:
        own.type_code = _IMAGING_REPORT
    elif order.section in _PATHOLOGY:
        own.type_code = _PATHOLOGY_REPORT
    elif page.facts:
        own.type_code = _LAB_REPORT
    elif codes and codes[0].system == "LOINC":
        own.type_code, own.type_display = codes[0].code, codes[0].display
    else:
        own.type_system = None
        own.type_display = codes[0].display if codes else None
    own.title = order.title or None if not page.facts else None


def _as_document(message: Message, own: Header) -> None:
    """An MDM whose report stands in OBX lines is a document: TXA names it, its trigger says what becomes of it."""
    txa, trigger = message.first("TXA"), message.first("MSH").component(9, 2)
    own.document_id = txa.component(12, 1) or own.document_id
    kind = codes_of(txa, 2)
    if kind and own.type_code is None:
        own.type_code, own.type_display, own.type_system = kind[0].code, kind[0].display, kind[0].system
        if kind[0].system == "LOINC":
            own.type_system = _LOINC
    if trigger in ("T10", "T09"):
        own.action = Action.REPLACE
        own.replaces = [txa.component(13, 1)] if txa.component(13, 1) else []
    elif trigger in ("T04", "T11"):
        own.action = Action.DELETE


def _observe(obx: Segment, order: _Order, page: _Page) -> bool:
    """One OBX as a result or as words of a report; False when it is neither."""
    kind = obx.field(2).upper()
    if obx.component(3, 3) in _NOT_RESULTS or kind in _CARRIED or not obx.field(5):
        return False
    if kind == "RP":
        if not obx.component(5, 5):
            page.warnings.append("OBX of type RP: the document is elsewhere")
        return False
    if _status(obx) in _LEFT_OUT:
        page.warnings.append("result deleted or not obtained (OBX-11), left out")
        return False
    if order.document is not None and (order.document or kind not in ("TX", "FT", "", "ST")):
        return False  # of an MDM that carries its document, and whatever is coded in one, describe the document
    if _is_report(obx, kind, order):
        name, words = obx.component(3, 2) or obx.component(3, 1), _words(obx, 5)
        heading = (name, obx.field(4))
        page.last = None
        if name and heading != page.heading and name != order.title:
            page.line(name)
        page.heading = heading
        page.line(words)
        return True
    fact, line = _fact(obx, kind, order)
    page.result(fact, line)
    return True


def _is_report(obx: Segment, kind: str, order: _Order) -> bool:
    """Words rather than a value: long, or of an imaging or pathology order, or of nothing that is coded."""
    if kind in _CODED or kind in _DATES or kind in ("NM", "SN", "TM", "IS", "ID"):
        return False
    words = _words(obx, 5)
    if _NUMBER.fullmatch(words):
        return False
    if len(words) > _SHORT or "\n" in words or order.section in _IMAGING | _PATHOLOGY or obx.raw(3) in order.told:
        return True
    if kind in _WORDS or not kind:
        return not any(code.system in ("LOINC", "NABM") for code in codes_of(obx, 3))
    return False


def _words(segment: Segment, number: int) -> str:
    """A field of text: its repetitions are its lines."""
    lines = [segment.syntax.unescape(one.raw.strip()) for one in segment.repetitions(number)]
    return "\n".join(lines).strip("\n")


def _status(obx: Segment) -> str:
    """OBX-11. Some senders write it a field late, where a date should stand (OBX-12)."""
    late = obx.field(12).upper()
    return obx.field(11) or (late if late in _STATUSES else "")


def _label(segment: Segment, number: int) -> str:
    return next((code.display or code.code for code in codes_of(segment, number)), segment.component(number, 2))


def _fact(obx: Segment, kind: str, order: _Order) -> tuple[Fact, str]:
    name, unit = obx.component(3, 2) or obx.component(3, 5) or obx.component(3, 1), obx.component(6, 1)
    codes = codes_of(obx, 3)
    first = codes[0] if codes else None
    fact = Fact(
        kind="observation" if kind in _DATES or kind == "TM" else "measurement",
        origin="coded",
        code=first.code if first else None,
        system=first.system if first else None,
        display=(first.display if first else None) or name or None,
        translations=codes[1:],
        unit=unit or None,
        flag=obx.component(8, 1) or None,
        time_start=iso_time(obx.component(14, 1))[0] or order.taken,
        status=_status(obx) or None,
        specimen=order.specimen,
        entry=f"OBX[{obx.field(1)}]",
    )
    shown = _value(fact, obx, kind)
    if span := _RANGE.fullmatch(obx.field(7)):
        fact.range_low, fact.range_high = (float(g.replace(",", ".")) for g in span.groups())
    elif (bound := _NUMBER.fullmatch(obx.field(7))) and bound.group(1):  # '< upper', '> lower' (HL7 v2.5, 7.4.2.7)
        if bound.group(1)[0] in "<≤":
            fact.range_high = float(bound.group(2).replace(",", "."))
        else:
            fact.range_low = float(bound.group(2).replace(",", "."))
    return fact, " ".join(filter(None, (f"{name} :", shown, unit, f"({obx.field(7)})" if obx.field(7) else "")))


def _value(fact: Fact, obx: Segment, kind: str) -> str:
    """The value of OBX-5 put on the fact, by its type; what of it is shown."""
    if kind in _CODED:
        every = [_codes(one) for one in obx.repetitions(5)]
        labels = [codes[0].display or codes[0].code for codes in every if codes] or [obx.component(5, 2)]
        fact.value_code = next((codes[0] for codes in every if codes), None)
        fact.value_text = ", ".join(filter(None, labels)) or None
        return fact.value_text or ""
    if kind in _DATES or kind == "TM":
        written = obx.component(5, 1)
        fact.value_text = (iso_time(written)[0] if kind != "TM" else _hour(written)) or written
        return fact.value_text
    if kind == "SN":
        comparator, first, separator, second = [*obx.components(5), "", "", "", ""][:4]
        if not second and (found := _NUMBER.fullmatch(comparator + first)):
            fact.comparator, fact.value = found.group(1), float(found.group(2).replace(",", "."))
        else:  # a titre ('1:128'), a span ('3-5'), a category ('3+')
            fact.value_text = "".join((comparator, first, separator, second)).strip()
        return " ".join(filter(None, obx.components(5)))
    shown = _words(obx, 5) if kind in ("", "TX", "FT", "ST") else " ".join(filter(None, obx.components(5)))
    if found := _NUMBER.fullmatch(obx.component(5, 1) if kind == "NM" else shown):
        fact.comparator, fact.value = found.group(1), float(found.group(2).replace(",", "."))
    else:
        fact.value_text = shown
    return shown


def _hour(written: str) -> str | None:
    found = re.match(r"(\d\d)(\d\d)", written)
    return f"{found[1]}:{found[2]}" if found else None


def single(obx: Segment) -> tuple[Fact, str] | None:
    """An OBX that stands outside any order (weight and height of an ADT) as a result; None for words and flags."""
    kind = obx.field(2).upper()
    if obx.component(3, 3) in _NOT_RESULTS or kind in (*_CARRIED, "RP") or not obx.field(5):
        return None
    if _status(obx) in _LEFT_OUT or _is_report(obx, kind, _Order()):
        return None
    return _fact(obx, kind, _Order())
