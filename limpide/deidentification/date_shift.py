"""Dates moved by whole days, written as they were.

Belongs here: reading a date as written and writing another in the same way; every date of a document moved together.
Does not belong here: when to (surrogates.configured), which dates are births (birth.py).

A month without a day moves as its fifteenth; a day and a month in letters without a year as those of the document's
year. A year alone stays: it says less than the shift hides.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

from limpide.deidentification.birth import MONTH, MONTHS
from limpide.deidentification.spans import Kind, Span
from limpide.document import Document, Fact
from limpide.french.tokens import fold

_NAMES = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}(?P<a>[-/.])(?P<m>\d\d?)(?P=a)(?P<d>\d\d?)(?!\d)",
        rf"(?P<d>\d\d?)(?P<a>\s?[-/.]\s?)(?P<m>\d\d?)(?P<b>\s?[-/.]\s?){_YEAR}(?![\d/])",
        r"(?P<d>\d\d)(?P<a>/)(?P<m>\d\d)(?P<b>/)(?P<y>\d\d)(?![\d/])",
        rf"(?P<d>\d\d?)(?P<e>er)?(?P<a>\s)(?P<n>{MONTH})(?![a-z])(?:(?P<b>\s){_YEAR}(?!\d))?",
        rf"(?P<n>{MONTH})(?![a-z])(?P<b>\s){_YEAR}(?!\d)",
        rf"(?<![\d/.,])(?P<m>0[1-9]|1[0-2])(?P<a>/){_YEAR}(?![\d/])",
        rf"{_YEAR}(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)",
    )
)
_UNNAMED = (re.sub(r"\(\?P<\w>", "(?:", form.pattern.replace("(?P=a)", "[-/.]")) for form in _FORMS)
_DATES = re.compile(rf"(?<![\w,.])(?:{'|'.join(_UNNAMED)})")


def moved(written: str, days: int, year: int | None = None) -> str | None:
    """A date as written, moved; None when it is not read whole. `year`: of a date that does not say its own."""
    folded = fold(written)
    for form in _FORMS:
        found = form.fullmatch(folded)
        if not found:
            continue
        said = found.groupdict()
        stated = said.get("y")
        if stated is None and year is None:
            return None
        full = year if stated is None else int(stated) if len(stated) == 4 else _century(int(stated))
        month = MONTHS[said["n"]] if said.get("n") else int(said["m"])
        try:
            day = date(int(full or 0), month, int(said.get("d") or 15)) + timedelta(days=days)
        except ValueError:
            return None
        return _written(found, day, written)
    return None


def date_spans(text: str) -> list[Span]:
    """Every date that `moved` can move, in order."""
    return [Span(m.start(), m.end(), Kind.DATE, True) for m in _DATES.finditer(fold(text))]


def moved_document(document: Document, days: int, birth: str | None) -> Document:
    """The dates of header and facts moved, which a masked text has moved already.

    `birth`: the birth date as the header writes it: a fact dated that very day keeps its month, and tells no shift.
    """

    def iso(value: str | None) -> str | None:
        born = value is not None and birth is not None and len(birth) >= 10 and value[:10] == birth[:10]
        return value[:7] if born and value else shifted(value, days) if value else value

    def fact(one: Fact) -> Fact:
        one.time_start, one.time_end = iso(one.time_start), iso(one.time_end)
        return one

    header = document.header
    header.effective_time = iso(header.effective_time)
    header.encounter = replace(header.encounter, start=iso(header.encounter.start), end=iso(header.encounter.end))
    header.authors = [replace(author, time=iso(author.time)) for author in header.authors]
    document.facts = [fact(one) for one in document.facts]
    return document


SHIFT_DAYS = 364  # at most, either way; a multiple of 7, so that days of the week can be kept


def shift_days(person_key: str, secret: bytes) -> int:
    """The constant shift of a person's dates, in days: whole weeks, never zero, -364..364, keyed."""
    digest = hmac.new(secret, f"limpide/dates/1\x1f{person_key}".encode(), sha256).digest()
    weeks = SHIFT_DAYS // 7
    drawn = int.from_bytes(digest[:8]) % (2 * weeks)
    return 7 * (drawn - weeks if drawn < weeks else drawn - weeks + 1)


def shifted(iso: str, days: int) -> str:
    """An ISO date or time moved by whole days, as precise as it was written to the day; less precise: unchanged.

    Raises ValueError when the first ten characters are no date.
    """
    if len(iso) < 10:
        return iso
    return (date.fromisoformat(iso[:10]) + timedelta(days=days)).isoformat() + iso[10:]


def _century(year: int) -> int:
    return year + (1900 if year > 30 else 2000)


def _written(found: re.Match[str], day: date, written: str) -> str:
    """The new date in the place of each part of the old one."""
    parts = {"d": day.day, "m": day.month, "y": day.year}
    out, at = [], 0
    for name, (start, end) in sorted(
        (
            (name, found.span(name))
            for name, value in found.groupdict().items()
            if value is not None and name in "dmyne"
        ),
        key=lambda item: item[1],
    ):
        out.append(written[at:start])
        before = written[start:end]
        if name == "n":
            month = _NAMES[day.month - 1]
            out.append(month.upper() if before.isupper() else month.capitalize() if before[:1].isupper() else month)
        elif name == "e":
            out.append("er" if day.day == 1 else "")
        else:
            figures = f"{parts[name]:04}"[-2:] if name == "y" and end - start == 2 else str(parts[name])
            out.append(figures.rjust(end - start, "0"))
        at = end
    out.append(written[at:])
    return "".join(out)
