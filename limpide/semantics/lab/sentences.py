"""Values in sentences: "HbA1c à 8,2 %", "Na 134, K 4.2", "créatinine passée de 90 à 150 µmol/L".

Belongs here: from the name of a measure to its value, its unit, its range. Does not belong here: rows of tables
(rows.py), values that no name announces (vitals.py), the further values of a series (series.py), results in words
(worded.py), names and codes (analytes.py).

A shy name (a letter, a word that is also a drug) is a measure only with one of its units, or when its value follows at
once and another measure stands right beside it ("Na 137 K 3.6 Cl 101").
"""

from __future__ import annotations

import re
from itertools import pairwise

from limpide.document import Fact
from limpide.french.labelled_dates import month_words
from limpide.french.tokens import Tokens
from limpide.french.units import Unit, unit_at
from limpide.french.values import (
    NUMBER,
    POINTED,
    Value,
    counts_by_thousands,
    flag_of,
    number,
    range_at,
    single_words,
    value_at,
    words,
)
from limpide.semantics.lab.analytes import Analyte, Named, analyte_table, for_specimen, options_for, reading
from limpide.semantics.lab.facts import HEIGHT, TEMPERATURE, WEIGHT, measured
from limpide.semantics.lab.headings import specimen_of
from limpide.semantics.lab.limits import is_difference, is_limit
from limpide.semantics.lab.series import further_values
from limpide.semantics.lab.shy_names import Pending, is_bare
from limpide.semantics.lab.worded import in_words

_GAP_PUNCTUATION = frozenset(":=(~≈,'*°/\"%")
_SPOKEN_IN_GRAMS = frozenset({"Hémoglobine", "Glycémie", "Glycémie capillaire", "Glycémie à jeun"})
_SIDES = frozenset({"d", "g", "od", "og", "odg", "droit", "droite", "gauche", "bd", "bg"})
_LONGEST_GAP = 9  # words
_STRICT_GAP = frozenset(
    {"a", "de", ":", "=", "(", "est", "mesuree", "avec", "environ", "autour", "etait", "sont", "jusqu"}
)
_DEGREES = re.compile(r"\s*(\d{2})\s*°\s*(?:c\s*)?(\d)?(?!\d)")
_METRES = re.compile(r"\s*([012])\s*(?:m|metre)\s*(\d{2})(?!\d)")
_KILOS = re.compile(r"\s*(\d{1,2})\s*kg\s*(\d{3})(?!\d)")
_FROM_TO = re.compile(
    rf"\s*({NUMBER})\s*([^\d\s,;.]{{1,12}})?(?:\s+(?:le|en|au)\s+[\w/]{{1,10}}(?:\s+[a-z]{{3,9}})?(?:\s+(?:19|20)\d\d)?)?"
    rf"\s+a\s*({NUMBER})(?!\d)"
)
_TITRE = re.compile(r"\s*(?:a\s+|:\s*|>\s*|au\s+)?(?:1\s*/\s*|1:)(\d{2,5})\b")
_LEADING_ZERO = re.compile(r"[<>=≤≥\s]*0\d")  # "0203": a date, a reference
_BEFORE = re.compile(rf"(?<![\d,.])(?P<number>{NUMBER})\s*[^\s\d,;.][^\s,;]{{0,14}}\s+(?P<of>de\s+|d'\s*)$")
_COUNTED = re.compile(r"(?<!\d )(?<![\d,.])(?P<number>\d{1,3}(?: \d{3})+|\d{4,6})\s+$")
_CONCLUDED = re.compile(
    r"(?:faiblement |fortement )?(?:positi(?:f|ve)s?|negati(?:f|ve)s?|detectee?s?)\s*(?:a|:|\(|,|avec)?\s*"
    r"(?=[<>≤≥]?\s*\d)"
)
_NEXT_WORD = re.compile(
    r"(?:/\s*\d|ans?\b|mois\b|jours?\b|j\b|h\b|fois\b|cp\b|mg\b|g\b|semaines?\b|\w*eme\b|heures?\b|eme\b|e\b|x\s*\d)"
)
_DATED = re.compile(  # "glycémies (17/02) : 1,62", "CRP du 12/03 : 45", "Hb à J1 : 9,8"
    r"\(?\s*(?:(?:le|du|au|en|a|de)\s+)?(?:\d{1,2}/\d{1,2}(?:/(?:\d{4}|\d\d))?(?!\s*(?:mmhg|cmhg|\d))|j\s?\+?\s?\d{1,3}\b"
    rf"|(?:\d{{1,2}}\s+)?(?:{'|'.join(month_words())})\b(?:\s+(?:19|20)\d\d)?|(?:19|20)\d\d(?=\s*\)?\s*:))\s*\)?\s*(?=:|a\b)"
)
_ASIDE = re.compile(
    r"(?:post|pre|per)-?\s?(?:op|partum|natale?|trait\w*|prandiale?|transfus\w*|oper\w*|dialyse|cure|chimio)\w*|"
    r"\((?!\s*[<>≤≥])[^()\d\n]{1,40}\)|\(\s*(?:spo2|sao2|hba1c|po2|pco2|fio2|ca\s?19-9|t4l|t3l)\s*\)|\)(?=\s*[^\W\d])"
)


