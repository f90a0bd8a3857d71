"""Recipes of the other doors: self-presentable CDA, XDM, HL7 v2, FHIR, RTF, Windows-1252 text.

Belongs here: which content goes in which carrier, and what a reader must find there. Does not belong here: carriers'
syntax (formats/), the first recipes (recipes.py).
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from limpide.document import Format
from limpide.synth import envelope as kinds
from limpide.synth.cases import Case
from limpide.synth.content import Section
from limpide.synth.envelope import Envelope, Kind
from limpide.synth.formats import cda, fhir, hl7v2, rtf, xdm
from limpide.synth.recipes import (
    BASE,
    HOSPITALS,
    LABORATORIES,
    PRACTICES,
    Made,
    Recipe,
    all_words,
    cda_n1,
    cda_n3,
    identity_lines,
    sheet,
    titled_head,
    typed,
    write,
)
from limpide.synth.speech import Speaker


def _carried(made: Made, data: bytes, extension: str, kind: Format, carrier: str) -> Made:
    """A sound document inside a carrier: same truth, other bytes."""
    return replace(
        made, data=data, extension=extension, format=kind, inner=str(made.format), words=f"{carrier}\f{made.words}"
    )


def self_presentable(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """An N3 document inside its stylesheet."""
    made = cda_n3(kind, case, rng, head)
    wrapped = cda.self_presentable(made.data.decode())
    return replace(made, data=wrapped.encode(), words=wrapped)


def xdm_archive(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """One document in an XDM archive; one time in five, the medical summary rides with it."""
    made = cda_n3(kind, case, rng, head)
    assert made.head is not None
    parts, also = [(made.head, made.data)], []
    if head is None and rng.random() < 0.2:
        second = cda_n3(kinds.SUMMARY, case, rng, None)
        assert second.head is not None
        parts.append((second.head, second.data))
        also.append(replace(second, format=Format.XDM, inner=str(second.format), position=1))
    return replace(_carried(made, xdm.package(parts, rng), "zip", Format.XDM, ""), also=also)


def mdm(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """MDM T02, or T10 for a replacement; some senders forget RPLC in the CDA and state it in the message only."""
    event = "replace" if head is not None and head.replaces else "create"
    build = cda_n1 if rng.random() < 0.6 else cda_n3
    if kind not in (kinds.SUMMARY, kinds.LABORATORY, kinds.DISCHARGE):
        build = cda_n1
    forgets = event == "replace" and rng.random() < 0.4
    made = build(kind, case, rng, replace(head, replaces=()) if head is not None and forgets else head)
    assert made.head is not None
    if forgets and head is not None:
        made = replace(made, head=replace(made.head, replaces=head.replaces))
    assert made.head is not None
    flags = tuple(flag for flag in hl7v2.FLAGS if rng.random() < 0.08)
    data = hl7v2.message(made.head, [made.data], rng, event=event, flags=flags)
    made.confidentiality = [cda_name(flag) for flag in flags]
    return _carried(made, data, rng.choice(("hl7", "er7", "txt")), Format.HL7V2, "")


def cda_name(flag: str) -> str:
    """The masking flag as XDS and FHIR name it."""
    return {"INVISIBLE_REP_LEGAUX": "INVISIBLE_REPRESENTANTS_LEGAUX"}.get(flag, flag)


def oru(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """ORU R01 with a laboratory report; one time in four in both forms, N1 then N3, which count once."""
    event = "replace" if head is not None and head.replaces else "create"
    made = cda_n3(kind, case, rng, head)
    assert made.head is not None
    payloads, also = [made.data], []
    if event == "create" and rng.random() < 0.25:
        twin = cda_n1(kind, case, rng, None)
        also.append(replace(twin, format=Format.HL7V2, inner=str(twin.format), status="duplicated"))
        payloads.insert(0, twin.data)
        made.position = 1
    data = hl7v2.message(made.head, payloads, rng, event=event, oru=True)
    return replace(_carried(made, data, "hl7", Format.HL7V2, ""), also=also)


def fhir_document(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """A Bundle of type document: Composition, Condition, Observation."""
    results = list(Speaker(case, rng).results())
    if head is None:
        head = kinds.envelope(kind, case, "Résultats et problèmes en cours", rng)
    # FHIR has no setId in a Composition, and its dateTime always bears an offset.
    shown = replace(fhir_head(head), case=case, set_root=None, set_extension=None, version=None)
    data, facts, sections = fhir.composed(shown, case, results, rng)
    parts = [Section(title, code) for title, code in sections]
    return Made(data, "json", Format.FHIR, shown, shown.title, parts, facts, data.decode())


def fhir_head(head: Envelope) -> Envelope:
    """The envelope as FHIR can say it: an id without extension, a full date."""
    # UUIDs are written in lower case in URNs (RFC 4122).
    root, set_root = head.root.lower(), head.set_root.lower() if head.set_root else None
    if head.extension is not None:
        root = f"{root}.{int(head.extension, 16)}"
    if head.set_extension is not None:
        set_root = f"{set_root}.{int(head.set_extension, 16)}"
    offset = head.offset or kinds.paris_offset(head.moment)
    return replace(head, root=root, extension=None, set_root=set_root, set_extension=None, offset=offset, precision=14)


def fhir_attached(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """DocumentReference and Binary holding a PDF: the header is the reference's."""
    content, _ = write(kind, case, rng)
    whole = fhir_head(titled_head(head, kind, case, content, rng))
    whole = replace(whole, version=None)
    page = sheet(content, case, rng)
    data = fhir.attached(whole, case, page.data, "application/pdf", rng)
    words = f"{data.decode()}\f{page.words}"
    return Made(data, "json", Format.FHIR, whole, content.title, content.sections, content.facts, words, inner="pdf")


