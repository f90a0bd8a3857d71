"""Postal addresses: number and street, complement, postal code and town; a town behind 'habite à'.

Belongs here: what a French address looks like, word after word.
Does not belong here: addresses already known (known.py).
"""

from __future__ import annotations

import re

from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Kind, Span, Words

_NUMBER = re.compile(r"\d{1,4}[a-d]?")
_ZIP = re.compile(r"(?:f-?)?(?:0[1-9]|[1-8]\d|9[0-58]) ?\d{3}(?!\d|[.,]\d)")
_TO_STREET = re.compile(r"[ ,.\t]{0,3}")
_IN_STREET = re.compile(r" {1,2}|[-'’]|\. ?|'? ?")
_TO_ZIP = re.compile(r"[ \t]{0,3}[,;\-–|]?\s{0,6}(?:f-? ?)?")
_TO_TOWN = re.compile(r"[ \t]{0,3}[,\-–]?[ \t]{0,2}\n?[ \t]{0,6}")
_TO_COMPLEMENT = re.compile(r"[ \t]{0,3}[,\-–]?[ \t]{0,3}")
_LONGEST = 9  # words in the name of a street

_STREET = cues("street")
_RISKY = cues("street_risky")
_PARTICLE = cues("street_particle")
_HONORIFIC = cues("honorific")
_COMPLEMENT = cues("complement")
_TOWN = cues("town")
_TOWN_JOINT = cues("town_joint")
_TOWN_ARTICLE = frozenset(("la", "le", "les", "l", "saint", "sainte", "st", "ste"))
_NOT_TOWN = cues("not_town")
_AT = cues("residence_at")


def address_spans(words: Words) -> list[Span]:
    """Every address of the text."""
    spans: list[Span] = []
    form, count = words.form, len(words)
    housed: set[int] = set()  # words that stand where a type of street may be that of their number
    if not _STREET_FIRST.isdisjoint(words.present):
        first = _STREET_FIRST
        housed = {i for i in words.numeric if len(form[i]) < 6 and not first.isdisjoint(form[i + 1 : i + 4])}
    after = -1
    for i in sorted(housed.union(words.long)):
        if i < after or not form[i][0].isdigit():
            continue
        if i in housed and _NUMBER.fullmatch(form[i]) and (name := _street_type(words, i)):
            end = _street_name(words, name)
            if end:
                last = _tail(words, end)
                spans.append(Span(words.start[i], words.end[last - 1], Kind.ADDRESS, True))
                after = last
                continue
        if len(form[i]) == 5 and form[max(0, i - 2) : i] in _CODE_LABELS and _ZIP.match(words.folded, words.start[i]):
            spans.append(Span(words.start[i], words.end[i], Kind.ADDRESS, True))
            continue
        if (len(form[i]) == 5 or words.gaps[i] == " ") and (last := _town(words, i) or 0):
            spans.append(Span(_place_before(words, i), words.end[last - 1], Kind.ADDRESS, True))
            after = last
    if _STREET_HEADS.isdisjoint(words.present):
        return spans
    for i in [k for k, word in enumerate(form) if word in _STREET_HEADS]:
        if form[i] in ("bp", "cs", "tsa") and i + 1 < count and form[i + 1].isdigit() and len(form[i + 1]) > 1:
            if words.gaps[i] in (" ", "") and words.capitals(i):
                spans.append(Span(words.start[i], words.end[_tail(words, i + 2) - 1], Kind.ADDRESS, False))
        elif form[i] in _STREET and i + 1 < count and _capital_name(words, i + 1):
            end = _street_name(words, i + 1)
            if end:
                spans.append(Span(words.start[i], words.end[_tail(words, end) - 1], Kind.ADDRESS, False))
        elif form[i] == "lieudit" or (form[i] == "lieu" and form[i + 1 : i + 2] == ["dit"]):
            name = i + (1 if form[i] == "lieudit" else 2)
            if name < count and _capital_name(words, name) and (end := _street_name(words, name)):
                spans.append(Span(words.start[i], words.end[_tail(words, end) - 1], Kind.ADDRESS, False))
        elif form[i] in _RESIDENCE:
            spans += _residence(words, i)
        elif form[i] in _BORN:
            spans += _birthplace(words, i)
    return spans


_PLACES = cues("place_named")
_RESIDENCE = cues("residence")
_BORN = frozenset(("naissance", "nee", "ne"))
_BIRTHPLACE = frozenset(("lieu", "commune", "ville"))
_AFTER_LABEL = re.compile(r"[ \t]*(?:\t|:)[ \t]*\n?[ \t]*")
_STREET_FIRST = frozenset(phrase.split(" ")[0] for phrase in _STREET | _RISKY)
_STREET_HEADS = frozenset(
    {w for w in _STREET if w in ("rue", "avenue", "boulevard", "impasse", "allee", "faubourg")}
    | {"bp", "cs", "tsa", "lieu", "lieudit"}
    | _RESIDENCE
    | _BORN
)


