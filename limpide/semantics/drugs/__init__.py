"""Drugs in text: which mentions are treatments, how they are taken, what becomes of them.

Belongs here: doses and schedules (items.py, regimen.py, posology.py), the status of a treatment (status.py,
conciliation.py), mentions that are no exposure (exposure.py). Does not belong here: names and codes of drugs
(lexicon/terms, terms/).
"""

from __future__ import annotations

from limpide.document import Document, Fact
from limpide.french.tokens import Tokens
from limpide.semantics.drugs import codes, conciliation, exposure, posology, status

_LOOSE = ("substance", "generic")  # named, taken by nobody in particular


def read_treatments(tokens: Tokens, facts: list[Fact], document: Document) -> list[Fact]:
    """`facts` in text order, with what is said of each drug written on it, and a fact for each later step of a dose."""
    facts = exposure.taken(tokens, facts, document)
    drugs = [fact for fact in facts if fact.kind == "drug" and fact.start is not None and fact.role not in _LOOSE]
    if not drugs:
        return facts
    others = [fact for fact in facts if fact.kind != "drug"]
    steps = posology.attach(tokens, drugs, others)
    status.find_status(tokens, drugs, steps, document.sections)
    patient = posology.patient_of(others)
    conciliation.reconcile(tokens, drugs, steps, [posology.setting_of(drug, patient) for drug in drugs])
    posology.carry_over(drugs, steps)
    posology.share_brackets(tokens, drugs)
    codes.name_others(drugs)
    later = posology.later_steps(drugs, steps)
    return sorted([*facts, *later], key=lambda fact: (fact.start or 0, fact.end or 0)) if later else facts
