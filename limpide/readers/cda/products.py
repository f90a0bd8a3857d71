"""Treatments, dispenses, vaccines and devices: the product, how much, how often, by which way.

Belongs here: substanceAdministration and supply. Does not belong here: drug knowledge (strengths, classes).
"""

from __future__ import annotations

import re

from limpide.document import Fact, Kind
from limpide.readers.cda.results import lot_in
from limpide.readers.cda.statement import ABSENT, Context, add, fact_of, passage, put_codes, qualifier
from limpide.readers.cda.templates import RANK
from limpide.readers.cda.values import codes_of, interval, number, time_of
from limpide.readers.cda.xml import Element, every, first, local, mark, words, xsi_type
from limpide.readers.oids import system_name

_NAMES = {"d": "jour", "j": "jour", "wk": "semaine", "mo": "mois", "a": "an"}
# HL7 TimingEvent, in French.
_EVENTS = {
    "AC": "avant le repas",
    "ACM": "avant le petit déjeuner",
    "ACD": "avant le déjeuner",
    "ACV": "avant le dîner",
    "C": "au repas",
    "CM": "au petit déjeuner",
    "CD": "au déjeuner",
    "CV": "au dîner",
    "PC": "après le repas",
    "PCM": "après le petit déjeuner",
    "PCD": "après le déjeuner",
    "PCV": "après le dîner",
    "HS": "au coucher",
    "WAKE": "au réveil",
    "IC": "entre les repas",
    "ICM": "entre petit déjeuner et déjeuner",
    "ICD": "entre déjeuner et dîner",
    "ICV": "entre dîner et coucher",
    "MORN": "le matin",
    "NOON": "le midi",
    "AFT": "l'après-midi",
    "EVE": "le soir",
    "NIGHT": "la nuit",
}


def drug(element: Element, context: Context, role: str | None) -> None:
    """A treatment taken (EVN) or prescribed (INT, planned), or what an imaging act injected."""
    product = first(element, "consumable", "manufacturedProduct")
    fact = _product_fact("drug", element, product, context)
    _times(fact, element, context)
    _dose(fact, element)
    _steps(fact, element, context)
    fact.route, fact.role = _route(element, context), role
    fact.strength = _strength(_material(product))
    for relation in every(element, "entryRelationship"):
        amount = first(relation, "supply", "quantity")
        if amount is not None and fact.quantity is None:
            fact.quantity = number(amount.get("value"))
    add(fact, context)


def _material(product: Element | None) -> Element | None:
    """What is given: CDA R2 allows manufacturedLabeledDrug in the place of manufacturedMaterial."""
    material = first(product, "manufacturedMaterial")
    return material if material is not None else first(product, "manufacturedLabeledDrug")


def names_a_product(element: Element) -> bool:
    """Whether a substanceAdministration says what is given: a dosage that belongs to another entry does not."""
    material = _material(first(element, "consumable", "manufacturedProduct"))
    code = first(material, "code")
    return bool(codes_of(code) or words(first(material, "name")) or first(code, "originalText") is not None)


def dispense(element: Element, context: Context) -> None:
    """A product handed over by a pharmacy: product, lot, quantity."""
    fact = _product_fact("drug", element, first(element, "product", "manufacturedProduct"), context)
    amount = first(element, "quantity")
    fact.quantity = number(amount.get("value")) if amount is not None else None
    fact.dose_unit = amount.get("unit") if amount is not None else None
    fact.role = "dispense"
    add(fact, context)


def immunization(element: Element, context: Context) -> None:
    """A vaccine given, refused (negated) or recommended (planned); `value` is the rank of the dose."""
    fact = _product_fact("immunization", element, first(element, "consumable", "manufacturedProduct"), context)
    _dose(fact, element)
    fact.route = _route(element, context)
    rank = qualifier(element, "30973-2", RANK)
    fact.value = number(rank.get("value")) if rank is not None else None
    add(fact, context)


def device(element: Element, context: Context) -> None:
    """Each device of a supply: class codes (EMDN, CLADIMED, LPP), UDI, lot and serial number out of the UDI."""
    for participant in every(element, "participant"):
        role = first(participant, "participantRole")
        if mark(participant, "typeCode") != "DEV" or role is None:
            continue
        code = first(role, "playingDevice", "code")
        fact = fact_of("device", element, context, code)
        put_codes(fact, code)
        fact.udi = next((udi for each in every(role, "id") if (udi := each.get("extension"))), None)
        if fact.udi is not None:
            fact.lot = lot_in(fact.udi)
            serial = re.search(r"[({]21[)}]([^({]+)", fact.udi)
            fact.serial = serial.group(1).strip() if serial else None
        amount = first(element, "quantity")
        fact.quantity = number(amount.get("value")) if amount is not None else None
        if fact.text is None and fact.display is None:
            fact.text = words(first(role, "playingDevice", "manufacturerModelName"))
        add(fact, context)


