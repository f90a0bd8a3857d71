"""Codes that a text states: "DAS I50.1, E11.9", "[CIM-10 : T29.0]", "(ATC : N02BE01)", CCAM in an operation report.

Belongs here: where a run of letters and digits is a code, and which fact it codes. Does not belong here: codes found
from words (terms/), labels of codes (terms/labels.py).

A code of CIM-10 is believed only after the name of a coding ("CIM-10", "DP", "DAS", "code"), or in its dotted form in
brackets after a disease; and only if the classification has it. "Température à 39 (T38.5)" is no code.
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.tokens import Tokens
from limpide.semantics.terms.labels import label_of
from limpide.semantics.terms.terminology import dotted

CIM10, ATC, CCAM = "CIM-10", "ATC", "CCAM"
_CODE = r"[A-TV-Z]\d\d(?:\.\d{1,2}|\d{1,2})?(?:\+\d{1,2})?"
_NAMED = re.compile(
    r"(?<![A-Za-z])(?:CIM[ -]?10|cim[ -]?10|ICD[ -]?10|DP|DR|DAS|DA|D\.A\.S\.?|"
    r"[Dd]iagnostics? (?:principal|reli[ée]|associ[ée]s?(?: significatifs?)?)|[Cc]odes?(?: diagnostics?)?"
    r"|[Cc]odage(?: PMSI)?|PMSI)"
    r"(?:\s*\((?:CIM[ -]?10|s)\))?\s*(?:[:=]|n°)?\s*(?=" + _CODE + r"(?![\w/]))"
)
_LISTED = re.compile(r"(?:\s*(?:[,;/+&-]|et|\s)\s*)?(" + _CODE + r")(?![\w/%])")
_BRACKETED = re.compile(r"[(\[]\s*([A-SV-Z]\d\d\.\d{1,2})\s*[)\]]")  # T and P in brackets may be measures
_ATC = re.compile(r"(?:ATC\s*[:=]?\s*|[(\[]\s*)([A-DGHJ-NPRSV]\d\d[A-Z]{2}\d\d)(?!\w)")
_CCAM = re.compile(r"([A-HJ-NP-Z](?<![A-Z0-9].)[A-Z]{3}\d{3})(?![A-Z0-9])")
_CCAM_LEAD = re.compile(
    r"(?:[ ,]+(?:de|du|selon|type|par|sous) [\w' -]{1,25})?[\s.,;:(\[-]*(?:(?:[Aa]cte |[Cc]ode )?CCAM)?[\s:=(\[]*$"
)
_GAP = 40  # characters between an act and its code


def find_codes(tokens: Tokens) -> list[Fact]:
    """Facts of the codes that a text states, in text order, before they join the facts that they code."""
    text = tokens.text
    facts: dict[int, Fact] = {}
    for lead in _NAMED.finditer(text):
        place = lead.end()
        while (found := _LISTED.match(text, place)) is not None:
            _add(facts, text, found.span(1), "condition", CIM10, dotted(found.group(1)))
            place = found.end()
    if "(" in text or "[" in text:
        for found in _BRACKETED.finditer(text):
            _add(facts, text, found.span(1), "condition", CIM10, dotted(found.group(1)))
    for found in _ATC.finditer(text):
        _add(facts, text, found.span(1), "drug", ATC, found.group(1))
    for found in _CCAM.finditer(text):
        _add(facts, text, found.span(1), "procedure", CCAM, found.group(1))
    return [facts[start] for start in sorted(facts)]


def _add(facts: dict[int, Fact], text: str, span: tuple[int, int], kind: str, system: str, code: str) -> None:
    if span[0] in facts or (system == CIM10 and label_of(system, code) is None):
        return
    fact = Fact(kind=kind, origin="nlp", start=span[0], end=span[1], text=text[span[0] : span[1]])  # type: ignore[arg-type]
    fact.code, fact.system, fact.rule, fact.confidence = code, system, "stated_code", 0.95
    facts[span[0]] = fact


def join_codes(tokens: Tokens, facts: list[Fact]) -> list[Fact]:
    """`facts`, in text order, where a code that stands right after what it codes is given to it and goes."""
    kept: list[Fact] = []
    for fact in facts:
        if fact.rule == "stated_code" and any(_codes(tokens, fact, before) for before in reversed(kept[-4:])):
            continue
        kept.append(fact)
    return kept


def _codes(tokens: Tokens, stated: Fact, named: Fact) -> bool:
    """Whether a stated code is of what is named before it; the code is then given to it."""
    end, start = named.end or 0, stated.start or 0
    between = tokens.text[end:start]
    if named.kind != stated.kind or named.rule == "stated_code" or len(between) > _GAP or end > start:
        return False
    if stated.system == CCAM:
        close = "\n" not in between and _CCAM_LEAD.fullmatch(between) is not None
    else:
        close = re.fullmatch(r"[^\n,;.:]{0,40}[(\[]\s*(?:CIM[ -]?10|ATC|[Cc]ode)?\s*[:=]?\s*", between) is not None
    if close and (named.system in (None, stated.system)):
        named.code, named.system, named.candidates, named.display = stated.code, stated.system, [], None
        return True
    return False
