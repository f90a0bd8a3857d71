"""How a drug is taken: strength, dose, route, frequency, duration, status, and the daily dose when it can be had.

Belongs here: reading what follows (and, for status, precedes) a drug's name. Does not belong here: drugs themselves.

What was written decides: "Metformine 1000 mg 1-0-1" is a strength and two takes; "paracétamol 1 g x3/j" a dose of
1 g. `daily_dose` is in mass or units when the strength is known, else in forms
("2 {tbl}"); it is None as soon as one factor is missing or the take depends on need. Routes are EDQM codes, durations
ISO 8601, dose units UCUM.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache

from limpide.document import Fact
from limpide.french.date_expressions import full_year, iso_of
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens
from limpide.french.values import number

_REGION = 160  # characters: a posology is on the drug's line or the next
_N = r"(?:\d+(?:[.,]\d+)?|\d/\d|un(?:e)?|deux|trois|quatre|demi|½)"
_AMOUNT = re.compile(
    r"(\d(?<![\d,.].)(?:\d{0,2}(?: \d{3})+|\d*(?:[.,]\d+)?))\s*(mg|g|µg|μg|mcg|microg(?:rammes?)?|gammas?"
    r"|ug|ng|kg|ml|l|ui|u|unites?"
    r"|mui|millions? d'ui|%|meq|mmol|mg/ml|g/l)(?:\s*/\s*(kg|m2|ml|h|dose|\d+ ?ml|heure|min|mn))?(?![\w])"
)
_SCHEME = re.compile(
    r"(?<![\d/-])(\d(?:[.,]5)?|½|1/2|1/4)\s*-\s*(\d(?:[.,]5)?|½|1/2|1/4)\s*-\s*(\d(?:[.,]5)?|½|1/2"
    r"|1/4)(?:\s*-\s*(\d(?:[.,]5)?|½|1/2))?(?![\d/])"
)
_TIMES = re.compile(
    rf"(?:x\s*|fois\s*)({_N})\s*(?:fois\s*)?(?:/|par\s*)\s*(j(?:our)?|24\s*h|semaine|sem|mois)\b"
    rf"|({_N})\s*(?:x|fois)\s*(?:/|par\s*)?\s*(j(?:our)?|24\s*h|semaine|sem|mois)\b"
    r"|(?<![\w.,/])(\d)\s*(?:prises?|cp|comprimes?|gelules?|gel|sachets?|bouffees?|gouttes?"
    r"|injections?|ampoules?|inj)?\s*(?:/|par\s)\s*(j(?:our)?|24\s*h|semaine|sem|mois)\b"
    r"|x\s?(\d)(?!\s*[\d,.]|\s*(?:mg|g|jours?|j)\b)"
)
_EVERY = re.compile(r"(?:toutes\s+les|ttes\s+les|/)\s*(\d{1,2}|six|huit|douze|quatre)\s*(?:h(?:eures?)?)\b")
_EVERY_DAYS = re.compile(
    r"tous\s+les\s+(\d{1,2}|deux|trois|quinze)\s*(?:jours?|j)\b|toutes\s+les\s+(\d{1,2}|deux|trois"
    r"|quatre)\s*semaines?\b"
)
_DURATION = re.compile(
    rf"(?:pendant|durant|pdt|pour(?: une duree de)?|duree\s*:?|sur|x|qsp|soit)\s*({_N}|\d+)\s*(jours?"
    rf"|j|semaines?|sem|mois|ans?)\b|(?<![\w/])(\d{{1,2}})\s*(jours?)\b(?!\s*sur)"
)
_UNTIL = re.compile(r"jusqu'?\s*(?:au|a|a la)\s+(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d\d))?")
_PER_DAY = re.compile(r"\s*(?:/\s*(?:j|jour|24\s*h|d)\b|par\s+jour|quotidien|par\s+24)")
_STOP = re.compile(r"[.;](?=\s+[a-z])|\n\s*\n")
_MASS = {
    "mg": "mg",
    "g": "g",
    "µg": "ug",
    "μg": "ug",
    "mcg": "ug",
    "ug": "ug",
    "ng": "ng",
    "ml": "mL",
    "l": "L",
    "ui": "[IU]",
    "u": "[IU]",
    "%": "%",
    "meq": "meq",
    "mmol": "mmol",
    "kg": "kg",
}
_NUMBERS = {
    "un": 1.0,
    "une": 1.0,
    "deux": 2.0,
    "trois": 3.0,
    "quatre": 4.0,
    "six": 6.0,
    "huit": 8.0,
    "douze": 12.0,
    "quinze": 15.0,
    "demi": 0.5,
    "½": 0.5,
}
_OF = (["de"], ["d"], ["du"], ["par"])  # "arrêt de l'aspirine" is said of what follows
_SPANS = {"j": "D", "s": "W", "m": "M", "a": "Y"}


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str
    value: str
    side: str


@cache
def _table() -> PhraseTable[tuple[_Word, ...]]:
    readings: dict[str, list[_Word]] = {}
    for row in read_table("posology"):
        for phrase in row["phrases"].split(";"):
            readings.setdefault(phrase, []).append(_Word(row["kind"], row["value"], row["side"]))
    return PhraseTable(((phrase, tuple(found)) for phrase, found in readings.items()), literal=True)


def attach(tokens: Tokens, drug_facts: list[Fact]) -> None:
    """Set strength, dose, dose_unit, route, frequency, duration, status, daily_dose, time_end on drug facts, in place.

    Facts without a place are left alone; no span is changed.
    """
    drugs = sorted((fact for fact in drug_facts if fact.start is not None), key=lambda fact: fact.start or 0)
    if not drugs:
        return
    words = _table().scan(tokens)
    starts = [tokens.start[first] for first, _, _ in words]
    for index, fact in enumerate(drugs):
        following = drugs[index + 1].start if index + 1 < len(drugs) else None
        if following is not None and following < (fact.end or 0):
            continue
        end = _region_end(tokens, fact, following)
        inside = words[bisect_left(starts, fact.end or 0) : bisect_left(starts, end)]
        _read(tokens, fact, end, inside)
        previous = drugs[index - 1].end if index else 0
        _status(tokens, fact, end, words, starts, previous or 0)


def _region_end(tokens: Tokens, fact: Fact, following: int | None) -> int:
    """Where the drug's own text ends: the next drug, the sentence, or the next line when that is no posology."""
    folded, begin = tokens.folded, fact.end or 0
    end = min(len(folded), begin + _REGION)
    if following is not None:
        end = min(end, following)
    line = folded.find("\n", begin, end)
    if line >= 0:
        rest = folded[line + 1 : end].lstrip(" \t-•*")
        if not rest[:1].isdigit() and not rest.startswith(
            ("prendre", "un ", "une ", "deux ", "le matin", "matin", "soit")
        ):
            return line
        again = folded.find("\n", line + 1, end)
        end = again if again >= 0 else end
    stop = _STOP.search(tokens.folded, begin, end)
    return stop.start() if stop else end


