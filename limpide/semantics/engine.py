"""What a semantic engine is, and how one is had by name.

Belongs here: the protocol every engine keeps (ours, EDS-NLP, iKnow, a team's own). Does not belong here: any engine.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Protocol

from limpide.document import Document

ENGINES = {"limpide": "limpide.semantics.rules", "limpide-linked": "limpide.semantics.linking"}


class Engine(Protocol):
    """Reads a document's text and adds what it says. Pure: same document, same facts; safe to call in any process."""

    name: str
    version: str

    def annotate(self, document: Document) -> None:
        """Add sections (to text that has none) and facts of origin 'nlp' to `document`, in place."""
        ...


@cache
def load_engine(name: str = "limpide") -> Engine:
    """The engine of that name; each engine module offers `build() -> Engine`. Raises KeyError for an unknown name."""
    engine: Engine = import_module(ENGINES[name]).build()
    return engine
