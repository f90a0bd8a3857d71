"""What a masked text shows by its shape alone: that somebody may still be named in it.

Belongs here: evidence that asks no list of names nor of towns: a capital on a word that nobody writes small, beside a
mask, a role, an initial or another such word; a full date of long ago, or beside a mask or an age; figures inside a
word; a postal code before a capital; what a joint ties to a mask. Does not belong here: what the nets look for
(names.py, patterns.py), the scan that uses this (residual.py).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache

from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Kind
from limpide.french.tokens import fold

Suspect = tuple[int, int, str]

_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_CAPITAL = re.compile(
    rf"[{_UPPER}](?<![\w\[\-'’@/_].)(?:[{_LOWER}]+|[{_UPPER}]+)(?:[\-'’][{_UPPER}]?[{_LOWER}{_UPPER}]+)*(?![\w\]@])"
)
_PERSON = r"\[(?:NOM|PRENOM)\]"
_BEFORE = re.compile(rf"{_PERSON}(?:\.?[ \-]|, | et | / )\Z")
_AFTER = re.compile(rf"(?:[ \-]|, | et | / ){_PERSON}")
_INITIAL = re.compile(r"(?<![\w.])[A-Z]\.[ ]?(?:-?[A-Z]\.)?[ ]?\Z")
_TAIL = re.compile(r"(\w+)(?:[ '’]+| ?: ?|\. ?)\Z")
_LIVING = re.compile(
    r"\b(?:domicili|originaire|nati[fv]|habit|demeur|resid|vi[tv]|travail|mairie|pompiers|commune|ville|region|peripherie|"
    r"banlieue|pres|gare|lycee|ecole|usine|parti|install)\w*(?: \w+)? ?(?:de |d'|a |en |pres de )?\Z"
)
_AT = frozenset(("a", "de", "d", "en", "domiciliee", "domicilie"))
# Where each pattern may begin is a rare character or word: it leaps there, and the scan stays cheap.
_ON_MASK = re.compile(
    rf"\[(?:NOM|PRENOM)\] (?:Le|La|De|Du|Da|El|Al|Ben|Van|Von|LE|LA|DE|DU|DA|EL|AL|BEN) (?P<name>[{_UPPER}][\w'’]+)"
    rf"|\[(?:NOM|PRENOM)\][_.\-](?P<birth>\d{{8}})(?!\d)"
    rf"|\[(?:NOM|PRENOM)\][_.](?P<joined>[^\W\d_]{{3,}})"
    rf"|\[PRENOM\] (?P<small>[{_LOWER}]{{4,}}-[{_LOWER}]+)(?!\w)"
)
_TO_MASK = re.compile(
    r"([^\W\d_]{3,})[_.]\Z|(?<![\w.])((?:(?!M\. ?\Z)[A-Z]\.[ \-]?){1,2})\Z|(?<=[DP]r )([A-Z]{1,2} )\Z"
)
_SMALL = tuple(  # 'mme kermoal': each begins with letters and a space, which a search finds at once
    re.compile(rf"{title} (?<=(?<!\w){begin}{title} )([{_LOWER}]{{4,}}(?:-[{_LOWER}]+)?)")
    for title, begin in (("r", "[DdPpMm]"), ("me", "[Mm]"), ("lle", "[Mm]"))
)
_FIGURE = re.compile(rf"[0158](?<=[{_UPPER}{_LOWER}].)(?=[{_UPPER}{_LOWER}]{{2}})")
_MISREAD = re.compile(rf"[{_UPPER}](?:[{_UPPER}]*[0158][{_UPPER}]{{2,}}|[{_LOWER}]+[015][{_LOWER}]{{2,}})")
_POSTAL = re.compile(r"[0-9](?<![0-9.,/].)[0-9] ?[0-9]{3} (?=([A-ZÀ-Þ][\w'’\-]{2,}))")
_STREETS = ("rue ", "avenue ", "boulevard ", "impasse ", "lieu-dit ", "hameau ")
_NAMED = re.compile(rf"(?i:d[eu]s? |de la |d['’])?[{_UPPER}][\w'’\-]+")
_CALLED = re.compile(
    r"(?:poste|bip|dect|joignables? au|joindre au|appeler (?:au|le)|tel\.?|telephone)(?: du service)?[ :]{1,3}"
    r"(?:\+?\d[\d ]{2,}|[o0] ?[1-9li](?: [\dolis]{2}){4}(?!\w))"
)
_YEAR = re.compile(r"[ :](?:19|20)\d\d ?\Z")
_CALLS = ("poste", "bip", "dect", "joi", "appel", "tel")
_ABROAD = re.compile(r"\+\d[\d ]{8,}\d")
_LISTED_PHONE = re.compile(r"(?<=,)0[0-9](?:[ .][0-9][0-9]){4}(?![0-9])")
_DIGITS = re.compile(r"[0-9](?<!\w.)(?: [0-9]){7,}(?!\w)")
_IN_WORDS = re.compile(r"(?:mille|mil) neuf cent|nee? le [a-z\- ]{4,24} deux mille")
_BIRTH_LABELS = ("ne le", "nee le", "(e) le", "ddn", "naissance")
_MONTH = r"(?:[01oOlI]?[\doOlI]|[IVX]{1,4})"
_SAME = r"(?: ?(?P<s>[./\-|]) ?| (?=[0-9][0-9]? [0-9][0-9]|[IVX]))"  # one separator, twice
_MONTHS = r"(?:janv|f[ée]v|mars|avr|mai|juin|juil|ao[uû]t|sept|oct|nov|d[ée]c)[a-zé]*"
_DATE = re.compile(
    rf"[0-9](?<![\w/.,\-].)(?:[0-9oOlI]?{_SAME}{_MONTH} ?(?(s)(?P=s)| ) ?"
    r"(?P<y>(?:1[89]|20|l9)[0-9oOlI]{2}|[0-9][0-9])"
    rf"|[0-9]?(?:er)? {_MONTHS}\.? (?P<w>[0-9]{{4}}|[0-9][0-9])"
    r"|[0-9](?:0[1-9]|1[0-2])(?P<f>19[0-9][0-9]|20[01][0-9]))(?![0-9/])"
)
_MISREAD_DATE = re.compile(r"[ :]{1,3}[\doil]{1,2}[./\-][\doil]{1,2}[./\-][\doil]{2,4}")
_MASK_BEFORE = re.compile(rf"{_PERSON}[\s(,;:|_./\-–]{{1,4}}\Z")
_AGE = re.compile(r"[ ,(\-–]{1,3}(?:[MFH][ ,]{1,2})?\d{1,3} ?(?:ans|ANS)")
_AGE_BEFORE = re.compile(r"\d{1,3} ?(?:ans|ANS)[ ,:(\-–]{1,3}\Z")
_SEX = re.compile(r" ?[|;,\t/]? ?[MFH](?: ?[|;,\t/]| |\Z)")
_BORN = re.compile(
    r"(?:\b[nN][ée]+|\bN[EÉ]+|[nN]atif|[nN]ative|naissance|\b[Dd][Dd][Nn])(?:\(e\)|\(E\))?"
    r"(?: [àa] [^\d\n]{2,24})?[ :]{0,3}(?:le |LE |un |du )?\Z"
)
_LONG_AGO = 1980  # acts of care are dated to the day since files are kept; before, births are
_READ = str.maketrans("oOlI", "0011")


def evidence(text: str, folded: str, protected: Iterable[tuple[int, int]] = ()) -> list[Suspect]:
    """What looks like somebody, in order.

    `folded`: the text folded; `protected`: places of clinical facts, which are nobody.
    """
    places = sorted(protected)
    found = [*_names(text, places), *_misread(text, places), *_beside_masks(text), *_small(text), *_dates(text, folded)]
    codes = ((m.start(), m.end(), m[1]) for m in _POSTAL.finditer(text))
    found += [(start, end, str(Kind.ADDRESS)) for start, end, town in codes if fold(town) not in _NO_TOWN]
    for end in _ends(folded, "dans le "):
        if folded[end : end + 5].isdigit():
            found.append((end, end + 5, str(Kind.ADDRESS)))
    for street in _STREETS:
        for end in _ends(folded, street):
            if (name := _NAMED.match(text, end)) and not folded[end - len(street) - 1 : end - len(street)].isalpha():
                found.append((end - len(street), name.end(), str(Kind.ADDRESS)))
    if any(call in folded for call in _CALLS):
        found += [
            (m.start(), m.end(), str(Kind.PHONE)) for m in _CALLED.finditer(folded) if not _YEAR.search(m.group())
        ]
    if "+" in text:
        found += [(m.start(), m.end(), str(Kind.PHONE)) for m in _ABROAD.finditer(text)]
    found += [(m.start(), m.end(), str(Kind.PHONE)) for m in _LISTED_PHONE.finditer(text)]
    found += [(m.start(), m.end(), str(Kind.NUMBER)) for m in _DIGITS.finditer(text)]
    return sorted(found)


def _ends(folded: str, label: str) -> Iterator[int]:
    """Where each `label` ends."""
    at = folded.find(label)
    while at >= 0:
        yield at + len(label)
        at = folded.find(label, at + len(label))


def _names(text: str, protected: list[tuple[int, int]]) -> Iterator[Suspect]:
    masks = "[NOM]" in text or "[PRENOM]" in text
    begin, last, side, strange = 0, -9, 0, 0  # the run of capitalised words side by side: how many, how many unknown
    for word in _CAPITAL.finditer(text):
        start, end = word.span()
        surface = word.group()
        unknown = _unknown(surface)
        if start != last + 1:
            if strange == side == 2:
                yield from _pair(text, begin, last, protected)
            begin, side, strange = start, 0, 0
        last, side, strange = end, side + 1, strange + unknown
        if not unknown and not (masks and _perhaps(surface)):
            continue
        if _somebody(text, start, end, surface, unknown) and not _covered(protected, start, end):
            yield start, end, str(Kind.FAMILY)
    if strange == side == 2:
        yield from _pair(text, begin, last, protected)


def _somebody(text: str, start: int, end: int, surface: str, unknown: bool) -> bool:
    """Whether a mask, an initial, a role or a place where one lives stands beside the word."""
    before = text[max(0, start - 34) : start]
    if "]" in before[-7:] or text.find("[", end, end + 5) >= 0:
        short = surface.isupper() and len(surface) < 5 and not _perhaps(surface)
        if not short and (_BEFORE.search(before[-14:]) or _AFTER.match(text, end)):
            return True
    if before[-3:].rstrip(" ").endswith(".") and _INITIAL.search(before[-6:]):
        return True
    return unknown and _announced(before, surface)


def _pair(text: str, start: int, end: int, protected: list[tuple[int, int]]) -> Iterator[Suspect]:
    """Two unknown capitalised words side by side, no more: longer runs are titles and foreign phrases."""
    one, _, other = text[start:end].partition(" ")
    short = any(word.isupper() and len(word) < 5 for word in (one, other))
    if not other or short or (one + other).isupper() or text[start - 1 : start] == "(" or text[end : end + 1] == ")":
        return
    before = text[max(0, start - 24) : start]
    alone = before[-1:] in ("", "\n") and text[end : end + 1] in ("", "\n")
    if before.rstrip(" ")[-1:] in ("", "\n", "\t", "|") and not alone:
        return  # the heading of a line or of a cell
    tail = _TAIL.search(before)
    if not (tail and fold(tail[1]) in _PLACE) and not _covered(protected, start, end):
        yield start, end, str(Kind.FAMILY)


def _misread(text: str, protected: list[tuple[int, int]]) -> Iterator[Suspect]:
    for figure in _FIGURE.finditer(text):
        start = figure.start()
        while start and text[start - 1].isalnum():
            start -= 1
        word = _MISREAD.match(text, start)
        whole = word is not None and not text[word.end() : word.end() + 1].isalnum() and word.end() - start > 4
        if word and whole and not _covered(protected, *word.span()):
            yield word.start(), word.end(), str(Kind.FAMILY)


def _beside_masks(text: str) -> Iterator[Suspect]:
    """What a joint, a particle or an initial ties to the mask of a name."""
    for found in _ON_MASK.finditer(text):
        word = found["joined"] or found["small"]
        if word is None or (_unknown(word) and fold(word) not in _DOCUMENT):
            yield found.start(), found.end(), str(Kind.BIRTH if found["birth"] else Kind.FAMILY)
    for mask in ("[NOM]", "[PRENOM]"):
        for end in _ends(text, mask):
            at = end - len(mask)
            tied = _TO_MASK.search(text[max(0, at - 24) : at])
            joined = tied is not None and tied[1] is not None and _unknown(tied[1]) and fold(tied[1]) not in _DOCUMENT
            if tied and (joined or (tied[1] is None and mask == "[NOM]")):
                yield at - len(tied.group()), at, str(Kind.FAMILY if joined else Kind.GIVEN)


def _small(text: str) -> Iterator[Suspect]:
    """A name without capital behind a title: 'mme kermoal'."""
    for pattern in _SMALL:
        for match in pattern.finditer(text):
            if _unknown(match[1]):
                yield match.start(1), match.end(1), str(Kind.FAMILY)


_PEOPLE = cues("role") | cues("kin") | cues("by_name") | cues("title") | cues("person_label") | cues("name_label")
_PLACE = cues("place_left") | cues("clinical_left") | cues("establishment")
_NO_TOWN = cues("not_town") | cues("acronym")
_DOCUMENT = cues("document_word")
_NOBODY = (
    cues("stop") | cues("title") | cues("acronym") | cues("person_label") | cues("role") | _PLACE | cues("species")
)


@lru_cache(maxsize=50_000)
def _unknown(word: str) -> bool:
    """Whether no ordinary or clinical text writes this word small."""
    parts = re.split(r"['’\-]", fold(word).replace("œ", "oe").replace("æ", "ae"))
    lists = lexicon()
    return not all(p in lists.common or p in _NOBODY or p in lists.eponyms or len(p) < 3 for p in parts)


@lru_cache(maxsize=50_000)
def _perhaps(word: str) -> bool:
    """Whether a word that exists may be a name beside one: an eponym, or an ordinary word that nothing heads with."""
    folded = fold(word).replace("œ", "oe")
    lists = lexicon()
    listed = folded in lists.given or folded in lists.family or folded in lists.eponyms
    return listed and folded not in _NOBODY and len(folded) > 2


def _announced(before: str, surface: str) -> bool:
    """Whether a role, a relative or a place where one lives stands just before."""
    said = _TAIL.search(before[-16:])
    if said is None:
        return False
    word = fold(said[1])
    if "." in said.group() and len(word) > 4:
        return False  # a full stop, not that of an abbreviation
    if word in _PEOPLE and len(surface) > 3:
        return True
    return word in _AT and not surface.isupper() and _LIVING.search(fold(before)) is not None


def _covered(protected: list[tuple[int, int]], start: int, end: int) -> bool:
    k = bisect_right(protected, (end, 0))
    return any(a < end and start < b for a, b in protected[max(0, k - 6) : k])


def _dates(text: str, folded: str) -> Iterator[Suspect]:
    for date in _DATE.finditer(text):
        start, end = date.span()
        before = text[max(0, start - 40) : start]
        figures = (date["y"] or date["w"] or date["f"]).translate(_READ)
        long = len(figures) == 4
        old = long and int(figures) < _LONG_AGO
        beside = not old and _MASK_BEFORE.search(before[-12:]) and (not long or int(figures) < 2000)
        beside = beside and text[end : end + 1] != " "
        aged = _AGE.match(text, end) or _AGE_BEFORE.search(before[-14:]) or (_SEX.match(text, end) and date["s"])
        if old or beside or aged or _BORN.search(before):
            yield start, end, str(Kind.BIRTH)
    for label in _BIRTH_LABELS:
        for end in _ends(folded, label):
            if date_ := _MISREAD_DATE.match(folded, end):
                yield end, date_.end(), str(Kind.BIRTH)
    if "neuf cent" in folded or "deux mille" in folded:
        yield from ((m.start(), m.end(), str(Kind.BIRTH)) for m in _IN_WORDS.finditer(folded))
