"""Short names of code systems known by OID; `oids.tsv` holds the table.

Belongs here: OID to name. Does not belong here: the codes themselves, or the mapping to OMOP vocabularies.
An OID that is not in the table stays an OID: names written in the documents contradict each other too often
(formats.md section 4) to be trusted.
"""

from __future__ import annotations

import csv
from pathlib import Path


def _table() -> dict[str, str]:
    with (Path(__file__).with_name("oids.tsv")).open(encoding="utf-8", newline="") as lines:
        return {row["oid"]: row["name"] for row in csv.DictReader(lines, delimiter="\t")}


_NAMES = _table()


def system_name(oid: str | None) -> str | None:
    """The short name of a code system ('CIM-10'), else the OID as written, else None."""
    stripped = (oid or "").strip()
    return _NAMES.get(stripped, stripped) or None
