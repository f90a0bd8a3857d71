"""Names that are no person of the document: diseases, signs, scores, devices, hospitals and streets named after people.

Belongs here: telling by its neighbours whether a name stands in such a turn. The lists are data (lexicon.py).
"""

from __future__ import annotations

from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Words

_CLINICAL_LEFT = cues("clinical_left")
_PLACE_LEFT = cues("place_left")
_PARTICLES = cues("particle") | {"s"}
_SAINT = frozenset(("st", "saint", "ste", "sainte"))


def eponymous(words: Words, i: int) -> bool:
    """Whether word `i` stands in a clinical or geographical turn: 'maladie de Charcot', 'St Louis'."""
    form, gaps = words.form, words.gaps
    eponyms = lexicon().eponyms
    eponym = form[i] in eponyms
    for j in (i - 1, i + 1) if eponym else ():
        beside = 0 <= j < len(form) and form[j] in eponyms and form[j] != form[i]
        if beside and gaps[min(i, j)].strip(" ") in ("", "-") and words.capitals(i) == words.capitals(j):
            return True
    k = i - 1
    while k >= 0 and k > i - 3 and form[k] in _PARTICLES and "\n" not in gaps[k]:
        if form[k] in _SAINT:
            return True
        k -= 1
    if k < 0 or gaps[k].strip(" ") not in ("", "-", "'"):
        return False
    return form[k] in _PLACE_LEFT or (form[k] in _CLINICAL_LEFT and (eponym or k < i - 1))


def clinical(words: Words, i: int) -> bool:
    """Whether an eponym, or the chain of eponyms that holds it, stands behind a clinical word.

    The stricter question, asked of names that are known: a Mr Bernard stays one beside a Mr Claude.
    """
    form, gaps = words.form, words.gaps
    eponyms = lexicon().eponyms
    if form[i] not in eponyms:
        return False
    while i and form[i - 1] in eponyms and gaps[i - 1].strip(" ") in ("", "-"):
        i -= 1
    k = i - 1
    while k >= 0 and k > i - 3 and form[k] in _PARTICLES and "\n" not in gaps[k]:
        k -= 1
    return k >= 0 and form[k] in _CLINICAL_LEFT and gaps[k].strip(" ") in ("", "-", "'")
