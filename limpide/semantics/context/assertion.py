"""What a text asserts of each mention: denied, doubtful, another's, past, planned, conditional, told by somebody.

Belongs here: putting together cues and their scopes, relatives and sections, and writing the flags of facts in place.
Does not belong here: the cues (lexicon/cues.tsv), scopes (cues.py), relatives (family.py), dates (dates.py, which
also sets `history` where a past date governs).

"Hépatite B négative" names the test, not the disease: the fact becomes an observation with `value_text` 'négatif'.
"Recherche de BK négative" is a denial.

`hypothetical` covers doubt ("probable"), search ("à la recherche de"), what an aspect makes one think of ("faisant
évoquer", "en faveur de") and statements about people at large; what is only told of should it happen ("si fièvre") is
`conditional`. What an examination "évoque" or "était en faveur de" is affirmed with `certainty` 'probable': that is
written as a conclusion. A denial of certainty ("ne permet pas d'exclure") is doubt.
"""

from __future__ import annotations

import re

from limpide.document import Fact, Section
from limpide.french.tokens import Tokens
from limpide.semantics.context.cues import (
    COND,
    DISMISSED,
    HIST,
    HYP,
    LIKELY,
    NEG,
    NO_FACT,
    PLAN,
    REP,
    RESULT,
    SOUGHT,
    SURE,
    TESTED,
    Scopes,
)
from limpide.semantics.context.family import relatives
from limpide.semantics.context.sections import history_indices, section_at

FAMILY_SECTIONS = frozenset({"10157-6"})
HISTORY_SECTIONS = frozenset({"11348-0", "47519-4", "11349-8", "10167-5"})
PLAN_SECTIONS = frozenset({"18776-5"})
NEGATIVE = "négatif"
NO_FACT_ROLE = "no_fact"  # of what is named and not said of the patient; the engine leaves it out
_GERMS = ("A", "B", "U07")  # CIM-10: what a test looks for, when a test is named
_TOLD = re.compile(  # a paragraph that begins with them: "Sur le plan des antécédents, on note"
    r"(?m)^[ \t]*(?:sur le plan des|dans ses|parmi ses|ses|les|au titre des|au niveau des|concernant ses|a noter comme)"
    r"\s+(?:autres |principaux )?antecedents\b(?:[^\n]|\n(?!\s*\n))*"
)
_PATIENT_ONLY = frozenset({"drug", "measurement", "vital", "device", "immunization"})  # never a relative's by default
_PLANNABLE = frozenset({"procedure", "drug", "device", "immunization", "observation"})


def assert_all(tokens: Tokens, facts: list[Fact], sections: list[Section], document_date: str | None = None) -> None:
    """Set negated, hypothetical, family and relative, history, planned, conditional, reported on each placed fact.

    `document_date` is not needed for any of these and is taken so that every pass has one signature; a past date
    sets `history` in dates.date_all. Facts without a place, and coded facts, are left alone.
    """
    placed = [fact for fact in facts if fact.start is not None and fact.end is not None and fact.origin == "nlp"]
    if not placed or not tokens.form:
        return
    spans = [tokens.within(fact.start or 0, fact.end or 0) for fact in placed]
    scopes = Scopes(tokens, frozenset(first for first, _ in spans), frozenset(last for _, last in spans))
    following, preceding = relatives(tokens, scopes.barrier)
    begins = [section.start for section in sections]
    past = history_indices(sections, tokens.text, HISTORY_SECTIONS)
    told = [found.span() for found in _TOLD.finditer(tokens.folded)] if "antecedents" in tokens.folded else []
    for fact, (first, last) in zip(placed, spans, strict=True):
        bits = scopes.before[first] | scopes.behind[last]
        held = section_at(sections, begins, fact.start or 0)
        code = None if held is None else sections[held].code
        _qualify(fact, bits, code, held in past or any(s <= (fact.start or 0) < e for s, e in told))
        if _names_only(fact, bits):
            fact.role = NO_FACT_ROLE
        if fact.code is None and tokens.form[first] == "absence":
            fact.negated = True  # the mention holds its own denial: "absence de germes"
        ahead, behind = following.get(first), preceding.get(last)
        relative = behind if behind and ahead in (None, "FAMMEMB") else ahead
        if (relative or code in FAMILY_SECTIONS) and (relative or fact.kind not in _PATIENT_ONLY):
            fact.family = True
            fact.relative = relative if relative != "FAMMEMB" else fact.relative
            fact.history = False


def _names_only(fact: Fact, bits: int) -> bool:
    """Whether the words before a mention make of it the name of something else: a leaflet, a score, a test."""
    if fact.kind not in ("condition", "allergy"):
        return False
    tested = bits & TESTED and not bits & RESULT and (fact.code or "").startswith(_GERMS)
    return bool(bits & NO_FACT or tested)


def _qualify(fact: Fact, bits: int, code: str | None, past: bool) -> None:
    if fact.value is not None:
        bits &= ~(NEG | HYP | COND)  # a number was measured, whatever stands before it
    fact.negated = fact.negated or bool(bits & NEG) or bool(bits & RESULT and bits & SOUGHT)
    if bits & RESULT and not fact.negated and fact.kind == "condition":
        fact.kind, fact.value_text = "observation", NEGATIVE
    if bits & DISMISSED and bits & HYP:
        fact.negated = True  # "une pneumopathie a été suspectée, diagnostic abandonné"
    # "recherche de BK négative", "l'hypothèse d'un lymphome a été éliminée": denied, no longer in doubt
    doubtful = bool(bits & HYP) and not fact.negated and not bits & SURE
    fact.hypothetical = doubtful
    fact.conditional = bool(bits & COND)
    fact.history = bool(bits & HIST) or past
    fact.planned = bool(bits & PLAN) or (code in PLAN_SECTIONS and fact.kind in ("procedure",))
    fact.reported = bool(bits & REP)
    if bits & LIKELY and not (fact.negated or doubtful):
        fact.certainty = "probable"
