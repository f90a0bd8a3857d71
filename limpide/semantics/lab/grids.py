"""Names above their values: "Poids (kg)  Taille (m)  IMC", and under it "57,0  1,70  19,7".

Belongs here: a line of names of measures and the line of as many numbers below it. Does not belong here: rows that
begin with a name (rows.py), heads of columns that are dates (headings.py).
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.tokens import Tokens
from limpide.french.units import Unit, parse_unit, unit_at
from limpide.french.values import NUMBER, value_at
from limpide.semantics.lab.analytes import Named, options_for, reading
from limpide.semantics.lab.facts import measured

_IN_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]{1,16})[)\]]")
_BETWEEN = re.compile(r"[\s|;,/]*")
_NUMBERS = re.compile(
    rf"[\s|]*{NUMBER}(?:\s?[a-z%/°0-9²µ.]{{1,8}})?(?:[\s|;]+{NUMBER}(?:\s?[a-z%/°²µ.]{{1,8}})?)+[\s|]*"
)


def grid_facts(tokens: Tokens, names: list[tuple[int, int, Named]]) -> tuple[list[Fact], list[tuple[int, int]]]:
    """The facts of such pairs of lines, and the places [start, end) that they hold."""
    facts: list[Fact] = []
    taken: list[tuple[int, int]] = []
    folded = tokens.folded
    by_line: dict[int, list[tuple[int, int, Named]]] = {}
    for first, after, named in names:
        by_line.setdefault(folded.rfind("\n", 0, tokens.start[first]) + 1, []).append((first, after, named))
    for line, held in by_line.items():
        if len(held) < 2:
            continue
        end = folded.find("\n", line)
        below = folded.find("\n", end + 1) if end >= 0 else -1
        below = len(folded) if below < 0 else below
        if end < 0 or not _NUMBERS.fullmatch(folded, end + 1, below):
            continue
        units = _heads(tokens, line, end, held)
        found = _values(tokens, end + 1, below) if units is not None else []
        if units is None or len(found) != len(held):
            continue
        for (_, _, named), unit, (value, own, stop) in zip(held, units, found, strict=True):
            used = own or unit
            analyte = reading(named, folded, None, used, value.number)
            if analyte is None or not options_for(analyte, used, value.number):
                continue
            fact = measured(tokens, analyte, value.start, stop, value, used, tokens.text[value.start : stop])
            fact.rule = "measurement:grid"
            facts.append(fact)
        taken.append((line, below))
    return facts, taken


def _heads(tokens: Tokens, line: int, end: int, held: list[tuple[int, int, Named]]) -> list[Unit | None] | None:
    """The unit of each name of a line of nothing but names; None for any other line."""
    units: list[Unit | None] = []
    place = line
    for first, after, _ in held:
        between = _BETWEEN.match(tokens.folded, place)
        if between is None or between.end() < tokens.start[first]:
            return None
        place = tokens.end[after - 1]
        bracket = _IN_BRACKETS.match(tokens.text, place)
        unit = parse_unit(bracket.group(1)) if bracket else None
        if bracket:
            place = bracket.end()
        elif bare := unit_at(tokens.text, tokens.folded, place):
            unit, place = bare
        units.append(unit)
    return units if not tokens.folded[place:end].strip(" \t|:;") else None


def _values(tokens: Tokens, begin: int, end: int) -> list[tuple]:  # type: ignore[type-arg]
    """(value, its unit, where it ends) of each number of a line."""
    found = []
    place = begin
    while value := value_at(tokens.folded, _BETWEEN.match(tokens.folded, place).end()):  # type: ignore[union-attr]
        if value.end > end:
            break
        own = unit_at(tokens.text, tokens.folded, value.end)
        own = own if own and own[1] <= end else None
        place = own[1] if own else value.end
        found.append((value, own[0] if own else None, place))
    return found
