"""From a case to a file: every kind of sound document the feed can send.

Belongs here: one function a recipe, which writes the content and puts it in its format, and their shares of the feed.
Does not belong here: what goes wrong (broken.py), scheduling over nights (feed.py), formats' syntax (formats/).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from limpide.document import Format
from limpide.synth import envelope as kinds
from limpide.synth import rare
from limpide.synth.cases import Case, french
from limpide.synth.content import Content, Paragraph, Section, TruthFact
from limpide.synth.envelope import Envelope, Kind
from limpide.synth.formats import cda
from limpide.synth.formats.entries import CCAM as CCAM_OID
from limpide.synth.letters import Writer
from limpide.synth.pdf import STYLES, Letterhead, titled
from limpide.synth.population import Patient
from limpide.synth.structured import Structured


@dataclass(slots=True)
class Sheet:
    """A printed document: its bytes, every line of identity printed on it, and all its words."""

    data: bytes
    words: str


@dataclass(slots=True)
class Made:
    """A file ready to send. `words` is every text it holds: in clear, then, after a form feed, in its payload."""

    data: bytes
    extension: str
    format: Format
    head: Envelope | None
    title: str | None
    sections: list[Section]
    facts: list[TruthFact]
    words: str
    inner: str | None = None  # what an N1 body or a container holds
    status: str = "published"
    confidentiality: list[str] = field(default_factory=list)  # masking flags that the carrier states
    position: int = 0  # rank of this document in its file
    also: list[Made] = field(default_factory=list)  # the other documents of the same file


def printed_ins(patient: Patient, rng: Random) -> str:
    """The INS as printed: in one piece, or in groups."""
    ins = patient.ins
    if rng.random() < 0.75:
        return ins
    return f"{ins[0]} {ins[1:3]} {ins[3:5]} {ins[5:7]} {ins[7:10]} {ins[10:13]} {ins[13:]}"


def identity_lines(patient: Patient, rng: Random) -> list[str]:
    """The patient's label, as hospitals print it."""
    born = f" née {patient.family.upper()}" if patient.used != patient.family else ""
    e = "e" if patient.sex == "F" else ""
    lines = [
        f"{patient.civility} {patient.used.upper()} {patient.given[0]}{born}",
        f"Né{e} le {french(patient.birth)}",
        f"INS : {printed_ins(patient, rng)}",
        f"IPP : {patient.ipp}",
    ]
    if rng.random() < 0.8:
        lines += [patient.street, f"{patient.commune.postal} {patient.commune.city}"]
    if rng.random() < 0.5:
        lines.append(f"Tél. {patient.mobile}")
    return lines


def letterhead(case: Case, rng: Random, label: list[str]) -> Letterhead:
    """Sender on the left, patient on the right, footer repeated on each page."""
    site, author = case.site, case.author
    left = [
        site.name,
        rng.choice(site.services),
        *([site.known_for] if site.known_for else []),
        site.street,
        f"{site.commune.postal} {site.commune.city}",
        f"Tél. {site.phone}",
        author.titled,
        f"RPPS {author.rpps}",
    ]
    footer = f"{site.name} - FINESS {site.finess} - document confidentiel soumis au secret médical"
    # Two houses in three tell whose letter it is on every page.
    running = " - ".join((label[0], label[1], label[3])) if rng.random() < 0.66 else ""
    return Letterhead(left, label, footer, f"{site.commune.city}, le {french(case.day)}", running=running)


def all_words(content: Content) -> str:
    """Every word of a content, one block a line."""
    out = [content.title]
    for section in content.sections:
        out.append(section.title)
        for block in section.blocks:
            if isinstance(block, Paragraph):
                out.append(block.text)
            else:
                out.extend(" ".join(row) for row in (block.header, *block.rows))
    out.append(content.signature)
    return "\n".join(out)


def sheet(content: Content, case: Case, rng: Random, label: Patient | None = None) -> Sheet:
    """The content printed as a PDF; `label` is the patient printed on it when it is not the case's."""
    lines = identity_lines(label or case.patient, rng)
    head = letterhead(case, rng, lines)
    style = rng.choice(STYLES)
    if any(len(section.blocks) and not isinstance(section.blocks[0], Paragraph) for section in content.sections):
        style = rng.choice(STYLES[:3])  # tables want the whole width
    words = "\n".join([*head.left, *lines, head.footer, head.place_and_date, all_words(content)])
    return Sheet(titled(content, head, style), words)


def write(kind: Kind, case: Case, rng: Random) -> tuple[Content, str]:
    """Prose content of a kind, and the documentationOf code of an imaging report."""
    writer = Writer(case, rng)
    if kind is kinds.IMAGING:
        content, act = writer.imaging()
        return content, cda.imaging_service(act.ccam, act.label)
    plain = {
        kinds.DISCHARGE: writer.discharge,
        kinds.CONSULTATION: writer.consultation,
        kinds.LABORATORY: writer.laboratory,
        kinds.PRESCRIPTION: writer.prescription,
        kinds.NOTE: writer.note,
    }
    return plain[kind](), ""


def build(kind: Kind, case: Case, rng: Random) -> tuple[Content, Structured]:
    """Structured content of a kind."""
    made = Structured(case, rng)
    if kind is kinds.SUMMARY:
        return made.summary(), made
    if kind is kinds.LABORATORY:
        return made.biology(), made
    if kind is kinds.MICROBIOLOGY:
        return rare.microbiology(made), made
    return made.discharge(), made


