"""The structured body: sections at any depth in document order, their narrative, their entries, what they embed.

Belongs here: walking sections and handing entries over. Does not belong here: what an entry means (`entries`).
"""

from __future__ import annotations

from limpide.document import Document
from limpide.errors import Limits
from limpide.readers.cda.entries import read_entries
from limpide.readers.cda.narrative import Narrative
from limpide.readers.cda.statement import Passages, Section
from limpide.readers.cda.xml import V3, Element, every


def read_body(structured: Element, document: Document, limits: Limits) -> None:
    """Fill text, sections and facts of `document` from a structuredBody."""
    narrative = Narrative(limits)
    found: list[tuple[Element, int]] = []
    _sections(structured, 0, narrative, found)
    document.text, places = narrative.finish()
    document.sections = narrative.sections
    passages = Passages(document.text, places)
    for element, index in found:
        one = document.sections[index]
        read_entries(element, Section(document, index, one.code, (one.start, one.end), passages))


def _sections(parent: Element, depth: int, narrative: Narrative, found: list[tuple[Element, int]]) -> None:
    for child in parent.iterchildren(V3 + "component", V3 + "section"):  # a section may stand without its component
        for section in (child,) if child.tag == V3 + "section" else every(child, "section"):
            found.append((section, narrative.section(section, depth)))
            _sections(section, depth + 1, narrative, found)