def fhir_prescription(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """Requests of an electronic prescription, without a document id."""
    own = fhir_head(kinds.envelope(kind, case, "", rng))
    treatments = (*case.state.treatments[:4], *case.stay.started)
    data, facts = fhir.prescribed(own, case, treatments, rng)
    return Made(data, "json", Format.FHIR, None, None, [], facts, data.decode())


def fhir_export(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """NDJSON: one resource a line."""
    own = fhir_head(kinds.envelope(kind, case, "", rng))
    results = list(Speaker(case, rng).results())
    data, facts = fhir.exported(own, case, results, case.state.treatments[:3], rng)
    return Made(data, "ndjson", Format.FHIR, None, None, [], facts, data.decode())


def structured_results(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """ORU R01 whose results are segments: no document inside, so no id of a document."""
    own = kinds.envelope(kind, case, "", rng)
    results = list(Speaker(case, rng).results())
    facts = [next(result.facts("coded", case, "")) for result in results]
    data = hl7v2.observed(own, results, rng)
    return Made(data, "hl7", Format.HL7V2, None, None, [], facts, data.decode())


def xdm_several(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """Everything of one stay in an archive: a letter (N1), its summary and its results (N3), each with its metadata."""
    made = cda_n1(kind, case, rng, head)
    others = [cda_n3(each, case, rng, None) for each in (kinds.SUMMARY, kinds.LABORATORY)]
    parts = [(each.head, each.data) for each in (made, *others) if each.head is not None]
    also = [
        replace(each, format=Format.XDM, inner=str(each.format), position=rank) for rank, each in enumerate(others, 1)
    ]
    return replace(_carried(made, xdm.package(parts, rng), "zip", Format.XDM, ""), also=also)


def loose_rtf(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """An RTF alone."""
    content, _ = write(kind, case, rng)
    label = identity_lines(case.patient, rng)
    data = rtf.rtf(content, label)
    words = "\n".join([*label, all_words(content)])
    return Made(data, "rtf", Format.RTF, None, content.title, content.sections, content.facts, words)


def n1_rtf(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """CDA N1 around an RTF."""
    content, service = write(kind, case, rng)
    whole = titled_head(head, kind, case, content, rng)
    label = identity_lines(case.patient, rng)
    text = cda.n1(whole, rtf.rtf(content, label), "text/rtf", service)
    words = "\n".join([*label, all_words(content)])
    return Made(
        text.encode(),
        "xml",
        Format.CDA_N1,
        whole,
        content.title,
        content.sections,
        content.facts,
        f"{text.partition('<nonXMLBody>')[0]}\f{words}",
        inner="rtf",
    )


def n1_text(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """CDA N1 around plain text."""
    text, content = typed(kind, case, rng, identity_lines(case.patient, rng))
    whole = titled_head(head, kind, case, content, rng)
    xml = cda.n1(whole, text.encode(), "text/plain")
    return Made(
        xml.encode(),
        "xml",
        Format.CDA_N1,
        whole,
        content.title,
        content.sections,
        content.facts,
        f"{xml.partition('<nonXMLBody>')[0]}\f{text}",
        inner="text",
    )


def ansi_text(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """A text file in Windows-1252 or ISO-8859-15, CRLF line ends."""
    text, content = typed(kind, case, rng, identity_lines(case.patient, rng))
    codec = rng.choice(("cp1252", "cp1252", "iso8859-15"))
    lines = text.replace("\n", "\r\n")
    return Made(
        lines.encode(codec, "replace"), "txt", Format.TEXT, None, content.title, content.sections, content.facts, text
    )


DOORS: tuple[Recipe, ...] = (
    Recipe("self-presentable", 20, kinds.LABORATORY, LABORATORIES, self_presentable),
    Recipe("xdm", 50, kinds.LABORATORY, LABORATORIES, xdm_archive),
    Recipe("xdm-discharge", 30, kinds.DISCHARGE, HOSPITALS, xdm_archive),
    Recipe("xdm-several", 15, kinds.DISCHARGE, HOSPITALS, xdm_several),
    Recipe("mdm", 50, kinds.DISCHARGE, HOSPITALS, mdm),
    Recipe("mdm-imaging", 30, kinds.IMAGING, HOSPITALS, mdm),
    Recipe("oru", 50, kinds.LABORATORY, LABORATORIES, oru),
    Recipe("oru-results", 20, kinds.LABORATORY, LABORATORIES, structured_results),
    Recipe("fhir-export", 15, kinds.LABORATORY, HOSPITALS, fhir_export),
    Recipe("fhir-document", 30, kinds.LABORATORY, LABORATORIES, fhir_document),
    Recipe("fhir-attached", 30, kinds.CONSULTATION, PRACTICES, fhir_attached),
    Recipe("fhir-prescription", 20, kinds.PRESCRIPTION, PRACTICES, fhir_prescription),
    Recipe("rtf", 20, kinds.CONSULTATION, HOSPITALS, loose_rtf),
    Recipe("n1-rtf", 20, kinds.DISCHARGE, HOSPITALS, n1_rtf),
    Recipe("n1-text", 20, kinds.CONSULTATION, PRACTICES, n1_text),
    Recipe("ansi-text", 20, kinds.NOTE, PRACTICES, ansi_text),
)

EVERY_DOOR: tuple[Recipe, ...] = (*BASE, *DOORS)
