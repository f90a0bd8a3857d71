"""Measurements and vital signs that a text states: analyte, value, unit, range, flag, comparator, time.

Belongs here: values in sentences ("HbA1c à 8,2 %", "TA 14/8"), and putting together sentences and laboratory rows.
Does not belong here: rows themselves (labrows.py), names and codes (analytes.py), scores (clinical.py).

`value` and `unit` are as written, the unit in UCUM; `value_text` keeps the very characters. Blood pressure alone is
given in mm[Hg] whatever was written ("14/8" is 140 and 80), so that one column means one thing; a vital sign that has
one unit only has it without saying (an IMC is in kg/m2).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache

from limpide.document import Code, Fact, Page
from limpide.french.tokens import Tokens
from limpide.french.units import Unit, unit_at
from limpide.french.values import NUMBER, Value, flag_of, number, range_at, value_at, words
from limpide.semantics.lab.analytes import Analyte, Named, Option, analyte_table, for_specimen, options_for
from limpide.semantics.lab.headings import sampling_times, specimen_of
from limpide.semantics.lab.rows import Row, find_rows

LOINC = "LOINC"
SYSTOLIC, DIASTOLIC, TEMPERATURE, HEIGHT = "8480-6", "8462-4", "8310-5", "8302-2"
_CONFIDENCE_ROW, _CONFIDENCE_SENTENCE, _CONFIDENCE_NO_UNIT = 0.95, 0.9, 0.75
_GAP_PUNCTUATION = frozenset(":=(~≈,'*")
_LONGEST_GAP = 9  # words
_STRICT_GAP = frozenset({"a", "de", ":", "=", "(", "est", "mesuree", "avec", "environ", "autour", "etait"})
_PRESSURE = re.compile(rf"\s*({NUMBER})\s*(?:/|sur)\s*({NUMBER})(?![\d/])")
_DEGREES = re.compile(r"\s*(\d{2})\s*°\s*(?:c\s*)?(\d)?(?!\d)")
_METRES = re.compile(r"\s*([012])\s*(?:m|metre)\s*(\d{2})(?!\d)")
_KILOS = re.compile(r"\s*(\d{1,2})\s*kg\s*(\d{3})(?!\d)")
_PRIOR = re.compile(rf"\s*[,(]?\s*(?:contre|vs|versus|auparavant|precedemment|anterieurement)\s*(?:a\s*)?({NUMBER})")
_FROM_TO = re.compile(rf"\s*({NUMBER})\s*([^\d\s,;.]{{1,12}})?\s*a\s*({NUMBER})(?!\d)")
_BELOW = re.compile(r"\n[ .\u2026]*\([^\n]*")  # "...(IFCC avec P5P)"
_TALL = re.compile(r"kg\s*(?:,|et|pour|/|-)?\s*(?:une taille de\s*)?(?=([012])\s*(?:m|[,.])\s*\d{2})")
_BODY = re.compile(rf"(?<![\d,.])({NUMBER})\s*{_TALL.pattern}")


@cache
def _pressure_names() -> frozenset[tuple[str, ...]]:
    return frozenset(
        {("ta",), ("pa",), ("t", ".", "a"), ("pression", "arterielle"), ("tension", "arterielle"), ("tension",)}
    )


def find_measurements(tokens: Tokens, pages: list[Page] | None = None) -> list[Fact]:
    """Facts of kind 'measurement' and 'vital', in text order; previous results have `prior` set.

    `pages` is not needed: offsets place facts on pages; it is taken for engines that read geometry.
    """
    table = analyte_table()
    names = table.scan(tokens)
    times = sampling_times(tokens)
    facts: list[Fact] = []
    taken: list[tuple[int, int]] = []
    for row in find_rows(tokens, names):
        taken.append((row.start, row.end))
        facts.extend(_row_facts(tokens, row, times))
    covered = _Covered(taken)
    for first, after, named in names:
        if not covered.holds(tokens.start[first]):
            facts.extend(_sentence_facts(tokens, first, after, named, times))
    facts.extend(_pressures(tokens, covered))
    facts.extend(_bodies(tokens, covered))
    facts.sort(key=lambda fact: (fact.start or 0, fact.end or 0))
    return _without_overlap(facts)


class _Covered:
    """Places that rows have taken; `spans` in text order, none over another."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def holds(self, place: int) -> bool:
        last = bisect_right(self.starts, place) - 1
        return last >= 0 and place < self.ends[last]


