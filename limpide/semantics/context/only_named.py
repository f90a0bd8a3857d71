"""Whether words that look like a condition only name something: a place, a person, a title, a printed reminder.

Belongs here: guards on what stands around a mention in its line. Does not belong here: cues with a scope (cues.tsv,
kinds nofact and test), words that are never a condition (lexicon/terms/stop.tsv).

- "Service des maladies infectieuses", "Centre de lutte contre le cancer": the name of a place, up to its first comma.
- "Drs Fièvre, Séton et Rayer": names after a title.
- "Allergies :" alone: a title; allergens are facts of their own.
- "Facteurs de risque : hypertension artérielle, diabète..." beside lipids in a laboratory's report: what laboratories
  print under their results, the same for every patient.
- "Saignement estimé à 350 mL": a measure of an operation.
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.phrases import word_set
from limpide.french.tokens import Tokens

_PLACES = word_set("places") | word_set("bodies")
_COMMON = word_set("places_common")
_LINKING = frozenset(("de", "d", "du", "des", "la", "le", "les", "l", "'", "et", "contre", "en", "-", "lutte", "pour"))
_ADJECTIVAL = ("al", "aux", "ale", "ales")
_TITLES = word_set("titles")
_ALLERGY = frozenset(("allergie", "allergies", "allergique", "allergiques"))
_RISKS = re.compile(r"facteurs? de risques?\b")
_LIPIDS = re.compile(r"\b(?:ldl|hdl|cholesterol|lipidique|triglycerides|apo ?b)\b")
_PRINTED = re.compile(
    r"\b(?:objectifs?|cibles?|recommand\w+|interpretation|seuils?|valeurs?|has|esc|afssaps|consensus)\b"
)
_SOMEBODY = re.compile(r"\b(?:patiente?|madame|monsieur|mme|mr|il|elle|ce jour|traitement|antecedents?|sous)\b")
_VOLUME = re.compile(r"\W*(?:estimee?s?|evaluee?s?|minimes?|total|a|:|\s)*\s*(\d[\d ]*)\s?(?:ml|cc)\b")
_HAEMORRHAGE = 1000  # millilitres
_NO = word_set("no") | {"pas", "sans"}
_HABITS = frozenset(f"clinical:{topic}" for topic in ("tobacco", "alcohol", "drugs", "activity"))
_ADVICE = re.compile(r"[ -]info[ -]service")
_REACH = 8  # words between the name of a place and the disease that it names
_AROUND = 600  # characters around a list of risk factors in which lipids tell a laboratory's reminder


def is_only_named(tokens: Tokens, fact: Fact) -> bool:
    """Whether a condition found by the vocabulary is no more than a name."""
    if fact.origin != "nlp" or fact.start is None or fact.end is None:
        return False
    if (fact.rule or "") in _HABITS:
        return _printed_reminder(tokens, fact.start) or _ADVICE.match(tokens.folded, fact.end) is not None
    if fact.kind != "condition":
        return False
    first, last = tokens.within(fact.start, fact.end)
    return (
        _is_allergy_title(tokens, first, last)
        or _of_a_place(tokens, first)
        or _of_a_person(tokens, first, last)
        or _printed_reminder(tokens, fact.start)
        or _measured_loss(tokens, fact)
    )


def _is_allergy_title(tokens: Tokens, first: int, last: int) -> bool:
    """ "Allergies :", "pas d'allergie à l'iode": what they name is told by facts of the kind allergy."""
    if first != last or tokens.form[first] not in _ALLERGY:
        return False
    after = tokens.form[first + 1 : first + 2]
    return after in ([":"], ["-"], ["("]) or bool(_NO & set(tokens.form[max(0, first - 2) : first]))


def _measured_loss(tokens: Tokens, fact: Fact) -> bool:
    """What an operation lost, in millilitres, below what is a haemorrhage."""
    found = _VOLUME.match(tokens.folded, fact.end or 0) if fact.code == "R58" else None
    return found is not None and int(found[1].replace(" ", "")) < _HAEMORRHAGE


def _of_a_place(tokens: Tokens, first: int) -> bool:
    """Only links and words with capitals stand between the name of a place and the mention."""
    text, form = tokens.text, tokens.form
    place = first - 1
    while place >= max(0, first - _REACH):
        if (
            "\n" in text[tokens.end[place] : tokens.start[place + 1]]
            or "\t" in text[tokens.end[place] : tokens.start[place + 1]]
        ):
            return False
        word = form[place]
        linked = form[place + 1 : first]
        if word in _PLACES and (word not in _COMMON or text[tokens.start[place]].isupper()):
            named = all(w == "-" or text[tokens.start[place + 1 + i]].isupper() for i, w in enumerate(linked))
            return named or linked[0] in _LINKING or linked[0].endswith(_ADJECTIVAL)
        if word == "association":
            return linked == ["des"] and text[tokens.start[place]] == "A"
        if word not in _LINKING and not text[tokens.start[place]].isupper() and not word.endswith(_ADJECTIVAL):
            return False
        place -= 1
    return False


def _of_a_person(tokens: Tokens, first: int, last: int) -> bool:
    """ "Drs Fièvre, Séton": a word with a capital, in a list of such words that a title begins."""
    text, form = tokens.text, tokens.form
    if first != last or not text[tokens.start[first]].isupper():
        return False
    line = text.rfind("\n", 0, tokens.start[first])
    for place in range(first - 1, max(-1, first - 9), -1):
        if tokens.start[place] <= line:
            return False
        word = form[place]
        if word in _TITLES or word in ("drs", "prs", "mmes"):
            return True
        if word not in (",", "et", ".", "-") and not text[tokens.start[place]].isupper():
            return False
    return False


def _printed_reminder(tokens: Tokens, start: int) -> bool:
    folded = tokens.folded
    begin = max(folded.rfind("\n\n", 0, start), 0)
    risks = next(iter(list(_RISKS.finditer(folded, begin, start))[-1:]), None)
    if risks is None or start - risks.start() > _AROUND:
        return False
    end = folded.find("\n\n", start)
    end = end if end >= 0 else len(folded)
    paragraph = folded[begin:end]
    around = folded[max(0, risks.start() - _AROUND) : end + _AROUND]
    return bool(_LIPIDS.search(around) and _PRINTED.search(around)) and not _SOMEBODY.search(paragraph)
