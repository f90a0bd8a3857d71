"""How a drug is taken: strength, dose, route, frequency, duration, when needed, and the day's dose when it can be had.

Belongs here: the stretch of text that is a drug's own, and writing what it says on the fact. Does not belong here: the
grammar of that stretch (regimen.py), what becomes of the treatment (status.py).

What was written decides: "Metformine 1000 mg 1-0-1" is a strength and two takes; "paracétamol 1 g x3/j" a dose of 1 g.
`daily_dose` is in mass or units when the strength is known, else in forms ("2 {tbl}"); it is None as soon as one
factor is missing, the take depends on need, or days go without. Routes are EDQM codes, durations ISO 8601, units UCUM.
A later step of the same treatment ("puis 1 cp le matin") is a fact of its own, `role` 'sub_dosage'.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from limpide.document import Fact
from limpide.french.date_expressions import full_year, iso_of
from limpide.french.phrases import PhraseTable, read_table
from limpide.french.tokens import Tokens
from limpide.semantics.drugs.items import items_of
from limpide.semantics.drugs.regimen import SCHEDULES, Setting, Step, read, scaled

_REGION = 170  # characters: a posology is on the drug's line or the next
_STOP = re.compile(
    r"(?<!\bgel)(?<!\bcp)(?<!\bcpr)(?<!\binj)(?<!\bamp)(?<!\bcomp)(?<!\bsem)(?<!\bmax)[.;!?](?=\s+[a-z])|\n\s*\n"
    r"|\bobjectif|(?<=\s)->"
)
_NEED_LEAD = re.compile(r"\b(?:si|en\s+cas\s+d(?:e|'))\s*(?:forte?s?|grosses?|les|la|le|l'|une?|des)?\s*$")
_NEED_HEAD = re.compile(
    r"(?:^|\n)[\s\-•*.]*(?:et\s+)?(?:si besoin|au besoin|a la demande|si douleurs?|en cas de besoin)\s*:[^\n]*$"
)
_LED = re.compile(
    r"(?:^|(?<=[,;:.\n]))\s*(?:et\s+)?\b(?:si|en cas d(?:e|'))\s*(?:\w+\s){0,2}\w+\s*:?\s+(?:du\s|de la\s)?$"
)
_BEFORE = re.compile(
    r"(?P<amount>\d{1,3}(?: \d{3})+|\d+(?:[.,]\d+)?)\s*(?P<unit>mg|g|[µμ]g|ui|mui|ml|l)\s+(?:iv\s+|per os\s+|po\s+)?"
    r"(?:de\s+|d')(?:la\s+|l')?$"
)
_DOSED = re.compile(
    r"(?:\+|,|\bet\b|:|^)\s*(?P<amount>\d{1,3}(?: \d{3})+|\d+(?:[.,]\d+)?)\s*(?P<unit>mg|g|[µμ]g|ui|mui|meq|mmol)\s+"
    r"(?:de\s+|d')?$"
)
_CELL_END = re.compile(r"[\t|]")
_FIGURE = re.compile(r"[ \t|]*(?:\d(?:[.,]5)?|[½¼¾])[ \t|]*(?=[\t|\n]|\Z)")  # "1 | 0 | 1": one take a cell
_NEXT_LINE = ("prendre", "un ", "une ", "deux ", "le matin", "matin", "soit")
_DATE = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)")


@dataclass(frozen=True, slots=True)
class Patient:
    """Weight (kg) and body surface (m²) where the document states one, and one only."""

    weight: float | None = None
    surface: float | None = None


@cache
def _routes() -> PhraseTable[str]:
    rows = [row for row in read_table("posology") if row["kind"] == "route"]
    return PhraseTable(((phrase, row["value"]) for row in rows for phrase in row["phrases"].split(";")), literal=True)


@cache
def _bare() -> dict[str, tuple[str, float, float]]:
    return {row["atc"]: (row["unit"], float(row["low"]), float(row["high"])) for row in read_table("bare_strengths")}


def setting_of(fact: Fact, patient: Patient) -> Setting:
    code = (fact.code or (fact.candidates[0].code if fact.candidates else "")) if fact.system == "ATC" else ""
    unit, low, high = None, 0.0, 0.0
    if len(code) > 5:
        table = _bare()
        unit, low, high = next(table[code[:n]] for n in range(len(code), -1, -1) if code[:n] in table)
    insulin = code.startswith("A10A")
    return Setting(unit if unit != "none" else None, low, high, insulin, patient.weight, patient.surface)


def patient_of(facts: Sequence[Fact]) -> Patient:
    """The weight and the surface that a document states, each where it states one only."""
    weights = {fact.value for fact in facts if fact.code == "29463-7" and fact.unit == "kg" and not fact.prior}
    surfaces = {fact.value for fact in facts if fact.code in ("3140-1", "8277-6") and fact.unit == "m2"}
    return Patient(
        next(iter(weights)) if len(weights) == 1 else None, next(iter(surfaces)) if len(surfaces) == 1 else None
    )


def attach(tokens: Tokens, drugs: Sequence[Fact], others: Sequence[Fact] = ()) -> dict[int, list[Step]]:
    """Set strength, dose, route, frequency, duration, prn, daily dose, time_end on placed drug facts, in place.

    `drugs` in text order. Returns, by rank of the drug, the steps that its own text states. `others`: facts of other
    kinds: a measurement ends a posology, a symptom after "si" makes it a need, a weight resolves "mg/kg".
    """
    ends = sorted(f.start for f in others if f.start is not None and f.kind in ("measurement", "vital", "observation"))
    symptoms = sorted(
        f.start for f in others if f.start is not None and f.kind in ("condition", "vital", "observation")
    )
    patient = patient_of(others)
    routes = _routes().scan(tokens) if drugs else []
    places = [tokens.start[first] for first, _, _ in routes]
    steps: dict[int, list[Step]] = {}
    for index, fact in enumerate(drugs):
        following = drugs[index + 1].start if index + 1 < len(drugs) else None
        if following is not None and following < (fact.end or 0):
            continue
        begin = fact.end or 0
        end = region_end(tokens, fact, following, ends)
        if following is not None and end == following:
            end = min(end, _lead_amount(tokens, begin, following), _lead_need(tokens, begin, following) or end)
        needs = _needs(tokens, begin, end, symptoms)
        read_steps = read(tokens.text[begin:end], tokens.folded[begin:end], setting_of(fact, patient), needs)
        step = read_steps[0]
        if step.dose is None and step.strength is None:
            _dose_before(tokens, fact, step)
        lead = _lead_need(tokens, (drugs[index - 1].end or 0) if index else 0, fact.start or 0)
        if lead is not None or _NEED_HEAD.search(tokens.folded, max(0, (fact.start or 0) - 200), fact.start or 0):
            step.prn, step.daily, step.daily_unit = True, None, None
        write(fact, step)
        within = slice(bisect_left(places, begin), bisect_left(places, end))
        route = next((value for _, _, value in routes[within]), None)
        if route and fact.route is None:
            fact.route = route
        steps[index] = read_steps
    return steps


def _lead_amount(tokens: Tokens, begin: int, start: int) -> int:
    """Where "+ 2 g" begins right before a drug that it doses ("4 g NaCl + 2 g KCl"); the drug's own place without."""
    found = _DOSED.search(tokens.folded, max(begin, start - 30), start)
    return found.start() if found else start


