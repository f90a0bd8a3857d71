"""Which names of drugs and substances say that somebody takes, took or will take something, and which do not.

Belongs here: leaving out what a laboratory measures ("Fer et TSH non dosés"), what a germ resists ("sensible à la
pénicilline", "oxacilline S"), what names a place or a title ("HDJ biothérapies", "ATB : ceftriaxone"), and, in the
record of a patient, substances that nobody prescribes (tabac, graisse, ALAT). Does not belong here: the words
(lexicon/no_exposure.tsv), allergens (clinical.py), the status of what is taken (status.py).

Texts that are no patient's record (a leaflet, an article) keep their substances: nothing else says what they name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from limpide.document import Document, Fact
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens, fold
from limpide.semantics.context.sections import section_at

ALLERGIES = "48765-2"  # LOINC code of the section
_SHORT = 1500  # characters: one result in so few says whose text it is
_CLASS = 6  # characters: a shorter ATC code names a class
_VERDICT = re.compile(
    r"\s*(?:\([^()\n]{0,25}\)\s*)?(?:[:=\t]|\s-)?\s*(?:S|R|I|SFP|Sensible|Résistante?|Intermédiaire)(?![\w'’.+-])"
    r"|[^\n.;,]{0,14}\bCMI\b"
)
_SOMEBODY = re.compile(
    r"\b(?:Mme|Mlle|Monsieur|Madame|Mr|M\.|Dr|Docteur)\s+[A-ZÉÈ][\w'-]+|\b[Nn]ée?\s+le\s+\d|\bRPPS\b|\b[Cc]hère?\s+(?:[Cc]onfrère|[Aa]mi)"
    r"|\bORDONNANCE\b"
)
_TESTED = ("J01", "J02", "J04", "P01", "J05")
_LABEL = re.compile(r"[ \t]*(?:[^\W\d]+[ \t]+){0,2}(?:\w+[ \t]*)?:(?=[ \t]*\S)")  # "Antalgique de palier 2 :"
_LINKS = frozenset(("de", "d", "du", "des", "le", "la", "les", "l", "'", "a", "au", "aux", ":", "-", "en", "("))
_COORDINATED = (_LINKS - {":"}) | frozenset((",", "et", "ou", "ni", "/", "+"))
_BETWEEN = 5  # words between a phrase and the name
_INSIDE = re.compile(r"[\s\d.,%/:mgµμuil½()]*\Z")


@dataclass(frozen=True, slots=True)
class _Sign:
    use: str
    side: str
    atc: tuple[str, ...]


@cache
def _table() -> PhraseTable[tuple[_Sign, ...]]:
    signs: dict[str, list[_Sign]] = {}
    for row in read_table("no_exposure"):
        if row["use"] == "ending":
            continue
        sign = _Sign(row["use"], row["side"], tuple(filter(None, row["atc"].split("|"))))
        for phrase in row["phrases"].split(";"):
            signs.setdefault(phrase, []).append(sign)
    return PhraseTable(((phrase, tuple(found)) for phrase, found in signs.items()), literal=True)


@cache
def _endings() -> tuple[str, ...]:
    rows = [row for row in read_table("no_exposure") if row["use"] == "ending"]
    return tuple(fold(ending) for row in rows for ending in row["phrases"].split(";"))


def is_record(document: Document, facts: Sequence[Fact]) -> bool:
    """Whether a text is about one patient: it has sections, several vital signs or results, or says whose it is."""
    if len(document.sections) > 1 or document.header.patient.birth_date or document.header.patient.identifiers:
        return True
    stated = sum(f.kind == "vital" or (f.kind == "measurement" and f.value is not None) for f in facts)
    enough = 0 if len(document.text) < _SHORT else 2
    return stated > enough or bool(_SOMEBODY.search(document.text))


def taken(tokens: Tokens, facts: list[Fact], document: Document) -> list[Fact]:
    """`facts`, in text order, without the drugs that are no treatment."""
    begins = [section.start for section in document.sections]
    drugs = [
        fact
        for fact in facts
        if fact.kind == "drug" and fact.origin == "nlp" and not _allergen(tokens, fact, document, begins)
    ]
    if not drugs:
        return facts
    record = is_record(document, facts)
    loose = [fact for fact in drugs if fact.role in ("substance", "generic")]
    out = {id(fact) for fact in loose if record or _counted(tokens, fact)}
    if record:
        out |= {id(f) for f in drugs if not _code(f) and fold(f.text or "").endswith(_endings())}
    real = [fact for fact in drugs if fact.role not in ("substance", "generic") and id(fact) not in out]
    spans = [tokens.within(fact.start or 0, fact.end or 0) for fact in real]
    out |= _beside(tokens, real, spans, record=record)
    for index, fact in enumerate(real):
        following = real[index + 1] if index + 1 < len(real) else None
        previous = real[index - 1] if index else None
        if (
            _surname(tokens, fact)
            or _tested(tokens, fact)
            or _label(tokens, fact, following)
            or _form_of(tokens, fact, previous)
        ):
            out.add(id(fact))
    return [fact for fact in facts if id(fact) not in out] if out else facts


def _allergen(tokens: Tokens, fact: Fact, document: Document, begins: Sequence[int]) -> bool:
    """Whether the first paragraph of a section of allergies names it: an allergen, whatever it is."""
    held = section_at(document.sections, begins, fact.start or 0)
    if held is None or document.sections[held].code != ALLERGIES:
        return False
    section = document.sections[held]
    lead = tokens.text[section.start + len(section.title or "") : fact.start]
    return "\n\n" not in lead.lstrip(" :\n")


def _counted(tokens: Tokens, fact: Fact) -> bool:
    """Whether a number stands before: "2 comprimés" is a dose."""
    first, _ = tokens.within(fact.start or 0, fact.end or 0)
    before = tokens.form[first - 1] if first else ""
    return before.isdigit() or before in ("un", "une", "deux", "trois", "demi")


def _code(fact: Fact) -> str:
    return fact.code or (fact.candidates[0].code if fact.candidates else "")


def _beside(tokens: Tokens, drugs: list[Fact], spans: list[tuple[int, int]], *, record: bool) -> set[int]:
    """Drugs that a phrase beside them makes no treatment, those coordinated with them included."""
    out: set[int] = set()
    firsts, lasts = [first for first, _ in spans], [last for _, last in spans]
    for first, after, signs in _table().scan(tokens):
        for sign in signs:
            if sign.use == "study" and not record:
                continue
            if sign.side == ">":
                index = bisect_left(firsts, after)
                stop, links = after, _LINKS
                while index < len(drugs) and _joined(tokens, stop, firsts[index], links):
                    if sign.atc and not _code(drugs[index]).startswith(sign.atc):
                        break
                    if sign.use == "name" and len(_code(drugs[index])) >= _CLASS:
                        break
                    out.add(id(drugs[index]))
                    stop, links = lasts[index] + 1, _COORDINATED
                    index += 1
            else:
                index = bisect_left(firsts, first) - 1
                stop, links = first, frozenset(("est", "a", "ete", ":", "(", "-", "et", "tsh", "non"))
                while index >= 0 and _joined(tokens, lasts[index] + 1, stop, links):
                    if sign.atc and not _code(drugs[index]).startswith(sign.atc):
                        break
                    out.add(id(drugs[index]))
                    stop, links = firsts[index], _COORDINATED
                    index -= 1
    return out


def _joined(tokens: Tokens, begin: int, end: int, links: frozenset[str]) -> bool:
    """Whether nothing but link words stands between two places of one sentence."""
    if not 0 <= end - begin <= _BETWEEN or begin == 0 or end >= len(tokens.form):
        return False
    if tokens.sentence[begin - 1] != tokens.sentence[end]:
        return False
    return all(word in links for word in tokens.form[begin:end])


def _tested(tokens: Tokens, fact: Fact) -> bool:
    """ "oxacilline S", "Amoxicilline : R CMI > 8", a cell of an antibiogram."""
    return _code(fact).startswith(_TESTED) and bool(_VERDICT.match(tokens.text, fact.end or 0))


def _surname(tokens: Tokens, fact: Fact) -> bool:
    """ "Dr COURTET-VACCIN": a class that is the second half of a name."""
    start = fact.start or 0
    joined = tokens.text[start - 1 : start] == "-" and tokens.text[start - 2 : start - 1].isalpha()
    return joined and len(_code(fact)) < _CLASS and tokens.text[start : start + 1].isupper()


def _label(tokens: Tokens, fact: Fact, following: Fact | None) -> bool:
    """ "ATB : ceftriaxone": a class that heads its own drugs."""
    if len(_code(fact)) >= _CLASS or following is None or not _LABEL.match(tokens.text, fact.end or 0):
        return False
    return (
        "\n" not in tokens.text[fact.end or 0 : following.start or 0] and (following.start or 0) - (fact.end or 0) < 40
    )


def _form_of(tokens: Tokens, fact: Fact, previous: Fact | None) -> bool:
    """ "TIMOPTOL 0,50 % collyre": a class word that says the form of the drug before it."""
    if previous is None or len(_code(fact)) >= _CLASS or len(_code(previous)) < _CLASS:
        return False
    return bool(_INSIDE.match(tokens.folded[previous.end or 0 : fact.start or 0]))
