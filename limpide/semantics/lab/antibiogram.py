"""Antibiograms: an antibiotic and S, I or R, in lists, lines and prose. No treatment is said by them.

Belongs here: "oxacilline S, érythromycine R", "Ceftriaxone : S CMI <= 1", "sensible à l'amoxicilline". Does not belong
here: rows of tables under a heading (rows.py), the germ of a culture (worded.py).

The antibiotics are the rows of analytes.tsv whose specimen is `isolate`. A letter counts beside another antibiotic that
bears one, or where a germ, an antibiogram or a CMI is named shortly before.
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.tokens import Tokens
from limpide.french.units import unit_at
from limpide.french.values import susceptibility_of, value_at
from limpide.semantics.lab.analytes import Analyte, Named
from limpide.semantics.lab.facts import measured
from limpide.semantics.lab.worded import germ_pattern

_CONTEXT = re.compile(
    r"antibiogramme|\bcmi\b|\bgermes?\b|souche|\bsensib|resistan|\becbu\b|hemoculture|culture|\bufc\b"
)
_LETTER = re.compile(
    r"[ \t]*[:=(]?[ \t]*(?P<judged>S\+?|I|R|SFP|[Ss]ensible|[Rr][ée]sistante?|[Ii]nterm[ée]diaire|SENSIBLE"
    r"|R[EÉ]SISTANT)(?![\w/+'’])"
)
_LEVEL = re.compile(r"\s*(?:\(?\s*(?:haut|bas)\s+niveau\)?)?\s*[,(]?\s*(?:cmi\s*)?[:=]?\s*(?=[<>≤≥=\d])")
_BACK, _NEAR = 300, 60
_LIST = re.compile(
    r"\b(?P<judged>multi-?sensibles?|sensibles?|resistante?s?|intermediaires?)\s+(?:in vitro\s+)?"
    r"(?:(?:a la|aux|au|a)\s+|a l'\s*)"
)
_JOIN = re.compile(r"\s*(?:,|et|ou|ainsi que|/|\+|-)?\s*(?:a la|a l'|aux|au|a|la|l'|les|le)?\s*$")
_LONGEST_LIST = 12


def _antibiotic(named: Named) -> Analyte | None:
    return next((analyte for analyte in named.analytes if analyte.specimen == "isolate"), None)


def antibiograms(tokens: Tokens, names: list[tuple[int, int, Named]]) -> list[Fact]:
    """Facts of specimen 'isolate' whose `flag` is S, I or R. `names`: the measures found in the text, in order."""
    drugs = [(first, after, a) for first, after, named in names if (a := _antibiotic(named)) is not None]
    if not drugs:
        return []
    facts = [fact for first, after, analyte in drugs if (fact := _lettered(tokens, first, after, analyte))]
    kept = [fact for fact in facts if _is_apt(tokens, fact, facts)]
    taken = {fact.start for fact in kept}
    kept.extend(fact for fact in _in_prose(tokens, drugs) if fact.start not in taken)
    return kept


def _lettered(tokens: Tokens, first: int, after: int, analyte: Analyte) -> Fact | None:
    end = tokens.end[after - 1]
    found = _LETTER.match(tokens.text, end)
    if found is None:
        return None
    judged = found.group("judged")
    fact = _judged(tokens, analyte, tokens.start[first], found.end(), judged)
    level = _LEVEL.match(tokens.folded, found.end())
    value = value_at(tokens.folded, level.end()) if level and "cmi" in level.group() else None
    if value:
        unit = unit_at(tokens.text, tokens.folded, value.end)
        fact.value, fact.comparator = value.number, value.comparator
        fact.unit = unit[0].ucum if unit else "mg/L"
        fact.end = unit[1] if unit else value.end
        fact.text = tokens.text[fact.start or 0 : fact.end]
        hinted = [code for option in analyte.options for code, hint in option.variants if hint == "cmi"]
        fact.code = hinted[0] if hinted else fact.code
    return fact


def _judged(tokens: Tokens, analyte: Analyte, start: int, end: int, judged: str) -> Fact:
    fact = measured(tokens, analyte, start, end, None, None, judged)
    fact.flag = susceptibility_of(judged.rstrip("+"))
    fact.specimen, fact.rule = "isolate", "measurement:antibiogram"
    return fact


def _is_apt(tokens: Tokens, fact: Fact, facts: list[Fact]) -> bool:
    """Whether a letter judges an antibiotic rather than stands beside it by chance."""
    if len(fact.value_text or "") > 3:
        return True
    start, end = fact.start or 0, fact.end or 0
    if any(
        -_NEAR <= (other.start or 0) - end <= _NEAR or 0 <= start - (other.end or 0) <= _NEAR
        for other in facts
        if other is not fact
    ):
        return True
    before = tokens.folded[max(0, start - _BACK) : start]
    return _CONTEXT.search(before) is not None or germ_pattern().search(before) is not None


def _in_prose(tokens: Tokens, drugs: list[tuple[int, int, Analyte]]) -> list[Fact]:
    """ "sensible à la pénicilline et à l'oxacilline, résistant à l'érythromycine": one fact an antibiotic."""
    facts = []
    for found in _LIST.finditer(tokens.folded):
        judged = {"s": "S", "m": "S", "r": "R", "i": "I"}[found.group("judged")[0]]
        place = found.end()
        for first, after, analyte in [d for d in drugs if tokens.start[d[0]] >= place][:_LONGEST_LIST]:
            begin = tokens.start[first]
            if begin > place and not _JOIN.match(tokens.folded[place:begin]):
                break
            fact = _judged(tokens, analyte, begin, tokens.end[after - 1], judged)
            facts.append(fact)
            place = tokens.end[after - 1]
    return facts
