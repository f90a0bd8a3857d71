"""Laboratory results and vital signs: values, units, ranges, censoring, specimens, previous results.

Belongs here: measurements and what surrounds them. Does not belong here: unit conversion or normalisation.
"""

from __future__ import annotations

import re

from limpide.document import Fact, Kind
from limpide.readers.cda.statement import Context, add, fact_of, passage, put_codes
from limpide.readers.cda.templates import ISOLATE
from limpide.readers.cda.values import code_of, interval, iso, number
from limpide.readers.cda.xml import Element, every, first, mark, templates, words, xsi_type

_WRITTEN = re.compile(r"(<=|>=|[<>≤≥])?\s*([+-]?\d+(?:[.,]\d+)?)(?:\s*([^\d\s].{0,24}))?")
_NAME = 120  # characters
_SIGNS = {"≤": "<=", "≥": ">="}


def lab(element: Element, context: Context) -> None:
    """A laboratory result; `prior` when it is the previous one that a current result refers to (REFR)."""
    fact = _measured("measurement", element, context)
    fact.prior = context.inside == "measurement" and context.link == "REFR"
    if fact.prior and fact.start is None:
        current = passage(context, first(context.parent, "code"), context.parent)
        if current is not None and current.start is not None:  # told beside the current result, in the same row
            fact.text, fact.start, fact.end = current.text, current.start, current.end
    fact.specimen = specimen_of(element) or context.specimen
    fact.udi, fact.lot = context.device
    if fact.code is None and fact.text is None:
        fact.text = fact.value_text  # a result that nothing names is told by its words
    add(fact, context)


def vital(element: Element, context: Context) -> None:
    """A vital sign."""
    add(_measured("vital", element, context), context)


def _measured(kind: Kind, element: Element, context: Context) -> Fact:
    code = first(element, "code")
    fact = fact_of(kind, element, context, code)
    put_codes(fact, code)
    if fact.code is None:
        fact.display = fact.display or named(code, context)
    put_value(fact, first(element, "value"), context)
    interpretation = code_of(first(element, "interpretationCode"))
    fact.flag = interpretation.code if interpretation is not None else None
    for reference in every(element, "referenceRange"):
        bounds = first(reference, "observationRange", "value")
        if bounds is None:
            continue
        low, high = first(bounds, "low"), first(bounds, "high")
        fact.range_low = number(low.get("value")) if low is not None else None
        fact.range_high = number(high.get("value")) if high is not None else None
        if fact.range_low is not None or fact.range_high is not None:
            break
    return fact


def put_value(fact: Fact, value: Element | None, context: Context) -> None:
    """Fill value, comparator, unit, value_code or value_text from any `value`; from the narrative if only there.

    An interval with one bound is a censored value: high alone is '<' ('<=' when inclusive), low alone is '>'.
    """
    if value is None:
        return
    kind = xsi_type(value) or ("PQ" if value.get("value") else "")
    if kind in ("PQ", "REAL", "INT", "MO"):
        fact.value, fact.unit = number(value.get("value")), value.get("unit") or value.get("currency")
        if fact.value is None and value.get("value"):
            fact.value_text = value.get("value")
    elif kind == "IVL_TS":
        fact.value_text = " - ".join(moment for moment in interval(value) if moment) or None
    elif kind.startswith("IVL"):
        _interval(fact, value)
    elif kind == "TS":
        fact.value_text = iso(value.get("value"))[0]
    elif kind == "BL":
        fact.value_text = value.get("value")
    elif kind.startswith("RTO"):
        parts = (first(value, "numerator"), first(value, "denominator"))
        told = [part.get("value") for part in parts if part is not None]
        fact.value_text = "/".join(one for one in told if one) or None
    else:
        fact.value_code = code_of(value) or next(
            (code for each in every(value, "translation") if (code := code_of(each))), None
        )
    if fact.value is None and fact.value_text is None:
        _worded(fact, value, context)