def _fact(
    tokens: Tokens, analyte: Analyte | None, start: int, end: int, value: Value | None, unit: Unit | None, written: str
) -> Fact:
    """A measurement of `analyte` (None: a name we do not know) over text[start:end]."""
    kind = analyte.kind if analyte else "measurement"
    fact = Fact(kind=kind, origin="nlp", start=start, end=end, text=tokens.text[start:end])  # type: ignore[arg-type]
    fact.display = analyte.name if analyte else None
    fact.value_text = written
    fact.system = LOINC
    if value is not None:
        fact.value, fact.comparator = value.number, value.comparator
        fact.unit = unit.ucum if unit else _only_unit(analyte)
        options = options_for(analyte, unit, value.number) if analyte else []
        codes = list(dict.fromkeys([option.code for option in options if option.code]))
        variants = [code for option in options for code, _ in option.variants]
        if len(codes) == 1:
            fact.code = _by_method(tokens, options[0], codes[0], start, end)
        if len(codes) > 1 or variants:
            fact.candidates = [Code(code, LOINC) for code in dict.fromkeys([*codes, *variants])]
    elif analyte:
        fact.code = analyte.text_code
    if fact.code is None and not fact.candidates:
        fact.system = None
    if analyte and analyte.specimen not in ("", "blood"):
        fact.specimen = analyte.specimen
    fact.rule = "measurement"
    fact.confidence = _CONFIDENCE_SENTENCE if unit or value is None else _CONFIDENCE_NO_UNIT
    return fact


def _only_unit(analyte: Analyte | None) -> str | None:
    """The unit of a vital sign that is measured in one unit only: "IMC 27", "SpO2 à 95"."""
    if analyte is None or analyte.kind != "vital" or len(analyte.options) != 1:
        return None
    return None if analyte.options[0].unit[0] == "{" else analyte.options[0].unit


def _by_method(tokens: Tokens, option: Option, code: str, start: int, end: int) -> str:
    """The code of the method that the row, its name, or the line in brackets below it tells; else the usual code."""
    hints = [(hint, variant) for variant, hint in option.variants if hint]
    if not hints:
        return code
    line_end = tokens.folded.find("\n", end)
    below = _BELOW.match(tokens.folded, line_end) if line_end >= 0 else None
    written = tokens.folded[start : below.end() if below else (line_end if line_end >= 0 else None)]
    return next((variant for hint, variant in hints if hint in written), code)


def _row_facts(tokens: Tokens, row: Row, times: list[tuple[int, str]]) -> list[Fact]:
    """The facts of one laboratory row: its result, the same in a second unit, and previous results."""
    facts = []
    analyte = for_specimen(row.named.analytes, row.specimen) if row.named else None
    for cell in row.results:
        fact = _fact(tokens, analyte, row.start, row.end, cell.value, cell.unit, cell.written)
        if analyte is None:
            fact.display = row.name
        fact.range_low, fact.range_high = cell.low, cell.high
        fact.flag = None if cell.prior else row.flag
        fact.prior = cell.prior
        fact.time_start = cell.date if cell.prior else (_time_at(times, row.start) or cell.date)
        fact.specimen = fact.specimen or row.specimen
        fact.rule, fact.confidence = "measurement:row", _CONFIDENCE_ROW if fact.code else 0.6
        facts.append(fact)
    return facts


def _time_at(times: list[tuple[int, str]], place: int) -> str | None:
    """The sampling time that governs a place: the last stated before it, or the only one of the text."""
    before = [time for start, time in times if start <= place]
    if before:
        return before[-1]
    return times[0][1] if len(times) == 1 else None


def _sentence_facts(tokens: Tokens, first: int, after: int, named: Named, times: list[tuple[int, str]]) -> list[Fact]:
    """What a sentence gives for the measure named by words [first, after)."""
    if tokens.form[first - 1 : first] in (["de"], ["anti"]) and tokens.form[first] == "taille":
        return []
    place = _value_place(tokens, first, after, named)
    if place is None:
        return []
    specimen = specimen_of(tokens.folded[tokens.start[first] : tokens.end[min(after + 2, len(tokens.end)) - 1]])
    analyte = for_specimen(named.analytes, specimen)
    if analyte is None:
        return []
    special = _special(tokens, analyte, first, place)
    if special is not None:
        return [special]
    moved = _FROM_TO.match(tokens.folded, place) if tokens.form[after : after + 4].count("de") else None
    if moved:
        return _moved(tokens, analyte, tokens.start[first], moved)
    value = value_at(tokens.folded, place)
    if value is None:
        return _words_result(tokens, analyte, first, place)
    found = unit_at(tokens.text, tokens.folded, value.end)
    unit, end = found if found else (None, value.end)
    if not _fits(tokens, analyte, named, value, unit, end):
        return []
    fact = _fact(tokens, analyte, tokens.start[first], end, value, unit, tokens.text[value.start : end])
    _read_on(tokens, fact, end, unit)
    facts = [fact]
    prior = _PRIOR.match(tokens.folded, max(end, fact.end or 0))
    if prior:
        again = unit_at(tokens.text, tokens.folded, prior.end())
        before = Value(number(prior.group(1)), None, prior.start(1), prior.end(1))
        stop = again[1] if again else prior.end(1)
        other = _fact(tokens, analyte, prior.start(1), stop, before, again[0] if again else unit, prior.group(1))
        other.prior = True
        facts.append(other)
    return facts


