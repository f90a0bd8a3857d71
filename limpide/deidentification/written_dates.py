"""Birth dates that are not plain figures: in words, with a roman month, misread by an OCR; and dates that a name, an
age or a sex beside them shows to be birth dates.

Belongs here: reading them, deciding by what stands beside. Does not belong here: plain dates, labels (birth.py).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from limpide.deidentification.birth import MONTH, MONTHS, Day, dates, days
from limpide.deidentification.lexicon import cues
from limpide.deidentification.spans import Kind, Span, Words

_UNITS = [
    "zero",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
]
_NUMBERS = {word: n for n, word in enumerate(_UNITS)} | {"une": 1, "premier": 1, "vingts": 20}
_NUMBERS |= {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60}
_NUMBERS |= {"septante": 70, "huitante": 80, "octante": 80, "nonante": 90}
_WORD = "|".join(sorted({*_NUMBERS, "et", "cent", "cents", "mille", "mil"}, key=len, reverse=True))
_IN_WORDS = re.compile(
    rf"(?P<d>(?:{_WORD})(?:[ \-]+(?:{_WORD})){{0,4}}|\d\d?) (?P<m>{MONTH}) "
    rf"(?P<y>(?:mille|mil|deux mille|dix-neuf cent)(?:[ \-\n]+(?:{_WORD})){{0,8}})(?![a-z])"
)
_ROMAN = re.compile(
    r"(?P<d>[0-3]?\d)(?P<s>[ ./\-])(?P<m>x?i{1,3}|i?[vx]|vi{1,3}|xi{0,2})(?P=s)(?P<y>(?:1[89]|20)?\d\d)(?![\d\w])"
)
_ROMANS = {
    name: n for n, name in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"], 1)
}
_MISREAD = re.compile(
    r"(?P<d>[0-3oldi][\dolisb])(?P<s>[./\-])(?P<m>[01oli][\dolisb])(?P=s)(?P<y>[12lizo][\dolisbg]{3}|[\dolisbg]{2})(?!\w)"
)
_SHORT = re.compile(r"(?P<d>[0-3]\d) (?P<m>[01]\d) (?P<y>\d\d)(?! ?\d)")
_FIGURES = str.maketrans("olisbzg", "0115829")
_AGE_AFTER = re.compile(r"[ ,(\-–]{1,3}(?:[mfh][ ,]{1,2})?(\d{1,3}) ?ans")
_AGE_BEFORE = re.compile(r"(\d{1,3}) ?ans[ ,:(\-–]{1,3}$")
_BESIDE = re.compile(r"[ \t]{0,3}[(\-–,;:|_./]?[ \t]{0,3}\n?[ \t]{0,8}")
_TIME = re.compile(r"[ ,]{0,2}(?:a )?\d\d? ?[:h]\d\d")
_PROFESSIONAL = cues("title") - {"mme", "madame", "mlle", "mademoiselle", "melle", "monsieur", "mr", "mrs", "mmes"}
_NOT_BORN = _PROFESSIONAL | cues("role") | cues("by") | {"par", "avec"}
_LAST_SURE = 2000  # a date before it, beside the name of somebody who is no professional, is a birth date


def odd_date(folded: str, place: int) -> tuple[int, Day] | None:
    """The date in words, with a roman month or misread that begins at `place`: (end, (year, month, day))."""
    if found := _ROMAN.match(folded, place):
        return _day(found.end(), found["y"], _ROMANS[found["m"]], found["d"]) if found["m"] in _ROMANS else None
    if found := _IN_WORDS.match(folded, place):
        day = int(found["d"]) if found["d"].isdigit() else _number(found["d"])
        return _day(found.end(), str(_number(found["y"])), MONTHS[found["m"]], str(day))
    if found := _SHORT.match(folded, place):
        return _day(found.end(), found["y"], int(found["m"]), found["d"])
    found = _MISREAD.match(folded, place)
    if found and sum(c.isdigit() for c in found.group()) >= 3:
        year, month, day_ = (found[part].translate(_FIGURES) for part in "ymd")
        return _day(found.end(), year, int(month), day_)
    return None


def _day(end: int, year: str, month: int, day: str) -> tuple[int, Day] | None:
    full = int(year) if len(year) > 2 else int(year) + (1900 if int(year) > 30 else 2000)
    right = 1850 < full < 2100 and 1 <= month <= 12 and 1 <= int(day) <= 31
    return (end, (full, month, int(day))) if right else None


def _number(words: str) -> int:
    """A number in words, as far as years need: 'mille neuf cent quatre-vingt-onze'."""
    total = part = 0
    for word in re.split(r"[ \-\n]+", words):
        if word in ("mille", "mil"):
            total, part = total + max(part, 1) * 1000, 0
        elif word in ("cent", "cents"):
            part = max(part, 1) * 100
        elif word in ("vingt", "vingts") and part % 100 == 4:
            part += 76
        else:
            part += _NUMBERS.get(word, 0)
    return total + part


def _odd_dates(words: Words) -> Iterator[tuple[int, int, Day]]:
    plain = days(words)
    form = words.form
    for i in words.numeric:
        start = words.start[i]
        if form[i + 1 : i + 2] and form[i + 1] in _ROMANS and start not in plain:
            found = _ROMAN.match(words.folded, start)
            read = odd_date(words.folded, start) if found else None
            if read:
                yield start, *read


def births_beside(words: Words, names: list[Span]) -> list[Span]:
    """Full dates beside an age that fits, or beside a name that no profession announces."""
    every = [*dates(words), *_odd_dates(words)]
    if not every:
        return []
    folded, spans = words.folded, []
    ordered = sorted({(n.end, n.start) for n in names if n.kind in (Kind.FAMILY, Kind.GIVEN)})
    ends = [end for end, _ in ordered]
    latest = max(day[0] for _, _, day in every)
    beside = []
    for start, end, day in every:
        if _of_age(folded, start, end, day[0]):
            spans.append(Span(start, end, Kind.BIRTH, True))
            continue
        k = bisect_right(ends, start) - 1
        near = k >= 0 and start - ends[k] < 16 and _BESIDE.fullmatch(folded, ends[k], start)
        if near and not _TIME.match(folded, end) and not _announced(words, ordered, k):
            beside.append((start, end, day[0]))
    spans += _in_rows(words, every, ordered)
    sure = [year < _LAST_SURE or year <= latest - 3 for _, _, year in beside]
    if any(sure):
        # Several persons in a row, each with a date: what one is, the others are.
        alike = sum(sure) * 2 >= len(sure)
        spans += [Span(a, b, Kind.BIRTH, True) for (a, b, _), one in zip(beside, sure, strict=True) if one or alike]
    return spans


def _in_rows(words: Words, every: list[tuple[int, int, Day]], ordered: list[tuple[int, int]]) -> Iterator[Span]:
    """Dates that fill a cell of a row whose first cell holds a name: 'DUPONT Léa | ... | 12/05/1973 | ...'."""
    text = words.text
    if "|" not in text and ";" not in text:
        return
    for start, end, day in every:
        begin = text.rfind("\n", 0, start) + 1
        cell = text[:start].rstrip(" ")[-1:] in ("|", ";") and text[end : end + 2].strip(" ")[:1] in ("|", ";", "")
        first = min((text.find(mark, begin, start) for mark in "|;" if text.find(mark, begin, start) > 0), default=0)
        k = bisect_right(ordered, (first, first)) - 1
        if cell and day[0] < _LAST_SURE and first and k >= 0 and ordered[k][1] >= begin:
            yield Span(start, end, Kind.BIRTH, True)


def _of_age(folded: str, start: int, end: int, year: int) -> bool:
    said = _AGE_AFTER.match(folded, end) or _AGE_BEFORE.search(folded, max(0, start - 14), start)
    return said is not None and 1990 <= year + int(said[1]) <= 2040


def _announced(words: Words, ordered: list[tuple[int, int]], k: int) -> bool:
    """Whether a title, a role or 'par' stands before the name that ends with span `k`."""
    while k and ordered[k][1] - ordered[k - 1][0] < 4:
        k -= 1
    i = bisect_left(words.start, ordered[k][1])
    return any(words.form[j] in _NOT_BORN for j in range(max(0, i - 2), i) if "\n" not in words.gaps[j])
