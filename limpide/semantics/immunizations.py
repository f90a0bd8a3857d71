"""Vaccines given, due or refused.

Belongs here: finding the vaccines that a text names, by brand or by the disease after a word of vaccination. Does not
belong here: the vaccines (lexicon/vaccines.tsv); what is said of each (acts/assertion.py: a vaccine is done, planned or
refused as an act is).

"Vaccination grippe faite le 3, pneumocoque à prévoir" names two; "à jour de ses vaccinations" none.
"""

from __future__ import annotations

import re
from functools import cache

from limpide.document import Fact
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens

_LEAD = re.compile(
    r"vaccin(?:s|e|es|ee|ees|ation|ations|er|al|aux)?$|rappels?$|primovaccination$|revaccination$|injections?$"
)
_TIES = frozenset(
    ("contre", "anti", "-", "le", "la", "les", "l", "'", "de", "du", "d", "des", "et", "par", ":", "saisonnier")
) | {"saisonniere", "annuel", "annuelle", "conjugue", "vivant"}
_OPENS = re.compile(r"vaccin(?:s|ation|ations)?$")
_LIST = re.compile(r"[ \t]*(?:[-•*]\s*|\d{1,2}[.)]\s*)?(?:statut vaccinal|vaccin(?:s|ations?)?)\s*:")
_ENOUGH = 8  # words of ties between a word of vaccination and its disease
_YEAR = re.compile(r"\s*:?\s*(?:dernier |derniere )?(?:rappel|injection|dose|vaccination)\s+(?:en )?((?:19|20)\d\d)\b")
_LOT = re.compile(r"[^\n.]{0,40}?\blot\s*(?:n°|no|numero|:)?\s*:?\s*([A-Z0-9][A-Z0-9-]{3,14})(?!\w)", re.IGNORECASE)


@cache
def _table() -> PhraseTable[tuple[str, bool]]:
    return PhraseTable(
        (pattern.strip(), (row["code"], row["alone"] == "yes"))
        for row in sorted(read_table("vaccines"), key=lambda row: row["alone"] != "yes")
        for pattern in row["phrases"].split(";")
    )


def find_immunizations(tokens: Tokens) -> list[Fact]:
    """Facts of kind immunization, in text order, without what is said of them."""
    leads = sorted(place for word in tokens.places if _LEAD.match(word) for place in tokens.places[word])
    facts = []
    for first, after, (code, alone) in _table().scan(tokens):
        lead = _lead(tokens, leads, first)
        if lead is None and not (alone and _written(tokens, first)):
            continue
        begin = first if lead is None or first - lead > _ENOUGH or not _tied(tokens, lead, first) else lead
        start, end = tokens.start[begin], tokens.end[after - 1]
        fact = Fact(kind="immunization", origin="nlp", start=start, end=end, text=tokens.text[start:end])
        fact.code, fact.system, fact.rule, fact.confidence = code, "ATC", "vaccine", 0.9
        lot = _LOT.match(tokens.text, end)
        fact.lot = lot.group(1) if lot and any(c.isdigit() for c in lot.group(1)) else None
        year = _YEAR.match(tokens.folded, end)
        fact.time_start = year.group(1) if year else None
        facts.append(fact)
    return facts


def _written(tokens: Tokens, first: int) -> bool:
    """Whether a brand is written as one: VAT, Prevenar; "ror" in small letters is no vaccine."""
    return tokens.text[tokens.start[first]].isupper()


def _tied(tokens: Tokens, lead: int, first: int) -> bool:
    return all(word in _TIES for word in tokens.form[lead + 1 : first])


def _lead(tokens: Tokens, leads: list[int], first: int) -> int | None:
    """The word of vaccination that governs a name: tied to it, or the opening of the list that it stands in."""
    before = [place for place in leads if place < first]
    if not before:
        return None
    lead = before[-1]
    if tokens.sentence[lead] == tokens.sentence[first] and _tied(tokens, lead, first):
        return lead
    opening = next((place for place in reversed(before) if _OPENS.match(tokens.form[place])), None)
    if opening is None:
        return None
    start, end = tokens.start[opening], tokens.start[first]
    line = tokens.text.rfind("\n", 0, start) + 1
    led = not any(char.isalpha() for char in tokens.text[line:start]) or tokens.text[start].isupper()
    between = tokens.text[start:end]
    if _LIST.match(tokens.folded, line) and "\n" not in between:
        return opening  # "Vaccins : grippe fait, Covid refusé. Rotavirus : non"
    itemised = re.search(r"(?:[,;:+(]|\bet)\s*(?:et\s+)?(?:contre\s+)?(?:la |le |l'|les )?$", between) is not None
    return opening if led and "\n\n" not in between and itemised and ". " not in between else None


def own_words(facts: list[Fact]) -> list[Fact]:
    """Facts without the diseases and drugs that only name a vaccine."""
    spans = [(f.start or 0, f.end or 0) for f in facts if f.kind == "immunization" and f.origin == "nlp"]
    if not spans:
        return facts
    named = ("condition", "drug", "observation")
    return [
        fact
        for fact in facts
        if fact.kind not in named or not any(a < (fact.end or 0) and (fact.start or 0) < b for a, b in spans)
    ]
