"""HPRIM Médecins 1.0 to 3.0: text files that laboratories and doctors send, each a header of twelve lines and a report.

Belongs here: the header, the report, the coded results (`****LAB****`, RES and TEX). Does not belong here: HPRIM Santé.
Source: "HPRIM Médecins, version 3.0, mars 1997": 1 number of the patient, 2 name, 3 first name, 4-5 address, 6 postal
code and town, 7 birth date, 8 social-security number, 9 number of the file, 10 its date, 11 sender, 12 addressee. RES
is label, code, nature, value, unit, low, high, flag, status, then value, unit, low, high in another unit.

The results say what the report says: what is read in a report that has them is not counted a second time.
"""

from __future__ import annotations

import re

from limpide.document import CareSite, Document, Fact, Format, Header, Identifier, Patient, Section
from limpide.errors import Limits, Reason, Refused
from limpide.readers.encodings import decoded
from limpide.readers.origin import Origin

_LINES = 12
_END, _END_OF_FILE, _RESULTS = (
    re.compile(rf"\*{{2,4}}{word}\*{{2,4}}[ \t]*") for word in ("FIN", "FINFICHIER", "LABO?")
)
_DAY = re.compile(r"(\d\d)[/.-]?(\d\d)[/.-]?(\d{4}|\d\d)(?!\d)|(\d{4})-(\d\d)-(\d\d)")
_NUMBER = re.compile(r"\s*([<>]=?)?\s*([-+]?\d+(?:[.,]\d+)?)\s*")
_LOINC = re.compile(r"(\d{1,5})-(\d)")
_SOCIAL = "1.2.250.1.213.1.4.13"  # the number of the insured, who may be a parent: never an INS
_PIVOT = 30  # years of two digits above it are of the last century


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The documents of a file, one after each `****FIN****`. Raises `Refused` (MALFORMED, TOO_LARGE, NO_TEXT)."""
    if len(data) > 4 * limits.text_chars:
        raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    text, warnings = decoded(data)
    parts = _parts(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if not parts:
        raise Refused(Reason.TRUNCATED, "HPRIM Médecins without its twelve lines")
    if len(parts) > limits.archive_members:
        raise Refused(Reason.TOO_LARGE, f"over {limits.archive_members} documents")
    documents = []
    for lines in parts:
        own = origin if len(parts) == 1 else origin.part("\n".join(lines).encode())
        documents.append(_document(lines, own))
    documents[0].warnings += warnings
    return documents


def _parts(lines: list[str]) -> list[list[str]]:
    """The lines of each document; blank lines between two are nobody's."""
    found: list[list[str]] = []
    current: list[str] = []
    for line in lines:
        if _END_OF_FILE.fullmatch(line):
            break
        if _END.fullmatch(line):
            found.append(current)
            current = []
        elif current or line.strip() or not found:
            current.append(line)
    if len(current) >= _LINES and any(map(str.strip, current)):
        found.append(current)
    return [part for part in found if len(part) >= _LINES]


def _document(lines: list[str], origin: Origin) -> Document:
    head, body = lines[:_LINES], lines[_LINES:]
    at = next((n for n, line in enumerate(body) if _RESULTS.fullmatch(line)), len(body))
    report = "\n".join(line.rstrip() for line in body[:at]).strip("\n")
    header = _header([line.strip() for line in head])
    document = Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.HPRIM_MEDECINS),
        header=header,
        text=report + "\n" if report else "",
    )
    _results(body[at + 1 :], document)
    if document.facts and report:
        document.sections.append(Section(None, None, None, 0, len(report), has_entries=True))
    if not document.text.strip():
        document.status, document.reason = "quarantined", str(Reason.NO_TEXT)
        document.detail = "HPRIM Médecins without a report"
    return document


