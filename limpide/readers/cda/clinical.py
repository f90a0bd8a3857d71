"""Problems, allergies, family history, adverse events, encounters and every other coded observation.

Belongs here: what is said of the patient's state. Does not belong here: measurements, products, acts.
"""

from __future__ import annotations

from limpide.document import Code
from limpide.readers.cda.results import named, put_value
from limpide.readers.cda.statement import ABSENT, Context, add, fact_of, passage, put_codes, qualifier, told
from limpide.readers.cda.templates import CERTAINTY, SEVERITY, STATUS
from limpide.readers.cda.values import codes_of
from limpide.readers.cda.xml import Element, every, first, local, mark, words


def problem(element: Element, context: Context) -> None:
    """A problem: value and translations; clinical status, certainty and severity from the observations inside."""
    value, kind = first(element, "value"), first(element, "code")
    fact = fact_of("condition", element, context, value)
    put_codes(fact, value)
    if fact.text is None and fact.code is None and fact.display is None and kind is not None:
        fact.text = kind.get("displayName")  # all that the entry says: 'problème', 'symptôme'
    fact.status = told(context, qualifier(element, "33999-4", STATUS)) or _concern_status(context) or fact.status
    fact.certainty = told(context, qualifier(element, "66455-7", CERTAINTY))
    fact.severity = told(context, qualifier(element, "SEV", SEVERITY))
    add(fact, context)


def _concern_status(context: Context) -> str | None:
    if context.parent is None or local(context.parent) != "act":
        return None
    status = first(context.parent, "statusCode")
    return status.get("code") if status is not None else None


def allergy(element: Element, context: Context) -> None:
    """An allergy: its agent first, then the codes of its value; reactions: value_code the first, value_text all.

    'No known allergy' is a value under a misleading type: it is read from the value and marked negated, which no
    negationInd says.
    """
    value = first(element, "value")
    entities = [
        entity
        for participant in every(element, "participant")
        if mark(participant, "typeCode") == "CSM"
        and (entity := first(participant, "participantRole", "playingEntity")) is not None
    ]
    agents = [agent for entity in entities if (agent := first(entity, "code")) is not None]
    fact = fact_of("allergy", element, context, *agents, value)
    put_codes(fact, *agents, value)
    if fact.text is None and fact.display is None:
        fact.text = next((name for entity in entities if (name := words(first(entity, "name")))), None)
    fact.status = told(context, qualifier(element, "33999-4", STATUS)) or _concern_status(context) or fact.status
    fact.certainty = told(context, qualifier(element, "66455-7", CERTAINTY))
    fact.severity = told(context, qualifier(element, "SEV", SEVERITY))
    if fact.system == ABSENT and fact.code is not None and fact.code.startswith("no-known"):
        fact.negated = True
    reactions: list[Code] = []
    texts: list[str] = []
    for relation in every(element, "entryRelationship"):
        if mark(relation, "typeCode") != "MFST":
            continue
        reaction = first(relation, "observation", "value")
        codes = codes_of(reaction)
        reactions += codes[:1]
        found = passage(context, reaction)
        if found is not None:
            texts.append(found.text)
        elif codes and codes[0].display:
            texts.append(codes[0].display)
    fact.value_code = reactions[0] if reactions else None
    fact.value_text = " ; ".join(texts) or None
    add(fact, context)


def family_history(element: Element, context: Context) -> None:
    """A relative's problem: never a condition of the patient."""
    value = first(element, "value")
    fact = fact_of("family_history", element, context, value)
    put_codes(fact, value)
    fact.family = True
    add(fact, context)


def adverse_event(element: Element, context: Context) -> None:
    """An adverse event; the drug that caused it is told in its translations, it is no treatment."""
    value = first(element, "value")
    fact = fact_of("observation", element, context, value)
    put_codes(fact, value, first(element, "code"))
    fact.role = "adverse_event"
    add(fact, context)


def observation(element: Element, context: Context) -> None:
    """Any other coded observation (social history, pregnancy, directives, scores...) that says something."""
    code = first(element, "code")
    fact = fact_of("observation", element, context, code)
    put_codes(fact, code)
    put_value(fact, first(element, "value"), context)
    if fact.code is None:  # named by words alone: kept when it measures something
        fact.display = fact.display or named(code, context)
        if fact.value is None or not fact.display:
            return
    if fact.value is None and fact.value_text is None and fact.value_code is None:
        return
    interpretation = first(element, "interpretationCode")
    fact.flag = interpretation.get("code") if interpretation is not None else None
    add(fact, context)


def encounter(element: Element, context: Context) -> None:
    """An encounter that took place (EVN) or is asked for (ARQ, PRMS, INT)."""
    code = first(element, "code")
    fact = fact_of("encounter", element, context, code)
    put_codes(fact, code)
    add(fact, context)
