"""Rows of one document: OMOP events, note, note_nlp, and our side tables.

Belongs here: which fact becomes which row, with which columns. Does not belong here: integer ids (the warehouse allots
them when it sorts a night), file formats, current versions.

A fact becomes an OMOP event only when it asserts something of the patient, now or at a known date:
- negated, hypothetical, conditional facts never do; they stay in limpide_fact, and in note_nlp with term_exists 'N';
- facts about a relative become observations (OMOP has no table for families), qualifier = the relative;
- planned acts, devices, observations do not; a planned drug that was coded is a prescription, which drug_exposure is
  made for; a drug of a text that is planned, refused, stopped, suspended, or past without a date, is no exposure;
- an undated antecedent, disease or act, becomes an observation qualified 'history': dated today it would be false;
- results recalled from earlier reports ('prior') do not: the earlier report brings them, and they would count twice;
- parts of another statement (a reaction, one step of a dosage, the agent of an adverse event) do not;
- what is read in the text of a section whose author coded its content does not: the entries say it already, and a
  table's "Non" in the next column is theirs to tell. It stays in note_nlp.
Every fact, published or not, is in limpide_fact with its assertions in typed columns, and `withheld` says why not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import Any

from limpide.document import Code, Document, Fact, Header, Page, Section
from limpide.identity.pseudonym import keyed
from limpide.omop import concepts
from limpide.omop.concepts import Vocabulary, vocabulary_of
from limpide.omop.dates import When, document_date, fact_date, parse, plausible
from limpide.omop.events import ANTECEDENTS, EVENTS, Row, cut, small
from limpide.omop.impossible import reason_impossible
from limpide.omop.sites import site

SNIPPET = 250  # characters, note_nlp.snippet and lexical_variant
MODIFIERS = 2000

_PARTS = {"reaction", "sub_dosage", "dispense_dosage", "adverse_event_agent", "prescription_item_ref"}
# A molecule that is no treatment, a word that names nothing particular, an author who says that there is nothing.
_NO_EVENTS = {"substance", "generic", "no_known", "no_information"}
_NO_EXPOSURE = frozenset(("stopped", "suspended", "refused", "planned"))  # statuses of a drug read in text
_TABLES = {
    "condition": "condition_occurrence",
    "drug": "drug_exposure",
    "immunization": "drug_exposure",
    "measurement": "measurement",
    "vital": "measurement",
    "procedure": "procedure_occurrence",
    "device": "device_exposure",
    "allergy": "observation",
    "observation": "observation",
    "family_history": "observation",
}
_DOMAINS = {
    "Condition": "condition_occurrence",
    "Drug": "drug_exposure",
    "Procedure": "procedure_occurrence",
    "Device": "device_exposure",
    "Measurement": "measurement",
    "Observation": "observation",
}
_FAMILY = ("condition", "family_history", "allergy", "observation")
_ASSERTIONS = ("negated", "hypothetical", "family", "history", "planned", "conditional", "reported", "prior")
_PLAIN = (
    "kind", "origin", "page", "code", "system", "display", "value", "value_text", "comparator", "unit", "range_low",
    "range_high", "flag", "relative", "dose", "dose_unit", "strength", "route", "frequency", "duration", "daily_dose",
    "daily_dose_unit", "prn", "quantity", "certainty", "status", "severity", "side", "specimen", "comment", "entry",
    "role",
    "rule", "confidence", "ocr_confidence", *_ASSERTIONS,
)  # fmt: skip
_plain, _asserted = attrgetter(*_PLAIN), attrgetter(*_ASSERTIONS)


Box = tuple[int, float, float, float, float]  # page, x0 y0 x1 y1 in points from its top left


@dataclass(frozen=True, slots=True)
class Context:
    """What rows need beside the document: where it came from, whose it is, the secret of pseudonyms, the vocabulary."""

    document_key: str
    night: date
    source: str
    person_key: str
    secret: bytes
    birth_date: str | None = None  # as the header writes it before masking: no other date may give the day away
    vocabulary: Vocabulary = field(default_factory=concepts.opened)


def rows(document: Document, context: Context) -> dict[str, list[Row]]:
    """Rows by table of one masked document (deidentification.masking): no identity is looked at, none can be kept.

    Rows have no integer ids yet: `document_key` and `ordinal` (rank of the fact) stand for them.
    """
    dated = document_date(document.header, context.night)
    out: dict[str, list[Row]] = {table: [] for table in ("limpide_fact", "note_nlp", *sorted(set(_TABLES.values())))}
    days = [dated[0].day]
    seen: dict[str, int] = {}
    boxes = boxes_of(document.pages, document.facts)
    coded = [section for section in document.sections if section.has_entries]
    for ordinal, fact in enumerate(document.facts):
        start = _no_birth_day(fact.time_start, context)
        when, origin = fact_date(start, dated, context.night)
        origin = fact.date_origin or origin
        withheld = reason_withheld(fact, coded) or reason_impossible(fact, document.header.patient, when.day)
        table = None if withheld else target(fact, origin, context.vocabulary.find(fact.system, fact.code).domain)
        place = {"document_key": context.document_key, "ordinal": ordinal}
        box = boxes.get(ordinal)
        out["limpide_fact"].append(_fact(document, fact, place, table, withheld, when, origin, context, seen, box))
        if table:
            until = parse(_no_birth_day(fact.time_end, context))
            end = until if until is not None and plausible(until, context.night) and until.day >= when.day else None
            out[table].append(place | EVENTS[table](fact, when, end, context.vocabulary))
            days.append(when.day)
        if fact.origin == "nlp" and fact.start is not None and fact.end is not None:
            out["note_nlp"].append(place | _note_nlp(document, fact, context))
    out["note"] = [_note(document, dated[0], context)]
    out["limpide_document"] = [_document(document, dated, days, context)]
    key = {"document_key": context.document_key}
    out["limpide_section"] = [
        key
        | {
            "section_index": index,
            "code": s.code,
            "system": s.system,
            "title": s.title,
            "span_start": s.start,
            "span_end": s.end,
            "depth": s.depth,
            "has_entries": s.has_entries,
            "furniture": s.furniture,
        }
        for index, s in enumerate(document.sections)
    ]
    out["limpide_page"] = [
        key | {"page": p.number, "span_start": p.start, "span_end": p.end, "width": p.width, "height": p.height}
        for p in document.pages
    ]
    return out


def reason_withheld(fact: Fact, sections: Sequence[Section] = ()) -> str | None:
    """Why a fact is no OMOP event, in one word; None when it is one."""
    if fact.negated or fact.hypothetical or fact.conditional or fact.prior:
        return next(name for name in ("negated", "hypothetical", "conditional", "prior") if getattr(fact, name))
    if fact.role in _PARTS:
        return "part"
    if fact.role in _NO_EVENTS:
        return "no_event"
    if fact.kind not in _TABLES or (fact.family and fact.kind not in _FAMILY):
        return "no_table"
    if fact.planned and fact.kind != "drug" and not fact.family:
        return "planned"
    if fact.origin == "nlp" and fact.kind == "drug" and not fact.family:
        if fact.status in _NO_EXPOSURE:
            return fact.status
        if fact.planned:
            return "planned"
        if fact.status == "past" and not fact.time_start:
            return "past"
    if fact.origin == "nlp" and _coded_section(fact, sections):
        return "coded_section"
    return None


def _coded_section(fact: Fact, sections: Sequence[Section]) -> bool:
    """Whether a mention stands in a section whose author coded its content."""
    if fact.start is None:
        return False
    return any(s.has_entries and s.start <= fact.start < s.end for s in sections)


def target(fact: Fact, date_origin: str, domain: str | None = None) -> str:
    """The OMOP table of a fact that is not withheld: its standard concept's domain decides, its kind without one."""
    if fact.family:
        return "observation"
    if fact.history and fact.kind in ANTECEDENTS and date_origin not in ("fact", "fact_partial"):
        return "observation"
    return _DOMAINS.get(domain or "") or _TABLES[fact.kind]


