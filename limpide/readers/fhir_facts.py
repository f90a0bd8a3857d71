"""FHIR R4 clinical resources as coded facts, each with the line of text that shows it.

Belongs here: one function per resource type (FR Core, ePrescription, DMI traceability, remote monitoring).
Does not belong here: bundles, documents, attachments (fhir.py).

`entered-in-error` and cancelled resources state nothing and give no fact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from limpide.document import Code, Fact, Kind
from limpide.readers.fhir_values import Json, Library, codings, items, label, number, text_of, when
from limpide.readers.laterality import side_of

_NOTHING_STATED = {"entered-in-error", "cancelled"}
_RENDERED = "extension-MedicationRequest.renderedDosageInstruction"
# LOINC codes of vital signs (formats.md section 4), for senders that give no category.
_VITALS = {"29463-7", "8302-2", "8287-5", "39156-5", "8480-6", "8462-4", "8867-4", "8310-5", "2708-6", "20564-1"}
_VITALS |= {"9279-1", "59408-5", "85354-9", "9271-8", "9272-6", "9274-2"}
_PERIODS = {"s": "seconde", "min": "minute", "h": "heure", "d": "jour", "wk": "semaine", "mo": "mois", "a": "an"}

Line = tuple[Fact, str]


def facts_of(resource: Json, library: Library) -> list[Line]:
    """The facts a resource states, each with its line of text; none for administrative resources."""
    reader = _READERS.get(str(resource.get("resourceType")))
    if reader is None or resource.get("status") in _NOTHING_STATED:
        return []
    if any(c.code == "entered-in-error" for c in codings(resource.get("verificationStatus"))):
        return []
    lines = [(f, line) for f, line in reader(resource, library) if f.code or f.display or f.udi or f.lot or f.serial]
    side = side_of(code for site in items(resource, "bodySite") for code in codings(site)) if lines else None
    path = f"{resource.get('resourceType')}/{resource.get('id') or '?'}"
    for fact, _ in lines:
        fact.side = fact.side or side
        fact.entry = path if fact.entry is None else f"{path}/{fact.entry}"
    return lines


def _fact(kind: Kind, concept: Any, **more: Any) -> Fact:
    codes = codings(concept)
    first = codes[0] if codes else Code("")
    return Fact(
        kind=kind,
        origin="coded",
        code=first.code or None,
        system=first.system,
        display=first.display or label(concept),
        translations=codes[1:],
        **more,
    )


def _quantity(node: Any) -> tuple[float | None, str | None, str | None]:
    """Value, unit as written (else its code), comparator."""
    value = number(node.get("value")) if isinstance(node, dict) else None
    return value, text_of(node, "unit") or text_of(node, "code"), text_of(node, "comparator")


def _show(value: float | None) -> str:
    return "" if value is None else f"{value:g}".replace(".", ",")


def _product(reference: Any, owner: Json, library: Library) -> Json | None:
    """The medicine or substance referred to; '#med' written for 'Medication/med' too: a product is nobody's."""
    found = library.find(reference, owner)
    written = text_of(reference, "reference") or ""
    if found is None and written.startswith("#"):
        known = [*library.all("Medication", owner), *library.all("Substance", owner)]
        named = [one for one in known if one.get("id") == written[1:]]
        return named[0] if len(named) == 1 else None
    return found


def _medication(resource: Json, library: Library) -> list[Line]:
    concept = resource.get("medicationCodeableConcept")
    parts: list[Code] = []
    strengths: list[str] = []
    if concept is None:
        product = _product(resource.get("medicationReference"), resource, library) or {}
        if product.get("resourceType") != "Medication":
            # A broken reference beside the only Medication of the bundle can mean nothing else.
            known = library.all("Medication", resource)
            product = known[0] if len(known) == 1 else {}
        concept = product.get("code") or {}
        parts, strengths = _ingredients(product, library)
        if not label(concept) and parts:
            # A compounded medicine has no code of its own: it is called by what it is made of.
            concept = {**concept, "text": " + ".join(dict.fromkeys(c.display for c in parts if c.display))}
    kind = resource.get("resourceType")
    start, end = when(resource, "effective", "whenHandedOver", "authoredOn")
    fact = _fact("drug", concept, time_start=start, time_end=end, status=text_of(resource, "status"))
    if fact.code is None and parts:
        fact.code, fact.system = parts[0].code, parts[0].system
        fact.display = fact.display or parts[0].display
    fact.translations += [c for c in parts if c.code != fact.code]
    # A prescription or an order is not an intake (formats.md section 4: moodCode INT).
    fact.planned = kind == "MedicationRequest"
    fact.negated = resource.get("doNotPerform") is True or resource.get("status") in ("not-taken", "not-done")
    fact.strength = " + ".join(strengths) or None
    dosages = items(resource, "dosageInstruction") + items(resource, "dosage")
    _dosage(fact, dosages)
    for extension in items(resource, "extension"):
        if str(extension.get("url", "")).endswith(_RENDERED):
            fact.frequency = text_of(extension, "valueMarkdown") or fact.frequency
    for dispense in items(resource, "dispenseRequest") or [resource]:
        fact.quantity = _quantity(dispense.get("quantity"))[0]
    name = " ".join(filter(None, (fact.display or fact.code, fact.strength)))
    return [(fact, f"{name} : {fact.frequency}" if fact.frequency else name)]


