"""The sources that were declared: why each sends, what is expected of it, whom to ask. One YAML file.

Belongs here: reading the declaration, and whether a file of a source may go further. Does not belong here: files.

    sources:
      laboratoire: {purpose: Résultats de biologie, formats: [cda-n3, hl7v2], contact: labo@…}
      pmsi: {purpose: Séjours, contact: dim@…, tables: [...]}   # readers/tables.py
      lettres:
        purpose: Courriers de sortie
        contact: dsi@…
        authority: 1.2.250.1.71.4.2.9        # whose its numbers of patients are, where a document does not say
        names: '(?P<ipp>\\d+)_(?P<date>\\d{8})_(?P<type>\\w+)\\.pdf'   # what file names say: ipp, nda, date, type
        index: index.csv                     # or a file that says it: file, ipp, nda, date, type, nom, prenom…
        types: {CRH: 34112-3}                # what its own types are in LOINC
        type: 34112-3                        # of a document that states none
        zone: Indian/Reunion                 # of times written without one
        site: "970400123"                    # FINESS of the care site, where a document names none
        marker: .ok                          # 'a.pdf' is whole once 'a.pdf.ok' is there
        identities: test                     # its patients are invented: never mixed with others

The file is the one of LIMPIDE_SOURCES, else `sources.yaml` in the warehouse. Without any, every source is accepted and
the register of conformity says so each night (a first try and `make demo` must work). With one, files of a source that
is not in it, or of a format not expected of it, are counted and set aside (`undeclared_source`): they are not read.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from limpide.document import Format
from limpide.readers import tables as extracts
from limpide.readers.tables import Table
from limpide.warehouse.layout import Layout

ENV = "LIMPIDE_SOURCES"
_TEXTS = ("marker", "authority", "names", "index", "type", "zone", "site")
_KEYS = {"purpose", "contact", "formats", "tables", "types", "identities", *_TEXTS}


@dataclass(frozen=True, slots=True)
class Source:
    """One declared source. `formats` is empty when any format is expected."""

    name: str
    purpose: str = ""
    contact: str = ""
    formats: frozenset[str] = field(default_factory=frozenset)
    tables: tuple[Table, ...] = ()  # extracts (CSV, fixed-width records) and what their columns tell
    marker: str | None = None  # the end of the name of the file that says of another that it is whole: '.ok'
    authority: str | None = None  # OID of the authority of its local numbers
    names: str | None = None  # regular expression over paths below its folder
    index: str | None = None  # file name of its index
    types: tuple[tuple[str, str], ...] = ()  # its own types, in LOINC
    type: str | None = None  # LOINC
    zone: str | None = None  # IANA
    site: str | None = None  # FINESS
    identities: str = "real"

    def local_authority(self) -> str:
        """Whose its numbers of patients are: as declared, else its own and nobody else's."""
        return self.authority or f"source:{self.name}"

    def says(self) -> list[object]:
        """What of it decides how its documents are read."""
        return [self.authority, self.names, self.index, self.types, self.type, self.zone, self.site, self.identities]


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

    def of(self, source: str) -> Source:
        """What is declared of a source; nothing but its name when it is not."""
        return self.sources.get(source) or Source(source)


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
        out[str(name)] = _source(str(name), source, formats)
    return Declaration(out)


def declared(layout: Layout, source: str) -> Source:
    """What is declared of one source; nothing but its name without a declaration."""
    found = declaration(layout)
    return found.of(source) if found else Source(source)


def _source(name: str, said: dict[str, Any], formats: frozenset[str]) -> Source:
    unknown = sorted(map(str, set(said) - _KEYS))
    if unknown:
        raise ValueError(f"source {name}: unknown key {unknown[0]}")
    types = said.get("types") or {}
    if not isinstance(types, dict):
        raise ValueError(f"source {name}: `types` is a table of its own types")
    source = Source(
        name, str(said["purpose"]), str(said["contact"]), formats,
        tables=extracts.declared(said.get("tables"), name),
        types=tuple(sorted((str(own), str(code)) for own, code in types.items())),
        identities=str(said.get("identities") or "real"),
        **{key: str(said[key]) for key in _TEXTS if said.get(key)},
    )  # fmt: skip
    if source.identities not in ("real", "test"):
        raise ValueError(f"source {name}: its identities are real or test")
    try:
        re.compile(source.names or "")
    except re.error:
        raise ValueError(f"source {name}: `names` is no regular expression") from None
    try:
        ZoneInfo(source.zone or "Europe/Paris")
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"source {name}: unknown zone") from None
    return source
