"""What a partition is made from: the files of a night and a source, and the hash of all that decides their rows.

Belongs here: which files are read, which only teach, which are exact copies. Does not belong here: reading them
(structuring.py), receiving them (ingest.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from hashlib import sha256
from itertools import filterfalse
from pathlib import Path
from typing import Any

import limpide
from limpide.deidentification.surrogates import configured
from limpide.document import Patient
from limpide.identity.vault.vault import Vault
from limpide.readers.tables import Table
from limpide.warehouse import vocabulary
from limpide.warehouse.lake.files import canonical, sha256_of
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.night import letterheads
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.night.worker import Reference
from limpide.warehouse.retention_terms import shipped, terms
from limpide.warehouse.sources import Declaration, Source, declaration

# Packages whose code and data decide what rows a document gives.
_DECIDING = ("french", "lexicon", "readers", "semantics", "identity", "deidentification", "omop")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The files of one night × source. `admitted` are read, `refused` come from nobody declared, `duplicates` (keys)
    have bytes that arrived before; `teachers` show the source's furniture; `inputs` is the hash of all that decides
    its rows."""

    admitted: list[Reference]
    refused: list[Reference]
    duplicates: list[str]
    teachers: list[Reference]
    inputs: str
    tables: tuple[Table, ...] = ()
    attached: dict[str, Patient] = field(default_factory=dict)  # whose a person said that documents of it are

    @property
    def received(self) -> int:
        """Files, all of them."""
        return len(self.admitted) + len(self.refused) + len(self.duplicates)


def of(layout: Layout, vault: Vault, ledger: Ledger, night: date, source: str, version: str) -> Arrivals:
    """The files of a night and a source as the ledger knows them. `version`: of the engine."""
    declared = declaration(layout)

    def admits(file: Reference) -> bool:
        return declared is None or declared.admits(source, file.format)

    files, duplicates = _files(ledger, night, source, declared)
    admitted, refused = list(filter(admits, files)), list(filterfalse(admits, files))
    teachers = letterheads.teachers(list(filter(admits, _arrived(ledger, night, source))))
    # Persons may have decided on its documents; some of the teachers may count as duplicates elsewhere.
    decided = vault.identities.decisions()
    made_from: list[Any] = [_made_by(), vocabulary.identity(), version, [file.file_key for file in files]]
    if theirs := sorted(set(decided) & set(documents_of(ledger, night, source))):
        made_from.append([(key, decided[key]) for key in theirs])
    if (masks := configured()) != ("types", "kept"):
        made_from.append({"masks": masks})
    if (kept := terms().written()) != shipped().written():
        made_from.append({"terms": kept})
    said = declared.of(source) if declared else Source(source)
    if said.says() != Source(source).says():
        made_from.append({"declared": said.says()})
        admitted = [_beside(vault, said, file) for file in admitted]
        made_from.append({"index": [(file.file_key, file.said) for file in admitted if file.said]})
    every = vault.identities.attached()
    attached = {key: every[key] for key in documents_of(ledger, night, source) if key in every} if every else {}
    if attached:
        made_from.append({"attached": [(key, vault.identities.version(one).hex()) for key, one in attached.items()]})
    if refused:
        made_from.append({"undeclared": [file.file_key for file in refused]})
    if teachers:
        made_from.append({"taught by": [file.sha256 for file in teachers]})
    tables = declared.tables(source) if declared else ()
    if tables:
        made_from.append({"tables": repr(tables)})
    return Arrivals(admitted, refused, duplicates, teachers, sha256(canonical(made_from)).hexdigest(), tables, attached)


def _beside(vault: Vault, said: Source, file: Reference) -> Reference:
    """A file with what its name and its source's index say of it, where the source declares that they do."""
    path = vault.identities.path(document_key(file.file_key, 0)) if said.names else None
    row = vault.identities.said(file.file_key) if said.index else None
    return replace(file, path=path, said=tuple(sorted((row or {}).items())))


