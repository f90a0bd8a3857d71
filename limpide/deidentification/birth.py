"""Full dates as French documents write them, and which of them are birth dates.

Belongs here: reading a date at a place of the text, birth dates by their label, places of birth.
Does not belong here: dates of care (readers, semantics); known birth dates are compared in known.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from limpide.deidentification.spans import Kind, Span, Words

Day = tuple[int, int, int]  # year, month, day

_MONTH_NAMES = (
    "janvier janv jan,fevrier fevr fev,mars mar,avril avr,mai,juin jun,juillet juil jul,aout aou,septembre sept sep,"
    "octobre oct,novembre nov,decembre dec"
)
MONTHS = {name: n for n, names in enumerate(_MONTH_NAMES.split(","), 1) for name in names.split()}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_SEPARATOR = r"\s{0,2}+[-/.|,]\s{0,2}+"  # nothing is given back: most numbers are no dates, and fail at once
_DATE = re.compile(
    r"(?P<y>(?:1[89]|20)\d\d)(?:[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)|(?P<m4>0[1-9]|1[0-2])(?P<d4>0[1-9]|[12]\d|3[01]))(?!\d)"
    rf"|(?P<d2>\d\d?+){_SEPARATOR}(?P<m2>\d\d?+){_SEPARATOR}(?P<y2>\d{{4}}|\d\d)(?![\d/])"
    r"|(?P<d6>\d\d?+)\s(?P<m6>\d\d?+)\s(?P<y6>(?:19|20)\d\d)(?!\d)"
    rf"|(?P<d3>\d\d?+)(?:er)?+[\s,.\-]{{0,3}}+(?=[a-z])(?P<m3>{MONTH})(?![a-z])[\s,.\-]{{0,3}}+(?P<y3>\d{{4}}|\d\d)(?!\d)"
    r"|(?P<d5>0[1-9]|[12]\d|3[01])(?P<m5>0[1-9]|1[0-2])(?P<y5>(?:19|20)\d\d)(?!\d)"
)
_SPACED = re.compile(r"(?P<d2>[0-3] ?\d) ?(?P<m2>[01] ?\d) ?(?P<y2>(?:1 ?9|2 ?0) ?\d ?\d)(?!\d)(?! \d(?!\d))")
_BETWEEN = re.compile(r"(?:\(e\)|[.(]e\)?)?[\s:,.=|]{0,4}(?:le|au|en|du)?[\s:|]{0,3}")
_FROM_LABEL = 40  # characters between a label and its date ('Née DUPONT le ...')
_BIRTHPLACE = re.compile(
    r"\s{0,2}(?:à|a|À|A)\s{1,2}((?:(?:La|Le|Les|Saint|Sainte) )?[A-ZÀ-Þ][\w'’]+"
    r"(?:[ \-'](?:(?:en|sur|sous|de|du|la|le|les|d)[ \-'])?"
    r"[A-ZÀ-Þ][\w'’]+){0,3}(?:\s?\(\d\w{1,2}\))?)"
)
_ROW_AFTER = re.compile(r"[ ]*[|\t;,/][ \t]*(?:[mfh]|homme|femme|masculin|feminin)(?=[ ]*(?:[|\t;,/\n]|$))")
_ROW = re.compile(r"(?:^|[|\t;,/(\n])[ \t]*(?:[mfh]|homme|femme|masculin|feminin|sexe ?:? ?[mf])[ \t]*[|\t;,/)][ \t]*$")


def date_at(folded: str, place: int) -> tuple[int, Day] | None:
    """The full date that begins at `place` of a folded text: (end, (year, month, day)). A 'yy' past 30 is 19yy."""
    found = _DATE.match(folded, place)
    return _read(found) if found else None


def _read(found: re.Match[str]) -> tuple[int, Day] | None:
    kind = (found.lastgroup or "")[1:]
    written = found["y" if kind in ("", "4") else f"y{kind}"], found[f"m{kind}"], found[f"d{kind}"]
    year, month, day = (part.replace(" ", "") for part in written)
    number = MONTHS[month] if month[0].isalpha() else int(month)
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) > 30 else 2000)
    if not (1 <= number <= 12 and 1 <= int(day) <= 31):
        return None
    return found.end(), (full, number, int(day))


def _may_be_date(words: Words, i: int) -> bool:
    """Whether a figure or a month follows, or the number is long enough to hold all."""
    if len(words.form[i]) > 3 or i + 1 >= len(words):
        return True
    following = words.form[i + 1]
    return following[0].isdigit() or following in MONTHS or following.rstrip("0123456789") in MONTHS


def days(words: Words) -> dict[int, tuple[int, Day]]:
    """Full dates of a text by the place where they begin: (end, (year, month, day)). Read once a text."""
    if words.days is None:
        folded, start, dated = words.folded, words.start, _DATE.match
        dates = [(i, found) for i in words.numeric if (found := dated(folded, start[i])) and _may_be_date(words, i)]
        words.days = {start[i]: day for i, found in dates if (day := _read(found))}
    return words.days


def dates(words: Words) -> Iterator[tuple[int, int, Day]]:
    """Full dates of a text, none within another: (start, end, (year, month, day))."""
    after = -1
    for start, (end, day) in days(words).items():
        if start >= after:
            after = end
            yield start, end, day


def spaced_birth(folded: str, place: int) -> tuple[int, Day] | None:
    """A date written one figure a box ('1 2 0 5 1 9 7 8'), as on printed forms."""
    found = _SPACED.match(folded, place)
    if not found or " " not in found.group():
        return None
    return _read(found)


def labelled_birth(words: Words, last: int) -> list[Span]:
    """The birth date behind a label that ends with word `last`, and the birthplace behind the date.

    'né' alone is also the 'ne' of a negation in a text without accents: there a date must follow at once.
    """
    folded, text = words.folded, words.text
    label = words.form[last]
    end = words.end[last]
    reach = _FROM_LABEL
    if label in ("ne", "n"):
        accented = label == "ne" and text[end - 1] in "éÉ"
        if not accented and not folded.startswith("(e)", end) and words.form[last - 1 : last] != ["n"]:
            reach = 0
    limit = end + reach
    begin = _BETWEEN.match(folded, end)
    place = begin.end() if begin else end
    i = last + 1
    while i < len(words) and (words.start[i] <= limit or words.start[i] == place):
        start = words.start[i]
        if "\n\n" in text[end:start]:
            break
        plain = words.form[i][0].isdigit()
        found = (date_at(folded, start) or spaced_birth(folded, start)) if plain else None
        if found or (found := _odd_date(folded, start)):
            return [Span(start, found[0], Kind.BIRTH, True), *_birthplace(text, found[0])]
        if plain and label not in ("ne", "nee", "e"):
            break
        i += 1
    return []


def _odd_date(folded: str, place: int) -> tuple[int, Day] | None:
    from limpide.deidentification.written_dates import odd_date  # which reads plain dates here

    return odd_date(folded, place)


def _birthplace(text: str, end: int) -> Iterator[Span]:
    place = _BIRTHPLACE.match(text, end)
    if place:
        yield Span(place.start(1), place.end(1), Kind.CITY, True)


def beside_sex(words: Words, start: int, end: int) -> bool:
    """Whether a date stands in a row before or behind the sex ('DUPONT Jean | M | 12/03/1950')."""
    return bool(_ROW_AFTER.match(words.folded, end) or _ROW.search(words.folded, max(0, start - 16), start))
