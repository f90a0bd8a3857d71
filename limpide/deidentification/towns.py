"""Towns in running text: 'parti vivre à Cassis', 'natif de Provins', 'domiciliée Vitrolles'.

Belongs here: a town of the list (towns.txt.gz) behind a word that says where. Does not belong here: towns behind a
postal code or a street (addresses.py), establishments named after a town, which stay ('CHU de Dijon').
"""

from __future__ import annotations

from functools import lru_cache

from limpide.deidentification.eponyms import eponymous
from limpide.deidentification.lexicon import cues, lexicon, towns
from limpide.deidentification.spans import Kind, Span, Words

_BEFORE = cues("town_before")
_RESIDENCE = cues("residence")
_JOINT = frozenset(("sur", "sous", "en", "les", "lez", "la", "le", "de", "du", "d", "s"))
_SAFE = cues("town")
_ESTABLISHMENT = cues("establishment")
_LIVING = cues("living")
_ACRONYMS = cues("acronym")
_INSIDE = frozenset((" ", "-", "'", "’", "-\n", "- ", " s/ ", "\n"))
_AFTER_WHERE = frozenset((" ", "\n", "'", "’", "  ", " \n"))


@lru_cache(maxsize=1)
def _by_first() -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for town in towns():
        first, *rest = town.split(" ")
        found.setdefault(first, []).append(tuple(rest))
    for group in found.values():
        group.sort(key=len, reverse=True)
    return found


def town_spans(words: Words) -> list[Span]:
    """Every town of the text that something says to be a place where somebody is, lives or comes from."""
    firsts, form, spans = _by_first(), words.form, []
    placed = _PLACED
    for i in [k for k in words.capped if form[k - 1] in placed]:
        if not i or not _said_place(words, i):
            continue
        end = _listed(words, i) if form[i] in firsts else None
        if end or (end := _unknown(words, i)):
            spans.append(Span(words.start[i], words.end[_longer(words, end) - 1], Kind.CITY, False))
    return spans


def _unknown(words: Words, i: int) -> int | None:
    """A word that no list holds, where somebody is said to live or work: 'infirmière à Belval'."""
    form, lists = words.form, lexicon()
    if form[i - 1] != "a" or _LIVING.isdisjoint(form[max(0, i - 6) : i]):
        return None
    ordinary = form[i] in lists.common or form[i] in lists.given or form[i] in lists.eponyms or form[i] in _ACRONYMS
    return None if ordinary or len(form[i]) < 4 or not form[i].isalpha() else i + 1


_PLACED = _BEFORE | _RESIDENCE


def _said_place(words: Words, i: int) -> bool:
    before, gap = words.form[i - 1], words.gaps[i - 1]
    if before in _RESIDENCE and gap in (" ", " : ", ": ", "\n"):
        return True
    if before not in _BEFORE or gap not in _AFTER_WHERE or eponymous(words, i):
        return False
    # 'Clinique Médicale de Paris', 'Centre de Santé de Belleville': the place is the establishment's.
    return before not in ("de", "d") or _ESTABLISHMENT.isdisjoint(words.form[max(0, i - 5) : i])


def _listed(words: Words, i: int) -> int | None:
    """The word after the longest town of the list that begins at `i`."""
    form = words.form
    for rest in _by_first()[form[i]]:
        last = i + len(rest)
        if tuple(form[i + 1 : last + 1]) != rest or any(words.gaps[k] not in _INSIDE for k in range(i, last)):
            continue
        if not rest and form[i] in lexicon().common and form[i] not in _SAFE:
            return i + 1 if not _RESIDENCE.isdisjoint(form[max(0, i - 4) : i]) else None
        return last + 1
    return None


def _longer(words: Words, end: int) -> int:
    """The word after what is joined to a town: 'Tarbes s/ Saône', 'Nogent-sur-X'."""
    k = end
    while k < len(words) and k - end < 3 and words.form[k] in _JOINT and words.gaps[k - 1] in (" ", "-"):
        k += 1
    joined = k > end and k < len(words) and words.cap[k] and words.gaps[k - 1] in (" ", "-", "/ ", "/", "'")
    return k + 1 if joined and words.form[k - 1] in ("sur", "sous", "s", "les", "lez", "la", "le") else end
