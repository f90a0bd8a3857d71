"""Rows of OMOP event tables: one fact, one row, columns as the standard means them.

Belongs here: the columns of condition, drug, procedure, device, measurement and observation. Does not belong here:
whether a fact becomes an event at all (mapping.py), ids.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any

from limpide.document import Fact
from limpide.omop import concepts, udi
from limpide.omop.concepts import Vocabulary
from limpide.omop.dates import When

Row = dict[str, Any]
ANTECEDENTS = frozenset(
    ("condition", "procedure")
)  # kinds that, past and undated, are observations qualified 'history'

_DURATION = re.compile(r"P(\d{1,4})([DWMY])")
_LONGEST = 3650  # days; a longer course is a typing error


def cut(text: str | None, length: int = 50) -> str | None:
    """At most `length` characters, on one line; None for nothing."""
    return " ".join(text.split())[:length] or None if text else None


@lru_cache(maxsize=16384)  # limits of normal ranges come back in every report
def number(value: float | None) -> Decimal | None:
    """NUMERIC is DECIMAL(18,3) in DuckDB. A value that three decimals would falsify by over 1 % is left out.

    limpide_fact.value keeps full precision.
    """
    if value is None or not math.isfinite(value) or abs(value) >= 10**14:
        return None
    exact = Decimal(repr(value))
    short = exact.quantize(Decimal("0.001"), ROUND_HALF_EVEN)
    if abs(short - exact) > abs(exact) / 100:
        return None
    return short


def whole(value: float | None) -> int | None:
    return int(value) if value is not None and float(value).is_integer() and abs(value) < 2**31 else None


def days_of(duration: str | None) -> int | None:
    """Days of an ISO 8601 duration in days, weeks, months (30 days) or years (365); None for any other."""
    found = _DURATION.fullmatch(duration or "")
    if not found:
        return None
    days = int(found[1]) * {"D": 1, "W": 7, "M": 30, "Y": 365}[found[2]]
    return days if 0 < days <= _LONGEST else None


def _last_day(first: date, days: int | None) -> date:
    return first + timedelta(days=days - 1) if days else first


def small(value: int | None) -> int | None:
    """A version number that 32 bits hold, else None: sources write dates there."""
    return value if value is not None and abs(value) < 2**31 else None


def _source_value(fact: Fact) -> str | None:
    return cut(fact.code or fact.text or fact.display)


def _type(fact: Fact) -> int:
    return concepts.NLP if fact.origin == "nlp" else concepts.EHR


def _condition(fact: Fact, when: When, end: When | None, vocabulary: Vocabulary) -> Row:
    found = vocabulary.find(fact.system, fact.code)
    return {
        "condition_concept_id": found.standard,
        "condition_start_date": when.day,
        "condition_start_datetime": when.time,
        "condition_end_date": end.day if end else None,
        "condition_end_datetime": end.time if end else None,
        "condition_type_concept_id": _type(fact),
        "condition_source_value": _source_value(fact),
        "condition_source_concept_id": found.source,
        "condition_status_source_value": cut(fact.status or fact.certainty),
    }


def _drug(fact: Fact, when: When, end: When | None, vocabulary: Vocabulary) -> Row:
    found = vocabulary.find(fact.system, fact.code)
    kind = _type(fact)
    if fact.origin == "coded" and fact.planned:
        kind = concepts.EHR_PRESCRIPTION
    days = days_of(fact.duration)
    sig = ", ".join(str(p) for p in (fact.strength, fact.frequency, fact.duration) if p)
    return {
        "drug_concept_id": found.standard,
        "drug_exposure_start_date": when.day,
        "drug_exposure_start_datetime": when.time,
        # The standard wants an end. Unknown, and no duration told, it is the start: the shortest that is certain.
        "drug_exposure_end_date": end.day if end else _last_day(when.day, days),
        "drug_exposure_end_datetime": end.time if end else None,
        "verbatim_end_date": end.day if end else None,
        "drug_type_concept_id": kind,
        "quantity": number(fact.quantity),
        "days_supply": days,
        "sig": sig or None,
        "route_concept_id": concepts.UNKNOWN if fact.route else None,
        "lot_number": cut(fact.lot),
        "drug_source_value": _source_value(fact),
        "drug_source_concept_id": found.source,
        "route_source_value": cut(fact.route),
        "dose_unit_source_value": cut(fact.dose_unit),
    }


def _procedure(fact: Fact, when: When, end: When | None, vocabulary: Vocabulary) -> Row:
    found = vocabulary.find(fact.system, fact.code)
    return {
        "procedure_concept_id": found.standard,
        "procedure_date": when.day,
        "procedure_datetime": when.time,
        "procedure_end_date": end.day if end else None,
        "procedure_end_datetime": end.time if end else None,
        "procedure_type_concept_id": _type(fact),
        "modifier_concept_id": concepts.UNKNOWN if fact.side else None,
        "procedure_source_value": _source_value(fact),
        "procedure_source_concept_id": found.source,
        "modifier_source_value": fact.side,
    }


def _device(fact: Fact, when: When, end: When | None, vocabulary: Vocabulary) -> Row:
    found = vocabulary.find(fact.system, fact.code)
    device = udi.parse(fact.udi)
    return {
        "device_concept_id": found.standard,
        "device_exposure_start_date": when.day,
        "device_exposure_start_datetime": when.time,
        "device_exposure_end_date": end.day if end else None,
        "device_exposure_end_datetime": end.time if end else None,
        "device_type_concept_id": _type(fact),
        # The model and its lot, which recalls are made by; the serial number stays in the vault's original.
        "unique_device_id": device.model,
        "production_id": cut(fact.lot or device.lot, 255),
        "quantity": whole(fact.quantity),
        "device_source_value": _source_value(fact),
        "device_source_concept_id": found.source,
    }


def _measurement(fact: Fact, when: When, end: When | None, vocabulary: Vocabulary) -> Row:
    found = vocabulary.find(fact.system, fact.code)
    text = fact.value_text or (fact.value_code.display or fact.value_code.code if fact.value_code else None)
    if text is None and fact.value is not None:
        text = f"{fact.comparator or ''}{fact.value:.15g}"
    comparator = concepts.OPERATORS.get(fact.comparator or "")
    unit = vocabulary.unit(fact.unit)
    return {
        "measurement_concept_id": found.standard,
        "measurement_date": when.day,
        "measurement_datetime": when.time,
        "measurement_time": when.time.time().isoformat("seconds") if when.time else None,
        "measurement_type_concept_id": _type(fact) if fact.origin == "nlp" or fact.kind == "vital" else concepts.LAB,
        "operator_concept_id": comparator,
        "value_as_number": number(fact.value),
        "value_as_concept_id": concepts.UNKNOWN if fact.value_code else None,
        "unit_concept_id": unit,
        "range_low": number(fact.range_low),
        "range_high": number(fact.range_high),
        "measurement_source_value": _source_value(fact),
        "measurement_source_concept_id": found.source,
        "unit_source_value": cut(fact.unit),
        "unit_source_concept_id": unit,
        "value_source_value": cut(text),
    }


def _observation(fact: Fact, when: When, end: When | None, vocabulary: Vocabulary) -> Row:
    found = vocabulary.find(fact.system, fact.code)
    qualifier: str = fact.kind
    # A relative's disease and an antecedent are values of an observation: its own concept would say the patient has it.
    indirect = fact.family or (fact.history and fact.kind in ANTECEDENTS)
    if fact.family:
        qualifier = f"family:{fact.relative}" if fact.relative else "family"
    elif fact.history and fact.kind in ANTECEDENTS:
        qualifier = "history"
    text = fact.value_text or (fact.value_code.display or fact.value_code.code if fact.value_code else None)
    return {
        "observation_concept_id": concepts.UNKNOWN if indirect else found.standard,
        "observation_date": when.day,
        "observation_datetime": when.time,
        "observation_type_concept_id": _type(fact),
        "value_as_number": number(fact.value),
        "value_as_string": cut(text or fact.display or fact.text, 60),
        "value_as_concept_id": found.standard if indirect else concepts.UNKNOWN if fact.value_code else None,
        "unit_concept_id": vocabulary.unit(fact.unit),
        "observation_source_value": _source_value(fact),
        "observation_source_concept_id": found.source,
        "unit_source_value": cut(fact.unit),
        "qualifier_source_value": cut(qualifier),
        "value_source_value": cut(text),
    }


EVENTS: dict[str, Callable[[Fact, When, When | None, Vocabulary], Row]] = {
    "condition_occurrence": _condition,
    "drug_exposure": _drug,
    "procedure_occurrence": _procedure,
    "device_exposure": _device,
    "measurement": _measurement,
    "observation": _observation,
}
