"""Retention: documents past the term of their class leave the house, by themselves, every night.

Belongs here: terms, who is past them, their removal. Does not belong here: rewriting files (withdrawal.py).

A term runs from the date a document bears. No class may go past 20 years (CNIL, délibération 2021-118, durées de
conservation). A file leaves the vault when all its documents are past their term; a person of whom no document is left
leaves the identity map. Tombstones stay in the ledger, as after an erasure.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.erasure import tombstones
from limpide.rights.holdings import Belongings
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.snapshots.withdrawal import withdraw

MOST_YEARS = 20
ENV = "LIMPIDE_RETENTION"
_SHIPPED = Path(__file__).with_name("retention.yaml")


@dataclass(frozen=True, slots=True)
class Term:
    """One class: the types of document it holds (LOINC) and its years."""

    name: str
    french: str
    types: frozenset[str]
    years: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The classes in order, then everything else."""

    classes: tuple[Term, ...]
    default: Term

    def of(self, type_code: str | None) -> Term:
        """The class of a document."""
        return next((term for term in self.classes if type_code in term.types), self.default)


@dataclass(slots=True)
class Retained:
    """What is past its term, or what was removed: documents by class; `files` of the vault, `persons` left with
    nothing."""

    documents: dict[str, int] = field(default_factory=dict)
    files: int = 0
    persons: int = 0


def terms(path: Path | None = None) -> Terms:
    """The terms in force: `path`, else the file of LIMPIDE_RETENTION, else ours.

    Raises ValueError for anything but whole years, 1 to 20.
    """
    import yaml

    said = yaml.safe_load((path or Path(os.environ.get(ENV) or _SHIPPED)).read_text("utf-8"))
    classes = tuple(
        Term(c["name"], c.get("french", c["name"]), frozenset(map(str, c["types"])), _years(c["years"]))
        for c in said.get("classes") or ()
    )
    return Terms(classes, Term("other", "Autres documents", frozenset(), _years(said["default_years"])))


def _years(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MOST_YEARS:
        raise ValueError(f"a document is kept 1 to {MOST_YEARS} years, not {value}")
    return value


def past_term(ledger: Ledger, today: date, kept: Terms) -> dict[str, str]:
    """Documents past their term: the name of their class by document key."""
    # Nothing younger than the shortest term is even looked at.
    shortest = min(term.years for term in (*kept.classes, kept.default))
    rows = ledger.db.execute(
        "SELECT document_key, type_code, coalesce(substr(effective_time, 1, 10), night) AS day FROM documents "
        "WHERE outcome != 'erased' AND coalesce(substr(effective_time, 1, 10), night) <= ? ORDER BY 1",
        (_years_before(today, shortest).isoformat(),),
    )
    out = {}
    for row in rows:
        term = kept.of(row["type_code"])
        if row["day"] <= _years_before(today, term.years).isoformat():
            out[row["document_key"]] = term.name
    return out


def _years_before(today: date, years: int) -> date:
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February
        return today.replace(year=today.year - years, day=28)


def retain(layout: Layout, today: date, *, dry_run: bool = False, kept: Terms | None = None) -> Retained:
    """Remove what is past its term, or only count it. Raises `Busy`, ValueError for terms that may not be."""
    chosen = kept or terms()
    with layout.locked(), opened(layout) as ledger:
        past = past_term(ledger, today, chosen)
        done = Retained()
        for name in past.values():
            done.documents[name] = done.documents.get(name, 0) + 1
        files, people = _left_empty(ledger, set(past))
        done.files, done.persons = len(files), len(people)
        if dry_run or not past:
            return done
        vault = Vault(layout.vault, create=False)
        withdraw(layout, ledger, past, outcome=None)
        for digest in sorted(set(files.values()) - {""}):
            vault.delete(digest)
        tombstones(ledger, Belongings(keys=people, documents=set(past), files=files))
        vault.identities.forget_documents(set(past) | {document_key(file, 0) for file in files})
        for key in sorted(people):
            vault.identities.forget(key)
        Audit(vault).record("retention", documents=done.documents, files=done.files, persons=done.persons)
        vault.close()
    return done


def _left_empty(ledger: Ledger, past: set[str]) -> tuple[dict[str, str], set[str]]:
    """Files (sha256 by key) and persons of whom no document stays. Bytes another file still holds stay."""
    db = ledger.db
    files: dict[str, str] = {}
    people: set[str] = set()
    for key in past:
        row = db.execute("SELECT file_key, person_key FROM documents WHERE document_key = ?", (key,)).fetchone()
        held = db.execute("SELECT document_key FROM documents WHERE file_key = ?", (row["file_key"],)).fetchall()
        if all(other[0] in past for other in held):
            files[row["file_key"]] = ""
        if row["person_key"]:
            theirs = db.execute("SELECT document_key FROM documents WHERE person_key = ?", (row["person_key"],))
            if all(other[0] in past for other in theirs.fetchall()):
                people.add(row["person_key"])
    for file in files:
        row = db.execute("SELECT sha256 FROM files WHERE file_key = ?", (file,)).fetchone()
        digest = row["sha256"] if row else ""
        others = {r[0] for r in db.execute("SELECT file_key FROM files WHERE sha256 = ?", (digest,)).fetchall()}
        files[file] = digest if others <= set(files) else ""
    return files, people
