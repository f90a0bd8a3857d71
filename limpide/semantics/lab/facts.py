"""What a value becomes: a fact with its code, unit and confidence.

Belongs here: making one fact of an analyte and a value. Does not belong here: finding either.

A unit that was not written is given only where one alone can be meant: the measure has a single one, or the bounds of
analytes.tsv leave a single code. The rule `measurement:usual_unit` says so, and the confidence is lower.
"""

from __future__ import annotations

import re

from limpide.document import Code, Fact
from limpide.french.tokens import Tokens
from limpide.french.units import Unit
from limpide.french.values import Value
from limpide.semantics.lab.analytes import Analyte, Option, options_for

LOINC = "LOINC"
WEIGHT, HEIGHT, TEMPERATURE, HEART_RATE = "29463-7", "8302-2", "8310-5", "8867-4"
CONFIDENCE_ROW, CONFIDENCE_SENTENCE, CONFIDENCE_NO_UNIT, CONFIDENCE_UNCODED_ROW = 0.95, 0.9, 0.75, 0.6
_BELOW = re.compile(r"\n[ .\u2026]*\([^\n]*")  # "...(IFCC avec P5P)"


def measured(
    tokens: Tokens, analyte: Analyte | None, start: int, end: int, value: Value | None, unit: Unit | None, written: str
) -> Fact:
    """A measurement of `analyte` (None: a name we do not know) over text[start:end]."""
    kind = analyte.kind if analyte else "measurement"
    fact = Fact(kind=kind, origin="nlp", start=start, end=end, text=tokens.text[start:end])  # type: ignore[arg-type]
    fact.display = analyte.name if analyte else None
    fact.value_text, fact.system = written, LOINC
    fact.rule, fact.confidence = "measurement", CONFIDENCE_SENTENCE if unit or value is None else CONFIDENCE_NO_UNIT
    if value is not None:
        fact.value, fact.comparator = value.number, value.comparator
        options = options_for(analyte, unit, value.number) if analyte else []
        codes = list(dict.fromkeys([option.code for option in options if option.code]))
        variants = [code for option in options for code, _ in option.variants]
        if len(codes) == 1:
            fact.code = _by_method(tokens, options[0], codes[0], start, end)
            fact.translations = [Code(code, LOINC) for code in options[0].same]
        if len(codes) > 1 or variants:
            fact.candidates = [Code(code, LOINC) for code in dict.fromkeys([*codes, *variants])]
        fact.unit = unit.ucum if unit else _usual_unit(analyte, options, codes)
        if unit is None and fact.unit is not None and analyte is not None and len(analyte.options) > 1:
            fact.rule = "measurement:usual_unit"
    elif analyte:
        fact.code = analyte.text_code
    if fact.code is None and not fact.candidates:
        fact.system = None
    if analyte and analyte.specimen not in ("", "blood"):
        fact.specimen = analyte.specimen
    return fact


def _usual_unit(analyte: Analyte | None, options: list[Option], codes: list[str]) -> str | None:
    """The only unit that a bare number can be in: "IMC 27", "SpO2 à 95", "natrémie 134"; None when there are two."""
    if analyte is None or not options:
        return None
    chosen = options[0].unit
    if len(options) > 1 and len(codes) != 1:
        return None
    if chosen[0] == "{" and chosen not in ("{INR}", "{score}", "{titer}"):
        return None
    return chosen


def _by_method(tokens: Tokens, option: Option, code: str, start: int, end: int) -> str:
    """The code of the method that the row, its name, or the line in brackets below it tells; else the usual code."""
    hints = [(hint, variant) for variant, hint in option.variants if hint]
    if not hints:
        return code
    line_end = tokens.folded.find("\n", end)
    below = _BELOW.match(tokens.folded, line_end) if line_end >= 0 else None
    written = tokens.folded[start : below.end() if below else (line_end if line_end >= 0 else None)]
    return next((variant for hint, variant in hints if hint in written), code)
