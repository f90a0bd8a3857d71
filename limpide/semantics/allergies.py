"""Allergies and intolerances: agent, reaction, doubt, and what is none ("tolère", "infirmée", "pas d'allergie").

Belongs here: reading them in sentences ("allergique à la pénicilline"), in lists ("Allergies : Bactrim -> toxidermie,
latex (urticaire)") and sections. Does not belong here: agents (lexicon/allergens.tsv, the terminology of drugs), the
coding of an agent that the terminology knows (rule_engine.py).

One fact an agent, over its words; `value_text` is the reaction as written. A stated absence is a fact that is denied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from limpide.document import Fact, Section
from limpide.french.phrases import read_table, spellings
from limpide.french.tokens import Tokens, fold
from limpide.french.variants import key

SECTION = "48765-2"  # LOINC code of the section of allergies
NONE = "Aucune allergie connue"
_LONGEST, _MOST_WORDS, _REACH = 50, 5, 200
_ADJECTIVES = (
    r"(?:\s+(?:medicamenteuses?|connues?|vraies?|severes?|documentees?|suspectees?|alimentaires?|digestives?|croisees?"
    r"|notables?|particulieres?|signalees?|rapportees?|graves?|de contact|cutanees?|respiratoires?|possibles?"
    r"|probables?|allegu?ees?|ancienne|prouvees?|averees?|declarees?|antibiotiques?|importantes?|retrouvees?|a noter"
    r"|/?\s*intolerances?|et intolerances?))*"
)
_LEAD = re.compile(
    r"(?P<word>allergi(?:es?|ques?)|hypersensibilites?|intoleran(?:ces?|te?s?))(?![a-z])"
    + _ADJECTIVES
    + r"(?P<joint>\s*(?::|->|=|-)?\s*(?:a la |a l'|aux |au |a |vis-a-vis (?:de |du |des |de la )|envers )?)"
)
_DENIED = re.compile(
    r"(?:\b(?:pas|aucune?|absence|sans|ni|jamais|nie(?: toute)?|non)\s+(?:d[e'] ?|connue d'|d'antecedents? d[e'] ?"
    r"|antecedents? d[e'] ?|autre )?\s*)$|(?:\b(?:non|0)\s+)$"
)
_NOTHING = re.compile(
    r"\s*(?:non\b|aucune?\b|neant|0\b|ras\b|pas d'allergie|aucune connue|rien\b|absence d'allergie|inconnues?\b"
    r"|non connues?)(?:\s+(?:connues?|allergies?|a ce jour|signalees?|a signaler|allergie connue))*"
    r"\s*(?=[.;,\n)]|$)"
)
_SPLIT = re.compile(r",|;|/|\+|\n|\bet\b|\bou\b|\bpuis\b|\.\s+(?=[A-ZÉÈÀ«])")
_REST = re.compile(r"\(|->|=>|→|:|=|\s[-–]\s|\?")
_AGENT_END = re.compile(
    r"\s+(?:avec|type|a type|sous forme|depuis|en\s+\d{4}|responsable|ayant|documentee?|mais|chez|dans|suspectee?"
    r"|prouvee?|par|sans|pour|puis|traitee?|confirmee?|qui|dont|lors|il y a|en \d|\d{4}|levee?|infirmee?|ecartee?"
    r"|toleree?|a confirmer|connue?s?|rapportee?s?|signalee?s?|documentee?s?|averee?s?|decrite?s?|apres|devant|en tant"
    r"|non|bien|possible|probable|alleguee?|stade|grade|de type)\b"
)
_ARTICLES = re.compile(
    r"[\s«\"'-]*(?:(?:allergi\w+|intoleran\w+)\s+)?"
    r"(?:a la |a l'|aux |au |a |la |les |le |l'|des |du |de la |de l'|d')?[\s«\"]*"
)
_OTHER_STATEMENT = re.compile(
    r"\s*(?:ne pas|pas d|eviter|sous |prendre|traitement|patient|toux|en cas|antecedent|vaccin|voir|cf\b|contact"
    r"|[a-z-]+ant (?!c))"
)


class _Item(NamedTuple):
    """One agent of a list: its place, the reaction or remark that follows it."""

    start: int
    end: int
    rest: tuple[int, int]


@cache
def agents() -> dict[str, tuple[str, str]]:
    """Key of an agent to its code and system."""
    found = {}
    for row in read_table("allergens"):
        for pattern in row["phrases"].split(";"):
            for phrase in spellings(pattern):
                found[key(phrase)] = (row["code"], row["system"])
    return found


@cache
def _set(name: str) -> re.Pattern[str]:
    """The phrases of one set of allergy_words.tsv, as one pattern over folded text."""
    row = next(row for row in read_table("allergy_words") if row["set"] == name)
    phrases = {fold(p).replace("œ", "oe") for pattern in row["phrases"].split(";") for p in spellings(pattern)}
    return re.compile(
        r"(?<![a-z])(?:" + "|".join(sorted(map(re.escape, phrases), key=len, reverse=True)) + r")(?![a-z])"
    )


def find_allergies(
    tokens: Tokens, sections: Sequence[Section], is_drug: Callable[[str], bool], is_disease: Callable[[str], bool]
) -> list[Fact]:
    """Facts of kind allergy, in text order. `is_drug`, `is_disease`: what the terminology knows words as."""
    folded = tokens.folded
    mine = [s for s in sections if s.code == SECTION]
    if not mine and not any(
        hint in folded for hint in ("aller", "intoleran", "hypersens", "anaphyla", "urticaire", "quincke")
    ):
        return []
    facts: list[Fact] = []

    def known(start: int, end: int) -> bool:
        return key(tokens.text[start:end]) in agents() or is_drug(tokens.text[start:end])

    titles = {section.start for section in mine}
    for found in _LEAD.finditer(folded):
        if found.start() not in titles:
            facts.extend(_led(tokens, found, known))
    for section in mine:
        start = section.start + len(section.title or "")
        start += len(tokens.text[start : section.end]) - len(tokens.text[start : section.end].lstrip(" :\n\t-•"))
        blank = tokens.text.find("\n\n", start, section.end)
        end = blank if blank >= 0 else section.end
        nothing = _NOTHING.match(folded, start, end)
        if nothing:
            facts.append(_fact(tokens, section.start, nothing.end(), negated=True, display=NONE))
        else:
            facts.extend(_listed(tokens, start, end, known, strict=False))
    facts.extend(_reactions(tokens, known))
    return _apart([fact for fact in facts if fact.code or fact.display or not is_disease(fact.text or "")])


def _led(tokens: Tokens, found: re.Match[str], known: Callable[[int, int], bool]) -> Iterator[Fact]:
    """What "allergie" and its like lead to: an absence, one agent or a list."""
    folded, joint = tokens.folded, found.group("joint")
    denied = _DENIED.search(folded, max(0, found.start() - 40), found.start())
    if denied and re.search(r":\s*$", folded[max(0, denied.start() - 3) : denied.start()]):
        return  # "Iode : pas d'allergie" is said of iodine
    stop = _clause(folded, found.end())
    prefixed = any(word in joint for word in ("a ", "au", "l'", "envers", "vis"))
    if denied and not prefixed:
        except_ = _set("excepted").search(folded, found.end(), stop)
        if except_ is None:
            yield _fact(tokens, denied.start(), found.start("joint"), negated=True, display=NONE)
        else:
            yield from _listed(tokens, except_.end(), stop, known, strict=False)
        return
    opens = not folded[folded.rfind("\n", 0, found.start()) + 1 : found.start()].strip(" -•*\t")
    colon = any(mark in joint for mark in (":", "->", "=")) or (opens and joint.startswith(("  ", "\t")))
    nothing = _NOTHING.match(folded, found.end()) if colon or not prefixed else None
    if nothing:
        yield _fact(tokens, found.start(), nothing.end(), negated=True, display=NONE)
        return
    if colon:
        line = folded.find("\n", found.end())
        stop = line if line >= 0 else len(folded)
    for fact in _listed(tokens, found.end(), stop, known, strict=not (prefixed or colon), sentences=colon):
        fact.negated = fact.negated or bool(denied)
        yield fact


def _clause(folded: str, start: int) -> int:
    stop = re.compile(r"[.;:](?=\s|$)|\n\s*\n|\n\s*[-•]").search(folded, start, start + _REACH)
    return stop.start() if stop else min(len(folded), start + _REACH)


def _items(folded: str, text: str, start: int, end: int) -> Iterator[tuple[_Item, bool]]:
    """Agents of a list with their remarks, and whether a sentence begins with each; brackets are kept whole."""
    place, first = start, True
    depth, cut = 0, start
    pieces: list[tuple[int, int, bool]] = []
    for found in re.compile(f"[()]|{_SPLIT.pattern}").finditer(text, start, end):
        mark = found.group()
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth = max(0, depth - 1)
        elif depth == 0 or mark == "\n":
            pieces.append((cut, found.start(), first))
            bullet = mark == "\n" and re.match(r"\s*[-•*–]", text[found.end() : found.end() + 8])
            cut, first, depth = found.end(), mark[0] in ".\n" and not bullet, 0
    pieces.append((cut, end, first))
    for begin, stop, opens in pieces:
        lead = _ARTICLES.match(folded, begin, stop)
        begin = lead.end() if lead else begin
        rest = _REST.search(folded, begin, stop)
        name_end = rest.start() if rest else stop
        tail = _AGENT_END.search(folded, begin, name_end)
        name_end = tail.start() if tail else name_end
        place = begin + len(text[begin:name_end].rstrip(" .»\"'\t"))
        if place > begin:
            yield _Item(begin, place, (place, stop)), opens


def _listed(
    tokens: Tokens,
    start: int,
    end: int,
    known: Callable[[int, int], bool],
    strict: bool,
    sentences: bool = True,
) -> Iterator[Fact]:
    """Agents of a list. `strict`: only those that are known; so are those of a later sentence."""
    folded, text = tokens.folded, tokens.text
    asked, number = strict, 0
    for item, opens in _items(folded, text, start, end):
        if opens and number:
            asked = True
        name = text[item.start : item.end]
        number += 1
        tolerated = re.compile(r"(?:tolere(?: bien| parfaitement)? (?:le |la |l'|les )?)").match(folded, item.start)
        begin = tolerated.end() if tolerated else item.start
        name = text[begin : item.end]
        if len(name) < 3 or len(name) > _LONGEST or len(name.split()) > _MOST_WORDS or not name[0].isalpha():
            continue
        if _OTHER_STATEMENT.match(folded, begin):
            if strict or opens:
                asked = True
            continue
        if _set("cleared").fullmatch(folded, begin, item.end):
            continue
        if _set("reaction").match(folded, begin, item.end):
            agent = re.compile(r"[^,;.\n]*?\b(?:sous|avec|apres|par|a la|a l'|au|aux) ?([\w-]+)").match(
                folded, begin, end
            )
            if agent is not None and known(*agent.span(1)):
                fact = _fact(tokens, *agent.span(1))  # "Allergie : éruption sous Lamictal"
                fact.value_text = text[begin : item.end]
                yield fact
            continue
        if asked and not known(begin, item.end):
            if strict:
                return
            continue
        fact = _fact(tokens, begin, item.end)
        rest = folded[item.rest[0] : item.rest[1]]
        fact.negated = bool(tolerated or _set("cleared").search(rest))
        fact.hypothetical = rest.lstrip().startswith("?")
        members = list(_bracketed(tokens, item, known))
        fact.value_text = None if members else _reaction(text[item.rest[0] : item.rest[1]])
        yield fact
        yield from members


def _bracketed(tokens: Tokens, item: _Item, known: Callable[[int, int], bool]) -> Iterator[Fact]:
    """Agents that a bracket names after their class: "curares (rocuronium)"; nothing when it tells a reaction."""
    bracket = re.compile(r"\s*\(([^()]*)\)").match(tokens.folded, *item.rest)
    if bracket is None:
        return
    spans = [m.span() for m in re.compile(r"[^,;/\s][^,;/]*").finditer(tokens.folded, bracket.start(1), bracket.end(1))]
    if spans and all(known(start, end) for start, end in spans):
        yield from (_fact(tokens, start, end) for start, end in spans)


def _reaction(rest: str) -> str | None:
    """ "(urticaire)", "-> toxidermie 2009", ": choc" without their marks."""
    found = re.match(r"\s*(?:\(([^()]{3,60})\)?|(?:->|=>|→|:|=|[-–])\s*([^().]{3,60}))", rest)
    return (found.group(1) or found.group(2)).strip() if found else None


def _reactions(tokens: Tokens, known: Callable[[int, int], bool]) -> Iterator[Fact]:
    """Agents that a reaction names: "urticaire à l'iohexol", "choc anaphylactique au rocuronium"."""
    folded = tokens.folded
    tie = re.compile(
        r"(?:\s+(?:grade|de grade|severe|generalisee?|i{1,3}v?|cutanee?|[1-4])){0,3}\s+(?:a la |a l'|au |aux |a )"
    )
    for found in _set("reaction").finditer(folded):
        tied = tie.match(folded, found.end())
        if tied is None:
            continue
        for length in (3, 2, 1):
            name = re.compile(r"[\w-]+(?:\s[\w-]+){" + str(length - 1) + "}").match(folded, tied.end())
            if name is not None and len(name.group().split()[-1]) > 2 and known(name.start(), name.end()):
                fact = _fact(tokens, name.start(), name.end())
                fact.value_text = tokens.text[found.start() : found.end()]
                yield fact
                break


def _fact(tokens: Tokens, start: int, end: int, negated: bool = False, display: str | None = None) -> Fact:
    fact = Fact(kind="allergy", origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.rule, fact.confidence, fact.negated, fact.display = "clinical:allergy", 0.9, negated, display
    held = agents().get(key(fact.text or "")) if not display else None
    if held is not None:
        fact.code, fact.system = held
    return fact


def _apart(facts: list[Fact]) -> list[Fact]:
    """Facts in text order, the first of two that overlap."""
    kept: list[Fact] = []
    for fact in sorted(facts, key=lambda one: (one.start or 0, -(one.end or 0))):
        if not kept or (kept[-1].end or 0) <= (fact.start or 0):
            kept.append(fact)
    return kept


def code_allergens(facts: list[Fact]) -> list[Fact]:
    """Facts without the drugs that are allergens: their code goes to the allergy over the same words."""
    allergies = [fact for fact in facts if fact.kind == "allergy" and fact.origin == "nlp" and fact.display != NONE]
    if not allergies:
        return facts
    kept = []
    for fact in facts:
        owner = None
        if fact.kind == "drug" and fact.origin == "nlp":
            owner = next(
                (a for a in allergies if (a.start or 0) < (fact.end or 0) and (fact.start or 0) < (a.end or 0)), None
            )
        if owner is None:
            kept.append(fact)
        elif owner.code is None:
            owner.code, owner.system, owner.display = fact.code, fact.system, fact.display
            owner.candidates, owner.translations = fact.candidates, fact.translations
    return kept


def settle_allergies(facts: list[Fact]) -> list[Fact]:
    """`facts` without the words "allergie à" as a disease beside their agent. What only says how an allergy shows is
    part of it: no disease of today.
    """
    allergies = [f for f in facts if f.kind == "allergy" and f.origin == "nlp"]
    if not allergies:
        return facts
    for allergy in allergies:
        if not allergy.value_text:
            continue
        end = allergy.end or 0
        for fact in facts:
            near = fact.kind == "condition" and fact.origin == "nlp" and end <= (fact.start or 0) < end + _LONGEST
            if near and (fact.text or "") in (allergy.value_text or ""):
                fact.role = "reaction"
    starts = [fact.start or 0 for fact in allergies]
    return [fact for fact in facts if not _leads(fact, starts)]


def _leads(fact: Fact, starts: list[int]) -> bool:
    """Whether a condition is no more than the word that leads to an agent, or stands over a list of them."""
    lead = fact.kind == "condition" and fact.origin == "nlp" and not (fact.code or "").startswith("Z88")
    if not lead or _LEAD.match(fold(fact.text or "")) is None:
        return False
    return any((fact.end or 0) <= start < (fact.end or 0) + 30 for start in starts)
