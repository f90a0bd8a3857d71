"""The terms by which a person can be found again without being read: what is hashed under a key, never stored clear.

Belongs here: which traits make a term. Does not belong here: keys, storage (identity/vault/).
"""

from __future__ import annotations

from limpide.document import Identifier, Patient
from limpide.identity.ins import ins_class, judge, normalised, oid, plain_name, traits


def blind_terms(patient: Patient) -> set[str]:
    """What a person may be found by: national identifiers, local identifiers, each family name with given
    name and date."""
    terms = set()
    identifiers = list(patient.identifiers)
    if patient.ins:
        identifiers.append(Identifier(patient.ins, patient.ins_system))
    for identifier in identifiers:
        judged = judge(identifier.value, identifier.system)
        if judged.body:
            terms.add(f"ins\x1f{judged.body}")
        elif ins_class(identifier.system) is None and identifier.value:
            terms.add(f"id\x1f{oid(identifier.system) or ''}\x1f{normalised(identifier.value)}")
    strict = traits(patient)
    for family in filter(None, (strict.family_birth, plain_name(patient.family_used))):
        if strict.given and strict.birth_date:
            terms.add(f"name\x1f{family}\x1f{strict.given}\x1f{strict.birth_date}")
    return terms


def birth_term(patient: Patient) -> str | None:
    """What those born the same day are found by, to be compared; None where the day is not known."""
    day = traits(patient).birth_date
    return f"born\x1f{day}" if len(day) == 10 else None
