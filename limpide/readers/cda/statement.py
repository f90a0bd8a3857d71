"""What every coded entry has in common: where it stands, its place in the text, its time, mood and negation.

Belongs here: the context of the walk and the fields that all kinds share. Does not belong here: what is particular
to one kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limpide.document import Code, Document, Fact, Kind
from limpide.readers.cda.values import codes_of, interval
from limpide.readers.cda.xml import Element, every, first, mark, words
from limpide.readers.laterality import side_of

ABSENT = "Absent-unknown"  # IPS codes that say there is nothing to code: no-known-problems, no-medication-info...
# Bounds that no honest entry reaches and that keep hostile files linear in time and memory.
_SEARCHED = 20_000  # characters of a narrative in which words without a reference are looked for
_LONGEST = 10_000  # characters of one passage: what follows is still in the document's text


@dataclass(frozen=True, slots=True)
class Passage:
    """Words of an entry: with a place when they stand in the narrative, without when they stand in the entry."""

    text: str
    start: int | None = None
    end: int | None = None


class Passages:
    """What the IDs of the narrative hold, each cut out once however many entries point to it."""

    def __init__(self, text: str, places: dict[str, tuple[int, int]]) -> None:
        self._text, self._places = text, places
        self._found: dict[str, Passage | None] = {}

    def at(self, reference: str) -> Passage | None:
        """The passage of a reference, with or without its '#'; None when it leads nowhere ('noref', '#', a URL)."""
        name = reference.strip().removeprefix("#")
        if name not in self._found:
            start, end = self._places.get(name, (0, 0))
            end = min(end, start + _LONGEST)
            self._found[name] = Passage(self._text[start:end], start, end) if start < end else None
        return self._found[name]


@dataclass(frozen=True, slots=True)
class Section:
    """A section while its entries are read."""

    document: Document
    index: int
    code: str | None
    span: tuple[int, int]  # its own title and narrative
    passages: Passages


@dataclass(frozen=True, slots=True)
class Context:
    """What an entry inherits from those around it."""

    section: Section
    path: str
    link: str | None = None  # typeCode of the relation to `parent`
    parent: Element | None = None
    inside: str | None = None  # the kind of the fact around
    supplied: bool = False  # inside a supply: what is administered there was counted with its prescription
    time: tuple[str | None, str | None] | None = None  # of the organizer around
    specimen: str | None = None
    relative: str | None = None
    device: tuple[str | None, str | None] = (None, None)  # UDI and lot of the test device around


def passage(context: Context, *holders: Element | None) -> Passage | None:
    """The words the first of `holders` points to, else those written inside it; a dangling reference is passed over."""
    for holder in holders:
        if holder is None:
            continue
        for words_in in (first(holder, "originalText"), first(holder, "text"), holder):
            for reference in every(words_in, "reference"):
                found = context.section.passages.at(reference.get("value") or "")
                if found is not None:
                    return found
            if words_in is not None and words_in is not holder and (written := words(words_in)):
                return Passage(written)
        if holder.text and not holder.text.isspace():
            return Passage(" ".join(holder.text.split()))  # a value of type ST or ED holds its words itself
    return None


def fact_of(kind: Kind, element: Element, context: Context, *holders: Element | None) -> Fact:
    """A coded fact with all that the kinds share; `holders` are asked for its words in this order, then `element`."""
    found = passage(context, *holders, element)
    start, end = interval(first(element, "effectiveTime"))
    if start is None and end is None and context.time is not None:
        start, end = context.time
    status = first(element, "statusCode")
    fact = Fact(
        kind=kind,
        origin="coded",
        time_start=start,
        time_end=end,
        negated=is_true(element.get("negationInd")),
        planned=mark(element, "moodCode") not in ("", "EVN"),
        status=status.get("code") if status is not None else None,
        section=context.section.code,
        section_index=context.section.index,
        entry=context.path,
    )
    if found is not None:
        fact.text, fact.start, fact.end = found.text, found.start, found.end
    fact.side = side_of(_sites(element, *holders))
    return fact


def _sites(element: Element, *holders: Element | None) -> Iterator[Code]:
    """Codes of the site of an entry, with the modifiers of laterality of its site, code and value."""
    sites = list(every(element, "targetSiteCode"))
    for site in sites:
        yield from codes_of(site)
    for holder in (*sites, *holders):
        for modifier in every(holder, "qualifier"):
            yield from codes_of(first(modifier, "value"))


def add(fact: Fact, context: Context) -> None:
    """Put a finished fact into the document.

    Its text falls back on the display name of its code; words without a place get one when the narrative of the
    section says them exactly once. What is about somebody else than the patient says so. A code of absence is told by
    the role: 'no_known' (the author states there is none) or 'no_information' (the author does not know): neither is
    an event.
    """
    if context.relative:
        fact.family, fact.relative = True, context.relative
    if fact.system == ABSENT and fact.code is not None:
        fact.role = "no_information" if fact.code.endswith("-info") else "no_known"
    if fact.text is None:
        fact.text = fact.display
    if fact.start is None and fact.text is not None:
        _locate(fact, fact.text, context.section)
    context.section.document.facts.append(fact)


def _locate(fact: Fact, text: str, section: Section) -> None:
    whole, (start, end) = section.document.text, section.span
    if end - start > _SEARCHED:
        return
    at = whole.find(text, start, end)
    if at < 0 or whole.find(text, at + 1, end) >= 0:
        return
    stop = at + len(text)
    if whole[at - 1 : at].isalnum() or whole[stop : stop + 1].isalnum():
        return
    fact.start, fact.end = at, stop


def put_codes(fact: Fact, *elements: Element | None) -> None:
    """The first code found becomes the fact's own, all others its translations; without any, a name is still told."""
    found: dict[tuple[str, str | None], Code] = {}
    for element in elements:
        for code in codes_of(element):
            found.setdefault((code.code, code.system), code)
    codes = list(found.values())
    if codes:
        fact.code, fact.system, fact.display = codes[0].code, codes[0].system, codes[0].display
        fact.translations = codes[1:]
    else:
        fact.display = next((name for one in elements if one is not None and (name := one.get("displayName"))), None)


def is_true(value: str | None) -> bool:
    """A boolean attribute; white space around it is tolerated (it occurs)."""
    return (value or "").strip().lower() in ("true", "1")


def qualifier(element: Element, code: str, among: set[str]) -> Element | None:
    """The value of the observation inside `element` that qualifies it, by its code or by one of its templates."""
    for relation in every(element, "entryRelationship"):
        observation = first(relation, "observation")
        if observation is None:
            continue
        own = first(observation, "code")
        if own is not None and own.get("code") == code:
            return first(observation, "value")
        if any(template.get("root") in among for template in every(observation, "templateId")):
            return first(observation, "value")
    return None


def told(context: Context, value: Element | None) -> str | None:
    """A qualifier as one word: the code where codes are words ('active', 'confirmed'), else its display name."""
    if value is None:
        return None
    code = (value.get("code") or "").strip()
    if code.isalpha() and code.islower():
        return code
    if name := value.get("displayName"):
        return name
    found = passage(context, value)
    return found.text if found is not None else code or None