def _ingredients(product: Json, library: Library) -> tuple[list[Code], list[str]]:
    """Codes and strengths of what a Medication is made of; the vehicle of an infusion is not a drug."""
    codes: list[Code] = []
    strengths: list[str] = []
    for part in items(product, "ingredient"):
        if any(
            str(e.get("url", "")).endswith("fr-is-vehicle") and e.get("valueBoolean") for e in items(part, "extension")
        ):
            continue
        inner = _product(part.get("itemReference"), product, library)
        codes += codings(part.get("itemCodeableConcept")) or codings((inner or {}).get("code"))
        for ratio in items(part, "strength"):
            (value, unit, _), (per, below, _) = (_quantity(ratio.get(k)) for k in ("numerator", "denominator"))
            if value is not None:
                share = f"/{_show(per) if per != 1 else ''}{below}" if per and below else ""
                strengths.append(f"{_show(value)} {unit or ''}{share}".strip())
    return codes, strengths


def _dosage(fact: Fact, dosages: list[Json]) -> None:
    said: list[str] = []
    for dosage in dosages:
        for rate in items(dosage, "doseAndRate"):
            dose = rate.get("doseQuantity") or (items(rate, "doseRange") or [{}])[0].get("low")
            value, unit, _ = _quantity(dose)
            if fact.dose is None and value is not None:
                fact.dose, fact.dose_unit = value, unit
        fact.route = fact.route or label(dosage.get("route"))
        fact.conditional = (
            fact.conditional or dosage.get("asNeededBoolean") is True or "asNeededCodeableConcept" in dosage
        )
        repeat = (items(dosage.get("timing"), "repeat") or [{}])[0]
        for bounds in items(repeat, "boundsDuration"):
            value, unit, _ = _quantity(bounds)
            fact.duration = fact.duration or f"{_show(value)} {unit or ''}".strip()
        said.append(text_of(dosage, "text") or _rhythm(repeat))
    fact.frequency = " ; ".join(filter(None, said)) or None


def _rhythm(repeat: Json) -> str:
    """A FHIR timing in French: '1 fois par 12 heure'."""
    times, period, unit = (repeat.get(k) for k in ("frequency", "period", "periodUnit"))
    if times is None or period is None:
        moments = repeat.get("when") or repeat.get("timeOfDay")
        return ", ".join(str(m) for m in moments) if isinstance(moments, list) else ""
    every = f"{_show(number(period))} " if period != 1 else ""
    return f"{times} fois par {every}{_PERIODS.get(str(unit), unit)}"


def _observation(resource: Json, library: Library) -> list[Line]:
    start, end = when(resource, "effective", "issued")
    category = {c.code for concept in items(resource, "category") for c in codings(concept)}
    found: list[Line] = []
    components = items(resource, "component")
    for index, node in enumerate([resource, *components]):
        concept = node.get("code")
        has_value = any(key.startswith("value") for key in node)
        if node is resource and not has_value and components:
            continue
        codes = {c.code for c in codings(concept)}
        if "vital-signs" in category or codes & _VITALS:
            kind: Kind = "vital"
        elif "laboratory" in category or any(k in node for k in ("valueQuantity", "valueInteger", "valueRange")):
            kind = "measurement"
        else:
            kind = "observation"
        fact = _fact(kind, concept, time_start=start, time_end=end, status=text_of(resource, "status"))
        if index:
            fact.entry = f"component[{index}]"
        shown = _value(fact, node)
        for span in items(node, "referenceRange"):
            fact.range_low, fact.range_high = _quantity(span.get("low"))[0], _quantity(span.get("high"))[0]
            break
        flags = [c.code for concept in items(node, "interpretation") for c in codings(concept)]
        fact.flag = flags[0] if flags else None
        if index == 0 or (node is components[0] and not found):  # what is noted on the whole is told once
            fact.comment = _notes(resource)
        fact.specimen = _specimen(resource, library)
        found.append((fact, f"{fact.display or fact.code} : {shown}"))
    return found


