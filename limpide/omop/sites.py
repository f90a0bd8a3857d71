"""The establishment behind a document, and how much of it may be shown.

Belongs here: FINESS or not, department, when a name may stay. Does not belong here: patients, authors.

A FINESS is public and names an establishment. A custodian may also be a doctor in practice, known by SIREN or SIRET
and called by the doctor's name: then only a keyed pseudonym stays. Prefixes 1 (FINESS), 2 (SIREN), 3 (SIRET):
CI-SIS, structure identifiers; samples also write bare nine characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from limpide.document import Header
from limpide.identity.pseudonym import keyed

_FINESS = re.compile(r"1?(\d[\dAB]\d{7})")
_PERSONAL = re.compile(r"\b(dr|docteur|pr|professeur|cabinet|mme|madame|m\.|monsieur|scm|selarl)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Site:
    """Key (FINESS or pseudonym), name where it is an establishment's, department where the FINESS gives it."""

    key: str | None
    name: str | None
    state: str | None


def site(header: Header, secret: bytes) -> Site:
    """The de-identified care site of a header."""
    written = (header.care_site.finess or "").strip()
    match = _FINESS.fullmatch(written) if len(written) in (9, 10) else None
    if match:
        # The first two characters of a FINESS are the department's; overseas ones are not two digits and stay unsaid.
        state = match[1][:2] if match[1][:2] != "97" and not match[1].startswith("9A") else None
        return Site(match[1], public_name(header), state)
    if written:
        return Site(keyed(written, "care_site", secret)[:32], None, None)
    return Site(None, None, None)


def public_name(header: Header) -> str | None:
    """The establishment's name, unless it is a practice's or holds the name of somebody in the header."""
    name = header.care_site.name
    if not name or _PERSONAL.search(name):
        return None
    patient = header.patient
    people = [patient.family_birth, patient.family_used, *patient.given, *header.people]
    people += [part for author in header.authors for part in (author.family, author.given)]
    named = {word.casefold() for person in people if person for word in _WORD.findall(person)}
    if named & {word.casefold() for word in _WORD.findall(name)}:
        return None
    return name[:255]
