"""iKnow (InterSystems, MIT): concepts and what denies them, without any dictionary.

Belongs here: from iKnow's index of a text to facts. Does not belong here: any code: iKnow knows none, so that its
concepts are observations without code, to be compared by their spans and their negation only.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from limpide.document import Document, Fact

_LANGUAGE = "fr"
_EDGES = " \t\n.,;:!?"  # iKnow's spans run up to the punctuation that follows


class IknowEngine:
    """One iKnow engine. Indexing a text replaces the index of the one before: nothing else is kept."""

    name = "iknow"

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.version = version("iknowpy")

    def annotate(self, document: Document) -> None:
        """Add each concept as an observation of origin 'nlp', in place."""
        if not document.text:
            return
        self.engine.index(document.text, _LANGUAGE)
        for sentence in self.engine.m_index["sentences"]:
            document.facts.extend(self._facts(document.text, sentence))

    def _facts(self, text: str, sentence: dict[str, Any]) -> Iterator[Fact]:
        entities = sentence["entities"]
        denied = set(_reached(sentence, "Negation"))
        for index, entity in enumerate(entities):
            if entity["type"] != "Concept":
                continue
            start, end = entity["offset_start"], entity["offset_stop"]
            kept = text[start:end].strip(_EDGES)
            if kept:
                start = text.index(kept, start)
                yield Fact(
                    kind="observation",
                    origin="nlp",
                    start=start,
                    end=start + len(kept),
                    text=kept,
                    negated=index in denied,
                    rule="iknow:Concept",
                    engine=f"{self.name} {self.version}",
                )


def _reached(sentence: dict[str, Any], attribute: str) -> Iterator[int]:
    """Indexes of the entities that an attribute reaches: the one that bears its marker, and those along its path."""
    yield from (mark["entity_ref"] for mark in sentence["sent_attributes"] if mark["type"] == attribute)
    for stretch in sentence["path_attributes"]:
        if stretch["type"] == attribute:
            yield from sentence["path"][stretch["pos"] : stretch["pos"] + stretch["span"]]


def build() -> IknowEngine:
    """The engine."""
    import iknowpy

    return IknowEngine(iknowpy.iKnowEngine())