def _value_place(tokens: Tokens, first: int, after: int, named: Named) -> int | None:
    """Where the value of a measure begins: just behind it, over words that may stand between."""
    form, sentence = tokens.form, tokens.sentence
    number_of, place = sentence[first], after
    gap, readings = words("gap"), words("reading")
    strict = named.deviation
    size = len(form)
    seen = 0
    while place < size and sentence[place] == number_of and seen <= _LONGEST_GAP:
        word = form[place]
        if word[0].isdigit() or word in "<>≤≥" or word in ("inferieur", "inferieure", "superieur", "superieure"):
            if strict and seen == 0:
                return None
            return tokens.start[place]
        if not word.isalnum():
            if word not in _GAP_PUNCTUATION or (word == "," and seen):
                return tokens.start[place] if word in "+-" else None
            if strict and word not in _STRICT_GAP:
                return None
        elif word in words("qualitative") and not strict:
            return tokens.start[place]
        elif (word not in gap and word not in readings) or (strict and word not in _STRICT_GAP):
            return None
        place += 1
        seen += 1
    return None


def _fits(tokens: Tokens, analyte: Analyte, named: Named, value: Value, unit: Unit | None, end: int) -> bool:
    """Whether a value can be this measure: its unit, its size, and what the name's readings demand."""
    if unit is not None:
        if not options_for(analyte, unit, value.number):
            return False
        return not (unit.ucum == "g" and analyte.name == "Poids" and value.number < 300)
    if named.shy:
        return False
    following = tokens.folded[end : end + 12].lstrip()
    if re.match(r"(?:/\d|ans?\b|mois\b|jours?\b|j\b|h\b|fois\b|cp\b|mg\b|g\b|semaines?\b|\w*eme\b)", following):
        return False
    return bool(options_for(analyte, None, value.number))


def _special(tokens: Tokens, analyte: Analyte, first: int, place: int) -> Fact | None:
    """Values with a shape of their own: 38°5, 1m75, 3 kg 200."""
    codes = {option.code for option in analyte.options}
    if TEMPERATURE in codes and (found := _DEGREES.match(tokens.folded, place)):
        value = float(f"{found.group(1)}.{found.group(2) or 0}")
        unit = unit_at(tokens.text, "cel", 0)
    elif HEIGHT in codes and (found := _METRES.match(tokens.folded, place)):
        value = float(f"{found.group(1)}.{found.group(2)}")
        unit = unit_at("m", "m", 0)
    elif "29463-7" in codes and (found := _KILOS.match(tokens.folded, place)):
        value = float(f"{found.group(1)}.{found.group(2)}")
        unit = unit_at("kg", "kg", 0)
    else:
        return None
    begin = found.start(1)
    written = tokens.text[begin : found.end()]
    shaped = Value(value, None, begin, found.end())
    if unit is None or not analyte.options[0].low <= _base(value, unit[0]) <= analyte.options[0].high:
        return None
    return _fact(tokens, analyte, tokens.start[first], found.end(), shaped, unit[0], written)


def _base(value: float, unit: Unit) -> float:
    return value * 100 if unit.ucum == "m" else value


def _moved(tokens: Tokens, analyte: Analyte, start: int, found: re.Match[str]) -> list[Fact]:
    """ "passée de 90 à 150 µmol/L": the first is past, the second stands."""
    unit = unit_at(tokens.text, tokens.folded, found.end())
    end = unit[1] if unit else found.end()
    if unit is None or not options_for(analyte, unit[0], 1.0):
        return []
    facts = []
    for group, prior in ((1, True), (3, False)):
        value = Value(number(found.group(group)), None, found.start(group), found.end(group))
        fact = _fact(tokens, analyte, start, end, value, unit[0], tokens.text[found.start(group) : end])
        fact.prior = prior
        facts.append(fact)
    return facts


def _words_result(tokens: Tokens, analyte: Analyte, first: int, place: int) -> list[Fact]:
    """A result in words ("AgHBs négatif"), for the measures that have such results."""
    if not analyte.takes_text:
        return []
    best = re.compile(r"[a-z+\-]+(?: [a-z+\-]+)?").match(tokens.folded, place)
    if best is None:
        return []
    for written in (best.group(), best.group().split()[0]):
        if written in words("qualitative"):
            end = place + len(written)
            return [_fact(tokens, analyte, tokens.start[first], end, None, None, tokens.text[place:end])]
    return []