def cda_n1(kind: Kind, case: Case, rng: Random, head: Envelope | None = None) -> Made:
    """CDA N1 around a PDF."""
    content, service = write(kind, case, rng)
    head = titled_head(head, kind, case, content, rng)
    page = sheet(content, case, rng)
    text = cda.n1(head, page.data, service=service)
    if service:  # the act of an imaging report is coded in the header
        content.facts.append(TruthFact("procedure", "coded", None, content.act, CCAM_OID))
    return Made(
        text.encode(),
        "xml",
        Format.CDA_N1,
        head,
        content.title,
        content.sections,
        content.facts,
        f"{text.partition('<nonXMLBody>')[0]}\f{page.words}",
        inner="pdf",
    )


def cda_n3(kind: Kind, case: Case, rng: Random, head: Envelope | None = None) -> Made:
    """CDA N3."""
    content, made = build(kind, case, rng)
    head = titled_head(head, kind, case, content, rng)
    text = cda.n3(head, content, made.entries)
    return Made(text.encode(), "xml", Format.CDA_N3, head, content.title, content.sections, content.facts, text)


def imaging_n3(kind: Kind, case: Case, rng: Random, head: Envelope | None = None) -> Made:
    """CDA N3 of an imaging report: prose sections, the contrast medium coded, the act in the header alone."""
    content, act = Writer(case, rng).imaging()
    made = Structured(case, rng)
    rare.contrast(made, act)
    content.sections[0:0] = made.sections
    content.facts += [*made.facts, TruthFact("procedure", "coded", None, act.ccam, CCAM_OID)]
    head = titled_head(head, kind, case, content, rng)
    text = cda.n3(head, content, made.entries, cda.imaging_service(act.ccam, act.label))
    return Made(text.encode(), "xml", Format.CDA_N3, head, content.title, content.sections, content.facts, text)


def titled_head(head: Envelope | None, kind: Kind, case: Case, content: Content, rng: Random) -> Envelope:
    """The envelope with the title of what was written; a fresh one unless a version follows another."""
    if head is None:
        return kinds.envelope(kind, case, content.title, rng)
    return replace(head, title=content.title, case=case)


def fresh_head(kind: Kind, case: Case, title: str, rng: Random) -> Envelope:
    """A first version with this title."""
    return kinds.envelope(kind, case, title, rng)


def loose_pdf(kind: Kind, case: Case, rng: Random, head: Envelope | None = None) -> Made:
    """A PDF alone: the identity is on the page, nowhere else."""
    content, _ = write(kind, case, rng)
    page = sheet(content, case, rng)
    return Made(page.data, "pdf", Format.PDF, None, content.title, content.sections, content.facts, page.words)


def plain_text(kind: Kind, case: Case, rng: Random, head: Envelope | None = None) -> Made:
    """A text file in UTF-8, identity at its top."""
    text, content = typed(kind, case, rng, identity_lines(case.patient, rng))
    return Made(text.encode(), "txt", Format.TEXT, None, content.title, content.sections, content.facts, text)


def typed(kind: Kind, case: Case, rng: Random, label: list[str]) -> tuple[str, Content]:
    """A document as plain text: label, title, sections in capitals, a rule of dashes, tables with tabs."""
    content, _ = write(kind, case, rng)
    out = [case.site.name, *label, f"{case.site.commune.city}, le {french(case.day)}", "", content.title.upper(), ""]
    for section in content.sections:
        out.append(section.title + " :")
        for block in section.blocks:
            if isinstance(block, Paragraph):
                out.append(block.text)
            else:
                out.extend("\t".join(row) for row in (block.header, *block.rows))
        out.append("")
    out.append(content.signature)
    return "\n".join(out) + "\n", content


Maker = Callable[[Kind, Case, Random, Envelope | None], Made]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A kind of file, its share (in thousandths) and the sources that send it."""

    name: str
    share: int
    kind: Kind
    sources: tuple[str, ...]
    make: Maker


HOSPITALS = ("chu-lumiere", "chu-lumiere", "clinique-des-tilleuls")
PRACTICES = ("cabinet-belledonne",)
LABORATORIES = ("labo-bievre", "labo-bievre", "labo-bievre", "chu-lumiere")

BASE: tuple[Recipe, ...] = (
    Recipe("n1-discharge", 130, kinds.DISCHARGE, HOSPITALS, cda_n1),
    Recipe("n1-consultation", 120, kinds.CONSULTATION, ("chu-lumiere", "cabinet-belledonne"), cda_n1),
    Recipe("n1-imaging", 110, kinds.IMAGING, ("clinique-des-tilleuls", "chu-lumiere"), cda_n1),
    Recipe("n1-laboratory", 120, kinds.LABORATORY, LABORATORIES, cda_n1),
    Recipe("n1-prescription", 80, kinds.PRESCRIPTION, ("chu-lumiere", "cabinet-belledonne"), cda_n1),
    Recipe("n3-summary", 80, kinds.SUMMARY, PRACTICES, cda_n3),
    Recipe("n3-laboratory", 150, kinds.LABORATORY, LABORATORIES, cda_n3),
    Recipe("n3-discharge", 70, kinds.DISCHARGE, HOSPITALS, cda_n3),
    Recipe("n3-microbiology", 30, kinds.MICROBIOLOGY, LABORATORIES, cda_n3),
    Recipe("n3-imaging", 30, kinds.IMAGING, HOSPITALS, imaging_n3),
    Recipe("pdf", 70, kinds.CONSULTATION, ("chu-lumiere", "clinique-des-tilleuls"), loose_pdf),
    Recipe("text", 70, kinds.NOTE, PRACTICES, plain_text),
)