_PAIR = re.compile(rf"\s*[:=]?\s*(?:a\s+)?({NUMBER})\s*/\s*({NUMBER})(?![\d/])")


def paired(tokens: Tokens, names: list[tuple[int, int, Named]]) -> list[Fact]:
    """Two names and their two values: "ASAT/ALAT 45/78 UI/L", "urée/créat 8,2/120"."""
    facts: list[Fact] = []
    for (first, after, one), (begin, end, other) in pairwise(names):
        if begin != after + 1 or tokens.form[after] != "/":
            continue
        found = _PAIR.match(tokens.folded, tokens.end[end - 1])
        unit, stop = _unit_after(tokens, Value(0, None, found.start(2), found.end(2))) if found else (None, 0)
        if found is None:
            continue
        for start, named, group in ((tokens.start[first], one, 1), (tokens.start[begin], other, 2)):
            value = Value(number(found.group(group)), None, found.start(group), found.end(group))
            analyte = reading(named, tokens.folded, None, unit, value.number)
            if analyte is not None and options_for(analyte, unit, value.number):
                written = tokens.text[value.start : value.end]
                facts.append(measured(tokens, analyte, start, stop, value, unit, written))
    return facts


def sentence_facts(
    tokens: Tokens, first: int, after: int, named: Named, specimen: str | None, pending: list[Pending]
) -> list[Fact]:
    """What a sentence gives for the measure named by words [first, after); bare values of shy names go to `pending`.

    `specimen`: told by what stands before ("Liquide d'ascite : protides 15 g/L"), None for none.
    """
    held = len(pending)
    found = _after_name(tokens, first, after, named, specimen, pending)
    return found if found or len(pending) > held else _announced(tokens, first, after, named, specimen)


