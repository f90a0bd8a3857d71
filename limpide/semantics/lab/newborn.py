"""Whose figures: those of a newborn in the letter of its mother.

Belongs here: which measures of a mother's document are her child's. Does not belong here: relatives of diseases
(context/family.py).

"Accouchement d'un garçon de 3 240 g, Apgar 10/10, pH 7,28": in a document that tells of a delivery these are marked
`family`, relative NCHILD (HL7 RoleCode), so that nothing publishes them as the mother's.
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.tokens import Tokens

CHILD = "NCHILD"
# The patient has just given birth.
_MOTHER = re.compile(
    r"\b(?:accouchee|parturiente|suites de couches|post-?\s?partum|a accouche|accouche(?:ment)?|delivrance|perineotomie"
    r"|episiotomie|primipare|multipare|primigeste|travail spontane|declenchement|cesarienne)\b"
)
_HEAD = 900  # a longer text says in its first lines who the patient is
_HEAD_IF_LONG = 400
_CHILD_PATIENT = re.compile(
    r"nouveau-?ne|nourrisson|neonat|\bbebe\b|pediatri|prematur"
    r"|\benfant\b(?<!mere-enfant)(?<!mere enfant)(?<!couple-enfant)"
)
_NAMED_MOTHER = re.compile(
    r"\b(?:mere|maman)\s*:?\s*(?:agee|de \d|\d\d ans|g\d|gestite)|\bpoids de naissance\s*:|^\s*nee? (?:a|le)\b", re.M
)
_NEWBORN = re.compile(
    r"\b(?:nouveau-?nee?|naissance d'un|naissance d'une|enfant|bebe|garcon|fille|jumeau|jumelle|j1|j2|vivant|vivante)\b"
)
_PATIENT_AGAIN = re.compile(r"\b(?:mere|patiente|madame|mme|maternel\w*|suites de couches|la patiente|chez la mere)\b")
_OF_A_NEWBORN = re.compile(r"^(?:Apgar|pH|Lactate|Périmètre crânien|Excès de base)")
_REACH = 120


def give_to_newborn(tokens: Tokens, facts: list[Fact]) -> None:
    """Mark the newborn's measures in its mother's document, in place."""
    folded = tokens.folded
    if not facts or _MOTHER.search(folded) is None:
        return
    if _CHILD_PATIENT.search(folded, 0, _HEAD_IF_LONG if len(folded) > _HEAD else 0) or _NAMED_MOTHER.search(folded):
        return
    for fact in facts:
        if _is_newborns(tokens, fact):
            fact.family, fact.relative = True, CHILD


def _is_newborns(tokens: Tokens, fact: Fact) -> bool:
    name, value = fact.display or "", fact.value
    if name.startswith("Apgar"):
        return True
    if name == "Poids" and value is not None and (value < 7 if fact.unit == "kg" else fact.unit == "g"):
        return True
    if name in ("Taille", "Périmètre crânien") and value is not None and (value < 62 if fact.unit == "cm" else False):
        return True
    if not _OF_A_NEWBORN.match(name):
        return False
    start = fact.start or 0
    first, _ = tokens.within(start, fact.end or start)
    begin = max(tokens.sentence_bounds[tokens.sentence[first]][0], start - _REACH)
    lead = tokens.folded[begin:start]
    if "cordon" in tokens.folded[start : (fact.end or start)] or "cordon" in lead or "apgar" in lead:
        return True
    found = [match.end() for match in _NEWBORN.finditer(lead)]
    return bool(found) and _PATIENT_AGAIN.search(lead, found[-1]) is None