def _read_on(tokens: Tokens, fact: Fact, end: int, unit: Unit | None) -> None:
    """Range and flag that follow a value in brackets or on the same row."""
    line_end = tokens.folded.find("\n", end)
    line_end = len(tokens.folded) if line_end < 0 else line_end
    rest = tokens.folded[end:line_end]
    opening = re.match(r"\s*[\[(]", rest) or re.match(r"\s*(?:n|vn|normale?s?)\s*[:=<>]", rest)
    if not opening:
        return
    found = range_at(tokens.folded, end)
    if found and found[2] <= line_end:
        fact.range_low, fact.range_high = found[0], found[1]
        return
    bracket = re.match(r"\s*\(([^)]{1,12})\)", rest)
    if bracket:
        fact.flag = flag_of(bracket.group(1))


def _pressures(tokens: Tokens, covered: _Covered) -> list[Fact]:
    """Blood pressures: "TA 14/8", "PA à 110/70 mmHg", "tension artérielle : 18/10 cmHg"; both in mm[Hg]."""
    facts: list[Fact] = []
    form, places = tokens.form, tokens.places
    named = Named((), False, False)
    openings = {name[0] for name in _pressure_names()}
    for first in sorted([place for word in openings & places.keys() for place in places[word]]):
        length = next((n for n in (3, 2, 1) if tuple(form[first : first + n]) in _pressure_names()), 0)
        if not length or covered.holds(tokens.start[first]):
            continue
        place = _value_place(tokens, first, first + length, named)
        found = _PRESSURE.match(tokens.folded, place) if place is not None else None
        if found is None:
            continue
        facts.extend(_pressure(tokens, tokens.start[first], found))
    return facts


def _pressure(tokens: Tokens, start: int, found: re.Match[str]) -> list[Fact]:
    high, low = number(found.group(1)), number(found.group(2))
    unit = unit_at(tokens.text, tokens.folded, found.end())
    if unit and unit[0].property != "pressure":
        unit = None
    factor = 10.0 if (unit and unit[0].ucum == "cm[Hg]") or high < 35 else 1.0
    if not (40 <= high * factor <= 320 and 10 <= low * factor <= 200 and low < high):
        return []
    end = unit[1] if unit else found.end()
    facts = []
    for code, name, value in (
        (SYSTOLIC, "Pression artérielle systolique", high),
        (DIASTOLIC, "Pression artérielle diastolique", low),
    ):
        fact = Fact(kind="vital", origin="nlp", start=start, end=end, text=tokens.text[start:end])
        fact.code, fact.system, fact.display = code, LOINC, name
        fact.value, fact.unit = round(value * factor, 1), "mm[Hg]"
        fact.value_text = tokens.text[found.start(1) : end]
        fact.rule, fact.confidence = "measurement:pressure", _CONFIDENCE_SENTENCE
        facts.append(fact)
    return facts


def _bodies(tokens: Tokens, covered: _Covered) -> list[Fact]:
    """ "72 kg pour 1m75": weight and height that no word names."""
    facts = []
    for found in _BODY.finditer(tokens.folded) if _TALL.search(tokens.folded) else ():
        if covered.holds(found.start()):
            continue
        weight = Fact(kind="vital", origin="nlp", start=found.start(), end=found.end(1) + 3)
        weight.code, weight.system, weight.display = "29463-7", LOINC, "Poids"
        weight.value, weight.unit = number(found.group(1)), "kg"
        metres = re.compile(r"([012])\s*[m,.]\s*(\d{2})\s*m?").match(tokens.folded, found.end())
        if metres is None or not 25 <= weight.value <= 350:
            continue
        weight.end = tokens.folded.index("kg", found.end(1)) + 2
        weight.value_text = weight.text = tokens.text[found.start() : weight.end]
        height = Fact(kind="vital", origin="nlp", start=metres.start(), end=metres.end())
        height.code, height.system, height.display = HEIGHT, LOINC, "Taille"
        height.value, height.unit = float(f"{metres.group(1)}.{metres.group(2)}"), "m"
        height.value_text = height.text = tokens.text[metres.start() : metres.end()]
        for fact in (weight, height):
            fact.rule, fact.confidence = "measurement:body", _CONFIDENCE_SENTENCE
            facts.append(fact)
    return facts


def _without_overlap(facts: list[Fact]) -> list[Fact]:
    """One reading a value: of two facts on the same number, the one with a code, then the longer name."""
    best: dict[tuple[str | None, int | None, str | None, bool], Fact] = {}
    for fact in facts:
        key = (fact.value_text, fact.end, fact.code if fact.rule == "measurement:pressure" else None, fact.prior)
        if fact.rule == "measurement:row":
            key = (fact.value_text, id(fact), None, fact.prior)
        held = best.get(key)
        if held is None or (held.code is None and fact.code is not None):
            best[key] = fact
    return sorted(best.values(), key=lambda fact: (fact.start or 0, fact.end or 0))