def _lead_need(tokens: Tokens, begin: int, start: int) -> int | None:
    """Where "si douleur" begins, right before a drug that it governs; None where nothing of the kind stands there."""
    found = _LED.search(tokens.folded, max(begin, start - 45), start)
    return found.start() if found else None


def _places(facts: Sequence[Fact], kinds: tuple[str, ...]) -> list[int]:
    return sorted(fact.start for fact in facts if fact.start is not None and fact.kind in kinds)


def share_brackets(tokens: Tokens, drugs: Sequence[Fact]) -> None:
    """ "dénosumab (Xgeva) 120 mg": the name and the one in brackets are one drug, taken one way."""
    for outer, inner in pairwise(drugs):
        between = tokens.text[outer.end or 0 : inner.start or 0].strip()
        closed = tokens.text[inner.end or 0 :][:2].strip().startswith(")")
        if between == "(" and closed and outer.code == inner.code and outer.code and outer.dose is None:
            for name in (
                "strength",
                "dose",
                "dose_unit",
                "frequency",
                "duration",
                "prn",
                "daily_dose",
                "daily_dose_unit",
            ):
                setattr(outer, name, getattr(inner, name))
            outer.status = outer.status or inner.status


def write(fact: Fact, step: Step) -> None:
    """What a step says, on the fact."""
    fact.strength, fact.dose, fact.dose_unit = step.strength, step.dose, step.dose_unit
    fact.frequency, fact.duration, fact.prn = step.frequency, step.duration, step.prn
    fact.daily_dose, fact.daily_dose_unit = step.daily, step.daily_unit
    found = _DATE.search(step.until) if step.until else None
    if found and fact.time_end is None:
        fact.time_end = iso_of(full_year(found.group(3)), int(found.group(2)), int(found.group(1)))


