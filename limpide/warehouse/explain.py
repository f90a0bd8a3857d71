"""From a published row back to its page, and from a document to its life.

Belongs here: the way back. Does not belong here: raw bytes, identities (those stay in the vault).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from limpide.warehouse.house import House


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where one row comes from. Spans are characters of note.note_text (masked); the box is in points from the top left."""

    table: str
    row_id: int
    document_key: str | None
    document_id: str | None
    sha256: str | None
    source: str | None
    night: str | None
    section_code: str | None
    section_title: str | None
    page: int | None
    box: tuple[float, float, float, float] | None
    start: int | None
    end: int | None
    snippet: str | None
    origin: str | None  # coded | nlp
    rule: str | None  # rule or terminology entry
    entry: str | None  # path of the coded entry
    engine: str | None
    assertion: dict[str, Any]  # negated, hypothetical, family, history, planned...
    date_origin: str | None
    documents: list[str]  # document keys behind a row made of several (person, visit, provider...)


def explain(house: House, table: str, row_id: int) -> Explanation:
    """Raises KeyError when the table or the row is not in the current snapshot."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """One thing that happened to a document: received, published, superseded by..., in the order of nights."""

    document_key: str
    night: str
    source: str
    status: str
    reason: str | None
    detail: str | None
    superseded_by: str | None
    snapshot: int | None


def history(house: House, document_id: str) -> list[LifeEvent]:
    """The life of a document, by its document id or document key. Empty when unknown."""
    raise NotImplementedError
