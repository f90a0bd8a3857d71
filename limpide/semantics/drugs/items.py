"""The pieces of a French posology: amounts, forms, schedules, durations, ceilings, dates to be passed over.

Belongs here: cutting a stretch into items, each with its number. Does not belong here: what the items mean together
(regimen.py), the words themselves (lexicon/posology.tsv).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from limpide.french.phrases import read_table
from limpide.french.tokens import fold
from limpide.french.values import number

_AMOUNT_NUMBER = r"\d{1,3}(?: \d{3})+(?![\d,.])|\d+(?:[.,]\d+)?"
_UNITS = r"ui\s+anti-?\s?xa|ui\s+axa|millions? d'(?:ui|unites)|ui|u|unites?"
_UNIT = rf"mg|gr|g|[µμ]g|mcg|microg(?:rammes?)?|gammas?|ug|ng|ml|cc|l|mui|{_UNITS}|%|meq|mmol"
_PER = r"kg|m2|ml|l|h|heure|dose|bouffee|goutte|min|mn|\d+(?:[.,]\d+)? ?ml|ml"
_HALF = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_SPAN = r"ans?|annees?|mois|semaines?|sem|jours?|j|heures?|h"
_MASS = {"mg": "mg", "g": "g", "gr": "g", "mcg": "ug", "ug": "ug", "µg": "ug", "μg": "ug", "ng": "ng", "ml": "mL"}
_OTHER = {"cc": "mL", "l": "L", "ui": "[IU]", "u": "[IU]", "%": "%", "meq": "meq", "mmol": "mmol"}


class Item(NamedTuple):
    """A piece of posology: its kind, its number if any, a word (unit, form, period), and its place in the stretch."""

    kind: str
    value: float | None
    word: str
    start: int
    end: int
    extra: tuple[float, ...] = ()


@cache
def _words(kind: str) -> tuple[dict[str, str], str]:
    """Folded phrases of a kind to their values, and the pattern that reads the longest of them."""
    values: dict[str, str] = {}
    for row in read_table("posology"):
        if row["kind"] == kind:
            for phrase in row["phrases"].split(";"):
                values.setdefault(fold(phrase), row["value"])
    longest = sorted(values, key=len, reverse=True)
    return values, "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in longest)


@cache
def _patterns() -> re.Pattern[str]:
    """One alternative a kind of item, the more particular first: "x 7 jours" lasts, "x 7" is how often."""
    count = (
        r"\d+(?:[.,]\d+)?\s?[½¼¾]|[½¼¾]|[1-3]\s?/\s?[2-4](?!\d)|\d+\s+et\s+(?:demie?|1/2)|\d+(?:[.,]\d+)?"
        rf"|(?:{_words('number')[1]})\b"
    )
    amount = rf"(?:{_AMOUNT_NUMBER})\s*(?:{_UNIT})(?![\w])"
    part = r"(?:\d{1,3}(?:[.,]\d+)?|[½¼¾]|[13]/[24])"
    form, limit = _words("form")[1], _words("limit")[1]
    day = r"(?:j(?:our|rs?)?s?|24\s*h(?:eures?)?|d)\b"
    rare = r"(?:semaines?|sem|mois|ans?|cures?|cycles?)\b"
    every = r"(?:toutes|ttes|tte|tous|ts)\s+les"
    long = r"jours?|j|semaines?|sem|mois"
    uses = r"cycles?|cures?|seances?|perfusions?|injections?|doses?|boites?|administrations?"
    counted = rf"(?:{_UNIT}|{form}|fois|prises?)"
    pieces = [
        rf"(?P<ago>(?:depuis|il\s+y\s+a|dans|avant|apres|d'ici|age\s+de)\s+(?:\w+\s+)?(?:{count})\s*(?:{_SPAN})\b)",
        rf"(?P<limit>(?:{limit})\s*:?\s*(?:de\s+)?(?:{count})\s*{counted}?\s*(?:/|par)\s*{day}"
        rf"|(?:{count})\s*{counted}?\s*(?:/|par)\s*{day}\s*(?:au\s+)?(?:{limit})\b"
        rf"|(?:{limit})\s*:?\s*(?:{_AMOUNT_NUMBER})\s*{counted}?\b(?!\s*(?:/|par))"
        rf"|(?:{_AMOUNT_NUMBER})\s*(?:{_UNIT})\s*(?:au\s+)?(?:{limit})\b)",
        r"(?P<until>jusqu'?\s*(?:au|a\s+la|a)\s+(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d\d))?)",
        r"(?P<date>(?:du|le|les|au|et|,|des)\s*\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?(?!\s*(?:cp|gel))"
        r"|\b\d{1,2}/\d{1,2}/\d{2,4}|\b\d\d/\d\d\b|\b(?:19|20)\d\d\b)",
        rf"(?P<part>(?:{_words('part')[1]})\b|en\s+\d+\s+(?:prises?|fois|injections?|perfusions?)\b"
        r"|(?:en|sur)\s+\d+\s*(?:h(?:eures?)?|min(?:utes?)?|mn)\b|dans\s+\d+\s*(?:ml|cc|l)\b)",
        rf"(?P<less>{every}\s+(?:{count})\s*(?:{long}|ans?)\b|/\s*\d+\s*(?:{long}|ans?)\b"
        rf"|(?:(?:{count})\s*(?:x|fois|\*)?\s*|(?:x|\*)\s*(?:{count})\s*)?(?:/|par)\s*{rare}"
        rf"|(?<!\w)j\d{{1,2}}(?:\s*[,;/ -]+\s*j\d{{1,2}})+|(?<!\w)(?:{_words('rare')[1]})\b)",
        rf"(?P<every>(?:{every}\s+|/\s*)(?P<hours>(?:{count}))(?P<range>\s*(?:a|-)\s*\d+)?\s*h(?:eures?)?\b)",
        r"(?P<duration>(?:pendant|durant|pdt|pour\s+une\s+duree\s+de|pour|duree\s*:?(?:\s*de)?|sur|x|\*|qsp|encore)"
        rf"\s*(?P<long>(?:{count}))\s*(?P<span>{long}|ans?|annees?)\b"
        rf"|(?<![\w/,.]) ?(?<!\sj )(?P<long2>\d{{1,3}})\s*(?P<span2>{long}|ans?)\b"
        r"(?!\s*(?:sur|/|apres|avant|plus\s+tard|post)))",
        rf"(?P<scheme>(?<![\d/,.-])(?P<s1>{part})\s*(?P<sep>[-–/]|\s)\s*(?P<s2>{part})\s*(?P=sep)\s*(?P<s3>{part})"
        rf"(?:\s*(?P=sep)\s*(?P<s4>{part}))?(?![\d/%]|,\d)\s*(?P<su>(?:{_UNIT})(?!\w))?)",
        rf"(?P<mult>(?<![\d,./])(?P<m1>\d{{1,2}})\s*[x*]\s*(?P<m2>{amount}))",
        rf"(?P<amount>(?<![\w,.])(?P<anum>{_AMOUNT_NUMBER})\s*(?P<aunit>{_UNIT})"
        rf"(?:\s*/\s*(?P<aper>{_PER})(?!\w))?(?![\w]))",
        rf"(?P<form>(?P<frange>\d\s*(?:a|ou|-)\s*)?(?P<fcount>{count})?\s*(?:de\s+)?(?<![a-z])(?P<fword>{form})(?!\w)"
        r"(?P<fhalf>\s+et\s+demie?\b|\s+1/2\b)?)",
        rf"(?P<times>(?:x|\*|fois)\s*(?P<t1>{count})\s*(?:fois\s*)?(?:/|par)\s*{day}"
        rf"|(?P<trange>\d\s*(?:a|ou|-)\s*)?(?P<t2>{count})\s*(?:x|fois|\*|prises?)\s*(?:/|par)?\s*{day}"
        rf"|(?P<t3>(?<![\w.,/])\d)\s*(?:/|par\s)\s*{day}"
        rf"|(?:x|\*)\s?(?P<t4>\d)(?!\d|[.,]\d|\s*(?:{_UNIT}|{_SPAN}|{uses})\b)|(?P<t5>{count})\s+fois\b)",
        rf"(?P<daily>(?:(?<![a-z])|(?=/))(?:{_words('daily')[1]})(?!\w)|par\s*24\s*h\b)",
        rf"(?P<moment>\b(?:{_words('moment')[1]})(?!\w))",
        r"(?P<clock>\ba\s+\d{1,2}\s*(?:h|:)\s*(?:\d\d)?\b|(?<=et\s)\d{1,2}\s*h(?:\d\d)?\b)",
        rf"(?P<need>\b(?:{_words('need')[1]})(?!\w))",
        rf"(?P<then>\b(?:{_words('then')[1]})\b)",
        rf"(?P<num>(?<![\w,./-])(?P<n1>{count})(?:(?=[x*]\s?\d)|(?![\w%/]|[,.]\d)))",
    ]
    return re.compile("|".join(pieces))


def _count(written: str) -> float | None:
    """ "1/2", "1½", "un demi", "3 et demi", "2,5": the number of forms."""
    written = " ".join(written.split())
    values = _words("number")[0]
    if written in values:
        return float(values[written])
    if written[-1:] in _HALF:
        whole = written[:-1].strip()
        return (number(whole) if whole else 0.0) + _HALF[written[-1]]
    if " et " in written:
        return number(written.split(" et ")[0]) + 0.5
    if "/" in written:
        top, bottom = written.split("/")
        return float(top) / float(bottom)
    return number(written)


def unit_of(written: str) -> str:
    """UCUM code of a unit of dose."""
    known = _MASS.get(written) or _OTHER.get(written)
    if known:
        return known
    if written == "mui" or written.startswith("million"):
        return "M[IU]"
    return "[IU]" if written.startswith(("unit", "ui")) else "ug"


_KINDS = (
    "ago", "limit", "until", "date", "part", "less", "every", "duration", "scheme", "mult", "amount", "form", "times",
    "daily", "moment", "clock", "need", "then", "num",
)  # fmt: skip
_COMBINED = re.compile(  # what stands right after a name: the strengths of a fixed combination
    r"[\s:]*(?P<strengths>\d+(?:[.,]\d+)?(?:\s*(?:mg|g|[µμ]g))?"
    r"(?:\s?/\s?\d+(?:[.,]\d+)?(?:\s*(?:mg|g|[µμ]g))?)+)(?![\d/]|[.,]\d)"
    r"(?P<unit>\s*(?:mg|g|[µμ]g)\b)?(?!\s*(?:ml|h|j|jours?|sem\w*|mois)\b)"
)


@cache
def _hint() -> re.Pattern[str]:
    """A digit, or the first word of a phrase that says when: without any, a stretch holds no posology."""
    firsts = {
        re.split(r"[\s'/-]", phrase)[0]
        for kind in ("moment", "daily", "rare", "need", "number")
        for phrase in _words(kind)[0]
    }
    words = "|".join(sorted(map(re.escape, filter(None, firsts - {"a", "au", "le", "la", "l", "en", "par"}))))
    return re.compile(rf"[\d½¼¾]|\b(?:{words}|en cas|au besoin|par jour|a la demande)\b")


def says_something(stretch: str) -> bool:
    """Whether a folded stretch may hold any item of posology."""
    return _hint().search(stretch) is not None


def is_need(folded: str) -> bool:
    """Whether words say that something is taken when needed: "si besoin", "en cas de douleur"."""
    return any(phrase in folded for phrase in _words("need")[0])


_HALVES = re.compile(r"[\s:]*[1-3]\s?/\s?[2-4](?!\d)")


def items_of(stretch: str) -> Iterator[Item]:
    """The items of a folded stretch, in order. Its halves are written ½ (folding would make of them a 1)."""
    place = 0
    combined = _COMBINED.match(stretch)
    if combined and not _HALVES.match(stretch):
        end = combined.end()
        yield Item("combination", None, "", combined.start("strengths"), end)
        place = end
    for found in _patterns().finditer(stretch, place):
        kind = next(name for name in _KINDS if found.group(name) is not None)
        yield _item(kind, found)


def _item(kind: str, found: re.Match[str]) -> Item:
    start, end = found.span()
    value: float | None = None
    word = ""
    extra: tuple[float, ...] = ()
    if kind == "every":
        value = None if found.group("range") else _count(found.group("hours"))
    elif kind == "duration":
        value = _count(found.group("long") or found.group("long2"))
        word = (found.group("span") or found.group("span2"))[0]
    elif kind == "scheme":
        parts = [_count(part) for part in found.group("s1", "s2", "s3", "s4") if part]
        extra, word = tuple(part or 0.0 for part in parts), found.group("su") or found.group("sep")
        value = sum(extra)
    elif kind == "mult":
        value = float(found.group("m1"))
    elif kind == "amount":
        value, word = number(found.group("anum")), unit_of(found.group("aunit"))
        if found.group("aper"):
            word += "/" + found.group("aper")
    elif kind == "form":
        written = found.group("fcount")
        value = None if written is None or found.group("frange") else _count(written)
        if found.group("frange"):
            extra = (1.0,)
        if value is not None and found.group("fhalf"):
            value += 0.5
        word = _words("form")[0][" ".join(found.group("fword").split())]
    elif kind == "times":
        written = next(found.group(name) for name in ("t1", "t2", "t3", "t4", "t5") if found.group(name))
        value = None if found.group("trange") else _count(written)
    elif kind in ("daily", "moment"):
        word = " ".join(found.group().split())
        value = float(_words(kind)[0].get(word) or 1)
    elif kind == "num":
        value = _count(found.group("n1"))
    return Item(kind, value, word, start, end, extra)
