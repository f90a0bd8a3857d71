"""What workers hand over of a night x source before ids are allotted: its tables, their Arrow schemas.

Belongs here: names and shapes that both sides of a worker's pipe share. Does not belong here: making rows
(warehouse/night/worker.py), sorting and writing them (partition.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from limpide.document import Patient
from limpide.identity.vault import merges
from limpide.identity.vault.opposition import Statement
from limpide.omop.schema import EVENT_TABLES, tables

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES = "outcomes"

# Ids that the warehouse allots once a night's rows are sorted: absent from what workers hand over.
_ALLOTTED = {"note_id", "person_id", "visit_occurrence_id", "provider_id", "note_nlp_id", "target_id"}


# Pseudonyms in what is staged, which rotations rename. A care site's key is its FINESS, public, unless it has none.
NAMED = {
    OUTCOMES: ("person_key", "document_id", "set_id"),
    "limpide_document": ("person_key", "document_id", "set_id", "visit_key", "provider_key", "care_site_key"),
}
NAMED_LIST = "replaces"  # in both: several
NAME_LENGTH = 32  # characters, at least


@dataclass(slots=True)
class HandedOver:
    """Serialised record batches by table (their schemas are `stage_schema`), and identities for the vault."""

    batches: dict[str, bytes] = field(default_factory=dict)
    people: list[tuple[str, str, Patient]] = field(default_factory=list)  # document key, person key, who
    held: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # document key, what a person must see
    oppositions: list[Statement] = field(default_factory=list)  # what messages state, ZFA-9
    merges: list[merges.Statement] = field(default_factory=list)  # and A40


@cache
def stage_schema(table: str) -> pa.Schema:
    """The Arrow schema of rows before ids: the table's columns less the allotted ones, plus what they are joined by."""
    import pyarrow as pa

    if table == OUTCOMES:
        text, number = pa.string(), pa.int64()
        return pa.schema(
            [(name, text) for name in ("document_key", "file_key", "sha256", "container_sha256", "format", "outcome")]
            + [(name, text) for name in ("reason", "detail", "document_id", "set_id", "action", "type_code", "same_as")]
            + [(name, text) for name in ("effective_time", "person_key", "engine", "sender", "parts")]
            + [("replaces", pa.list_(text)), ("ordinal", number), ("version", number), ("size", number)]
            + [("born", pa.bool_()), ("local", pa.bool_())]
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
