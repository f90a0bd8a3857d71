"""Dates as French clinical texts write them, to ISO with the precision that was written.

Belongs here: finding date expressions and resolving them against the document's date.
Does not belong here: which fact a date governs (dates.py).

'2018', '2018-03', '2018-03-12', '2018-03-12T08:15': what was not written is not invented. A day and month without a
year take the document's year, or the year before when that would lie well after it. "Il y a 3 ans" is a year,
"il y a 2 mois" a month, "il y a 10 jours" a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from limpide.french.phrases import read_table, word_set
from limpide.french.tokens import Tokens, fold

_SOON = 60  # days: "le 12 mai" without a year may be an appointment this far ahead; further, it is last year's


@dataclass(frozen=True, slots=True)
class Dated:
    """A date expression at text[start:end): `iso`, and how it governs.

    `how`: 'on' (a point), 'since' (from then, still so), 'until' (up to then), 'during' (from `iso` to `iso_end`),
    'birth' (never governs).
    """

    start: int
    end: int
    iso: str
    how: str
    iso_end: str | None = None


@cache
def _words() -> tuple[dict[str, int], dict[str, str], dict[str, int], dict[str, int]]:
    months: dict[str, int] = {}
    units: dict[str, str] = {}
    days: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for row in read_table("date_words"):
        for phrase in map(fold, row["phrases"].split(";")):
            if row["kind"] == "month":
                months[phrase] = int(row["value"])
            elif row["kind"] == "unit":
                units[phrase] = row["value"]
            elif row["kind"] == "day":
                days[phrase] = int(row["value"])
            elif row["kind"] == "number":
                numbers[phrase] = int(row["value"])
    return months, units, days, numbers


def _any(words: dict[str, object] | dict[str, int] | dict[str, str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    """One expression for every form; it is tried only where a number or a word of `_anchors` stands."""
    months, units, days, numbers = _words()
    year = r"(?:19|20)\d\d"
    count = rf"(?:\d{{1,3}}|{_any(numbers)})"
    lead = (
        r"(?P<lead>depuis(?: le| la| l'| les)?(?: mois de| mois d'| annee| debut| fin| courant"
        r"| environ)?|jusqu'(?:au|a|en)(?: la)?|des(?: le| la)?|a partir d[eu]|avant(?: le)?)\s+"
    )
    return re.compile(
        rf"(?<![\w/.,-])(?:{lead})?(?:"
        rf"(?:du\s+)?(?P<d1>\d{{1,2}})(?:er)?(?:[/.-](?P<m1>\d{{1,2}}))?\s+au\s+(?P<d2>\d{{1,2}})[/.-](?P<m2>\d{{1,2}})[/.-](?P<y2>\d{{4}}|\d\d)(?!\d)"
        rf"|(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})[/.-](?P<y>{year}|\d\d)(?!\d)(?:\s*(?:a"
        rf"|,)?\s*(?P<h>\d{{1,2}})\s*[h:](?P<mn>\d\d))?"
        rf"|(?P<iy>{year})-(?P<im>\d\d)-(?P<idd>\d\d)(?!\d)"
        rf"|(?:le\s+)?(?P<td>\d{{1,2}})(?:er)?\s+(?P<tm>{_any(months)})\.?(?:\s+(?P<ty>{year}"
        rf"|\d\d(?!\s*[%a-z\d])))?(?!\w)"
        rf"|(?:(?:en|debut|fin|mi|mi-|courant|mois de|mois d'|au mois de|printemps|ete|automne"
        rf"|hiver)\s*)*(?P<mm>{_any(months)})\.?\s+(?P<my>{year})(?!\d)"
        rf"|(?P<sm>0?[1-9]|1[0-2])/(?P<sy>{year})(?!\d)"
        rf"|(?:en|en l'an|annee|courant|debut|fin|vers|l'annee|dans les annees)\s+(?:(?:debut"
        rf"|fin)\s+)?(?P<year>{year})(?!\d)(?:\s*(?:-|a|et)\s*(?P<yearend>{year})(?!\d))?"
        rf"|\(\s*(?P<byear>{year})\s*\)"
        rf"|il\s+y\s+a(?:\s+(?:environ|pres de|plus de|deja"
        rf"|maintenant))?\s+(?P<ago>{count})\s+(?P<agou>{_any(units)})(?!\w)"
        rf"|(?:depuis|voila|cela fait|ca fait)(?:\s+(?:environ|pres de|plus de|deja"
        rf"|quelque))?\s+(?P<since>{count})\s+(?P<sinceu>{_any(units)})(?!\w)"
        rf"|(?P<rel>{_any(days)})(?!\w)"
        rf"|(?P<last>la semaine derniere|le mois dernier|l'an dernier|l'annee derniere|l'an passe|l'annee passee)(?!\w)"
        rf"|(?<=depuis )(?P<sy2>{year})(?!\d)"
        rf")"
    )


@cache
def _anchors() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """Words that may open a date; those among them that need a telling word or a number soon after; telling words;

    what must follow a number that opens a date.
    """
    months, units, days, numbers = _words()
    whole = {re.split(r"\W", phrase)[0] for phrase in days}
    openings = word_set("date_openings")
    telling = frozenset(months) | frozenset(units) | frozenset(numbers) | word_set("date_tellings")
    going_on = frozenset(months) | {"/", ".", "-", "au"}
    return openings | frozenset(months) | whole, (openings - whole) | {"la", "le", "ce", "l"}, telling, going_on


_BIRTH = re.compile(r"(?:\bnee?s?\b|naissance|\bddn\b)[^.;\n]{0,12}$")


def full_year(written: str) -> int:
    """'18' is 2018, '78' is 1978."""
    year = int(written)
    return year if year > 99 else (2000 + year if year < 50 else 1900 + year)


def iso_of(year: int, month: int | None = None, day: int | None = None) -> str | None:
    """ISO with the precision given; None for an impossible date."""
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if month and day else "")


def reference(document_date: str | None) -> date | None:
    """The document's date as a date; a partial one at its start; None when absent or not ISO."""
    parsed = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", document_date or "")
    if not parsed:
        return None
    try:
        return date(int(parsed.group(1)), int(parsed.group(2) or 1), int(parsed.group(3) or 1))
    except ValueError:
        return None


