"""Extracts that no standard describes: CSV and fixed-width records (PMSI RSS, RSA), read as their source declares them.

Belongs here: the declaration of a table, rows to documents. Does not belong here: the file of declarations
(warehouse/sources.py), any layout of ours: a national layout changes each year and is declared with its positions.

    tables:
      - name: séjours
        format: csv                # or fixed
        delimiter: ";"
        authority: 1.2.250.1.999.1 # of patient.id
        type: PMSI                 # of the document
        fields:
          - {name: IPP, to: patient.id}
          - {name: NE_LE, to: patient.birth_date, format: "%d/%m/%Y"}
          - {name: SEXE, to: patient.sex, values: {"1": M, "2": F}}
          - {name: DP, to: diagnosis.principal}
          - {start: 92, length: 6, to: stay.start}   # fixed: positions count from 1

Rows of one patient and one stay (or `document.id`) make one document. A row that states no patient is a document set
aside, counted. Columns that nothing is done with are named in a warning.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from limpide.document import Action, Code, Document, Fact, Format, Header, Identifier, Kind
from limpide.errors import Limits, Reason, Refused
from limpide.readers.encodings import decoded
from limpide.readers.origin import Origin

TARGETS = frozenset(
    re.findall(
        r"\S+",
        """patient.id patient.ins patient.family patient.birth_family patient.given patient.birth_date patient.sex
        stay.id stay.start stay.end stay.class stay.unit stay.entry_mode stay.exit_mode stay.ghm
        diagnosis.principal diagnosis.related diagnosis.associated diagnosis.date act.code act.date drug.code drug.name
        drug.date test.code test.name test.value test.unit test.low test.high test.date
        document.id document.date document.type document.title text""",
    )
)
_INS = "1.2.250.1.213.1.4.8"
_DIAGNOSES = {"principal": ("DP", "Diagnostic principal"), "related": ("DR", "Diagnostic relié"),
              "associated": ("DAS", "Diagnostic associé")}  # fmt: skip
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%d%m%Y", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S")
_LOINC = re.compile(r"\d{1,5}-\d")
_NUMBER = re.compile(r"\s*([<>]=?)?\s*([-+]?\d+(?:[.,]\d+)?)\s*")
_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Column:
    """One field: where it stands (a column's name, or a place) and what it tells."""

    to: str
    name: str | None = None
    start: int | None = None
    length: int = 0
    format: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    separator: str | None = None  # of several values in one field


@dataclass(frozen=True, slots=True)
class Table:
    """One declared table."""

    name: str
    fields: tuple[Column, ...]
    fixed: bool = False
    delimiter: str = ";"
    authority: str | None = None
    type: str | None = None
    starts: str | None = None  # a pattern of the lines that are of this table: an RSS file holds several kinds
    constants: tuple[tuple[str, str], ...] = field(default_factory=tuple)


def declared(said: Any, source: str) -> tuple[Table, ...]:
    """The tables that a source declares. Raises ValueError when they are not written as they must be."""
    found = []
    for one in said or ():
        where = f"source {source}: table {one.get('name') if isinstance(one, dict) else one}"
        if not isinstance(one, dict) or not one.get("name") or not isinstance(one.get("fields"), list):
            raise ValueError(f"{where}: a name and fields are needed")
        fixed = one.get("format") == "fixed"
        if one.get("format") not in ("csv", "fixed"):
            raise ValueError(f"{where}: format is csv or fixed")
        columns = []
        for each in one["fields"]:
            if not isinstance(each, dict) or each.get("to") not in TARGETS:
                raise ValueError(f"{where}: `to` is one of {', '.join(sorted(TARGETS))}")
            placed = isinstance(each.get("start"), int) and isinstance(each.get("length"), int)
            if (fixed and not placed) or (not fixed and not each.get("name")):
                raise ValueError(f"{where}: {each['to']} needs {'start and length' if fixed else 'a name'}")
            values = tuple(sorted((str(k), str(v)) for k, v in (each.get("values") or {}).items()))
            columns.append(
                Column(
                    each["to"],
                    str(each["name"]) if each.get("name") else None,
                    each.get("start"),
                    each.get("length") or 0,
                    each.get("format"),
                    values,
                    each.get("separator"),
                )
            )
        constants = tuple(sorted((str(k), str(v)) for k, v in (one.get("constants") or {}).items()))
        if unknown := {k for k, _ in constants} - TARGETS:
            raise ValueError(f"{where}: unknown constant {sorted(unknown)[0]}")
        starts = str(one["lines"]) if one.get("lines") else None
        try:
            re.compile(starts or "")
        except re.error as error:
            raise ValueError(f"{where}: lines is no pattern ({error})") from None
        found.append(
            Table(
                str(one["name"]),
                tuple(columns),
                fixed,
                str(one.get("delimiter") or ";"),
                str(one["authority"]) if one.get("authority") else None,
                str(one["type"]) if one.get("type") else None,
                starts,
                constants,
            )
        )
    return tuple(found)


def read(data: bytes, origin: Origin, limits: Limits, tables: tuple[Table, ...]) -> list[Document]:
    """The documents of a file by the first table that is its own. Raises `Refused` when none is."""
    if len(data) > 4 * limits.text_chars:
        raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    text, warnings = decoded(data)
    for table in tables:
        rows = _fixed(text, table) if table.fixed else _separated(text, table)
        if rows is not None:
            documents = _documents(rows, table, origin, limits)
            documents[0].warnings += warnings
            return documents
    raise Refused(Reason.NO_READER, "none of the tables that its source declares has these columns")


Row = list[tuple[Column, str]]


def _fixed(text: str, table: Table) -> tuple[list[Row], list[str]] | None:
    starts = re.compile(table.starts) if table.starts else None
    reach = max(column.start or 0 for column in table.fields)
    rows: list[Row] = []
    others = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        if len(line) < reach or (starts and not starts.match(line)):
            others += 1
            continue
        cells = ((c, line[(c.start or 1) - 1 : (c.start or 1) - 1 + c.length].strip()) for c in table.fields)
        rows.append([(column, cell) for column, cell in cells if cell])
    if not rows:
        return None
    return rows, [f"{others} lines of another kind are not read"] if others else []


def _separated(text: str, table: Table) -> tuple[list[Row], list[str]] | None:
    reader = csv.reader(io.StringIO(text), delimiter=table.delimiter)
    try:
        head = [cell.strip() for cell in next(reader, [])]
        places = [(column, head.index(column.name)) for column in table.fields if column.name in head]
        if len(places) < len(table.fields):
            return None
        taken = {place for _, place in places}
        unread = [name for at, name in enumerate(head) if at not in taken and name]
        rows = [[(c, r[at].strip()) for c, at in places if at < len(r) and r[at].strip()] for r in reader if any(r)]
    except csv.Error:
        return None
    return rows, [f"columns not read: {', '.join(unread)[:400]}"] if unread else []


def _documents(read_rows: tuple[list[Row], list[str]], table: Table, origin: Origin, limits: Limits) -> list[Document]:
    rows, warnings = read_rows
    if len(rows) > _ROWS:
        raise Refused(Reason.TOO_LARGE, f"over {_ROWS} rows")
    groups: dict[tuple[str, ...], list[Row]] = {}
    for number, row in enumerate(rows):
        whose = {column.to: cell for column, cell in row}
        who = whose.get("patient.ins") or whose.get("patient.id") or f"row {number}"
        which = whose.get("document.id") or whose.get("stay.id") or ""
        groups.setdefault((who, which), []).append(row)
    if not groups:
        raise Refused(Reason.NO_DOCUMENT, f"the table {table.name} holds no row")
    documents = []
    for key, members in groups.items():
        own = origin.part("\x1e".join((*key, *(cell for row in members for _, cell in row))).encode())
        documents.append(_document(members, table, own))
    documents[0].warnings += warnings
    return documents


def _value(column: Column, cell: str) -> str:
    return dict(column.values).get(cell, cell)


def _day(written: str, how: str | None) -> str | None:
    for each in (how,) if how else _DAYS:
        try:
            moment = datetime.strptime(written, each)
        except (ValueError, TypeError):
            continue
        return moment.isoformat() if "%H" in each else moment.date().isoformat()
    return None


def _document(rows: list[Row], table: Table, origin: Origin) -> Document:
    document = Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        format=str(Format.RECORDS if table.fixed else Format.CSV),
        header=Header(action=Action.CREATE, language="fr", title=table.name, type_code=table.type),
    )
    header, patient = document.header, document.header.patient
    constants = [(Column(target), value) for target, value in table.constants]
    for column, cell in [*constants, *(pair for row in rows for pair in row)]:
        value = _value(column, cell)
        if column.to == "patient.id" and all(one.value != value for one in patient.identifiers):
            patient.identifiers.append(Identifier(value, table.authority))
        elif column.to == "patient.ins" and patient.ins is None:
            patient.ins, patient.ins_system = value, _INS
            patient.identifiers.append(Identifier(value, _INS))
        elif column.to == "patient.given":
            patient.given = patient.given or value.split()
        elif column.to == "patient.birth_date":
            patient.birth_date = patient.birth_date or (_day(value, column.format) or "")[:10] or None
        elif column.to == "document.date":
            header.effective_time = header.effective_time or _day(value, column.format)
        elif column.to in ("stay.start", "stay.end"):
            name = column.to.partition(".")[2]
            setattr(header.encounter, name, getattr(header.encounter, name) or _day(value, column.format))
        elif column.to == "stay.exit_mode":
            header.encounter.discharge = Code(value, "PMSI")
        elif (place := _PLACES.get(column.to)) is not None:
            setattr(getattr(header, place[0]) if place[0] else header, place[1], value)
    header.document_id = header.document_id and f"{table.name}/{header.document_id}"
    header.effective_time = header.effective_time or header.encounter.end or header.encounter.start
    length = 0
    parts: list[str] = []
    for line, fact in [*_stay(header), *(pair for row in rows for pair in _facts(row, header))]:
        if fact is not None:
            fact.start, fact.end, fact.text = length, length + len(line), line
            document.facts.append(fact)
        parts.append(line + "\n")
        length += len(line) + 1
    document.text = "".join(dict.fromkeys(parts)) if not document.facts else "".join(parts)
    return document


