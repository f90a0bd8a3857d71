"""Dates as French clinical texts write them, to ISO with the precision that was written.

Belongs here: finding date expressions and resolving them against the document's date.
Does not belong here: dates counted from a stay, a birth or one another (anchored_dates.py), which fact a date governs
(semantics/context/fact_dates.py).

'2018', '2018-03', '2018-03-12', '2018-03-12T08:15': what was not written is not invented. A day and month without a
year take the document's year, or the year before when that would lie well after it; for what is planned, the next
one (`ahead`).
"Il y a 3 ans" is a year, "il y a 2 mois" a month, "il y a 10 jours" a day.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from limpide.french.anchored_dates import Dated, Setting, after_another, anchored, reference
from limpide.french.phrases import read_table, word_set
from limpide.french.tokens import Tokens, fold

_NO_YEAR_AFTER, _YEAR_UNITS = word_set("no_year_after"), word_set("year_units")
_PRESSURES, _DATE_LEADS = word_set("pressures"), word_set("date_leads")
_SOON = 60  # days: "le 12 mai" without a year may be an appointment this far ahead; further, it is last year's


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
    count = rf"(?:\d{{1,3}}(?=\s*[a-z])|(?:{_any(numbers)})(?=\s))"
    month = _any(months)
    lead = (
        r"(?P<lead>depuis(?: le| la| l'| les)?(?: mois de| mois d'| annee| debut| fin| courant"
        r"| environ)?|jusqu'(?:au|a|en)(?: la)?|des(?: le| la)?|a partir d[eu]|avant(?: le)?)\s+"
    )
    return re.compile(
        rf"(?<![\w/.,-])(?:{lead})?(?:"
        rf"(?:du\s+)?(?P<d1>\d{{1,2}})(?:er)?(?:[/.-](?P<m1>\d{{1,2}})(?:[/.-](?P<y1>\d{{4}}|\d\d))?)?\s+au\s+(?P<d2>\d{{1,2}})[/.-](?P<m2>\d{{1,2}})(?:[/.-](?P<y2>\d{{4}}|\d\d))?(?![\d/])"
        rf"|(?:du\s+)?(?P<d3>\d{{1,2}})(?:er)?(?:\s+(?P<m3>{month})\.?)?\s+au\s+(?P<d4>\d{{1,2}})\s+(?P<m4>{month})\.?"
        rf"(?:\s+(?P<y4>{year}))?(?!\w)"
        rf"|(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})[/.-](?P<y>{year}|\d\d)(?!\d|\s*(?:ui|u|unites?|mg|cp|comp)\b)(?:\s*(?:a"
        rf"|,)?\s*(?P<h>\d{{1,2}})\s*[h:](?P<mn>\d\d))?"
        rf"|(?P<iy>{year})-(?P<im>\d\d)-(?P<idd>\d\d)(?!\d)"
        rf"|(?:le\s+)?(?P<td>\d{{1,2}})(?:er)?\s+(?P<tm>{month})\.?(?:\s+(?P<ty>{year}"
        rf"|\d\d(?!\s*[%a-z\d])))?(?!\w)"
        rf"|(?:(?:en|debut|fin|mi|mi-|courant|mois de|mois d'|au mois de|printemps|ete|automne"
        rf"|hiver)\s*)*(?P<mm>{month})\.?\s+(?P<my>{year})(?!\d)"
        rf"|(?P<sm>0?[1-9]|1[0-2])/(?P<sy>{year})(?!\d)"
        rf"|(?:le\s+|du\s+|ce\s+)?(?P<sd>\d{{1,2}})/(?P<sdm>\d{{1,2}})(?![\d/%]|,\d|\s*(?:mmhg|cmhg))"
        rf"|(?:(?:en|debut|fin|mi|mi-|courant|vers|mois de|mois d'|au mois de|pour)\s*)+(?P<om>{month})(?!\w)"
        rf"|(?:en|en l'an|annee|courant|debut|fin|vers|l'annee|dans les annees|printemps|ete|automne|hiver)\s+"
        rf"(?:(?:debut|fin)\s+)?(?P<year>{year})(?!\d)(?:\s*(?:-|a)\s*(?P<yearend>{year})(?!\d))?"
        rf"|\(\s*(?P<byear>{year})\s*\)"
        rf"|il\s+y\s+a(?:\s+(?:environ|pres de|plus de|deja"
        rf"|maintenant))?\s+(?P<ago>{count})\s*(?P<agou>{_any(units)})(?!\w)"
        rf"|(?:depuis|voila|cela fait|ca fait)(?:\s+(?:environ|pres de|plus de|deja|maintenant"
        rf"|quelque))?\s+(?P<since>{count})\s*(?P<sinceu>{_any(units)})(?!\w)"
        rf"|(?:dans|d'ici(?: a)?|a|sous)\s+(?P<next>{count})\s*(?P<nextu>{_any(units)})(?!\w)"
        rf"|(?P<rel>{_any(days)})(?!\w)"
        rf"|(?P<last>la semaine derniere|le mois dernier|l'an dernier|l'annee derniere|l'an passe|l'annee passee)(?!\w)"
        rf"|(?:(?<=depuis )|(?<=des ))(?P<sm2>{month})(?!\w)"
        rf"|(?<=depuis )(?P<sy2>{year})(?!\d)"
        rf"|(?P<ny>{year})(?:\s?-\s?(?P<nyend>{year}))?(?![\d/%-]|[.,]\d|\s*[%°])"
        rf")"
    )


@cache
def _anchors() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """Words that may open a date; those among them that need a telling word or a number soon after; telling words;

    what must follow a number that opens a date.
    """
    months, units, days, numbers = _words()
    whole = {re.split(r"\W", phrase)[0] for phrase in days} - {"a", "d"}
    openings = word_set("date_openings")
    telling = frozenset(months) | frozenset(units) | frozenset(numbers) | word_set("date_tellings")
    going_on = frozenset(months) | {"/", ".", "-", "au"}
    return openings | frozenset(months) | whole, (openings - whole) | {"la", "le", "ce", "l"}, telling, going_on


_BIRTH = re.compile(r"(?:\bnee?s?\b|naissance|\bddn\b)[^.;,\n\d]{0,12}$")


_AGED = re.compile(r"\s*[,(]\s*\(?(?:soit )?\d{1,3}\s*(?:ans|a)\b")


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


def shifted(today: date, count: int, unit: str) -> str | None:
    """The date `count` units before `today`, as precise as the unit."""
    if unit == "years":
        return f"{today.year - count:04d}" if today.year > count else None
    if unit == "months":
        months = today.year * 12 + today.month - 1 - count
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    days = count // 24 if unit == "hours" else {"days": 1, "weeks": 7}[unit] * count
    return (today - timedelta(days=days)).isoformat()


def find_dates(tokens: Tokens, document_date: str | None, setting: Setting | None = None) -> list[Dated]:
    """Every date expression of the text that can be resolved, in order."""
    setting = setting or Setting(document_date)
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
            if not (_is_year(word) and _lone_year(tokens, place)):
                continue
        elif word in openings and pointing.isdisjoint(form[place + 1 : place + 5]):
            continue
        match = pattern.match(folded, start)
        if match is None or (match["sd"] and not _day_and_month(tokens, place, match)):
            continue
        if match["ny"] and not _lone_year(tokens, place):
            continue
        dated = _resolve(match, today)
        if dated:
            if _BIRTH.search(folded, max(0, start - 30), start) or _AGED.match(folded, match.end()):
                dated = Dated(dated.start, dated.end, dated.iso, "birth")
            elif dated.how == "on" and _SINCE.search(folded, max(0, start - 40), start):
                dated = replace(dated, how="since")
            found.append(dated)
            free = match.end()
    found.extend(anchored(tokens, setting))
    found.extend(after_another(tokens, found))
    found.sort(key=lambda dated: dated.start)
    return found


_SINCE = re.compile(
    r"\b(?:dg|diag|diagnostic|diagnostiquee?s?|decouverte?s?|connue?s?|suivie?s?|evoluant|evolutive?|traitee?s?"
    r"|substituee?s?|appareillee?s?|dialysee?s?|insulinee?s?|debut|debutee?)\s+(?:en\s+|le\s+|de\s+)?$"
)
_YEAR = re.compile(r"(?:19[3-9]|20[0-4])\d\Z")


def _is_year(word: str) -> bool:
    return _YEAR.match(word) is not None


def _lone_year(tokens: Tokens, place: int) -> bool:
    """Whether a number that looks like a year is one: "IDM 2012", "2018  appendicectomie", never "BNP 2010 ng/L"."""
    form, text = tokens.form, tokens.text
    before = form[place - 1] if place else ""
    joined = place and tokens.end[place - 1] == tokens.start[place]
    if before in _NO_YEAR_AFTER or before.isdigit() or (joined and before in {"/", "-", ".", ",", "_", "+", "'"}):
        return False
    if place + 1 >= len(form):
        return True
    after, glued = form[place + 1], tokens.end[place] == tokens.start[place + 1]
    if after == "-" and glued and place + 2 < len(form):
        return _is_year(form[place + 2])
    if (
        after in _YEAR_UNITS
        or after in {"%", "°", "/", "µ"}
        or (glued and after in {".", ","} and _digit_follows(tokens, place))
    ):
        return False
    return not (
        after.isdigit()
        and tokens.sentence[place] == tokens.sentence[place + 1]
        and "\n" not in text[tokens.end[place] : tokens.start[place + 1]]
        and tokens.start[place + 1] - tokens.end[place] == 1
    )


def _digit_follows(tokens: Tokens, place: int) -> bool:
    return tokens.text[tokens.end[place] + 1 : tokens.end[place] + 2].isdigit()


def _day_and_month(tokens: Tokens, place: int, match: re.Match[str]) -> bool:
    """Whether "12/03" is a day and a month, or "03/21" a month and a year, rather than a pressure or a score."""
    first, second = match["sd"], match["sdm"]
    begin = place if tokens.form[place].isdigit() else place + 1
    if match["lead"] or begin != place:
        return True
    before = tokens.form[begin - 1] if begin else ""
    if before in _PRESSURES:
        return False
    if before in _DATE_LEADS:
        return True
    return len(first) == len(second) == 2 and (first[0] == "0" or second[0] == "0") and before not in {"a", "/", "x"}


def _resolve(match: re.Match[str], today: date | None) -> Dated | None:
    get = match.group
    months = _words()[0]
    how = _how(get("lead"))
    iso: str | None = None
    iso_end: str | None = None
    ahead: str | None = None
    if get("d4"):
        iso_end = _day_month(int(str(get("d4"))), months[str(get("m4"))], get("y4"), today)
        if iso_end is None:
            return None
        begun, ended = months[str(get("m3") or get("m4"))], months[str(get("m4"))]
        iso, how = iso_of(int(iso_end[:4]) - (begun > ended), begun, int(str(get("d3")))), "during"
    elif get("d2"):
        year = _year_of(get("y2"), int(str(get("m2"))), int(str(get("d2"))), today)
        if year is None:
            return None
        month = int(str(get("m2")))
        iso_end = iso_of(year, month, int(str(get("d2"))))
        begun = int(get("m1") or month)
        iso = iso_of(full_year(get("y1")) if get("y1") else year - (begun > month), begun, int(str(get("d1"))))
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
        ahead = None if get("ty") else _coming(iso, today)
    elif get("mm"):
        iso = iso_of(int(str(get("my"))), months[str(get("mm"))])
    elif get("sm"):
        iso = iso_of(int(str(get("sy"))), int(str(get("sm"))))
    elif get("sd"):
        day, month = int(str(get("sd"))), int(str(get("sdm")))
        if month > 12:
            iso = iso_of(full_year(str(get("sdm"))), day) if day <= 12 and len(str(get("sdm"))) == 2 else None
        elif month >= 1:
            iso = _day_month(day, month, None, today)
            ahead = _coming(iso, today)
    elif get("om") or get("sm2"):
        month = months[str(get("om") or get("sm2"))]
        if today is not None:
            iso = iso_of(today.year if month <= today.month else today.year - 1, month)
            ahead = iso_of(today.year if month >= today.month else today.year + 1, month)
            how = "since" if get("sm2") else how
    elif get("year") or get("byear") or get("sy2") or get("ny"):
        iso = get("year") or get("byear") or get("sy2") or get("ny")
        iso_end = get("yearend") or get("nyend")
        how = "during" if iso_end else how
    elif today is not None:
        iso, how = _relative(match, today, how)
    return Dated(match.start(), match.end(), iso, how, iso_end, ahead) if iso else None


def _year_of(written: str | None, month: int, day: int, today: date | None) -> int | None:
    """The year of a day and month: as written, else the document's, or the one before."""
    if written:
        return full_year(written)
    iso = _day_month(day, month, None, today)
    return int(iso[:4]) if iso else None


def _coming(iso: str | None, today: date | None) -> str | None:
    """The same day, or month, not before the document: what is planned lies ahead."""
    if iso is None or today is None:
        return None
    limit = today.isoformat()[: len(iso)]
    if iso >= limit:
        return iso
    parts = [int(part) for part in iso.split("-")]
    return iso_of(parts[0] + 1, *parts[1:])


def _relative(match: re.Match[str], today: date, how: str) -> tuple[str | None, str]:
    _, units, days, numbers = _words()
    get = match.group
    for count, unit, governs in (("ago", "agou", "on"), ("since", "sinceu", "since")):
        written = get(count)
        if written:
            amount = numbers.get(written) if not written.isdigit() else int(written)
            return (shifted(today, amount, units[str(get(unit))]) if amount is not None else None), governs
    if get("next"):
        written = str(get("next"))
        amount = numbers.get(written) if not written.isdigit() else int(written)
        return (shifted(today, -amount, units[str(get("nextu"))]) if amount else None), "ahead"
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
