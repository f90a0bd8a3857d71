"""Text without names: every direct identifier of a document replaced, every fact, section, page and box re-placed.

Belongs here: the three nets in one pass, the replacement, the mapping of positions, the header without identities.
Does not belong here: what each net finds (known.py, patterns.py, names.py), the scan before publication (residual.py).

Dates other than a birth date stay as they are by default: the warehouse is for care and research under the
establishment's own responsibility, where the dates of care are needed and allowed (CNIL, référentiel entrepôts de
données de santé), and the published tables carry them anyway. With `days` they all move together (moved_dates.py).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from limpide.deidentification.date_shift import date_spans, moved, moved_document
from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.name_tables import row_spans
from limpide.deidentification.names import name_spans
from limpide.deidentification.patterns import pattern_spans
from limpide.deidentification.short_values import nobody_in
from limpide.deidentification.spans import Kind, Span, Words, chosen
from limpide.deidentification.towns import town_spans
from limpide.deidentification.written_dates import births_beside
from limpide.document import (
    Attachment,
    Author,
    CareSite,
    Code,
    Document,
    Encounter,
    Fact,
    Header,
    Page,
    Patient,
    Section,
)
from limpide.identity.pseudonym import keyed

Replace = Callable[[Kind, str], str]


def typed_mask(kind: Kind, found: str) -> str:
    """The default replacement: '[NOM]', '[TEL]'... What was found is not looked at."""
    return f"[{kind}]"


def identifier_spans(
    text: str, known: KnownIdentities, protected: Iterable[tuple[int, int]] = (), codes: frozenset[str] = frozenset()
) -> list[Span]:
    """Every direct identifier of a text, in order, without overlap.

    `protected`: places of clinical facts; a span that is not sure gives way to them. `codes`: codes of the facts.
    """
    words = Words(text)
    spans = known.spans(words)
    shaped = pattern_spans(words, codes)
    spans += shaped
    spans += row_spans(words, shaped)
    names = name_spans(words)
    spans += births_beside(words, [*spans, *names])
    doubtful = [*names, *town_spans(words)]
    if doubtful:
        spans += _outside(doubtful, protected)
    return chosen(spans) if len(spans) > 1 else spans


def _outside(spans: list[Span], protected: Iterable[tuple[int, int]]) -> list[Span]:
    places = sorted(protected)
    starts = [start for start, _ in places]
    kept = []
    for span in spans:
        if not span.sure:
            before = bisect_left(starts, span.end)
            if any(places[k][1] > span.start for k in range(max(0, before - 8), before)):
                continue
        kept.append(span)
    return kept


class Mapping:
    """Where a position of the original text stands in the masked one. Built by `replaced`."""

    __slots__ = ("_ends", "_new_ends", "_new_starts", "_starts")

    def __init__(self, spans: list[Span], lengths: list[int]) -> None:
        self._starts = [s.start for s in spans]
        self._ends = [s.end for s in spans]
        self._new_starts: list[int] = []
        self._new_ends: list[int] = []
        drift = 0
        for span, length in zip(spans, lengths, strict=True):
            self._new_starts.append(span.start + drift)
            drift += length - (span.end - span.start)
            self._new_ends.append(span.end + drift)

    def start(self, position: int) -> int:
        """The new place of a start; one that fell inside an identifier moves to the beginning of its mask."""
        k = bisect_right(self._starts, position) - 1
        if k < 0:
            return position
        if position < self._ends[k]:
            return self._new_starts[k]
        return position + self._new_ends[k] - self._ends[k]

    def end(self, position: int) -> int:
        """The new place of an end; one that fell inside an identifier moves to the end of its mask."""
        k = bisect_left(self._starts, position) - 1
        if k < 0:
            return position
        if position <= self._ends[k]:
            return self._new_ends[k]
        return position + self._new_ends[k] - self._ends[k]

    def source(self, length: int, total: int) -> NDArray[np.int64]:
        """For each character of the masked text (`length` of them) the character of the original (`total`) it shows."""
        # Kept, masked, kept, masked... kept: where each stretch begins, before and after
        old = np.array([0, *chain.from_iterable(zip(self._starts, self._ends, strict=True)), total])
        new = np.array([0, *chain.from_iterable(zip(self._new_starts, self._new_ends, strict=True)), length])
        if length != total + (self._new_ends[-1] - self._ends[-1] if self._ends else 0):
            raise ValueError("the mapping does not belong to this text")
        widths = np.diff(new)
        rank = np.arange(length) - np.repeat(new[:-1], widths)
        shrunk = rank * np.repeat(np.diff(old), widths) // np.repeat(np.maximum(widths, 1), widths)
        out: NDArray[np.int64] = np.repeat(old[:-1], widths) + shrunk
        return out


def replaced(text: str, spans: list[Span], how: Replace = typed_mask) -> tuple[str, Mapping]:
    """The text with its spans replaced, and where everything went. `spans`: in order, without overlap."""
    pieces = []
    lengths = []
    at = 0
    for span in spans:
        new = how(span.kind, text[span.start : span.end])
        pieces.append(text[at : span.start])
        pieces.append(new)
        lengths.append(len(new))
        at = span.end
    pieces.append(text[at:])
    return "".join(pieces), Mapping(spans, lengths)


def masked(
    document: Document,
    key: bytes,
    known: KnownIdentities | None = None,
    how: Replace = typed_mask,
    days: int | None = None,
) -> Document:
    """The same document without direct identifiers, every offset re-placed: text[fact.start:fact.end] == fact.text.

    `key`: the vault's pseudonym secret; document, stay, order and professional numbers become keyed pseudonyms that
    still link. `known`: identities to find besides the header's (KnownIdentities.of(header, patients_of_the_vault)
    replaces the default, which knows the header only). `days`: what dates move by, None to keep them. The
    original is left untouched.
    """
    known = known or KnownIdentities.of(document.header)
    codes = fact_codes(document.facts)
    if days:
        how = _moving(how, days, document.header.effective_time)
    spans = identifier_spans(document.text, known, clinical_places(document.facts), codes)
    spans = _cut(chosen([*spans, *date_spans(document.text)]) if days else spans, document.pages)
    text, mapping = replaced(document.text, spans, how)
    memory: dict[str, str] = {}

    def clean(value: str | None) -> str | None:
        if not value:
            return value
        if value not in memory:
            if not nobody_in(value, known):
                memory[value] = replaced(value, identifier_spans(value, known, (), codes), how)[0]
            elif days:
                memory[value] = replaced(value, date_spans(value), how)[0]
            else:
                memory[value] = value
        return memory[value]

    clear = Document(
        path="",
        sha256=document.sha256,
        container_sha256=document.container_sha256,
        status=document.status,
        reason=document.reason,
        detail=document.detail,
        format=document.format,
        header=_masked_header(document.header, key, clean),
        read_in_text={
            name: (mapping.start(start), mapping.end(end)) for name, (start, end) in document.read_in_text.items()
        },
        text=text,
        pages=_masked_pages(document.pages, mapping, len(text), len(document.text)),
        sections=[_masked_section(s, mapping, clean) for s in document.sections],
        facts=[_masked_fact(f, text, mapping, clean, key) for f in document.facts],
        attachments=[Attachment(a.media_type, a.sha256, a.size, clean(a.title)) for a in document.attachments],
        warnings=[clean(w) or "" for w in document.warnings],
        same_as=document.same_as,  # events stay behind: they carry identifiers, and speak to the vault
    )
    return moved_document(clear, days, document.header.patient.birth_date) if days else clear


def _moving(how: Replace, days: int, written: str | None) -> Replace:
    """The same replacement, and dates moved; one that cannot be read as a date stays."""
    year = int(written[:4]) if written and written[:4].isdigit() else None
    return lambda kind, found: (moved(found, days, year) or found) if kind is Kind.DATE else how(kind, found)


Clean = Callable[[str | None], str | None]


_PROTECTING = 40  # characters; a fact that spans a whole cell or sentence says nothing of each word in it


def clinical_places(facts: Iterable[Fact]) -> list[tuple[int, int]]:
    """Places of facts short enough to say that their words are clinical; observations and encounters hold anything."""
    return [
        (fact.start, fact.end)
        for fact in facts
        if fact.start is not None
        and fact.end is not None
        and 0 < fact.end - fact.start <= _PROTECTING
        and fact.kind not in ("observation", "encounter")
    ]


def fact_codes(facts: list[Fact]) -> frozenset[str]:
    """Codes of the facts, in lower case: numbers of the text that equal one are no identifiers."""
    codes = {fact.code for fact in facts if fact.code}
    codes.update(t.code for fact in facts for t in fact.translations)
    return frozenset(c.lower() for c in codes if len(c) >= 4)


def _cut(spans: list[Span], pages: list[Page]) -> list[Span]:
    """Spans cut where a page begins or ends, so that no page begins inside a mask."""
    edges = sorted({p.start for p in pages} | {p.end for p in pages})
    if not edges:
        return spans
    out = []
    for span in spans:
        start = span.start
        for edge in edges[bisect_right(edges, span.start) : bisect_left(edges, span.end)]:
            out.append(Span(start, edge, span.kind, span.sure))
            start = edge
        out.append(Span(start, span.end, span.kind, span.sure))
    return out


def _masked_pages(pages: list[Page], mapping: Mapping, length: int, total: int) -> list[Page]:
    if not pages:
        return []
    geometry = any(p.boxes is not None or p.confidences is not None for p in pages)
    source = mapping.source(length, total) if geometry else None
    out = []
    for page in pages:
        new = replace(page, start=mapping.start(page.start), end=mapping.end(page.end))
        if page.end == page.start:
            new.end = new.start
        if source is not None:
            taken = source[new.start : new.end] - page.start
            new.boxes = page.boxes[taken] if page.boxes is not None else None
            new.confidences = page.confidences[taken] if page.confidences is not None else None
        out.append(new)
    return out


def _masked_section(section: Section, mapping: Mapping, clean: Clean) -> Section:
    start, end = _place(section.start, section.end, mapping)
    return replace(section, title=clean(section.title), start=start, end=end)


def _place(start: int, end: int, mapping: Mapping) -> tuple[int, int]:
    """An empty range stays empty, wherever it stands."""
    new_start = mapping.start(start)
    return new_start, mapping.end(end) if end > start else new_start


_fact_values = attrgetter(*(field.name for field in fields(Fact)))  # six times faster than dataclasses.replace


def _masked_fact(fact: Fact, text: str, mapping: Mapping, clean: Clean, key: bytes) -> Fact:
    new = Fact(*_fact_values(fact))
    if fact.start is not None and fact.end is not None:
        new.start, new.end = _place(fact.start, fact.end, mapping)
        new.text = text[new.start : new.end]
    else:
        new.text = clean(fact.text)
    new.value_text = clean(fact.value_text)
    new.comment = clean(fact.comment)
    if fact.origin == "coded":  # what a sender wrote; labels of our own terminologies name nobody
        new.display = clean(fact.display)
        new.specimen = clean(fact.specimen)
        new.frequency = clean(fact.frequency)
        new.translations = [_masked_code(c, clean) for c in fact.translations]
        new.candidates = [_masked_code(c, clean) for c in fact.candidates]
        new.value_code = _masked_code(fact.value_code, clean) if fact.value_code else None
    # A serial number identifies the bearer of an implant: it links, and is not read. Lots are shared by thousands.
    new.serial = keyed(fact.serial, "serial", key)[:16] if fact.serial else None
    new.udi = _device_only(fact.udi)
    return new


def _device_only(udi: str | None) -> str | None:
    """The device identifier of a UDI, application identifier (01), without lot and serial number."""
    if not udi or "(21)" not in udi:
        return udi
    return udi.split("(21)")[0]


def _masked_code(code: Code, clean: Clean) -> Code:
    return Code(code.code, code.system, clean(code.display), code.score)


def _masked_header(header: Header, key: bytes, clean: Clean) -> Header:
    def pseudonym(value: str | None, purpose: str) -> str | None:
        return keyed(value, purpose, key) if value else None

    patient = header.patient
    birth = patient.birth_date[:7] if patient.birth_date else None
    finess = header.care_site.finess
    return Header(
        document_id=pseudonym(header.document_id, "document"),
        set_id=pseudonym(header.set_id, "document-set"),
        version=header.version,
        replaces=[keyed(r, "document", key) for r in header.replaces],
        action=header.action,
        type_code=header.type_code,
        type_system=header.type_system,
        type_display=clean(header.type_display),
        title=clean(header.title),
        language=header.language,
        effective_time=header.effective_time,
        zone_assumed=header.zone_assumed,
        confidentiality=list(header.confidentiality),
        template_ids=list(header.template_ids),
        patient=Patient(birth_date=birth, sex=patient.sex),
        authors=[
            Author(rpps=pseudonym(a.rpps, "provider"), specialty=a.specialty, time=a.time) for a in header.authors
        ],
        care_site=CareSite(
            finess=finess if is_establishment(finess) else pseudonym(finess, "care-site"),
            # Public, and often named after the town the patient lives in: only a practitioner's name goes.
            name=_without_names(header.care_site.name),
        ),
        encounter=Encounter(
            id=pseudonym(header.encounter.id, "stay"),
            klass=header.encounter.klass,
            start=header.encounter.start,
            end=header.encounter.end,
            facility=header.encounter.facility,
            discharge=header.encounter.discharge,
        ),
        orders=[keyed(o, "order", key) for o in header.orders],
    )


def _without_names(name: str | None) -> str | None:
    nobody = KnownIdentities()
    return name if not name or nobody_in(name, nobody) else replaced(name, identifier_spans(name, nobody))[0]


def is_establishment(finess: str | None) -> bool:
    """Whether a care-site identifier is a FINESS, public and of an establishment: 9 digits, with its prefix 1 or not.

    A SIRET or an RPPS there is that of a practitioner in their own practice, and becomes a pseudonym.
    """
    if not finess:
        return False
    plain = finess[1:] if len(finess) == 10 and finess[0] == "1" else finess
    return len(plain) == 9 and plain.isalnum()