def count(ledger: Ledger, night: date, sources: Sequence[str]) -> int:
    """How many files arrived."""
    asked = "SELECT count(*) FROM files WHERE night = ? AND source = ? AND sha256 != ''"
    return sum(ledger.db.execute(asked, (night.isoformat(), source)).fetchone()[0] for source in sources)


def engine_version(name: str) -> str:
    """The name and version of an engine. Raises KeyError."""
    from limpide.semantics.engine import load_engine

    engine = load_engine(name)
    return f"{engine.name} {engine.version}"


def _files(ledger: Ledger, night: date, source: str, declared: Declaration | None) -> tuple[list[Reference], list[str]]:
    """Files to read, in order of key, and keys of those whose bytes arrived before: the first arrival counts.

    An arrival from a source that nobody declared was not read, and makes no duplicate of a later one.
    """
    place = (night.isoformat(), source)
    rows = ledger.db.execute(
        "SELECT f.file_key, f.sha256, f.format, f.size, EXISTS (SELECT 1 FROM files o WHERE o.sha256 = f.sha256 "
        "AND o.size > 0 AND (o.night, o.source, o.file_key) < (f.night, f.source, f.file_key)) AS again "
        "FROM files f WHERE f.night = ? AND f.source = ? AND f.sha256 != '' AND NOT (EXISTS (SELECT 1 FROM documents d "
        "WHERE d.file_key = f.file_key AND d.outcome = 'expired') AND NOT EXISTS (SELECT 1 FROM documents d "
        "WHERE d.file_key = f.file_key AND d.outcome != 'expired')) ORDER BY f.file_key",
        place,
    ).fetchall()
    again = {r["file_key"] for r in rows if r["again"] and (declared is None or _admitted(ledger, r, declared, place))}
    fresh = [Reference(r["file_key"], r["sha256"], r["format"], r["size"]) for r in rows if r["file_key"] not in again]
    return fresh, sorted(again)


def _arrived(ledger: Ledger, night: date, source: str) -> list[Reference]:
    """Every file of the night, those whose bytes came on another night too: what the pages of a source have
    in common must not depend on which nights were loaded before."""
    rows = ledger.db.execute(
        "SELECT file_key, sha256, format, size FROM files WHERE night = ? AND source = ? AND sha256 != '' "
        "ORDER BY file_key",
        (night.isoformat(), source),
    )
    return [Reference(*row) for row in rows]


def _admitted(ledger: Ledger, row: Any, declared: Declaration, place: tuple[str, str]) -> bool:
    """Whether the same bytes arrived before from a source that may send them."""
    earlier = ledger.db.execute(
        "SELECT source, format FROM files WHERE sha256 = ? AND (night, source, file_key) < (?, ?, ?)",
        (row["sha256"], *place, row["file_key"]),
    )
    return any(declared.admits(other["source"], other["format"]) for other in earlier)


def documents_of(ledger: Ledger, night: date, source: str) -> list[str]:
    """Keys of the documents that the ledger knows of a night and a source, in order."""
    place = (night.isoformat(), source)
    rows = ledger.db.execute("SELECT document_key FROM documents WHERE night = ? AND source = ? ORDER BY 1", place)
    return [row[0] for row in rows]


@cache
def _made_by() -> str:
    """The hash of all that decides rows: a night run again after a reader was mended is read again."""
    root = Path(limpide.__file__).parent
    digest = sha256((root / "document.py").read_bytes() + (root / "formats.py").read_bytes())
    for alone in (
        "night/worker.py",
        "night/date_doubts.py",
        "night/source_says.py",
        "sources.py",
        "retention_terms.py",
        "retention.yaml",
    ):
        digest.update((root / "warehouse" / alone).read_bytes())
    for package in _DECIDING:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0{sha256_of(path)}".encode())
    return digest.hexdigest()