def _no_birth_day(written: str | None, context: Context) -> str | None:
    """A date equal to the birth day is cut to its month: the day of birth is an identity."""
    birth = context.birth_date or ""
    return written[:7] if written and len(birth) == 10 and written.startswith(birth) else written


def _note_nlp(document: Document, fact: Fact, context: Context) -> Row:
    assert fact.start is not None and fact.end is not None
    found = context.vocabulary.find(fact.system, fact.code)
    refused = fact.kind == "drug" and fact.status == "refused"
    said = not (fact.negated or fact.family or fact.hypothetical or fact.conditional or refused)
    asserted = _asserted(fact)
    modifiers = ""
    if True in asserted:
        modifiers = ";".join(f"{name}=true" for name, holds in zip(_ASSERTIONS, asserted, strict=True) if holds)
    if fact.certainty:
        modifiers += f";certainty={fact.certainty}" if modifiers else f"certainty={fact.certainty}"
    return {
        "section_concept_id": concepts.UNKNOWN,
        "snippet": snippet(document.text, fact.start, fact.end),
        "offset": str(fact.start),
        "lexical_variant": (fact.text or document.text[fact.start : fact.end])[:SNIPPET],
        "note_nlp_concept_id": found.standard,
        "note_nlp_source_concept_id": found.source,
        "nlp_system": cut(fact.engine, 250),
        "nlp_date": context.night,
        # OHDSI NLP working group: 'N' for whatever is negated, conditional, hypothetical or about somebody else.
        "term_exists": "Y" if said else "N",
        "term_temporal": "Past" if fact.history or fact.prior else "Future" if fact.planned else "Present",
        "term_modifiers": modifiers[:MODIFIERS] or None,
    }