def _after_name(
    tokens: Tokens, first: int, after: int, named: Named, specimen: str | None, pending: list[Pending]
) -> list[Fact]:
    """The values or the words that follow a name."""
    if tokens.form[first - 1 : first] in (["de"], ["anti"], ["d"]) and tokens.form[first] == "taille":
        return []
    start, name_end = tokens.start[first], tokens.end[after - 1]
    if tokens.form[after : after + 1] == ["."] and tokens.form[after - 2] == ".":
        after += 1  # "V.G.M. 92"
    specimen = specimen_of(tokens.folded[start : tokens.end[min(after + 2, len(tokens.end)) - 1]]) or specimen
    place = value_place(tokens, first, after, named)
    if place is None and named.analytes[0].specimen == "isolate":
        return []
    if place is None:
        return in_words(tokens, first, after, named, specimen)
    usual = for_specimen(named.within(tokens.folded), specimen)
    if usual is None or usual.specimen == "isolate":
        return []
    for meant in named.within(tokens.folded):
        if special := _special(tokens, meant, first, place):
            return [special]
    moved = _FROM_TO.match(tokens.folded, place) if tokens.form[after : after + 4].count("de") else None
    if moved and (facts := _moved(tokens, usual, start, moved)):
        return facts
    titre = _TITRE.match(tokens.folded, place)
    if titre and any(option.unit == "{titer}" for option in usual.options):
        return [_titre(tokens, usual, start, titre)]
    value = value_at(tokens.folded, place) or _beyond_word(tokens, place, usual)
    if value is None:
        return in_words(tokens, first, after, named, specimen)
    unit, end = _unit_after(tokens, value)
    span = range_at(tokens.folded, value.end) if unit is None else None
    if span and (beyond := unit_at(tokens.text, tokens.folded, span[2])):
        unit, end = beyond  # "4,5 3,5-5,1 mmol/L"
    analyte = reading(named, tokens.folded, specimen, unit, value.number)
    if analyte is None:
        return []
    if unit is not None and unit.ucum == "g" and analyte.name in _SPOKEN_IN_GRAMS and analyte not in named.shy:
        unit = None  # "hémoglobine à 8 g": the litre goes without saying
    value = _thousands(tokens, analyte, value, unit)
    if analyte.takes_text and not options_for(analyte, unit, value.number):
        worded = in_words(tokens, first, after, named, specimen)  # "HER2 3+"
        if not worded and analyte.specimen == "tissue" and value.number in (0, 1, 2, 3) and unit is None:
            written = tokens.text[value.start : value.end]
            worded = [measured(tokens, analyte, start, value.end, None, None, written)]  # "HER2 0"
        return worded
    if unit is None and "\n" in tokens.folded[name_end : value.start]:
        return []
    if not _fits(tokens, analyte, named, value, unit, end) or is_limit(tokens, start, value):
        return []
    if _is_count(value, analyte) and _of_another(tokens, name_end, value):
        return []
    if is_difference(tokens, start, name_end, value) and not analyte.options[0].low < 0:
        return []
    fact = measured(tokens, analyte, start, end, value, unit, tokens.text[value.start : end])
    if span and unit is not None:
        fact.range_low, fact.range_high = span[0], span[1]
    end = _read_on(tokens, fact, end)
    facts = [fact, *further_values(tokens, fact, analyte, unit, end)]
    if unit is None and analyte in named.shy:
        if is_bare(tokens, start, name_end, value):
            pending.append(Pending(facts))
        return []
    return facts


def _of_another(tokens: Tokens, name_end: int, value: Value) -> bool:
    """Whether a number belongs to the name behind it: "leucocytes, de 7 000 neutrophiles"."""
    if not re.search(r",|\bde\s*$", tokens.folded[name_end : value.start]):
        return False
    if not re.match(r"\s[a-z]", tokens.folded[value.end : value.end + 2]):
        return False
    at = analyte_table().at(tokens.form, tokens.within(value.end + 1, value.end + 2)[0])
    return at is not None and any(option.unit == "/uL" for analyte in at[1].analytes for option in analyte.options)


def _is_count(value: Value, analyte: Analyte) -> bool:
    return value.number >= 500 and any(option.unit == "/uL" for option in analyte.options)


def _beyond_word(tokens: Tokens, place: int, analyte: Analyte) -> Value | None:
    """The number behind a word that concludes: "revenu positif à 1437 UI/L"."""
    found = _CONCLUDED.match(tokens.folded, place)
    value = value_at(tokens.folded, found.end()) if found else None
    unit = unit_at(tokens.text, tokens.folded, value.end) if value else None
    return value if unit and value and options_for(analyte, unit[0], value.number) else None


