"""A team's own model: a spaCy or EDS-NLP pipeline saved in a local folder (`nlp.to_disk`).

Belongs here: telling the two apart, loading. Does not belong here: turning spans into facts (spans.py).

Loading a pipeline runs the code that its configuration names: only load folders that you trust.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.document import Document
from limpide.semantics.engines.spans import facts

_EDS = re.compile(r'^\s*lang\s*=\s*"eds"', re.MULTILINE)


class NotAPipeline(Exception):
    """The folder holds no config.cfg: neither a spaCy nor an EDS-NLP pipeline."""


class FolderEngine:
    """One loaded pipeline, named after its folder; its version is the hash of its files."""

    def __init__(self, folder: Path, pipeline: Any) -> None:
        self.name = folder.resolve().name
        self.version = _fingerprint(folder)
        self.pipeline = pipeline

    def annotate(self, document: Document) -> None:
        """Add the spans that the pipeline finds, as facts of origin 'nlp', in place."""
        document.facts.extend(facts(self.pipeline(document.text), self.name, self.version))


def build(folder: Path) -> FolderEngine:
    """The pipeline of `folder`. Raises `NotAPipeline`, and whatever the pipeline raises when it cannot be loaded."""
    settings = folder / "config.cfg"
    if not settings.is_file():
        raise NotAPipeline(f"no config.cfg in {folder}")
    if _EDS.search(settings.read_text(encoding="utf-8")):
        import edsnlp

        return FolderEngine(folder, edsnlp.load(folder))
    import spacy
    from spacy.pipeline.factories import register_factories

    # spaCy 3.8 registers its own components lazily, and misses the moment when EDS-NLP was imported before.
    register_factories()
    return FolderEngine(folder, spacy.load(folder))


def _fingerprint(folder: Path) -> str:
    """Twelve digits of the hash of the names and bytes of every file."""
    total = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(folder)).encode() + b"\0")
        total.update(sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]
