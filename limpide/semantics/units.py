"""Units as French documents write them, to UCUM and back.

Belongs here: recognising a unit, the UCUM code for it, conversion between units of one property.
Does not belong here: the spellings (lexicon/units.tsv), which unit an analyte takes (analytes.py).

`G/L` is giga a litre and `g/L` gram a litre: case is meaning here, and only here. A pharmacist's `T/L` is tera.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from limpide.semantics.phrases import read_table
from limpide.semantics.tokens import fold

_GIGA = re.compile(r"\s*(?:G|Giga)\s?/\s?[lL](?![a-zA-Z])")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: UCUM code, the property it measures, its factor to that property's base unit."""

    ucum: str
    property: str
    factor: float


@cache
def _tables() -> tuple[dict[str, Unit], dict[str, Unit], re.Pattern[str]]:
    by_spelling: dict[str, Unit] = {}
    by_ucum: dict[str, Unit] = {}
    for row in read_table("units"):
        unit = Unit(row["ucum"], row["property"], float(row["factor"]))
        by_ucum[unit.ucum] = unit
        for spelling in (*row["spellings"].split(";"), row["ucum"]):
            by_spelling.setdefault(fold(spelling.strip()), unit)
    longest = sorted(by_spelling, key=len, reverse=True)
    alternatives = "|".join(re.escape(spelling) for spelling in longest)
    return by_spelling, by_ucum, re.compile(rf"\s*(?:{alternatives})(?![\w°²³])")


def unit_at(text: str, folded: str, place: int) -> tuple[Unit, int] | None:
    """The unit written at `place` (spaces allowed before it) and where it ends, or None."""
    by_spelling, by_ucum, pattern = _tables()
    giga = _GIGA.match(text, place)
    if giga:
        return by_ucum["10*9/L"], giga.end()
    found = pattern.match(folded, place)
    return (by_spelling[found.group().strip()], found.end()) if found else None


def parse_unit(written: str) -> Unit | None:
    """The unit a whole string writes, or None."""
    found = unit_at(written, fold(written), 0)
    return found[0] if found and found[1] >= len(written.rstrip()) else None


def convert(value: float, unit: str, to: str) -> float | None:
    """`value` in UCUM `unit` expressed in UCUM `to`; None when they do not measure the same property."""
    by_ucum = _tables()[1]
    source, target = by_ucum.get(unit), by_ucum.get(to)
    if source is None or target is None or source.property != target.property:
        return None
    return value * source.factor / target.factor


def property_of(unit: str) -> str | None:
    """The property a UCUM unit of the table measures."""
    found = _tables()[1].get(unit)
    return found.property if found else None