def _announced(tokens: Tokens, first: int, after: int, named: Named, specimen: str | None) -> list[Fact]:
    """The value that stands before its name: "2652 µmol/L de créatinine", "à 12 % de blastes"."""
    start = tokens.start[first]
    if counted := _COUNTED.search(tokens.folded, max(0, start - 12), start):  # "63 000 plaquettes"
        many = Value(number(counted.group("number")), None, counted.start("number"), counted.end("number"))
        analyte = reading(named, tokens.folded, specimen, None, many.number)
        fits = analyte is not None and analyte not in named.shy and bool(options_for(analyte, None, many.number))
        if analyte is not None and fits and _is_count(many, analyte) and not is_limit(tokens, many.start, many):
            written = tokens.text[many.start : many.end]
            return [measured(tokens, analyte, many.start, tokens.end[after - 1], many, None, written)]
    found = _BEFORE.search(tokens.folded, max(0, start - 40), start)
    if found is None or named.deviation:
        return []
    value = value_at(tokens.folded, found.start("number"))
    unit = unit_at(tokens.text, tokens.folded, value.end) if value else None
    if value is None or unit is None or unit[1] > found.start("of") or unit[0].property in ("mass", "volume", "time"):
        return []
    analyte = reading(named, tokens.folded, specimen, unit[0], value.number)
    if analyte is None or not any(option.unit == unit[0].ucum for option in analyte.options):
        return []
    if is_limit(tokens, found.start("number"), value) or is_difference(tokens, value.start, value.start, value):
        return []
    end = tokens.end[after - 1]
    written = tokens.text[value.start : unit[1]]
    return [measured(tokens, analyte, value.start, end, value, unit[0], written)]


def _unit_after(tokens: Tokens, value: Value) -> tuple[Unit | None, int]:
    found = unit_at(tokens.text, tokens.folded, value.end)
    if found is None:
        return None, value.end
    if found[0].ucum == "g" and tokens.text[found[1] - 1] == "G":
        return None, value.end  # "ITB D 0,85 G 0,92": left, no gram
    if found[0].ucum in ("h", "m", "min", "s", "g", "L") and "\n" in tokens.text[value.end : found[1]]:
        return None, value.end
    return found


def _thousands(tokens: Tokens, analyte: Analyte, value: Value, unit: Unit | None) -> Value:
    """ "17.800" is 17 800 where decimals are written with a comma, or where the measure is counted by thousands."""
    start = value.end - len(tokens.folded[value.start : value.end].lstrip("<>=≤≥ "))
    found = POINTED.match(tokens.folded, start)
    if found is None or found.end() < value.end:
        return value
    whole = float(found.group().replace(".", ""))
    counted = (unit is None or unit.property in ("number_conc", "activity")) and any(
        option.unit == "/uL" for option in analyte.options
    )
    if unit is not None and unit.ucum in ("kg", "10*9/L", "10*12/L", "m", "L", "%"):
        return value
    meant = counted or found.group().count(".") > 1 or (unit is not None and counts_by_thousands(tokens.folded))
    return value._replace(number=whole) if meant and (unit or options_for(analyte, None, whole)) else value


def value_place(tokens: Tokens, first: int, after: int, named: Named) -> int | None:
    """Where the value of a measure begins: just behind it, over words that may stand between."""
    form, sentence = tokens.form, tokens.sentence
    number_of, place = sentence[first if form[after - 1] != "." else min(after, len(form) - 1)], after
    gap, readings = single_words("gap"), single_words("reading")
    strict, allowed = named.deviation, _STRICT_GAP | words("degree")
    size = len(form)
    seen = 0
    while place < size and sentence[place] == number_of and seen <= _LONGEST_GAP:
        word = form[place]
        if aside := _ASIDE.match(tokens.folded, tokens.start[place]):
            place = tokens.within(aside.end() - 1, aside.end())[0] + 1
            seen += 1
            continue
        if dated := _DATED.match(tokens.folded, tokens.start[place]):
            place = tokens.within(dated.end(), dated.end() + 1)[0]
            seen += 1
            continue
        if word[0].isdigit() or word in "<>≤≥" or word in ("inferieur", "inferieure", "superieur", "superieure"):
            if strict and form[place - 1] not in _STRICT_GAP and word not in "<>≤≥":
                return None
            return tokens.start[place]
        if not word.isalnum():
            if (
                (word not in _GAP_PUNCTUATION and not (strict and word in allowed))
                or (word == "," and seen)
                or (word == "/" and seen)
            ):
                return tokens.start[place] if word in "+-" else None
            if strict and word not in allowed:
                return None
        elif word in words("qualitative") and not strict:
            return tokens.start[place]
        elif word in _SIDES and not strict and tokens.folded[tokens.end[place] :].lstrip(" :=")[:1].isdigit():
            pass  # "ITB D 0,85", "tonus OD 16 mmHg"
        elif word not in (allowed if strict else gap) and (strict or word not in readings):
            return None
        place += 1
        seen += 1
    return None