def _read(tokens: Tokens, fact: Fact, end: int, inside: list[tuple[int, int, tuple[_Word, ...]]]) -> None:
    folded, begin = tokens.folded, fact.end or 0
    amounts = list(_AMOUNT.finditer(folded, begin, end))
    scheme = _SCHEME.search(folded, begin, end) if "-" in folded[begin:end] else None
    forms = [(first, word) for first, _, readings in inside for word in readings if word.kind == "form"]
    count = _count(tokens, forms, begin)
    moments = _moments(tokens, inside)
    times, phrase = _frequency(tokens, begin, end, scheme, inside, moments)
    needed = any(word.kind == "need" for _, _, readings in inside for word in readings)
    route = next((word.value for _, _, readings in inside for word in readings if word.kind == "route"), None)
    if route and fact.route is None:
        fact.route = route
    counted = count is not None or scheme is not None
    if amounts and _is_gap(folded[begin : amounts[0].start()]):
        amount = amounts[0]
        value, unit = number(amount.group(1)), _unit(amount)
        if counted or (len(amounts) > 1 and unit != _unit(amounts[1])):
            fact.strength = tokens.text[amount.start() : amount.end()]
        else:
            fact.dose, fact.dose_unit = value, unit
    if counted:
        fact.dose, fact.dose_unit = count if count else (None, None)
    fact.frequency = phrase
    fact.duration = _duration(folded, begin, end)
    until = _UNTIL.search(folded, begin, end)
    if until and until.group(3) and fact.time_end is None:
        fact.time_end = iso_of(full_year(until.group(3)), int(until.group(2)), int(until.group(1)))
    if needed:
        return
    _daily(fact, amounts, scheme, count, times, folded)


def _is_gap(between: str) -> bool:
    """Whether nothing but form and punctuation stands between the drug and its amount."""
    return len(between) <= 60 and not re.search(r"[.;\n]\s*\S*\s*\b(?:puis|et)\b", between)


def _unit(amount: re.Match[str]) -> str:
    unit = amount.group(2)
    base = _MASS.get(unit)
    if base is None:
        base = "ug" if unit.startswith(("microg", "gamma")) else "[IU]" if unit.startswith("unit") else unit
    if unit == "mui" or unit.startswith("million"):
        base = "M[IU]"
    return base + (f"/{amount.group(3)}" if amount.group(3) else "")


def _count(tokens: Tokens, forms: list[tuple[int, _Word]], begin: int) -> tuple[float, str] | None:
    """ "2 cp", "un comprimé", "1/2 cp": the number of forms at a take."""
    for first, word in forms:
        before = tokens.folded[max(begin, tokens.start[first] - 8) : tokens.start[first]]
        found = re.search(rf"({_N})\s*(?:a\s*\d\s*)?$", before)
        if found:
            return _value(found.group(1)), word.value
    return None


def _value(written: str) -> float:
    if "/" in written:
        top, bottom = written.split("/")
        return float(top) / float(bottom) if float(bottom) else 0.0
    return _NUMBERS[written] if written in _NUMBERS else number(written)