def snippet(text: str, start: int, end: int, length: int = SNIPPET) -> str:
    """The passage with what stands around it, whole lines not required, `length` characters at most."""
    around = max(0, (length - (end - start)) // 2)
    first = max(0, start - around)
    return text[first : first + length].replace("\n", " ").strip()


def _note(document: Document, when: When, context: Context) -> Row:
    header = document.header
    french = (header.language or "").lower().startswith("fr")
    return {
        "document_key": context.document_key,
        "note_date": when.day,
        "note_datetime": when.time,
        "note_type_concept_id": concepts.NOTES.get(header.type_code or "", concepts.EHR_NOTE),
        "note_class_concept_id": concepts.UNKNOWN,
        "note_title": cut(header.title, 250),
        "note_text": document.text,
        "encoding_concept_id": concepts.UTF8,
        "language_concept_id": concepts.FRENCH if french else concepts.UNKNOWN,
        "note_source_value": context.document_key,
    }


def _document(document: Document, dated: tuple[When, str], days: Sequence[date], context: Context) -> Row:
    header = document.header
    patient, visit = header.patient, header.encounter
    birth = parse(patient.birth_date)
    author = header.authors[0] if header.authors else None
    place = site(header.care_site)
    begin, finish = parse(_no_birth_day(visit.start, context)), parse(_no_birth_day(visit.end, context))
    begin = begin if plausible(begin, context.night) else None
    finish = finish if plausible(finish, context.night) else None
    engines = sorted({f.engine for f in document.facts if f.engine})
    return {
        "document_key": context.document_key,
        "person_key": context.person_key,
        "night": context.night,
        "source": context.source,
        "format": str(document.format),
        "sha256": document.sha256,
        "container_sha256": document.container_sha256,
        "document_id": header.document_id,
        "set_id": header.set_id,
        "version": small(header.version),
        "replaces": " ".join(header.replaces) or None,
        "type_code": header.type_code,
        "type_system": header.type_system,
        "type_display": header.type_display,
        "effective_time": header.effective_time,
        "zone_assumed": header.zone_assumed,
        "document_date": dated[0].day,
        "date_origin": dated[1],
        "language": header.language,
        "confidentiality": " ".join(header.confidentiality) or None,
        "pages": len(document.pages),
        "characters": len(document.text),
        "sections": len(document.sections),
        "facts_coded": sum(f.origin == "coded" for f in document.facts),
        "facts_nlp": sum(f.origin == "nlp" for f in document.facts),
        "first_event_date": min(days),
        "last_event_date": max(days),
        "gender_source_value": patient.sex,
        "birth_year": birth.day.year if birth else None,
        "birth_month": birth.day.month if birth and len(patient.birth_date or "") >= 7 else None,
        "visit_key": _visit_key(header, begin, finish, place.key, context),
        "visit_class": visit.klass,
        "visit_start": (begin.time or _midnight(begin.day)) if begin else None,
        "visit_end": (finish.time or _midnight(finish.day)) if finish else None,
        "visit_discharge": visit.discharge.code if visit.discharge else None,
        "provider_key": author.rpps[:32] if author and author.rpps else None,
        "provider_specialty": author.specialty.code if author and author.rpps and author.specialty else None,
        "care_site_key": place.key,
        "care_site_name": place.name,
        "care_site_state": place.state,
        "engine": ", ".join(engines),
        "warnings": "; ".join(document.warnings) or None,
    }


def _midnight(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, day.month, day.day)


def _visit_key(
    header: Header, begin: When | None, finish: When | None, site_key: str | None, context: Context
) -> str | None:
    """One visit across documents: by the person and the encounter's id; without id, by its class, place and days.

    No visit without a date: visit_start_date would be invented.
    """
    visit = header.encounter
    if begin is None and finish is None:
        return None
    parts = [context.person_key]
    if visit.id:
        parts.append(visit.id)
    else:
        parts += [visit.klass or "", site_key or "", str(begin.day if begin else ""), str(finish.day if finish else "")]
    return keyed("\x1f".join(parts), "visit", context.secret)[:32]


def _fact(
    document: Document,
    fact: Fact,
    place: Row,
    table: str | None,
    withheld: str | None,
    when: When,
    origin: str,
    context: Context,
    seen: dict[str, int],
    box: Box | None,
) -> Row:
    said = (
        f"{fact.origin}\x1f{fact.kind}\x1f{fact.start}\x1f{fact.end}"
        f"\x1f{fact.system}\x1f{fact.code}\x1f{fact.entry}\x1f{fact.rule}"
    )
    again = seen[said] = seen.get(said, -1) + 1
    section = document.sections[fact.section_index] if fact.section_index is not None else None
    out: Row = dict(zip(_PLAIN, _plain(fact), strict=True))
    out |= place
    out |= {
        "fact_key": sha256(f"{place['document_key']}\x1f{said}\x1f{again}".encode()).hexdigest()[:32],
        "target_table": table,
        "withheld": withheld,
        "span_start": fact.start,
        "span_end": fact.end,
        "text": fact.text,
        "vocabulary": vocabulary_of(fact.system),
        "translations": _codes(fact.translations),
        "candidates": _codes(fact.candidates),
        "value_code": fact.value_code.code if fact.value_code else None,
        "value_system": fact.value_code.system if fact.value_code else None,
        "time_start": _no_birth_day(fact.time_start, context),
        "time_end": _no_birth_day(fact.time_end, context),
        "fact_date": when.day,
        "date_origin": origin,
        "section_code": fact.section or (section.code if section else None),
        "section_title": section.title if section else None,
        "engine": fact.engine,
    }
    if box:
        out["page"], out["x0"], out["y0"], out["x1"], out["y1"] = box
    elif out["page"] is None and fact.start is not None:
        out["page"] = next((p.number for p in document.pages if p.start <= fact.start < p.end), None)
    return out


def boxes_of(pages: Sequence[Page], facts: Sequence[Fact]) -> dict[int, Box]:
    """By rank of the fact, its page and the smallest box around its characters; nothing for what has no geometry.

    All the facts of a page at once: an array is asked twice a page, not twice a fact.
    """
    import numpy as np

    out: dict[int, Box] = {}
    for page in pages:
        if page.boxes is None:
            continue
        ranks: list[int] = []
        places: list[int] = []
        last = min(page.end - page.start, len(page.boxes))
        for rank, fact in enumerate(facts):
            if fact.start is not None and fact.end is not None and page.start <= fact.start < page.end:
                start, end = fact.start - page.start, min(fact.end - page.start, last)
                if start < end:
                    ranks.append(rank)
                    places += (start, end)
        if not ranks:
            continue
        closed = np.concatenate((page.boxes, np.full((1, 4), np.nan, page.boxes.dtype)))  # a place may be its end
        # fmin and fmax pass over NaN, the box of a character that has none. Every second stretch lies between facts.
        low = np.fmin.reduceat(closed[:, :2], places)[::2].tolist()
        high = np.fmax.reduceat(closed[:, 2:], places)[::2].tolist()
        for rank, (x0, y0), (x1, y1) in zip(ranks, low, high, strict=True):
            if x0 == x0 and y0 == y0 and x1 == x1 and y1 == y1:
                out[rank] = (page.number, round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))
    return out


def _codes(codes: Sequence[Code]) -> str | None:
    return _listed(tuple((c.code, c.system, c.score) for c in codes)) if codes else None


@lru_cache(maxsize=4096)  # what an analyte may be comes back in every report
def _listed(codes: tuple[tuple[str, str | None, float | None], ...]) -> str:
    listed = [
        {"code": code, "system": system} | ({"score": round(score, 4)} if score is not None else {})
        for code, system, score in codes
    ]
    return json.dumps(listed, ensure_ascii=False)