def _fits(tokens: Tokens, analyte: Analyte, named: Named, value: Value, unit: Unit | None, end: int) -> bool:
    """Whether a value can be this measure: its unit, its size, and what follows."""
    if unit is not None:
        if not options_for(analyte, unit, value.number):
            return False
        return not (unit.ucum == "g" and analyte.name == "Poids" and value.number < 300)
    if analyte in named.bound or _LEADING_ZERO.match(tokens.folded, value.start):
        return False
    if tokens.folded[end : end + 1].isalpha():
        return False
    following = tokens.folded[end : end + 12].lstrip()
    left = following[:2].rstrip() == "g" and "G" in tokens.text[end : end + 12][:3]
    if _NEXT_WORD.match(following) and not left:
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
    elif WEIGHT in codes and (found := _KILOS.match(tokens.folded, place)):
        value = float(f"{found.group(1)}.{found.group(2)}")
        unit = unit_at("kg", "kg", 0)
    else:
        return None
    begin = found.start(1)
    written = tokens.text[begin : found.end()]
    shaped = Value(value, None, begin, found.end())
    if unit is None or not analyte.options[0].low <= _base(value, unit[0]) <= analyte.options[0].high:
        return None
    return measured(tokens, analyte, tokens.start[first], found.end(), shaped, unit[0], written)


def _base(value: float, unit: Unit) -> float:
    return value * 100 if unit.ucum == "m" else value


def _moved(tokens: Tokens, analyte: Analyte, start: int, found: re.Match[str]) -> list[Fact]:
    """ "passée de 90 à 150 µmol/L": the first is past, the second stands."""
    unit = unit_at(tokens.text, tokens.folded, found.end())
    if unit is not None and not options_for(analyte, unit[0], 1.0):
        return []
    if unit is None and found.group(2) and (first := unit_at(tokens.text, tokens.folded, found.end(1))):
        unit = (first[0], found.end()) if options_for(analyte, first[0], 1.0) else None
    used = unit[0] if unit else None
    end = unit[1] if unit else found.end()
    if used is None and not all(options_for(analyte, None, number(found.group(group))) for group in (1, 3)):
        return []
    measures = [number(found.group(group)) for group in (1, 3)]
    usual = analyte.options[0]
    if analyte.kind == "vital" and not all(
        usual.low <= _base(each, unit[0]) <= usual.high for each in measures if unit
    ):
        return []
    facts = []
    for group, prior in ((1, True), (3, False)):
        value = Value(number(found.group(group)), None, found.start(group), found.end(group))
        begin = start if prior else found.start(group)
        stop = found.end(1) if prior else end
        fact = measured(tokens, analyte, begin, stop, value, used, tokens.text[found.start(group) : stop])
        fact.prior = prior
        facts.append(fact)
    return facts


def _titre(tokens: Tokens, analyte: Analyte, start: int, found: re.Match[str]) -> Fact:
    unit = unit_at("{titer}", "{titer}", 0)
    value = Value(float(found.group(1)), None, found.start(1), found.end(1))
    written = tokens.text[found.start() : found.end()].strip(" :")
    return measured(tokens, analyte, start, found.end(), value, unit[0] if unit else None, written)


def _read_on(tokens: Tokens, fact: Fact, end: int) -> int:
    """Range and flag that follow a value in brackets or on the same row; where they end."""
    line_end = tokens.folded.find("\n", end)
    line_end = len(tokens.folded) if line_end < 0 else line_end
    rest = tokens.folded[end:line_end]
    opening = re.match(r"\s*[\[(]", rest) or re.match(r"\s*(?:n|vn|normale?s?)\s*[:=<>]", rest)
    if not opening:
        return end
    found = range_at(tokens.folded, end)
    if found and found[2] <= line_end:
        fact.range_low, fact.range_high = found[0], found[1]
        return found[2]
    bracket = re.match(r"\s*\(([^)]{1,12})\)", rest)
    if bracket and (flag := flag_of(bracket.group(1))):
        fact.flag = flag
        return end + bracket.end()
    return end