def _moments(tokens: Tokens, inside: list[tuple[int, int, tuple[_Word, ...]]]) -> list[tuple[int, int, str]]:
    return [
        (first, after, word.value) for first, after, readings in inside for word in readings if word.kind == "moment"
    ]


def _frequency(
    tokens: Tokens,
    begin: int,
    end: int,
    scheme: re.Match[str] | None,
    inside: list[tuple[int, int, tuple[_Word, ...]]],
    moments: list[tuple[int, int, str]],
) -> tuple[float | None, str | None]:
    """(takes a day, the words that say so)."""
    folded, text = tokens.folded, tokens.text
    times: float | None = None
    pieces: list[tuple[int, int]] = []
    if scheme:
        times = sum(_value(part) for part in scheme.groups() if part)
        pieces.append(scheme.span())
    repeated = _TIMES.search(folded, begin, end)
    if repeated and not scheme:
        many = next(
            part for part in (repeated.group(1), repeated.group(3), repeated.group(5), repeated.group(7)) if part
        )
        per = next((part for part in (repeated.group(2), repeated.group(4), repeated.group(6)) if part), "j")
        times = _value(many) / (7 if per.startswith("s") else 30 if per.startswith("m") else 1)
        pieces.append(repeated.span())
    every = _EVERY.search(folded, begin, end)
    if every and times is None:
        hours = _NUMBERS.get(every.group(1)) or float(every.group(1))
        times = 24 / hours if hours else None
        pieces.append(every.span())
    days = _EVERY_DAYS.search(folded, begin, end)
    if days and times is None:
        written = days.group(1) or days.group(2)
        span = _NUMBERS.get(written) or float(written)
        times = 1 / (span * (7 if days.group(2) else 1)) if span else None
        pieces.append(days.span())
    if moments:
        if times is None:
            times = float(len({value for _, _, value in moments}))
        pieces.append((tokens.start[moments[0][0]], tokens.end[moments[-1][1] - 1]))
    for first, after, readings in inside:
        for word in readings:
            if word.kind in ("period", "need"):
                pieces.append((tokens.start[first], tokens.end[after - 1]))
                if word.kind == "period" and times is None:
                    times = float(word.value)
    if times is None and (daily := _PER_DAY.search(folded, begin, end)):
        times = 1.0
        pieces.append(daily.span())
    return times, _joined(text, pieces)


def _joined(text: str, pieces: list[tuple[int, int]]) -> str | None:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(pieces):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return " ".join(text[start:end].strip() for start, end in merged) or None


def _duration(folded: str, begin: int, end: int) -> str | None:
    found = _DURATION.search(folded, begin, end)
    if not found:
        return None
    count, unit = (found.group(1), found.group(2)) if found.group(1) else (found.group(3), found.group(4))
    amount = _value(count)
    return f"P{int(amount)}{_SPANS[unit[0]]}" if amount == int(amount) else None


def _daily(
    fact: Fact,
    amounts: list[re.Match[str]],
    scheme: re.Match[str] | None,
    count: tuple[float, str] | None,
    times: float | None,
    folded: str,
) -> None:
    """daily_dose: takes a day × forms a take × strength, or × dose; None when a factor is missing."""
    if times is not None and not amounts and count is not None:
        fact.daily_dose, fact.daily_dose_unit = round(count[0] * times, 4), count[1]
    if times is None or not amounts:
        return
    amount = amounts[0]
    unit = _unit(amount)
    if "/" in unit or unit in ("%", "mL", "L"):
        return
    value = number(amount.group(1))
    if scheme is None and _PER_DAY.match(folded, amount.end()):
        times = 1.0  # "2 g/j" is already the day's dose, however it is shared out
    per_take = value if scheme or count is None else value * count[0]
    fact.daily_dose, fact.daily_dose_unit = round(per_take * times, 4), unit


def _status(
    tokens: Tokens,
    fact: Fact,
    end: int,
    words: list[tuple[int, int, tuple[_Word, ...]]],
    starts: list[int],
    previous: int,
) -> None:
    """started, stopped, resumed, continued, increased, decreased, switched: from the nearest word that says so."""
    begin, after_drug = fact.start or 0, fact.end or 0
    sentence = tokens.sentence[max(0, bisect_right(tokens.start, begin) - 1)]
    best: tuple[int, str] | None = None
    low = bisect_left(starts, max(0, begin - 60))
    for first, last, readings in words[low : bisect_left(starts, end)]:
        place, stop = tokens.start[first], tokens.end[last - 1]
        for word in readings:
            if word.kind != "status" or tokens.sentence[first] != sentence:
                continue
            if word.side == ">" and previous <= place and stop <= begin:
                distance = begin - stop
            elif word.side == "<" and place >= after_drug and tokens.form[last : last + 1] not in _OF:
                distance = place - after_drug
            else:
                continue
            if distance <= 45 and (best is None or distance < best[0]):
                best = (distance, word.value)
    if best:
        fact.status = "started" if best[1] == "switched" else best[1]