def _notes(resource: Json) -> str | None:
    """What its author noted on a resource (Annotation), outside any code."""
    return "\n".join(text for note in items(resource, "note") if (text := text_of(note, "text"))) or None


def _specimen(resource: Json, library: Library) -> str | None:
    specimen = library.find(resource.get("specimen"), resource)
    return label(specimen.get("type")) if specimen else None


def words_of(resource: Json) -> str | None:
    """Words of a resource that states nothing coded: the conclusion of a report, the summary of an impression."""
    if resource.get("status") in _NOTHING_STATED:
        return None
    kind = resource.get("resourceType")
    return text_of(resource, "conclusion" if kind == "DiagnosticReport" else "summary") if kind in WORDED else None


def _encounter(resource: Json, library: Library) -> list[Line]:
    start, end = when(resource, "period")
    kinds = [c for one in items(resource, "type") for c in codings(one)]
    node = resource.get("class")
    klass = text_of(node, "code")
    fact = Fact("encounter", "coded", code=kinds[0].code if kinds else klass, time_start=start, time_end=end)
    fact.system = kinds[0].system if kinds else "2.16.840.1.113883.5.4"
    name = next((label(one) for one in items(resource, "type") if label(one)), None) or text_of(node, "display")
    fact.display, fact.status = name or klass, text_of(resource, "status")
    fact.planned = resource.get("status") in ("planned", "arrived", "triaged") and end is None
    days = [f"{word} {day[:10]}" for word, day in (("du", start), ("au", end)) if day]
    return [(fact, " ".join(("Séjour :", fact.display or "", *days)).strip())]


def _value(fact: Fact, node: Json) -> str:
    if isinstance(node.get("valueQuantity"), dict):
        fact.value, fact.unit, fact.comparator = _quantity(node["valueQuantity"])
        return " ".join(filter(None, (fact.comparator, _show(fact.value), fact.unit)))
    if isinstance(node.get("valueCodeableConcept"), dict):
        codes = codings(node["valueCodeableConcept"])
        fact.value_code = codes[0] if codes else None
        fact.value_text = label(node["valueCodeableConcept"])
        return fact.value_text or (fact.value_code.code if fact.value_code else "")
    if (whole := number(node.get("valueInteger"))) is not None:
        fact.value = whole
        return _show(whole)
    if isinstance(node.get("valueRange"), dict):
        low, high = (_quantity(node["valueRange"].get(bound)) for bound in ("low", "high"))
        fact.unit = low[1] or high[1]
        fact.value_text = " - ".join(_show(value) for value, _, _ in (low, high) if value is not None) or None
        return " ".join(filter(None, (fact.value_text, fact.unit)))
    if isinstance(node.get("valueRatio"), dict):
        parts = (_quantity(node["valueRatio"].get(part)) for part in ("numerator", "denominator"))
        fact.value_text = ":".join(f"{_show(value)} {unit or ''}".strip() for value, unit, _ in parts) or None
        return fact.value_text or ""
    if isinstance(node.get("valuePeriod"), dict):
        fact.value_text = " - ".join(filter(None, when(node, "value"))) or None
        return fact.value_text or ""
    for name in ("valueString", "valueDateTime", "valueTime"):
        if text := text_of(node, name):
            fact.value_text = text
            return text
    if isinstance(node.get("valueBoolean"), bool):
        fact.value_text = "oui" if node["valueBoolean"] else "non"
        return fact.value_text
    absent = label(node.get("dataAbsentReason"))
    fact.value_text = None
    return absent or ""


