"""What a code is called: the French label that an analyst reads beside it.

Belongs here: labels of the terminologies that our dependencies ship. Does not belong here: recognising them in text.
"""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache

from limpide.french.tokens import fold
from limpide.semantics.terms.terminology import LEXICON, dotted, read_lexicon, shipped_resources


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
        found |= _misprinted(found, json.loads(atc.read_text(encoding="utf-8")))
    return found


def _misprinted(found: dict[tuple[str, str], str], listed: dict[str, list[str]]) -> dict[tuple[str, str], str]:
    """Our name of a substance whose label begins as none of its other names does ("opioidesetamol", paracetamol)."""
    ours: dict[str, list[str]] = {}
    for term in read_lexicon(LEXICON / "drug_names.tsv"):
        if term.code:
            ours.setdefault(term.code, []).append(term.text)
    known = {fold(name) for names in ours.values() for name in names}
    mended: dict[tuple[str, str], str] = {}
    for code, names in ours.items():
        label = found.get(("ATC", code))
        others = [*names, *(name for name in listed.get(code, ()) if name.lower() != label)]
        if label and fold(label) not in known and not any(fold(name)[:4] == fold(label)[:4] for name in others):
            mended["ATC", code] = names[0].lower()
    return mended


def label_of(system: str | None, code: str | None) -> str | None:
    """The label of a code, or None for a terminology or a code that nothing here names."""
    return _labels().get((system or "", code or ""))
