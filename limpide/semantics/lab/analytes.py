"""What is measured: names of analytes and vital signs, and the LOINC code each has in each unit and specimen.

Belongs here: reading analytes.tsv and choosing a code from name, unit, value and specimen.
Does not belong here: finding values in text (measurements.py, labrows.py), units (units.py).

No code is guessed: two codes that the text cannot tell apart (creatinine 92 without a unit) are candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from limpide.french.phrases import PhraseTable, read_table, spellings
from limpide.french.tokens import fold
from limpide.french.units import Unit, property_of

_LITERAL = re.compile(r"\(([^()|]*)\)")
_SHORTEST_TYPO = 8
_OPTION = re.compile(r"([^=]+)=([^@]+)(?:@(-?[\d.]+)\.\.(-?[\d.]+))?$")


@dataclass(frozen=True, slots=True)
class Option:
    """One unit an analyte is given in, its LOINC code (None when uncertain), and the bounds of a bare number.

    `variants`: codes of the same measure by another method, each with the folded word that tells it in a text, or ''.
    """

    unit: str
    code: str | None
    low: float
    high: float
    variants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Analyte:
    """A measure: `kind` is 'measurement' or 'vital', `specimen` blood, urine, csf, stool... or '' for the patient."""

    name: str
    kind: str
    specimen: str
    options: tuple[Option, ...]
    text_code: str | None
    takes_text: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A phrase's readings, one a specimen. `shy`: also an ordinary word; `deviation`: an abnormality, not a name."""

    analytes: tuple[Analyte, ...]
    shy: bool
    deviation: bool


@cache
def analyte_table() -> PhraseTable[Named]:
    """Phrases that name a measure."""
    return PhraseTable(_readings().items(), literal=True)


@cache
def _readings() -> dict[str, Named]:
    readings: dict[str, tuple[list[Analyte], bool, bool]] = {}
    for row in read_table("analytes"):
        analyte = _analyte(row)
        for column, deviation in (("phrases", False), ("deviation", True)):
            for pattern in filter(None, row[column].split(";")):
                shy = pattern.startswith("~")
                for phrase in _written(pattern.lstrip("~")):
                    found = readings.setdefault(fold(phrase), ([], shy, deviation))
                    if analyte not in found[0]:
                        found[0].append(analyte)
    return {phrase: Named(tuple(found), shy, deviation) for phrase, (found, shy, deviation) in readings.items()}


def _written(pattern: str) -> list[str]:
    """A pattern's spellings; a bracket without a choice is also meant as written: "lipoprotéine (a)"."""
    bare = _LITERAL.sub(r" \1 ", pattern)
    out = [" ".join(phrase.split()) for phrase in spellings(bare)]
    if bare != pattern:
        out.append(pattern)
    return out


def _analyte(row: dict[str, str]) -> Analyte:
    options: list[Option] = []
    text_code: str | None = None
    takes_text = False
    for item in row["codes"].split():
        parsed = _OPTION.match(item)
        if parsed is None:
            raise ValueError(f"analytes.tsv: {row['name']}: {item}")
        unit = parsed.group(1)
        first, *variants = parsed.group(2).split("~")
        code = None if first == "?" else first
        if unit == "text":
            text_code, takes_text = code, True
        else:
            low, high = parsed.group(3), parsed.group(4)
            told = tuple((variant, fold(hint)) for variant, _, hint in (each.partition("#") for each in variants))
            options.append(Option(unit, code, float(low or "inf"), float(high or "-inf"), told))
    kind = "vital" if row["kind"] == "v" else "measurement"
    return Analyte(row["name"], kind, row["specimen"], tuple(options), text_code, takes_text)


@cache
def _near_names() -> dict[str, Named]:
    """Names of eight letters or more without one of their letters, for what a laboratory mistyped."""
    near: dict[str, Named] = {}
    for phrase, named in _readings().items():
        if len(phrase) >= _SHORTEST_TYPO and not named.deviation:
            for place in range(len(phrase)):
                near.setdefault(phrase[:place] + phrase[place + 1 :], named)
    return near


@lru_cache(maxsize=8192)  # laboratories print the same names every day
def misspelt(name: str) -> Named | None:
    """The readings of a name with dots, or with one letter wrong, missing or too many; None for any other name."""
    folded = " ".join(fold(name).replace(".", "").split())
    if folded in _readings():
        return _readings()[folded]  # "H.D.L. cholestérol"
    if len(folded) < _SHORTEST_TYPO:
        return None
    near = _near_names()
    if folded in near:
        return near[folded]
    shorter = (folded[:place] + folded[place + 1 :] for place in range(len(folded)))
    return next((named for one in shorter if (named := _readings().get(one) or near.get(one))), None)


def for_specimen(analytes: tuple[Analyte, ...], specimen: str | None) -> Analyte | None:
    """The reading for a specimen told by the text, else blood or the patient. None: no reading for that specimen."""
    if specimen:
        for analyte in analytes:
            if analyte.specimen == specimen:
                return analyte
        if specimen in ("electrophoresis", "isolate"):
            return for_specimen(analytes, None)
        return analytes[0] if analytes[0].specimen in ("", "respiratory", "tissue") else None
    for analyte in analytes:
        if analyte.specimen in ("blood", "", "arterial"):
            return analyte
    return analytes[0]


def options_for(analyte: Analyte, unit: Unit | None, value: float) -> list[Option]:
    """Options that agree with a unit as written, or, without one, whose bounds hold the value."""
    if unit is None:
        return [option for option in analyte.options if option.low <= value <= option.high]
    exact = [option for option in analyte.options if option.unit == unit.ucum]
    return exact or [option for option in analyte.options if _same_property(option.unit, unit)]


def _same_property(option_unit: str, unit: Unit) -> bool:
    if option_unit in ("{ratio}", "{none}"):
        return unit.property == "ratio"
    return property_of(option_unit) == unit.property
