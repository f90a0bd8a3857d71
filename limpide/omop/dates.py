"""Dates for columns that must have one, and the truth about where each came from.

Belongs here: reading the ISO strings of `Document`, choosing a date, saying which. Does not belong here: parsing of
source formats (readers did that), shifting of dates (identity).

OMOP wants a date on every event. A fact's own date comes first, then the document's, then the encounter's, and the
night of reception last. `date_origin` tells which, so that an analyst can ask for facts that date themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path

from limpide.document import Header

_WHEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?)?)?")
_FIRST = date(1890, 1, 1)
_AHEAD = timedelta(days=366)  # appointments and ends of prescriptions; beyond, a date is a typing error
_ABROAD = timedelta(days=1)  # a night is a date of ours; a document may be of tomorrow elsewhere
_OLDEST = 125  # years; nobody who is older is treated


@dataclass(frozen=True, slots=True)
class When:
    """A date, its time of day where one is written (local time of the source), and whether day and month were."""

    day: date
    time: datetime | None = None
    whole: bool = True


@lru_cache(maxsize=65536)
def parse(written: str | None) -> When | None:
    """An ISO date of any precision; None when absent or impossible. '2024-05' becomes 1 May, not whole."""
    match = _WHEN.match(written or "")
    if not match:
        return None
    year, month, day, hour, minute, second = match.groups()
    try:
        found = date(int(year), int(month or 1), int(day or 1))
        time = None
        if hour:
            time = datetime(found.year, found.month, found.day, int(hour), int(minute), int(second or 0))
    except ValueError:
        return None
    return When(found, time, day is not None)


def plausible(when: When | None, night: date) -> bool:
    """Whether a date can date an event received on `night`: sources do write the year 2918."""
    if when is None or not _FIRST <= when.day <= night + _AHEAD:
        return False
    return not when.whole or _fillers().get(when.day) != "all"


def implausible(header: Header, night: date) -> str | None:
    """Why the date that a document bears cannot be its own (English, no value): a filler, in the future, before its
    patient's birth. None when it can, or when it bears none."""
    own = parse(header.effective_time)
    if own is None:
        return None
    if own.whole and own.day in _fillers():
        return "its date is one that software writes for an unknown one"
    if own.day > night + _ABROAD:
        return "its date is in the future"
    birth = birth_day(header.patient.birth_date, night)
    if birth is None:
        return None
    if _whole_as(own, birth) < _whole_as(birth, own):
        return "its date is before its patient's birth"
    return None


def birth_day(written: str | None, night: date) -> When | None:
    """A date of birth that can be one: not a filler, not in the future, nobody of more than 125 years."""
    born = parse(written)
    if born is None or born.day > night + _ABROAD or night.year - born.day.year > _OLDEST:
        return None
    return None if born.whole and _fillers().get(born.day) == "all" else born


def _whole_as(one: When, other: When) -> date:
    """A date cut to the year where either of the two is not known to the day."""
    return one.day if one.whole and other.whole else one.day.replace(month=1, day=1)


@cache
def _fillers() -> dict[date, str]:
    lines = Path(__file__).with_name("filler_dates.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {date.fromisoformat(day): whose for day, _, whose in rows}


def document_date(header: Header, night: date) -> tuple[When, str]:
    """The date of a document and its origin: 'document', 'encounter' or 'night'."""
    own = parse(header.effective_time)
    if own is not None and plausible(own, night):
        return own, "document"
    for written in (header.encounter.end, header.encounter.start):
        when = parse(written)
        if when is not None and plausible(when, night):
            return when, "encounter"
    return When(night), "night"


def fact_date(written: str | None, fallback: tuple[When, str], night: date) -> tuple[When, str]:
    """The date of a fact and its origin: 'fact', 'fact_partial' (year or month only), or the document's."""
    own = parse(written)
    if own is not None and plausible(own, night):
        return own, "fact" if own.whole else "fact_partial"
    return fallback
