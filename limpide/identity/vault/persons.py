"""Who is meant: from what a person or a form states to every key under which the vault knows them.

Belongs here: reading an INS or an IPP as written by hand, following identifiers and merges from key to key.
Does not belong here: pseudonyms (pseudonym.py), what is done to the person found (limpide/rights).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from limpide.document import Identifier, Patient
from limpide.identity.blind import blind_terms
from limpide.identity.ins import judge, normalised, oid
from limpide.identity.vault.identity_map import IdentityMap
from limpide.identity.vault.vault import Vault

_KEY = re.compile(r"[0-9a-f]{64}")


class UnreadablePerson(ValueError):
    """What was given names nobody: neither an INS, nor an identifier with its authority, nor a key. Quotes nothing."""


def stated(written: str) -> Patient:
    """A patient known by one identifier: an INS (13, 15 or 22 characters), or `value@authority` (an IPP and its OID).

    Raises UnreadablePerson; an INS whose key is wrong is refused, since it may be another person's.
    """
    value, _, authority = written.strip().partition("@")
    if authority:
        if not normalised(value) or not oid(authority):
            raise UnreadablePerson("an identifier is written value@authority")
        return Patient(identifiers=[Identifier(value.strip(), authority.strip())])
    judged = judge(value, None)
    if judged.body is None:
        raise UnreadablePerson("neither an INS (13, 15 or 22 characters) nor value@authority")
    if judged.key_ok is False:
        raise UnreadablePerson("the key of this INS is wrong")
    return Patient(ins=normalised(value), identifiers=[])


def identifier_terms(patient: Patient) -> set[str]:
    """What a patient may be found by, names left out: two people may share a name and a date of birth."""
    return blind_terms(replace(patient, family_birth=None, given=[], birth_date=None))


def person_keys(vault: Vault, written: str) -> set[str]:
    """Every key of the person meant: a person key itself, an INS or `value@authority`. Empty when the vault has none.

    Raises UnreadablePerson.
    """
    if _KEY.fullmatch(written.strip()):
        return same_person(vault.identities, {written.strip()}) if vault.identities.seen(written.strip()) else set()
    found = vault.identities.find(stated(written))
    return same_person(vault.identities, found) if found else set()


def same_person(identities: IdentityMap, keys: Iterable[str]) -> set[str]:
    """`keys`, and every key that shares an identifier with them or was merged with them, to the end of the chain."""
    merged = identities.merges()
    found: set[str] = set()
    waiting = set(keys)
    while waiting:
        key = waiting.pop()
        found.add(key)
        linked = {kept for retired, kept in merged.items() if retired == key}
        linked |= {retired for retired, kept in merged.items() if kept == key}
        for seen in identities.seen(key):
            linked |= identities.find(replace(seen.patient, family_birth=None, given=[], birth_date=None))
        waiting |= linked - found
    return found
