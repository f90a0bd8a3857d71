"""Whose condition it is: relatives named in a text, and how far each one's story reaches.

Belongs here: reading relatives.tsv, telling a relative who is ill from one who speaks or accompanies.
Does not belong here: the patient's own assertion (cues.py).
"""

from __future__ import annotations

from functools import cache

from limpide.french.phrases import PhraseTable, read_table, word_set
from limpide.french.tokens import Tokens

_POSSESSIVES = word_set("possessives")
_COMPANY = word_set("company")
_SPEAKING = word_set("speaking")
_PATIENT = word_set("patient")
_NOT_ILL = word_set("not_ill")
_CHILDREN = word_set("children")
_HEALTHY = word_set("healthy")
_BETWEEN = frozenset((",", ";", "/", "et"))  # relatives of a list: "mère HTA, fille asthme"
_ADJECTIVES = {
    "mat": "MTH",
    "pat": "FTH",
    "maternel": "MTH",
    "maternelle": "MTH",
    "paternel": "FTH",
    "paternelle": "FTH",
}


@cache
def _table() -> PhraseTable[tuple[str, str]]:
    return PhraseTable((row["phrase"], (row["code"], row["needs"])) for row in read_table("relatives"))


def relatives(tokens: Tokens, barrier: bytearray) -> tuple[dict[int, str], dict[int, str]]:
    """Relative (HL7 RoleCode) of a mention that begins at a word, and of one that ends at a word.

    `barrier`: 1 where a new clause begins; only those that speak of the patient again end a relative's story.
    """
    form, sentence = tokens.form, tokens.sentence
    size = len(form)
    named: list[tuple[int, int, str]] = []
    for first, after, (code, needs) in _table().scan(tokens):
        listed = bool(named) and form[first - 1] in _BETWEEN and sentence[named[-1][0]] == sentence[first]
        if needs == "any" or listed or _possessed(form, first) or (needs == "start" and _opens(sentence, first)):
            named.append((first, after, code))
    following: dict[int, str] = {}
    preceding: dict[int, str] = {}
    starts = {first for first, _, _ in named}
    for first, after, code in named:
        if code != "FAMMEMB" and _not_a_patient(form, sentence, first, after):
            continue
        left = _after_chez(form, first) or form[first] == "du" or form[first] in ("branche", "lignee")
        owner = not left and _is_owner(form, first)
        bracket = _opening(form, sentence, first)
        if bracket is not None or left:
            _spread_left(tokens, preceding, (bracket if bracket is not None else first) - 1, code, barrier)
        if owner:
            _spread_left(tokens, preceding, first - 1, code, barrier)
        if form[first] in ("dans", "de") and code == "FAMMEMB":
            _spread_left(tokens, preceding, first - 1, code, barrier)
        number, place = sentence[first], after
        while place < size and sentence[place] == number:
            word = form[place]
            if word in _PATIENT and place - after <= 2 and form[after : after + 1] in (["du"], ["de"]):
                place += 1  # "le père du patient"
                continue
            if (
                word in _PATIENT
                or word in _HEALTHY
                or word in (")", ";")
                or (place in starts and form[place - 1] != "et")
            ):
                break
            if left and word in (",", "et", "qui", "il", "avec"):
                break
            if word == "mais":
                break
            following[place] = code
            place += 1
    for place, word in enumerate(form):
        if word in _ADJECTIVES and place and form[place - 1] not in _NOT_ILL and place - 1 not in starts:
            preceding.setdefault(place - 1, _ADJECTIVES[word])
    return following, preceding


def _possessed(form: list[str], first: int) -> bool:
    """ "sa fille", "une de ses filles", "ses deux enfants", never "une fille de 12 ans"."""
    return any(word in _POSSESSIVES for word in form[max(0, first - 2) : first])


def _opens(sentence: list[int], first: int) -> bool:
    return first == 0 or sentence[first - 1] != sentence[first]


def _not_a_patient(form: list[str], sentence: list[int], first: int, after: int) -> bool:
    number, place = sentence[first], first - 1
    while place >= max(0, first - 6) and sentence[place] == number and form[place] not in (",", ";", ":", "("):
        if form[place] in _COMPANY or (form[place] == "apres" and form[place - 1] == "'"):
            return True
        place -= 1
    if (first >= 2 and form[first - 2] == "par") or form[first - 1 : first] == ["par"]:
        return True
    if form[after : after + 1] in (["de"], ["d"]) and _CHILDREN & set(form[after + 1 : after + 4]):
        return True  # "père de trois enfants" is the patient
    for place in range(after, min(after + 4, len(form))):
        if sentence[place] != number or form[place] in (",", ":", ";"):
            return False
        if form[place] in _SPEAKING:
            return True
    return False


def _after_chez(form: list[str], first: int) -> bool:
    return "chez" in form[max(0, first - 4) : first] or form[max(0, first - 2) : first] == ["cote", "du"]


def _is_owner(form: list[str], first: int) -> bool:
    """ "infarctus du père", "cancer de sa mère"."""
    before = form[max(0, first - 3) : first]
    return before[-1:] == ["du"] or before[-2:-1] == ["de"] or before == ["d", "'", "un"] or before == ["d", "'", "une"]


def _opening(form: list[str], sentence: list[int], first: int) -> int | None:
    """The bracket that opens just before the relative, as in "cancer du sein (mère, tante)"."""
    place = first - 1
    while place >= max(0, first - 8) and sentence[place] == sentence[first]:
        if form[place] == "(":
            return place
        if form[place] in (")", ";"):
            return None
        place -= 1
    return None


def _spread_left(tokens: Tokens, preceding: dict[int, str], place: int, code: str, barrier: bytearray) -> None:
    form, sentence = tokens.form, tokens.sentence
    if place < 0:
        return
    number, first = sentence[place], place
    while place >= 0 and sentence[place] == number and first - place < 12:
        if form[place] in (";", ":", ")", ".", "patient", "patiente"):
            break
        if form[place] == "," and place != first:
            break
        if barrier[place] and place < first - 1 and form[place] not in ("chez",):
            break
        preceding.setdefault(place, code)
        place -= 1
