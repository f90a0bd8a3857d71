"""What a code is called: the French label that an analyst reads beside it.

Belongs here: labels of the terminologies that our dependencies ship. Does not belong here: recognising them in text.
"""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache

from limpide.semantics.terms.terminology import dotted, shipped_resources


@cache
def _labels() -> dict[tuple[str, str], str]:
    """CIM-10 (ATIH, long labels) and ATC (Romedi, first name of the class or substance), by (system, code)."""
    folder = shipped_resources()
    found: dict[tuple[str, str], str] = {}
    if folder is None:
        return found
    if (cim10 := folder / "cim10.csv.gz").is_file():
        with gzip.open(cim10, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            head = next(rows)
            code, long = head.index("code"), head.index("long")
            for row in rows:
                # The first of a code: its later lines are French subdivisions for billing (+0, +1).
                found.setdefault(("CIM-10", dotted(row[code])), row[long])
    if (atc := folder / "drugs.json").is_file():
        for code, names in json.loads(atc.read_text(encoding="utf-8")).items():
            if names:
                found["ATC", code] = min(names, key=lambda name: (name.isupper(), names.index(name))).lower()
    return found


def label_of(system: str | None, code: str | None) -> str | None:
    """The label of a code, or None for a terminology or a code that nothing here names."""
    return _labels().get((system or "", code or ""))