def _header(head: list[str]) -> Header:
    header = Header(language="fr")
    patient = Patient(family_used=head[1] or None, given=[head[2]] if head[2] else [], birth_date=_day(head[6]))
    patient.identifiers = [Identifier(number) for number in (head[0],) if number.strip("0 ")]
    social = re.sub(r"[ .]", "", head[7])
    if re.fullmatch(r"[12]\d{4}(?:\d\d|2[AB])\d{6}(?:\d\d)?", social):
        patient.identifiers.append(Identifier(social, _SOCIAL))
    address = " ".join(filter(None, head[3:6]))
    patient.addresses = [address] if address else []
    header.patient = patient
    header.effective_time = _day(head[9])
    header.document_id = None
    header.orders = [head[8]] if head[8] else []
    header.care_site = CareSite(name=_name(head[10]))
    header.people = [name for name in (_name(head[10]), _name(head[11])) if name]
    return header


def _name(line: str) -> str | None:
    """What follows the code at the head of lines 11 and 12."""
    code, _, name = line.partition(" ")
    words = name.strip() if any(c.isdigit() for c in code) or len(code) <= 1 else line
    return words or None


def _day(written: str) -> str | None:
    found = _DAY.match(written.strip())
    if not found:
        return None
    day, month, year = found[1], found[2], found[3]
    if found[4]:
        year, month, day = found[4], found[5], found[6]
    if len(year) == 2:
        year = ("19" if int(year) > _PIVOT else "20") + year
    return f"{year}-{month}-{day}" if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else None


def _results(lines: list[str], document: Document) -> None:
    """RES lines as facts below the report, TEX lines as the words that they are."""
    last: Fact | None = None
    parts, length = [document.text], len(document.text)
    for line in lines:
        kind, _, rest = line.partition("|")
        if kind.strip() == "RES":
            fields = [*(field.strip() for field in rest.split("|")), *[""] * 13]
            if not fields[0] and not fields[1]:
                continue
            shown, fact = _result(fields, document.header.effective_time)
            last = fact
            if fact is not None:
                fact.start, fact.end, fact.text = length, length + len(shown), shown
                document.facts.append(fact)
            words = shown
        elif kind.strip() == "TEX" and rest.strip():
            words = rest.strip()
            if last is not None:
                last.comment = "\n".join(filter(None, (last.comment, words)))
        elif line.strip() and kind.strip() not in ("TEX", "PRE", "KIN"):
            words = line.strip()
        else:
            continue
        parts.append(words + "\n")
        length += len(words) + 1
    document.text = "".join(parts)


def _result(fields: list[str], day: str | None) -> tuple[str, Fact | None]:
    """One RES line: what it shows, and the fact where it has a value."""
    label, code, _, value, unit, low, high, flag, status, *other = fields
    name = label or code
    if not value:
        return name, None
    fact = Fact("measurement", "coded", code=code or None, display=name, unit=unit or None, time_start=day)
    fact.system = ("LOINC" if _is_loinc(code) else "HPRIM") if code else None
    fact.flag, fact.status, fact.entry = flag or None, status or None, "RES"
    if found := _NUMBER.fullmatch(value):
        fact.comparator, fact.value = found[1], float(found[2].replace(",", "."))
    else:
        fact.value_text = value
    fact.range_low, fact.range_high = _number(low), _number(high)
    span = f"({low}-{high})" if low and high else f"(> {low})" if low else f"(< {high})" if high else ""
    again = " ".join(filter(None, other[:2])) if other[0] else ""
    shown = " ".join(filter(None, (f"{name} :", value, unit, span, f"soit {again}" if again else "")))
    return shown, fact


def _number(written: str) -> float | None:
    found = _NUMBER.fullmatch(written)
    return float(found[2].replace(",", ".")) if found else None


def _is_loinc(code: str) -> bool:
    """A LOINC code bears its check digit (modulus 10, double-add-double)."""
    found = _LOINC.fullmatch(code)
    if not found:
        return False
    digits = found[1][::-1]
    doubled = str(int(digits[0::2][::-1]) * 2)
    total = sum(map(int, doubled)) + sum(map(int, digits[1::2]))
    return (10 - total % 10) % 10 == int(found[2])