_NO_PLACE = (
    cues("title") | cues("title_bare") | cues("place_left") - {"saint", "sainte", "st", "ste", "villa", "mont", "val"}
)
_CODE_LABELS = (["dans", "le"], ["code", "postal"])  # 'dans le 94300'
_BEFORE_CODE = frozenset(("", "-", ",", "–", "f-", ", f-", "- f-"))
_IN_PLACE = frozenset(("", "-", "'", "’"))
_HOME = _PLACES | frozenset(("adresse", "domicile", "residence", "principale"))


def _place_before(words: Words, i: int) -> int:
    """Where the address of postal code `i` begins: at the hamlet or house named before it on the line, or at the code.

    'Le Mas de la Combe - 46170 ...', 'Hameau de Pietralba 20218 ...': words with capitals and particles, behind a label
    of address or a comma; a person or an establishment is no place.
    """
    k, first = i, i
    while k and i - k < 7 and "\n" not in words.gaps[k - 1]:
        gap = words.gaps[k - 1]
        apart = gap.strip(" \t")
        if apart not in (_BEFORE_CODE if k == i else _IN_PLACE):
            break
        word = words.form[k - 1]
        if not word.isalpha() or word in _NO_PLACE or not (words.cap[k - 1] or word in _PARTICLE):
            return words.start[i]
        k -= 1
        first = k if words.cap[k] else first
    if first == i or i - first > 6:
        return words.start[i]
    begins = not first or "\n" in words.gaps[first - 1] or words.gaps[first - 1].strip() in (":", ",")
    labelled = first > 0 and words.form[first - 1] in _HOME
    common = lexicon().common
    named = any(words.form[j] not in common and words.form[j] not in _PARTICLE for j in range(first, i))
    place = begins and (labelled or (named and words.form[first] in _PLACES))
    return words.start[first] if place else words.start[i]


def _street_type(words: Words, i: int) -> int | None:
    """The word after the type of street, when number `i` is that of a house; None otherwise."""
    form, count = words.form, len(words)
    j = i + 1
    if j < count and _NUMBER.fullmatch(form[j]) and words.gaps[i] in ("-", "/", " - "):
        j += 1
    if j < count and form[j] in ("bis", "ter", "quater", "a", "b", "c", "d") and words.gaps[j - 1] in (" ", ""):
        j += 1
    if j >= count or not _TO_STREET.fullmatch(words.gaps[j - 1]):
        return None
    if i and words.gaps[i - 1][-1:] in (".", "/") and words.gaps[i - 1] in (".", "/"):
        return None
    two = f"{form[j]} {form[j + 1]}" if j + 1 < count else ""
    if form[j] in _STREET or two in _STREET:
        return j + (2 if two in _STREET else 1)
    if form[j] in _RISKY or two in _RISKY:
        j += 2 if two in _RISKY else 1
        return j if j < count and _capital_name(words, j) else None
    return None


def _capital_name(words: Words, j: int) -> bool:
    particle = _PARTICLE
    k = j
    while k < len(words) and words.form[k] in particle and k - j < 3 and _IN_STREET.fullmatch(words.gaps[k - 1]):
        k += 1
    return (
        k < len(words)
        and words.cap[k]
        and words.form[k].isalpha()
        and _IN_STREET.fullmatch(words.gaps[k - 1]) is not None
    )


def _street_name(words: Words, j: int) -> int | None:
    """The word after the name of the street that begins at `j`; None when there is no name.

    The first word may have any case; further ones need a capital, so that a sentence around does not go with it.
    """
    particle, honorific = _PARTICLE, _HONORIFIC
    k, named, last = j, False, None
    while k < len(words) and k - j < _LONGEST:
        gap = words.gaps[k - 1]
        broken = gap == "\n" and words.form[k - 1] in particle | {"d"} | honorific
        broken = broken or (gap == "\n" and words.form[k] == "d" and words.gaps[k] in ("'", "’"))
        if not _IN_STREET.fullmatch(gap) and not broken:
            break
        word = words.form[k]
        if word in particle:
            k += 1
            continue
        if named and not words.cap[k] and words.form[k - 1] not in honorific and not word.isdigit():
            break
        if word in _NOT_TOWN or (named and _ZIP.match(words.folded, words.start[k])):
            break
        named, last = True, k + 1
        k += 1
    return last