def _condition(resource: Json, library: Library) -> list[Line]:
    start, _ = when(resource, "onset")
    end = when(resource, "abatement")[0]
    verified = {c.code for c in codings(resource.get("verificationStatus"))}
    clinical = [c.code for c in codings(resource.get("clinicalStatus"))]
    fact = _fact("condition", resource.get("code"), time_start=start or text_of(resource, "recordedDate"), time_end=end)
    fact.negated = "refuted" in verified
    fact.hypothetical = bool(verified & {"provisional", "differential", "unconfirmed"})
    fact.status = clinical[0] if clinical else None
    fact.history = bool({"resolved", "inactive", "remission"} & set(clinical))
    fact.severity = label(resource.get("severity"))
    return [(fact, fact.display or fact.code or "")]


def _procedure(resource: Json, library: Library) -> list[Line]:
    start, end = when(resource, "performed", "occurrence", "authoredOn")
    fact = _fact("procedure", resource.get("code"), time_start=start, time_end=end, status=text_of(resource, "status"))
    fact.negated = resource.get("status") == "not-done" or resource.get("doNotPerform") is True
    fact.planned = resource.get("resourceType") == "ServiceRequest" or resource.get("status") == "preparation"
    return [(fact, fact.display or fact.code or "")]


def _immunization(resource: Json, library: Library) -> list[Line]:
    found: list[Line] = []
    for node in items(resource, "recommendation") or [resource]:
        concepts = items(node, "vaccineCode")
        fact = _fact("immunization", concepts[0] if concepts else None, status=text_of(resource, "status"))
        fact.time_start = when(resource, "occurrence", "date")[0]
        fact.negated = resource.get("status") == "not-done"
        fact.planned = node is not resource
        fact.lot = text_of(resource, "lotNumber")
        fact.route = label(resource.get("route"))
        fact.dose, fact.dose_unit, _ = _quantity(resource.get("doseQuantity"))
        found.append((fact, f"Vaccin : {fact.display or fact.code or ''}"))
    return found


def _allergy(resource: Json, library: Library) -> list[Line]:
    fact = _fact("allergy", resource.get("code"))
    fact.time_start = when(resource, "onset", "recordedDate")[0]
    verified = {c.code for c in codings(resource.get("verificationStatus"))}
    fact.negated = "refuted" in verified
    fact.hypothetical = "unconfirmed" in verified
    fact.severity = text_of(resource, "criticality")
    return [(fact, f"Allergie : {fact.display or fact.code or ''}")]


def _device(resource: Json, library: Library) -> list[Line]:
    device = resource
    if resource.get("resourceType") in ("DeviceUseStatement", "DeviceUse"):
        device = library.find(resource.get("device"), resource) or {}
    names = [n for d in items(device, "deviceName") if (n := text_of(d, "name"))]
    fact = _fact("device", device.get("type"), status=text_of(resource, "status"))
    fact.display = fact.display or (names[0] if names else None)
    fact.time_start, fact.time_end = when(resource, "timing", "recordedOn")
    for carrier in items(device, "udiCarrier"):
        fact.udi = text_of(carrier, "carrierHRF") or text_of(carrier, "deviceIdentifier")
        break
    fact.lot, fact.serial = text_of(device, "lotNumber"), text_of(device, "serialNumber")
    shown = " ".join(
        filter(
            None,
            (fact.display or fact.code, f"IUD {fact.udi}" if fact.udi else "", f"lot {fact.lot}" if fact.lot else ""),
        )
    )
    return [(fact, f"Dispositif : {shown}")]


def _family(resource: Json, library: Library) -> list[Line]:
    relatives = codings(resource.get("relationship"))
    found: list[Line] = []
    for node in items(resource, "condition"):
        fact = _fact("family_history", node.get("code"), family=True)
        fact.relative = relatives[0].code if relatives else None
        found.append((fact, f"{label(resource.get('relationship')) or 'Famille'} : {fact.display or fact.code or ''}"))
    return found


_READERS: dict[str, Callable[[Json, Library], list[Line]]] = {
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "MedicationAdministration": _medication,
    "MedicationDispense": _medication,
    "Observation": _observation,
    "Condition": _condition,
    "Procedure": _procedure,
    "ServiceRequest": _procedure,
    "Immunization": _immunization,
    "ImmunizationRecommendation": _immunization,
    "AllergyIntolerance": _allergy,
    "Device": _device,
    "DeviceUseStatement": _device,
    "FamilyMemberHistory": _family,
    "Encounter": _encounter,
}
WORDED = frozenset({"DiagnosticReport", "ClinicalImpression"})
CLINICAL = frozenset(_READERS)
