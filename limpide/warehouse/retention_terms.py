"""How long documents are kept, by class: the terms that a house chose.

Belongs here: reading them, whether a day is past them. Does not belong here: what becomes of a document that is
(limpide/rights/retention.py when it was published, night/worker.py when it arrives so).

A term runs from the date a document bears. No class may go past 20 years (CNIL, délibération 2021-118, durées de
conservation).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

MOST_YEARS = 20
ENV = "LIMPIDE_RETENTION"
_SHIPPED = Path(__file__).with_name("retention.yaml")


@dataclass(frozen=True, slots=True)
class Term:
    """One class: the types of document it holds (LOINC) and its years."""

    name: str
    french: str
    types: frozenset[str]
    years: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The classes in order, then everything else."""

    classes: tuple[Term, ...]
    default: Term
    notice_days: int

    def of(self, type_code: str | None) -> Term:
        """The class of a document."""
        return next((term for term in self.classes if type_code in term.types), self.default)

    def written(self) -> list[list[object]]:
        """What they say, for whoever must know whether they changed."""
        return [[t.name, sorted(t.types), t.years] for t in (*self.classes, self.default)]

    def past(self, type_code: str | None, written: date, today: date) -> bool:
        """Whether a document of that date is past its term."""
        return written <= years_before(today, self.of(type_code).years)


def terms(path: Path | None = None) -> Terms:
    """The terms in force: `path`, else the file of LIMPIDE_RETENTION, else ours.

    Raises ValueError for anything but whole years, 1 to 20.
    """
    import yaml

    said = yaml.safe_load((path or Path(os.environ.get(ENV) or _SHIPPED)).read_text("utf-8"))
    classes = tuple(
        Term(c["name"], c.get("french", c["name"]), frozenset(map(str, c["types"])), _years(c["years"]))
        for c in said.get("classes") or ()
    )
    notice = said.get("notice_days", 7)
    if type(notice) is not int or notice < 1:
        raise ValueError(f"a removal is announced a day before at least, not {notice}")
    return Terms(classes, Term("other", "Autres documents", frozenset(), _years(said["default_years"])), notice)


def shipped() -> Terms:
    """Ours."""
    return terms(_SHIPPED)


def _years(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MOST_YEARS:
        raise ValueError(f"a document is kept 1 to {MOST_YEARS} years, not {value}")
    return value


def years_before(today: date, years: int) -> date:
    """The same day, years earlier."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February
        return today.replace(year=today.year - years, day=28)
