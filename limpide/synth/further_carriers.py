"""Recipes of the formats that a hospital sends beside the CI-SIS: office files, mails, lots, HPRIM, HTML, FHIR XML.

Belongs here: which content goes in which of them, and what a reader must find there. Does not belong here: their syntax
(formats/), the carriers of the CI-SIS (carriers.py).
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace
from email.message import EmailMessage
from random import Random
from typing import Any
from xml.sax.saxutils import quoteattr

from limpide.document import Format
from limpide.synth import envelope as kinds
from limpide.synth.carriers import EVERY_DOOR, fhir_document
from limpide.synth.cases import Case
from limpide.synth.content import TruthFact
from limpide.synth.envelope import Envelope, Kind
from limpide.synth.formats import hl7v2, hprim, office
from limpide.synth.recipes import (
    HOSPITALS,
    LABORATORIES,
    PRACTICES,
    Made,
    Recipe,
    all_words,
    identity_lines,
    loose_pdf,
    plain_text,
    write,
)
from limpide.synth.speech import Speaker

_DAY = (2026, 1, 1, 0, 0, 0)


def word(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """A DOCX, letterhead in its page header."""
    content, _ = write(kind, case, rng)
    label, top = identity_lines(case.patient, rng), [case.site.name, case.site.street]
    words = "\n".join([*top, *label, all_words(content)])
    data = office.docx(content, label, top)
    return Made(data, "docx", Format.DOCX, None, content.title, content.sections, content.facts, words)


def libre(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """An ODT."""
    content, _ = write(kind, case, rng)
    label, top = identity_lines(case.patient, rng), [case.site.name]
    words = "\n".join([*top, *label, all_words(content)])
    data = office.odt(content, label, top)
    return Made(data, "odt", Format.ODT, None, content.title, content.sections, content.facts, words)


def page(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """An HTML report."""
    content, _ = write(kind, case, rng)
    label = identity_lines(case.patient, rng)
    words = "\n".join([*label, all_words(content)])
    data = office.html(content, label).encode()
    return Made(data, "html", Format.HTML, None, content.title, content.sections, content.facts, words)


def mail(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """An e-mail with a PDF attached."""
    made = loose_pdf(kind, case, rng)
    message = EmailMessage()
    message["From"], message["To"] = "secretariat@hopital.example", "eds@hopital.example"
    message["Subject"], message["Date"] = "Compte rendu", "Tue, 03 Mar 2026 08:00:00 +0100"
    message["Message-ID"] = f"<{rng.getrandbits(40):010x}@hopital.example>"
    message.set_content("Veuillez trouver ci-joint le compte rendu.")
    message.add_attachment(made.data, maintype="application", subtype="pdf", filename="cr.pdf")
    message.set_boundary(f"=={rng.getrandbits(60):015x}==")
    return replace(made, data=message.as_bytes(), extension="eml", format=Format.MAIL, inner="pdf")


def lot(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """A ZIP of a PDF and a note."""
    made, note = loose_pdf(kind, case, rng), plain_text(kinds.NOTE, case, rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, each in (("a.pdf", made), ("b.txt", note)):
            archive.writestr(zipfile.ZipInfo(name, _DAY), each.data)
    also = [replace(note, format=Format.ZIP, inner="text", position=1)]
    words = f"{made.words}\f{note.words}"
    return replace(
        made, data=buffer.getvalue(), extension="zip", format=Format.ZIP, inner="pdf", words=words, also=also
    )


def gzipped(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """A note, compressed."""
    made = plain_text(kind, case, rng)
    data = gzip.compress(made.data, mtime=0)
    return replace(made, data=data, extension="txt.gz", format=Format.GZIP, inner="text")


def _coded(case: Case, rng: Random) -> tuple[list[Any], list[TruthFact]]:
    results = list(Speaker(case, rng).results())
    return results, [next(result.facts("coded", case, "")) for result in results]


def hprim_sante(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """HPRIM Santé, in UTF-8 or Windows-1252."""
    results, facts = _coded(case, rng)
    text = hprim.sante(case, results)
    data = text.encode(rng.choice(("utf-8", "cp1252")), "replace")
    return Made(data, "hpr", Format.HPRIM_SANTE, None, None, [], facts, text)


def hprim_medecins(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """HPRIM Médecins, in Windows-1252."""
    results, facts = _coded(case, rng)
    text = hprim.medecins(case, results, ["Résultats joints."])
    data = text.encode("cp1252", "replace")
    return Made(data, "hpr", Format.HPRIM_MEDECINS, None, None, [], facts, text)


def movement(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """ADT A03: the discharge, its principal diagnosis."""
    data, fact = hl7v2.discharged(kinds.envelope(kind, case, "", rng), rng)
    stay = TruthFact("encounter", "coded", None, "IMP", time_start=case.stay.start.isoformat())
    return Made(data, "hl7", Format.HL7V2, None, None, [], [stay, fact], data.decode())


def fhir_xml(kind: Kind, case: Case, rng: Random, head: Envelope | None) -> Made:
    """A FHIR document in XML."""
    made = fhir_document(kind, case, rng, head)
    text = _xml(json.loads(made.data))
    return replace(made, data=text.encode(), extension="xml", words=text)


def _xml(resource: dict[str, Any]) -> str:
    return f'<{resource["resourceType"]} xmlns="http://hl7.org/fhir">{_members(resource)}</{resource["resourceType"]}>'


def _members(node: dict[str, Any]) -> str:
    return "".join(_member(name, value) for name, value in node.items() if name != "resourceType")


def _member(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_member(name, one) for one in value)
    if isinstance(value, dict) and "resourceType" in value:
        kind = value["resourceType"]
        return f"<{name}><{kind}>{_members(value)}</{kind}></{name}>"
    if isinstance(value, dict):
        return f"<{name}>{_members(value)}</{name}>"
    if name == "div":
        return str(value)
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name} value={quoteattr(written)}/>"


FURTHER: tuple[Recipe, ...] = (
    Recipe("docx", 20, kinds.CONSULTATION, HOSPITALS, word),
    Recipe("odt", 20, kinds.DISCHARGE, HOSPITALS, libre),
    Recipe("html", 20, kinds.CONSULTATION, PRACTICES, page),
    Recipe("mail", 20, kinds.CONSULTATION, HOSPITALS, mail),
    Recipe("lot", 20, kinds.CONSULTATION, HOSPITALS, lot),
    Recipe("gzip", 10, kinds.NOTE, PRACTICES, gzipped),
    Recipe("hprim-sante", 30, kinds.LABORATORY, LABORATORIES, hprim_sante),
    Recipe("hprim-medecins", 30, kinds.LABORATORY, LABORATORIES, hprim_medecins),
    Recipe("movement", 30, kinds.DISCHARGE, HOSPITALS, movement),
    Recipe("fhir-xml", 20, kinds.LABORATORY, LABORATORIES, fhir_xml),
)

EVERY_FORMAT: tuple[Recipe, ...] = (*EVERY_DOOR, *FURTHER)
