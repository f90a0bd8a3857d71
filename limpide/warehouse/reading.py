"""What a worker does with one file: read, understand, mask, map; rows come back as Arrow.

Belongs here: the order of those steps and the shape of what is handed over. Does not belong here: the steps themselves,
anything that writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.document import Action, Document, Patient
from limpide.errors import Reason, Refused
from limpide.identity.keys import Purpose
from limpide.identity.masking import masked
from limpide.identity.pseudonym import person_key
from limpide.identity.vault import Vault
from limpide.omop import mapping
from limpide.omop.concepts import Vocabulary, shipped
from limpide.omop.dates import parse
from limpide.omop.events import small
from limpide.omop.schema import EVENT_TABLES, PARTITIONED, tables
from limpide.semantics.engine import load_engine
from limpide.structure import structure
from limpide.warehouse.ingest import document_key

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES = "outcomes"

# Ids that the warehouse allots once a night's rows are sorted: absent from what workers hand over.
_ALLOTTED = {"note_id", "person_id", "visit_occurrence_id", "provider_id", "note_nlp_id", "target_id"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A file to read: its key, where its bytes are, what the ledger says of it."""

    file_key: str
    sha256: str
    format: str
    size: int


@dataclass(slots=True)
class HandedOver:
    """Serialised record batches by table (their schemas are `stage_schema`), and identities for the vault."""

    batches: dict[str, bytes] = field(default_factory=dict)
    people: list[tuple[str, Patient]] = field(default_factory=list)


@cache
def stage_schema(table: str) -> pa.Schema:
    """The Arrow schema of rows before ids: the table's columns less the allotted ones, plus what they are joined by."""
    import pyarrow as pa

    if table == OUTCOMES:
        text, number = pa.string(), pa.int64()
        return pa.schema(
            [(name, text) for name in ("document_key", "file_key", "sha256", "container_sha256", "format", "outcome")]
            + [(name, text) for name in ("reason", "detail", "document_id", "set_id", "action", "type_code", "same_as")]
            + [(name, text) for name in ("effective_time", "person_key", "engine")]
            + [("replaces", pa.list_(text)), ("ordinal", number), ("version", number), ("size", number)]
            + [("born", pa.bool_())]
        )
    allotted = set(_ALLOTTED)
    extra: list[tuple[str, Any]] = []
    if table in EVENT_TABLES:
        allotted |= set(tables()[table].keys)
        extra = [("document_key", pa.string()), ("ordinal", pa.int32())]
    elif table == "note_nlp":
        extra = [("document_key", pa.string()), ("ordinal", pa.int32())]
    elif table == "note":
        extra = [("document_key", pa.string())]
    elif table == "limpide_document":
        allotted.add("care_site_id")
    kept = [field.with_nullable(True) for field in tables()[table].arrow() if field.name not in allotted]
    return pa.schema([*kept, *extra])


class Reading:
    """The work of one night × source. Built once a worker: the engine and the vocabulary are loaded once."""

    def __init__(self, vault: Path, night: date, source: str, engine: str) -> None:
        self._vault = Vault(vault, create=False)
        self._secret = self._vault.secret(Purpose.PSEUDONYM)
        self._engine = load_engine(engine)
        self._vocabulary: Vocabulary = shipped()
        self._night, self._source = night, source
        self._kept: list[dict[str, pa.RecordBatch]] = []
        self._people: dict[tuple[str, bytes], tuple[str, Patient]] = {}

    def take(self, item: Reference) -> None:
        """Every document of one file. Raises `Refused` when the file as a whole cannot be treated."""
        data = self._vault.get(item.sha256)
        try:
            documents = structure(data, "", self._engine)
            # Converted here, so that a row which Arrow refuses costs this document and not its batch.
            rows = [_batches(self._rows(document, item, ordinal)) for ordinal, document in enumerate(documents)]
        except (Refused, MemoryError):
            raise
        except Exception as defect:
            # A defect of ours on one document must not cost the night; its kind is told and counted, never a value.
            raise Refused(Reason.READER_CRASHED, type(defect).__name__) from defect
        self._kept.extend(rows)

    def hand_over(self) -> HandedOver:
        """Rows of the documents taken since the last time."""
        import pyarrow as pa

        out = HandedOver(people=list(self._people.values()))
        for table in (OUTCOMES, *PARTITIONED):
            batches = [document[table] for document in self._kept if table in document]
            if batches:
                out.batches[table] = bytes(pa.concat_batches(batches).serialize())
        self._kept, self._people = [], {}
        return out

    def _rows(self, document: Document, item: Reference, ordinal: int) -> dict[str, list[dict[str, Any]]]:
        patient = document.header.patient
        key = document_key(item.file_key, ordinal)
        person = person_key(patient, self._secret) if document.status == "ok" else None
        action, reason, detail = document.header.action, document.reason, document.detail
        if document.status == "ok" and action == Action.NONE:
            reason, detail = Reason.NO_DOCUMENT, None
        elif document.status == "ok" and action != Action.DELETE and person is None:
            reason, detail = Reason.NO_PATIENT, "nothing in it identifies a person"
        clean = masked(document, self._secret)
        header = clean.header
        out: dict[str, list[dict[str, Any]]] = {}
        if reason is None and action != Action.DELETE and person is not None:
            context = mapping.Context(
                key, self._night, self._source, person, self._secret, patient.birth_date, self._vocabulary
            )
            out = mapping.rows(clean, context)
        if person is not None:
            self._people[person, repr(patient).encode()] = (person, patient)
        out[OUTCOMES] = [
            {
                "document_key": key,
                "file_key": item.file_key,
                "ordinal": ordinal,
                "sha256": document.sha256,
                "container_sha256": document.container_sha256,
                "format": str(document.format),
                "size": item.size if document.container_sha256 is None else None,
                "outcome": "quarantined" if reason else "ok",
                "reason": str(reason) if reason else None,
                "detail": detail,
                "document_id": header.document_id,
                "set_id": header.set_id,
                "version": small(header.version),
                "action": str(header.action),
                "type_code": header.type_code,
                "effective_time": header.effective_time,
                "person_key": person,
                "born": parse(patient.birth_date) is not None,
                "same_as": document.same_as,
                "engine": f"{self._engine.name} {self._engine.version}",
                "replaces": list(header.replaces),
            }
        ]
        return out


def _batches(rows: dict[str, list[dict[str, Any]]]) -> dict[str, pa.RecordBatch]:
    import pyarrow as pa

    return {t: pa.RecordBatch.from_pylist(found, schema=stage_schema(t)) for t, found in rows.items() if found}
