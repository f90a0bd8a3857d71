"""The coded entries of a section: walked once, each handed to the family that knows it.

Belongs here: which entry is which kind of fact (by templateId, formats.md section 4 and 9), and what becomes of the
entries inside it. Does not belong here: the fields of any fact (`statement` and the families).

An observation is tried in this order, because templates overlap: laboratory, vital sign, adverse event, allergy,
problem, family history, then every other observation; in documents of other countries its section tells what no
template does. Reactions, reasons of a treatment, subordinate dosages and
pointers to prescription items describe another entry: they give no fact of their own. A problem or an allergy that
stands deeper inside a treatment (under a concern), or is the reason of a supply, is one of the patient's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from limpide.readers.cda import clinical, procedures, products, results
from limpide.readers.cda.statement import Context, Section
from limpide.readers.cda.templates import (
    ADVERSE_EVENT,
    ALLERGY,
    BATTERY,
    DEVICE_SUPPLY,
    DISPENSE,
    FAMILY,
    FRENCH,
    IMAGING_PRODUCT,
    IMAGING_TECHNIQUE,
    IMMUNIZATION,
    LAB,
    OTHER_PROCEDURE,
    PROBLEM,
    PROBLEM_SECTIONS,
    PROCEDURE,
    PROCEDURE_SECTIONS,
    RECOMMENDED_VACCINE,
    RESULT_SECTIONS,
    SPECIMEN,
    SUBORDINATE,
    TREATMENT,
    VACCINE_SECTIONS,
    VITAL,
    VITAL_SECTIONS,
)
from limpide.readers.cda.xml import V3, Element, every, first, local, mark, templates, xsi_type

_STATEMENTS = tuple(
    V3 + tag
    for tag in ("observation", "act", "organizer", "substanceAdministration", "procedure", "supply", "encounter")
)
_LINKS = (V3 + "entryRelationship", V3 + "component")


def read_entries(element: Element, section: Section) -> None:
    """Add the facts of every entry of one section element to its document, in document order.

    A section may be about a foetus or a newborn (`subject`), and so are the sections and entries inside it.
    """
    around = (element, *element.iterancestors(V3 + "section"))
    relative = next((found for one in around if (found := _relative(one))), None)
    for rank, entry in enumerate(every(element, "entry"), 1):
        for statement in entry.iterchildren(*_STATEMENTS):
            path = f"(//section)[{section.index + 1}]/entry[{rank}]/{local(statement)}"
            _visit(statement, Context(section=section, path=path, relative=relative))


def _relative(element: Element) -> str | None:
    """Whom an element is about when it is not the patient: HL7 RoleCode (CHILD, NMTH…), 'PRS' where no code says it."""
    subject = first(element, "subject", "relatedSubject")
    if subject is None:
        return None
    code = first(subject, "code")
    written = (code.get("code") or "").strip() if code is not None else ""
    return None if written in ("SELF", "ONESELF") else written or "PRS"


def _visit(element: Element, context: Context) -> None:
    context = replace(context, relative=_relative(element) or context.relative)
    inside = _READERS[element.tag](element, templates(element), context)
    if inside is not None:
        _children(element, inside)


def _children(element: Element, context: Context) -> None:
    for rank, relation in enumerate(element.iterchildren(*_LINKS), 1):
        for statement in relation.iterchildren(*_STATEMENTS):
            link = mark(relation, "typeCode") or "COMP"
            path = f"{context.path}/{local(relation)}[{rank}]/{local(statement)}"
            _visit(statement, replace(context, path=path, link=link, parent=element))


def _observation(element: Element, found: set[str], context: Context) -> Context | None:
    """Reads one observation; returns the context of its children, or None when they are part of it."""
    if found & LAB or (context.inside == "measurement" and context.link == "REFR"):
        results.lab(element, context)
        return replace(context, inside="measurement")
    if found & VITAL:
        results.vital(element, context)
        return replace(context, inside="vital")
    if found & ADVERSE_EVENT:
        clinical.adverse_event(element, context)
        return None
    if found & ALLERGY:
        clinical.allergy(element, context)
        return replace(context, inside="allergy")
    if found & PROBLEM:
        around = local(context.parent) if context.parent is not None else None
        if context.link in ("MFST", "CAUS") or around == "substanceAdministration":
            return None  # a reaction, or why a treatment or a vaccine was given
        clinical.problem(element, context)
        return replace(context, inside="condition")
    if found & FAMILY:
        clinical.family_history(element, context)
        return replace(context, inside="family_history")
    if found & OTHER_PROCEDURE:
        procedures.procedure(element, context)
        return replace(context, inside="procedure")
    if inside := _by_section(element, context):
        return replace(context, inside=inside)
    # Inside a product: the rank of a vaccine, reimbursement, settings of a device.
    if context.inside not in ("condition", "allergy", "family_history", "measurement", "product"):
        clinical.observation(element, context)
    return context


def _by_section(element: Element, context: Context) -> str | None:
    """The kind of an observation that no template tells, by its section: only in documents that are not French.

    The profiles of the CI-SIS always bear their templates, so that there an entry without one is none of these.
    """
    if not _is_foreign(context) or context.inside is not None:
        return None
    code, value = context.section.code, first(element, "value")
    if value is None:
        return None
    if code in VITAL_SECTIONS:
        results.vital(element, context)
        return "vital"
    if code in RESULT_SECTIONS:
        results.lab(element, context)
        return "measurement"
    if code in PROBLEM_SECTIONS and xsi_type(value) in ("CD", "CE"):
        clinical.problem(element, context)
        return "condition"
    return None


def _is_foreign(context: Context) -> bool:
    return not FRENCH.intersection(context.section.document.header.template_ids)


def _act(element: Element, found: set[str], context: Context) -> Context | None:
    if found & OTHER_PROCEDURE:
        procedures.procedure(element, context)
        return replace(context, inside="procedure")
    sample = results.specimen_of(element)
    test_device = results.test_device(element)
    return replace(context, specimen=sample or context.specimen, device=test_device or context.device)


def _organizer(element: Element, found: set[str], context: Context) -> Context | None:
    context = replace(context, time=results.time_in(element) or context.time)
    if found & BATTERY or mark(element, "classCode") in ("BATTERY", "CLUSTER"):
        context = replace(context, specimen=results.specimen_of(element) or context.specimen)
        organism = results.isolate(element, context)
        if organism is not None:
            context = replace(context, specimen=organism)
    return context


def _substance(element: Element, found: set[str], context: Context) -> Context | None:
    vaccine = context.section.code in VACCINE_SECTIONS and context.parent is None and _is_foreign(context)
    if found & (RECOMMENDED_VACCINE | IMMUNIZATION) or vaccine:
        products.immunization(element, context)
        return replace(context, inside="product")
    around = local(context.parent) if context.parent is not None else None
    if found & SUBORDINATE or context.supplied:
        return None  # a dosage of the treatment around, or the prescription item that a dispense points to
    named = products.names_a_product(element)
    if named or (found & (TREATMENT | IMAGING_PRODUCT) and around != "substanceAdministration"):
        products.drug(element, context, "imaging_product" if found & IMAGING_PRODUCT else None)
    return replace(context, inside="product")


def _procedure(element: Element, found: set[str], context: Context) -> Context | None:
    told = found & PROCEDURE or (context.section.code in PROCEDURE_SECTIONS and _is_foreign(context))
    if told and not found & (SPECIMEN | IMAGING_TECHNIQUE):
        procedures.procedure(element, context)
        return replace(context, inside="procedure")
    return context


def _supply(element: Element, found: set[str], context: Context) -> Context | None:
    if found & DISPENSE:
        products.dispense(element, context)
    elif found & DEVICE_SUPPLY:
        products.device(element, context)
    return replace(context, inside="product", supplied=True)


def _encounter(element: Element, found: set[str], context: Context) -> Context | None:
    clinical.encounter(element, context)
    return context


_READERS: dict[str, Callable[[Element, set[str], Context], Context | None]] = {
    V3 + "observation": _observation,
    V3 + "act": _act,
    V3 + "organizer": _organizer,
    V3 + "substanceAdministration": _substance,
    V3 + "procedure": _procedure,
    V3 + "supply": _supply,
    V3 + "encounter": _encounter,
}