_PLACES: dict[str, tuple[str | None, str]] = {
    "patient.family": ("patient", "family_used"),
    "patient.birth_family": ("patient", "family_birth"),
    "patient.sex": ("patient", "sex"),
    "stay.id": ("encounter", "id"),
    "stay.class": ("encounter", "klass"),
    "document.id": (None, "document_id"),
    "document.type": (None, "type_code"),
    "document.title": (None, "title"),
}


def _stay(header: Header) -> Iterator[tuple[str, Fact | None]]:
    stay = header.encounter
    if stay.start or stay.end:
        days = [f"{word} {day[:10]}" for word, day in (("du", stay.start), ("au", stay.end)) if day]
        fact = Fact("encounter", "coded", code=stay.klass, display="Séjour", time_start=stay.start, time_end=stay.end)
        fact.entry = "séjour"
        yield " ".join(("Séjour", *days)), fact


def _facts(row: Row, header: Header) -> Iterator[tuple[str, Fact | None]]:
    """What one row states, by family of fields."""
    told: dict[str, str] = {}
    for column, cell in row:
        if column.to.startswith(("test.", "drug.")) or column.to.endswith(".date"):
            value = _value(column, cell)
            told[column.to] = (_day(value, column.format) or "") if column.to.endswith(".date") else value
    start = header.encounter.start or header.effective_time
    for column, cell in row:
        for one in cell.split(column.separator) if column.separator else (cell,):
            value = _value(column, one.strip())
            family, _, name = column.to.partition(".")
            if not value:
                continue
            if family == "diagnosis" and name in _DIAGNOSES:
                status, label = _DIAGNOSES[name]
                day = told.get("diagnosis.date") or start
                yield _coded("condition", _dotted(value), "CIM-10", label, day, status)
            elif column.to == "act.code":
                yield _coded("procedure", value, "CCAM", "Acte", told.get("act.date") or start, None)
            elif column.to in ("stay.unit", "stay.entry_mode", "stay.exit_mode", "stay.ghm"):
                label = {"unit": "Unité", "entry_mode": "Mode d'entrée", "exit_mode": "Mode de sortie"}.get(name, "GHM")
                line, fact = _coded("encounter", value, "UF" if name == "unit" else "PMSI", label, start, None)
                fact.role = name
                yield line, fact
            elif column.to == "text":
                yield value, None
    if told.get("test.value"):
        yield _test(told, start)
    if told.get("drug.code") or told.get("drug.name"):
        name = told.get("drug.name") or told["drug.code"]
        fact = Fact("drug", "coded", code=told.get("drug.code"), display=name, entry="drug")
        fact.system = "ATC" if re.fullmatch(r"[A-V]\d\d[A-Z]{2}\d\d", fact.code or "") else None
        fact.time_start = told.get("drug.date") or start
        yield f"Médicament : {name}", fact


