"""Tobacco, alcohol and other habits as stated.

Belongs here: what has its own grammar and no place in a terminology of labels. Does not belong here: values with
units, scores and stages (lab/), family history (family.py marks conditions), labels of procedures (the dictionary).

An absence that is itself a statement ("non-fumeur") is a fact: the value says it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from limpide.document import Fact, Kind
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens
from limpide.french.values import number

LOINC = "LOINC"
# Patterns searched in every text begin with the character that they look for, what must not stand before it after it:
# the search then jumps from one such character to the next.
_PACK_YEARS = re.compile(r"(\d\d{0,2}(?:[.,]\d)?)\s*(?:paquets?|pqts?)[\s\-/]*(?:par\s+)?an(?:nee)?s?\b")
_BARE_PACK_YEARS = re.compile(r"(\d\d{0,2})\s*(?:p\.a\.?|pa)(?![\w/])")
_CIGARETTES = re.compile(r"(\d\d?)\s*(?:cigarettes?|cig|clopes)\s*(?:/|par)\s*(?:j|jour)")
_GLASSES = re.compile(
    r"(\d\d?)\s*(?:verres?|bieres?|unites?|litres?)\s*(?:de\s*\w+\s*)?(?:/|par)\s*(j|jour|sem|semaine)"
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase of habits.tsv."""

    table: str
    name: str
    code: str | None


@cache
def _table() -> PhraseTable[_Entry]:
    entries: list[tuple[str, _Entry]] = []
    for row in read_table("habits"):
        entry = _Entry(row["topic"], row["value"], row["code"])
        entries.extend((phrase, entry) for phrase in row["phrases"].split(";"))
    return PhraseTable(entries)


def find_clinical(tokens: Tokens) -> list[Fact]:
    """Facts of kind observation, in text order."""
    facts: list[Fact] = []
    for first, after, entry in _table().scan(tokens):
        if tokens.sentence[first] != tokens.sentence[after - 1]:
            continue
        start, end = tokens.start[first], tokens.end[after - 1]
        facts.append(_habit(tokens, start, end, entry))
    topics = {fact.rule for fact in facts}
    facts.extend(_tobacco(tokens, "clinical:tobacco" in topics))
    facts.extend(_alcohol(tokens, "clinical:alcohol" in topics))
    return sorted(facts, key=lambda fact: (fact.start or 0, fact.end or 0))


def _fact(tokens: Tokens, kind: Kind, start: int, end: int, rule: str, code: str | None = None) -> Fact:
    fact = Fact(kind=kind, origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.rule, fact.confidence = f"clinical:{rule}", 0.9
    if code:
        fact.code, fact.system = code, LOINC
    return fact


def _habit(tokens: Tokens, start: int, end: int, entry: _Entry) -> Fact:
    fact = _fact(tokens, "observation", start, end, entry.table, entry.code)
    fact.value_text = entry.name
    return fact


def _tobacco(tokens: Tokens, named: bool) -> list[Fact]:
    """Pack-years and cigarettes a day; "30 PA" only beside tobacco, for it is a blood pressure elsewhere."""
    facts = []
    if not named and "paquet" not in tokens.folded and "cig" not in tokens.folded:
        return []
    for found in (*_PACK_YEARS.finditer(tokens.folded), *_BARE_PACK_YEARS.finditer(tokens.folded)):
        around = tokens.folded[max(0, found.start() - 80) : found.end() + 20]
        if found.re is _BARE_PACK_YEARS and not re.search(r"taba|fume|sevr", around):
            continue
        value = number(found.group(1))
        if 0 < value <= 200:
            fact = _fact(tokens, "observation", found.start(), found.end(), "tobacco", "8664-5")
            fact.display, fact.value, fact.unit = "Paquets-années", value, "{pack-years}"
            fact.value_text = fact.text
            facts.append(fact)
    for found in _CIGARETTES.finditer(tokens.folded):
        fact = _fact(tokens, "observation", found.start(), found.end(), "tobacco", "72166-2")
        fact.display, fact.value, fact.unit = "Cigarettes par jour", float(found.group(1)), "{cigarettes}/d"
        fact.value_text = fact.text
        facts.append(fact)
    return facts


def _alcohol(tokens: Tokens, named: bool) -> list[Fact]:
    facts = []
    for found in _GLASSES.finditer(tokens.folded) if named or "verre" in tokens.folded else ():
        fact = _fact(tokens, "observation", found.start(), found.end(), "alcohol")
        if found.group(2).startswith("j") and "litre" not in found.group():
            fact.code, fact.system = "11287-0", LOINC
        fact.display, fact.value = "Verres d'alcool", float(found.group(1))
        fact.unit = "{drinks}/d" if found.group(2).startswith("j") else "{drinks}/wk"
        fact.value_text = fact.text
        facts.append(fact)
    return facts