def later_steps(drugs: Sequence[Fact], steps: dict[int, list[Step]]) -> list[Fact]:
    """One fact a step after the first: "puis 1 cp le matin" ; a part of the treatment, no second exposure."""
    made: list[Fact] = []
    for index, read_steps in steps.items():
        for step in read_steps[1:]:
            fact = replace(drugs[index], role="sub_dosage", time_start=None, time_end=None)
            write(fact, step)
            made.append(fact)
    return made


def carry_over(drugs: Sequence[Fact], steps: dict[int, list[Step]]) -> None:
    """ "majoré à 60 mg" keeps the rhythm in which the same drug was taken before: 40 mg/j makes 60 mg/j."""
    rhythm: dict[str, float] = {}
    for index, fact in enumerate(drugs):
        step = steps[index][0] if index in steps else None
        if step is None or not fact.code:
            continue
        if fact.status in ("increased", "decreased") and fact.code in rhythm:
            write(fact, scaled(step, rhythm[fact.code]))
        elif step.times and step.daily is not None:
            rhythm[fact.code] = step.times


def region_end(tokens: Tokens, fact: Fact, following: int | None, ends: Sequence[int]) -> int:
    """Where the drug's own text ends: the next drug, a result, the sentence, or the next line when that is no more

    of it.
    """
    folded, begin = tokens.folded, fact.end or 0
    end = min(len(folded), begin + _REGION)
    if following is not None:
        end = min(end, following)
    measured = bisect_left(ends, begin)
    if measured < len(ends):
        end = min(end, ends[measured])
    stop = _STOP.search(folded, begin, end)
    end = _first_cells(folded, begin, stop.start() if stop else end)
    line = folded.find("\n", begin, end)
    lines = 0
    while line >= 0:
        rest = folded[line + 1 : end].lstrip(" \t")
        goes_on = tokens.text[line + 1 : line + 2].islower() or rest[:1].isdigit() or rest.startswith(_NEXT_LINE)
        lines += 1
        if not goes_on or lines > 2:
            return line
        line = folded.find("\n", line + 1, end)
    return end


def _first_cells(folded: str, begin: int, end: int) -> int:
    """Where the cells of a row that say how a drug is taken end: the next column says it of another time."""
    for bar in _CELL_END.finditer(folded, begin, end):
        if any(item.kind in SCHEDULES for item in items_of(folded[begin : bar.start()])):
            return end if _FIGURE.match(folded, bar.end(), end) else bar.start()
    return end


def _needs(tokens: Tokens, begin: int, end: int, symptoms: Sequence[int]) -> list[int]:
    """Places, from `begin`, where "si" or "en cas de" leads to a symptom: "si T > 38,5", "si dyspnée"."""
    found = []
    for place in symptoms[bisect_left(symptoms, begin) : bisect_left(symptoms, end + 25)]:
        lead = _NEED_LEAD.search(tokens.folded, max(begin, place - 30), place)
        if lead and lead.start() < end:
            found.append(lead.start() - begin)
    return found


def _dose_before(tokens: Tokens, fact: Fact, step: Step) -> None:
    """ "2 g de ceftriaxone": the amount stands before the name."""
    start = fact.start or 0
    found = _BEFORE.search(tokens.folded, max(0, start - 40), start) or _DOSED.search(
        tokens.folded, max(0, start - 30), start
    )
    if found:
        amounts = [
            item for item in items_of(found.group("amount") + " " + found.group("unit")) if item.kind == "amount"
        ]
        if amounts:
            step.dose, step.dose_unit = amounts[0].value, amounts[0].word