def shifted(today: date, count: int, unit: str) -> str | None:
    """The date `count` units before `today`, as precise as the unit."""
    if unit == "years":
        return f"{today.year - count:04d}" if today.year > count else None
    if unit == "months":
        months = today.year * 12 + today.month - 1 - count
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    days = {"days": 1, "weeks": 7, "hours": 0}[unit] * count
    return (today - timedelta(days=days)).isoformat()


def find_dates(tokens: Tokens, document_date: str | None) -> list[Dated]:
    """Every date expression of the text that can be resolved, in order."""
    today = reference(document_date)
    pattern, folded = _pattern(), tokens.folded
    anchors, openings, telling, going_on = _anchors()
    found: list[Dated] = []
    free = 0
    form = tokens.form
    pointing = {word for word in tokens.places if word[0].isdigit() or word in telling}
    leads = [word for word in tokens.places if word[0].isdigit() or word in anchors]
    for place in sorted([place for word in leads for place in tokens.places[word]]):
        word, start = form[place], tokens.start[place]
        if start < free:
            continue
        after = form[place + 1] if place + 1 < len(form) else ""
        if word[0].isdigit() and after not in going_on and not form[place - 1].endswith("depuis"):
            continue
        if word in openings and pointing.isdisjoint(form[place + 1 : place + 5]):
            continue
        match = pattern.match(folded, start)
        dated = _resolve(match, today) if match else None
        if match and dated:
            if _BIRTH.search(folded, max(0, start - 30), start):
                dated = Dated(dated.start, dated.end, dated.iso, "birth")
            found.append(dated)
            free = match.end()
    return found


def _resolve(match: re.Match[str], today: date | None) -> Dated | None:
    get = match.group
    months = _words()[0]
    how = _how(get("lead"))
    iso: str | None = None
    iso_end: str | None = None
    if get("d2"):
        year, month = full_year(str(get("y2"))), int(str(get("m2")))
        iso_end = iso_of(year, month, int(str(get("d2"))))
        iso = iso_of(year, int(get("m1") or month), int(str(get("d1"))))
        how = "during"
        if iso is None or iso_end is None:
            return None
    elif get("d"):
        iso = iso_of(full_year(str(get("y"))), int(str(get("m"))), int(str(get("d"))))
        if iso and get("h") and int(str(get("h"))) < 24:
            iso += f"T{int(str(get('h'))):02d}:{get('mn')}"
    elif get("iy"):
        iso = iso_of(int(str(get("iy"))), int(str(get("im"))), int(str(get("idd"))))
    elif get("td"):
        iso = _day_month(int(str(get("td"))), months[str(get("tm"))], get("ty"), today)
    elif get("mm"):
        iso = iso_of(int(str(get("my"))), months[str(get("mm"))])
    elif get("sm"):
        iso = iso_of(int(str(get("sy"))), int(str(get("sm"))))
    elif get("year") or get("byear") or get("sy2"):
        iso = get("year") or get("byear") or get("sy2")
        iso_end = get("yearend")
        how = "during" if iso_end else how
    elif today is not None:
        iso, how = _relative(match, today, how)
    return Dated(match.start(), match.end(), iso, how, iso_end) if iso else None


def _relative(match: re.Match[str], today: date, how: str) -> tuple[str | None, str]:
    _, units, days, numbers = _words()
    get = match.group
    for count, unit, governs in (("ago", "agou", "on"), ("since", "sinceu", "since")):
        written = get(count)
        if written:
            amount = numbers.get(written) if not written.isdigit() else int(written)
            return (shifted(today, amount, units[str(get(unit))]) if amount is not None else None), governs
    if get("rel"):
        return (today + timedelta(days=days[str(get("rel"))])).isoformat(), how
    if get("last"):
        unit = "weeks" if "semaine" in str(get("last")) else "months" if "mois" in str(get("last")) else "years"
        return shifted(today, 1, unit), how
    return None, how


def _day_month(day: int, month: int, year: str | None, today: date | None) -> str | None:
    if year:
        return iso_of(full_year(year), month, day)
    if today is None:
        return None
    iso = iso_of(today.year, month, day)
    soon = (today + timedelta(days=_SOON)).isoformat()
    return iso if iso is None or iso <= soon else iso_of(today.year - 1, month, day)


def _how(lead: str | None) -> str:
    if not lead:
        return "on"
    if lead.startswith(("depuis", "des", "a partir")):
        return "since"
    return "until"
