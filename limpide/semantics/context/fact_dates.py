"""When each fact holds: the date that governs a mention, by syntax or by its section's heading.

Belongs here: tying date expressions to facts. Does not belong here: reading dates (moments.py).

A date governs the facts of its own clause before it ("infarctus en 2012, AVC il y a 3 ans"), or, when it opens the
sentence, those that follow ("En 2012, infarctus", "Scanner du 12/03/2024 : embolie"). A date in a section's title
governs the section. Nothing else does, and a birth date never: a fact without a governing date keeps None.
`history` is set on what happened at a point more than `PAST_DAYS` before the document.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import date, timedelta

from limpide.document import Fact, Section
from limpide.french.date_expressions import Dated, find_dates, reference
from limpide.french.tokens import Tokens
from limpide.semantics.context.sections import section_at

PAST_DAYS = 90
_PAST_KINDS = frozenset({"condition", "procedure", "observation", "immunization"})
_REACH = 14  # words between a fact and the date behind it
_SPLIT = frozenset({",", ";", "puis", "mais"})
_JDAY = re.compile(r"j ?\+? ?(\d{1,3})$")
_NOT_CLINICAL = re.compile(
    r"(?:courrier|lettre|mail|appel|rendez-vous|rdv|imprime|edite|valide|signe|dicte)\w*\s+(?:du|le|en date du)?\s*$"
)


def date_all(tokens: Tokens, facts: list[Fact], sections: list[Section], document_date: str | None) -> None:
    """Set time_start and time_end of each placed fact that a date governs, and `history` where that date is past.

    `document_date`: ISO, whole or partial; without it relative dates stay unresolved. Times already set are kept.
    """
    dates = [dated for dated in find_dates(tokens, document_date) if dated.how != "birth"]
    placed = sorted(
        (fact for fact in facts if fact.start is not None and fact.origin == "nlp" and fact.time_start is None),
        key=lambda fact: fact.start or 0,
    )
    if not placed:
        return
    dates.extend(_days_after(tokens, dates))
    if not dates:
        return
    dates.sort(key=lambda dated: dated.start)
    governed = _by_syntax(tokens, placed, dates)
    headings = _by_heading(sections, dates)
    begins = [section.start for section in sections]
    for fact in placed:
        dated = governed.get(id(fact))
        if dated is None and headings:
            held = section_at(sections, begins, fact.start or 0)
            dated = None if held is None else headings.get(held)
        if dated is not None:
            _set(fact, dated, document_date)


def _set(fact: Fact, dated: Dated, document_date: str | None) -> None:
    if dated.how == "until":
        fact.time_end = dated.iso
        return
    fact.time_start = dated.iso
    if dated.how == "during":
        fact.time_end = dated.iso_end
    if (
        dated.how == "on"
        and fact.kind in _PAST_KINDS
        and not (fact.family or fact.planned)
        and is_past(dated.iso, document_date)
    ):
        fact.history = True


def is_past(iso: str, document_date: str | None) -> bool:
    """Whether a date lies more than PAST_DAYS before the document, at whatever precision both have."""
    today = reference(document_date)
    if today is None:
        return False
    limit = (today - timedelta(days=PAST_DAYS)).isoformat()
    return iso[: len(limit)] < limit[: len(iso)]


def _days_after(tokens: Tokens, dates: list[Dated]) -> list[Dated]:
    """ "J2" after the last day named before it (an operation, an admission); unresolved when none is."""
    found = []
    days = [dated for dated in dates if len(dated.iso) >= 10 and dated.how == "on"]
    named = {word: match for word in tokens.places if word[0] == "j" and len(word) < 5 and (match := _JDAY.match(word))}
    for place in sorted([place for word in named for place in tokens.places[word]]):
        match, start, end = named[tokens.form[place]], tokens.start[place], tokens.end[place]
        before = [dated for dated in days if dated.end <= start]
        if before:
            first = date.fromisoformat(before[-1].iso[:10])
            found.append(Dated(start, end, (first + timedelta(days=int(match.group(1)))).isoformat(), "on"))
    return found


def _by_syntax(tokens: Tokens, facts: list[Fact], dates: list[Dated]) -> dict[int, Dated]:
    """Facts (by id) and the date that governs each by its place in the sentence."""
    governed: dict[int, Dated] = {}
    by_sentence: dict[int, list[tuple[int, int, Fact | Dated]]] = {}
    everything: list[Fact | Dated] = [*facts, *dates]
    for item in everything:
        first, last = tokens.within(item.start or 0, item.end or 0)
        by_sentence.setdefault(tokens.sentence[first], []).append((first, last, item))
    for items in by_sentence.values():
        if any(isinstance(item, Dated) for _, _, item in items):
            _govern(tokens, sorted(items, key=lambda entry: entry[0]), governed)
    return governed


def _govern(tokens: Tokens, items: list[tuple[int, int, Fact | Dated]], governed: dict[int, Dated]) -> None:
    opening: Dated | None = None
    clause_only = False  # whether `opening` governs this clause only, having governed what precedes it
    waiting: list[tuple[int, int, Fact]] = []  # facts of this clause that no date has taken
    seen_fact = False
    previous_last = items[0][0]
    for first, last, item in items:
        if any(word in _SPLIT for word in tokens.form[previous_last:first]):
            waiting = []
            opening = None if clause_only else opening
        previous_last = last
        if isinstance(item, Dated):
            if _NOT_CLINICAL.search(tokens.folded, max(0, item.start - 30), item.start):
                continue
            near = [fact for begin, end, fact in waiting if first - end <= _REACH and begin < first]
            if near:
                for fact in near:
                    governed.setdefault(id(fact), item)
                waiting = []
                opening = item if item.how == "on" else None
                clause_only = True
            elif not seen_fact or item.how == "on":
                opening = item
                clause_only = False
        else:
            if item.start is not None and opening is not None and not _taken_later(tokens, items, last):
                governed.setdefault(id(item), opening)
            else:
                waiting.append((first, last, item))
            seen_fact = True


def _taken_later(tokens: Tokens, items: list[tuple[int, int, Fact | Dated]], last: int) -> bool:
    """Whether a date follows in the same clause, which then governs rather than the one that opened the sentence."""
    for first, _, item in items:
        if first > last:
            if any(word in _SPLIT for word in tokens.form[last:first]):
                return False
            if isinstance(item, Dated):
                return first - last <= _REACH
    return False


def _by_heading(sections: list[Section], dates: list[Dated]) -> dict[int, Dated]:
    """Section number and the date its title bears."""
    found: dict[int, Dated] = {}
    begins = [section.start for section in sections]
    for dated in dates:
        index = bisect_right(begins, dated.start) - 1
        if index >= 0 and dated.how == "on":
            section = sections[index]
            if dated.end <= section.start + len(section.title or "") + 1:
                found[index] = dated
    return found