def _interval(fact: Fact, value: Element) -> None:
    low, high = first(value, "low"), first(value, "high")
    least = number(low.get("value")) if low is not None else None
    most = number(high.get("value")) if high is not None else None
    bound = high if least is None else low
    exact = value if value.get("value") else first(value, "center")
    if least is None and most is None and exact is not None:
        fact.value, fact.unit = number(exact.get("value")), exact.get("unit")
        return
    if bound is not None:
        fact.unit = bound.get("unit")
    if least is not None and most is not None:
        if least == most:
            fact.value = least
        else:
            fact.value_text = f"{least:g} - {most:g}"
    elif bound is not None and (least is not None or most is not None):
        sign = "<" if least is None else ">"
        fact.value = most if least is None else least
        fact.comparator = sign if bound.get("inclusive") == "false" else sign + "="


def _worded(fact: Fact, value: Element, context: Context) -> None:
    """The value as words: inline, or in the narrative; a number in words is read as a number too."""
    found = passage(context, value)
    text = found.text if found is not None else words(value)
    if not text and fact.value_code is not None:
        text = fact.value_code.display
    if not text:
        return
    fact.value_text = text
    match = _WRITTEN.fullmatch(text.strip()) if fact.value_code is None else None
    if match is not None:
        sign, amount, unit = match.groups()
        fact.value, fact.comparator = number(amount), _SIGNS.get(sign, sign) if sign else None
        fact.unit = unit.strip() if unit else None


def named(code: Element | None, context: Context) -> str | None:
    """The name of a test that has no code: the words of its originalText, in the entry or in the narrative."""
    if code is None or first(code, "originalText") is None:
        return None
    found = passage(context, code)
    return found.text if found is not None and len(found.text) <= _NAME else None


def time_in(element: Element) -> tuple[str | None, str | None] | None:
    """The time of an organizer, for those inside that bear none."""
    start, end = interval(first(element, "effectiveTime"))
    return (start, end) if start or end else None


def specimen_of(element: Element) -> str | None:
    """The nature of the specimen: of the element itself, or of the collection procedure inside an act."""
    player = first(element, "specimen", "specimenRole", "specimenPlayingEntity")
    if player is not None and mark(player, "classCode") != "MIC":
        return _named(first(player, "code"))
    for relation in every(element, "entryRelationship"):
        for participant in every(first(relation, "procedure"), "participant"):
            role = first(participant, "participantRole")
            if role is not None and mark(role, "classCode") == "SPEC":
                return _named(first(role, "playingEntity", "code"))
    return None


def isolate(element: Element, context: Context) -> str | None:
    """The organism of an isolate: an observation of its own, and what the antibiogram inside is about."""
    player = first(element, "specimen", "specimenRole", "specimenPlayingEntity")
    code = first(player, "code")
    if player is None or code is None or not (mark(player, "classCode") == "MIC" or templates(element) & ISOLATE):
        return None
    fact = fact_of("observation", element, context, code)
    put_codes(fact, code)
    fact.specimen, fact.role = context.specimen, "isolate"
    if fact.code is None and fact.text is None:
        return None
    add(fact, context)
    return fact.display or fact.text


def test_device(element: Element) -> tuple[str | None, str | None] | None:
    """UDI and lot of the rapid test that an act used: a property of its results, not a device of the patient."""
    for participant in every(element, "participant"):
        if mark(participant, "typeCode") == "DEV":
            for each in every(first(participant, "participantRole"), "id"):
                if udi := each.get("extension"):
                    return udi, lot_in(udi)
    return None


def lot_in(udi: str) -> str | None:
    """The lot of a UDI: application identifier 10, between parentheses or braces."""
    match = re.search(r"[({]10[)}]([^({]+)", udi)
    return match.group(1).strip() if match else None


def _named(code: Element | None) -> str | None:
    if code is None:
        return None
    return code.get("displayName") or words(first(code, "originalText")) or code.get("code")
