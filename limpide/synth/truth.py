"""The ground truth of a feed: what is written beside the files, and how it is read back.

Belongs here: the line of truth of one file, its identities, `read_truth`. Does not belong here: what files say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from limpide.synth.cases import Case
from limpide.synth.envelope import header_truth, identities, patient_truth
from limpide.synth.recipes import Made


def truth_line(path: str, source: str, night: date, data: bytes, kind: str, case: Case, made: Made) -> dict[str, Any]:
    """One line of truth, for a sound file; whoever spoils the file sets status and reason.

    Keys absent from a fact read null (false for a flag); `identities` are those that occur in the file, in clear or
    inside its payload.
    """
    head = made.head
    return {
        "path": path,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "source": source,
        "night": night.isoformat(),
        "format": kind,
        "inner": made.inner,
        "status": "published",
        "reason": None,
        "document_id": head.document_id if head else None,
        "set_id": head.set_id if head else None,
        "version": head.version if head else None,
        "replaces": list(head.replaces) if head else [],
        "patient": case.patient.index,
        "header": header_truth(head) if head else {"title": made.title, "patient": patient_truth(case.patient)},
        "sections": [{"title": each.title, "code": each.code} for each in made.sections],
        "facts": [fact.to_dict() for fact in made.facts],
        "identities": [each for each in _candidates(case) if each["value"] in made.words],
    }


def _candidates(case: Case) -> Iterator[dict[str, str]]:
    """Strings of identity that a document of this case may hold."""
    patient, author = case.patient, case.author
    yield from identities(patient)
    for name in dict.fromkeys((patient.family.upper(), patient.used.upper())):
        yield {"kind": "family", "value": name}
    for given in patient.given:
        yield {"kind": "given", "value": given.upper()}
    ins = patient.ins
    spaced = f"{ins[0]} {ins[1:3]} {ins[3:5]} {ins[5:7]} {ins[7:10]} {ins[10:13]} {ins[13:]}"
    yield {"kind": "ins", "value": spaced}
    yield {"kind": "clinician", "value": author.family.upper()}
    yield {"kind": "clinician", "value": author.rpps}


def read_truth(root: Path) -> Iterator[dict[str, Any]]:
    """Every line of truth of a feed, in order of arrival, with `final_status` after what later nights changed."""
    changed: dict[str, str] = {}
    with (root / "truth" / "lives.jsonl").open(encoding="utf-8") as lives:
        for record in map(json.loads, lives):
            changed[record["path"]] = record["to"]
    for file in sorted((root / "truth").glob("[0-9]*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                line["final_status"] = changed.get(line["path"], line["status"])
                yield line
