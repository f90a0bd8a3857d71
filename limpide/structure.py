"""A file in, documents with facts out: the whole engine in one call, no warehouse needed.

Belongs here: the order read, then understand. Does not belong here: storage, identity.
"""

from __future__ import annotations

from limpide.document import Document
from limpide.errors import LIMITS, Limits
from limpide.readers.registry import read
from limpide.semantics import legibility
from limpide.semantics.engine import Engine


def structure(data: bytes, path: str, engine: Engine, limits: Limits = LIMITS) -> list[Document]:
    """Every document in `data`, read and understood; refused ones come back quarantined. Never raises on bad input."""
    documents = read(data, path, limits)
    for document in documents:
        if document.status == "ok" and document.text:
            engine.annotate(document)
            legibility.mark(document)
    return documents
