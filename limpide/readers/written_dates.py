"""Dates that do not exist (35 February, a thirteenth month, the 25th hour) are absent, and a warning says so.

Belongs here: one look at every date that a door read, whatever the format. Does not belong here: reading dates of a
format (each door), whether a date that exists can be true (omop/dates.py).

A day or a month written 00 is unknown, as civil records write it: '1954-00-00' is the year 1954.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from limpide.document import Document

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ](\d{2})(?::(\d{2})(?::(\d{2}))?)?.*)?")


def keep_existing(document: Document) -> None:
    """Leave out of a document every date that no calendar has; warnings name what is left out, never a value."""
    head = document.header
    gone = [
        f"the {name} is not a date that exists: left out"
        for owner, field, name in (
            (head, "effective_time", "date of the document"),
            (head.patient, "birth_date", "birth date of the patient"),
            (head.encounter, "start", "start of the stay"),
            (head.encounter, "end", "end of the stay"),
        )
        if _left_out(owner, field)
    ]
    for author in head.authors:
        _left_out(author, "time")
    facts = sum(_left_out(fact, "time_start") + _left_out(fact, "time_end") for fact in document.facts)
    if facts:
        gone.append(f"{facts} dates of facts do not exist: left out")
    document.warnings += [said for said in gone if said not in document.warnings]


def _left_out(owner: object, field: str) -> bool:
    """Whether a date was there and is not one; the field is mended."""
    written = getattr(owner, field)
    if not written:
        return False
    kept = existing(written)
    if kept != written:
        setattr(owner, field, kept)
    return kept is None


@lru_cache(maxsize=65536)
def existing(written: str) -> str | None:
    """An ISO date or time of any precision as it stands, without parts written 00; None when there is no such day."""
    match = _DATE.fullmatch(written.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = match.groups()
    if month == "00":
        return year if year != "0000" else None
    if day == "00":
        return f"{year}-{month}" if 1 <= int(month) <= 12 else None
    try:
        date(int(year), int(month or 1), int(day or 1))
        time(int(hour or 0) % 24 if hour == "24" else int(hour or 0), int(minute or 0), min(int(second or 0), 59))
    except ValueError:
        return None
    return written
