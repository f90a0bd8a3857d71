"""The stay as its letter tells it: why the patient came, how the stay ended, the patient's death.

Belongs here: the mode of discharge, the death of the patient, and which fact is the principal reason. Does not belong
here: the dates of the stay (the readers), modes coded by a message (readers/hl7v2_movements.py, whose facts these are
like), relatives' deaths (no fact of the patient).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from limpide.document import Code, Document, Fact, Section
from limpide.french.phrases import PhraseTable, read_table, spellings
from limpide.french.tokens import Tokens

DEATH, SNOMED, PMSI = "419099009", "SNOMED CT", "PMSI"
REASON, DISCHARGE = "reason", "discharge"  # roles
_REASON_SECTION, _DISCHARGE_SECTION = "42349-1", "8650-4"
_SUBJECT = r"(?:patiente?|malade|il|elle|monsieur|madame|mme|m\.|mr|m|resident|residente|nourrisson)"
_DEATH = re.compile(
    rf"\b{_SUBJECT}(?: [a-z-]+){{0,3}}? (?:est |sont |etait |a ete )?(?:deced[ee]{{1,2}}|decede|mort)\b"
    r"|\bdeces (?:du patient|de la patiente|du malade|est survenu|survenu|constate|prononce|declare|le \d|a \d)"
    r"|\b(?:constat|certificat|heure|date) (?:de|du) deces\b|\best decedee?\b|\bdecedee? (?:le|ce|a|dans le service) "
)
_NOT_DEAD = re.compile(r"\b(?:risque|en cas|eviter|apres le|avant le|depuis le|suite au|deuil)\b[^.;]{0,25}$")
_OTHERS = frozenset(
    ("mari", "epouse", "epoux", "femme", "conjoint", "conjointe", "compagne", "compagnon", "ami", "amie")
)
_RELATIVES = frozenset(
    ("pere", "mere", "frere", "soeur", "fils", "fille", "oncle", "tante", "parents", "enfant", "jumeau")
)
_COMING = re.compile(
    r"\b(?:hospitalis\w+|admise?|adress\w+|consult\w+|recue?|vue?|transfer\w+|pris\w* en charge|sejour|venue?)\b"
    r"[^.;\n]{0,60}?\b(?:pour|devant|en raison d[e'u]|motif)\b"
)
_REACH = 90  # characters after "hospitalisé pour" in which its reasons are named


@cache
def _table() -> PhraseTable[tuple[str, str, str]]:
    return PhraseTable(
        [
            (phrase, (row["code"], row["display"], row["where"]))
            for row in read_table("stay")
            for pattern in row["phrases"].split(";")
            for phrase in spellings(pattern)
        ],
        literal=True,
    )


def find_stay(tokens: Tokens, sections: Sequence[Section]) -> list[Fact]:
    """The patient's death (observation) and the mode of discharge (encounter), one of each at most."""
    return [*_deaths(tokens), *_discharges(tokens, sections)]


def _deaths(tokens: Tokens) -> list[Fact]:
    folded = tokens.folded
    if "dece" not in folded and " mort" not in folded:
        return []
    for found in _DEATH.finditer(folded):
        first, last = tokens.within(found.start(), found.end())
        near = set(tokens.form[max(0, first - 4) : last + 1])
        if near & (_OTHERS | _RELATIVES) or _NOT_DEAD.search(folded, max(0, found.start() - 40), found.start()):
            continue
        place = folded.find("dece", found.start(), found.end())
        start = place if place >= 0 else folded.index("mort", found.start(), found.end())
        end = tokens.end[tokens.within(start, start + 1)[0]]
        fact = Fact(kind="observation", origin="nlp", start=start, end=end, text=tokens.text[start:end])
        fact.code, fact.system, fact.display, fact.rule, fact.confidence = DEATH, SNOMED, "Décès", "stay:death", 0.9
        return [fact]
    return []


def _discharges(tokens: Tokens, sections: Sequence[Section]) -> list[Fact]:
    """The last mode of discharge that the text tells: an earlier one may be a plan that changed."""
    titled = [(s.start, s.start + len(s.title or "") + 60) for s in sections if s.code == _DISCHARGE_SECTION]
    best: Fact | None = None
    for first, after, (code, display, where) in _table().scan(tokens):
        start, end = tokens.start[first], tokens.end[after - 1]
        under = any(a <= start < b for a, b in titled)
        if (where == "section" and not under) or {"pas", "non", "si"} & set(tokens.form[max(0, first - 3) : first]):
            continue
        fact = Fact(kind="encounter", origin="nlp", start=start, end=end, text=tokens.text[start:end], role=DISCHARGE)
        fact.code, fact.system, fact.display, fact.rule, fact.confidence = code, PMSI, display, "stay:discharge", 0.8
        best = fact
        if under:
            break
    return [best] if best is not None else []


def tell_stay(tokens: Tokens, document: Document, facts: Sequence[Fact]) -> None:
    """Mark the principal reason of the stay among `facts`, and complete the header where no message states the end."""
    for fact in _reasons(tokens, document.sections, facts):
        fact.role = REASON
    encounter = document.header.encounter
    if encounter.discharge is None and (encounter.start or encounter.end):
        said = next((f for f in facts if f.kind == "encounter" and f.role == DISCHARGE and f.origin == "nlp"), None)
        if said is not None and said.code:
            encounter.discharge = Code(said.code, PMSI, said.display)


def _reasons(tokens: Tokens, sections: Sequence[Section], facts: Sequence[Fact]) -> list[Fact]:
    """What the patient came for: under the title that says so, else after "hospitalisé pour"."""
    able = [
        f
        for f in facts
        if f.kind in ("condition", "procedure") and f.origin == "nlp" and f.role is None and not (f.negated or f.family)
    ]
    section = next((s for s in sections if s.code == _REASON_SECTION), None)
    if section is not None:
        begin = section.start + len(section.title or "")
        stop = tokens.text.find("\n\n", begin + 3, section.end)
        end = stop if stop >= 0 else section.end
        return _first_sentence(tokens, [f for f in able if begin <= (f.start or 0) < end])
    coming = _COMING.search(tokens.folded)
    if coming is None:
        return []
    clause = re.compile(r"[.;\n]|\b(?:suite a|apres|depuis|chez|dans un contexte|sur terrain|alors que)\b").search(
        tokens.folded, coming.end(), coming.end() + _REACH
    )
    end = clause.start() if clause else coming.end() + _REACH
    return [fact for fact in able if coming.end() <= (fact.start or 0) < end]


def _first_sentence(tokens: Tokens, facts: list[Fact]) -> list[Fact]:
    numbers = [tokens.sentence[tokens.within(f.start or 0, f.end or 0)[0]] for f in facts]
    return [fact for fact, number in zip(facts, numbers, strict=True) if number == min(numbers)]
