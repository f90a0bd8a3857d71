"""A structured document printed as a hospital would print it: its narrative as a PDF, its entries left behind.

Belongs here: from a `Document` (read from CDA N3) to pages, for the exam "flatten and recover": what is recovered from
the PDF alone is compared with the coded entries. Does not belong here: that comparison, reading, feeds.
"""

from __future__ import annotations

from itertools import groupby

from limpide.document import Document
from limpide.synth.content import Content, Paragraph, Table
from limpide.synth.content import Section as Printed
from limpide.synth.pdf import STYLES, Letterhead, Style, text_width, titled

_NARROWEST = 0.07  # share of the page below which a column is not readable


def flatten(document: Document, style: Style = STYLES[0], *, identity: bool = True) -> bytes:
    """The narrative of a document as a PDF: title, sections, paragraphs, tables as rows; no entry, no code.

    A line of the text that holds tabs is a row of a table (readers/cda writes cells so). `identity` prints the
    letterhead of patient, author and site from the header, as hospitals do. Same document, same bytes.
    """
    return titled(flat_content(document), letterhead(document) if identity else Letterhead(), style)


def flat_content(document: Document) -> Content:
    """Title, sections and blocks of a document; text outside sections is kept, in its place."""
    sections: list[Printed] = []
    at = 0
    # Parents hold the text of their children: each section is printed up to where the next one starts.
    starts = [(section.start, section.title) for section in document.sections]
    bounds = [*(start for start, _ in starts), len(document.text)]
    if starts and starts[0][0] > 0:
        sections.append(Printed("", None, _blocks(document.text[: starts[0][0]])))
    for number, (start, title) in enumerate(starts):
        end = max(bounds[number + 1], start)
        text = document.text[max(start, at) : end]
        at = max(at, end)
        shown = (title or "").strip()
        if shown and text.lstrip().startswith(shown):
            text = text.lstrip()[len(shown) :]
        sections.append(Printed(shown, None, _blocks(text)))
    if not starts:
        sections.append(Printed("", None, _blocks(document.text)))
    return Content(document.header.title or "Document", [each for each in sections if each.title or each.blocks])


def _blocks(text: str) -> list[Paragraph | Table]:
    blocks: list[Paragraph | Table] = []
    lines = [line.rstrip("\n") for line in text.split("\n")]
    for tabular, group in groupby(lines, lambda line: "\t" in line):
        chunk = [line for line in group if line.strip()]
        if not chunk:
            continue
        if tabular:
            blocks.append(_table([tuple(cell.strip() for cell in line.split("\t")) for line in chunk]))
        else:
            blocks += [Paragraph(line.strip()) for line in chunk]
    return blocks


def _table(rows: list[tuple[str, ...]]) -> Table:
    """Rows of one table; columns share the page by the square root of what they hold, so that none starves."""
    columns = max(len(row) for row in rows)
    full = [(*row, *[""] * (columns - len(row))) for row in rows]
    held = [max(text_width(row[index], "Helvetica") for row in full) for index in range(columns)]
    weights = [max(width, 1) ** 0.5 for width in held]
    total = sum(weights)
    shares = [max(weight / total, _NARROWEST) for weight in weights]
    whole = sum(shares)
    return Table(full[0], full[1:], tuple(share / whole for share in shares))


def letterhead(document: Document) -> Letterhead:
    """Who sends and who is spoken of, from the header."""
    head = document.header
    patient, site = head.patient, head.care_site
    left = [text for text in (site.name, site.address, f"FINESS {site.finess}" if site.finess else None) if text]
    for author in head.authors[:1]:
        name = " ".join(text for text in (author.given, author.family) if text)
        if name:
            left.append(name)
    name = " ".join(text for text in ((patient.family_used or patient.family_birth), *patient.given[:1]) if text)
    right = [name] if name else []
    if patient.birth_date:
        right.append(f"Date de naissance : {'/'.join(reversed(patient.birth_date.split('-')))}")
    if patient.ins:
        right.append(f"INS : {patient.ins}")
    day = (head.effective_time or "")[:10]
    dated = f"Le {'/'.join(reversed(day.split('-')))}" if day else ""
    return Letterhead(left, right, site.name or "", dated)
