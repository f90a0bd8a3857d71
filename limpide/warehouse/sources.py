"""The sources that were declared: why each sends, what is expected of it, whom to ask. One YAML file.

Belongs here: reading the declaration, and whether a file of a source may go further. Does not belong here: files.

    sources:
      laboratoire: {purpose: Résultats de biologie, formats: [cda-n3, hl7v2], contact: labo@…}
      pmsi: {purpose: Séjours, contact: dim@…, tables: [...]}   # readers/tables.py

The file is the one of LIMPIDE_SOURCES, else `sources.yaml` in the warehouse. Without any, every source is accepted and
the register of conformity says so each night (a first try and `make demo` must work). With one, files of a source that
is not in it, or of a format not expected of it, are counted and set aside (`undeclared_source`): they are not read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from limpide.document import Format
from limpide.readers.tables import Table, declared
from limpide.warehouse.layout import Layout

ENV = "LIMPIDE_SOURCES"


@dataclass(frozen=True, slots=True)
class Source:
    """One declared source. `formats` is empty when any format is expected."""

    name: str
    purpose: str
    contact: str
    formats: frozenset[str] = field(default_factory=frozenset)
    tables: tuple[Table, ...] = ()  # extracts (CSV, fixed-width records) and what their columns tell
    marker: str | None = None  # the end of the name of the file that says of another that it is whole: '.ok'


@dataclass(frozen=True, slots=True)
class Declaration:
    """Every declared source by name."""

    sources: dict[str, Source]

    def admits(self, source: str, kind: str) -> bool:
        """Whether a file of this source and format may be read."""
        found = self.sources.get(source)
        return found is not None and (not found.formats or kind in found.formats)

    def tables(self, source: str) -> tuple[Table, ...]:
        """The tables that a source declares."""
        found = self.sources.get(source)
        return found.tables if found else ()

    def marker(self, source: str) -> str | None:
        """The end of the names of files that mark others as whole, where the source sends such."""
        found = self.sources.get(source)
        return found.marker if found else None


def declaration(layout: Layout) -> Declaration | None:
    """The declaration in force, None without one. Raises ValueError when it is not written as it must be."""
    import yaml

    path = Path(os.environ.get(ENV) or layout.warehouse / "sources.yaml")
    if not path.exists():
        return None
    said = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(said, dict) or not isinstance(said.get("sources"), dict):
        raise ValueError("the declaration of sources has no `sources`")
    known = {str(kind) for kind in Format}
    out = {}
    for name, source in said["sources"].items():
        if not isinstance(source, dict) or not source.get("purpose") or not source.get("contact"):
            raise ValueError(f"source {name}: a purpose and a contact are needed")
        formats = frozenset(map(str, source.get("formats") or ()))
        if formats - known:
            raise ValueError(f"source {name}: unknown format {sorted(formats - known)[0]}")
        marker = str(source["marker"]) if source.get("marker") else None
        out[str(name)] = Source(
            str(name),
            str(source["purpose"]),
            str(source["contact"]),
            formats,
            declared(source.get("tables"), str(name)),
            marker,
        )
    return Declaration(out)