def _product_fact(kind: Kind, element: Element, product: Element | None, context: Context) -> Fact:
    """Codes of the product: its own, its translations, then the classes it specialises (often the only ATC)."""
    material = _material(product)
    code = first(material, "code")
    what = first(element, "code")  # 'DRUG', unless it says that there is no treatment or that none is known
    absent = what is not None and system_name(what.get("codeSystem")) == ABSENT
    fact = fact_of(kind, element, context, *((what,) if absent else (code, material)))
    put_codes(fact, what if absent else code, *_classes(material))
    name = words(first(material, "name"))
    if fact.text is None:
        fact.text = fact.display or name
    fact.display = fact.display or name
    fact.lot = _anywhere(material, "lotNumberText")
    return fact


def _classes(material: Element | None) -> list[Element]:
    """Codes under asSpecializedKind, which stands in the pharmacy extension's namespace."""
    if material is None:
        return []
    return [
        code
        for kind in material.iterchildren()
        if local(kind) == "asSpecializedKind"
        for code in kind.iter()
        if local(code) == "code"
    ]


def _anywhere(material: Element | None, tag: str) -> str | None:
    if material is None:
        return None
    return next((words(child) for child in material.iterchildren() if local(child) == tag), None)


def _times(fact: Fact, element: Element, context: Context) -> None:
    """The first effectiveTime is how long, those that follow how often; SXPR_TS holds both as parts."""
    frequencies = []
    for written in every(element, "effectiveTime"):
        whole = xsi_type(written) == "SXPR_TS"
        for time in every(written, "comp") if whole else (written,):
            if xsi_type(time) in ("PIVL_TS", "EIVL_TS"):
                frequencies.append(_frequency(time, context))
                continue
            if fact.time_start is None and fact.time_end is None:
                fact.time_start, fact.time_end = interval(time)
            width = first(time, "width")
            if width is not None and width.get("value"):
                fact.duration = _amount(width.get("value"), width.get("unit"))
    fact.frequency = " et ".join(one for one in frequencies if one) or None


def _steps(fact: Fact, element: Element, context: Context) -> None:
    """A dose that changes with time stands in subordinate entries: told in turn, joined by 'puis'."""
    steps = []
    for relation in every(element, "entryRelationship"):
        inner = first(relation, "substanceAdministration")
        if inner is None:
            continue
        step = Fact(kind="drug", origin="coded")
        _times(step, inner, context)
        _dose(step, inner)
        dose = f"{step.dose:g} {step.dose_unit or ''}".strip() if step.dose is not None else None
        lasting = f"pendant {step.duration}" if step.duration and "pendant" not in (step.frequency or "") else None
        told = " ".join(part for part in (dose, step.frequency, lasting) if part)
        if told:
            steps.append(told)
    if steps and fact.frequency is None:
        fact.frequency = " puis ".join(steps)


def _frequency(time: Element, context: Context) -> str | None:
    """The words the narrative has for it, else 'toutes les 6 h', '1 fois par jour', 'au coucher', 'à 08:00'."""
    if xsi_type(time) == "EIVL_TS":
        event = first(time, "event")
        code = event.get("code") if event is not None else None
        return _EVENTS.get(code, code) if code else None
    period = first(time, "period")
    if period is not None and period.get("value"):
        found = passage(context, first(period, "translation"))
        if found is not None:
            return found.text
        amount, unit = period.get("value") or "", (period.get("unit") or "").lower()
        if amount == "1" and unit in _NAMES:
            return f"1 fois par {_NAMES[unit]}"
        return f"{'tous' if unit in ('d', 'j', 'mo', 'a') else 'toutes'} les {_amount(amount, unit)}"
    moment = time_of(first(time, "phase", "low"))
    return f"à {moment[11:16]}" if moment and len(moment) > 11 else None


def _amount(value: str | None, unit: str | None) -> str:
    name = _NAMES.get((unit or "").lower(), unit or "")
    plural = name in ("jour", "semaine", "an") and number(value) not in (None, 1)
    return f"{value} {name}{'s' if plural else ''}".strip()


def _route(element: Element, context: Context) -> str | None:
    route = first(element, "routeCode")
    if route is None:
        return None
    found = passage(context, route)
    return route.get("displayName") or (found.text if found is not None else None) or route.get("code")


def _strength(material: Element | None) -> str | None:
    """'500 mg', or '500 mg/5 mL': the quantity of the one active ingredient (pharmacy extension's namespace)."""
    if material is None:
        return None
    quantities = [
        quantity
        for ingredient in material.iterchildren()
        if local(ingredient) == "ingredient"
        for quantity in ingredient.iterchildren()
        if local(quantity) == "quantity"
    ]
    if len(quantities) != 1:
        return None
    parts = [
        " ".join(word for word in (part.get("value"), part.get("unit")) if word)
        for part in quantities[0].iterchildren()
        if local(part) in ("numerator", "denominator")
    ]
    return "/".join(part for part in parts if part and part != "1") or None


def _dose(fact: Fact, element: Element) -> None:
    """doseQuantity: a value, or the low bound when it is an interval; the unit as written."""
    amount = first(element, "doseQuantity")
    if amount is None:
        return
    bounds = [amount, first(amount, "low"), first(amount, "high")]
    for bound in bounds:
        if bound is not None and number(bound.get("value")) is not None:
            fact.dose, fact.dose_unit = number(bound.get("value")), bound.get("unit")
            return
