"""Text that coded entries already speak for: nothing is read there a second time.

Belongs here: which places of a document the engine passes over because an entry states them, or because they are page
furniture. Does not belong here: reading entries (readers/), what the engine finds.

- What a reader printed from an entry (a line of an HL7 v2 result, of a FHIR resource) or what an entry points to in the
  narrative (a row, a cell, a phrase of a CDA) gives no fact of any kind: "Créatinine [Moles/Volume]" is no mole, a
  vaccine no disease and no drug. A reference to a whole passage (over `PHRASE` characters) speaks for its kind only.
- In a section whose entries state a kind, the narrative gives no fact of that kind; in tables of results and of
  vaccines, the rows give no drug and no disease either.
"""

from __future__ import annotations

from bisect import bisect_right

from limpide.document import Document, Fact

PHRASE = 300  # characters: a row of a table, a sentence; beyond, an entry points to a passage that says more than it
_NAMES_OTHERS = {"immunization": frozenset({"drug", "condition"}), "measurement": frozenset({"drug", "condition"})}


def not_yet_stated(facts: list[Fact], document: Document) -> list[Fact]:
    """The facts that neither page furniture holds nor a coded entry states already; in order."""
    furniture = [(section.start, section.end) for section in document.sections if section.furniture]
    coded = [fact for fact in document.facts if fact.origin == "coded"]
    if not coded and not furniture:
        return facts
    spans = [(fact.kind, fact.start, fact.end) for fact in coded if fact.start is not None and fact.end is not None]
    phrases = _Spans([(start, end) for _, start, end in spans if end - start <= PHRASE] + furniture)
    passages = [(kind, start, end) for kind, start, end in spans if end - start > PHRASE]
    stated = _sections(document, coded)
    kept = []
    for fact in facts:
        start, end = fact.start or 0, fact.end or 0
        if phrases.meets(start, end):
            continue
        if any(kind == fact.kind and begin < end and start < stop for kind, begin, stop in passages):
            continue
        if any(
            begin < end
            and start < stop
            and (kind == fact.kind or (fact.kind in _NAMES_OTHERS.get(kind, ()) and _in_row(document.text, start)))
            for kind, begin, stop in stated
        ):
            continue
        kept.append(fact)
    return kept


def _sections(document: Document, coded: list[Fact]) -> list[tuple[str, int, int]]:
    """(kind, start, end) of each kind that the entries of a section state."""
    kinds = {(fact.section_index, str(fact.kind)) for fact in coded if fact.section_index is not None}
    return [
        (kind, section.start, section.end)
        for index, section in enumerate(document.sections)
        if section.has_entries
        for of, kind in sorted(kinds, key=str)
        if of == index
    ]


def _in_row(text: str, place: int) -> bool:
    begin, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    return "\t" in text[begin : end if end >= 0 else len(text)]


class _Spans:
    """Spans joined where they meet, for quick questions."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted(spans):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def meets(self, start: int, end: int) -> bool:
        """Whether text[start:end) shares a character with one of the spans."""
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return last >= 0 and start < self.ends[last]
