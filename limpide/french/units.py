"""Units as French documents write them, to UCUM and back.

Belongs here: recognising a unit, the UCUM code for it, conversion between units of one property.
Does not belong here: the spellings (lexicon/units.tsv), which unit an analyte takes (analytes.py).

`G/L` is giga a litre and `g/L` gram a litre: case is meaning here, and only here. A pharmacist's `T/L` is tera.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from limpide.french.phrases import read_table
from limpide.french.tokens import fold

_GIGA = re.compile(r"(?:G|Giga)\s?/\s?[lL](?![a-zA-Z])")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: UCUM code, the property it measures, its factor to that property's base unit."""

    ucum: str
    property: str
    factor: float


@cache
def _tables() -> tuple[dict[str, Unit], dict[str, Unit], dict[str, re.Pattern[str]]]:
    """Units by spelling and by UCUM code; by first character of a spelling, a pattern of those that begin with it."""
    by_spelling: dict[str, Unit] = {}
    by_ucum: dict[str, Unit] = {}
    for row in read_table("units"):
        unit = Unit(row["ucum"], row["property"], float(row["factor"]))
        by_ucum[unit.ucum] = unit
        for spelling in (*row["spellings"].split(";"), row["ucum"]):
            by_spelling.setdefault(fold(spelling.strip()), unit)
    alternatives: dict[str, list[str]] = {}
    for spelling in sorted(by_spelling, key=len, reverse=True):
        alternatives.setdefault(spelling[0], []).append(re.escape(spelling))
    patterns = {first: re.compile(rf"(?:{'|'.join(these)})(?![\w°²³])") for first, these in alternatives.items()}
    return by_spelling, by_ucum, patterns


def unit_at(text: str, folded: str, place: int) -> tuple[Unit, int] | None:
    """The unit written at `place` (spaces allowed before it) and where it ends, or None."""
    by_spelling, by_ucum, patterns = _tables()
    while folded[place : place + 1].isspace():
        place += 1
    pattern = patterns.get(folded[place : place + 1])
    if pattern is None:
        return None
    if text[place] == "G" and (giga := _GIGA.match(text, place)):
        return by_ucum["10*9/L"], giga.end()
    found = pattern.match(folded, place)
    return (by_spelling[found.group()], found.end()) if found else None


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
