"""The establishment behind a document, and how much of it may be shown.

Belongs here: FINESS or not, department, when a name may stay. Does not belong here: patients, authors, masking.

A FINESS is public and names an establishment. A custodian may also be a doctor in practice, known by SIREN or SIRET
and called by the doctor's name: masking has then put a keyed pseudonym in its place, and the name goes altogether.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from limpide.document import CareSite

_FINESS = re.compile(r"1?(\d[\dAB]\d{7})")
_PERSONAL = re.compile(r"\[|\b(dr|docteur|pr|professeur|cabinet|mme|madame|m\.|monsieur|scm|selarl)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Site:
    """Key (FINESS or pseudonym), name where it is an establishment's, department where the FINESS gives it."""

    key: str | None = None
    name: str | None = None
    state: str | None = None


def site(place: CareSite) -> Site:
    """The care site of a masked header. The first two characters of a FINESS are its department's."""
    written = (place.finess or "").strip()
    match = _FINESS.fullmatch(written)
    if not match:
        return Site(written[:32] or None)
    name = place.name[:255] if place.name and not _PERSONAL.search(place.name) else None
    # 97 and 98 are overseas and need a third digit to name a department.
    return Site(match[1], name, match[1][:2] if match[1][:2] not in ("97", "98", "99") else None)
