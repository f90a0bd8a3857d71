"""Vital signs that no name announces, or that have a grammar of their own: pressures, "97 kg, 175 cm", "38,7 °C".

Belongs here: two numbers for one pressure, a weight, a height, a temperature told by their unit alone, cells counted in
a fluid. Does not belong here: named measures (sentences.py).

A bare weight stands alone between commas, brackets or line ends; "4 kg" of a loss, "mg/kg" and thresholds are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from limpide.document import Fact
from limpide.french.tokens import Tokens
from limpide.french.units import unit_at
from limpide.french.values import NUMBER, Value, number
from limpide.semantics.lab.facts import CONFIDENCE_SENTENCE, HEIGHT, LOINC, TEMPERATURE, WEIGHT
from limpide.semantics.lab.limits import is_difference, is_limit

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
_PRESSURE_NAMES = tuple(
    tuple(name.split())
    for name in (
        "ta", "pa", "t . a", "pression arterielle", "tension arterielle", "tension", "pni", "pression non invasive",
        "pression sanguine", "ta aux deux bras", "tas / tad", "pas / pad", "pas pad", "mapa",
    )
)  # fmt: skip
_PRESSURE = re.compile(rf"\s*({NUMBER})\s*(?:mmhg|cmhg|mm hg)?\s*(?:/|sur|-)\s*({NUMBER})(?![\d/])")
_PRESSURE_NEXT = re.compile(
    rf"(?:\s*\([^()\d]{{1,30}}\))?\s*(?:[a-z]+\s*)?(?:,|;|puis|et|->|=>|→|\()?\s*(?:[a-z]+\s+){{0,3}}?(?:\d\s?(?:min|mn)\s+)?"
    rf"(?:a\s+|:\s*)?({NUMBER})\s*(?:/|sur)\s*({NUMBER})(?![\d/])"
)
_NEXT_WORDS = re.compile(
    r"\b(?:bg|bd|pre|post|avant|puis|ensuite|debout|couche|couchee|assis|assise|controle|repos|gauche|droite?|bras|contre|apres|a|au|en|le"
    r"|\d\s?min|\d\s?mn|soir|matin|domicile|orthostatisme|minutes?|decubitus|controlee|et|d|g)\b"
)
_TALL = re.compile(r"kg\s*(?:,|et|pour|/|-)?\s*(?:une taille de\s*)?(?=([012])\s*(?:m|[,.])\s*\d{2})")
_BODY = re.compile(rf"(?<![\d,.])({NUMBER})\s*{_TALL.pattern}")
_KILOS = re.compile(rf"(?<![\d,./+-])(?<![+-] )({NUMBER})\s?(?:kg|kilos?)(?![\w/])(?!\s*[/²])")
_KILO = re.compile(r"kg|kilos?")
_LONGEST_NUMBER = 8
_CENTIMETRES = re.compile(r"\s*[,;/]?\s*(?:et|pour)?\s*(\d{2,3}(?:[.,]\d)?)\s?cm(?!\w)")
_METRES_AFTER = re.compile(r"\s*(?:,|et|pour)\s*(?:une taille de\s*)?([12])\s?(?:m|metres?)\s?(\d{2})(?!\d)")
_METRES = re.compile(r"([012])\s*[m,.]\s*(\d{2})\s*m?")
_ALONE_BEFORE = re.compile(r"(?:[,;:(.\n\t]|\bans\)?|\bpour\b|\bpese\b|\bde\b|\bmois\)?|\s{2}|^)\s*$")
_ALONE_AFTER = re.compile(r"\s*(?:[,;.()\n]|$|pour\b|\s{2}|et\b|-)")
_BODY_WORDS = re.compile(
    r"\bans\b|\bmois\b|\bpese\b|\bpour [12]\b"
    r"|\bta\b|\bpa\b|\bfc\b|\btaille\b|\bcm\b|\basa\b|\btemperature\b|\bt\s?°|\bimc\b|\bspo2\b|\bglasgow\b"
    r"|\bne+\s+le\b|\bpatiente?\b|\bsat\b|\bpoids\b"
)
_NOT_WEIGHT = re.compile(
    r"(?:perdu|pris|perte|prise|gain|moins|plus|de|d'environ|en|\d|port|charge|charges|soulever|porter|objets?|sup|limite"
    r"|>|<|≥|≤|objectif|cible|bebe|enfant|jumeau|nouveau-ne|garcon|fille)\s*(?:de\s*)?$"
)
_GRAMS = re.compile(
    r"\b(?:garcon|fille|enfant|bebe|nouveau-?nee?|jumeau|jumelle|naissance|nee?|pn|pesant|pese|pesait)\b[^.;\n]{0,45}?"
    r"(?<![\d,.])(?P<grams>\d[ .]?\d{3}|\d{3})\s?(?:g|gr|grammes)(?!\w|\s*/)"
)
_BORN = frozenset(("garcon", "fille", "enfant", "bebe", "nouveau", "jumeau", "jumelle", "naissance", "ne", "nee", "pn"))
_BORN |= frozenset(("pesant", "pese", "pesait"))
_CELSIUS = re.compile(r"(?<![\d,./])(3[4-9]|4[0-2])(?:[.,](\d))?\s?°\s?c?(?:\s?(\d)(?!\d))?(?![a-z\d])")
_CELLS = re.compile(
    rf"(?<![\d,.])({NUMBER})\s*(elements?|cellules|leucocytes|hematies|globules blancs|globules rouges|gb|gr|pnn)"
    r"\s*(?:nuclees?\s*)?(?:/|par\s*)\s*(mm3|mm³|µl|ul|ml)(?!\w)"
)
_CELL_NAMES = {
    "hematies": "Hématies",
    "globules rouges": "Hématies",
    "gr": "Hématies",
    "pnn": "Polynucléaires neutrophiles",
}
_FLUIDS = frozenset({"csf", "ascites", "pleural", "synovial", "drain", "urine", "pericardial"})


def pressures(tokens: Tokens, places: Iterable[tuple[int, int, int]]) -> list[Fact]:
    """Pressures after their names; `places`: (first word, word after the name, where the value begins)."""
    facts: list[Fact] = []
    for first, _, place in places:
        found = _PRESSURE.match(tokens.folded, place)
        end = 0
        while found is not None and len(facts) < 400:
            held = _pressure(tokens, found.start(1) if end else tokens.start[first], found)
            if not held or ("-" in found.group() and (held[0].value or 0) % 10):
                break
            if end == 0 and is_limit(tokens, tokens.start[first], Value(0, None, place, found.end())):
                break
            facts.extend(held)
            end = held[0].end or found.end()
            found = _following(tokens, end)
    return facts


_POSTURES = re.compile(
    rf"(?<![\d/,.])({NUMBER})\s*/\s*({NUMBER})(?=(?:\s*mmhg)?"
    r"\s*(?:couchee?|debout|assise?|allongee?|en decubitus|en orthostatisme)\b)"
)


_POSTURE_WORDS = frozenset(
    ("couche", "couchee", "debout", "assis", "assise", "allonge", "allongee", "decubitus", "orthostatisme")
)


def postures(tokens: Tokens) -> list[Fact]:
    """Pressures that only a posture names: "(138/72 couchée, 104/60 debout)"."""
    facts: list[Fact] = []
    for found in _POSTURES.finditer(tokens.folded) if _POSTURE_WORDS & tokens.places.keys() else ():
        whole = _PRESSURE.match(tokens.folded, found.start(1))
        facts.extend(_pressure(tokens, found.start(1), whole) if whole else ())
    return facts


def _following(tokens: Tokens, end: int) -> re.Match[str] | None:
    """The pressure said after another: "TA 148/86 puis 142/84 au repos", "couché 13/8, debout 10/6"."""
    found = _PRESSURE_NEXT.match(tokens.folded, end)
    if found is None or "\n" in found.group():
        return None
    lead = tokens.folded[end : found.start(1)]
    if re.sub(r"[\s,;()>:=→-]", "", _NEXT_WORDS.sub("", re.sub(r"\([^)]*\)", "", lead))):
        return None
    return _PRESSURE.match(tokens.folded, found.start(1)) if _NEXT_WORDS.search(lead) or ">" in lead else None


def pressure_names(tokens: Tokens) -> list[tuple[int, int]]:
    """(first word, word after) of each name of a blood pressure."""
    form, places = tokens.form, tokens.places
    found, free = [], 0
    openings = {name[0] for name in _PRESSURE_NAMES}
    for first in sorted([place for word in openings & places.keys() for place in places[word]]):
        longest = (name for name in _PRESSURE_NAMES if tuple(form[first : first + len(name)]) == name)
        length = max(map(len, longest), default=0)
        if length and first >= free:
            found.append((first, first + length))
            free = first + length
    return found


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
        fact.rule, fact.confidence = "measurement:pressure", CONFIDENCE_SENTENCE
        facts.append(fact)
    return facts


def bodies(tokens: Tokens) -> list[Fact]:
    """Weights and heights that no word names: "72 kg pour 1m75", "97 kg, 175 cm", "patiente de 70 ans, 68 kg"."""
    facts: list[Fact] = []
    if "kg" not in tokens.folded and "kilo" not in tokens.folded:
        return facts
    taken = 0
    for found in _BODY.finditer(tokens.folded) if _TALL.search(tokens.folded) else ():
        metres = _METRES.match(tokens.folded, found.end())
        kilos = number(found.group(1))
        if metres is None or not 25 <= kilos <= 350:
            continue
        end = tokens.folded.index("kg", found.end(1)) + 2
        facts.append(_bare(tokens, WEIGHT, "Poids", kilos, "kg", found.start(), end))
        height = float(f"{metres.group(1)}.{metres.group(2)}")
        facts.append(_bare(tokens, HEIGHT, "Taille", height, "m", metres.start(), metres.end()))
        taken = metres.end()
    for unit in _KILO.finditer(tokens.folded):
        kilos_at = _KILOS.search(tokens.folded, max(taken, unit.start() - _LONGEST_NUMBER), unit.end() + 2)
        if kilos_at is None or not _is_weight(tokens, kilos_at):
            continue
        start, taken = kilos_at.span()
        facts.append(_bare(tokens, WEIGHT, "Poids", number(kilos_at.group(1)), "kg", start, taken))
        centimetres = _CENTIMETRES.match(tokens.folded, taken)
        metres = _METRES_AFTER.match(tokens.folded, taken)
        if metres:
            tall = float(f"{metres.group(1)}.{metres.group(2)}")
            facts.append(_bare(tokens, HEIGHT, "Taille", tall, "m", metres.start(1), metres.end()))
        if centimetres and 40 <= number(centimetres.group(1)) <= 220:
            begin, end = centimetres.start(1), centimetres.end()
            facts.append(_bare(tokens, HEIGHT, "Taille", number(centimetres.group(1)), "cm", begin, end))
    return facts


def _is_weight(tokens: Tokens, found: re.Match[str]) -> bool:
    kilos = number(found.group(1))
    line = tokens.folded.rfind("\n", 0, found.start()) + 1
    before = tokens.folded[max(line, found.start() - 60) : found.start()]
    if (
        not 0.4 <= kilos <= 300
        or not _ALONE_BEFORE.search(before)
        or not _ALONE_AFTER.match(tokens.folded, found.end())
    ):
        return False
    if _NOT_WEIGHT.search(before):
        return False
    value = Value(kilos, None, found.start(), found.end())
    if is_limit(tokens, found.start(), value) or is_difference(tokens, found.start(), found.start(), value):
        return False
    around = before + tokens.folded[found.end() : found.end() + 40].split("\n")[0]
    return _BODY_WORDS.search(around) is not None


def birth_weights(tokens: Tokens) -> list[Fact]:
    """A birth weight in grams: "garçon de 3 240 g", "né à 39 SA, 3240 g"."""
    facts = []
    for found in _GRAMS.finditer(tokens.folded) if _BORN & tokens.places.keys() else ():
        if 400 <= number(found.group("grams").replace(".", "")) <= 6500:
            value = number(found.group("grams").replace(".", ""))
            facts.append(_bare(tokens, WEIGHT, "Poids", value, "g", found.start("grams"), found.end()))
    return facts


def temperatures(tokens: Tokens) -> list[Fact]:
    """A temperature told by its degrees: "39,2 °C à l'arrivée"."""
    facts = []
    for found in _CELSIUS.finditer(tokens.folded) if "°" in tokens.folded else ():
        if "c" not in found.group() and not found.group(2) and not found.group(3):
            continue  # "40°" is an angle
        start = found.start()
        value = Value(float(f"{found.group(1)}.{found.group(2) or found.group(3) or 0}"), None, start, found.end())
        sign = re.search(r"([<>≤≥])\s*$", tokens.folded[max(0, start - 3) : start])
        bounded = value._replace(comparator=sign.group(1)) if sign else value
        if (
            sign
            or is_limit(tokens, start, bounded)
            or re.search(r"(?:entre|conserv\w*|stock\w*)\s.{0,20}$", tokens.folded[max(0, start - 30) : start])
        ):
            continue
        facts.append(_bare(tokens, TEMPERATURE, "Température", value.number, "Cel", start, found.end()))
    return facts


def cells(tokens: Tokens, specimen_at: dict[int, tuple[str, bool]]) -> list[Fact]:
    """Cells counted in a fluid: "PL : 3 éléments/mm3". `specimen_at`: by sentence. Blood counts have names."""
    facts: list[Fact] = []
    if not specimen_at and "element" not in tokens.folded and "cellules" not in tokens.folded:
        return facts
    for found in _CELLS.finditer(tokens.folded):
        first, _ = tokens.within(found.start(), found.end())
        specimen, _ = specimen_at.get(tokens.sentence[first], (None, True))
        named = found.group(2)
        if specimen not in _FLUIDS and not named.startswith(("element", "cellule")):
            continue
        unit = unit_at(f"/{found.group(3)}", f"/{found.group(3)}", 0)
        fact = Fact(kind="measurement", origin="nlp", start=found.start(), end=found.end())
        fact.display, fact.value = _CELL_NAMES.get(named, "Cellules"), number(found.group(1))
        fact.unit, fact.specimen = unit[0].ucum if unit else None, specimen
        fact.text = fact.value_text = tokens.text[found.start() : found.end()]
        fact.rule, fact.confidence = "measurement:cells", CONFIDENCE_SENTENCE
        facts.append(fact)
    return facts


def _bare(tokens: Tokens, code: str, name: str, value: float, unit: str, start: int, end: int) -> Fact:
    fact = Fact(kind="vital", origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.code, fact.system, fact.display = code, LOINC, name
    fact.value, fact.unit, fact.value_text = value, unit, tokens.text[start:end]
    fact.rule, fact.confidence = "measurement:body", CONFIDENCE_SENTENCE
    return fact