def _coded(
    kind: Kind, code: str, system: str, label: str, day: str | None, status: str | None
) -> tuple[str, Fact]:  # fmt: skip
    fact = Fact(kind, "coded", code=code, system=system, time_start=day, status=status, entry=label)
    return f"{label} : {code}", fact


def _dotted(code: str) -> str:
    """CIM-10 as it is published: the PMSI leaves the point out."""
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 and code[3] not in ".+" else code


def _test(told: dict[str, str], day: str | None) -> tuple[str, Fact]:
    name, unit = told.get("test.name") or told.get("test.code") or "Résultat", told.get("test.unit")
    fact = Fact("measurement", "coded", code=told.get("test.code"), display=name, unit=unit, entry="test")
    fact.system = "LOINC" if _LOINC.fullmatch(fact.code or "") else None
    fact.time_start = told.get("test.date") or day
    if found := _NUMBER.fullmatch(told["test.value"]):
        fact.comparator, fact.value = found[1], float(found[2].replace(",", "."))
    else:
        fact.value_text = told["test.value"]
    for bound in ("low", "high"):
        if found := _NUMBER.fullmatch(told.get(f"test.{bound}", "")):
            setattr(fact, f"range_{bound}", float(found[2].replace(",", ".")))
    return " ".join(filter(None, (f"{name} :", told["test.value"], unit))), fact
