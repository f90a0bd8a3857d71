"""Dates as French documents write them, to ISO 8601.

Belongs here: one date at the start of a labelled value. Does not belong here: finding dates in prose (semantics).
"""

from __future__ import annotations

import datetime
import re

_MONTHS = {
    "janvier": 1, "janv": 1, "jan": 1, "février": 2, "fevrier": 2, "févr": 2, "fév": 2, "fev": 2, "mars": 3,
    "avril": 4, "avr": 4, "mai": 5, "juin": 6, "juillet": 7, "juil": 7, "août": 8, "aout": 8, "septembre": 9,
    "sept": 9, "octobre": 10, "oct": 10, "novembre": 11, "nov": 11, "décembre": 12,
    "decembre": 12, "déc": 12, "dec": 12,
}  # fmt: skip
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WRITTEN = re.compile(r"(?i)(\d{1,2})(?:er)? ([a-zéû]{3,9})\.? (\d{4})(?!\d)")
_WEEKDAY = re.compile(r"(?i)^(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) ")


def month_words() -> tuple[str, ...]:
    """Names and short names of months, folded."""
    return tuple(word for word in _MONTHS if word.isascii())


def month_number(word: str) -> int | None:
    """1 for 'janvier', 'janv'..., folded; None for what is no month."""
    return _MONTHS.get(word)


def stated_date(value: str) -> str | None:
    """The ISO date with which `value` begins ('28/03/1979', '28 mars 1979', 'le 1er mai 2020'), else None.

    Years before 1850 and after 2200 are typing errors, not dates.
    """
    value = _WEEKDAY.sub("", re.sub(r"(?i)^(?:le|du) ", "", value.strip()))
    if match := _NUMERIC.match(value):
        day, month, year = (int(part) for part in match.groups())
    elif match := _ISO.match(value):
        year, month, day = (int(part) for part in match.groups())
    elif (match := _WRITTEN.match(value)) and match[2].lower() in _MONTHS:
        day, month, year = int(match[1]), _MONTHS[match[2].lower()], int(match[3])
    else:
        return None
    try:
        return datetime.date(year, month, day).isoformat() if 1850 <= year <= 2200 else None
    except ValueError:
        return None
