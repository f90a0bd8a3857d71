"""What a worker does with one file: read, understand, mask, map; rows come back as Arrow.

Belongs here: the order of those steps and the shape of what is handed over. Does not belong here: the steps themselves,
anything that writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.deidentification import identity_doubts
from limpide.deidentification.date_shift import shift_days
from limpide.deidentification.masking import masked, typed_mask
from limpide.deidentification.surrogates import Surrogates, configured
from limpide.document import Action, Document, Patient
from limpide.errors import LIMITS, Reason, Refused
from limpide.identity.pseudonym import keyed, person_key
from limpide.identity.vault import merges
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.opposition import Oppositions, Statement
from limpide.identity.vault.vault import Vault
from limpide.omop import concepts, mapping
from limpide.omop.dates import parse
from limpide.omop.events import small
from limpide.omop.schema import PARTITIONED
from limpide.readers.page_headers import Known, mark
from limpide.readers.registry import read
from limpide.readers.tables import Table
from limpide.semantics import legibility
from limpide.semantics.engine import load_engine
from limpide.warehouse.lake.staged import NAME_LENGTH, NAMED, NAMED_LIST, OUTCOMES, HandedOver, stage_schema
from limpide.warehouse.night import date_doubts, source_says
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.retention_terms import terms
from limpide.warehouse.sources import Source

if TYPE_CHECKING:
    pass


UNREAD = " not read: "  # of a warning or a detail that names and counts segments, elements, columns


@dataclass(frozen=True, slots=True)
class Reference:
    """A file to read: its key, where its bytes are, what the ledger says of it."""

    file_key: str
    sha256: str
    format: str
    size: int
    path: str | None = None  # below the landing folder, where the source says what its names mean
    said: tuple[tuple[str, str], ...] = ()  # its row of the source's index


class Reading:
    """The work of one night × source. Built once a worker: the engine and the vocabulary are loaded once.

    `vault`: `Vault.for_readers`, which lacks the master key. `known`: the furniture of the source (letterheads.py);
    `tables`: the extracts that it declares; `declared`: all that it declares; `attached`: whose a person said that
    documents of this night are.
    """

    def __init__(
        self,
        vault: Vault,
        night: date,
        source: str,
        engine: str,
        index: Path | None = None,
        known: Known = frozenset(),
        tables: tuple[Table, ...] = (),
        declared: Source | None = None,
        attached: Mapping[str, Patient] | None = None,
    ) -> None:
        self._vault = vault
        self._secret = self._vault.secret(Purpose.PSEUDONYM)
        self._engine = load_engine(engine)
        self._vocabulary = concepts.opened(index)
        self._night, self._source, self._known, self._tables = night, source, known, tables
        self._kept: list[tuple[Reference, dict[str, list[dict[str, Any]]]]] = []
        self._decided = self._vault.identities.decisions()
        self._people: list[tuple[str, str, Patient]] = []
        self._held: list[tuple[str, dict[str, Any]]] = []
        self._opposed = Oppositions(self._vault).guard()
        self._stated: list[Statement] = []
        self._merged: list[merges.Statement] = []
        self._masks, self._dates = configured()
        self._terms = terms()
        self._source_says = declared or Source(source)
        self._attached = attached or {}

    def take(self, item: Reference) -> None:
        """Every document of one file. Raises `Refused` when the file as a whole cannot be treated."""
        data = self._vault.get(item.sha256)
        try:
            documents = read(data, "", LIMITS, self._tables)
            for document in documents:
                mark(document, self._known)
            rows = [self._rows(document, item, ordinal) for ordinal, document in enumerate(documents)]
        except (Refused, MemoryError):
            raise
        except Exception as defect:
            # A defect of ours on one document must not cost the night; its kind is told and counted, never a value.
            raise Refused(Reason.READER_CRASHED, type(defect).__name__) from defect
        self._kept.extend((item, found) for found in rows)

    def hand_over(self) -> HandedOver:
        """Rows of the documents taken since the last time."""
        import pyarrow as pa

        try:
            batches = _batches([rows for _, rows in self._kept])
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            # A row that Arrow refuses (a lone surrogate, a number past 32 bits) costs its document, not the batch.
            batches = _batches([_convertible(item, rows) for item, rows in self._kept])
        out = HandedOver(batches, people=self._people, held=self._held, oppositions=self._stated, merges=self._merged)
        self._kept, self._people, self._held, self._stated, self._merged = [], [], [], [], []
        return out

    def _rows(self, document: Document, item: Reference, ordinal: int) -> dict[str, list[dict[str, Any]]]:
        key = document_key(item.file_key, ordinal)
        source_says.complete(document, self._source_says, item.path, dict(item.said))
        if key in self._attached:
            _attach(document, self._attached[key])
        patient = document.header.patient
        date_doubts.mend_birth(document, self._night)
        source_says.complete_traits(patient, self._night.year)
        # Whoever is named is remembered, even on what is set aside: a right reaches quarantine too.
        own = person_key(patient, self._secret)
        person = self._vault.renamed(own) if own else None
        opposed = document.status == "ok" and self._opposed.stands(person, patient)
        if document.status == "ok" and document.text and not opposed:
            self._engine.annotate(document)
            legibility.mark(document)
        action, reason, detail = document.header.action, document.reason, document.detail
        if document.status == "ok" and action == Action.NONE:
            reason, detail = Reason.NO_DOCUMENT, None
        elif document.status == "ok" and action != Action.DELETE and person is None:
            reason, detail = Reason.NO_PATIENT, "nothing in it identifies a person"
            stated = {"header": asdict(patient), "other": {}}
            self._held.append((key, {"kind": "nobody", "differs": []} | stated))
        clean = masked(document, self._secret)
        if reason is None and action != Action.DELETE and not opposed:
            reason, detail = self._doubted(document, clean, key)
        header = clean.header
        out: dict[str, list[dict[str, Any]]] = {}
        if reason is None and action != Action.DELETE and own is not None and not opposed:
            context = mapping.Context(
                key, self._night, self._source, own, self._secret, patient.birth_date, self._vocabulary
            )
            out = mapping.rows(self._published(document, clean, own), context)
        if person is not None:
            self._people.append((key, person, patient))
            self._hear(document, person, key)
        out[OUTCOMES] = [
            {
                "document_key": key,
                "file_key": item.file_key,
                "ordinal": ordinal,
                "sha256": document.sha256,
                "container_sha256": document.container_sha256,
                "format": str(document.format),
                "size": item.size if document.container_sha256 is None else None,
                "outcome": "quarantined" if reason else "opposed" if opposed else "ok",
                "reason": str(reason) if reason else None,
                "detail": detail or _unread(document),
                "document_id": header.document_id,
                "set_id": header.set_id,
                "version": small(header.version),
                "action": str(header.action),
                "type_code": header.type_code,
                "effective_time": header.effective_time,
                "person_key": own,
                "born": parse(patient.birth_date) is not None,
                "same_as": document.same_as,
                "engine": f"{self._engine.name} {self._engine.version}",
                "replaces": list(header.replaces),
                "sender": keyed(sender, "sender", self._secret)[:16] if (sender := document.header.sender) else None,
                "local": is_local(document.header.document_id),
                "parts": _parts(document, self._secret),
            }
        ]
        return self._renamed(out) if self._vault.generation > 1 else out

    def _published(self, document: Document, clean: Document, own: str) -> Document:
        """The document as it is published: with typed masks, or as the house chose (surrogates, dates moved).

        Dates move back only: moved forward, last week's would be after the night, which no fact may be.
        """
        if (self._masks, self._dates) == ("types", "kept"):
            return clean
        secret = self._vault.secret(Purpose.DATES)
        days = -abs(shift_days(own, secret))
        how = Surrogates(secret, own, days) if self._masks == "surrogates" else typed_mask
        return masked(document, self._secret, how=how, days=days if self._dates == "shifted" else None)

    def _renamed(self, rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
        """Rows under the names that rotations left."""
        new = self._vault.renamed
        for table, names in NAMED.items():
            for row in rows.get(table, ()):
                for name in names:
                    if row[name] and len(row[name]) >= NAME_LENGTH:
                        row[name] = new(row[name])
                several = row[NAMED_LIST]
                if isinstance(several, str):
                    row[NAMED_LIST] = " ".join(map(new, several.split(" ")))
                elif several:
                    row[NAMED_LIST] = [new(one) for one in several]
        return rows

    def _doubted(self, document: Document, clean: Document, key: str) -> tuple[Reason | None, str | None]:
        """Why a document waits for a person, who may have decided already. What is in doubt is kept all the same."""
        found = date_doubts.of_date(document, self._night, self._terms)
        judged = (
            identity_doubts.of_carrier(document), identity_doubts.of_text(document), identity_doubts.of_masked(clean),
        )  # fmt: skip
        found += [doubt for doubt in judged if doubt]
        if found:
            shown: dict[str, Any] = {}
            for doubt in reversed(found):
                shown |= doubt.shown
            shown["differs"] = [name for doubt in found for name in doubt.shown.get("differs", ())]
            self._held.append((key, shown))
        decided = self._decided.get(key)
        if decided == identity_doubts.REJECT:
            return Reason.IDENTITY_CONFLICT, "rejected by a person"
        waiting = [doubt for doubt in found if decided not in doubt.settled_by]
        return (waiting[0].reason, waiting[0].detail) if waiting else (None, None)

    def _hear(self, document: Document, person: str, key: str) -> None:
        """What the message says of the person: opposed to being fed or no longer (ZFA-9); who they also were (A40)."""
        for event in document.events:
            if event.kind == "merge" and event.identifiers:
                gone = Patient(identifiers=event.identifiers)
                at = merges.moment(event.time, self._night.isoformat())
                stays = document.header.patient
                self._merged.append(merges.Statement(key, at, gone, self._vault.person_key(gone), stays, person))
            if event.kind == "opposition_feeding" and event.value:
                at = event.time or document.header.effective_time or self._night.isoformat()
                self._stated.append(Statement(person, document.header.patient, event.value, at, "zfa"))


def _attach(document: Document, person: Patient) -> None:
    """Give a document the numbers of the person to whom somebody attached it; what it states of them stands."""
    patient = document.header.patient
    patient.ins, patient.ins_system = person.ins, person.ins_system
    patient.identifiers = [*person.identifiers, *(one for one in patient.identifiers if one not in person.identifiers)]
    for name in ("family_birth", "family_used", "birth_date", "sex"):
        setattr(patient, name, getattr(patient, name) or getattr(person, name))
    patient.given = patient.given or list(person.given)


_UNIQUE = re.compile(r"(?<![\w.])[0-2](?:\.\d+){2,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[a-z]+://")
_MOST_PARTS = 4096


def is_local(document_id: str | None) -> bool:
    """Whether an id counts for its sender only: neither an OID, nor a UUID, nor an address stands in it."""
    return document_id is not None and not _UNIQUE.search(document_id)


def _parts(document: Document, secret: bytes) -> str | None:
    """What a document without an id of its own is made of, in order, without a readable id; None past a bound."""
    names = sorted({keyed(part, "part", secret)[:16] for part in document.parts})
    return " ".join(names) if 0 < len(names) <= _MOST_PARTS else None


def _unread(document: Document) -> str | None:
    """What of a document was not read, as its reader names it: counted by source in the account of the night."""
    return next((warning for warning in document.warnings if UNREAD in warning), None)


def _batches(documents: list[dict[str, list[dict[str, Any]]]]) -> dict[str, bytes]:
    """Serialised record batches of the rows of several documents, by table."""
    import pyarrow as pa

    out = {}
    for table in (OUTCOMES, *PARTITIONED):
        rows = [row for document in documents for row in document.get(table, ())]
        if rows:
            out[table] = bytes(pa.RecordBatch.from_pylist(rows, schema=stage_schema(table)).serialize())
    return out


def _convertible(item: Reference, rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows of one document, or the outcome alone, quarantined, when Arrow refuses one of them."""
    import pyarrow as pa

    try:
        _batches([rows])
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as refused:
        said = {"document_key", "file_key", "ordinal", "container_sha256", "format", "size", "engine"}
        outcome = {name: value for name, value in rows[OUTCOMES][0].items() if name in said}
        outcome |= {"sha256": item.sha256, "outcome": "quarantined", "reason": str(Reason.READER_CRASHED),
                    "detail": f"row conversion: {type(refused).__name__}", "born": False, "replaces": []}  # fmt: skip
        return {OUTCOMES: [outcome]}
    return rows