def _tail(words: Words, end: int) -> int:
    """The word after complement, postal code and town that may follow a street ending before word `end`."""
    complement = _COMPLEMENT
    for _ in range(3):
        k = end
        if k < len(words) and words.form[k] in complement and _TO_COMPLEMENT.fullmatch(words.gaps[k - 1]):
            k += 1
            while k < len(words) and k - end < 4 and words.gaps[k - 1] in (" ", ". ", ".", " n°", "-", " : ", "°"):
                if not (words.form[k][0].isdigit() or len(words.form[k]) < 3 or words.cap[k]):
                    break
                if _ZIP.match(words.folded, words.start[k]):
                    break
                k += 1
            end = k
    near = end < len(words) and _TO_ZIP.fullmatch(words.gaps[end - 1])
    if near and (zip_end := _town(words, end, strict=False)):
        return zip_end
    # Without postal code: 'rue des Lilas, Quimper', 'rue des Lilas à Quimper'.
    k = end
    if k < len(words) and words.gaps[k - 1] == " " and words.form[k] == "a":
        k += 1
    elif not (k < len(words) and words.gaps[k - 1] in (", ", " - ")):
        return end
    if k >= len(words) or words.gaps[k - 1] not in (" ", ", ", " - ", "\n") or not words.cap[k]:
        return end
    if words.form[k] in _TOWN or words.form[k] not in lexicon().common:
        return _town_words(words, k) or end
    return end


def _town(words: Words, i: int, strict: bool = True) -> int | None:
    """The word after a postal code at `i` and its town; `strict`: without a town it is only a number."""
    found = _ZIP.match(words.folded, words.start[i])
    before = words.text[words.start[i] - 1 : words.start[i]] if words.start[i] else ""
    if not found or before in (".", "/", "+", "°"):
        return None
    j = i
    while j < len(words) and words.end[j] <= found.end():
        j += 1
    if words.end[j - 1] != found.end():
        return None
    if j < len(words) and _TO_TOWN.fullmatch(words.gaps[j - 1]) and words.cap[j]:
        if strict and "\n" in words.gaps[j - 1] and not words.capitals(j):
            return None
        end = _town_words(words, j)
        if end:
            return end
    return None if strict else j


def _town_words(words: Words, j: int) -> int | None:
    joint, common = _TOWN_JOINT, lexicon().common
    k, last = j, None
    while k < len(words) and k - j < 7:
        word = words.form[k]
        if (
            k > j
            and words.gaps[k - 1] not in (" ", "-", "'", "’", "-\n", "  ")
            and not (words.gaps[k - 1] == "\n" and words.form[k - 1] in joint)
        ):
            break
        if not word.isalpha() and not (last and words.form[k - 1] == "cedex" and word.isdigit() and len(word) < 3):
            break
        if word == "cedex" and last:
            k, last = k + 1, k + 1
            continue
        if word in _NOT_TOWN:
            break
        if word in joint and k > j:
            k += 1
            continue
        if not word.isdigit():
            if not words.cap[k]:
                break
            led = k > j and (words.gaps[k - 1] in ("-", "'") or words.form[k - 1] in _TOWN_ARTICLE)
            if word in common and word not in _TOWN and not led:
                break
        k, last = k + 1, k + 1
    return last


def _residence(words: Words, i: int) -> list[Span]:
    """The town behind 'habite à', 'originaire de', 'demeurant près de'."""
    at = _AT
    j = i + 1
    while j < len(words) and j - i < 5 and words.form[j] in at and words.gaps[j - 1] in (" ", "\n", "  "):
        j += 1
    if j == i + 1 or j >= len(words) or not words.cap[j] or words.gaps[j - 1] not in (" ", "\n", "'", "’"):
        return []
    if words.form[j] in lexicon().common and words.form[j] not in _TOWN:
        return []
    end = _town_words(words, j)
    return [Span(words.start[j], words.end[end - 1], Kind.CITY, False)] if end else []


def _birthplace(words: Words, i: int) -> list[Span]:
    """The town behind 'Lieu de naissance :', or behind 'née à'."""
    form = words.form
    if form[i] == "naissance":
        labelled = i > 1 and form[i - 1] == "de" and form[i - 2] in _BIRTHPLACE
        j = i + 1 if labelled and _AFTER_LABEL.fullmatch(words.gaps[i]) else 0
    else:
        accented = words.text[words.start[i] + 1] in "éÉ"
        j = i + 2 if accented and form[i + 1 : i + 2] == ["a"] and words.gaps[i] == words.gaps[i + 1] == " " else 0
    if not 0 < j < len(words) or not words.cap[j]:
        return []
    end = _town_words(words, j)
    return [Span(words.start[j], words.end[end - 1], Kind.CITY, True)] if end else []
