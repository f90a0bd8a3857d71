"""EDS-NLP with its default terminologies (CIM-10, drugs) and its qualifiers, as a peer of our engine.

Belongs here: the pipeline. Does not belong here: turning spans into facts (spans.py).

EDS-NLP (AP-HP, BSD-3) takes over a minute to build: most of it is its CIM-10 matcher.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from limpide.document import Document
from limpide.semantics.engines.spans import facts

QUALIFIERS = ("negation", "hypothesis", "family", "history", "reported_speech")
PIPES = ("normalizer", "sentences", "cim10", "drugs", *QUALIFIERS)


class EdsEngine:
    """One EDS-NLP pipeline. It keeps no state between documents."""

    name = "edsnlp"

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self.version = version("edsnlp")

    def annotate(self, document: Document) -> None:
        """Add the spans that the pipeline finds, as facts of origin 'nlp', in place. It finds no sections of ours."""
        document.facts.extend(facts(self.pipeline(document.text), self.name, self.version))


def build(pipes: tuple[str, ...] = PIPES) -> EdsEngine:
    """The engine with these pipes of EDS-NLP, in this order."""
    import edsnlp

    pipeline = edsnlp.blank("eds")
    for name in pipes:
        pipeline.add_pipe(f"eds.{name}")
    return EdsEngine(pipeline)
